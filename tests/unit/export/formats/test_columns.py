"""Documents that are written and read together are those that are written and read one by one."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import InputError
from rightful.export import formats
from rightful.export.formats import Column, Shape, megatron, parquet

SHAPE = Shape(vocab_size=1000, eod=0)
WITH_COLUMNS = [name for name in formats.of_tokens() if hasattr(formats.find(name), "write_column")]


def column(documents: list[list[int]]) -> Column:
    def ids(first: int, stop: int) -> np.ndarray:
        return np.array([one for document in documents[first:stop] for one in document], np.uint32)

    lengths = np.array([len(document) for document in documents], np.int64)
    return Column([f"r{n}" for n in range(len(documents))], lengths, ids)


def test_columns_are_had_with_both_halves() -> None:
    assert {"megatron", "parquet"} <= set(WITH_COLUMNS)
    for name in formats.of_tokens():
        assert hasattr(formats.find(name), "write_column") == hasattr(formats.find(name), "read_column"), name


@pytest.mark.parametrize("name", WITH_COLUMNS)
@settings(max_examples=25)
@given(documents=st.lists(st.lists(st.integers(0, 999), max_size=9), max_size=12), most=st.integers(1, 12))
def test_columns_have_the_bytes_and_the_documents_of_rows(
    tmp_path_factory: pytest.TempPathFactory, name: str, documents: list[list[int]], most: int
) -> None:
    folder, form = tmp_path_factory.mktemp("s"), formats.find(name)
    held = parquet.GROUP_TOKENS, parquet.GROUP_ROWS, megatron._GROUP_TOKENS, megatron._READ_TOKENS
    parquet.GROUP_TOKENS, parquet.GROUP_ROWS, megatron._GROUP_TOKENS, megatron._READ_TOKENS = most, 3, most, most
    try:
        together = form.write_column(folder, "a", column(documents), SHAPE)
        apart = form.write(folder, "b", column(documents).rows(), SHAPE)
        assert [p.read_bytes() for p in together] == [p.read_bytes() for p in apart]
        groups = list(form.read_column(folder, "a", SHAPE))
    finally:
        parquet.GROUP_TOKENS, parquet.GROUP_ROWS, megatron._GROUP_TOKENS, megatron._READ_TOKENS = held
    read = [h.tokens.tolist() for h in form.read(folder, "a", SHAPE)]
    assert read == documents
    tokens = [one for group in groups for one in group.tokens.tolist()]
    assert tokens == list(itertools.chain(*documents))
    assert [n for group in groups for n in group.lengths.tolist()] == [len(document) for document in documents]
    ids = [i for group in groups for i in group.record_ids or ()]
    assert ids in ([], [f"r{n}" for n in range(len(documents))])


@pytest.mark.parametrize("name", WITH_COLUMNS)
def test_columns_with_an_id_outside_the_vocabulary_name_the_record(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="not within a vocabulary of 1000") as error:
        formats.find(name).write_column(tmp_path, "a", column([[1], [2, 1000], [3]]), SHAPE)
    assert error.value.subject == "r1"
    assert list(tmp_path.iterdir()) == []

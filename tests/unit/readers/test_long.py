"""Long texts, which never become strings of Python, are read as short ones are: every bound of size is set to a few bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.readers import Damage, Extent, Item, ReadOptions, long
from rightful.readers.fields import text_fault
from rightful.readers.formats import jsonl, textfile
from rightful.readers.read import read
from rightful.rights.columns import Fields
from tests.unit.readers.reading import LOOK, found, read_file

CHARACTERS = st.sampled_from('ab \n\t"\\/,:{}[]é\u200b\u00ad\u0301中\u2028\ufeff😀\0')
TEXTS = st.text(CHARACTERS, max_size=60)


@pytest.fixture(scope="module", autouse=True)
def pieces_of_a_few_bytes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(long, "_PIECE_BYTES", 5)
        yield


def outcomes(path: Path, format: str, bound: int, fields: Fields) -> list[Any]:
    """All that reading a file gives, where texts of more than ``bound`` bytes are long."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(jsonl, "LONG_BYTES", bound)
        patched.setattr(textfile, "LONG_BYTES", bound)
        options = ReadOptions(fields, LOOK)
        parts = list(read(Item(format, (found(path, format),)), options))
    return [part if isinstance(part, Damage | Extent) else part.to_pylist() for part in parts]


def same(path: Path, format: str, fields: Fields | None = None) -> list[Any]:
    """What reading gives, which is the same whether texts are long or not."""
    plain, apart = (outcomes(path, format, bound, fields or Fields()) for bound in (1 << 30, 4))
    assert plain == apart
    return apart


FIELDS = (Fields(), Fields(text="body"), Fields(title="text"), Fields(keep=("all",)), Fields(text="meta.text"))


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.booleans(), st.sampled_from(FIELDS), st.sampled_from(["text", "body", "prompt", "html"]))
def test_row_of_json_whose_text_is_long_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, text: str, ascii_only: bool, fields: Fields, name: str
) -> None:
    row = {"id": 2**60, "url": "a", name: text, "license": "MIT", "meta": {"text": text}}
    path = tmp_path_factory.getbasetemp() / "row.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=ascii_only) + "\n" + json.dumps({name: text}, ensure_ascii=ascii_only))
    same(path, "jsonl", fields)


LINES = [
    b'{"text": "' + b"\\ud83d\\ude00" * 700 + b'"}',
    b'{"text": "' + "é".encode() * 5_000 + b'"}',
    b'{"text": "' + b"\\u0061\\n" * 900 + b'", "id": 1}',
    b'{"id": 1, "text": "' + b"\\ud83d" * 50 + b'"}',
    b'{"id": 1, "text": "' + b"a" * 50 + b"\\ude00" + b'"}',
    b'{"id": 1, "text": "' + b"a" * 50 + b"\xff" + b'"}',
    b'{"id": 1, "text": "' + b"a" * 50 + b"\n" + b'"}'.replace(b"\n", b"\t"),
    b'{"id": 1, "text": "' + b"a" * 50 + b"\\x" + b'"}',
    b'{"id": 1, "text": "' + b"a" * 50 + b'\\"}',
    b'{"id": 1, "text": "' + b"a" * 50 + b'", "text": "b"}',
    b'{"id": 1, "text": "' + b"a" * 50 + b'", "id": 2}',
    b'{"text": "x", "note": "' + b"a" * 50 + b'"}',
    b'{"' + b"a" * 50 + b'": 1}',
    b'"' + b"a" * 50 + b'"',
    b'["' + b"a" * 50 + b'"]',
    b'{"text": ["' + b"a" * 50 + b'"]}',
    b'{"text": "' + b"a long text" * 9 + b'", "title": "a long text."}',
    b'{"text": "' + b" " * 50 + b'", "authors": 7}',
    b'{"text": "' + b"a" * 30 + b'\\u0000' + b'", "authors": 7}',
    b'{"text": "' + b"a" * 30 + b'", "authors": 7, "date": "some day", "rights": "reserved"}',
    b'{"instruction": "' + b"a" * 50 + b'", "output": "b"}',
    b'{"text": "' + b"a" * 50 + b'", "messages": [{"role": "user", "content": "b"}]}',
]  # fmt: skip


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_line_with_a_long_string_reads_the_same(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "row.jsonl"
    path.write_bytes(line + b"\n" + b'{"text": "the next one"}\n')
    *_, last = same(path, "jsonl")
    assert isinstance(last, Extent)


@settings(max_examples=300, deadline=None)
@given(st.one_of(TEXTS.map(str.encode), st.binary(max_size=40), TEXTS.map(lambda t: b"\xef\xbb\xbf" + t.encode())))
def test_file_that_is_a_long_text_reads_the_same(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "a.txt"
    path.write_bytes(content)
    same(path, "text")


@settings(max_examples=300, deadline=None)
@given(st.text(CHARACTERS))
def test_fault_of_bytes_is_that_of_the_text(text: str) -> None:
    assert long.fault_of(text.encode()) == text_fault(text)


def test_long_text_is_taken_out_of_its_line_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That the way for long texts is taken at all."""
    monkeypatch.setattr(jsonl, "LONG_BYTES", 4)
    monkeypatch.setattr(jsonl, "fault_of", lambda text: f"looked at {bytes(text)!r}")
    path = tmp_path / "row.jsonl"
    path.write_bytes(b'{"id": 1, "text": "a \\u00e9 is a letter"}\n')
    assert read_file(path, "jsonl").faults == [("line 1", "looked at b'a \\xc3\\xa9 is a letter'")]

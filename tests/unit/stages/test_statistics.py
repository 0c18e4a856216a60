"""Statistics: the counts are those of plain Python."""

from __future__ import annotations

import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.stages.shared.bytes import BLOCK_BYTES
from rightful.stages.statistics import Statistics
from tests.unit.stages.batches import answers, batch_of, texts


def plainly(text: str) -> dict[str, float]:
    words = text.split()
    visible = "".join(words)

    def share(of: str) -> float:
        return float(np.float32(sum(c in of for c in visible) / max(len(visible), 1)))

    return {
        "n_words": len(words),
        "n_lines": text.count("\n") + (text[-1:] not in ("", "\n")),
        "mean_word_length": float(np.float32(len(visible) / max(len(words), 1))),
        "digit_share": share(string.digits),
        "upper_share": share(string.ascii_uppercase),
        "symbol_share": share(string.punctuation),
    }


@given(st.lists(st.one_of(texts, st.text(alphabet=string.printable)), max_size=5))
def test_statistics_any_text_equals_plain_python(rows: list[str]) -> None:
    expected = [plainly(row) for row in rows]
    assert answers(Statistics(), batch_of(*rows)) == {f.name: [e[f.name] for e in expected] for f in Statistics.adds}


def test_statistics_every_ascii_character_is_classed() -> None:
    row = "".join(map(chr, range(128)))
    assert answers(Statistics(), batch_of(row)) == {name: [value] for name, value in plainly(row).items()}


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("character", [" ", "\u00a0", "\u3000", "\u4e2d", "\U0001f600"])
def test_statistics_character_across_a_block_edge_is_seen(character: str, before: int) -> None:
    rows = ["x" * (BLOCK_BYTES - before) + character + "y 1", "z" * BLOCK_BYTES]
    expected = [plainly(row) for row in rows]
    assert answers(Statistics(), batch_of(*rows)) == {f.name: [e[f.name] for e in expected] for f in Statistics.adds}


@pytest.mark.parametrize(
    ("text", "lines"), [("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("\n\n", 2), ("a\r\nb\r\n", 2), ("a\u2028b", 1)]
)
def test_n_lines_by_example(text: str, lines: int) -> None:
    assert answers(Statistics(), batch_of(text))["n_lines"] == [lines]


def test_n_words_script_without_spaces_is_not_segmented() -> None:
    row = answers(Statistics(), batch_of("\u6211\u4eec\u4eca\u5929\u53bb\u6e38\u6cf3"))
    assert (row["n_words"], row["mean_word_length"]) == ([1], [7.0])

"""What is made of a text in pieces is what is made of it as a whole."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.stages.shared import normal

CHARACTERS = (
    "a b\n\t1<\u0338\u200c\u200d\u200b\u00ad\u0301é中文한\u1161\u11a8\u0915\u094d\u0628😀\u20e3\ufe0f\u2028\u3099か"
)


@settings(max_examples=1_000, deadline=None)
@given(st.text(st.sampled_from(CHARACTERS), max_size=40))
def test_pieces_compose_and_collapse_to_what_the_text_does(text: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(normal, "PIECE_BYTES", 7)
        patched.setattr(normal, "_WINDOW_BYTES", 3)
        content = np.frombuffer(text.encode(), np.uint8)
        pieces = list(normal.pieces(content))
        assert "".join(pieces) == text
        assert "".join(map(normal.composed, pieces)) == normal.composed(text)
        assert "".join(normal.earlier_of(content)) == normal.earlier(text)
        assert all(unicodedata.is_normalized("NFC", p) for p in pieces) == unicodedata.is_normalized("NFC", text)


def test_text_of_marks_alone_is_one_piece() -> None:
    """Where no character may begin a piece there is none but the whole."""
    assert len(list(normal.pieces(np.frombuffer(("\u0301" * normal.PIECE_BYTES).encode(), np.uint8)))) == 1
    assert len(list(normal.pieces(np.frombuffer(("中" * normal.PIECE_BYTES).encode(), np.uint8)))) == 1
    assert len(list(normal.pieces(np.frombuffer(("大" * normal.PIECE_BYTES).encode(), np.uint8)))) == 3

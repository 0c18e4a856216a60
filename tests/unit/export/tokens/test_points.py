from __future__ import annotations

import unicodedata

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.export.tokens import points
from rightful.export.tokens.points import COMPOSES, UNASSIGNED, unusual


def slowly(text: str) -> list[tuple[int, int]]:
    """Code point by code point, as Python says it."""
    found, at = [], 0
    for char in text:
        is_joining = 0x1161 <= ord(char) <= 0x1175 or 0x11A8 <= ord(char) <= 0x11C2
        if ord(char) >= 0x80 and unicodedata.category(char) == "Cn":
            found.append((at, UNASSIGNED))
        elif ord(char) >= 0x80 and (
            is_joining or unicodedata.category(char)[0] == "M" or not unicodedata.is_normalized("NFC", char)
        ):
            found.append((at, COMPOSES))
        at += len(char.encode())
    return found


def found(text: str) -> list[tuple[int, int]]:
    at, kinds = unusual(np.frombuffer(text.encode(), np.uint8))
    return list(zip(at.tolist(), kinds.tolist(), strict=True))


@settings(max_examples=80)
@given(st.text() | st.text(st.sampled_from("a\u0301\u00e9\u0378\u1161\u4e00\U0001f600\U000110ba\U000e0100\U0003fffd")))
def test_unusual_is_what_python_says_of_every_code_point(text: str) -> None:
    assert found(text) == slowly(text)


def test_unusual_all_planes_and_the_ends_of_windows() -> None:
    text = "".join(chr(code) for code in range(0x80, 0x110000, 7) if not 0xD800 <= code < 0xE000)
    assert found(text) == slowly(text)
    for size in (1, 2, 3, 5):
        points._WINDOW_BYTES, kept = size, points._WINDOW_BYTES
        try:
            assert found(text[:3000]) == slowly(text[:3000])
            assert found("\U0001f600\u0301" * 40) == slowly("\U0001f600\u0301" * 40)
        finally:
            points._WINDOW_BYTES = kept
    assert found("") == []

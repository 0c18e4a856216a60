from __future__ import annotations

import unicodedata

import pytest

from rightful.notation.characters import is_blank


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\u3000\t\u0085\u2028",
        "\u200b\u200c\u200d\u2060\ufeff\u00ad",
        "\u200e\u200f\u061c \u202a\u202c \u2066\u2069",
        "\ufe0f \ufe0e \U000e0100 \u180b\u034f",
        "\u115f\u1160\u3164\uffa0",
        "\U000e0001\U000e0065\U000e007f",
        "\u2800\u2800 \u2800",
        "\x01\x7f\x9f\x1b",
        "\ufff9\ufffb \U0001d159 \U0001bca0 \U0001d173 \u17b4",
    ],
)
def test_is_blank_of_what_cannot_be_seen_is_true(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize(
    "seen", ["a", ".", "\u0301", "\u20e3", "\u2801", "\ufffd", "\ufffc", "\ue000", "\0", "\u0600", "\u06dd", "\u4e00"]
)
def test_is_blank_of_a_text_with_one_character_that_is_seen_is_false(seen: str) -> None:
    assert not is_blank(seen)
    assert not is_blank(f"\u200b \u00ad{seen}\ufeff\n")


def test_is_blank_of_letters_digits_marks_punctuation_and_symbols_is_false() -> None:
    fillers = "\u115f\u1160\u3164\uffa0"  # letters by category, without a shape by another property
    unseen = [
        hex(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code))[0] in "LNPS" and chr(code) not in fillers and is_blank(chr(code))
    ]
    assert unseen == ["0x2800", "0x1d159"]

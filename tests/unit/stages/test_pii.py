"""PersonalData: each type by example, what looks like it and is not, and never across texts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages._text import Texts
from pipeline.stages.pii import LOOKS_FOR, WINDOW_BYTES, PersonalData, _windows
from tests.unit.stages.batches import answers, batch_of, texts

# Numbers that are published as examples, by card schemes and banks, and ranges kept free for fiction.
FOUND = {
    "email": [
        "ada@example.org",
        "<ada.l+x@mail.example.co.uk>",
        "mailto:o'neil_1@a-b.io.",
        "a@xn--d1acufc.xn--p1ai",
        "写信到ada@example.org。",
        "ada@b\u00fccher.example",
        "\u00e4da@example.org",
    ],
    "ipv4": ["203.0.113.9", "(192.0.2.1)", "http://198.51.100.7:80/", "10.0.0.1-10.0.0.9", "::ffff:192.0.2.1."],
    "phone": [
        "+44 20 7946 0958",
        "+442079460958",
        "0044 20 7946 0958",
        "+49 (0)30 1234567",
        "(212) 555-0123",
        "212-555-0123",
        "1-212-555-0123",
        "212.555.0123 x51",
        "212.555.0123x51",
        "01 23 45 67 89",
        "030 / 1234567",
        "06-12345678",
        "Telefon: 5550123",
        "call my mobile 2125550123",
    ],
    "iban": ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "IBAN:FR14-2004-1010-0505-0001-3M02-606."],
    "card": [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111111111111111",
        "378282246310005",
        "3782 822463 10005",
        "30569309025904",
        "room 12 5555 5555 5555 4444",
        "\u5361\u53f74111111111111111\u3002",
    ],
}
NOT_FOUND = {
    "email": [
        "ada@",
        "@ada",
        "a @ b.com",
        "icon@2x.png",
        "git@github.com:a/b",
        "ssh://git@host.org/x",
        "react@18.2.0",
        "ada@localhost",
    ],
    "ipv4": [
        "256.1.1.1",
        "1.2.3",
        "1.2.3.4.5",
        "v1.2.3.4",
        "127.0.0.1",
        "0.0.0.0",
        "255.255.255.0",
        "1.2.3.04",
        "1.2.3.4-beta",
    ],
    "phone": [
        "2024-01-31 12",
        "01.02.2024 10",
        "20240131",
        "1990-1995, 2001-2003",
        "978-0-13-235088-4",
        "Smith (2019) 12 34-56",
        "3.14159265358979",
        "0123456789",
        "12:00:00 2021-01-01",
        "phone book of 2024-01-31",
    ],
    "iban": [
        "GB82 WEST 1234 5698 7654 33",
        "DE8937040044053201300",
        "XX82WEST12345698765432",
        "gb82 west 1234 5698 7654 32",
    ],
    "card": ["4111 1111 1111 1112", "0000 0000 0000 0000", "1748503543012", "9111 1111 1111 1111", "x4111111111111111"],
}


def types(*rows: str) -> list[list[str]]:
    return answers(PersonalData(), batch_of(*rows))["pii_types"]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, rows in FOUND.items() for text in rows])
def test_pii_example_is_found_alone_and_in_a_text(kind: str, text: str) -> None:
    assert types(text, f"Before.\n{text}\nAfter.", f"see {text}, and", text) == [[kind]] * 4


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, rows in NOT_FOUND.items() for text in rows])
def test_pii_look_alike_is_not_found(kind: str, text: str) -> None:
    assert types(text, f"Before.\n{text}\nAfter.") == [[], []], f"looks like {kind}"


def test_pii_several_types_are_sorted_and_stated_once() -> None:
    rows = ["+44 20 7946 0958, ada@example.org, bob@example.org", "nothing here"]
    assert answers(PersonalData(), batch_of(*rows)) == {
        "pii_state": ["found", "none_found"],
        "pii_types": [["email", "phone"], []],
    }
    assert sorted(LOOKS_FOR) == list(LOOKS_FOR) == sorted(FOUND)


@pytest.mark.parametrize("text", [row for rows in FOUND.values() for row in rows])
def test_pii_cut_in_two_texts_is_not_put_together(text: str) -> None:
    for cut in range(1, len(text)):
        left, right = text[:cut], text[cut:]
        assert types(left, right) == types(left) + types(right)


def test_pii_text_before_does_not_hide_what_begins_a_text() -> None:
    rows = [rows[0] for rows in FOUND.values()]
    for glue in ("x", "7", "-", ".", "A", "+"):
        assert types(*(row for text in rows for row in (glue, text)))[1::2] == [[kind] for kind in FOUND]


@given(st.lists(texts, max_size=4), st.integers(1, 40))
def test_windows_cut_where_a_line_or_text_begins(rows: list[str], size: int) -> None:
    held = Texts.of(batch_of(*rows))
    pieces = list(_windows(held, size))
    assert [a for _, a in pieces[:-1]] == [b for b, _ in pieces[1:]]
    assert (pieces[0][0], pieces[-1][1]) == (0, held.data.size) if held.data.size else pieces == []
    for start, _ in pieces:
        assert start in held.bounds or held.data[start - 1] == ord("\n")


def test_pii_at_the_edge_of_a_window_is_found() -> None:
    line = "x" * 63 + "\n"
    filler = line * (WINDOW_BYTES // len(line))
    for shift in (0, 5, 20):
        assert types(filler[: -shift or None] + "\nada@example.org", "y") == [["email"], []]
        assert types(filler[: -shift - 40] + " 4111 1111 1111 1111 " + filler[:100], "y") == [["card"], []]


def test_pii_long_run_of_digits_is_read_in_linear_time() -> None:
    assert types("12 " * 400_000, "1" * 400_000, "1." * 400_000, "a" * 400_000 + "@", "@a." * 100_000) == [[]] * 5


def test_pii_third_party_cases_agree_but_for_what_is_said(cases: Path) -> None:
    """Not shared: IPv6, addresses that are nobody's, and five numbers in a row as an address."""
    kinds = {"credit_card": "card", "email": "email", "ip": "ipv4"}
    listed = json.loads((cases / "6-filters" / "presidio-pii.shared.json").read_text(encoding="utf-8"))
    rows = [(kinds[e["recognizer"]], e["count"] > 0, e["text"]) for e in listed if e["recognizer"] in kinds]
    came = types(*(text for _, _, text in rows))
    differ = [
        text
        for (kind, expected, text), found in zip(rows, came, strict=True)
        if (kind in found) != expected and not re.search(r"::|(?:[0-9A-Fa-f]{1,4}:){5}", text)
    ]
    assert sorted(differ) == ["192.168.1.1.1", "Broadcast 255.255.255.255", "Default 0.0.0.0", "localhost 127.0.0.1"]

"""Redaction of what leaves: nothing that the scan knows stays, and the map leads back to the stored text."""

from __future__ import annotations

import pickle
import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.errors import InputError, UnknownName
from rightful.export.redaction import REDACTIONS_SCHEMA, ROUNDS, Outcome, Redaction, RedactionLog
from rightful.stages.pii.entities import Entity
from rightful.stages.pii.redact import Redacted
from rightful.stages.pii.stage import TYPES, PersonalData, spans_of

MAIL, PHONE, CARD, IBAN = "ada@example.org", "+44 20 7946 0958", "4111 1111 1111 1111", "DE89370400440532013000"
PIECES = [
    MAIL,
    PHONE,
    CARD,
    IBAN,
    "8.8.8.8",
    "AKIAZQ3DRSTUVWXY2345",
    "4111",
    "1111 ",
    "+44",
    "@",
    " ",
    "\n",
    "é",
    "😀",
    "שלום",
]


def asked(*types: str, put: str | None = None) -> Redaction:
    redaction = Redaction.of(types, put)
    assert redaction is not None
    return redaction


def run(redaction: Redaction, *texts: str) -> list[Redacted]:
    return redaction(texts, [f"r-{n}" for n in range(len(texts))])


def test_redaction_takes_out_what_the_scan_finds_and_maps_it_to_the_stored_text() -> None:
    texts = [f"😀 Mail {MAIL} or {PHONE}.", f"שלום {MAIL} سلام", "nothing", "", f"{IBAN}\n{CARD}"]
    done = run(asked("all"), *texts)
    assert [d.text for d in done] == [
        "😀 Mail [email] or [phone].",
        "שלום [email] سلام",
        "nothing",
        "",
        "[iban]\n[card]",
    ]
    for text, one, found in zip(texts, done, spans_of(texts), strict=True):
        assert [(r.types[0], r.start, r.stop) for r in one.replaced] == found
        assert all(one.text[r.new_start : r.new_stop] == f"[{r.types[0]}]" for r in one.replaced)
        assert {text[r.start : r.stop] for r in one.replaced} <= {MAIL, PHONE, IBAN, CARD}


def test_redaction_of_some_types_leaves_the_others() -> None:
    text = f"{MAIL}, {PHONE}, {CARD}"
    assert run(asked("email"), text)[0].text == f"[email], {PHONE}, {CARD}"
    assert run(asked("contact"), text)[0].text == f"[email], [phone], {CARD}"
    assert run(asked("card", "email", "card", put="#"), text)[0].text == f"#, {PHONE}, #"


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.sampled_from(["[{type}]", "", "1", "@", " "]))
def test_redaction_leaves_a_text_in_which_the_scan_finds_nothing_more(text: str, put: str) -> None:
    redaction = asked("all", put=put)
    [done] = run(redaction, text)
    nameless = re.sub(r"\[[a-z_]+\]", lambda m: f"[{'x' * (len(m[0]) - 2)}]", done.text)
    for hit in spans_of([nameless], redaction.scan)[0] or []:
        assert any(r.new_start <= hit.start and hit.stop <= r.new_stop for r in done.replaced), done
    kept = [done.origin(at) for at in range(len(done.text))]
    assert all(at is None or text[at] == char for at, char in zip(kept, done.text, strict=True))


def test_redaction_scans_again_what_came_together() -> None:
    lines = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n" * 2
    text = f"4111 1111 -----BEGIN PRIVATE KEY-----\n{lines}-----END PRIVATE KEY-----1111 1111."
    assert [s.type for s in spans_of([text])[0] or []] == ["private_key"], "the card is only there when the key is gone"
    [done] = run(asked("all", put=""), text)
    assert done.text == "."
    assert [(r.types, r.start, r.stop) for r in done.replaced] == [(("card", "private_key"), 0, len(text) - 1)]
    assert run(asked("all"), text)[0].text == "4111 1111 [private_key]1111 1111."


def test_redaction_does_not_take_its_own_words_for_a_reason() -> None:
    assert run(asked("phone"), f"{PHONE} 1234 5678")[0].text == "[phone] 1234 5678"
    assert run(asked("phone"), "phone 1234 5678")[0].text == "phone [phone]"


def innermost(rows: Sequence[str]) -> list[list[Entity]]:
    """Finds the pairs of parentheses with nothing between them: each one that is taken out makes the next."""
    return [[(m.start(), m.end(), "pair") for m in re.finditer(r"\(\)", row)] for row in rows]


def failing(rows: Sequence[str]) -> list[list[Entity]]:
    """Fails on a text that says so."""
    if any("fail" in row for row in rows):
        raise RuntimeError("no")
    return [[] for _ in rows]


def test_redaction_without_an_end_takes_out_the_whole_text() -> None:
    redaction = Redaction(PersonalData(entity_model=f"{__name__}:innermost"), "")
    few, many, other = run(redaction, "a(((())))b", f"a{'(' * ROUNDS}{')' * ROUNDS}b", "other")
    assert (few.text, other.text) == ("ab", "other")
    assert (many.text, [(r.types, r.start) for r in many.replaced]) == ("", [(("pair",), 0)])


def test_redaction_of_a_text_that_cannot_be_scanned_is_an_error_that_names_it() -> None:
    redaction = Redaction(PersonalData(entity_model=f"{__name__}:failing"))
    with pytest.raises(InputError, match="failed on the text of record r-1"):
        run(redaction, "fine", "fail", MAIL)


@pytest.mark.parametrize(
    ("types", "put", "said", "hint"),
    [
        (["emial"], None, "--redact: unknown type of personal data 'emial'", "did you mean 'email'?"),
        ([""], None, "--redact: unknown type of personal data ''", None),
        ([], "x", "--redact-with: has no effect without --redact", None),
        (["email"], "{typ}", "--redact-with: unknown placeholder 'typ'", "did you mean 'type'?"),
        (["email"], "x" * 201, "--redact-with: 201 characters are too long", None),
        (["email"], "\udcff", "--redact-with: .* is not text in UTF-8", None),
        (["email"], "{type}@example.org", r"--redact-with: 'email@example.org' is itself what .* \(email\)", None),
    ],
)
def test_redaction_that_cannot_be_meant_is_refused(
    types: list[str], put: str | None, said: str, hint: str | None
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        Redaction.of(types, put)
    assert hint is None or caught.value.hint == hint
    assert isinstance(caught.value, UnknownName) == ("unknown" in said)


def test_redaction_of_nothing_is_none_and_a_manifest_gives_it_again() -> None:
    assert Redaction.of([]) is None
    redaction = asked("all", put="*{type}*")
    assert redaction.as_json()["types"] == list(TYPES)
    assert Redaction.of_manifest(redaction.as_json()) == redaction == pickle.loads(pickle.dumps(redaction))
    spanish = Redaction.of(["phone"], None, PersonalData(phone_regions="ES"))
    assert spanish is not None
    assert run(spanish, "Llame al 912 345 678.")[0].text == "Llame al [phone]."
    assert Redaction.of_manifest(spanish.as_json()) == spanish
    assert asked("phone", "email", "email") == asked("email phone"), "order and repetition say nothing"


def test_redaction_log_holds_places_and_counts_but_no_text(tmp_path: Path) -> None:
    redaction = asked("all")
    texts = [f"{MAIL} {MAIL}", "nothing", PHONE]
    with RedactionLog(tmp_path / "log.parquet") as log:
        for first in (0, 3):
            ids = [f"r-{first + n}" for n in range(3)]
            log.add(first, Outcome.of(redaction(texts, ids), ids))
    assert log.as_json() == {"records": 4, "spans": {"email": 4, "phone": 2}, "chars": 2 * (15 + 7 + 7)}
    assert sorted(log.changed) == [0, 2, 3, 5]
    written = pq.read_table(tmp_path / "log.parquet")
    assert written.schema.equals(REDACTIONS_SCHEMA)
    assert written.column("record_id").to_pylist() == ["r-0", "r-0", "r-2", "r-3", "r-3", "r-5"]
    assert written.slice(1, 1).to_pylist() == [
        {"record_id": "r-0", "types": ["email"], "start": 16, "stop": 31, "new_start": 8, "new_stop": 15}
    ]
    assert b"example" not in (tmp_path / "log.parquet").read_bytes()

"""Personal data that a scan found, the capacities of consents, and who asks for what, by the installed command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.e2e.conftest import Ask
from tests.e2e.corpus import card, jsonl

TRAIN = ("--use", "train.pretrain")


@pytest.fixture
def clinic(ingest: Ask, tmp_path: Path) -> Path:
    """Two texts with addresses and numbers, one without; nothing is stated about persons."""
    folder = card(tmp_path / "clinic", "clinic", license="CC0-1.0", personal_data="unknown")
    found = [
        {"id": n, "text": f"Ward {n}: write to ward{n}@example.org or +44 20 7946 095{n}, please."} for n in (1, 2)
    ]
    jsonl(folder / "rows.jsonl", *found, {"id": 3, "text": "Three boats lay at the mole in the evening."})
    ingest(folder)
    return folder


def test_what_was_found_is_refused_until_it_is_taken_out_and_accepting_takes_out_nothing(
    clinic: Path, ask: Ask
) -> None:
    for accept in ((), ("--accept", "all"), ("--accept", "redact.personal_data")):
        answer = ask("query", *TRAIN, *accept)
        assert answer["permitted"]["records"] == 1
        assert {e["reason"]: e["records"] for e in answer["excluded"]} == {"personal-data-found": 2}
        assert answer["would_permit"][0]["option"] == "--redact email --redact phone"
    assert ask("query", *TRAIN, "--redact", "email")["permitted"]["records"] == 1
    taken = ask("query", *TRAIN, "--redact", "contact")
    assert taken["permitted"]["records"] == 3
    assert taken["obligations"]["redact.personal_data"]["records"] == 2
    assert ask("query", "--use", "mine.analyse")["permitted"]["records"] == 3


def test_export_leaves_what_was_found_behind_or_takes_it_out(clinic: Path, ask: Ask, ingest: Ask) -> None:
    order = (*TRAIN, "--tokenizer", "bytes", "--workers", "1")
    assert ask("export", "plain", *order)["records"] == 1
    assert ask("export", "taken", *order, "--redact", "contact")["records"] == 3
    assert ask("verify", "taken")["ok"]
    card(clinic, "clinic", license="CC0-1.0", personal_data="unknown", legal_basis="legitimate_interests")
    ingest(clinic)
    assert ask("query", *TRAIN)["permitted"]["records"] == 3


def test_notices_are_told_apart_owed_by_nobody_and_leave_as_they_are(ask: Ask, ingest: Ask, tmp_path: Path) -> None:
    folder = card(tmp_path / "reed", "reed", license="MIT", personal_data="unknown")
    notice = "# Copyright (c) 2019 Jane Roe <jane@roe.example>"
    jsonl(
        folder / "rows.jsonl",
        {"id": 1, "text": f"{notice}\nimport reed\n"},
        {"id": 2, "text": f"{notice}\n# bugs go to ada@moth.example, not to bob@moth.example\nimport sedge\n"},
        {"id": 3, "text": "Copyright matters: ask ada@moth.example about it, said the heron."},
    )
    ingest(folder)
    plain = ask("query", *TRAIN, "--accept", "all")
    assert plain["permitted"]["records"] == 1
    assert plain["notices"] == [{"type": "email.notice", "records": 1}]
    assert plain["would_permit"][0]["option"] == "--redact email"
    assert ask("explain", "1", *TRAIN)["tags"]["pii_types"] == ["email.notice"]
    order = (*TRAIN, "--accept", "all", "--tokenizer", "bytes", "--workers", "1", "--redact", "email")
    assert ask("export", tmp_path / "out", *order)["records"] == 3
    rows = pq.read_table(tmp_path / "out" / "data" / "shard-00000.parquet").to_pylist()
    left = sorted(bytes(row["input_ids"][:-1]).decode() for row in rows)
    assert left == [
        f"{notice}\n# bugs go to [email], not to [email]\nimport sedge\n",
        f"{notice}\nimport reed\n",
        "Copyright matters: ask [email] about it, said the heron.",
    ]
    assert ask("verify", tmp_path / "out")["ok"]
    by_kind = ask("stats", "--by", "pii")["axes"]["pii"]["rows"]
    assert {row["value"]: row["records"] for row in by_kind} == {"email": 2, "email.notice": 2}


def test_card_that_denies_what_was_found_is_listed(clinic: Path, ask: Ask, ingest: Ask) -> None:
    card(clinic, "clinic", license="CC0-1.0", personal_data="no")
    ingest(clinic)
    answer = ask("query", *TRAIN)
    assert answer["contradicted"] == [{"source": "clinic", "records": 2}]
    assert answer["permitted"]["records"] == 1


def test_consent_is_a_licence_only_as_rights_holder_with_party_and_period(
    ask: Ask, ingest: Ask, tmp_path: Path
) -> None:
    folder = card(tmp_path / "poems", "poems", license="CC-BY-NC-4.0", personal_data="no")
    jsonl(
        folder / "rows.jsonl", {"id": 1, "url": "https://poems.example/1", "text": "The reed bends, the river widens."}
    )
    ingest(folder)
    give = ("consent", "add", "--domain", "poems.example", *TRAIN, "--purpose", "commercial")
    for more, lacks, permitted in (
        ((), [], 0),
        (("--given-by", "rights_holder"), ["party", "valid_until or perpetual"], 0),
        (("--given-by", "rights_holder", "--party", "us"), ["valid_until or perpetual"], 0),
        (("--given-by", "rights_holder", "--party", "us", "--perpetual"), [], 1),
    ):
        assert ask(*give, *more)["lacks"] == lacks
        assert ask("query", *TRAIN)["permitted"]["records"] == permitted
    assert [e["given_by"] for e in ask("consent", "list")] == [["data_subject"], *[["rights_holder"]] * 3]


def test_precondition_names_who_asks_and_research_an_actor(
    ask: Ask, ingest: Ask, refuse: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    folder = card(tmp_path / "press", "press", personal_data="no")
    terms = 'party = "Reed Press"\nreference = "RP-17"\nsigned_on = 2026-01-05\nacts = ["train"]\n'
    with (folder / "source.toml").open("a", encoding="utf-8") as more:
        more.write(f'\n[[contracts]]\n{terms}purposes = ["commercial"]\nobligations = ["payment"]\nperpetual = true\n')
    jsonl(folder / "rows.jsonl", {"id": 1, "text": "The reed bends where the river widens."})
    ingest(folder)
    assert "who asks here: Reed Press" in refuse("query", *TRAIN, "--accept", "payment:INV-7")["hint"]
    assert ask("query", *TRAIN, "--accept", "payment:Sedge=INV-7")["permitted"]["records"] == 0
    paid = ask("query", *TRAIN, "--accept", "payment:Reed Press=INV-7")
    assert paid["obligations"]["payment"]["asked_by"] == {"Reed Press": {"records": 1, "reference": "INV-7"}}
    assert "--actor research_org" in refuse("query", *TRAIN, "--purpose", "research")["hint"]
    assert ask("query", *TRAIN, "--purpose", "noncommercial")["permitted"]["records"] == 0


def test_legal_basis_beside_the_list_is_an_error_that_names_file_and_key(
    refuse: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    folder = card(tmp_path / "letters", "letters", license="CC0-1.0", personal_data="yes", legal_basis="none")
    jsonl(folder / "rows.jsonl", {"id": 1, "text": "The reed bends where the river widens."})
    error = refuse("ingest", folder, "--workers", "1")
    assert error["subject"].endswith("source.toml, key legal_basis")
    assert "legitimate_interests" in error["message"]

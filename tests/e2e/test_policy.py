"""The policy of a store at work: a statutory basis permits whom and where it says, while somebody answers for it."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rightful.decisions.signing import digest
from tests.e2e.conftest import Ask
from tests.e2e.corpus import card, jsonl

Refuse = Callable[..., dict[str, Any]]

DSM_3 = """
[[basis]]
statute = "EU-DSM-3"
acts = ["train", "mine.analyse"]
purposes = ["research"]
actors = ["research_org"]
jurisdiction = ["DE"]
lawful_access = true
reference = "Ethics board, minutes of 3 November"
"""
DSM_4 = """
[[basis]]
statute = "EU-DSM-4"
acts = ["train.pretrain"]
purposes = ["commercial"]
actors = ["for_profit"]
jurisdiction = ["DE", "FR"]
lawful_access = true
"""
RESEARCH = ("--use", "train.pretrain", "--purpose", "research", "--actor", "research_org", "--jurisdiction", "DE")
COMMERCE = ("--use", "train.pretrain", "--jurisdiction", "DE")
BY = ("--by", "Ada Moreno, head of research", "--until")
UNTIL = datetime.now(UTC) + timedelta(days=90)
LOOKED = f"""
[[observed]]
protocols = ["copy"]
result = "absent"
on = {datetime.now(UTC).date().isoformat()}
by = "Ada Moreno"
"""


def poems(folder: Path, name: str, **keys: object) -> Path:
    card(folder / name, name, **keys)
    with (folder / name / "source.toml").open("a", encoding="utf-8") as said:
        said.write(LOOKED)
    rows = ({"id": f"{name}-{n}", "text": f"Poem {n} of {name}: the {'very ' * n}old mole at night."} for n in (1, 2))
    jsonl(folder / name / "poems.jsonl", *rows)
    return folder / name


def policy(store: Path, text: str) -> Path:
    path = store / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def store(shelf: dict[str, Any], tmp_path: Path, ingest: Ask) -> Path:
    """Two poems that are in copyright, two under the terms of a platform, two without a word about rights."""
    made: Path = shelf["folder"] / "poems"
    if "poems" not in shelf:
        licences = {"press": "All rights reserved", "forum": "LicenseRef-Reddit-ToS"}
        folders = [poems(made, name, license=license) for name, license in licences.items()]
        ingest(*folders, poems(made, "found"), store=made / "rightful-store")
        shelf["poems"] = True
    copied: Path = shutil.copytree(made / "rightful-store", tmp_path / "rightful-store")
    return copied


def permitted(ask: Ask, *use: str) -> dict[str, int]:
    answer = ask("query", *use)
    return {row["source"]: row["permitted"] for row in answer["sources"]}


NOTHING = {"press": 0, "forum": 0, "found": 0}
ALL = dict.fromkeys(NOTHING, 2)


def test_research_is_permitted_by_a_signed_basis_for_whom_where_and_when_it_says(
    store: Path, ask: Ask, refuse: Refuse
) -> None:
    assert permitted(ask, *RESEARCH) == NOTHING
    policy(store, DSM_3)
    unsigned = refuse("query", *RESEARCH)
    assert "nobody has signed it" in unsigned["message"]
    assert unsigned["hint"].startswith("sign it: rightful policy sign")
    ask("policy", "sign", *BY, UNTIL.date().isoformat())
    # The terms of the forum reserve as well; against Article 3 that is of no effect.
    assert permitted(ask, *RESEARCH) == ALL
    for elsewhere in (
        RESEARCH[:-2],
        (*RESEARCH, "--jurisdiction", "FR"),
        ("--use", "train.pretrain", "--actor", "research_org", "--jurisdiction", "DE"),
        (*RESEARCH, "--actor", "public"),
        ("--use", "share.verbatim", *RESEARCH),
        (*RESEARCH, "--as-of", "2026-01-01"),
        (*RESEARCH, "--as-of", (UNTIL + timedelta(days=1)).date().isoformat()),
    ):
        assert permitted(ask, *elsewhere) == NOTHING, elsewhere
    last = datetime.combine(UNTIL.date(), datetime.min.time(), UTC) + timedelta(hours=23, minutes=59)
    assert permitted(ask, *RESEARCH, "--as-of", last.isoformat()) == ALL


def test_explanation_names_the_statute_and_who_signed(store: Path, ask: Ask) -> None:
    policy(store, DSM_3)
    ask("policy", "sign", *BY, UNTIL.date().isoformat())
    told = ask("explain", "found-1", *RESEARCH)
    assert told["decision"] == "permit"
    assert told["reasons"][0]["reason"] == "statute"
    assert told["reasons"][0]["detail"] == "EU-DSM-3"
    [basis] = [e for e in told["evidence"] if e["tier"] == 7]
    assert basis["determining"]
    assert basis["raw"] == "Ethics board, minutes of 3 November, signed by Ada Moreno, head of research"
    ends = datetime.combine(UNTIL.date(), datetime.min.time(), UTC) + timedelta(days=1)
    assert told["valid_until"].startswith(ends.date().isoformat())


def test_reservation_in_terms_defeats_the_basis_that_yields_to_reservations(store: Path, ask: Ask) -> None:
    policy(store, DSM_4)
    ask("policy", "sign", *BY, UNTIL.date().isoformat())
    lenient = (*COMMERCE, "--profile", "lenient")
    assert permitted(ask, *COMMERCE) == {"press": 0, "forum": 0, "found": 2}
    assert permitted(ask, *lenient) == {"press": 2, "forum": 0, "found": 2}
    assert permitted(ask, "--use", "train.pretrain", "--jurisdiction", "GB") == NOTHING
    withdrawn = ask("consent", "withdraw", "--source", "press")
    assert withdrawn["matched"]["records"] == 2
    assert permitted(ask, *lenient) == {"press": 0, "forum": 0, "found": 2}


def test_basis_that_yields_to_reservations_is_gone_once_the_last_look_is_too_old(store: Path, ask: Ask) -> None:
    policy(store, "observed_within = 30\n" + DSM_4)
    ask("policy", "sign", *BY, UNTIL.date().isoformat())
    assert permitted(ask, *COMMERCE)["found"] == 2
    told = ask("explain", "found-1", *COMMERCE)
    [look] = [e for e in told["evidence"] if e["kind"] == "observation"]
    assert (look["states"], look["says"], look["determining"]) == (
        "somebody looked for a reservation, and there was none",
        "counts",
        True,
    )
    assert look["raw"] == "copy: absent, looked at by Ada Moreno"
    later = (datetime.now(UTC) + timedelta(days=32)).isoformat()
    assert permitted(ask, *COMMERCE, "--as-of", later) == NOTHING
    old = ask("explain", "found-1", *COMMERCE, "--as-of", later)
    assert [(r["reason"], r["detail"]) for r in old["reasons"]] == [("not-observed", "copy too old")]
    policy(store, DSM_4)
    ask("policy", "sign", *BY, UNTIL.date().isoformat())
    assert permitted(ask, *COMMERCE, "--as-of", later)["found"] == 2


def test_policy_is_shown_with_who_answers_for_it_and_whether_it_counts(
    store: Path, ask: Ask, refuse: Refuse, rightful: Callable[..., Any]
) -> None:
    none = ask("policy", "show")
    assert (none["sha256"], none["path"]) == (None, "rightful-store/policy.toml")
    assert "every default is the strictest" in " ".join(rightful("policy", "show").stdout.split())
    path = policy(store, 'accept = ["attribution"]\n' + DSM_3)
    assert "nobody has signed it" in refuse("policy", "show")["message"]
    signed = ask("policy", "sign", *BY, UNTIL.date().isoformat())
    shown = ask("policy", "show")
    assert shown == {key: value for key, value in signed.items() if not key.startswith("exports")}
    assert shown["in_force"] is True
    assert shown["signature"]["by"] == "Ada Moreno, head of research"
    assert shown["basis"][0]["statute"] == "EU-DSM-3"
    told = rightful("policy", "show").stdout
    assert "EU-DSM-3" in told
    assert "by Ada Moreno, head of research" in told
    answer = ask("query", *RESEARCH)["policy"]
    assert (answer["sha256"], answer["in_force"]) == (shown["sha256"], True)
    assert path.read_text(encoding="utf-8").startswith('accept = ["attribution"]\n')


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*BY, "2020-01-01"), "before it begins"),
        ((*BY, "in a year"), "is not a date or a time"),
        ((*BY, "2030-01-01T00:00:00"), "has no time zone"),
        (("--by", " ", "--until", "2030-01-01"), "a signature names who signs"),
        (("--by", "Ada\x1b[2J", "--until", "2030-01-01"), "in printable characters"),
        (("--until", "2030-01-01"), "a signature needs --by"),
    ],
)
def test_signature_that_cannot_be_one_changes_nothing(
    store: Path, refuse: Refuse, arguments: tuple[str, ...], words: str
) -> None:
    path = policy(store, DSM_3)
    assert words in refuse("policy", "sign", *arguments)["message"]
    assert path.read_text(encoding="utf-8") == DSM_3
    assert [p.name for p in store.iterdir() if "policy" in p.name] == ["policy.toml"]


def test_policy_that_was_changed_after_signing_stops_every_answer_that_rests_on_it(
    store: Path, ask: Ask, refuse: Refuse
) -> None:
    path = policy(store, DSM_3)
    ask("policy", "sign", *BY, UNTIL.date().isoformat())
    ask("export", "out", *RESEARCH, "--tokenizer", "bytes", "--workers", "1")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('["DE"]', '["DE", "FR"]'), encoding="utf-8")
    for command in (
        ("query", *RESEARCH),
        ("export", "more", *RESEARCH, "--tokenizer", "bytes"),
        ("verify", "out"),
        ("license", "check", "MIT", *RESEARCH),
        ("policy", "show"),
    ):
        error = refuse(*command)
        assert "policy.toml: the policy was changed after Ada Moreno, head of research signed it" in error["message"]
    assert not (store.parent / "more").exists()
    ask("policy", "sign", *BY, UNTIL.date().isoformat())
    assert permitted(ask, *RESEARCH, "--jurisdiction", "FR") == ALL


def test_export_expires_with_the_signature_and_is_stale_when_the_basis_is_dropped(
    store: Path, ask: Ask, refuse: Refuse
) -> None:
    path = policy(store, DSM_3)
    signed = ask("policy", "sign", *BY, UNTIL.date().isoformat())
    manifest = ask("export", "out", *RESEARCH, "--tokenizer", "bytes", "--workers", "1")
    ends = datetime.combine(UNTIL.date(), datetime.min.time(), UTC) + timedelta(days=1)
    assert manifest["records"] == 6
    assert datetime.fromisoformat(manifest["expires_at"]) == ends
    assert (manifest["policy"]["sha256"], manifest["policy"]["in_force"]) == (signed["sha256"], True)
    assert manifest["policy"]["basis"][0]["statute"] == "EU-DSM-3"
    assert ask("verify", "out")["stale"] == []

    path.unlink()
    found = ask("verify", "out", code=3)
    assert (found["ok"], len(found["stale"]), found["corrupt"]) == (False, 6, [])
    assert {row["reason"] for row in found["stale"]} == {"nothing-stated", "license-unclear", "license-denies"}
    assert refuse("export", "again", *RESEARCH, "--tokenizer", "bytes", code=3)["message"]

    policy(store, DSM_3)
    ask("policy", "sign", *BY, UNTIL.date().isoformat())
    assert ask("verify", "out")["ok"] is True


def test_policy_whose_period_is_over_counts_for_nothing_in_any_answer(store: Path, ask: Ask, refuse: Refuse) -> None:
    text = 'purpose = "research"\nactor = "research_org"\njurisdiction = ["DE"]\naccept = ["attribution"]\n' + DSM_3
    terms = {"by": "Ada", "on": "2025-01-01", "until": "2025-12-31"}
    stamp = digest({**tomllib.loads(text), "signature": terms})
    signature = "\n".join(f"{k} = {json.dumps(v)}" for k, v in {**terms, "sha256": stamp}.items())
    policy(store, f"{text}\n[signature]\n{signature}\n")
    assert ask("policy", "show")["in_force"] is False
    answer = ask("query", "--use", "train.pretrain")
    assert answer["policy"]["in_force"] is False
    assert (answer["use"]["purpose"], answer["use"]["actor"], answer["use"]["accept"]) == (
        "commercial",
        "for_profit",
        [],
    )
    assert permitted(ask, *RESEARCH) == NOTHING
    assert permitted(ask, *RESEARCH, "--as-of", "2025-06-01") == ALL
    # What was permitted then leaves no more: an export needs today's permission.
    refused = refuse("export", "out", *RESEARCH, "--as-of", "2025-06-01", "--tokenizer", "bytes", code=3)
    assert refused["message"]
    ask("policy", "sign", *BY, UNTIL.date().isoformat())
    assert permitted(ask, "--use", "train.pretrain") == ALL


def test_copies_elsewhere_contest_a_licence_until_the_policy_says_own_and_only_while_it_is_signed(
    tmp_path: Path, ask: Ask, ingest: Ask, refuse: Refuse
) -> None:
    row = {"id": "tide", "text": "The tide tables of the old harbour, as they were printed for the pilots."}
    for name, license in (("open", "MIT"), ("closed", "CC-BY-NC-4.0")):
        jsonl(card(tmp_path / name, name, license=license) / "tide.jsonl", row)
    ingest("open", "closed")
    store = tmp_path / "rightful-store"
    use = ("--use", "train.pretrain", "--accept", "all", "--dedup", "none")
    contested = ask("query", *use)
    assert contested["permitted"]["records"] == 0
    assert {"contested-copy", "license-denies"} == {row["reason"] for row in contested["excluded"]}
    policy(store, 'copies = "own"\n')
    assert "nobody has signed it" in refuse("query", *use)["message"]
    ask("policy", "sign", *BY, UNTIL.date().isoformat())
    own = ask("query", *use)
    assert {row["source"]: row["permitted"] for row in own["sources"]} == {"open": 1, "closed": 0}
    ends = datetime.combine(UNTIL.date(), datetime.min.time(), UTC) + timedelta(days=1)
    assert datetime.fromisoformat(own["valid_until"]) == ends
    assert ask("query", *use, "--as-of", ends.isoformat())["permitted"]["records"] == 0
    ask("consent", "withdraw", "--source", "closed")
    assert ask("query", *use)["permitted"]["records"] == 0

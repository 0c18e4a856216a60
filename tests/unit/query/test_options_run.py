"""What would permit more is typed as it stands, after the request that was made, and gives what it promised."""

from __future__ import annotations

import io
import json
import random
import shlex
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from rightful.cli.app import cli, hoist, run
from tests.unit.shelf import Shelf, wording

PARTY = 'O\'Neil "& Söhne" $HOME; a:b'
"""A party whose name a shell would read otherwise."""
LICENSES = (
    "CC-BY-NC-SA-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-4.0",
    "CC0-1.0",
    "GPL-3.0-only",
    "LicenseRef-Gutenberg",
    "other",
    "",
)
REQUESTS = (
    "--use train.pretrain",
    "--use train.pretrain --jurisdiction DE",
    "--use train.pretrain --jurisdiction FR --jurisdiction DE --dedup exact",
    "--use train.pretrain --redact email --application translation",
    "--use train --purpose noncommercial --accept attribution --reading lenient --prefer longest",
    "--use share --purpose research --actor public --profile cc-guidance --where \"source_id <> 's1'\"",
)
POLICIES = (
    "",
    'purpose = "noncommercial"\naccept = ["notice"]\njurisdiction = ["FR"]',
    'application = "translation"\nprofile = "lenient"',
)


def told(store: Path, line: str) -> Any:
    """What the command line answers with --json; it has to end well."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        code = run(cli, hoist([*shlex.split(line), "--store", str(store), "--json"]), True)
    assert code in (0, 3), (line, out.getvalue())
    return json.loads(out.getvalue())


def drawn(root: Path, draw: random.Random) -> Shelf:
    """A store of four sources whose licences, places, applications and contracts differ, with copies among their texts."""
    shelf = Shelf(root)
    for n in range(4):
        rows = []
        for stated in draw.choices(LICENSES, k=5):
            text = wording(f"t{draw.randrange(7)}", draw.choice([0, 0, 8]))
            mail = " Write to ada.moreno@letters.example or not at all." if draw.random() < 0.2 else ""
            rows.append({"text": text + mail, **({"license": stated} if stated else {})})
        card: dict[str, Any] = {"license": draw.choice(LICENSES[:-2])}
        card |= draw.choice(
            [{}, {"jurisdiction": ["DE"]}, {"purposes": ["research"]}, {"applications": ["translation"]}]
        )
        card |= draw.choice([{}, {"personal_data": "unknown"}])
        shelf.put(f"s{n}", *rows, **card)
    folder = root / "bought"
    folder.mkdir()
    (folder / "source.toml").write_text(
        'name = "bought"\ncovers = "contents"\npersonal_data = "no"\n[[contracts]]\n'
        f'party = {json.dumps(PARTY)}\nacts = ["train"]\npurposes = ["commercial"]\njurisdiction = ["FR"]\n'
        'applications = ["translation"]\nobligations = ["payment", "attribution.record"]\n'
        'reference = "R-1"\nsigned_on = 2026-01-05\nperpetual = true\n',
        encoding="utf-8",
    )
    (folder / "rows.jsonl").write_text(
        "".join(json.dumps({"text": wording(f"b{n}")}) + "\n" for n in range(5)), "utf-8"
    )
    shelf.store.ingest([folder])
    if draw.random() < 0.5:
        shelf.withdraw("source", "s0", purposes=("commercial",))
    return shelf


@pytest.mark.parametrize("seed", range(3))
def test_option_that_is_offered_runs_as_it_stands_and_gives_what_it_promised(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    shelf = drawn(tmp_path, draw)
    root = tmp_path / "store"
    shelf.store.layout.policy.write_text(POLICIES[seed], encoding="utf-8")
    offered = 0
    for request in REQUESTS[seed::3]:
        answer = told(root, f"query {request}")
        gains = [one["records"] for one in answer["would_permit"]]
        assert gains == sorted(gains, reverse=True), "the set that would permit most is the first"
        first, *others = answer["would_permit"] or [None]
        for one in filter(None, [first, *draw.sample(others, min(3, len(others)))]):
            given = told(root, f"query {request} {one['option']}")["permitted"]
            assert given == one["permitted"], (request, one)
            assert given["records"] - answer["permitted"]["records"] == one["records"] > 0
            offered += 1
    assert offered > 1


def test_place_is_not_offered_where_the_request_names_places_and_is_where_the_policy_does(tmp_path: Path) -> None:
    """Another place beside those that are asked for narrows what is permitted; in place of the policy's it may widen it."""
    shelf = Shelf(tmp_path)
    shelf.put("here", *(wording(f"p{n}") for n in range(3)), jurisdiction=["DE"])
    root = tmp_path / "store"
    assert [o["option"] for o in told(root, "query --use train.pretrain")["would_permit"]] == ["--jurisdiction DE"]
    assert told(root, "query --use train.pretrain --jurisdiction FR")["would_permit"] == []
    shelf.store.layout.policy.write_text('jurisdiction = ["FR"]\n', encoding="utf-8")
    [one] = told(root, "query --use train.pretrain")["would_permit"]
    assert (one["option"], one["records"]) == ("--jurisdiction DE", 3)
    assert told(root, "query --use train.pretrain --jurisdiction DE")["permitted"] == one["permitted"]


def test_party_whose_name_a_shell_reads_otherwise_is_quoted(tmp_path: Path) -> None:
    draw = random.Random(1)
    drawn(tmp_path, draw)
    request = "query --use train.pretrain --jurisdiction FR --application translation --where \"source_id = 'bought'\""
    [one] = told(tmp_path / "store", request)["would_permit"]
    assert any(word.startswith("payment:O'Neil") for word in shlex.split(one["option"]))
    assert told(tmp_path / "store", f"{request} {one['option']}")["permitted"]["records"] == one["records"] == 5


def test_option_of_explain_gives_the_decision_that_it_names(tmp_path: Path) -> None:
    shelf = drawn(tmp_path, random.Random(2))
    root = tmp_path / "store"
    changes = 0
    for row in shelf.store.sql("SELECT record_id FROM records ORDER BY ALL LIMIT 5"):
        request = f"explain {row['record_id']} --use train.pretrain --jurisdiction DE"
        for one in told(root, request)["would_change"]:
            assert told(root, f"{request} {one['option']}")["decision"] == one["decision"], one
            changes += 1
    assert changes > 2


@pytest.mark.parametrize("name", ["closed-model-commercial", "evaluation-only"])
def test_nothing_is_offered_that_a_named_use_says_otherwise(tmp_path: Path, name: str) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("alike", *(wording(f"a{n}") for n in range(3)), license="CC-BY-SA-4.0")
    shelf.put("there", *(wording(f"t{n}") for n in range(2)), jurisdiction=["DE"])
    shelf.put("studies", *(wording(f"n{n}") for n in range(2)), purposes=["research"])
    root, request = tmp_path / "store", f"query --policy {name}"
    answer = told(root, request)
    assert answer["would_permit"]
    fixed = {"purpose", "actor"} & {key for key, value in told(root, f"policy show {name}").items() if value}
    assert fixed
    for one in answer["would_permit"][:4]:
        assert not {f"--{key}" for key in fixed} & {*shlex.split(one["option"])}, one
        assert told(root, f"{request} {one['option']}")["permitted"] == one["permitted"]


def test_record_that_is_shown_for_a_reason_is_always_the_same(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for name in ("reed", "alder", "sallow"):  # parts of their own, which are read by several threads
        shelf.put(name, *(wording(f"{name}{n}") for n in range(5)), license="CC-BY-NC-4.0")
    shown = {
        step["command"] for _ in range(5) for step in shelf.store.query(use="train.pretrain", accept="all")["next"]
    }
    [explained] = [command for command in shown if command.startswith("rightful") and " explain " in command]
    ids = [row["record_id"] for row in shelf.store.sql("SELECT record_id FROM records ORDER BY 1")]
    assert f" {ids[0]} " in explained

"""What counsel reads otherwise: before, after, and what an old export held under another law."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rightful import schema
from rightful.cli.pages.rebase import rebase_lines
from rightful.errors import InputError
from tests.unit.decisions.test_overlay import BY, finished
from tests.unit.shelf import Shelf, wording

USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
EXPORT: dict[str, Any] = {**USE, "tokenizer": "bytes"}
FORBIDS: Callable[[str], str] = lambda text: finished(text).replace('class = "notice"', 'class = "excluded"')  # noqa: E731


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Two records under MIT, one under CC-BY-NC-4.0, one under a string that nobody reads."""
    made = Shelf(tmp_path)
    for name, license, texts in (("free", "MIT", "ab"), ("nc", "CC-BY-NC-4.0", "c"), ("acme", "CC0-1.0", "d")):
        (tmp_path / name).mkdir()
        card = f'name = "{name}"\nlicense = "{license}"\ncovers = "contents"\npersonal_data = "no"\n'
        (tmp_path / name / "source.toml").write_text(card)
        stated = {"license": "Acme Terms 2"} if name == "acme" else {}
        rows = [{"id": f"{name}-{n}", "text": wording(text), **stated} for n, text in enumerate(texts)]
        (tmp_path / name / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made.store.ingest([tmp_path / name for name in ("free", "nc", "acme")])
    return made


def reading(shelf: Shelf, id: str, from_: str | None = None, change: Callable[[str], str] = finished) -> Path:
    """A reading in the store that somebody has written and nobody signed."""
    path = Path(shelf.store.license.new(id, from_=from_).path)
    path.write_text(change(path.read_text("utf-8")), encoding="utf-8")
    return path


def beside(shelf: Shelf, *arguments: Any) -> Path:
    """The same in a file outside of the store."""
    path = reading(shelf, *arguments)
    return Path(shutil.move(path, shelf.root / path.name))


def test_reading_of_counsel_before_after_and_over(shelf: Shelf) -> None:
    assert shelf.chosen() == ["free-0", "free-1"]
    reading(shelf, "CC-BY-NC-4.0", "CC-BY-4.0")
    unsigned = shelf.store.query(**USE)
    assert shelf.chosen() == ["free-0", "free-1"]
    assert [(o["id"], o["by"], o["in_force"]) for o in unsigned.overlay] == [("CC-BY-NC-4.0", None, False)]
    shelf.store.license.sign("CC-BY-NC-4.0", by=BY, until="2026-11-22")
    assert sorted(shelf.chosen()) == ["free-0", "free-1", "nc-0"]
    answer = shelf.store.query(**USE)
    assert answer.valid_until == "2026-11-23T00:00:00Z"
    assert answer.catalog == unsigned.catalog
    assert shelf.store.query(**USE, as_of="2026-11-23").permitted["records"] == 2
    assert shelf.store.query(**USE, where="source_id = 'free'").overlay == []


def test_manifest_names_the_reading_and_verify_decides_by_what_it_is_today(shelf: Shelf) -> None:
    reading(shelf, "CC-BY-NC-4.0", "CC-BY-4.0")
    shelf.store.license.sign("CC-BY-NC-4.0", by=BY, until="2027-11-22")
    out = shelf.root / "out"
    manifest = shelf.store.export(out, **EXPORT)
    assert [(o["id"], o["by"]) for o in manifest.overlay] == [("CC-BY-NC-4.0", BY)]
    assert manifest.expires_at == "2027-11-23T00:00:00Z"
    assert shelf.store.verify(out).ok
    [row] = [r for r in shelf.store.sql("SELECT * FROM records") if r["source_record_id"] == "nc-0"]
    [clause] = [c for e in shelf.store.explain(row["record_id"], **USE).evidence for c in e["clauses"]]
    assert (clause["overlay"]["by"], clause["verdict"]) == (BY, "permit")
    removed = shelf.store.license.remove("CC-BY-NC-4.0")
    assert removed.exports == [manifest.export]
    [stale] = shelf.store.verify(out).stale
    assert (stale["record"], stale["reason"]) == (row["record_id"], "license-denies")


def test_signing_names_the_exports_that_hold_what_it_refuses(shelf: Shelf) -> None:
    export = shelf.store.export(shelf.root / "out", **EXPORT).export
    path = reading(shelf, "MIT")
    assert shelf.store.license.sign("MIT", by=BY, until="2027-11-30").exports == []
    path.write_text(FORBIDS(path.read_text("utf-8")), encoding="utf-8")
    with pytest.raises(InputError, match="was changed after"):
        shelf.store.query(**USE)
    assert shelf.store.license.sign("MIT", by=BY, until="2027-11-30").exports == [export]
    assert not shelf.store.verify(shelf.root / "out").ok


def test_names_of_a_reading_are_read_at_the_next_ingest(shelf: Shelf) -> None:
    reading(shelf, "LicenseRef-Acme", "MIT")
    again = shelf.store.ingest([shelf.root / "acme"])
    assert (again.added, again.unchanged) == (0, 1)
    shelf.store.license.sign("LicenseRef-Acme", by=BY, until="2027-11-30")
    assert "acme-0" not in shelf.chosen()
    assert shelf.store.ingest([shelf.root / "acme"]).read == 1
    # The card says CC0-1.0 as well; both hold.
    assert "acme-0" in shelf.chosen()
    shelf.store.license.remove("LicenseRef-Acme")
    assert "acme-0" not in shelf.chosen()


def test_damaged_reading_stops_every_verb_but_the_check_that_lists_it(shelf: Shelf) -> None:
    path = reading(shelf, "MIT")
    path.write_text("id = ", encoding="utf-8")
    for verb in (lambda: shelf.store.query(**USE), lambda: shelf.store.ingest([shelf.root / "nc"])):
        with pytest.raises(InputError, match="is not TOML") as caught:
            verb()
        assert caught.value.subject == str(path)
    health = shelf.store.check()
    assert [(d["file"], "is not TOML" in d["what"]) for d in health.damaged] == [(str(path), True)]
    assert shelf.store.status().snapshot
    path.unlink()
    assert shelf.store.check().ok


def test_export_holds_what_it_chose_against_readings_that_change_while_it_is_made(shelf: Shelf) -> None:
    path = reading(shelf, "CC-BY-NC-4.0", "CC-BY-4.0")
    shelf.store.license.sign("CC-BY-NC-4.0", by=BY, until="2027-11-22")

    def gone(step: str, done: int, total: int) -> None:
        path.unlink(missing_ok=True)

    with pytest.raises(Exception, match="no longer permitted"):
        shelf.store.export(shelf.root / "out", **EXPORT, progress=gone)
    assert not (shelf.root / "out").exists()


def test_rebase_counts_what_flips_by_clause_in_both_directions(shelf: Shelf) -> None:
    export = shelf.store.export(shelf.root / "out", **EXPORT).export
    both = shelf.root / "both"
    both.mkdir()
    for file in (beside(shelf, "MIT", None, FORBIDS), beside(shelf, "CC-BY-NC-4.0", "CC-BY-4.0")):
        shutil.move(file, both / file.name)
    answer = shelf.store.rebase(export, catalog=both)
    assert (answer.export, answer.records, answer.permitted, answer.flipped, answer.refused_then) == (
        export,
        2,
        0,
        3,
        2,
    )
    counted = [(g["before"], g["after"], g["reason"], g["license"], g["records"]) for g in answer.by_clause]
    assert counted == [
        ("permit", "deny", "license-denies", "MIT", 2),
        ("deny", "permit", "license", "CC-BY-NC-4.0", 1),
    ]
    assert all(g["clause"] and g["rationale"] and g["today_too"] == 0 for g in answer.by_clause)
    assert [f["before"] for f in answer.flips] == ["permit", "permit", "deny"]
    assert answer.licenses[0] == {"license": "MIT", "refused": 2, "permitted": 0}
    assert {o["id"]: o["as_if_signed"] for o in answer.overlay} == {"MIT": True, "CC-BY-NC-4.0": True}
    assert len(shelf.store.rebase(export, catalog=both, limit=1).flips) == 1
    jsonschema.validate(json.loads(json.dumps(answer.as_json())), schema.find("answer-rebase"))
    page = "\n".join(rebase_lines(answer))
    assert "permitted then, refused under this law: 2 records" in page
    assert [step["command"].split()[-3:] for step in answer.next] == [["license", "memo", "MIT"]]
    assert max(map(len, page.splitlines())) <= 80
    assert shelf.store.query(**USE).overlay == [], "it is a question"
    assert sorted(p.name for p in shelf.store.layout.root.iterdir() if p.name.startswith("licenses")) == ["licenses"]


def test_rebase_under_one_reading_more_keeps_those_of_the_store(shelf: Shelf) -> None:
    shelf.store.export(shelf.root / "out", **EXPORT)
    one = beside(shelf, "CC-BY-NC-4.0", "CC-BY-4.0")
    reading(shelf, "MIT", None, FORBIDS)
    refused, permitted = shelf.store.rebase(shelf.root / "out", catalog=one).by_clause
    assert (refused["license"], refused["records"], refused["today_too"]) == ("MIT", 2, 2)
    assert (permitted["license"], permitted["today_too"]) == ("CC-BY-NC-4.0", 0)


def test_rebase_under_a_whole_catalogue_decides_by_that_alone(shelf: Shelf) -> None:
    shelf.store.export(shelf.root / "out", **EXPORT)
    from rightful import catalog

    older = shelf.root / "older"
    shutil.copytree(catalog.shipped(), older)
    text = (older / "mit.toml").read_text("utf-8")
    (older / "mit.toml").write_text(text.replace('class = "notice"', 'class = "excluded"'), encoding="utf-8")
    reading(shelf, "CC-BY-NC-4.0", "CC-BY-4.0")
    shelf.store.license.sign("CC-BY-NC-4.0", by=BY, until="2027-11-30")
    answer = shelf.store.rebase(shelf.root / "out", catalog=older)
    assert [(g["license"], g["records"]) for g in answer.by_clause] == [("MIT", 2)]
    assert answer.catalog != catalog.load().digest
    assert answer.overlay == []
    changed = shelf.store.license.diff(older)
    assert sorted(c["license"] for c in changed.changed) == ["CC-BY-NC-4.0", "MIT"]
    assert (changed.added, changed.removed) == ([], [])
    (older / "isc.toml").write_text("id =", encoding="utf-8")
    for ask in (lambda: shelf.store.rebase(shelf.root / "out", catalog=older), lambda: shelf.store.license.diff(older)):
        with pytest.raises(InputError, match="not readable as TOML") as caught:
            ask()
        assert caught.value.subject == str(older / "isc.toml")


def test_rebase_under_another_policy_takes_what_that_accepts(shelf: Shelf) -> None:
    shelf.store.export(shelf.root / "out", **EXPORT)
    policy = shelf.root / "other.toml"
    policy.write_text('purpose = "noncommercial"\naccept = ["attribution"]\n', encoding="utf-8")
    answer = shelf.store.rebase(shelf.root / "out", policy=str(policy))
    assert answer.use["purpose"] == "noncommercial"
    [refused] = answer.by_clause
    assert (refused["reason"], refused["license"], refused["records"]) == ("obligation", "MIT", 2)
    policy.write_text('purpose = "noncommercial"\naccept = ["attribution", "notice"]\n', encoding="utf-8")
    [permitted] = shelf.store.rebase(shelf.root / "out", policy=str(policy)).by_clause
    assert (permitted["before"], permitted["license"]) == ("deny", "CC-BY-NC-4.0")
    named = shelf.store.rebase(shelf.root / "out", policy="share-dataset")
    assert named.use["asked"] != ["train.pretrain"]
    assert named.policy["named"]["name"] == "share-dataset"


def test_rebase_at_another_instant_and_after_an_event(shelf: Shelf) -> None:
    reading(shelf, "CC-BY-NC-4.0", "CC-BY-4.0")
    shelf.store.license.sign("CC-BY-NC-4.0", by=BY, until="2027-11-22")
    export = shelf.store.export(shelf.root / "out", **EXPORT).export
    assert shelf.store.rebase(export).by_clause == []
    [over] = shelf.store.rebase(export, as_of="2028-01-01").by_clause
    assert (over["license"], over["reason"], over["after"]) == ("CC-BY-NC-4.0", "license-denies", "deny")
    [record] = over["examples"]
    shelf.withdraw("record", record)
    [withdrawn] = shelf.store.rebase(export).by_clause
    assert (withdrawn["reason"], withdrawn["license"], withdrawn["clause"], withdrawn["today_too"]) == (
        "withdrawn",
        "",
        "",
        1,
    )


def test_rebase_works_from_the_store_where_the_folder_is_gone_or_damaged(shelf: Shelf) -> None:
    export = shelf.store.export(shelf.root / "out", **EXPORT).export
    file = beside(shelf, "MIT", None, FORBIDS)
    (shelf.root / "out" / "index.parquet").write_bytes(b"x")
    (shelf.root / "out" / "refusals.parquet").write_bytes(b"x")
    damaged = shelf.store.rebase(shelf.root / "out", catalog=file)
    shutil.rmtree(shelf.root / "out")
    gone = [shelf.store.rebase(name, catalog=file) for name in (export, shelf.root / "out")]
    for answer in (damaged, *gone):
        assert [(g["license"], g["records"]) for g in answer.by_clause] == [("MIT", 2)]
        assert answer.refused_then is None
    shelf.store.layout.exported(export).unlink()
    with pytest.raises(InputError, match="neither the store's index of it nor the one in its folder is whole"):
        shelf.store.rebase(export)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"catalog": "nowhere"}, "there is no such folder or file"),
        ({"policy": "nowhere.toml"}, "there is no such policy"),
        ({"policy": "no-such-use"}, "unknown named use 'no-such-use'"),
        ({"as_of": "soon"}, "is not a date or a time"),
        ({"limit": -1}, "--limit -1 is negative"),
    ],
)
def test_rebase_of_what_is_not_there_is_an_error(shelf: Shelf, options: dict[str, Any], what: str) -> None:
    export = shelf.store.export(shelf.root / "out", **EXPORT).export
    with pytest.raises(InputError, match=what):
        shelf.store.rebase(export, **options)


def test_rebase_of_an_export_of_texts(shelf: Shelf) -> None:
    shelf.store.export(shelf.root / "out", **USE, format="text")
    answer = shelf.store.rebase(shelf.root / "out", catalog=beside(shelf, "MIT", None, FORBIDS))
    assert [(g["license"], g["records"]) for g in answer.by_clause] == [("MIT", 2)]

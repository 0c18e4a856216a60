"""Tag: the tags that an ingest with the recipe would give, on stored texts, and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rightful.api import Store
from rightful.errors import InputError, StoreError, UnknownName
from rightful.events.consents import Request
from rightful.ingest import retag
from rightful.recipes import recipe as recipes
from rightful.store.ledger import Ledger
from tests.ledgers import rewrite

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "redact": "all"}
"""What the scan finds in every text has to be taken out, whatever the card says."""
CARD = 'name = "{}"\nauthority = "publisher"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "no"\n'
WORDS = "the cat sat on the mat and looked at the sea while the rain fell on the old town and its harbour".split()
STRICT = "[language]\nchars = 12\n[quality]\npreset = 'gopher+c4'\nmin_words = 5\n[pii]\naddresses = 'all'\n"
UNTOUCHED = ("record_id", "part", "row", "recipe_sha256")


class Bench:
    """Two sources, one of which calls its text otherwise, and a clock that goes on by a minute a verb."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, column in (("one", "text"), ("two", "body")):
            folder = root / "corpus" / name
            folder.mkdir(parents=True)
            fields = "" if column == "text" else "[fields]\ntext = 'body'\n"
            (folder / "source.toml").write_text(CARD.format(name) + fields, encoding="utf-8")
            self.write(name, [self.row(name, n, column) for n in range(6)])
        self.minutes = 0
        self.store = Store(root / "store", clock=self.clock)

    @staticmethod
    def row(name: str, n: int, column: str = "text") -> dict[str, Any]:
        text = " ".join(WORDS[: 3 * n]) + f" {name} {n} mail ada{n}@example.org or 10.0.0.{n}.\n"
        return {"id": f"{name}-{n}", "url": f"https://{name}.example/{n}", column: text}

    def write(self, name: str, rows: list[dict[str, Any]]) -> None:
        lines = "".join(f"{json.dumps(row)}\n" for row in rows)
        (self.root / "corpus" / name / "f.jsonl").write_text(lines, encoding="utf-8")

    def clock(self) -> datetime:
        self.minutes += 1
        return NOON + timedelta(minutes=self.minutes)

    def recipe(self, text: str) -> Path:
        path = self.root / "recipe.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def ingest(self, recipe: Path | None = None, into: Store | None = None) -> dict[str, Any]:
        return (into or self.store).ingest([self.root / "corpus"], recipe=recipe)


def records(store: Store, **options: Any) -> list[dict[str, Any]]:
    return store.sql("SELECT * FROM records ORDER BY record_id", **options)


def tags(store: Store) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k not in ("part", "row")} for row in records(store)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.ingest()
    return made


@pytest.mark.parametrize("text", [STRICT, "preset = 'none'\n", "preset = 'web-en'\n", "stages = ['pii']\n"])
def test_tag_gives_what_an_ingest_with_the_recipe_gives(bench: Bench, text: str) -> None:
    path = bench.recipe(text)
    answer = bench.store.tag(recipe=path)
    assert (answer["snapshot"], answer["records"], answer["unchanged"]) == (2, 12, 0)
    fresh = Store(bench.root / "fresh", clock=bench.clock)
    bench.ingest(path, into=fresh)
    assert tags(bench.store) == tags(fresh)
    again = bench.ingest(path)
    assert (again["unchanged"], again["updated"]) == (12, 0)
    assert bench.store.sql("SELECT count(*) AS n FROM records WHERE recipe_sha256 IS NULL") == [{"n": 0}]


def test_tag_runs_the_stages_whose_settings_changed_and_no_others(bench: Bench) -> None:
    assert bench.store.tag(recipe=bench.recipe("[language]\nchars = 12\n"))["stages"] == ["language"]
    assert bench.store.tag(recipe=bench.recipe("stages = ['language', 'quality']\n[language]\nchars = 12\n"))[
        "stages"
    ] == [
        "classifier",
        "decontaminate",
        "pii",
    ]
    assert {r["pii_state"] for r in records(bench.store)} == {"not_scanned"}


def test_tag_with_nothing_to_do_leaves_the_store_as_it_is(bench: Bench) -> None:
    before = sorted(p.name for p in (bench.root / "store").rglob("*.parquet"))
    answer = bench.store.tag()
    assert (answer["snapshot"], answer["stages"], answer["records"], answer["unchanged"]) == (1, [], 0, 12)
    assert sorted(p.name for p in (bench.root / "store").rglob("*.parquet")) == before


def test_tag_without_a_recipe_leaves_every_record_the_one_that_it_has(bench: Bench) -> None:
    """Two recipes in one store: a bare `tag` is no change of recipe."""
    bench.store.tag(recipe=bench.recipe(STRICT), where="source_id = 'one'")

    def recipes() -> list[dict[str, Any]]:
        return bench.store.sql("SELECT record_id, recipe_sha256, filters_failed FROM records ORDER BY record_id")

    before = recipes()
    assert len({row["recipe_sha256"] for row in before}) >= 1
    answer = bench.store.tag()
    assert (answer["stages"], answer["records"]) == ([], 0)
    assert recipes() == before
    bench.store.tag(recipe="default")
    assert {row["recipe_sha256"] for row in recipes()} != {row["recipe_sha256"] for row in before}


def test_tag_there_and_back_ends_in_the_same_bytes_whatever_the_workers(bench: Bench) -> None:
    bench.write("two", [Bench.row("two", n, "body") for n in range(9)])
    bench.ingest()
    path = bench.recipe(STRICT)

    def parts() -> list[tuple[str, str]]:
        with closing(Ledger.open(bench.store.layout.ledger)) as ledger:
            return [(p.part, p.sha256) for k in ("records", "texts") for p in ledger.parts(k, ledger.snapshot())]

    first = parts()
    bench.store.tag(recipe=path, workers=2)
    strict = parts()
    bench.store.tag(recipe="default")
    assert parts() == first
    bench.store.tag(recipe=path, workers=1)
    assert parts() == strict != first


def test_tag_where_changes_those_records_alone_and_no_setting_of_near_copies(bench: Bench) -> None:
    before = {r["record_id"]: r for r in records(bench.store)}
    path = bench.recipe("[language]\nchars = 2\n[near]\nsearch = false\n")
    answer = bench.store.tag(recipe=path, where="source_id = 'one'")
    assert (answer["records"], answer["unchanged"], answer["stages"]) == (6, 0, ["language"])
    for row in records(bench.store):
        same = {k: v for k, v in row.items() if k not in UNTOUCHED and not k.startswith("language")}
        assert same == {k: before[row["record_id"]][k] for k in same}
        assert (row["recipe_sha256"] == before[row["record_id"]]["recipe_sha256"]) == (row["source_id"] == "two")
    digests = {r["source_id"]: r["recipe_sha256"] for r in records(bench.store)}
    assert bench.store.recipe(digests["one"])["resolved"]["near"]["search"] is True
    assert bench.store.recipe(digests["two"])["resolved"]["fields"]["text"] == "body"


def test_tag_keeps_texts_order_and_what_does_not_count(bench: Bench) -> None:
    rows = [Bench.row("one", n) for n in range(6)]
    rows[2]["text"] += "A newer version."
    bench.write("one", rows)
    assert bench.ingest()["superseded"] == 1
    listed = bench.store.query(**USE, ids=True)["ids"]
    assert len(listed) == 12
    texts = bench.store.sql("SELECT * FROM texts ORDER BY ALL")
    inodes = {p.stat().st_ino for p in (bench.root / "store" / "texts").iterdir()}
    bench.store.tag(recipe=bench.recipe(STRICT), where="source_id = 'one'")
    assert bench.store.query(**USE, ids=True)["ids"] == listed
    kept = [{**row} for row in bench.store.sql("SELECT record_id, text FROM texts ORDER BY ALL")]
    assert kept == [{k: row[k] for k in ("record_id", "text")} for row in texts]
    assert {p.stat().st_ino for p in (bench.root / "store" / "texts").iterdir()} == inodes


def test_tag_where_links_cannot_be_made_copies_the_texts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    before = bench.store.sql("SELECT record_id, text FROM texts ORDER BY ALL")
    bench.store.tag(recipe=bench.recipe(STRICT))
    assert bench.store.sql("SELECT record_id, text FROM texts ORDER BY ALL") == before


def test_older_snapshot_keeps_the_tags_it_had(bench: Bench) -> None:
    before = records(bench.store)
    bench.store.tag(recipe="none")
    assert records(bench.store, snapshot=1) == before
    assert {r["language"] for r in records(bench.store)} == {"und"}


def test_tag_changes_no_decision_and_no_withdrawal(bench: Bench) -> None:
    bench.store.consent.record([Request(kind="withdraw", selector="domain", value="two.example")])
    before = bench.store.query(**USE, ids=True)["ids"]
    out = bench.root / "out"
    bench.store.export(out, **USE, tokenizer="bytes")
    bench.store.tag(recipe=bench.recipe(STRICT))
    assert bench.store.query(**USE, ids=True)["ids"] == before
    assert len(before) == 6
    assert bench.store.verify(out)["ok"]
    assert bench.ingest()["refused"] == 6


def test_tag_with_other_settings_of_near_copies_looks_for_them_again(bench: Bench) -> None:
    words = [f"word{n}" for n in range(200)]
    rows = [{"id": i, "text": " ".join([*words, *more])} for i, more in (("a", ["x"]), ("b", ["y"]))]
    bench.write("one", rows)
    bench.ingest()
    near = "SELECT count(*) AS n FROM duplicates WHERE kind = 'near'"
    assert bench.store.sql(near) == [{"n": 2}]
    assert bench.store.tag(recipe="none")["stages"][-1] == "near"
    assert bench.store.sql(near) == [{"n": 0}]
    assert bench.store.tag(recipe="default")["stages"][-1] == "near"
    assert bench.store.sql(near) == [{"n": 2}]


def test_what_is_ingested_while_tagging_stays_and_what_it_hides_stays_hidden(bench: Bench) -> None:
    with closing(Ledger.open(bench.store.layout.ledger)) as ledger:
        run = retag.Run(bench.store.layout, ledger, recipes.load(bench.recipe(STRICT)), None)
        rows = [Bench.row("one", n) for n in range(7)]
        rows[2]["text"] += "A newer version."
        bench.write("one", rows)
        assert bench.ingest()["superseded"] == 1
        texts = bench.store.sql("SELECT record_id, text FROM texts ORDER BY ALL")
        outcome = run.go(bench.clock(), 1, None)
    assert (outcome.snapshot, outcome.records) == (3, 12)
    assert bench.store.sql("SELECT record_id, text FROM texts ORDER BY ALL") == texts
    assert bench.store.tag(recipe=bench.recipe(STRICT))["records"] == 2  # the two that came meanwhile


def test_two_runs_at_once_the_second_changes_nothing(bench: Bench) -> None:
    with closing(Ledger.open(bench.store.layout.ledger)) as ledger:
        run = retag.Run(bench.store.layout, ledger, recipes.load(bench.recipe(STRICT)), None)
        bench.store.tag(recipe="none")
        before = records(bench.store)
        with pytest.raises(InputError, match="another run changed the tags meanwhile"):
            run.go(bench.clock(), 1, None)
    assert records(bench.store) == before


def test_records_of_a_recipe_that_was_not_recorded_are_tagged_wholly(bench: Bench) -> None:
    wanted = tags(bench.store)
    with closing(Ledger.open(bench.store.layout.ledger)) as ledger:
        rewrite(ledger, "DELETE FROM meta WHERE key LIKE 'recipe:%'")
    answer = bench.store.tag(recipe=bench.recipe("[language]\nchars = 1000\n"))
    assert set(answer["stages"]) == {
        "normalize",
        "statistics",
        "language",
        "quality",
        "classifier",
        "decontaminate",
        "pii",
        "near",
    }, "digests may be others now, so near copies are looked for again"
    assert [{**r, "recipe_sha256": ""} for r in tags(bench.store)] == [{**r, "recipe_sha256": ""} for r in wanted]


def test_store_whose_tags_lack_columns_says_so_and_tag_brings_it_up_to_date(bench: Bench) -> None:
    wanted = tags(bench.store)
    layout = bench.store.layout
    with closing(Ledger.open(layout.ledger)) as ledger:
        for part in ledger.parts("records", 1):
            path = layout.part("records", part.part)
            pq.write_table(pq.read_table(path).drop_columns(["word_count", "filters_failed"]), path)
            said = [path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest(), part.part]
            rewrite(ledger, "UPDATE parts SET bytes = ?, sha256 = ? WHERE part = ? AND kind = 'records'", said)
        rewrite(ledger, "DELETE FROM meta WHERE key LIKE 'recipe:%'")
    for verb in (lambda: bench.store.query(**USE), bench.ingest, lambda: bench.store.tag(where="true")):
        bench.write("one", [Bench.row("one", n) for n in range(7)])
        with pytest.raises(StoreError, match="by an earlier version, without word_count and 1 more column") as caught:
            verb()
        assert caught.value.hint == "bring them up to date: rightful tag"
    with pytest.raises(InputError, match="is not on record") as unknown:
        bench.store.tag()
    assert unknown.value.hint == "name the recipe to use: rightful tag --recipe NAME"
    assert bench.store.tag(recipe="default")["records"] == 12
    unnamed = [{**row, "recipe_sha256": ""} for row in wanted]
    assert [{**row, "recipe_sha256": ""} for row in tags(bench.store)] == unnamed
    assert bench.ingest()["added"] == 1


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"recipe": "web-eng"}, InputError, "there is no such recipe"),
        ({"where": "langage = 'en'"}, UnknownName, "langage"),
        ({"where": "CAST(url AS INT) = 1", "recipe": "none"}, InputError, "fails on a record"),
        ({"workers": 0}, InputError, "not a positive number"),
    ],
)
def test_tag_that_cannot_be_done_changes_nothing(
    bench: Bench, options: dict[str, Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        bench.store.tag(**options)
    assert bench.store.status()["snapshot"] == 1
    assert list((bench.root / "store" / "staging").iterdir()) == []


def test_records_with_signatures_of_another_version_ask_for_the_sources(bench: Bench) -> None:
    with closing(Ledger.open(bench.store.layout.ledger)) as ledger:
        said = json.dumps(
            {
                **(resolved := json.loads(_any_recipe(ledger))),
                "versions": {**resolved["versions"], "signature": "older"},
            }
        )
        rewrite(ledger, "UPDATE meta SET value = ? WHERE key LIKE 'recipe:%'", [said])
    with pytest.raises(InputError, match="the records were made by older") as caught:
        bench.store.tag()
    assert caught.value.hint == "ingest the sources again"


def _any_recipe(ledger: Ledger) -> str:
    return str(ledger._db.execute("SELECT value FROM meta WHERE key LIKE 'recipe:%'").fetchone()[0])

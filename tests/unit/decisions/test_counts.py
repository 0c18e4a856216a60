"""What parts say of their rows makes the tally that these rows make, and nothing is believed that does not add up."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.decisions.cases import Decided
from rightful.events.consents import Request
from rightful.ingest.erasing.husks import _least
from rightful.query.select import Selection
from rightful.rights.uses import use_of
from rightful.store import counts
from rightful.store.duck import connect, rows
from rightful.store.ledger import Ledger
from rightful.store.parts import part_writer
from rightful.store.records import RECORDS
from tests.unit.shelf import Shelf, wording

Said = Callable[[Path], pa.Table | None]
FULL = counts.counts_of


def tally(shelf: Shelf, said: Said, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], bool]:
    """The tally of the store where parts say this, and the first record that is refused for each reason; whether they were made of
    what parts say."""
    monkeypatch.setattr("rightful.decisions.cases.counts_of", said)
    with closing(Ledger.open(shelf.store.layout.ledger)) as ledger, closing(connect(shelf.root / "spill")) as con:
        decided = Decided(con, shelf.store.layout, ledger, ledger.snapshot(), shelf.store.catalog, shelf.clock())
        listed = rows(con, "SELECT COLUMNS(*)::VARCHAR FROM tally ORDER BY ALL")
        names = {one.name for one in decided.relations}
        selection = Selection(decided, use_of(decided.catalog.vocabulary, ["train.pretrain"], as_of=decided.as_of))
        refusing = sorted({d.reason.slug for d in selection.decisions if not d.permits})
        examples = selection.examples(refusing)
        assert list(examples) == refusing
        listed += sorted(examples.items())
        return listed, "counted" in names


def agree(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, *, by_counts: bool = True) -> None:
    """All counts, some of them, and none make one tally."""
    by_rows, never = tally(shelf, lambda _: None, monkeypatch)
    assert by_rows
    assert not never
    assert tally(shelf, FULL, monkeypatch) == (by_rows, by_counts)
    parts = sorted((shelf.store.layout.root / "records").glob("*.parquet"))
    assert tally(shelf, lambda part: FULL(part) if part in parts[::2] else None, monkeypatch)[0] == by_rows


def filled(root: Path, seed: int = 0) -> Shelf:
    """Sources with copies, near copies, several licences, addresses, personal data, and languages."""
    draw = random.Random(seed)
    shelf = Shelf(root)
    said = ("MIT", "CC-BY-4.0", "CC-BY-NC-4.0", "", "All rights reserved")
    for name in ("one", "two", "three"):
        listed = []
        for n in range(draw.randrange(4, 9)):
            text = wording(draw.choice("abcdef"), draw.choice((0, 0, 3)))
            row = {"text": text + draw.choice(("", " Write to ada@lovelace.example or +44 20 7946 0958."))}
            row |= {"license": license} if (license := draw.choice(said)) else {}
            listed.append(row | ({"url": f"https://{name}.example/{n}"} if draw.random() < 0.5 else {}))
        shelf.put(name, *listed, personal_data=draw.choice(("no", "yes")))
    return shelf


def test_tally_by_counts_is_the_tally_by_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that grows older: copies contest each other, events reach them and whole sources, cards and rows are renewed, rows
    are erased, and at last records come through an ancestor of which rows are here: which, no count says."""
    shelf = filled(tmp_path)
    shelf.put("gone", wording("g"), derived_from=["nowhere"])
    agree(shelf, monkeypatch)
    shelf.withdraw("url-prefix", "https://one.example/")
    shelf.withdraw("source", "two")
    shelf.withdraw("source", "nowhere")
    given = Request(kind="grant", selector="record", value=shelf.store.record_id("three-1"), acts=("train.pretrain",))
    shelf.store.consent.record([given])
    agree(shelf, monkeypatch)
    shelf.put("three", wording("newer"), wording("a"), license="CC-BY-4.0")
    agree(shelf, monkeypatch)
    assert shelf.store.compact()["records"]
    agree(shelf, monkeypatch)
    shelf.put("child", wording("p"), {"text": wording("q"), "url": "https://one.example/1"}, derived_from=["one"])
    agree(shelf, monkeypatch, by_counts=False)


def part_of(path: Path, *listed: dict[str, Any], said: dict[str, str] | None = None) -> Path:
    """A part of ``records`` with these rows; ``said`` in the place of its counts."""
    table = pa.Table.from_pylist([_row(n, row) for n, row in enumerate(listed)], RECORDS)
    if said is None:
        with part_writer(path, RECORDS) as writer:
            for batch in table.to_batches(2):
                writer.write_batch(batch)
    else:
        with pq.ParquetWriter(path, RECORDS) as writer:
            writer.write_table(table)
            writer.add_key_value_metadata(said)
    return path


def _row(n: int, said: dict[str, Any]) -> dict[str, Any]:
    """A row that says the least where nothing is said."""
    least = {f.name: _least(f) for f in RECORDS if not f.nullable}
    return {**least, "record_id": f"r{n:02d}", "n_chars": 10 + n, **said}


ROWS: list[dict[str, Any]] = [
    {"pii_types": ["phone", "email"], "pii_state": "found"},
    {"pii_types": ["email", "phone"], "pii_state": "found", "url": None},
    {"pii_types": [], "legal_basis": "consent", "url": "https://a.example/"},
    {"pii_types": [], "legal_basis": "consent", "url": "https://b.example/"},
    {"license_concluded": "MIT", "language": "en"},
]


def test_footer_says_what_the_rows_say(tmp_path: Path) -> None:
    """Batch by batch, whatever the order of the types of personal data."""
    table = counts.counts_of(part_of(tmp_path / "p.parquet", *ROWS))
    assert table is not None
    assert table.schema.names == counts.COUNTS.names
    shown = {
        (r["pii_types"], r["legal_basis"], r["addressed"], r["license_concluded"]): (
            r["records"],
            r["chars"],
            r["first"],
        )
        for r in table.to_pylist()
    }
    assert shown == {
        ("email phone", None, False, None): (2, 21, "r00"),
        ("", "consent", True, None): (2, 25, "r02"),
        ("", None, False, "MIT"): (1, 14, "r04"),
    }


def test_bytes_follow_from_the_rows(tmp_path: Path) -> None:
    """The same rows, the same file."""
    one, other = (part_of(tmp_path / f"{n}.parquet", *ROWS).read_bytes() for n in range(2))
    assert one == other


@pytest.mark.parametrize("odd", ["", "a\x1fb"])
def test_what_cannot_be_told_apart_is_not_counted(tmp_path: Path, odd: str) -> None:
    """Types of personal data stand in one text."""
    assert counts.counts_of(part_of(tmp_path / "p.parquet", *ROWS, {"pii_types": [odd]})) is None


def test_too_many_keys_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A footer stays small."""
    monkeypatch.setattr(counts, "MOST_KEYS", 2)
    assert counts.counts_of(part_of(tmp_path / "p.parquet", *ROWS)) is None


def test_counts_that_do_not_add_up_are_not_believed(tmp_path: Path) -> None:
    """Stale, forged or damaged ones: then the rows are counted."""
    whole = part_of(tmp_path / "p.parquet", *ROWS)
    said = json.loads(pq.read_metadata(whole).metadata[counts.METADATA])
    rows_of = said["counts"]
    wrong: list[Any] = [
        {**said, "counts": rows_of[1:]},
        {**said, "counts": [[*rows_of[0][:-3], rows_of[0][-3] + 1, *rows_of[0][-2:]], *rows_of[1:]]},
        {**said, "counts": [[*rows_of[0][:-3], 0, 0, "r"], *rows_of]},
        {**said, "counts": [[-1, *rows_of[0][1:]], *rows_of[1:]]},
        {**said, "counts": [[99, *rows_of[0][1:]], *rows_of[1:]]},
        {**said, "counts": [["x", *rows_of[0][1:]], *rows_of[1:]]},
        {**said, "counts": [*rows_of, rows_of[0]]},
        {**said, "counts": []},
        {**said, "columns": said["columns"][::-1]},
        {**said, "values": said["values"][1:]},
        {**said, "values": [[1], *said["values"][1:]]},
        *([], None, 7, "counts", {}),
    ]
    texts = [*map(json.dumps, wrong), "{", ""]
    for n, text in enumerate(texts):
        part = part_of(tmp_path / f"{n}.parquet", *ROWS, said={counts.METADATA.decode(): text})
        assert counts.counts_of(part) is None, text
    right = part_of(tmp_path / "right.parquet", *ROWS, said={counts.METADATA.decode(): json.dumps(said)})
    assert counts.counts_of(right) == counts.counts_of(whole)

"""Small folders that, ingested one after the other, make every kind of part, and digests to compare stores by."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rightful.api import Store
from rightful.events.consents import Request
from rightful.store.layout import FOLDERS, Layout, sha256_file
from rightful.store.ledger import Ledger
from rightful.store.records import KINDS

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
"""The one instant that every store of these tests lives in: a rerun is asked at the same time."""
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
WITHDRAWAL = Request(kind="withdraw", selector="domain", value="gone.example")

CARD = """name = "harbour"
authority = "publisher"
license = "CC0-1.0"
covers = "contents"
collected_at = 2026-01-01
personal_data = "no"
"""


def text(n: int, version: int = 1) -> str:
    """A text of its own for every number."""
    return (
        f"Note {n} of the harbour, version {version}. The tide turned at {n} past the hour, and boat {n * 7} went out."
    )


def row(n: int, *, host: str = "harbour.example", body: str | None = None, **more: str) -> dict[str, str]:
    """One record as a line says it."""
    return {"id": f"note-{n}", "url": f"https://{host}/notes/{n}", "text": body or text(n), **more}


def write_folder(folder: Path, files: Mapping[str, Iterable[Mapping[str, str] | str]], card: str = CARD) -> Path:
    """A folder with a card and JSON lines; a string is a line as it stands."""
    folder.mkdir(parents=True)
    (folder / "source.toml").write_text(card, encoding="utf-8")
    for name, rows in files.items():
        lines = [r if isinstance(r, str) else json.dumps(r) for r in rows]
        (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return folder


def old_folder(folder: Path) -> Path:
    """What a store has before anything is killed."""
    return write_folder(folder, {"a.jsonl": [row(n) for n in range(12)], "b.jsonl": [row(20, host="gone.example")]})


def new_folder(folder: Path) -> Path:
    """What comes next: added, unchanged, superseding, retagged, copied, refused and damaged records, and a near copy."""
    first = [
        row(1),
        row(2, body=text(2, 2), date="2026-02-02"),
        row(2, body=text(2, 3), date="2026-01-01"),
        row(3, title="Renamed"),
        row(30, license="MIT"),
        row(31, body=text(4)),
        "{not json",
    ]
    second = [row(40), row(41, body=text(30)), row(42, host="gone.example"), row(43, body=text(20))]
    log = " ".join(f"On day {n} the tide stood {n * 7 % 31} hands above the mark." for n in range(20))
    third = [*(row(n) for n in range(50, 54)), row(54, body=log), row(55, body=log.replace("day 9 ", "day nine "))]
    return write_folder(folder, {"c.jsonl": first, "d.jsonl": second, "e.jsonl": third})


def open_store(root: Path) -> Store:
    """A store whose clock stands still."""
    return Store(root, clock=lambda: NOON)


def parts(root: Path) -> dict[str, list[tuple[str, str, int]]]:
    """Kind -> (part, digest of the file as it lies there, rows) of the newest snapshot, in the order of the store.

    Every file of the ledger exists with the digest that the ledger says.
    """
    layout = Layout(root)
    ledger = Ledger.open(layout.ledger, reading=True)
    try:
        snapshot = ledger.snapshot()
        listed = {kind: ledger.parts(kind, snapshot) for kind in KINDS}
    finally:
        ledger.close()
    found: dict[str, list[tuple[str, str, int]]] = {}
    for kind, of_kind in listed.items():
        for part in of_kind:
            path = layout.part(kind, part.part)
            assert path.is_file(), f"the ledger has a {kind} part that is not there: {part.part}"
            assert sha256_file(path) == part.sha256, f"the {kind} part {part.part} is not what the ledger says"
        found[kind] = [(p.part, p.sha256, p.rows) for p in of_kind]
    return found


def strays(root: Path) -> list[str]:
    """Files and folders of a store that no snapshot has: what runs left behind."""
    layout = Layout(root)
    ledger = Ledger.open(layout.ledger)
    try:
        known = {layout.part(kind, part) for kind, part in ledger.known_files()}
    finally:
        ledger.close()
    known |= {layout.root / f"ledger.sqlite{end}" for end in ("", "-head", "-wal", "-shm")}
    known |= {layout.policy, layout.lock_file("commit"), *(layout.root / name for name in FOLDERS)}
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p not in known)


def open_to_others(root: Path) -> list[str]:
    """Files and folders of a store that somebody else than its owner may read, write or enter."""
    return sorted(str(p) for p in (root, *root.rglob("*")) if p.stat().st_mode & 0o077)


def shards(out: Path) -> dict[str, str]:
    """The digest of every file under ``data/``."""
    return {p.name: sha256_file(p) for p in sorted((out / "data").iterdir())}


def permitted(root: Path) -> list[str]:
    """The ids that may be used now, in the order of the store."""
    ids: Sequence[str] = open_store(root).query(**USE, ids=True)["ids"]
    return list(ids)


def counts(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What an ingest answers, without what differs from run to run."""
    names = ("read", "added", "unchanged", "refused", "rejected", "updated", "superseded", "duplicates", "errors")
    assert answer["read"] == answer["added"] + answer["unchanged"] + answer["refused"] + answer["rejected"], answer
    return {name: answer[name] for name in names}

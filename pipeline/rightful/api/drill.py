"""``store.drill``: how long it takes from a withdrawal to repaired shards, tried in a copy of the ledger. Floor 10: part of
`api`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rightful.api.access import Access
from rightful.api.answer import Answer
from rightful.assets.described import downstream, read_assets
from rightful.errors import InputError, StoreError
from rightful.events.consents import Request
from rightful.export.manifest import MANIFEST, read_manifest
from rightful.query.exported import INDEX
from rightful.query.holding import OF_INDEX, index_file
from rightful.query.versions import EXCLUDE, HELD, PERMIT, Version, current, is_in_memory
from rightful.store.conditions import unwritable
from rightful.store.duck import connect, rows, scan
from rightful.store.layout import sha256_file
from rightful.store.ledger import Ledger
from rightful.store.scratch import scratch
from rightful.store.shadow import shadow, share

Opened = Callable[[Path], Any]
"""How a store is opened: a ``Store`` by its folder."""
Keys = dict[str, Any]
List = list[dict[str, Any]]


class Drilled(Answer):
    """What a drill found: ``seconds.total`` is the time from the event to the last repaired shard. ``ok`` is False where
    something that was withdrawn was still there to be used, or an export did not verify afterwards."""

    records: int
    picked: list[str]
    seed: int
    level: str
    matched: int
    exports: List
    skipped: List
    assets: List
    seconds: dict[str, float]
    ok: bool


@dataclass(slots=True)
class _Watch:
    """Seconds by step."""

    seconds: dict[str, float]

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - began


def drill(access: Access, opened: Opened, records: int, export: str | Path | None, level: str, seed: int) -> Drilled:
    """Pick exported records at random, withdraw them in a shadow of the store, and repair copies of the exports."""
    if records < 1:
        raise InputError(f"--records {records} is not a positive number")
    with access.ledger() as ledger:
        exports, skipped = _drillable(access, ledger, export)
        picked = _picked(access, exports, records, seed)
        if not picked:
            hint = "make one with: rightful export OUT ..." if not skipped else skipped[0]["reason"]
            raise InputError("no export here holds a record that could be withdrawn", subject="drill", hint=hint)
        try:
            with scratch(access.layout, "drill") as folder:
                return _drilled(access, opened, ledger, exports, skipped, picked, folder, level, seed)
        except OSError as error:
            raise unwritable(error, access.layout.root) from error


def _drilled(
    access: Access,
    opened: Opened,
    ledger: Ledger,
    exports: Sequence[Version],
    skipped: List,
    picked: Sequence[str],
    folder: Path,
    level: str,
    seed: int,
) -> Drilled:
    watch = _Watch({})
    before = {one.path: sha256_file(Path(one.path) / MANIFEST) for one in exports}
    with watch("copy"):
        layout = shadow(access.layout, ledger, folder / "store")
        copies = {
            str(_copied(access, one, picked, folder / str(n))): one
            for n, one in enumerate(exports)
            if _shards_of(access, one, picked)
        }
    store = opened(layout.root)
    with watch("withdraw"):
        events = store.consent.record([Request(kind="withdraw", selector="record", value=i) for i in picked], yes=True)
    with watch("trace"):
        store.trace(event=str(events[0]["event"]), limit=0)
    made_of = downstream(read_assets(ledger), [one.export for one in copies.values()])
    repaired = [_repaired(store, path, one, level, watch) for path, one in copies.items()]
    left = _left(picked, copies, level)
    for path, digest in before.items():  # of the exports themselves not a byte is touched
        assert sha256_file(Path(path) / MANIFEST) == digest, path
    seconds = watch.seconds | {"total": watch.seconds["withdraw"] + watch.seconds.get("redact", 0.0)}
    return Drilled(
        records=len(picked),
        picked=list(picked),
        seed=seed,
        level=level,
        matched=int(events[0]["together"]["records"]),
        exports=repaired,
        skipped=skipped,
        assets=[{"asset": a.asset, "kind": a.kind, "name": a.name} for a, _ in made_of],
        seconds={step: round(took, 3) for step, took in seconds.items()},
        ok=not left and all(one["ok"] for one in repaired),
    )


def _drillable(access: Access, ledger: Ledger, named: str | Path | None) -> tuple[list[Version], List]:
    """The exports whose folders hold what was registered, and the others, each with the reason."""
    listed = current(ledger.exports())
    if named is not None:
        wanted = str(named)
        at = str(Path(wanted).resolve()) if Path(wanted).is_dir() else ""
        listed = [one for one in listed if one.export == wanted or one.path == at]
        if not listed:
            raise StoreError(f"there is no export {wanted!r} that is current")
    there: list[Version] = []
    skipped: List = []
    for one in listed:
        if reason := _why_not(access, one):
            skipped.append({"export": one.export, "path": one.path, "reason": reason})
        else:
            there.append(one)
    return there, skipped


def _why_not(access: Access, one: Version) -> str:
    folder = Path(one.path)
    if is_in_memory(one.manifest):
        return "was handed over in memory: there are no shards to repair"
    if not folder.is_dir():
        return "its folder is gone"
    try:
        manifest = read_manifest(folder)
    except InputError as error:
        return error.message
    if manifest["export"] != one.export:
        return "something else lies in its folder"
    return "" if index_file(access.layout, one) is not None else "nothing says what it holds"


def _picked(access: Access, exports: Iterable[Version], n: int, seed: int) -> list[str]:
    """``n`` of the records that exports hold to be used, by chance: the same for the same seed."""
    indices = [path for one in exports if (path := index_file(access.layout, one)) is not None]
    con = connect()
    try:
        query = f"""SELECT DISTINCT record_id, md5(record_id || ?) AS drawn FROM {scan(indices, OF_INDEX)}
            WHERE decision = '{PERMIT}' ORDER BY drawn, record_id LIMIT {n}"""
        return [str(record) for record, _ in rows(con, query, [str(seed)])]
    finally:
        con.close()


def _shards_of(access: Access, one: Version, picked: Sequence[str]) -> set[str]:
    """The shards of an export that hold any of the records."""
    index = index_file(access.layout, one)
    if index is None:
        return set()
    con = connect()
    try:
        query = f"SELECT DISTINCT shard FROM {scan([index], OF_INDEX)} WHERE record_id IN (SELECT unnest(?))"
        return {str(shard) for (shard,) in rows(con, query, [list(picked)])}
    finally:
        con.close()


def _copied(access: Access, one: Version, picked: Sequence[str], target: Path) -> Path:
    """A copy of an export: what will be rewritten is copied, all else shared."""
    concerned = _shards_of(access, one, picked)
    stems = {shard.rpartition(".")[0] for shard in concerned}
    source = Path(one.path)
    for path in sorted(source.rglob("*")):
        at = target / path.relative_to(source)
        if path.is_dir():
            at.mkdir(parents=True, exist_ok=True)
            continue
        at.parent.mkdir(parents=True, exist_ok=True)
        within = path.relative_to(source).as_posix()
        if within.rpartition(".")[0] in stems or "/" not in within:
            shutil.copyfile(path, at)
        else:
            share(path, at)
    return target.resolve()


def _repaired(store: Any, path: str, one: Version, level: str, watch: _Watch) -> Keys:
    """Repair the copy of an export, and verify it."""
    took = _Watch({})
    with took("redact"), watch("redact"):
        done = store.redact(path, level=level)
    with took("verify"), watch("verify"):
        verified = store.verify(path)
    return {
        "export": one.export,
        "path": one.path,
        "format": str(one.manifest["format"]),
        "records_removed": done.records_removed,
        "shards_rewritten": done.shards_rewritten,
        "shards": len(one.manifest["shards"]),
        "bytes": sum(_size(Path(path), shard) for shard in done.shards),
        "seconds": {step: round(n, 3) for step, n in took.seconds.items()},
        "ok": bool(verified.ok),
        "corrupt": [f"{c['file']}: {c['reason']}" for c in verified.corrupt],
    }


def _size(folder: Path, shard: str) -> int:
    path = folder / shard
    return path.stat().st_size if path.is_file() else 0


def _left(picked: Sequence[str], copies: Iterable[str], level: str) -> list[str]:
    """The picked records that a repaired copy still has to be used, by its own index."""
    con = connect()
    try:
        indices = [Path(path) / INDEX for path in copies]
        there = f"decision = '{PERMIT}'" if level == EXCLUDE else HELD
        query = f"SELECT DISTINCT record_id FROM {scan(indices, OF_INDEX)} WHERE record_id IN (SELECT unnest(?)) AND {there}"
        return [str(record) for (record,) in rows(con, query, [list(picked)])]
    finally:
        con.close()

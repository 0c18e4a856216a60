"""Flips single bits and edits single rows in every kind of file of a store, and asks after each what may be used.

    python -m tests.damage.harness --flips 20000          # or: make damage

A process is warm: it has read the whole store before. ``query`` is asked after each damage; ``explain``, ``export`` and
``verify`` after those that it did not report. Outcomes: *error* (named, with a remedy), *unchanged*, *narrower* (permits
less), *fail open* (permits what was refused), *traceback*. The last two must not happen.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from itertools import cycle, zip_longest
from pathlib import Path
from typing import Any

from rightful import Store
from rightful.errors import RightfulError
from rightful.events.consents import Request

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "dedup": "none"}
CARD = 'name = "harbour"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "no"\n[fields]\nsubject = "who"\n'
ERROR, UNCHANGED, NARROWER, OPEN, TRACEBACK = "error", "unchanged", "narrower", "fail open", "traceback"
CHUNK = 400
KILLED = ("ledger.sqlite", "ledger.sqlite-wal")
LEDGER_EVERY = 3
"""One flip in three falls on the ledger; the others on each kind of part in turn."""

Outcomes = Counter[tuple[str, str, str]]
"""(kind of file, sort of damage, outcome) -> how often."""


def opened(root: Path) -> Store:
    return Store(root, clock=lambda: NOON)


def _row(n: int, text: str | None = None, **more: str) -> dict[str, str]:
    body = text or f"Note {n} of the harbour. The tide turned at {n} past the hour, and boat {n * 7} went out."
    return {"id": f"note-{n}", "url": f"https://harbour.example/{n}", "text": body, **more}


def make(folder: Path) -> Path:
    """A store with every kind of part and every kind of refusal: withdrawals, takedown, licences, copies, versions."""
    corpus = folder / "harbour"
    corpus.mkdir()
    (corpus / "source.toml").write_text(CARD, encoding="utf-8")
    log = " ".join(f"On day {n} the tide stood {n * 7 % 31} hands above the mark." for n in range(20))
    first = [_row(n) for n in range(8)]
    second = [
        *(_row(0, "A newer version of the first note, with words of its own."), _row(1, title="Renamed")),
        *(_row(n) for n in range(2, 8)),
        *(_row(10, _row(3)["text"], license="GPL-3.0-only"), _row(11, log)),
        *(_row(12, log.replace("day 9 ", "day nine "), license="CC-BY-NC-4.0"), _row(13, license="CC-BY-NC-4.0")),
        *(_row(14, who="mira@example.org"), {**_row(15), "url": "https://gone.example/15"}, _row(16), _row(17)),
    ]
    for rows, more in ((first, ""), (second, "{not json\n")):
        (corpus / "a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows) + more, encoding="utf-8")
        opened(folder / "store").ingest([corpus])
    store = opened(folder / "store")
    store.export(folder / "out", **{k: v for k, v in USE.items() if k != "dedup"}, tokenizer="train:300")
    reader = sqlite3.connect(folder / "store" / "ledger.sqlite")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM meta").fetchone()  # from here on commits stay beside the ledger
    for selector, value in (("subject", "mira@example.org"), ("domain", "gone.example"), ("url", _row(2)["url"])):
        store.consent.record([Request(kind="withdraw", selector=selector, value=value)])
    store.review.decide(store.record_id("note-11"), store.record_id("note-12"), "distinct", by="Ada", reason="two logs")
    store.consent.record([Request(kind="takedown", selector="record", value=store.record_id("note-16"))])
    store.consent.record([Request(kind="refusal", selector="url", value=_row(17)["url"], acts=("train",))])
    for name in KILLED:
        shutil.copy(folder / "store" / name, folder / f"killed-{name}")
    reader.close()
    opened(folder / "store").consent.list()  # the last to close merges them
    for name in KILLED[1:]:
        (folder / "store" / name).unlink(missing_ok=True)
    return folder / "store"


class Bench:
    """One store in a warm process, and what it permitted before anything was damaged."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root, self.scratch = root, scratch
        self.store = opened(root)
        self.answer = self.store.query(**USE, ids=True)
        self.permitted = set(self.answer["ids"])
        everything = {r["record_id"] for r in self.store.sql("SELECT record_id FROM records")}
        self.refused = sorted(everything - self.permitted)
        self.verified = self.store.verify(root.parent / "out")
        self.ledger = (root / "ledger.sqlite").read_bytes()
        self.killed = {name: (root.parent / f"killed-{name}").read_bytes() for name in KILLED}
        self.leave_as_killed()
        if self.ask(follow=False) != UNCHANGED:
            raise AssertionError("what a killed process left is not read as what was committed")
        self.restore()

    def leave_as_killed(self) -> None:
        """The ledger as a process leaves it that is killed after the last commits: they lie beside it."""
        self.restore()
        for name, content in self.killed.items():
            (self.root / name).write_bytes(content)

    def restore(self) -> None:
        """The ledger as it was, with nothing beside it but its head."""
        _restore(self.root / "ledger.sqlite", self.ledger)

    def ask(self, follow: bool) -> str:
        """The outcome of the damage that was just done."""
        outcome, answer = self._ran(lambda: self.store.query(**USE, ids=True))
        if outcome:
            return outcome
        if not set(answer["ids"]) <= self.permitted:
            return OPEN
        same = UNCHANGED if answer == self.answer else NARROWER
        for verb in (self._explain, self._export, self._verify) if follow else ():
            outcome, widened = self._ran(verb)
            if outcome:
                return outcome
            if widened:
                return OPEN
        return same

    def _ran(self, verb: Callable[[], Any]) -> tuple[str, Any]:
        try:
            return "", verb()
        except RightfulError as error:
            named = error.subject and error.hint
            return (ERROR if named and error.exit_code != 1 else TRACEBACK), None
        except Exception as error:
            print(json.dumps({"traceback": repr(error)[:300]}), file=sys.stderr)
            return TRACEBACK, None

    def _explain(self) -> bool:
        return any(self.store.explain(r, USE["use"], accept="all")["decision"] == "permit" for r in self.refused[:3])

    def _export(self) -> bool:
        out = self.scratch / "again"
        try:
            made = self.store.export(out, **USE, tokenizer="bytes")
            return bool(made["records"] > len(self.permitted))
        finally:
            shutil.rmtree(out, ignore_errors=True)

    def _verify(self) -> bool:
        stale = {s["record"] for s in self.store.verify(self.root.parent / "out")["stale"]}
        return not {s["record"] for s in self.verified["stale"]} <= stale


def files_of(root: Path) -> dict[str, list[Path]]:
    """Kind -> files: the parts by kind, the record index of exports, the ledger."""
    found = {p.name: sorted(p.glob("*.parquet")) for p in sorted(root.iterdir()) if p.is_dir()}
    ledger = {name.removeprefix("ledger.sqlite-"): [root / name] for name in (*KILLED[1:], "ledger.sqlite-head")}
    return {kind: files for kind, files in found.items() if files} | ledger | {"ledger": [root / "ledger.sqlite"]}


def flips(bench: Bench, draw: random.Random, count: int, follow: int) -> Outcomes:
    """Flip one bit, ask, put it back; ``follow`` of a hundred are asked of every verb."""
    found: Outcomes = Counter()
    files = files_of(bench.root)
    kinds = sorted(set(files) - {"ledger"})
    draw.shuffle(kinds)
    in_turn = cycle(kinds)
    for n in range(count):
        kind = "ledger" if n % LEDGER_EVERY == 0 else next(in_turn)
        path = draw.choice(files[kind])
        if kind == "wal":
            bench.leave_as_killed()
        content = path.read_bytes()
        changed = bytearray(content)
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        found[kind, "bit", bench.ask(draw.randrange(100) < follow)] += 1
        path.write_bytes(content)
        bench.restore()
    return found


def edits(root: Path) -> Iterator[tuple[str, str, str]]:
    """(table, sort of edit, statement) for every row of every table, and for what is not a row."""
    with closing(sqlite3.connect(root / "ledger.sqlite")) as db:
        listed = db.execute("SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        for kind, name in listed:
            yield name, "drop", f"DROP {kind} {name}"
        for table in (name for kind, name in listed if kind == "table"):
            names = [str(r[1]) for r in db.execute(f"PRAGMA table_info({table})")]
            key = names[0]
            for (value,) in db.execute(f"SELECT {key} FROM {table}").fetchall():
                where = f"WHERE {key} = " + (
                    str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
                )
                yield table, "delete", f"DELETE FROM {table} {where}"
                again = ", ".join([f"{key} || '9'", *names[1:]])
                yield table, "double", f"INSERT INTO {table} SELECT {again} FROM {table} {where}"
                for name in names:
                    yield table, "change", f"UPDATE {table} SET {name} = coalesce({name} || '1', 7) {where}"
                    yield table, "add 64", f"UPDATE {table} SET {name} = {name} + 64 {where}"


def _tables_in_turn(listed: list[tuple[str, str, str]], draw: random.Random) -> Iterator[tuple[str, str, str]]:
    """Every edit once, in an order that is drawn, one of each table before the second of any."""
    of: dict[str, list[tuple[str, str, str]]] = {}
    for edit in draw.sample(listed, len(listed)):
        of.setdefault(edit[0], []).append(edit)
    for row in zip_longest(*of.values()):
        yield from (edit for edit in row if edit is not None)


def rows(bench: Bench, draw: random.Random, count: int, follow: int) -> Outcomes:
    """Edit one row or drop one object of the ledger, ask, put it back; until ``count`` edits have changed it."""
    found: Outcomes = Counter()
    path = bench.root / "ledger.sqlite"
    content = path.read_bytes()
    for table, sort, statement in _tables_in_turn(sorted(set(edits(bench.root))), draw):
        if found.total() == count:
            break
        try:
            with closing(sqlite3.connect(path)) as db, db:
                db.execute(statement)
        except sqlite3.Error:
            continue  # the table cannot hold it
        else:
            if path.read_bytes() != content:  # nobody else has the ledger open: what was edited is merged into it
                found[table, sort, bench.ask(draw.randrange(100) < follow)] += 1
        finally:
            _restore(path, content)
    return found


def _restore(path: Path, content: bytes) -> None:
    for beside in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    path.write_bytes(content)


def chunk(seed: int, n_flips: int, n_rows: int, follow: int) -> Outcomes:
    """A part of a run, in this process, on a store of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(make(folder), folder)
        draw = random.Random(seed)
        return flips(bench, draw, n_flips, follow) + rows(bench, draw, n_rows, follow)


def faults(found: Outcomes) -> list[tuple[str, str, str]]:
    """What must not happen."""
    return sorted(key for key in found if key[2] in (OPEN, TRACEBACK))


def table(found: Outcomes) -> str:
    """The outcomes, a line a kind of file and sort of damage."""
    sorts = (ERROR, UNCHANGED, NARROWER, OPEN, TRACEBACK)
    lines = [f"{'what':22}{'damage':8}" + "".join(f"{s:>12}" for s in sorts)]
    for what, damage in sorted({(a, b) for a, b, _ in found}):
        lines.append(f"{what:22}{damage:8}" + "".join(f"{found[what, damage, s]:12}" for s in sorts))
    sums = [sum(n for key, n in found.items() if key[2] == s) for s in sorts]
    return "\n".join([*lines, f"{'all':30}" + "".join(f"{n:12}" for n in sums)])


def _in_a_process(asked: argparse.Namespace, n: int, chunks: int) -> Outcomes | None:
    """The outcomes of the ``n``-th chunk, or None where its process died."""
    words = [f"--flips={min(CHUNK, asked.flips - n * CHUNK)}", f"--rows={-(-asked.rows // chunks)}"]
    words += [f"--follow={asked.follow}", f"--seed={asked.seed + n}", "--chunk"]
    done = subprocess.run([sys.executable, "-m", __spec__.name, *words], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return None
    return Counter({(a, b, c): n for a, b, c, n in json.loads(done.stdout.splitlines()[-1])})


def main() -> int:
    """Run chunks in processes of their own: one that dies is a fault as well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flips", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--follow", type=int, default=10, help="of a hundred silent ones are asked of every verb")
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time")
    parser.add_argument("--chunk", action="store_true", help="run here, and print the outcomes as JSON")
    asked = parser.parse_args()
    if asked.chunk:
        found = chunk(asked.seed, asked.flips, asked.rows, asked.follow)
        print(json.dumps([[*key, n] for key, n in sorted(found.items())]))
        return 0
    found, died = Counter(), 0
    chunks = -(-asked.flips // CHUNK)
    with ThreadPoolExecutor(asked.jobs) as pool:
        for n, part in enumerate(pool.map(lambda n: _in_a_process(asked, n, chunks), range(chunks)), start=1):
            died += part is None
            found.update(part or Counter())
            print(f"{n}/{chunks}: {found.total()} damages, {len(faults(found))} faults, {died} died", file=sys.stderr)
    print(table(found))
    print(f"{died} processes died")
    return 1 if died or faults(found) else 0


if __name__ == "__main__":
    sys.exit(main())

"""A disk that fills up under every verb that writes, at as many places as are asked for: ``make full TRIALS=20``.

Each trial copies a store, lets a verb run where a file may only grow so far (RLIMIT_FSIZE), or on a disk of its own
with so much room, and checks: it did all of it, or it ended with an error that names a file and says what to do, and the
state before stands; with room the same command then ends as if nothing had happened, and nothing is left over. Where no
disk can be mounted, only the first way is gone. Not in the suite.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from rightful.api import Store
from tests.crash import faults, verbs
from tests.crash.corpus import (
    NOON,
    new_folder,
    old_folder,
    open_store,
    open_to_others,
    parts,
    permitted,
    shards,
    strays,
)

OLD_STORE = Path(__file__).parents[1] / "old_store" / "store-3e1e8aa.tar.xz"
ASKED = ("--use", "train.pretrain", "--accept", "all")
DISK_BYTES = 24 << 20
FULL = ("no space left", "file too large", "disk is full", "disk i/o error", "unable to open database file")
"""How an operating system, and SQLite where it does not look at its reason, say that there is no room."""
DONE = (0, 4)
"""How a verb ends that did its work; some of its inputs were damaged before."""
POLICY = 'accept = ["attribution"]\ncopies = "own"\n'


class Said(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def command(words: list[str], file_bytes: int | None = None) -> Said:
    """Run a command line in a process of its own, at noon, where no file may grow beyond ``file_bytes``."""
    ours, theirs = faults._server.Pipe(duplex=False)
    process = faults._server.Process(target=_run, args=(theirs, words, file_bytes))
    process.start()
    theirs.close()
    try:
        assert ours.poll(faults.TIMEOUT_SECONDS), f"it hangs: {words}"
        said = Said(*ours.recv())
    except EOFError:
        said = Said(process.exitcode or -1, "", "it ended without a word")
    process.join(faults.TIMEOUT_SECONDS)
    return said


def _run(pipe: Connection, words: list[str], file_bytes: int | None) -> None:
    from rightful.cli import app

    app.Context.store = property(lambda self: Store(self.root, clock=lambda: NOON))  # type: ignore[assignment]
    if file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, resource.RLIM_INFINITY))
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = app.run(app.cli, app.hoist(words), "--json" in words)
    pipe.send((code, out.getvalue(), err.getvalue()))


class State(NamedTuple):
    """All that a verb may change."""

    parts: dict[str, list[tuple[str, str, int]]]
    permitted: list[str]
    events: int
    exports: int
    reviews: int
    policy: bytes


def state(root: Path) -> State:
    store = open_store(root)
    policy = root / "policy.toml"
    return State(
        parts(root),
        permitted(root),
        len(store.consent.list()),
        int(store.status()["exports"]),
        len(store.review.log()),
        policy.read_bytes() if policy.exists() else b"",
    )


class Ground:
    """The stores that trials begin with, and what each verb makes of its own when there is room."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        base, old = folder / "base", old_folder(folder / "old")
        verbs.ingest(base, old)
        verbs.withdraw(base)
        coming, events = new_folder(folder / "new"), folder / "events.csv"
        events.write_text("kind,selector,value\nopt-out,url,https://harbour.example/notes/3\n", encoding="utf-8")
        (base / "policy.toml").write_text(POLICY.splitlines()[0] + "\n", encoding="utf-8")
        copies = Path(shutil.copytree(base, folder / "copies"))
        verbs.ingest(copies, coming)
        unsigned = Path(shutil.copytree(base, folder / "unsigned"))
        left = Path(shutil.copytree(base, folder / "left"))
        for place in ("hidden/0123.parquet", "texts/.new-77.parquet", "staging/0123456789abcdef/000000.json"):
            (left / place).parent.mkdir(exist_ok=True, mode=0o700)
            (left / place).write_bytes(b"of a killed run" * 400)
        with tarfile.open(OLD_STORE) as archive:
            archive.extractall(folder / "earlier", filter="data")
        harbour = ["--domain", "harbour.example", "--reason", "they asked"]
        signing = ["--by", "Ada Moreno, counsel", "--until", "2027-01-01"]
        deciding = [
            "--record",
            "note-54",
            "--other",
            "note-55",
            "--verdict",
            "distinct",
            "--by",
            "Ada",
            "--reason",
            "two",
        ]
        self.verbs: dict[str, tuple[Path, list[str]]] = {
            "ingest": (base, ["ingest", str(coming), "--workers", "1"]),
            "first ingest": (folder / "none", ["ingest", str(coming), "--workers", "1"]),
            "tag": (base, ["tag", "--recipe", "web-en", "--workers", "1"]),
            "export": (
                base,
                ["export", "OUT", *ASKED, "--tokenizer", "bytes", "--shard-tokens", "400", "--workers", "1"],
            ),
            "export text": (
                base,
                ["export", "OUT", *ASKED, "--format", "text", "--shard-bytes", "1500", "--workers", "1"],
            ),
            "consent add": (base, ["consent", "add", *harbour, "--use", "train.pretrain"]),
            "consent withdraw": (base, ["consent", "withdraw", *harbour]),
            "consent import": (base, ["consent", "import", str(events)]),
            "review decide": (copies, ["review", "decide", *deciding]),
            "policy sign": (unsigned, ["policy", "sign", *signing]),
            "store upgrade": (folder / "earlier" / "store", ["store", "upgrade", "--workers", "1"]),
            "store check --sweep": (left, ["store", "check", "--sweep"]),
        }
        self.before = {name: state(root) for name, (root, _) in self.verbs.items() if root.exists()}
        self.wanted: dict[str, State] = {}
        self.grown: dict[str, int] = {}
        for name in self.verbs:
            store = self.copy(name, folder / f"whole-{name}".replace(" ", "-"))
            free = _size(store.parent)
            said = command(self.words(name, store))
            assert said.code in DONE, (name, said.err)
            self.grown[name] = _size(store.parent) - free
            self.wanted[name] = state(store)
        exports = [name for name in self.verbs if name.startswith("export")]
        self.shards = {name: shards(folder / f"whole-{name}".replace(" ", "-") / "out") for name in exports}

    def copy(self, name: str, place: Path) -> Path:
        """The store of a verb, within a folder that is made unless it is there."""
        place.mkdir(exist_ok=True)
        root = self.verbs[name][0]
        return Path(shutil.copytree(root, place / "store")) if root.exists() else place / "store"

    def words(self, name: str, store: Path) -> list[str]:
        """The command line of a verb for a store; what it exports lies beside that."""
        return ["--store", str(store), *(str(store.with_name("out")) if w == "OUT" else w for w in self.verbs[name][1])]


def _size(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


@contextlib.contextmanager
def disk(place: Path) -> Iterator[bool]:
    """A small disk there; False where none may be mounted."""
    place.mkdir()
    there = shutil.which("mount") is not None and (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", str(place)], capture_output=True, check=False
        ).returncode
        == 0
    )
    try:
        yield there
    finally:
        if there:
            subprocess.run(["umount", "-l", str(place)], check=False)


def fill_up(place: Path, room: int) -> Path:
    """A file that leaves ``room`` bytes of the disk."""
    filler = place / "filler"
    free = os.statvfs(place)
    with filler.open("wb") as handle:
        handle.write(bytes(max(0, free.f_bavail * free.f_frsize - room)))
    return filler


def trial(ground: Ground, name: str, place: Path, how: str, room: int) -> str:
    """One situation; answers how it went. Raises AssertionError for a fault."""
    if how == "file":
        place.mkdir()
        store = ground.copy(name, place)
        said = command(ground.words(name, store), room)
        return _judged(ground, name, store, said)
    with disk(place) as there:
        if not there:
            return "no disk may be mounted here"
        store = ground.copy(name, place)
        filler = fill_up(place, room)
        said = command(ground.words(name, store))
        reading = _reading(store) if store.exists() and (store / "ledger.sqlite").exists() else ""
        filler.unlink()
        assert not reading, reading
        return _judged(ground, name, store, said)


def _reading(store: Path) -> str:
    """Why a verb that only reads does not work there, or nothing."""
    asked: tuple[list[str], ...] = (["query", *ASKED], ["store", "status"], ["explain", "note-1", *ASKED])
    for words in asked if (store / "records").exists() and any((store / "records").iterdir()) else ():
        said = command(["--store", str(store), *words])
        if said.code not in (0, 2) or (said.code == 2 and "note-1" not in said.err):
            return f"{words[0]} on a full disk ends with {said.code}: {said.err}"
    return ""


def _judged(ground: Ground, name: str, store: Path, said: Said) -> str:
    for line in ("Traceback", "internal failure", "Error:"):
        assert line not in said.err, said.err
    wanted = ground.wanted[name]
    if said.code in DONE:
        assert state(store) == wanted, "it says that all was done"
        what = "done"
    else:
        assert said.code == 2, (said.code, said.err)
        assert said.err.startswith("error: /"), f"no file is named: {said.err}"
        assert "hint: " in said.err, f"nothing says what to do: {said.err}"
        assert any(word in said.err.lower() for word in FULL), f"it does not say that the disk is full: {said.err}"
        if name in ground.before:
            assert state(store) == ground.before[name], "something changed although it failed"
        out = store.with_name("out")
        assert not out.exists(), "half of an export lies there"
        assert not list(out.parent.glob(".out.*")), "what was being exported lies there"
        what = "refused"
    if said.code not in DONE or name not in ground.shards:
        again = command(ground.words(name, store))
        assert again.code in DONE, f"with room it fails: {again.err}"
    end = state(store)
    twice = name.startswith("consent") or name == "review decide"
    if said.code not in DONE or not twice:
        assert (end.permitted, end.exports) == (wanted.permitted, wanted.exports), "with room it ends elsewhere"
        assert end.events == wanted.events, "with room it ends elsewhere"
        assert end.parts == wanted.parts, "with room it ends in other bytes"
    if name in ground.shards:
        assert shards(store.with_name("out")) == ground.shards[name], "with room it exports other bytes"
    if not name.startswith(("policy", "review")):
        assert strays(store) == [], f"something of it is left: {strays(store)}"
    assert open_to_others(store) == [] or name == "store upgrade", "somebody else can read it"
    return f"{name}: {what}"


def situations(ground: Ground, name: str, trials: int, chance: random.Random) -> list[tuple[str, int]]:
    """How, and with how much room: none, and so much that all fits nearly, among them."""
    most = max(ground.grown[name], 64 << 10)
    rooms = [0, 1, 4096, most // 2, most]
    rooms += [int(most * 1.5 * chance.random()) for _ in range(max(0, trials - len(rooms)))]
    return [("file" if n % 2 else "disk", room) for n, room in enumerate(rooms[:trials])]


def main() -> int:
    """Run the trials; exit 1 when one found a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--trials", type=int, default=12, help="situations for each verb")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="one verb")
    asked = parser.parse_args()
    chance, counted, found = random.Random(asked.seed), Counter[str](), 0
    with tempfile.TemporaryDirectory(prefix="rightful-full-") as folder:
        ground = Ground(Path(folder))
        chosen = [name for name in ground.verbs if asked.only in (None, name)]
        for name in chosen:
            for number, (how, room) in enumerate(situations(ground, name, asked.trials, chance)):
                place = Path(folder) / f"{name}-{number}".replace(" ", "-")
                try:
                    counted[trial(ground, name, place, how, room)] += 1
                except AssertionError as fault:
                    found += 1
                    why = " ".join(str(fault).split("\nassert")[0].splitlines()[:3]) or repr(fault)
                    print(f"FAULT: {name}, {how}, room for {room} bytes: {why}", flush=True)
                shutil.rmtree(place, ignore_errors=True)
    for what, count in sorted(counted.items()):
        print(f"{count:5}  {what}")
    print(f"{sum(counted.values()) + found} situations, seed {asked.seed}: {found} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

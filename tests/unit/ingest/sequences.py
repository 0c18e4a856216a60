"""Random histories of a corpus: what is written, touched, moved, pruned and ingested, in which order.

Each *lane* is a corpus of its own with a history of its own, drawn from its seed. Many lanes share a store: a step is one
ingest that names something of each of them. What a lane does is in ``lane.steps``, so that a failure can be told.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rightful.api import Store

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "dedup": "none"}
NAMES = ("a.jsonl", "b.jsonl", "sub/c.jsonl", "notes.txt")
LICENSES = (None, None, None, "CC0-1.0", "MIT", "CC-BY-NC-4.0", "N/A")
QUICK = """stages = []
[near]
search = false
"""

Row = dict[str, Any]
Content = tuple[Any, ...]
"""What a record is, apart from how its source and file are called."""


@dataclass
class Lane:
    """One corpus. ``root`` is the folder above it; the corpus itself may be moved."""

    root: Path
    seed: int
    steps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.name = f"lane{self.seed}"
        self.corpus = self.root / "corpus"
        self.corpus.mkdir(parents=True)
        self.restart = self.rng.random() < 0.7  # ids that begin anew in every file
        self.texts = 0
        self.scope = "file"
        if self.rng.random() < 0.7:
            self.write_card()
        for name in NAMES[: self.rng.randint(1, 4)]:
            self.write(name)

    # --- what is done to the corpus ---------------------------------------------------------------------------

    def change(self) -> None:
        """One random change."""
        files = self.files()
        ways = [self.write_any, self.card_any, self.card_any]
        if files:
            ways += [self.edit, self.edit, self.edit, self.remove_row, self.touch, self.forge, self.remove, self.rename]
            ways += [self.copy, self.damage, self.empty, self.move_corpus]
        self.rng.choice(ways)()

    def write_any(self) -> None:
        self.write(self.rng.choice(NAMES))

    def write(self, name: str) -> None:
        path = self.corpus / name
        if path.suffix == ".txt":
            self._put(path, self.text())
        else:
            self._put(path, self.lines([self.row(n) for n in range(self.rng.randint(1, 4))]))
        self.steps.append(f"write {name}")

    def edit(self) -> None:
        """Other words, another title, licence or date in one row; or one row more."""
        path, rows = self._rows()
        if rows is None:
            return
        what = self.rng.choice(("text", "title", "license", "date", "url", "more", "again"))
        if what == "more" or not rows:
            rows.append(self.row(self.rng.randint(0, 4)))
        elif what == "again":
            rows.append(self.rng.choice(rows))
        else:
            row = self.rng.choice(rows)
            drawn = self.row(0)
            row[what] = drawn[what]
        self._put(path, self.lines(rows))
        self.steps.append(f"edit {what} in {path.name}")

    def remove_row(self) -> None:
        path, rows = self._rows()
        if rows:
            rows.pop(self.rng.randrange(len(rows)))
            self._put(path, self.lines(rows))
            self.steps.append(f"remove a row of {path.name}")

    def touch(self) -> None:
        path = self.rng.choice(self.files())
        os.utime(path)
        self.steps.append(f"touch {path.name}")

    def forge(self) -> None:
        """Other content of the same size under the same time."""
        path = self.rng.choice(self.files())
        before, held = path.stat(), path.read_bytes()
        path.write_bytes(held.replace(b"word", b"WORD") if b"word" in held else held.replace(b"WORD", b"word"))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.steps.append(f"forge {path.name}")

    def remove(self) -> None:
        path = self.rng.choice(self.files())
        path.unlink()
        self.steps.append(f"remove {path.name}")

    def rename(self) -> None:
        path, to = self.rng.choice(self.files()), self.corpus / self.rng.choice(NAMES)
        if path.suffix == to.suffix and path != to:
            to.parent.mkdir(exist_ok=True)
            path.replace(to)
            self.steps.append(f"rename {path.name} to {to.name}")

    def copy(self) -> None:
        path, to = self.rng.choice(self.files()), self.corpus / self.rng.choice(NAMES)
        if path.suffix == to.suffix and path != to:
            to.parent.mkdir(exist_ok=True)
            shutil.copy(path, to)
            self.steps.append(f"copy {path.name} to {to.name}")

    def damage(self) -> None:
        path = self.rng.choice(self.files())
        if path.suffix == ".jsonl":
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            if lines:
                at = self.rng.randrange(len(lines))
                lines[at] = lines[at][:-3] if self.rng.random() < 0.7 else "{torn"
                self._put(path, "".join(f"{line}\n" for line in lines))
                self.steps.append(f"damage {path.name}")

    def empty(self) -> None:
        path = self.rng.choice(self.files())
        path.write_bytes(b"" if self.rng.random() < 0.5 else b"\x00\x01\x02 nothing that is read\xff\xfe")
        self.steps.append(f"nothing in {path.name}")

    def move_corpus(self) -> None:
        to = self.root / self.rng.choice(("corpus", "moved", "moved-again"))
        if not to.exists():
            self.corpus.rename(to)
            self.corpus = to
            self.steps.append(f"the corpus is {to.name}")

    def card_any(self) -> None:
        """A card is written, changed or removed, for the corpus or for a part of it."""
        way = self.rng.choice(("write", "write", "remove", "sub", "no sub"))
        if way == "write":
            self.scope = self.rng.choice(("file", "source"))
            self.write_card()
        elif way == "remove":
            (self.corpus / "source.toml").unlink(missing_ok=True)
            self.steps.append("no card")
        elif way == "sub":
            (self.corpus / "sub").mkdir(exist_ok=True)
            (self.corpus / "sub" / "source.toml").write_text(self._card(f"{self.name}-sub"), encoding="utf-8")
            self.steps.append("a card in sub")
        else:
            (self.corpus / "sub" / "source.toml").unlink(missing_ok=True)
            self.steps.append("no card in sub")

    def write_card(self) -> None:
        (self.corpus / "source.toml").write_text(self._card(self.name), encoding="utf-8")
        self.steps.append(f"card, scope {self.scope}")

    def named(self) -> list[Path]:
        """What the next ingest names of this lane: the folder, a part of it, a file, the folder above, by any way."""
        files = [p for p in self.files() if p.stat().st_size]
        way = self.rng.choice(("folder", "folder", "above", "sub", "file", "relative", "link"))
        path = self.corpus
        if way == "above":
            path = self.root
        elif way == "sub" and (self.corpus / "sub").is_dir():
            path = self.corpus / "sub"
        elif way == "file" and files:
            path = self.rng.choice(files)
        elif way == "relative":
            path = Path(os.path.relpath(self.corpus))
        elif way == "link":
            path = self.root.with_name(f"{self.root.name}-link")
            path.unlink(missing_ok=True)
            path.symlink_to(self.corpus)
        self.steps.append(f"ingest {way} {path.name if way == 'file' else ''}")
        return [path]

    # --- what rows there are ----------------------------------------------------------------------------------

    def files(self) -> list[Path]:
        """The files of the corpus, cards left out."""
        return sorted(p for p in self.corpus.rglob("*") if p.is_file() and p.name != "source.toml")

    def text(self) -> str:
        self.texts += 1
        again = self.rng.randint(1, self.texts) if self.rng.random() < 0.3 else self.texts
        return f"Words of {self.name}, number {again}: a word that nobody else has said."

    def row(self, n: int) -> Row:
        made: Row = {"id": str(n), "text": self.text(), "license": self.rng.choice(LICENSES)}
        made["url"] = f"https://{self.name}.example/{self.rng.randint(0, 4)}" if self.rng.random() < 0.5 else None
        made["date"] = self.rng.choice((None, None, "2024-01-01", "2025-01-01"))
        made["title"] = self.rng.choice((None, "One", "Two"))
        if not self.restart:
            made["id"] = self.rng.choice((None, str(self.rng.randint(0, 6))))
        return made

    def lines(self, rows: Iterable[Row]) -> str:
        return "".join(json.dumps({k: v for k, v in r.items() if v is not None}) + "\n" for r in rows)

    def _rows(self) -> tuple[Path, list[Row] | None]:
        path = self.rng.choice(self.files())
        try:
            return path, [{**dict.fromkeys(self.row(0)), **json.loads(x)} for x in path.read_text("utf-8").splitlines()]
        except ValueError:
            return path, None

    def _card(self, name: str) -> str:
        license = self.rng.choice(('license = "CC0-1.0"\n', 'license = "MIT"\n', ""))
        return f'name = "{name}"\npersonal_data = "no"\n{license}[fields]\nid_scope = "{self.scope}"\n'

    def _put(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


class Histories:
    """Lanes that share a store, each with its own steps; the clock goes on by a minute a verb."""

    def __init__(self, root: Path, seeds: Iterable[int]) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.lanes = [Lane(root / "lanes" / f"{seed}", seed) for seed in seeds]
        self.recipe = root / "recipe.toml"
        self.recipe.write_text(QUICK, encoding="utf-8")
        self.minutes = 0
        self.store = self.new_store("store")
        self.rng = random.Random(self.lanes[0].seed)

    def new_store(self, name: str) -> Store:
        """A store with the clock of these lanes."""
        return Store(self.root / name, clock=self.clock)

    def clock(self) -> datetime:
        self.minutes += 1
        return NOON + timedelta(minutes=self.minutes)

    def step(self) -> None:
        """Each lane changes a little, or not; then one ingest takes in what each names."""
        for lane in self.lanes:
            for _ in range(lane.rng.choice((0, 1, 1, 2))):
                lane.change()
        paths = [p for lane in self.lanes if lane.rng.random() < 0.9 for p in lane.named()]
        prune = self.rng.random() < 0.3
        if prune:
            for lane in self.lanes:
                lane.steps.append("(with --prune)")
        if paths:
            self.ingest(self.store, paths, prune=prune)

    def ingest(self, store: Store, paths: list[Path], *, prune: bool = False) -> dict[str, Any]:
        """One ingest; its counts add up, and they are those by which the records that count change."""
        before = self.count(store)
        answer = store.ingest(paths, recipe=self.recipe, prune=prune, yes=prune)
        assert answer["read"] == answer["added"] + answer["unchanged"] + answer["refused"] + answer["rejected"], answer
        left = answer["superseded"] + answer["updated"] + answer["retired"] + answer["adopted"]
        assert self.count(store) - before == answer["added"] + answer["restored"] - left, answer
        return answer

    def count(self, store: Store) -> int:
        if not store.layout.exists():
            return 0
        return int(store.sql("SELECT count(*) AS n FROM records")[0]["n"])

    def counting(self, store: Store) -> dict[str, list[Content]]:
        """What counts, by lane."""
        found: dict[str, list[Content]] = {lane.name: [] for lane in self.lanes}
        for row in _contents(store):
            found[_lane(row)].append(row)
        return found

    def permitted(self, store: Store) -> dict[str, set[Content]]:
        """What is permitted, by lane."""
        ids = set(store.query(**USE, ids=True)["ids"])
        found: dict[str, set[Content]] = {lane.name: set() for lane in self.lanes}
        for row in _contents(store, ids):
            found[_lane(row)].add(row)
        return found


_COLUMNS = "file, source_record_id, url, license_raw, title, published_at"


def _contents(store: Store, only: set[str] | None = None) -> list[Content]:
    rows = store.sql(f"SELECT record_id, text, {_COLUMNS} FROM records JOIN texts USING (record_id)")
    kept = [r for r in rows if only is None or r["record_id"] in only]
    # The id of a file that is one record is its name below what was named: as a folder or a part of it has a card or not.
    plain = [{**r, "source_record_id": None} if r["file"].endswith(".txt") else r for r in kept]
    return sorted((tuple(v for k, v in r.items() if k not in ("record_id", "file")) for r in plain), key=repr)


def _lane(content: Content) -> str:
    found = re.search(r"lane[0-9]+", str(content[0]))  # also in rows that lie in a file of text
    assert found is not None, content
    return found[0]

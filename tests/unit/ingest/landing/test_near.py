"""Near copies at landings: by the index of bands the parts of pairs and groups are the same files as without one."""

from __future__ import annotations

import json
import random
from contextlib import closing
from pathlib import Path

import pytest

from rightful.api import Store
from rightful.dedup.index import Segment
from rightful.errors import StoreError
from rightful.ingest.landing import near
from rightful.ingest.landing.near import DESCRIBED, INDEXED
from rightful.store.check import report
from rightful.store.layout import BANDS, Layout
from rightful.store.ledger import Ledger
from tests.unit.ingest.landing.test_landing import Harbour, row

RECIPE = """stages = []
[near]
bands = 4
rows = 1
threshold = 0.4
bucket_limit = 2
bucket_anchors = 1
"""
WORDS = [f"word{n}" for n in range(40)]


def text(n: int, more: int = 0) -> str:
    """A text that is nearly the same as some others."""
    words = random.Random(n % 2).choices(WORDS, k=30)[: 18 + n % 7]
    return " ".join([*words, *(f"end{k}" for k in range(more))]) + f" {n % 5}."


class Both:
    """Two stores with one history: one looks its near copies up, the other searches everything."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.recipe = root / "recipe.toml"
        self.recipe.write_text(RECIPE, encoding="utf-8")
        self.indexed, self.plain = Harbour(root / "indexed"), Harbour(root / "plain")
        self.looked_up = 0
        grown = near.grown

        def counted(*arguments: object) -> object:
            self.looked_up += 1
            return grown(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(near, "grown", counted)
        monkeypatch.setattr(near, "FRESH_SHARE", 1)

    def ingest(self, **files: list[dict[str, object]]) -> None:
        """Land the same in both, which then have the same parts."""
        for harbour, first in ((self.indexed, 0), (self.plain, 1 << 40)):
            self.monkeypatch.setattr(near, "INDEX_FROM", first)
            for name, listed in files.items():
                lines = "".join(f"{json.dumps(one)}\n" for one in listed)
                (harbour.folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
            harbour.store.ingest([harbour.folder], recipe=self.recipe, prune=True)
        self.same()

    def same(self) -> None:
        """Pairs and groups are the same files."""
        assert parts(self.indexed.store, "pairs") == parts(self.plain.store, "pairs")
        assert parts(self.indexed.store, "near") == parts(self.plain.store, "near")
        assert not parts(self.plain.store, BANDS)

    def each(self, verb: str, *arguments: str) -> None:
        """The same of both."""
        for harbour in (self.indexed, self.plain):
            harbour.withdraw(*arguments) if verb == "withdraw" else getattr(harbour.store, verb)()


def parts(store: Store, kind: str) -> list[str]:
    with closing(Ledger.open(store.layout.ledger)) as ledger:
        return [p.part for p in ledger.parts(kind, ledger.snapshot())]


def bands(store: Store) -> list[Path]:
    return sorted((store.layout.root / BANDS).glob("*"))


def test_landings_by_the_index_publish_the_same_parts_as_by_a_search_over_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Both(tmp_path, monkeypatch)
    both.ingest(a=[row(n, text(n)) for n in range(16)])
    assert both.looked_up == 0
    both.ingest(b=[row(20, text(0, 2)), row(21, text(3))])
    both.each("withdraw", "url", "https://a.example/20")
    both.ingest(b=[row(21, text(4, 3)), row(22, text(22))])
    for harbour in (both.indexed, both.plain):
        (harbour.folder / "b.jsonl").unlink()
    both.ingest(c=[row(23, text(5))])
    assert both.looked_up == 3
    both.ingest(b=[row(21, text(4, 3)), row(22, text(22))])
    assert both.looked_up == 4
    before = bands(both.indexed.store)
    both.each("compact")
    assert before
    assert not bands(both.indexed.store), "hashes of what was erased are there"
    both.ingest(d=[row(24, text(1, 1))])
    assert both.looked_up == 4, "an index that is not there was believed"
    both.ingest(d=[row(24, text(1, 1)), row(25, text(2, 1)), row(26, text(6))])
    assert both.looked_up == 5
    layout = both.indexed.store.layout
    with closing(Ledger.open(layout.ledger)) as ledger:
        assert report(layout, ledger)["ok"]
        assert {p.part for p in ledger.every_part(BANDS)} == {path.stem for path in bands(both.indexed.store)}


def test_an_index_that_is_damaged_missing_or_of_other_parts_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Both(tmp_path, monkeypatch)
    both.ingest(a=[row(n, text(n)) for n in range(12)])
    for n, harm in enumerate((damaged, missing)):
        harm(bands(both.indexed.store)[-1])
        both.ingest(**{f"b{n}": [row(20 + n, text(n, 1))]})
        assert both.looked_up == n, "what is damaged was read"
        both.ingest(**{f"c{n}": [row(30 + n, text(n, 2))]})
        assert both.looked_up == n + 1, "it was not made anew"
    remembered = Ledger.remembered

    def other(ledger: Ledger, key: str) -> str | None:
        return "of other parts" if key == INDEXED else remembered(ledger, key)

    monkeypatch.setattr(Ledger, "remembered", other)
    both.ingest(d=[row(40, text(4, 2))])
    assert both.looked_up == 2
    assert set(DESCRIBED) == {"signatures", "hidden", "pairs", BANDS}


def damaged(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def missing(path: Path) -> None:
    path.unlink()


def test_a_file_that_is_no_index_is_named(tmp_path: Path) -> None:
    for content in (b"", b"something else", bytes(4000)):
        path = tmp_path / "x.bands"
        path.write_bytes(content)
        with pytest.raises(StoreError, match="is no index of bands"):
            Segment(path)


def test_parts_of_the_index_have_a_name_of_their_own(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert layout.part(BANDS, "abc").name == "abc.bands"
    assert layout.part("records", "abc").name == "abc.parquet"

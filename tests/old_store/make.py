"""Makes the store of ``store-3e1e8aa.tar.xz``, with the code of commit 3e1e8aa: ``git worktree add before 3e1e8aa``.

    cd before && python ../tests/old_store/make.py /srv/before

It holds every kind of part, event and verdict that this version wrote. Today's code would write another store: the
archive is kept as it is, for good.
"""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# As the package was called in that commit.
# isort: off
from pipeline import Store
from pipeline.consents import Request
# isort: on

GOOD = Path("sample_data/good")
CARD = 'name = "harbour"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "no"\ncollected_at = 2026-01-01\n'
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}


class Clock:
    """An hour passes between two looks."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


def text(n: int, version: int = 1) -> str:
    return f"Note {n} of the harbour, version {version}. The tide turned at {n} past, and boat {n * 7} went out."


def row(n: int, body: str | None = None, host: str = "harbour.example", **more: str) -> dict[str, str]:
    return {"id": f"note-{n}", "url": f"https://{host}/notes/{n}", "text": body or text(n), **more}


def lines(path: Path, rows: Iterable[Mapping[str, str] | str]) -> None:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")


def main(root: Path) -> None:
    store = Store(root / "store", clock=Clock())
    shutil.copytree(GOOD, root / "good")
    store.ingest([root / "good"])

    harbour = root / "harbour"
    harbour.mkdir()
    (harbour / "source.toml").write_text(CARD, encoding="utf-8")
    log = " ".join(f"On day {n} the tide stood {n * 7 % 31} hands above the mark." for n in range(20))
    quay = " ".join(f"Crane {n} lifted {n * 11 % 37} bales from the hold before the bell." for n in range(20))
    first = [row(n) for n in range(12)] + [row(20, host="gone.example"), row(21, host="harbour.example:8443")]
    lines(harbour / "a.jsonl", first)
    store.ingest([harbour])
    # A newer version, other tags, a copy, a damaged line, near copies that state other things.
    second = [
        row(2, text(2, 2)),
        row(3, title="Renamed"),
        row(31, text(4)),
        "{not json",
        row(40, license="CC-BY-NC-4.0"),
    ]
    pairs = [row(54, log), row(55, log.replace("day 9 ", "day nine "), license="CC-BY-NC-4.0")]
    pairs += [row(56, quay), row(57, quay.replace("Crane 3 ", "Crane three "), license="CC-BY-NC-4.0")]
    lines(harbour / "a.jsonl", [*(r for r in first if r["id"] not in ("note-2", "note-3")), *second])
    lines(harbour / "b.jsonl", pairs)
    store.ingest([harbour])

    store.export(root / "shards", **USE, tokenizer="train:512")
    withdraw: list[tuple[str, str]] = [
        ("subject", "tamsin.okoro@example.org"),
        ("domain", "gone.example"),
        ("url-prefix", "https://almanac.example/authors/mira-castellan"),
        ("url", "https://harbour.example/notes/5"),
        ("record", store.record_id("note-6")),
    ]
    for selector, value in withdraw:
        store.consent.record([Request(kind="withdraw", selector=selector, value=value, reason=f"by {selector}")])
    given = {"acts": ("train.pretrain",), "purposes": ("noncommercial",), "party": "Harbour office"}
    store.consent.record([Request(kind="grant", selector="source", value="forum", **given)])
    opt_outs = root / "opt-outs.csv"
    opt_outs.write_text(
        "kind,selector,value,use,purpose,effective,until,reason\n"
        "takedown,url,https://harbour.example/notes/7,,,,,order of the court\n"
        "refusal,url,https://harbour.example/notes/8,train,commercial,,,asked by mail\n"
        "grant,url,https://harbour.example/notes/9,train,commercial,2026-01-01,2026-06-30,for half a year\n"
        "opt-out,domain,nobody.example,,,,,matches nothing yet\n",
        encoding="utf-8",
    )
    store.consent.import_(opt_outs)
    said = {"by": "Ada Moreno, harbour master", "reason": "another day, another log"}
    store.review.decide(store.record_id("note-54"), store.record_id("note-55"), "distinct", **said)
    # Read again after the withdrawals: refused rows, and their tombstones.
    lines(harbour / "c.jsonl", [row(60, host="gone.example"), row(61, text(6)), row(62)])
    store.ingest([harbour])
    recipe = root / "recipe.toml"
    recipe.write_text("[language]\nchars = 900\n", encoding="utf-8")
    store.tag(recipe=recipe, where="source_id = 'poets'")

    answers = root / "answers.json"
    permitted = {
        purpose: sorted(store.query(**USE, purpose=purpose, ids=True)["ids"])
        for purpose in ("commercial", "noncommercial")
    }
    answers.write_text(
        json.dumps({"status": store.status().as_json(), "permitted": permitted}, indent=1) + "\n", encoding="utf-8"
    )
    with tarfile.open(root / "store-3e1e8aa.tar.xz", "w:xz") as archive:
        for name in ("store", "shards", "answers.json", "harbour"):
            archive.add(root / name, name, filter=_plain)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""One small store for all relations: copies, near copies, reviews, events, rows read again, ancestors, a file that passed on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from rightful.events.consents import Request
from rightful.store.duck import rows
from rightful.store.records import RECORDS
from rightful.store.relations import Relation
from tests.unit.shelf import Shelf, wording

Row = dict[str, Any]
A, NEAR_A, B, NEAR_B, C = wording("a"), wording("a", 4), wording("b"), wording("b", 3), wording("c")
MANY_COLUMNS = 24
"""Of a relation with more columns those of a record are not shown, but for these."""
SHOWN = ("source_id", "source_record_id")


def write(folder: Path, name: str, *listed: Row, rows_in: str = "rows.jsonl", **card: Any) -> None:
    """A source: its card, and rows of these."""
    folder.mkdir(parents=True, exist_ok=True)
    said = {"name": name, "license": "CC0-1.0", "covers": "contents", "personal_data": "no", **card}
    (folder / "source.toml").write_text("".join(f"{k} = {json.dumps(v)}\n" for k, v in said.items()), encoding="utf-8")
    lines = [json.dumps({"id": f"{name}-{n}", **row}) + "\n" for n, row in enumerate(listed)]
    (folder / rows_in).write_text("".join(lines), encoding="utf-8")


def filled(root: Path) -> Shelf:
    """The store. What the landing of ``arriving`` would do is left to be seen."""
    shelf = Shelf(root)
    corpus = root / "corpus"
    write(corpus / "mine", "mine", {"text": A, "url": "https://mine.example/a"}, {"text": B}, {"text": C})
    write(corpus / "theirs", "theirs", {"text": A}, {"text": NEAR_B}, license="CC-BY-NC-4.0")
    write(corpus / "near", "near", {"text": NEAR_A}, {"text": wording("a", 9)}, license="CC-BY-4.0")
    parent = {"text": wording("p"), "url": "https://root.example/p", "license": "CC-BY-NC-4.0"}
    write(corpus / "root", "root", parent, {"text": wording("q"), "license": "MIT"})
    face = [{"text": wording("r"), "parents": ["root-1"]}, {"text": wording("s"), "url": parent["url"]}]
    write(corpus / "face", "face", *face, {"text": wording("t"), "parents": ["nowhere"]}, derived_from=["root"])
    mirrored = {"text": wording("u"), "parents": ["face-0"]}
    write(corpus / "mirror", "mirror", mirrored, derived_from=["face", "root"])
    write(corpus / "hill", "hill", *({"text": wording(f"h{n}"), "license": "CC-BY-NC-4.0"} for n in range(3)))
    (corpus / "old" / "part").mkdir(parents=True)
    write(corpus / "old", "old", {"text": wording("o")}, rows_in="part/rows.jsonl")
    shelf.store.ingest([corpus])
    # Rows that state less when they are read again, a text that is newer, a file that goes to another source.
    write(corpus / "hill", "hill", *({"text": wording(f"h{n}")} for n in range(3)))
    write(corpus / "near", "near", {"text": NEAR_A}, {"text": wording("z")}, license="CC-BY-4.0")
    (corpus / "old" / "part" / "source.toml").write_text('name = "new"\nlicense = "MIT"\npersonal_data = "no"\n')
    shelf.store.ingest([corpus])
    shelf.store.consent.record(
        [
            Request(kind="withdraw", selector="url-prefix", value="https://mine.example/"),
            Request(kind="withdraw", selector="source", value="old"),
            Request(kind="grant", selector="record", value=shelf.store.record_id("theirs-1"), acts=("train.pretrain",)),
            Request(kind="correct", selector="record", value=shelf.store.record_id("hill-2")),
        ]
    )
    who = {"by": "Ada", "reason": "read both"}
    shelf.store.review.decide("mine-1", "theirs-1", "distinct", **who)
    return shelf


def arriving(shelf: Shelf) -> Path:
    """A folder that is read, but not landed: what is refused, what is copied, what is known, what is newer."""
    corpus = shelf.root / "corpus"
    known = [{"text": C, "id": "mine-2"}, {"text": A}, {"text": B}, {"text": B, "id": "mine-4"}]
    write(corpus / "mine", "mine", *known)
    write(corpus / "hill", "hill", {"text": wording("h0")}, {"text": wording("newer")}, {"text": wording("h1", 3)})
    return corpus


LONG = 60
"""Of longer values only so many characters are shown."""


class Names:
    """What stands for the digests of a store, so that a diff shows what changed and no digest."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.known: dict[str, str] = {}
        listed = rows(
            con,
            """SELECT source_id, source_record_id, record_id, lower(hex(norm_sha256)), rights_id, card_sha256, part
            FROM all_records a JOIN part_order p USING (part) ORDER BY p.ordinal, a.row""",
        )
        for source, own, record, text, rights, card, part in listed:
            self._name(record, f"{source}:{own}")
            self._name(text, f"text of {source}:{own}")
            self._name(rights, f"profile {source}:{own}")
            self._name(card, f"card of {source}")
            self._name(part, "part")

    def _name(self, digest: str, name: str) -> None:
        if digest not in self.known:
            taken = sum(n == name or n.startswith(f"{name} (") for n in self.known.values())
            self.known[digest] = f"{name} ({taken + 1})" if taken else name

    def shown(self, value: Any) -> Any:
        """A value as it stands in a golden file."""
        if isinstance(value, bytes):
            return self.shown(value.hex())
        if isinstance(value, list):
            return sorted((self.shown(v) for v in value), key=str)  # the order in SQL is that of the digests
        if isinstance(value, dict):
            return {k: self.shown(v) for k, v in value.items()}
        if isinstance(value, str):
            anywhere = re.sub(r"/.*/corpus/|/.*/store/", "", value)
            said = re.sub(r"[0-9a-f]{16,}", lambda m: self._digest(m[0]), anywhere).replace(chr(31), " | ")
            return said if len(said) <= LONG else said[:LONG] + "…"
        if isinstance(value, float):
            return round(value, 3)
        return value if value is None or isinstance(value, bool | int) else str(value)

    def _digest(self, digest: str) -> str:
        found = self.known.get(digest) or next((n for d, n in self.known.items() if d.startswith(digest)), None)
        return found or "…"


def shown(con: duckdb.DuckDBPyConnection, made: Iterable[Relation], names: Names) -> str:
    """Each relation with its columns, its number of rows and the first ten of them, as a golden file has it."""
    lines = []
    for one in made:
        columns = one.columns.split()
        if len(columns) > MANY_COLUMNS:
            columns = [c for c in columns if c not in RECORDS.names or c in SHOWN]
        listed = rows(con, f"SELECT {', '.join(map(json.dumps, columns))} FROM {one.name}")
        encoded = sorted(json.dumps([names.shown(v) for v in row], ensure_ascii=False) for row in listed)
        body = "".join(f"\n    {row}," for row in encoded[:10]).rstrip(",")
        head = json.dumps({"columns": columns, "rows": len(listed)})[:-1]
        lines.append(f'  "{one.name}": {head}, "first": [{body}]}}')
    return "{\n" + ",\n".join(lines) + "\n}\n"

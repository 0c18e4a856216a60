"""A store in a folder whose sources hold copies and near copies of a few texts; the clock goes on by a minute a verb."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rightful.api import Store
from rightful.decisions.cases import Decided
from rightful.decisions.policy import UseOptions, read_policy
from rightful.events.consents import Request
from rightful.store.duck import connect, rows
from rightful.store.ledger import Ledger

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}


def wording(name: str, changed: int = 0, words: int = 200) -> str:
    """A text of its own for each name; ``changed`` of its last words differ, which leaves it a near copy."""
    kept = [f"{name}{n}" for n in range(words - changed)]
    return " ".join(kept + [f"{name}{changed}x{n}" for n in range(changed)])


class Shelf:
    """Sources are written, ingested and asked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.minutes = 0
        self.names: dict[str, str] = {}
        self.store = Store(root / "store", clock=self.clock)

    def clock(self) -> datetime:
        self.minutes += 1
        return NOON + timedelta(minutes=self.minutes)

    def put(self, name: str, *rows: str | dict[str, Any], **card: Any) -> None:
        """A source of this name with these texts, ingested."""
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        said = {"name": name, "license": "CC0-1.0", "covers": "contents", "personal_data": "no", **card}
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in said.items()]
        (folder / "source.toml").write_text("".join(lines), encoding="utf-8")
        listed = [row if isinstance(row, dict) else {"text": row} for row in rows]
        numbered = [json.dumps({"id": f"{name}-{n}", **row}) + "\n" for n, row in enumerate(listed)]
        (folder / "rows.jsonl").write_text("".join(numbered), encoding="utf-8")
        self.store.ingest([folder])

    def withdraw(self, selector: str, value: str, **limits: Any) -> None:
        self.store.consent.record([Request(kind="withdraw", selector=selector, value=value, **limits)])

    def chosen(self, **options: Any) -> list[str]:
        """What stays, by the ids that the sources gave."""
        ids = self.store.query(**{**USE, **options}, ids=True)["ids"]
        if not self.names.keys() >= set(ids):  # a record keeps the id that its source gave
            self.names |= {
                r["record_id"]: str(r["source_record_id"])
                for r in self.store.sql("SELECT record_id, source_record_id FROM records")
            }
        return [self.names[i] for i in ids]

    def reasons(self, **options: Any) -> dict[str, str]:
        """The first reason of every record, by the id that its source gave."""
        as_of = options.get("as_of")
        asked = UseOptions(
            use=("train.pretrain",), accept=("all",), as_of=datetime.fromisoformat(as_of) if as_of else None
        )
        law = self.store.catalog
        with closing(Ledger.open(self.store.layout.ledger)) as ledger, closing(connect(self.root / "spill")) as con:
            use = read_policy(self.store.layout.policy, law.vocabulary).use(asked, law.vocabulary, self.clock())
            decided = Decided(con, self.store.layout, ledger, ledger.snapshot(), law, use.as_of)
            decisions = decided.decide(use)
            decided.join(decisions)
            found = rows(con, "SELECT source_record_id, case_id FROM decided")
        return {str(name): decisions[case].reason.slug for name, case in found}

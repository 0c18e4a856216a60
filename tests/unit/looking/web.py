"""A store of web records, and captures of their hosts written into it: what is decided of each record."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from rightful.signals.web.captured import claims_of, deciding, stated
from rightful.signals.web.stated import RESERVE, UNKNOWN, License, Reading, Statement
from rightful.store.ledger import Ledger
from rightful.store.observations import parted
from rightful.store.parts import publish_table
from rightful.store.records import OBSERVATIONS
from tests.unit.policies import BASIS, signed, written
from tests.unit.shelf import Shelf

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ASKED: dict[str, Any] = {"use": "train.pretrain", "jurisdiction": "DE", "accept": "all"}
EVERYWHERE = ("robots", "tdmrep", "headers", "html")
TRAINING = Statement(frozenset({"train", "synth.derive"}), RESERVE, "noai")
OPEN = Statement(frozenset({"train"}), UNKNOWN, "train-ai=?!")
SEARCH = Statement(frozenset({"index.search"}), RESERVE, "search=n")


class Web(Shelf):
    """Records of a few hosts, without any licence, and a policy that relies on EU-DSM-4."""

    def __init__(self, root: Path, *, relies: bool = True) -> None:
        super().__init__(root)
        self.relies = relies

    def clock(self) -> datetime:
        self.minutes += 1
        return self.at + timedelta(seconds=self.minutes)

    at: datetime = NOON

    def shelve(self, *urls: str, name: str = "web", **card: Any) -> None:
        rows = [{"text": f"What stands at {url} is a text of its own.", "url": url} for url in urls]
        self.put(name, *rows, **card)

    def put(self, name: str, *rows: Any, **card: Any) -> None:
        given = {k: v for k, v in card.items() if v is not None}
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        says = {"name": name, "personal_data": "no", **given}
        tables = says.pop("observed", [])
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in says.items()]
        for table in tables:
            lines += ["\n[[observed]]\n"] + [f"{k} = {v if k == 'on' else json.dumps(v)}\n" for k, v in table.items()]
        (folder / "source.toml").write_text("".join(lines), encoding="utf-8")
        numbered = [json.dumps({"id": f"{name}-{n}", **row}) + "\n" for n, row in enumerate(rows)]
        (folder / "rows.jsonl").write_text("".join(numbered), encoding="utf-8")
        self.store.ingest([folder])
        if self.relies and not self.store.layout.policy.exists():
            signed(written(self.store.layout.root, BASIS), self.clock(), self.at + timedelta(days=4000))

    def capture(
        self,
        where: str,
        protocols: str | tuple[str, ...],
        result: str = "absent",
        *statements: Statement,
        on: datetime | None = None,
        recorded: datetime | None = None,
        licenses: tuple[License, ...] = (),
        digest: str = "",
    ) -> None:
        """One capture a protocol, of an address or (without a path) of a location, committed as a refresh does."""
        names = self.store.catalog.names
        listed = []
        for protocol in (protocols,) if isinstance(protocols, str) else protocols:
            reading = Reading(result, statements, licenses)
            address = where if where.count("/") > 2 else None
            scheme, host, port = parted("/".join(where.split("/")[:3]))
            listed.append(
                {
                    "scheme": scheme,
                    "host": host,
                    "port": port,
                    "address": address,
                    "protocol": protocol,
                    "observed_at": on or self.at - timedelta(days=1),
                    "result": result,
                    "statements": stated(reading),
                    "deciding": deciding(claims_of(protocol, reading, names, protocol, f"{protocol}/1")),
                    "by": None,
                    "varies": False,
                    "raw": b"as it was",
                    "sha256": hashlib.sha256(digest.encode()).digest(),
                    "detector": protocol,
                    "detector_version": "1",
                }
            )
        with closing(Ledger.open(self.store.layout.ledger, yes=True)) as ledger:
            part = publish_table(
                self.store.layout, "observations", pa.Table.from_pylist(listed, OBSERVATIONS), OBSERVATIONS
            )
            assert part is not None
            with ledger.commit("signal", "g", recorded or self.clock()) as commit:
                commit.add_parts([part])

    def permitted(self, **options: Any) -> set[str]:
        """The addresses of the records that may be used."""
        ids = set(self.store.query(**{**ASKED, **options}, ids=True)["ids"])
        return {r["url"] for r in self.store.sql("SELECT * FROM records") if r["record_id"] in ids}

    def why(self, url: str, **options: Any) -> set[str]:
        """The reasons of the decision on the record of an address."""
        return {r["reason"] for r in self.store.explain(url, **{**ASKED, **options})["reasons"]}

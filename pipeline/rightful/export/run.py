"""Export: choose, tokenize, write, read back, describe, register. Floor 8.

Everything is built in a hidden folder beside OUT, which takes OUT's name when it is whole; the ledger learns of it
last. The bytes under ``data/`` depend on the chosen records, the tokenizer, the format and the seed alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rightful import engine
from rightful.decisions.cases import Decided
from rightful.decisions.policy import Policy, standing
from rightful.errors import InputError, Refused
from rightful.export import SHARD_TOKENS, formats
from rightful.export.formats import Document
from rightful.export.manifest import MANIFEST, MANIFEST_VERSION, canonical_json, digest, export_id
from rightful.export.papers import INDEX_SCHEMA, Shard, write_attribution, write_card, write_index, write_refusals
from rightful.export.place import place, reserved, sweep_exports
from rightful.export.redaction import REDACTIONS, Redaction, RedactionLog, not_found
from rightful.export.shards import check_back, document_order, shard_plan
from rightful.export.tokens.encoders import Encoder, train, unknown_token
from rightful.export.tokens.encoding import BYTES, Batch, Spec, encode, encoder_of, leaving, runs
from rightful.export.tokens.gigatoken import AUTO, Choice, attempt
from rightful.export.tokens.spool import Spool, SpoolWriter, remove
from rightful.export.tokens.unwritable import ERROR, ON_UNENCODABLE
from rightful.notation.shown import counted
from rightful.query.exported import INDEX
from rightful.query.select import Answer, Selection
from rightful.rights.licenses import Catalog
from rightful.rights.undertakings import redacted
from rightful.rights.uses import Use
from rightful.store.check import check_parts
from rightful.store.conditions import unwritable
from rightful.store.duck import rows, scan, table
from rightful.store.layout import Layout, publish, sha256_file
from rightful.store.ledger import Ledger, stamp
from rightful.store.scratch import workspace
from rightful.store.sweep import committing, sweep

TOKENIZER = "tokenizer/tokenizer.json"
Progress = Callable[[str, int, int], None]
"""Called with (step, done, in all)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is ordered: where to, in which form, of what."""

    out: Path
    format: str
    tokenizer: str
    eod: str | None = None
    backend: str = AUTO
    where: str | None = None
    dedup: str = "near"
    prefer: tuple[str, ...] = ()
    shard_tokens: int = SHARD_TOKENS
    seed: int | None = None
    workers: int = 1
    snapshot: int | None = None
    redaction: Redaction | None = None
    on_unencodable: str = ERROR


def export(
    layout: Layout,
    ledger: Ledger,
    catalog: Catalog,
    use: Use,
    order: Order,
    now: datetime,
    *,
    policy: dict[str, Any] | None = None,
    today: Use | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Make an export and answer its manifest. Whatever fails leaves OUT and the store as they were.

    ``today`` is the request on what is undertaken now, where ``use`` is about another instant.

    Raises :class:`InputError` (OUT is taken, a tokenizer that is not one), :class:`Refused` (nothing is permitted).
    """
    form = formats.find(order.format)
    if order.shard_tokens < 1:
        raise InputError(f"--shard-tokens {order.shard_tokens} is not a positive number")
    if order.on_unencodable not in ON_UNENCODABLE:
        raise InputError(
            f"{order.on_unencodable!r} is not known", subject="--on-unencodable", hint=" or ".join(ON_UNENCODABLE)
        )
    if order.seed is not None and not -(2**63) <= order.seed < 2**63:
        raise InputError(f"--seed {str(order.seed)[:24]} is not a 64-bit number")
    out = order.out.resolve()
    try:
        sweep(layout)
        sweep_exports(layout, ledger)
        with workspace(layout, "export") as (con, _), reserved(layout, ledger, order.out) as building:
            job = Build(
                layout, ledger, catalog, use, order, now, con, building, form, policy or {}, progress, today or use
            )
            manifest, asset = job.run()
            with committing(layout, ledger):
                job.decide_again(int(manifest["snapshot"]))
                place(ledger, building, out, lambda: _register(layout, ledger, manifest, asset, out, now))
        return manifest
    except OSError as error:
        raise unwritable(error, order.out) from error


@dataclass(frozen=True, slots=True)
class _Spooled:
    """The tokens of the chosen records in their order, what was redacted, and what the tokenizer could not write."""

    spool: Spool
    log: RedactionLog | None
    lost: npt.NDArray[np.int64]
    unknown: int


def _register(
    layout: Layout, ledger: Ledger, manifest: dict[str, Any], asset: dict[str, Any] | None, out: Path, now: datetime
) -> None:
    """Tell the ledger, and keep the record index: what an export holds stays known when its folder is damaged."""
    with publish(layout.exported(str(manifest["export"])), private=True) as temporary:
        shutil.copyfile(out / INDEX, temporary)
    with ledger.commit("export", str(manifest["export"]), now) as commit:
        commit.add_export(str(manifest["export"]), str(out), digest(manifest), manifest)
        if asset is not None:
            described = {**asset, "export": manifest["export"]}
            commit.add_asset(str(asset["asset"]), "tokenizer", str(asset["name"]), str(asset["sha256"]), described)
        commit.summary.update(records=manifest["records"], tokens=manifest["tokens"])


@dataclass(slots=True)
class Build:
    """An export while it is made, in the folder ``building``; ``seen`` is the snapshot that it is chosen from."""

    layout: Layout
    ledger: Ledger
    catalog: Catalog
    use: Use
    order: Order
    now: datetime
    con: duckdb.DuckDBPyConnection
    building: Path
    form: formats.Format
    policy: dict[str, Any]
    progress: Progress | None
    today: Use
    seen: int = 0

    def run(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Choose, tokenize, write, read back, describe: the manifest, and the tokenizer that was trained, or None."""
        self.seen = self.ledger.snapshot()
        snapshot = self.ledger.check_snapshot(self.order.snapshot)
        check_parts(self.layout, self.ledger, self.ledger.snapshot())
        self._release(snapshot)
        decided = Decided(self.con, self.layout, self.ledger, snapshot, self.catalog, self.use.as_of, self._standing())
        order = self.order
        selection = Selection(
            decided, self.use, where=order.where, dedup=order.dedup, prefer=order.prefer, released=True
        )
        answer = selection.answer()
        if not answer.permitted[0]:
            raise _nothing(answer)
        chosen = self._chosen()
        spec, asset = self._tokenizer(decided, chosen)
        encoder = encoder_of(spec)
        made, choice = self._tokenize(chosen, spec, encoder)
        spool, log = made.spool, made.log
        shards = self._write_shards(chosen, spool, encoder)
        write_index(self.building / INDEX, chosen, shards, spool, selection.decisions, made.lost, log)
        remove(spool.path)
        write_refusals(self.building / "refusals.parquet", self.con, selection)
        write_attribution(self.building, self.con, self.catalog)
        backend = choice.as_json(chosen.column("content_sha256").to_pylist())
        owing = [n for n, d in enumerate(selection.decisions) if redacted(d.obligations)]
        manifest = self._manifest(answer, shards, encoder, backend, snapshot, asset, made, owing)
        with publish(self.building / MANIFEST) as temporary:
            temporary.write_bytes(canonical_json(manifest))
        return manifest, asset

    def decide_again(self, snapshot: int) -> None:
        """Hold the chosen records against what was committed while the export was made. Raises :class:`Refused`."""
        if self.ledger.snapshot() == self.seen:
            return
        today = replace(self.today, as_of=self.ledger.not_before(self.now))
        decided = Decided(self.con, self.layout, self.ledger, snapshot, self.catalog, today.as_of, self._standing())
        decided.join(decided.decide(today), "today")
        chosen = scan([self.building / INDEX], INDEX_SCHEMA)
        refused = (
            f"SELECT count(*) FROM {chosen} ANTI JOIN (SELECT record_id FROM today WHERE permit) USING (record_id)"
        )
        n = rows(self.con, refused)[0][0]
        if n:
            raise Refused(
                f"{counted(n, 'chosen record is', 'of the chosen records are')} no longer permitted:"
                " an event or a card arrived while the export was made",
                hint="run it again",
            )

    def _release(self, snapshot: int) -> None:
        """``released`` and ``released_for_tokenizer``: what the newest snapshot has and permits at this moment.

        Whatever instant or snapshot the request is about, what leaves has to be permitted today.
        """
        decided = Decided(
            self.con, self.layout, self.ledger, self.ledger.snapshot(), self.catalog, self.now, self._standing()
        )
        for name, acts in (("released", self.use.acts), ("released_for_tokenizer", ("train.tokenizer",))):
            today = replace(self.today, acts=acts, as_of=self.now)
            decided.join(decided.decide(today), "today")
            kept = f"CREATE OR REPLACE TABLE {name} AS SELECT record_id, content_sha256 FROM today WHERE permit"
            self.con.cursor().execute(kept).fetchall()

    def _standing(self) -> Policy:
        """The policy of the store as it is at this moment, with the named use that is asked."""
        return standing(self.layout, self.catalog.vocabulary, {"policy": self.policy})

    def _chosen(self) -> pa.Table:
        """The chosen records in the order of the store, without texts."""
        return table(
            self.con,
            """SELECT c.record_id, c.source_id, c.part, c.row, c.n_chars, c.content_sha256, c.rights_id, c.case_id
            FROM chosen c JOIN part_order p ON p.part = c.part ORDER BY p.ordinal, c.row""",
        )

    def _tokenizer(self, decided: Decided, chosen: pa.Table) -> tuple[Spec, dict[str, Any] | None]:
        tokenizer = self.order.tokenizer
        if tokenizer == BYTES:
            if self.order.eod is not None:
                raise InputError(
                    "has no effect with --tokenizer bytes, whose end of document is id 256", subject="--eod"
                )
            return Spec(BYTES), None
        target = self.building / TOKENIZER
        target.parent.mkdir()
        if tokenizer.startswith("train:"):
            return self._train(decided, chosen, tokenizer, target)
        path = Path(tokenizer)
        if not path.is_file():
            raise InputError(
                f"{tokenizer!r} is not a tokenizer", subject="--tokenizer", hint="a tokenizer.json, train:SIZE or bytes"
            )
        encoder_of(Spec(str(path.resolve()), self.order.eod))
        with publish(target) as temporary:
            temporary.write_bytes(path.read_bytes())
        return Spec(str(target), self.order.eod), None

    def _train(self, decided: Decided, chosen: pa.Table, tokenizer: str, target: Path) -> tuple[Spec, dict[str, Any]]:
        """Train on the chosen records that may train a tokenizer: an act of its own, which no other implies."""
        size = tokenizer.removeprefix("train:")
        if not (size.isdecimal() and len(size) <= 9):
            raise InputError(
                f"{tokenizer!r} names no vocabulary size", subject="--tokenizer", hint="for example train:8192"
            )
        use = replace(self.use, acts=("train.tokenizer",), requested=())
        permits = np.array([d.permits for d in decided.decide(use)])
        today = {r[0] for r in rows(self.con, "SELECT record_id FROM released_for_tokenizer")}
        kept = permits[chosen.column("case_id").to_numpy()] & [
            r in today for r in chosen.column("record_id").to_pylist()
        ]
        inputs = chosen.filter(pa.array(kept))
        if not inputs.num_rows:
            raise Refused(
                "none of the permitted records may train a tokenizer (act train.tokenizer)",
                hint="name a tokenizer file or bytes, or accept what train.tokenizer requires: rightful query --use train.tokenizer",
            )
        self._tell("train tokenizer", 0, inputs.num_rows)
        actual = train(self._texts(inputs), int(size), target)
        sha256 = sha256_file(target)
        members = hashlib.sha256("\n".join(inputs.column("record_id").to_pylist()).encode()).hexdigest()
        asset = {
            "asset": f"t-{sha256[:16]}",
            "name": f"tokenizer {sha256[:8]}",
            "sha256": sha256,
            "vocab_size": actual,
            "act": "train.tokenizer",
            "use": use.as_json(),
            "inputs": {"records": inputs.num_rows, "record_ids_sha256": members, "snapshot": decided.snapshot},
        }
        return Spec(str(target), self.order.eod), asset

    def _texts(self, records: pa.Table) -> Iterator[str]:
        """As they leave: what is taken out of them is in no vocabulary either."""
        for batch in self._batches(records, Spec(BYTES)):
            yield from leaving(batch)[1]

    def _batches(self, records: pa.Table, spec: Spec) -> Iterator[Batch]:
        """Runs of records of one part, by size."""
        parts = records.column("part").to_pylist()
        at = records.column("row").to_numpy()
        digests = records.column("content_sha256").to_pylist()
        for start, stop in runs(parts, records.column("n_chars").to_numpy()):
            texts = self.layout.part("texts", parts[start])
            yield Batch(
                texts, at[start:stop], tuple(digests[start:stop]), spec, self.order.redaction, self.order.on_unencodable
            )

    def _tokenize(self, chosen: pa.Table, spec: Spec, encoder: Encoder) -> tuple[_Spooled, Choice]:
        chars = int(pc.sum(chosen.column("n_chars")).as_py())
        return attempt(
            self.order.backend, encoder, chars, lambda name: self._spooled(chosen, replace(spec, backend=name), encoder)
        )

    def _spooled(self, chosen: pa.Table, spec: Spec, encoder: Encoder) -> _Spooled:
        width = np.dtype("<u2") if encoder.vocab_size <= 1 << 16 else np.dtype("<u4")
        path = self.building / ".spool"
        log = RedactionLog(self.building / REDACTIONS) if self.order.redaction is not None else None
        lost: list[npt.NDArray[np.int64]] = []
        done = unknown = 0
        with SpoolWriter(path, width) as writer, log or contextlib.nullcontext():
            for batch, made in engine.run(encode, self._batches(chosen, spec), self.order.workers, _named):
                writer.append(np.split(made.tokens, np.cumsum(made.lengths)[:-1]))
                if log is not None and made.outcome is not None:
                    log.add(done, made.outcome)
                lost.append(made.lost)
                unknown += made.unknown
                done += len(batch.rows)
                self._tell("tokenize", done, chosen.num_rows)
        return _Spooled(Spool(path, width), log, np.concatenate(lost), unknown)

    def _write_shards(self, chosen: pa.Table, spool: Spool, encoder: Encoder) -> list[Shard]:
        """Write every shard and read it back: what was written is what was meant."""
        ids = chosen.column("record_id").to_pylist()
        data = self.building / "data"
        shards: list[Shard] = []
        for number, members in enumerate(
            shard_plan(document_order(ids, self.order.seed), spool, self.order.shard_tokens)
        ):
            stem = f"shard-{number:05d}"
            documents = (Document(ids[i], spool.tokens(i)) for i in members)
            paths = self.form.write(data, stem, documents, encoder.vocab_size)
            check_back(self.form, data, stem, members, spool)
            files = [{"path": f"data/{p.name}", "sha256": sha256_file(p), "bytes": p.stat().st_size} for p in paths]
            shards.append(
                Shard(stem, tuple(int(i) for i in members), tuple(files), sum(spool.length(i) for i in members))
            )
            self._tell("write shards", sum(len(s.members) for s in shards), len(ids))
        return shards

    def _manifest(
        self,
        answer: Answer,
        shards: list[Shard],
        encoder: Encoder,
        backend: dict[str, Any],
        snapshot: int,
        asset: dict[str, Any] | None,
        made: _Spooled,
        owing: Sequence[int],
    ) -> dict[str, Any]:
        refused: dict[str, int] = {}
        for row in answer.excluded:
            refused[row["reason"]] = refused.get(row["reason"], 0) + row["records"]
        manifest: dict[str, Any] = {
            "manifest_version": MANIFEST_VERSION,
            "store": self.ledger.meta("store_id"),
            "format": self.order.format,
            "use": self.use.as_json(),
            "policy": self.policy,
            "snapshot": snapshot,
            "as_of": stamp(self.use.as_of),
            "catalog": self.catalog.digest,
            "selection": {"where": self.order.where, "dedup": self.order.dedup, "seed": self.order.seed},
            "survivors": answer.survivors,
            "tokenizer": {
                "kind": encoder.kind,
                "sha256": encoder.sha256,
                "vocab_size": encoder.vocab_size,
                "eod": encoder.eod,
                "eod_token": encoder.eod_token,
                "backend": backend,
                "path": TOKENIZER if (self.building / TOKENIZER).exists() else None,
                "asset": asset["asset"] if asset else None,
                "trained_on": asset["inputs"] if asset else None,
                "on_unencodable": self.order.on_unencodable,
                "unknown_tokens": None if unknown_token(encoder) is None else made.unknown,
            },
            "records": sum(len(s.members) for s in shards),
            "tokens": sum(s.tokens for s in shards),
            "chars": answer.permitted[1],
            "lost": int(made.lost.sum()),
            "lost_records": int(np.count_nonzero(made.lost)),
            "shards": [s.as_json() for s in shards],
            "refused": refused,
            "obligations": answer.obligations,
            "licenses": [row for row in answer.licenses if row["permitted"]],
            "sources": [row for row in answer.sources if row["permitted"]],
            "expires_at": answer.valid_until,
            "redaction": self._redaction(made.log, owing),
        }
        write_card(self.building / "README.md", manifest)
        manifest["files"] = [
            {"path": path.relative_to(self.building).as_posix(), "sha256": sha256_file(path)}
            for path in sorted(self.building.rglob("*"))
            if path.is_file() and path.parent.name != "data" and not path.name.startswith(".")
        ]
        manifest["export"] = export_id(manifest)
        return manifest

    def _redaction(self, log: RedactionLog | None, owing: Sequence[int]) -> dict[str, Any] | None:
        if self.order.redaction is None or log is None:
            return None
        redaction = self.order.redaction.as_json()
        missed = not_found(self.con, log.path, redaction["types"], owing)
        if missed:
            what = ", ".join(f"{kind} in {counted(n, 'record')}" for kind, n in missed.items())
            raise Refused(
                f"personal data that has to be taken out is not found by this scan: {what}",
                hint="scan the records again: rightful tag; or leave them out with --where",
            )
        return {**redaction, **log.as_json(), "not_found": not_found(self.con, log.path, redaction["types"])}

    def _tell(self, step: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(step, done, total)


def _named(batch: Batch) -> str:
    return f"{counted(len(batch.rows), 'record')} of part {batch.texts.stem}"


def _nothing(answer: Answer) -> Refused:
    why = "; ".join(f"{row['records']} {row['text']}" for row in answer.excluded[:3]) or "the store has no such records"
    more = answer.would_permit[0] if answer.would_permit else None
    hint = f"{more['option']} would permit {more['records']}" if more else None
    return Refused(f"nothing is permitted for this use ({why})", hint=hint)

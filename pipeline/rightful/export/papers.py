"""What lies beside the shards: record index, refusals, attribution, dataset card. Floor 8.

Titles, authors and addresses come from records and are hostile: they are escaped before they stand in Markdown.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rightful.decisions.cases import Decided
from rightful.export.formats import TEXT, text
from rightful.export.fronting import about_of, of_tokens
from rightful.export.kept_form import KEPT
from rightful.export.made import Made
from rightful.export.merkle import secret_of, with_secret
from rightful.export.own_form import JSON
from rightful.export.redaction import RedactionLog
from rightful.notation.shown import counted
from rightful.query.select import Selection, own_reason
from rightful.query.todo import ATTRIBUTION_LINES
from rightful.query.versions import PERMIT
from rightful.rights.decide import Decision
from rightful.rights.expression import all_of
from rightful.rights.licenses import Catalog
from rightful.rights.undertakings import words
from rightful.store.duck import batches
from rightful.store.layout import publish
from rightful.store.where import naming_condition

INDEX_SCHEMA = pa.schema(
    [
        pa.field("document", pa.int64(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("shard", pa.string(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),
        pa.field("first_token", pa.int64(), nullable=False),
        pa.field("length", pa.int64(), nullable=False),
        pa.field("content_sha256", pa.binary(32), nullable=False),
        pa.field("tokens_sha256", pa.binary(32)),
        pa.field("rights_id", pa.string(), nullable=False),
        pa.field("decision", pa.string(), nullable=False),
        pa.field("obligations", pa.list_(pa.string()), nullable=False),
        pa.field("redacted_sha256", pa.binary(32)),
        pa.field("redactions", pa.int32()),
        pa.field("lost", pa.int64()),
        pa.field("row_sha256", pa.binary(32)),
        pa.field("text_sha256", pa.binary(32)),
        pa.field("own_sha256", pa.binary(32)),
        pa.field("split", pa.string()),
        pa.field("rung", pa.float64()),
        pa.field("sequence", pa.int64()),
        pa.field("document_start", pa.int64()),
        pa.field("epoch", pa.int32()),
        pa.field("placed", pa.int64()),
        pa.field("placed_row", pa.int64()),
    ]
)
"""One row per document, or piece of one, in the order of the shards: a record has several rows where it was cut or comes
again. ``first_token`` counts all ids of the shard, padding among them. ``split`` is null where there are none, ``sequence``
the row of the shard, ``document_start`` where in the document's tokens a piece begins, ``epoch`` how often the record came
before; ``placed`` and ``placed_row`` the document and the row as they were numbered, over all shards, when the export was
made: a repair does not change them. All are null in exports of earlier versions, where every document is one row.
``tokens_sha256`` is over the ids as little-endian uint32; ``length`` counts the end-of-document token. In an export of
texts ``first_token`` and ``length`` count rows, ``tokens_sha256`` is null, ``row_sha256`` is over the row as JSON,
``text_sha256`` over its text and ``own_sha256`` over the own form of a conversation, null where none left.
``redacted_sha256`` and ``redactions`` are null in an export that was made without redaction. ``lost`` is null in exports of
earlier versions, which did not look. Its metadata has the secret of the nonces under which its records are proved
(``export/merkle.py``)."""

REFUSALS_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("decision", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
    ]
)


def tokens_sha256(tokens: Any) -> bytes:
    """The digest of a document's ids, whatever their width on disk."""
    return hashlib.sha256(tokens.astype("<u4").tobytes()).digest()


def write_index(out: Path, chosen: pa.Table, made: Made, decisions: Sequence[Decision], key: bytes) -> None:
    """Document -> record, shard, place, digests, rights, decision, what was redacted and lost. ``key``: the store's own."""
    owed = pa.array([words(d.obligations) for d in decisions], pa.list_(pa.string()))
    named = chosen.select(["record_id", "source_id", "content_sha256", "rights_id"]).combine_chunks()
    cases = chosen.column("case_id").to_numpy()
    leaving = None if made.log is None else _leaving(chosen, made.log)
    members = chosen.column("record_id").take(pa.array(made.records()))
    schema = with_secret(INDEX_SCHEMA, secret_of(key, sorted(members.to_pylist())))
    number = row = 0
    with publish(out) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        for shard in made.shards:
            planned, pieces = shard.planned, shard.planned.pieces
            n, at = len(pieces), pa.array(pieces.record)
            of = named.take(at)
            columns = {
                **{name: of.column(name) for name in of.column_names},
                "document": np.arange(number, number + n),
                "shard": pa.repeat(pa.scalar(shard.files[0]["path"]), n),
                "position": np.arange(n),
                "first_token": planned.first_tokens,
                "length": pieces.length,
                "decision": pa.repeat(pa.scalar(PERMIT), n),
                "obligations": owed.take(pa.array(cases[pieces.record])),
                "lost": made.lost[pieces.record],
                "split": pa.repeat(pa.scalar(planned.split, pa.string()), n),
                "rung": pa.repeat(pa.scalar(planned.rung, pa.float64()), n),
                "sequence": planned.sequences,
                "document_start": pieces.start,
                "epoch": pieces.epoch,
                "placed": np.arange(number, number + n),
                "placed_row": row + planned.sequences,
                **({} if leaving is None else {name: leaving.column(name).take(at) for name in leaving.column_names}),
                **made.documents.digests(pieces),
            }
            writer.write_table(pa.table({f.name: _column(columns.get(f.name), n, f.type) for f in schema}, schema))
            number, row = number + n, row + len(planned.row_lengths)


def _column(values: Any, n: int, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    """A column of the index; nulls where nothing is said."""
    if values is None:
        return pa.nulls(n, kind)
    return values.cast(kind) if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, kind)


def _leaving(chosen: pa.Table, log: RedactionLog) -> pa.Table:
    """Of every chosen record the digest with which it left, and how much was taken out of it."""
    digests, counts = chosen.column("content_sha256").to_pylist(), [0] * chosen.num_rows
    for i, (digest, count) in log.changed.items():
        digests[i], counts[i] = digest, count
    return pa.table({"redacted_sha256": pa.array(digests, pa.binary(32)), "redactions": pa.array(counts, pa.int32())})


def write_refusals(out: Path, con: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    """Every record that was considered and is not in the export, with the first reason. Never text."""
    first = [d.reason for d in selection.decisions]
    among = "EXISTS (SELECT 1 FROM undrawn u WHERE u.record_id = x.record_id)"
    undrawn = among if selection.narrowed else "false"
    with naming_condition(selection.where):  # it may fail on a record that is not permitted, so was not looked at yet
        con.cursor().execute(
            f"""CREATE OR REPLACE TABLE left_out AS
            SELECT x.record_id, x.case_id, x.released, x.is_here, x.held, {undrawn} AS is_undrawn
            FROM (SELECT * FROM judged WHERE {selection.where}) x
            WHERE NOT EXISTS (SELECT 1 FROM chosen c WHERE c.record_id = x.record_id)"""
        ).fetchall()
    reader = batches(
        con, "SELECT record_id, case_id, released, is_here, held, is_undrawn FROM left_out ORDER BY record_id"
    )
    with publish(out) as temporary, pq.ParquetWriter(temporary, REFUSALS_SCHEMA, compression="zstd") as writer:
        for batch in reader:
            cases = batch.column("case_id").to_pylist()
            words = [selection.decisions[c].status.word for c in cases]
            leaves = (batch.column(name).to_pylist() for name in ("released", "is_here", "held", "is_undrawn"))
            own = [
                own_reason(released=r, is_here=here, held=held, is_undrawn=u)
                for r, here, held, u in zip(*leaves, strict=True)
            ]
            judged = [*zip(cases, words, own, strict=True)]
            slugs = [mine if w == "permit" else first[c].slug for c, w, mine in judged]
            details = ["" if w == "permit" else first[c].detail for c, w, _ in judged]
            columns = [
                batch.column("record_id"),
                pa.array(words),
                pa.array(slugs, pa.string()),
                pa.array(details, pa.string()),
            ]
            writer.write_batch(pa.record_batch(columns, schema=REFUSALS_SCHEMA))


# A file that is one record names it (its id there is its name); one that holds many, such as a .jsonl, names none.
_CREDITS = """SELECT c.record_id, c.source_id,
    coalesce(c.title, CASE WHEN c.source_record_id = c.file THEN c.file END) AS title, c.attribution, c.url,
    coalesce(c.license_concluded, c.license_declared) AS license, c.case_id
    FROM chosen c JOIN part_order p ON p.part = c.part ORDER BY p.ordinal, c.row"""


CREDITED = pa.schema(
    [(name, pa.string()) for name in ("record_id", "source_id", "title", "attribution", "url", "license")]
)
"""One row per record of the export, in the order of the store."""
NO_LICENSE = "no licence; see the record index"
_BATCH = 65_536


@dataclass(frozen=True, slots=True)
class Credit:
    """Whom to credit for a record: its address, its licence, and its line of the attribution."""

    record_id: str
    url: str | None
    license: str | None
    line: str


def credits_of(decided: Decided) -> Iterator[Credit]:
    """The credits of the chosen records, in the order of the store."""
    for batch in _credited(decided, 8192):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            record, *_, url, license_ = row
            yield Credit(record, url, license_, _credit(row, decided.catalog))


def _lines(batch: pa.RecordBatch, catalog: Catalog) -> Iterator[str]:
    rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
    return (_credit(row, catalog) for row in rows)


def _credited(decided: Decided, most: int) -> Iterator[pa.RecordBatch]:
    """What :data:`CREDITED` names, of the chosen records: under the licence of the record, and the one that was read at its
    address."""
    read = decided.licenses_read()
    for batch in batches(decided.con, _CREDITS, most):
        columns = [batch.column(name) for name in CREDITED.names]
        if read:
            pairs = zip(columns[-1].to_pylist(), batch.column("case_id").to_pylist(), strict=True)
            columns[-1] = pa.array([_license(own, read.get(case), decided.catalog) for own, case in pairs], pa.string())
        yield pa.record_batch([c.cast(f.type) for c, f in zip(columns, CREDITED, strict=True)], schema=CREDITED)


def _license(own: str | None, read: str | None, catalog: Catalog) -> str | None:
    """What is stated of the record and at its address together: all of it holds."""
    stated = [one for one in (own, read) if one]
    return all_of(stated, catalog.names) if stated else None


def write_attribution(folder: Path, decided: Decided) -> None:
    """``ATTRIBUTION.md`` (sources, licences, and the records while they are few) and ``attribution.parquet`` (all)."""
    write_credits(folder, lambda: _credited(decided, _BATCH), decided.catalog)


def write_credits(folder: Path, credited: Callable[[], Iterator[pa.RecordBatch]], catalog: Catalog) -> None:
    """The same of rows of :data:`CREDITED`; ``credited`` gives them as often as it is called."""
    groups: Counter[tuple[str, str]] = Counter()
    with (
        publish(folder / "attribution.parquet") as temporary,
        pq.ParquetWriter(temporary, CREDITED, compression="zstd") as writer,
    ):
        for batch in credited():
            writer.write_batch(batch)
            under = (license_ or NO_LICENSE for license_ in batch.column("license").to_pylist())
            groups.update(zip(batch.column("source_id").to_pylist(), under, strict=True))
    lines = ["# Attribution", "", "Where the records of this export come from and under which licences they stay.", ""]
    lines += ["| source | licence | records |", "|---|---|---|"]
    for (source, license_), n in sorted(groups.items()):
        lines.append(f"| {escape(source)} | {_licence_link(license_, catalog)} | {n} |")
    lines.append("")
    if groups.total() <= ATTRIBUTION_LINES:
        lines += ["## Records", ""]
        lines += [f"- {line}" for batch in credited() for line in _lines(batch, catalog)]
    else:
        lines.append("Every record with its title, author, address and licence: `attribution.parquet`.")
    with publish(folder / "ATTRIBUTION.md") as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_card(out: Path, manifest: Mapping[str, Any]) -> None:
    """A dataset card: what the shards are, for which use, and that only ``data/`` is to be loaded."""
    use = manifest["use"]
    of_texts = manifest["format"] == TEXT
    shards = f"in {counted(len(manifest['shards']), 'shard')}"
    lines = [
        *_front(out.parent, manifest),
        "# An export of Rightful",
        "",
        f"{counted(manifest['records'], 'text')}, one row each, {shards} (text, as {manifest['text_as']})."
        if of_texts
        else f"{counted(manifest['records'], 'record')}, {counted(manifest['tokens'], 'token')} {shards} ({manifest['format']}),"
        " end-of-document tokens counted.",
        "",
        f"Made for: {', '.join(use['acts'])}; purpose {use['purpose']}; application {use['application'] or 'any that is not sensitive'}.",
        "Another use needs another decision: what this one permits says nothing about others.",
        "",
        f"Obligations: {', '.join(manifest['obligations']) or 'none'}.",
        f"Permission ends: {manifest['expires_at'] or 'no dated end is known'}.",
        "",
        "The shards lie in `data/` alone. `manifest.json` describes them, `index.parquet` says which"
        f" {'row is' if of_texts else 'tokens are'} which record,",
        "`ATTRIBUTION.md` whom to credit, `refusals.parquet` what was left out and why.",
        "Before use: `rightful verify` this folder; a permission may have been withdrawn since.",
    ]
    if of_texts:
        lines += _text_lines(use)
        lines += _own_lines(manifest.get("own_form"))
        lines += _kept_lines(manifest.get("kept"))
    if manifest.get("lost"):
        lines += [
            "",
            f"{counted(manifest['lost'], 'character')} of {counted(manifest['lost_records'], 'record')} could not be written:"
            " the tokenizer has no token for them. `lost` in `index.parquet` says of which records.",
        ]
    if manifest["redaction"]:
        lines += _redaction_lines(manifest["redaction"])
    if repairs := manifest.get("repairs"):
        lines += _repair_lines(repairs)
    with publish(out) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _front(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """What the hub and `datasets` read at the head of the card: licences and size, which files are data, and what the columns
    are. Where `datasets` cannot read the shards it says so."""
    about = ["---", *about_of(manifest)]
    suffix = {"parquet": "parquet", TEXT: manifest.get("text_as")}.get(manifest["format"])
    if suffix is None:
        return [*about, "viewer: false", "---", ""]
    lines = [*about, "configs:", *_configurations(manifest, suffix)]
    features = _columns(manifest) if manifest["format"] == TEXT else of_tokens(folder, manifest)
    if features:
        lines += ["dataset_info:"]
        rungs = [f"rung-{rung['share']:g}" for rung in manifest.get("ladder") or ()]
        for name in ("default", *rungs) if rungs else ():
            lines += [f"- config_name: {name}", "  features:", *(f"  {line}" for line in features)]
        lines += [] if rungs else ["  features:", *(f"  {line}" for line in features)]
    return [*lines, "---", ""]


def _columns(manifest: Mapping[str, Any]) -> list[str]:
    """The columns of texts; none where one of them has no type that a card could name."""
    own = dict((manifest.get("own_form") or {}).get("columns", {}))
    own |= {KEPT: manifest["kept"]["type"]} if (manifest.get("kept") or {}).get("records") else {}
    # A column that is null in all of the first rows would be taken for one of nothing. JSON has no type to name.
    if JSON in own.values() and manifest.get("text_as") != "parquet":
        return []
    features = []
    for column in text.COLUMNS:
        features += [f"- name: {column.name}", "  dtype: string"]
    for name, of in own.items():
        features += [f"- name: {json.dumps(name)}", *(f"  {line}" for line in _feature(of))]
    return features


def _configurations(manifest: Mapping[str, Any], suffix: str) -> list[str]:
    """The configurations of `datasets`: everything, and each rung of a ladder, both in their splits."""
    rungs = manifest.get("ladder") or []
    if not rungs and not manifest.get("splits"):
        return ["- config_name: default", f"  data_files: data/*.{suffix}"]
    folders = [rung["folder"] for rung in rungs]
    laddered = folders[0].split("/")[1:-1] if rungs else []
    others = [side["name"] for side in manifest.get("splits") or [] if [side["name"]] != laddered]
    lines = []
    for name, of in [
        ("default", folders),
        *((f"rung-{rung['share']:g}", folders[: n + 1]) for n, rung in enumerate(rungs)),
    ]:
        lines += [f"- config_name: {name}", "  data_files:"]
        if of:
            lines += [f"  - split: {laddered[0] if laddered else 'train'}", "    path:"]
            lines += [f"    - {folder}/*.{suffix}" for folder in of]
        for other in others:
            lines += [f"  - split: {other}", f"    path: data/{other}/*.{suffix}"]
    return lines


def _feature(of: Any) -> list[str]:
    """A type as a dataset card names it."""
    if isinstance(of, list) and isinstance(of[0], dict):
        return ["list:", *_members(of[0])]
    if isinstance(of, list):
        inner = _feature(of[0])
        return ["list:", *(f"  {line}" for line in inner)]
    if isinstance(of, dict):
        return ["struct:", *_members(of)]
    return [f"dtype: {_DTYPES.get(of, 'string')}"]


def _members(of: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, inner in of.items():
        lines += [f"- name: {json.dumps(name)}", *(f"  {line}" for line in _feature(inner))]
    return lines


_DTYPES = {"int64": "int64", "double": "float64", "bool": "bool"}


def _text_lines(use: Mapping[str, Any]) -> list[str]:
    """What a row is, and that to hand it on is a use of its own."""
    shared = {"share.verbatim", "share.adapted"} & set(use["acts"])
    return [
        "",
        "## Rows",
        "",
        f"`{'`, `'.join(column.name for column in text.COLUMNS)}`: `license` is the expression under which the record is,"
        " `attribution` its line of the attribution, in Markdown; `url` and `license` may be null.",
        "Titles, authors and texts come from outside: show them as text, never as markup.",
        *(
            []
            if shared
            else ["To hand these texts on to others is another use (`share.verbatim`), which was not decided here."]
        ),
    ]


def _kept_lines(kept: Mapping[str, Any] | None) -> list[str]:
    """What was kept beside the texts."""
    if not kept:
        return []
    less = (
        f" Of {counted(kept['redacted'], 'record')} some was taken out, or stayed behind." if kept["redacted"] else ""
    )
    return ["", f"`{KEPT}`: what the source says beside the text, of {counted(kept['records'], 'record')}.{less}"]


def _own_lines(own: Mapping[str, Any] | None) -> list[str]:
    """Which columns conversations have beside their text."""
    if own is None or not own["columns"]:
        return []
    left_out = f" {counted(own['left_out'], 'conversation')} left as text alone." if own["left_out"] else ""
    return [
        "",
        f"{counted(own['records'], 'conversation')} in the own form beside the text: `{'`, `'.join(own['columns'])}`; null in other rows."
        f"{left_out}",
    ]


def _redaction_lines(redaction: Mapping[str, Any]) -> list[str]:
    spans = ", ".join(f"{n} {kind}" for kind, n in redaction["spans"].items())
    missed = ", ".join(f"{kind} in {counted(n, 'record')}" for kind, n in redaction["not_found"].items())
    return [
        "",
        "## Redaction",
        "",
        f"Taken out of {counted(redaction['records'], 'record')} by a scan ({redaction['scanner']}): {spans or 'nothing'}."
        " What such a scan does not know stays: names, postal addresses, health.",
        *([f"Tagged when the records were read and not found by this scan: {missed}."] if missed else []),
        "`redactions.parquet` says where, never what. Record ids and the digests of the index are those of the stored",
        "texts: with them, what is short can be found by trial. Titles and authors in the attribution are as they were.",
    ]


_REPAIRED = {
    "exclude": "are still in the shards, and listed in `revocations.jsonl`: a loader has to skip them",
    "mask": "were overwritten in their places",
    "rewrite": "were taken out of the shards",
}


def _repair_lines(repairs: Sequence[Mapping[str, Any]]) -> list[str]:
    """What was permitted no more since the export was made, and what was done about it."""
    lines = ["", "## Versions", ""]
    for repair in repairs:
        note = f" {repair['note']}" if repair["note"] else ""
        lines.append(
            f"- Version {repair['version']} (`{repair['level']}`): {counted(repair['records'], 'record')}"
            f" {_REPAIRED[repair['level']]}.{note}"
        )
    lines += [
        "",
        "`revocations.jsonl` names every such record, with the shard and the digest of the shard that it was in. Manifests of",
        "the versions before lie in `superseded/`.",
    ]
    return lines


def escape(text: str) -> str:
    """Text of a record as one harmless line of Markdown."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return re.sub(r"([\\`*_{}\[\]()<>#+!|~&])", r"\\\1", plain)[:500]


def _credit(row: tuple[Any, ...], catalog: Catalog) -> str:
    record, source, title, author, url, license_ = row
    named = escape(title) if title else f"record {record}"
    line = named
    line += f", by {escape(author)}" if author else ""
    line += f", from {escape(source)}"
    line += f", {escape(url)}" if url else ""
    return line + f". {_licence_link(license_ or 'no licence', catalog)}."


def _licence_link(expression: str, catalog: Catalog) -> str:
    """The expression with every licence of the catalogue linked to its text."""
    words = re.split(r"([ ()]+)", expression)
    linked = [
        f"[{w}]({catalog.licenses[w].url})" if w in catalog.licenses else escape(w) if w.strip(" ()") else w
        for w in words
    ]
    return "".join(linked)

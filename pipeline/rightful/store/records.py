"""The record: identity, provenance, rights and tags, as Arrow schemas. Floor 4. `schemas/` is generated from here.

Tags and texts lie in separate Parquet files with the same rows in the same order, so that a scan never touches
text. The schema of ``records`` is identity + what each stage declares that it adds; one place, checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

import pyarrow as pa

from rightful.stages.license_columns import ADDS
from rightful.stages.order import STAGES
from rightful.stages.signature import Signature

SCHEMA_VERSION = "2"
"""The version of the tables below; every part has it in its metadata under ``rightful.schema_version``."""
ADDED: Mapping[str, str] = {"subject_keys": "2", "places": "2", "norm_rule": "2", "norm1_sha256": "2", "kept_key": "2"}
"""Columns that came with a later version of the tables, and which. Parts of an earlier one have NULL there, which means
"as before": whoever reads such a column says what that is. A column that is not listed here is in every part."""

ABSENT_IS_NULL = frozenset({"kept_key"})
"""Those of them of which null says all that there is to say of older parts, which need not be written anew for them."""

_DICT = pa.dictionary(pa.int32(), pa.string())
_DIGEST = pa.binary(32)

IDENTITY = (
    pa.field("record_id", pa.string(), nullable=False),
    pa.field("source_id", _DICT, nullable=False),
    pa.field("card_sha256", _DICT, nullable=False),
    pa.field("source_record_id", pa.string()),
    pa.field("file", pa.string(), nullable=False),
    pa.field("url", pa.string()),
    pa.field("host", pa.string()),
    pa.field("registrable_domain", pa.string()),
    pa.field("places", pa.list_(pa.string())),
    pa.field("fetched_at", pa.timestamp("us", tz="UTC")),
    pa.field("published_at", pa.timestamp("us", tz="UTC")),
    pa.field("title", pa.string()),
    pa.field("authors", pa.list_(pa.string())),
    pa.field("media_type", _DICT, nullable=False),
    pa.field("parents", pa.list_(pa.string())),
    pa.field("kept_key", pa.binary(32)),
)

RIGHTS = (pa.field("license_raw", pa.string()), *ADDS)

RUN = (pa.field("recipe_sha256", _DICT, nullable=False),)

RECORDS = pa.schema([*IDENTITY, *RIGHTS, *(f for stage in STAGES for f in stage.adds), *RUN])
"""One row per record, without its text."""

TEXTS = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("conversation", pa.large_string()),
        pa.field("kept", pa.large_string()),
    ]
)
"""The texts, apart from tags, and what else is content. A part without conversations, or without columns that were kept, has
no column for them."""

LATER_TEXTS = ("conversation", "kept")
"""The columns of ``texts`` that a part may lack."""

DUPLICATES = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("group_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("role", pa.string(), nullable=False),
        pa.field("matched_id", pa.string()),
        pa.field("similarity", pa.float64(), nullable=False),
    ]
)
"""``kind`` exact or near; ``role`` anchor or copy. A mark, not a choice: the query picks the survivor."""

SIGNATURES = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("norm_sha256", _DIGEST, nullable=False),
        *Signature.adds,
        pa.field("source_id", _DICT),
    ]
)
"""The sketch of every record, same rows and order as ``records``: what near copies are looked for with."""

PASSAGES = pa.schema([pa.field("key", pa.int64(), nullable=False)])
"""Where shingles are that were picked of texts: see :mod:`rightful.store.passages`."""

SKETCHES = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("bands", pa.binary(), nullable=False),
        pa.field("hashes", pa.binary(), nullable=False),
    ]
)
"""What is left of the sketches of erased texts: keyed hashes. See :mod:`rightful.dedup.erased`."""

PAIRS = pa.schema(
    [
        pa.field("record_id_a", pa.string(), nullable=False),
        pa.field("record_id_b", pa.string(), nullable=False),
        pa.field("similarity", pa.float64(), nullable=False),
        pa.field("method", pa.string(), nullable=False),
    ]
)
"""Near copies that were verified; ``a`` comes first in the order of anchors."""

EVIDENCE = pa.schema(
    [
        pa.field("rights_id", pa.string(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("evidence_id", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("tier", pa.int8()),
        pa.field("bound_to", pa.string()),
        pa.field("statement", pa.string()),
        pa.field("expression", pa.string()),
        pa.field("layer", pa.string()),
        pa.field("deciding", pa.string()),
        pa.field("raw", pa.string()),
        pa.field("place", pa.string()),
        pa.field("detector", pa.string()),
        pa.field("detector_version", pa.string()),
        pa.field("observed_at", pa.string()),
        pa.field("files", pa.list_(pa.string())),
    ]
)
"""One row a claim of a rights profile; ``deciding`` has the fields that decide, as canonical JSON. Kept for every source
that has the profile,
with what was read there: a claim that files beside the texts make has a row for each of them, with the ``files`` that it speaks
of (null: all that have the profile). A profile without any claim has one row with nulls."""

REJECTED = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("position", pa.string()),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("record_id", pa.string()),
        pa.field("run", pa.string(), nullable=False),
    ]
)
"""What did not become a record: ``outcome`` rejected (damaged) or refused (withdrawn). Never any text."""

HIDDEN = pa.schema(
    [
        pa.field("part", pa.string(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
"""Rows of older parts that no longer count: superseded by a newer version, or carrying older tags."""

ERASED = "erased"
"""Why a row is hidden whose text and identity were erased; and the recipe of such a row, which no run tags again."""

HOLDINGS = pa.schema(
    [
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("says", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("origin", pa.string()),
        pa.field("published_at", pa.timestamp("us", tz="UTC")),
    ]
)
"""What a file holds, where no row of its own says so: ``also`` a record whose row another file brought (``says`` which
row), ``not`` any longer a record of which it brought a row, a ``refused`` record. The newest list of a file counts."""

TOMBSTONES = pa.schema(
    [
        pa.field("event", pa.string(), nullable=False),
        pa.field("record_id", pa.string()),
        pa.field("source_id", pa.string()),
        pa.field("source_record_id", pa.string()),
        pa.field("url", pa.string()),
        pa.field("places", pa.list_(pa.string())),
        pa.field("content_sha256", pa.binary(32)),
        pa.field("norm_sha256", pa.binary(32)),
        pa.field("norm_rule", pa.int8()),
        pa.field("norm1_sha256", pa.binary(32)),
    ]
)
"""What an event matched: it keeps refusing copies and re-ingest after the record is gone."""

LATER_STONES = (
    pa.field("keyed", pa.bool_()),
    pa.field("reach", pa.string()),
    pa.field("was", pa.string()),
)
"""The columns of tombstones that a compaction adds; a part in which they say nothing does not have them."""
ALL_STONES = pa.schema([*TOMBSTONES, *LATER_STONES])
"""A tombstone as it may be. ``keyed``: the source's own id, the address, the places and the digests are keyed hashes.

``reach`` says of what was not matched itself how the event reaches it: ``copy`` (or an earlier version), which was erased as
well; ``near``, ``work`` or ``derived``, as its text was nearly, or counts as, or came from one that was erased. ``was`` is the
erased record that one which was taken in later is known by.
"""

OBSERVATIONS = pa.schema(
    [
        pa.field("scheme", pa.string(), nullable=False),
        pa.field("host", pa.string(), nullable=False),
        pa.field("port", pa.int32(), nullable=False),
        pa.field("address", pa.string()),
        pa.field("protocol", pa.string(), nullable=False),
        pa.field("observed_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("result", pa.string(), nullable=False),
        pa.field("statements", pa.string(), nullable=False),
        pa.field("deciding", pa.string(), nullable=False),
        pa.field("by", pa.string()),
        pa.field("varies", pa.bool_(), nullable=False),
        pa.field("raw", pa.binary()),
        pa.field("sha256", _DIGEST, nullable=False),
        pa.field("detector", pa.string(), nullable=False),
        pa.field("detector_version", pa.string(), nullable=False),
        pa.field("place", pa.string()),
    ]
)
"""What came of looking at a location, one row a location, protocol and instant. A row without ``address`` is about all of a
host (robots, TDMRep); one with it about that address, and goes before the row of its host of the same instant. ``statements``
is all that was stated, ``deciding`` the claims that come of it as canonical JSON; ``varies`` says that other addresses of the
host may have another result, so that new ones are read as well. ``place`` is where the capture stood in what was ingested, file
and byte; parts of an earlier version do not have it."""

KINDS = {
    "records": RECORDS,
    "texts": TEXTS,
    "signatures": SIGNATURES,
    "passages": PASSAGES,
    "sketches": SKETCHES,
    "duplicates": DUPLICATES,
    "pairs": PAIRS,
    "near": DUPLICATES,
    "evidence": EVIDENCE,
    "rejected": REJECTED,
    "hidden": HIDDEN,
    "holdings": HOLDINGS,
    "tombstones": ALL_STONES,
    "observations": OBSERVATIONS,
}
"""Kind of part -> its schema."""


def within(schema: pa.Schema, names: Collection[str]) -> pa.Schema:
    """Those columns of a schema that are among ``names``; the schema itself where all of them are."""
    return schema if set(schema.names) <= set(names) else pa.schema([field for field in schema if field.name in names])


def texts_with(names: Collection[str]) -> pa.Schema:
    """The schema of a part of texts that has these of :data:`LATER_TEXTS`."""
    return within(TEXTS, {"record_id", "text", *names})


def record_id(source_id: str, origin: str, content_sha256: bytes, license_raw: str | None = None) -> str:
    """The id of a record: a digest of its source, its id or address there, its content and its licence field.

    Never a row position: the same text from the same place has the same id in every run. Rows that differ in nothing
    but what they state about their licence are two records, so that neither statement is lost: as exact copies they
    contest each other.
    """
    stated = "" if license_raw is None else f"\x00{license_raw}"
    key = f"{source_id}\x00{origin}\x00".encode()
    return hashlib.sha256(key + content_sha256 + stated.encode()).hexdigest()[:32]

"""The columns of every Parquet file that a store or an export holds. Floor 9: part of `schema`.

Names, types and nullability are those of the Arrow schemas in the code; here is what each column means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from rightful.export.formats import parquet
from rightful.export.formats.text import parquet as as_parquet
from rightful.export.manifest import MANIFEST_VERSION
from rightful.export.papers import INDEX_SCHEMA, REFUSALS_SCHEMA
from rightful.export.redaction import REDACTIONS_SCHEMA
from rightful.query.stats import folder
from rightful.schema.shapes import matching
from rightful.stages import columns_of
from rightful.stages.license_columns import SAYS
from rightful.stages.normalize import Normalize
from rightful.stages.order import STAGES
from rightful.stages.signature import Signature
from rightful.store.records import KINDS, SCHEMA_VERSION

_RECORD_ID = "The record: 32 hex digits, a digest of source, origin, content and licence field. Never a row position."
_RIGHTS_ID = SAYS["rights_id"]
_CONTENT, _NORM, _RULE, _NORM1 = (
    Normalize.says[column] for column in ("content_sha256", "norm_sha256", "norm_rule", "norm1_sha256")
)

IDENTITY = {
    "record_id": _RECORD_ID,
    "source_id": "The source that the record came from, by the name on its card.",
    "card_sha256": "The source card that governed it, as a digest of what the card states.",
    "source_record_id": "What the source itself calls the record.",
    "file": "The file, relative to the folder of its card (POSIX).",
    "url": "The address, canonical: scheme and host in lower case, no default port, no fragment.",
    "host": "The host of the address.",
    "registrable_domain": "The part of the host that somebody registered, by the public suffix list.",
    "places": "Every place that its addresses mean, for withdrawals: spellings of one place are one, and an address"
    " inside another (an archive, a cache) counts as well. Null in older parts: those of its address.",
    "fetched_at": "When the record was fetched, as far as the source says.",
    "published_at": "When the record was published, as far as the source says.",
    "title": "The title, as the source has it: hostile text like all that comes from outside.",
    "authors": "The authors, as the source has them.",
    "media_type": "The media type of the text; of a conversation also its form: text/plain; conversation=messages.",
    "parents": "Ids of the rows that this one was made from; one that cannot be read is empty, and the id of no row.",
    "kept_key": "A keyed hash of what was kept beside the text, under the store's own key; null where nothing was.",
    "license_raw": "What the row says of its licence, as found: a list is a JSON array, several statements a JSON object by column.",
    **SAYS,
    "recipe_sha256": "The settings that the stages ran with, as a digest.",
}

PARTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "records": ("One row per record: identity, provenance, rights and tags, never the text.", IDENTITY),
    "texts": (
        "The texts of a part of records: the same rows in the same order, in a file of the same name.",
        {
            "record_id": _RECORD_ID,
            "text": "The text as it came, decoded; that of a conversation is made from its turns.",
            "conversation": "The conversation that the text was made from, as JSON: form, template, and columns with"
            " their values as they came. Null for other records; parts without conversations do not have the column.",
            "kept": "The columns of the row that nothing is read from, where they were asked for (keep), as one JSON object. The"
            " types of all of them are in the metadata of the file under rightful.kept; parts without do not have the column.",
        },
    ),
    "signatures": (
        "The sketch of every record, for finding near copies: the same rows in the same order as records.",
        {
            "record_id": _RECORD_ID,
            "norm_sha256": "SHA-256 of the normalised text.",
            **Signature.says,
            "source_id": "The source, for alarms.",
        },
    ),
    "passages": (
        "Where passages are: which shingles were picked of which texts, for finding what somebody comes with. One file a"
        " part of texts, called by the first 24 digits of its digest. How many bits of a key are the row, and which shingles"
        " were picked, stands in the metadata of the file under rightful.passages. Stores of earlier versions have none.",
        {"key": "The upper bits of the hash of a shingle, and below them the row in the part of texts; sorted."},
    ),
    "sketches": (
        "What is left of the sketches of texts that were erased: near copies that come later are known by it, and wait for a"
        " review. Made with the first erasure.",
        {
            "record_id": "The record that was erased.",
            "bands": "Keyed hashes of the 16 bands of its sketch, 8 bytes each, under the key of the tombstones.",
            "hashes": "Keyed hashes of its 112 values, each with its place, 4 bytes each.",
        },
    ),
    "pairs": (
        "Near copies that were verified, each pair once.",
        {
            "record_id_a": "The one that comes first in the order of anchors.",
            "record_id_b": "The other.",
            "similarity": "Jaccard similarity of their sets of shingles, 0 to 1.",
            "method": "How it was computed.",
        },
    ),
    "near": (
        "The groups of near copies of all records, in one part that takes the place of the one before; in the view "
        "duplicates beside the exact ones.",
        {
            "record_id": _RECORD_ID,
            "group_id": "The group of near copies.",
            "kind": "near.",
            "role": "anchor or copy.",
            "matched_id": "The anchor that it is a copy of; null for the anchor.",
            "similarity": "With the anchor, 0 to 1.",
        },
    ),
    "duplicates": (
        "Marks on copies. Nothing is chosen here: a query picks the survivor among the permitted.",
        {
            "record_id": _RECORD_ID,
            "group_id": "The group of copies.",
            "kind": "exact or near.",
            "role": "anchor for the first of the group in the order of the store, else copy.",
            "matched_id": "The record of which it is a copy; null for the anchor.",
            "similarity": "1 for exact copies.",
        },
    ),
    "evidence": (
        "One row per claim of a rights profile in a source; a profile without any claim has one row of nulls.",
        {
            "rights_id": _RIGHTS_ID,
            "source_id": "The source in which the claim was read; each that has the profile has its rows.",
            "evidence_id": "The claim, a digest of the fields that decide.",
            "kind": "grant, reservation, consent or gate: how the claim counts.",
            "tier": "0 to 7: what the claim rests on, the strongest first.",
            "bound_to": "work, location, collection or subject: what the claim is bound to.",
            "statement": "What is claimed, as a slug.",
            "expression": "The licence as an SPDX expression, where the claim is one.",
            "layer": "The ancestor that the claim is about; empty for the record's own source.",
            "deciding": "All fields that decide, as canonical JSON.",
            "raw": "What was read, as it stood there.",
            "place": "Where it was read.",
            "detector": "What read it.",
            "detector_version": "Which version of that.",
            "observed_at": "When it was observed, as far as it is known.",
            "files": "The files that it speaks of, where a file beside them claims it; null: all of the profile.",
        },
    ),
    "rejected": (
        "What did not become a record, each with why. Never any text.",
        {
            "file": "The file.",
            "position": "The line, row or byte; null where the whole file is meant.",
            "outcome": "rejected (damaged) or refused (withdrawn).",
            "reason": "Why.",
            "record_id": "The id that a refused record would have.",
            "run": "The run that met it.",
        },
    ),
    "hidden": (
        "Rows of older parts that no longer count.",
        {
            "part": "The part, a file name without its suffix.",
            "record_id": _RECORD_ID,
            "reason": "erased (a compaction emptied it), superseded (a newer version is there), retagged (newer tags are),"
            " retired (gone from its file, or with it),"
            " adopted (its file went to another source); or held by a file and not counting: elsewhere (the record counts as"
            " another file has it), outranked (another file has a later version).",
        },
    ),
    "holdings": (
        "Which records files hold whose rows came from other files; the newest list of each file counts, as the ledger says.",
        {
            "source_id": "The source of the file.",
            "file": "The file, as in records.",
            "record_id": _RECORD_ID,
            "says": "Which of the rows of the record the file has, as a digest of what it says beside id, text and licence.",
            "kind": "also: holds it; not: holds it no more, though its row stays for others; refused: holds it, withdrawn.",
            "origin": "i and the source's own id, or u and the address.",
            "published_at": "The date of the row.",
        },
    ),
    "tombstones": (
        "What a consent event matched: it refuses copies and re-ingest after the record is gone.",
        {
            "event": "The consent event.",
            "record_id": _RECORD_ID,
            "source_id": "Its source, where the source's own id alone names the record.",
            "source_record_id": "What the source calls it, where that names one record only.",
            "url": "Its address, where that names one record only.",
            "places": "What its address stands for, where that names one record only. Null in older parts: not looked at.",
            "content_sha256": _CONTENT,
            "norm_sha256": _NORM,
            "norm_rule": _RULE,
            "norm1_sha256": _NORM1,
            "keyed": "True after erasure: id, address, places and digests are HMAC-SHA-256 under a key of the store. Else null.",
            "reach": "copy, near, work or derived: how the event reaches what it did not match itself. Null: it was matched.",
            "was": "The erased record by which one that was taken in later is known.",
        },
    ),
    "observations": (
        "What came of looking for reservations at a location: one row per location, protocol and instant.",
        {
            "scheme": "http or https.",
            "host": "The host that was looked at.",
            "port": "The port, 80 or 443 unless the address names another.",
            "address": "The address that the row is about; null: all of the host (robots, TDMRep), but addresses with rows of their own.",
            "protocol": "robots, tdmrep, headers, html or terms.",
            "observed_at": "When somebody looked.",
            "result": "absent, found, unreadable or failed.",
            "statements": "What was stated, as JSON: acts, status and what stood there.",
            "deciding": "The claims that come of it, as canonical JSON.",
            "by": "Who looked, where somebody says so.",
            "varies": "Whether other addresses of the host may have another result.",
            "raw": "What was read, as it was; null where it is not kept (pages) or there is nothing.",
            "sha256": "SHA-256 of what was read.",
            "detector": "What read it.",
            "detector_version": "Which version of that.",
            "place": "Where it stood in the crawl that was ingested, file and byte; null: it came with a refresh.",
        },
    ),
}
"""Kind of part -> what it is, and what its columns are; those of ``records`` that a stage adds are described there."""

INDEX = {
    "document": "The document, counted from 0 in the order of the shards.",
    "record_id": _RECORD_ID,
    "source_id": "The source of the record.",
    "shard": "The shard's file, relative to the export.",
    "position": "The document's place in its shard, from 0.",
    "first_token": "Where the document begins in its shard, in tokens, padding counted; in rows with --format text.",
    "length": "Its tokens, the end-of-document token counted; 1, its row, with --format text.",
    "content_sha256": _CONTENT,
    "tokens_sha256": "SHA-256 over the token ids as little-endian uint32, whatever their width on disk; null with --format text.",
    "rights_id": _RIGHTS_ID,
    "decision": "permit.",
    "obligations": "The obligations that come with the permission.",
    "redacted_sha256": "SHA-256 of the UTF-8 that left, content_sha256 where nothing was taken out; null without --redact.",
    "redactions": "How many replacements there are in the text; null without --redact.",
    "lost": "Characters of the text that no token stands for (--on-unencodable count); null in exports of earlier versions.",
    "row_sha256": "SHA-256 over the row as JSON in UTF-8, keys sorted, without spaces; null in a shard of tokens.",
    "text_sha256": "SHA-256 of the UTF-8 of the text as it left; null in a shard of tokens.",
    "own_sha256": "SHA-256 of the own form of a conversation as it left: its columns as JSON, keys sorted, without members that"
    " are null; null where none left.",
    "split": "The split that it fell into; null where there are none.",
    "rung": "The share of the smallest rung of the ladder that it is in; null where there is none.",
    "sequence": "The row of its shard, from 0; null in exports of earlier versions, where every document is one row.",
    "document_start": "Where a piece begins in the tokens of its document; 0 for one that is whole, null in exports of earlier"
    " versions.",
    "epoch": "How often the record came before; null in exports of earlier versions, where it comes once.",
    "placed": "The document as it was numbered when the export was made: no repair changes it, so that a run resumes after one;"
    " null in exports of earlier versions.",
    "placed_row": "Its row, counted from 0 over all shards, as it was then; null in exports of earlier versions.",
}
REDACTED = {
    "record_id": _RECORD_ID,
    "types": "The types of personal data found there; overlapping ones make one replacement, which has the first one's name.",
    "start": "Where it begins in the stored text, in code points.",
    "stop": "Where it ends there.",
    "new_start": "Where the replacement begins in the text that was tokenized, in code points.",
    "new_stop": "Where it ends there.",
}
REFUSALS = {
    "record_id": _RECORD_ID,
    "decision": "deny, unknown, or permit where another copy stays.",
    "reason": "The first reason, as a slug.",
    "detail": "What the reason is about, such as a licence.",
}
SHARD = {
    "record_id": _RECORD_ID,
    "input_ids": "The token ids of the document; the last is the end-of-document token.",
    "n_tokens": "How many they are.",
}
SHARD_OF_TEXTS = {
    "record_id": _RECORD_ID,
    "text": "The text, without what --redact took out.",
    "url": "The address of the record.",
    "license": "The expression under which the record is: the concluded one, else the declared one.",
    "attribution": "Whom to credit, as the line of the record in ATTRIBUTION.md: Markdown, with what came from outside escaped.",
}

VALUES = {
    "value": "The value as it stands in the records: hostile text like all that comes from outside; null: none.",
    "records": "Records with it. Where a record has several values it counts under each.",
    "chars": "Unicode code points of their texts.",
    "bytes": "Bytes of their texts as UTF-8.",
    "share": "Of all records, 0 to 1.",
    "bytes_share": "Of all bytes, 0 to 1.",
}
BINS = {
    "histogram": "The name of the histogram.",
    "of": "What is counted: records, or groups of copies.",
    "low": "The bin begins here.",
    "high": "It ends before this; null: no end. The last bin of a share has its end.",
    "count": "How many.",
}


def tables() -> dict[str, dict[str, Any]]:
    """The description of every table, by name: parts of a store, then files of an export."""
    tags = {column: says for stage in STAGES for column, says in columns_of(stage).items()}
    described = matching(
        "parts", KINDS, {kind: {"says": says, "words": words} for kind, (says, words) in PARTS.items()}
    )
    described["records"]["words"] = IDENTITY | tags
    tables = {
        kind: table(
            kind,
            f"STORE/{kind}/PART.parquet",
            SCHEMA_VERSION,
            described[kind]["says"],
            schema,
            described[kind]["words"],
        )
        for kind, schema in KINDS.items()
    }
    version = str(MANIFEST_VERSION)
    for name, file, says, schema, words in (
        (
            "index",
            "EXPORT/index.parquet",
            "Which tokens or which row belong to which record, one row per document.",
            INDEX_SCHEMA,
            INDEX,
        ),
        (
            "redactions",
            "EXPORT/redactions.parquet",
            "What --redact took out of which text: where, never what. Only there with --redact.",
            REDACTIONS_SCHEMA,
            REDACTED,
        ),
        ("refusals", "EXPORT/refusals.parquet", "What was considered and left out.", REFUSALS_SCHEMA, REFUSALS),
        ("shard-parquet", "EXPORT/data/SHARD.parquet", "A shard of the format parquet.", parquet.SCHEMA, SHARD),
        (
            "shard-text",
            "EXPORT/data/SHARD.parquet",
            "A shard of the format text; with --text-as jsonl SHARD.jsonl has an object of the same keys per line."
            " Where conversations leave, their own columns stand behind these: own_form in the manifest.",
            as_parquet.SCHEMA,
            SHARD_OF_TEXTS,
        ),
        ("stats-values", "FOLDER/AXIS.parquet", "Of `rightful stats -o`: records by value.", folder.VALUES, VALUES),
        ("stats-bins", "FOLDER/histograms.parquet", "Of `rightful stats -o`: bins of numbers.", folder.BINS, BINS),
    ):
        tables[name] = table(name, file, version, says, schema, words)
    return tables


def table(name: str, file: str, version: str, says: str, schema: pa.Schema, words: Mapping[str, str]) -> dict[str, Any]:
    """One table. Raises :class:`ValueError` for a column that nothing is said of, or that is not there."""
    described = matching(f"columns of {name}", schema.names, {column: {"says": text} for column, text in words.items()})
    stages = {f.name: stage.name for stage in STAGES for f in stage.adds} if name == "records" else {}
    return {
        "name": name,
        "file": file,
        "version": version,
        "description": says,
        "fields": [
            {
                "name": f.name,
                "type": spelled(f.type),
                "nullable": f.nullable,
                **({"stage": stages[f.name]} if f.name in stages else {}),
                "description": described[f.name]["says"],
            }
            for f in schema
        ],
    }


def spelled(arrow: pa.DataType) -> str:
    """A type as Arrow prints it, without the name of a list's items, which differs between Arrow and Parquet."""
    return re.sub(r"list<\w+: ", "list<", str(arrow))

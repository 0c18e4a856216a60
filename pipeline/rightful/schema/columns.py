"""The columns of every Parquet file that a store or an export holds. Floor 10: part of `schema`.

Names, types and nullability are those of the Arrow schemas in the code; here is what each column means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from rightful.export.formats import parquet
from rightful.export.manifest import MANIFEST_VERSION
from rightful.export.papers import INDEX_SCHEMA, REFUSALS_SCHEMA
from rightful.export.redaction import REDACTIONS_SCHEMA
from rightful.query.stats import folder
from rightful.schema.shapes import matching
from rightful.store.records import KINDS, SCHEMA_VERSION, STAGES

_RECORD_ID = "The record: 32 hex digits, a digest of source, origin, content and licence field. Never a row position."
_RIGHTS_ID = "The rights profile, a digest of the claims that decide; many records share one."
_CONTENT = "SHA-256 of the text's UTF-8 as it came."
_NORM = "SHA-256 of the text as a reader sees it by the rule norm_rule: equal for exact copies."
_RULE = (
    "The number of the rule behind norm_sha256: 2 for rightful-norm/2; null for rightful-norm/1, of earlier versions."
)
_NORM1 = "SHA-256 by rightful-norm/1, where it is another: how earlier versions know the text."

RECORDS = {
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
    "media_type": "The media type of the text.",
    "parents": "Ids of the rows that this one was made from; one that cannot be read is empty, and the id of no row.",
    "license_raw": "What the row says of its licence, as found: a list is a JSON array, several statements a JSON object by column.",
    "license_declared": "The SPDX expression of the row, or of the card where the row states none.",
    "license_concluded": "The expression of card and row together (both hold); null where one cannot be read.",
    "license_conflict": "Card and row state different licences; the stricter holds.",
    "rights_id": _RIGHTS_ID,
    "attribution": "Whom to credit: the authors, else the publisher of the source.",
    "subject_keys": "A keyed hash for every spelling of the persons named, a null among them where they are several.",
    "subject_key": "A keyed hash of the person that the record is about, under the store's own key.",
    "collected_for": "What the source was collected for, as the card says.",
    "personal_data": "yes, no or unknown: whether the records are about persons, as the card says.",
    "legal_basis": "The legal basis for personal data that the card names.",
    "content_sha256": _CONTENT,
    "norm_sha256": _NORM,
    "norm_rule": _RULE,
    "norm1_sha256": _NORM1,
    "n_chars": "Unicode code points.",
    "n_bytes": "Bytes of UTF-8.",
    "language": "ISO 639 code of the main language; und where it is not determined, zxx for source code.",
    "language_score": "How sure the detector is, 0 to 1: about a half for two languages; not comparable between detectors.",
    "code_share": "Share of source code, 0 to 1: of the bytes in lines of code and of prose, those of code.",
    "n_words": "Runs of visible characters; scripts without spaces are not segmented.",
    "n_lines": "Lines.",
    "mean_word_length": "Visible characters a word.",
    "digit_share": "Share of the visible characters that are 0-9.",
    "upper_share": "Share of the visible characters that are A-Z.",
    "symbol_share": "Share of the visible characters that are ASCII punctuation.",
    "word_count": "Words with a letter or digit; where a script has no spaces, pieces of about a word.",
    "unspaced_word_share": "Share of those that are such pieces; above 0.5 no rule about the length of words is asked.",
    "word_length": "Mean characters of those that are not.",
    "hash_ratio": "Number signs (#) per word.",
    "ellipsis_ratio": "Ellipses (... and U+2026) per word.",
    "bullet_line_share": "Share of the lines that are not blank (as in all line shares) that begin with a bullet.",
    "ellipsis_line_share": "Share of the lines that end in an ellipsis.",
    "alpha_word_share": "Share of all words that have a letter.",
    "stop_words": "Distinct stop words, of the language that has most of them here.",
    "dup_line_share": "Share of the lines that were there before.",
    "dup_line_char_share": "Share of the characters that are in such lines.",
    "dup_paragraph_share": "Share of the paragraphs that were there before.",
    "dup_paragraph_char_share": "Share of the characters that are in such paragraphs.",
    **{
        f"top_{n}gram_share": f"Share of the characters that the most frequent {n} words in a row make up."
        for n in (2, 3, 4)
    },
    **{
        f"dup_{n}gram_share": f"Share of the characters in {n} words in a row that were there before."
        for n in range(5, 11)
    },
    "terminal_line_share": "Share of the lines that end as C4 asks.",
    "few_word_line_share": "Share of the lines with fewer words than C4 asks for.",
    "javascript_line_share": "Share of the lines that mention Javascript.",
    "policy_line_share": "Share of the lines about cookies, privacy or terms of use.",
    "c4_line_share": "Share of the lines that C4 keeps.",
    "c4_sentences": "Sentences in the lines that C4 keeps.",
    "c4_curly_lines": "Lines with a curly bracket, of those that C4 would otherwise keep.",
    "c4_lorem_lines": "Lines with lorem ipsum, of those that C4 would otherwise keep.",
    "punctuated_line_share": "Share of the lines that end in what ends a sentence in any script.",
    "short_line_share": "Share of the lines with few characters.",
    "line_char_dup_ratio": "Characters in lines that were there before, per character that is no line feed.",
    "newline_ratio": "Line feeds per word.",
    "upper_line_share": "Share of the lines that are mostly capitals.",
    "numeric_line_share": "Share of the lines with digits and no letter.",
    "one_word_line_share": "Share of the lines of one word.",
    "counter_line_share": "Share of the lines such as 3 likes.",
    "flagged_word_share": "Share of the words that are in lines of the last four kinds.",
    "filters_failed": "The rules of the preset that the text fails, in a fixed order: a tag, nothing is deleted for it. Null: not asked.",
    "classifier_label": "The likeliest label by the user's own model; null without one and for a perplexity.",
    "classifier_score": "The score of the label, or the perplexity, by the user's own model; null without one.",
    "contamination": "Share of the words that n-grams of the evaluation sets cover; null, as the next three, where no sets are given.",
    "contamination_item_share": "The largest share of one evaluation item that is found in the text, however long the text is.",
    "contamination_item": "That item: name of the set, a colon, the line or row in its file; empty where nothing was found.",
    "contaminated_by": "The evaluation sets of which an item has at least the share threshold. A tag: nothing is deleted for it.",
    "pii_state": "found, none_found or not_scanned, of the kinds that the stage looks for; not: no personal data.",
    "pii_types": "The kinds that were found, sorted.",
    "pii_counts": "How often each of pii_types was found, in the same order.",
    "pii_spans": "Where, in code points, in order and without overlap; null where not asked for or not scanned.",
    "recipe_sha256": "The settings that the stages ran with, as a digest.",
}

PARTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "records": ("One row a record: identity, provenance, rights and tags, never the text.", RECORDS),
    "texts": (
        "The texts of a part of records: the same rows in the same order, in a file of the same name.",
        {"record_id": _RECORD_ID, "text": "The text as it came, decoded."},
    ),
    "signatures": (
        "The sketch of every record, for finding near copies: the same rows in the same order as records.",
        {
            "record_id": _RECORD_ID,
            "norm_sha256": "SHA-256 of the normalised text.",
            "n_shingles": "How many runs of words the text has; 0 for a text without words, which matches nothing.",
            "signature": "112 MinHash values of 32 bits, little endian (scheme affine32 of datasketch).",
            "source_id": "The source, for alarms.",
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
            "matched_id": "The record that it is a copy of; null for the anchor.",
            "similarity": "1 for exact copies.",
        },
    ),
    "evidence": (
        "One row a claim of a rights profile in a source; a profile without any claim has one row of nulls.",
        {
            "rights_id": _RIGHTS_ID,
            "source_id": "The source in which the claim was read; each that has the profile has its rows.",
            "evidence_id": "The claim, a digest of the fields that decide.",
            "kind": "grant, reservation, consent or gate: how the claim counts.",
            "tier": "0 to 7: what the claim rests on, the strongest first.",
            "bound_to": "work, location, collection or subject: what the claim sticks to.",
            "statement": "What is claimed, as a slug.",
            "expression": "The licence as an SPDX expression, where the claim is one.",
            "layer": "The ancestor that the claim is about; empty for the record's own source.",
            "deciding": "All fields that decide, as canonical JSON.",
            "raw": "What was read, as it stood there.",
            "place": "Where it was read.",
            "detector": "What read it.",
            "detector_version": "Which version of that.",
            "observed_at": "When it was observed, as far as it is known.",
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
            "reason": "superseded (a newer version is there), retagged (newer tags are), retired (gone from its file, or with it),"
            " adopted (its file went to another source); or held by a file and not counting: elsewhere (the record counts as"
            " another file has it), outranked (another file has a later version).",
        },
    ),
    "holdings": (
        "What files hold of records whose rows other files brought; the newest list of a file counts, which the ledger knows.",
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
        },
    ),
}
"""Kind of part -> what it is, and what its columns are."""

INDEX = {
    "document": "The document, counted from 0 in the order of the shards.",
    "record_id": _RECORD_ID,
    "source_id": "The source of the record.",
    "shard": "The shard's file, relative to the export.",
    "position": "The document's place in its shard, from 0.",
    "first_token": "Where the document begins in its shard, in tokens.",
    "length": "Its tokens, the end-of-document token counted.",
    "content_sha256": _CONTENT,
    "tokens_sha256": "SHA-256 over the token ids as little-endian uint32, whatever their width on disk.",
    "rights_id": _RIGHTS_ID,
    "decision": "permit.",
    "obligations": "The obligations that come with the permission.",
    "redacted_sha256": "SHA-256 of the UTF-8 that was tokenized, content_sha256 where nothing was taken out; null without --redact.",
    "redactions": "How many replacements there are in the text; null without --redact.",
    "lost": "Characters of the text that no token stands for (--on-unencodable count); null in exports of earlier versions.",
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
    said = matching("parts", KINDS, {kind: {"says": says, "words": words} for kind, (says, words) in PARTS.items()})
    found = {
        kind: table(kind, f"STORE/{kind}/PART.parquet", SCHEMA_VERSION, said[kind]["says"], schema, said[kind]["words"])
        for kind, schema in KINDS.items()
    }
    version = str(MANIFEST_VERSION)
    for name, file, says, schema, words in (
        ("index", "EXPORT/index.parquet", "Which tokens are which record, one row a document.", INDEX_SCHEMA, INDEX),
        (
            "redactions",
            "EXPORT/redactions.parquet",
            "What --redact took out of which text: where, never what. Only there with --redact.",
            REDACTIONS_SCHEMA,
            REDACTED,
        ),
        ("refusals", "EXPORT/refusals.parquet", "What was considered and left out.", REFUSALS_SCHEMA, REFUSALS),
        ("shard-parquet", "EXPORT/data/SHARD.parquet", "A shard of the format parquet.", parquet.SCHEMA, SHARD),
        ("stats-values", "FOLDER/AXIS.parquet", "Of `rightful stats -o`: records by value.", folder.VALUES, VALUES),
        ("stats-bins", "FOLDER/histograms.parquet", "Of `rightful stats -o`: bins of numbers.", folder.BINS, BINS),
    ):
        found[name] = table(name, file, version, says, schema, words)
    return found


def table(name: str, file: str, version: str, says: str, schema: pa.Schema, words: Mapping[str, str]) -> dict[str, Any]:
    """One table. Raises :class:`ValueError` for a column that nothing is said of, or that is not there."""
    said = matching(f"columns of {name}", schema.names, {column: {"says": text} for column, text in words.items()})
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
                "description": said[f.name]["says"],
            }
            for f in schema
        ],
    }


def spelled(arrow: pa.DataType) -> str:
    """A type as Arrow prints it, without the name of a list's items, which differs between Arrow and Parquet."""
    return re.sub(r"list<\w+: ", "list<", str(arrow))

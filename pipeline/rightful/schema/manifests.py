"""What an export says of itself (``manifest.json``). Floor 9: part of `schema`."""

from __future__ import annotations

from rightful.decisions import DEDUP
from rightful.export.formats.text import names as text_names
from rightful.export.manifest import MANIFEST_VERSION
from rightful.export.redaction import SETTINGS as REDACTION_SETTINGS
from rightful.export.upkeep.verify import OUTSIDE
from rightful.export.words import ON_UNENCODABLE
from rightful.query.select import OWN_REASONS
from rightful.query.versions import LEVELS
from rightful.schema.pieces import (
    leaving_out,
    obligations,
    overlays,
    path_of,
    policy,
    reason_of,
    survivors,
    tally,
    todo,
    use,
)
from rightful.schema.planned import PLANNED, planned
from rightful.schema.shapes import (
    Shape,
    answer,
    by_name,
    digest,
    instant,
    maybe,
    name_of,
    several,
    text,
    whole,
)
from rightful.stages.pii.stage import TYPES

_LATER = ("padding", "documents", "rows")
"""What earlier versions did not say of a shard."""


def manifest() -> Shape:
    """``manifest.json``, which is also what ``export`` answers."""
    files = answer(
        "A file of the export.",
        {"path": path_of("The file."), "sha256": digest("Of its bytes."), "bytes": whole("Size.")},
    )
    shard = {
        "path": path_of("The file with the documents."),
        "sha256": digest("Of that file."),
        "tokens": maybe(whole("Tokens, end-of-document tokens counted; null with --format text.")),
        "padding": maybe(whole("Ids between and behind documents that are in none; null with --format text.")),
        "records": whole("Records of which it has something."),
        "documents": whole("Documents, and pieces of those that were cut."),
        "rows": whole("Rows, or sequences, of the shard."),
        "files": several("All files of the shard.", files),
    }
    keys = {
        "manifest_version": {"description": "The form of the manifest.", "const": MANIFEST_VERSION},
        "export": text("The id of the export: a digest of the rest of the manifest.", pattern="x-[0-9a-f]{16}"),
        "store": name_of("The store that it came from."),
        "format": name_of("The shard format; memory for texts that were handed over in memory."),
        "handed_to": text("Who took what was handed over in memory, as was said then."),
        "text_as": maybe(text("How texts were written; null for a format of tokens.", known=text_names())),
        "own_form": maybe(own_form()),
        "kept": maybe(kept_form()),
        "use": use(),
        "policy": policy(),
        "snapshot": whole("The snapshot of the store."),
        "as_of": instant("The instant that was decided for."),
        "catalog": digest("Of the licence catalogue that decided, readings of one's own left aside."),
        "overlay": overlays(),
        "selection": answer(
            "What was requested beside the use.",
            {
                "where": maybe(text("The condition on the columns of a record.")),
                "dedup": text("Which copies count as one.", known=DEDUP),
                "seed": maybe({"description": "The seed of the order of documents.", "type": "integer"}),
            },
        ),
        "survivors": survivors(),
        "tokenizer": maybe(tokenizer()),
        "records": whole("Records of which something is in a shard."),
        "documents": whole("Documents in all shards, and pieces of those that were cut: the rows of the index."),
        "tokens": maybe(whole("Tokens in all shards, padding not counted; null with --format text.")),
        "padding": maybe(whole("Ids in all shards that are in no document; null with --format text.")),
        **planned(),
        "chars": whole("Characters of their texts, as they are stored."),
        "lost": whole("Characters that the tokenizer could not write, so that no token stands for them."),
        "lost_records": whole("Records with such characters."),
        "shards": several("The shards, in order.", answer("A shard.", shard, optional=_LATER)),
        "files": several("What lies beside the shards.", answer("A file.", leaving_out(files, "bytes"))),
        "refused": by_name(
            "What was left out: first reason -> records.", whole("Records."), reason_of([*OWN_REASONS, *OUTSIDE])
        ),
        "obligations": obligations(),
        "todo": todo(),
        "licenses": tally("license", "The licences of what is in it."),
        "sources": tally("source", "The sources of what is in it."),
        "expires_at": maybe(instant("The first instant at which a permission may end.")),
        "redaction": maybe(redaction()),
        "records_root": maybe(
            digest(
                "The root of the tree by which single records are proved (docs/withdrawal.md); null: its index has none."
            )
        ),
        **versions(),
    }
    says = "The description of an export, against which everything else is checked; canonical JSON."
    return answer(
        says,
        keys,
        optional=[
            "handed_to",
            "redaction",
            "lost",
            "lost_records",
            "text_as",
            "own_form",
            "kept",
            "overlay",
            "todo",
            "records_root",
            *PLANNED,
            *versions(),
        ],
    )


def versions() -> dict[str, Shape]:
    """What a manifest says that is not the first of its export; none of it stands in one that is."""
    before = {
        "export": text("Its id.", pattern="x-[0-9a-f]{16}"),
        "manifest_sha256": digest("Of its manifest, which lies in superseded/."),
    }
    shard = {
        "before": path_of("The shard as the version before has it."),
        "sha256": digest("Of that file."),
        "path": maybe(path_of("The shard as it is now; null where nothing of it was left.")),
    }
    repair = {
        "version": whole("The version that it made."),
        "level": text("What was done with the records.", known=LEVELS),
        "snapshot": whole("The snapshot of the store by which it was decided."),
        "as_of": instant("The instant that was decided for."),
        "catalog": digest("Of the licence catalogue that decided."),
        "events": several("The events that matched them.", text("An event.")),
        "records": whole("Records that were taken out, masked, or put on the deny list."),
        "reasons": by_name("Why: reason -> records.", whole("Records.")),
        "shards": several("The shards that were written anew.", answer("A shard.", shard)),
        "filler": maybe(whole("The id in the place of every masked one; null where none was masked.")),
        "mask_column": maybe(text("The column that says so to a trainer; null where the format has none.")),
        "note": text("What a trainer sees, and what was left as it was; may be empty."),
    }
    return {
        "version": whole("The version: one more with each repair."),
        "level": text("What the last repair did: exclude, mask or rewrite.", known=LEVELS),
        "supersedes": answer("The version before.", before),
        "repairs": several("Every repair, oldest first.", answer("A repair.", repair)),
    }


def own_form() -> Shape:
    """How conversations left beside their texts."""
    keys = {
        "records": whole("The conversations that left in their own form beside their text."),
        "left_out": whole(
            "Those that left as texts alone, because redaction could not be repeated exactly in their turns."
        ),
        "columns": by_name(
            "Their columns, with the types of the values: a list has one type, an object one for each name; json where"
            " no such type has all values, which are strings of JSON in Parquet then.",
            {"description": "The type of a column.", "type": ["string", "array", "object"]},
        ),
    }
    return answer("Conversations in their own form, with --format text; null where none left.", keys)


def kept_form() -> Shape:
    """How kept columns left beside their texts."""
    keys = {
        "records": whole("The records that have kept columns beside their text."),
        "redacted": whole("Those of which some was taken out as personal data, or stayed behind with it."),
        "type": {
            "description": "The type of the column kept: an object with a type for each name; json is a string, in which what"
            " is none stands as JSON.",
            "type": ["string", "object"],
        },
    }
    return answer("What was kept of the rows of the sources, with --format text; null where nothing was.", keys)


def redaction() -> Shape:
    """What an export took out of its texts."""
    settings = {name: text(f"Its setting {name}.") for name in REDACTION_SETTINGS}
    kind = text("A type of personal data.", pattern="[a-z][a-z0-9_.]{0,39}")
    return answer(
        "The personal data that was taken out of the texts; null without --redact.",
        {
            "types": several("The types that were looked for, groups resolved.", text("A type.", known=TYPES)),
            "replacement": text("What was put in its place; {type} is the type that was found."),
            "scan": answer("The settings of the scan.", settings),
            "scanner": name_of("The rules of the scan, with their version."),
            "detector": name_of("The same, with the versions of the lists that it uses."),
            "records": whole("Records that something was taken out of."),
            "spans": by_name("Type -> replacements of it.", whole("Replacements."), kind),
            "chars": whole("Characters of the texts as they were tokenized."),
            "not_found": by_name(
                "Type -> records tagged with it in which this scan found none.", whole("Records."), kind
            ),
        },
    )


def tokenizer() -> Shape:
    """The tokenizer of an export."""
    sample = {
        "requested": text("What was asked for: a share, or a number."),
        "of": whole("How many of the records may train it."),
        "seed": {"description": "The seed of the draw, which is by a digest of the record id.", "type": "integer"},
    }
    trained = {
        "records": whole("How many records it was trained on."),
        "record_ids_sha256": digest("Of their ids, one per line."),
        "snapshot": whole("Of which snapshot."),
        "sample": maybe(answer("Which of them, with --train-sample; null: all of them.", sample)),
    }
    backend = {
        "name": name_of("hf (also for bytes) or gigatoken."),
        "version": maybe(text("Its version; null for hf.")),
        "compared": maybe(whole("How many documents hf encoded too, with the same ids.")),
        "note": maybe(text("Why hf took the place of another: the difference that was found.")),
    }
    return answer(
        "What turned text into tokens; null with --format text.",
        {
            "kind": name_of("bytes or tokenizer.json."),
            "sha256": digest("Of the tokenizer."),
            "vocab_size": whole("The largest id plus one, added tokens counted."),
            "eod": whole("The id of the end-of-document token."),
            "eod_token": maybe(text("That token.")),
            "backend": answer("Which library ran it. Another one does not change the ids.", backend),
            "requested": maybe(
                text("How it was asked for: bytes, train:N, a name, or the name of a file; null: it is the default.")
            ),
            "taken_from": maybe(
                text(
                    "Where one that was named lay: STORE is the store's folder, HUB the cache of Hugging Face; null otherwise."
                )
            ),
            "path": maybe(path_of("Its file in the export.")),
            "asset": maybe(text("The asset that it is registered as.")),
            "trained_on": maybe(answer("What it was trained on.", trained, optional=["sample"])),
            "on_unencodable": text("What was asked about characters that it cannot write.", known=ON_UNENCODABLE),
            "unknown_tokens": maybe(
                whole(
                    "How many tokens are its unknown token, which stands for what it does not know; null without one."
                )
            ),
        },
        optional=["on_unencodable", "unknown_tokens", "requested", "taken_from"],
    )

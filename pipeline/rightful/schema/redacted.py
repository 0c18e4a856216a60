"""What ``rightful redact`` answers. Floor 9: part of `schema`."""

from __future__ import annotations

from rightful.query.versions import LEVELS
from rightful.schema.pieces import following, path_of
from rightful.schema.shapes import Shape, answer, by_name, maybe, name_of, several, text, truth, whole


def one_redacted() -> dict[str, Shape]:
    """What was done to one export."""
    damaged = {"file": path_of("The file."), "reason": text("What is wrong with it.")}
    return {
        "export": name_of("The export as it is now; as it was where nothing was to do, and after a dry run."),
        "former": maybe(
            name_of("The version that it supersedes, or the older one that was named; null where nothing changed.")
        ),
        "folder": path_of("Where it lies."),
        "version": whole("Its version."),
        "level": maybe(
            text("What was done; of an export in which nothing was to do, how it came to be.", known=LEVELS)
        ),
        "dry_run": truth("Whether nothing was done."),
        "records": whole("Documents in its shards."),
        "tokens": maybe(whole("Tokens in its shards; null for an export of texts.")),
        "records_removed": whole("Records that were taken out, masked, or put on the deny list."),
        "shards_rewritten": whole("Shards that were written anew, or had nothing else in them."),
        "shards": several("The names that these had.", path_of("A shard.")),
        "reasons": by_name("Why the records are permitted no more: reason -> how many.", whole("Records.")),
        "events": several("The events that matched them.", text("An event.")),
        "damaged": several("Files of it that are not whole, and did not have to be read.", answer("A file.", damaged)),
        "linked_elsewhere": several(
            "Files that were written anew and had another name on the same disk: their bytes stay there.",
            path_of("A file."),
        ),
        "note": text(
            "What has to be known of it: which loaders ask a deny list, what is read where a text was masked."
        ),
    }


def redact() -> Shape:
    """``rightful redact EXPORT``."""
    return answer("What was taken out of an export.", {**one_redacted(), "next": following()})


def redact_event() -> Shape:
    """``rightful redact --event``."""
    skipped = {
        "export": name_of("The export."),
        "path": text("Where it lay."),
        "reason": text("Why it was not repaired."),
    }
    keys = {
        "event": text("The event."),
        "level": text("What was to be done.", known=LEVELS),
        "dry_run": truth("Whether nothing was done."),
        "exports": several("The exports that hold what it matched.", answer("One.", one_redacted())),
        "skipped": several("Those that could not be repaired, or looked into.", answer("One.", skipped)),
        "shards_rewritten": whole("Shards that were written anew, in all of them."),
        "records_removed": whole("Records that were taken out of each, added up."),
        "next": following(),
    }
    return answer("What was taken out of every export that holds what an event matched.", keys)

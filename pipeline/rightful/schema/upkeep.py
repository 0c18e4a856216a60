"""What the upkeep of a store answers: its state and duties, its history and who made it, copies, sources that end. Floor 9:
part of `schema`."""

from __future__ import annotations

from rightful.rights.uses import ACTORS, PURPOSES
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
    truth,
    whole,
)

_EXPORTS = "Exports of which nothing says what they hold."


def duty() -> Shape:
    """What is open of one event or source."""
    keys = {
        "event": maybe(name_of("The event that has a deadline; null: a source is kept for no longer.")),
        "source": maybe(name_of("The source that is kept for no longer; null: an event has a deadline.")),
        "kind": name_of("The kind of the event; retention for a source."),
        "deadline": instant("By when it has to be done."),
        "overdue": truth("Whether that has passed."),
        "records": whole("Records whose text is still here and has to go."),
        "exports": several("Exports that hold what is refused for their use.", name_of("An export.")),
        "exports_unreadable": several(_EXPORTS, name_of("An export.")),
    }
    return answer("What is open of one event or source.", keys)


def status() -> Shape:
    """``rightful store status``."""
    keys = {
        "store": name_of("The id of the store."),
        "snapshot": whole("The newest snapshot."),
        "catalog": digest("The catalogue of licences."),
        "parts": whole("Parts of records."),
        "rows": whole("Rows of records in them; those that are hidden among them."),
        "records_bytes": whole("Bytes of the tags."),
        "texts_bytes": whole("Bytes of the texts, compressed."),
        "events": whole("Consent events."),
        "exports": whole("Registered exports, earlier versions among them."),
        "assets": whole("Registered assets."),
        "sealed": truth("Whether the ledger has a seal; one of an earlier version gets it with the next write."),
        "upgrade": several("What an earlier version wrote and today's schema has more of.", name_of("A column.")),
        "duties": several("What has to be done by when, and is not; the first deadline first.", duty()),
    }
    return answer("The state of a store.", keys)


def copied() -> Shape:
    """``rightful store copy``."""
    keys = {
        "path": name_of("Where the copy lies."),
        "store": name_of("The id of the store: the copy has the same."),
        "snapshot": whole("The snapshot that it is of."),
        "files": whole("Its files."),
        "bytes": whole("Their bytes."),
        "ok": truth("Always true: all of it was read again. A copy that is not whole is none, and an error."),
    }
    return answer("A backup of a store.", keys)


def retired() -> Shape:
    """``rightful source retire`` and ``restore``."""
    keys = {
        "source": name_of("The source."),
        "retired": truth("Whether it leaves no more."),
        "recorded": truth("Whether that is new: what is so already is not recorded again."),
        "at": maybe(instant("When that was recorded; null: never.")),
        "by": text("Who decided; empty where nobody said."),
        "reason": text("Why."),
        "records": whole("Its records."),
        "exports": several("Exports that hold what is permitted no more since.", name_of("An export.")),
        "exports_unreadable": several(_EXPORTS, name_of("An export.")),
    }
    return answer("How a source stands.", keys)


def log() -> Shape:
    """``rightful store log``; with ``--who`` also who did what."""
    signature = {
        "of": name_of("What was signed."),
        "by": name_of("Who answers for it."),
        "on": maybe(text("From when.")),
        "until": maybe(text("Until when.")),
        "ground": maybe(text("On which ground, where one is stated.")),
    }
    use = {
        "asked": maybe(several("The acts.", name_of("An act."))),
        "purpose": maybe(text("The purpose.", known=PURPOSES)),
        "application": maybe(text("What for.")),
        "actor": maybe(text("Who asked.", known=ACTORS)),
        "jurisdictions": maybe(several("Where.", text("A place."))),
        "profile": maybe(text("The reading of licences.")),
    }
    did = {
        "did": name_of("What: export, review, retired, restored, sign, asset, or the kind of events."),
        "by": maybe(text("By whom, as far as it is on record.")),
        "of": text("Of what."),
        "reason": text("Why, as far as it is on record."),
        "events": whole("How many events of the kind."),
        "path": text("Where the export was made."),
        "use": answer("The request that led to it.", use),
        "policy": maybe(text("The named use that it was made under.")),
        "accepted": several("What was undertaken for it.", name_of("An obligation.")),
        "references": by_name("Preconditions, and where they were met.", text("A reference.")),
        "records": whole("Records in the export."),
        "version": whole("Its version."),
        "signatures": several("Who had signed what it rests on.", answer("One.", signature)),
    }
    required = ("did", "by", "of", "reason")
    keys = {
        "snapshot": maybe(whole("The snapshot; null for a signature that stands in a file, which is of none.")),
        "kind": name_of("What was committed; signature."),
        "run": text("The run, event or export."),
        "committed_at": instant("When."),
        "summary": {"type": "object", "description": "What it did, in numbers."},
        "who": several("Who did what; only with --who.", answer("One.", did, [*did.keys() - set(required)])),
    }
    return several("The snapshots, oldest first.", answer("A snapshot.", keys, ["who"]))

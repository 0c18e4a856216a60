"""The report of ``rightful find --report``. Floor 9: part of `schema`."""

from __future__ import annotations

from rightful.query.disclosure import AHEAD
from rightful.query.find import STATES
from rightful.rights.values import Status
from rightful.schema.pieces import act, record_id
from rightful.schema.shapes import Shape, answer, instant, maybe, name_of, several, text, truth, whole


def report() -> Shape:
    """All that a person may ask for, but the texts."""
    recipients = {
        "exports": several(
            "The exports that hold any of the records, earlier versions too.", answer("An export.", _export())
        ),
        "assets": several("The tokenizers, indexes and models that come from these.", answer("An asset.", _asset())),
    }
    decided = {status.word: whole(f"Records for which it is {status.word}.") for status in Status}
    ahead = {
        "what": text("What will happen.", known=AHEAD),
        "text": text("In words."),
        "records": whole("How many records."),
        "at": maybe(instant("When; null: as soon as somebody does it, or as long as nobody refuses.")),
        "of": maybe(text("The event, source or export that it is about.")),
    }
    keys = {
        "as_of": instant("The instant that it speaks of."),
        "records": several("Every record.", answer("A record.", _record())),
        "sources": several("Where they came from.", answer("A source.", _source())),
        "uses": several("What they may be used for.", answer("An act.", {"act": act(), **decided})),
        "recipients": answer("Who has them.", recipients),
        "events": several("The refusals that matched any of them, oldest first.", answer("An event.", _event())),
        "ahead": several("What will happen, the nearest first.", answer("One thing.", ahead)),
    }
    return answer("What a person may ask for (GDPR, Article 15); null where it was not asked for.", keys)


def _record() -> dict[str, Shape]:
    return {
        "record": record_id(),
        "source": name_of("Its source."),
        "source_record_id": maybe(text("Its id there.")),
        "url": maybe(text("Its address.")),
        "fetched_at": maybe(instant("When it was fetched.")),
        "published_at": maybe(instant("When it was published.")),
        "chars": whole("The code points of its text."),
        "license": maybe(text("The licence that was concluded, else the one that was declared.")),
        "personal_data": maybe(text("Whether it holds personal data, as the card of its source says.")),
        "legal_basis": maybe(text("The legal basis that the card names.")),
        "found_types": several("The types of personal data that were found in it.", text("A type.")),
        "state": text("What it is.", known=STATES),
        "permits": several("The acts that are permitted.", act()),
        "events": several("The refusals that matched it.", text("An event.")),
    }


def _source() -> dict[str, Shape]:
    return {
        "source": name_of("The source."),
        "records": whole("How many of the records."),
        "collected_for": several("What it was collected for.", text("An act.")),
        "legal_basis": several("The legal bases that its cards named.", text("A basis.")),
        "retain_until": maybe(instant("Until when its records are kept; null: no end is stated.")),
    }


def _export() -> dict[str, Shape]:
    return {
        "export": text("The export."),
        "path": text("The folder that it was written to."),
        "version": whole("Its version."),
        "current": truth("Whether no later version took its place."),
        "created_at": instant("When it was made."),
        "acts": several("What it was made for.", act()),
        "purpose": text("The purpose."),
        "application": maybe(text("What the trained thing is for.")),
        "records": whole("How many of the records."),
    }


def _asset() -> dict[str, Shape]:
    return {
        "asset": text("The asset."),
        "kind": text("What it is."),
        "name": text("What it is called."),
        "created_at": instant("When it was registered."),
        "acts": several("What it was declared for.", act()),
        "through": several("The export that it comes from, and the assets between.", text("An export or asset.")),
    }


def _event() -> dict[str, Shape]:
    return {
        "event": text("The event."),
        "kind": text("Its kind."),
        "selector": text("How it names what it is about; never the value."),
        "recorded": instant("When it was recorded."),
        "effective": instant("From when it counts."),
        "deadline": maybe(instant("By when it has to be done.")),
        "records": whole("How many of the records."),
    }

"""What ``rightful find`` answers. Floor 9: part of `schema`."""

from __future__ import annotations

from rightful.query.find import STATES
from rightful.rights.values import Status
from rightful.schema.disclosing import report
from rightful.schema.pieces import following, record_id, use
from rightful.schema.shapes import Shape, answer, maybe, name_of, number, several, text, whole


def find() -> Shape:
    """Records in which a text stands, or that are of somebody, without any text."""
    passage = {
        "passage": text("As consent withdraw --passage takes it: the record, and where in its text."),
        "start": whole("Where it begins in the record's text, in code points."),
        "length": whole("Its code points there."),
        "at": whole("Where it begins in the text that was asked for, in code points."),
        "of": whole("Its code points there."),
        "words": whole("Words that both share."),
    }
    record = {
        "record": record_id(),
        "source": name_of("Its source."),
        "source_record_id": maybe(text("Its id there.")),
        "url": maybe(text("Its address.")),
        "title": maybe(text("Its title.")),
        "start": whole("Where the longest passage begins in its text, in code points; 0 where no text was asked for."),
        "length": whole("The code points of that passage; of the whole text where no text was asked for."),
        "share": maybe(number("The part of the words asked for that stands in it; null where no text was asked for.")),
        "covered": maybe(number("The part of its own words that are in passages; null where no text was asked for.")),
        "passages": several("The passages, the longest first.", answer("A passage.", passage)),
        "more_passages": whole("Those that are not listed."),
        "state": text("What it is: " + "; ".join(f"{k}, {v}" for k, v in STATES.items()) + ".", known=STATES),
        "decision": maybe(
            text(
                "The decision for the use that was named; without one deny where it is refused for every use, else null. Null"
                " as well for a row that does not count.",
                known=[status.word for status in Status],
            )
        ),
        "exports": several("The exports that hold it, superseded versions too, oldest first.", text("An export.")),
        "assets": several("The tokenizers, indexes and models that come from these.", text("An asset.")),
    }
    why = answer("One reason.", {"reason": text("Why."), "records": whole("How many texts.")})
    keys = {
        "file": maybe(text("The file of the text; null where the text itself was given, or none.")),
        "snapshot": whole("The snapshot."),
        "text": maybe(
            answer(
                "The text that was asked for; null: none.",
                {"chars": whole("Unicode code points."), "words": whole("Words.")},
            )
        ),
        "by": several("What else was asked for, by name: never the value, which may be a person.", text("An option.")),
        "use": maybe(use()),
        "records": several("What was found, the largest share first.", answer("A record.", record)),
        "more": whole("Records over the limit."),
        "exports": several("All exports that hold any of the records, those over the limit too.", text("An export.")),
        "assets": several("All assets that come from these.", text("An asset.")),
        "unreadable": several("Exports of which nothing says what they hold.", text("An export.")),
        "searched": answer(
            "What was done.",
            {
                "indexed": whole("Rows that were looked up in the index."),
                "candidates": whole("Of them those that share something with the text."),
                "verified": whole("Of them those whose texts were held against it."),
                "read": several("Texts that were read without the index.", why),
            },
        ),
        "report": maybe(report()),
        "missing": several("Why there may be more.", why),
        "seconds": number("How long it took."),
        "next": following(),
    }
    return answer("What was found.", keys)

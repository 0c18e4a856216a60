"""What a manifest says of how its documents were drawn. Floor 9: part of `schema`."""

from __future__ import annotations

from rightful.schema.shapes import Shape, answer, by_name, maybe, number, several, text, whole


def mixture() -> Shape:
    """The plan of a mixture."""
    size = {"records": whole("Records."), "chars": whole("Characters of their texts.")}
    named = several("The values that it names; of a condition that one.", text("A value."))
    part = {
        "name": text("What it is called."),
        "by": by_name("By what it names its records: source, language, license, domain or where.", named),
        "available": answer("What the request is about in the store, before any decision.", size),
        "permitted": answer(
            "What of it may be drawn, copies left out.", {**size, "tokens": whole("Its size, in the unit.")}
        ),
        "wanted": whole("How much it was to be."),
        "drawn": whole("How much was drawn, repeats counted, and is written."),
        "records": whole("Different records that were drawn."),
        "repeated": whole("How much of what was drawn was drawn before."),
        "left_out": _left_out(),
        "epochs": number("How often it was drawn: what was drawn for what is permitted."),
        "most_epochs": number("How often it might be drawn."),
        "short": whole("What is missing to what was wanted: 0, for a mixture that lacks something is refused."),
        "share_wanted": number("The share of the mixture that it was to be, 0 to 1."),
        "share_reached": number("The share that it is."),
    }
    return answer(
        "Of what the export was mixed, planned before a shard was written.",
        {
            "seed": {"description": "The seed by which documents were drawn and shuffled.", "type": "integer"},
            "temperature": maybe(
                {
                    "description": "The temperature by which sizes became shares; null where shares or tokens were stated.",
                    "type": ["number", "string"],
                }
            ),
            "unit": text("What sizes are counted in.", known=("tokens", "characters")),
            "wanted": whole("The size that was asked for; where none was, the largest that the caps allow."),
            "total": whole("The size that it has."),
            "left_out": _left_out(),
            "parts": several("Its parts, in the order in which they were asked for.", answer("A part.", part)),
        },
    )


def _left_out() -> Shape:
    return answer(
        "What would have been drawn again, and is not: it lies on a side of the splits that is not trained on.",
        {"documents": whole("How often a document."), "size": whole("Their size, in the unit.")},
    )


def drawn() -> Shape:
    """What else narrowed the permitted."""
    listed = {"records": whole("How many."), "first": several("The first few.", text("A record id."))}
    ids = {
        "named": whole("Ids that the file names."),
        "duplicates": whole("Lines that name one again."),
        "permitted": whole("Those that are permitted and were drawn from."),
        "unknown": answer("Those that the store does not have.", listed),
        "outside": answer("Those that --where or the mixture leave out.", listed),
        "not_permitted": answer("Those that are not permitted: refusals.parquet says why.", listed),
        "copies": answer("Those that are permitted, and a copy of them stays.", listed),
    }
    return answer(
        "What was to be drawn of the permitted; null where all of it was.",
        {
            "seed": {"description": "The seed by which was drawn.", "type": "integer"},
            "unit": text("What --limit-tokens counts.", known=("tokens", "characters")),
            "ids": maybe(answer("The ids that --ids names.", ids)),
            "sample": maybe(text("The sample: a share, or a number of records.")),
            "limit_tokens": maybe(whole("The most that there were to be.")),
            "not_drawn": whole("Records that were permitted and not drawn."),
        },
    )

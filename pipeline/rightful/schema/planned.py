"""What a manifest says of how its documents were drawn, split, packed and grouped. Floor 9: part of `schema`."""

from __future__ import annotations

from rightful.export.holding import TABLE
from rightful.export.planning.splitting import BY
from rightful.export.words import HOLDERS, PACKS
from rightful.schema.mixtures import drawn, mixture
from rightful.schema.shapes import (
    Shape,
    answer,
    digest,
    instant,
    maybe,
    name_of,
    number,
    several,
    text,
    truth,
    whole,
)

PLANNED = ("documents", "padding", "sequence", "mix", "split", "splits", "ladder", "holders", "raw", "drawn")
"""The keys of it, none of which stands in the manifest of an earlier version."""


_COUNTED = {
    "share_reached": number(
        "The share of the tokens, or of the rows of texts; of a rung that of what has rungs.", minimum=0
    ),
    "records": whole("Records."),
    "documents": whole("Documents, and pieces of them."),
    "tokens": maybe(whole("Tokens; null in an export of texts.")),
    "padding": maybe(whole("Ids of padding; null in an export of texts.")),
}
_SPLIT = answer(
    "By what the documents were split.",
    {
        "by": text("What comes to one side.", known=BY),
        "near_copies": truth("Whether near copies were looked for: without, only exact ones are known."),
        "evaluation_sets": answer(
            "What the records of the snapshot say of evaluation sets.",
            {
                "compared": whole("Records that were compared with some."),
                "overlapping": whole("Those that overlap one, none of which is in a split."),
            },
        ),
    },
)
_SIDE = answer(
    "A split.",
    {
        "name": name_of("Its name; its shards lie in data/NAME/."),
        "share_wanted": maybe(
            number("The share that was asked for; null for periods and sources that were named.", minimum=0)
        ),
        "since": maybe(instant("The first instant of its period; null for no bound.")),
        "until": maybe(instant("The instant with which its period ends, which is not in it; null for no bound.")),
        "sources": maybe(
            several("The sources that were named, * for all others; null where none were.", name_of("A source."))
        ),
        **_COUNTED,
    },
)
_RUNG = answer(
    "A rung.",
    {
        "share": number("The share that was asked for.", minimum=0),
        "folder": name_of("The folder of what it adds to the rung before."),
        "shards": whole("How many shards it has: the first ones of the manifest that have rungs."),
        **_COUNTED,
    },
)


def planned() -> dict[str, Shape]:
    """The keys of a manifest that say how the shards were planned; null is what was not asked for."""
    return {
        "sequence": maybe(sequence()),
        "mix": maybe(mixture()),
        "split": maybe(_SPLIT),
        "splits": maybe(several("The sides that the documents fell into, as they were asked for.", _SIDE)),
        "ladder": maybe(several("The nested subsets, the smallest first, each counted with all before it.", _RUNG)),
        "drawn": maybe(drawn()),
        "holders": maybe(holders()),
        "raw": maybe(text("The suffix of files without a header; null where they have one.")),
    }


def sequence() -> Shape:
    """How documents became rows of one length."""
    return answer(
        "How documents were packed into rows; null without --seq-len.",
        {
            "seq_len": whole("Ids of a row; the most of one where nothing was packed."),
            "pack": text("How.", known=PACKS),
            "rows": whole("Rows of all shards."),
            "padding": whole("Ids of them that are in no document."),
            "padding_share": number("Their share of all ids of all rows.", minimum=0, maximum=1),
            "split_documents": whole("Documents that were cut into pieces, which are all there."),
            "truncated_documents": whole("Documents that lost their rest to --truncate, when the export was made."),
            "truncated_tokens": whole("Tokens that were left out of them."),
        },
    )


def holders() -> Shape:
    """Whose documents lie where."""
    place = several(
        "First id in the shard and how many, counted as the index does; padding between two documents of one holder is within.",
        {"description": "[start, length].", "type": "array", "items": whole("Ids, or rows of text."), "minItems": 2},
    )
    in_shard = answer("What a shard has of it.", {"shard": name_of("The file of the shard."), "ranges": place})
    of = answer(
        "A holder.",
        {
            "holder": maybe(
                name_of("A source, a site, or a person's keyed hash; null: it is not known whose they are.")
            ),
            "shards": several("The shards that have something of it.", in_shard),
        },
    )
    beside = answer(
        "Where the map is where it has too many ranges: columns holder, shard, start, length.",
        {"path": text("Its file.", known=[TABLE]), "sha256": digest("Of that file.")},
    )
    return answer(
        "Which shards hold what of whom; null without --holders.",
        {
            "by": text("What a holder is.", known=HOLDERS),
            "holders": whole("How many there are, one for those of nobody who is known."),
            "ranges": whole("How many ranges there are."),
            "listed": maybe(several("The holders, in the order of the shards; null where a table has them.", of)),
            "table": maybe(beside),
        },
    )

"""What a manifest says of how its documents were drawn, split, packed and grouped. Floor 9: part of `schema`."""

from __future__ import annotations

from rightful.schema.shapes import Shape, answer, maybe, text

PLANNED = ("documents", "padding", "sequence", "mix", "splits", "ladder", "holders", "raw")
"""The keys of it, none of which stands in the manifest of an earlier version."""


def planned() -> dict[str, Shape]:
    """The keys of a manifest that say how the shards were planned; null is what was not asked for."""
    return {
        "sequence": maybe(answer("How documents were packed into rows of one length.", {})),
        "mix": maybe(answer("Of what the export was mixed.", {})),
        "splits": maybe({"description": "The sides that the documents fell into.", "type": "array"}),
        "ladder": maybe({"description": "The nested subsets, the smallest first.", "type": "array"}),
        "holders": maybe(answer("Which shards hold what of whom.", {})),
        "raw": maybe(text("The suffix of files without a header; null where they have one.")),
    }

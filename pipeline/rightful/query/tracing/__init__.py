"""Where records went: shards, tokenizers, indexes and models, and the way back. Floor 7: part of ``query``."""

RECORD, EVENT, SOURCE, AUTHOR, SUBJECT, EXPORT, ASSET, STALE, STEP = BY = (
    "record",
    "event",
    "source",
    "author",
    "subject",
    "export",
    "asset",
    "stale",
    "step",
)
"""From what a trace begins."""
ITSELF, COPY = VIAS = "itself", "copy"
"""Why a record is traced: it was named, or it is an exact copy or another version of one that was."""
TABLE, DOT, SVG = FORMATS = ("table", "dot", "svg")
"""How a trace is shown to people."""
NONE = "none"
"""What is given as the most that is listed where everything is to be."""

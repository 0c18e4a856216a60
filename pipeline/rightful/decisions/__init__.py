"""What a snapshot permits: from records and a use to decided records, set-wise. Floor 5."""

from collections.abc import Mapping

DEDUP = {"near": ("exact", "near"), "exact": ("exact",), "none": ()}
"""What ``--dedup`` takes together: near copies include exact ones."""
PREFERENCES: Mapping[str, str] = {
    "longest": "the most characters",
    "shortest": "the fewest characters",
    "earliest": "the first by published_at, then by fetched_at; not known comes last",
    "latest": "the last by published_at, then by fetched_at; not known comes last",
    "publisher": "a source that publishes the work itself, as its card says",
}
"""What ``--prefer`` knows beside ``source:NAME``: word -> which copy it puts first."""

"""What records are counted by, and which of their numbers are shown as histograms. Floor 7: part of ``stats``; data only.

A line here is all that another column takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count, takewhile

from rightful.errors import UnknownName
from rightful.notation.shown import compact, number


@dataclass(frozen=True, slots=True)
class Axis:
    """Records by the value of a column; by each of its values where the column is a list (``several``)."""

    name: str
    column: str
    what: str
    plural: str
    missing: str
    """What is said of the records without a value."""
    several: bool = False
    measured: str = "true"
    """Of which records the column says something, as a condition; the others are counted apart."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How a number is spread over ``of`` (records or groups of copies): how often it lies in each bin.

    ``edges`` are the lower ends of the bins; the last one is open. Without edges each value is a bin, which is for years.
    ``column`` is one of the records, or for groups the kind of copy.
    """

    name: str
    column: str
    title: str
    edges: tuple[float, ...]
    missing: str
    of: str = "records"
    is_share: bool = False
    is_whole: bool = True
    """Whether the number is a whole one."""

    def edge(self, low: float) -> str:
        """The lower end of a bin, in a few characters."""
        if self.is_share:
            return f"{100 * low:.0f} %"
        return compact(low) if self.edges else f"{low:g}"

    def bin(self, low: float, high: float | None) -> str:
        """What a bin holds: of whole numbers up to the one before the next bin, of others what lies between.

        >>> HISTOGRAMS["chars"].bin(200, 500), HISTOGRAMS["language-score"].bin(0.95, 1)
        ('200 to 499', '95 % to 100 %')
        """
        if high is None:
            return f"{self.edge(low)} or more"
        if self.is_share or not self.is_whole:
            return f"{self.edge(low)} to {self.edge(high)}"
        if not self.edges:
            return f"{low:g}" if high - low == 1 else f"{low:g} to {high - 1:g}"
        return number(int(low)) if high - low == 1 else f"{number(int(low))} to {number(int(high) - 1)}"


def steps(*mantissas: int, most: int) -> tuple[int, ...]:
    """Each mantissa times each power of ten, up to ``most``.

    >>> steps(1, 2, 5, most=100)
    (1, 2, 5, 10, 20, 50, 100)
    """
    endless = (mantissa * 10**power for power in count() for mantissa in mantissas)
    return tuple(takewhile(lambda n: n <= most, endless))


_SIZES = (0, *steps(1, 2, 5, most=10**12))
_GROUPS = (2, 3, 4, *steps(5, 10, 20, most=10**12))
_SHARES = tuple(n / 20 for n in range(20))
_LETTERS = tuple(range(21))
_NO_TEXT = "not measured"

_AXES = (
    Axis("source", "source_id", "source", "sources", "no source"),
    Axis("language", "language", "language", "languages", "no language"),
    Axis("license", "license_concluded", "licence", "licences", "none concluded"),
    Axis(
        "filter", "filters_failed", "filter failed", "filters failed", "none failed", True, "filters_failed IS NOT NULL"
    ),
    Axis(
        "pii", "pii_types", "personal data", "kinds of personal data", "none found", True, "pii_state <> 'not_scanned'"
    ),
    Axis(
        "evaluation",
        "contaminated_by",
        "evaluation set found in it",
        "evaluation sets found",
        "none found",
        True,
        "contaminated_by IS NOT NULL",
    ),
    Axis("label", "classifier_label", "label of the classifier", "labels of the classifier", "no label"),
    Axis("domain", "registrable_domain", "registrable domain", "registrable domains", "no address"),
)

_HISTOGRAMS = (
    Histogram("chars", "n_chars", "Characters per record", _SIZES, _NO_TEXT),
    Histogram("words", "n_words", "Words per record", _SIZES, _NO_TEXT),
    Histogram("lines", "n_lines", "Lines per record", _SIZES, _NO_TEXT),
    Histogram(
        "word-length", "mean_word_length", "Mean length of the words, in characters", _LETTERS, _NO_TEXT, is_whole=False
    ),
    Histogram("language-score", "language_score", "How sure the language is", _SHARES, _NO_TEXT, is_share=True),
    Histogram("digits", "digit_share", "Share of 0-9 in visible characters", _SHARES, _NO_TEXT, is_share=True),
    Histogram("capitals", "upper_share", "Share of A-Z in visible characters", _SHARES, _NO_TEXT, is_share=True),
    Histogram(
        "symbols", "symbol_share", "Share of ASCII punctuation in visible characters", _SHARES, _NO_TEXT, is_share=True
    ),
    Histogram("letters", "alpha_word_share", "Share of words with a letter", _SHARES, _NO_TEXT, is_share=True),
    Histogram("stop-words", "stop_words", "Distinct stop words per record", _LETTERS, _NO_TEXT),
    Histogram(
        "repeated-lines",
        "dup_line_char_share",
        "Share of characters in lines that were there before",
        _SHARES,
        _NO_TEXT,
        is_share=True,
    ),
    Histogram(
        "repeated-phrases",
        "dup_10gram_share",
        "Share of characters in runs of ten words that were there before",
        _SHARES,
        _NO_TEXT,
        is_share=True,
    ),
    Histogram(
        "contamination",
        "contamination_item_share",
        "Largest share of an evaluation item found in the text",
        _SHARES,
        _NO_TEXT,
        is_share=True,
    ),
    Histogram("published", "published_at", "Year of publication", (), "without a date"),
    Histogram("fetched", "fetched_at", "Year of fetching", (), "without a date"),
    Histogram("exact-copies", "exact", "Records per group of exact copies", _GROUPS, "", of="groups"),
    Histogram("near-copies", "near", "Records per group of near copies", _GROUPS, "", of="groups"),
)

AXES = {axis.name: axis for axis in _AXES}
"""What records are counted by: name -> axis, in the order in which they are shown."""
HISTOGRAMS = {h.name: h for h in _HISTOGRAMS}
"""The histograms: name -> histogram, in the order in which they are shown."""


def chosen(names: Iterable[str]) -> tuple[list[Axis], list[Histogram]]:
    """The axes and histograms of these names, each once; all where no name is given. Raises :class:`UnknownName`."""
    wanted = set(names)
    for name in sorted(wanted - AXES.keys() - HISTOGRAMS.keys()):
        raise UnknownName.of("statistic", name, [*AXES, *HISTOGRAMS], subject="--by")
    return (
        [axis for name, axis in AXES.items() if not wanted or name in wanted],
        [histogram for name, histogram in HISTOGRAMS.items() if not wanted or name in wanted],
    )

"""Which columns of a row speak of rights, and what their values say that is no licence. Floor 1: the lists are handed in. Law 6.2, 6.3.

A column is a licence *by name* (:data:`LICENSE`): whatever it holds counts or blocks. It *may speak* of rights
(:data:`RIGHTS`): a licence that is known counts; numbers, truth values, dates and a bare copyright notice say nothing; the
rest blocks. Or it names who *holds* them (:data:`HOLDER`), which is kept for attribution. The lists are
``licenses/_columns.toml``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

from rightful.errors import InputError
from rightful.later import late_pattern

LICENSE, RIGHTS, HOLDER = "license", "rights", "holder"
NOTICE = "notice"
"""What a value of a column that may speak of rights is, where it is a bare copyright notice."""
SITE = "site"
"""What names the site that a record was taken from, by its address: what it says of its texts is known by that
(``licenses/_sites.toml``)."""
DUMP = "dump"
"""What says how new a dump of a site is: under which agreement it was given is known by that."""
WISHES = frozenset({"x-no-archive: yes"})
"""What whoever wrote a text asks for, in lower case: no licence, and nobody else can say that it means one."""
FLICKR = "flickr"
"""What a number in a column that is a licence by name is, where the row is of Flickr."""

_CAPITALS_INSIDE = late_pattern(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_LETTER = late_pattern(r"[\W_]+")


def name_words(name: str) -> tuple[str, ...]:
    """The words of a column's name, without case, separators, accents and widths.

    >>> name_words("dc:licenseURL"), name_words("LICENSE_url"), name_words("Licença")
    (('dc', 'license', 'url'), ('license', 'url'), ('licenca',))
    """
    if name.isascii():
        plain = name
    else:
        apart = unicodedata.normalize("NFKD", name)
        kept = "".join(c for c in apart if unicodedata.category(c) not in ("Mn", "Cf", "Cc"))
        plain = unicodedata.normalize("NFC", kept)
    return tuple(w.casefold() for w in _NO_LETTER.split(_CAPITALS_INSIDE.sub(" ", plain)) if w)


def joined(name: str) -> str:
    """The words of a name as one, which is how names are compared.

    >>> joined("License-URL") == joined("licenseurl")
    True
    """
    return "".join(name_words(name))


PAGE_TAG = "page tag: "
"""How the place of a licence begins that stands in a tag of a page. It may be that of a picture or of a part of the page: it
binds, and permits nothing."""
EVERY_COLUMN = "all"
"""What :attr:`Fields.keep` names where it means all columns that are not mapped."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Which column says what. None: the well-known names are tried (``readers.fields``). Dots reach into objects.

    ``keep`` names columns that are kept beside what is mapped (:data:`EVERY_COLUMN`: all of them); they say nothing of rights
    by being kept. ``media`` is where the content of a row lies that is elsewhere, ``media_sha256`` the digest of that.
    Raises :class:`InputError` where it is no list of names, or names the person of the record.
    """

    text: str | None = None
    id: str | None = None
    url: str | None = None
    license: str | None = None
    language: str | None = None
    title: str | None = None
    author: str | None = None
    subject: str | None = None
    date: str | None = None
    fetched: str | None = None
    parents: str | None = None
    messages: str | None = None
    media: str | None = None
    media_sha256: str | None = None
    keep: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "keep", kept_names(self.keep))
        if self.keep and self.subject in self.keep:
            raise InputError(
                f"{self.subject!r} names a person, and is stored as a keyed hash alone",
                subject="fields.keep",
                hint="leave it out of what is kept",
            )


MAPPED = tuple(f.name for f in fields(Fields) if f.name != "keep")
"""The fields that are one column each."""


def kept_names(keep: object) -> tuple[str, ...] | None:
    """The names of columns to keep in one form: each once, in order; :data:`EVERY_COLUMN` alone where it is among them.
    None for none. Raises :class:`InputError`.

    >>> kept_names(["score", "dump", "score"]), kept_names("all"), kept_names([])
    (('dump', 'score'), ('all',), None)
    """
    names = [keep] if isinstance(keep, str) else keep
    if names is None:
        return None
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) and name for name in names):
        raise InputError(
            f"must be a list of columns, or {EVERY_COLUMN!r}, not {keep!r}",
            subject="fields.keep",
            hint='write keep = ["score", "metadata.source"]',
        )
    return ((EVERY_COLUMN,) if EVERY_COLUMN in names else tuple(sorted(set(names)))) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The lists of ``_columns.toml``; names as :func:`joined`, values in lower case unless they are ``exactly`` so."""

    license: frozenset[str] = frozenset()
    rights: frozenset[str] = frozenset()
    stems: tuple[str, ...] = ()
    plain: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    holders: frozenset[str] = frozenset()
    other: frozenset[str] = frozenset()
    containers: frozenset[str] = frozenset()
    nothing: frozenset[str] = frozenset()
    nothing_exactly: frozenset[str] = frozenset()
    truth: frozenset[str] = frozenset()
    named_beside: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    object_fields: frozenset[str] = frozenset()
    github: frozenset[str] = frozenset()
    pair_names: frozenset[str] = frozenset()
    pair_values: frozenset[str] = frozenset()
    flickr: Mapping[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Names that were asked about, with their kind; empty for none."""
    mores: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)
    """Names that were asked about, with whether their strings are looked into."""

    def kind(self, name: str) -> str:
        """:data:`LICENSE`, :data:`RIGHTS`, :data:`HOLDER`, or empty for a column that says nothing of rights."""
        known = self.kinds.get(name)
        if known is None:
            if len(self.kinds) >= 10_000:  # names that are all different must not fill the memory
                self.kinds.clear()
            known = self.kinds[name] = self._kind(name)
        return known

    def _kind(self, name: str) -> str:
        words = name_words(name[:1_000])
        for start in range(len(words)):  # the longest end of the name that is listed says what it is
            end = "".join(words[start:])
            if end in self.other:
                return ""
            if end in self.holders:
                return HOLDER
            if end in self.rights:
                return RIGHTS
            if end in self.license:
                return LICENSE
            if end in self.plain and all(w in self.prefixes for w in words[:start]):
                return RIGHTS
        whole = "".join(words)
        return RIGHTS if any(stem in whole for stem in self.stems) else ""

    def holds_more(self, name: str) -> bool:
        """True for a column whose strings are looked into: JSON, or the literal of a dictionary."""
        known = self.mores.get(name)
        if known is None:
            if len(self.mores) >= 10_000:
                self.mores.clear()
            words = name_words(name[:1_000])
            known = bool(words) and (words[-1] in self.containers or "".join(words) in self.containers)
            self.mores[name] = known
        return known

    def says_nothing(self, text: str) -> bool:
        """True for NULL as it is written where there is none, and for a blank."""
        stripped = text.strip()
        return not stripped or stripped in self.nothing_exactly or stripped.lower() in self.nothing

    def is_no_statement(self, text: str) -> bool:
        """True for a number, a truth value, a date or nothing: a column that only may speak of rights says nothing so."""
        stripped = text.strip()
        return (
            self.says_nothing(text)
            or _NUMBER.fullmatch(stripped) is not None
            or stripped.lower() in self.truth
            or is_date(stripped)
        )


_NUMBER = late_pattern(r"[+-]?(?:\d[\d_ ,.]*|\.\d+)(?:e[+-]?\d+)?\s*%?", re.IGNORECASE)
_DATE = late_pattern(
    r"\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|\d{1,2}\.? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,? \d{4}"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2},? \d{4}",
    re.IGNORECASE,
)


def is_date(text: str) -> bool:
    """True for a day or an instant as people and programs write it.

    >>> is_date("2024-01-31T10:00:00Z"), is_date("31 January 2024"), is_date("until 2024")
    (True, True, False)
    """
    if len(text) > 40 or not any(c.isdigit() for c in text):
        return False
    if _DATE.fullmatch(text):
        return True
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_MARK = r"(?:©|\(c\)|℗|\(p\)|copyright|copr\.?)"
_YEARS = r"(?:\d{4}(?:\s*[-\u2013,/]\s*(?:\d{2,4}|present|now))*)"
_NOTICE = late_pattern(
    rf"(?:{_MARK}[\s:,]*)+(?:{_YEARS}[\s,.:]*)?(?:(?:by|of)\s+)?(?P<holder>.*?)(?:[\s,]*{_YEARS})?",
    re.IGNORECASE | re.DOTALL,
)
_SENTENCE = late_pattern(r"\w{3,}\.\s+\w")
_HOLDER = late_pattern(r"[\w\s.,&'\u2019()<>@/+-]*")
_JOINS_NAMES = frozenset(
    "and & et und y e og och en the of for de del della di da do dos das du des la le les los las el al bin ibn ben van von der den"
    " zu zum zur ter ten te af av inc inc. ltd ltd. llc gmbh ag co co. corp corp. plc s.a. s.r.l. b.v. jr. sr. by".split()
)
_OF_RIGHTS = late_pattern(
    "|".join(
        (
            r"licen[sc]|reserv|permi[st]|prohibit|forbid|restrict|allow|grant|commercial|train|mining|redistribut|reprod",
            r"copying|except|without|subject|terms|notice|consent|author[iz]|public|domain|free|open|waive|claim|dedicat",
            r"unless|contact|gpl|https?:|www\.|\b(?:tdm|ai|ml|use|used|usage|not?|only|may|must|cc|by-nc|nc|nd|sa|mit)\b",
        )
    ),
    re.IGNORECASE,
)


def is_notice(text: str) -> bool:
    """True for a bare copyright notice: who holds the rights, since when, and not a word on what may be done.

    It is told by what it does not hold: a word in lower case that joins no names, or one that speaks of rights, makes it
    a statement. So does a script that has no capitals: what it says cannot be told from a name.

    >>> is_notice("© 2024 Mira Moreno and Sons Ltd."), is_notice("(c) 2020 Acme. No training.")
    (True, False)
    """
    stripped = " ".join(text.split())
    notice = _NOTICE.fullmatch(stripped) if len(stripped) <= 300 else None
    if notice is None:
        return False
    holder = notice["holder"].strip(" .,")
    if not _HOLDER.fullmatch(holder) or _OF_RIGHTS.search(holder):
        return False
    if any(m[0].split(".")[0].lower() not in _JOINS_NAMES for m in _SENTENCE.finditer(holder)):
        return False
    words = [w.strip("(),.<>") for w in holder.split()]
    return all(not w or w.lower() in _JOINS_NAMES or "@" in w or _like_a_name(w) for w in words)


def _like_a_name(word: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    return not letters or letters[0].isupper()


def columns_beside(place: str, declared: Iterable[str]) -> str | None:
    """The name among ``declared`` that means a place: the column itself, or one that it is nested in."""
    steps = place.split(".")
    ways = {joined(".".join(steps[: n + 1])) for n in range(len(steps))}
    return next((name for name in declared if joined(name) in ways), None)


@dataclass(frozen=True, slots=True)
class Look:
    """What to look for in the rows of a source: the lists, and what its card says of its columns.

    ``set_aside`` are columns that the card declares to say nothing of rights; ``mapped`` the strings that it maps, as
    :func:`folded_text` has them; ``license`` the column that it, or an option, calls the licence. ``imported`` are templates by
    which a page of a wiki says that text of other terms was taken into it.
    """

    lists: Columns = field(default_factory=Columns)
    set_aside: tuple[str, ...] = ()
    mapped: frozenset[str] = frozenset()
    license: str | None = None
    imported: frozenset[str] = frozenset()

    def kind(self, name: str) -> str:
        """As :meth:`Columns.kind`."""
        return self.lists.kind(name)

    def skips(self, place: str) -> bool:
        """True where the card declares that a column, or one that it is nested in, says nothing of rights."""
        return bool(self.set_aside) and columns_beside(place, self.set_aside) is not None

    def is_silent(self, text: str) -> bool:
        """True for what says nothing in a column that is a licence by name, unless the card says what it means."""
        if self.mapped and folded_text(text) in self.mapped:
            return False
        return self.lists.says_nothing(text) or text.strip().upper() == "NOASSERTION"

    def value_kind(self, text: str) -> str:
        """What a string is in a column that may speak of rights: :data:`RIGHTS`, :data:`NOTICE`, or empty: nothing."""
        if self.mapped and folded_text(text) in self.mapped:
            return RIGHTS
        if self.lists.is_no_statement(text):
            return ""
        return NOTICE if is_notice(text) else RIGHTS


def folded_text(text: str) -> str:
    """A statement in the form in which a card maps it: case-folded, single blanks."""
    return " ".join(text.split()).casefold()

"""What a row says of rights: every statement, wherever and however it is written. Floor 2: the readers. Law 6.1.

The places are the columns of ``licenses/_columns.toml``, at any depth: in objects, lists, maps, lists of pairs, in strings
that are JSON or the literal of a dictionary, and in the folders of a partitioned data set (``license=MIT/part.parquet``).
What a value means is not decided here; only what says nothing by its form (NULL, and in columns that may speak of other
things numbers, truth values and dates) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from urllib.parse import unquote

import orjson

from rightful.readers import FoundFile
from rightful.readers.strict import Crowded, Repeated, literal, loads
from rightful.readers.values import as_json, license_statement, words
from rightful.rights.columns import DUMP, FLICKR, HOLDER, LICENSE, NOTICE, RIGHTS, SITE, Look, joined

MOST = 256
"""So many statements of a row are told apart; one that has more says something that nobody reads."""
LONGEST = 20_000
"""So many characters of a statement are kept beside its place: as many as are looked through for words that reserve. The
longest licence that can be read is shorter."""
_LONGEST_LITERAL = 1 << 16

DEFAULT_PLACE = "license"
"""Where a statement stands that is alone and is kept without its place."""


class Statement(NamedTuple):
    """One value that speaks of rights, where it stands, and what kind of column that is. ``raw``: as it was written, where
    that was a string which holds an object or a list."""

    place: str
    kind: str
    value: Any
    raw: str | None = None


class Stated(NamedTuple):
    """The cells of a row: ``license_raw``, and all statements as JSON where that is not all there is to say."""

    license_raw: str | None = None
    statements: str | None = None


NOTHING = Stated()


class Collector:
    """Collects the statements of rows. What it finds a second time it knows."""

    def __init__(self, look: Look) -> None:
        self.look = look
        names = {*look.lists.license, *look.lists.rights, *look.lists.plain, *look.lists.holders, *look.lists.stems}
        # Names are compared without case, accents and separators; what a text may hold is told by their first letters.
        stems = sorted({re.escape(n[:3]) for n in names})
        self._speaks = re.compile("|".join(stems) or "(?!)", re.IGNORECASE)
        self._known: dict[tuple[Statement, ...], Stated] = {}
        self._paired: dict[str, str] = {}

    # --- collecting -----------------------------------------------------------------------------------------------

    def take(self, found: list[Statement], place: str, kind: str, value: Any) -> None:
        """Add what the value of a column of that kind says. Raises :class:`Repeated`."""
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if kind == LICENSE:
            raw = None
            if isinstance(value, str):
                opened = self._opened(value, place) if value[:1] in OPENING else value
                if opened is value and not value.strip():
                    return
                raw, value = (value, opened) if opened is not value else (None, value)
            if value is None or value == [] or value == {} or value != value:
                return
            found.append(Statement(place, LICENSE, value, raw))
        elif not self.look.skips(place):
            self._take_words(found, place, kind, value)

    def _take_words(self, found: list[Statement], place: str, kind: str, value: Any) -> None:
        """What may speak of rights, or names who holds them: its strings, at any depth."""
        waiting = [(place, kind, value)]
        while waiting:
            at, kind, value = waiting.pop()
            if isinstance(value, bytes):
                value = value.decode("utf-8", "replace")
            if isinstance(value, str) and value[:1] in OPENING:
                value = self._opened(value, at)
            if isinstance(value, str):
                said = HOLDER if kind == HOLDER else self.look.value_kind(value)
                if said and value.strip():
                    found.append(Statement(at, said, value))
            elif isinstance(value, dict):
                for name, inner in reversed(value.items()):
                    below = f"{at}.{name}"
                    if self.look.kind(str(name)) == LICENSE:
                        self.take(found, below, LICENSE, inner)
                    else:
                        waiting.append((below, self.look.kind(str(name)) or kind, inner))
            elif isinstance(value, list | tuple):
                waiting += [(at, kind, inner) for inner in reversed(value)]
            elif value is not None and not isinstance(value, _PLAIN) and kind != HOLDER:
                found.append(Statement(at, kind, str(value)))

    def walk(self, found: list[Statement], place: str, value: Any, text: Any = None) -> None:
        """Add what is said within a value whose own column says nothing of rights. ``text`` is the text of the record,
        which is not looked into. Raises :class:`Repeated`."""
        waiting = [(place, value)]
        while waiting:
            at, value = waiting.pop()
            if isinstance(value, str):
                if value is not text and value[:1] in OPENING:
                    opened = self._opened(value, at)
                    if not isinstance(opened, str):
                        waiting.append((at, opened))
                        continue
                if value is not text and self._hides(at, value) and not self.look.skips(at):
                    found.append(Statement(at, RIGHTS, value))
            elif isinstance(value, dict):
                pair = self._pair(value)
                if pair is not None:
                    waiting += self._named(found, at, [pair])
                waiting += reversed(self._named(found, at, value.items()))
            elif isinstance(value, list | tuple):
                if len(value) == 2 and isinstance(value[0], str) and self.look.kind(value[0]):
                    waiting += self._named(found, at, [value])
                if self.look.lists.holds_more(_last(at)):
                    tags = [tag.groups() for v in value if isinstance(v, str) and (tag := _TAG.fullmatch(v))]
                    self._named(found, at, [tag for tag in tags if self.look.kind(tag[0])])
                waiting += [(at, v) for v in reversed(value) if isinstance(v, dict | list | tuple) or _opens(v)]

    def _named(self, found: list[Statement], at: str, items: Iterable[Sequence[Any]]) -> list[tuple[str, Any]]:
        """Take what is named; what is left to look into."""
        left = []
        for name, value in items:
            if value is None:
                continue
            below = f"{at}.{name}" if at else str(name)
            kind = self.look.kind(str(name))
            if kind:
                self.take(found, below, kind, value)
            elif isinstance(value, dict | list | tuple | str):
                left.append((below, value))
        return left

    def _pair(self, value: dict[Any, Any]) -> tuple[str, Any] | None:
        """The name and the value of an object that is a pair: ``{"key": "license", "value": "MIT"}``."""
        if not 2 <= len(value) <= 8:
            return None
        sides = {self._side(str(name)): content for name, content in reversed(value.items())}
        name = sides.get("name")
        return (name, sides["value"]) if isinstance(name, str) and "value" in sides and self.look.kind(name) else None

    def _side(self, name: str) -> str:
        known = self._paired.get(name)
        if known is None:
            folded = joined(name)
            lists = self.look.lists
            known = "name" if folded in lists.pair_names else "value" if folded in lists.pair_values else ""
            if len(self._paired) < 10_000:
                self._paired[name] = known
        return known

    def _opened(self, text: str, place: str) -> Any:
        """What a string holds that is JSON or the literal of a dictionary; the string itself where it is neither."""
        stripped = text.strip(_BLANKS)
        for _ in range(_MOST_WRITTEN):  # JSON that was written as a string of JSON, again
            if stripped[:2] not in ('"{', '"[', '"\\') or stripped[-1:] != '"':
                break
            try:
                stripped = str(loads(stripped.encode())).strip(_BLANKS)
            except (orjson.JSONDecodeError, UnicodeEncodeError):
                return text
        if stripped[:1] + stripped[-1:] not in ("{}", "[]"):
            return text
        try:
            return loads(stripped.encode())
        except Crowded:
            raise
        except Repeated as twice:
            raise Repeated(twice.key, place) from None
        except (orjson.JSONDecodeError, UnicodeEncodeError, RecursionError):
            pass
        if len(stripped) <= _LONGEST_LITERAL and self._speaks.search(stripped):
            try:
                return literal(stripped)
            except Repeated as twice:
                raise Repeated(twice.key, place) from None
            except ValueError:
                pass
        return text

    def _hides(self, place: str, text: str) -> bool:
        """True for a string of a column that holds more than text, which names a column of ours and cannot be read."""
        return self.look.lists.holds_more(_last(place)) and any(
            self.look.kind(name) for name in _NAMES.findall(text[:_LONGEST_LITERAL])
        )

    # --- what the cells say ---------------------------------------------------------------------------------------

    def stated(self, found: Sequence[Statement]) -> Stated:
        """The cells of a row with these statements. Which column came first makes no difference."""
        if not found:
            return NOTHING
        if not all(type(s.value) is str for s in found):  # as a key, true would be 1
            return self._stated(found)
        key = tuple(found)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= 4_096:
                self._known.clear()
            known = self._known[key] = self._stated(found)
        return known

    def _stated(self, found: Sequence[Statement]) -> Stated:
        listed = [
            *{(s.place, s.kind, repr(s.value)): s for s in sorted(found, key=lambda s: (s.place, s.kind))}.values()
        ]
        spoken = [s for s in listed if s.kind in (LICENSE, RIGHTS, FLICKR, SITE)]
        speaking = [s for s in spoken if not self._silent(s.value)] or spoken[:1]
        beside = [s for s in listed if s.kind in (NOTICE, HOLDER, DUMP)]
        if len(listed) > MOST:
            speaking, beside = [Statement(listed[0].place, LICENSE, f"{len(listed)} statements about rights")], []
        alone = speaking[0] if speaking and len({repr(s.value) for s in speaking}) == 1 else None
        if not speaking:
            raw = None
        elif alone is not None and _is_one(alone.value):
            raw = alone.raw or license_statement(alone.value)
        else:
            raw = as_json(_by_place(speaking))
        if not beside and len(speaking) == 1 and alone is not None and self._is_default(alone):
            return Stated(raw)
        kept = [[s.place, s.kind, _cut(s.value)] for s in (*speaking, *beside)]
        return Stated(raw, as_json(kept) if kept else None)

    def has_number(self, statement: Statement) -> bool:
        """True for a number that may be one of Flickr's licences."""
        return statement.kind == LICENSE and bool(_flickr_number(statement.value))

    def _is_default(self, alone: Statement) -> bool:
        """True for a statement that ``license_raw`` tells wholly: a string, or a list of strings, in the column itself."""
        value = alone.value
        texts = value if isinstance(value, list) else [value]
        plain = all(isinstance(t, str) for t in texts) and sum(map(len, texts)) <= LONGEST
        told = plain and (isinstance(value, list) or not value.startswith("["))
        return (
            told and alone.raw is None and alone.kind == LICENSE and alone.place in (DEFAULT_PLACE, self.look.license)
        )

    def _silent(self, value: Any) -> bool:
        if isinstance(value, str):
            return self.look.is_silent(value)
        return isinstance(value, list | tuple) and all(v is None or self._silent(v) for v in value)


_BLANKS = " \t\r\n\ufeff"
OPENING = frozenset('{["' + _BLANKS)
"""How a string may begin that holds an object or a list."""
_PLAIN = (bool, int, float, date, datetime, time, timedelta)
_MOST_WRITTEN = 4
_TAG = re.compile(r"\s*([\w.-]{1,60})\s*[:=]\s*(\S.*)", re.DOTALL)
"""``license:mit``, as the tags of the Hub are written."""
_NAMES = re.compile(r"(?<![\w:.-])[\w:.-]{1,80}(?=[\"'>]*\s*[:=>])")
_FLICKR_NUMBER = re.compile(r"\d|10")


def _opens(value: object) -> bool:
    return isinstance(value, str) and value[:1] in OPENING


def _last(place: str) -> str:
    return place.rpartition(".")[2]


def _by_place(speaking: Iterable[Statement]) -> dict[str, Any]:
    """Place -> what is said there; a list where several things are."""
    found: dict[str, list[Any]] = {}
    for s in speaking:
        found.setdefault(s.place, []).append(s.value)
    return {place: values[0] if len(values) == 1 else values for place, values in found.items()}


def _is_one(value: Any) -> bool:
    """True for a value that is one statement: an object that names its licence in several ways is several."""
    if isinstance(value, list | tuple):
        return all(_is_one(v) for v in value)
    if isinstance(value, dict):
        return len({v for v in value.values() if isinstance(v, str) and v.strip()}) <= 1 and not any(
            isinstance(v, dict | list | tuple) and v for v in value.values()
        )
    return True


def _cut(value: Any) -> Any:
    """A value as it is kept beside its place: what is too long to be read is cut, and stays too long."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + "…"
    whole = as_json(value)
    return value if len(whole) <= LONGEST else whole[:LONGEST] + "…"


def of_folders(file: FoundFile, look: Look) -> list[Statement]:
    """What the folders of a partitioned data set say of the rows below: ``license=CC-BY-4.0/part.parquet``. Those count that
    the file lies in, out of whatever archive it came: not those that it was unpacked to."""
    found = []
    for folder in file.lies.parts[:-1]:
        name, mark, value = folder.partition("=")
        kind = look.kind(unquote(name)) if mark else ""
        if kind in (LICENSE, RIGHTS) and value != "__HIVE_DEFAULT_PARTITION__":
            text = unquote(value)
            said = LICENSE if kind == LICENSE else look.value_kind(text)
            if said in (LICENSE, RIGHTS) and text.strip() and not (kind == RIGHTS and look.skips(f"{name}=")):
                found.append(Statement(f"{name}=", said, text))
    return found


def of_flickr(found: Sequence[Statement], row: dict[str, Any]) -> Sequence[Statement]:
    """The statements of a row; a number in a column that is a licence by name is one of Flickr's where the row is."""
    if not any(s.kind == LICENSE and _flickr_number(s.value) for s in found):
        return found
    if not any(is_of_flickr(name, value) for name, value in row.items()):
        return found
    return [
        s._replace(kind=FLICKR, value=_flickr_number(s.value)) if s.kind == LICENSE and _flickr_number(s.value) else s
        for s in found
    ]


def _flickr_number(value: Any) -> str:
    text = words(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
    return text.strip() if text is not None and _FLICKR_NUMBER.fullmatch(text.strip()) else ""


def is_of_flickr(name: str, value: Any) -> bool:
    """True for a column that names Flickr, or an address there."""
    if value is not None and "flickr" in name.casefold():
        return True
    texts = value if isinstance(value, list) else [value]
    return any(
        isinstance(t, str) and len(t) <= 2_048 and re.search(r"(?:^|[/.@])(?:static)?flickr\.com(?:[/:?]|$)", t)
        for t in texts
    )

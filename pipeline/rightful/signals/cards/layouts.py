"""Layouts that people have: which columns a corpus comes in, and what holds of its rights. Floor 2: tables are handed in.

A layout is a file of data (``recipes/layouts``). Its ``[card]`` has the keys of a source card, and fills what the card of a
source does not say: chosen by name it is the operator's statement, as the card is. One that is only recognised by its columns
counts as a guess (:mod:`.guesses`): it permits nothing, and restricts as if somebody had chosen it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rightful.errors import InputError, UnknownName
from rightful.rights.uses import Vocabulary
from rightful.signals.cards.guesses import UNCONFIRMED, guess_in, marked
from rightful.signals.cards.source_card import FIELD_NAMES, OfLayout, card_of, source_id

FORMAT = 1
KINDS = ("string", "integer", "number", "boolean", "time", "list", "strings", "object", "bytes", "any")
"""What a column may hold. A whole number is a ``number`` too, a list of strings a ``list``; ``any`` is not looked at."""
KEYS = ("schema", "version", "title", "about", "why", "published", "as_of", "recognise", "card")
CARD_KEYS = (
    *("url", "publisher", "license", "license_from", "covers", "derived_from", "personal_data"),
    *("jurisdiction", "purposes", "applications", "fields", "licenses"),
)
"""What a layout may say of a source. What somebody has to sign for, a contract, a consent, an attested claim, is not among it."""
_BY_NAME = ("licenses", "fields")
_UNITED = ("derived_from", *_BY_NAME)
"""Keys of which the card and the layout both count: those of the card go first where both say the same."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a file of a layout is known by: all of ``columns`` (dotted; each with the kinds that it may have) are there;
    where ``exactly``, no other but those of ``may``; and every string in the columns of ``holds`` has that in it."""

    columns: Mapping[str, tuple[str, ...]]
    exactly: bool = False
    may: tuple[str, ...] = ()
    holds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowLayout:
    """A layout, checked. ``card`` are keys of a source card as they stand in the file; ``path`` is where that lies."""

    name: str
    version: int
    title: str
    about: str
    why: str
    published: tuple[str, ...]
    as_of: str
    signs: tuple[Sign, ...]
    card: Mapping[str, Any]
    path: str = ""
    origin: str = "shipped"

    @property
    def fields(self) -> Mapping[str, str]:
        """Which column says what."""
        return {key: of for key, of in self.card.get("fields", {}).items() if key in FIELD_NAMES}

    def listed(self) -> dict[str, Any]:
        """In short, as lists have it."""
        return {
            "name": self.name,
            "version": self.version,
            "title": self.title,
            "about": self.about,
            "why": self.why,
            "published": list(self.published),
            "as_of": self.as_of,
            "origin": self.origin,
            "path": self.path,
        }

    def as_json(self) -> dict[str, Any]:
        """In full: ``rights`` are the keys of a card that it fills."""
        return {
            **self.listed(),
            "rights": {key: value for key, value in self.card.items() if key not in _BY_NAME},
            "fields": dict(self.fields),
            "licenses": dict(self.card.get("licenses", {})),
            "not_rights": dict(self.card.get("fields", {}).get("not_rights", {})),
            "recognise": [
                {
                    "columns": {name: " or ".join(kinds) for name, kinds in sign.columns.items()},
                    "exactly": sign.exactly,
                    "may": list(sign.may),
                    "holds": dict(sign.holds),
                }
                for sign in self.signs
            ],
        }


@dataclass(frozen=True, slots=True)
class Seen:
    """What the first rows of a file show: the columns, dotted, with the kinds that all their values are (None: there are
    none), the names at the top, and what gives some strings of a column."""

    columns: Mapping[str, frozenset[str] | None]
    names: frozenset[str]
    strings: Callable[[str], Sequence[str]]


def layout_of(
    data: Mapping[str, Any], name: str, path: str, vocabulary: Vocabulary, origin: str = "shipped"
) -> RowLayout:
    """A checked layout from the table of its file. Raises :class:`InputError` naming file and key."""
    _closed(data, KEYS, path)
    if data.get("schema") != FORMAT:
        hint = f"write schema = {FORMAT}"
        raise InputError(f"schema must be {FORMAT}, not {data.get('schema')!r}", subject=path, hint=hint)
    version = data.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InputError(f"version must be a number from 1 on, not {version!r}", subject=path)
    texts = {key: data.get(key) for key in ("title", "about", "why")}
    for key, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"{key} must be a text, not {text!r}", subject=path, hint="say it in a sentence or two")
    published = data.get("published", [])
    if not isinstance(published, list) or not all(isinstance(of, str) and of.strip() for of in published):
        raise InputError(f"published must be a list of addresses, not {published!r}", subject=path)
    card = data.get("card", {})
    if not isinstance(card, dict):
        raise InputError(f"card must be a table, not {card!r}", subject=path)
    _closed(card, CARD_KEYS, path, "card.")
    if any(guess_in(value) for value in card.values()):
        raise InputError("a layout states what holds: it has no guesses", subject=f"{path}, key card")
    card_of({"name": name, **card}, path, vocabulary)
    signs = data.get("recognise", [])
    if not isinstance(signs, list) or not all(isinstance(sign, dict) for sign in signs):
        raise InputError("recognise must be a list of tables ([[recognise]])", subject=path)
    return RowLayout(
        name=name,
        version=version,
        title=str(texts["title"]).strip(),
        about=str(texts["about"]).strip(),
        why=str(texts["why"]).strip(),
        published=tuple(of.strip() for of in published),
        as_of=str(data.get("as_of", "")),
        signs=tuple(_sign(sign, f"{path}, recognise[{n}]") for n, sign in enumerate(signs)),
        card=card,
        path=path,
        origin=origin,
    )


def _closed(data: Mapping[str, Any], known: Iterable[str], path: str, prefix: str = "") -> None:
    names = tuple(known)
    for key in data:
        if key not in names:
            raise UnknownName.of("key", prefix + key, [prefix + name for name in names], subject=path)


def _sign(data: Mapping[str, Any], place: str) -> Sign:
    _closed(data, ("columns", "exactly", "may", "holds"), place)
    columns, exactly = data.get("columns"), data.get("exactly", False)
    may, holds = data.get("may", []), data.get("holds", {})
    if not isinstance(columns, dict) or not columns:
        hint = 'write columns = { text = "string" }'
        raise InputError("columns must be a table of kinds by column", subject=place, hint=hint)
    kinds = {name: _kinds(name, of, place) for name, of in columns.items()}
    if not isinstance(exactly, bool):
        raise InputError(f"exactly must be true or false, not {exactly!r}", subject=place)
    if not isinstance(may, list) or not all(isinstance(name, str) for name in may):
        raise InputError(f"may must be a list of columns, not {may!r}", subject=place)
    if not isinstance(holds, dict) or not all(isinstance(of, str) and of for of in holds.values()):
        raise InputError(f"holds must be a table of texts by column, not {holds!r}", subject=place)
    return Sign(kinds, exactly, tuple(may), holds)


def _kinds(name: str, stated: object, place: str) -> tuple[str, ...]:
    if not isinstance(stated, str):
        raise InputError(f"columns.{name} must be a kind, not {stated!r}", subject=place)
    kinds = tuple(kind.strip() for kind in stated.split("|"))
    for kind in kinds:
        if kind not in KINDS:
            raise UnknownName.of("kind", kind, KINDS, subject=f"{place}, column {name}")
    return kinds


# --- what it fills in a card -----------------------------------------------------------------------------------------


def completed(
    data: Mapping[str, Any], layout: RowLayout, *, guessed: bool = False, by: str = "card"
) -> tuple[dict[str, Any], OfLayout]:
    """The table of a card with what the layout says and the card does not, and which of its keys are the layout's.

    A key that stands in the card is the operator's own word, and stays; of ancestors, columns and strings both count.
    ``guessed``: nobody chose the layout, so that each of its statements is a guess. Which column is which is none.
    """
    merged: dict[str, Any] = {**data, "layout": layout.name}
    ours: list[str] = []
    for key, value in layout.card.items():
        stated = value if not guessed else _as_guess(key, value)
        if key not in merged:
            merged[key] = stated
            ours += [f"{key}[{n}]" for n in range(len(_list(stated)))] if key == "derived_from" else []
            ours += [f"{key}.{name}" for name in stated] if key in _BY_NAME else []
            ours += [key] if key not in _UNITED else []
        elif key == "derived_from":
            listed = _list(merged[key])
            named = {source_id(_name(of)) for of in listed}
            more = [of for of in _list(stated) if source_id(_name(of)) not in named]
            merged[key] = [*listed, *more]
            ours += [f"{key}[{len(listed) + n}]" for n in range(len(more))]
        elif key in _BY_NAME and isinstance(merged[key], dict):
            merged[key], added = _united(merged[key], stated)
            ours += [f"{key}.{name}" for name in added]
    if guessed and ("license" in layout.fields and "license_from" not in merged):
        merged["license_from"] = marked("scanner")  # what the rows say there nobody confirmed to be a licence
        ours.append("license_from")
    return merged, OfLayout(layout.name, layout.version, tuple(ours), not guessed, by)


def _united(card: Mapping[str, Any], layout: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    both: dict[str, Any] = {**layout, **card}
    added = [name for name in layout if name not in card]
    inner = "not_rights"
    if isinstance(card.get(inner), dict) and isinstance(layout.get(inner), dict):
        both[inner] = {**layout[inner], **card[inner]}
    return both, added


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _name(ancestor: Any) -> str:
    return str(ancestor.get("name", "")) if isinstance(ancestor, dict) else str(ancestor)


def _as_guess(key: str, value: Any) -> Any:
    """A value of a layout that nobody chose: every string of it a guess. Names of columns are none."""
    if key not in UNCONFIRMED:
        return value
    if isinstance(value, str):
        return marked(value)
    if isinstance(value, list):
        return [_as_guess(key, of) for of in value]
    if isinstance(value, dict):
        if key == "fields":
            return {name: _as_guess("license", of) if isinstance(of, dict) else of for name, of in value.items()}
        return {name: _as_guess(key, of) for name, of in value.items()}
    return value


# --- by what it is known ---------------------------------------------------------------------------------------------


def fits(sign: Sign, seen: Seen) -> bool:
    """True where a file has what the sign asks for."""
    for name, kinds in sign.columns.items():
        if name not in seen.columns or not _is_of(seen.columns[name], kinds):
            return False
    heads = {name.partition(".")[0] for name in sign.columns}
    if sign.exactly and not seen.names <= {*heads, *sign.may}:
        return False
    for name, part in sign.holds.items():
        strings = seen.strings(name)
        if not strings or not all(part in text for text in strings):
            return False
    return True


def _is_of(met: frozenset[str] | None, kinds: Iterable[str]) -> bool:
    return met is None or "any" in kinds or not met.isdisjoint(kinds)


def recognised(layouts: Iterable[RowLayout], seen: Seen) -> RowLayout | None:
    """The layout that a file has; None where none fits, or more than one and none of them asks for all that the others do."""
    fitting = [(layout, sign) for layout in layouts for sign in layout.signs if fits(sign, seen)]
    best = [
        layout
        for layout, sign in fitting
        if not any(other is not layout and _asks_for_more(than=sign, asks=its) for other, its in fitting)
    ]
    names = {layout.name for layout in best}
    return best[0] if len(names) == 1 else None


def _asks_for_more(*, asks: Sign, than: Sign) -> bool:
    mine, its = ({*sign.columns, *(f"{name}*" for name in sign.holds)} for sign in (asks, than))
    return mine > its


def misfits(layout: RowLayout, seen: Seen) -> list[tuple[str, str, str]]:
    """The columns of a file that hold something else than the layout says: (column, what it says, what is there)."""
    stated: dict[str, dict[str, None]] = {}
    for sign in layout.signs:
        for name, kinds in sign.columns.items():
            stated.setdefault(name, {}).update(dict.fromkeys(kinds))
    return [
        (name, " or ".join(kinds), " or ".join(sorted(met)) if met else "several kinds")
        for name, kinds in stated.items()
        if (met := seen.columns.get(name)) is not None and not _is_of(met, kinds)
    ]

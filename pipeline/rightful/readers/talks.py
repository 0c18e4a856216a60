"""Rows that are conversations: which rows these are, and the text that is made from one. Floor 2: the readers.

A row whose text stands in no column of its own may be a conversation: turns in one column (``messages``,
``conversations``), or columns that are turns themselves (``prompt`` and ``completion``, ``instruction``, ``input`` and
``output``). It is kept as it came, and its text is made by one template, :data:`TEMPLATE`: every turn is
``role: content``, with a blank line between turns; what a turn says beside that (a name, calls of tools) follows as lines
``key: value`` in the order of the keys, objects (and JSON in strings) as JSON with theirs sorted. The text has every string of the
conversation, so what is looked for in the text is looked for in all that leaves with it.

A conversation with something in it that is no text (an image, sound, a file) is no record: nobody has looked at it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from rightful.notation.characters import is_blank
from rightful.notation.contents import dumps, without_nulls
from rightful.readers.arrow_values import UNREADABLE
from rightful.readers.strict import Repeated, literal, loads
from rightful.rights.columns import Fields

TEMPLATE = "rightful-turns/1"
"""The template and its version. Another version makes other texts, and so other contents, of the same conversations."""

MARK = "; conversation="
"""What stands in the media type of a record between that of its file and the form of the conversation."""


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write conversations. ``order`` are its columns in the order of the text, of which those of ``needed`` have
    to say something; ``turns``: what is needed is a list of turns, else a text or a list of turns."""

    name: str
    order: tuple[str, ...]
    needed: tuple[str, ...]
    turns: bool = False


def _of_turns(column: str) -> Form:
    return Form("messages", ("system", "tools", column), (column,), turns=True)


FORMS: tuple[Form, ...] = (
    Form("preference", ("system", "prompt", "chosen", "rejected"), ("chosen", "rejected")),
    *map(_of_turns, ("messages", "conversations", "conversation")),
    Form("prompt-completion", ("system", "prompt", "completion"), ("prompt", "completion")),
    Form("prompt-response", ("system", "prompt", "response"), ("prompt", "response")),
    Form("instruction", ("system", "instruction", "input", "output"), ("instruction", "output")),
    Form("instruction", ("system", "instruction", "context", "response"), ("instruction", "response")),
    Form("question-answer", ("system", "question", "answer"), ("question", "answer")),
)
"""The forms that are tried, in order. Turns of ``from`` and ``value`` make ``messages`` the form ``sharegpt``."""

SHAREGPT = "sharegpt"
FORM_NAMES = tuple(dict.fromkeys(("messages", SHAREGPT, *(form.name for form in FORMS))))
_ROLES = ("role", "from")
_TEXTS = frozenset({"text", "input_text", "output_text", "refusal"})
"""The types of parts of a content that are texts."""
_SAID = frozenset({"tool_use", "tool_call", "tool_result", "thinking", "reasoning"})
"""The types of parts that are objects of texts, and stand in the text as JSON."""
_MEDIA = frozenset("image images image_url audio input_audio video videos file files".split())
"""What a turn has beside its content where it is more than text."""
_LONG_NUMBER = 1_000_000
"""A number from here on may be that of a telephone or an account: it stands in the text."""
_EXACT = 2**53
MOST_STRINGS = 8
"""JSON in a string in JSON is opened so many times."""
MOST_LEVELS = 64
"""A conversation with objects within objects more deeply than this is none: what walks through it has a bottom."""


class Talk(NamedTuple):
    """A conversation that was read: its form, the columns that it stands in, its text, and what is stored of it."""

    form: str
    columns: tuple[str, ...]
    text: str
    stored: str
    """``{"form": ..., "template": ..., "columns": {name: value as it came}}``, as JSON."""


class Placed(NamedTuple):
    """A form in the rows of a file: ``columns`` are (name in the form, name in the row), in the order of the form."""

    form: Form
    columns: tuple[tuple[str, str], ...]


class NoTalk(ValueError):
    """Why a row that looks like a conversation is none."""


class OtherUse(NoTalk):
    """A column of that name says something else here, or nothing: another form may fit the row."""


def placed(fields: Fields, names: Iterable[str]) -> tuple[Placed, ...]:
    """The forms that rows with these top-level names may have, in the order in which they are tried.

    >>> [(p.form.name, p.columns) for p in placed(Fields(), ["id", "Question", "answer"])]
    [('question-answer', (('question', 'Question'), ('answer', 'answer')))]
    """
    present = set(names)
    folded: dict[str, str] = {}
    for name in sorted(present):
        folded.setdefault(name.casefold(), name)

    def of(form: Form) -> Placed | None:
        named = {c: c if c in present else folded.get(c) for c in form.order}
        if any(named[column] is None for column in form.needed):
            return None
        return Placed(form, tuple((c, at) for c, at in named.items() if at is not None))

    forms = FORMS
    if fields.messages is not None:
        if fields.messages not in present:
            return ()
        folded[fields.messages] = fields.messages
        forms = (_of_turns(fields.messages),)
    return tuple(p for form in forms if (p := of(form)) is not None)


def media_type(of_file: str, form: str | None) -> str:
    """The media type of a record: of its file, and where it is a conversation in which form.

    >>> media_type("text/plain", "messages")
    'text/plain; conversation=messages'
    """
    return of_file if form is None else f"{of_file}{MARK}{form}"


def form_of(media_type: str | None) -> str | None:
    """The form of the conversation that a record is, by its media type; None for one that is none.

    >>> form_of("text/plain; conversation=messages"), form_of("text/plain")
    ('messages', None)
    """
    return (media_type or "").partition(MARK)[2] or None


class Settled(NamedTuple):
    """What the text of a row is: the text, the conversation that it was made from, the conversation that was set aside
    because the row has a text that is another one, or why there is no text."""

    text: str | None = None
    talk: Talk | None = None
    aside: Talk | None = None
    fault: str = ""


def settled(
    fields: Fields, text: object, row: Mapping[str, Any], forms: Sequence[Placed], line: bytes = b""
) -> Settled:
    """The text of a row that may be a conversation. ``text`` is what its text column holds (None for nothing): whatever
    that is, it is the text, unless nobody named the column and it holds nothing. A conversation is kept beside a text
    that was made from it.
    ``line`` is the JSON that the row was read from."""
    silent = fields.text is None and (text is None or text == "")
    try:
        talk = read(row, forms, line)
    except NoTalk as fault:
        reason = f"no text and no conversation: {fault}" if isinstance(fault, OtherUse) else str(fault)
        return Settled(fault=reason) if silent else Settled()
    if silent:
        return Settled(talk.text, talk)
    return Settled(talk=talk) if text == talk.text else Settled(aside=talk)


def read(row: Mapping[str, Any], forms: Sequence[Placed], line: bytes = b"") -> Talk:
    """The conversation of a row in the first of the forms that fits. Raises :class:`NoTalk`, and
    :class:`rightful.readers.strict.Repeated` for JSON in a string in which a key comes twice."""
    other: OtherUse | None = None
    for form in forms:
        try:
            return _read(row, form, line)
        except OtherUse as fault:
            other = other or fault
        except RecursionError:
            raise NoTalk("nested too deeply to be looked through") from None
    raise other or OtherUse("no column of one is there")


def _read(row: Mapping[str, Any], placed: Placed, line: bytes) -> Talk:
    form = placed.form
    kept: dict[str, Any] = {}
    for column, at in placed.columns:
        value = _opened(row.get(at), form.turns)
        if value is UNREADABLE:
            raise NoTalk(f"{at!r} cannot be read")
        if column == "tools":
            value = _parsed(value) or value if isinstance(value, str) and value[:1] in ("[", "{") else value
            if not isinstance(value, str | list | dict):
                continue
        if column in form.needed:
            _must_speak(value, at, form)
        elif column == "system" and not isinstance(value, str):
            continue
        if value is not None:
            kept[at] = value
    if _is_deeper(kept, MOST_LEVELS):
        raise NoTalk(f"a conversation of more than {MOST_LEVELS} levels: nobody reads it")
    if any(map(_is_inexact, kept.values())) and line:
        whole = _whole(line)
        kept = {at: _opened(whole[at], form.turns) for at in kept}
    name = form.name
    sections: list[str] = []
    spoken = False
    for column, at in placed.columns:
        value = kept.get(at)
        if column == "tools":
            sections += [f"tools: {_text_of(value)}"] if value else []
        elif isinstance(value, str):
            spoken |= not is_blank(value)
            sections += [f"{column}: {value}"] if value else []
        elif isinstance(value, list) and column != "system":
            if not value and column in form.needed:
                raise NoTalk(f"a conversation without turns (field {at!r})")
            if form.turns and isinstance(value[0], dict) and value[0].get("role") is None:
                name = SHAREGPT
            for turn in _turns(value, at, "" if form.turns else f"{column}/"):
                spoken |= turn.says
                sections.append(turn.text)
        elif value is not None:
            raise NoTalk(f"{at!r} is {_kind(value)}, not a string")
    if not spoken:
        raise NoTalk("a conversation in which nothing is said")
    stored = _dumps({"form": name, "template": TEMPLATE, "columns": kept})
    return Talk(name, tuple(kept), "\n\n".join(sections), stored)


def again(stored: str) -> Talk:
    """The conversation of what is stored of it: its text is what the template makes of it now. Raises :class:`NoTalk`
    for what no conversation is stored as, or one that is no longer one.

    >>> talk = read({"q": 1, "question": "Who?", "answer": "Mira."}, placed(Fields(), ["question", "answer"]))
    >>> again(talk.stored) == talk
    True
    """
    try:
        kept = json.loads(stored)
        name, columns = kept["form"], kept["columns"]
        forms = placed(Fields(), columns)
        if name in ("messages", SHAREGPT):  # whose column may have any name
            (turns,) = (column for column in columns if column.casefold() not in ("system", "tools"))
            forms = placed(Fields(messages=turns), columns)
        for form in forms:
            if form.form.name in (name, "messages") and len(form.columns) == len(columns):
                return _read(columns, form, b"")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise NoTalk(str(error)) from None
    raise NoTalk("no form has these columns")


def _must_speak(value: Any, at: str, form: Form) -> None:
    if value is None or (isinstance(value, str) and not value):
        raise OtherUse(f"{at!r} is {'null' if value is None else 'empty'}")
    if form.turns and not isinstance(value, list):
        raise OtherUse(f"{at!r} is {_kind(value)}, not a list of turns")
    if not isinstance(value, str | list):
        raise OtherUse(f"{at!r} is {_kind(value)}, not a string or a list of turns")


class _Turn(NamedTuple):
    text: str
    says: bool


def _turns(turns: Sequence[Any], at: str, prefix: str) -> Iterator[_Turn]:
    for number, turn in enumerate(turns, 1):
        here = f"turn {number} (field {at!r})"
        turn = _object(turn)
        if not isinstance(turn, dict):
            raise NoTalk(f"{here} is {_kind(turn)}, not an object with role and content")
        role_key = "from" if turn.get("role") is None and "from" in turn else "role"
        content_key = "value" if turn.get("content") is None and "value" in turn else "content"
        role = turn.get(role_key)
        if not isinstance(role, str) or is_blank(role):
            raise NoTalk(f"{here} has no role: {'it is ' + _kind(role) if role else 'neither role nor from says one'}")
        content = _content(turn.get(content_key), here)
        beside = list(_beside(turn, (role_key, content_key), here))
        head = f"{prefix}{role}: {content}" if content else f"{prefix}{role}:"
        yield _Turn("\n".join([head, *beside]), bool(beside) or not is_blank(content))


def _content(content: Any, here: str) -> str:
    """The text of a content: a string, or a list of parts that are texts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise NoTalk(f"the content of {here} is {_kind(content)}, not a string or a list of parts")
    return "\n".join(_part(part, here) for part in content if part is not None)


def _part(part: Any, here: str) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        raise NoTalk(f"a part of {here} is {_kind(part)}, not text")
    of = part.get("type")
    if (of is None or of in _TEXTS) and isinstance(text := part.get("text") or part.get("refusal"), str):
        beside = _beside(part, ("type", "text" if part.get("text") else "refusal"), here)
        return "\n".join([text, *beside])
    if of in _SAID:
        _all_text(part, here)
        return _text_of(part)
    if (of is None or of in _TEXTS) and not any(v for k, v in part.items() if k != "type"):
        return ""
    raise NoTalk(f"a part of {here} is {_short(of)}, no text: only conversations of text are read")


def _beside(turn: Mapping[str, Any], told: tuple[str, ...], here: str) -> Iterator[str]:
    """What a turn says beside its role and content, a line each; not its numbers and truth values."""
    for key, value in sorted(turn.items()):
        if key in told or value is None or value == "" or value == [] or value == {}:
            continue
        if key.casefold() in _MEDIA:
            raise NoTalk(f"{here} holds {key!r}, no text: only conversations of text are read")
        _all_text(value, here)
        if isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < _LONG_NUMBER):
            continue
        yield f"{key}: {_text_of(value)}"


def _all_text(value: Any, here: str) -> None:
    """Raise :class:`NoTalk` where something within is an image, sound or a file by its type."""
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if isinstance(at, dict):
            of = at.get("type")
            if isinstance(of, str) and of.casefold() in _MEDIA:
                raise NoTalk(f"{here} holds {_short(of)}, no text: only conversations of text are read")
            waiting += at.values()
        elif isinstance(at, list | tuple):
            waiting += at


def _text_of(value: Any) -> str:
    """A string as it is, all else as JSON of one form: a conversation that went through Parquet has the same text."""
    plain = _unescaped(value, MOST_STRINGS)
    return plain if isinstance(plain, str) else _dumps(without_nulls(plain), sort_keys=True)


def _unescaped(value: Any, levels: int) -> Any:
    """A value with what is written as JSON in its strings (the arguments of a call) instead of these strings, so that a
    scan sees what JSON escapes: ``\\u0040`` is an at sign."""
    if isinstance(value, dict):
        return {name: _unescaped(inner, levels) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_unescaped(inner, levels) for inner in value]
    if not isinstance(value, str) or not levels or value.strip()[:1] not in ("{", "["):
        return value
    try:
        opened = loads(value.encode())
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return value
    return _unescaped(_whole(value.encode()) if _is_inexact(opened) else opened, levels - 1)


def _opened(value: Any, any_list: bool) -> Any:
    """A list of turns that was written as JSON, or as Python writes it, in a string; every other value as it is.

    ``any_list``: the column is one of turns, so that every list there is meant to be some; else a text that looks like
    one is a text.
    """
    if isinstance(value, tuple):
        return list(value)
    stripped = value.strip() if isinstance(value, str) and value[:1] in _MAY_OPEN else ""
    if stripped[:1] != "[" or stripped[-1:] != "]":
        return value
    opened = _parsed(stripped)
    first = opened[0] if isinstance(opened, list) and opened else None
    is_turn = isinstance(first, dict) and any(isinstance(first.get(role), str) for role in _ROLES)
    return opened if is_turn or (any_list and isinstance(opened, list)) else value


_MAY_OPEN = ("[", " ", "\t", "\r", "\n")


def _parsed(text: str) -> Any:
    """What a string holds that is JSON, or a literal of Python; None where it is neither."""
    try:
        opened = loads(text.encode())
        return _whole(text.encode()) if _is_inexact(opened) else opened
    except Repeated:
        raise
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        pass
    try:
        return literal(text)
    except Repeated:
        raise
    except ValueError:
        return None


def _object(turn: Any) -> Any:
    """A turn that was written as JSON in a string; every other value as it is."""
    if not isinstance(turn, str) or turn[:1] != "{":
        return turn
    opened = _parsed(turn)
    return opened if isinstance(opened, dict) else turn


def _whole(line: bytes) -> Any:
    """JSON with all the digits of its whole numbers."""
    try:
        return json.loads(line)
    except ValueError as error:  # more digits than Python reads
        raise NoTalk(f"a number that cannot be read: {error}") from None


def _is_deeper(value: Any, levels: int) -> bool:
    """True where values are nested more deeply than so."""
    level = [value]
    for _ in range(levels):
        nested = [of for of in level if isinstance(of, dict | list)]
        level = [inner for of in nested for inner in (of.values() if isinstance(of, dict) else of)]
        if not level:
            return False
    return True


def _is_inexact(value: Any) -> bool:
    """True where a number was read that may have lost digits."""
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if type(at) is float:
            if abs(at) >= _EXACT:
                return True
        elif type(at) is dict:
            waiting += at.values()
        elif type(at) is list:
            waiting += at
    return False


def _dumps(value: Any, *, sort_keys: bool = False) -> str:
    try:
        return dumps(value, sort_keys=sort_keys)
    except TypeError:
        return dumps(_plain(value), sort_keys=sort_keys)
    except ValueError as error:
        raise NoTalk(f"a number that JSON has no form for: {error}") from None


def _plain(value: Any) -> Any:
    """What Parquet or a literal of Python may hold, as JSON: times as ISO 8601, exact numbers as strings."""
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID | timedelta):
        return str(value)
    raise NoTalk("something in it is bytes: only conversations of text are read")


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:39] + "…"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float | Decimal):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, bytes):
        return "bytes"
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list | tuple) else "null"

"""YAML and JSON that others wrote -> plain values, or why they cannot be read. Floor 2: pure.

Strict, since what is read may be hostile and what is misread may permit: a key that stands twice is damage, and so is more
depth or length than any card has. Of YAML no tag and no alias is taken (a tag makes objects, aliases make bombs), and a
plain scalar is its text: ``no`` is no truth value, ``1.0`` no number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from rightful.notation.json_objects import Twice, each_once

MOST_CHARS = 1 << 20
MOST_DEPTH = 40
MOST_VALUES = 100_000
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_OF_RIGHTS = re.compile(
    r"licen[cs]|lizenz|\brights\b|copyright|\bterms\b|gated|restrict|permi(?:t|ssion)|reserved|creativecommons|spdx|usage|consent|\\u00",
    re.IGNORECASE,
)


class Damaged(ValueError):
    """A text that cannot be read as what it should be; the message says why."""


def speaks_of_rights(text: str) -> bool:
    """True where a text that cannot be read may have spoken of rights: it has one of their words, or is no text at all."""
    return "\ufffd" in text or "\x00" in text or _OF_RIGHTS.search(text) is not None


def decoded(raw: bytes) -> str:
    """The text of a file in UTF-8, with or without a byte order mark. Raises :class:`Damaged`."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Damaged(f"it is not UTF-8 (byte {error.start})") from None


def yaml_of(text: str) -> Any:
    """What a text of YAML holds: mappings with texts for keys, lists, texts and None. Raises :class:`Damaged`."""
    import yaml

    if len(text) > MOST_CHARS:
        raise Damaged(f"its YAML is longer than {MOST_CHARS} characters")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _built(iter(yaml.parse(text, Loader=loader)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark is not None else ""
        raise Damaged(
            f"its YAML cannot be read: {getattr(error, 'problem', None) or 'a character of it'}{where}"
        ) from None
    except (RecursionError, ValueError) as error:
        raise Damaged(str(error) if isinstance(error, Damaged) else "its YAML cannot be read") from None


def _built(events: Iterator[Any]) -> Any:
    """The value of a stream of one document."""
    import yaml

    root: list[Any] = []
    open_: list[tuple[Any, int]] = [(root, 0)]
    keys: list[str | None] = [None]
    values = documents = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise Damaged(f"its YAML has an alias (line {line}), which is not followed")
        if getattr(event, "tag", None) is not None and event.tag != "!":
            raise Damaged(f"its YAML has a tag (line {line}), which is not followed")
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise Damaged(f"its YAML has more than one document (line {line})")
            continue
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            if keys[-1] is not None:
                raise Damaged(f"its YAML has a key without a value (line {line})")
            open_.pop()
            keys.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        values += 1
        if values > MOST_VALUES or len(open_) > MOST_DEPTH:
            raise Damaged(f"its YAML is larger or deeper than that of a card (line {line})")
        into = open_[-1][0]
        if isinstance(into, dict) and keys[-1] is None:
            keys[-1] = _key(event, into, line)
            continue
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style is None or event.style == ""
            value = None if plain and event.value in _NULL else event.value
        if isinstance(into, dict):
            key = keys[-1]
            assert key is not None
            into[key] = value
            keys[-1] = None
        else:
            into.append(value)
        if not isinstance(event, yaml.ScalarEvent):
            open_.append((value, line))
            keys.append(None)
    return root[0] if root else None


def _key(event: Any, into: dict[str, Any], line: int) -> str:
    import yaml

    if not isinstance(event, yaml.ScalarEvent):
        raise Damaged(f"its YAML has a key that is no text (line {line})")
    if event.value in into:
        raise Damaged(f"its YAML has the key {event.value[:60]!r} twice (line {line})")
    return str(event.value)


def json_of(text: str) -> Any:
    """What a text of JSON holds. Raises :class:`Damaged`."""
    try:
        value = json.loads(text, object_pairs_hook=each_once)
    except Twice as error:
        raise Damaged(f"its JSON has the key {error.key[:60]!r} twice") from None
    except RecursionError:
        raise Damaged("its JSON is deeper than that of a card") from None
    except json.JSONDecodeError as error:
        raise Damaged(f"its JSON cannot be read: {error.msg} (line {error.lineno})") from None
    except ValueError:  # a number of more digits than Python takes
        raise Damaged("its JSON has a number that cannot be read") from None
    waiting, values = [(value, 0)], 0
    while waiting:
        inner, depth = waiting.pop()
        values += 1
        if depth > MOST_DEPTH or values > MOST_VALUES * 10:
            raise Damaged("its JSON is larger or deeper than that of a card")
        if isinstance(inner, dict | list):
            waiting += [(v, depth + 1) for v in (inner.values() if isinstance(inner, dict) else inner)]
    return value

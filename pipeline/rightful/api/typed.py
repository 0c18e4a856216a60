"""Every argument of a verb is held against its annotation before anything is opened. Floor 10: part of `api`.

What has the meaning of the annotation is taken and brought into its form: any path for a ``Path``, a generator or a set for
several texts, a whole number of numpy for an ``int``. Everything else is an :class:`InputError` that names the keyword: a
number in place of a name, ``yes="no"``, bytes.
"""

from __future__ import annotations

import functools
import inspect
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from numbers import Real
from pathlib import Path
from types import FunctionType, UnionType
from typing import Any, TypeVar

from rightful.errors import InputError, did_you_mean

Kind = TypeVar("Kind")
_UNFIT = object()
_MOST_CHARS = 60


def typed(kind: type[Kind]) -> type[Kind]:
    """The class, whose constructor and public methods look at what they are given."""
    for name, member in list(vars(kind).items()):
        if name.startswith("_") and name != "__init__":
            continue
        if isinstance(member, staticmethod):
            function = member.__func__
            assert isinstance(function, FunctionType)
            setattr(kind, name, staticmethod(_looking(function)))
        elif isinstance(member, FunctionType):
            setattr(kind, name, _looking(member))
    return kind


def _looking(function: FunctionType) -> Callable[..., Any]:
    @functools.wraps(function)
    def looking(*given: Any, **named: Any) -> Any:
        signature, expected = _expected(function)
        try:
            bound = signature.bind(*given, **named)
        except TypeError as error:
            raise _misnamed(function, signature, named, error) from None
        for name, value in bound.arguments.items():
            if name in expected:
                bound.arguments[name] = expected[name].form(name, value)
        return function(*bound.args, **bound.kwargs)

    return looking


@functools.cache
def _expected(function: FunctionType) -> tuple[inspect.Signature, Mapping[str, Expected]]:
    """The signature of a function, and what its parameters expect where their annotation says it."""
    annotations = {name: of for name, of in function.__annotations__.items() if name != "return"}
    read = {name: Expected.of(str(text), function.__globals__) for name, text in annotations.items()}
    return inspect.signature(function), {name: one for name, one in read.items() if one is not None}


def _misnamed(
    function: Callable[..., Any], signature: inspect.Signature, named: Iterable[str], error: TypeError
) -> TypeError:
    """The error of Python for a keyword that is none, with the one that was probably meant."""
    unknown = [name for name in named if name not in signature.parameters]
    if not unknown:
        return TypeError(f"{function.__name__}() {error}")
    keywords = [name for name in signature.parameters if name != "self"]
    hint = did_you_mean(unknown[0], keywords, limit=len(keywords))
    return TypeError(f"{function.__name__}() has no keyword {unknown[0]!r}; {hint}")


@dataclass(frozen=True, slots=True)
class Expected:
    """What an annotation allows: its alternatives, each with a function that gives the value in its form, and in words."""

    alternatives: tuple[str, ...]

    @classmethod
    def of(cls, annotation: str, aliases: Mapping[str, Any]) -> Expected | None:
        """None for an annotation that has a type of ours in it: nobody writes such a value by mistake. ``aliases`` are the
        names of the module that it stands in."""
        alternatives = []
        for one in _parts(annotation):
            alias = aliases.get(one)
            alternatives += _parts(str(alias)) if isinstance(alias, UnionType) else [one]
        return cls(tuple(alternatives)) if all(_kind(one) in _FORMS for one in alternatives) else None

    def taken(self, value: object) -> object:
        """The value in the form of the first alternative that it fits."""
        forms = (_FORMS[_kind(one)](value, one) for one in self.alternatives)
        return next((form for form in forms if form is not _UNFIT), _UNFIT)

    def form(self, name: str, value: object) -> Any:
        """The value in the form of the first alternative that it fits. Raises :class:`InputError`."""
        taken = self.taken(value)
        if taken is not _UNFIT:
            return taken
        words = list(dict.fromkeys(_WORDS[_kind(one)] for one in self.alternatives if one != "None"))
        shown = repr(value)
        shown = shown if len(shown) <= _MOST_CHARS else f"{shown[:_MOST_CHARS]}..."
        raise InputError(f"expected {' or '.join(words)}, not {shown} ({type(value).__name__})", subject=name)


def _parts(annotation: str) -> list[str]:
    """The alternatives of an annotation, those within brackets left together."""
    parts, depth = [""], 0
    for char in annotation.replace(" ", ""):
        depth += (char == "[") - (char == "]")
        if char == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _kind(alternative: str) -> str:
    name = alternative.partition("[")[0]
    return "Callable" if name == "Ask" or name.endswith("Progress") else name


def _text(value: object, _: str) -> object:
    return str.__str__(value) if isinstance(value, str) else _UNFIT  # numpy's and an enumeration's are texts as well


def _bytes(value: object, _: str) -> object:
    return value if isinstance(value, bytes) else _UNFIT


def _path(value: object, _: str) -> object:
    path = os.fspath(value) if isinstance(value, os.PathLike) else None
    return Path(path) if isinstance(path, str) else _UNFIT


def _truth(value: object, _: str) -> object:
    return bool(value) if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool") else _UNFIT


def _whole(value: object, _: str) -> object:
    if _truth(value, "") is not _UNFIT:
        return _UNFIT
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return _UNFIT


def _number(value: object, _: str) -> object:
    return float(value) if isinstance(value, Real) and _truth(value, "") is _UNFIT else _UNFIT


def _instant(value: object, _: str) -> object:
    return value if isinstance(value, datetime) else _UNFIT


def _several(value: object, alternative: str) -> object:
    """Each of several in its form; a mapping would lose what it says of its keys."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return _UNFIT
    within = Expected.of(alternative.partition("[")[2].removesuffix("]").removesuffix(",..."), {})
    formed = [item if within is None else within.taken(item) for item in value]
    return _UNFIT if any(one is _UNFIT for one in formed) else formed


_FORMS: Mapping[str, Callable[[object, str], object]] = {
    "None": lambda value, _: None if value is None else _UNFIT,
    "str": _text,
    "bytes": _bytes,
    "Path": _path,
    "bool": _truth,
    "int": _whole,
    "float": _number,
    "datetime": _instant,
    "Iterable": _several,
    "Sequence": _several,
    "list": _several,
    "tuple": _several,
    "Mapping": lambda value, _: value if isinstance(value, Mapping) else _UNFIT,
    "Callable": lambda value, _: value if callable(value) else _UNFIT,
}
_WORDS: Mapping[str, str] = {
    "str": "a text",
    "bytes": "bytes",
    "Path": "a path",
    "bool": "True or False",
    "int": "a whole number",
    "float": "a number",
    "datetime": "a datetime",
    "Iterable": "several texts",
    "Sequence": "several of them",
    "list": "a list",
    "tuple": "a tuple",
    "Mapping": "a mapping",
    "Callable": "a function",
}

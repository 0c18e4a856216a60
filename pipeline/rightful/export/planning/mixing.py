"""How a mixture is asked for: ``--mix a=0.7,b=0.3``, a TOML file or a mapping; and how its plan is shown. Floor 8.

A mixture has parts. A part names records (a source, a language, a licence, a domain or a condition) and how much of the
mixture they are to be: a share of its tokens, a number of tokens, or neither, and then its size and the temperature say
(share proportional to size^(1/T): Devlin et al. 2018, "multilingual BERT"; Conneau et al. 2019, XLM-R, section 3.1).

A file::

    tokens = 10_000_000        # of the whole; without it as many as the caps allow
    seed = 7
    epochs = 1                 # how often a record may be drawn, where its part says nothing else
    overlap = "first"          # a record that two parts name belongs to the first; without it that is an error

    [[part]]
    name = "web"               # what the plan calls it; without it the value by which records are named
    source = ["crawl-a", "crawl-b"]
    share = 0.7

    [[part]]
    where = "language = 'de' AND n_words > 50"
    share = 0.3
    epochs = 4
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from rightful.errors import InputError, UnknownName
from rightful.notation.shown import counted, number, plain
from rightful.store.toml import read_toml

BY = ("source", "language", "license", "domain", "where")
"""By what a part may name its records."""
KEYS = ("part", "tokens", "seed", "temperature", "epochs", "overlap")
PART_KEYS = ("name", *BY, "share", "tokens", "epochs")
ERROR, FIRST = "error", "first"
OVERLAPS = (ERROR, FIRST)
"""What a record that two parts name is: an error, or one of the first of them."""
MOST = 2**63 - 1
HELD = 0.001
"""A share that is missed by more than this (of the whole) is said to be."""
_TOLERANCE = 1e-9
_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part as it is asked for: records whose ``by`` is one of ``values`` (of ``where``: for which the one condition
    holds); a ``share`` of the mixture or a number of ``tokens``, or neither; and the ``epochs`` for which a record may be
    drawn at most (1: never again; 1.5: half of the part's tokens twice). ``place`` is where that is written."""

    name: str
    by: str
    values: tuple[str, ...]
    share: float | None = None
    tokens: int | None = None
    epochs: Fraction = Fraction(1)
    place: str = "--mix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """A mixture as it is asked for. ``tokens``: of the whole, None for as many as the caps allow; ``temperature``: None where
    shares or tokens are stated; ``seed``: None where none is stated; ``place``: where it is written."""

    parts: tuple[Part, ...]
    tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None
    overlap: str = ERROR
    place: str = "--mix"


def read_mix(
    mix: str | Path | Mapping[str, Any],
    *,
    temperature: float | None = None,
    epochs: float | None = None,
    tokens: int | None = None,
    seed: int | None = None,
) -> Mix:
    """A mixture from ``a=0.7,b=0.3`` (names or ids of sources), a TOML file, a mapping of sources to shares, or a mapping as
    a file has it. The other arguments are the options beside it: ``--mix-temperature``, ``--epochs``, ``--limit-tokens``,
    ``--seed``.

    Raises :class:`InputError` naming the part, what was expected and what came.

    >>> [(part.name, part.share) for part in read_mix("web=0.7, mail=0.3").parts]
    [('web', 0.7), ('mail', 0.3)]
    """
    if isinstance(mix, Mapping):
        table, place = ({**mix}, "mix") if "part" in mix or not mix else (_table_of_shares(mix), "mix")
    elif isinstance(mix, Path) or mix.strip().endswith(".toml"):
        path = Path(mix) if isinstance(mix, Path) else Path(mix.strip())
        table, place = read_toml(path), str(path)
    else:
        table, place = _table_of(mix), "--mix"
    return _mix_of(_with_options(table, place, temperature, epochs, tokens, seed), place)


def _table_of(listed: str) -> dict[str, Any]:
    """``a=0.7,b=0.3`` as a file has it; without shares, ``a,b``, sizes and the temperature say them."""
    parts: list[dict[str, Any]] = []
    for n, item in enumerate(listed.split(","), 1):
        name, equals, share = (text.strip() for text in item.rpartition("=")) if "=" in item else (item.strip(), "", "")
        if not name:
            raise InputError(
                f"part {n}, {_quoted(item)}, names no source",
                subject="--mix",
                hint="SOURCE=SHARE, separated by commas: --mix web=0.7,mail=0.3; or a file: --mix plan.toml",
            )
        part: dict[str, Any] = {"source": name}
        if equals:
            try:
                part["share"] = float(share)
            except ValueError:
                raise InputError(
                    f"part {n}, {_quoted(item)}: {_quoted(share)} is not a number",
                    subject="--mix",
                    hint="a share from 0 to 1: --mix web=0.7,mail=0.3",
                ) from None
        parts.append(part)
    return {"part": parts}


def _table_of_shares(shares: Mapping[str, Any]) -> dict[str, Any]:
    """Sources with their shares as a file has them. Raises for keys that a file has, without its parts."""
    if {*shares} & {*KEYS} and not all(_is_number(share) for share in shares.values()):
        raise InputError("has no parts", subject="mix", hint='{"part": [{"source": "web", "share": 0.7}, ...]}')
    return {"part": [{"source": source, "share": share} for source, share in shares.items()]}


def _with_options(
    table: dict[str, Any],
    place: str,
    temperature: float | None,
    epochs: float | None,
    tokens: int | None,
    seed: int | None,
) -> dict[str, Any]:
    """The table with what options say. One that says something else than the table is an error."""
    options = {"temperature": temperature, "epochs": epochs, "tokens": tokens, "seed": seed}
    names = {"temperature": "--mix-temperature", "epochs": "--epochs", "tokens": "--limit-tokens", "seed": "--seed"}
    for key, value in options.items():
        if value is not None and table.get(key, value) != value:
            raise InputError(
                f"is {value}, and {place} says {key} = {_quoted(table[key])}",
                subject=names[key],
                hint="say it in one place",
            )
    return {**table, **{key: value for key, value in options.items() if value is not None}}


def _mix_of(table: Mapping[str, Any], place: str) -> Mix:
    for key in table:
        if key not in KEYS:
            raise UnknownName.of("key", str(key)[:_SHOWN], KEYS, subject=place)
    listed = table.get("part")
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise InputError("has no parts", subject=place, hint="[[part]] with source = and share =, once for every part")
    overlap = table.get("overlap", ERROR)
    if overlap not in OVERLAPS:
        raise InputError(
            f"overlap = {_quoted(overlap)} is not known", subject=place, hint=" or ".join(f'"{o}"' for o in OVERLAPS)
        )
    most = _epochs(table["epochs"], place) if "epochs" in table else Fraction(1)
    parts = tuple(_part(part, n, place, most) for n, part in enumerate(listed, 1))
    temperature = None if "temperature" not in table else _temperature(table["temperature"], place)
    mix = Mix(
        parts=parts,
        tokens=_tokens(table["tokens"], place) if "tokens" in table else None,
        temperature=temperature,
        seed=_seed(table["seed"], place) if "seed" in table else None,
        overlap=overlap,
        place=place,
    )
    _check_names(mix)
    return _check_amounts(mix)


def _part(table: Any, n: int, place: str, most: Fraction) -> Part:
    subject = f"{place}, part {n}"
    if not isinstance(table, Mapping):
        raise InputError(f"is {_quoted(table)}, not a table", subject=subject, hint="[[part]]")
    if isinstance(table.get("name"), str):
        subject += f" ({plain(table['name'], _SHOWN)})"
    for key in table:
        if key not in PART_KEYS:
            raise UnknownName.of("key", str(key)[:_SHOWN], PART_KEYS, subject=subject)
    named = [key for key in BY if key in table]
    if len(named) != 1:
        raise InputError(
            f"names its records by {' and '.join(named) if named else 'nothing'}",
            subject=subject,
            hint=f"one of {', '.join(BY)}; for several at once a condition: where = \"language = 'de' AND ...\"",
        )
    by = named[0]
    values = _values(table[by], by, subject)
    name = table.get("name", ", ".join(values))
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"name = {_quoted(name)} is not a name", subject=subject)
    if "name" not in table:
        subject += f" ({plain(name, _SHOWN)})"
    if "share" in table and "tokens" in table:
        raise InputError("has a share and a number of tokens", subject=subject, hint="leave one of them out")
    return Part(
        name=name,
        by=by,
        values=values,
        share=_share(table["share"], subject) if "share" in table else None,
        tokens=_tokens(table["tokens"], subject) if "tokens" in table else None,
        epochs=_epochs(table["epochs"], subject) if "epochs" in table else most,
        place=subject,
    )


def _values(given: Any, by: str, subject: str) -> tuple[str, ...]:
    several = [given] if isinstance(given, str) else given
    plain_list = isinstance(several, Sequence) and all(isinstance(one, str) and one.strip() for one in several)
    if not plain_list or not several or (by == "where" and len(several) != 1):
        expected = "a condition in quotes" if by == "where" else "a name in quotes, or a list of them"
        raise InputError(f"{by} = {_quoted(given)} is not {expected}", subject=subject)
    return tuple(several)


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)


def _share(given: Any, subject: str) -> float:
    if not _is_number(given) or not math.isfinite(given) or not 0 <= given <= 1:
        raise InputError(f"the share {_quoted(given)} is not a number from 0 to 1", subject=subject)
    return float(given)


def _tokens(given: Any, subject: str) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= MOST:
        raise InputError(f"{_quoted(given)} is not a number of tokens", subject=subject, hint="a whole number from 1")
    return given


def _seed(given: Any, subject: str) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not -(2**63) <= given < 2**63:
        raise InputError(f"seed = {_quoted(given)} is not a 64-bit number", subject=subject)
    return given


def _epochs(given: Any, subject: str) -> Fraction:
    if not _is_number(given) or not math.isfinite(given) or not 0 < given <= 1_000_000:
        raise InputError(
            f"epochs = {_quoted(given)} is not a number above 0",
            subject=subject,
            hint="how often a record may be drawn: 1 for once, 4 for up to four times",
        )
    return Fraction(repr(given))


def _temperature(given: Any, subject: str) -> float:
    if not _is_number(given) or math.isnan(given) or not given > 0:
        raise InputError(
            f"the temperature {_quoted(given)} is not a number above 0",
            subject=subject,
            hint="1 leaves shares as sizes are, more makes them more alike, inf makes them equal",
        )
    return float(given)


def _check_names(mix: Mix) -> None:
    """No two parts have one name, and none names what another one does."""
    names: set[str] = set()
    values: set[tuple[str, str]] = set()
    for part in mix.parts:
        again = [(part.by, value) for value in part.values]
        if part.name in names or {*again} & values or len({*again}) < len(again):
            raise InputError(
                f"{plain(part.name, _SHOWN)} is named twice", subject=part.place, hint="once, with one share"
            )
        names.add(part.name)
        values.update(again)


def _check_amounts(mix: Mix) -> Mix:
    """All parts have shares that add up to 1, or all have tokens, or none has either and the temperature says (1 where none is
    stated in a mixture of which nothing is said)."""
    shares = [part.share for part in mix.parts if part.share is not None]
    tokens = [part.tokens for part in mix.parts if part.tokens is not None]
    if not shares and not tokens:
        return replace(mix, temperature=1.0 if mix.temperature is None else mix.temperature)
    bare = next((p for p in mix.parts if (p.share is None if shares else p.tokens is None)), None)
    if bare is not None:
        raise InputError(
            f"has no {'share' if shares else 'tokens'}, and others have",
            subject=bare.place,
            hint="shares for all parts, tokens for all, or neither for any: then sizes and the temperature say",
        )
    if mix.temperature is not None:
        raise InputError(
            "says shares where parts say none, and here they do",
            subject="--mix-temperature" if mix.place != "mix" else "temperature",
            hint="leave it out, or leave the shares and tokens out",
        )
    if tokens:
        if mix.tokens is not None and mix.tokens != sum(tokens):
            raise InputError(
                f"is {number(mix.tokens)} tokens, and the parts have {number(sum(tokens))} together",
                subject="--limit-tokens",
                hint="leave it out, or give shares to the parts",
            )
        return mix
    total = math.fsum(shares)
    if not abs(total - 1) <= _TOLERANCE:
        raise InputError(
            f"the shares add up to {_sum(total)}, not to 1", subject=mix.place, hint=_scaled(mix, shares, total)
        )
    return mix


def _sum(total: float) -> str:
    return f"{total:.12g}"


def _scaled(mix: Mix, shares: Sequence[float], total: float) -> str:
    """The same shares, made to add up."""
    if not total or mix.place != "--mix":
        return "shares from 0 to 1, which add up to 1"
    left = 1 - math.fsum(round(share / total, 4) for share in shares[:-1])
    scaled = [*(round(share / total, 4) for share in shares[:-1]), round(left, 4)]
    listed = ",".join(f"{plain(p.name, _SHOWN)}={s:g}" for p, s in zip(mix.parts, scaled, strict=True))
    return f"in these proportions: --mix {listed}"


def _quoted(given: Any) -> str:
    """What came, as it can be shown."""
    return repr(plain(given, _SHOWN)) if isinstance(given, str) else plain(repr(given), _SHOWN)


_NARROW = re.compile(r"\s+")


def plan_lines(mix: Mapping[str, Any]) -> list[str]:
    """The plan of a mixture, as it stands in a manifest under ``mix``, as a table: one line for each part."""
    unit = mix["unit"]
    head = ["part", "wanted", "available", "permitted", "drawn", "repeated", "epochs", "short by", "share", "reached"]
    rows = [head]
    for part in mix["parts"]:
        rows.append(
            [
                plain(_NARROW.sub(" ", part["name"]), 32),
                number(part["wanted"]),
                f"{number(part['available']['records'])} rec.",
                number(part["permitted"]["tokens"]),
                number(part["drawn"]),
                number(part["repeated"]),
                f"{part['epochs']:.3g}/{part['most_epochs']:g}",
                number(part["short"]),
                _percent(part["share_wanted"]),
                _percent(part["share_reached"]),
            ]
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"mixture of {number(mix['total'])} {unit} (asked for: {number(mix['wanted'])}), seed {mix['seed']}"]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        lines.append("  " + "  ".join(cells).rstrip())
    for part in mix["parts"]:
        if documents := part["left_out"]["documents"]:
            lines.append(
                f"  {plain(part['name'], 32)}: {counted(documents, 'document')}, {number(part['left_out']['size'])} {unit},"
                f" {'is' if documents == 1 else 'are'} not drawn again: on a side that is not trained on"
            )
    is_drawn = mix["total"] and not any(part["short"] for part in mix["parts"])
    for part in mix["parts"] if is_drawn else ():
        if abs(part["share_reached"] - part["share_wanted"]) > HELD and not mix["left_out"]["documents"]:
            lines.append(f"  {plain(part['name'], 32)} does not come closer to its share: its documents leave whole")
    return lines


def _percent(share: float) -> str:
    return f"{100 * share:.3f} %"

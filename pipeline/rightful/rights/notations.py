"""How packages write their licence: CRAN, Debian, PyPI, npm and plain GNU names -> an SPDX expression. Floor 1: pure.

Grammars, not lists: a string is translated only where all of it is understood, and every name in it is known to the table
that is handed in. Whatever is left over makes it unreadable.

* CRAN (*Writing R Extensions*, 1.1.2): ``|`` between alternatives, ``NAME (>= 2, < 4)``, ``+ file LICENSE``.
* Debian (copyright format 1.0, "License field"): ``GPL-2+ or Artistic-2.0, and BSD-3-clause``, ``GPL-3+ with Font exception``;
  a comma binds less than ``and`` and ``or``.
* PyPI (trove classifiers): ``License :: OSI Approved :: MIT License``.
* GNU names as people write them: ``GNU GPL v2 or later``, ``LGPLv3``, ``AGPL 3.0 only``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rightful.later import late_pattern

Lookup = Callable[[str], str | None]
"""The expression that a single name stands for, or None."""

MAX_LENGTH = 400
"""Longer strings are texts, not notations."""
UNREAD_FILE = "LicenseRef-Licence-File"
"""Stands for terms in a file beside the licence that nobody has read here."""

ALL_RESERVED = "LicenseRef-All-Rights-Reserved"
_RESERVED = late_pattern(r"(?:copyright|\(c\)|\u00a9).{0,200}[.,; ]all rights reserved[.!]?")
"""A copyright notice that ends in these words and speaks of no licence."""

_GNU: Mapping[str, tuple[str, ...]] = {
    "GPL": ("1.0", "2.0", "3.0"),
    "LGPL": ("2.0", "2.1", "3.0"),
    "AGPL": ("1.0", "3.0"),
    "GFDL": ("1.1", "1.2", "1.3"),
}
"""Licences of the Free Software Foundation and their versions: each has an ``-only`` and an ``-or-later`` of its own."""

_GNU_NAMES: Mapping[str, str] = {
    "gpl": "GPL",
    "general public license": "GPL",
    "lgpl": "LGPL",
    "lesser general public license": "LGPL",
    "library general public license": "LGPL",
    "library or lesser general public license": "LGPL",
    "lesser gpl": "LGPL",
    "library gpl": "LGPL",
    "agpl": "AGPL",
    "affero general public license": "AGPL",
    "affero gpl": "AGPL",
    "gfdl": "GFDL",
    "fdl": "GFDL",
    "free documentation license": "GFDL",
    "gfdl-niv": "GFDL-NIV",
}

_VERSIONED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "apache license": ("Apache", ("1.0", "1.1", "2.0")),
    "apache": ("Apache", ("1.0", "1.1", "2.0")),
    "artistic license": ("Artistic", ("1.0", "2.0")),
    "artistic": ("Artistic", ("1.0", "2.0")),
    "boost software license": ("BSL", ("1.0",)),
    "cecill": ("CECILL", ("1.0", "1.1", "2.0", "2.1")),
    "common public license": ("CPL", ("1.0",)),
    "eclipse public license": ("EPL", ("1.0", "2.0")),
    "epl": ("EPL", ("1.0", "2.0")),
    "eupl": ("EUPL", ("1.0", "1.1", "1.2")),
    "european union public license": ("EUPL", ("1.0", "1.1", "1.2")),
    "lucent public license": ("LPL", ("1.0", "1.02")),
    "mozilla public license": ("MPL", ("1.0", "1.1", "2.0")),
    "mpl": ("MPL", ("1.0", "1.1", "2.0")),
}
"""Licences that CRAN names with a condition on the version: name -> SPDX stem and versions."""

_TEMPLATES = frozenset({"MIT", "BSD-2-Clause", "BSD-3-Clause"})
"""CRAN: the file beside these holds year and holder of the copyright. Beside any other licence it holds further terms."""

_CRAN_WORDS: Mapping[str, str] = {"bsd_2_clause": "BSD-2-Clause", "bsd_3_clause": "BSD-3-Clause"}

_DEBIAN_WORDS: Mapping[str, str] = {
    "expat": "MIT",
    "artistic": "Artistic-1.0-Perl",
    "perl": "Artistic-1.0-Perl OR GPL-1.0-or-later",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "bsd-4-clause": "BSD-4-Clause",
}

_EXCEPTIONS: Mapping[str, Mapping[str, str]] = {
    "autoconf": {"GPL-2": "Autoconf-exception-2.0", "GPL-3": "Autoconf-exception-3.0"},
    "bison": {"": "Bison-exception-2.2"},
    "classpath": {"": "Classpath-exception-2.0"},
    "font": {"": "Font-exception-2.0"},
    "gcc": {"GPL-2": "GCC-exception-2.0", "GPL-3": "GCC-exception-3.1"},
    "gcc runtime library": {"GPL-3": "GCC-exception-3.1"},
    "libtool": {"": "Libtool-exception"},
    "llvm": {"": "LLVM-exception"},
    "openssl": {"": "cryptsetup-OpenSSL-exception"},
    "texinfo": {"": "Texinfo-exception"},
    "wxwindows": {"": "WxWindows-exception-3.1"},
}
"""Words before ``exception`` -> by the beginning of the licence (empty: any) the exception of SPDX with that text."""

_OPERATORS: Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_CONDITION = late_pattern(r"\s*(<=|>=|==|!=|<|>)\s*(\d+(?:\.\d+)*)\s*")
_CRAN = late_pattern(
    r"(?P<name>[^()+|]+?)\s*(?:\((?P<conditions>[^()]*)\))?\s*(?P<file>\+\s*file\s+licen[cs]e)?", re.IGNORECASE
)
_GNU_TEXT = late_pattern(
    r"(?:the )?(?:gnu )?(?P<name>[a-z]+(?:-niv)?|(?:[a-z]+ ){0,4}?[a-z]+)[ ,-]{0,3}(?:\([al]?gpl\))?[ ,-]{0,3}(?:license)?[ ,-]{0,3}"
    r"(?:version |v\.? ?)?(?P<version>\d(?:\.\d)?)(?:\.0)?\s*"
    r"(?P<later>\+|,? ?(?:or|and) (?:any )?(?:later|newer|above|greater)(?: version)?s?|-or-later|,? ?only|-only)?(?: license)?"
)
_DEBIAN_NAME = late_pattern(r"(?P<name>gpl|lgpl|agpl|gfdl|gfdl-niv)-(?P<version>\d(?:\.\d)?)(?P<later>\+)?")
_LATER = late_pattern(r"\+|later|newer|above|greater")


def spdx_of(text: str, known: Lookup) -> str | None:
    """The SPDX expression that a string of one of these notations stands for; None where any of it is not understood.

    >>> spdx_of("GPL (>= 2) | MIT + file LICENSE", {"mit": "MIT"}.get)
    'GPL-2.0-or-later OR MIT'
    """
    if len(text) > MAX_LENGTH:
        return None
    folded = " ".join(text.split()).casefold().replace("licence", "license")
    if re.fullmatch(r"see license in \S.*", folded):  # npm
        return UNREAD_FILE
    if _RESERVED.fullmatch(folded) and "licens" not in folded:
        return ALL_RESERVED
    for grammar in (_classifier, _gnu, _cran, _debian):
        spelling = grammar(folded, known)
        if spelling is not None:
            return spelling
    return None


# ---- PyPI


def _classifier(text: str, known: Lookup) -> str | None:
    """A trove classifier: what stands behind the last ``::``, which is a name, also without what is in parentheses."""
    parts = [part.strip() for part in text.split("::")]
    if len(parts) < 2 or parts[0] != "license" or parts[-1] == "osi approved":
        return None
    plain = re.sub(r"\s*\([^()]*\)", "", parts[-1])
    return known(parts[-1]) or known(plain) or _gnu(parts[-1], known) or _gnu(plain, known)


# ---- GNU


def _gnu(text: str, known: Lookup) -> str | None:
    """``gnu gpl v2 or later`` and the like."""
    plain = re.sub(r"\s*\([al]?gplv?[\d.]*\+?\)", "", text).removesuffix(" license")
    match = _GNU_TEXT.fullmatch(plain)
    if match is None:
        return None
    family = _GNU_NAMES.get(match["name"].strip().removesuffix(" license").strip())
    family = family or _GNU_NAMES.get(f"{match['name'].strip()} license")
    family, version = _fused(match["name"], match["version"]) if family is None else (family, match["version"])
    return _gnu_id(family, version, later=bool(_LATER.search(match["later"] or "")))


def _fused(name: str, version: str) -> tuple[str | None, str]:
    """``gplv2``: the letter before the number belongs to neither."""
    return _GNU_NAMES.get(name.removesuffix("v").strip()), version


def _gnu_id(family: str | None, version: str, *, later: bool) -> str | None:
    stem, free = ("GFDL", "-no-invariants") if family == "GFDL-NIV" else (family, "")
    full = version if "." in version else f"{version}.0"
    if stem is None or full not in _GNU.get(stem, ()):
        return None
    return f"{stem}-{full}{free}-{'or-later' if later else 'only'}"


# ---- CRAN


@dataclass(frozen=True, slots=True)
class _Range:
    """The versions of a licence that conditions leave, and whether they leave all that are still to come."""

    versions: tuple[str, ...]
    open: bool


def _cran(text: str, known: Lookup) -> str | None:
    alternatives = [_cran_one(part.strip(), known) for part in text.split("|")]
    listed = [a for a in alternatives if a is not None]
    if len(listed) < len(alternatives):
        return None
    return " OR ".join(f"({a})" if " AND " in a and len(listed) > 1 else a for a in listed)


def _cran_one(text: str, known: Lookup) -> str | None:
    if re.fullmatch(r"file license", text):
        return UNREAD_FILE
    match = _CRAN.fullmatch(text)
    if match is None:
        return None
    name = match["name"].strip()
    base = _cran_name(name, known) if match["conditions"] is None else _conditioned(name, match["conditions"])
    if base is None or match["file"] is None or base in _TEMPLATES:
        return base
    return f"{f'({base})' if ' OR ' in base else base} AND {UNREAD_FILE}"


def _cran_name(name: str, known: Lookup) -> str | None:
    return _CRAN_WORDS.get(name) or known(name) or _gnu(name, known) or _debian_name(name)


def _conditioned(name: str, conditions: str) -> str | None:
    """``GPL (>= 2)``: the versions that satisfy all conditions."""
    plain = name.removeprefix("gnu ")
    family = _GNU_NAMES.get(plain)
    if family is not None and family in _GNU:
        left = _within(_GNU[family], conditions)
        return None if left is None else _choice(left, lambda v, later: _gnu_id(family, v, later=later))
    stem, versions = _VERSIONED.get(plain, ("", ()))
    left = _within(versions, conditions)
    return None if left is None else _choice(left, lambda v, later: f"{stem}-{v}{'+' if later else ''}")


def _within(versions: Iterable[str], conditions: str) -> _Range | None:
    tests = [_CONDITION.fullmatch(part) for part in conditions.split(",")]
    if any(test is None for test in tests):
        return None
    bounds = [(test[1], _number(test[2])) for test in tests if test is not None]
    kept = tuple(v for v in versions if all(_OPERATORS[sign](_number(v), bound) for sign, bound in bounds))
    if not kept:
        return None
    later = tuple(v for v in versions if _number(v) >= _number(kept[0]))
    return _Range(kept, open=kept == later and all(sign in (">", ">=") for sign, _ in bounds))


def _choice(left: _Range, spelled: Callable[[str, bool], str | None]) -> str | None:
    if left.open:
        return spelled(left.versions[0], True)
    ids = [spelled(version, False) for version in left.versions]
    return None if None in ids else " OR ".join(i for i in ids if i is not None)


def _number(version: str) -> tuple[int, ...]:
    """``2`` and ``2.0`` are one version."""
    digits = [int(part) for part in version.split(".")]
    while len(digits) > 1 and digits[-1] == 0:
        digits.pop()
    return tuple(digits)


# ---- Debian


def _debian(text: str, known: Lookup) -> str | None:
    """Terms joined by ``and`` and ``or``; a comma before one of these closes what stands before it."""
    clauses = re.split(r"\s*,\s*(?=(?:and|or)\s)", text)
    joined = _debian_clause(clauses[0], known)
    for clause in clauses[1:]:
        word, _, rest = clause.partition(" ")
        right = _debian_clause(rest, known)
        if joined is None or right is None:
            return None
        joined = f"({joined}) {word.upper()} ({right})"
    return joined


def _debian_clause(text: str, known: Lookup) -> str | None:
    words = re.split(r"\s+(and|or)\s+", text)
    terms = [_debian_term(word.strip(), known) for word in words[::2]]
    if any(term is None for term in terms):
        return None
    parts = [f"({term})" if term is not None and " " in term and len(terms) > 1 else str(term) for term in terms]
    return " ".join(
        part for pair in zip(parts, [*(w.upper() for w in words[1::2]), ""], strict=True) for part in pair
    ).strip()


def _debian_term(text: str, known: Lookup) -> str | None:
    name, _, addition = text.partition(" with ")
    base = _debian_name(name) or _DEBIAN_WORDS.get(name) or known(name) or _gnu(name, known)
    if base is None or not addition:
        return base
    match = re.fullmatch(r"(?:the )?(.+?)[ -]exceptions?(?:[ -]v?\d(?:\.\d)?)?", addition)
    by_base = _EXCEPTIONS.get(match[1], {}) if match else {}
    named = next((exception for start, exception in by_base.items() if base.startswith(start)), None)
    return None if named is None or " " in base else f"{base} WITH {named}"


def _debian_name(text: str) -> str | None:
    match = _DEBIAN_NAME.fullmatch(text)
    return _gnu_id(_GNU_NAMES.get(match["name"]), match["version"], later=match["later"] is not None) if match else None

"""The notations of packages, held against texts that are made from the grammar and answered by counting versions."""

from __future__ import annotations

import operator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.catalog import load
from rightful.rights.expression import AllOf, AnyOf, Expression, Name, Unreadable, parse, render
from rightful.rights.notations import spdx_of

NAMES = load().names
GNU = {
    "GPL": ("1.0", "2.0", "3.0"),
    "LGPL": ("2.0", "2.1", "3.0"),
    "AGPL": ("1.0", "3.0"),
    "GFDL": ("1.1", "1.2", "1.3"),
}
LONG = {
    "GPL": ("GPL", "GNU General Public License", "GNU GPL"),
    "LGPL": ("LGPL", "GNU Lesser General Public License", "GNU Library General Public License"),
    "AGPL": ("AGPL", "GNU Affero General Public License"),
    "GFDL": ("GFDL", "GNU Free Documentation License"),
}
OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
FUTURE = "99.0"
"""Stands for the versions that are still to come."""


def read(text: str) -> str:
    return render(parse(text, NAMES))


def short(version: str) -> str:
    return version.removesuffix(".0")


def number(version: str) -> float:
    return float(version)


@pytest.mark.parametrize("family", ["GPL", "LGPL", "AGPL"])
def test_cran_condition_leaves_the_versions_that_satisfy_it(family: str) -> None:
    """Every name, operator and version, alone and in pairs."""
    for sign, version, other in product(OPERATORS, GNU[family], [None, *product(OPERATORS, GNU[family])]):
        bounds = [(sign, version), *([other] if other else [])]
        conditions = ", ".join(f"{s} {short(v)}" for s, v in bounds)
        left = [v for v in GNU[family] if all(OPERATORS[s](number(v), number(b)) for s, b in bounds)]
        to_come = all(OPERATORS[s](number(FUTURE), number(b)) for s, b in bounds)
        for name in LONG[family]:
            text = f"{name} ({conditions})"
            if not left:
                with pytest.raises(Unreadable):
                    parse(text, NAMES)
                continue
            known = {n.id for n in parts(parse(text, NAMES))}
            whole = left == [v for v in GNU[family] if number(v) >= number(left[0])]
            if to_come and whole and "!=" not in {s for s, _ in bounds}:
                assert known == {f"{family}-{left[0]}-or-later"}, text
            else:
                assert known == {f"{family}-{v}-only" for v in left}, text


def parts(tree: Expression) -> tuple[Name, ...]:
    return (tree,) if isinstance(tree, Name) else tuple(p for part in tree.parts for p in parts(part))


@pytest.mark.parametrize(("family", "spelled"), [(f, s) for f, names in LONG.items() for s in names])
def test_gnu_name_with_a_version_and_a_suffix_is_one_licence(family: str, spelled: str) -> None:
    mids = (" ", " v", "v", " version ", ", version ", "-")
    later = (
        "+",
        " or later",
        " or any later version",
        ", or any later version",
        " or newer",
        " and later",
        "-or-later",
    )
    only = ("", " only", "-only")
    for version, mid, (suffix, ending) in product(
        GNU[family], mids, [*((s, "or-later") for s in later), *((s, "only") for s in only)]
    ):
        for digits in {version, short(version)}:
            assert read(f"{spelled}{mid}{digits}{suffix}") == f"{family}-{version}-{ending}", (mid, digits, suffix)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("MIT + file LICENSE", "MIT"),
        ("MIT + file LICENCE", "MIT"),
        ("BSD_3_clause + file LICENSE", "BSD-3-Clause"),
        ("GPL-3 + file LICENSE", "GPL-3.0-only AND LicenseRef-Licence-File"),
        ("GPL (>= 2) | MIT + file LICENSE", "GPL-2.0-or-later OR MIT"),
        ("file LICENSE", "LicenseRef-Licence-File"),
        ("GPL-2 | file LICENSE", "GPL-2.0-only OR LicenseRef-Licence-File"),
        ("Apache License (== 2.0)", "Apache-2.0"),
        ("Apache License (>= 2)", "Apache-2.0+"),
        ("Apache License (>= 1.1, <= 2.0)", "Apache-1.1 OR Apache-2.0"),
        ("Mozilla Public License (>= 1.1) | GPL-3", "MPL-1.1+ OR GPL-3.0-only"),
        ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
        ("SEE LICENSE IN COPYING.md", "LicenseRef-Licence-File"),
        ("UNLICENSED", "LicenseRef-All-Rights-Reserved"),
        ("(c) 2019 Harbour Press Ltd. All rights reserved.", "LicenseRef-All-Rights-Reserved"),
        ("License :: OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)", "LGPL-2.0-or-later"),
        ("CC\u2013BY\u20134.0", "CC-BY-4.0"),
    ],
)
def test_notation_of_a_package_is_the_licence_that_it_names(text: str, meant: str) -> None:
    assert read(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "GPL (>= 9)",
        "GPL (~ 2)",
        "GPL (>= )",
        "GPL (2)",
        "GPL (>= 2",
        "GPL-2 |",
        "| GPL-2",
        "MIT + file",
        "MIT + GPL",
        "GPL-4+",
        "GPL-2+ with Harbour exception",
        "Harbour (>= 2)",
        "GPL-2 or",
        "or GPL-2",
        "GPL-2, MIT",
        "GPL-2 or Harbour-1",
        "License :: OSI Approved",
        "License :: OSI Approved :: Harbour License",
        "SEE LICENSE IN",
        "GPL v2 or v4",
        "(c) Harbour. Licensed under terms of the pier. All rights reserved.",
    ],
)
def test_notation_of_which_a_part_is_not_understood_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text, NAMES)


SIMPLE = {
    "GPL-2+": "GPL-2.0-or-later",
    "LGPL-2.1": "LGPL-2.1-only",
    "Expat": "MIT",
    "Apache-2.0": "Apache-2.0",
    "BSD-3-clause": "BSD-3-Clause",
    "GPL-3+ with Font exception": "GPL-3.0-or-later WITH Font-exception-2.0",
    "Artistic": "Artistic-1.0-Perl",
    "GPL-2+ with Autoconf exception": "GPL-2.0-or-later WITH Autoconf-exception-2.0",
    "Zlib": "Zlib",
    "GFDL-1.3+": "GFDL-1.3-or-later",
}


def debian() -> st.SearchStrategy[tuple[str, Expression]]:
    """A Debian expression and its tree: ``and`` before ``or``, a comma after both."""
    term = st.sampled_from(sorted(SIMPLE)).map(lambda t: (t, parse(SIMPLE[t], NAMES)))

    def joined(kind: type[AllOf] | type[AnyOf], word: str) -> object:
        def join(listed: list[tuple[str, Expression]]) -> tuple[str, Expression]:
            return word.join(t for t, _ in listed), _join(kind, [e for _, e in listed])

        return join

    clause = st.lists(term, min_size=1, max_size=3).map(joined(AllOf, " and "))  # type: ignore[arg-type]
    line = st.lists(clause, min_size=1, max_size=3).map(joined(AnyOf, " or "))  # type: ignore[arg-type]
    return st.lists(line, min_size=1, max_size=2).map(joined(AllOf, ", and "))  # type: ignore[arg-type]


def _join(kind: type[AllOf] | type[AnyOf], listed: list[Expression]) -> Expression:
    flat: dict[Expression, None] = {}
    for part in listed:
        for inner in part.parts if isinstance(part, kind) else (part,):
            flat[inner] = None
    return next(iter(flat)) if len(flat) == 1 else kind(tuple(flat))


@given(debian())
def test_debian_expression_means_what_its_grammar_says(made: tuple[str, Expression]) -> None:
    text, tree = made
    assert parse(text, NAMES) == tree


@given(st.text(alphabet="GPL23 ()+|,.<>=!vorandwithefilc-", max_size=60))
def test_notation_never_answers_anything_but_an_expression_in_known_names(text: str) -> None:
    found = spdx_of(text, lambda name: {"mit": "MIT"}.get(name))
    if found is not None:
        assert all(name.id for name in parts(parse(found, NAMES)))


@pytest.mark.parametrize(
    "text", ["gpl" + " ," * 150 + "2", "a " * 199, "(" * 399, "copyright " + "." * 380, "gnu " * 99 + "2"]
)
def test_notation_that_means_harm_is_no_licence(text: str) -> None:
    """A pattern that runs away on one of these would never come back."""
    assert spdx_of(text, lambda _: None) is None

"""Allow-lists of licences: a policy of names. What satisfies one, and what it would have to hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful import catalog
from rightful.rights.allow import missing
from rightful.rights.expression import AllOf, AnyOf, Expression, Name, named, parse, render

NAMES = catalog.load().names


def lacks(expression: str, *allowed: str) -> tuple[str, ...]:
    """What a list lacks, read as the command reads it; the list is handed on as a stream."""
    listed = (tree for tree in map(_name, allowed))
    return missing(parse(expression, NAMES), listed, NAMES)


def _name(text: str) -> Name:
    tree = parse(text, NAMES)
    assert isinstance(tree, Name), text
    return tree


# --- versions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", "MIT"),
        ("mit license", "MIT"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("GPL-2.0-only", "GPL-2.0-or-later"),
        ("GPL-2.0-or-later", "GPL-2.0-only"),
        ("GPL-2.0-or-later", "GPL-3.0-only"),
        ("GPL-1.0+", "GPL-2.0+"),
        ("GPL-3.0-or-later", "GPL-2.0-or-later"),
        ("GPL-2.0-or-later", "GPL-3.0-or-later"),
        ("LGPL-3.0-only", "LGPL-2.1-or-later"),
        ("LicenseRef-house-1.0", "LicenseRef-house-1.0"),
    ],
)
def test_listed_version_satisfies_where_the_licence_offers_it(expression: str, allowed: str) -> None:
    assert lacks(expression, allowed) == ()


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("GPL-2.0-only", "GPL-3.0-only"),
        ("GPL-2.0-only", "GPL-3.0-or-later"),
        ("GPL-3.0-or-later", "GPL-2.0-only"),
        ("GPL-3.0-only", "GPL-2.0-only"),
        ("CC-BY-4.0", "CC-BY-3.0"),
        ("CC-BY-3.0", "CC-BY-4.0"),
        ("CC-BY-SA-4.0", "CC-BY-4.0"),
        ("LGPL-3.0-only", "GPL-3.0-only"),
        ("AGPL-3.0-only", "GPL-3.0-or-later"),
        ("MIT-0", "MIT"),
        ("MIT", "MIT-0"),
        ("BSD-2-Clause", "BSD-3-Clause"),
        ("CC-BY-3.0-DE", "CC-BY-3.0"),
        ("Python-2.0.1", "Python-2.0"),
        ("LicenseRef-house-2.0", "LicenseRef-house-1.0"),
        ("LicenseRef-house", "LicenseRef-houseboat"),
    ],
)
def test_another_licence_or_a_version_that_is_not_offered_does_not_satisfy(expression: str, allowed: str) -> None:
    assert lacks(expression, allowed) == (render(parse(expression, NAMES)),)


# --- additions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "allowed", "satisfied"),
    [
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only", True),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0", "GPL-3.0-only", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Bison-exception-2.2", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-3.0-only", False),
        ("GPL-2.0-only", "GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("GPL-2.0-only WITH LicenseRef-no-Sundays", "GPL-2.0-only", False),
        ("GPL-2.0-only WITH LicenseRef-no-Sundays", "GPL-2.0-only WITH LicenseRef-no-Sundays", True),
    ],
)
def test_exception_is_satisfied_by_the_pair_or_by_the_base_that_it_adds_to(
    expression: str, allowed: str, satisfied: bool
) -> None:
    """A listed exception only adds permission; an addition that nobody heard of may take some away."""
    assert (lacks(expression, allowed) == ()) is satisfied


# --- expressions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "allowed", "lacking"),
    [
        ("MIT OR GPL-3.0-only", ["MIT"], ()),
        ("MIT OR GPL-3.0-only", ["ISC"], ("MIT",)),
        ("MIT AND GPL-3.0-only", ["MIT"], ("GPL-3.0-only",)),
        ("MIT AND GPL-3.0-only", ["ISC"], ("MIT", "GPL-3.0-only")),
        ("(MIT OR Apache-2.0) AND (ISC OR GPL-2.0-only)", ["Apache-2.0", "ISC"], ()),
        ("(MIT AND ISC) OR (Apache-2.0 AND BSD-2-Clause AND Zlib)", ["BSD-2-Clause", "Zlib"], ("Apache-2.0",)),
        ("MIT AND (MIT OR ISC)", [], ("MIT",)),
    ],
)
def test_or_is_satisfied_by_one_member_and_and_by_all_and_what_is_least_is_named(
    expression: str, allowed: list[str], lacking: tuple[str, ...]
) -> None:
    assert lacks(expression, *allowed) == lacking


# --- families ----------------------------------------------------------------------------------------------------

BY_VERSIONS = ["CC-BY-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0"]


def test_tag_is_satisfied_by_all_that_it_may_mean_or_by_being_listed_itself() -> None:
    assert lacks("cc-by", *BY_VERSIONS) == ()
    assert lacks("cc-by", *BY_VERSIONS[1:]) == ("CC-BY-1.0",)
    assert lacks("cc-by", "cc-by") == ()
    assert lacks("cc-by", "cc-by-sa") == tuple(BY_VERSIONS)


def test_tag_on_the_list_names_no_licence_and_no_other_tag() -> None:
    """Somebody who lists ``cc`` has not read what is in it: NonCommercial and NoDerivatives are."""
    for stated in ("CC-BY-4.0", "cc-by", "CC-BY-NC-ND-4.0"):
        assert lacks(stated, "cc") != ()


def test_tag_with_an_exception_lacks_its_members_with_that_exception() -> None:
    family = NAMES.families["LicenseRef-family-gpl"]
    tree = Name(family.id, "LicenseRef-no-Sundays")
    assert missing(tree, [_name(m) for m in family.members], NAMES) == tuple(
        f"{m} WITH LicenseRef-no-Sundays" for m in family.members
    )
    classpath = Name(family.id, "Classpath-exception-2.0")
    assert missing(classpath, [_name(m) for m in family.members], NAMES) == ()


def test_name_that_goes_by_date_needs_the_licence_of_every_period() -> None:
    assert lacks("stack exchange", "CC-BY-SA-2.5", "CC-BY-SA-3.0", "CC-BY-SA-4.0") == ()
    assert lacks("stack exchange", "CC-BY-SA-4.0") == ("CC-BY-SA-2.5", "CC-BY-SA-3.0")


def test_empty_list_is_satisfied_by_nothing() -> None:
    for expression in ("MIT", "MIT OR ISC", "cc", "CC0-1.0", "GPL-2.0-only WITH Classpath-exception-2.0"):
        assert lacks(expression) != ()


# --- laws --------------------------------------------------------------------------------------------------------

IDS = ["MIT", "ISC", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "CC-BY-4.0"]
names = st.builds(
    Name,
    st.sampled_from([*IDS, "LicenseRef-family-gpl", "LicenseRef-StackExchange"]),
    st.sampled_from([None, None, "Classpath-exception-2.0", "LicenseRef-no-Sundays"]),
)
trees: st.SearchStrategy[Expression] = st.recursive(
    names,
    lambda inner: st.builds(AllOf, st.tuples(inner, inner)) | st.builds(AnyOf, st.tuples(inner, inner)),
    max_leaves=5,
)
lists = st.lists(names, max_size=5)


@given(trees, lists, names)
def test_longer_list_never_satisfies_less_and_what_is_lacking_is_enough(
    tree: Expression, listed: list[Name], more: Name
) -> None:
    lacking = missing(tree, listed, NAMES)
    assert len(missing(tree, [*listed, more], NAMES)) <= len(lacking)
    assert missing(tree, [*listed, *map(_name, lacking)], NAMES) == ()


@given(trees, trees, lists)
def test_option_never_narrows_and_a_further_part_never_widens(
    one: Expression, other: Expression, listed: list[Name]
) -> None:
    apart = [not missing(tree, listed, NAMES) for tree in (one, other)]
    assert (missing(AnyOf((one, other)), listed, NAMES) == ()) is any(apart)
    assert (missing(AllOf((one, other)), listed, NAMES) == ()) is all(apart)


@given(trees)
def test_list_of_all_names_of_an_expression_satisfies_it(tree: Expression) -> None:
    assert missing(tree, named(tree), NAMES) == ()

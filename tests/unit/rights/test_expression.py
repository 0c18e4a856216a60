"""Licence expressions: what a string is read as, and what is not readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.rights.expression import (
    MAX_DEPTH,
    MAX_LENGTH,
    UNREAD,
    AllOf,
    AnyOf,
    Expression,
    Name,
    Names,
    NothingStated,
    Unreadable,
    fold,
    parse,
    parse_all,
    render,
    suggest,
)

_IDS = (
    "MIT",
    "Apache-2.0",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "CC-BY-4.0",
    "CC-BY-3.0-IGO",
    "CC-BY-NC-4.0",
    "CC0-1.0",
)
NAMES = Names(
    ids={**{fold(i): i for i in _IDS}, "gpl-2.0": "GPL-2.0-only", "gpl-2.0+": "GPL-2.0-or-later"},
    aliases={
        "apache 2.0": "Apache-2.0",
        "the mit licence": "MIT",
        "perl": "GPL-2.0-only OR MIT",
        "opensource.org/licenses/mit": "MIT",
    },
    exceptions=frozenset(["Classpath-exception-2.0"]),
)
MIT, APACHE, GPL = Name("MIT"), Name("Apache-2.0"), Name("GPL-2.0-only")

names = st.builds(
    Name,
    st.sampled_from([*_IDS, "LicenseRef-House", "DocumentRef-spdx:LicenseRef-x.1"]),
    st.sampled_from([None, None, "Classpath-exception-2.0", "Some-addition"]),
)


def _of(kind: type[AllOf] | type[AnyOf], parts: list[Expression]) -> Expression:
    """The normal form that the parser gives: no repetition, nothing of a kind directly inside its own kind."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))]
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else kind(unique)


trees: st.SearchStrategy[Expression] = st.recursive(
    names,
    lambda inner: st.builds(_of, st.sampled_from([AllOf, AnyOf]), st.lists(inner, min_size=2, max_size=3)),
    max_leaves=8,
)


@given(trees)
def test_render_then_parse_gives_the_same_tree(tree: Expression) -> None:
    assert parse(render(tree), NAMES) == tree
    assert parse(f"({render(tree)})", NAMES) == tree
    assert parse("\n ".join(render(tree).split()), NAMES) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("MIT", MIT),
        ("  mit ", MIT),
        ("The  MIT\tLicence", MIT),
        ("Apache 2.0", APACHE),
        ("mit or Apache 2.0", AnyOf((MIT, APACHE))),
        ("MIT OR MIT", MIT),
        ("(MIT)", MIT),
        ("MIT AND (MIT AND Apache-2.0)", AllOf((MIT, APACHE))),
        ("MIT OR GPL-2.0 AND Apache-2.0", AnyOf((MIT, AllOf((GPL, APACHE))))),
        ("(MIT OR GPL-2.0) AND Apache-2.0", AllOf((AnyOf((MIT, GPL)), APACHE))),
        ("perl", AnyOf((GPL, MIT))),
        ("perl AND MIT", AllOf((AnyOf((GPL, MIT)), MIT))),
        ("GPL-2.0", GPL),
        ("GPL-2.0+", Name("GPL-2.0-or-later")),
        ("GPL-2.0-only+", Name("GPL-2.0-or-later")),
        ("Apache-2.0+", Name("Apache-2.0", later=True)),
        ("LicenseRef-House", Name("LicenseRef-House")),
        ("https://opensource.org/licenses/MIT", MIT),
        ("http://www.opensource.org/licenses/mit/", MIT),
        ("https://creativecommons.org/licenses/by/4.0/", Name("CC-BY-4.0")),
        ("http://www.creativecommons.org/licenses/by/4.0/deed.de", Name("CC-BY-4.0")),
        ("//creativecommons.org/licenses/by-nc/4.0/legalcode", Name("CC-BY-NC-4.0")),
        ("https://creativecommons.org/licenses/by/3.0/igo/", Name("CC-BY-3.0-IGO")),
        ("https://creativecommons.org/publicdomain/zero/1.0/", Name("CC0-1.0")),
    ],
)
def test_parse_reads_ids_aliases_and_addresses(text: str, tree: Expression) -> None:
    assert parse(text, NAMES) == tree


@pytest.mark.parametrize("text", ["", " ", "\n\t", "NOASSERTION", "noassertion", " NoAssertion "])
def test_parse_of_a_string_that_says_nothing_is_nothing_stated(text: str) -> None:
    with pytest.raises(NothingStated, match="no licence stated"):
        parse(text, NAMES)


@pytest.mark.parametrize("text", ["NONE", "none", " None "])
def test_parse_of_a_declared_none_is_unreadable_not_silent(text: str) -> None:
    with pytest.raises(Unreadable, match="declared to be NONE"):
        parse(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "MITT",
        "CC-BY",
        "CC BY 9.0",
        "https://creativecommons.org/licenses/by/4.0/fr/",
        "https://creativecommons.org/licenses/by/9.0/",
        "creativecommons.org/licenses/by/4.0.evil.example/",
        "MIT OR",
        "OR MIT",
        "MIT Apache-2.0",
        "MIT, Apache-2.0",
        "(MIT",
        "MIT)",
        "()",
        "( OR -",
        "( AND +",
        "NOASSERTION OR MIT",
        "NONE AND MIT",
        "MIT OR unheard-of",
        "WITH Classpath-exception-2.0",
        "perl WITH Classpath-exception-2.0",
        "(MIT OR Apache-2.0) WITH Classpath-exception-2.0",
        "LicenseRef-",
        "LicenseRef-a b",
        "\x00",
        "MIT\x00",
        "+",
    ],
)
def test_parse_of_what_is_not_known_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text, NAMES)


@given(
    st.text(max_size=40) | st.lists(st.sampled_from([*"()+-:,/", *_IDS, " ", "AND", "OR", "WITH", "perl"])).map("".join)
)
def test_parse_of_hostile_text_never_fails_in_another_way(text: str) -> None:
    for hostile in (text, " ".join(text)):
        try:
            tree = parse(hostile, NAMES)
        except (Unreadable, NothingStated):
            continue
        assert render(parse(render(tree), NAMES))


def test_parse_of_a_long_or_deep_expression_is_unreadable() -> None:
    assert parse(" OR ".join(["MIT"] * 500), NAMES) == MIT
    with pytest.raises(Unreadable, match=f"longer than {MAX_LENGTH} characters"):
        parse(" OR ".join(["MIT"] * 2000), NAMES)
    assert parse("(" * 200 + "MIT" + ")" * 200, NAMES) == MIT
    nested = "MIT"
    for i in range(MAX_DEPTH + 2):
        nested = f"({nested} {'AND' if i % 2 else 'OR'} LicenseRef-{i})"
    with pytest.raises(Unreadable, match=f"nested more than {MAX_DEPTH} deep"):
        parse(nested, NAMES)


def test_parse_of_with_keeps_the_addition_and_spells_a_listed_one_as_listed() -> None:
    assert parse("GPL-2.0 with classpath-EXCEPTION-2.0", NAMES) == Name("GPL-2.0-only", "Classpath-exception-2.0")
    assert parse("MIT WITH own-words", NAMES) == Name("MIT", "own-words")
    assert render(Name("MIT", "own-words")) == "MIT WITH own-words"


def test_parse_all_holds_every_statement_and_skips_what_says_nothing() -> None:
    assert parse_all(["MIT", "NOASSERTION", "Apache 2.0", "mit"], NAMES) == AllOf((MIT, APACHE))
    assert parse_all(["perl", "MIT"], NAMES) == AllOf((AnyOf((GPL, MIT)), MIT))
    with pytest.raises(NothingStated):
        parse_all(["", "NOASSERTION"], NAMES)
    with pytest.raises(NothingStated):
        parse_all([], NAMES)
    with pytest.raises(Unreadable, match="'nonsense' is not a known licence"):
        parse_all(["nonsense", "NOASSERTION"], NAMES)


@pytest.mark.parametrize("unread", ["nonsense", "NONE", "MIT OR"])
def test_parse_all_keeps_what_can_be_read_beside_what_cannot(unread: str) -> None:
    assert parse_all(["MIT", unread], NAMES) == parse_all([unread, "MIT", unread], NAMES) == AllOf((MIT, Name(UNREAD)))


def test_render_puts_parentheses_only_where_they_are_needed() -> None:
    assert render(AllOf((MIT, AnyOf((GPL, APACHE))))) == "MIT AND (GPL-2.0-only OR Apache-2.0)"
    assert render(AnyOf((MIT, AllOf((GPL, APACHE))))) == "MIT OR GPL-2.0-only AND Apache-2.0"


def test_suggest_names_the_nearest_id_and_decides_nothing() -> None:
    assert suggest("Apache-2", NAMES) == "did you mean 'Apache-2.0'?"
    with pytest.raises(Unreadable):
        parse("Apache-2", NAMES)

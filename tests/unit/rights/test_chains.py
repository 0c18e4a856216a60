"""Chains of sources: whatever a record came through has its say, and where a face is stated wider it is listed by path."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rightful import Store, catalog
from rightful.errors import InputError
from rightful.rights.case import COPY
from rightful.rights.chains import Inversion, inversions, inversions_of
from rightful.rights.decide import Case, Decision, decide
from rightful.rights.evidence import Evidence, Profile
from rightful.rights.uses import Use, use_of
from rightful.signals.cards.claims import claims_digest, claims_of
from rightful.signals.cards.source_card import Ancestor, SourceCard, card_of, stored_card

LAW = catalog.load()
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
GRANT: dict[str, Any] = {
    "party": "Reed Press",
    "reference": "RP-17",
    "signed_on": "2026-01-05",
    "acts": ["train", "share"],
    "purposes": ["commercial"],
    "perpetual": True,
}


def a_card(name: str, **keys: Any) -> SourceCard:
    return card_of({"name": name, **keys}, f"{name}.toml", LAW.vocabulary)


def profile(card: SourceCard, *known: SourceCard) -> Profile:
    return frozenset(claims_of(card, LAW.names, {c.source_id: c for c in known} | {c.name: c for c in known}))


def asking(*acts: str, **terms: Any) -> Use:
    return use_of(LAW.vocabulary, acts or ["train.pretrain"], **{"as_of": NOON, "accept": ["all"], **terms})


def decided(claims: Profile, *acts: str, **terms: Any) -> Decision:
    return decide(Case(profile=claims, personal_data="no"), asking(*acts, **terms), LAW)


def layers(claims: Profile) -> set[str]:
    return {e.layer for e in claims}


def through(decision: Decision) -> set[tuple[str, str]]:
    return {(r.slug, r.layer) for r in decision.reasons}


# --- every ancestor has its say ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parent",
    [
        "root",
        {"name": "root"},
        {"name": "root", "license": "NOASSERTION"},
        {"name": "root", "license": "  "},
        {"name": "root", "license": []},
        {"name": "root", "license": ["NOASSERTION", "noassertion"]},
        {"name": "root", "license": "as the authors wish"},
    ],
)
@pytest.mark.parametrize(
    "stated",
    [
        None,
        {},
        {"license": ""},
        {"license": "NOASSERTION"},
        {"license": []},
        {"consent": {"status": "unknown"}},
        {"publisher": "Root Press", "url": "https://root.example/"},
        {"personal_data": "no", "legal_basis": "contract"},
    ],
)
def test_ancestor_of_which_nothing_is_stated_is_unknown_and_blocks(
    parent: object, stated: dict[str, Any] | None
) -> None:
    """A layer without a claim would be no layer: the face would stand alone."""
    known = [] if stated is None else [a_card("root", **stated)]
    claims = profile(a_card("face", license="MIT", derived_from=[parent]), *known)
    decision = decided(claims)
    assert layers(claims) == {"", "root"}
    assert decision.status.word == "unknown"
    assert {slug for slug, layer in through(decision) if layer == "root"} <= {"ancestor-unknown", "license-unreadable"}
    assert ("license", "") not in through(decision)


@pytest.mark.parametrize(
    ("stated", "word", "slug"),
    [
        ({"license": "MIT"}, "permit", "license"),
        ({"license": "CC-BY-NC-4.0"}, "deny", "license-denies"),
        ({"license": "ODbL-1.0"}, "unknown", "contents-not-licensed"),
        ({"license": "MIT", "covers": "compilation"}, "unknown", "compilation-only"),
        ({"license": "MIT", "license_from": "scanner"}, "unknown", "inferred-only"),
        ({"license": "MIT", "valid_until": "2026-01-01"}, "unknown", "license-expired"),
        ({"contracts": [GRANT]}, "permit", "contract"),
        ({"license": "CC-BY-NC-4.0", "contracts": [GRANT]}, "permit", "contract"),
        ({"contracts": [{**GRANT, "acts": ["share"]}]}, "unknown", "outside-grant"),
        ({"contracts": [{**GRANT, "acts": [], "excludes": ["train"]}]}, "deny", "reserved"),
        ({"license": "MIT", "contracts": [{**GRANT, "acts": [], "excludes": ["train"]}]}, "deny", "reserved"),
        ({"license": "MIT", "consent": {"status": "withdrawn"}}, "deny", "withdrawn"),
        ({"license": "MIT", "consent": {"acts": ["mine"], "purposes": ["research"]}}, "deny", "outside-consent"),
        ({"license": "MIT", "personal_data": "yes"}, "deny", "no-legal-basis"),
    ],
)
def test_record_has_no_more_than_the_source_that_its_source_was_made_from(
    stated: dict[str, Any], word: str, slug: str
) -> None:
    claims = profile(a_card("face", license="MIT", derived_from=["root"]), a_card("root", **stated))
    decision = decided(claims)
    assert (decision.status.word, decision.reason.slug) == (word, slug)
    assert decided(profile(a_card("face", license="MIT"))).permits


def test_licence_that_the_child_states_of_its_parent_counts_beside_the_card_of_the_parent() -> None:
    face = a_card("face", license="MIT", derived_from=[{"name": "root", "license": "MIT"}])
    assert decided(profile(face)).permits
    refused = decided(profile(face, a_card("root", license="CC-BY-NC-4.0")))
    assert (refused.status.word, through(refused)) == ("deny", {("license-denies", "root")})


@pytest.mark.parametrize("name", ["", "  ", None, 7, ["root"]])
def test_ancestor_without_a_name_is_an_error_and_not_the_source_itself(name: object) -> None:
    for derived in ([{"name": name, "license": "MIT"}], [name] if name is not None else [{"license": "MIT"}]):
        with pytest.raises(InputError) as caught:
            a_card("face", derived_from=derived)
        assert caught.value.message.startswith("derived_from must be source names or tables with name and license")


@pytest.mark.parametrize(
    ("own", "named"),
    [
        ("wiki", "wiki"),
        ("wiki", "WIKI"),
        ("Letters of Mira", "letters-of-mira"),
        ("letters-of-mira", " Letters  of MIRA. "),
        ("wiki", {"name": "Wiki", "license": "CC-BY-NC-4.0"}),
    ],
)
def test_source_that_names_itself_as_ancestor_is_an_error_that_names_file_and_key(own: str, named: object) -> None:
    for derived in (named, [named], ["root", named]):
        with pytest.raises(InputError, match="derived_from names the source itself") as caught:
            a_card(own, license="MIT", derived_from=derived)
        assert caught.value.subject == f"{own}.toml, key derived_from"
    assert decided(profile(a_card(own, license="MIT"))).permits


@pytest.mark.parametrize("named", ["wiki", "WIKI", " wiki. "])
def test_card_of_an_earlier_version_that_names_itself_has_an_ancestor_that_is_not_known(named: str) -> None:
    for licence, word in ((None, "unknown"), ("CC-BY-NC-4.0", "deny"), ("MIT", "unknown")):
        wiki = replace(a_card("wiki", license="MIT"), derived_from=(Ancestor(named, licence),))
        assert decided(profile(stored_card(wiki.as_json()), wiki)).status.word == word
        face = a_card("face", license="MIT", derived_from=["wiki"])
        assert decided(profile(face, wiki)).status.word == word


def test_ancestor_is_known_by_any_spelling_that_gives_its_id() -> None:
    root = a_card("Letters of Mira", license="CC-BY-NC-4.0")
    for named in ("Letters of Mira", "letters-of-mira", "LETTERS OF MIRA", "letters  of mira."):
        assert decided(profile(a_card("face", license="MIT", derived_from=[named]), root)).status.word == "deny"


def test_circle_that_closes_under_another_spelling_ends() -> None:
    ring = [a_card("A", license="MIT", derived_from=["B"]), a_card("b", license="MIT", derived_from=["a"])]
    assert decided(profile(ring[0], *ring)).permits


def test_name_that_looks_like_a_way_is_a_layer_of_its_own() -> None:
    """Merged with the chain that it is called after, its contract would lift what that chain refuses."""
    face = a_card("face", license="MIT", derived_from=["a", "a > b"])
    a = a_card("a", license="MIT", derived_from=[{"name": "b", "license": "CC-BY-NC-4.0"}])
    mimic = a_card("a > b", license="MIT", contracts=[GRANT])
    claims = profile(face, a, mimic)
    refused = decided(claims)
    assert layers(claims) == {"", "a", "a > b", r"a \> b"}
    assert (refused.status.word, through(refused)) == ("deny", {("license-denies", "a > b")})


@pytest.mark.parametrize(("one", "other"), [("a > b", r"a \> b"), ("a>", "a\\>"), ("a\\", "a\\\\"), (">copy", "copy")])
def test_two_names_are_never_one_layer(one: str, other: str) -> None:
    face = a_card("face", license="MIT", derived_from=[one, other])
    assert len(layers(profile(face))) == 3


def test_ancestor_called_as_the_law_calls_a_copy_is_not_granted_what_a_person_granted_for_the_copy() -> None:
    given = Evidence(
        kind="consent",
        tier=1,
        bound_to="subject",
        statement="consent",
        acts=frozenset(["train.pretrain"]),
        purposes=frozenset(["commercial"]),
    )
    claims = profile(a_card("face", license="MIT", derived_from=[COPY]))
    record = Case(profile=claims, copies=frozenset([frozenset([given])]), personal_data="no")
    assert decide(record, asking(), LAW).status.word == "unknown"


# --- long ways, circles, many ways -------------------------------------------------------------------------------


def test_way_is_named_link_by_link_and_every_link_is_heard() -> None:
    chain = [a_card(f"s{n}", license="MIT", derived_from=[f"s{n + 1}"]) for n in range(6)]
    claims = profile(*chain, a_card("s6", license="CC-BY-NC-4.0"))
    refused = decided(claims)
    assert layers(claims) == {" > ".join(f"s{n}" for n in range(1, end)) for end in range(1, 8)}
    assert (refused.status.word, through(refused)) == ("deny", {("license-denies", "s1 > s2 > s3 > s4 > s5 > s6")})


def test_circle_of_sources_ends_and_refuses_what_one_of_them_refuses() -> None:
    ring = [a_card(n, license="MIT", derived_from=[p]) for n, p in (("a", "b"), ("b", "c"), ("c", "a"))]
    assert decided(profile(ring[0], *ring)).permits
    poor = [*ring[:2], a_card("c", license="CC-BY-NC-4.0", derived_from=["a"])]
    for card in poor:
        refused = decided(profile(card, *poor))
        assert refused.status.word == "deny"
        assert "license-denies" in {slug for slug, _ in through(refused)}


def test_sources_made_from_each_other_are_followed_once_and_in_any_order_decide_the_same() -> None:
    """Every way through 40 sources that were all made from each other would be more than there are atoms."""
    names = [f"s{n:02}" for n in range(40)]

    def web(poor: str, order: list[str]) -> Profile:
        cards = {
            n: a_card(n, license="CC-BY-NC-4.0" if n == poor else "MIT", derived_from=[p for p in order if p != n])
            for n in names
        }
        return profile(cards["s00"], *cards.values())

    for poor in ("s01", "s17", "s39"):
        for order in (names, names[::-1]):
            claims = web(poor, order)
            assert len(claims) < 40 * 40
            assert decided(claims).status.word == "deny"
    assert decided(web("none of them", names)).permits


def test_second_way_to_a_source_is_heard_as_well() -> None:
    """What the second child states of their common parent is not lost because the parent was met already."""
    root = a_card("root", license="MIT")
    left = a_card("left", license="MIT", derived_from=["root"])
    right = a_card("right", license="MIT", derived_from=[{"name": "root", "license": "CC-BY-NC-4.0"}])
    face = a_card("face", license="MIT", derived_from=["left", "right"])
    refused = decided(profile(face, left, right, root))
    assert (refused.status.word, through(refused)) == ("deny", {("license-denies", "right > root")})


def test_what_an_ancestor_states_is_in_the_identity_of_a_card_with_its_claims() -> None:
    face = a_card("face", license="MIT", derived_from=["root"])
    digests = {
        claims_digest(face, profile(face, *known))
        for known in ([], [a_card("root", license="MIT")], [a_card("root", license="MIT", contracts=[GRANT])])
    }
    assert len(digests) == 3


# --- inversions --------------------------------------------------------------------------------------------------


def listed(claims: Profile, *acts: str, purpose: str = "commercial", **terms: Any) -> list[Inversion]:
    return list(inversions(claims, asking(*acts, **terms), LAW, [purpose]))


def test_inversion_names_the_way_the_purpose_and_the_acts_that_the_ancestor_does_not_permit() -> None:
    middle = a_card("middle", license="MIT", derived_from=["root", "lost"])
    face = a_card("face", license="MIT", derived_from=["middle"])
    claims = profile(face, middle, a_card("root", license="CC-BY-NC-4.0"))
    found = listed(claims, "train.pretrain", "share.verbatim")
    assert Inversion("middle > root", "commercial", "deny", ("train.pretrain", "share.verbatim")) in found
    assert Inversion("middle > lost", "commercial", "unknown", ("train.pretrain", "share.verbatim")) in found
    assert {i.path for i in found} == {"middle > root", "middle > lost"}
    assert found[0].as_json() == {
        "path": "middle > lost",
        "purpose": "commercial",
        "ancestor": "unknown",
        "acts": ["train.pretrain", "share.verbatim"],
    }
    narrower = listed(claims, "share.adapted", purpose="noncommercial")
    assert {i.path for i in narrower} == {"middle > lost"}


@pytest.mark.parametrize(
    ("face", "root"),
    [
        ({"license": "CC-BY-NC-4.0"}, {"license": "CC-BY-NC-4.0"}),
        ({"license": "CC-BY-NC-4.0"}, {"license": "MIT"}),
        ({"license": "MIT"}, {"license": "Apache-2.0"}),
        ({}, {"license": "CC-BY-NC-4.0"}),
        ({"license": "MIT", "contracts": [{**GRANT, "acts": [], "excludes": ["*"]}]}, {"license": "CC-BY-NC-4.0"}),
        ({"license": "MIT", "consent": {"status": "refused"}}, {"license": "CC-BY-NC-4.0"}),
        ({"license": "MIT"}, {"license": "CC-BY-NC-4.0", "contracts": [GRANT]}),
        ({"license": "MIT"}, {"license": "MIT", "personal_data": "yes"}),
    ],
)
def test_source_that_states_no_more_than_its_ancestor_is_no_inversion(
    face: dict[str, Any], root: dict[str, Any]
) -> None:
    assert listed(profile(a_card("face", derived_from=["root"], **face), a_card("root", **root))) == []


@pytest.mark.parametrize(
    ("root", "says"),
    [
        ({"license": "MIT", "contracts": [{**GRANT, "acts": [], "excludes": ["train"]}]}, "deny"),
        ({"license": "MIT", "consent": {"status": "withdrawn"}}, "deny"),
        ({"license": "MIT", "consent": {"acts": ["mine"], "purposes": ["commercial"]}}, "deny"),
        ({"license": "MIT", "valid_until": "2026-01-01"}, "unknown"),
        ({"license": "cc"}, "unknown"),
    ],
)
def test_what_the_contracts_and_persons_of_an_ancestor_refuse_is_an_inversion_too(
    root: dict[str, Any], says: str
) -> None:
    [found] = listed(profile(a_card("face", license="MIT", derived_from=["root"]), a_card("root", **root)))
    assert (found.path, found.says) == ("root", says)


def test_statutory_basis_of_the_operator_hides_no_inversion() -> None:
    claims = profile(a_card("face", license="MIT", derived_from=["root"]), a_card("root", license="CC-BY-NC-4.0"))
    basis = Evidence(
        kind="grant",
        tier=7,
        bound_to="collection",
        statement="statute",
        basis="JP-30-4",
        acts=frozenset(["train.pretrain"]),
        purposes=frozenset(["commercial"]),
        actors=frozenset(["for_profit"]),
        jurisdictions=frozenset(["JP"]),
    )
    assert decided(claims | {basis}, jurisdictions=["JP"]).permits
    assert [i.path for i in listed(claims | {basis}, jurisdictions=["JP"])] == ["root"]


def test_inversions_of_a_record_follow_the_row_that_it_came_from_where_rows_speak() -> None:
    face, root = a_card("face", license="MIT", derived_from=["root"]), a_card("root", license="MIT")
    case = Case(profile=frozenset(e for e in profile(face, root) if not e.layer), personal_data="no")
    said = {s: frozenset(profile(a_card("root", license=s))) for s in ("MIT", "CC-BY-NC-4.0", "cc")}

    def ways(*rows: str) -> set[tuple[str, str]]:
        through = frozenset(Case(profile=said[row], personal_data="no", way="root") for row in rows)
        found = inversions_of(replace(case, through=through), asking(), LAW, ["commercial"])
        return {(i.path, i.says) for i in found}

    assert ways() == ways("MIT") == set()
    assert ways("CC-BY-NC-4.0") == {("root", "deny")}
    assert ways("cc") == {("root", "unknown")}
    assert ways("MIT", "CC-BY-NC-4.0") == {("root", "deny")}, "a row that permits mends nothing of another"
    deep = profile(a_card("root", license="MIT", derived_from=["deep"]), a_card("deep", license="CC-BY-NC-4.0"))
    through = frozenset([Case(profile=deep, personal_data="no", way="root")])
    found = inversions_of(replace(case, through=through), asking(), LAW, ["commercial"])
    assert {(i.path, i.says) for i in found} == {("root > deep", "deny")}


# --- in a store --------------------------------------------------------------------------------------------------


def test_sources_of_a_store_list_what_they_state_too_wide_and_follow_a_card_that_comes_later(tmp_path: Path) -> None:
    ticks = iter(range(1000))
    store = Store(tmp_path / "store", clock=lambda: NOON + timedelta(seconds=next(ticks)))

    def ingested(name: str, card: str) -> None:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        tomllib.loads(card)
        (folder / "source.toml").write_text(f'name = "{name}"\npersonal_data = "no"\n{card}\n', encoding="utf-8")
        row = {"id": f"{name}-1", "text": f"What {name} says of the tides at the mole."}
        (folder / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
        store.ingest([folder])

    def ways() -> dict[str, set[str]]:
        return {s["source_id"]: {i["path"] for i in s["inversions"]} for s in store.source.list()}

    use = {"use": "train.pretrain", "accept": ["all"]}
    ingested("face", 'license = "MIT"\nderived_from = ["root"]')
    assert ways() == {"face": {"root"}}
    unknown = store.explain("face-1", **use)
    assert (unknown["decision"], unknown["reasons"][0]["reason"]) == ("unknown", "ancestor-unknown")
    assert [i["path"] for i in unknown["inversions"]] == ["root"]

    ingested("root", 'license = "CC-BY-NC-4.0"')
    assert ways() == {"face": {"root"}, "root": set()}
    refused = store.explain("face-1", **use)
    assert refused["decision"] == "deny"
    assert {i["ancestor"] for i in refused["inversions"]} == {"deny"}
    assert "(through root)" in refused["reasons"][0]["text"]

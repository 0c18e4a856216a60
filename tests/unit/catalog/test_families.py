"""Names that stand for several licences, and ports of Creative Commons: neither may say more than what it stands for."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest

from rightful.catalog import load, shipped
from rightful.rights.expression import UNREAD, parse
from rightful.rights.licenses import Catalog, License, expression_value
from rightful.rights.uses import PROFILES, PURPOSES
from rightful.rights.values import Alternative, Status
from tests.reading import answer, asking, stated


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


def ports(catalog: Catalog) -> dict[str, License]:
    """The licences that have no file, and the unported licence that each was derived from."""
    files = {path.stem for path in shipped().glob("*.toml")}
    derived = [i for i in catalog.licenses if i.lower() not in files]
    return {i: catalog.licenses[i.removeprefix("LicenseRef-").rsplit("-", 1)[0]] for i in derived}


# ---- families


def test_family_permits_what_every_member_permits_with_the_obligations_of_all_and_refuses_nothing(
    catalog: Catalog,
) -> None:
    permitted = 0
    uses = [asking(catalog, "*", purpose=p, profile=r) for p, r in product(PURPOSES, PROFILES)]
    for family in catalog.names.families.values():
        for use, act in product(uses, catalog.vocabulary.acts):
            [tag] = expression_value(parse(family.id, catalog.names), act, use, catalog)
            said: list[Alternative] = []
            for member in family.members:
                said += expression_value(parse(member, catalog.names), act, use, catalog)
            outbound = [a.outbound for a in said if a.outbound is not None]
            common = frozenset.intersection(*outbound) if outbound else None
            if all(a.status is Status.PERMIT for a in said) and common != frozenset():
                permitted += 1
                owed = frozenset[str]().union(*(a.obligations for a in said))
                assert tag == Alternative(Status.PERMIT, owed, common), (family.id, act, use.purpose)
            else:
                assert tag.status.word == "unknown", (family.id, act, use.purpose)
    assert permitted > 1000


@pytest.mark.parametrize(
    ("tag", "act"),
    [
        ("cc", "synth.derive"),  # forbidden by ND alone
        ("cc-by-nc", "train.pretrain"),  # forbidden for commerce by every member
        ("cc-by-nd", "share.adapted"),
        ("gfdl", "share.adapted"),  # invariant sections leave it open
    ],
)
def test_family_whose_members_do_not_all_permit_is_unknown_and_the_reason_says_so(
    catalog: Catalog, tag: str, act: str
) -> None:
    came = answer(catalog, stated(catalog, tag), asking(catalog, act))
    assert (came.status.word, came.reason.slug) == ("unknown", "license-family")


def test_family_of_versions_permits_training_with_what_the_strictest_version_asks(catalog: Catalog) -> None:
    came = answer(catalog, stated(catalog, "CC BY-SA"), asking(catalog, "train.pretrain"))
    assert came.permits, came.reasons
    assert came.obligations >= {"share_alike", "attribution.record", "notice.changes"}


def test_family_without_a_license_that_all_versions_go_out_under_leaves_adapting_open(catalog: Catalog) -> None:
    assert answer(catalog, stated(catalog, "cc-by-sa"), asking(catalog, "share.adapted")).status.word == "unknown"


@pytest.mark.parametrize(
    ("tag", "license"),
    [("cc", "CC-BY-NC-4.0"), ("cc", "CC0-1.0"), ("bsd", "BSD-3-Clause"), ("openrail", "BigScience OpenRAIL-M")],
)
def test_family_beside_a_license_of_it_says_nothing_and_stays_visible(catalog: Catalog, tag: str, license: str) -> None:
    alone, beside = stated(catalog, license), stated(catalog, tag, license)
    for act, purpose in product(catalog.vocabulary.acts, PURPOSES):
        use = asking(catalog, act, purpose=purpose)
        one, other = answer(catalog, alone, use), answer(catalog, beside, use)
        assert (one.status, one.obligations) == (other.status, other.obligations), (act, purpose)
    assert beside.conflict
    assert {e.observation.raw for e in beside.profile if e.observation is not None} == {tag, license}


@pytest.mark.parametrize(("tag", "license"), [("cc", "MIT"), ("openrail", "Apache-2.0"), ("cc", "CC-BY-4.0 AND MIT")])
def test_family_beside_a_license_that_is_none_of_it_still_blocks(catalog: Catalog, tag: str, license: str) -> None:
    use = asking(catalog, "share.adapted")
    assert answer(catalog, stated(catalog, license), use).permits
    came = answer(catalog, stated(catalog, tag, license), use)
    assert (came.status.word, came.reason.slug) == ("unknown", "license-family")


def test_family_by_date_means_the_license_of_the_day_and_before_the_first_day_nothing_that_can_be_read(
    catalog: Catalog,
) -> None:
    dated = [family for family in catalog.names.families.values() if family.periods]
    assert {family.id for family in dated} >= {"LicenseRef-StackExchange", "LicenseRef-Wikipedia"}
    for family in dated:
        assert set(family.members) == {license for _, license in family.periods}
        before = UNREAD
        for since, license in family.periods:
            assert family.on(since - timedelta(days=1)) == before
            assert family.on(since) == license
            before = license
        assert family.on(date(2100, 1, 1)) == family.periods[-1][1]


# ---- ports


def test_port_says_the_same_as_the_unported_text_in_every_cell(catalog: Catalog) -> None:
    derived = ports(catalog)
    assert len(derived) >= 36
    for port_id, unported in derived.items():
        port = catalog.licenses[port_id]
        cells = {key: (v.status, v.obligations, v.clause) for key, v in port.verdicts.items()}
        assert cells == {key: (v.status, v.obligations, v.clause) for key, v in unported.verdicts.items()}, port_id
        assert len(cells) == 198
        same = ("kind", "family", "version", "territory", "flags", "use_restrictions")
        assert [k for k in same if getattr(port, k) != getattr(unported, k)] == [], port_id
        assert port.scope >= unported.scope
        code = port_id.rsplit("-", 1)[1]
        assert all(f"Port {code}: " in v.rationale for v in port.verdicts.values()), port_id


def test_port_goes_out_under_what_the_unported_text_accepts_itself_and_ports_of_the_same_elements(
    catalog: Catalog,
) -> None:
    derived = ports(catalog)
    for port_id, unported in derived.items():
        outbound = catalog.licenses[port_id].outbound
        if unported.outbound is None:
            assert outbound is None, port_id
            continue
        sisters = {i for i, of in derived.items() if of is unported} if "sa" in unported.flags else {port_id}
        assert outbound == unported.outbound | sisters, port_id


@pytest.mark.parametrize(
    ("together", "expected"),
    [
        ("CC-BY-SA-3.0-DE AND CC-BY-SA-3.0-AT", "permit"),
        ("CC-BY-SA-3.0-DE AND cc-by-sa 3.0 us", "permit"),
        ("CC-BY-SA-3.0-DE AND CC-BY-SA-3.0", "permit"),
        ("CC-BY-SA-3.0-DE AND CC-BY-SA-4.0", "permit"),
        ("CC-BY-NC-3.0-DE AND CC-BY-NC-SA-3.0-DE", "permit"),
        ("CC-BY-SA-3.0-DE AND CC-BY-NC-SA-3.0-DE", "deny"),
        ("CC-BY-SA-3.0-DE AND GFDL-1.3-only", "deny"),
        ("CC-BY-SA-3.0-DE AND CC-BY-SA-3.0-IGO", "permit"),  # by way of 4.0
    ],
)
def test_adaptation_of_a_port_goes_out_where_share_alike_lets_it(
    catalog: Catalog, together: str, expected: str
) -> None:
    came = answer(catalog, stated(catalog, together), asking(catalog, "share.adapted", purpose="noncommercial"))
    assert came.status.word == expected, came.reasons


def test_port_that_nobody_read_is_known_by_name_and_permits_nothing(catalog: Catalog) -> None:
    unread = [i for i in catalog.names.ids.values() if i.startswith("CC-BY") and i not in catalog.licenses]
    assert {"CC-BY-3.0-NL", "CC-BY-SA-2.0-UK", "CC-BY-NC-SA-2.0-DE", "CC-BY-SA-2.1-JP"} <= set(unread)
    for license, purpose in product(unread, PURPOSES):
        came = answer(catalog, stated(catalog, license), asking(catalog, "train.pretrain", purpose=purpose))
        assert (came.status.word, came.reason.slug) == ("unknown", "license-unreviewed"), license

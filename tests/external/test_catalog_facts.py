"""The catalogue against facts that others collected: every difference stands in the reviewed list with its reason.

The tables are third-party data and simpler than ours (one flag or category a licence, no purposes, no readings), so
what is compared is the strict verdict for commerce on the acts in which their flags show. Where they differ, one of
the two is wrong or means something else; the reason says which.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rightful.catalog import load
from rightful.rights.expression import Name, Unreadable, parse, render
from rightful.rights.licenses import Catalog, Verdict
from rightful.rights.uses import PROFILES
from tests.external.reviewed import readings, unreviewed

PERMISSIONS = {"commercial-use": "use.internal", "modifications": "share.adapted", "distribution": "share.verbatim"}
"""A permission of choosealicense.com -> the act in which it shows, for a commercial purpose."""

CONDITIONS = {
    "include-copyright": ("share.verbatim", "notice.copyright"),
    "document-changes": ("share.adapted", "notice.changes"),
    "disclose-source": ("share.adapted", "disclose_source"),
    "same-license": ("share.adapted", "share_alike"),
    "network-use-disclose": ("serve.model", "network_disclose"),
}
"""A condition of choosealicense.com -> the act in which it shows, and our obligation."""

OPEN = {"Permissive", "Copyleft", "Copyleft Limited", "Public Domain"}
"""The ScanCode categories whose licences allow commercial adaptation."""
CLOSED = {"Commercial", "Proprietary Free", "Free Restricted", "Unstated License"}
"""The ScanCode categories whose licences keep commerce back, or may."""

SHARED_PAGES = {
    "MPL-2.0-no-copyleft-exception": "the page of MPL-2.0; the exhibit that makes the difference stands in the work",
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


@pytest.fixture(scope="module")
def spdx(cases: Path) -> list[dict[str, Any]]:
    """The SPDX licence list."""
    listed: list[dict[str, Any]] = json.loads((cases / "1-spdx/reuse-licenses.json").read_text("utf-8"))["licenses"]
    return listed


@pytest.fixture(scope="module")
def scancode(cases: Path) -> list[dict[str, Any]]:
    """The index of ScanCode's licences, exceptions left out."""
    index = json.loads((cases / "1-spdx/scancode-licensedb-index.json").read_text("utf-8"))
    return [entry for entry in index if entry["spdx_license_key"] and not entry["is_exception"]]


def strict(catalog: Catalog, license_id: str, act: str) -> Verdict:
    return catalog.licenses[license_id].verdicts["strict", "commercial", act]


def one(text: str, catalog: Catalog) -> str | None:
    """The reviewed licence that a single id or name means; None where it means none."""
    try:
        found = parse(text, catalog.names)
    except Unreadable:
        return None
    return found.id if isinstance(found, Name) and found.id in catalog.licenses else None


# ---- choosealicense.com


def test_catalog_agrees_with_choosealicense_but_for_reviewed_differences(catalog: Catalog, cases: Path) -> None:
    table = json.loads((cases / "1-spdx/choosealicense-facts.json").read_text("utf-8"))
    facts = {*PERMISSIONS, *CONDITIONS}
    differ: set[str] = set()
    for entry in table:
        found = one(entry["spdx-id"], catalog)
        assert found is not None, f"{entry['spdx-id']} has no file"
        theirs = {c.split("--")[0] for c in entry["conditions"]} | set(entry["permissions"])
        ours = {fact for fact, act in PERMISSIONS.items() if strict(catalog, found, act).status.word == "permit"}
        ours |= {f for f, (act, owed) in CONDITIONS.items() if owed in strict(catalog, found, act).obligations}
        differ |= {f"{found}: {fact}" for fact in (theirs ^ ours) & facts}
    assert len(table) == 47
    figures = f"{len(table) * len(facts) - len(differ)} facts agree, {len(differ)} differ, of {len(table)} licences"
    assert not (wrong := unreviewed("choosealicense", differ, figures)), wrong


# ---- ScanCode


def categories(catalog: Catalog, index: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """The licences of ours that the index has, by an SPDX id or by an id of its own, with their category."""
    for entry in index:
        for key in (entry["spdx_license_key"], *entry["other_spdx_license_keys"]):
            if (found := one(key, catalog)) is not None:
                yield found, entry["category"]


def test_commerce_is_permitted_where_scancode_has_an_open_category_and_not_where_it_has_a_closed_one(
    catalog: Catalog, scancode: list[dict[str, Any]]
) -> None:
    compared: set[str] = set()
    differ: set[str] = set()
    for found, category in categories(catalog, scancode):
        verdicts = catalog.licenses[found].verdicts
        permitted = {
            act
            for (profile, purpose, act), verdict in verdicts.items()
            if profile in PROFILES and purpose == "commercial" and verdict.status.word == "permit"
        }
        adapts = strict(catalog, found, "share.adapted").status.word == "permit"
        compared.add(found)
        if (category in OPEN) is not adapts or (category in CLOSED and permitted - {"share.ids"}):
            differ.add(found)
    assert len(compared) >= 160
    figures = f"{len(compared) - len(differ)} licences agree, {len(differ)} differ, {len(compared)} are in both"
    assert not (wrong := unreviewed("scancode", differ, figures)), wrong


# ---- the SPDX list


def test_every_id_of_the_spdx_list_is_read_and_current_ones_render_as_themselves(
    catalog: Catalog, spdx: list[dict[str, Any]]
) -> None:
    current = {entry["licenseId"] for entry in spdx if not entry["isDeprecatedLicenseId"]}
    assert len(current) > 600
    for license_id in current:
        assert render(parse(license_id, catalog.names)) == license_id
        assert render(parse(license_id.swapcase(), catalog.names)) == license_id


def test_deprecated_id_is_read_as_the_successor_that_others_name_or_as_reviewed(
    catalog: Catalog, spdx: list[dict[str, Any]], scancode: list[dict[str, Any]]
) -> None:
    """The SPDX list names no successors; ScanCode's index does, where the successor is a single licence."""
    current = {entry["licenseId"] for entry in spdx if not entry["isDeprecatedLicenseId"]}
    deprecated = [entry["licenseId"] for entry in spdx if entry["isDeprecatedLicenseId"]]
    successor = {
        old: entry["spdx_license_key"]
        for entry in scancode
        for old in entry["other_spdx_license_keys"]
        if entry["spdx_license_key"] in current
    }
    assert len(deprecated) >= 30
    read = {old: render(parse(old, catalog.names)) for old in deprecated}
    differ = {old for old in deprecated if read[old] != successor.get(old)}
    figures = f"{len(deprecated) - len(differ)} deprecated ids agree, {len(differ)} have no successor in the index"
    assert not (wrong := unreviewed("spdx_deprecated", differ, figures)), wrong
    assert {old: read[old] for old in differ} == readings("spdx_deprecated")
    for old in deprecated:
        base, _, exception = read[old].partition(" WITH ")
        assert base in current or old == read[old] == "Net-SNMP"
        assert not exception or exception in catalog.names.exceptions


def test_every_exception_of_the_spdx_list_is_known_and_nothing_else_is(catalog: Catalog, cases: Path) -> None:
    listed = json.loads((cases / "1-spdx/reuse-exceptions.json").read_text("utf-8"))["exceptions"]
    current = {entry["licenseExceptionId"] for entry in listed if not entry.get("isDeprecatedLicenseId")}
    assert catalog.names.exceptions <= {entry["licenseExceptionId"] for entry in listed}
    assert current - catalog.names.exceptions == set()


def test_every_address_of_the_spdx_list_that_is_read_means_the_license_it_stands_with(
    catalog: Catalog, spdx: list[dict[str, Any]]
) -> None:
    """An address of a GNU licence does not say "or later", so it is read as this version only, the narrower one."""
    read = 0
    for entry in spdx:
        for url in (entry["reference"], *entry["seeAlso"]):
            try:
                found = render(parse(url, catalog.names))
            except Unreadable:
                continue
            read += 1
            meant = render(parse(entry["licenseId"], catalog.names))
            stem = meant.removesuffix("-or-later").removesuffix("-only").removesuffix("-no-invariants")
            same = found == meant or found == stem.removesuffix("-invariants") + "-only"
            assert same or entry["licenseId"] in SHARED_PAGES, (url, found, meant)
    assert read > 700


# ---- the identifiers of the Hugging Face hub


def identifiers(cases: Path) -> list[tuple[str, str]]:
    """The names and the identifiers of the hub's table."""
    lines = (cases / "3-dataset-licences/hf-licence-identifiers.md").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in lines if line.startswith("| ") and "`" in line]
    return [(full, tag.strip("`")) for full, tag in rows]


def test_hub_identifier_is_a_reviewed_license_or_a_family_or_unknown_on_purpose(catalog: Catalog, cases: Path) -> None:
    tags = [tag for _, tag in identifiers(cases)]
    read: dict[str, str] = {}
    for tag in tags:
        try:
            read[tag] = render(parse(tag, catalog.names))
        except Unreadable:
            continue
    families = {tag for tag, found in read.items() if found in catalog.names.families}
    unknown = {tag for tag in tags if tag not in families and read.get(tag) not in catalog.licenses}
    licensed = len(tags) - len(families) - len(unknown)
    figures = f"{licensed} of {len(tags)} identifiers are licences, {len(families)} families, {len(unknown)} unknown"
    assert len(tags) > 75
    assert not (wrong := unreviewed("hub_unknown", unknown, figures)), wrong


def test_hub_identifier_that_the_hub_calls_a_family_is_no_single_license(catalog: Catalog, cases: Path) -> None:
    tags = {tag for full, tag in identifiers(cases) if full.endswith(" family")}
    assert {"cc", "bsd", "gpl", "lgpl", "gfdl", "openrail"} <= tags
    # Of these there is one version, whatever the Hub calls them.
    assert {tag for tag in tags if one(tag, catalog) is not None} == {"odbl", "odc-by"}


def test_hub_identifier_and_its_full_name_are_read_as_the_same_license(catalog: Catalog, cases: Path) -> None:
    both = 0
    for full, tag in identifiers(cases):
        try:
            found = render(parse(tag, catalog.names))
            assert render(parse(full, catalog.names)) == found, (full, tag)
        except Unreadable:
            continue
        both += 1
    assert both > 65

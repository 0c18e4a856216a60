"""The catalogue against facts that others collected. Every difference stands here with its reason, or fails.

The tables are third-party data and simpler than ours (one flag a licence, no purposes, no readings), so what is
compared is the strict verdict on the acts in which their flags show. Where they differ, one of the two is wrong or
means something else; the reason says which.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.catalog import load
from pipeline.rights.expression import Name, Unreadable, parse, render
from pipeline.rights.licenses import Catalog, Verdict

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

REVIEWED = {
    ("ODbL-1.0", "disclose-source"): "section 4.6 (offer the changed database whole) is part of our share_alike.db",
    ("ODbL-1.0", "same-license"): "section 4.4 binds databases only, which is our share_alike.db",
}

CATEGORIES = {"Permissive", "Copyleft", "Copyleft Limited", "Public Domain"}
"""The ScanCode categories whose licences allow commercial adaptation."""

REVIEWED_CATEGORIES = {
    "CC-PDM-1.0": "Public Domain there; here a label that grants nothing, hence unknown in the strict reading",
    "BUSL-1.1": "Source-available there; its terms do grant derivative works and their redistribution",
}

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


def strict(catalog: Catalog, license_id: str, act: str) -> Verdict:
    return catalog.licenses[license_id].verdicts["strict", "commercial", act]


def differences(catalog: Catalog, facts: list[dict[str, Any]]) -> tuple[set[str], set[tuple[str, str]]]:
    """The licences compared, and (licence, fact) where ours is not theirs, in either direction."""
    compared: set[str] = set()
    differ: set[tuple[str, str]] = set()
    for entry in facts:
        found = parse(entry["spdx-id"], catalog.names)
        if not isinstance(found, Name) or found.id not in catalog.licenses:
            continue
        compared.add(found.id)
        theirs = {c.split("--")[0] for c in entry["conditions"]} | set(entry["permissions"])
        ours = {fact for fact, act in PERMISSIONS.items() if strict(catalog, found.id, act).status.word == "permit"}
        ours |= {f for f, (act, owed) in CONDITIONS.items() if owed in strict(catalog, found.id, act).obligations}
        differ |= {(found.id, fact) for fact in (theirs ^ ours) & {*PERMISSIONS, *CONDITIONS}}
    return compared, differ


def test_catalog_agrees_with_choosealicense_but_for_reviewed_differences(catalog: Catalog, cases: Path) -> None:
    facts = json.loads((cases / "1-spdx/choosealicense-facts.json").read_text("utf-8"))
    compared, differ = differences(catalog, facts)
    assert len(compared) >= 18
    assert differ == set(REVIEWED)


def test_commercial_adaptation_is_permitted_exactly_where_scancode_has_an_open_category(
    catalog: Catalog, cases: Path
) -> None:
    index = json.loads((cases / "1-spdx/scancode-licensedb-index.json").read_text("utf-8"))
    category = {entry["spdx_license_key"]: entry["category"] for entry in index if entry.get("spdx_license_key")}
    differ = {
        i
        for i in catalog.licenses
        if (category[i] in CATEGORIES) != (strict(catalog, i, "share.adapted").status.word == "permit")
    }
    assert differ == set(REVIEWED_CATEGORIES)


def test_every_id_of_the_spdx_list_is_read_and_deprecated_ones_become_current(
    catalog: Catalog, spdx: list[dict[str, Any]]
) -> None:
    current = {entry["licenseId"] for entry in spdx if not entry["isDeprecatedLicenseId"]}
    assert len(current) > 600
    for entry in spdx:
        read = render(parse(entry["licenseId"], catalog.names))
        if entry["licenseId"] in current:
            assert read == entry["licenseId"]
        elif entry["licenseId"] != "Net-SNMP":  # a stack of several licences, without a successor
            assert read.split(" WITH ")[0] in current


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


@pytest.mark.parametrize("tag", ["cc", "bsd", "gpl", "lgpl", "gfdl", "odbl", "odc-by", "openrail", "other", "unknown"])
def test_hub_tag_of_a_whole_family_is_unreadable(catalog: Catalog, tag: str) -> None:
    with pytest.raises(Unreadable):
        parse(tag, catalog.names)


def test_hub_tag_and_its_full_name_are_read_as_the_same_license(catalog: Catalog, cases: Path) -> None:
    lines = (cases / "3-dataset-licences/hf-licence-identifiers.md").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in lines if line.startswith("| ") and "`" in line]
    assert len(rows) > 60
    both = 0
    for full, tag in rows:
        try:
            found = render(parse(tag.strip("`"), catalog.names))
            assert render(parse(full, catalog.names)) == found, (full, tag)
        except Unreadable:
            continue
        both += 1
    assert both > 40


def test_paraphrases_that_others_merge_into_one_license_are_not_merged_here(catalog: Catalog, cases: Path) -> None:
    """The Data Provenance table calls ``cc`` CC0, ``agpl-3.0`` GPL, ``ms-pl`` a data agreement and ``bsd`` BSD-3."""
    table = json.loads((cases / "3-dataset-licences/constants/license_paraphrases.json").read_text("utf-8"))
    differ: dict[str, str] = {}
    for group, texts in table.items():
        try:
            meant = render(parse(group, catalog.names))
        except Unreadable:
            continue
        for text in texts:
            try:
                found = render(parse(text, catalog.names))
            except Unreadable:
                continue
            if found != meant:
                differ[text] = found
    assert differ == {
        "Public Domain Mark 1.0": "CC-PDM-1.0",  # said to be CC0
        "GNU Affero General Public License v3.0": "AGPL-3.0-only",  # said to be the GPL
        "agpl-3.0": "AGPL-3.0-only",
        "cc-by-2.0": "CC-BY-2.0",  # said to be 3.0
    }

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rightful import catalog
from rightful.catalog import shipped
from rightful.catalog.sites import read_sites
from rightful.catalog.tables import Table
from rightful.errors import CatalogError

NAMES = catalog.load().names
FACT: dict[str, Any] = {"source": "a page", "reviewer": "R", "reviewed_at": date(2026, 1, 1)}
SITE: dict[str, Any] = {"domains": ["wiki.example"], "license": "MIT", **FACT}
DUMP: dict[str, Any] = {"domains": ["q.example"], "license": "MIT", "since": date(2024, 1, 1), "name": "dump", **FACT}


def table(sites: list[dict[str, Any]], dumps: list[dict[str, Any]]) -> Table:
    data = {"schema": 1, "imported_by": ["cc-notice"], "sites": sites, "dumps": dumps}
    return Table("_sites.toml", "", data)


def test_site_of_a_host_is_that_of_its_longest_domain() -> None:
    sites = NAMES.sites
    assert sites.of("en.m.wikipedia.org") == sites.terms["wikipedia.org"]
    assert sites.of("commons.wikimedia.org") is not None
    assert sites.of("upload.wikimedia.org") is None
    assert sites.of("wikipedia.org.evil.example") is None
    assert sites.of("notwikipedia.org") is None
    assert sites.dump_of("beer.stackexchange.com") == sites.dumps["stackexchange.com"]


def test_wikinews_of_a_language_that_nobody_read_is_unclear() -> None:
    for host, license in (
        ("en.wikinews.org", "CC-BY-2.5 AND CC-BY-4.0"),
        ("de.wikinews.org", ""),
        ("wikinews.org", ""),
    ):
        terms = NAMES.sites.of(host)
        assert terms is not None
        assert terms.license == license


def test_wikipedia_is_a_choice_and_its_imported_text_none() -> None:
    terms = NAMES.sites.terms["wikipedia.org"]
    assert terms.license == "LicenseRef-Wikipedia OR GFDL-1.3-no-invariants-or-later"
    assert terms.imported == "LicenseRef-Wikipedia"


@pytest.mark.parametrize(
    ("site", "key"),
    [
        ({**SITE, "license": "no such licence"}, "license"),
        ({**SITE, "unclear": "why"}, "license"),
        ({k: v for k, v in SITE.items() if k != "license"}, "license"),
        ({**SITE, "domains": ["Wiki.example"]}, "domains"),
        ({**SITE, "domains": ["https://wiki.example/"]}, "domains"),
        ({**SITE, "domains": ["a.example", "a.example"]}, "domains"),
        ({**SITE, "domains": []}, "domains"),
        ({k: v for k, v in SITE.items() if k != "source"}, "source"),
    ],
)
def test_defect_of_a_site_is_named_with_its_key(site: dict[str, Any], key: str) -> None:
    read_sites(table([SITE], [DUMP]), NAMES)
    with pytest.raises(CatalogError) as error:
        read_sites(table([site], [DUMP]), NAMES)
    assert key in f"{error.value.subject} {error.value}"


def test_every_fact_has_a_source_and_a_day() -> None:
    data = tomllib.loads((Path(shipped()) / "_sites.toml").read_text(encoding="utf-8"))
    for entry in (*data["sites"], *data["dumps"]):
        assert entry["source"]
        assert entry["reviewed_at"] >= date(2026, 1, 1)

"""What licences are called: a name means one licence, one family, or nothing; nothing is matched by nearness."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from rightful.catalog import load
from rightful.query.license import check
from rightful.rights.allow import missing
from rightful.rights.expression import Name, Names, NothingStated, Unreadable, parse, render, suggest
from rightful.rights.licenses import Catalog
from rightful.rights.uses import use_of


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MIT", "MIT"),
        ("  The  MIT   Licence ", "MIT"),
        ("mit or apache 2.0", "MIT OR Apache-2.0"),
        ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
        ("(mit OR apache-2.0) and cc by-sa 3.0", "(MIT OR Apache-2.0) AND CC-BY-SA-3.0"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("gpl-3.0", "GPL-3.0-only"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("GPLv2+", "GPL-2.0-or-later"),
        ("GPL v2 or later", "GPL-2.0-or-later"),
        ("GNU General Public License, version 3 or (at your option) any later version", "GPL-3.0-or-later"),
        ("LGPL-3.0-only+", "LGPL-3.0-or-later"),
        ("GFDL-1.2+", "GFDL-1.2-or-later"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("gpl-2.0-only with classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("wxWindows", "LGPL-2.0-or-later WITH WxWindows-exception-3.1"),
        ("BSD-2-Clause-NetBSD", "BSD-2-Clause"),
        ("LicenseRef-house-rules", "LicenseRef-house-rules"),
        ("DocumentRef-x:LicenseRef-y", "DocumentRef-x:LicenseRef-y"),
        ("Zlib", "Zlib"),
        ("CC BY 4.0", "CC-BY-4.0"),
        ("cc-by-sa 4.0", "CC-BY-SA-4.0"),
        ("CC BY NC-SA 4.0", "CC-BY-NC-SA-4.0"),
        ("cc by-nc-nd 3.0 unported", "CC-BY-NC-ND-3.0"),
        ("CC BY 2.0", "CC-BY-2.0"),
        ("Creative Commons Attribution-ShareAlike 4.0 International License", "CC-BY-SA-4.0"),
        ("Creative Commons Attribution Non Commercial Share Alike 3.0", "CC-BY-NC-SA-3.0"),
        ("Attribution-NonCommercial-NoDerivs 3.0 Unported", "CC-BY-NC-ND-3.0"),
        ("Creative Commons Zero v1.0 Universal", "CC0-1.0"),
        ("CC0", "CC0-1.0"),
        ("Public Domain Mark 1.0", "CC-PDM-1.0"),
        ("Apache 2", "Apache-2.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("BSD-3-Clause License", "BSD-3-Clause"),
        ('BSD 3-clause "New" or "Revised" license', "BSD-3-Clause"),
        ("the unlicense", "Unlicense"),
        ("Open Government Licence v3.0", "OGL-UK-3.0"),
        ("open government license v3.0", "OGL-UK-3.0"),
        ("Business Source License 1.1", "BUSL-1.1"),
        ("Boost Software License 1.0", "BSL-1.0"),
        ("License :: OSI Approved :: MIT License", "MIT"),
        ("License :: OSI Approved :: GNU Lesser General Public License v3 or later (LGPLv3+)", "LGPL-3.0-or-later"),
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/by/4.0", "CC-BY-4.0"),
        ("//creativecommons.org/licenses/by-sa/3.0/", "CC-BY-SA-3.0"),
        ("creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0"),
        ("https://www.creativecommons.org/licenses/by-nc-sa/4.0/deed.fr", "CC-BY-NC-SA-4.0"),
        ("https://creativecommons.org/licenses/by-nd/4.0/legalcode.de", "CC-BY-ND-4.0"),
        ("https://creativecommons.org/licenses/by/2.0/deed.fr", "CC-BY-2.0"),
        ("http://creativecommons.org/licenses/by-sa/2.0/", "CC-BY-SA-2.0"),
        ("http://creativecommons.org/licenses/by-sa/3.0/de/", "CC-BY-SA-3.0-DE"),
        ("http://creativecommons.org/licenses/by/3.0/us/legalcode", "CC-BY-3.0-US"),
        ("https://creativecommons.org/publicdomain/zero/1.0/deed.ja", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("http://www.opensource.org/licenses/mit-license.php", "MIT"),
        ("http://unlicense.org/", "Unlicense"),
        ("https://www.unlicense.org", "Unlicense"),
        ("https://opensource.org/license/bsd-3-clause", "BSD-3-Clause"),
        ("https://www.gnu.org/licenses/old-licenses/gpl-2.0.en.html", "GPL-2.0-only"),
        ("https://spdx.org/licenses/CC-BY-SA-4.0.html", "CC-BY-SA-4.0"),
        ("https://spdx.org/licenses/GPL-3.0+", "GPL-3.0-or-later"),
        ("http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/", "OGL-UK-3.0"),
        ("https://opendatacommons.org/licenses/odbl/1-0/", "ODbL-1.0"),
        ("All Rights Reserved", "LicenseRef-All-Rights-Reserved"),
        ("Non-Commercial", "LicenseRef-NonCommercial-Unspecified"),
        ("For research purposes only", "LicenseRef-Academic-Research-Only"),
        # Ports that were read have a licence; one that SPDX does not list has an id of ours.
        ("cc by 3.0 de", "CC-BY-3.0-DE"),
        ("Creative Commons Attribution 3.0 Germany", "CC-BY-3.0-DE"),
        ("cc-by-sa 3.0 us", "LicenseRef-CC-BY-SA-3.0-US"),
        ("CC-BY-SA-3.0-US", "LicenseRef-CC-BY-SA-3.0-US"),
        ("https://creativecommons.org/licenses/by-sa/3.0/us/", "LicenseRef-CC-BY-SA-3.0-US"),
        ("https://creativecommons.org/licenses/by/3.0/nl/", "CC-BY-3.0-NL"),
        # Tags of a whole family are read as that, and no version is chosen.
        ("cc", "LicenseRef-family-cc"),
        ("Creative Commons", "LicenseRef-family-cc"),
        ("CC-BY", "LicenseRef-family-cc-by"),
        ("Creative Commons Attribution", "LicenseRef-family-cc-by"),
        ("cc by-nc-sa", "LicenseRef-family-cc-by-nc-sa"),
        ("gpl", "LicenseRef-family-gpl"),
        ("the GNU General Public License", "LicenseRef-family-gpl"),
        ("LGPL", "LicenseRef-family-lgpl"),
        ("gfdl", "LicenseRef-family-gfdl"),
        ("BSD License", "LicenseRef-family-bsd"),
        ("License :: OSI Approved :: BSD License", "LicenseRef-family-bsd"),
        ("openrail", "LicenseRef-family-openrail"),
        ("mit or gpl", "MIT OR LicenseRef-family-gpl"),
    ],
)
def test_name_that_is_certain_is_read(catalog: Catalog, text: str, expected: str) -> None:
    assert render(parse(text, catalog.names)) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["odc-by", "ODC-BY"], "ODC-By-1.0"),
        (["odbl", "ODbL"], "ODbL-1.0"),
        (
            ["apache", "Apache License", "License :: OSI Approved :: Apache Software License"],
            "LicenseRef-family-apache",
        ),
        (["AGPL", "GNU AGPL"], "LicenseRef-family-agpl"),
        (["ogl", "uk-ogl", "Open Government Licence"], "LicenseRef-family-ogl-uk"),
        (["PSF", "Python Software Foundation License"], "LicenseRef-family-psf"),
        (["Public domain", "public-domain", "PD", "License :: Public Domain", "PD-self"], "LicenseRef-Public-Domain"),
        (["Public domain in the USA.", "PD-US"], "LicenseRef-PD-old-US"),
        (["https://creativecommons.org/licenses/by/4.0/?ref=chooser-v1", "CC BY 4.0 DEED", "CC_BY_4_0"], "CC-BY-4.0"),
        (["https://i.creativecommons.org/l/by/4.0/88x31.png", "//licensebuttons.net/l/by/4.0/80x15.png"], "CC-BY-4.0"),
        (["https://creativecommons.org/licenses/by-sa/4.0/rdf", "{{cc-by-sa-4.0}}"], "CC-BY-SA-4.0"),
        (["https://licensebuttons.net/p/zero/1.0/88x31.png"], "CC0-1.0"),
        (["https://creativecommons.org/licenses/by/2.0/fr/", "CC-BY-2.0-FR"], "LicenseRef-CC-BY-2.0-FR"),
        (["CC-BY-2.1-JP"], "LicenseRef-CC-BY-2.1-JP"),
        (["https://creativecommons.org/licenses/sampling+/1.0/"], "LicenseRef-CC-SAMPLING-PLUS-1.0"),
        (["http://rightsstatements.org/vocab/UND/1.0/"], "LicenseRef-RS-UND"),
        (["http://rightsstatements.org/vocab/NoC-NC/1.0/"], "LicenseRef-RS-NoC-NC"),
        (["No known copyright restrictions", "https://www.flickr.com/commons/usage/"], "LicenseRef-RS-NKC"),
        (["http://www.europeana.eu/rights/rr-f/", "UNLICENSED"], "LicenseRef-All-Rights-Reserved"),
        (["https://www.elsevier.com/tdm/userlicense/1.0/", "http://www.springer.com/tdm"], "LicenseRef-Publisher-TDM"),
        (["info:eu-repo/semantics/openAccess", "Open Access"], "LicenseRef-Access-Status"),
        (["Unspecified", "No License", "notspecified", "unspecified-oa"], "LicenseRef-Unspecified"),
        (["Custom", "proprietary", "OpenAI", "publisher-specific-oa", "other-open"], "LicenseRef-Custom"),
        (["Various", "Mixed"], "LicenseRef-Various"),
        (["see LICENSE", "Other (specified in description)"], "LicenseRef-Licence-File"),
        (["Perl", "Perl_5", "Same as Perl"], "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        (["MIT/X11", "MIT License.", "MIT.", "mit-license"], "MIT"),
        (["flux-1-dev-non-commercial-license"], "LicenseRef-FLUX-1-dev-Non-Commercial"),
        (["qwen"], "LicenseRef-Qwen"),
        (["licenseref-gemma", "LICENSEREF-GEMMA"], "LicenseRef-Gemma"),
        (["licenseref-Harbour-1"], "LicenseRef-Harbour-1"),
        (["Apache-2.0+", "apache-2.0+"], "Apache-2.0+"),
        (["CC-BY-NC-ND-2.5+"], "CC-BY-NC-ND-2.5+"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_word_of_a_platform_or_package_is_the_licence_that_it_means(
    catalog: Catalog, texts: list[str], expected: str
) -> None:
    for text in texts:
        assert render(parse(text, catalog.names)) == expected, text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Unspecified", "license-unspecified"),
        ("Custom", "license-custom"),
        ("Various", "license-various"),
        ("SEE LICENSE IN terms.txt", "license-elsewhere"),
        ("GPL-3 + file LICENSE", "license-elsewhere"),
        ("info:eu-repo/semantics/openAccess", "access-status"),
    ],
)
def test_word_that_names_no_licence_blocks_with_a_reason_of_its_own(catalog: Catalog, text: str, reason: str) -> None:
    use = use_of(catalog.vocabulary, ["train.pretrain"], accept=["all"], as_of=datetime(2026, 11, 21, tzinfo=UTC))
    found = check(text, use, catalog)
    assert (found["decision"], [r["reason"] for r in found["reasons"]]) == ("unknown", [reason])


@pytest.mark.parametrize(
    ("stated", "allowed", "satisfied"),
    [
        ("CC-BY-NC-ND-2.5+", "CC-BY-NC-ND-3.0", True),
        ("CC-BY-NC-ND-2.5+", "CC-BY-NC-ND-2.0", False),
        ("CC-BY-NC-ND-2.5", "CC-BY-NC-ND-3.0", False),
        ("Apache-2.0", "Apache-1.1+", True),
        ("Apache-1.1", "Apache-2.0+", False),
        ("Apache-1.1+", "Apache-2.0", True),
        ("Apache-2.0+", "Apache-2.0", True),
    ],
)
def test_allow_list_hears_the_plus(catalog: Catalog, stated: str, allowed: str, satisfied: bool) -> None:
    of, listed = (parse(text, catalog.names) for text in (stated, allowed))
    assert isinstance(listed, Name)
    assert (missing(of, [listed], catalog.names) == ()) is satisfied


@pytest.mark.parametrize(
    "text",
    [
        *("cc-by-5.0", "cc-by-4.0-de", "CC-BY-3.0-XX", "CC-BY-2.1", "llama", "openmdw"),
        # What collectors write who found no licence, or several, or did not say which.
        *(
            "Custom (commercial)",
            "Custom (multiple)",
            "Unclear",
            "Request Form",
            "All Uses-Attribution",
            "other",
            "unknown",
        ),
        *("copyright", "Copyright 2017 Google LLC", "research", "academic", "404: Not Found"),
        *("License information unavailable", "free", "?"),
        # A provider is no licence, and its name says nothing of which of its terms holds.
        *("Google Cloud Translation API", "CSLU Agreement"),
        # Not MS-PL, which is an open licence of software.
        "Microsoft Research Data License Agreement",
        *("Modified MIT License", "MIT-style", "MIT, Apache-2.0", "MIT and", "OR MIT", "(MIT", "MIT Apache-2.0"),
        *("GPL-2.0 or later AND MIT", "MIT WITH Apache-2.0 WITH MIT", "MIT & ISC", "NONE", "none"),
        *("LicenseRef-", "LicenseRef-a b", "scancode-proprietary", "<b>MIT</b>", "MIT\x00", "MIT; DROP TABLE", "🆓"),
        "http://creativecommons.org/licenses/by/",
        "http://creativecommons.org/licenses/by-sa/3.0/xx/",
        "http://creativecommons.org.example.net/licenses/by/4.0/",
        "https://example.org/?u=https://creativecommons.org/licenses/by/4.0/",
        "https://www.gnu.org/licenses/gpl.html",
        "https://opensource.org/licenses/",
        "MIT OR " * 600 + "MIT",
    ],
    ids=lambda text: text[:40],
)
def test_name_that_is_not_certain_is_unreadable(catalog: Catalog, text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text, catalog.names)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "NOASSERTION", "noassertion"])
def test_name_that_says_nothing_is_nothing_stated(catalog: Catalog, text: str) -> None:
    with pytest.raises(NothingStated):
        parse(text, catalog.names)


def test_name_nearly_right_is_unreadable_but_suggests_the_one_meant(catalog: Catalog) -> None:
    with pytest.raises(Unreadable):
        parse("Apache-20", catalog.names)
    assert "Apache-2.0" in suggest("Apache-20", catalog.names)


def test_every_id_and_name_of_a_license_is_read_as_that_license(catalog: Catalog) -> None:
    for li in catalog.licenses.values():
        for text in (li.id, li.id.lower(), li.name, li.url, *li.aliases):
            assert render(parse(text, catalog.names)) == li.id, text


def test_every_name_that_is_known_reads_as_an_expression_of_known_ids(catalog: Catalog) -> None:
    names: Names = catalog.names
    known = set(names.ids.values())
    # Licences that are known by a name of ours only: aliases name them, and nobody has read them.
    named_only = {t for t in names.aliases.values() if t.startswith("LicenseRef-")}
    for text in (*names.ids, *names.aliases):
        ids = re.split(r" (?:OR|AND|WITH) ", render(parse(text, names)))
        assert [i for i in ids if i not in known | named_only and i not in names.exceptions] == [], text

"""The catalogue: every defect of the data is named, every verdict is stated, and a name means one licence or none."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path

import pytest

from pipeline.catalog import load, shipped
from pipeline.errors import CatalogError
from pipeline.rights.expression import Names, NothingStated, Unreadable, parse, render, suggest
from pipeline.rights.licenses import Catalog, License, expression_value
from pipeline.rights.uses import PROFILES, PURPOSES, covered, covers, use_of
from pipeline.rights.values import Status, collapse

TRAIN = ("tokenizer", "embed", "nongen", "pretrain", "finetune", "align", "distil")
ACTS = (
    "store.copy mine.analyse index.search index.retrieval infer.ground train.tokenizer train.embed train.nongen "
    "train.pretrain train.finetune train.align train.distil eval.benchmark label.annotate synth.derive share.ids "
    "share.verbatim share.adapted share.weights serve.output serve.model use.internal"
).split()
ORDINARY = "store.copy mine.analyse index.retrieval eval.benchmark label.annotate share.ids use.internal".split()
SENSITIVE = (
    "biometric.identify biometric.categorise emotion likeness.voice_clone surveillance military medical_advice "
    "automated_decision profiling_ads political minors disinfo"
).split()
OBLIGATIONS = (
    "attribution.record attribution.dataset notice.copyright notice.licence notice.changes notice.source_link "
    "share_alike share_alike.db disclose_source network_disclose use_restrictions.pass_on no_endorsement no_drm "
    "delete_on_withdrawal refresh_to_latest report_results ethics_approval payment registration output_marking "
    "no_reidentify no_compete_model naming"
).split()

Edit = Callable[[str, str, str], Path]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """A copy of the shipped folder with one text replaced in one file."""
    folder = tmp_path / "licenses"
    shutil.copytree(shipped(), folder)

    def replace(name: str, old: str, new: str) -> Path:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return replace


def says(catalog: Catalog, license_id: str, act: str, purpose: str = "commercial", profile: str = "strict") -> str:
    """The status and the obligations of one cell, as one line."""
    verdict = catalog.licenses[license_id].verdicts[profile, purpose, act]
    return " ".join([verdict.status.word, *sorted(verdict.obligations)])


def decides(catalog: Catalog, text: str, act: str, *accept: str, purpose: str = "commercial") -> Status:
    """What an expression decides for one act when ``accept`` is accepted, in the strict reading."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    use = use_of(catalog.vocabulary, [act], as_of=now, purpose=purpose, accept=accept)
    value = expression_value(parse(text, catalog.names), act, use, catalog)
    return collapse(value, use.accepted)[0]


# ---- the vocabulary


def test_vocabulary_has_the_acts_in_the_order_of_the_blueprint(catalog: Catalog) -> None:
    assert list(catalog.vocabulary.acts) == ACTS


def test_vocabulary_has_exactly_the_obligations_of_the_blueprint(catalog: Catalog) -> None:
    assert list(catalog.vocabulary.obligations) == OBLIGATIONS
    preconditions = {o.id for o in catalog.vocabulary.obligations.values() if o.precondition}
    assert preconditions == {"payment", "registration", "ethics_approval"}


def test_vocabulary_has_exactly_the_sensitive_applications_of_the_blueprint(catalog: Catalog) -> None:
    assert [a.id for a in catalog.vocabulary.applications.values() if a.sensitive] == SENSITIVE


def test_act_newer_than_a_grant_of_2015_is_not_reached_by_it(catalog: Catalog) -> None:
    granted = date(2015, 6, 1)
    reached = {a for a in catalog.vocabulary.leaves("train") if catalog.vocabulary.acts[a].known_from <= granted}
    assert reached == {"train.nongen", "train.embed", "train.distil"}


def test_act_of_the_vocabulary_is_not_dated_after_its_version(catalog: Catalog) -> None:
    written = date.fromisoformat(catalog.version)
    assert not [a.id for a in catalog.vocabulary.acts.values() if not date(1970, 1, 1) <= a.known_from <= written]


# ---- totality and what must hold across all licences


def test_every_license_states_every_profile_purpose_and_act(catalog: Catalog) -> None:
    everything = set(product(PROFILES, PURPOSES, ACTS))
    assert len(catalog.licenses) >= 38
    assert {i for i, li in catalog.licenses.items() if set(li.verdicts) != everything} == set()


def test_every_verdict_names_a_clause_and_a_reason(catalog: Catalog) -> None:
    bare = {li.id for li in catalog.licenses.values() for v in li.verdicts.values() if not (v.clause and v.rationale)}
    assert bare == set()


def test_ids_may_be_shared_under_every_license(catalog: Catalog) -> None:
    cells = {says(catalog, i, "share.ids", p, r) for i in catalog.licenses for p in PURPOSES for r in PROFILES}
    assert cells == {"permit"}


def test_strict_reading_never_permits_what_a_wider_one_does_not(catalog: Catalog) -> None:
    wider = {
        (li.id, act, purpose)
        for li in catalog.licenses.values()
        for act, purpose in product(ACTS, PURPOSES)
        for narrow, wide in (("strict", "cc-guidance"), ("cc-guidance", "lenient"))
        if li.verdicts[narrow, purpose, act].status > li.verdicts[wide, purpose, act].status
    }
    assert wider == set()


def test_lenient_training_is_free_wherever_copying_is(catalog: Catalog) -> None:
    owed = {
        li.id
        for li in catalog.licenses.values()
        for act, purpose in product(catalog.vocabulary.leaves("train"), PURPOSES)
        if li.id != "BUSL-1.1"  # its line is production, not adaptation
        and li.verdicts["lenient", purpose, "store.copy"].status is Status.PERMIT
        and says(catalog, li.id, act, purpose, "lenient") != "permit"
    }
    assert owed == set()


@pytest.mark.parametrize("act", ["share.verbatim", "share.adapted", "synth.derive"])
def test_handing_on_text_owes_the_same_in_every_profile(catalog: Catalog, act: str) -> None:
    for li in catalog.licenses.values():
        for purpose in PURPOSES:
            assert len({li.verdicts[profile, purpose, act].obligations for profile in PROFILES}) == 1, li.id


def test_strict_training_permitted_by_cc_is_permitted_by_accepting_attribution_and_notice(catalog: Catalog) -> None:
    for license_id in ("CC-BY-3.0", "CC-BY-4.0"):
        for act in catalog.vocabulary.leaves("train"):
            assert decides(catalog, license_id, act, "attribution", "notice") is Status.PERMIT
            assert decides(catalog, license_id, act, "attribution") is Status.DENY


def test_flags_of_a_license_agree_with_its_verdicts(catalog: Catalog) -> None:
    def alike(li: License) -> bool:
        return any(covered(["share_alike"], o) for v in li.verdicts.values() for o in v.obligations)

    def commercial(li: License) -> bool:
        return any(
            v.status is Status.PERMIT for (_, p, a), v in li.verdicts.items() if (p, a) == ("commercial", "store.copy")
        )

    every = catalog.licenses.values()
    assert {li.id for li in every if "sa" in li.flags} == {li.id for li in every if alike(li)}
    assert {li.id for li in every if "nc" in li.flags} == {li.id for li in every if not commercial(li)}
    denied = {i for i in catalog.licenses if says(catalog, i, "share.adapted", "research").startswith("deny")}
    assert {li.id for li in every if "nd" in li.flags} == denied


def test_outbound_of_a_share_alike_license_contains_itself(catalog: Catalog) -> None:
    for li in catalog.licenses.values():
        if "sa" in li.flags:
            assert li.outbound is not None, li.id
            assert li.id in li.outbound, li.id


# ---- the readings


@pytest.mark.parametrize("license_id", ["CC0-1.0", "Unlicense", "0BSD"])
@pytest.mark.parametrize("profile", PROFILES)
def test_waiver_permits_everything_without_obligations(catalog: Catalog, license_id: str, profile: str) -> None:
    assert {says(catalog, license_id, a, p, profile) for a in ACTS for p in PURPOSES} == {"permit"}


def test_public_domain_mark_is_a_label_and_no_waiver(catalog: Catalog) -> None:
    strict = {a: says(catalog, "CC-PDM-1.0", a) for a in ACTS}
    assert strict.pop("share.ids") == "permit"
    assert set(strict.values()) == {"unknown"}
    assert {says(catalog, "CC-PDM-1.0", a, "research", p) for a in ACTS for p in ("cc-guidance", "lenient")} == {
        "permit"
    }


@pytest.mark.parametrize("license_id", ["MIT", "Apache-2.0", "GPL-3.0-only", "CC-BY-4.0", "CC-BY-SA-4.0", "OGL-UK-3.0"])
def test_ordinary_internal_acts_are_free_of_obligations(catalog: Catalog, license_id: str) -> None:
    cells = {says(catalog, license_id, a, p, r) for a in ORDINARY for p in PURPOSES for r in PROFILES}
    assert cells == {"permit"}


@pytest.mark.parametrize(
    ("license_id", "act", "expected"),
    [
        ("CC-BY-4.0", "train.pretrain", "permit attribution.record notice.changes notice.copyright notice.licence"),
        ("CC-BY-4.0", "infer.ground", "permit attribution.record"),
        ("CC-BY-4.0", "index.search", "permit attribution.record"),
        (
            "CC-BY-SA-4.0",
            "train.pretrain",
            "permit attribution.record notice.changes notice.copyright notice.licence share_alike",
        ),
        ("CC-BY-ND-4.0", "train.pretrain", "unknown"),
        ("CC-BY-ND-4.0", "share.weights", "unknown"),
        ("CC-BY-ND-4.0", "synth.derive", "deny"),
        ("CC-BY-ND-4.0", "mine.analyse", "permit"),
        ("MIT", "train.pretrain", "permit notice.copyright notice.licence"),
        ("MIT", "index.search", "permit"),
        ("BSD-3-Clause", "train.finetune", "permit notice.copyright notice.licence"),
        ("BSD-3-Clause", "share.weights", "permit no_endorsement notice.copyright notice.licence"),
        ("Apache-2.0", "train.pretrain", "permit notice.changes notice.copyright notice.licence"),
        (
            "GPL-3.0-or-later",
            "train.align",
            "permit disclose_source notice.changes notice.copyright notice.licence share_alike",
        ),
        ("GPL-2.0-only", "share.verbatim", "permit disclose_source notice.copyright notice.licence"),
        ("AGPL-3.0-only", "serve.output", "permit network_disclose notice.copyright notice.licence"),
        ("MPL-2.0", "share.adapted", "permit disclose_source notice.copyright notice.licence share_alike"),
        ("GFDL-1.3-only", "train.pretrain", "permit notice.changes notice.copyright notice.licence share_alike"),
        ("OGL-UK-3.0", "train.pretrain", "permit attribution.record notice.licence"),
        ("ODC-By-1.0", "train.pretrain", "permit attribution.dataset notice.licence"),
        ("ODbL-1.0", "train.pretrain", "permit attribution.dataset notice.licence share_alike.db"),
        ("BUSL-1.1", "train.pretrain", "deny"),
        ("BUSL-1.1", "use.internal", "unknown"),
        ("BUSL-1.1", "share.verbatim", "permit notice.copyright notice.licence use_restrictions.pass_on"),
    ],
)
def test_strict_commercial_verdict_is_the_one_reviewed(
    catalog: Catalog, license_id: str, act: str, expected: str
) -> None:
    assert says(catalog, license_id, act) == expected


@pytest.mark.parametrize("license_id", [f"CC-BY-NC{k}-{v}" for k in ("", "-SA", "-ND") for v in ("3.0", "4.0")])
@pytest.mark.parametrize("profile", PROFILES)
def test_noncommercial_license_denies_every_commercial_act(catalog: Catalog, license_id: str, profile: str) -> None:
    cells = {says(catalog, license_id, a, "commercial", profile) for a in ACTS if a != "share.ids"}
    assert cells == {"deny"}


@pytest.mark.parametrize("version", ["3.0", "4.0"])
@pytest.mark.parametrize("elements", ["", "-SA", "-ND"])
def test_noncommercial_license_reads_like_its_sibling_for_other_purposes(
    catalog: Catalog, elements: str, version: str
) -> None:
    with_nc, without = f"CC-BY-NC{elements}-{version}", f"CC-BY{elements}-{version}"
    for purpose, act, profile in product(("noncommercial", "research"), ACTS, PROFILES):
        assert says(catalog, with_nc, act, purpose, profile) == says(catalog, without, act, purpose, profile)


def test_guidance_asks_for_credit_by_data_set_and_share_alike_for_shared_models(catalog: Catalog) -> None:
    def guided(license_id: str, act: str) -> str:
        return says(catalog, license_id, act, "commercial", "cc-guidance")

    assert guided("CC-BY-SA-4.0", "train.pretrain") == "permit attribution.dataset"
    assert guided("CC-BY-SA-4.0", "share.weights") == "permit attribution.dataset share_alike"
    assert guided("CC-BY-SA-4.0", "infer.ground") == "permit attribution.record"
    assert guided("CC-BY-ND-4.0", "train.pretrain") == "unknown"


def test_business_source_license_leaves_other_than_commercial_training_open(catalog: Catalog) -> None:
    cells = {says(catalog, "BUSL-1.1", f"train.{t}", p) for t in TRAIN for p in ("noncommercial", "research")}
    assert cells == {"unknown"}


# ---- pitfalls, through the law


def test_database_license_never_licenses_contents(catalog: Catalog) -> None:
    for license_id, act in product(("ODbL-1.0", "ODC-By-1.0"), ACTS):
        assert not catalog.licenses[license_id].licenses_contents
        assert decides(catalog, license_id, act, "all") is Status.SILENT


def test_noncommercial_license_allows_research_but_no_commerce(catalog: Catalog) -> None:
    assert decides(catalog, "CC BY-NC 4.0", "train.pretrain", "all") is Status.DENY
    assert decides(catalog, "CC BY-NC 4.0", "train.pretrain", "all", purpose="research") is Status.PERMIT


def test_no_derivatives_license_denies_adaptations_and_allows_verbatim_sharing(catalog: Catalog) -> None:
    assert decides(catalog, "CC-BY-ND-3.0", "share.adapted", "all") is Status.DENY
    assert decides(catalog, "CC-BY-ND-3.0", "share.verbatim", "all") is Status.PERMIT


@pytest.mark.parametrize(
    ("together", "expected"),
    [
        ("CC-BY-SA-3.0 AND CC-BY-SA-4.0", Status.PERMIT),  # 3.0 goes up to 4.0
        ("CC-BY-SA-4.0 AND GPL-3.0-only", Status.PERMIT),  # one way into the GPL
        ("CC-BY-SA-4.0 AND GPL-2.0-only", Status.DENY),
        ("CC-BY-SA-4.0 AND GFDL-1.3-or-later", Status.DENY),
        ("CC-BY-NC-SA-4.0 AND CC-BY-SA-4.0", Status.DENY),
        ("CC-BY-NC-4.0 AND CC-BY-SA-4.0", Status.DENY),
        ("CC-BY-NC-4.0 AND CC-BY-NC-SA-4.0", Status.PERMIT),
        ("GPL-2.0-only AND GPL-3.0-only", Status.DENY),
        ("GPL-2.0-or-later AND GPL-3.0-only", Status.PERMIT),
        ("GPL-3.0-only AND AGPL-3.0-only", Status.DENY),  # a combination, under no single licence
        ("LGPL-2.1-only AND GPL-3.0-only", Status.PERMIT),
        ("MPL-2.0 AND GPL-3.0-or-later", Status.PERMIT),
        ("Apache-2.0 AND GPL-2.0-only", Status.DENY),  # section 6 of the GPL
        ("Apache-2.0 AND GPL-2.0-or-later", Status.PERMIT),  # as version 3
        ("Apache-2.0 AND CC-BY-SA-4.0", Status.PERMIT),
        ("MIT AND GPL-2.0-only", Status.PERMIT),
    ],
)
def test_adaptation_of_two_works_goes_out_only_under_a_license_both_accept(
    catalog: Catalog, together: str, expected: Status
) -> None:
    assert decides(catalog, together, "share.adapted", "all", purpose="noncommercial") is expected


def test_exception_that_only_adds_leaves_the_base_and_one_that_forbids_is_no_exception(catalog: Catalog) -> None:
    assert decides(catalog, "GPL-2.0-only WITH Classpath-exception-2.0", "train.embed", "all") is Status.PERMIT
    assert decides(catalog, "MPL-2.0 WITH MPL-2.0-no-copyleft-exception", "train.embed", "all") is Status.BLOCKED


# ---- names


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
    ],
)
def test_name_that_is_certain_is_read(catalog: Catalog, text: str, expected: str) -> None:
    assert render(parse(text, catalog.names)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("cc", "CC-BY", "cc by", "cc-by-sa", "creative commons", "Creative Commons Attribution", "cc-by-5.0"),
        *(
            "gpl",
            "GPL",
            "lgpl",
            "agpl",
            "gfdl",
            "GNU GPL",
            "GNU General Public License",
            "bsd",
            "BSD License",
            "apache",
        ),
        *("Apache License", "openrail", "odbl", "odc-by", "ogl", "Open Government Licence", "public domain"),
        *("License :: OSI Approved :: BSD License", "License :: OSI Approved :: Apache Software License"),
        *("other", "unknown", "custom", "proprietary", "all rights reserved", "see LICENSE", "free", "n/a", "-", "?"),
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
    for text in (*names.ids, *names.aliases):
        ids = re.split(r" (?:OR|AND|WITH) ", render(parse(text, names)))
        assert [i for i in ids if i not in known and i not in names.exceptions] == [], text


# ---- loading


def test_load_of_the_same_folder_is_read_once(catalog: Catalog) -> None:
    assert load(shipped()) is catalog


def test_digest_follows_the_data_and_not_their_layout(catalog: Catalog, edit: Edit) -> None:
    folder = edit("mit.toml", "schema = 1\n", "# a remark\nschema   =   1\n")
    assert load(folder).digest == catalog.digest
    reworded = shutil.copytree(folder, folder.with_name("reworded"))
    path = reworded / "mit.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("a short excerpt", "an excerpt"), encoding="utf-8")
    assert load(reworded).digest != catalog.digest


def test_new_license_file_is_a_data_change_only(edit: Edit) -> None:
    folder = edit("_vocabulary.toml", 'version = "2026-11-21"', 'version = "2026-11-22"')
    text = (folder / "mit.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?s)other_urls = \[.*?\]", "other_urls = []", text)
    text = re.sub(r"(?s)\naliases = \[.*?\]", '\naliases = ["house rules 1"]', text)
    text = text.replace('id = "MIT"', 'id = "LicenseRef-House-1"').replace('"MIT License"', '"House Rules One"')
    text = text.replace('"https://opensource.org/license/mit"', '"https://house.example/1"')
    text = text.replace("use_restrictions = []", 'use_restrictions = ["military", "biometric"]')
    (folder / "licenseref-house-1.toml").write_text(text, encoding="utf-8")
    loaded = load(folder)
    assert loaded.version == "2026-11-22"
    assert loaded.licenses["LicenseRef-House-1"].use_restrictions == {"military", "biometric"}
    assert decides(loaded, "the House Rules 1 licence", "train.pretrain", "notice") is Status.PERMIT


DEFECTS = {
    "missing key": ("mit.toml", "irrevocable = false\n", "", "mit.toml: irrevocable", "missing"),
    "unknown key": ("mit.toml", "family =", "familly =", "mit.toml: familly", "did you mean 'family'?"),
    "unknown key in a verdict": ("mit.toml", "clause =", "clauses =", "mit.toml: verdicts[0].clauses", "'clause'"),
    "unknown key in an act": ("_vocabulary.toml", "near =", "nearby =", "_vocabulary.toml: acts[0].nearby", "'near'"),
    "empty rationale": (
        "isc.toml",
        'clause = "First paragraph"',
        'clause = " "',
        "isc.toml: verdicts[0].clause",
        "empty",
    ),
    "missing verdict": (
        "cc-by-nc-4.0.toml",
        'purposes = ["noncommercial", "research"]',
        'purposes = ["noncommercial"]',
        "cc-by-nc-4.0.toml: verdicts",
        "nothing is stated for profile 'strict' and purpose 'research'",
    ),
    "verdict stated twice": (
        "cc-by-nc-4.0.toml",
        'purposes = ["noncommercial", "research"]',
        'purposes = ["noncommercial", "research", "commercial"]',
        "cc-by-nc-4.0.toml: verdicts[1].profiles",
        "'strict' for purpose 'commercial' is stated twice",
    ),
    "act stated twice in rows": (
        "agpl-3.0-only.toml",
        'acts = ["serve.model"]',
        'acts = ["serve.model", "serve.output"]',
        "agpl-3.0-only.toml: verdicts[0].rows[1].acts",
        "'serve.output' is stated twice",
    ),
    "act stated twice in a row": (
        "agpl-3.0-only.toml",
        'acts = ["serve.model"]',
        'acts = ["serve.model", "serve.model"]',
        "agpl-3.0-only.toml: verdicts[0].rows[1].acts",
        "'serve.model' is stated twice",
    ),
    "act stated twice in a class": (
        "_classes.toml",
        'acts = ["share.ids"]',
        'acts = ["share.ids", "use.internal"]',
        "_classes.toml: classes[1].rules[1].acts",
        "'use.internal' is stated twice",
    ),
    "act left out of a class": (
        "_classes.toml",
        '"serve.model", "use.internal",',
        '"serve.model",',
        "_classes.toml: classes[0].rules",
        "class 'unconditional' says nothing of 'use.internal'",
    ),
    "unknown act": (
        "agpl-3.0-only.toml",
        '"serve.model"',
        '"serve.models"',
        "agpl-3.0-only.toml: verdicts[0].rows[1].acts",
        "did you mean 'serve.model'",
    ),
    "parent of acts": (
        "agpl-3.0-only.toml",
        'acts = ["serve.model"]',
        'acts = ["train"]',
        "agpl-3.0-only.toml: verdicts[0].rows[1].acts",
        "'train' is not known",
    ),
    "unknown obligation": (
        "bsd-3-clause.toml",
        '"no_endorsement"',
        '"no_endorsment"',
        "bsd-3-clause.toml: verdicts[0].rows[0].obligations",
        "did you mean 'no_endorsement'",
    ),
    "obligation of a refusal": (
        "bsd-3-clause.toml",
        'status = "permit"',
        'status = "deny"',
        "bsd-3-clause.toml: verdicts[0].rows[0].obligations",
        "obligations come with a permission only",
    ),
    "unknown status": (
        "bsd-3-clause.toml",
        'status = "permit"',
        'status = "allow"',
        "bsd-3-clause.toml: verdicts[0].rows[0].status",
        "'allow' is not known",
    ),
    "unknown class": ("isc.toml", 'class = "notice"', 'class = "notices"', "isc.toml: verdicts[0].class", "'notice'"),
    "unknown profile": (
        "isc.toml",
        '["lenient"]',
        '["loose"]',
        "isc.toml: verdicts[1].profiles",
        "'loose' is not known",
    ),
    "unknown purpose": (
        "isc.toml",
        '"research"]',
        '"science"]',
        "isc.toml: verdicts[0].purposes",
        "'science' is not known",
    ),
    "unknown kind": ("isc.toml", '"software"', '"code"', "isc.toml: kind", "'code' is not known"),
    "unknown flag": ("cc-by-sa-4.0.toml", '["sa"]', '["share"]', "cc-by-sa-4.0.toml: flags", "'share' is not known"),
    "unknown scope": ("isc.toml", '["copyright"]', '["copyrights"]', "isc.toml: scope", "did you mean 'copyright'"),
    "empty scope": ("isc.toml", '["copyright"]', "[]", "isc.toml: scope", "is empty"),
    "unknown territory": ("isc.toml", '["*"]', '["uk"]', "isc.toml: territory", "found ['uk']"),
    "unknown application": (
        "isc.toml",
        "use_restrictions = []",
        'use_restrictions = ["millitary"]',
        "isc.toml: use_restrictions",
        "did you mean 'military'",
    ),
    "unknown outbound": (
        "cc-by-sa-4.0.toml",
        '"GPL-3.0-only"',
        '"GPL-3.0"',
        "cc-by-sa-4.0.toml: outbound",
        "'GPL-3.0' is not known",
    ),
    "share alike to any": (
        "gpl-2.0-only.toml",
        'outbound = ["GPL-2.0-only"]',
        'outbound = "any"',
        "gpl-2.0-only.toml: outbound",
        "lists the licences that it accepts",
    ),
    "exception to a list": (
        "gpl-2.0-only.toml",
        'outbound = ["GPL-2.0-only"]',
        'outbound = ["GPL-2.0-only"]\noutbound_except = ["MIT"]',
        "gpl-2.0-only.toml: outbound_except",
        "goes with outbound = 'any' only",
    ),
    "outbound misspelt": ("mit.toml", '"any"', '"all"', "mit.toml: outbound", "expected a list, found 'all'"),
    "no boolean": ("mit.toml", "irrevocable = false", 'irrevocable = "no"', "mit.toml: irrevocable", "true or false"),
    "no date": ("mit.toml", "= 2026-11-21", '= "2026-11-21"', "mit.toml: reviewed_at", "expected a date"),
    "a moment for a date": ("mit.toml", "= 2026-11-21", "= 2026-11-21T00:00:00Z", "mit.toml: reviewed_at", "a date"),
    "no web address": ("mit.toml", '"https://opensource.org/license/mit"', '"mit"', "mit.toml: url", "a web address"),
    "alias claimed twice": (
        "isc.toml",
        "aliases = [",
        'aliases = ["Apache 2 Licence", ',
        "isc.toml: aliases",
        "claimed for ISC here and for Apache-2.0 in apache-2.0.toml",
    ),
    "alias that is the id of another": (
        "isc.toml",
        "aliases = [",
        'aliases = ["zlib", ',
        "isc.toml: aliases",
        "claimed for ISC here and for Zlib in the SPDX list",
    ),
    "address claimed twice": (
        "isc.toml",
        "other_urls = [",
        'other_urls = ["http://www.opensource.org/licenses/MIT/", ',
        "mit.toml: other_urls",
        "claimed for MIT here and for ISC in isc.toml",
    ),
    "deprecated id of another": (
        "isc.toml",
        "deprecated_ids = []",
        'deprecated_ids = ["GPL-2.0"]',
        "isc.toml: deprecated_ids",
        "claimed for ISC here and for GPL-2.0-only in gpl-2.0-only.toml",
    ),
    "shared alias claimed twice": (
        "_aliases.toml",
        '"pddl" = "PDDL-1.0"',
        '"cc0" = "PDDL-1.0"',
        "_aliases.toml: aliases.cc0",
        "for CC0-1.0 in cc0-1.0.toml",
    ),
    "shared alias of nothing": (
        "_aliases.toml",
        '"pddl" = "PDDL-1.0"',
        '"pddl" = "PDDL-9"',
        "_aliases.toml: aliases.pddl",
        "'PDDL-9' is no expression",
    ),
    "id that SPDX does not know": ("mit.toml", 'id = "MIT"', 'id = "MITT"', "mit.toml: id", "did you mean 'MIT'"),
    "file of another name": ("mit.toml", 'id = "MIT"', 'id = "ISC"', "mit.toml: id", "is called isc.toml"),
    "id of another case": ("mit.toml", 'id = "MIT"', 'id = "mit"', "mit.toml: id", "'mit' is no SPDX id"),
    "newer format": ("mit.toml", "schema = 1", "schema = 2", "mit.toml: schema", "expected 1, found 2"),
    "no TOML": ("mit.toml", "schema = 1", "schema = = 1", "mit.toml", "not readable as TOML"),
    "act defined twice": (
        "_vocabulary.toml",
        'id = "mine.analyse"',
        'id = "store.copy"',
        "_vocabulary.toml: acts[1].id",
        "'store.copy' is defined twice",
    ),
    "act that is a parent": (
        "_vocabulary.toml",
        'id = "mine.analyse"',
        'id = "train"',
        "_vocabulary.toml: acts",
        "'train' is a leaf and a parent",
    ),
    "unknown trigger": (
        "_vocabulary.toml",
        'trigger = "always"',
        'trigger = "sometimes"',
        "_vocabulary.toml: obligations[0].trigger",
        "'sometimes' is not known",
    ),
}


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
def test_load_of_a_defect_names_file_key_and_what_is_wrong(defect: tuple[str, str, str, str, str], edit: Edit) -> None:
    name, old, new, subject, message = defect
    with pytest.raises(CatalogError) as caught:
        load(edit(name, old, new))
    assert caught.value.subject == subject
    assert message in str(caught.value)


def test_load_of_a_folder_without_a_vocabulary_says_which_file_is_missing(edit: Edit) -> None:
    folder = edit("mit.toml", "schema = 1", "schema = 1")
    (folder / "_vocabulary.toml").unlink()
    with pytest.raises(CatalogError, match=r"_vocabulary\.toml: missing from the licence folder 'licenses'"):
        load(folder)


def test_load_of_a_shared_file_that_nobody_reads_is_an_error(edit: Edit) -> None:
    folder = edit("mit.toml", "schema = 1", "schema = 1")
    (folder / "_alias.toml").write_text("schema = 1\n", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"did you mean '_aliases\.toml'"):
        load(folder)


def test_load_of_a_file_in_another_encoding_says_so(edit: Edit) -> None:
    folder = edit("mit.toml", "schema = 1", "schema = 1")
    (folder / "mit.toml").write_bytes("schema = 1 # é".encode("latin-1"))
    with pytest.raises(CatalogError, match=r"mit\.toml: not readable as TOML"):
        load(folder)


def test_every_file_of_the_catalogue_is_listed_as_a_license_or_shared(catalog: Catalog) -> None:
    files = {path.name for path in shipped().glob("*.toml")}
    assert files - {f"{i.lower()}.toml" for i in catalog.licenses} == {
        "_vocabulary.toml",
        "_classes.toml",
        "_aliases.toml",
    }


def test_every_class_is_used_by_a_license() -> None:
    used = {m for p in shipped().glob("[!_]*.toml") for m in re.findall(r'(?m)^class = "(.+)"$', p.read_text("utf-8"))}
    defined = re.findall(r'(?m)^id = "(.+)"$', (shipped() / "_classes.toml").read_text("utf-8"))
    assert sorted(used) == sorted(defined)


def test_every_sensitive_application_is_sensitive_by_prefix_and_unregistered_ones_are(catalog: Catalog) -> None:
    vocabulary = catalog.vocabulary
    assert vocabulary.is_sensitive("emotion.at_work")
    assert vocabulary.is_sensitive("horoscopes")
    assert not vocabulary.is_sensitive("translation.subtitles")
    assert not any(covers(s, a.id) for s in SENSITIVE for a in vocabulary.applications.values() if not a.sensitive)

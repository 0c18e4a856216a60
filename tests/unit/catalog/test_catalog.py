"""The catalogue as it is shipped: every verdict is stated, and what holds across all licences holds for each.

A new licence is a data change only: nothing here lists licences where a law will do. What single licences say stands
in ``verdicts.txt``, what they are called in ``test_catalog_names``, what the loader refuses in ``test_catalog_loading``.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from itertools import product

import pytest

from rightful.catalog import load, shipped
from rightful.rights.expression import parse, render
from rightful.rights.licenses import Catalog, License, expression_value
from rightful.rights.uses import PROFILES, PURPOSES, covered, covers, use_of
from rightful.rights.values import Status, collapse
from tests.reading import answer, asking, stated

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
LATER_SENSITIVE = (
    "harassment discrimination exploitation likeness.impersonate privacy_harm law_enforcement cyber_abuse physical_harm "
    "sexual_content critical_infrastructure regulated_advice"
).split()
"""Applications that licences of models forbid, added with these licences."""
OBLIGATIONS = (
    "attribution.record attribution.dataset notice.copyright notice.licence notice.changes notice.source_link "
    "share_alike share_alike.db disclose_source network_disclose use_restrictions.pass_on no_endorsement no_drm "
    "delete_on_withdrawal redact.personal_data refresh_to_latest report_results ethics_approval payment registration output_marking "
    "no_reidentify no_compete_model naming"
).split()


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


def says(catalog: Catalog, license_id: str, act: str, purpose: str = "commercial", profile: str = "strict") -> str:
    """The status and the obligations of one cell, as one line."""
    verdict = catalog.licenses[license_id].verdicts[profile, purpose, act]
    return " ".join([verdict.status.word, *sorted(verdict.obligations)])


def decides(catalog: Catalog, text: str, act: str, *accept: str, purpose: str = "commercial") -> Status:
    """What an expression decides for one act when ``accept`` is accepted, in the strict reading."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    actor = "research_org" if purpose == "research" else "for_profit"
    use = use_of(catalog.vocabulary, [act], as_of=now, purpose=purpose, actor=actor, accept=accept)
    value = expression_value(parse(text, catalog.names), act, use, catalog)
    return collapse(value, use.accepted)[0]


# ---- the vocabulary


def test_vocabulary_has_the_acts_in_the_order_of_the_law(catalog: Catalog) -> None:
    assert list(catalog.vocabulary.acts) == ACTS


def test_vocabulary_has_exactly_the_obligations_of_the_law(catalog: Catalog) -> None:
    assert list(catalog.vocabulary.obligations) == OBLIGATIONS
    preconditions = {o.id for o in catalog.vocabulary.obligations.values() if o.precondition}
    assert preconditions == {"payment", "registration", "ethics_approval"}


def test_vocabulary_has_the_sensitive_applications_of_the_law_and_those_that_model_licenses_forbid(
    catalog: Catalog,
) -> None:
    sensitive = {a.id for a in catalog.vocabulary.applications.values() if a.sensitive}
    assert {*SENSITIVE, *LATER_SENSITIVE} - sensitive == set()


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
    assert len(catalog.licenses) >= 237
    assert {i for i, li in catalog.licenses.items() if set(li.verdicts) != everything} == set()


def test_every_verdict_names_a_clause_and_a_reason(catalog: Catalog) -> None:
    bare = {li.id for li in catalog.licenses.values() for v in li.verdicts.values() if not (v.clause and v.rationale)}
    assert bare == set()


def test_ids_may_be_shared_under_every_license_but_terms_that_call_them_content(catalog: Catalog) -> None:
    """The terms of X count the ids of posts as content and limit how many may be handed on, but for research."""
    other = {
        (i, p)
        for i in catalog.licenses
        for p in PURPOSES
        for r in PROFILES
        if says(catalog, i, "share.ids", p, r) != "permit"
    }
    unread = {(i, p) for i, of in catalog.licenses.items() for p in PURPOSES if of.text_read == "none"}
    assert other == {("LicenseRef-X-ToS", "commercial"), ("LicenseRef-X-ToS", "noncommercial")} | unread


def test_license_whose_text_was_not_read_permits_nothing(catalog: Catalog) -> None:
    unread = [of for of in catalog.licenses.values() if of.text_read == "none"]
    assert {"LicenseRef-Apple-ASCL", "LicenseRef-IODL-1.0", "LicenseRef-IODL-2.0", "LicenseRef-OANC"} <= {
        of.id for of in unread
    }
    assert [of.id for of in unread if any(v.status is Status.PERMIT for v in of.verdicts.values())] == []
    # And no file says in its comments or reasons that there was no text while it is listed as read whole.
    for path in sorted(shipped().glob("[!_]*.toml")):
        text = path.read_text(encoding="utf-8")
        if re.search(r"text (itself )?(of the licence )?(that the label points to )?was not at hand", text):
            assert 'text_read = "whole"' not in text, path.name


def test_exceptions_of_spdx_are_all_classed(catalog: Catalog) -> None:
    assert catalog.names.limiting == {"freertos-exception-2.0", "LLGPL"}
    assert len(catalog.names.exceptions) > 70


def test_exception_that_takes_something_away_leaves_the_base_open(catalog: Catalog) -> None:
    freertos = "GPL-2.0-only WITH freertos-exception-2.0"
    assert decides(catalog, "GPL-2.0-only WITH Classpath-exception-2.0", "eval.benchmark") is Status.PERMIT
    for expression in (freertos, f"{freertos} OR GPL-2.0-only WITH LicenseRef-House-exception"):
        assert decides(catalog, expression, "eval.benchmark", "all") is Status.BLOCKED
    # What the base denies, no addition gives.
    assert decides(catalog, "CC-BY-NC-4.0 WITH freertos-exception-2.0", "eval.benchmark", "all") is Status.DENY
    assert decides(catalog, "CC-BY-NC-4.0 WITH LicenseRef-Anything", "eval.benchmark", "all") is Status.DENY


def test_strict_reading_never_permits_what_a_wider_one_does_not(catalog: Catalog) -> None:
    wider = {
        (li.id, act, purpose)
        for li in catalog.licenses.values()
        for act, purpose in product(ACTS, PURPOSES)
        for narrow, wide in (("strict", "cc-guidance"), ("cc-guidance", "lenient"))
        if li.verdicts[narrow, purpose, act].status > li.verdicts[wide, purpose, act].status
    }
    assert wider == set()


def test_lenient_training_is_free_wherever_copying_is_but_for_promises_about_training(catalog: Catalog) -> None:
    """A promise not to train, or not to compete, does not rest on what training does to the work: it is the same in
    every reading. Of the licences of copyright alone only that of production draws its line elsewhere."""
    owed: set[tuple[str, str, str]] = set()
    for li in catalog.licenses.values():
        promise = "contract" in li.scope and (li.kind == "terms" or "no_compete" in li.flags)
        for act, purpose in product(catalog.vocabulary.leaves("train"), PURPOSES):
            copying, training = (says(catalog, li.id, a, purpose, "lenient") for a in ("store.copy", act))
            if not copying.startswith("permit") or training == copying:
                continue
            same = {says(catalog, li.id, act, purpose, profile) for profile in PROFILES} == {training}
            if not (same and (promise or "non_production" in li.flags)):
                owed.add((li.id, purpose, act))
    assert owed == set()


@pytest.mark.parametrize("act", ["share.verbatim", "share.adapted", "synth.derive"])
def test_handing_on_text_owes_the_same_in_every_profile(catalog: Catalog, act: str) -> None:
    for li in catalog.licenses.values():
        for purpose in PURPOSES:
            assert len({li.verdicts[profile, purpose, act].obligations for profile in PROFILES}) == 1, li.id


def test_strict_training_permitted_by_cc_is_permitted_by_accepting_attribution_and_notice(catalog: Catalog) -> None:
    for license_id in ("CC-BY-3.0", "CC-BY-4.0"):
        # 3.0 (4(b)) forbids to suggest an endorsement; 4.0 says only that it gives no leave to.
        unendorsed = ["no_endorsement"] if license_id == "CC-BY-3.0" else []
        for act in catalog.vocabulary.leaves("train"):
            assert decides(catalog, license_id, act, "attribution", "notice", *unendorsed) is Status.PERMIT
            assert unendorsed == [] or decides(catalog, license_id, act, "attribution", "notice") is Status.DENY
            assert decides(catalog, license_id, act, "attribution") is Status.DENY


def test_flags_of_a_license_agree_with_its_verdicts(catalog: Catalog) -> None:
    def alike(li: License) -> bool:
        return any(covered(["share_alike"], o) for v in li.verdicts.values() for o in v.obligations)

    def adapts(li: License) -> bool:
        return any(v.status is Status.PERMIT for (_, _, act), v in li.verdicts.items() if act == "share.adapted")

    def excludes_commerce(li: License) -> bool:
        return all(li.verdicts[profile, "commercial", "store.copy"].status is Status.DENY for profile in PROFILES)

    every = catalog.licenses.values()
    # Where no adaptation is permitted there is nothing that share alike could be asked of: the outbound list says it.
    assert {li.id for li in every if "sa" in li.flags and adapts(li)} <= {li.id for li in every if alike(li)}
    assert {li.id for li in every if alike(li)} <= {li.id for li in every if "sa" in li.flags}
    assert [li.id for li in every if "sa" in li.flags and li.outbound is None] == []
    assert {li.id for li in every if "nc" in li.flags} == {li.id for li in every if excludes_commerce(li)}
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


def test_noncommercial_license_denies_every_commercial_act(catalog: Catalog) -> None:
    for li in catalog.licenses.values():
        if "nc" in li.flags:
            cells = {says(catalog, li.id, a, "commercial", r) for a in ACTS for r in PROFILES if a != "share.ids"}
            assert cells == {"deny"}, li.id


def test_noncommercial_creative_commons_license_reads_like_its_sibling_for_other_purposes(catalog: Catalog) -> None:
    by_url = {li.url: li.id for li in catalog.licenses.values() if "creativecommons.org/licenses/" in li.url}
    siblings = {i: by_url.get(url.replace("/by-nc", "/by")) for url, i in by_url.items() if "/by-nc" in url}
    # BY-ND 3.0 IGO has no SPDX id and no file.
    assert {with_nc for with_nc, without in siblings.items() if without is None} == {"CC-BY-NC-ND-3.0-IGO"}
    assert len(siblings) >= 34
    for (with_nc, without), purpose, act, profile in product(siblings.items(), PURPOSES[1:], ACTS, PROFILES):
        if without is not None:
            assert says(catalog, with_nc, act, purpose, profile) == says(catalog, without, act, purpose, profile), (
                with_nc
            )


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


def test_license_of_a_database_or_of_access_alone_never_licenses_contents(catalog: Catalog) -> None:
    """Whatever is accepted, preconditions included, and whatever the reading."""
    partial = {li.id for li in catalog.licenses.values() if not li.licenses_contents}
    assert {"ODbL-1.0", "ODC-By-1.0", "LicenseRef-OpenAI-Output-Terms", "LicenseRef-The-Stack-ToS"} <= partial
    for license_id, purpose, profile in product(partial, PURPOSES, PROFILES):
        use = asking(catalog, "*", purpose=purpose, profile=profile, jurisdictions=["US"])
        by_act = dict(answer(catalog, stated(catalog, license_id), use).by_act)
        assert [act for act, status in by_act.items() if status is Status.PERMIT] == [], license_id
    assert {decides(catalog, i, act, "all") for i, act in product(("ODbL-1.0", "ODC-By-1.0"), ACTS)} == {Status.SILENT}


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


def test_every_id_and_name_of_a_license_is_read_as_that_license(catalog: Catalog) -> None:
    for li in catalog.licenses.values():
        for text in (li.id, li.id.lower(), li.name, li.name.upper(), li.url, *li.aliases):
            assert render(parse(text, catalog.names)) == li.id, text


def test_every_file_of_the_catalogue_is_a_license_or_shared_and_every_other_license_is_a_port(catalog: Catalog) -> None:
    files = {path.name for path in shipped().glob("*.toml") if not path.name.startswith("_")}
    of_licenses = {f"{i.lower()}.toml": li for i, li in catalog.licenses.items()}
    assert files - of_licenses.keys() == set()
    assert [
        li.id for name, li in of_licenses.items() if name not in files and "creativecommons.org" not in li.url
    ] == []


def test_every_class_is_used_by_a_license() -> None:
    used = {m for p in shipped().glob("[!_]*.toml") for m in re.findall(r'(?m)^class = "(.+)"$', p.read_text("utf-8"))}
    defined = re.findall(r'(?m)^id = "(.+)"$', (shipped() / "_classes.toml").read_text("utf-8"))
    assert sorted(used) == sorted(defined)


def test_every_sensitive_application_is_sensitive_by_prefix_and_unregistered_ones_are(catalog: Catalog) -> None:
    vocabulary = catalog.vocabulary
    assert vocabulary.is_sensitive("emotion.at_work")
    assert vocabulary.is_sensitive("horoscopes")
    assert not vocabulary.is_sensitive("translation.subtitles")
    forbidden = [*SENSITIVE, *LATER_SENSITIVE]
    assert not any(covers(s, a.id) for s in forbidden for a in vocabulary.applications.values() if not a.sensitive)

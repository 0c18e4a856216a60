"""The words as data: the table of signals is that of the law, every defect is named, and `uses` explains each word."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.catalog import load, shipped
from rightful.catalog.tables import Table
from rightful.catalog.words import read_words
from rightful.cli.app import cli, run
from rightful.errors import CatalogError, UnknownName
from rightful.rights.terms import meaning
from rightful.rights.uses import ACTORS, PURPOSES, Vocabulary, covered, parents

LAW = load()
WORDS = LAW.vocabulary
NOW = date(2026, 11, 21)
FILES = {name: tomllib.loads((shipped() / f"_{name}.toml").read_text("utf-8")) for name in ("vocabulary", "classes")}
SHIPPED = tomllib.loads((shipped() / "_terms.toml").read_text("utf-8"))

GENERATIVE = {"train.pretrain", "train.finetune", "train.align", "train.distil", "synth.derive"}
TRAINING = {"synth.derive", *(a for a in WORDS.acts if a.startswith("train."))}
MINING = {"mine.analyse", *TRAINING}
GROUNDING = {"infer.ground", "index.retrieval"}

# The table "What signals mean" of the law, line by line: (scheme, label, value) -> the leaves that are reserved.
SIGNALS: dict[tuple[str, str, str], set[str]] = {
    ("tdmrep", "tdm-reservation", "1"): MINING,
    ("plus", "DMI-PROHIBITED", ""): MINING,
    ("cawg", "cawg.data_mining", "notAllowed"): MINING,
    ("cawg", "cawg.data_mining", "constrained"): MINING,
    ("aipref", "train-ai", "n"): TRAINING,
    ("rsl", "ai-train", "prohibits"): TRAINING,
    ("content-signal", "ai-train", "no"): TRAINING,
    ("plus", "DMI-PROHIBITED-AIMLTRAINING", ""): TRAINING,
    ("robots-meta", "noai", ""): TRAINING,
    ("robots", "Disallow", "training-crawler"): TRAINING,
    ("cawg", "cawg.ai_generative_training", "notAllowed"): GENERATIVE,
    ("plus", "DMI-PROHIBITED-GENAIMLTRAINING", ""): GENERATIVE,
    ("aipref", "train-genai", "n"): GENERATIVE,
    ("cawg", "cawg.ai_training", "notAllowed"): {"train.embed", "train.nongen", "train.tokenizer"},
    ("rsl", "ai-input", "prohibits"): GROUNDING,
    ("content-signal", "ai-input", "no"): GROUNDING,
    ("cawg", "cawg.ai_inference", "notAllowed"): GROUNDING,
    ("rsl", "ai-index", "prohibits"): {"index.retrieval"},
    ("rsl", "ai-all", "prohibits"): TRAINING | GROUNDING,
    ("aipref", "ai", "n"): TRAINING,
    ("aipref", "genai", "n"): GENERATIVE,
    ("aipref", "tdm", "n"): MINING | GROUNDING | {"index.search"},
    ("aipref", "all", "n"): MINING | GROUNDING | {"index.search"},
    ("aipref", "bots", "n"): MINING | GROUNDING | {"index.search"},
    ("rsl", "all", "prohibits"): MINING | GROUNDING | {"index.search"},
    ("plus", "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", ""): MINING,
    ("aipref", "search", "n"): {"index.search"},
    ("rsl", "search", "prohibits"): {"index.search"},
    ("content-signal", "search", "no"): {"index.search"},
}
NOT_RESERVED = [
    ("aipref", "train-ai", "y"),
    ("tdmrep", "tdm-reservation", "0"),
    ("cawg", "cawg.data_mining", "allowed"),
    ("content-signal", "ai-train", "yes"),
    ("rsl", "ai-train", "permits"),
    ("plus", "DMI-ALLOWED", ""),
    ("plus", "DMI-UNSPECIFIED", ""),
    ("robots-meta", "noimageai", ""),
]

Edit = Callable[[dict[str, Any]], object]


def leaves(names: frozenset[str]) -> set[str]:
    """The leaf acts that these cover."""
    return {act for act in WORDS.acts if covered(names, act)}


def words_with(edit: Edit) -> Vocabulary:
    """The words as they are when one thing in ``_terms.toml`` is another."""
    data = copy.deepcopy(SHIPPED)
    edit(data)
    tables = (Table(f"_{name}.toml", "", of) for name, of in (*FILES.items(), ("terms", data)))
    return read_words(*tables).vocabulary


def refused(edit: Edit) -> str:
    """What the catalogue says of a broken ``_terms.toml``."""
    with pytest.raises(CatalogError) as caught:
        words_with(edit)
    return str(caught.value)


# ---- the data


@pytest.mark.parametrize("label", SIGNALS, ids=" ".join)
def test_signal_reserves_what_the_law_says_and_nothing_else(label: tuple[str, str, str]) -> None:
    means = meaning(WORDS.terms, *label, NOW)
    assert means.status == "reserve"
    assert leaves(means.acts) == SIGNALS[label]


@pytest.mark.parametrize("label", NOT_RESERVED, ids=" ".join)
def test_signal_that_allows_is_known_and_silent(label: tuple[str, str, str]) -> None:
    means = meaning(WORDS.terms, *label, NOW)
    assert (means.status, means.is_known) == ("silent", True)


def test_no_term_of_any_scheme_grants_an_act() -> None:
    # Signals reserve; what grants is a licence, a contract or a consent. A limit narrows a grant that is there.
    naming_acts = {t.states for t in WORDS.terms if t.acts}
    assert naming_acts == {"reserve", "conditional", "silent", "act"}


@pytest.mark.parametrize("value", ["not-permitted", "payment", "server"])
def test_rsl_permission_with_a_condition_leaves_the_act_conditional(value: str) -> None:
    means = meaning(WORDS.terms, "rsl", "ai-train", value, NOW)
    assert (means.status, leaves(means.acts)) == ("conditional", TRAINING)


RESTRICTING = sorted({(t.scheme, t.term, t.value) for t in WORDS.terms if t.states in ("reserve", "conditional")})
DAYS = sorted({day for t in WORDS.terms for day in (t.since, t.until) if day is not None})
ENCOMPASSED = {
    (scheme, wide, narrow) for scheme, wide, _ in RESTRICTING for t in WORDS.terms for narrow in t.wider_than
    if (t.scheme, t.term) == (scheme, wide)
}  # fmt: skip


def test_label_that_encompasses_others_is_known_in_every_scheme_that_nests_its_labels() -> None:
    assert {scheme for scheme, _, _ in ENCOMPASSED} == {"aipref", "rsl", "cawg", "c2pa", "plus"}
    assert {("aipref", "train-ai", "train-genai"), ("rsl", "all", "ai-all"), ("plus", *PLUS)} <= ENCOMPASSED


PLUS = ("DMI-PROHIBITED-AIMLTRAINING", "DMI-PROHIBITED-GENAIMLTRAINING")


@pytest.mark.parametrize("day", [None, *DAYS], ids=str)
def test_label_that_encompasses_another_never_reserves_less_on_any_day(day: date | None) -> None:
    for scheme, wide, narrow in sorted(ENCOMPASSED):
        for value in sorted({v for s, t, v in RESTRICTING if (s, t) == (scheme, wide)}):
            more, less = (meaning(WORDS.terms, scheme, term, value, day) for term in (wide, narrow))
            if more.is_known and less.status == more.status:
                assert leaves(more.acts) >= leaves(less.acts), (wide, narrow, value)


@pytest.mark.parametrize("label", RESTRICTING, ids=" ".join)
def test_label_that_reserves_training_of_models_that_generate_reserves_making_data_of_it(
    label: tuple[str, str, str],
) -> None:
    for day in (None, *DAYS):
        acts = leaves(meaning(WORDS.terms, *label, day).acts)
        assert "synth.derive" in acts or not acts & GENERATIVE, day


@pytest.mark.parametrize("label", RESTRICTING, ids=" ".join)
def test_label_that_reserves_all_training_reserves_no_less_than_any_that_reserves_a_part_of_it(
    label: tuple[str, str, str],
) -> None:
    """Over the labels of all vocabularies: who reserves a whole sort of acts reserves what goes with a part of it."""
    acts = leaves(meaning(WORDS.terms, *label, NOW).acts)
    for other in RESTRICTING:
        theirs = leaves(meaning(WORDS.terms, *other, NOW).acts)
        trained = {a for a in theirs if a.startswith("train.")}
        if trained and trained <= acts and not theirs & (GROUNDING | {"index.search", "mine.analyse"}):
            assert theirs <= acts, other


def test_wider_label_that_leaves_out_what_a_narrower_one_reserves_is_refused() -> None:
    def less(data: dict[str, Any]) -> None:
        data["terms"][0].update(acts=["train"])

    assert "'train-ai' is wider than 'train-genai' and leaves out synth.derive" in refused(less)
    named = refused(lambda d: d["terms"][0].update(wider_than=["train-gen"]))
    assert "'train-ai' is wider than 'train-gen', which aipref does not have" in named


def test_c2pa_label_means_what_its_successor_means() -> None:
    for name in ("data_mining", "ai_inference", "ai_training", "ai_generative_training"):
        for value in ("notAllowed", "constrained", "allowed"):
            old = meaning(WORDS.terms, "c2pa", f"c2pa.{name}", value, NOW)
            new = meaning(WORDS.terms, "cawg", f"cawg.{name}", value, NOW)
            assert (old.status, old.acts) == (new.status, new.acts), name


def test_aipref_labels_of_the_newest_draft_are_known(cases: Path) -> None:
    draft = (cases / "4-preferences" / "aipref" / "draft-ietf-aipref-vocab.md").read_text("utf-8")
    labels = re.findall(r"^\|[^|]+\| *([a-z-]+) *\| \{\{", draft, re.MULTILINE)
    assert sorted(labels) == ["search", "train-ai"]
    for label in labels:
        newest = [t for t in WORDS.terms if (t.scheme, t.term) == ("aipref", label) and t.until is None]
        assert {t.states for t in newest} == {"reserve", "silent"}
        assert all("draft-ietf-aipref-vocab-07" in t.versions for t in newest)


def test_aipref_texts_follow_on_each_other_without_a_gap() -> None:
    days = {"01": (2025, 6, 19), "02": (2025, 7, 21), "03": (2025, 9, 5), "04": (2025, 10, 28)}
    days |= {"05": (2025, 12, 1), "06": (2026, 4, 28), "07": (2026, 8, 19)}
    order = list(days)
    for term in (t for t in WORDS.terms if t.scheme == "aipref"):
        numbers = [v.rsplit("-", 1)[1] for v in term.versions]
        after = order.index(numbers[-1]) + 1
        assert term.since == date(*days[numbers[0]]), term
        assert term.until == (date(*days[order[after]]) if after < len(order) else None), term


@pytest.mark.parametrize(
    ("label", "purposes", "actors", "obligations"),
    [
        ("NRES", set(PURPOSES), set(), set()),
        ("GRU", {"research"}, set(), set()),
        ("NPU", {"noncommercial", "research"}, {"research_org", "public"}, set()),
        ("NCU", {"noncommercial", "research"}, set(), set()),
        ("NPUNCU", {"noncommercial", "research"}, {"research_org", "public"}, set()),
        ("DUO:0000045", set(), {"research_org", "public"}, set()),
        ("IRB", set(), set(), {"ethics_approval"}),
        ("RTN", set(), set(), {"report_results"}),
    ],
)
def test_duo_term_limits_purpose_user_or_adds_an_obligation(
    label: str, purposes: set[str], actors: set[str], obligations: set[str]
) -> None:
    means = meaning(WORDS.terms, "duo", label, on=NOW)
    assert (means.status, means.whole) == ("grant-limit", True)
    assert (means.purposes, means.actors, means.obligations) == (purposes, actors, obligations)


@pytest.mark.parametrize("label", "HMB DS POA RS GSO NMDS NPOA CC GRU-CC PUB COL MOR TS GS US PS IS".split())
def test_duo_term_without_an_equal_says_so_and_is_no_freedom(label: str) -> None:
    means = meaning(WORDS.terms, "duo", label, on=NOW)
    assert (means.status, means.whole) == ("grant-limit", False)
    assert means.readings[0].note


def test_duo_shorthand_that_moved_to_another_id_is_read_by_date() -> None:
    before, after = (meaning(WORDS.terms, "duo", "NPU", on=date(y, 6, 1)) for y in (2020, 2024))
    assert (len(before.readings), len(after.readings)) == (1, 2)
    assert after.is_ambiguous
    assert before.purposes == after.purposes == {"noncommercial", "research"}
    assert meaning(WORDS.terms, "duo", "DUO:0000018", on=date(2017, 6, 1)).purposes == frozenset()


def test_dpv_has_two_valid_states_of_consent_and_every_other_refuses() -> None:
    states = {t.term: t.consent for t in WORDS.terms if t.states == "consent-status"}
    assert {name for name, consent in states.items() if consent == "given"} == {"ConsentGiven", "RenewedConsentGiven"}
    assert len(states) == 10
    assert states["ConsentUnknown"] == states["ConsentRequested"] == "refused"


def test_sensitive_application_elsewhere_is_sensitive_here() -> None:
    for label in ("FaceRecognition", "EmotionRecognition", "BiometricCategorisation", "PoliticalCampaign"):
        means = meaning(WORDS.terms, "dpv", label, on=NOW)
        assert all(WORDS.is_sensitive(a) for a in means.applications), label
        assert means.applications, label


def test_every_term_has_a_source_and_a_day_that_has_come() -> None:
    for term in WORDS.terms:
        assert len(term.source) > 8, term
        # The oldest are the orders to robots of HTML 4.
        assert date(1997, 12, 1) < term.since <= NOW, term


def test_purposes_and_actors_of_the_data_are_those_of_the_law() -> None:
    assert (tuple(WORDS.purposes), tuple(WORDS.actors)) == (PURPOSES, ACTORS)


# ---- defects of the file


def first(data: dict[str, Any]) -> dict[str, Any]:
    """The first entry: a reading of train-ai."""
    entry: dict[str, Any] = data["terms"][0]
    return entry


@pytest.mark.parametrize(
    ("edit", "where", "why"),
    [
        (lambda d: first(d).update(scheme="aiprf"), "terms[0].scheme", "did you mean 'aipref'"),
        (lambda d: first(d).update(acts=["train.pretrian"]), "terms[0].acts", "did you mean 'train.pretrain'"),
        (lambda d: first(d).update(values={"n": "reserved"}), "terms[0].values.n", "did you mean 'reserve'"),
        (lambda d: first(d).update(values={}), "terms[0].values", "is empty"),
        (lambda d: first(d).update(states="reserve"), "terms[0].states", "either states, or values"),
        (lambda d: first(d).pop("values"), "terms[0].states", "either states, or values"),
        (lambda d: first(d).update(acts=[]), "terms[0].acts", "states 'reserve' of nothing"),
        (lambda d: first(d).pop("acts"), "terms[0].acts", "states 'reserve' of nothing"),
        (lambda d: first(d).update(whole=False), "terms[0].whole", "a reservation names all of its acts"),
        (lambda d: first(d).update(until=date(2025, 7, 21)), "terms[0].until", "not later than since"),
        (lambda d: first(d).update(since="2025-07-21"), "terms[0].since", "expected a date"),
        (lambda d: first(d).update(names=[]), "terms[0].names", "is empty"),
        (lambda d: first(d).update(names=["train-ai", "train-ai"]), "terms[0].names", "stated twice"),
        (lambda d: first(d).update(versions=[]), "terms[0].versions", "is empty"),
        (lambda d: first(d).update(colour="red"), "terms[0].colour", "unknown key"),
        (lambda d: first(d).pop("source"), "terms[0].source", "missing"),
        (lambda d: d["terms"][1].update(values={"n": "silent"}), "terms[1].states", "another reading of 'train-ai'"),
        (lambda d: d["terms"][1].update(since=date(2025, 7, 21)), "terms[1].since", "of the same day"),
        (lambda d: d["schemes"].append(dict(d["schemes"][0])), "schemes[14].id", "defined twice"),
        (lambda d: d["schemes"].append({**d["schemes"][0], "id": "ccsignals"}), "schemes", "no term is of 'ccsignals'"),
        (lambda d: d["schemes"][0].pop("url"), "schemes[0].url", "missing"),
    ],
)
def test_defect_of_a_term_is_named_with_its_place(edit: Edit, where: str, why: str) -> None:
    said = refused(edit)
    assert said.startswith("_terms.toml: ")
    assert where in said
    assert why in said


def test_purpose_that_the_law_does_not_know_is_refused() -> None:
    vocabulary = copy.deepcopy(FILES["vocabulary"])
    vocabulary["purposes"][0]["id"] = "charitable"
    tables = (("vocabulary", vocabulary), ("classes", FILES["classes"]), ("terms", SHIPPED))
    with pytest.raises(CatalogError, match="purposes: expected commercial, noncommercial, research"):
        read_words(*(Table(f"_{name}.toml", "", of) for name, of in tables))


def test_new_reading_of_a_label_needs_data_only() -> None:
    newest = SHIPPED["terms"][2]
    assert (newest["names"], "until" in newest) == (["train-ai"], False)
    entry = {
        **newest,
        "acts": ["index.search", *sorted(GENERATIVE)],
        "versions": ["rfc"],
        "since": date(2027, 1, 1),
    }
    words = words_with(lambda d: d["terms"].append(entry))
    assert meaning(words.terms, "aipref", "train-ai", "n", date(2026, 12, 31)).acts == {"train", "synth.derive"}
    assert meaning(words.terms, "aipref", "train-ai", "n", date(2027, 1, 1)).acts == {
        "train",
        "synth.derive",
        "index.search",
    }


def test_readings_of_a_label_stand_by_date_wherever_they_stand_in_the_file() -> None:
    def moved(data: dict[str, Any]) -> None:
        data["terms"].append(data["terms"].pop(0))

    told = [t.since for t in words_with(moved).terms if (t.scheme, t.term, t.value) == ("aipref", "train-ai", "n")]
    assert told == sorted(told)
    assert len(told) == 3


# ---- `uses`


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A folder that is no store: the words need none."""
    return Store(tmp_path / "none", clock=lambda: datetime(2026, 11, 21, 9, tzinfo=UTC))


def one(store: Store, word: str, kind: str) -> dict[str, Any]:
    """What a word is explained as, in one of its kinds."""
    [found] = [f for f in store.uses(word)["found"] if f["kind"] == kind]
    return found


def test_uses_lists_every_word_and_needs_no_store(store: Store) -> None:
    words = store.uses()
    kinds = ("acts", "purposes", "actors", "applications", "obligations", "bundles", "statutes", "schemes")
    assert {"version", *kinds} == set(words)
    for kind in kinds:
        assert [w["id"] for w in words[kind]] == list(getattr(WORDS, kind))
    assert not store.layout.ledger.exists()
    json.dumps(words.as_json())


def test_uses_near_terms_of_an_act_come_from_the_terms_nearest_first(store: Store) -> None:
    near = {a["id"]: a["near"] for a in store.uses()["acts"]}
    assert near["index.retrieval"][0] == "RSL ai-index"
    assert near["train.finetune"][0] == "DPV ModelFineTuning"
    assert "TDMRep tdm-reservation" in near["mine.analyse"]
    assert "PLUS DMI-ALLOWED" not in near["mine.analyse"]
    assert near["share.ids"] == []


def test_uses_explains_an_act_and_what_its_parent_meant_long_ago(store: Store) -> None:
    found = one(store, "train.pretrain", "act")
    assert found["known_from"] == "2018-06-11"
    assert found["parent"]["id"] == "train"
    assert found["parent"]["covers"] == ["train.tokenizer", "train.embed", "train.nongen", "train.distil"]
    elsewhere = {(e["scheme"], e["term"]) for e in found["elsewhere"]}
    assert {("aipref", "train-ai"), ("rsl", "ai-train"), ("cawg", "cawg.ai_generative_training")} <= elsewhere
    assert ("cawg", "cawg.ai_training") not in elsewhere


def test_uses_explains_a_parent_by_its_words(store: Store) -> None:
    found = one(store, "share", "parent")
    assert found["words"] == ["share.ids", "share.verbatim", "share.adapted", "share.weights"]
    assert (found["of"], found["granted_on"]) == ("acts", "2015-12-31")
    assert one(store, "attribution", "parent")["words"] == ["attribution.record", "attribution.dataset"]
    assert "covers" not in one(store, "attribution", "parent")


def test_uses_explains_an_obligation_with_the_licences_that_ask_for_it(store: Store) -> None:
    found = one(store, "payment", "obligation")
    asking = [x.id for x in LAW.licenses.values() if any("payment" in v.obligations for v in x.verdicts.values())]
    assert found["precondition"]
    assert found["asked_by"]["count"] == len(asking) > 0
    assert set(found["asked_by"]["first"]) <= set(asking)
    assert len(one(store, "attribution.record", "obligation")["asked_by"]["first"]) == 5


def test_uses_explains_applications_purposes_actors_statutes_and_schemes(store: Store) -> None:
    assert one(store, "emotion", "application")["sensitive"]
    assert not one(store, "translation", "application")["sensitive"]
    assert one(store, "research", "purpose")["summary"].startswith("scientific research by a qualifying body")
    assert {"scheme": "duo", "term": "NPU", "states": "grant-limit", "actors": ["research_org", "public"]} in one(
        store, "public", "actor"
    )["elsewhere"]
    assert one(store, "EU-DSM-4", "statute")["defeated"]
    assert one(store, "duo", "scheme")["terms"] == len({t.term for t in WORDS.terms if t.scheme == "duo"})


def test_uses_explains_a_term_of_every_scheme_that_has_it(store: Store) -> None:
    found = store.uses("search")["found"]
    assert [f["scheme"]["id"] for f in found] == ["aipref", "rsl", "content-signal", "odrl"]
    assert [f["scheme"]["id"] for f in store.uses("rsl:search")["found"]] == ["rsl"]
    assert [f["scheme"]["id"] for f in store.uses("search", scheme="rsl")["found"]] == ["rsl"]


def test_uses_explains_a_term_by_date_and_for_the_day_of_the_clock(tmp_path: Path) -> None:
    for day, readings in ((date(2025, 9, 1), 1), (date(2026, 11, 21), 3)):
        store = Store(tmp_path, clock=lambda day=day: datetime(day.year, day.month, day.day, tzinfo=UTC))
        found = store.uses("aipref:train-ai")
        [term] = found["found"]
        refusing = next(m for m in term["means"] if m["value"] == "n")
        assert (found["on"], refusing["readings"], refusing["ambiguous"]) == (day.isoformat(), readings, readings > 1)
        assert (refusing["status"], refusing["acts"]) == ("reserve", ["train", "synth.derive"])
        assert [r["since"] for r in term["readings"] if r["value"] == "n"] == ["2025-07-21", "2025-10-28", "2026-04-28"]


@pytest.mark.parametrize("word", ["npu", "NPU", " NPU ", "duo:npu"])
def test_uses_finds_a_word_in_any_capitals(store: Store, word: str) -> None:
    assert one(store, word, "term")["id"] == "NPU"


def test_uses_scheme_lists_all_of_its_terms_with_each_reading(store: Store) -> None:
    found = store.uses(scheme="cawg")
    assert found["scheme"]["name"] == "CAWG"
    assert len(found["terms"]) == sum(t.scheme == "cawg" for t in WORDS.terms) == 12


@pytest.mark.parametrize(
    ("word", "scheme", "hint"),
    [
        ("train.pretrian", None, "train.pretrain"),
        ("atribution", None, "attribution"),
        ("trian-ai", "aipref", "train-ai"),
        ("train.pretrain", "aipref", "train-genai"),  # a word of ours is no term of a scheme
        (None, "aiprf", "aipref"),
    ],
)
def test_uses_of_a_word_that_nobody_knows_suggests_one(
    store: Store, word: str | None, scheme: str | None, hint: str
) -> None:
    with pytest.raises(UnknownName) as caught:
        store.uses(word, scheme=scheme)
    assert hint in (caught.value.hint or "")
    assert caught.value.exit_code == 2


def test_uses_of_a_scheme_suggests_none_of_the_terms_of_another(store: Store) -> None:
    with pytest.raises(UnknownName) as caught:
        store.uses("ai-trian", scheme="aipref")
    assert "'ai-train'" not in (caught.value.hint or "")
    with pytest.raises(UnknownName, match="did you mean 'ai-train'"):
        store.uses("ai-trian", scheme="rsl")


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(cli, ["uses", *words], False)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_uses_command_shows_every_word_of_every_kind_as_lines(capsys: pytest.CaptureFixture[str]) -> None:
    ours = [*WORDS.acts, *WORDS.applications, *WORDS.obligations, *WORDS.purposes, *WORDS.actors, *WORDS.statutes]
    below = [*parents(WORDS.acts), *parents(WORDS.obligations), *parents(WORDS.applications), *WORDS.schemes]
    for word in [*ours, *below, *dict.fromkeys(t.term for t in WORDS.terms)]:
        code, out, err = shown(capsys, word)
        assert (code, err) == (0, ""), word
        assert out.startswith(word), out


def test_uses_command_tells_the_meanings_of_a_term_by_date(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = shown(capsys, "aipref:train-ai")
    assert "since 2025-07-21 until 2025-10-28: train, synth.derive (n reserve, y silent)" in out
    assert "n reserve: train, synth.derive, from 3 readings that differ" in out
    _, out, _ = shown(capsys, "HMB")
    assert "research, no equal here" in out


def test_uses_command_overview_names_every_list_and_a_scheme_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = shown(capsys)
    for title in ("acts (", "purposes (", "actors (", "applications (", "obligations (", "statutes (", "schemes "):
        assert f"\n{title}" in f"\n{out}"
    assert "! payment" in out
    _, out, _ = shown(capsys, "--scheme", "content-signal")
    assert re.search(r"^ai-train +no +reserve +train, +2025-09-24 .*\n +synth.derive ", out, re.MULTILINE)


def test_uses_command_of_an_unknown_word_ends_with_2_and_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = shown(capsys, "trane-ai")
    assert (code, out) == (2, "")
    assert "did you mean 'train-ai'" in err


def test_bundle_is_explained_by_the_obligations_that_accepting_it_accepts(store: Store) -> None:
    bundle = one(store, "credit", "bundle")
    assert bundle["obligations"] == list(WORDS.obligations_under("credit"))
    assert [word["id"] for word in bundle["words"]] == bundle["obligations"]

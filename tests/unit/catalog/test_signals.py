"""The labels of web signals and the AI crawlers: what the shipped data say, and what their reading refuses."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from itertools import pairwise, product
from pathlib import Path

import pytest

from rightful.catalog import load, shipped
from rightful.catalog.signals import signals_of
from rightful.errors import CatalogError
from rightful.rights.signals import ANSWERS, TRAINING
from rightful.rights.uses import covered

GENERATIVE = {"train.pretrain", "train.finetune", "train.align", "train.distil", "synth.derive"}
MINING = {"mine.analyse", "train", "synth.derive"}
TRAINS = {"train", "synth.derive"}
GROUNDS = {"infer.ground", "index.retrieval"}
EVERY = MINING | GROUNDS | {"index.search"}
SIGNALS = signals_of()
DAYS = [None, *(date(2021, 1, 1) + timedelta(days=n) for n in range(0, 2300, 23))]


@pytest.mark.parametrize(
    ("protocol", "label", "acts"),
    [
        ("tdmrep", "tdm-reservation", MINING),
        ("plus", "DMI-PROHIBITED", MINING),
        ("iptc", "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", MINING),
        ("plus", "DMI-PROHIBITED-AIMLTRAINING", TRAINS),
        ("plus", "DMI-PROHIBITED-GENAIMLTRAINING", GENERATIVE),
        ("plus", "DMI-PROHIBITED-SEECONSTRAINT", MINING),
        ("plus", "DMI-ALLOWED", set()),
        ("cawg", "cawg.data_mining", MINING),
        ("cawg", "c2pa.data_mining", MINING),
        ("cawg", "cawg.ai_generative_training", GENERATIVE),
        ("cawg", "c2pa.ai_generative_training", GENERATIVE),
        ("cawg", "cawg.ai_training", {"train.embed", "train.nongen", "train.tokenizer"}),
        ("cawg", "c2pa.ai_inference", GROUNDS),
        ("aipref", "train-ai", TRAINS),
        ("aipref", "ai", TRAINS),
        ("aipref", "train-genai", GENERATIVE),
        ("aipref", "genai", GENERATIVE),
        ("aipref", "bots", EVERY),
        ("aipref", "all", EVERY),
        ("aipref", "search", {"index.search"}),
        ("rsl", "ai-train", TRAINS),
        ("rsl", "ai-input", GROUNDS),
        ("rsl", "ai-index", {"index.retrieval"}),
        ("rsl", "ai-all", TRAINS | GROUNDS),
        ("rsl", "search", {"index.search"}),
        ("content-signal", "ai-train", TRAINS),
        ("content-signal", "ai-input", GROUNDS),
        ("content-signal", "search", {"index.search"}),
        ("robots-meta", "noai", TRAINS),
        ("robots-meta", "noimageai", set()),
    ],
)
def test_a_label_reserves_the_acts_that_the_law_names(protocol: str, label: str, acts: set[str]) -> None:
    assert SIGNALS.acts(protocol, label, None) == acts


@pytest.mark.parametrize("label", ["Train-AI", "train", "", "ai-train"])
def test_a_label_that_nobody_knows_reserves_nothing_and_is_told_apart_from_one_that_is_known(label: str) -> None:
    assert SIGNALS.acts("aipref", label, None) is None


def test_a_rule_of_robots_reserves_what_the_crawler_collects_for() -> None:
    assert SIGNALS.acts("robots", "Disallow", None, TRAINING) == TRAINS
    assert SIGNALS.acts("robots", "Disallow", None, ANSWERS) == GROUNDS
    assert SIGNALS.acts("robots", "Disallow", None, "browser") is None


def test_a_label_of_every_date_reserves_what_all_readings_out_by_then_do() -> None:
    assert SIGNALS.acts("aipref", "train-ai", date(2025, 8, 1)) == TRAINS
    assert SIGNALS.acts("aipref", "train-ai", date(2026, 11, 1)) == TRAINS, "-07 took no earlier reading back"
    assert SIGNALS.acts("aipref", "train-ai", date(2019, 1, 1)) == TRAINS, "older than its texts, it reserves already"


def test_a_wider_label_never_reserves_less_on_any_date() -> None:
    wider = {(t.scheme, t.term, name) for t in SIGNALS.terms for name in t.wider_than}
    assert len(wider) > 20
    for (scheme, wide, narrow), day in product(wider, DAYS):
        less = [
            a for a in SIGNALS.acts(scheme, narrow, day) or () if not covered(SIGNALS.acts(scheme, wide, day) or (), a)
        ]
        assert not less, f"{scheme}: {wide} reserves {less} of {narrow} not, on {day}"


def test_no_date_reserves_more_than_none_and_a_later_one_never_less() -> None:
    for scheme, label in {(t.scheme, t.term) for t in SIGNALS.terms if t.states in ("reserve", "conditional")}:
        known = [SIGNALS.acts(scheme, label, day) or frozenset() for day in DAYS]
        since = min(t.since for t in SIGNALS.terms if (t.scheme, t.term) == (scheme, label))
        out = [acts for day, acts in zip(DAYS, known, strict=True) if day and day >= since]
        for earlier, later in pairwise(out):
            assert all(covered(later, act) for act in earlier), label
        assert all(covered(known[0], act) for acts in known for act in acts), label


def test_what_a_protocol_can_reserve_is_all_that_its_labels_do() -> None:
    assert SIGNALS.all_acts("aipref") == EVERY
    assert SIGNALS.all_acts("tdmrep") == MINING
    assert SIGNALS.all_acts("nothing") == set()


def test_listed_crawlers_say_whether_models_are_trained() -> None:
    trains = {agent.token: agent.trains for agent in SIGNALS.agents.listed}
    wanted = (
        "GPTBot CCBot ClaudeBot Google-Extended Applebot-Extended Bytespider anthropic-ai cohere-ai Meta-ExternalAgent"
    )
    assert all(trains[token] for token in f"{wanted} FacebookBot Amazonbot Diffbot omgili AI2Bot".split())
    assert not any(trains[token] for token in "ChatGPT-User Claude-User OAI-SearchBot PerplexityBot".split())


def test_the_crawlers_of_a_catalogue_are_in_its_digest(tmp_path: Path) -> None:
    folder = _copy(tmp_path, ('token = "GPTBot"', 'token = "GPTBot2"'))
    assert load(folder).digest != load().digest
    assert signals_of(load(folder)).agents != SIGNALS.agents


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ('token = "GPTBot"', 'token = "ccbot"', "listed twice"),
        ('token = "GPTBot"', 'token = "Gpt*"', "product token"),
        ('function = "training"\ntrains = true', 'function = "training"\ntrains = false', "trains"),
        ('function = "training"', 'function = "trainning"', "training"),
        ("since = 2023-08-07", "since = 2123-08-07", "later than the version"),
        ("since = 2023-08-07", 'since = "soon"', "a date"),
        ("version = 2026", "version = 2026\nversoin = 2026", "unknown key|not readable"),
        ('parts = ["ai"', 'parts = ["A I"', "lower case"),
    ],
)
def test_a_damaged_list_of_crawlers_is_refused_by_file_and_key(tmp_path: Path, old: str, new: str, error: str) -> None:
    folder = _copy(tmp_path, (old, new))
    with pytest.raises(CatalogError, match=error) as caught:
        load(folder)
    assert "_agents.toml" in str(caught.value)


def _copy(tmp_path: Path, edit: tuple[str, str]) -> Path:
    folder = tmp_path / "licenses"
    shutil.copytree(shipped(), folder)
    path = folder / "_agents.toml"
    text = path.read_text(encoding="utf-8")
    assert edit[0] in text
    path.write_text(text.replace(*edit, 1), encoding="utf-8")
    return folder

"""What is embedded in pictures and films: CAWG (and C2PA before it), PLUS and IPTC."""

import json

import pytest

from rightful import catalog
from rightful.catalog.signals import signals_of
from rightful.signals.web import cawg, plus
from rightful.signals.web.stated import as_json

GENERATIVE = ["synth.derive", "train.align", "train.distil", "train.finetune", "train.pretrain"]


def statuses(reading):
    return {one["act"]: one["status"] for one in as_json(reading.statements)}


def of_cawg(document):
    return cawg.read(json.dumps(document).encode(), signals_of())


def of_plus(raw):
    return plus.read(raw.encode(), signals_of(), catalog.load().names.reserving)


@pytest.mark.parametrize("space", ["cawg", "c2pa"])
@pytest.mark.parametrize("use", ["notAllowed", "constrained", "NOTALLOWED", "not-allowed"])
def test_entry_that_is_not_allowed_reserves(space, use):
    entries = {f"{space}.ai_generative_training": {"use": use}, f"{space}.ai_training": {"use": "allowed"}}
    reading = of_cawg({"label": f"{space}.training-mining", "data": {"entries": entries}})
    assert reading.result == "found"
    assert [act for act, status in statuses(reading).items() if status == "reserve"] == GENERATIVE
    assert statuses(reading)["train.embed"] == "allow"


@pytest.mark.parametrize(
    "document",
    [
        {"cawg.training-mining": {"entries": {"cawg.data_mining": {"use": "notAllowed"}}}},
        {"entries": {"data_mining": {"use": "notAllowed"}}},
        {"cawg.data_mining": "notAllowed"},
        {"manifests": {"m": {"assertions": [{"label": "c2pa.training-mining__1",
            "data": {"entries": {"c2pa.data_mining": {"use": "notAllowed"}}}}]}}},
    ],
)  # fmt: skip
def test_assertion_is_read_wherever_it_stands(document):
    assert statuses(of_cawg(document))["train"] == "reserve"


def test_entry_that_is_not_known_is_unread_where_it_refuses():
    assert of_cawg({"entries": {"cawg.dreaming": {"use": "notAllowed"}}}).result == "unreadable"
    assert of_cawg({"entries": {"cawg.dreaming": {"use": "allowed"}}}).result == "absent"
    assert statuses(of_cawg({"entries": {"cawg.data_mining": {"use": 7}}}))["train"] == "unknown"


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"[" * 99_999, b'{"entries": {"a": 1, "a": 2}}', b"\xff\xd8\xff"])
def test_metadata_that_cannot_be_read_leaves_open_what_they_could_reserve(raw):
    reading = cawg.read(raw, signals_of())
    assert (reading.result, set(statuses(reading).values())) == ("unreadable", {"unknown"})


@pytest.mark.parametrize(
    "raw",
    [
        "DMI-PROHIBITED-AIMLTRAINING",
        "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING",
        "plus:DMI-PROHIBITED-AIMLTRAINING",
        '[{"XMP-plus:DataMining": "Prohibited for AI/ML training"}]',
        '{"XMP": {"plus": {"DataMining": "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"}}}',
        '<rdf:Description plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"/>',
        "<plus:DataMining>plus:DMI-PROHIBITED-AIMLTRAINING</plus:DataMining>",
        '<plus:DataMining rdf:resource="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"/>',
        "plus:DataMining = DMI-PROHIBITED-AIMLTRAINING",
    ],
)
def test_value_of_plus_is_read_however_it_is_written(raw):
    assert statuses(of_plus(raw)) == {"synth.derive": "reserve", "train": "reserve"}


def test_values_of_plus_and_what_they_reserve():
    for label, acts in (
        ("DMI-PROHIBITED", ["mine.analyse", "synth.derive", "train"]),
        ("DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", ["mine.analyse", "synth.derive", "train"]),
        ("DMI-PROHIBITED-GENAIMLTRAINING", GENERATIVE),
        ("DMI-ALLOWED", []),
        ("DMI-UNSPECIFIED", []),
    ):
        assert [act for act, status in statuses(of_plus(label)).items() if status == "reserve"] == acts, label
    assert set(statuses(of_plus("DMI-PROHIBITED-SEECONSTRAINT")).values()) == {"unknown"}


def test_words_of_other_properties_reserve_and_copyright_alone_does_not():
    words = (
        "<plus:OtherConstraints><rdf:Alt><rdf:li>AI training is prohibited</rdf:li></rdf:Alt></plus:OtherConstraints>"
    )
    assert statuses(of_plus(words))["train"] == "reserve"
    for asked in (
        '[{"XMP-photoshop:Instructions": "No AI training."}]',
        '{"IPTC:SpecialInstructions": "No AI training"}',
    ):
        assert statuses(of_plus(asked))["train"] == "reserve", asked
    assert statuses(of_plus("<photoshop:Instructions>No AI training</photoshop:Instructions>"))["train"] == "reserve"
    assert of_plus('{"IPTC:CopyrightNotice": "(c) 2026 Ada Moreno"}').result == "absent"


@pytest.mark.parametrize(
    "raw", ["DMI-SOMETHING-NEW", "<plus:DataMining>x", "<plus:DataMining " * 10_000, '{"a": [', '<a plus:DataMining="x']
)
def test_value_that_cannot_be_read_leaves_open_what_it_could_reserve(raw):
    reading = of_plus(raw)
    assert (reading.result, set(statuses(reading).values())) == ("unreadable", {"unknown"})

"""What every stage promises: its columns, for any batch, whatever else is in the batch."""

from __future__ import annotations

import pickle

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.stages import Stage, without
from rightful.stages.classifier import Classifier
from rightful.stages.decontaminate.stage import Decontaminate
from rightful.stages.language.stage import Language
from rightful.stages.normalize import Normalize
from rightful.stages.pii.stage import PersonalData
from rightful.stages.quality.stage import Quality
from rightful.stages.statistics import Statistics
from tests.unit.stages.batches import answers, batch_of, texts

SLOW = Language(backend="langdetect")
STAGES: list[Stage] = [
    *(
        Normalize(),
        Language(),
        Language(backend="py3langid"),
        SLOW,
        Statistics(),
        Quality(),
        Classifier(),
        Decontaminate(),
    ),
    PersonalData(),
]
FAST: list[Stage] = [s for s in STAGES if s != SLOW]
MIXED = [
    "One line.\n",
    "",
    "\u3000",
    "write to ada@example.org",
    "\u200bca\u0301fe\u0301",
    "\U0001f468\u200d\U0001f469",
    "7",
]

every_stage = pytest.mark.parametrize("stage", STAGES, ids=repr)
fast_stages = pytest.mark.parametrize("stage", FAST, ids=repr)


@every_stage
@pytest.mark.parametrize("rows", [MIXED, MIXED[:1], []], ids=["mixed", "one", "empty"])
def test_stage_any_batch_gives_declared_columns(stage: Stage, rows: list[str]) -> None:
    added = stage(batch_of(*rows))
    assert [pa.field(name, values.type) for name, values in added.items()] == [
        pa.field(field.name, field.type) for field in stage.adds
    ]
    for field in stage.adds:
        added[field.name].validate(full=True)
        assert len(added[field.name]) == len(rows)
        # Null: spans that were not asked for, and a digest by the first rule where it is that of today.
        if field.name not in ("pii_spans", "norm1_sha256") and stage not in (Classifier(), Decontaminate()):
            assert added[field.name].null_count == 0


@every_stage
def test_stage_left_out_gives_columns_that_its_schema_takes(stage: Stage) -> None:
    for n in (0, 3):
        added = without(type(stage), n)
        for field in stage.adds:
            assert (added[field.name].type, len(added[field.name])) == (field.type, n)
            assert field.nullable or not added[field.name].null_count or not hasattr(type(stage), "left_out")


@every_stage
def test_stage_slice_equals_same_rows_of_whole(stage: Stage) -> None:
    whole = answers(stage, batch_of(*MIXED))
    for start in range(len(MIXED)):
        for length in (0, 1, 3, len(MIXED)):
            part = answers(stage, batch_of(*MIXED).slice(start, length))
            assert part == {name: values[start : start + length] for name, values in whole.items()}


@fast_stages
@given(rows=st.lists(texts, max_size=6))
def test_stage_row_answer_does_not_depend_on_neighbours(stage: Stage, rows: list[str]) -> None:
    together = answers(stage, batch_of(*rows))
    for name, values in together.items():
        assert values == [answers(stage, batch_of(row))[name][0] for row in rows]


@settings(max_examples=30)
@given(rows=st.lists(texts, max_size=3))
def test_langdetect_row_answer_does_not_depend_on_neighbours(rows: list[str]) -> None:
    stage = SLOW
    alone = [answers(stage, batch_of(row))["language"][0] for row in rows]
    assert answers(stage, batch_of(*rows))["language"] == alone


@every_stage
def test_stage_other_string_types_and_missing_values_count_as_text(stage: Stage) -> None:
    expected = answers(stage, batch_of("a b", "", "c"))
    for kind in (pa.string(), pa.large_string()):
        given_batch = pa.record_batch({"text": pa.array(["a b", None, "c"], kind)})
        given = answers(stage, given_batch)
        if isinstance(stage, PersonalData):  # law: what is not there was not scanned
            assert given.pop("pii_state") == ["none_found", "not_scanned", "none_found"]
        assert given == {name: values for name, values in expected.items() if name in given}


@every_stage
def test_stage_sent_to_a_worker_is_the_same_stage(stage: Stage) -> None:
    assert pickle.loads(pickle.dumps(stage)) == stage


@fast_stages
def test_stage_long_text_without_a_break_is_read(stage: Stage) -> None:
    text = "\u4e2d1\U0001f600" * 700_000
    assert len(next(iter(stage(batch_of("before", text, "after")).values()))) == 3

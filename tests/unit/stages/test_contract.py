"""What every stage promises: its columns, for any batch, whatever else is in the batch."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Mapping
from typing import Any, ClassVar

import jsonschema
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import RightfulError
from rightful.recipes.recipe import Recipe
from rightful.stages import TextStage, about, columns_of, setting, settings_of, without
from rightful.stages.language.stage import Language
from rightful.stages.order import ALWAYS, OPTIONAL, STAGES
from rightful.stages.pii.stage import PersonalData
from rightful.store.records import IDENTITY, RECORDS, RIGHTS, RUN
from tests.unit.stages.batches import answers, batch_of, texts

SLOW = Language(backend="langdetect")
EVERY: list[TextStage] = [*(kind() for kind in STAGES), Language(backend="py3langid"), SLOW]
FAST = [stage for stage in EVERY if stage != SLOW]
MAY_BE_NULL = {"norm1_sha256", "pii_spans", "classifier_label", "classifier_score", "contamination"}
MAY_BE_NULL |= {"contamination_item_share", "contamination_item", "contaminated_by"}
"""Columns without an answer where the stage runs with its defaults: nothing was asked for, or there is nothing to say."""
MIXED = [
    "One line.\n",
    "",
    "\u3000",
    "write to ada@example.org",
    "\u200bca\u0301fe\u0301",
    "\U0001f468\u200d\U0001f469",
    "7",
]


def named(stage: TextStage) -> str:
    """``statistics``, ``language-py3langid``."""
    return "-".join([stage.name, *filter(None, [getattr(stage, "backend", "")])])


every_stage = pytest.mark.parametrize("stage", EVERY, ids=named)
fast_stages = pytest.mark.parametrize("stage", FAST, ids=named)


@every_stage
@pytest.mark.parametrize("rows", [MIXED, MIXED[:1], []], ids=["mixed", "one", "empty"])
def test_stage_any_batch_gives_declared_columns(stage: TextStage, rows: list[str]) -> None:
    added = stage(batch_of(*rows))
    assert [pa.field(name, values.type) for name, values in added.items()] == [
        pa.field(field.name, field.type) for field in stage.adds
    ]
    for field in stage.adds:
        added[field.name].validate(full=True)
        assert len(added[field.name]) == len(rows)
        if field.name not in MAY_BE_NULL:
            assert added[field.name].null_count == 0


@every_stage
def test_stage_left_out_gives_columns_that_its_schema_takes(stage: TextStage) -> None:
    for n in (0, 3):
        added = without(type(stage), n)
        for field in stage.adds:
            assert (added[field.name].type, len(added[field.name])) == (field.type, n)
            assert field.nullable or not added[field.name].null_count or not hasattr(type(stage), "left_out")


@every_stage
def test_stage_slice_equals_same_rows_of_whole(stage: TextStage) -> None:
    whole = answers(stage, batch_of(*MIXED))
    for start in range(len(MIXED)):
        for length in (0, 1, 3, len(MIXED)):
            part = answers(stage, batch_of(*MIXED).slice(start, length))
            assert part == {name: values[start : start + length] for name, values in whole.items()}


@fast_stages
@given(rows=st.lists(texts, max_size=6))
def test_stage_row_answer_does_not_depend_on_neighbours(stage: TextStage, rows: list[str]) -> None:
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
def test_stage_other_string_types_and_missing_values_count_as_text(stage: TextStage) -> None:
    expected = answers(stage, batch_of("a b", "", "c"))
    for kind in (pa.string(), pa.large_string()):
        given_batch = pa.record_batch({"text": pa.array(["a b", None, "c"], kind)})
        given = answers(stage, given_batch)
        if isinstance(stage, PersonalData):  # law: what is not there was not scanned
            assert given.pop("pii_state") == ["none_found", "not_scanned", "none_found"]
        assert given == {name: values for name, values in expected.items() if name in given}


@every_stage
def test_stage_sent_to_a_worker_is_the_same_stage(stage: TextStage) -> None:
    assert pickle.loads(pickle.dumps(stage)) == stage


@fast_stages
def test_stage_long_text_without_a_break_is_read(stage: TextStage) -> None:
    text = "\u4e2d1\U0001f600" * 700_000
    assert len(next(iter(stage(batch_of("before", text, "after")).values()))) == 3


every_kind = pytest.mark.parametrize("kind", STAGES, ids=lambda kind: kind.name)


@every_kind
def test_stage_says_what_each_column_and_each_setting_means(kind: type[TextStage]) -> None:
    assert about(kind).endswith(".")
    assert list(columns_of(kind)) == [field.name for field in kind.adds]
    shapes = settings_of(kind)
    assert list(shapes) == [field.name for field in dataclasses.fields(kind())]
    for sentence in (*columns_of(kind).values(), *(shape["description"] for shape in shapes.values())):
        assert sentence.endswith(".")
        assert "  " not in sentence


@every_kind
def test_stage_is_a_frozen_dataclass_whose_defaults_are_what_they_take(kind: type[TextStage]) -> None:
    stage = kind()
    assert stage == kind()
    assert hash(stage) == hash(kind())
    for name, shape in settings_of(kind).items():
        jsonschema.validate(getattr(stage, name), shape)
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(stage, name, getattr(stage, name))


@every_kind
def test_stage_refuses_a_setting_outside_what_it_says_it_takes(kind: type[TextStage]) -> None:
    for name, shape in settings_of(kind).items():
        outside: list[Any] = [shape["minimum"] - 1] if "minimum" in shape else []
        outside += [shape["maximum"] + 1] if "maximum" in shape else []
        outside += ["no such value"] if shape.keys() & {"enum", "pattern"} else []
        for value in outside:
            with pytest.raises(RightfulError, match=r"expected|unknown"):
                kind(**{name: value})


def test_stages_in_order_are_all_there_are_and_no_two_have_a_name_or_column_in_common() -> None:
    names = [kind.name for kind in STAGES]
    columns = [*IDENTITY, *RIGHTS, *(field for kind in STAGES for field in kind.adds), *RUN]
    assert len({*names, "fields", "near", "limits", "stages", "preset", "about"}) == len(names) + 6
    assert sorted((*ALWAYS, *OPTIONAL)) == sorted(names)
    assert RECORDS.names == [field.name for field in columns]
    assert len(set(RECORDS.names)) == len(columns)
    assert [stage.name for stage in Recipe().running()] == [*ALWAYS, *OPTIONAL]


@dataclasses.dataclass(frozen=True, slots=True)
class Wordless:
    """A stage that is not finished."""

    name: ClassVar[str] = "wordless"
    version: ClassVar[str] = "wordless/1"
    adds: ClassVar[tuple[pa.Field, ...]] = (pa.field("n_vowels", pa.int64()),)
    says: ClassVar[Mapping[str, str]] = {}
    least: int = 1
    most: int = setting(9, "The most vowels.")


def test_stage_without_a_word_is_told_the_file_and_the_word() -> None:
    here = "tests/unit/stages/test_contract.py: Wordless"
    kind: Any = Wordless
    with pytest.raises(ValueError, match=f"{here}.says has no sentence for the column 'n_vowels'"):
        columns_of(kind)
    with pytest.raises(ValueError, match=rf'{here}.least has no sentence: least = setting\(1, "What it means."\)'):
        settings_of(kind)
    with pytest.raises(ValueError, match=f"{here} has no sentence for its table in a recipe: about"):
        about(kind)


def test_stage_with_a_word_for_nothing_is_told_the_file_and_the_word() -> None:
    class Wordy(Wordless):
        says: ClassVar[Mapping[str, str]] = {"n_vowels": "Vowels.", "n_vowles": "Vowels."}

    kind: Any = Wordy
    with pytest.raises(ValueError, match=r"Wordy.says has a sentence for 'n_vowles', which is no column in adds"):
        columns_of(kind)

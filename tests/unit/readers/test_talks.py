"""Rows that are conversations: each form in each format, the text by the template, and what is no conversation."""

from __future__ import annotations

import contextlib
import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.notation.contents import content_digest
from rightful.readers import Extent, Fields, Item, ReadOptions
from rightful.readers.read import read
from rightful.readers.strict import Repeated
from rightful.readers.talks import NoTalk, Talk, form_of, placed
from rightful.readers.talks import read as read_talk
from tests.unit.readers.reading import LOOK, Reading, found, read_file

ASKED = [{"role": "user", "content": "When?"}, {"role": "assistant", "content": "At nine."}]
CALL = {"id": "c1", "type": "function", "function": {"name": "tide", "arguments": '{"day":1}'}}

FORMS: dict[str, tuple[dict[str, Any], str, str]] = {
    "messages": ({"messages": ASKED}, "messages", "user: When?\n\nassistant: At nine."),
    "conversation": ({"conversation": ASKED}, "messages", "user: When?\n\nassistant: At nine."),
    "sharegpt": (
        {
            "conversations": [{"from": "human", "value": "When?"}, {"from": "gpt", "value": "At nine."}],
            "system": "Be kind.",
        },
        "sharegpt",
        "system: Be kind.\n\nhuman: When?\n\ngpt: At nine.",
    ),
    "completion": (
        {"prompt": "When?", "completion": "At nine."},
        "prompt-completion",
        "prompt: When?\n\ncompletion: At nine.",
    ),
    "turns as completion": (
        {"prompt": ASKED[:1], "completion": ASKED[1:]},
        "prompt-completion",
        "prompt/user: When?\n\ncompletion/assistant: At nine.",
    ),
    "response": ({"prompt": "When?", "response": "At nine."}, "prompt-response", "prompt: When?\n\nresponse: At nine."),
    "alpaca": (
        {"instruction": "Add.", "input": "2, 2", "output": "4"},
        "instruction",
        "instruction: Add.\n\ninput: 2, 2\n\noutput: 4",
    ),
    "alpaca without input": (
        {"instruction": "Sing.", "input": "", "output": "La."},
        "instruction",
        "instruction: Sing.\n\noutput: La.",
    ),
    "dolly": (
        {"instruction": "Sum up.", "context": "Tides.", "response": "They turn."},
        "instruction",
        "instruction: Sum up.\n\ncontext: Tides.\n\nresponse: They turn.",
    ),
    "question": ({"question": "Who?", "answer": "Mira."}, "question-answer", "question: Who?\n\nanswer: Mira."),
    "preference": (
        {"prompt": "When?", "chosen": "At nine.", "rejected": "Never."},
        "preference",
        "prompt: When?\n\nchosen: At nine.\n\nrejected: Never.",
    ),
    "preference of turns": (
        {"chosen": ASKED, "rejected": ASKED[:1]},
        "preference",
        "chosen/user: When?\n\nchosen/assistant: At nine.\n\nrejected/user: When?",
    ),
}
each_form = pytest.mark.parametrize("name", FORMS)


def talk(row: dict[str, Any], fields: Fields | None = None) -> Talk:
    return read_talk(row, placed(fields or Fields(), row))


def fault(row: dict[str, Any]) -> str:
    with pytest.raises(NoTalk) as why:
        talk(row)
    return str(why.value)


def columns_of(row: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(row["conversation"])["columns"]
    return kept


def in_jsonl(path: Path, rows: list[dict[str, Any]]) -> Reading:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return read_file(path, "jsonl")


def in_parquet(path: Path, rows: list[dict[str, Any]]) -> Reading:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return read_file(path, "parquet")


def in_csv(path: Path, rows: list[dict[str, Any]]) -> Reading:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(
            {k: v if isinstance(v, str) else "" if v is None else json.dumps(v) for k, v in row.items()} for row in rows
        )
    return read_file(path, "csv")


@each_form
@pytest.mark.parametrize("write", [in_jsonl, in_parquet, in_csv], ids=["jsonl", "parquet", "csv"])
def test_conversation_in_each_form_and_format_is_a_record_with_its_text_and_all_that_came(
    tmp_path: Path, name: str, write: Any
) -> None:
    row, form, text = FORMS[name]
    reading = write(tmp_path / "talks.any", [{"id": "a", **row}])
    (record,) = reading.rows
    assert (record["text"], record["source_record_id"]) == (text, "a")
    assert (record["media_type"], form_of(record["media_type"])) == (f"text/plain; conversation={form}", form)
    assert columns_of(record) == row
    assert json.loads(record["conversation"])["form"] == form
    assert not reading.damages


@pytest.mark.parametrize("write", [in_jsonl, in_parquet], ids=["jsonl", "parquet"])
def test_row_with_a_text_keeps_it_and_the_conversation_is_set_aside_and_counted(tmp_path: Path, write: Any) -> None:
    rows = [{"text": "Ours.", "messages": ASKED}, {"text": None, "messages": ASKED}, {"text": "", "messages": ASKED}]
    path = tmp_path / "talks.any"
    first, *others = write(path, rows).rows
    assert (first["text"], first["conversation"], first["media_type"]) == ("Ours.", None, "text/plain")
    assert [row["text"] for row in others] == ["user: When?\n\nassistant: At nine."] * 2
    extent = [*read(Item(write.__name__[3:], (found(path, write.__name__[3:]),)), ReadOptions(Fields(), LOOK))][-1]
    assert isinstance(extent, Extent)
    (counted,) = extent.talks
    assert (counted.form, counted.columns, counted.rows, counted.aside) == ("messages", "messages", 2, 1)


def test_text_that_the_template_makes_of_the_conversation_beside_it_keeps_it(tmp_path: Path) -> None:
    row = {"text": "user: When?\n\nassistant: At nine.", "messages": ASKED}
    (record,) = in_jsonl(tmp_path / "a.jsonl", [row]).rows
    assert columns_of(record) == {"messages": ASKED}


def test_named_text_column_that_is_not_there_is_no_conversation(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"messages": ASKED}), encoding="utf-8")
    assert "no field 'body'" in read_file(path, "jsonl", Fields(text="body")).faults[0][1]


def test_named_column_of_turns_is_read_and_only_that_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"dialogue": ASKED, "prompt": "no", "completion": "no"}, {"prompt": "a", "completion": "b"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    reading = read_file(path, "jsonl", Fields(messages="dialogue"))
    assert [columns_of(row) for row in reading.rows] == [{"dialogue": ASKED}]
    assert "no text field" in reading.faults[0][1]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"messages": []}, "a conversation without turns (field 'messages')"),
        ({"messages": 7}, "'messages' is a number, not a list of turns"),
        ({"messages": None}, "'messages' is null"),
        ({"messages": "hello"}, "'messages' is a string, not a list of turns"),
        ({"messages": ["hello"]}, "turn 1 (field 'messages') is a string, not an object with role and content"),
        ({"messages": [{"content": "a"}]}, "turn 1 (field 'messages') has no role"),
        ({"messages": [{"role": 3, "content": "a"}]}, "has no role: it is a number"),
        (
            {"messages": [*ASKED, {"role": "user", "content": 5}]},
            "the content of turn 3 (field 'messages') is a number",
        ),
        ({"messages": [{"role": "user", "content": {"parts": ["a"]}}]}, "the content of turn 1"),
        ({"messages": [{"role": "user", "content": " "}, {"role": "assistant", "content": None}]}, "nothing is said"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "'image_url'",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": "x"}]}]}, "'input_audio'"),
        ({"messages": [{"role": "user", "content": "see", "images": ["QUJD"]}]}, "'images', no text"),
        (
            {"messages": [{"role": "tool", "content": [{"type": "tool_result", "content": [{"type": "image"}]}]}]},
            "'image'",
        ),
        ({"messages": [{"role": "user", "content": [b"\x00"]}]}, "a part of turn 1 (field 'messages') is bytes"),
        ({"prompt": "When?", "completion": 9}, "'completion' is a number, not a string or a list of turns"),
        ({"prompt": "When?", "completion": ""}, "'completion' is empty"),
        ({"instruction": "a", "input": 5, "output": "b"}, "'input' is a number, not a string"),
        ({"messages": [{"role": "user", "content": "a", "score": float("nan")}]}, "a number that JSON has no form for"),
        ({"messages": [{"role": "user", "content": "a", "seen": {"raw": b"\xff"}}]}, "bytes"),
        ({"messages": [{"role": "user", "content": "a", "x": json.loads("[" * 99 + "]" * 99)}]}, "more than 64 levels"),
    ],
)
def test_what_is_no_conversation_is_rejected_and_says_why(row: dict[str, Any], why: str) -> None:
    assert why in fault(row)


@pytest.mark.parametrize("write", [in_jsonl, in_parquet, in_csv], ids=["jsonl", "parquet", "csv"])
def test_column_called_messages_that_is_a_count_leaves_ordinary_rows_as_they_are(tmp_path: Path, write: Any) -> None:
    reading = write(tmp_path / "a.any", [{"text": "An ordinary row.", "messages": 7}])
    assert [(row["text"], row["conversation"]) for row in reading.rows] == [("An ordinary row.", None)]


@pytest.mark.parametrize("write", [in_jsonl, in_parquet], ids=["jsonl", "parquet"])
def test_bad_conversation_costs_its_own_row_alone(tmp_path: Path, write: Any) -> None:
    bad = [{"role": "user", "content": "\0"}]
    reading = write(tmp_path / "a.any", [{"messages": ASKED}, {"messages": bad}, {"messages": []}, {"messages": ASKED}])
    assert [row["line"] for row in reading.rows] == [1, 4]
    reasons = dict(reading.faults)
    assert len(reasons) == 2
    assert sorted(why.split(" (")[0] for why in reasons.values()) == [
        "NUL character in the text",
        "a conversation without turns",
    ]


def test_what_a_turn_says_beside_its_content_stands_in_the_text_and_numbers_do_not() -> None:
    turns = [
        {"role": "assistant", "content": None, "tool_calls": [CALL], "weight": 1, "seen": True},
        {"role": "tool", "name": "tide", "tool_call_id": "c1", "content": "low"},
        {"role": "oracle", "content": [{"type": "text", "text": "So"}, "be it", {"type": "text", "text": None}]},
        {"role": "user", "content": "Call me", "phone": 4915112345678, "empty": []},
    ]
    assert talk({"messages": turns}).text == (
        'assistant:\ntool_calls: [{"function":{"arguments":{"day":1},"name":"tide"},"id":"c1","type":"function"}]'
        "\n\ntool: low\nname: tide\ntool_call_id: c1"
        "\n\noracle: So\nbe it\n"
        "\n\nuser: Call me\nphone: 4915112345678"
    )


def test_tools_stand_before_the_turns() -> None:
    row = {"messages": ASKED, "tools": [{"name": "tide"}]}
    assert talk(row).text == 'tools: [{"name":"tide"}]\n\nuser: When?\n\nassistant: At nine.'


def test_json_in_strings_is_opened_and_a_key_that_comes_twice_there_is_damage(tmp_path: Path) -> None:
    written = json.dumps(ASKED)
    assert talk({"messages": written}).stored == talk({"messages": ASKED}).stored
    assert talk({"messages": str(ASKED)}).stored == talk({"messages": ASKED}).stored
    assert talk({"messages": [json.dumps(turn) for turn in ASKED]}).text == talk({"messages": ASKED}).text
    twice = '[{"role":"user","content":"a","content":"b"}]'
    with pytest.raises(Repeated, match="'content' comes twice"):
        talk({"messages": twice})
    for write in (in_jsonl, in_parquet, in_csv):
        assert "comes twice" in write(tmp_path / "a.any", [{"messages": twice}]).faults[0][1]
    path = tmp_path / "b.jsonl"
    path.write_text('{"messages":[{"role":"user","role":"system","content":"a"}]}\n', encoding="utf-8")
    assert "'role' comes twice" in read_file(path, "jsonl").faults[0][1]


def test_prompt_that_looks_like_a_list_is_a_text() -> None:
    assert talk({"prompt": '[{"a": 1}]', "completion": "A list."}).text == 'prompt: [{"a": 1}]\n\ncompletion: A list.'


def test_five_thousand_turns_are_one_record(tmp_path: Path) -> None:
    turns = [{"role": "user" if n % 2 else "assistant", "content": f"turn {n}"} for n in range(5_000)]
    for write in (in_jsonl, in_parquet):
        (record,) = write(tmp_path / "a.any", [{"messages": turns}]).rows
        assert record["text"].count("\n\n") == 4_999
        assert columns_of(record) == {"messages": turns}


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "a", "number": 123456789012345678901234567890}]
    (record,) = in_jsonl(tmp_path / "a.jsonl", [{"messages": turns}]).rows
    assert columns_of(record) == {"messages": turns}
    assert record["text"] == "user: a\nnumber: 123456789012345678901234567890"


def test_times_of_parquet_are_iso_8601(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "a", "at": datetime(2024, 1, 2, tzinfo=UTC)}]
    (record,) = in_parquet(tmp_path / "a.parquet", [{"messages": turns}]).rows
    assert columns_of(record)["messages"][0]["at"].startswith("2024-01-02T00:00:00")


def test_statement_about_rights_within_a_conversation_is_read_as_of_any_row(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "a", "license": "CC-BY-NC-4.0"}]
    for write in (in_jsonl, in_parquet):
        (record,) = write(tmp_path / "a.any", [{"messages": turns, "license": "MIT"}]).rows
        assert "CC-BY-NC-4.0" in record["license_raw"]
        assert "MIT" in record["license_raw"]


def test_conversations_that_differ_in_a_role_or_a_key_are_two_contents_and_nulls_and_order_say_nothing() -> None:
    def digest(turn: dict[str, Any]) -> bytes:
        of = talk({"messages": [turn]})
        return content_digest(of.text, of.stored)

    turn = {"role": "user", "content": "a", "weight": 1}
    assert digest(turn) == digest({"weight": 1, "content": "a", "role": "user", "name": None})
    others = [{**turn, "role": "system"}, {**turn, "weight": 0}, {"from": "user", "value": "a", "weight": 1}]
    assert len({digest(turn), *map(digest, others)}) == 4


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["[{", "role", '{"role": "user"}']),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "from", "value", "type", "text", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


COLUMNS = ["messages", "conversations", "prompt", "completion", "system", "input"]


@given(st.dictionaries(st.sampled_from(COLUMNS), values))
def test_row_whatever_it_holds_is_a_conversation_with_what_its_turns_say_in_the_text_or_none(
    row: dict[str, Any],
) -> None:
    with contextlib.suppress(NoTalk, Repeated):
        of = talk(row)
        kept = json.loads(of.stored)["columns"]
        turns = [turn for column in of.columns if isinstance(kept[column], list) for turn in kept[column]]
        contents = [turn.get("content") for turn in turns if isinstance(turn, dict)]
        assert all(content in of.text for content in contents if isinstance(content, str))

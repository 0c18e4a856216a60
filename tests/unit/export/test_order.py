"""What cannot be ordered is an error before anything is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rightful.errors import InputError, UnknownName
from rightful.export.order import Order


def order(**options: Any) -> Order:
    return Order(**{"out": Path("out"), "format": "parquet", **options})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"format": "megatron", "tokenizer": "train:300", "eod": "<eod>", "on_unencodable": "count"},
        {"format": "bin", "raw": True, "raw_as": "npy", "shard_tokens": 2**31},
        {"format": "text"},
        {"format": "text", "text_as": "jsonl", "shard_bytes": 1, "seed": -(2**63)},
    ],
)
def test_order_that_can_be_made_is_no_error(tmp_path: Path, options: dict[str, Any]) -> None:
    order(**options).check(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "parket"}, "unknown shard format 'parket'"),
        ({"format": "text", "text_as": ""}, "--text-as"),
        ({"shard_tokens": 0}, "--shard-tokens 0 is not a positive number"),
        ({"format": "text", "shard_bytes": -1}, "--shard-bytes -1 is not a positive number"),
        ({"seed": 2**63}, "is not a 64-bit number"),
        ({"on_unencodable": "drop"}, "'drop' is not known"),
        ({"tokenizer": "/no/such/file.json"}, "there is no file '/no/such/file.json'"),
        ({"format": "bin", "shard_tokens": 2**31}, "are more than the header of llm.c counts"),
        ({"raw": True}, "--raw: is for files of ids alone, and --format parquet has more"),
        ({"format": "text", "raw_as": "npy"}, "--raw-as: is for files of ids alone, and --format text has more"),
        ({"format": "bin", "raw_as": "npy"}, "add --raw"),
        ({"format": "bin", "raw": True, "raw_as": "dat"}, "'dat' is not known"),
        ({"tokenizer": "gpt2"}, "no tokenizer of that name lies here"),
    ],
)
def test_order_that_cannot_be_made_is_an_error(
    tmp_path: Path, options: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(InputError) as caught:
        order(**options).check(tmp_path)
    assert message in str(caught.value)


def test_name_of_a_format_that_is_nearly_one_says_which(tmp_path: Path) -> None:
    with pytest.raises(UnknownName) as caught:
        order(format="txt").check(tmp_path)
    assert (caught.value.subject, caught.value.hint) == ("--format", "did you mean 'text'?")

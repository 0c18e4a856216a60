"""A tokenizer that is trained on some of the records: which, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rightful import Store
from rightful.errors import InputError


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("sampled")
    lines = [
        json.dumps({"id": f"d{i}", "text": f"only{i} only{i} is said here of {i * i}", "license": "CC0-1.0"})
        for i in range(40)
    ]
    (folder / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    store = Store(folder / "store")
    store.ingest([folder / "in.jsonl"], workers=1, recipe="none")
    return store


def test_train_sample_is_stated_and_the_same_again(store: Store, tmp_path: Path) -> None:
    made = [
        store.export(tmp_path / f"{n}", "train.pretrain", tokenizer="train:300", train_sample="0.25", workers=1)
        for n in range(2)
    ]
    of = made[0]["tokenizer"]["trained_on"]
    assert of["records"] == 10
    assert of["sample"] == {"requested": "0.25", "of": 40, "seed": 0}
    assert made[0]["tokenizer"]["sha256"] == made[1]["tokenizer"]["sha256"]
    assert made[0]["records"] == 40, "all of them are exported"
    few = store.export(tmp_path / "few", "train.pretrain", tokenizer="train:300", train_sample=5, workers=1)
    every = store.export(tmp_path / "all", "train.pretrain", tokenizer="train:300", workers=1)
    assert few["tokenizer"]["trained_on"]["records"] == 5
    assert every["tokenizer"]["trained_on"]["sample"] is None
    assert every["tokenizer"]["trained_on"]["records"] == 40


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tokenizer": "bytes", "train_sample": 5}, "--train-sample: is of the records that a tokenizer is trained on"),
        ({"train_sample": 5}, "--train-sample: is of the records that a tokenizer is trained on"),
        ({"tokenizer": "train:300", "train_sample": "0"}, "--train-sample: '0' is no sample"),
        ({"tokenizer": "train:300", "train_sample": "1.5"}, "--train-sample: '1.5' is no sample"),
        ({"tokenizer": "train:300", "train_sample": "many"}, "--train-sample: 'many' is no sample"),
    ],
)
def test_train_sample_that_is_none_is_refused_before_any_work(
    store: Store, tmp_path: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError) as error:
        store.export(tmp_path / "out", "train.pretrain", **options)
    assert str(error.value).startswith(message)
    assert not (tmp_path / "out").exists()

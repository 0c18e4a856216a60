"""Records whose content is elsewhere, in a store: decided, withdrawn, listed, and never exported as a text."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.errors import Refused

CREDIT: dict[str, Any] = {"use": "train.pretrain", "accept": ["credit"]}


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def digest(n: int) -> str:
    return hashlib.sha256(f"picture {n}".encode()).hexdigest()


def row(n: int, **more: Any) -> dict[str, Any]:
    return {
        "url": f"https://img.example.org/{n}.jpg",
        "caption": f"A heron at pier {n}",
        "width": 640,
        "height": 480,
        "sha256": digest(n),
        "license": "CC-BY-4.0",
        **more,
    }


def store_of(tmp_path: Path, rows: list[dict[str, Any]], **card: Any) -> Store:
    folder = tmp_path / "pictures"
    folder.mkdir(exist_ok=True)
    stated = {"name": "pictures", "covers": "contents", **card}
    (folder / "source.toml").write_text("".join(f'{key} = "{value}"\n' for key, value in stated.items()))
    (folder / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    store = Store(tmp_path / "store")
    store.ingest([folder])
    return store


def urls(store: Store, out: Path) -> list[str]:
    store.query(**CREDIT, out=out)
    return sorted(one["url"].rpartition("/")[2] for one in read_lines(out))


def test_each_row_is_decided_and_listed_with_its_address(tmp_path: Path) -> None:
    store = store_of(tmp_path, [row(1), row(2, license="CC-BY-NC-4.0"), row(3, license="odd words")])
    assert urls(store, tmp_path / "a.jsonl") == ["1.jpg"]
    [one] = read_lines(tmp_path / "a.jsonl")
    assert (one["content_sha256"], one["n_chars"], one["title"]) == (digest(1), 0, "A heron at pier 1")
    assert one["pii_state"] == "not_scanned"


@pytest.mark.parametrize(
    "selector",
    [
        {"content_sha256": digest(2)},
        {"url": "http://img.example.org/2.jpg"},
        {"url_prefix": "https://img.example.org/2.jpg"},
    ],
)
def test_withdrawal_of_a_picture_reaches_its_row_and_outlives_it(tmp_path: Path, selector: dict[str, str]) -> None:
    store = store_of(tmp_path, [row(1), row(2)])
    store.consent.withdraw(**selector, reason="its owner asks")
    assert urls(store, tmp_path / "a.jsonl") == ["1.jpg"]
    moved = row(2, url="https://cdn.example.net/x.jpg") if "content_sha256" in selector else row(2, sha256=digest(9))
    store_of(tmp_path, [row(1), moved])
    assert urls(store, tmp_path / "b.jsonl") == ["1.jpg"]


def test_rows_of_one_picture_are_exact_copies_and_contest_each_other(tmp_path: Path) -> None:
    store = store_of(tmp_path, [row(1), row(2, sha256=digest(1), license="CC-BY-NC-4.0"), row(3)])
    assert urls(store, tmp_path / "a.jsonl") == ["3.jpg"]


def test_rows_without_a_digest_are_not_taken_for_copies(tmp_path: Path) -> None:
    store = store_of(tmp_path, [row(1, sha256=None), row(2, sha256=None)])
    assert urls(store, tmp_path / "a.jsonl") == ["1.jpg", "2.jpg"]
    assert store.sql("SELECT count(*) AS n FROM duplicates") == [{"n": 0}]


@pytest.mark.parametrize("form", ["text", "parquet"])
def test_export_says_what_it_cannot(tmp_path: Path, form: str) -> None:
    text = {"text": "A text that is here, of herons and of piers.", "license": "CC-BY-4.0"}
    store = store_of(tmp_path, [row(1), row(2), text])
    done = store.export(tmp_path / "out", **CREDIT, format=form)
    assert (done["records"], done["refused"]) == (1, {"content-elsewhere": 2})
    assert store.verify(tmp_path / "out")["ok"]


def test_export_of_nothing_but_pictures_is_refused_with_the_reason(tmp_path: Path) -> None:
    store = store_of(tmp_path, [row(1), row(2)])
    with pytest.raises(Refused, match="the content is elsewhere"):
        store.export(tmp_path / "out", **CREDIT, format="text")
    assert not (tmp_path / "out").exists()


def test_tags_that_are_made_anew_keep_what_the_picture_is_known_by(tmp_path: Path) -> None:
    store = store_of(tmp_path, [row(1), row(2, sha256=None)])
    before = store.sql("SELECT record_id, content_sha256, norm_sha256, pii_state FROM records ORDER BY ALL")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("[pii]\naddresses = 'all'\n")
    assert store.tag(recipe=recipe)["records"] == 2
    assert store.sql("SELECT record_id, content_sha256, norm_sha256, pii_state FROM records ORDER BY ALL") == before


def test_picture_of_persons_waits_for_a_scan_that_nobody_makes_here(tmp_path: Path) -> None:
    store = store_of(tmp_path, [row(1)], personal_data="yes", legal_basis="legitimate_interests")
    assert urls(store, tmp_path / "a.jsonl") == []


def test_next_lists_addresses_where_there_is_no_text_to_export(tmp_path: Path) -> None:
    store = store_of(tmp_path, [row(1)])
    step = store.query(**CREDIT).next[0]
    assert step["text"] == "list the addresses of 1 record whose content is elsewhere"
    assert "query" in step["command"]
    assert "-o out.csv" in step["command"]

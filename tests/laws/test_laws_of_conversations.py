"""Whoever withdraws a conversation withdraws all of it. Law 7.1."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rightful.errors import Refused
from rightful.query.exported import INDEX
from rightful.readers.talks import again
from rightful.store.parquet import read
from tests.unit.shelf import USE, Shelf

MINE = "Ada leaves at nine"
TURNS = [{"role": "user", "content": f"{MINE}."}, {"role": "assistant", "content": "I see.", "note": MINE}]


@pytest.mark.parametrize("selector", ["record", "url-prefix", "content-sha256", "source"])
def test_a_conversation_that_was_withdrawn_leaves_in_no_form(tmp_path: Path, selector: str) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("talks", {"messages": TURNS, "url": "https://talks.example/1"})
    shelf.put("others", "A text of others.")
    made = [tmp_path / "before", tmp_path / "after"]
    ways = [{"format": "text", "text_as": way} for way in ("jsonl", "parquet")] + [{"tokenizer": "bytes"}]
    shelf.store.export(made[0], **USE, **ways[0], workers=1)
    (talk,) = shelf.store.sql("SELECT record_id, content_sha256 FROM records WHERE source_id = 'talks'")
    (kept,) = shelf.store.sql("SELECT conversation, text FROM texts WHERE conversation IS NOT NULL")
    named = {"record": talk["record_id"], "url-prefix": "https://talks.example/", "source": "talks"}
    shelf.withdraw(selector, named.get(selector, talk["content_sha256"]))

    assert talk["record_id"] in {entry["record"] for entry in shelf.store.verify(made[0])["stale"]}
    for n, way in enumerate(ways):
        out = tmp_path / f"after-{n}"
        shelf.store.export(out, **USE, **way, workers=1)
        assert talk["record_id"] not in {entry["record_id"] for entry in read(out / INDEX).to_pylist()}
        assert MINE.encode() not in b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert not shelf.store.sql("SELECT * FROM texts WHERE contains(coalesce(conversation, text), 'Ada')")

    # It comes back neither in its own form nor as its text, whoever brings it.
    text = again(kept["conversation"]).text
    assert text == kept["text"]
    shelf.put("mirror", {"conversations": json.dumps(TURNS)}, {"text": text}, {"text": text, "messages": TURNS})
    assert shelf.chosen() == ["others-0"]
    with pytest.raises(Refused):
        shelf.store.export(tmp_path / "none", **USE, format="text", where="source_id <> 'others'", workers=1)

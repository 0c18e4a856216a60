"""Near copies of a text from outside: what is alike is named with what it is, no text is answered, none is missed in silence."""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasketch
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.api import Store
from rightful.errors import InputError, StoreError
from rightful.query import similar as searching
from rightful.recipes.recipe import RECORDED
from rightful.stages.signature import Signature
from rightful.store.ledger import Ledger
from tests.ledgers import rewrite
from tests.unit.shelf import Shelf, wording


def filled(folder: Path) -> Shelf:
    """A text, near copies of it and others."""
    shelf = Shelf(folder)
    shelf.put("poets", wording("tide"), wording("tide", 20), wording("mole"))
    shelf.put("mirror", wording("tide"), wording("tide", 60), "…!")
    return shelf


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """One for all tests that only ask."""
    return filled(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def own(tmp_path: Path) -> Shelf:
    """One for a test that changes it."""
    return filled(tmp_path)


def matches(shelf: Shelf, text: str | Path, **options: Any) -> dict[str, dict[str, Any]]:
    """The matches by the ids that the sources gave."""
    return {match["source_record_id"]: match for match in shelf.store.similar(text, **options).matches}


def plainly(one: str, other: str) -> float:
    """The Jaccard similarity of runs of five words, the obvious way."""
    sets = [{tuple(words[n : n + 5]) for n in range(len(words) - 4)} for words in (one.split(), other.split())]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_similar_has_exact_similarities_and_the_most_alike_first(shelf: Shelf) -> None:
    listed = matches(shelf, wording("tide"), threshold=0.3)
    assert [*listed][2:] == ["poets-1", "mirror-1"]
    assert {*listed} == {"poets-0", "mirror-0", "poets-1", "mirror-1"}
    for name, changed in (("poets-0", 0), ("poets-1", 20), ("mirror-1", 60)):
        assert listed[name]["similarity"] == plainly(wording("tide"), wording("tide", changed))
        assert listed[name]["estimated"] == pytest.approx(listed[name]["similarity"], abs=0.2)
    assert [listed[name]["exact"] for name in ("poets-0", "mirror-0", "poets-1")] == [True, True, False]
    assert {match["state"] for match in listed.values()} == {"stored"}


def test_similar_threshold_is_of_the_exact_similarity(shelf: Shelf) -> None:
    exact = plainly(wording("tide"), wording("tide", 20))
    assert "poets-1" in matches(shelf, wording("tide"), threshold=exact)
    assert "poets-1" not in matches(shelf, wording("tide"), threshold=exact + 1e-9)


def test_similar_has_whatever_an_lsh_of_datasketch_has(shelf: Shelf) -> None:
    text = wording("tide", 10)
    index = shelf.store.lsh(0.5)
    answered = {match["record"] for match in shelf.store.similar(text, threshold=0.5).matches}
    assert isinstance(index, datasketch.MinHashLSH)
    assert answered
    assert {*index.query(shelf.store.minhash(text))} <= answered


def test_similar_never_answers_a_text(shelf: Shelf) -> None:
    assert "tide1" not in json.dumps(shelf.store.similar(wording("tide"), threshold=0.1).as_json())


def test_similar_names_what_was_withdrawn_with_its_copies(own: Shelf) -> None:
    own.withdraw("source", "poets")
    states = {name: match["state"] for name, match in matches(own, wording("tide"), threshold=0.3).items()}
    assert states == {"poets-0": "withdrawn", "mirror-0": "withdrawn", "poets-1": "withdrawn", "mirror-1": "stored"}


def test_similar_names_what_is_an_older_version(own: Shelf) -> None:
    own.put("poets", wording("dune"), wording("tide", 20), wording("mole"))
    listed = matches(own, wording("tide"))
    assert {name: match["state"] for name, match in listed.items()} == {
        "poets-0": "superseded",
        "mirror-0": "stored",
        "poets-1": "stored",
    }


def test_similar_names_what_is_gone_from_its_file(own: Shelf) -> None:
    own.put("mirror", wording("elm"))
    assert matches(own, wording("tide"), threshold=0.3)["mirror-1"]["state"] == "retired"


def test_similar_of_nothing_alike_is_empty_and_says_what_was_compared(shelf: Shelf) -> None:
    answer = shelf.store.similar(wording("fern"))
    assert (answer.matches, answer.more, answer.verified) == ([], 0, 0)
    assert answer.compared == {"signatures": 5, "bytes": 5 * 448}


def test_similar_text_without_words_is_found_as_an_exact_copy_alone(shelf: Shelf) -> None:
    assert {*matches(shelf, "…!")} == {"mirror-2"}
    assert matches(shelf, "…?") == {}
    assert matches(shelf, "") == {}


def test_similar_limit_counts_the_rest(shelf: Shelf) -> None:
    answer = shelf.store.similar(wording("tide"), threshold=0.3, limit=1)
    assert (len(answer.matches), answer.more) == (1, 3)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"threshold": 0}, "above 0, at most 1, not 0"),
        ({"threshold": 1.1}, "above 0, at most 1, not 1.1"),
        ({"threshold": float("nan")}, "at most 1, not nan"),
        ({"limit": 0}, "--limit 0 is not a positive number"),
    ],
)
def test_similar_setting_that_is_none_is_named(shelf: Shelf, options: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        shelf.store.similar("a", **options)


def test_similar_many_candidates_are_kept_to_those_that_agree_most(own: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_VERIFIED", 2)
    own.put("many", *(wording("tide", n) for n in range(1, 40)))
    answer = own.store.similar(wording("tide"), threshold=0.3)
    assert answer.candidates > 30
    assert answer.verified == 2
    assert {match["source_record_id"] for match in answer.matches} == {"poets-0", "mirror-0"}


@pytest.mark.parametrize("value", [bytearray(b"a"), None, 3, ["a"], object()])
def test_similar_of_what_is_no_text_says_what_is(shelf: Shelf, value: Any) -> None:
    with pytest.raises(
        InputError, match=rf"text: expected a text or bytes or a path, not .*\({type(value).__name__}\)"
    ):
        shelf.store.similar(value)


def test_similar_lone_surrogate_is_an_error(shelf: Shelf) -> None:
    with pytest.raises(InputError, match="half a character at position 1"):
        shelf.store.similar("a\ud800")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("rows.jsonl", b'{"text": "a"}\n', r"holds rows \(jsonl\), not one text"),
        ("latin.txt", b"caf\xe9", "not UTF-8: byte 0xe9 at byte 3"),
        ("empty.txt", b"", "empty file"),
        ("image", b"\x00\x01", "binary file"),
        ("source.toml", b'name = "x"', "is a source card"),
        ("none.txt", None, "none.txt"),
    ],
)
def test_similar_file_that_is_no_text_is_named(
    shelf: Shelf, tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    file = tmp_path / "given" / name
    file.parent.mkdir()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=why):
        shelf.store.similar(file)


def test_similar_folder_is_no_text(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder, not a file of one text"):
        shelf.store.similar(tmp_path)


def test_similar_reads_a_file_as_an_ingest_does(shelf: Shelf, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(f"<html><title>t</title><body><p>{wording('tide')}</p></body></html>", encoding="utf-8")
    assert matches(shelf, file)["poets-0"]["exact"]


def test_similar_records_of_another_rule_are_counted_and_not_compared(own: Shelf) -> None:
    recipe = own.store.recipe().recorded[0]["digest"]
    other = "UPDATE meta SET value = replace(value, ?, 'rightful-signature/0') WHERE key = ?"
    with contextlib.closing(Ledger.open(own.store.layout.ledger)) as ledger:
        rewrite(ledger, other, (Signature.version, f"{RECORDED}{recipe}"))
    answer = own.store.similar(wording("tide"))
    assert [(one["records"], "another rule" in one["reason"]) for one in answer.unsearched] == [(6, True)]
    assert answer.compared["signatures"] == 0
    assert {match["source_record_id"] for match in answer.matches} == {"poets-0", "mirror-0"}, (
        "exact copies all the same"
    )


def test_similar_part_that_was_altered_is_named(own: Shelf) -> None:
    (first, *_) = sorted((own.root / "store" / "signatures").iterdir())
    table = pq.read_table(first)
    shutil.copyfile(first, first.with_suffix(".was"))
    pq.write_table(table, first)
    with pytest.raises(StoreError, match="the part is damaged"):
        own.store.similar(wording("tide"))


def test_signatures_are_those_of_records_that_count_and_have_words(own: Shelf) -> None:
    own.put("poets", wording("dune"), wording("tide", 20), wording("mole"))
    sketches = dict(own.store.signatures())
    rows = own.store.sql("SELECT record_id, source_record_id, text FROM records JOIN texts USING (record_id)")
    words = {row["record_id"]: row for row in rows if row["text"] != "…!"}
    assert sketches.keys() == words.keys()
    for record, sketch in sketches.items():
        assert isinstance(sketch, datasketch.MinHash)
        assert sketch == own.store.minhash(words[record]["text"])


def test_signatures_of_an_older_snapshot_are_those_it_had(shelf: Shelf) -> None:
    assert len([*shelf.store.signatures(snapshot=1)]) == 3
    with pytest.raises(StoreError, match="snapshot"):
        next(iter(shelf.store.signatures(snapshot=99)))


def test_minhash_of_a_text_is_of_the_class_that_a_user_imports(shelf: Shelf) -> None:
    one, other = shelf.store.minhash(wording("tide")), shelf.store.minhash(wording("tide", 20))
    assert isinstance(one, datasketch.MinHash)
    assert one.jaccard(other) == pytest.approx(plainly(wording("tide"), wording("tide", 20)), abs=0.2)


def test_minhash_of_a_long_text_needs_little_memory() -> None:
    text = " ".join(f"w{n}" for n in range(200_000))
    hashes, _ = Signature().shingles(pa.record_batch({"text": [text]}))
    values = Store("no-store").minhash(text).hashvalues
    assert (
        values == np.frombuffer(Signature()(pa.record_batch({"text": [text]}))["signature"][0].as_py(), "<u4")
    ).all()
    assert hashes.size == 199_996


@pytest.mark.parametrize("threshold", [0, -1, 1.5])
def test_lsh_threshold_that_is_none_is_named(shelf: Shelf, threshold: float) -> None:
    with pytest.raises(InputError, match="expected a similarity above 0"):
        shelf.store.lsh(threshold)


def test_lsh_answers_record_ids(shelf: Shelf) -> None:
    records = {row["record_id"] for row in shelf.store.sql("SELECT record_id FROM records")}
    candidates = shelf.store.lsh(0.8).query(shelf.store.minhash(wording("tide")))
    assert candidates
    assert {*candidates} <= records


def test_similar_without_a_store_names_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store"):
        Store(tmp_path / "none").similar("a")


def command(shelf: Shelf, *words: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    program = [sys.executable, "-c", "from rightful.cli import main; main()", "--store", str(shelf.root / "store")]
    return subprocess.run([*program, "similar", *words], input=given, capture_output=True, check=False)


def test_similar_command_reads_standard_input_and_says_the_next_command(shelf: Shelf) -> None:
    done = command(shelf, "-", given=wording("tide").encode())
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[0] == "the text: 1 489 characters, 196 shingles; similarity of 0.7 and more"
    assert "exact copy" in lines[3]
    assert lines[-5].startswith("5 signatures compared (0.0 MB), 4 texts read")
    assert lines[-3] == "next"
    words = shlex.split(lines[-1])
    assert words[:4] == ["rightful", "--store", str(shelf.root / "store"), "explain"]
    explained = shelf.store.explain(words[4], use=words[-1])
    assert explained["record"] == words[4], "it is typed as it stands"


def test_similar_command_with_bytes_that_are_no_text_is_usage(shelf: Shelf) -> None:
    done = command(shelf, "-", "--json", given=b"caf\xe9")
    assert done.returncode == 2
    assert done.stderr.decode().startswith("error: text: not UTF-8: byte 0xe9 at byte 3\n  hint: convert")
    assert json.loads(done.stdout)["error"]["subject"] == "text"

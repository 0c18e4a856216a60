"""The sample corpus: the script writes what lies here, the story holds, and every bad file is bad in its way."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.errors import InputError
from rightful.rights.uses import Act, Vocabulary
from rightful.signals.cards.source_card import SourceCard, card_of

HERE = Path(__file__).resolve().parents[2] / "sample_data"
GOOD, BAD = HERE / "good", HERE / "bad"
README = (HERE / "README.md").read_text("utf-8")

# The acts that the cards name are enough to read them.
WORDS = Vocabulary(
    version="test",
    acts={a: Act(a, "", date(2000, 1, 1)) for a in ("store.copy", "mine.analyse", "train.nongen", "eval.benchmark")},
    obligations={},
    applications={},
)
CARDS = {
    path.parent.name: card_of(tomllib.loads(path.read_text("utf-8")), path.parent.name, WORDS)
    for path in sorted(GOOD.glob("*/source.toml"))
}
WELL_KNOWN = {"text": "text", "id": "id", "url": "url", "license": "license", "language": "language"}

Record = dict[str, Any]


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but what Python leaves behind: POSIX path -> bytes."""
    found = (p for p in folder.rglob("*") if p.is_file() and p.parent.name != "__pycache__")
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in found}


def rows(path: Path) -> Iterator[Record]:
    """The rows of a table, or the one row of a text file, read without our own readers."""
    data = path.read_bytes()
    if path.suffix == ".parquet":
        yield from pq.read_table(path).to_pylist()
    elif path.suffix == ".csv":
        yield from csv.DictReader(io.StringIO(data.decode(), newline=""))
    elif ".jsonl" in path.suffixes:
        lines = gzip.decompress(data) if path.suffix == ".gz" else data
        yield from map(json.loads, lines.splitlines())
    else:
        named = path.relative_to(GOOD).as_posix().partition("/")[2]
        language = next((part for part in path.parts if part in ("de", "fr", "ja")), "en")
        yield {"id": named, "text": data.decode(), "language": language}


def read(source: str) -> list[Record]:
    """The records of a source under the well-known names, each with its source."""
    card = CARDS[source]
    columns = WELL_KNOWN | dict(card.fields)
    found = []
    for path in sorted((GOOD / source).rglob("*")):
        if path.is_file() and path.name != "source.toml" and path.parent.name != "__pycache__":
            for row in rows(path):
                found.append({"source": source} | row | {name: row.get(column) for name, column in columns.items()})
    return found


RECORDS = [record for source in CARDS for record in read(source)]
BY_KEY = {(r["source"], r["id"]): r for r in RECORDS}


def table(title: str) -> list[list[str]]:
    """The body of the table below a heading of the README, as cells."""
    section = README.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the script writes into an empty folder."""
    folder = tmp_path_factory.mktemp("made")
    done = subprocess.run(
        [sys.executable, HERE / "make.py", folder], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


@pytest.mark.parametrize("part", ["good", "bad"])
def test_script_run_elsewhere_writes_what_lies_here(made: Path, part: str) -> None:
    came, here = files(made / part), files(HERE / part)
    assert sorted(came) == sorted(here)
    differing = [name for name in came if came[name] != here[name] and not name.endswith(".parquet")]
    assert differing == [], "run python sample_data/make.py and look at the difference"


def test_script_run_elsewhere_writes_the_same_parquet_rows(made: Path) -> None:
    name = "archive-2019/gazette.parquet"
    assert pq.read_table(made / "good" / name).equals(pq.read_table(GOOD / name))


def test_script_beside_a_file_of_somebody_else_names_it(tmp_path: Path) -> None:
    stray = tmp_path / "good" / "poets" / "notes.txt"
    stray.parent.mkdir(parents=True)
    stray.write_text("not ours")
    done = subprocess.run([sys.executable, HERE / "make.py", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("good/poets/notes.txt: not written by this script")
    assert stray.read_text() == "not ours"


def test_readme_table_of_sources_says_what_is_there() -> None:
    stated = {row[0].strip("`"): (int(row[2]), row[3].split(", ")) for row in table("The sources")}
    came = {
        source: (len(found), sorted({r["language"] for r in found}))
        for source, found in ((s, [r for r in RECORDS if r["source"] == s]) for s in CARDS)
    }
    assert came == stated
    assert len(stated) == 10
    assert f"{len(RECORDS)} records in ten sources and five languages" in README
    assert 95 <= len(RECORDS) <= 115


def test_languages_are_five_with_eight_records_each() -> None:
    names = {"en": "English", "es": "Spanish", "fr": "French", "de": "German", "ja": "Japanese"}
    came = Counter(r["language"] for r in RECORDS)
    assert set(came) == set(names)
    assert min(came.values()) >= 8
    assert ", ".join(f"{n} {names[language]}" for language, n in came.most_common()) in README


def test_sizes_stay_small() -> None:
    assert sum(map(len, files(HERE).values())) < 1_000_000
    assert {name: len(data) for name, data in files(BAD).items() if len(data) >= 20_000} == {}


def test_records_are_prose_with_an_id_of_their_own() -> None:
    assert len(BY_KEY) == len(RECORDS)
    short = [r["id"] for r in RECORDS if len(r["text"]) < (100 if r["language"] == "ja" else 240)]
    assert short == []


def shingles(text: str, size: int = 5) -> set[tuple[str, ...]]:
    """Runs of words; of characters in Japanese, which does not part its words."""
    words = re.findall(r"\w+", text.lower())
    if re.search(r"[\u3040-\u30ff]", text):
        words = list("".join(words))
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}


def test_texts_differ_but_for_the_copies_that_the_readme_lists() -> None:
    listed = {}
    for copy, kind, original in table("The copies"):
        record_id, source = re.findall(r"`([^`]+)`", original)
        listed[frozenset({("mirror", copy.strip("`")), (source, record_id)})] = kind
    came = {}
    prepared = [((r["source"], r["id"]), r["text"].strip(), shingles(r["text"])) for r in RECORDS]
    for (a, a_text, a_runs), (b, b_text, b_runs) in itertools.combinations(prepared, 2):
        alike = len(a_runs & b_runs) / len(a_runs | b_runs)
        if a_text == b_text:
            came[frozenset({a, b})] = "an exact copy"
        elif alike >= 0.8:
            came[frozenset({a, b})] = "a near copy"
        else:
            assert alike < 0.1, f"{a} and {b} are {alike:.2f} alike: neither copies nor distinct"
    assert came == listed
    assert Counter(came.values()) == {"an exact copy": 5, "a near copy": 3}
    assert Counter(min(s for s, _ in pair) for pair in came if came[pair] == "an exact copy") == {
        "almanac": 3,
        "mirror": 2,
    }


def test_addresses_lie_under_reserved_names() -> None:
    reserved = re.compile(r"(?:[\w-]+\.)*(?:example|example\.(?:org|com))")
    for path, data in files(GOOD).items():
        text = gzip.decompress(data).decode() if path.endswith(".gz") else data.decode("utf-8", "replace")
        for host in re.findall(r"https?://([^/\s\"'<>]+)|\b[\w.]+@([\w.-]+\w)", text):
            assert reserved.fullmatch(host[0] or host[1]), f"{path}: {host}"
    for record in RECORDS:
        assert record["url"] is None or re.match(r"https://([\w.-]+\.)?example(\.org)?/", record["url"]), record["id"]


EXPECTED_CARDS: Mapping[str, Mapping[str, Any]] = {
    "almanac": {"license": "CC-BY-4.0", "authority": "publisher", "personal_data": "no"},
    "archive-2019": {"license": "MIT", "valid_until": datetime(2024, 1, 1, tzinfo=UTC)},
    "forum": {"license": None, "consent": None, "authority": "collector", "personal_data": "unknown"},
    "handbook": {"license": "MIT OR Apache-2.0", "authority": "publisher"},
    "mail": {"license": None, "personal_data": "yes", "collected_for": ("spam_filtering",)},
    "mirror": {"license": "MIT", "authority": "collector", "derived_from": ()},
    "open-data": {"license": "ODbL-1.0", "covers": "compilation"},
    "poets": {"license": "CC-BY-NC-4.0", "authority": "publisher"},
    "public-notices": {"license": "CC0-1.0", "authority": "publisher"},
    "village-wiki": {"license": "CC-BY-SA-4.0", "authority": "publisher"},
}


@pytest.mark.parametrize("source", EXPECTED_CARDS)
def test_card_says_what_the_story_needs(source: str) -> None:
    card = CARDS[source]
    assert card.source_id == source
    assert {key: getattr(card, key) for key in EXPECTED_CARDS[source]} == EXPECTED_CARDS[source]
    assert card.covers == ("compilation" if source == "open-data" else "contents")


def test_cards_are_as_many_as_the_folders() -> None:
    assert set(CARDS) == set(EXPECTED_CARDS) == {path.name for path in GOOD.iterdir()}


def test_card_of_handbook_states_its_ancestor_and_its_license() -> None:
    assert [(a.name, a.license) for a in CARDS["handbook"].derived_from] == [("tide-tables", "MIT")]


def test_mail_is_consented_for_spam_filtering_with_a_person_per_message() -> None:
    consent = CARDS["mail"].consent
    assert consent is not None
    assert consent.status == "given"
    assert set(consent.acts) == {"train.nongen", "mine.analyse", "store.copy", "eval.benchmark"}
    assert consent.purposes == ("commercial", "noncommercial")
    assert consent.applications == ("spam_filtering",)
    assert consent.party
    assert consent.receipt
    column = dict(CARDS["mail"].fields)["subject"]
    people = Counter(r[column] for r in RECORDS if r["source"] == "mail")
    assert len(people) == 5
    assert all(re.fullmatch(r"[a-z.]+@example\.(org|com)", person) for person in people)
    assert max(people.values()) == 2


def test_rows_state_the_licenses_of_the_story() -> None:
    poets = {r["id"]: r["license"] for r in RECORDS if r["source"] == "poets" and r["license"]}
    assert poets == {"fr-03": "CC-BY-NC-ND-4.0", "es-02": "CC-BY-4.0"}
    forum = Counter(r["license"] for r in RECORDS if r["source"] == "forum")
    assert forum == {"": 5, "other": 3, "unknown": 1, "all rights reserved, ask me": 1}
    assert Counter(r["metadata"]["license"] for r in RECORDS if r["source"] == "open-data") == {
        "CC-BY-4.0": 3,
        "GPL-3.0-only": 2,
        "BUSL-1.1": 1,
        "CC0-1.0": 1,
        "GFDL-1.3-only": 1,
        "OGL-UK-3.0": 1,
        "libre, creo; preguntar a Tomás": 1,
    }


def test_author_who_withdraws_has_a_prefix_that_a_neighbour_only_seems_to_share() -> None:
    prefix = "https://almanac.example/authors/mira-castellan"
    seeming = [r for r in RECORDS if (r["url"] or "").startswith(prefix)]
    hers = [r for r in seeming if r["url"].startswith(prefix + "/")]
    assert {r["author"] for r in hers} == {"Mira Castellan"}
    assert len(hers) == 5
    assert [r["author"] for r in seeming if r not in hers] == ["Mira Castellanos"]
    elsewhere = [r["id"] for r in RECORDS if r["source"] == "mirror" and r["text"] in {h["text"] for h in hers}]
    assert elsewhere == ["m-001", "m-002"]
    assert f"`{prefix}`" in README


def line(data: bytes, number: int) -> Any:
    """A line of JSON, counted from one."""
    return json.loads(data.splitlines()[number - 1])


def raises(error: type[Exception], action: Callable[[], object], match: str | None = None) -> bool:
    """True; fails where the action does not raise."""
    with pytest.raises(error, match=match):
        action()
    return True


def card(data: bytes) -> SourceCard:
    return card_of(tomllib.loads(data.decode()), "source.toml", WORDS)


def unzstd(data: bytes) -> bytes:
    with pa.input_stream(io.BytesIO(data), compression="zstd") as stream:
        return bytes(stream.read())


def lone_surrogate(data: bytes) -> bool:
    return raises(UnicodeEncodeError, lambda: line(data, 2)["text"].encode(), "surrogates not allowed")


def hostile(data: bytes) -> bool:
    ids = [json.loads(row)["id"] for row in data.splitlines()]
    wanted = (
        "../../etc/passwd",
        "'; DROP TABLE records; --",
        "<script>",
        "\x1b[",
        "\x1b]",
        "\0",
        "\u202e",
        "x" * 6_000,
    )
    return all(any(w in i for i in ids) for w in wanted) and {"", " "} < set(ids) and len(set(ids)) == len(ids)


DEFECTS: Mapping[str, Callable[[bytes], bool]] = {
    "truncated.jsonl.gz": lambda d: raises(EOFError, lambda: gzip.decompress(d)),
    "truncated.jsonl.zst": lambda d: raises(OSError, lambda: unzstd(d), "Truncated"),
    "truncated.parquet": lambda d: raises(pa.ArrowInvalid, lambda: pq.read_table(io.BytesIO(d)), "magic bytes"),
    "not-json.jsonl": lambda d: raises(ValueError, lambda: line(d, 2), "[Cc]ontrol character|Unterminated"),
    "not-an-object.jsonl": lambda d: not any(isinstance(line(d, n), dict) for n in (2, 3, 4, 5)),
    "missing-text.jsonl": lambda d: [line(d, n).get("text", "absent") for n in (2, 3, 4)] == ["absent", None, 7],
    "nul-in-text.jsonl": lambda d: "\0" in line(d, 2)["text"],
    "nul.txt": lambda d: b"\0" in d and d.decode().isascii(),
    "latin1.txt": lambda d: raises(UnicodeDecodeError, d.decode) and "ä" in d.decode("latin-1"),
    "utf16.txt": lambda d: raises(UnicodeDecodeError, d.decode) and d.startswith(codecs.BOM_UTF16_LE),
    "surrogate.jsonl": lone_surrogate,
    "deep.jsonl": lambda d: b'"box": ' + b"[" * 2_000 + b"]" * 2_000 + b"}" in d.splitlines()[1],
    "duplicate-ids.jsonl": lambda d: (
        line(d, 1) == line(d, 2) and line(d, 3)["id"] == line(d, 1)["id"] and line(d, 3)["text"] != line(d, 1)["text"]
    ),
    "hostile-ids.jsonl": hostile,
    "empty.jsonl": lambda d: d == b"",
    "blank-lines.jsonl": lambda d: [bool(row.strip()) for row in d.split(b"\n")] == [0, 1, 0, 0, 0, 1, 0, 0, 0],
    "wrong-header.csv": lambda d: d.splitlines()[0] == b"weight,colour",
    "ragged.csv": lambda d: [len(row) for row in csv.reader(io.StringIO(d.decode()))] == [2, 2, 1, 4, 2],
    "not-a-tokenizer.json": lambda d: "model" not in json.loads(d),
    "binary.bin": lambda d: raises(UnicodeDecodeError, d.decode) and not d.startswith((b"\x1f\x8b", b"PAR1", b"(\xb5")),
    "bad-card/source.toml": lambda d: raises(InputError, lambda: card(d), "licence"),
    "bad-date/source.toml": lambda d: raises(InputError, lambda: card(d), "valid_until must be a date, or a time with"),
    "bad-zone/source.toml": lambda d: raises(InputError, lambda: card(d), "valid_until must be a date, or a time with"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_bad_file_has_its_defect(name: str) -> None:
    assert DEFECTS[name]((BAD / name).read_bytes())


def test_bad_files_are_all_checked_and_all_in_the_readme() -> None:
    there = {name for name in files(BAD) if not name.endswith("/note.txt")}
    assert there == set(DEFECTS)
    assert there == {name for row in table("The zoo") for name in re.findall(r"`([^`]+)`", row[0])}


@pytest.mark.parametrize("name", sorted(n for n in files(BAD) if n.endswith(".jsonl") and n[:3] not in ("emp", "hos")))
def test_bad_lines_stand_between_good_ones(name: str) -> None:
    lines = [row for row in (BAD / name).read_bytes().splitlines() if row.strip()]
    assert json.loads(lines[0])["id"] == "good-1"
    assert json.loads(lines[-1])["id"] == "good-2"


@pytest.mark.parametrize(("name", "begin"), [("truncated.jsonl.gz", 15), ("truncated.jsonl.zst", 12)])
def test_truncated_stream_begins_with_whole_lines(name: str, begin: int) -> None:
    """The blocks are stored, so the lines can be read where they lie."""
    lines = (BAD / name).read_bytes()[begin:].split(b"\n")
    assert json.loads(lines[0])["id"] == "good-1"
    assert raises(ValueError, lambda: json.loads(lines[-1]))

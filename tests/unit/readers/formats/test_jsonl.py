from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.readers import BATCH_ROWS, Fields, Item
from rightful.readers.formats.jsonl import divide
from rightful.readers.limits import Limits, raised
from rightful.readers.split import items
from tests.unit.readers.reading import PACKERS, found, letters, read_file, read_items, write_lines

FULL = {
    "id": 12,
    "text": "Tag\u2028 und\r\nNacht  ",
    "url": "https://example.org/a",
    "license": ["CC-BY-4.0", "MIT"],
    "language": "de",
    "title": "T",
    "authors": ["A", "B"],
    "date": "2023-04-27T10:00:00Z",
    "crawl_date": 1_682_589_600,
}


def test_jsonl_record_has_every_cell_and_the_exact_text(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [json.dumps(FULL)])
    (row,) = read_file(path, "jsonl").rows
    assert row["text"] == "Tag\u2028 und\r\nNacht  "
    assert row["published_at"] == row["fetched_at"]
    del row["text"], row["published_at"], row["fetched_at"]
    assert row == {
        "file": "a.jsonl",
        "line": 1,
        "source_record_id": "12",
        "url": "https://example.org/a",
        "license_raw": '["CC-BY-4.0","MIT"]',
        "statements": None,
        "language_stated": "de",
        "title": "T",
        "authors": ["A", "B"],
        "subject": None,
        "parents": None,
        "subjects": None,
        "urls": None,
        "conversation": None,
        "kept": None,
        "media": None,
        "media_sha256": None,
        "media_type": "text/plain",
    }


BAD = [
    (b'{"text": "a"', "not JSON: unexpected end of data (at character 12 of the line)"),
    (b"{'text': 'a'}", "not JSON: "),
    (b'{"text": "a", "score": NaN}', "not JSON: "),
    (b'{"text": "a"} {"text": "b"}', "not JSON: "),
    (b'{"text": "a\x01b"}', "not JSON: "),
    (b'{"text": "a\x00b"}', "not JSON: "),
    (b'["text"]', "not a JSON object"),
    (b'"text"', "not a JSON object"),
    (b"null", "not a JSON object"),
    (b'{"id": 1}', "no text field (tried text, "),
    (b'{"text": null}', "the text is null (field 'text')"),
    (b'{"text": 5}', "the text is a number, not a string (field 'text')"),
    (b'{"text": ["a"]}', "the text is a list, not a string (field 'text')"),
    (b'{"text": ""}', "empty text"),
    (b'{"text": " \\n\\u00a0"}', "empty text"),
    (b'{"text": "caf\xe9"}', "not UTF-8: byte 0xe9 at byte 13 of the line"),
    (b'{"text": "\xed\xa0\x80"}', "not UTF-8: byte 0xed at byte 10 of the line"),
    (b'{"text": "a\\u0000b"}', "NUL character in the text (at character 1)"),
    (b'{"text": "\\ud83d"}', "a lone surrogate (half a character) in a string"),
    (b'{"text": "a", "x": "\\udc00"}', "a lone surrogate (half a character) in a string"),
    (b'{"text": "a", "x": ' + b"[" * 3_000 + b"]" * 3_000 + b"}", "nested too deeply"),
    (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
]


@pytest.mark.parametrize(("line", "reason"), BAD)
def test_jsonl_bad_line_is_one_damage_and_its_neighbours_are_read(tmp_path: Path, line: bytes, reason: str) -> None:
    path = write_lines(tmp_path / "a.jsonl", ['{"text": "before"}', line, '{"text": "after"}'])
    reading = read_file(path, "jsonl")
    assert [(row["line"], row["text"]) for row in reading.rows] == [(1, "before"), (3, "after")]
    ((position, told),) = reading.faults
    assert position == "line 2"
    assert told.startswith(reason)
    assert reading.lines == 3


def test_jsonl_blank_lines_are_no_records_but_count_as_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf\n\r\n{"text": "a"}\r\n \t\n\n{"text": "b"}')
    reading = read_file(path, "jsonl")
    assert [(row["line"], row["text"]) for row in reading.rows] == [(3, "a"), (6, "b")]
    assert reading.damages == []
    assert reading.lines == 6


def test_jsonl_byte_order_mark_at_the_start_is_tolerated(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [b'\xef\xbb\xbf{"text": "a"}', b'\xef\xbb\xbf{"text": "b"}'])
    reading = read_file(path, "jsonl")
    assert reading.texts == ["a"]
    assert [position for position, _ in reading.faults] == ["line 2"]


def test_jsonl_in_utf_16_is_one_damage_however_it_is_divided(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n' * 50, "utf-16")
    reading = read_items(items([found(path, "jsonl")], target_bytes=100))
    assert reading.rows == []
    assert reading.faults == [(None, "UTF-16, not UTF-8: convert it first (iconv -f UTF-16 -t UTF-8)")]


def test_jsonl_line_beyond_the_limit_is_damage_with_size_and_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    most = 16 << 20
    padding = letters(most)
    path.write_bytes(PACKERS[".zst"](b'{"text": "a"}\n' + padding + b'{"text": "b"}\n{"text": "c"}\n'))
    reading = read_file(path, "jsonl", limits=Limits(value_bytes=most))
    assert reading.texts == ["a", "c"]
    assert reading.faults == [
        ("line 2", f"a line of {most + 13} bytes; at most {most} are read{raised('value_bytes')}")
    ]


def test_jsonl_id_of_many_digits_keeps_them(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [f'{{"id": 123456789012345678901234567{n}, "text": "a"}}' for n in (1, 2)])
    assert [row["source_record_id"] for row in read_file(path, "jsonl").rows] == [
        "1234567890123456789012345671",
        "1234567890123456789012345672",
    ]


@pytest.mark.parametrize("suffix", PACKERS)
def test_jsonl_truncated_stream_gives_complete_lines_then_one_damage(tmp_path: Path, suffix: str) -> None:
    whole = b"".join(b'{"text": "line %d"}\n' % n for n in range(1, 101))
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(PACKERS[suffix](whole) + PACKERS[suffix](b'{"text": "never finished"}\n')[:-4])
    reading = read_file(path, "jsonl")
    assert reading.texts[:100] == [f"line {n}" for n in range(1, 101)]
    ((position, reason),) = reading.faults
    assert position == f"line {len(reading.texts) + 1}"
    assert reason.startswith(
        f"the {dict(zip(PACKERS, ('gzip', 'bz2', 'zstd'), strict=True))[suffix]} data ends too early"
    )
    assert reason.endswith("fetch the file again")


def test_jsonl_truncated_in_a_line_never_yields_the_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(PACKERS[".gz"](b'{"text": "a"}\n') + PACKERS[".gz"](b'{"text": "b"}')[:-8])
    reading = read_file(path, "jsonl")
    assert reading.texts == ["a"]
    assert [position for position, _ in reading.faults] == ["line 2"]


def test_jsonl_file_that_vanished_is_damage_of_the_file(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", ['{"text": "a"}'])
    for item in (Item("jsonl", (found(path, "jsonl"),)), Item("jsonl", (found(path, "jsonl"),), 5, 10)):
        path.unlink(missing_ok=True)
        assert read_items([item]).faults == [(None, "cannot be read: it is gone (vanished after it was listed)")]


def test_jsonl_batches_are_bounded_in_rows_and_bytes(tmp_path: Path) -> None:
    short = write_lines(tmp_path / "short.jsonl", ['{"text": "a"}'] * (BATCH_ROWS + 1))
    assert [batch.num_rows for batch in read_file(short, "jsonl").batches] == [BATCH_ROWS, 1]
    long = write_lines(tmp_path / "long.jsonl", [json.dumps({"text": "x" * (3 << 20)})] * 5)
    assert [batch.num_rows for batch in read_file(long, "jsonl").batches] == [2, 2, 1]


def test_jsonl_named_fields_are_used(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", ['{"body": {"en": "a"}, "text": "no"}', '{"text": "b"}'])
    reading = read_file(path, "jsonl", Fields(text="body.en"))
    assert reading.texts == ["a"]
    assert reading.faults == [("line 2", "no field 'body.en'; found 'text'")]


LINES = st.sampled_from(
    [
        b"",
        b"  ",
        b'{"text": "a"}',
        b'{"text": "\xc3\xa9t\xc3\xa9", "id": 3}',
        b"broken",
        b'{"text": ""}',
        b'{"text":"b"}\r',
    ]
)


@given(content=st.lists(LINES, max_size=30), ended=st.booleans(), target=st.integers(1, 80))
def test_jsonl_split_items_read_as_the_unsplit_file(
    tmp_path_factory: pytest.TempPathFactory, content: list[bytes], ended: bool, target: int
) -> None:
    path = tmp_path_factory.mktemp("split") / "a.jsonl"
    path.write_bytes(b"\n".join(content) + b"\n" * ended)
    file = found(path, "jsonl")
    whole, split = read_items([Item("jsonl", (file,))]), read_items(items([file], target))
    assert split.rows == whole.rows
    assert split.damages == whole.damages
    assert split.lines == whole.lines
    assert len(whole.rows) + len(whole.damages) == sum(bool(line.strip()) for line in content)


def test_jsonl_ranges_cover_the_file_and_compressed_files_stay_whole(tmp_path: Path) -> None:
    plain = write_lines(tmp_path / "a.jsonl", ['{"text": "a"}'] * 10)
    assert divide(found(plain, "jsonl"), 60) == ((0, 60), (60, 120), (120, None))
    assert divide(found(plain, "jsonl"), 140) == ((0, None),)
    packed = tmp_path / "plain-by-name.jsonl"
    packed.write_bytes(PACKERS[".gz"](plain.read_bytes()))
    assert divide(found(packed, "jsonl"), 10) == ((0, None),)

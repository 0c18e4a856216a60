from __future__ import annotations

from pathlib import Path

import pytest

from rightful.readers import BATCH_BYTES, Item
from rightful.readers.limits import DEFAULT, Limits, raised
from rightful.readers.split import items
from rightful.readers.tree import discover
from tests.unit.readers.reading import PACKERS, found, letters, read_file, read_items


def test_text_file_is_one_record_with_its_name_and_exact_text(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes("# Tag\r\n\n\tund \u2028 Nacht \n\n".encode())
    reading = read_items([Item("text", (found(path, "text", "docs/ä.md"),))])
    (row,) = reading.rows
    assert row["text"] == "# Tag\r\n\n\tund \u2028 Nacht \n\n"
    assert (row["file"], row["line"], row["source_record_id"]) == ("docs/ä.md", 0, "docs/ä.md")
    assert row["media_type"] == "text/markdown"
    assert row["title"] is None
    assert reading.lines == 0


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.md", "text/markdown"),
        ("a.rst", "text/x-rst"),
        ("a.asc", "text/asciidoc"),
        ("README", "text/plain"),
        ("notes-v1.5", "text/plain"),
        ("a.PY", "text/x-python"),
        ("a.html.md.erb", "text/x-template"),
        ("a.html.haml", "text/x-template"),
        ("a.rs.gz", "text/x-rust"),
        ("source.yaml", "text/x-yaml"),
    ],
)
def test_media_type_of_a_name_is_told(tmp_path: Path, name: str, media_type: str) -> None:
    path = tmp_path / name
    path.write_bytes(PACKERS[".gz"](b"text\n") if name.endswith(".gz") else b"text\n")
    (row,) = read_file(path, "text").rows
    assert (row["text"], row["media_type"]) == ("text\n", media_type)


def test_text_byte_order_mark_is_tolerated(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfa\n")
    assert read_file(path, "text").texts == ["a\n"]


@pytest.mark.parametrize(
    ("content", "position", "reason"),
    [
        (b"caf\xe9 au lait", "byte 3", "not UTF-8: byte 0xe9 at byte 3; convert it first (iconv -t UTF-8)"),
        ("text".encode("utf-16"), None, "UTF-16, not UTF-8: convert it first (iconv -f UTF-16 -t UTF-8)"),
        (b"\xfe\xff\0t", None, "UTF-16, not UTF-8: convert it first (iconv -f UTF-16 -t UTF-8)"),
        (b" \n\n", None, "empty text"),
        (b"\xef\xbb\xbf", None, "empty text"),
        (b"a" * 9_000 + b"\0", None, "NUL character in the text (at character 9000)"),
        (PACKERS[".gz"](b"a text\n" * 9)[:-3], None, "the gzip data ends too early (truncated gzip)"),
    ],
)
def test_text_file_that_is_none_is_damage(tmp_path: Path, content: bytes, position: str | None, reason: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    reading = read_file(path, "text")
    assert reading.rows == []
    ((told_position, told),) = reading.faults
    assert told_position == position
    assert told.startswith(reason)


def test_text_file_beyond_the_limit_is_damage(tmp_path: Path) -> None:
    most = 16 << 20
    reason = "more than {} bytes: too large for one record" + raised("value_bytes")
    plain, packed = tmp_path / "a.txt", tmp_path / "b.txt.zst"
    with plain.open("wb") as file:
        file.truncate(1 << 30)
    packed.write_bytes(PACKERS[".zst"](letters(most + 1)))
    assert read_file(plain, "text").faults == [(None, reason.format(DEFAULT.value_bytes))]
    assert read_file(packed, "text", limits=Limits(value_bytes=most)).faults == [(None, reason.format(most))]
    assert read_file(packed, "text").faults == []


def test_html_file_gives_its_text_and_title(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><title>A &amp; B</title><script>no()</script><p>One<p>Two</html>")
    (row,) = read_file(path, "html").rows
    assert (row["text"], row["title"], row["media_type"]) == ("One\nTwo", "A & B", "text/html")


def test_html_file_without_text_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><title>Only a title</title><script>x()</script></html>")
    assert read_file(path, "html").faults == [(None, "empty text")]


def test_text_files_of_an_item_are_each_read_whatever_befalls_the_others(tmp_path: Path) -> None:
    for name in ("a.md", "b.md", "c.md", "d.md", "e.md"):
        (tmp_path / name).write_text(f"text of {name}")
    listing = discover(tmp_path)
    (item,) = items(listing.files)
    (tmp_path / "b.md").unlink()
    (tmp_path / "c.md").unlink()
    (tmp_path / "c.md").symlink_to(tmp_path / "a.md")
    (tmp_path / "d.md").write_bytes(b"\xff")
    reading = read_items([item])
    assert [row["file"] for row in reading.rows] == ["a.md", "e.md"]
    assert [damage.file for damage in reading.damages] == ["b.md", "c.md", "d.md"]
    assert reading.damages[0].reason == "cannot be read: it is gone (vanished after it was listed)"
    assert reading.damages[1].reason.startswith("cannot be read: ")
    assert reading.damages[2].reason.startswith("not UTF-8: byte 0xff at byte 0")


def test_text_batches_are_bounded_in_bytes(tmp_path: Path) -> None:
    for n in range(5):
        (tmp_path / f"{n}.txt").write_text("ä" * (BATCH_BYTES // 5))
    (item,) = items(discover(tmp_path).files)
    assert [batch.num_rows for batch in read_items([item]).batches] == [2, 2, 1]

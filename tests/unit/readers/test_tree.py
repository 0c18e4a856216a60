from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.errors import InputError, UnknownName
from rightful.readers.formats import suffix
from rightful.readers.read import formats, readers
from rightful.readers.tree import Listing, discover, shown_name
from tests.unit.readers.reading import PACKERS


def formats_of(listing: Listing) -> dict[str, str]:
    return {file.name: file.format for file in listing.files}


def skipped(listing: Listing) -> dict[str, str]:
    return {entry.file: entry.reason for entry in listing.skipped}


def damages(listing: Listing) -> dict[str, str]:
    return {damage.file: damage.reason for damage in listing.damages}


def write(folder: Path, **contents: bytes) -> None:
    for name, content in contents.items():
        (folder / name).write_bytes(content)


LINES = b'{"text": "a"}\n{"text": "b"}\n'


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("a.jsonl", LINES, "jsonl"),
        ("a.NDJSON", LINES, "jsonl"),
        ("a.json-lines", LINES, "jsonl"),
        ("a.json", LINES, "jsonl"),
        ("a.json", b'\xef\xbb\xbf\n{"text": "' + b"x" * 100_000 + b'"}\n{"text": "b"}\n', "jsonl"),
        ("a.jsonl", b"not JSON, but named so", "jsonl"),
        ("a.jsonl", b'{"text": "a\0"}', "jsonl"),
        ("part-00000", LINES, "jsonl"),
        ("part-00000", b'{"text": "a"}\n', "jsonl"),
        ("a.csv", b"text\na\n", "csv"),
        ("a.tsv", b"text\na\n", "tsv"),
        ("a.tab", b"text\na\n", "tsv"),
        ("a.md", b"# A", "text"),
        ("a.rst", b"A\n=", "text"),
        ("a.adoc", b"= A", "text"),
        ("a.html.md.erb", b"<%= a %>", "text"),
        ("a.py", b"pass", "text"),
        ("a.PY", b"pass", "text"),
        ("a.ts", b"let a = 1", "text"),
        ("README", b"read me", "text"),
        ("LICENSE", b"MIT", "text"),
        ("v1.5.0__LICENSE", b"MIT", "text"),
        (".gitignore", b"*.pyc", "text"),
        (".config.yaml", b"a: 1", "text"),
        ("notes", "Größe".encode(), "text"),
        ("notes", b"caf\xe9 in Latin-1, told when it is read", "text"),
        ("notes", b"{not JSON}", "text"),
        ("a.txt", "text".encode("utf-16"), "text"),
        ("changelog.Debian", b"foo (1.0) unstable", "text"),
        ("ls.1", b".TH LS 1", "text"),
        ("config.in", b"a=@A@", "text"),
        ("Makefile.am", b"a:", "text"),
        ("a.spec", "Größe".encode(), "text"),
        ("cut.xyz", b"a" * 8191 + "ö".encode(), "text"),
        ("cut.xyz", b"a" * 8190 + "€".encode(), "text"),
        ("page.shtml", b"<!DOCTYPE html><p>a", "html"),
        ("list.xyz", b"{{ template }}", "text"),
        ("refs.xyz", b"[1] a footnote", "text"),
        ("changelog.Debian.gz", PACKERS[".gz"](b"foo (1.0) unstable"), "text"),
        ("dump.gz", PACKERS[".gz"](b"some text"), "text"),
        ("no-suffix", PACKERS[".gz"](b"some text"), "text"),
        ("a.html", b"<p>a", "html"),
        ("a.HTM", b"<p>a", "html"),
        ("index", b"\n <!DOCTYPE HTML><p>a", "html"),
        ("a.parquet", b"damaged, which the reader tells", "parquet"),
        ("no-suffix", b"PAR1....", "parquet"),
        ("a.txt", b"PAR1....", "parquet"),
    ],
)
def test_discover_tells_the_format_by_content_and_name(tmp_path: Path, name: str, content: bytes, format: str) -> None:
    (tmp_path / name).write_bytes(content)
    listing = discover(tmp_path)
    assert formats_of(listing) == {name: format}
    assert [*listing.skipped, *listing.damages, *listing.cards] == []


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize(
    ("stem", "content", "format"),
    [
        ("a.jsonl", LINES, "jsonl"),
        ("a.json", LINES, "jsonl"),
        ("a.csv", b"text\na\n", "csv"),
        ("a.tsv", b"text\na\n", "tsv"),
        ("a.md", b"# A", "text"),
        ("part-00000", LINES, "jsonl"),
    ],
)
def test_discover_looks_into_compressed_files_whatever_their_suffix(
    tmp_path: Path, packer: str, stem: str, content: bytes, format: str
) -> None:
    packed = PACKERS[packer](content)
    write(tmp_path, **{stem + packer: packed, stem + ".gzip": packed, stem: packed, "plain-" + stem + packer: content})
    assert set(formats_of(discover(tmp_path)).values()) == {format}
    assert len(discover(tmp_path).files) == 4


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", b"", "empty file"),
        ("a.parquet", b"", "empty file"),
        ("a.xyz", b"text\x01", "not a supported type (.xyz)"),
        ("a.xyz", b"caf\xe9 au lait", "not UTF-8: if it is a text, convert it first (iconv -t UTF-8)"),
        ("a.xyz", "text".encode("utf-16"), "UTF-16, not UTF-8: convert it first (iconv -f UTF-16 -t UTF-8)"),
        ("a.xyz", ("\ue000" * 9 + "a").encode(), "not a supported type (.xyz)"),
        ("a.xyz", b' {"a": 1}', "JSON under another name: name it .jsonl where each line is an object"),
        ("a.xyz", b'[\n  {"a": 1}]', "JSON under another name: name it .jsonl where each line is an object"),
        ("a.xyz", b"-----BEGIN RSA PRIVATE KEY-----\nMII", "a key, certificate or signature"),
        ("a.crt", b"-----BEGIN CERTIFICATE-----\nMII", "a key, certificate or signature (.crt)"),
        ("a.ipynb", b"{}", "a notebook (.ipynb)"),
        ("Cargo.lock", b"[[package]]", "a lock file (.lock)"),
        ("a.svg", b"<svg/>", "a drawing (.svg)"),
        ("a.js.map", b"{}", "a source map (.map)"),
        ("a.zim", b"ZIM", "not a supported type (.zim)"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0", "not a supported type (.png)"),
        ("a.img.gz", PACKERS[".gz"](b"x\x01"), "not a supported type (.img.gz)"),
        ("dump.gz", PACKERS[".gz"](b"some text\x01"), "not a supported type (.gz)"),
        ("no-suffix", PACKERS[".gz"](b"some text\x01"), "not a supported type"),
        ("a.md", b"# A\0", "binary file"),
        ("a.ts", b"G@\0\x10", "binary file"),
        ("program", b"\x7fELF\2\1\1", "binary file"),
        ("paper", b"%PDF-1.7\n", "binary file"),
        ("state.json", b'{"_data_files": []}', "what Hugging Face datasets writes beside the rows, and no rows"),
        ("a.json", b'{"a": 1}', "one JSON object, not line-delimited objects: if it is a record, name it .jsonl"),
        (
            "a.json",
            b'{\n  "a": 1\n}\n',
            "one JSON object, not line-delimited objects: if it is a record, name it .jsonl",
        ),
        (
            "a.json",
            b'[{"text": "a"}]',
            "one JSON array, not line-delimited objects: write one object per line (jq -c '.[]')",
        ),
        ("a.json", b'"a"', "JSON, not line-delimited objects: if it is a record, name it .jsonl"),
    ],
)
def test_discover_names_what_is_not_read_and_why(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    listing = discover(tmp_path)
    assert skipped(listing) == {name: reason}
    assert [*listing.files, *listing.damages] == []


def test_discover_git_lfs_pointers_and_lost_compression_are_damage(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"
    write(tmp_path, **{"a.parquet": pointer, "b.jsonl.gz": pointer, "c.jsonl.gz": b"\0\0garbage"})
    assert damages(discover(tmp_path)) == {
        "a.parquet": "a Git LFS pointer, not the file itself: fetch the content (git lfs pull)",
        "b.jsonl.gz": "a Git LFS pointer, not the file itself: fetch the content (git lfs pull)",
        "c.jsonl.gz": "named .gz, but it is not gzip data: fetch the file again",
    }


def test_discover_order_is_that_of_the_names_bytes(tmp_path: Path) -> None:
    names = ["b.md", "a/z.md", "a.md", "a/b/c.md", "a-b.md", "B.md", "é.md", "z.md", "😀.md", "\uffff.md"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    listing = discover(tmp_path)
    assert [file.name for file in listing.files] == sorted(names, key=str.encode)
    assert listing == discover(tmp_path)


def test_discover_file_tells_size_time_and_path(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "a.md"
    path.parent.mkdir()
    path.write_text("12345")
    os.utime(path, ns=(1, 1_600_000_000_123_456_789))
    (file,) = discover(tmp_path).files
    assert (file.path, file.name, file.size, file.mtime_ns) == (path, "sub/a.md", 5, 1_600_000_000_123_456_789)


def test_discover_cards_are_listed_and_never_documents(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path, **{"source.toml": b"[source]", "sub/source.toml": b"", "other.toml": b"a = 1"})
    listing = discover(tmp_path)
    assert listing.cards == (tmp_path / "source.toml", tmp_path / "sub" / "source.toml")
    assert formats_of(listing) == {"other.toml": "text"}
    assert discover(tmp_path / "source.toml").cards == (tmp_path / "source.toml",)


def test_discover_version_control_is_one_entry(tmp_path: Path) -> None:
    (tmp_path / ".git" / "objects").mkdir(parents=True)
    (tmp_path / "module").mkdir()
    write(tmp_path, **{".git/config": b"x", ".git/objects/a.md": b"x", "module/.git": b"gitdir: ..", "a.md": b"x"})
    listing = discover(tmp_path)
    assert skipped(listing) == {".git": "version control data", "module/.git": "version control data"}
    assert formats_of(listing) == {"a.md": "text"}


def test_discover_links_are_not_followed_and_told_apart(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    write(tmp_path, **{"secret.md": b"secret", "root/a.md": b"x"})
    (root / "in.md").symlink_to("a.md")
    (root / "out.md").symlink_to("../secret.md")
    (root / "loop").symlink_to(".")
    (root / "up").symlink_to("..")
    (root / "gone.md").symlink_to("nothing")
    (root / "self").symlink_to("self")
    listing = discover(root)
    assert formats_of(listing) == {"a.md": "text"}
    assert skipped(listing) == {
        "gone.md": "symbolic link to nothing",
        "in.md": "symbolic link within the folder: not followed",
        "loop": "symbolic link within the folder: not followed",
        "out.md": "symbolic link that leaves the folder: not followed",
        "self": "symbolic link to nothing",
        "up": "symbolic link that leaves the folder: not followed",
    }


def test_discover_link_that_was_named_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    write(tmp_path, **{"real/a.md": b"x"})
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "link.md").symlink_to("real/a.md")
    assert formats_of(discover(tmp_path / "link")) == {"a.md": "text"}
    (file,) = discover(tmp_path / "link.md").files
    assert (file.name, file.path) == ("link.md", tmp_path / "real" / "a.md")


def test_discover_pipes_and_sockets_are_skipped_without_being_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")  # opening it would wait for ever
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tmp_path)  # a socket's name may not be long
        try:
            server.bind("s")
        finally:
            os.chdir(here)
        assert skipped(discover(tmp_path)) == {"pipe.jsonl": "a pipe, not a file", "s": "a socket, not a file"}
    with pytest.raises(InputError, match="is a pipe, not a file or folder"):
        discover(tmp_path / "pipe.jsonl")


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of one's own, without the right to read everything."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    before = os.geteuid()
    if before == 0:
        shutil.chown(folder, 65_534)
        os.seteuid(65_534)
    try:
        yield folder
    finally:
        os.seteuid(before)
        for path in [*folder.rglob("*")]:
            path.chmod(0o755)
        shutil.rmtree(folder)


def test_discover_what_may_not_be_read_is_damage(unprivileged: Path) -> None:
    (unprivileged / "closed").mkdir()
    write(unprivileged, **{"a.md": b"x", "b.md": b"x", "closed/c.md": b"x"})
    (unprivileged / "closed").chmod(0)
    (unprivileged / "b.md").chmod(0)
    listing = discover(unprivileged)
    assert formats_of(listing) == {"a.md": "text"}
    assert damages(listing) == {
        "b.md": "cannot be read: permission denied",
        "closed/": "the folder cannot be read: permission denied",
    }
    with pytest.raises(InputError, match="cannot be read: permission denied"):
        discover(unprivileged / "closed")


def test_discover_file_that_vanishes_meanwhile_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, **{"a.md": b"x", "b.md": b"x"})
    opened = os.open

    def vanishing(path: str | Path, *args: int) -> int:
        if Path(path).name == "a.md":
            Path(path).unlink()
        return opened(path, *args)

    monkeypatch.setattr(os, "open", vanishing)
    listing = discover(tmp_path)
    assert formats_of(listing) == {"b.md": "text"}
    assert damages(listing) == {"a.md": "cannot be read: it is gone (vanished after it was listed)"}


def test_discover_path_that_is_not_there_says_what_was_probably_meant(tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    with pytest.raises(InputError, match="there is no such file or folder") as caught:
        discover(tmp_path / "corpara")
    assert caught.value.subject == str(tmp_path / "corpara")
    assert caught.value.hint == "did you mean 'corpora'?"
    with pytest.raises(InputError) as caught:
        discover(tmp_path / "no" / "where")
    assert caught.value.hint is not None
    assert re.fullmatch("there is no folder '.*/no' either", caught.value.hint)


def test_discover_single_file_has_its_own_name(tmp_path: Path) -> None:
    write(tmp_path, **{"a.md": b"x", "b.xyz": b"\x01"})
    assert formats_of(discover(tmp_path / "a.md")) == {"a.md": "text"}
    assert skipped(discover(tmp_path / "b.xyz")) == {"b.xyz": "not a supported type (.xyz)"}


def test_discover_forced_format_holds_for_every_file(tmp_path: Path) -> None:
    write(tmp_path, **{"a.xyz": LINES, "b.json": b"[]", "c": b"\0", "empty": b"", "source.toml": b"x"})
    listing = discover(tmp_path, format="jsonl")
    assert formats_of(listing) == {"a.xyz": "jsonl", "b.json": "jsonl", "c": "jsonl"}
    assert skipped(listing) == {"empty": "empty file"}
    assert len(listing.cards) == 1
    with pytest.raises(UnknownName, match="unknown format 'json'") as caught:
        discover(tmp_path, format="json")
    assert caught.value.hint == "did you mean 'jsonl'?"


def test_formats_are_those_of_the_reader_modules() -> None:
    assert set(formats()) == {name for reader in readers() for name in reader.FORMATS}
    assert set(formats()) >= {"csv", "tsv", "jsonl", "parquet", "text", "html"}


def test_discover_name_that_is_not_utf_8_can_be_stored(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md")).write_text("x")
    (file,) = discover(tmp_path).files
    assert file.name == "caf\\xe9.md"
    assert file.path.read_text() == "x"
    assert pa.array([file.name]).to_pylist() == [file.name]


def test_discover_names_that_are_alike_once_escaped_stay_apart(tmp_path: Path) -> None:
    raw = [b"a\xff.md", b"a\\xff.md", b"a\\\\xff.md", b"a\\\xff.md", b"a\\.md", b"a\\\\.md", b"a\\\\\xff.md"]
    for name in raw:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text(repr(name))
    names = [file.name for file in discover(tmp_path).files]
    assert len(set(names)) == len(names) == len(raw)
    assert "a\\xff.md" in names  # the byte, as before
    assert {"a\\.md", "a\\\\.md"} <= set(names)  # nothing to confuse them with: as they are


@given(
    st.lists(st.sampled_from([b"\\", b"x", b"f", b"e", b"\xff", b"\xfe", b"\xc3\xa9", b"a"]), max_size=8).map(b"".join)
)
def test_shown_name_can_be_read_back(raw: bytes) -> None:
    shown = shown_name(os.fsdecode(raw))
    back = shown
    if re.search(r"\\x[89a-f][0-9a-f]", shown):
        back = re.sub(
            r"\\(\\|x([89a-f][0-9a-f]))",
            lambda m: "\\" if m[1] == "\\" else bytes.fromhex(m[2]).decode("utf-8", "surrogateescape"),
            shown,
        )
    assert os.fsencode(back) == raw


def test_discover_deep_folders_are_no_recursion(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(300):
        folder = folder / "d"
    folder.mkdir(parents=True)
    (folder / "a.md").write_text("x")
    assert [file.name.count("/") for file in discover(tmp_path).files] == [300]


def test_discover_ten_thousand_tiny_files_is_quick(tmp_path: Path) -> None:
    for folder in range(100):
        (tmp_path / str(folder)).mkdir()
        for n in range(100):
            (tmp_path / str(folder) / f"{n}.md").write_text("x")
    started = time.process_time()
    assert len(discover(tmp_path).files) == 10_000
    assert time.process_time() - started < 10


def test_discover_real_parquet_is_recognised_without_a_suffix(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "part-0")
    assert formats_of(discover(tmp_path)) == {"part-0": "parquet"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.md", ".md"),
        ("a.b.MD", ".md"),
        (".gitignore", ""),
        ("..md", ""),
        ("a.", ""),
        ("a", ""),
        ("sub.d/a", ""),
        ("v1.5", ""),
        ("x.c++", ".c++"),
        ("a.json-lines", ".json-lines"),
        ("a.ümlaut", ""),
        ("a.what a name", ""),
        ("a.waytoolongforasuffix", ""),
    ],
)
def test_suffix_of_a_name_is_plausible_or_none(name: str, expected: str) -> None:
    assert suffix(name) == expected


@pytest.mark.parametrize(
    ("name", "pattern", "reason"),
    [
        (".env", ".env", "secrets"),
        (".env.local", ".env.*", "secrets"),
        ("sub/.ENV", ".env", "secrets"),
        ("model.safetensors", "*.safetensors", "checkpoints"),
        ("Model.PT", "*.pt", "checkpoints"),
        (".ipynb_checkpoints/a.txt", ".ipynb_checkpoints", "checkpoints"),
        ("node_modules/x/readme.md", "node_modules", "caches and environments"),
        (".DS_Store", ".DS_Store", "left by programs"),
        (".svn/entries", ".svn", "version control data"),
    ],
)
def test_what_is_no_data_is_passed_over_and_named(tmp_path: Path, name: str, pattern: str, reason: str) -> None:
    path = tmp_path / "data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("SECRET=1", "utf-8")
    (tmp_path / "data" / "a.txt").write_text("a text", "utf-8")
    listing = discover(tmp_path / "data")
    assert [f.name for f in listing.files] == ["a.txt"]
    assert [(s.pattern, s.reason) for s in listing.skipped] == [(pattern, reason)]


def test_what_is_no_data_is_read_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "a.txt").write_text("a text", "utf-8")
    (tmp_path / ".env").write_text("a text", "utf-8")
    assert [f.name for f in discover(tmp_path / ".cache").files] == ["a.txt"]
    assert [f.name for f in discover(tmp_path / ".env", format="text").files] == [".env"]

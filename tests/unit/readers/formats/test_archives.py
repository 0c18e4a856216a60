"""Archives are unpacked below one folder, whatever they hold; what is not laid down is told with its name."""

from __future__ import annotations

import io
import lzma
import os
import random
import struct
import tarfile
import warnings
import zipfile
import zlib
from pathlib import Path

import pytest

from rightful.readers import Damage, Skipped
from rightful.readers.limits import DEFAULT, Limits
from rightful.readers.read import containers
from rightful.readers.tree import discover
from rightful.readers.unpacking import Room, TooMuch, Unpacking
from tests.unit.readers.packing import Files, as_tar, as_zip, tar_entry, tree_of
from tests.unit.readers.reading import PACKERS, found

TEXTS: Files = {"a.txt": b"first", "sub/b.txt": b"second", "sub/deep/c.txt": b"third " * 5_000}
PACKED = {"tar": as_tar, "zip": as_zip}


class Opened:
    """What unpacking gave."""

    def __init__(self, tmp_path: Path, content: bytes, format: str, limits: Limits = DEFAULT) -> None:
        self.path = tmp_path / "it.bin"
        self.path.write_bytes(content)
        self.to = tmp_path / "within" / "to"
        self.to.mkdir(parents=True, mode=0o700)
        self.into = Unpacking("it.bin", self.to, Room(limits, len(content)))
        self.told: list[Skipped | Damage] = []
        self.refused = ""
        try:
            for one in containers()[format].unpack(found(self.path, format), self.into):
                self.told.append(one)
        except TooMuch as much:
            self.refused = much.reason
        self.files = tree_of(self.to)
        assert [entry.name for entry in self.to.parent.iterdir()] == ["to"], "nothing lies outside"
        assert not any(path.is_symlink() for path in self.to.rglob("*"))

    @property
    def damages(self) -> dict[str, str]:
        return {one.file: one.reason for one in self.told if isinstance(one, Damage)}

    @property
    def skipped(self) -> dict[str, str]:
        return {one.file: one.reason for one in self.told if isinstance(one, Skipped)}


every_kind = pytest.mark.parametrize("format", PACKED)


@every_kind
def test_members_are_laid_down_as_they_were_and_are_their_owners_alone(tmp_path: Path, format: str) -> None:
    opened = Opened(tmp_path, PACKED[format](TEXTS), format)
    assert opened.files == TEXTS
    assert (opened.told, opened.into.is_whole, opened.into.broken) == ([], True, {})
    assert {oct(f.stat().st_mode & 0o777) for f in opened.to.rglob("*") if f.is_file()} == {"0o600"}


@pytest.mark.parametrize("ending", [*PACKERS, ".xz"])
def test_compressed_tar_is_known_by_what_is_in_it(tmp_path: Path, ending: str) -> None:
    pack = PACKERS.get(ending, lzma.compress)
    (tmp_path / f"c.tar{ending}").write_bytes(pack(as_tar(TEXTS)))
    (tmp_path / "without").write_bytes(pack(as_tar(TEXTS)))
    assert {f.name: f.format for f in discover(tmp_path).files} == {f"c.tar{ending}": "tar", "without": "tar"}
    assert Opened(tmp_path, pack(as_tar(TEXTS)), "tar").files == TEXTS


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_kind_of_tar(tmp_path: Path, format: int) -> None:
    files = {"a.txt": b"x", f"{'d' * 90}/{'e' * 90}.txt": b"y"}
    assert Opened(tmp_path, as_tar(files, format=format), "tar").files == files


def test_tar_without_a_magic_is_known_by_its_checksum(tmp_path: Path) -> None:
    content = bytearray(as_tar({"a.txt": b"old"}, format=tarfile.USTAR_FORMAT))
    content[257:265] = bytes(8)
    content[148:156] = b" " * 8
    content[148:156] = b"%06o\0 " % sum(content[:512])
    (tmp_path / "old").write_bytes(content)
    assert [f.format for f in discover(tmp_path / "old").files] == ["tar"]
    assert Opened(tmp_path, bytes(content), "tar").files == {"a.txt": b"old"}


OUTSIDE = {
    "/etc/passwd": "an absolute path",
    "../up.txt": "'..'",
    "a/../../up.txt": "'..'",
    "..\\up.txt": "'..'",
    "C:\\up.txt": "drive letter",
    "C:up.txt": "drive letter",
    "n" * 300: "more than 255 bytes",
    "d/" * 120 + "x.txt": "folders deep",
}


@every_kind
@pytest.mark.parametrize(("name", "reason"), OUTSIDE.items(), ids=range(len(OUTSIDE)))
def test_name_that_leads_out_is_told_and_its_neighbours_are_read(
    tmp_path: Path, format: str, name: str, reason: str
) -> None:
    opened = Opened(tmp_path, PACKED[format]({"a.txt": b"a", name: b"evil", "z.txt": b"z"}), format)
    assert opened.files == {"a.txt": b"a", "z.txt": b"z"}
    [(file, why)] = opened.damages.items()
    assert reason in why
    assert file.startswith("it.bin/")


def test_links_devices_and_pipes_of_a_tar_are_never_made(tmp_path: Path) -> None:
    content = as_tar(
        {"a.txt": b"a"},
        tar_entry("s", tarfile.SYMTYPE, "/etc"),
        tar_entry("s/passwd", tarfile.SYMTYPE, "/etc/passwd"),
        tar_entry("dev", tarfile.CHRTYPE),
        tar_entry("pipe", tarfile.FIFOTYPE),
        tar_entry("folder", tarfile.DIRTYPE),
        tar_entry("again.txt", tarfile.LNKTYPE, "a.txt"),
        tar_entry("out.txt", tarfile.LNKTYPE, "/etc/passwd"),
        tar_entry("up.txt", tarfile.LNKTYPE, "../../it.bin"),
        tar_entry("none.txt", tarfile.LNKTYPE, "later.txt"),
    )
    opened = Opened(tmp_path, content, "tar")
    link = "symbolic link in an archive: not followed"
    assert opened.skipped == {
        "it.bin/s": link,
        "it.bin/s/passwd": link,
        "it.bin/dev": "a device, not a file",
        "it.bin/pipe": "a pipe, not a file",
    }
    assert {k: v for k, v in opened.files.items() if v} == {"a.txt": b"a", "again.txt": b"a"}
    assert set(opened.damages) == {"it.bin/out.txt", "it.bin/up.txt", "it.bin/none.txt"}


def test_member_behind_a_link_does_not_go_where_it_leads(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tar_entry("to", tarfile.SYMTYPE, str(tmp_path / "within")))
        entry = tarfile.TarInfo("to/x.txt")
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"evil"))
    assert Opened(tmp_path, packed.getvalue(), "tar").files == {"to/x.txt": b"evil"}


def test_link_of_a_zip_is_not_followed(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("s")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    opened = Opened(tmp_path, as_zip([(link, b"/etc/passwd"), ("a.txt", b"a")]), "zip")
    assert (opened.files, opened.skipped) == (
        {"a.txt": b"a"},
        {"it.bin/s": "symbolic link in an archive: not followed"},
    )


@every_kind
def test_name_that_comes_twice_is_told_and_whatever_is_there_is_broken(tmp_path: Path, format: str) -> None:
    pairs = [("LICENSE", b"one"), ("LICENSE", b"two"), ("d", b"file"), ("d/x.txt", b"below a file")]
    if format == "zip":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = as_zip(pairs)
    else:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name, text in pairs:
                entry = tarfile.TarInfo(name)
                entry.size = len(text)
                archive.addfile(entry, io.BytesIO(text))
        content = packed.getvalue()
    opened = Opened(tmp_path, content, format)
    assert opened.files == {"LICENSE": b"one", "d": b"file"}
    assert all("same name" in reason for reason in opened.damages.values())
    assert set(opened.damages) == {"it.bin/LICENSE", "it.bin/d/x.txt"}
    assert opened.to / "LICENSE" in opened.into.broken
    assert opened.into.is_whole


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT, errors="surrogateescape") as archive:
        archive.addfile(tarfile.TarInfo(os.fsdecode(b"caf\xe9.txt")))
    assert list(Opened(tmp_path / "t", *_made(tmp_path / "t", packed.getvalue(), "tar")).files) == ["caf\udce9.txt"]
    content = as_zip({"cafX.txt": b"x"}).replace(b"cafX", b"caf\x82")
    assert list(Opened(tmp_path / "z", *_made(tmp_path / "z", content, "zip")).files) == ["café.txt"], "code page 437"
    content = as_zip({"cafXX.txt": b"x"}).replace(b"cafXX", "café".encode())
    assert list(Opened(tmp_path / "u", *_made(tmp_path / "u", content, "zip")).files) == ["café.txt"]


def _made(folder: Path, content: bytes, format: str) -> tuple[bytes, str]:
    folder.mkdir()
    return content, format


@every_kind
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated_archive_what_came_before_is_read_and_the_rest_is_lost(
    tmp_path: Path, format: str, share: float
) -> None:
    files = {f"{n}.txt": random.Random(n).randbytes(3_000) for n in range(40)}
    content = PACKED[format](files)
    opened = Opened(tmp_path, content[: int(len(content) * share)], format)
    whole = {name: text for name, text in opened.files.items() if files[name] == text}
    broken = {str(path.relative_to(opened.to)) for path in opened.into.broken}
    assert int(40 * share) - 3 <= len(whole) <= int(40 * share) + 3
    assert set(opened.files) - set(whole) <= broken
    assert "it.bin" in opened.damages
    assert not opened.into.is_whole


@pytest.mark.parametrize("ending", PACKERS)
def test_compressed_tar_that_is_cut_gives_what_came_before(tmp_path: Path, ending: str) -> None:
    files = {f"{n}.txt": random.Random(n).randbytes(3_000) for n in range(1_000)}
    content = PACKERS[ending](as_tar(files))
    opened = Opened(tmp_path, content[: len(content) // 2], "tar")
    assert len([name for name, text in opened.files.items() if files[name] == text]) > 100
    assert "truncated" in opened.damages["it.bin"] or "too early" in opened.damages["it.bin"]


def test_end_of_a_tar(tmp_path: Path) -> None:
    content = as_tar({"a.txt": b"a"})
    for n, (end, reason) in enumerate(
        [(content[:1024], "no mark of its end"), (content + content, "joined"), (content + b"x", "joined")]
    ):
        opened = Opened(tmp_path / str(n), *_made(tmp_path / str(n), end, "tar"))
        assert opened.files == {"a.txt": b"a"}
        assert reason in opened.damages["it.bin"]
        assert not opened.into.is_whole
    opened = Opened(tmp_path / "e", *_made(tmp_path / "e", bytes(10_240), "tar"))
    assert (opened.files, opened.told) == ({}, [])


def test_damaged_header_of_a_tar_loses_what_follows_and_says_so(tmp_path: Path) -> None:
    content = bytearray(as_tar({"a.txt": b"a", "b.txt": b"b", "c.txt": b"c"}))
    content[1024 + 150] ^= 1
    opened = Opened(tmp_path, bytes(content), "tar")
    assert opened.files == {"a.txt": b"a"}
    assert "byte 1024" in opened.damages["it.bin"]


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_header_of_absurd_size_is_refused(tmp_path: Path, kind: bytes) -> None:
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = kind, 1 << 32
    opened = Opened(tmp_path, as_tar({"a.txt": b"a"})[:1024] + entry.tobuf() + b"path=" * 1_000, "tar")
    assert opened.files == {"a.txt": b"a"}
    assert "more than 1 MiB" in opened.damages["it.bin"]


def test_header_that_older_versions_search_for_minutes_is_refused(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = tarfile.XHDTYPE, 1 << 19
    opened = Opened(tmp_path, entry.tobuf() + b"1" * (1 << 19) + bytes(1024), "tar")
    assert "digits" in opened.damages["it.bin"]


def test_endless_chain_of_headers_is_refused(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, 5
    opened = Opened(tmp_path, (entry.tobuf() + b"name\0".ljust(512, b"\0")) * 5_000, "tar")
    assert set(opened.damages) == {"it.bin"}


def test_sparse_member_has_its_holes(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("hole.bin")
    entry.type, entry.size = tarfile.GNUTYPE_SPARSE, 512
    header = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0%011o\0" % (4_096, 512)
    header[483:495] = b"%011o\0" % (4_096 + 512)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    opened = Opened(tmp_path, bytes(header) + b"x" * 512 + bytes(1024), "tar")
    assert opened.files == {"hole.bin": bytes(4_096) + b"x" * 512}
    header[483:495] = b"%011o\0" % (1 << 32)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    bomb = Opened(tmp_path / "b", *_made(tmp_path / "b", bytes(header) + b"x" * 512 + bytes(1024), "tar"))
    assert bomb.refused or bomb.damages


@every_kind
def test_bomb_is_refused_and_what_came_before_is_there(tmp_path: Path, format: str) -> None:
    files: Files = {"a.txt": b"a", "bomb.txt": bytes(100 << 20), "z.txt": b"z"}
    content = PACKED[format](files)
    content = PACKERS[".gz"](content) if format == "tar" else content
    opened = Opened(tmp_path, content, format, Limits(expansion=10))
    reason = opened.refused or opened.damages["it.bin"]
    assert "more than 10 times" in reason
    assert "--limit expansion" in reason
    assert opened.files["a.txt"] == b"a"
    assert "z.txt" not in opened.files
    assert opened.to / "bomb.txt" in opened.into.broken


@every_kind
def test_more_members_than_allowed(tmp_path: Path, format: str) -> None:
    opened = Opened(tmp_path, PACKED[format]({f"{n:03}": b"x" for n in range(50)}), format, Limits(members=20))
    assert "more than 20 members" in opened.refused
    assert "--limit members" in opened.refused
    assert sorted(opened.files) == [f"{n:03}" for n in range(20)]


def test_overlapping_members_of_a_zip_are_not_read(tmp_path: Path) -> None:
    content = as_zip({"a.txt": b"a" * 1_000, "b.txt": b"b" * 1_000}, zipfile.ZIP_STORED)
    directory = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", directory + 1)
    quoted = bytearray(content)
    quoted[second + 42 : second + 46] = struct.pack("<L", 0)  # both begin at the same place
    opened = Opened(tmp_path, bytes(quoted), "zip")
    assert "lies over" in opened.damages["it.bin/b.txt"]
    longer = bytearray(content)
    longer[directory + 20 : directory + 28] = struct.pack("<LL", 1_500, 1_500)
    opened = Opened(tmp_path / "l", *_made(tmp_path / "l", bytes(longer), "zip"))
    assert "lies over" in opened.damages["it.bin/a.txt"]
    assert opened.files["b.txt"] == b"b" * 1_000


def test_damaged_member_of_a_zip_takes_no_other_with_it(tmp_path: Path) -> None:
    content = bytearray(as_zip({"a.txt": b"a" * 99, "b.txt": b"b" * 99, "c.txt": b"c" * 99}, zipfile.ZIP_STORED))
    content[content.index(b"bbbb") + 5] ^= 1
    opened = Opened(tmp_path, bytes(content), "zip")
    assert "CRC" in opened.damages["it.bin/b.txt"]
    assert set(opened.files) == {"a.txt", "b.txt", "c.txt"}
    assert list(opened.into.broken) == [opened.to / "b.txt"]
    assert opened.into.is_whole, "what it is called is known"


@pytest.mark.parametrize(
    ("flags", "method", "reason"), [(1, 8, "encrypted"), (0, 93, "zstd"), (0, 6, "implode"), (0, 77, "method 77")]
)
def test_member_of_a_zip_that_cannot_be_read_is_named(tmp_path: Path, flags: int, method: int, reason: str) -> None:
    content = bytearray(as_zip({"a.txt": b"a", "b.txt": b"b"}))
    at = content.index(b"PK\x01\x02")
    content[at + 8 : at + 12] = struct.pack("<HH", flags, method)
    opened = Opened(tmp_path, bytes(content), "zip")
    assert reason in opened.damages["it.bin/a.txt"]
    assert opened.files == {"a.txt": b"", "b.txt": b"b"}
    assert list(opened.into.broken) == [opened.to / "a.txt"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_method_of_zip(tmp_path: Path, method: int) -> None:
    assert Opened(tmp_path, as_zip(TEXTS, method), "zip").files == TEXTS


def test_zip_without_its_directory_is_read_member_by_member(tmp_path: Path) -> None:
    content = as_zip(TEXTS)
    opened = Opened(tmp_path, content[: content.index(b"PK\x01\x02")], "zip")
    assert opened.files == TEXTS
    assert "central directory is missing" in opened.damages["it.bin"]
    assert not opened.into.is_whole
    broken = bytearray(content)
    broken[content.index(b"PK\x01\x02") + 2] = 0
    opened = Opened(tmp_path / "b", *_made(tmp_path / "b", bytes(broken), "zip"))
    assert opened.files == TEXTS
    assert "damaged at entry 1" in opened.damages["it.bin"]


def test_zip_without_its_directory_in_which_a_header_leads_beyond_any_file_is_read_up_to_there(tmp_path: Path) -> None:
    name, extra = b"a.txt", struct.pack("<HHQQ", 1, 16, 5, (1 << 64) - 1)
    full = 0xFFFFFFFF
    header = struct.pack("<4s5HLLL2H", b"PK\x03\x04", 45, 0, 0, 0, 0, 0, full, full, len(name), len(extra))
    opened = Opened(tmp_path, header + name + extra + b"large", "zip")
    assert "its data is damaged" in opened.damages["it.bin/a.txt"]
    assert "read one by one up to byte" in opened.damages["it.bin"]
    assert not opened.into.is_whole


class _Pipe(io.RawIOBase):
    """A file that cannot go back: what writes a zip to it puts sizes behind the data."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.content += data
        return len(data)


def test_zip_with_data_descriptors(tmp_path: Path) -> None:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, text in TEXTS.items():
            archive.writestr(name, text)
    content = bytes(pipe.content)
    assert Opened(tmp_path, content, "zip").files == TEXTS
    cut = Opened(tmp_path / "c", *_made(tmp_path / "c", content[: content.index(b"PK\x01\x02")], "zip"))
    assert cut.files == TEXTS


def test_zip64_and_what_stands_before_an_archive(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive, archive.open("a.txt", "w", force_zip64=True) as member:
        member.write(b"large")
    content = packed.getvalue()
    at, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    size = end - at
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, at)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    record = bytearray(content[end:])
    record[12:20] = b"\xff" * 8
    content = content[:end] + end64 + locator + bytes(record)
    assert Opened(tmp_path, content, "zip").files == {"a.txt": b"large"}
    before = Opened(tmp_path / "p", *_made(tmp_path / "p", b"#!/bin/sh\n" + as_zip(TEXTS), "zip"))
    assert before.files == TEXTS


def test_what_is_named_as_an_archive_and_is_none_is_damage(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"<html>404</html>")
    (tmp_path / "b.tar").write_bytes(b"<html>404</html>" * 100)
    assert [f.format for f in discover(tmp_path).files] == ["zip", "tar"]
    for n, format in enumerate(("zip", "tar")):
        opened = Opened(tmp_path / str(n), *_made(tmp_path / str(n), b"<html>404</html>" * 100, format))
        assert f"no {'whole zip archive' if format == 'zip' else 'header of tar'}" in opened.damages["it.bin"]
        assert opened.files == {}


def test_documents_are_no_archives_of_texts(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(as_zip({"[Content_Types].xml": b"<x/>"}))
    (tmp_path / "b.odt").write_bytes(as_zip({"mimetype": b"application/vnd.oasis.opendocument.text"}))
    (tmp_path / "c.bin").write_bytes(as_zip({"[Content_Types].xml": b"<x/>"}))
    (tmp_path / "d.whl").write_bytes(as_zip({"p/x.py": b"x = 1"}))
    listing = discover(tmp_path)
    assert {s.file: s.reason for s in listing.skipped} == {
        name: f"not a supported type ({name[1:]})" for name in ("a.docx", "b.odt", "c.bin")
    }
    assert [(f.name, f.format) for f in listing.files] == [("d.whl", "zip")]


def test_forced_format_is_that_of_what_an_archive_holds(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(as_zip(TEXTS))
    (tmp_path / "b.dat").write_bytes(b"text")
    listing = discover(tmp_path, format="text")
    assert {f.name: f.format for f in listing.files} == {"a.zip": "zip", "b.dat": "text"}
    assert {f.format for f in discover(tmp_path, format="zip").files} == {"zip"}


def test_deflated_data_that_is_longer_than_announced_is_damage(tmp_path: Path) -> None:
    content = bytearray(as_zip({"a.txt": b"a" * 5_000}))
    at = content.index(b"PK\x01\x02")
    content[at + 16 : at + 20] = struct.pack("<L", zlib.crc32(b"a" * 10))
    content[at + 24 : at + 28] = struct.pack("<L", 10)
    opened = Opened(tmp_path, bytes(content), "zip")
    assert "it.bin/a.txt" in opened.damages or opened.files == {"a.txt": b"a" * 10}

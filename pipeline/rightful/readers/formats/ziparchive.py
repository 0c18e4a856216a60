"""Zip archives: containers of files. Floor 2: a reader.

APPNOTE 6.3.10. What the central directory lists is laid down, member by member; where it is missing or broken, the members
are looked for one behind the other by their own headers, and the archive is told to be damaged. Documents of office programs
and the like are zip archives too: they are no folders of texts, and are not taken for one.
"""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from rightful.readers import Damage, FoundFile, Skipped
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank
from rightful.readers.streams import CHUNK_BYTES, StreamBroken, open_file, why
from rightful.readers.unpacking import Unpacking

FORMATS = ("zip",)
PACKS = False
UNPACKS = True

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _LOCATOR64, _DESCRIPTOR = b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"
_LOCAL_HEADER = struct.Struct("<4s5HLLL2H")
_CENTRAL_HEADER = struct.Struct("<4s6HLLL5HLL")
_END_RECORD = struct.Struct("<4s4HLLH")
_END64_RECORD = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64_RECORD = struct.Struct("<4sLQL")
_LONGEST_COMMENT = (1 << 16) - 1
_FULL_32, _FULL_16 = (1 << 32) - 1, (1 << 16) - 1
_ENCRYPTED, _DESCRIBED, _UTF_8 = 1, 1 << 3, 1 << 11
_UNIX = 3
_DEFLATE, _LZMA = 8, 14
_METHODS = {0: "stored", _DEFLATE: "deflate", 12: "bzip2", _LZMA: "lzma"}
_OTHER_METHODS = {1: "shrink", 6: "implode", 9: "deflate64", 93: "zstd", 95: "xz", 98: "ppmd"}
_MOST_DICTIONARY = 128 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, struct.error)

DOCUMENTS = (
    *(".docx", ".docm", ".dotx", ".xlsx", ".xlsm", ".xltx", ".pptx", ".pptm", ".potx", ".ppsx", ".vsdx", ".xps"),
    *(".odt", ".ods", ".odp", ".odg", ".ott", ".epub", ".pages", ".numbers", ".key", ".npz", ".keras", ".kmz", ".3mf"),
    *(".apk", ".ipa", ".kra", ".ora", ".sketch", ".idml"),
)
"""Suffixes of what is a zip archive and means one document, model or program."""
_DOCUMENT_PARTS = (b"mimetype", b"[Content_Types].xml", b"_rels/.rels")
"""How documents of ODF, EPUB and Office Open XML begin."""


def recognise(probe: Probe) -> Guess | None:
    """By the header of a first member, or of an archive without any. One that says it is a document is none of ours."""
    magic = probe.head.startswith((_LOCAL, _END))
    if not magic:
        return Guess(Rank.NAMED, "zip") if probe.suffix in (".zip", ".jar", ".whl", ".egg") else None
    if probe.suffix in DOCUMENTS or _first_name(probe.head) in _DOCUMENT_PARTS:
        return Guess(Rank.NAMED, None, f"not a supported type ({probe.suffix or 'a document in zip'})")
    if probe.packed:
        return Guess(Rank.MAGIC, None, "a zip archive that is compressed once more: unpack it first")
    return Guess(Rank.MAGIC, "zip")


def _first_name(head: bytes) -> bytes:
    if len(head) < _LOCAL_HEADER.size:
        return b""
    length = _LOCAL_HEADER.unpack_from(head)[-2]
    return head[_LOCAL_HEADER.size : _LOCAL_HEADER.size + length]


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Never: its directory is at the end."""
    return WHOLE


@dataclass(frozen=True, slots=True)
class _Entry:
    """A member as a header has it; ``at`` is where its own header begins."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    at: int
    mode: int = 0


class _NoDirectory(Exception):
    """The central directory is missing or cannot be read."""


def unpack(file: FoundFile, into: Unpacking) -> Iterator[Skipped | Damage]:
    """Lay down the regular members. Raises :class:`TooMuch`."""
    try:
        opened = open_file(file.path)
    except OSError as error:
        yield into.lost(why(error))
        return
    with opened:
        try:
            entries = _directory(opened, into.room.limits.members - into.room.members)
        except (_NoDirectory, *_BROKEN) as error:
            yield from _one_by_one(opened, into, str(error) or type(error).__name__)
            return
        starts = sorted(entry.at for entry in entries)
        met: set[int] = set()
        for entry in entries:
            yield from _listed(opened, entry, starts, met, into)


def _listed(
    opened: io.BufferedReader, entry: _Entry, starts: Sequence[int], met: set[int], into: Unpacking
) -> Iterator[Skipped | Damage]:
    name = _name(entry)
    kind = stat.S_IFMT(entry.mode)
    if name.endswith(b"/") or kind == stat.S_IFDIR:
        into.room.one_more()
        return
    if kind not in (0, stat.S_IFREG):
        link = kind == stat.S_IFLNK
        if link:
            into.symbolic(name, _content(opened, entry) if _unreadable(entry) is None else ())
        else:
            into.room.one_more()
        yield Skipped(
            into.called(name), "symbolic link in an archive: not followed" if link else "a special file, not a file"
        )
        return
    reason = _unreadable(entry)
    after = bisect_right(starts, entry.at)
    behind = starts[after] if after < len(starts) else None
    if entry.at in met or (behind is not None and entry.at + _LOCAL_HEADER.size + entry.packed > behind):
        reason = "it lies over the member behind it, as in a zip bomb: not read"
    met.add(entry.at)
    outcome = into.unreadable(name, reason) if reason else into.member(name, _content(opened, entry))
    if outcome is not None:
        yield outcome


def _unreadable(entry: _Entry) -> str | None:
    if entry.flags & _ENCRYPTED:
        return "encrypted: unpack it first, with its password"
    if entry.method not in _METHODS:
        called = _OTHER_METHODS.get(entry.method, f"method {entry.method}")
        return f"compressed with {called}, and {', '.join(_METHODS.values())} are read: unpack it first"
    return None


def _content(opened: io.BufferedReader, entry: _Entry) -> Iterator[bytes]:
    """The content of a member in pieces. Raises :class:`StreamBroken`."""
    try:
        opened.seek(entry.at)
        header = opened.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or header[:4] != _LOCAL:
            raise zipfile.BadZipFile("there is no header where its directory says")
        *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        if opened.read(name_length) != entry.name:
            raise zipfile.BadZipFile("it has another name in its own header than in the directory")
        opened.seek(extra_length, io.SEEK_CUR)
        yield from _inflated(opened, entry)
    except _BROKEN as error:
        raise StreamBroken(f"its data is damaged ({_reason(error)})", opened=True) from None


def _inflated(opened: BinaryIO, entry: _Entry) -> Iterator[bytes]:
    """What follows in a file, as the header says. Raises one of ``_BROKEN``."""
    info = zipfile.ZipInfo("member")
    info.compress_type, info.CRC = entry.method, entry.crc
    info.compress_size, info.file_size = entry.packed, entry.size
    if entry.method == _LZMA:
        at = opened.tell()
        properties = opened.read(9)
        opened.seek(at)
        if len(properties) == 9 and int.from_bytes(properties[5:9], "little") > _MOST_DICTIONARY:
            raise zipfile.BadZipFile(f"its dictionary is larger than {_MOST_DICTIONARY >> 20} MiB")
    with zipfile.ZipExtFile(opened, "r", info) as member:
        done = 0
        while piece := member.read(CHUNK_BYTES):
            done += len(piece)
            yield piece
    if done != entry.size:
        raise zipfile.BadZipFile(f"{done} bytes, and {entry.size} were announced")


def _reason(error: Exception) -> str:
    return str(error) or "it ends too early"


def _name(entry: _Entry) -> bytes:
    """The name as UTF-8: as it is, or from code page 437, which APPNOTE D.1 means where nothing is said. Programs of Windows
    have written backslashes for slashes."""
    name = entry.name.replace(b"\\", b"/")
    if entry.flags & _UTF_8:
        return name
    try:
        name.decode()
    except UnicodeDecodeError:
        return name.decode("cp437").encode()
    return name


def _directory(opened: io.BufferedReader, most: int) -> list[_Entry]:
    """What the central directory lists, up to one more than ``most``. Raises :class:`_NoDirectory` or one of ``_BROKEN``."""
    size, offset, at = _end(opened)
    before = at - size - offset  # what stands before the archive in the file
    if before < 0:
        raise _NoDirectory("its central directory is cut off")
    opened.seek(before + offset)
    left, entries = size, list[_Entry]()
    while left and len(entries) <= most:
        fixed = opened.read(_CENTRAL_HEADER.size)
        if len(fixed) < _CENTRAL_HEADER.size or fixed[:4] != _CENTRAL:
            raise _NoDirectory(f"its central directory is damaged at entry {len(entries) + 1}")
        (_, made, _, flags, method, _, _, crc, packed, plain, names, extras, comments, disk, _, attributes, start) = (
            _CENTRAL_HEADER.unpack(fixed)
        )
        variable = opened.read(names + extras + comments)
        if len(variable) < names + extras + comments:
            raise _NoDirectory("its central directory is cut off")
        left -= len(fixed) + len(variable)
        if left < 0:
            raise _NoDirectory("its central directory is longer than it says")
        extra = variable[names : names + extras]
        plain, packed, start = _large(extra, plain, packed, start)
        if disk not in (0, _FULL_16):
            raise _NoDirectory("it is one part of several")
        mode = attributes >> 16 if made >> 8 == _UNIX else 0
        entries.append(_Entry(variable[:names], flags, method, crc, packed, plain, before + start, mode))
    return entries


def _large(extra: bytes, plain: int, packed: int, start: int) -> tuple[int, int, int]:
    """Sizes and offset, those from the extra field of zip64 where the plain ones are full (APPNOTE 4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            field, values = extra[at + 4 : at + 4 + length], [plain, packed, start]
            for n, value in enumerate(values):
                if value == _FULL_32 and len(field) >= 8:
                    values[n], field = int.from_bytes(field[:8], "little"), field[8:]
            return values[0], values[1], values[2]
        at += 4 + length
    return plain, packed, start


def _end(opened: io.BufferedReader) -> tuple[int, int, int]:
    """Size and offset of the central directory, and where in the file it ends. Raises :class:`_NoDirectory`."""
    length = opened.seek(0, io.SEEK_END)
    first = max(0, length - _LONGEST_COMMENT - _END_RECORD.size)
    opened.seek(first)
    tail = opened.read()
    place = tail.rfind(_END)
    while place >= 0:
        if place + _END_RECORD.size <= len(tail):
            _, disk, _, _, _, size, offset, comment = _END_RECORD.unpack_from(tail, place)
            if place + _END_RECORD.size + comment == len(tail):
                if disk not in (0, _FULL_16):
                    raise _NoDirectory("it is one part of several")
                return _end64(opened, first + place) or (size, offset, first + place)
        place = tail.rfind(_END, 0, place)
    raise _NoDirectory("its central directory is missing")


def _end64(opened: io.BufferedReader, end: int) -> tuple[int, int, int] | None:
    at = end - _LOCATOR64_RECORD.size
    if at < 0:
        return None
    opened.seek(at)
    signature, _, where, _ = _LOCATOR64_RECORD.unpack(opened.read(_LOCATOR64_RECORD.size))
    if signature != _LOCATOR64:
        return None
    for place in (where, at - _END64_RECORD.size):  # the second where something stands before the archive
        if 0 <= place <= at - _END64_RECORD.size:
            opened.seek(place)
            fields = _END64_RECORD.unpack(opened.read(_END64_RECORD.size))
            if fields[0] == _END64:
                return fields[-2], fields[-1], place
    raise _NoDirectory("its zip64 directory is missing")


def _one_by_one(opened: io.BufferedReader, into: Unpacking, reason: str) -> Iterator[Skipped | Damage]:
    """The members by their own headers, as far as one follows the other: those say nothing of links."""
    at, length = 0, opened.seek(0, io.SEEK_END)
    while at < length:  # what a header announces may lead anywhere
        opened.seek(at)
        header = opened.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or header[:4] != _LOCAL:
            break
        _, _, flags, method, _, _, crc, packed, size, names, extras = _LOCAL_HEADER.unpack(header)
        name, extra = opened.read(names), opened.read(extras)
        if len(name) + len(extra) < names + extras:
            break
        size, packed, _ = _large(extra, size, packed, 0)
        entry = _Entry(name, flags, method, crc, packed, size, at)
        start = opened.tell()
        if unreadable := _unreadable(entry):
            yield into.unreadable(_name(entry), unreadable)
            if flags & _DESCRIBED and not packed:
                break
            at = start + packed
        elif flags & _DESCRIBED and not packed:
            if method != _DEFLATE:
                yield into.unreadable(_name(entry), "nothing says where it ends")
                break
            outcome = into.member(_name(entry), _undescribed(opened))
            if outcome is not None:
                yield outcome
                break
            at = opened.tell()
        else:
            if not name.endswith(b"/") or size:
                outcome = into.member(_name(entry), _salvaged(opened, entry))
                if outcome is not None:
                    yield outcome
            at = start + packed
    whole = " and none of its members can be read" if not at else f"; its members were read one by one up to byte {at}"
    yield into.lost(f"no whole zip archive: {reason}{whole}: fetch the file again, or repair it (zip -FF)")


def _salvaged(opened: BinaryIO, entry: _Entry) -> Iterator[bytes]:
    try:
        yield from _inflated(opened, entry)
    except _BROKEN as error:
        raise StreamBroken(f"its data is damaged ({_reason(error)})", opened=True) from None


def _undescribed(opened: BinaryIO) -> Iterator[bytes]:
    """Deflated data that ends where it says itself; the file stands behind its descriptor (APPNOTE 4.3.9) then."""
    stream, crc, size, read = zlib.decompressobj(-15), 0, 0, 0
    start = opened.tell()
    try:
        while not stream.eof:
            piece = stream.unconsumed_tail or opened.read(4_096)
            if not piece:
                raise EOFError("it ends too early")
            read += 0 if stream.unconsumed_tail else len(piece)
            out = stream.decompress(piece, CHUNK_BYTES)
            crc, size = zlib.crc32(out, crc), size + len(out)
            yield out
    except _BROKEN as error:
        raise StreamBroken(f"its data is damaged ({error})", opened=True) from None
    packed = read - len(stream.unused_data)
    opened.seek(start + packed)
    described = opened.read(24)
    signed = len(_DESCRIPTOR) if described.startswith(_DESCRIPTOR) else 0
    for width in (struct.Struct("<LLL"), struct.Struct("<LQQ")):
        fields = described[signed : signed + width.size]
        if len(fields) == width.size and width.unpack(fields) == (crc, packed, size):
            opened.seek(start + packed + signed + width.size)
            return
    raise StreamBroken("its data is damaged (what is announced behind it differs)", opened=True)

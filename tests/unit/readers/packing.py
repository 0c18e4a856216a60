"""Archives as the tests write them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

Files = Mapping[str, bytes | str]


def raw(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


def as_tar(files: Files, *more: tarfile.TarInfo, format: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar archive of regular files, and behind them ``more`` entries without content."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=format) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(raw(content))
            archive.addfile(entry, io.BytesIO(raw(content)))
        for entry in more:
            archive.addfile(entry)
    return packed.getvalue()


def tar_entry(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """An entry that is no regular file."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def as_zip(files: Files | Iterable[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive; of pairs also one in which a name comes twice."""
    packed = io.BytesIO()
    pairs = files.items() if isinstance(files, Mapping) else files
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in pairs:
            archive.writestr(name, raw(content))
    return packed.getvalue()


def tree_of(folder: Path) -> dict[str, bytes]:
    """All regular files below a folder, by their paths."""
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}

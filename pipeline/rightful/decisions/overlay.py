"""The operator's own readings of licences, ``STORE/licenses/*.toml``: read, signed, laid over the catalogue. Floor 5. Law 5.22.

A file is a licence in the catalogue's own form with ``ground``, why it is read so. A signature under it says who answers
for it and until when. What a reading does to decisions: :mod:`rightful.rights.overlay`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from rightful.catalog.readings import Reading, readings
from rightful.decisions.signing import DAY, WHO, Document, Signature, read_signable
from rightful.errors import CatalogError, InputError
from rightful.notation.toml import toml_of
from rightful.rights.licenses import Catalog, Overlay
from rightful.rights.overlay import overlaid

MOST_FILES = 1_000
SIGN = f'sign it: rightful license sign {{}} --by "{WHO}" --until {DAY}'

Files = tuple[tuple[str, bytes], ...]
"""Files of readings: name, bytes."""


def effective(catalog: Catalog, folder: Path, as_of: datetime, overlays: tuple[Overlay, ...] | None = None) -> Catalog:
    """The catalogue with the readings of ``folder`` as it is at an instant; with ``overlays`` instead, if these are given.

    Raises :class:`InputError` naming the file, and the key, that is wrong.
    """
    shipped = catalog.shipped or catalog
    return overlaid(shipped, read_overlays(folder) if overlays is None else overlays, as_of)


def read_overlays(folder: Path) -> tuple[Overlay, ...]:
    """The readings in a folder; none where there is none. Raises :class:`InputError` naming file and key."""
    files = tuple((path.name, reading_bytes(path)) for path in overlay_files(folder))
    return overlays_of_files(files, str(folder)) if files else ()


def overlay_files(folder: Path) -> list[Path]:
    """The files of readings in a folder, by name. Raises :class:`InputError` for one that is no folder, or holds too many."""
    if not os.path.lexists(folder):
        return []
    if folder.is_symlink() or not folder.is_dir():
        raise InputError(
            "is no folder", subject=str(folder), hint="it holds readings of licences: a folder, or nothing"
        )
    try:
        listed = sorted(p for p in folder.iterdir() if _is_reading(p.name))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", subject=str(folder)) from error
    if len(listed) > MOST_FILES:
        raise InputError(f"holds {len(listed):,} readings of licences, at most {MOST_FILES:,}", subject=str(folder))
    return listed


@lru_cache(maxsize=16)
def overlays_of_files(files: Files, folder: str) -> tuple[Overlay, ...]:
    """The readings in these files. Raises :class:`InputError` naming file and key."""
    tables = [(name, toml_of(raw, str(Path(folder, name)))) for name, raw in files]
    signatures = [document(str(Path(folder, name))).signature(data) for name, data in tables]
    digests = [hashlib.sha256(raw).hexdigest() for _, raw in files]
    return tuple(
        _overlay(reading, name, digest, signature)
        for reading, (name, _), digest, signature in zip(
            _readings(tables, folder), files, digests, signatures, strict=True
        )
    )


def one_reading(name: str, raw: bytes, folder: Path) -> Reading:
    """What one file says, beside the others of the folder (one of its own name left aside). Raises :class:`InputError`."""
    others = [p for p in overlay_files(folder) if p.name != name]
    tables = [(p.name, toml_of(reading_bytes(p), str(p))) for p in others]
    return _readings([*tables, (name, toml_of(raw, str(folder / name)))], str(folder))[-1]


def reading_bytes(path: Path) -> bytes:
    """The bytes of a reading. Raises :class:`InputError` for a link, and for what is no ordinary file or huge."""
    if path.is_symlink():
        raise InputError("is a link", subject=str(path), hint="put the file itself there: what it names may change")
    return read_signable(path)


def document(place: str) -> Document:
    """A reading as a file that is signed."""
    return Document(place, "the reading", SIGN.format(Path(place).name.removesuffix(".toml")))


def as_if_signed(overlays: Iterable[Overlay]) -> tuple[Overlay, ...]:
    """The readings as if somebody answered for each at any time: for a question, never for what leaves."""
    return tuple(replace(overlay, supposed=True) for overlay in overlays)


def damages(folder: Path) -> Iterator[dict[str, str]]:
    """What is wrong with the readings of a store, as ``store check`` lists it."""
    try:
        listed = overlay_files(folder)
    except InputError as error:
        yield _damage(error, folder)
        return
    whole: dict[Path, bytes] = {}
    for path in listed:
        try:
            whole[path] = reading_bytes(path)
        except InputError as error:
            yield _damage(error, path)
    while whole:
        try:
            overlays_of_files(tuple((path.name, raw) for path, raw in whole.items()), str(folder))
            return
        except InputError as error:
            wrong = next((p for p in whole if (error.subject or "").startswith(str(p))), folder)
            yield _damage(error, wrong)
            if whole.pop(wrong, None) is None:
                return


def _damage(error: InputError, path: Path) -> dict[str, str]:
    more = f" ({error.hint})" if error.hint else ""
    return {
        "file": str(path),
        "what": error.message,
        "remedy": f"put back the file that was signed, mend it and sign it again, or take it away{more}",
    }


def _is_reading(name: str) -> bool:
    """``NAME.toml`` in whatever case: what cannot be read is an error and not passed over. Hidden files are nobody's reading."""
    return name.lower().endswith(".toml") and not name.startswith(".")


def _readings(tables: list[tuple[str, dict[str, Any]]], folder: str) -> list[Reading]:
    try:
        return readings(tables)
    except CatalogError as error:
        file, _, key = (error.subject or "").partition(": ")
        place = str(Path(folder, file)) + (f", key {key}" if key else "")
        raise InputError(error.message, subject=place, hint=error.hint) from None


def _overlay(reading: Reading, name: str, sha256: str, signature: Signature | None) -> Overlay:
    signed: Mapping[str, Any] = (
        {} if signature is None else {"by": signature.by, "on": signature.on, "until": signature.until}
    )
    return Overlay(
        reading.license,
        name,
        sha256,
        reading.ground,
        called=reading.called,
        redirects=reading.redirects,
        **signed,
    )

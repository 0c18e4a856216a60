"""Another law than the one that a store goes by: an older catalogue, or readings that are not signed yet. Floor 5.

It is for questions: what would be permitted under it, what differs. Nothing leaves by it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rightful import catalog
from rightful.catalog import VOCABULARY
from rightful.decisions.overlay import MOST_FILES, as_if_signed, overlays_of_files, read_overlays, reading_bytes
from rightful.decisions.signing import read_signable
from rightful.errors import CatalogError, InputError
from rightful.rights.licenses import Catalog, Overlay
from rightful.rights.overlay import overlaid

Law = tuple[Catalog, tuple[Overlay, ...]]
"""A catalogue, and the readings that are laid over it."""


def law_at(path: Path, shipped: Catalog, beside: tuple[Overlay, ...] = ()) -> Law:
    """The law of a folder or file. Readings count as if they were signed; that of a file counts with those ``beside`` it.

    A folder with a vocabulary is a whole catalogue; any other one holds readings. Raises :class:`InputError` naming the file
    that is wrong.
    """
    if not path.exists():
        raise InputError("there is no such folder or file", subject=str(path), hint="name a catalogue, or a reading")
    if not path.is_dir():
        files = ((path.name, reading_bytes(path)),)
        [own] = as_if_signed(overlays_of_files(files, str(path.parent)))
        return shipped, (*(o for o in beside if o.license.id != own.license.id), own)
    if (path / VOCABULARY).exists():
        return _whole(path), ()
    overlays = read_overlays(path)
    if not overlays:
        raise InputError("holds no catalogue and no reading", subject=str(path), hint="both are files ID.toml")
    return shipped, as_if_signed(overlays)


def catalog_at(path: Path, shipped: Catalog, as_of: datetime) -> Catalog:
    """The same as it is read at an instant."""
    law, overlays = law_at(path, shipped)
    return overlaid(law, overlays, as_of)


def _whole(folder: Path) -> Catalog:
    """A catalogue of any age, from ordinary files. Raises :class:`InputError`."""
    listed = sorted(folder.glob("*.toml"))
    if len(listed) > 2 * MOST_FILES:
        raise InputError(f"holds {len(listed):,} files, which is no catalogue", subject=str(folder))
    for path in listed:
        read_signable(path)  # a pipe would be waited for, and what is huge read
    try:
        return catalog.read_older(folder)
    except CatalogError as error:
        file, _, key = (error.subject or "").partition(": ")
        place = str(folder / file) + (f", key {key}" if key else "")
        raise InputError(error.message, subject=place, hint=error.hint) from None
    except RecursionError:
        raise InputError("is nested too deeply", subject=str(folder)) from None

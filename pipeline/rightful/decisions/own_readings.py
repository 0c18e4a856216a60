"""Changes to the operator's own readings of licences: drafted, signed, removed. Floor 5.

Each is planned first, with the readings that would count then, so that somebody can say what it touches; nothing is written
before.
"""

from __future__ import annotations

import contextlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rightful import catalog
from rightful.catalog.readings import TODO
from rightful.decisions.overlay import (
    SIGN,
    document,
    one_reading,
    overlay_files,
    overlays_of_files,
    reading_bytes,
)
from rightful.decisions.signing import write
from rightful.errors import InputError
from rightful.notation.toml import toml_of
from rightful.rights.expression import LICENSE_REF, fold, license_id
from rightful.rights.licenses import Overlay
from rightful.rights.uses import PROFILES, PURPOSES
from rightful.store.layout import Layout, private_folder

_LOCK = "licenses"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done to one file, and the readings that count afterwards. ``raw`` is None where it is removed."""

    path: Path
    id: str
    raw: bytes | None
    overlays: tuple[Overlay, ...]
    todo: tuple[str, ...] = ()

    def publish(self) -> None:
        """Do it."""
        if self.raw is None:
            self.path.unlink()
            return
        private_folder(self.path.parent)
        write(self.path, self.raw)

    def as_json(self, now: datetime) -> dict[str, Any]:
        """What was done, and what the reading is called for."""
        own = next((overlay for overlay in self.overlays if overlay.license.id == self.id), None)
        return {
            "id": self.id,
            "path": str(self.path),
            "removed": self.raw is None,
            "overlay": None if own is None else own.as_json(now),
            "redirects": {} if own is None else dict(own.redirects),
            "todo": list(self.todo),
        }


@contextlib.contextmanager
def changing(layout: Layout) -> Iterator[None]:
    """One change at a time."""
    if not layout.root.exists():
        private_folder(layout.root)
    with layout.lock(_LOCK, passing=True):
        yield


def drafted(id: str, from_: str | None, folder: Path, *, now: datetime) -> Change:
    """The draft of a reading: what the catalogue has under this id, or under ``from_``, or nothing of any act.

    Raises :class:`InputError` for an id that cannot be read, or that has a reading already.
    """
    names = catalog.load().names
    identity = license_id(id, names) or id
    if license_id(identity, names) != identity:
        hint = "write an SPDX id, or LicenseRef- and letters, digits, dots and hyphens"
        raise InputError(f"{id!r} is no id of a licence", hint=hint)
    path = folder / f"{identity.lower()}.toml"
    if path in overlay_files(folder) or path.is_symlink():
        raise InputError("exists already", subject=str(path), hint="edit it, or take it out: rightful license remove")
    source = _shipped(license_id(from_ or identity, names) or from_ or identity, wanted=from_ is not None)
    raw = _draft(identity, source, now.date())
    return _planned(path, raw, folder)


def signed(license: str, folder: Path, *, by: str, until: datetime, now: datetime, ground: str = "") -> Change:
    """The reading that is called so, an id or a file, with a signature under it. Raises :class:`InputError`."""
    path, raw = _named(license, folder)
    text = document(str(path)).signed(raw, by=by, until=until, now=now, ground=ground)
    planned = _planned(path, text, folder)
    if planned.todo:
        raise InputError(
            f"still has something to do: {', '.join(planned.todo)}", subject=str(path), hint="write it, and sign then"
        )
    return planned


def removed(license: str, folder: Path, *, now: datetime) -> Change:
    """The store without the reading that is called so; what it says need not be readable. Raises :class:`InputError`."""
    listed = overlay_files(folder)
    path = next((p for p in listed if p == _place(license, folder) or p.absolute() == Path(license).absolute()), None)
    if path is None:
        raise _missing(license, folder)
    others = tuple((p.name, reading_bytes(p)) for p in listed if p != path)
    known = {fold(i): i for i in catalog.load().licenses}
    stem = path.name.rpartition(".")[0].lower()
    return Change(path, known.get(stem, stem), None, overlays_of_files(others, str(folder)) if others else ())


def _named(license: str, folder: Path) -> tuple[Path, bytes]:
    """Where the reading is to lie, and what it says; a file that lies elsewhere is to be put into the folder."""
    path = _place(license, folder)
    if path in overlay_files(folder):
        return path, reading_bytes(path)
    given = Path(license)
    if not given.name.lower().endswith(".toml"):
        raise _missing(license, folder)
    raw = reading_bytes(given)
    place = folder / given.name
    if place.absolute() != given.absolute() and place in overlay_files(folder):
        hint = f"sign that one, rightful license sign {given.stem}, or take it out first: rightful license remove"
        raise InputError("the store has a reading of this licence already", subject=str(place), hint=hint)
    return place, raw


def _place(license: str, folder: Path) -> Path:
    identity = license_id(license, catalog.load().names) or license
    return folder / f"{identity.lower()}.toml"


def _missing(license: str, folder: Path) -> InputError:
    listed = ", ".join(p.name.removesuffix(".toml") for p in overlay_files(folder)[:12])
    hint = f"there are {listed}" if listed else f"write one: rightful license new {license}"
    return InputError(f"there is no reading {license!r} in {folder}", hint=hint)


def _planned(path: Path, raw: bytes, folder: Path) -> Change:
    """A file put in its place: it is read there beside the others, before it lies there."""
    reading = one_reading(path.name, raw, folder)
    others = ((p.name, reading_bytes(p)) for p in overlay_files(folder) if p.name != path.name)
    files = tuple(sorted([*others, (path.name, raw)]))
    return Change(path, reading.license.id, raw, overlays_of_files(files, str(folder)), reading.todo)


def _shipped(identity: str, *, wanted: bool) -> dict[str, Any] | None:
    """What the catalogue's file of a licence says; None where it has none, unless it is ``wanted``."""
    path = catalog.shipped() / f"{identity.lower()}.toml"
    if identity in catalog.load().licenses and path.is_file():
        return tomllib.loads(path.read_text("utf-8"))
    if wanted:
        what = "has no file of its own" if identity in catalog.load().licenses else "is not reviewed"
        raise InputError(f"{identity!r} {what}", subject="--from", hint="see: rightful license list")
    return None


def _draft(identity: str, source: Mapping[str, Any] | None, today: date) -> bytes:
    """A reading to be edited, in TOML."""
    own = {"reviewer": f"{TODO}: name, role", "reviewed_at": today, "ground": f"{TODO}: why it is read so"}
    if source is not None and source["id"] == identity:
        return _toml({**source, **own})
    facts = {
        "schema": catalog.FORMAT,
        "id": identity,
        "name": f"{TODO}: its name",
        "kind": "terms",
        "family": identity.lower(),
        "version": "",
        "url": f"https://example.org/{TODO}",
        "other_urls": [],
        "scope": ["copyright"],
        "territory": ["*"],
        "irrevocable": False,
        "flags": [],
        "outbound": "any",
        "use_restrictions": [],
    }
    verdict = {
        "profiles": list(PROFILES),
        "purposes": list(PURPOSES),
        "class": "not-read",
        "clause": f"{TODO}: where the text says so",
        "rationale": f"{TODO}: why that means this",
    }
    facts |= {"aliases": [], "deprecated_ids": [], "text_read": "none", "verdicts": [verdict]}
    kept = ("scope", "territory", "irrevocable", "flags", "outbound", "outbound_except", "use_restrictions", "kind")
    if source is not None:
        facts |= {key: source[key] for key in (*kept, "text_read", "verdicts") if key in source}
    known = catalog.load().licenses.get(identity)
    if known is not None:
        facts |= {"name": known.name, "url": known.url, "family": known.family, "version": known.version}
    elif not LICENSE_REF.fullmatch(identity):
        facts["url"] = f"https://spdx.org/licenses/{identity}.html"
    return _toml({**facts, **own})


_HEAD = """# One's own reading of {id}. Not legal advice. What stands here, and how a file is written: docs/for-counsel.md.
# It only restricts until it is signed: {sign}
"""


def _toml(data: Mapping[str, Any]) -> bytes:
    """A file of the catalogue's form: keys first, then the tables of verdicts."""
    lines = [_HEAD.format(id=data["id"], sign=SIGN.format(data["id"]).removeprefix("sign it: "))]
    lines += [f"{key} = {_value(value)}" for key, value in data.items() if key != "verdicts"]
    for block in data["verdicts"]:
        lines += ["", "[[verdicts]]", *(f"{k} = {_value(v)}" for k, v in block.items() if k != "rows")]
        for row in block.get("rows", []):
            lines += ["", "[[verdicts.rows]]", *(f"{k} = {_value(v)}" for k, v in row.items())]
    text = "\n".join([*lines, ""])
    toml_of(text.encode(), "the draft")
    return text.encode()


def _value(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list) and len(value) > 6:
        return "[\n" + "".join(f"  {json.dumps(item, ensure_ascii=False)},\n" for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)

"""A signature under a file in TOML: who answers for it, from when, until when. Floor 5.

A table ``[signature]`` at the end of the file holds these and the digest of what was signed; whatever else the file says is
covered. It is no cryptography: it shows that a file was changed after somebody had put their name under it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rightful.errors import InputError, UnknownName
from rightful.notation.times import instant, last, through
from rightful.notation.toml import toml_of
from rightful.store.layout import publish

SIGNATURE_KEYS = ("by", "on", "until", "sha256")
GROUND_KEYS = ("ground", "for")
"""What a signature may say beside: on which ground it was given, and for what."""
WHO, WHERE, DAY = "Name, role", "where the assessment is kept", "2027-12-31"
"""What stands in a command that is proposed where a person has to write: nobody signs as this, nothing is a
ground; and the day until which it would count."""
MOST_BYTES = 4 << 20
"""What a file that is signed may hold: people write it by hand."""
_SIGNED_FROM = re.compile(r"^[ \t]*\[[ \t]*signature[ \t]*\][ \t]*(#.*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who answers for a file, from when, until when (instants in UTC; ``until`` is the first instant after it)."""

    by: str
    on: datetime
    until: datetime
    ground: str = ""
    purpose: str = ""

    def covers(self, as_of: datetime) -> bool:
        """True within the period."""
        return self.on <= as_of < self.until


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it is signed: where it lies, what errors call it, and how it is signed; ``covers`` is what a signature covers
    beside what the file says."""

    place: str
    what: str
    hint: str
    covers: Mapping[str, str] = field(default_factory=dict)

    def signature(self, data: Mapping[str, Any]) -> Signature | None:
        """Who signed ``data``, and the period; None where nobody did. Raises :class:`InputError`, for a digest that differs too."""
        if "signature" not in data:
            return None
        table = data["signature"]
        if not isinstance(table, dict):
            raise InputError(f"signature must be a table, not {table!r}", subject=self.place)
        keys = (*SIGNATURE_KEYS, *GROUND_KEYS)
        for key in table:
            if key not in keys:
                known = [f"signature.{k}" for k in keys]
                raise UnknownName.of("key", f"signature.{key}", known, subject=self.place)
        stated = {key: self._text(table, key) for key in keys}
        for key in SIGNATURE_KEYS:
            if not stated[key].strip():
                raise InputError(f"signature.{key} is missing", subject=self.place, hint=self.hint)
        by = stated["by"]
        if stated["sha256"] != digest({**data, **self.covers}):
            elsewhere = ", or signed under another name" if self.covers else ""
            raise InputError(
                f"{self.what} was changed after {by} signed it{elsewhere}",
                subject=self.place,
                hint=f"have it read; {self.hint}",
            )
        begins = instant(stated["on"], f"{self.place}, key signature.on")
        ends = through(stated["until"], f"{self.place}, key signature.until")
        return Signature(by, begins, ends, stated["ground"], stated["for"])

    def _text(self, table: Mapping[str, Any], key: str) -> str:
        value = table.get(key, "")
        value = value.isoformat() if isinstance(value, date) else value
        if not isinstance(value, str):
            raise InputError(f"signature.{key} must be a string, not {value!r}", subject=self.place)
        return value

    def signed(
        self, raw: bytes, *, by: str, until: datetime, now: datetime, ground: str = "", purpose: str = ""
    ) -> bytes:
        """The file with a signature under it, in place of an older one. Writes nothing. Raises :class:`InputError`."""
        signs = printed(by, "a signature names who signs, in printable characters", '--by "Name, role"')
        if until <= now:
            raise InputError(f"the period would end at {until.isoformat()}, before it begins", hint="see --until")
        data = toml_of(raw, self.place)
        body = unsigned(raw.decode("utf-8-sig"), data, self.place)
        terms = {"by": signs, "on": now.isoformat(timespec="seconds"), "until": last(until.replace(microsecond=0))}
        beside = {"ground": (ground, "--ground"), "for": (purpose, "--for")}
        for key, (text, option) in beside.items():
            if text.strip():
                terms[key] = printed(text, f"{key} is written in printable characters", option)
        stamp = digest({**data, **self.covers, "signature": terms})
        lines = [
            f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in (*terms.items(), ("sha256", stamp))
        ]
        return "\n".join([body.rstrip(), "", "[signature]", *lines, ""]).encode()


def printed(text: str, expected: str, option: str) -> str:
    """A text of one line that shows whole on a terminal. Raises :class:`InputError` saying what is ``expected``."""
    line = text.strip()
    if not line or not line.isprintable():
        raise InputError(expected, hint=f"write {option}")
    if " ".join(line.split()).casefold() in (WHO.casefold(), WHERE.casefold()):
        raise InputError(
            f"{line!r} stands for what you write there", hint=f"put your own words after {option.split()[0]}"
        )
    return line


def unsigned(text: str, data: Mapping[str, Any], place: str) -> str:
    """The text of a file without its signature, which stands at the end. Raises :class:`InputError` elsewhere."""
    if "signature" not in data:
        return text
    starts = [match.start() for match in _SIGNED_FROM.finditer(text)]
    body = text[: starts[-1]] if starts else text
    try:
        whole = toml_of(body.encode(), place) == {k: v for k, v in data.items() if k != "signature"}
    except InputError:
        whole = False
    if not whole:
        hint = "make it a table [signature] at the end of the file, or take it out"
        raise InputError("the signature does not stand at the end", subject=place, hint=hint)
    return body


def digest(data: Mapping[str, Any]) -> str:
    """SHA-256 of what a signature covers: everything, its own digest left out, as canonical JSON."""
    signed = dict(data)
    signed["signature"] = {k: v for k, v in data["signature"].items() if k != "sha256"}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def read_signable(path: Path) -> bytes:
    """The bytes of a file that may be signed. Raises :class:`InputError` for one that is no ordinary file, or is huge.

    A pipe or a device is not opened for reading: nobody may be at its other end.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise InputError("there is no such file", subject=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", subject=str(path)) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, a device or a socket"
            hint = "put a file of text there, or take it away"
            raise InputError(f"cannot be read: it is {kind}, not a file", subject=str(path), hint=hint)
        if status.st_size > MOST_BYTES:
            most = f"a file that people write and sign has at most {MOST_BYTES >> 20} MiB"
            raise InputError(f"has {status.st_size:,} bytes; {most}", subject=str(path))
        with os.fdopen(os.dup(handle), "rb") as file:
            return file.read(MOST_BYTES)
    finally:
        os.close(handle)


def write(path: Path, text: bytes) -> None:
    """Put a file that was signed in the place of the one that is there, for its owner alone."""
    with publish(path, private=True) as fresh:
        fresh.write_bytes(text)

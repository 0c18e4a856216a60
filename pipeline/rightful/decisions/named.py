"""Named uses: a request that has a name, as a file in TOML; shipped ones, and those of a store. Floor 5.

A named use has the keys of a policy, a ``summary``, and ``use``: the acts that it asks for. It is the request itself; the
standing policy of the store adds what it accepts, and its bases, publishers and copies go on counting. What a named use,
an option and the policy say twice they say alike, or it is an error. A named use that rests on a statute asks for nothing
until somebody has signed it for this store: ``STORE/uses/NAME.toml`` is then the shipped file with a signature under it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rightful.catalog import shipped as shipped_catalog
from rightful.decisions.policy_reader import UNDERTAKINGS, PolicyReader
from rightful.decisions.signing import DAY, WHERE, WHO, Document, Signature, printed, read_signable
from rightful.errors import InputError, UnknownName, did_you_mean
from rightful.notation.shell import typed
from rightful.notation.toml import toml_of
from rightful.rights.evidence import Evidence
from rightful.rights.undertakings import undertakings
from rightful.rights.uses import ACTORS, PROFILES, PURPOSES, Vocabulary, application_name, country, one_of

NAMED_KEYS = ("summary", "use", *UNDERTAKINGS, "basis", "signature")
"""The keys of a named use. What is about a store and not about a request stands in its policy."""
SHIPPED, STORE = "shipped", "store"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MOST_LETTERS = 64
_ADDED = ("signature", "jurisdiction")
_ADDED_TO_BASIS = ("reference", "lawful_access", "jurisdiction")
"""What a file of a store may say beside the shipped one of its name."""


@dataclass(frozen=True, slots=True)
class Named:
    """A named use. ``bases`` are those that somebody signed; ``data`` is the file as it stands, ``sha256`` of its bytes."""

    name: str
    origin: str
    path: str
    data: dict[str, Any]
    sha256: str
    bases: tuple[Evidence, ...] = ()
    signature: Signature | None = None

    @property
    def statutes(self) -> list[str]:
        """The statutes that it rests on."""
        return [str(basis["statute"]) for basis in self.data.get("basis", ())]

    def in_force(self, as_of: datetime) -> bool:
        """True within the period of its signature; without one as long as it needs none."""
        return not self.statutes if self.signature is None else self.signature.covers(as_of)

    def as_json(self, as_of: datetime | None = None) -> dict[str, Any]:
        """As answers and manifests record it."""
        dated = {"in_force": self.in_force(as_of)} if as_of is not None else {}
        shown: dict[str, Any] = json.loads(json.dumps(self.data, default=str))
        return {"name": self.name, "sha256": self.sha256, "origin": self.origin, **shown, **dated}

    def listed(self) -> dict[str, Any]:
        """As ``policy list`` has it; null for what it leaves to options, the policy and the defaults."""
        return {
            "name": self.name,
            "summary": self.data["summary"],
            "use": list(self.data["use"]),
            "purpose": self.data.get("purpose"),
            "actor": self.data.get("actor"),
            "jurisdiction": list(self.data.get("jurisdiction", ())),
            "accept": list(self.data.get("accept", ())),
            "statutes": self.statutes,
            "signed": self.signature is not None,
            "origin": self.origin,
            "path": self.path,
        }


class Unsigned(InputError):
    """A named use that rests on a statute is asked for where nobody has signed it; ``named`` is which."""

    named: Named | None = None


def sign_options(*, access: bool, by: str = WHO) -> list[str]:
    """What ``policy sign NAME`` needs beside the name; ``access``: lawful access has to be declared."""
    declared = ["--lawful-access"] if access else []
    return ["--by", by, "--until", DAY, "--ground", WHERE, *declared]


def sign_command(name: str, *, access: bool) -> str:
    """What signs a named use, as it is typed."""
    return typed(["rightful", "policy", "sign", name, *sign_options(access=access)])


def presupposes_access(data: Mapping[str, Any], words: Vocabulary) -> bool:
    """True where one of the bases presupposes lawful access and does not declare it yet; also of a file that was not checked."""
    listed = data.get("basis")
    bases = [basis for basis in listed if isinstance(basis, dict)] if isinstance(listed, list) else []
    statutes = [(words.statutes.get(str(basis.get("statute"))), basis.get("lawful_access") is True) for basis in bases]
    return any(statute is not None and statute.lawful_access and not declared for statute, declared in statutes)


def document(name: str, place: str, *, access: bool = False) -> Document:
    """A named use as a file that is signed."""
    return Document(place, f"the named use {name}", f"sign it: {sign_command(name, access=access)}", {"name": name})


def shipped_folder() -> Path:
    """Where the named uses lie that come with the package."""
    return shipped_catalog() / "uses"


def find(name: str, folder: Path, words: Vocabulary, *, resign: bool = False) -> Named:
    """A named use of the store whose files lie in ``folder``, or a shipped one. Raises :class:`InputError`.

    :class:`UnknownName` where there is none; the error for two of one name says where both lie. ``resign``: as it is before
    somebody signs it, whatever signature stands under it.
    """
    own, comes_with = _files(folder), _files(shipped_folder())
    _one_of_each_name(own, comes_with, name)
    if name not in own and name not in comes_with:
        known = sorted({*own, *comes_with})
        close = did_you_mean(name, known, limit=0)
        hint = f"{close} There are: " if close.startswith("did") else "there are: "
        raise UnknownName(f"unknown named use {name[:80]!r}", hint=hint + ", ".join(known))
    return _read(name, own.get(name), comes_with.get(name), words, resign=resign)


def all_named(folder: Path, words: Vocabulary) -> list[Named]:
    """Every named use, by name. Raises :class:`InputError` for a file that is none, and for two of one name."""
    own, comes_with = _files(folder), _files(shipped_folder())
    _one_of_each_name(own, comes_with)
    return [_read(name, own.get(name), comes_with.get(name), words) for name in sorted({*own, *comes_with})]


def damages(folder: Path, words: Vocabulary) -> Iterator[dict[str, str]]:
    """What is wrong with the named uses of a store, file by file, as ``store check`` lists it."""
    remedy = "mend it and sign it again, or take it away"
    try:
        own = _files(folder)
    except InputError as error:
        yield {"file": str(folder), "what": error.message, "remedy": error.hint or remedy}
        return
    comes_with = _files(shipped_folder())
    for name, path in own.items():
        try:
            _one_of_each_name(own, comes_with, name)
            _read(name, path, comes_with.get(name), words)
        except InputError as error:
            yield {"file": str(path), "what": error.message, "remedy": error.hint or remedy}


def valid_name(name: str) -> str:
    """A name as files have it. Raises :class:`InputError`."""
    if _NAME.fullmatch(name) and len(name) <= MOST_LETTERS:
        return name
    expected = f"write small letters, digits and single hyphens, {MOST_LETTERS} at most: my-model"
    raise InputError(f"{name[:80]!r} is no name of a use", hint=expected)


def _files(folder: Path) -> dict[str, Path]:
    """The files of a folder that end in ``.toml``, by name as it is written; none where there is no folder."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(e.name for e in entries if e.name.endswith(".toml") and not e.name.startswith("."))
    except FileNotFoundError:
        return {}
    except OSError as error:
        hint = "make it a folder of named uses, or take it away"
        raise InputError(f"cannot be read: {error.strerror or error}", subject=str(folder), hint=hint) from error
    return {name.removesuffix(".toml"): folder / name for name in names}


def _one_of_each_name(own: Mapping[str, Path], comes_with: Mapping[str, Path], name: str | None = None) -> None:
    """Raise :class:`InputError` where two names of files (or ``name`` and another) differ only in case, or one is no name."""
    by_fold: dict[str, list[Path]] = {}
    for stem, path in (*own.items(), *((s, p) for s, p in comes_with.items() if s not in own)):
        by_fold.setdefault(stem.casefold(), []).append(path)
    wanted = by_fold.values() if name is None else [by_fold.get(name.casefold(), [])]
    for paths in wanted:
        if len(paths) > 1:
            why = "their names differ only in case"
            raise _two(paths[0].stem.lower(), str(paths[0]), str(paths[1]), why)
        for path in paths:
            if (name is None or path.stem == name) and path.stem in own:
                try:
                    valid_name(path.stem)
                except InputError as error:
                    raise InputError(error.message, subject=str(path), hint=f"rename it: {error.hint}") from None


def _two(name: str, first: str, second: str, why: str) -> InputError:
    hint = f"keep one, or give yours a name of its own: rightful policy new NAME --from {name}"
    return InputError(f"two named uses of one name, {first} and {second}: {why}", subject=name, hint=hint)


def _read(name: str, own: Path | None, comes_with: Path | None, words: Vocabulary, *, resign: bool = False) -> Named:
    path = own if own is not None else comes_with
    assert path is not None
    raw = read_signable(path)
    origin = STORE if own is not None else SHIPPED
    named = read_named(raw, name, str(path), origin, words, resign=resign)
    if own is not None and comes_with is not None:
        original = toml_of(read_signable(comes_with), str(comes_with))
        if _without_what_is_added(named.data) != _without_what_is_added(original):
            only = "the file of the store says more than the shipped one, a signature, ground, lawful access and place aside"
            raise _two(name, str(own), str(comes_with), only)
    return named


def _without_what_is_added(data: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in data.items() if key not in _ADDED}
    if "basis" in plain:
        plain["basis"] = [{k: v for k, v in basis.items() if k not in _ADDED_TO_BASIS} for basis in plain["basis"]]
    return plain


def read_named(raw: bytes, name: str, place: str, origin: str, words: Vocabulary, *, resign: bool = False) -> Named:
    """A named use from its file. Raises :class:`InputError` naming file and key."""
    data = toml_of(raw, place)
    if resign:
        data.pop("signature", None)
    for key in data:
        if key not in NAMED_KEYS:
            if key in ("copies", "publishers", "observed_within"):
                hint = "write it into policy.toml, and sign that"
                raise InputError(f"{key} is about a store, not about a use", subject=place, hint=hint)
            raise UnknownName.of("key", key, NAMED_KEYS, subject=place)
    signature = document(name, place, access=presupposes_access(data, words)).signature(data)
    read = PolicyReader(place, words, draft=signature is None)
    read.undertakings({key: value for key, value in data.items() if key in UNDERTAKINGS})
    _checked(data, read, words)
    bases = read.bases(data, signature)
    counting = () if signature is None else bases
    return Named(name, origin, place, data, hashlib.sha256(raw).hexdigest(), counting, signature)


def _checked(data: Mapping[str, Any], read: PolicyReader, words: Vocabulary) -> None:
    """Every word of a named use is one that a request knows."""
    place = read.file
    summary = read.text(data, "summary")
    if not summary.strip() or not summary.isprintable():
        raise InputError("summary is missing: one line that says what the use is", subject=place)
    if not read.texts(data, "use"):
        hint = f'for example use = ["train.pretrain", "share.weights"]; {did_you_mean("", words.acts, limit=3)}'
        raise InputError("use is missing: the acts that it asks for", subject=place, hint=hint)
    checks: dict[str, Callable[[], object]] = {
        "use": lambda: [words.leaves(act) for act in data["use"]],
        "purpose": lambda: one_of("purpose", data.get("purpose", PURPOSES[0]), PURPOSES),
        "actor": lambda: one_of("actor", data.get("actor", ACTORS[0]), ACTORS),
        "profile": lambda: one_of("profile", data.get("profile", PROFILES[0]), PROFILES),
        "application": lambda: application_name(data.get("application")),
        "jurisdiction": lambda: [country(code) for code in data.get("jurisdiction", ())],
        "accept": lambda: undertakings(words, data.get("accept", ())),
    }
    for key, check in checks.items():
        try:
            check()
        except InputError as error:
            error.subject = f"{place}, key {key}"
            raise


def must_be_signed(named: Named, as_of: datetime, words: Vocabulary) -> None:
    """Raise :class:`Unsigned` where a named use cannot be asked for at ``as_of``, with the command that changes that."""
    if named.in_force(as_of):
        return
    command = sign_command(named.name, access=presupposes_access(named.data, words))
    if named.signature is None:
        message = (
            f"the named use {named.name} rests on {', '.join(named.statutes)}, and nobody has signed it for this store"
        )
        hint = f"read it: rightful policy show {named.name}; then {command}"
    else:
        signature = named.signature
        period = f"from {signature.on.isoformat()} until {signature.until.isoformat()}"
        message = f"the named use {named.name} was signed by {signature.by} {period}, which is not {as_of.isoformat()}"
        hint = f"read it again and renew it: {command}"
    error = Unsigned(message, subject="--policy", hint=hint)
    error.named = named
    raise error


def conflict(key: str, named: Named, ours: object, whose: str, theirs: object) -> InputError:
    """The error for a named use and an option, or the policy, that say two things."""
    option = {"use": "--use ACT", "jurisdiction": "--jurisdiction CC"}.get(key, f"{option_of(key)} {_shown(theirs)}")
    hint = f"leave one out, or make a use of your own: rightful policy new NAME --from {named.name} {option}"
    message = f"the named use {named.name} says {key} {_shown(ours)}, and {whose} says {_shown(theirs)}"
    return InputError(message, subject="--policy", hint=hint)


def option_of(key: str) -> str:
    """The option that says a key of a request."""
    return "--reading" if key == "profile" else f"--{key}"


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, Collection) and not isinstance(value, str) else str(value)


def begun_as(named: Named, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a use that begins as another says: no signature and nothing that was declared under it, and the terms that are
    ``given`` in its bases as well.
    """
    data = {key: value for key, value in named.data.items() if key != "signature"}
    inner = {"use": "acts", "purpose": "purposes", "actor": "actors", "jurisdiction": "jurisdiction"}
    terms = {inner[key]: value if isinstance(value, list) else [value] for key, value in given.items() if key in inner}
    if "basis" in data:
        bases = ({k: v for k, v in basis.items() if k not in ("lawful_access", "reference")} for basis in data["basis"])
        data["basis"] = [basis | terms for basis in bases]
    return data


def toml_of_use(data: Mapping[str, Any]) -> bytes:
    """A named use as TOML: the keys of the request first, each basis as a table. The signature is left out."""
    order = [key for key in NAMED_KEYS if key in data and key not in ("basis", "signature")]
    lines = [f"{key} = {_value(data[key])}" for key in order]
    for basis in data.get("basis", ()):
        lines += ["", "[[basis]]", *(f"{key} = {_value(value)}" for key, value in basis.items())]
    return "\n".join([*lines, ""]).encode()


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def summary_of(text: str) -> str:
    """A summary in one line. Raises :class:`InputError`."""
    return printed(text, "a summary is one line of printable characters", '--summary "what the use is"')

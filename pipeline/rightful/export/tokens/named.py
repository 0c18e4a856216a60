"""Which file a tokenizer is that was given by its path or by its name. Nothing is ever downloaded. Floor 8.

A name, such as ``gpt2`` or ``openai-community/gpt2``, is looked for in the store and then in the cache of Hugging Face,
as ``huggingface_hub`` lays it out: ``HUB/models--OWNER--NAME/snapshots/REVISION/tokenizer.json``, with the revision that
``refs/main`` names.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Final

from rightful.errors import InputError, did_you_mean
from rightful.store.layout import sha256_file

OPTION: Final = "--tokenizer"
FILE: Final = "tokenizer.json"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,95}(?:/[A-Za-z0-9_][A-Za-z0-9._-]{0,95})?")
_REVISION = re.compile(r"\w[\w.-]{0,127}")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Taken:
    """The file of a tokenizer. ``place`` says where one that was named lay, with STORE and HUB for the folders of this
    machine; None for one that was given by its path."""

    path: Path
    place: str | None = None


def take(requested: str, store: Path, environment: Mapping[str, str]) -> Taken:
    """The file of a tokenizer by its path or name. ``environment``: where the cache of Hugging Face is said to be.

    Raises :class:`InputError` for what is no file, no name, or a name of nothing or of several different files; it
    says where it was looked for.
    """
    path = Path(requested)
    if _is_file(path):
        return Taken(path)
    if _is_path(requested) or _NAME.fullmatch(requested) is None:
        close = did_you_mean(requested, _words(store))
        raise InputError(
            f"there is no file {requested!r}",
            subject=OPTION,
            hint=(f"{close} " if close.startswith("did you mean") else "")
            + "name a tokenizer.json, or one that lies in the store by its name, or train:32000, or bytes",
        )
    hub = hub_of(environment)
    for file in _in_store(requested, store):
        if _is_file(file):
            return Taken(file, f"STORE/{file.relative_to(store).as_posix()}")
    file_of_hub = _in_hub(requested, hub)
    if file_of_hub is not None:
        return Taken(file_of_hub, f"HUB/{file_of_hub.relative_to(hub).as_posix()}")
    raise _nowhere(requested, store, hub)


def hub_of(environment: Mapping[str, str]) -> Path:
    """Where ``huggingface_hub`` keeps what it fetched, by the variables that it heeds itself."""
    if environment.get("HF_HUB_CACHE"):
        return Path(environment["HF_HUB_CACHE"]).expanduser()
    home = environment.get("HF_HOME")
    cache = environment.get("XDG_CACHE_HOME") or f"{environment.get('HOME') or '~'}/.cache"
    return Path(home or f"{cache}/huggingface").expanduser() / "hub"


def names_in(store: Path) -> list[str]:
    """The names of the tokenizers that lie in a store."""
    folder = store / "tokenizers"
    files = [*folder.glob("*.json"), *folder.glob(f"*/{FILE}"), *folder.glob(f"*/*/{FILE}"), *folder.glob("*/*.json")]
    short = (file.relative_to(folder).as_posix().removesuffix(f"/{FILE}").removesuffix(".json") for file in files)
    return sorted(set(short))


def _words(store: Path) -> list[str]:
    return ["bytes", "train:32000", *names_in(store)]


def _is_path(requested: str) -> bool:
    """Whether this can only be meant as a path."""
    return requested.endswith(".json") or requested.startswith((".", "/", "~")) or requested.count("/") > 1


def _is_file(path: Path) -> bool:
    """False where nothing lies there. A folder without a tokenizer in it is no answer either: its name may be that of
    a tokenizer. Raises :class:`InputError` for a pipe, a link that leads nowhere, or a folder that has a tokenizer."""
    try:
        if path.is_file():
            return True
        if path.is_dir():
            inside = path / FILE
            if not inside.is_file():
                return False
            raise InputError("is a folder, not a tokenizer", subject=str(path), hint=f"{OPTION} {inside}")
        if path.is_symlink() and not path.exists():
            raise InputError("is a link that leads nowhere", subject=str(path), hint="put a tokenizer.json there")
        if path.exists():
            raise InputError("is no file, but a pipe or a device", subject=str(path), hint="put a tokenizer.json there")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot be read: {reason}", subject=f"{OPTION} {str(path)[:200]}") from error
    return False


def _in_store(name: str, store: Path) -> tuple[Path, ...]:
    folder = store / "tokenizers"
    return folder / name / FILE, folder / f"{name}.json"


def _in_hub(name: str, hub: Path) -> Path | None:
    """The tokenizer of this name: of the model that is called exactly so, or of the only owner that has one."""
    exact = _of_model(hub / f"models--{name.replace('/', '--')}")
    if exact is not None or "/" in name:
        return exact
    owners = {folder: _of_model(folder) for folder in sorted(hub.glob(f"models--*--{escape(name)}"))}
    files = [file for file in owners.values() if file is not None]
    if len(_different(files)) > 1:
        full = [folder.name.removeprefix("models--").replace("--", "/", 1) for folder, file in owners.items() if file]
        raise InputError(
            f"{name!r} is the name of {len(full)} tokenizers that differ, in {hub}",
            subject=OPTION,
            hint=f"name one: {', '.join(f'{OPTION} {one}' for one in full[:_SHOWN])}",
        )
    return files[0] if files else None


def _of_model(folder: Path) -> Path | None:
    """The tokenizer of the revision that is current, else of the only one there is."""
    main = folder / "refs" / "main"
    if main.is_file():
        with main.open("rb") as file:
            revision = file.read(200).decode(errors="replace").strip()
        current = folder / "snapshots" / revision / FILE
        if _REVISION.fullmatch(revision) and _is_file(current):
            return current
    files = [file for file in sorted(folder.glob(f"snapshots/*/{FILE}")) if _is_file(file)]
    if len(_different(files)) > 1:
        listed = ", ".join(map(str, files[:_SHOWN]))
        raise InputError(
            f"{len(files)} revisions have tokenizers that differ", subject=str(folder), hint=f"name one: {listed}"
        )
    return files[0] if files else None


def _different(files: Iterable[Path]) -> set[str]:
    return {sha256_file(file) for file in files}


def _nowhere(name: str, store: Path, hub: Path) -> InputError:
    """The error for a name of nothing: where it was looked for, and what to type."""
    places = [*_in_store(name, store), hub / f"models--{name.replace('/', '--')}" / "snapshots" / "*" / FILE]
    if "/" not in name:
        places.append(hub / f"models--*--{name}" / "snapshots" / "*" / FILE)
    close = did_you_mean(name, _words(store))
    folder = shlex.quote(str(store / "tokenizers" / name))
    return InputError(
        f"{name!r} is no file, and no tokenizer of that name lies here; nothing is downloaded",
        subject=OPTION,
        hint="\n  ".join(_steps(name, places, folder, close)),
    )


def _steps(name: str, places: Iterable[Path], folder: str, close: str) -> Iterator[str]:
    if close.startswith("did you mean"):
        yield close
    yield "looked for it in"
    yield from (f"  {place}" for place in places)
    yield "put one there, and run this again:"
    yield f"  mkdir -p {folder} && cp tokenizer.json {folder}/"
    yield f"  hf download {name} tokenizer.json --local-dir {folder}  # fetches it from Hugging Face"
    yield f"or choose another: {OPTION} FILE, train:32000 or bytes"

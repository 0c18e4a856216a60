"""From what was seen to the draft of a card: each guess marked, with why; written once, and never over what is there. Floor 6."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from rightful.drafts.looking import Data
from rightful.drafts.papers import all_of, is_installed, is_paper
from rightful.drafts.walking import Seen, Walked
from rightful.errors import InputError
from rightful.readers.streams import why
from rightful.readers.tree import shown_name
from rightful.rights.expression import Names, parse
from rightful.rights.sources import CARD_NAME
from rightful.signals.cards.guesses import MARK, marked
from rightful.signals.cards.source_card import SourceCard, source_id

MOST_CARDS = 200
MOST_STRINGS = 12
STANDS = "there is a card already; it stands"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a draft: the key, its value or the values of its list, whether it is a guess, and what it was read from."""

    key: str
    value: str | tuple[str, ...]
    guess: bool
    why: str
    table: str = ""

    def as_json(self) -> dict[str, str]:
        """A guess as ``init`` answers it; ``line`` is how it stands in the card once it is confirmed."""
        value = self.value if isinstance(self.value, str) else ", ".join(self.value)
        key = f"{self.table}.{self.key}" if self.table else self.key
        return {"key": key, "value": value, "why": self.why, "line": _line(replace(self, guess=False, why=""))}


@dataclass(frozen=True, slots=True)
class Draft:
    """The card of a folder. ``file`` is where it is to lie; ``notes`` stand in it as comments."""

    folder: Path
    file: Path
    name: str
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
    stated_by: str = ""
    drafted_by: str = "rightful init"
    beside: str = ""
    """The licences that need no line of the card, because files beside the data state them; empty for none."""

    @property
    def guesses(self) -> tuple[Entry, ...]:
        """The lines that nobody confirmed."""
        return tuple(entry for entry in self.entries if entry.guess)

    def confirmed(self, keys: Collection[str] | None = None) -> Draft:
        """The draft with the guesses of these keys confirmed; without keys, all of them."""
        sure = tuple(replace(e, guess=False) if keys is None or e.key in keys else e for e in self.entries)
        return replace(self, entries=sure)

    def stating(self, key: str, value: str, reason: str) -> Draft:
        """The draft with a value that somebody stated, in place of whatever was guessed."""
        kept = tuple(entry for entry in self.entries if entry.key != key or entry.table)
        return replace(self, entries=(*kept, Entry(key, value, False, reason)))

    def text(self, on: date) -> str:
        """The card as a file."""
        head = [
            f"# Drafted by {self.drafted_by} on {on.isoformat()} from a look at some of the files.",
            f"# A value that begins with {MARK.strip()!r} is a guess: it permits nothing until these two words are deleted.",
        ]
        head += [f"# {_comment(self.stated_by)} answered for what is not marked."] if self.stated_by else []
        lines = [*head, f"name = {quoted(self.name)}"]
        lines += [_line(entry) for entry in self.entries if not entry.table]
        lines += [f"# {_comment(note)}" for note in self.notes]
        keys = {entry.key for entry in self.entries if not entry.table}
        lines += [f"# {_comment(self.beside)}"] if self.beside else []
        lines += [line for key, line in _UNSAID.items() if key not in keys and (key != "license" or not self.beside)]
        for table in dict.fromkeys(entry.table for entry in self.entries if entry.table):
            lines += ["", f"[{table}]", *(_line(entry) for entry in self.entries if entry.table == table)]
        return "\n".join(lines) + "\n"


_UNSAID = {
    "license": '# license = "..."         nothing here states one for certain; what nobody states is unknown, and permits nothing',
    "personal_data": '# personal_data = "no"    or "yes": a look at some files cannot say that there is none',
}
"""What a person may add: key -> a comment."""


def _line(entry: Entry) -> str:
    values = (entry.value,) if isinstance(entry.value, str) else entry.value
    written = [quoted(marked(value) if entry.guess else value) for value in values]
    key = entry.key if entry.key.replace("_", "").isalnum() and entry.key.isascii() else quoted(entry.key)
    value = written[0] if isinstance(entry.value, str) else f"[{', '.join(written)}]"
    return f"{key} = {value}" + (f"  # {_comment(entry.why)}" if entry.why else "")


def quoted(text: str) -> str:
    """A string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    """A comment of TOML: one line, without control characters."""
    return "".join(c if c.isprintable() else "?" for c in text)[:300]


# --- which folders need a card ---------------------------------------------------------------------------------------


def governed(walked: Walked, papers: Collection[str]) -> dict[str, list[Seen]]:
    """The files by the folder whose card governs them: one with licence papers or a card of its own, or the root.

    ``papers`` are by folder, moved to the folder that they are about. A paper belongs where it lies.
    """
    carded = {file.folder for file in walked.files if file.name == CARD_NAME}
    tops = {"", *carded, *(folder for folder in papers if not is_installed(folder))}
    by_folder: dict[str, list[Seen]] = defaultdict(list)
    for file in walked.files:
        if file.name == CARD_NAME:
            continue
        by_folder[_nearest(file.folder, tops)].append(file)
    return {folder: files for folder, files in sorted(by_folder.items()) if any(not is_paper(f.name) for f in files)}


def _nearest(folder: str, tops: Collection[str]) -> str:
    while folder and folder not in tops:
        folder = folder.rpartition("/")[0]
    return folder


# --- how it is called, and what it is held against ---


def named_apart(folders: Iterable[tuple[str, Path]], taken: Collection[str]) -> dict[str, str]:
    """A name for the card of each folder (path below the root, the folder): that of the folder, with those above it where
    another source has it already. ``taken`` are ids of sources."""
    ids, chosen = set(taken), {}
    for relative, folder in folders:
        parts = [shown_name(part) for part in folder.parts[1:] or ("data",)]
        for length in range(1, len(parts) + 1):
            name = "-".join(parts[-length:])
            if source_id(name) not in ids:
                break
        else:
            name = f"{name}-{len(ids)}"
        ids.add(source_id(name))
        chosen[relative] = name
    return chosen


def contradictions(card: SourceCard, data: Data, names: Names) -> list[dict[str, str]]:
    """Where a card that stands says otherwise than what was seen: both values, and what it was seen in."""
    listed = []
    for paper in data.papers:
        stated = (
            card.license if isinstance(card.license, str) else " AND ".join(f"({one})" for one in card.license or ())
        )
        if paper.license is None or not stated:
            continue
        read = all_of([stated], names)
        if read is None or _same(read, paper.license, names):
            continue
        listed.append({"key": "license", "card": stated, "draft": paper.license, "why": f"{paper.file}: {paper.why}"})
    if data.personal_data == "yes" and card.personal_data == "no":
        why = "persons write to each other here"
        listed.append({"key": "personal_data", "card": "no", "draft": "yes", "why": why})
    return listed


def _same(one: str, other: str, names: Names) -> bool:
    return parse(one, names) == parse(other, names)


# --- writing ---------------------------------------------------------------------------------------------------------


def outcome(draft: Draft, day: date, *, to_write: bool = True) -> dict[str, Any]:
    """What becomes of a draft, as it is answered: written, or why not; its text where no card stands in its place."""
    text: str | None = draft.text(day)
    reason = None
    if os.path.lexists(draft.file):  # of an earlier look, beside the data
        text, reason = None, STANDS
    elif to_write:
        try:
            write(draft.file, str(text))
        except InputError as error:
            reason = error.message
    return {
        "file": shown_name(str(draft.file)),
        "folder": shown_name(str(draft.folder)),
        "written": to_write and reason is None,
        "reason": reason,
        "guesses": [guess.as_json() for guess in draft.guesses],
        "notes": list(draft.notes),
        "text": text,
    }


def write(file: Path, text: str) -> None:
    """Write a card where there is none: whole or not at all. Raises :class:`InputError`; what is there stays."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".draft-", suffix=".toml", dir=file.parent)
    except OSError as error:
        raise InputError(
            why(error), subject=str(file.parent), hint="have the drafts written elsewhere: --drafts FOLDER"
        ) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        Path(name).chmod(0o644)
        os.link(name, file)
    except FileExistsError:
        raise InputError(STANDS, subject=str(file)) from None
    except OSError as error:
        raise InputError(
            why(error), subject=str(file), hint="have the drafts written elsewhere: --drafts FOLDER"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            Path(name).unlink()

"""From what was seen to the draft of a card: each guess marked, with why; written once, and never over what is there. Floor 6."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rightful.drafts.front_matter import SAYS_NOTHING as CARD_SAYS_NOTHING
from rightful.drafts.looking import MAIL, WEB, Data, unread_strings
from rightful.drafts.papers import SAYS_NOTHING, Paper, about, is_paper
from rightful.drafts.walking import Seen, Walked
from rightful.errors import InputError
from rightful.readers.streams import why
from rightful.readers.tree import CARD_NAME, shown_name
from rightful.rights.expression import Names, NothingStated, Unreadable, parse, render, suggest
from rightful.signals.cards.guesses import MARK, marked
from rightful.signals.cards.source_card import SourceCard, source_id

MOST_CARDS = 200
MOST_STRINGS = 12
MANY_DOMAINS = 3
"""From so many domains on, what has been collected is the work of others."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a draft: the key, its value or the values of its list, whether it is a guess, and what it was read from."""

    key: str
    value: str | tuple[str, ...]
    guess: bool
    why: str
    table: str = ""

    def as_json(self) -> dict[str, str]:
        """A guess as ``init`` answers it."""
        value = self.value if isinstance(self.value, str) else ", ".join(self.value)
        return {"key": f"{self.table}.{self.key}" if self.table else self.key, "value": value, "why": self.why}


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
        lines += [line for key, line in _UNSAID.items() if key not in keys]
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


def is_card(name: str) -> bool:
    """True for a README that may be the card of a dataset."""
    return name.lower() in ("readme.md", "dataset_card.md", "datasetcard.md")


def governed(walked: Walked, papers: Collection[str]) -> dict[str, list[Seen]]:
    """The files by the folder whose card governs them: one with licence papers or a card of its own, or the root.

    ``papers`` are by folder, moved to the folder that they are about. A paper belongs where it lies.
    """
    carded = {file.folder for file in walked.files if file.name == CARD_NAME}
    tops = {"", *carded, *papers}
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


def place_of(file: Seen, folders: Collection[str]) -> str | None:
    """The folder that a licence file is about: by its name where it lies among licences, else where it lies. None where it is
    about something that is not here."""
    named = about(file.name, file.folder)
    if not named:
        return file.folder
    above = file.folder.rpartition("/")[0]
    meant = f"{above}/{named}" if above else named
    return meant if meant in folders else None


# --- what a card says ------------------------------------------------------------------------------------------------


def draft(data: Data, folder: Path, file: Path, name: str, names: Names) -> Draft:
    """The card of a folder from what was seen in it."""
    entries: list[Entry] = []
    notes: list[str] = []
    _license(data, names, entries, notes)
    if data.personal_data == "yes":
        what = "mail" if data.kind == MAIL else "messages"
        entries.append(Entry("personal_data", "yes", True, f"persons write {what} here"))
    if data.kind == WEB and len(data.domains) >= MANY_DOMAINS and any(e.key == "license" for e in entries):
        entries.append(Entry("covers", "compilation", True, "pages of many hosts: the licence may be the collector's"))
    if data.metadata is not None:
        for source in data.metadata.sources[:1]:
            made_from = source.rpartition("|")[2] or source
            if source_id(made_from) != source_id(name):
                entries.append(Entry("derived_from", made_from, True, "source_datasets of the dataset card"))
    if data.text_column:
        entries.append(Entry("text", data.text_column, False, "the longest strings", "fields"))
    for place, _, text in unread_strings(data, names)[:MOST_STRINGS]:
        hint = suggest(text, names)
        notes.append(
            f"the catalogue cannot read {text[:80]!r} in {place}: say what it means in [licenses]"
            + (f"; {hint}" if hint else "")
        )
    return Draft(folder, file, name, tuple(entries), tuple(notes))


def _license(data: Data, names: Names, entries: list[Entry], notes: list[str]) -> None:
    """The licence that all papers together state; a paper that is not recognised leaves no guess."""
    stated = [paper for paper in data.papers if paper.license is not None]
    unread = [paper for paper in data.papers if paper.license is None and not _says_nothing(paper)]
    notes += [f"{paper.file}: {paper.why}" for paper in unread]
    if unread or not stated:
        notes += [
            f"{paper.file}: {paper.why} ({paper.license}), and not all that lies beside it"
            for paper in stated
            if unread
        ]
        return
    licenses = list(dict.fromkeys(str(paper.license) for paper in stated))
    expression = _joined(licenses, names)
    if expression is None:
        return
    why = ", ".join(f"{paper.file}: {paper.why}" for paper in stated[:3])
    entries.append(Entry("license", expression, True, why))
    if len(licenses) > 1:
        notes.append("several licences: all of them hold, unless you know that you may choose (OR)")


def _says_nothing(paper: Paper) -> bool:
    """True for a NOTICE that names holders and no more, and for a dataset card without a licence."""
    notice = paper.file.rpartition("/")[2].lower().startswith(("notice", "copyright"))
    return (notice and paper.why == SAYS_NOTHING) or paper.why == CARD_SAYS_NOTHING


def _joined(licenses: Sequence[str], names: Names) -> str | None:
    try:
        return render(parse(" AND ".join(f"({one})" for one in licenses) if len(licenses) > 1 else licenses[0], names))
    except (Unreadable, NothingStated):
        return None


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
        read = _joined([stated], names)
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
        raise InputError("there is a card already; it stands", subject=str(file)) from None
    except OSError as error:
        raise InputError(
            why(error), subject=str(file), hint="have the drafts written elsewhere: --drafts FOLDER"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            Path(name).unlink()

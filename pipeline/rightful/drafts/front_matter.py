"""The front matter of a dataset card -> what it states of the licence, for a guess. Floor 6.

Of YAML that much is read: keys at the beginning of a line, strings, and lists of strings. Whatever speaks of licences, rights or
terms holds, under whatever key; where any of that is written in a way that is not read here, nothing is guessed, and why is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rightful.drafts.papers import Paper, all_of
from rightful.rights.expression import Names, NothingStated, Unreadable
from rightful.signals.texts.reserving_words import reserving_phrase

SAYS_NOTHING = "its front matter says nothing"
_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)(?:\r?\n)?^(?:---|\.\.\.)[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"""(?P<quote>["']?)(?P<key>[^\W\d][\w .-]*)(?P=quote)[ \t]*:(?:[ \t]+(?P<value>.*))?$""")
_ENTRY = re.compile(r"[ \t]*-[ \t]+(?P<value>\S.*)$")
_OF_RIGHTS = re.compile(r"licen[cs]|rights?\b|copyright|\bterms\b|gated|usage|restrict|polic(?:y|ies)\b", re.IGNORECASE)
_RESTRICTS = re.compile(
    r"licen[cs]|\brights\b|non-?commercial|\bonly\b|prohibit|restrict|forbidden|permission|\bterms\b|\bcondition|\bnot\b|\bagree",
    re.IGNORECASE,
)
_IN_PROSE = re.compile(
    r"non-?commercial|\bby-nc\b|\bby-nd\b|commons clause|research (?:use|purposes?) only|only for|for (?:\w+ )?(?:use|purposes) only"
    r"|additional (?:terms|restrictions|conditions)"
    r"|(?:may|must|shall|can|should|do)(?: ?not|'t| only)(?: be)? (?:use|sell|share|train|redistribut)"
    r"|not (?:be )?(?:used|allowed|permitted)\b|prohibited|prior (?:written )?(?:permission|consent)|terms of use",
    re.IGNORECASE,
)
"""Words of the card below its front matter that may restrict."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The front matter of a dataset card, as far as a draft needs it. Values as they stand; ``licenses`` has all that any key
    about rights says, and ``unread`` what was not understood of it, or what restricts beside it."""

    licenses: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    unread: str = ""


def front_matter(text: str) -> Metadata | None:
    """What stands between ``---`` at the top of a README, and what below it restricts; None where nothing stands there."""
    match = _FRONT.match(text)
    if match is None:
        return None
    values: dict[str, list[str]] = {}
    unread: list[str] = []
    key, open_to_entries = "", False
    for line in match[1].splitlines():
        if not line.strip():
            continue
        stated = _KEY.fullmatch(line)
        if line.lstrip().startswith("#"):
            unread += [line] if _RESTRICTS.search(line) else []
        elif stated is not None:
            key = re.sub(r"[ -]", "_", stated["key"].strip().casefold())
            value, comment = _without_comment(stated["value"] or "")
            unread += [line] if _RESTRICTS.search(comment) else []
            listed = value[1:-1].split(",") if value.startswith("[") and value.endswith("]") else [value]
            values.setdefault(key, []).extend(one for one in map(_scalar, listed) if one)
            open_to_entries = not value
            if not _about_rights(key) and _RESTRICTS.search(value):
                unread.append(line)
        elif not line[0].isspace() and line[0] != "-":
            unread.append(line)
        elif _about_rights(key):
            entry = _ENTRY.fullmatch(line)
            value, comment = _without_comment(entry["value"]) if entry is not None else ("", "")
            if entry is None or not open_to_entries or _RESTRICTS.search(comment) or not _scalar(value):
                unread.append(line)
            else:
                values[key].append(_scalar(value))
        else:
            unread += [line] if _RESTRICTS.search(line) else []
            entry = _ENTRY.fullmatch(line)
            if entry is not None and key:
                values[key].append(_scalar(_without_comment(entry["value"])[0]))
    unread += [found[0] for found in [_IN_PROSE.search(text, match.end())] if found is not None]
    return Metadata(
        licenses=tuple(dict.fromkeys(one for name, listed in values.items() if _about_rights(name) for one in listed)),
        languages=tuple(values.get("language", ()))[:20],
        sources=tuple(s for s in values.get("source_datasets", ()) if s.lower() not in ("original", "none")),
        unread=unread[0].strip() if unread else "",
    )


def _about_rights(key: str) -> bool:
    """True for a key that speaks of licences, rights or terms: ``license``, ``Licence``, ``license_link``, ``rights``."""
    return _OF_RIGHTS.search(key.replace("_", " ")) is not None


def _without_comment(text: str) -> tuple[str, str]:
    """A value, and the comment behind it."""
    match = re.search(r"(?:^|\s)#", text)
    return (text.strip(), "") if match is None else (text[: match.start()].strip(), text[match.start() :])


def _scalar(text: str) -> str:
    plain = text.strip()
    return plain[1:-1].strip() if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "\"'" else plain


def card_paper(file: str, metadata: Metadata, names: Names) -> Paper:
    """What a dataset card states of the licence: all that its front matter says of rights, all of which holds."""
    listed: Iterable[str] = metadata.licenses
    if metadata.unread:
        stated = f"{', '.join(listed)[:60]!r}, and beside it " if metadata.licenses else ""
        return Paper(file, None, f"says {stated}{metadata.unread[:80]!r}: read it, and state what holds")
    if not metadata.licenses:
        return Paper(file, None, SAYS_NOTHING)
    if {one.lower() for one in metadata.licenses} & {"unknown", "other"}:
        return Paper(file, None, f"its front matter says {', '.join(listed)[:80]!r}: read the terms")
    phrase = next((p for p in (reserving_phrase(one, names.reserving) for one in metadata.licenses) if p), None)
    if phrase is not None:
        return Paper(file, None, f"its front matter reserves uses in words ({phrase[:60]!r})")
    try:
        return Paper(file, all_of(listed, names), "front matter of the card")
    except (Unreadable, NothingStated) as error:
        return Paper(file, None, f"its front matter says {', '.join(listed)[:80]!r}: {error}")

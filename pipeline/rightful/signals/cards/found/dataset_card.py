"""Dataset cards of the Hugging Face Hub: the front matter of a README -> claims. Floor 2: pure.

A tag of the Hub is somebody's label on it (T6): it permits nothing until the operator confirms the card with
``confirms = ["README.md"]`` in ``source.toml``. Then the card is the operator's statement, and whatever else in it may
restrict takes that away: the terms of a gate, the prose below.
Source: https://huggingface.co/docs/hub/datasets-cards; ``configs`` and ``dataset_info`` as the library ``datasets`` writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from rightful.rights.evidence import Evidence
from rightful.signals.cards.found.plain import Damaged, decoded, speaks_of_rights, yaml_of
from rightful.signals.cards.found.stating import RESTRICTING, Claimed, Stating
from rightful.signals.signal import About, OfFile, Within
from rightful.signals.values import words

DETECTOR = "dataset-card/2"
FILES = frozenset({"readme.md", "dataset_card.md", "datasetcard.md", "readme.markdown"})
_BEGIN = re.compile(r"\s*---[ \t]*\r?\n")
_END = re.compile(r"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE)
_FIRST_KEY = re.compile(r"[ \t]*[\"']?[\w-]+[\"']?[ \t]*:(?:[ \t]|\r?$)", re.MULTILINE)
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.*?)[ \t#]*\r?$", re.MULTILINE)
_OF_RIGHTS = re.compile(
    r"licen[cs]|\brights?\b|copyright|\bterms\b|usage|restrict|polic(?:y|ies)\b|permission|lizenz|licencia|conditions",
    re.IGNORECASE,
)
_GATED = re.compile(r"(?:extra_)?gated(?:_.*)?", re.IGNORECASE)
_SCHEMA = frozenset({"features", "splits", "data_files", "data_dir"})
"""What names columns and files: a column that is called ``license`` states none."""
_COMMENT = re.compile(r"(?:^|\s)#(.*)$", re.MULTILINE)
_MAY_RESTRICT = re.compile(
    r"licen[cs]|\brights\b|non-?commercial|\bonly\b|prohibit|restrict|forbidden|permission|\bterms\b|\bcondition|\bnot\b|\bagree",
    re.IGNORECASE,
)
"""Words of a comment that may restrict: few of them are comments on anything else."""
_PLAIN_GLOB = re.compile(r"[\w.*/ +@=-]+")
_NO_SOURCE = frozenset({"original", "none", "n/a"})


def read(raw: bytes, place: str, about: About) -> Claimed:
    """What a dataset card states; nothing for a README without front matter."""
    return list(_claims(raw, Stating(DETECTOR, place, about)))


CARD = OfFile(DETECTOR, FILES, read, through=True)


def front_matter(text: str) -> tuple[str, str] | None:
    """What stands between ``---`` at the top of a README, and what stands below it; None where nothing does.

    Raises :class:`Damaged` for front matter that does not end.
    """
    begin = _BEGIN.match(text)
    if begin is None:
        return None
    end = _END.search(text, begin.end())
    if end is None:
        if _FIRST_KEY.match(text, begin.end()) is None:
            return None  # a line across the page
        raise Damaged("its front matter does not end")
    return text[begin.end() : end.start()], text[end.end() :]


def metadata_of(text: str) -> tuple[dict[str, Any], str] | None:
    """The front matter of a README as values, and the text below; None without front matter. Raises :class:`Damaged`."""
    parts = front_matter(text)
    if parts is None:
        return None
    metadata = yaml_of(parts[0])
    if metadata is None:
        return {}, parts[1]
    if not isinstance(metadata, dict):
        raise Damaged("its front matter is no mapping of keys")
    return metadata, parts[1]


def sections_of_rights(body: str) -> Iterator[tuple[str, str]]:
    """The sections of a card whose heading speaks of licences, rights or terms: (heading, text)."""
    headings = list(_HEADING.finditer(body))
    for number, heading in enumerate(headings):
        if _OF_RIGHTS.search(heading[2]):
            level = len(heading[1])
            ends = (h.start() for h in headings[number + 1 :] if len(h[1]) <= level)
            yield heading[2][:80], body[heading.end() : next(ends, len(body))].strip()


def _claims(raw: bytes, card: Stating) -> Iterator[Evidence | Within]:
    text = raw.decode("utf-8-sig", "replace")
    try:
        parts = metadata_of(text)
        if parts is not None:
            decoded(raw)
    except Damaged as damage:
        if speaks_of_rights(text[: 1 << 20]):
            yield card.unreadable("front matter", f"{damage}: {text[:200]}")
        return
    if parts is None:
        return
    metadata, body = parts
    yield from _fields(metadata, card)
    yield from _gates(metadata, card)
    for name in ("configs", "dataset_info"):
        yield from _per_config(name, metadata, card)
    for source in _sources(metadata.get("source_datasets")):
        yield from card.ancestor("source_datasets", source)
    yield from _prose(body, card)
    if card.about.confirmed:
        yield from _asides(text, metadata, card)


def _fields(metadata: dict[str, Any], card: Stating) -> Iterator[Evidence]:
    """The keys at the top that speak of rights, and tags such as ``license:mit``."""
    apart = {"configs", "dataset_info", "source_datasets"}
    yield from card.fields((k, v) for k, v in metadata.items() if k not in apart and not _GATED.fullmatch(k))
    for tag in words(metadata.get("tags")):
        name, colon, value = tag.partition(":")
        if colon and value.strip():
            yield from card.fields([(name.strip(), value.strip())])


def _gates(metadata: dict[str, Any], card: Stating) -> Iterator[Evidence]:
    """Who wants the data must agree to terms first: they are not licences, and nobody reads them here."""
    for key, value in metadata.items():
        if _GATED.fullmatch(key):
            yield from card.blocks(key, value)


def _per_config(name: str, metadata: dict[str, Any], card: Stating) -> Iterator[Evidence | Within]:
    """What is stated of one configuration: of its files, where it names them in a way that is understood; else of all."""
    value = metadata.get(name)
    for config in value if isinstance(value, list) else [value]:
        if not isinstance(config, dict):
            continue
        globs = _globs(config.get("data_files"))
        for claim in card.fields(_said(name, config)):
            yield Within(claim, globs=globs) if globs else claim


def _said(at: str, config: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """The fields of a configuration at any depth, without those that describe columns and files."""
    for key, value in config.items():
        if key in _SCHEMA:
            continue
        if isinstance(value, dict):
            yield from _said(f"{at}.{key}", value)
        yield f"{at}.{key}", value


def _globs(files: Any) -> tuple[str, ...]:
    """The files of a configuration as patterns below the folder; none where one of them is not plainly such."""
    patterns: list[str] = []
    waiting = [files]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            patterns.append(value)
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += [value.get("path")] if "split" in value or "path" in value else value.values()
        else:
            return ()
    plain = all(_PLAIN_GLOB.fullmatch(p) and ".." not in p and not p.startswith("/") for p in patterns)
    return tuple(p.removeprefix("./") for p in patterns) if plain else ()


def _sources(value: Any) -> list[str]:
    """The sources that a card says its data were made from: ``extended|squad``, ``squad``; ``original`` is none."""
    named = []
    for text in words(value):
        source = text.partition("|")[2].strip() or text.strip()
        if source and source.casefold() not in _NO_SOURCE:
            named.append(source)
    return list(dict.fromkeys(named))


def _asides(text: str, metadata: dict[str, Any], card: Stating) -> Iterator[Evidence]:
    """What stands in the front matter beside its fields of rights and may take away what these permit: comments, which YAML
    does not read, and words of other fields."""
    parts = front_matter(text)
    comments = [comment[1].strip() for comment in _COMMENT.finditer(parts[0] if parts is not None else "")]
    for comment in comments:
        yield from card.reserved("comment", [comment])
        if _MAY_RESTRICT.search(comment) and not card.is_set_aside("comment"):
            yield card.unreadable("comment", comment)
    look = card.about.names.columns
    for name, value in metadata.items():
        if look.kind(name) or name in ("license_name", "source_datasets", "tags") or _GATED.fullmatch(name):
            continue
        for said in words(value):
            if RESTRICTING.search(said) and not card.is_set_aside(name):
                yield card.unreadable(name, said[:200])


def _prose(body: str, card: Stating) -> Iterator[Evidence]:
    """What the text below may take away. A section on licences counts whoever confirmed the card; elsewhere only where the card
    permits."""
    for heading, text in sections_of_rights(body):
        yield from card.reserved(heading, [text])
        restricting = RESTRICTING.search(text)
        if restricting is not None and not card.is_set_aside(heading):
            start = text.rfind("\n", 0, restricting.start()) + 1
            yield card.unreadable(
                heading, " ".join(text[max(start, restricting.start() - 200) : restricting.start() + 200].split())
            )
    if card.about.confirmed:
        yield from card.prose("prose", body)

"""What a text itself says of its rights: tags, headers, notices, words that reserve -> evidence bound to the work (T3). Floor 2: pure.

Law 6: a licence in the head permits and binds, what cannot be read or contradicts blocks, what reserves refuses. Texts without
any of the words in :func:`trigger` are not handed in at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from rightful.rights.evidence import Evidence, license_claim
from rightful.rights.expression import Names
from rightful.rights.notices import NOTICE
from rightful.signals.places import IN_TEXT, notice_place
from rightful.signals.signal import About, Claims, OfRecord, observation
from rightful.signals.texts.aloud import all_aloud
from rightful.signals.texts.file_headers import Detect, Header, header_of, stated_in
from rightful.signals.texts.match import detect
from rightful.signals.texts.notices import Wordings, notices_in, reservation_in, reserved_in, tokens, wordings_in
from rightful.signals.texts.regions import HEAD_BYTES, TAIL_BYTES, Regions, regions, seen
from rightful.signals.texts.reserving_words import DETECTOR as RESERVING_WORDS
from rightful.signals.texts.reserving_words import IN_WORDS

DETECTOR = "of-text/2"
TAG, HEADER, NOTICE_READER = "spdx-tag/1", "license-header/2", "notice/1"
"""How places in the text of a record begin in its evidence."""


def trigger(names: Names) -> str:
    """What occurs in head or tail of every text that is read, as a regular expression without regard to case."""
    return "|".join(re.escape(anchor) for anchor in names.notices.anchors)


def text_claims(record: Mapping[str, Any], about: About) -> Claims:
    """All that the head and the tail of a text say of its rights."""
    text = record["text"] or ""
    if not text:
        return Claims()
    parts, matcher = regions(text), _detect(about)
    spoken_as = all_aloud((parts.header, parts.front, *parts.first, *parts.last))
    plain = "\n\n".join(spoken_as.values())
    words = tokens(plain)
    wordings = wordings_in(plain, words, about.names.notices)
    head = header_of(seen(parts.header), about.names, matcher, cut=parts.is_cut)
    elsewhere = stated_in((*parts.first, *parts.last), spoken_as, about.names, matcher, text, pointing=bool(wordings))
    front = [header_of(line, about.names, matcher) for line in _keyed(parts.front)]
    claims = [claim for of in (head, *front, elsewhere) for claim in _licenses(of, about, stands_first=of is head)]
    blocking: list[tuple[str, str]] = []
    for sentence in dict.fromkeys(sentence for of in (head, *front, elsewhere) for sentence in of.unreadable):
        claims.append(_unreadable(sentence, about))
        blocking.append((f"{IN_TEXT} (licence header)", sentence))
    blocking += [
        (f"{IN_TEXT} (SPDX tag)", t) for of in (head, *front, elsewhere) for t in of.tags if _is_unread(t, claims)
    ]
    met = list(_notices(parts, head, elsewhere, wordings, about))
    claims += [claim for claim, _ in met]
    blocking += [place for _, place in met]
    if reserved := reserved_in(plain, words, about.names.reserving):
        claims += _reservations(
            ((p, said) for p, said in spoken_as.items() if any(word in said for word in reserved)), about
        )
    return Claims(tuple(dict.fromkeys(claims)), tuple(dict.fromkeys(blocking)), head.copyrights)


def _keyed(front: str) -> Iterator[str]:
    """The values of front matter, each in a line with its key: ``license: MIT``, also of a list."""
    key = ""
    for line in front.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() and not name.startswith((" ", "\t", "-")):
            key, entry = name.strip(), value.strip()
        else:
            entry = line.strip().removeprefix("- ")
        if entry:
            yield f"{key}: {entry}"


OF_TEXT = OfRecord(DETECTOR, ("text",), text_claims, trigger=trigger, ends=(HEAD_BYTES, TAIL_BYTES))


def _licenses(header: Header, about: About, *, stands_first: bool) -> Iterator[Evidence]:
    """The licences that are stated; where they do not stand first they bind and permit nothing."""
    for raw in header.tags:
        yield from _license(raw, raw, TAG, "SPDX tag", about, stands_first)
    for expression, sentence in header.licenses:
        yield from _license(expression, sentence, HEADER, "licence header", about, stands_first)


def _license(stated: str, shown: str, detector: str, what: str, about: About, stands_first: bool) -> Iterator[Evidence]:
    limits = dict(about.limits)
    guessed = bool(limits.pop("guessed", False)) or not stands_first
    claim = license_claim(
        stated, about.names, tier=3, bound_to="work", authority=about.authority, guessed=guessed, **limits
    )
    if claim is not None:
        place = what if stands_first else f"{what}, not where it would permit"
        yield replace(claim, observation=observation(detector, shown, f"{IN_TEXT} ({place})"))


def _unreadable(sentence: str, about: About) -> Evidence:
    seen = observation(HEADER, sentence, f"{IN_TEXT} (licence header)")
    return Evidence(kind="grant", tier=3, bound_to="work", statement="unreadable", observation=seen)


def _is_unread(tag: str, claims: list[Evidence]) -> bool:
    return any(e.statement == "unreadable" and e.observation is not None and e.observation.raw == tag for e in claims)


def _notices(
    parts: Regions, head: Header, elsewhere: Header, wordings: Wordings, about: About
) -> Iterator[tuple[Evidence, tuple[str, str]]]:
    if not wordings:
        return
    set_aside = {phrase for phrase, _ in about.not_notices}
    known: set[str] = set()
    listed = [
        (parts.header, head.is_settled),
        (parts.front, False),
        *((p, elsewhere.is_settled) for p in (*parts.first, *parts.last)),
    ]
    for paragraph, settled in listed:
        for notice in notices_in(paragraph, wordings) if paragraph else ():
            phrase = notice.phrase
            is_lifted = phrase.weak and (settled or head.is_settled) and not notice.limits
            if phrase.id in known or phrase.id in set_aside or is_lifted:
                continue
            known.add(phrase.id)
            place = notice_place(phrase.id)
            seen = observation(NOTICE_READER, notice.sentence, place)
            claim = Evidence(
                kind="grant",
                tier=3,
                bound_to="work",
                statement="license",
                expression=NOTICE,
                basis=phrase.id,
                observation=seen,
            )
            yield claim, (place, notice.sentence)


def _reservations(paragraphs: Iterable[tuple[str, str]], about: About) -> Iterator[Evidence]:
    """The first sentence that reserves mining, AI or training; of paragraphs and of what they say aloud. No card sets it
    aside."""
    names = about.names
    for paragraph, plain in paragraphs:
        phrase = reservation_in(paragraph, plain, names.notices, names.reserving)
        if phrase is not None:
            seen = observation(
                f"{RESERVING_WORDS}/{names.reserving.version}", phrase, f"{IN_TEXT} (words that reserve)"
            )
            yield Evidence(
                kind="reservation",
                tier=3,
                bound_to="work",
                statement="reserve",
                acts=names.reserving.acts,
                basis=IN_WORDS,
                observation=seen,
            )
            return


def _detect(about: About) -> Detect | None:
    """The matcher of licence texts, where there are any; they are loaded by the first text that may be one."""
    if about.texts is None:
        return None
    texts = about.texts
    return lambda text: detect(text, texts()).expression

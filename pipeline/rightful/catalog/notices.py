"""The notices by which documents speak of their own rights: reads ``_notices.toml`` and checks it. Floor 2: part of ``catalog``."""

from __future__ import annotations

import re
import unicodedata

from rightful.catalog.tables import Table
from rightful.rights.notices import NoticeWords, Phrase

_ID = re.compile(r"[a-z]+(?:-[a-z]+)*")


def read_notices(table: Table) -> NoticeWords:
    """The checked words. A wording without an anchor would never be looked for. Raises :class:`CatalogError`."""
    table.check_keys("schema", "version", "anchors", "own", "holders", "phrases")
    anchors = table.texts("anchors", at_least=1)
    for anchor in anchors:
        if anchor != anchor.lower() and anchor.lower() not in anchors:
            raise table.error("anchors", f"{anchor!r} is not in lower case")
    phrases: list[Phrase] = []
    for entry in table.tables("phrases"):
        entry.check_keys("id", "words", optional=("weak", "alone", "goes_on"))
        identity, words = entry.text("id"), entry.texts("words", at_least=1)
        if not _ID.fullmatch(identity) or any(known.id == identity for known in phrases):
            raise entry.error("id", f"{identity!r} is not a new id of words in lower case joined by '-'")
        for wording in words:
            if not all(any(anchor in form for anchor in anchors) for form in (wording.lower(), _bare(wording))):
                raise entry.error("words", f"{wording!r} has none of the anchors, with and without its accents")
        how = {key: entry.typed(key, bool) for key in ("weak", "alone", "goes_on") if key in entry.data}
        phrases.append(Phrase(identity, words, **how))
    return NoticeWords(table.text("version"), anchors, table.texts("own"), table.texts("holders"), tuple(phrases))


def _bare(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.lower())
    return unicodedata.normalize("NFC", "".join(c for c in apart if unicodedata.category(c) != "Mn"))

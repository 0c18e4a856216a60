"""Which column says what, and how its value is read: one place for all formats. Floor 2: the readers.

An option (``Fields``) names a column as it is written. Where none is given the well-known names of :data:`KNOWN` are
tried in order, at the top level in any case of letters. The text is the first of them that is there, whatever it holds;
everything else is the first that says something. Dots reach into objects; a literal name with dots goes first.

Only the text can be wrong, and a key that comes twice. Whatever else cannot be read is null, and counted
(``readers.unread``); statements about rights are collected from all columns that may hold some (``readers.statements``),
whichever of them is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from rightful.notation.characters import is_blank
from rightful.readers import Fields
from rightful.readers.elsewhere import CAPTIONS, DIGEST, DIGESTS, MEDIA, digest_in, is_elsewhere, with_media
from rightful.readers.keep import Keeping, NotKept, keeping
from rightful.readers.statements import OPENING, Collector, Statement, of_flickr
from rightful.readers.strict import Repeated, exactly
from rightful.readers.talks import Placed, Settled, placed, settled
from rightful.readers.unread import PARTLY, WHOLLY, Partly, Tally, is_nothing
from rightful.readers.values import Read, addresses, authors, first_address, instant, parents, subject, subjects, words
from rightful.rights.columns import LICENSE, Look

KNOWN: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "content", "contents", "raw_content", "body", "document"),
    "id": ("id", "_id", "doc_id", "document_id", "uuid"),
    "url": (
        *("url", "source_url", "uri", "link", "WARC-Target-URI"),
        *("metadata.url", "meta.url", "metadata.WARC-Target-URI", "warc_headers.warc-target-uri"),
    ),
    "language": ("language", "lang", "metadata.language", "meta.language"),
    "title": ("title", "metadata.title", "meta.title"),
    "author": ("author", "authors", "creator", "metadata.author", "metadata.authors", "meta.author"),
    "subject": (),  # names a person: never guessed
    "date": ("date", "created", "published", "published_at", "timestamp", "metadata.date", "meta.date"),
    "fetched": ("fetched_at", "crawl_date"),
    "parents": ("parents", "parent_ids", "metadata.parents", "metadata.parent_ids"),
    MEDIA: (),
    DIGEST: (),
}
"""Field of ``Fields`` -> the names that are tried, in order. The licence has lists of its own."""


class Missing:
    """The text of a record that has no such field."""


MISSING = Missing()


class Record(NamedTuple):
    """The cells of a row that come from its fields, in the order of ``RAW``. Times are microseconds since 1970, UTC.
    ``form`` is no cell of its own: that of a conversation, which its media type says."""

    source_record_id: str | None = None
    text: str | bytearray = ""
    """Its UTF-8 where it is long (``readers.long``)."""
    url: str | None = None
    urls: list[str] | None = None
    license_raw: str | None = None
    statements: str | None = None
    language_stated: str | None = None
    title: str | None = None
    authors: list[str] | None = None
    subject: str | None = None
    subjects: list[str | None] | None = None
    published_at: int | None = None
    fetched_at: int | None = None
    parents: list[str] | None = None
    conversation: str | None = None
    kept: str | None = None
    media: str | None = None
    media_sha256: str | None = None
    form: str | None = None


_TEXT = Record._fields.index("text")
_ID = Record._fields.index("source_record_id")
_RAW = Record._fields.index("license_raw")
_STATEMENTS = Record._fields.index("statements")
_TALK = Record._fields.index("conversation")
_KEPT = Record._fields.index("kept")
_URL, _URLS, _TITLE = (Record._fields.index(name) for name in ("url", "urls", "title"))
_MEDIA, _DIGEST = Record._fields.index(MEDIA), Record._fields.index(DIGEST)
_FORM = Record._fields.index("form")


class _Cell(NamedTuple):
    """Where a cell of a record comes from."""

    at: int
    """Its position in a ``Record``."""
    field: str
    paths: tuple[str, ...]
    read: Read
    wholly: bool
    """Whether it is null where what is there cannot be read."""
    partly: Partly | None
    """Whether a part of what is there is lost."""


Plan = Mapping[str, tuple[str, ...]]
"""Field -> the dotted paths to look under, in order; only those whose first part is a name of the record."""


def plan(fields: Fields, names: Iterable[str]) -> Plan:
    """Where each field may be in a record whose top-level names are ``names``."""
    present = set(names)
    folded: dict[str, str] = {}
    for name in sorted(present):
        folded.setdefault(name.casefold(), name)
    return {field: tuple(_places(getattr(fields, field), known, present, folded)) for field, known in KNOWN.items()}


def plan_of(known: tuple[str, ...], names: Iterable[str]) -> tuple[str, ...]:
    """Where these names are in a record whose top-level names are ``names``, in any case of letters."""
    present = set(names)
    folded = {name.casefold(): name for name in sorted(present, reverse=True)}
    return tuple(dict.fromkeys(_places(None, known, present, folded)))


def _places(option: str | None, known: tuple[str, ...], present: set[str], folded: Mapping[str, str]) -> Iterable[str]:
    if option is not None:
        if option in present or option.partition(".")[0] in present:
            yield option
        return
    for name in known:
        head, dot, rest = name.partition(".")
        if name in present or head in present:
            yield name
        elif not dot and name.casefold() in folded:
            yield folded[name.casefold()]
        elif dot and head in folded:
            yield f"{folded[head]}.{rest}"


def reach(row: object, path: str) -> object:
    """The value under a dotted path, or :data:`MISSING`.

    >>> reach({"meta": {"a.b": 1}}, "meta.a.b")
    1
    """
    if not isinstance(row, dict):
        return MISSING
    if path in row:
        return row[path]
    head, dot, rest = path.partition(".")
    return reach(row[head], rest) if dot and head in row else MISSING


_NO_TALK = Settled()


class _Shape(NamedTuple):
    """Where things are in rows with certain names."""

    texts: tuple[str, ...]
    talks: tuple[Placed, ...]
    """The forms of conversations that rows with these names may have."""
    cells: list[_Cell]
    stated: list[tuple[str, str]]
    """Columns that speak of rights, with their kind."""
    others: list[tuple[str, bool]]
    """The other columns, and whether strings in them are always looked into."""
    mapped: str | None
    """The path of a licence that an option or the card names within an object."""
    keep: Keeping | None
    media: Sequence[tuple[int, tuple[str, ...]]] = ()
    """Where the content of rows is, and what else is said of it, where it is elsewhere: cell and paths."""


class RowReader:
    """Turns rows, as dicts, into records. Remembers where things are for each set of names that it has met.

    ``folders`` are statements that hold for every row. What cannot be read is counted in ``tally``, for ``file``.

    >>> RowReader(Fields(), Look())({"text": "A day.", "title": "Monday"}).title
    'Monday'
    """

    def __init__(
        self,
        fields: Fields,
        look: Look,
        folders: Sequence[Statement] = (),
        tally: Tally | None = None,
        file: str = "",
    ) -> None:
        self._fields = fields
        self._tally = tally if tally is not None else Tally()
        self._file = file
        self._look = look
        self._folders = list(folders)
        self._collector = Collector(look)
        self._known: dict[tuple[str, ...], _Shape] = {}

    def __call__(self, row: dict[str, object], line: bytes = b"") -> Record | str:
        """The record, or the reason why it is none. ``line`` is the JSON that the row was read from, in which an id has
        all its digits."""
        names = tuple(row)
        shape = self._known.get(names)
        if shape is None:
            shape = self._learn(names)
        text, path = first_text(row, shape.texts) if not shape.media else ("", "")
        whole = _NO_TALK
        if shape.talks and not shape.media:
            try:
                whole = settled(self._fields, None if text is MISSING else text, row, shape.talks, line)
            except Repeated as twice:
                return str(twice)
            if whole.fault:
                return whole.fault
            text = whole.talk.text if whole.talk is not None else text
        if self._fields.text is not None:
            text = of_pages(text)
        if not isinstance(text, str):
            return no_text(self._fields, text, path, names)
        if fault := text_fault(text) if not shape.media else None:
            return fault
        found: list[Any] = [None] * len(Record._fields)
        found[_TEXT] = text
        if whole.talk is not None:
            found[_TALK], found[_FORM] = whole.talk.stored, whole.talk.form
        lost: list[tuple[str, str, object]] = []
        for at, field, paths, read, wholly, partly in shape.cells:
            for path in paths:
                raw = row[path] if path in row else reach(row, path)
                if raw is None or raw is MISSING:
                    continue
                value = read(raw)
                if value is not None:
                    found[at] = value
                    if partly is not None and partly(raw, value, self._look.lists):
                        lost.append((field, path, raw))
                    break
                if wholly:
                    if line and at == _ID and isinstance(raw, float) and abs(raw) >= 2**53:
                        return self(exactly(line))  # numbers of more digits than a float has
                    lost.append((field, path, raw))
        try:
            found[_RAW], found[_STATEMENTS] = self._stated(row, shape, text)
        except Repeated as twice:
            return str(twice)
        if shape.keep is not None:
            try:
                found[_KEPT] = shape.keep.of(row, line)
            except (NotKept, Repeated) as why:
                return str(why)
        if shape.media and (fault := _of_elsewhere(found, row, shape.media)):
            return fault
        if whole is not _NO_TALK:
            self._tally.settled(self._file, whole)
        for field, path, raw in lost:
            if not is_nothing(raw, self._look.lists):
                self._tally.add(self._file, field, path, raw)
        return Record._make(found)

    def takes_text(self, row: dict[str, object], text: str) -> bool:
        """Whether this string is the text of a row, and nothing else of the record comes from it."""
        names = tuple(row)
        shape = self._known.get(names) or self._learn(names)
        if shape.talks or shape.media:
            return False
        found, path = first_text(row, shape.texts)
        others = {at for cell in shape.cells for at in cell.paths}
        return found == text and path in row and path not in others and path != shape.mapped

    def _stated(self, row: dict[str, object], shape: _Shape, text: str) -> tuple[str | None, str | None]:
        """What the row says of rights. Raises :class:`Repeated`."""
        statements = self._folders.copy()
        for name, kind in shape.stated:
            value = row[name]
            if value is not None:
                self._collector.take(statements, name, kind, value)
        if shape.mapped is not None and (value := reach(row, shape.mapped)) not in (None, MISSING):
            self._collector.take(statements, shape.mapped, LICENSE, value)
        for name, always in shape.others:
            value = row[name]
            if isinstance(value, str):
                if value is not text and (always or value[:1] in OPENING):
                    self._collector.walk(statements, name, value, text)
            elif isinstance(value, dict | list):
                self._collector.walk(statements, name, value, text)
        return self._collector.stated(of_flickr(statements, row)) if statements else (None, None)

    def _learn(self, names: tuple[str, ...]) -> _Shape:
        if len(self._known) >= 1_000:  # rows that are all different must not fill the memory
            self._known.clear()
        places = plan(self._fields, names)
        cells = [
            _Cell(Record._fields.index(cell), field, places[field], read, cell in WHOLLY, PARTLY.get(cell))
            for cell, field, read in CELLS
            if places[field]
        ]
        stated, others = [], []
        for name in names:
            if name in places["text"][:1]:
                continue
            kind = kind_of(name, self._fields, self._look)
            if kind:
                stated.append((name, kind))
            else:
                others.append((name, self._look.lists.holds_more(name)))
        mapped = self._fields.license or self._look.license
        inside = mapped if mapped is not None and mapped not in names and mapped.partition(".")[0] in names else None
        talks = placed(self._fields, names)
        columns = [at for talk in talks for _, at in talk.columns]
        keep = keeping(self._fields, self._look, names, places, columns)
        media = media_of(self._fields, names, places, talks=bool(talks))
        at = [(_MEDIA, media.address), (_DIGEST, media.digest), (_TITLE, media.caption)] if media is not None else ()
        self._known[names] = _Shape(places["text"], talks, cells, stated, others, inside, keep, at)
        return self._known[names]


class MediaPlaces(NamedTuple):
    """Under which paths rows say where their content is, what its digest is, and what is to be seen."""

    address: tuple[str, ...]
    digest: tuple[str, ...]
    caption: tuple[str, ...]


def media_of(fields: Fields, names: Sequence[str], places: Plan, *, talks: bool) -> MediaPlaces | None:
    """Where the content of rows with these names is, if it is elsewhere (:mod:`rightful.readers.elsewhere`)."""
    if not is_elsewhere(fields, names, places, talks=talks):
        return None
    digest = places[DIGEST] or (plan_of(DIGESTS, names) if fields.media_sha256 is None else ())
    return MediaPlaces(places[MEDIA] or places["url"], digest, (*places["text"], *plan_of(CAPTIONS, names)))


def _of_elsewhere(found: list[Any], row: dict[str, object], media: Sequence[tuple[int, tuple[str, ...]]]) -> str | None:
    """Fill in what a row says of content that is elsewhere; the reason where it does not say where that is."""
    (_, address), (_, digest), (_, caption) = media
    at = next(filter(None, (words(reach(row, path)) for path in address)), None)
    if at is None:
        return f"nobody says where its content is (field {address[0]!r})"
    found[_MEDIA] = at
    found[_DIGEST] = next(filter(None, (digest_in(words(reach(row, path))) for path in digest)), None)
    found[_TITLE] = found[_TITLE] or next(filter(None, (words(reach(row, path)) for path in caption)), None)
    found[_URL], found[_URLS] = with_media(at, found[_URL], found[_URLS])
    return None


def kind_of(name: str, fields: Fields, look: Look) -> str:
    """The kind of a column that speaks of rights; the one that an option or the card calls the licence is one."""
    return LICENSE if name in (fields.license, look.license) else look.kind(name)


def first_text(row: dict[str, object], paths: tuple[str, ...]) -> tuple[object, str]:
    """The value of the first path that is there, and the path."""
    for path in paths:
        value = reach(row, path)
        if value is not MISSING:
            return value, path
    return MISSING, ""


PAGE_BREAK = "\n\n"


def of_pages(value: object) -> object:
    """One text of a list of texts, such as the pages of a book: only a column that somebody named as the text is read so.

    >>> of_pages(["Page one.", None, "Page two."]), of_pages(["a", 1])
    ('Page one.\\n\\nPage two.', ['a', 1])
    """
    if not isinstance(value, list | tuple) or not all(page is None or isinstance(page, str) for page in value):
        return value
    return PAGE_BREAK.join(page for page in value if page)


def no_text(fields: Fields, value: object, path: str, names: Iterable[str]) -> str:
    """Why ``value`` is not the text of a record."""
    if isinstance(value, Missing):
        if fields.text is not None:
            return f"no field {fields.text!r}; {_listing(names)}"
        return f"no text field (tried {', '.join(KNOWN['text'])}); {_listing(names)}: name it with --text-field"
    if value is None:
        return f"the text is null (field {path!r})"
    return f"the text is {_kind(value)}, not a string (field {path!r})"


def text_fault(text: str) -> str | None:
    """Why a string is not a text, or None. One of characters that cannot be seen is empty."""
    if is_blank(text):
        return "empty text"
    if "\0" in text:
        return f"NUL character in the text (at character {text.index(chr(0))})"
    return None


def _listing(names: Iterable[str], limit: int = 20) -> str:
    shown = [repr(n if len(n) <= 40 else n[:39] + "…") for n in names]
    return "found " + (", ".join(shown[:limit]) + (", ..." if len(shown) > limit else "") if shown else "none")


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list | tuple) else "no text"


CELLS: tuple[tuple[str, str, Read], ...] = (
    ("source_record_id", "id", words),
    ("url", "url", first_address),
    ("urls", "url", addresses),
    ("language_stated", "language", words),
    ("title", "title", words),
    ("authors", "author", authors),
    ("subject", "subject", subject),
    ("subjects", "subject", subjects),
    ("published_at", "date", instant),
    ("fetched_at", "fetched", instant),
    ("parents", "parents", parents),
)
"""Column of ``RAW``, field of ``Fields``, how a value is read. What is said of rights is read apart."""

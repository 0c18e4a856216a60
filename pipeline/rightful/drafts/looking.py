"""What a sample shows of the data in a folder: fields, licences, languages, hosts, whether persons write to each other. Floor 6."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from rightful.drafts.papers import Paper
from rightful.drafts.sampling import Piece, found
from rightful.notation.urls import canonical, registrable_domain
from rightful.readers import Damage, Item, ReadOptions
from rightful.readers.formats import suffix
from rightful.readers.formats.arrow import first_rows
from rightful.readers.read import read
from rightful.rights.columns import LICENSE, RIGHTS, Look, folded_text, name_words
from rightful.rights.evidence import Evidence
from rightful.rights.expression import Names, NothingStated, Unreadable, parse, render

PROSE_BLANKS = 8
"""A string with so many blanks may be a text, and is no address, name or path."""
MOST_NAMES = 60
"""So many columns, licences, languages and hosts are counted; the rest is not listed."""
MAIL, CHAT, TALKS, CODE, WEB, DOCUMENTS, ROWS = (
    "mail",
    "chat",
    "conversations",
    "code",
    "web pages",
    "documents",
    "rows",
)
_CODE = frozenset(
    ".py .js .ts .tsx .jsx .java .c .h .cc .cpp .hpp .cs .go .rs .rb .php .swift .kt .scala .sh .pl .lua .r .jl .sql .m".split()
)
_MAIL_NAMES = (frozenset({"from", "subject"}), frozenset({"from", "to", "body"}), frozenset({"sender", "recipients"}))
_CHAT_NAMES = (
    frozenset({"channel", "message"}),
    frozenset({"author", "channel"}),
    frozenset({"user", "message"}),
)
_TALK_NAMES = (
    frozenset({"messages"}),
    frozenset({"conversations"}),
    frozenset({"prompt", "completion"}),
    frozenset({"instruction", "output"}),
)
_MAIL_HEAD = re.compile(rb"(?:From [^\r\n]+\r?\n)?(?:[A-Z][A-Za-z-]{1,40}: [^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){3,}")
_MAIL_KEYS = re.compile(rb"(?m)^(?:From|To|Subject|Date|Message-I[Dd]): ")


@dataclass(slots=True)
class Data:
    """What lies under one card, as far as it was looked at. ``statements`` are strings of rows about rights: (place, kind,
    string) -> rows; ``readable`` what the catalogue reads of them."""

    folder: str
    files: int = 0
    bytes: int = 0
    suffixes: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    fields: dict[str, None] = field(default_factory=dict)
    rows: int = 0
    damaged: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    statements: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)
    domains: set[str] = field(default_factory=set)
    signs: Counter[str] = field(default_factory=Counter)
    text_column: str = ""
    layout: str = ""
    """The corpus whose layout the columns are; empty for none. ``layout_name`` is how a card names it."""
    layout_name: str = ""
    papers: list[Paper] = field(default_factory=list)
    claims: list[Evidence] = field(default_factory=list)
    """What an ingest would be told of the files here by those that lie beside them."""
    heard: list[Evidence] = field(default_factory=list)
    """What cards of others say beside that once somebody confirms them: all of it takes something away."""
    elsewhere: list[Evidence] = field(default_factory=list)
    """What papers state that are about this folder by their names, and lie in another."""
    confirmable: tuple[str, ...] = ()
    """The cards of others, from the folder on, where they state licences of single files."""

    @property
    def kind(self) -> str:
        """What it is: mail and chat where anything looks like it, else what most files are."""
        for kind in (MAIL, CHAT, TALKS):
            if self.signs[kind]:
                return kind
        tables = sum(self.formats[name] for name in ("jsonl", "csv", "tsv", "parquet", "arrow"))
        if tables and self.hosts:
            return WEB
        if tables * 2 > sum(self.formats.values()):
            return ROWS
        code = sum(n for last, n in self.suffixes.items() if last in _CODE)
        if code * 2 > sum(self.suffixes.values()):
            return CODE
        return WEB if self.formats["html"] * 2 > sum(self.formats.values()) else DOCUMENTS

    @property
    def personal_data(self) -> str:
        """``yes`` where persons write to each other; else unknown: a look at a sample never shows that there is none."""
        return "yes" if self.kind in (MAIL, CHAT) else "unknown"

    def licenses(self, names: Names) -> list[dict[str, Any]]:
        """The strings of licence columns, most rows first, with what the catalogue reads in them (null: nothing)."""
        listed = [
            {"column": place, "value": text, "rows": n, "license": readable(text, names)}
            for (place, _, text), n in self.statements.most_common(MOST_NAMES)
        ]
        return listed

    def as_json(self, names: Names) -> dict[str, Any]:
        """As ``init`` answers."""
        return {
            "folder": self.folder,
            "kind": self.kind,
            "layout": self.layout or None,
            "files": self.files,
            "bytes": self.bytes,
            "rows": self.rows,
            "fields": list(self.fields),
            "licenses": self.licenses(names),
            "papers": [paper.as_json() for paper in self.papers],
            "languages": [name for name, _ in self.languages.most_common(20)],
            "hosts": [name for name, _ in self.hosts.most_common(20)],
            "personal_data": self.personal_data,
            "unread": [{"reason": reason, "files": n} for reason, n in self.unread.most_common(20)],
        }


def readable(text: str, names: Names) -> str | None:
    """The expression of a string as the catalogue reads it, or None."""
    try:
        return render(parse(text, names))
    except (Unreadable, NothingStated):
        return None


def look_at(data: Data, pieces: Iterable[Piece], names: Names) -> None:
    """Read the pieces of a folder and add what they show."""
    widths: Counter[str] = Counter()
    for piece in pieces:
        if piece.path is None:
            data.unread[piece.unread] += 1
            continue
        data.formats[piece.format] += 1
        _signs(data, piece)
        _fields(data, piece, widths)
        rows_before = data.rows
        for outcome in read(Item(piece.format, (found(piece),)), ReadOptions(look=Look(lists=names.columns))):
            if isinstance(outcome, pa.RecordBatch):
                _rows(data, outcome)
            elif isinstance(outcome, Damage):
                data.damaged += outcome.rows
        if data.rows == rows_before and widths and not data.text_column:
            data.text_column = widths.most_common(1)[0][0]


def _signs(data: Data, piece: Piece) -> None:
    assert piece.path is not None
    last = suffix(piece.of.name)
    with piece.path.open("rb") as opened:
        head = opened.read(8_192)
    if last in (".eml", ".mbox", ".msg"):
        data.signs[MAIL] += 1
    elif piece.format == "text":
        match = _MAIL_HEAD.match(head)
        if match is not None and len(set(_MAIL_KEYS.findall(match[0]))) >= 2:
            data.signs[MAIL] += 1


def _fields(data: Data, piece: Piece, widths: Counter[str]) -> None:
    """The columns of a table, in its order; which of them hold the longest strings."""
    columns = list(_columns(piece, widths))
    for name in columns[: MOST_NAMES - len(data.fields)]:
        data.fields.setdefault(name)
    words = {" ".join(name_words(name)) for name in columns}
    data.signs[MAIL] += any(names <= words for names in _MAIL_NAMES)
    data.signs[CHAT] += any(names <= words for names in _CHAT_NAMES)
    data.signs[TALKS] += any(names <= words for names in _TALK_NAMES)


def _columns(piece: Piece, widths: Counter[str]) -> Iterable[str]:
    assert piece.path is not None
    rows: list[dict[Any, Any]] = []
    names: list[str] = []
    if piece.format == "parquet":
        with pq.ParquetFile(piece.path) as opened:  # by its content alone: a path may have columns in its folders
            table = opened.read()
        rows, names = table.slice(0, 5).to_pylist(), list(table.column_names)
    elif piece.format == "arrow":
        table, _ = first_rows(piece.path, 5)
        rows, names = table.to_pylist(), list(table.column_names)
    elif piece.format == "jsonl":
        for line in piece.path.read_bytes().split(b"\n")[:5]:
            try:
                row = orjson.loads(line)
            except ValueError:
                continue
            rows += [row] if isinstance(row, dict) else []
        names = list(dict.fromkeys(str(key) for row in rows for key in row))
    elif piece.format in ("csv", "tsv"):
        with piece.path.open("rb") as opened:
            first = opened.readline(65_536).decode("utf-8-sig", "replace").strip("\r\n")
        return [name.strip().strip('"') for name in first.split("\t" if piece.format == "tsv" else ",")]
    else:
        return ()
    for row in rows:
        for key, value in row.items():
            if isinstance(value, str) and value.count(" ") >= PROSE_BLANKS:
                widths[str(key)] += len(value)
    return names


def _rows(data: Data, batch: pa.RecordBatch) -> None:
    data.rows += batch.num_rows
    for language in batch.column("language_stated").drop_null().to_pylist():
        _count(data.languages, language)
    for url in batch.column("url").drop_null().to_pylist():
        host = canonical(url)[1]
        if host:
            _count(data.hosts, host)
            if len(data.domains) < MOST_NAMES:
                data.domains.add(registrable_domain(host) or host)
    columns = (batch.column("license_raw").to_pylist(), batch.column("statements").to_pylist())
    for raw, statements in zip(*columns, strict=True):
        if statements is not None:
            for place, kind, value in json.loads(statements):
                if kind in (LICENSE, RIGHTS) and isinstance(value, str):
                    _count(data.statements, (str(place), str(kind), value[:200]))
        elif raw is not None:
            _count(data.statements, ("license", LICENSE, raw[:200]))


def _count(counter: Counter[Any], key: Any) -> None:
    """Count up to a bound of different keys, so that prose in every row does not fill the memory."""
    if key in counter or len(counter) < MOST_NAMES * 4:
        counter[key] += 1


def unread_strings(data: Data, names: Names) -> list[tuple[str, str, str]]:
    """The strings of rows that the catalogue cannot read, most rows first: (place, kind, string), each string once."""
    strings: dict[str, tuple[str, str, str]] = {}
    for (place, kind, text), _ in data.statements.most_common():
        if readable(text, names) is None:
            strings.setdefault(folded_text(text), (place, kind, text))
    return list(strings.values())

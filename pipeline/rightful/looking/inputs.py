"""What a refresh reads: folders and files of captures, tables of captures, lists of domains. Floor 6.

Nothing is fetched. A folder has ``HOST.txt`` or ``HOST/robots.txt`` (``HOST/tdmrep.json``, ``HOST/.well-known/tdmrep.json``),
where ``HOST`` may end in a port (``example.org_8080``); a table has a row a capture: ``host`` or ``url``, ``observed_at``,
``status``, ``body``, ``headers``, ``by``. Only what is about a host of the store is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from rightful.errors import InputError, RightfulError, UnknownName
from rightful.notation.times import instant
from rightful.notation.urls import ascii_host, canonical
from rightful.signals.web.header_lines import head

MOST_BYTES = 64 << 20
"""A capture larger than this is not read."""
COLUMNS = ("host", "url", "observed_at", "status", "body", "headers", "by")
TABLES = (".jsonl", ".ndjson", ".csv", ".parquet")
FILES: Mapping[str, tuple[str, ...]] = {
    "robots": ("robots.txt",),
    "tdmrep": ("tdmrep.json", ".well-known/tdmrep.json"),
    "terms": ("terms.txt", "terms.md", "terms.html"),
    "headers": (),
    "html": (),
}
"""What the file of a capture is called within the folder of its host."""
_ENDINGS = {"robots": (".txt",), "tdmrep": (".json",), "terms": (".txt", ".md", ".html")}
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One capture. It is about ``host`` (on ``port``, or on the ports of http and https), or about the address ``url``.

    ``status`` is that of HTTP, None where it is not stated; ``body`` is None where nothing was kept of it.
    """

    host: str = ""
    port: int | None = None
    url: str = ""
    observed_at: datetime
    status: int | None = None
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    by: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What an input has: captures of hosts of the store, how many are of others, and what cannot be one."""

    captures: list[Capture]
    unmatched: int
    errors: list[dict[str, Any]]


def captures_of(path: Path, protocol: str, hosts: Collection[str], on: datetime | None, by: str) -> Read:
    """The captures of a protocol in a file or folder. ``on`` is when they were observed, where they do not say so.

    Raises :class:`InputError` where the input cannot be read at all, or says nowhere when it was observed.
    """
    if not path.exists():
        raise InputError("there is no such file or folder", subject=str(path))
    if path.is_dir() or path.suffix.lower() not in TABLES:
        return _files(path, protocol, frozenset(hosts), on, by)
    return _table(path, protocol, frozenset(hosts), on, by)


def domains_of(path: Path) -> tuple[frozenset[str], list[dict[str, Any]]]:
    """The domains of a list, one a line (``#`` begins a comment), or of the column ``domain``, ``host`` or only one of a table;
    and the lines that are none.

    Raises :class:`InputError` where it cannot be read.
    """
    if not path.is_file():
        raise InputError("there is no such file", subject=str(path))
    if path.suffix.lower() in TABLES:
        table = _arrow(path)
        name = next((n for n in ("domain", "host") if n in table.column_names), "")
        if not name and table.num_columns != 1:
            hint = f"call one of its columns domain: {', '.join(table.column_names[:5])}"
            raise InputError("has several columns, and none is called domain or host", subject=str(path), hint=hint)
        name = name or table.column_names[0]
        column = table.column(name).combine_chunks().cast(pa.string())
    else:
        try:
            text = path.read_bytes().removeprefix(b"\xef\xbb\xbf").decode()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot be read: {error}", subject=str(path)) from error
        column = pa.array(text.splitlines(), pa.string())
    folded = pc.utf8_trim_whitespace(pc.utf8_lower(pc.fill_null(column, "")))
    folded = pc.utf8_trim_whitespace(pc.replace_substring_regex(folded, r"\s*#.*$", ""))
    folded = pc.replace_substring_regex(folded, r"^\*?\.", "")
    is_plain = pc.match_substring_regex(folded, r"^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$")
    domains = set(folded.filter(is_plain).to_pylist())
    others = pc.and_(pc.invert(is_plain), pc.not_equal(folded, ""))
    numbers = pc.indices_nonzero(others).to_pylist()
    errors = []
    for number, name in zip(numbers, folded.filter(others).to_pylist(), strict=True):
        host = ascii_host(name.removesuffix("."))
        if _HOST.fullmatch(host):
            domains.add(host)
        else:
            errors.append(_error(f"{path}:{number + 1}", f"{name[:80]!r} is not a domain", "write example.org"))
    return frozenset(domains), errors


def _files(path: Path, protocol: str, hosts: frozenset[str], on: datetime | None, by: str) -> Read:
    if protocol not in _ENDINGS:
        hint = "hand over a table: url, observed_at, status, headers or body (.jsonl, .csv, .parquet)"
        raise InputError(
            f"captures of {protocol} are of single addresses, and files name hosts", subject=str(path), hint=hint
        )
    if on is None:
        hint = "say it: --on DATE; a table has it in the column observed_at"
        raise InputError("files do not say when they were observed", subject=str(path), hint=hint)
    captures, errors, unmatched = [], [], 0
    for name, file in [(path.name, path)] if path.is_file() else _entries(path):
        host, port = _host_of(name, _ENDINGS[protocol], folder=file.is_dir() if path.is_dir() else False)
        if host not in hosts:
            unmatched += 1
            continue
        inner = file if not file.is_dir() else next((p for n in FILES[protocol] if (p := file / n).is_file()), None)
        if inner is None:
            unmatched += 1
            continue
        try:
            if inner.stat().st_size > MOST_BYTES:
                raise InputError(f"is larger than {MOST_BYTES >> 20} MB", subject=str(inner))
            body = inner.read_bytes()
        except OSError as error:
            errors.append(_error(str(inner), f"cannot be read: {error.strerror}", None))
            continue
        except InputError as error:
            errors.append(_error(str(inner), error.message, error.hint))
            continue
        captures.append(Capture(host=host, port=port, observed_at=on, body=body, by=by, place=str(inner)))
    return Read(captures, unmatched, errors)


def _entries(path: Path) -> Iterator[tuple[str, Path]]:
    with os.scandir(path) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if not entry.name.startswith("."):
                yield entry.name, Path(entry.path)


def _host_of(name: str, endings: tuple[str, ...], *, folder: bool) -> tuple[str, int | None]:
    """Host and port from the name of a file or folder."""
    ending = "" if folder else next((e for e in endings if name.lower().endswith(e)), "")
    host, _, port = name.removesuffix(ending).partition("_") if ending else name.partition("_")
    if port.isascii() and port.isdigit() and 0 < int(port) < 65_536:
        return ascii_host(host), int(port)
    return ascii_host(name[: len(name) - len(ending)]), None


def _table(path: Path, protocol: str, hosts: frozenset[str], on: datetime | None, by: str) -> Read:
    table = _arrow(path)
    for name in table.column_names:
        if name not in COLUMNS:
            raise UnknownName.of("column", name, COLUMNS, subject=str(path))
        if table.column_names.count(name) > 1:
            raise InputError(
                f"has the column {name!r} twice", subject=str(path), hint="which of them counts is not known"
            )
    if not {"host", "url"} & set(table.column_names):
        raise InputError(
            "has neither the column host nor url", subject=str(path), hint="columns: " + ", ".join(COLUMNS)
        )
    table = _in_microseconds(table)
    whose = _hosts_of_rows(table)
    kept = pc.or_kleene(pc.is_in(whose, pa.array(sorted(hosts), pa.string())), pc.equal(whose, "?"))
    numbers = pc.indices_nonzero(pc.fill_null(kept, True)).to_pylist()
    captures, errors, unmatched = [], [], table.num_rows - len(numbers)
    for number, row in zip(numbers, table.take(pa.array(numbers, pa.int64())).to_pylist(), strict=True):
        place = f"{path}:{number + (2 if path.suffix.lower() == '.csv' else 1)}"
        try:
            capture = _capture(row, protocol, on, by, place)
        except RightfulError as error:
            errors.append(_error(place, error.message, error.hint))
            continue
        if (capture.host or canonical(capture.url)[1]) in hosts:
            captures.append(capture)
        else:
            unmatched += 1
    return Read(captures, unmatched, errors)


def _in_microseconds(table: pa.Table) -> pa.Table:
    """The times of a table as Python has them; what is below a microsecond is cut off."""
    for n, of in enumerate(table.schema):
        if pa.types.is_timestamp(of.type) and of.type.unit == "ns":
            cut = table.column(n).cast(pa.timestamp("us", of.type.tz), safe=False)
            table = table.set_column(n, of.name, cut)
    return table


def _hosts_of_rows(table: pa.Table) -> pa.ChunkedArray | pa.Array:
    """The host of each row as far as it can be seen at a glance; ``?`` where it takes a look."""
    of = pa.nulls(table.num_rows, pa.string())
    if "url" in table.column_names:
        urls = table.column("url").cast(pa.string())
        plain = pc.extract_regex(urls, r"^https?://(?P<host>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::[0-9]+)?(?:/|$)")
        of = pc.struct_field(plain, "host")
        of = pc.if_else(pc.and_(pc.is_null(of), pc.is_valid(urls)), "?", of)
    if "host" in table.column_names:
        names = pc.utf8_lower(table.column("host").cast(pa.string()))
        is_plain = pc.match_substring_regex(names, r"^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$")
        of = pc.coalesce(of, pc.if_else(pc.fill_null(is_plain, True), names, "?"))
    return pc.fill_null(of, "?")


def _capture(row: Mapping[str, Any], protocol: str, on: datetime | None, by: str, place: str) -> Capture:
    url, host = str(row.get("url") or "").strip(), str(row.get("host") or "").strip()
    if not url and not host:
        raise InputError("names neither a host nor a url")
    if url:
        address, of = canonical(url)
        if of is None:
            raise InputError(f"{url[:80]!r} is no address", hint="write https://example.org/robots.txt")
        url, host = address, ""
    elif protocol in ("headers", "html"):
        raise InputError(f"captures of {protocol} need the column url", hint="they speak of one address")
    port = None
    if host:
        name, _, number = host.rpartition(":") if re.fullmatch(r"[^\[\]:]+:[0-9]+", host) else (host, "", "")
        host, port = ascii_host(name), int(number) if number else None
        if not (_HOST.fullmatch(host) or ":" in host) or "/" in host or port == 0 or (port or 0) > 65_535:
            raise InputError(
                f"{row['host']!r:.90} is no host", hint="write example.org or example.org:8080, else a url"
            )
    observed = _observed(row.get("observed_at"), on)
    headers = _headers(row.get("headers"))
    body = row.get("body")
    return Capture(
        host=host,
        port=port,
        url=url,
        observed_at=observed,
        status=_status(row.get("status")),
        body=body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body,
        headers=headers,
        by=str(row.get("by") or by),
        place=place,
    )


def _observed(value: object, on: datetime | None) -> datetime:
    if value in (None, ""):
        if on is None:
            raise InputError("does not say when it was observed", hint="a column observed_at, or --on DATE")
        return on
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InputError(f"observed_at is {value}, a time without its zone", hint="write 2026-11-03T12:00:00Z")
        return value
    return instant(value.isoformat() if isinstance(value, date) else str(value), "observed_at")


def _status(value: object) -> int | None:
    if value in (None, ""):
        return None
    text = str(value).removesuffix(".0")  # what tables make of whole numbers where one is missing
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise InputError(
            f"status is {text[:40]!r}", hint="a status of HTTP such as 200 or 404; 0 where there was no answer"
        )
    return int(text)


def _headers(value: object) -> tuple[tuple[str, str], ...]:
    """Header fields: an object, a list of pairs, of lines or of ``{name, value}`` (HAR), or the lines of a response; one name
    may occur several times. Raises :class:`InputError` where any of it is no field: it may be the one that reserves."""
    if value in (None, ""):
        return ()
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise InputError(f"headers are no JSON: {error}") from error
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        value = "\n".join(value)
    if isinstance(value, str):
        block = head(value.encode("utf-8", "surrogatepass"))
        if block.unread or not block.is_whole:
            told = block.unread[0][:80] if block.unread else "more than is read"
            raise InputError(f"{told!r} is no header field", hint="write lines such as X-Robots-Tag: noai")
        return (*block.earlier, *block.fields)
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        value = [(one.get("name"), one.get("value")) for one in value]
    pairs = value.items() if isinstance(value, Mapping) else value
    try:
        listed = [(name, texts) for name, texts in pairs if name is None or texts is not None]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        listed = [("", value)]
    fields = [(n, one) for n, texts in listed for one in (texts if isinstance(texts, list) else [texts])]
    for name, text in fields:
        if not isinstance(name, str) or not name.strip() or not isinstance(text, str | int | float):
            raise InputError(
                f"headers are neither an object, nor pairs, nor lines: {str((name, text))[:80]}",
                hint='write {"X-Robots-Tag": "noai"}, a list of values where a name occurs several times',
            )
    return tuple((name, str(text)) for name, text in fields)


def _arrow(path: Path) -> pa.Table:
    """A table as it is. Raises :class:`InputError`."""
    try:
        if path.suffix.lower() == ".parquet":
            return pq.ParquetFile(path).read()
        if path.suffix.lower() == ".csv":
            texts = dict.fromkeys(COLUMNS, pa.string()) | {"domain": pa.string()}
            options = pacsv.ConvertOptions(column_types=texts, strings_can_be_null=True, null_values=[""])
            return pacsv.read_csv(
                path, parse_options=pacsv.ParseOptions(newlines_in_values=True), convert_options=options
            )
        with path.open("rb") as handle:
            listed = [_line(path, n, line) for n, line in enumerate(handle, 1) if line.strip()]
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"cannot be read: {str(error).splitlines()[0]}", subject=str(path)) from error
    names = dict.fromkeys(name for row in listed for name in row)
    return pa.table({name: pa.array([_cell(row.get(name)) for row in listed], pa.string()) for name in names})


def _line(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise InputError(f"is not JSON: {error}", subject=f"{path}:{number}") from error
    if not isinstance(row, dict):
        raise InputError(
            "is not an object", subject=f"{path}:{number}", hint="a line a capture: host or url, observed_at, ..."
        )
    return row


def _cell(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _error(place: str, reason: str, hint: str | None) -> dict[str, Any]:
    return {"place": place, "reason": reason, "hint": hint}

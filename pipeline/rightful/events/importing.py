"""Files of consent events: CSV, JSONL and Parquet, a request a row; lists and receipts of others. Floor 6."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from rightful.errors import InputError, RightfulError, UnknownName
from rightful.events import COLUMNS, dpv, lists
from rightful.events.consents import Request, event_of
from rightful.events.on_record import OnRecord
from rightful.notation.times import instant
from rightful.rights.consent import SELECTORS, ConsentEvent
from rightful.rights.uses import Vocabulary

MOST_JSON_BYTES = 256 << 20
"""A document in JSON is read as a whole: it may have so many bytes."""
Row = lists.Row
TRUTHS = {"": False, "false": False, "no": False, "0": False, "true": True, "yes": True, "1": True}


def events_of(
    path: Path, vocabulary: Vocabulary, key: bytes, now: datetime, known: Callable[[], OnRecord]
) -> tuple[list[tuple[Request, ConsentEvent]], list[dict[str, Any]]]:
    """The requests and events of a table, list or document of receipts, and the rows that cannot be one, with why.

    Raises :class:`InputError` when the file cannot be read at all.
    """
    events: list[tuple[Request, ConsentEvent]] = []
    errors: list[dict[str, Any]] = []
    for number, row in _rows(path, vocabulary):
        try:
            if isinstance(row, RightfulError):
                raise row
            request = _request(row)
            events.append((request, event_of(request, number, key, vocabulary, now, known)))
        except RightfulError as error:
            errors.append({"row": number, "reason": error.message, "subject": error.subject, "hint": error.hint})
    return events, errors


def _selected(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of a list that has a column named after a selector, in place of the columns selector and value: an opt-out,
    where it does not say otherwise."""
    if "selector" in row or "value" in row:
        return row
    by = [name for name in SELECTORS if name in row]
    if len(by) != 1:
        return row
    rest = {name: value for name, value in row.items() if name != by[0]}
    return {"kind": lists.OPT_OUT, **rest, "selector": by[0], "value": row[by[0]]}


def _request(row: Mapping[str, Any]) -> Request:
    row = _selected(row)
    text = dict.fromkeys(COLUMNS, "")
    for name, value in row.items():
        if name not in text:
            raise UnknownName.of("column", str(name), COLUMNS)
        if isinstance(value, list | dict) and not (name == "given_by" and _is_texts(value)):
            raise InputError(f"{name} is a list or an object, not a text", hint="one row per event; several uses: a; b")
        text[name] = _cell(value)
    for needed in ("kind", "selector", "value"):
        if not text[needed]:
            raise InputError(f"{needed} is empty", hint="columns: " + ", ".join(COLUMNS))
    return Request(
        kind=text["kind"],
        selector=text["selector"],
        value=text["value"],
        acts=_several(text["use"]),
        purposes=_several(text["purpose"]),
        applications=_several(text["application"]),
        effective=instant(text["effective"], "effective") if text["effective"] else None,
        valid_until=instant(text["until"], "until") if text["until"] else None,
        reason=text["reason"],
        party=text["party"],
        given_by=_several(text["given_by"]),
        perpetual=_truth(text["perpetual"]),
        deadline=instant(text["deadline"], "deadline") if text["deadline"] else None,
        proof=text["proof"],
    )


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return "; ".join(value)
    return "" if value is None else str(value).strip()


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _truth(text: str) -> bool:
    if text.casefold() not in TRUTHS:
        raise InputError(f"perpetual is {text!r}", hint="write true or false")
    return TRUTHS[text.casefold()]


def _several(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    return tuple(t.strip() for t in text.split(";") if t.strip())


def _rows(path: Path, vocabulary: Vocabulary) -> Iterable[Row]:
    if not path.is_file():
        raise InputError("there is no such file", subject=str(path))
    readers: Mapping[str, Callable[[Path], Iterable[Row]]] = {
        ".csv": _csv_rows,
        ".jsonl": _jsonl_rows,
        ".ndjson": _jsonl_rows,
        ".parquet": _parquet_rows,
        ".txt": _text_rows,
        **dict.fromkeys((".json", ".jsonld"), partial(_json_rows, vocabulary=vocabulary)),
    }
    if path.suffix.lower() not in readers:
        hint = "tables of events: .csv, .jsonl, .parquet; a list of domains: .txt; a list by user, or receipts: .json, .jsonld"
        raise InputError("has a suffix that no format of events has", subject=str(path), hint=hint)
    return readers[path.suffix.lower()](path)


def _text_rows(path: Path) -> Iterable[Row]:
    """A list of domains and addresses, one a line."""
    try:
        with path.open(encoding="utf-8-sig") as handle:
            yield from lists.domains(enumerate(handle, 1))
    except UnicodeDecodeError as error:
        raise InputError(f"cannot be read as a list of domains: {error}", subject=str(path)) from error


def _json_rows(path: Path, vocabulary: Vocabulary) -> Iterable[Row]:
    """One JSON document: a list of rows, a list by user, consent records in JSON-LD, or a list of either."""
    size = path.stat().st_size
    if size > MOST_JSON_BYTES:
        hint = "write a row a line into a .jsonl file, which is read line by line"
        raise InputError(
            f"is one document of {size:,} bytes, more than {MOST_JSON_BYTES:,}", subject=str(path), hint=hint
        )
    try:
        data = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise InputError(f"is not JSON: {error}", subject=str(path)) from error
    if dpv.is_receipt(data):
        yield from dpv.receipts(data, 1, vocabulary)
        return
    number = 1
    for one in data if isinstance(data, list) else [data]:
        if lists.is_by_user(one):
            yield from lists.by_user(one, number)
            number += len(one)
        elif isinstance(one, dict) and isinstance(data, list):
            yield number, one
            number += 1
        else:
            hint = "a list of rows, {USER: [all, ...]}, or consent records of DPV with hasConsentStatus"
            raise InputError(
                "holds neither events, nor a list by user, nor a consent record", subject=str(path), hint=hint
            )


def _csv_rows(path: Path) -> Iterable[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            for number, row in enumerate(csv.DictReader(handle, strict=True), 2):
                spare = row.pop(None, None)
                yield number, _more_cells() if spare else row
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot be read as CSV: {error}", subject=str(path)) from error


def _more_cells() -> InputError:
    return InputError("has more cells than the header", hint="put a cell with a comma in it between quotes")


def _jsonl_rows(path: Path) -> Iterable[Row]:
    with path.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                yield number, InputError(f"is not JSON: {error}")
                continue
            yield number, row if isinstance(row, dict) else InputError("is not an object")


def _parquet_rows(path: Path) -> Iterable[Row]:
    try:
        with pq.ParquetFile(path) as source:
            number = 0
            for batch in source.iter_batches():
                for row in batch.to_pylist():
                    number += 1
                    yield number, {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items()}
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"cannot be read as Parquet: {error}", subject=str(path)) from error

"""Rights in a pipeline of dolma: attribute files of decisions, which its mixer filters by. Floor 11.

>>> write_attributes("corpus/documents/*.jsonl.gz", store="corpus-store", use="train.pretrain")  # doctest: +SKIP

For every ``.../documents/PATH`` there is ``.../attributes/rights/PATH`` with a line for each of its lines, in their order:
``{"id": ..., "attributes": {"rights__permit": [[0, LENGTH, 1.0]]}}``, where 1.0 is permitted and 0.0 is not, and beside the
latter ``"rights__REASON": [[0, LENGTH, 1.0]]``. The stream of a mixer takes what :data:`FILTER` says. The layout is that of
dolma 1 (https://github.com/allenai/dolma, docs/data-format.md and docs/mixer.md); dolma itself is not needed.
"""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, cast

import orjson

from rightful.api import Store
from rightful.api.access import Strings
from rightful.errors import DamagedInput, InputError
from rightful.integrations.deciding import BATCH_ROWS, Deciding, Verdict
from rightful.store.layout import publish

NAME = "rights"
"""The name of the attributes: of their folder, and before each of them."""
DOCUMENTS, ATTRIBUTES = "documents", "attributes"
FILTER = MappingProxyType({"include": ["$@.attributes[?(@.rights__permit[0][2] > 0.5)]"]})
"""The ``filter`` of a stream that mixes what is permitted: a document without a decision is left out."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file of attributes: where it lies, of how many documents, and how many of these are permitted."""

    path: Path
    documents: int
    permitted: int


def write_attributes(
    documents: str | Path | Iterable[str | Path], *, store: Store | str | Path, use: Strings = None, **options: Any
) -> list[Written]:
    """Decide the documents of dolma files (paths or patterns; ``.jsonl``, plain or ``.gz``) and write their attributes.

    A document is a row with its ``id``, ``text`` and what its ``metadata`` has; the rest as :mod:`rightful.integrations.deciding`
    says. A file that has attributes already is decided anew: decisions grow old. Raises :class:`InputError` for a path
    that is not below a folder ``documents``, :class:`DamagedInput` naming file and line for what is no document.
    """
    files = list(_files(documents))
    with Deciding(store, use=use, **options) as deciding:
        return [_written(file, deciding) for file in files]


def _files(documents: str | Path | Iterable[str | Path]) -> Iterator[Path]:
    listed = [documents] if isinstance(documents, str | Path) else list(documents)
    for one in listed:
        found = sorted(map(Path, glob(str(one), recursive=True))) or [Path(one)]  # noqa: PTH207  # a pattern from any root
        for path in found:
            if path.is_dir():
                continue
            if not path.is_file():
                raise InputError("there is no such file", subject=str(path), hint="such as corpus/documents/*.jsonl.gz")
            attributes_of(path)
            yield path


def attributes_of(document: Path) -> Path:
    """Where the attributes of a file of documents lie. Raises :class:`InputError` where it is not below ``documents``."""
    parts = document.parts
    if DOCUMENTS not in parts[:-1]:
        raise InputError(
            "is not below a folder 'documents', by which dolma finds its attributes",
            subject=str(document),
            hint="such as corpus/documents/part-0.jsonl.gz",
        )
    at = len(parts) - 2 - parts[-2::-1].index(DOCUMENTS)
    return Path(*parts[:at], ATTRIBUTES, NAME, *parts[at + 1 :])


def _written(file: Path, deciding: Deciding) -> Written:
    out = attributes_of(file)
    out.parent.mkdir(parents=True, exist_ok=True)
    documents = permitted = 0
    with publish(out) as temporary, _writer(temporary, file) as lines:
        for rows in _batches(file):
            for row, verdict in zip(rows, deciding(rows), strict=True):
                lines.write(orjson.dumps(_line(row, verdict)) + b"\n")
                documents += 1
                permitted += verdict.permit
    return Written(out, documents, permitted)


def _line(row: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
    whole = [0, len(row["text"])]
    attributes = {f"{NAME}__permit": [[*whole, float(verdict.permit)]]}
    if not verdict.permit:
        attributes[f"{NAME}__{verdict.reason}"] = [[*whole, 1.0]]
    return {"id": row["id"], "attributes": attributes}


@contextlib.contextmanager
def _writer(path: Path, like: Path) -> Iterator[IO[bytes]]:
    """No name and no time stand in a compressed file: the same decisions are the same bytes."""
    with path.open("wb") as file:
        if like.suffix == ".gz":
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                yield cast(IO[bytes], packed)
        else:
            yield file


def _batches(file: Path) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    number = 1
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
        try:
            for line in lines:
                batch.append(_row(orjson.loads(line)))
                number += 1
                if len(batch) == BATCH_ROWS:
                    yield batch
                    batch = []
        except (ValueError, EOFError, OSError) as error:
            raise DamagedInput(f"is no document of dolma: {error}", subject=f"{file}:{number}") from error
    if batch:
        yield batch


def _row(document: object) -> dict[str, Any]:
    """A document as a row. Raises :class:`ValueError` for what is none."""
    if not isinstance(document, dict):
        raise ValueError("expected an object")
    for name in ("id", "text"):
        if not isinstance(document.get(name), str):
            raise ValueError(f"expected a string as its {name}")
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return document
    beside = {name: value for name, value in document.items() if name != "metadata"}
    hidden = {name: value for name, value in metadata.items() if name in document}
    return {**metadata, **beside, **({"metadata": hidden} if hidden else {})}  # what both say counts from both

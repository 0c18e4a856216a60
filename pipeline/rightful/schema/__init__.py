"""The schemas of everything that lies at rest, is read or is answered, generated from the code. Floor 9.

``schemas/`` in the repository and in the wheel is this module's output: ``python -m rightful.schema --write`` makes it,
a test compares. Two kinds of document: ``NAME.arrow.json`` describes the columns of a Parquet file, ``NAME.schema.json``
is a JSON Schema (draft 2020-12). Names, types, keys and enumerations come from the modules that use them; only the
sentences are written here, and a name without one, or a sentence without a name, is an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rightful.errors import UnknownName
from rightful.schema import answers, columns, inputs

ARROW, JSON = ".arrow.json", ".schema.json"


def documents() -> Mapping[str, dict[str, Any]]:
    """Every schema by its file name, the tables first.

    >>> documents()["texts.arrow.json"]["fields"][1]["name"]
    'text'
    """
    documents = {name + ARROW: document for name, document in columns.tables().items()}
    documents |= {name + JSON: document for name, document in inputs.documents().items()}
    return documents | {name + JSON: document for name, document in answers.documents().items()}


def find(name: str) -> dict[str, Any]:
    """One schema, named as its file or without the suffix. Raises :class:`UnknownName`."""
    known = documents()
    for file in (name, name + JSON, name + ARROW):
        if file in known:
            return known[file]
    raise UnknownName.of("schema", name, [file.partition(".")[0] for file in known])


def render(document: Mapping[str, Any]) -> str:
    """A schema as it stands in its file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def differing(folder: Path) -> list[str]:
    """The files of ``folder`` that are missing, out of date or of no schema."""
    wanted = {name: render(document) for name, document in documents().items()}
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write(folder: Path) -> list[str]:
    """Bring ``folder`` up to date; the names of the files that changed."""
    wanted = documents()
    changed = differing(folder)
    for name in changed:
        if name in wanted:
            (folder / name).write_text(render(wanted[name]), encoding="utf-8")
        else:
            (folder / name).unlink()
    return changed

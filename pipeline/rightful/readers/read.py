"""Reads an item with the reader of its format. Floor 2: the readers.

The formats are the modules of ``readers.formats``.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import cast

import rightful.readers.formats
from rightful.errors import UnknownName
from rightful.readers import Item, Read, ReadOptions
from rightful.readers.formats import Container, Reader


@cache
def readers() -> tuple[Reader, ...]:
    """All readers, in the order of their names, containers among them: these know their files, and do not read them."""
    names = sorted(m.name for m in pkgutil.iter_modules(rightful.readers.formats.__path__))
    modules = (import_module(f"rightful.readers.formats.{name}") for name in names)
    return tuple(cast(Reader, m) for m in modules if hasattr(m, "FORMATS"))


@cache
def formats() -> Mapping[str, Reader]:
    """Every format, as ``--format`` takes it, with its reader."""
    return {name: reader for reader in readers() for name in reader.FORMATS}


def reader_of(format: str) -> Reader:
    """The reader of a format. Raises :class:`UnknownName` (exit code 2)."""
    if format not in formats():
        raise UnknownName.of("format", format, formats())
    return formats()[format]


@cache
def personal_types() -> frozenset[str]:
    """The media types of records that hold personal data by their form: those of the readers that are ``PERSONAL``."""
    return frozenset(vars(r)["MEDIA_TYPE"] for r in readers() if vars(r).get("PERSONAL"))


@cache
def containers() -> Mapping[str, Container]:
    """The formats that hold files, each with what unpacks it."""
    return {name: cast(Container, module) for name, module in formats().items() if getattr(module, "UNPACKS", False)}


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """The records of an item as batches of ``RAW`` in file order, its damages and captures, and at the end one ``Extent``.

    A container has none of its own: it is unpacked, and what it holds is read.
    """
    return reader_of(item.format).read(item, by)

"""Where an engine works: a connection, and a folder of this process to spill into, gone afterwards. Floor 4.

The folder is held by a lock, so that what a killed process left can be told from what is in use, whatever numbers its
system gives to processes.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from rightful.store.duck import connect
from rightful.store.layout import Layout, private_folder, remove_tree

_numbers = itertools.count()


class Workspace(NamedTuple):
    """A connection and the folder that it spills into; None where the store cannot be written."""

    con: duckdb.DuckDBPyConnection
    folder: Path | None


@contextlib.contextmanager
def workspace(layout: Layout, name: str) -> Iterator[Workspace]:
    """A connection for this process alone. Where the store cannot be written (a read-only mount, a full disk), reading
    goes on in memory: it does without a folder."""
    with contextlib.ExitStack() as stack:
        try:
            folder: Path | None = stack.enter_context(scratch(layout, name))
        except OSError:
            folder = None
        con = connect(folder)
        stack.callback(con.close)
        yield Workspace(con, folder)


@contextlib.contextmanager
def scratch(layout: Layout, name: str) -> Iterator[Path]:
    """A new folder in the store for this process alone, removed afterwards. Raises OSError."""
    label = f"{name}.{os.getpid()}.{next(_numbers)}"
    folder = layout.temporary / label
    with layout.lock(lock_name(label), passing=True):
        private_folder(folder)
        try:
            yield folder
        finally:
            remove_tree(folder)


def lock_name(label: str) -> str:
    """The name of the lock that says that a folder of ``tmp/`` is in use."""
    return f"tmp-{label}"

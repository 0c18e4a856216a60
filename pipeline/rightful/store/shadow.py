"""A copy of a store to try something in: its ledger is copied, its parts are shared. Floor 4.

Parts never change, so that a second name of each is enough; what is written into the shadow is its own. It takes the room of
the ledger, whatever the store holds.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from rightful.errors import StoreError
from rightful.store.chain import REMEDY
from rightful.store.copying import copy_ledger, copy_own
from rightful.store.layout import FOLDERS, Layout, private_folder
from rightful.store.ledger import Ledger


def shadow(layout: Layout, ledger: Ledger, root: Path) -> Layout:
    """The shadow of a store in the new folder ``root``. Raises :class:`StoreError` for a part that is not there."""
    target = Layout(root)
    for folder in (root, *(root / name for name in FOLDERS)):
        private_folder(folder)
    parts = [layout.part(kind, part) for kind, part, _ in ledger.part_files()]
    indices = [layout.exported(export) for export, _ in ledger.index_files()]
    for path in dict.fromkeys([*parts, *(index for index in indices if index.is_file())]):
        try:
            share(path, root / path.relative_to(layout.root))
        except FileNotFoundError as error:
            raise StoreError("is not there", subject=str(path), hint=REMEDY) from error
    copy_ledger(ledger, target)
    copy_own(layout, target)
    return target


def share(path: Path, target: Path) -> None:
    """Give a file that never changes a second name; where that cannot be, copy it. Raises OSError."""
    try:
        target.hardlink_to(path)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(path, target)

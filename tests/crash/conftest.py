from __future__ import annotations

from pathlib import Path
from shutil import copytree
from typing import NamedTuple

import pytest

from tests.crash import verbs
from tests.crash.corpus import new_folder, old_folder


class Ground(NamedTuple):
    """A store with a snapshot and a consent event, kept as it is, and the folder that comes next."""

    store: Path
    coming: Path

    def copy(self, to: Path) -> Path:
        """The same store, with the same key, at another place."""
        return Path(copytree(self.store, to))


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("ground")
    verbs.ingest(folder / "store", old_folder(folder / "old"))
    verbs.withdraw(folder / "store")
    return Ground(folder / "store", new_folder(folder / "new"))

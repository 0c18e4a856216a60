"""Who is reading the parts of a store, so that a compaction can wait before it removes what they read. Floor 4.

Each holds a shared lock for as long as its ledger is open, by the number of compactions that there had been: whoever comes
after one reads the parts that it left, and is not waited for.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from rightful.errors import StoreError
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger

_STEP_SECONDS = 0.02


def _name(compactions: int) -> str:
    return f"reading-{compactions}"


@contextlib.contextmanager
def reading(layout: Layout, ledger: Ledger) -> Iterator[None]:
    """Hold the parts of the store as they are now. Where the store cannot be written nothing is held: nothing goes there
    either; nor where its ledger is damaged."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, StoreError):
            stack.enter_context(_held(layout, ledger))
        yield


def _held(layout: Layout, ledger: Ledger) -> contextlib.ExitStack:
    """The lock of the newest compaction. Raises OSError, :class:`StoreError`."""
    while True:
        seen = ledger.compactions()
        held = contextlib.ExitStack()
        held.enter_context(layout.shared(_name(seen)))
        if ledger.compactions() == seen:
            return held
        held.close()  # one was committed while we came


def wait_for_readers(layout: Layout, compactions: int, seconds: float) -> bool:
    """Wait until nobody reads what there was before; answers whether somebody still does after that time."""
    until = time.monotonic() + seconds
    while layout.is_shared(_name(compactions)):
        if time.monotonic() >= until:
            return True
        time.sleep(_STEP_SECONDS)
    return False

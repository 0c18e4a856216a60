"""Ingest: plan (what is to be read, under which card), work (workers), land (one commit). Floor 7."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from rightful.catalog import load
from rightful.decisions.overlay import read_overlays
from rightful.engine.warm import Warm
from rightful.ingest.outcome import Outcome
from rightful.ingest.plan import Plan
from rightful.ingest.soon import warm_workers
from rightful.ingest.work import Choices, Progress, Work
from rightful.rights.overlay import overlaid
from rightful.store.conditions import unwritable
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.sweep import sweep

__all__ = ("Choices", "Outcome", "Progress", "ingest")


def ingest(
    layout: Layout,
    plan: Plan,
    *,
    clock: Callable[[], datetime],
    workers: int = 1,
    progress: Progress | None = None,
    choices: Choices | None = None,
    warm: Warm | None = None,
) -> Outcome:
    """Run a plan and land it. What a killed run of the same plan had finished is not done again.

    ``warm`` is what workers start from, where it was started before the plan was made (:mod:`rightful.ingest.soon`).

    Raises :class:`InputError` where ``clock`` is long after the newest snapshot, unless ``choices`` say yes.
    """
    start = time.perf_counter()
    choices = choices or Choices()
    overlays = read_overlays(layout.licenses)
    catalog = overlaid(load(), overlays, clock()) if overlays else load()
    layout.create()
    ledger = Ledger.create(layout.ledger, clock(), yes=choices.yes)
    try:
        work = Work(layout, ledger, plan, catalog, choices, workers)
        if work.tasks:
            ledger.moment(clock())  # before the work: a clock that is wrong is wrong now
        sweep(layout, keep=work.key)
        with layout.lock(f"run-{work.key}", passing=True), warm or warm_workers() as forked:
            outcome = work.run(clock, workers, progress, forked)
    except OSError as error:
        if error.errno is None:  # a library's: no file of ours
            raise
        place = error.filename if isinstance(error.filename, str) else layout.root
        clearer = unwritable(error, Path(place))
        clearer.hint = f"{clearer.hint}; what is done is kept for the next run of the same"
        raise clearer from error
    finally:
        ledger.close()
    outcome.seconds = time.perf_counter() - start
    return outcome

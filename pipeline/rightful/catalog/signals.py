"""What detectors of web signals are handed: the labels of all protocols and the AI crawlers, as the catalogue has them. Floor 2."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from rightful.catalog import load
from rightful.rights.licenses import Catalog
from rightful.rights.signals import Signals


def signals_of(catalog: Catalog | None = None) -> Signals:
    """The signals of a catalogue, by default of the one that is shipped. Raises :class:`CatalogError` where that is damaged.

    >>> sorted(signals_of().acts("rsl", "ai-index", None))
    ['index.retrieval']
    """
    return _shipped(None) if catalog is None else Signals(catalog.vocabulary.terms, catalog.agents)


@cache
def _shipped(folder: Path | None) -> Signals:
    catalog = load(folder)
    return Signals(catalog.vocabulary.terms, catalog.agents)

"""Cards that lie beside data and that others wrote: dataset cards, Croissant, provenance records, data packages. Floor 2.

One module a kind of card; :mod:`.stating` turns what a card says in a field into claims, :mod:`.plain` reads YAML and JSON.
"""

from __future__ import annotations

from rightful.signals.cards.found import citation, croissant, data_package, dataset_card, provenance, side_files
from rightful.signals.signal import OfFile

CARDS: tuple[OfFile, ...] = (
    dataset_card.CARD,
    croissant.CARD,
    provenance.CARD,
    data_package.CARD,
    citation.CARD,
    side_files.ENERGON,
    side_files.DEPOSIT,
    side_files.METADATA,
)

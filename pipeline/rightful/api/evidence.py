"""``store.evidence``: what is stated of data, before an ingest. Floor 10: part of `api`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rightful.api.access import Access
from rightful.api.answers import Scanned
from rightful.api.typed import typed
from rightful.drafts.cards import MOST_CARDS, Draft, named_apart, outcome
from rightful.drafts.stated import draft_of
from rightful.errors import InputError
from rightful.ingest.outcome import by_reason
from rightful.ingest.plan import plan
from rightful.ingest.scanning import Folder, Scan, conflicts_of, rows_of, scan
from rightful.query.steps import Step, to_confirm
from rightful.readers.tree import shown_name
from rightful.readers.wanted import Wanted, wanted
from rightful.recipes import recipe as recipes
from rightful.recipes.layout import layouts
from rightful.rights.sources import CARD_NAME
from rightful.signals.cards.source_card import source_id

FEW = 3
"""So many cards are named to be edited."""


@typed
@dataclass(frozen=True, slots=True)
class Evidences:
    """What is stated of data by cards, by files beside them and by texts. It needs no store."""

    _access: Access

    def scan(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        include: str | Iterable[str] | None = None,
        exclude: str | Iterable[str] | None = None,
        write_cards: bool = False,
        drafts: str | Path | None = None,
    ) -> Scanned:
        """What an ingest would find of rights in files and folders: claims, conflicts, and what nobody can read.

        Rows of tables are not read, archives are not opened (``unopened`` counts them), and of texts a sample is read;
        ``include`` and ``exclude`` are those of an ingest. ``cards`` says what to write into a source card for every folder
        without one that is stated about, each guess marked; with ``write_cards`` these are written, never over a card that is
        there; below ``drafts`` where it is named. Raises :class:`InputError` for a path that is not there and a wrong card.
        """
        began = time.monotonic()
        listed = [Path(p) for p in ([paths] if isinstance(paths, str | Path) else paths)]
        catalog = self._access.catalog
        globs = wanted(include, exclude)
        known = layouts(catalog, self._access.layout.layouts)
        planned = plan(listed, recipes.load(None), catalog, wanted=globs, layouts=known)
        found = scan(planned, catalog)
        if drafts is not None and not write_cards:
            raise InputError("--drafts says where cards are written: add --write-cards")
        cards = [
            self._card(draft, of, write_cards)
            for draft, of in self._drafts(found, Path(drafts) if drafts is not None else None)
        ]
        claims = list(rows_of(found))
        return Scanned(
            paths=[shown_name(str(p)) for p in listed],
            files=found.files,
            sources=[_source(of) for of in found.folders],
            claims=claims,
            documents={"looked": found.documents, "stating": found.stating},
            unopened=[{"reason": reason, "files": n} for reason, n in found.unopened.most_common()],
            conflicts=conflicts_of(found),
            unreadable=[
                {k: row[k] for k in ("path", "place", "raw", "detector", "files")}
                for row in claims
                if row["statement"] == "unreadable"
            ],
            cards=cards,
            not_read=by_reason(planned.skipped),
            errors=[
                {"file": damage.file, "position": damage.position, "reason": damage.reason}
                for damage in planned.damages
            ],
            seconds=round(time.monotonic() - began, 3),
            next=[step.as_json() for step in self._next(cards, listed, globs, written=write_cards)],
        )

    def _drafts(self, found: Scan, to: Path | None) -> list[tuple[Draft, Folder]]:
        """A draft for every folder without a card that says something which a card could answer."""
        bare = [of for of in found.folders if not of.carded]
        taken = {of.source for of in found.folders if of.carded}
        named = named_apart(((str(n), of.folder) for n, of in enumerate(bare)), taken)
        drafts: list[tuple[Draft, Folder]] = []
        names = self._access.catalog.names
        for number, of in enumerate(bare):
            name = named[str(number)]
            file = of.folder / CARD_NAME if to is None else to / f"{source_id(name)}.{CARD_NAME}"
            claims = [stated.claim for stated in of.claims.values()]
            draft = draft_of(of.folder, file, name, claims, names)
            drafts += [(draft, of)] if draft.guesses or draft.notes else []
        return drafts[:MOST_CARDS]

    def _card(self, draft: Draft, of: Folder, to_write: bool) -> dict[str, Any]:
        seen = {"files": of.files, "licenses": of.licenses()}
        return outcome(draft, self._access.clock().date(), to_write=to_write) | seen

    def _next(
        self, cards: Sequence[dict[str, Any]], paths: Sequence[Path], globs: Wanted, *, written: bool
    ) -> list[Step]:
        typing = self._access.typing
        words = [os.fsencode(str(path)).decode("utf-8", "backslashreplace") for path in paths]
        chosen = globs.options()
        steps = []
        if any(card["text"] and not card["written"] for card in cards) and not written:
            steps.append(
                Step("have the cards drafted", typing("evidence scan", *words, options=[*chosen, "--write-cards"]))
            )
        steps += map(to_confirm, [card for card in cards if card["written"] and card["guesses"]][:FEW])
        return [*steps, Step("take it in", typing("ingest", *words, options=chosen))]


def _source(of: Folder) -> dict[str, Any]:
    return {
        "source": of.source,
        "folder": shown_name(str(of.folder)),
        "card": of.card or None,
        "files": of.files,
        "licenses": of.licenses(),
        "unreadable": sum(stated.claim.statement == "unreadable" for stated in of.claims.values()),
    }

"""What an ingest would be told of the files that ``init`` looks at, by the very same signals. Floor 10: part of `api`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from rightful.catalog.signals import signals_of
from rightful.catalog.texts import license_texts
from rightful.drafts.looking import Data
from rightful.drafts.papers import about, is_card, is_paper, papers_of, place_of
from rightful.drafts.walking import Seen, Walked
from rightful.ingest.beside import MOST_BYTES, Beside
from rightful.ingest.plan import no_card
from rightful.readers.tree import shown_name
from rightful.rights.evidence import INFERRED, Evidence, evidence_id
from rightful.rights.licenses import Catalog
from rightful.signals.cards.source_card import SourceCard
from rightful.signals.order import CONFIRMABLE, FILES, of_file
from rightful.signals.packages import license_file
from rightful.signals.packages.installed import LISTS
from rightful.signals.rows.claims import about_rows_of
from rightful.signals.signal import About, OfFile

MOST_READ = 2_000
"""So many papers are looked into for what they are about."""
_CARDS = tuple(signal for signal in FILES if signal.name in CONFIRMABLE)


class StatedOf:
    """What lies beside the files below one root. ``tops`` are the folders that papers of their own are about; ``carded`` those
    that have a card."""

    def __init__(self, catalog: Catalog, walked: Walked, carded: Sequence[Path]) -> None:
        self.catalog = catalog
        self.root = walked.root
        self.beside = Beside([walked.root, *carded])
        self.cards = frozenset(file.path for file in walked.files if is_card(file.name))
        self.elsewhere: dict[str, list[Evidence]] = {}
        self.tops = self._tops(walked)

    def tell(self, data: Data, folder: str, files: Sequence[Path], card: SourceCard | None, at: Path) -> None:
        """Add to ``data`` what is stated of the files of a folder under a card, which lies ``at`` a folder, or none."""
        known = self._about(card)
        source = card.source_id if card is not None else ""
        sure = frozenset(at / name for name in card.confirms) if card is not None else frozenset()
        by_file = [self.beside.claims(file, source, known, sure) for file in files]
        data.claims = self._shown(_once(claim for claims in by_file for claim in claims))
        data.elsewhere = self.elsewhere.get(folder, [])
        met = {_key(claim) for claim in data.claims}
        agreed = (claim for file in files for claim in self.beside.claims(file, source, known, sure | self.cards))
        agreed_to = self._shown(_once(agreed))
        data.heard = [c for c in agreed_to if _takes_away(c) and _key(c) not in met]
        data.papers = papers_of((*data.claims, *data.elsewhere), self.catalog.names)
        data.confirmable = self._of_some(by_file, folder)

    def lay(self, tree: Path) -> None:
        """Copy what was read beside the files into a sample, whole: a part of a licence is none."""
        files = dict.fromkeys(file for file in self.beside.lies.values() if file.is_relative_to(self.root))
        for file in list(files):
            ending = "." + file.parent.name.lower().rpartition(".")[2]
            if ending in LISTS and (file.parent / LISTS[ending]).is_file():
                files.setdefault(file.parent / LISTS[ending])
        for file in files:
            place = tree / file.relative_to(self.root)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                with file.open("rb") as opened:
                    place.write_bytes(opened.read(MOST_BYTES + 1))
            except OSError:  # it is not to be opened: an ingest says so, and it blocks there
                continue

    def _about(self, card: SourceCard | None) -> About:
        knows = about_rows_of(card or no_card(self.root), self.catalog.names)
        return replace(knows, texts=license_texts, signals=partial(signals_of, self.catalog))

    def _tops(self, walked: Walked) -> list[str]:
        """The folders that a licence file, or a card of others which states something, is about."""
        folders = {file.folder for file in walked.files}
        folders |= {
            "/".join(folder.split("/")[:depth]) for folder in folders for depth in range(1, folder.count("/") + 1)
        }
        known, tops = self._about(None), dict[str, None]()
        listed = [f for f in walked.files if f.size and (is_paper(f.name) or is_card(f.name))]
        for file in listed[:MOST_READ]:
            if not is_paper(file.name):
                if _states(file, known):
                    tops.setdefault(file.folder)
                continue
            folder = place_of(file.name, file.folder, folders)
            if folder is not None:
                tops.setdefault(folder)
                if about(file.name, file.folder):
                    self.elsewhere.setdefault(folder, []).extend(_read(file, known, (license_file.SIGNAL,)))
        return list(tops)

    def _of_some(self, by_file: Sequence[Iterable[Evidence]], folder: str) -> tuple[str, ...]:
        """The cards of others that label some files of a folder, and not all of them."""
        counted: dict[tuple[str, str], int] = {}
        for claims in by_file:
            for key in {_key(claim) for claim in claims if claim.tier == INFERRED and claim.statement == "license"}:
                counted[key] = counted.get(key, 0) + 1
        files: dict[str, None] = {}
        for (_, place), count in sorted(counted.items()):
            lies = self.beside.lies.get(place.partition(" (")[0])
            home = self.root / folder
            if count < len(by_file) and lies is not None and lies in self.cards and lies.is_relative_to(home):
                files.setdefault(str(lies.relative_to(home)))
        return tuple(files)

    def _shown(self, claims: Iterable[Evidence]) -> list[Evidence]:
        """Claims with their places as from the folder that was named."""
        listed = []
        for claim in claims:
            seen = claim.observation
            place = seen.place.removeprefix(f"{self.root.name}/") if seen is not None else ""
            listed.append(replace(claim, observation=replace(seen, place=place)) if seen is not None else claim)
        return listed


def _once(claims: Iterable[Evidence]) -> list[Evidence]:
    return list({_key(claim): claim for claim in claims}.values())


def _key(claim: Evidence) -> tuple[str, str]:
    return evidence_id(claim), claim.observation.place if claim.observation is not None else ""


def _takes_away(claim: Evidence) -> bool:
    return claim.statement == "unreadable" or claim.kind == "reservation"


def _states(file: Seen, known: About) -> bool:
    """True for a card of others that states something; one that cannot be read may."""
    return file.size > MOST_BYTES or bool(_read(file, known, _CARDS))


def _read(file: Seen, known: About, signals: Iterable[OfFile]) -> list[Evidence]:
    try:
        raw = file.path.read_bytes() if file.size <= MOST_BYTES else b""
    except OSError:
        return []
    shown = shown_name(f"{file.folder}/{file.name}" if file.folder else file.name)
    return [c if isinstance(c, Evidence) else c.claim for c in of_file(shown, raw, shown, known, signals)]

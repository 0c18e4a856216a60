"""Our answers beside two ledgers of data sets whose licences others verified by hand, and the figures of both.

``python -m tests.external.ledgers [FOLDER OF THIRD-PARTY CASES]`` prints the figures.

The request is the widest that an honest operator can make: generative pretraining for commerce in the United States,
every obligation accepted, preconditions with a reference. What is refused then is refused for what was stated.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from rightful.catalog import load
from rightful.rights.decide import Decision
from rightful.rights.licenses import Catalog
from rightful.rights.uses import Use
from tests.reading import Statement, answer, asking, stated

FOLDER = "3-dataset-licences"
FREE = "All"
"""The class of the Data Provenance ledger for sets that may be used for everything, commerce included."""


@dataclass(slots=True)
class Figures:
    """How our answers compare with a ledger. ``unsafe`` is what we permit and they, having looked, do not."""

    sets: int = 0
    free: int = 0
    permitted: int = 0
    unsafe: list[str] = field(default_factory=list)
    unclassified: list[str] = field(default_factory=list)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(statement that is not permitted by itself, reason) -> sets of theirs that it keeps us from permitting."""

    def __str__(self) -> str:
        reasons = (f"  {n:4} {statement}: {reason}" for (statement, reason), n in self.refused.most_common())
        return "\n".join(
            [
                f"{self.sets} sets, {len(self.unsafe)} permitted against their class {self.unsafe}",
                f"recall {self.permitted} of {self.free} = {self.recall:.4f}; permitted without a class {self.unclassified}",
                "refusals of theirs, by statement:",
                *reasons,
            ]
        )

    @property
    def recall(self) -> float:
        """The share of their free sets that we permit."""
        return self.permitted / self.free


def commerce(law: Catalog) -> Use:
    return asking(law, "train.pretrain", jurisdictions=["US"])


@cache
def decided(card: Statement, row: Statement | None = None) -> Decision:
    """What the shipped catalogue says of a source card with these licences, and of a row beside it."""
    return answer(load(), stated(load(), card, row), commerce(load()))


def provenance_ledger(cases: Path) -> list[dict[str, Any]]:
    """The sets of the Data Provenance Initiative, with all their licences and the class verified by hand."""
    found: list[dict[str, Any]] = json.loads((cases / FOLDER / "ledger.shared.json").read_text("utf-8"))
    return found


def licenses_of(entry: dict[str, Any]) -> tuple[str, ...]:
    """The licence strings of a set, each once; all of them hold."""
    return tuple(dict.fromkeys(said["licence"] for said in entry["licences"]))


def provenance(cases: Path) -> Figures:
    """Each set of the ledger, its licences read as those of a source card."""
    figures = Figures()
    for entry in provenance_ledger(cases):
        verified, licenses = entry["verdict_most_restrictive"], licenses_of(entry)
        permits = decided(licenses).permits
        figures.sets += 1
        figures.free += verified == FREE
        if verified is None:
            figures.unclassified += [entry["id"]] if permits else []
        elif verified != FREE:
            figures.unsafe += [f"{entry['id']} ({verified}): {', '.join(licenses)}"] if permits else []
        elif permits:
            figures.permitted += 1
        else:
            alone = [license for license in licenses if not decided(license).permits] or [" AND ".join(licenses)]
            figures.refused.update((license, decided(license).reason.slug) for license in alone)
    return figures


def hub_ledger(cases: Path) -> list[dict[str, Any]]:
    """The cards of the Hugging Face hub: tags, the class that follows from them, and the prose on licensing."""
    found: list[dict[str, Any]] = json.loads((cases / FOLDER / "hf-cards-ledger.shared.json").read_text("utf-8"))
    return found


def hub_cards(cases: Path) -> Figures:
    """Each card of the ledger, its tags read as the licences of a source card."""
    figures = Figures()
    for entry in hub_ledger(cases):
        tags = tuple(entry["front_matter_license"])
        came = decided(tags)
        figures.sets += 1
        free = entry["verdict_from_ids"] == "commercial"
        figures.free += free
        if not free:
            figures.unsafe += [f"{entry['dataset']}: {', '.join(tags)}"] if came.permits else []
        elif came.permits:
            figures.permitted += 1
        else:
            figures.refused[", ".join(tags), came.reason.slug] += 1
    return figures


def verified_cards(cases: Path) -> list[tuple[dict[str, Any], tuple[str, ...]]]:
    """The cards whose data set is in both ledgers, each with licences that the Data Provenance Initiative verified."""
    cards = {entry["dataset"]: entry for entry in hub_ledger(cases)}
    on_hub: dict[str, str] = {}
    for path in sorted((cases / FOLDER).glob("data_summaries*/*.json")):
        for entry in json.loads(path.read_text("utf-8")).values():
            url = re.search(r"huggingface\.co/datasets/([\w.-]+)/?(?:[?#].*)?$", entry.get("Hugging Face URL") or "")
            if url:
                on_hub[entry["Unique Dataset Identifier"]] = url[1]
    entries = [(cards.get(on_hub.get(entry["id"], "")), licenses_of(entry)) for entry in provenance_ledger(cases)]
    return [(card, licenses) for card, licenses in entries if card is not None]


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    print(f"Data Provenance ledger: {provenance(folder)}\n\nHugging Face cards: {hub_cards(folder)}")

"""Policies of a store for tests: a basis, signing it, and a signature as somebody with an editor could write it."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rightful import catalog
from rightful.decisions.policy import Policy, UseOptions, sign
from rightful.decisions.signing import digest

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MONTH = timedelta(days=30)
WORDS = catalog.load().vocabulary
ASKED = UseOptions(use=("train.pretrain",))

BASIS = """
[[basis]]
statute = "EU-DSM-4"
acts = ["train.pretrain", "mine.analyse"]
purposes = ["commercial"]
actors = ["for_profit"]
jurisdiction = ["DE", "FR"]
lawful_access = true
obligations = ["delete_on_withdrawal"]
reference = "Assessment 7"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def signed(path: Path, now: datetime = NOON, until: datetime | None = None, by: str = "Ada Moreno, counsel") -> Policy:
    return sign(path, WORDS, by=by, until=until or now + MONTH, now=now)


def by_hand(text: str, on: str, until: str) -> str:
    """A policy with a signature whose digest is right, as somebody with an editor and this file could write it."""
    terms = {"by": "Ada", "on": on, "until": until}
    stamp = digest({**tomllib.loads(text), "signature": terms})
    lines = [f'{key} = "{said}"' for key, said in {**terms, "sha256": stamp}.items()]
    return f"{text}\n[signature]\n" + "\n".join(lines) + "\n"

"""docs/policy.md is true: its examples are policies, and together they show every key."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rightful import catalog
from rightful.decisions.named import all_named
from rightful.decisions.policy import UseOptions, read_policy, sign
from rightful.decisions.policy_reader import BASIS_KEYS, KEYS
from rightful.decisions.signing import GROUND_KEYS, SIGNATURE_KEYS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "policy.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_policy_examples_are_policies_apart_and_together(tmp_path: Path) -> None:
    words = catalog.load().vocabulary
    path = tmp_path / "policy.toml"
    assert len(EXAMPLES) == 5
    for text in (*EXAMPLES, "\n".join(EXAMPLES)):
        path.write_text(text, encoding="utf-8")
        signed = sign(path, words, by="Ada Moreno, general counsel", until=NOW + timedelta(days=1), now=NOW)
        assert read_policy(path, words) == signed
        signed.use(UseOptions(use=("train.pretrain",)), words, NOW)


def test_policy_page_shows_every_key_and_names_every_statute() -> None:
    shown = tomllib.loads("\n".join(EXAMPLES))
    assert set(KEYS) - shown.keys() == {"signature"}
    assert {key for basis in shown["basis"] for key in basis} == set(BASIS_KEYS)
    assert [key for key in (*SIGNATURE_KEYS, *GROUND_KEYS) if f"`{key}`" not in PAGE] == []
    statutes = catalog.load().vocabulary.statutes
    named = {basis["statute"] for basis in shown["basis"]} | set(re.findall(r"`([A-Z]{2}-[0-9A-Z]+(?:-\d+)?)`", PAGE))
    assert named == set(statutes)


def test_policy_page_says_of_a_statute_only_what_the_vocabulary_says() -> None:
    statutes = catalog.load().vocabulary.statutes
    assert {i for i, law in statutes.items() if law.defeated} == {"EU-DSM-4"}
    assert not any(act.startswith("share.") for law in statutes.values() for act in law.acts)


def test_policy_page_names_uses_that_there_are_and_bundles_that_are() -> None:
    words = catalog.load().vocabulary
    names = {named.name for named in all_named(Path("nowhere"), words)}
    asked = set(re.findall(r"(?:--policy|policy show|--from|policy sign) ([a-z][a-z-]+)", PAGE))
    assert asked
    assert asked <= names
    bundles = set(re.findall(r"--accept ([a-z-]+)", PAGE)) - {"all"}
    assert len(bundles) >= 3
    assert bundles <= set(words.bundles)

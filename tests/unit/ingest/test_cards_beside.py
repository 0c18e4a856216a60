"""Cards of others beside texts, in a store: a tag permits nothing, a confirmed card does, and what either takes away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.errors import InputError

README = "---\nlicense: {license}\n---\n# Letters\n"


def corpus(root: Path, card: str = "", license: str = "cc-by-4.0", **files: str) -> Path:
    """A folder with one text, a dataset card and a card of the operator."""
    root.mkdir(parents=True)
    (root / "a.jsonl").write_text(json.dumps({"text": "A letter to a friend by the sea."}) + "\n")
    (root / "README.md").write_text(README.format(license=license))
    (root / "source.toml").write_text(f'name = "letters"\npersonal_data = "no"\n{card}')
    for name, content in files.items():
        (root / name.replace("__", ".")).write_text(content)
    return root


def asked(tmp_path: Path, root: Path, **options: Any) -> tuple[int, set[str]]:
    """How many records of the table are permitted for commercial pretraining, and why the others are not."""
    store = Store(tmp_path / "store")
    store.ingest(root / "a.jsonl", workers=1, **options)
    answer = store.query(use=["train.pretrain"], accept=["all"])
    return answer["permitted"]["records"], {reason["reason"] for reason in answer["excluded"]}


def test_tag_of_the_hub_alone_permits_nothing(tmp_path: Path) -> None:
    assert asked(tmp_path, corpus(tmp_path / "c")) == (0, {"inferred-only"})


def test_confirmed_card_permits_as_it_states(tmp_path: Path) -> None:
    assert asked(tmp_path, corpus(tmp_path / "c", 'confirms = ["README.md"]')) == (1, set())


def test_confirmation_of_a_card_that_was_given_is_of_the_folder_that_is_read(tmp_path: Path) -> None:
    root = corpus(tmp_path / "c")
    card = tmp_path / "apart" / "card.toml"
    card.parent.mkdir()
    card.write_text('name = "letters"\npersonal_data = "no"\nconfirms = ["README.md"]\n')
    assert asked(tmp_path, root, source=card) == (1, set())


def test_tag_that_refuses_refuses_beside_the_operators_card(tmp_path: Path) -> None:
    root = corpus(tmp_path / "c", 'license = "CC-BY-4.0"', "cc-by-nc-4.0")
    assert asked(tmp_path, root) == (0, {"license-denies"})


def test_tag_that_cannot_be_read_blocks_until_the_operator_says_what_it_means(tmp_path: Path) -> None:
    root = corpus(tmp_path / "c", 'license = "CC-BY-4.0"', "other")
    assert asked(tmp_path, root) == (0, {"license-unreadable"})
    (root / "source.toml").write_text((root / "source.toml").read_text() + '\n[licenses]\nother = "CC-BY-4.0"\n')
    assert asked(tmp_path, root) == (1, set())


def test_cards_that_contradict_each_other_both_hold(tmp_path: Path) -> None:
    croissant = json.dumps({"@type": "sc:Dataset", "license": "CC-BY-NC-4.0"})
    root = corpus(tmp_path / "c", 'confirms = ["README.md", "croissant.json"]', croissant__json=croissant)
    assert asked(tmp_path, root) == (0, {"license-denies"})
    store = Store(tmp_path / "store")
    record = store.sql("select record_id from records")[0]["record_id"]
    evidence = store.explain(record, use=["train.pretrain"])["evidence"]
    listed = {(e["expression"], e["detector"], e["place"]) for e in evidence if e["kind"] == "grant"}
    assert listed == {
        ("CC-BY-4.0", "dataset-card/2", "c/README.md (license)"),
        ("CC-BY-NC-4.0", "croissant/1", "c/croissant.json (license)"),
    }


def test_explain_says_how_a_card_is_confirmed(tmp_path: Path) -> None:
    asked(tmp_path, corpus(tmp_path / "c"))
    store = Store(tmp_path / "store")
    record = store.sql("select record_id from records")[0]["record_id"]
    steps = store.explain(record, use=["train.pretrain"])["next"]
    assert steps[0]["line"] == 'confirms = ["README.md"]'
    assert steps[0]["file"] == str(tmp_path / "c" / "source.toml")


def test_card_that_confirms_what_is_not_there_is_an_error_and_changes_nothing(tmp_path: Path) -> None:
    root = corpus(tmp_path / "c", 'confirms = ["READ.md"]')
    store = Store(tmp_path / "store")
    with pytest.raises(InputError, match=r"it confirms 'READ\.md', and there is no such file") as caught:
        store.ingest(root, workers=1)
    assert str(caught.value.subject) == f"{root / 'source.toml'}, key confirms"
    assert not (tmp_path / "store").exists()


def test_confirmation_ends_with_the_line(tmp_path: Path) -> None:
    root = corpus(tmp_path / "c", 'confirms = ["README.md"]')
    assert asked(tmp_path, root) == (1, set())
    (root / "source.toml").write_text('name = "letters"\npersonal_data = "no"\n')
    assert asked(tmp_path, root) == (0, {"inferred-only"})


def test_confirmation_reaches_the_folder_of_its_card_alone(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    (top / "README.md").write_text(README.format(license="cc-by-4.0"))
    root = corpus(top / "c", 'confirms = ["README.md"]')
    (root / "README.md").write_text("# No front matter\n")
    store = Store(tmp_path / "store")
    store.ingest(top, workers=1)
    answer = store.query(use=["train.pretrain"], accept=["all"])
    assert answer["permitted"]["records"] == 0

"""What texts say of themselves, from the ingest to the list of what waits and to what settles it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.errors import UnknownName

CARD = 'name = "letters"\nlicense = "CC0-1.0"\npersonal_data = "no"\n'
TEXTS = {
    "one.txt": "The tide.\n\nNot for redistribution.\n",
    "two.txt": "The mole at noon.\n\n(c) 2020 Jane Reed. All rights reserved.\n",
    "three.txt": "The mole by night, and the harbour.\n\n(c) 2021 John Reed. All rights reserved.\n",
    "four.txt": "(c) 2020 Jane Reed. No AI training.\n\nThe eel.\n",
    "five.c": "// Licensed under the Harbour Public Licence.\nint tide;\n",
    "six.txt": "She said that all rights were reserved by the sea.\n",
}
SET_ASIDE = '\n[not_notices]\nall-rights-reserved = "the footer of the template"\n'


@pytest.fixture
def letters(tmp_path: Path) -> tuple[Store, Path]:
    folder = tmp_path / "letters"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "source.toml").write_text(CARD, "utf-8")
    store = Store(tmp_path / "store")
    return store, folder


def listed(store: Store) -> list[tuple[str, str, int, str]]:
    answer = store.review.list("train.pretrain", kind="notices")
    return [(n["what"], n["phrase"], n["records"], n["settles"]) for n in answer["notices"]]


def decision(store: Store, record: str) -> tuple[str, list[str]]:
    answer: Any = store.explain(record, use="train.pretrain")
    return answer["decision"], [r["reason"] for r in answer["reasons"]]


def test_notices_are_listed_by_phrase_and_source_and_counted_once_by_an_ingest(letters: tuple[Store, Path]) -> None:
    store, folder = letters
    answer = store.ingest(folder)
    spoken = {s["column"]: (s["rows"], s["file"], s["source"]) for s in answer["statements"]}
    assert spoken == {
        "the text itself (notice: all-rights-reserved)": (2, "", "letters"),
        "the text itself (notice: no-distribution)": (1, "", "letters"),
        "the text itself (licence header)": (1, "", "letters"),
    }
    assert listed(store) == [
        ("notice", "all-rights-reserved", 2, "[not_notices] all-rights-reserved"),
        ("header", "", 1, ""),
        ("notice", "no-distribution", 1, "[not_notices] no-distribution"),
        ("reservation", "", 1, ""),
    ]
    assert decision(store, "two.txt") == ("unknown", ["notice"])
    assert decision(store, "five.c") == ("unknown", ["license-unreadable"])
    assert decision(store, "four.txt") == ("deny", ["reserved"])
    assert decision(store, "six.txt") == ("permit", ["license"])


def test_list_of_copies_leaves_notices_out_and_an_unknown_kind_is_an_error(letters: tuple[Store, Path]) -> None:
    store, folder = letters
    store.ingest(folder)
    assert store.review.list("train.pretrain", kind="copies")["notices"] == []
    assert len(store.review.list("train.pretrain", limit=2)["notices"]) == 2
    with pytest.raises(UnknownName, match="kind"):
        store.review.list("train.pretrain", kind="notice")


def test_phrase_that_the_card_sets_aside_waits_no_more_and_is_shown(letters: tuple[Store, Path]) -> None:
    store, folder = letters
    store.ingest(folder)
    (folder / "source.toml").write_text(CARD + SET_ASIDE, "utf-8")
    store.ingest(folder)
    assert decision(store, "two.txt") == ("permit", ["license"])
    assert decision(store, "one.txt") == ("unknown", ["notice"])
    assert decision(store, "four.txt") == ("deny", ["reserved"])
    shown: Any = store.explain("two.txt", use="train.pretrain")
    assert shown["not_rights"] == [
        {"column": "the text itself (notice: all-rights-reserved)", "reason": "the footer of the template"}
    ]


def test_notice_that_a_later_version_of_a_text_has_no_more_goes_on_binding_until_it_is_set_aside(
    letters: tuple[Store, Path],
) -> None:
    store, folder = letters
    store.ingest(folder)
    (folder / "two.txt").write_text("The mole at noon, without its last line.\n", "utf-8")
    store.ingest(folder)
    assert decision(store, "two.txt") == ("unknown", ["earlier-statement"])
    (folder / "source.toml").write_text(CARD + SET_ASIDE, "utf-8")
    store.ingest(folder)
    assert decision(store, "two.txt") == ("permit", ["license"])

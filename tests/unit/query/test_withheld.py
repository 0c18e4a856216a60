"""``sql`` is for looking inside, and what was withdrawn is not for looking at: by no name, version, copy or file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rightful.errors import InputError
from tests.unit.shelf import Shelf


def row(id: str, text: str, host: str = "here.example", **more: Any) -> dict[str, Any]:
    return {"id": id, "url": f"https://{host}/{id}", "text": text, **more}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """The text of mira, a copy elsewhere, an older version of it, and what others wrote."""
    shelf = Shelf(tmp_path)
    shelf.put("old", row("m", "mira wrote this first", "mira.example"), row("x", "x is of somebody else"))
    shelf.put("old", row("m", "mira wrote this later", "mira.example"), row("x", "x is of somebody else"))
    shelf.put("mirror", row("c", "mira wrote this later", "mirror.example"), row("y", "y is of somebody else"))
    return shelf


def texts(shelf: Shelf, **options: Any) -> set[str]:
    return {r["text"] for r in shelf.store.sql("SELECT text FROM texts", **options)}


OTHERS = {"x is of somebody else", "y is of somebody else"}


def every_file(shelf: Shelf) -> list[str]:
    return [str(p.absolute()) for p in sorted((shelf.root / "store" / "texts").iterdir())]


def names(shelf: Shelf) -> list[str]:
    """Every way to say ``FROM`` something that may have texts."""
    listed = shelf.store.sql(
        "SELECT DISTINCT table_name AS n FROM information_schema.tables WHERE table_name <> 'texts' OR true ORDER BY 1"
    )
    files = every_file(shelf)
    return [*(f'"{r["n"]}"' for r in listed), *(f"read_parquet('{f}')" for f in files), *(f"'{f}'" for f in files)]


def test_text_of_a_withdrawn_record_is_not_shown_nor_its_copies_nor_its_versions(shelf: Shelf) -> None:
    assert "mira wrote this later" in texts(shelf)
    shelf.withdraw("domain", "mira.example")
    assert texts(shelf) == OTHERS
    for snapshot in (1, 2, 3):
        assert not any("mira" in t for t in texts(shelf, snapshot=snapshot)), snapshot


def test_no_name_and_no_file_shows_a_withdrawn_text(shelf: Shelf) -> None:
    shelf.withdraw("domain", "mira.example")
    shown = 0
    for name in names(shelf):
        for query in (f"SELECT t.* FROM {name} t /* texts */", f"SELECT t.*::VARCHAR FROM {name} t /* texts */"):
            try:
                found = shelf.store.sql(query)
            except InputError:
                continue
            shown += 1
            assert not any("mira wrote" in str(r) for r in found), query
    assert shown > 5


@pytest.mark.parametrize("selector", ["record", "content-sha256", "url", "source"])
def test_withdrawal_by_any_selector_withholds_the_text(selector: str, shelf: Shelf) -> None:
    found = shelf.store.sql(
        "SELECT record_id, content_sha256 AS digest, url FROM records WHERE source_record_id = 'm'"
    )[0]
    value = {"record": found["record_id"], "content-sha256": found["digest"], "url": found["url"], "source": "old"}
    shelf.withdraw(selector, value[selector])
    assert not any("mira" in t for t in texts(shelf))
    assert not any("mira" in t for t in texts(shelf, snapshot=3))


@pytest.mark.parametrize("limits", [{"acts": ("train",)}, {"purposes": ("commercial",)}, {"applications": ("speech",)}])
def test_withdrawal_that_names_a_use_leaves_the_text_to_be_looked_at(limits: dict[str, Any], shelf: Shelf) -> None:
    shelf.withdraw("domain", "mira.example", **limits)
    assert "mira wrote this later" in texts(shelf)


def test_consent_that_lifts_the_withdrawal_shows_the_text_again(shelf: Shelf) -> None:
    from rightful.events.consents import Request

    shelf.withdraw("domain", "mira.example")
    shelf.store.consent.record(
        [Request(kind="grant", selector="domain", value="mira.example", acts=("train",), purposes=("commercial",))]
    )
    assert "mira wrote this later" in texts(shelf)


def test_tags_of_a_withdrawn_record_stay_to_be_seen(shelf: Shelf) -> None:
    """Who withdrew, and what it was, must be found; a tag is no text."""
    shelf.withdraw("domain", "mira.example")
    assert shelf.store.sql("SELECT count(*) AS n FROM records WHERE host = 'mira.example'") == [{"n": 1}]


def test_query_that_does_not_name_texts_may_read_none(shelf: Shelf) -> None:
    escaped = 'SELECT * FROM U&"t\\0065xts"'
    with pytest.raises(InputError):
        shelf.store.sql(escaped)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("SELECT 1 AS a, 2 AS a", [{"a": 1, "a_2": 2}]),
        ("SELECT 1 AS a, 2 AS a, 3 AS a_2", [{"a": 1, "a_3": 2, "a_2": 3}]),
        ("SELECT 1 AS a, 2 AS a, 3 AS a, 4 AS a", [{"a": 1, "a_2": 2, "a_3": 3, "a_4": 4}]),
        ("SELECT TIMESTAMPTZ '2026-01-01 00:00:00+00' AS t, 2 AS t", [{"t": "2026-01-01T00:00:00+00:00", "t_2": 2}]),
        ("SELECT * FROM (SELECT 1 AS a) x JOIN (SELECT 1 AS a) y ON x.a = y.a", [{"a": 1, "a_2": 1}]),
    ],
)
def test_two_columns_of_one_name_are_two(query: str, wanted: list[dict[str, Any]], shelf: Shelf) -> None:
    assert shelf.store.sql(query) == wanted


def test_query_that_takes_too_long_is_ended_and_so_is_an_answer_that_is_too_large(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match=r"took longer than 0\.5 seconds") as caught:
        shelf.store.sql("SELECT count(*) FROM range(100000000) a, range(100000) b", max_seconds=0.5)
    assert caught.value.exit_code == 2
    monkeypatch.setattr("rightful.query.sql.MAX_ANSWER_BYTES", 1 << 20)
    with pytest.raises(InputError, match="the answer is larger than 1 MiB") as caught:
        shelf.store.sql("SELECT repeat('x', 1000) AS t FROM range(5000)")
    assert "LIMIT" in str(caught.value.hint)

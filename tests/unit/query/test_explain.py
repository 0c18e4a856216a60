"""What is told of one record: its own events, its own dates, and what could help first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.cli.pages.explain import explain_lines
from rightful.events.consents import Request
from tests.unit.shelf import Shelf, wording

HOSTS = ("a.example.org", "b.example.org", "www.c.example.org")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def page(host: str, name: str, **more: object) -> dict[str, object]:
    return {"id": name, "url": f"https://{host}/{name}", "text": wording(name), **more}


def told(shelf: Shelf, name: str) -> tuple[list[dict[str, object]], str]:
    """The events of a record as data, and the whole answer as somebody reads it in either form."""
    answer = shelf.store.explain(name, "train.pretrain")
    return answer["events"], json.dumps(answer.as_json()) + "\n".join(explain_lines(answer))


def test_explain_tells_nothing_of_the_events_of_others(shelf: Shelf) -> None:
    """Withdrawals that came at one moment say the same and are decided as one."""
    shelf.put("web", *(page(host, f"p{n}") for n, host in enumerate(HOSTS)))
    asked = [("url", f"https://{host}/p{n}", f"asked by person {n}") for n, host in enumerate(HOSTS)]
    shelf.store.consent.record([Request(kind="withdraw", selector=s, value=v, reason=r) for s, v, r in asked])
    for n in range(len(HOSTS)):
        events, whole = told(shelf, f"p{n}")
        assert [e["reason"] for e in events] == [f"asked by person {n}"]
        for other in {0, 1, 2} - {n}:
            assert f"person {other}" not in whole
            assert HOSTS[other] not in whole


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["url", "domain", "content-sha256"])), max_size=8))
@settings(max_examples=5, deadline=None)
def test_explain_tells_the_events_that_reach_the_record_and_no_others(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[int, str]]
) -> None:
    """Records 0 to 3 stand alone; 4 and 5 have one text."""
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    texts = [wording(f"p{min(n, 4)}") for n in range(6)]
    shelf.put("web", *({"id": f"p{n}", "url": f"https://h{n}.example.org/p", "text": t} for n, t in enumerate(texts)))
    rows = shelf.store.sql("SELECT source_record_id AS name, content_sha256 AS digest FROM records")
    digests = {row["name"]: row["digest"] for row in rows}

    def request(of: int, by: str) -> Request:
        values = {
            "url": f"https://h{of}.example.org/p",
            "domain": f"h{of}.example.org",
            "content-sha256": digests[f"p{of}"],
        }
        return Request(kind="withdraw", selector=by, value=values[by], reason=f"{of}")

    if asked:
        shelf.store.consent.record([request(of, by) for of, by in asked])
    for n in range(6):
        answer = shelf.store.explain(f"p{n}", "train.pretrain")
        events = answer["events"]
        copies = {4, 5} if n >= 4 else {n}
        meant = [(of, by) for of, by in asked if of in copies]
        assert answer["event_count"] == len(meant)
        assert len(events) == min(len(meant), 5)
        for event in events:
            own = int(str(event["reason"])) == n or event["selector"] == "content-sha256"
            assert event["through"] == ("itself" if own else "copy")
            assert event["through_copy"] is not own


def test_explain_tells_five_events_and_how_many_more(shelf: Shelf) -> None:
    shelf.put("web", page(HOSTS[0], "p"))
    for n in range(8):
        shelf.store.consent.record([Request(kind="withdraw", selector="domain", value=HOSTS[0], reason=f"reason {n}")])
    answer = shelf.store.explain("p", "train.pretrain")
    assert [e["reason"] for e in answer["events"]] == [f"reason {n}" for n in (7, 6, 5, 4, 3)]
    assert answer["event_count"] == 8
    assert "  and 3 more events that reach it" in explain_lines(answer)


def test_explain_says_that_an_event_came_by_another_address(shelf: Shelf) -> None:
    shelf.put("web", page(HOSTS[2], "p"))
    shelf.withdraw("url", "https://c.example.org:8080/p")
    consent = Request(
        kind="grant", selector="url", value="https://c.example.org/p", acts=("train",), purposes=("commercial",)
    )
    shelf.store.consent.record([consent])
    events, whole = told(shelf, "p")
    assert [(e["kind"], e["through"]) for e in events] == [("withdrawal", "address"), ("grant", "address")]
    assert "spelled in another way" in whole
    assert shelf.store.explain("p", "train.pretrain", accept="all")["decision"] == "permit", "the receipt lifts it"


def test_explain_dates_a_record_by_its_first_coming_in(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put("web", page(HOSTS[0], "p"))
    first = shelf.store.explain("p", "train.pretrain")["recorded_at"]
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('stages = ["language"]\n', encoding="utf-8")
    shelf.store.tag(recipe=recipe)
    tagged = shelf.store.explain("p", "train.pretrain")
    assert (tagged["recorded_at"], tagged["updated_at"]) == (first, first), "tagged again, not taken in again"
    shelf.put("web", page(HOSTS[0], "p", title="of another title"))
    read_again = shelf.store.explain("p", "train.pretrain")
    assert read_again["recorded_at"] == first < read_again["updated_at"]
    assert f"TAKEN IN  {first}" in explain_lines(read_again)

"""``signal check``: one capture, or a list of cases, of any kind."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.cli.app import cli, run
from rightful.errors import InputError, UnknownName
from rightful.signals.web.kinds import KINDS

ROBOTS = b"User-agent: GPTBot\nDisallow: /private/\n\nUser-agent: *\nContent-Signal: ai-train=no\nAllow: /\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "nowhere")


def acts(answer: Any) -> dict[str, str]:
    return {one["act"]: one["status"] for one in answer["statements"]}


def test_robots_with_an_agent_says_whether_it_is_let_in(store: Store, tmp_path: Path) -> None:
    answer = store.signal.check(ROBOTS, kind="robots", url="https://example.org/private/a", agent="GPTBot")
    assert answer["allowed"] is False
    assert acts(answer)["train"] == "reserve"
    assert store.signal.check(ROBOTS, kind="robots", url="/a", agent="GPTBot")["allowed"] is True
    assert "allowed" not in store.signal.check(ROBOTS, kind="robots").as_json()
    assert not (tmp_path / "nowhere").exists()


def test_act_is_stated_once_and_the_strictest_counts(store: Store) -> None:
    answer = store.signal.check(b"Content-Signal: ai-train=yes, ai-train=no", kind="content-signal")
    assert acts(answer) == {"train": "reserve", "synth.derive": "reserve"}
    assert len(answer["statements"]) == 2


@pytest.mark.parametrize(
    "raw",
    [
        b"train-ai=n",
        b"Content-Usage: train-ai=n",
        b"\xef\xbb\xbfcontent-usage: search=y\r\nContent-Usage: train-ai=n\r\n",
        b"Content-Usage: train-ai=n\nContent-Usage: train-ai=y\n",
        b"HTTP/1.1 200 OK\r\nContent-Usage:\r\n train-ai=n\r\n\r\n",
        b"User-agent: A\rContent-Usage: train-ai=n  # all of it\rUser-agent: B\rContent-Usage: train-ai=y\r",
        b"  User-agent: *\n  Content-Usage: train-ai=n\n  Allow: /\n",
    ],
)
def test_aipref_is_read_as_a_value_and_as_lines_of_a_header(store: Store, raw: bytes) -> None:
    assert acts(store.signal.check(raw, kind="aipref"))["train"] == "reserve"


def test_day_chooses_the_readings_of_a_label(store: Store) -> None:
    """A label that has had several readings reserves all of them where the day is not known."""
    every = set(acts(store.signal.check(b"train-ai=n", kind="aipref")))
    on_a_day = store.signal.check(b"train-ai=n", kind="aipref", on="2026-11-01")
    assert on_a_day["on"] == "2026-11-01"
    assert set(acts(on_a_day)) <= every


RSL = b"""<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>
    <prohibits type="usage">ai-train</prohibits></license></content></rsl>"""


@pytest.mark.parametrize(
    ("kind", "raw", "act"),
    [
        ("robots", b"User-agent: *\nContent-Usage: train-ai=n\n", "train"),
        ("aipref", b"User-agent: *\nContent-Usage: /a train-ai=n\nContent-Usage: /b search=n\n", "train"),
        ("tdmrep", b'[{"location": "/", "tdm-reservation": 1}]', "mine.analyse"),
        ("rsl", RSL, "train"),
        ("content-signal", b"User-agent: *\r\ncontent-signal: search=yes, ai-input=no\r\n", "infer.ground"),
        ("html", b'<html><head><meta name="tdm-reservation" content="1"></head></html>', "mine.analyse"),
        ("headers", b"HTTP/1.1 200 OK\r\nX-Robots-Tag: noai\r\n\r\n", "train"),
        ("cawg", b'{"entries": {"cawg.ai_training": {"use": "notAllowed"}}}', "train.embed"),
        ("plus", b"plus:DMI-PROHIBITED-AIMLTRAINING", "train"),
        ("iptc", b'[{"XMP-plus:DataMining": "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"}]', "mine.analyse"),
    ],
)
def test_every_kind_is_read_and_what_is_no_signal_at_all_never_raises(
    store: Store, kind: str, raw: bytes, act: str
) -> None:
    assert acts(store.signal.check(raw, kind=kind, url="https://example.org/a")).get(act) == "reserve"
    for nothing in (b"", b"\0" * 99, b"\xff\xfe", b"<" * 9_999, b"[" * 99_999, "\ufeff\u00e4".encode("utf-16")):
        assert "reserve" not in acts(store.signal.check(nothing, kind=kind)).values()


def test_kinds_are_those_of_the_blueprint() -> None:
    assert set(KINDS) == set("robots aipref tdmrep rsl content-signal html headers cawg plus iptc".split())


def test_page_without_the_library_that_reads_it_says_what_to_install(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "resiliparse"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "resiliparse", None)
    monkeypatch.setitem(sys.modules, "resiliparse.parse", None)
    monkeypatch.setitem(sys.modules, "resiliparse.parse.html", None)
    with pytest.raises(InputError) as error:
        store.signal.check(b'<html><a rel="license" href="https://creativecommons.org/licenses/by/4.0/">', kind="html")
    assert "rightful[web]" in str(error.value)


def test_cases_are_answered_in_their_order(store: Store, tmp_path: Path) -> None:
    cases = tmp_path / "cases.json"
    text = "User-agent: a\nDisallow: /\n"
    listed = [
        {"text": text, "url": "/x", "agent": "b", "more": 1},
        {"text": text, "url": "/x", "agent": "a"},
        {"text": ""},
    ]
    cases.write_text(json.dumps(listed), "utf-8")
    rows = store.signal.check(kind="robots", cases=cases)
    assert [row.get("allowed") for row in rows] == [True, False, None]
    assert rows[2]["result"] == "absent"


@pytest.mark.parametrize(
    ("cases", "says"),
    [
        ("{", "is not JSON"),
        ('{"text": "a"}', "is not a list"),
        ('[{"text": ""}, 7]', "case 2: expected an object, not int"),
        ('[{"url": "a"}]', "case 1: has no 'text'"),
        ('[{"text": null}]', "case 1: 'text' is a text"),
        ('[{"text": "a", "url": 3}]', "case 1: 'url' is a text"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_case_that_is_none_is_named(store: Store, tmp_path: Path, cases: str, says: str) -> None:
    path = tmp_path / "cases.json"
    path.write_text(cases, "utf-8")
    with pytest.raises(InputError, match=says):
        store.signal.check(kind="robots", cases=path)


def test_what_cannot_be_read_is_an_error_that_names_it(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="robotz") as error:
        store.signal.check(b"", kind="robotz")
    assert "robots" in str(error.value.hint)
    with pytest.raises(InputError, match=r"none\.txt: there is no such file"):
        store.signal.check(tmp_path / "none.txt", kind="robots")
    with pytest.raises(InputError, match="is a folder"):
        store.signal.check(tmp_path, kind="robots")
    with pytest.raises(InputError, match="--on"):
        store.signal.check(b"", kind="robots", on="yesterday")
    with pytest.raises(InputError, match="name one of"):
        store.signal.check(kind="robots")
    with pytest.raises(InputError, match="name one of"):
        store.signal.check(b"", kind="robots", cases="cases.json")


def test_capture_of_more_than_64_mebibytes_is_refused(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "robots.txt"
    with path.open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(InputError, match="is larger than 64 MiB"):
        store.signal.check(path, kind="robots")


def test_command_reads_a_file_and_stdin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "robots.txt"
    path.write_bytes(ROBOTS)
    assert (
        run(cli, ["signal", "check", str(path), "--kind", "robots", "--url", "/private/", "--agent", "GPTBot"], False)
        == 0
    )
    page = capsys.readouterr().out
    assert "robots: states something of /private/" in page
    assert "GPTBot may not fetch it" in page
    assert "reserved" in page

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"train-ai=n")))
    assert run(cli, ["--json", "signal", "check", "-", "--kind", "aipref"], True) == 0
    assert acts(json.loads(capsys.readouterr().out))["train"] == "reserve"

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'[{"text": "train-ai=n"}, {"text": ""}]')))
    assert run(cli, ["signal", "check", "--cases", "-", "--kind", "aipref"], False) == 0
    assert [row["result"] for row in json.loads(capsys.readouterr().out)] == ["found", "absent"]

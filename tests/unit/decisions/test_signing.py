"""Files that are signed: what is read as one, and what a signature may say."""

from __future__ import annotations

import os
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rightful.decisions.policy import read_policy
from rightful.decisions.signing import MOST_BYTES, Document, digest, read_signable
from rightful.errors import InputError
from tests.unit.policies import WORDS

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PAPER = Document("paper.toml", "the paper", "sign it: sign paper")


def test_pipe_in_the_place_of_a_policy_is_an_error_and_nobody_waits(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    os.mkfifo(path)
    with pytest.raises(InputError, match="a pipe, a device or a socket") as caught:
        read_policy(path, WORDS)
    assert caught.value.subject == str(path)


def test_link_to_a_pipe_or_a_folder_or_nothing_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for target, message in (
        ("pipe", "a pipe"),
        ("folder", "a folder"),
        ("nothing", "no such file"),
        ("self", "cannot"),
    ):
        link = tmp_path / ("self" if target == "self" else f"to-{target}")
        link.symlink_to(tmp_path / target)
        with pytest.raises(InputError, match=message):
            read_policy(link, WORDS)


def test_file_that_is_huge_is_an_error_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(InputError, match="at most 4 MiB"):
        read_policy(path, WORDS)
    with path.open("wb") as file:
        file.truncate(MOST_BYTES)
    assert len(read_signable(path)) == MOST_BYTES


def test_signature_says_on_which_ground_and_for_what_and_covers_both() -> None:
    text = PAPER.signed(
        b'key = "value"\n', by=" Ada ", until=NOON + timedelta(days=1), now=NOON, ground="Memo 7", purpose="the crawl"
    )
    data = tomllib.loads(text.decode())
    signature = PAPER.signature(data)
    assert signature is not None
    assert (signature.by, signature.ground, signature.purpose, signature.on) == ("Ada", "Memo 7", "the crawl", NOON)
    data["signature"]["ground"] = "Memo 8"
    with pytest.raises(InputError, match="the paper was changed after Ada signed it"):
        PAPER.signature(data)


def test_signature_without_a_ground_has_the_digest_that_it_always_had() -> None:
    terms = {"by": "Ada", "on": "2026-11-21T12:00:00+00:00", "until": "2026-12-21"}
    assert digest({"accept": ["notice"], "signature": terms}) == (
        "027665309beb43ee28cb744a3cbc1ee78a6627961624c389cd78bdaa3092d53b"
    )
    assert b"ground" not in PAPER.signed(b"", by="Ada", until=NOON + timedelta(days=1), now=NOON)


@pytest.mark.parametrize("written", ["", "  ", "two\nlines", "bell\a"])
def test_signature_is_given_in_one_line_that_shows(written: str) -> None:
    with pytest.raises(InputError, match="printable characters"):
        PAPER.signed(b"", by=written, until=NOON + timedelta(days=1), now=NOON)
    if written.strip():
        with pytest.raises(InputError, match="ground is written in printable characters"):
            PAPER.signed(b"", by="Ada", until=NOON + timedelta(days=1), now=NOON, ground=written)

"""What a crawl brings of its pages and hosts lands with its records: all of it, once, in the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from rightful.ingest.staged import CAPTURE_KINDS, finished
from tests.crash import faults, verbs
from tests.crash.corpus import parts
from tests.crawls import NOAI, Crawl

HOST = "https://a.example"
Whole = tuple[faults.Ended, dict[str, list[tuple[str, str, int]]]]
RULES = "User-agent: GPTBot\nDisallow: /private/\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three archives: pages, the hosts of pages of the others, and both, some of them a second time."""
    folder = tmp_path_factory.mktemp("crawl")
    pages, hosts, both = Crawl(), Crawl(), Crawl()
    for n in range(6):
        pages.page(f"{HOST}/private/{n}", NOAI if n == 3 else "")
        both.page(f"{HOST}/private/{n + 3}", NOAI if n == 0 else "")
    hosts.host(HOST, robots=RULES)
    hosts.host("https://b.example")
    both.host(HOST, robots=RULES)
    for name, crawl in (("1-pages", pages), ("2-hosts", hosts), ("3-both", both)):
        crawl.write(folder / f"{name}.warc.gz")
    (folder / "source.toml").write_text('name = "crawl"\npersonal_data = "no"\n')
    return folder


@pytest.fixture(scope="module")
def whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A run that is not killed, and the parts that it makes."""
    store = tmp_path_factory.mktemp("whole") / "store"
    ended = faults.run(verbs.ingest, store, folder)
    return ended, parts(store)


def test_more_workers_make_the_same_rows_of_captures(folder: Path, whole: Whole, tmp_path: Path) -> None:
    verbs.ingest(tmp_path / "store", folder, 2)
    assert parts(tmp_path / "store") == whole[1]
    [(_, _, rows)] = whole[1]["observations"]
    # Nine addresses twice, of which each has a row of its own for robots.txt, and two files of two hosts.
    assert rows == 9 * 2 + 9 + 4


def test_killed_run_is_taken_up_with_what_it_staged_of_captures(folder: Path, whole: Whole, tmp_path: Path) -> None:
    ended, wanted = whole
    kinds = (*(f".{kind}." for kind in CAPTURE_KINDS), "/.new-", " observations/")
    moments = {next((n for n, moment in enumerate(ended.moments) if kind in moment), None) for kind in kinds}
    for n in sorted(n for n in moments if n is not None):
        store = tmp_path / str(n)
        assert faults.run(verbs.ingest, store, folder, kill_at=n).exitcode == faults.KILLED
        verbs.ingest(store, folder)
        assert parts(store) == wanted
    assert None not in moments


@pytest.mark.parametrize("kind", CAPTURE_KINDS)
def test_staged_captures_with_a_flipped_bit_are_made_again(
    folder: Path, whole: Whole, tmp_path: Path, kind: str
) -> None:
    ended, wanted = whole
    landing = next(n for n, moment in enumerate(ended.moments) if "/.new-" in moment)
    store = tmp_path / "store"
    assert faults.run(verbs.ingest, store, folder, kill_at=landing).exitcode == faults.KILLED
    [file, *_] = sorted((store / "staging").glob(f"*/0*.{kind}.parquet"))
    changed = bytearray(file.read_bytes())
    changed[len(changed) // 2] ^= 4
    file.write_bytes(changed)
    assert finished(file.with_name(f"{file.name.partition('.')[0]}.json")) is None
    verbs.ingest(store, folder)
    assert parts(store) == wanted

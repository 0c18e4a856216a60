"""The installed command, asked for JSON; small corpora; the sample data ingested once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.corpus import GOOD

Ask = Callable[..., Any]
"""``ask("query", "--use", ..., code=0, store=...)``: the JSON answer, after the exit code was checked."""


@pytest.fixture
def ask(rightful: Callable[..., Any]) -> Ask:
    def run(*arguments: str | Path, code: int = 0, store: Path | None = None, **keywords: Any) -> Any:
        where = ["--store", str(store)] if store else []
        outcome = rightful("--json", *where, *map(str, arguments), **keywords)
        assert outcome.returncode == code, f"exit {outcome.returncode}, not {code}\n{outcome.stdout}{outcome.stderr}"
        return outcome.json()

    return run


@pytest.fixture
def ingest(ask: Ask) -> Ask:
    """Ingest with one worker; whatever happens, the counts add up and damage is told by the exit code."""

    def run(*paths: str | Path, code: int = 0, **keywords: Any) -> Any:
        answer = ask("ingest", *paths, "--workers", "1", code=code, **keywords)
        kinds = ("added", "unchanged", "refused", "rejected")
        assert answer["read"] == sum(answer[kind] for kind in kinds)
        assert answer["rejected"] == len(answer["errors"])
        assert bool(answer["errors"] or answer["nothing_read"]) == (code == 4)
        assert all(e["file"] and e["reason"] for e in answer["errors"])
        return answer

    return run


@pytest.fixture
def refuse(rightful: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """A command that must fail: its error, with the same words for people on stderr and no traceback."""

    def run(*arguments: str | Path, code: int = 2, store: Path | None = None, **keywords: Any) -> dict[str, Any]:
        where = ["--store", str(store)] if store else []
        outcome = rightful("--json", *where, *map(str, arguments), **keywords)
        assert outcome.returncode == code, f"exit {outcome.returncode}, not {code}\n{outcome.stdout}{outcome.stderr}"
        assert "Traceback" not in outcome.stderr
        assert outcome.stderr.strip()
        error: dict[str, Any] = outcome.json()["error"]
        assert error["exit_code"] == code
        return error

    return run


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is made once in a test run, by whoever needs it first."""
    return {"folder": tmp_path_factory.mktemp("shelf")}


@pytest.fixture
def good(shelf: dict[str, Any], ask: Ask) -> Path:
    """A store that holds the sample data. Read it only: it is shared."""
    if "good" not in shelf:
        store = shelf["folder"] / "store"
        shelf["ingest"] = ask("ingest", GOOD, "--workers", "1", store=store)
        shelf["good"] = store
    found: Path = shelf["good"]
    return found


@pytest.fixture
def good_copy(good: Path, tmp_path: Path) -> Path:
    """A store of one's own that holds the sample data."""
    copied: Path = shutil.copytree(good, tmp_path / "rightful-store")
    return copied


@pytest.fixture
def records(shelf: dict[str, Any], good: Path, ask: Ask) -> dict[str, dict[str, Any]]:
    """What the store says of every record of the sample data, by id, read through ``sql``."""
    if "records" not in shelf:
        columns = (
            "record_id, source_id, source_record_id, file, url, license_concluded, n_chars, hex(norm_sha256) AS norm"
        )
        shelf["records"] = ask("sql", f"SELECT {columns} FROM records", store=good)
    return {row["record_id"]: row for row in shelf["records"]}

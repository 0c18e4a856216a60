"""Streams that are closed, full or not a terminal: an exit code and one line, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RIGHTFUL = [sys.executable, "-c", "from rightful.cli import main; main()"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streams")
    (folder / "source.toml").write_text('name = "tide"\nlicense = "CC0-1.0"\n')
    (folder / "a.txt").write_text("High water at the mole at six in the morning.")
    subprocess.run([*RIGHTFUL, "--store", folder / "store", "ingest", folder], check=True, capture_output=True)
    return folder / "store"


def shell(store: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A line of a shell in which ``rightful`` is the command with this store."""
    program = f'rightful() {{ "{sys.executable}" -c "from rightful.cli import main; main()" --store "{store}" "$@"; }}'
    return subprocess.run(
        ["bash", "-c", f"{program}; {line}"], cwd=store.parent, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("rightful store status <&-", 0),
        ("rightful similar - <&-", 0),
        ("rightful license check - --use share <&-", 0),
        ("rightful export out-1 --use train.pretrain --accept all --tokenizer bytes <&-", 0),
        ("rightful init . --drafts drafts <&-", 0),
        ("rightful ingest . 2>&-", 0),
        ("rightful ingest . >&- 2>&-", 0),
        ("rightful query --use train.pretrian >&- 2>&-", 2),
        ("rightful query --use train.pretrian --json >&-", 2),
    ],
)
def test_stream_that_is_closed_changes_no_exit_code_and_shows_no_traceback(store: Path, line: str, code: int) -> None:
    done = shell(store, line)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "internal failure" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")  # noqa: PTH110
@pytest.mark.parametrize(
    "line", ["rightful query --use train.pretrain --json", "rightful store status", "rightful --help"]
)
def test_output_that_cannot_be_written_is_one_error(store: Path, line: str) -> None:
    done = shell(store, f"{line} > /dev/full")
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: No space left on device\n  hint: ")
    assert "Traceback" not in done.stderr

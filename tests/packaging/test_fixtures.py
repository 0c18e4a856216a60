"""The tests' own tools: what they compare, and what they run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rightful import __version__


def test_command_installed_says_its_version(rightful: Callable[..., Any]) -> None:
    done = rightful("--version")
    assert done.returncode == 0, done.stderr
    assert __version__ in done.stdout


def test_golden_file_that_differs_names_the_command_that_rewrites_it(
    golden: Callable[[Path, str], None], tmp_path: Path
) -> None:
    expected = tmp_path / "case.txt"
    expected.write_text("permit\n", encoding="utf-8")
    golden(expected, "permit\n")
    with pytest.raises(AssertionError, match="make golden"):
        golden(expected, "deny\n")
    with pytest.raises(AssertionError, match="is missing"):
        golden(tmp_path / "absent.txt", "permit\n")

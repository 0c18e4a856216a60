"""What was signed, as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def sign_lines(answer: Mapping[str, Any]) -> list[str]:
    """Which export, with which key, and where the signature lies."""
    return [
        f"signed {answer['export']}, version {answer['version']}, with the key {answer['keyid'][:16]}",
        f"  {answer['file']}",
    ]

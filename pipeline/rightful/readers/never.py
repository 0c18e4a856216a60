"""What is never read unless it is named: secrets, version control, caches, checkpoints. Floor 2: the readers.

These lie beside data and are none. A pattern is the name of a file or folder as the shell has it, in any case; what it
matches is passed over with all that is in it, and counted. A path that is named on the command line is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import translate
from functools import cache

NEVER_READ: Mapping[str, tuple[str, ...]] = {
    "secrets": (
        *(".env", ".env.*", ".envrc", ".netrc", ".pgpass", ".pypirc", ".npmrc", ".htpasswd", ".ssh", ".aws", ".gnupg"),
        *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "*.pem", "*.p12", "*.pfx", "*.kdbx"),
    ),
    "version control data": (".git", ".svn", ".hg", ".bzr", "_darcs", ".fslckout"),
    "caches and environments": (
        *("__pycache__", ".cache", "node_modules", ".venv", "venv", ".tox", ".nox", ".eggs", "*.egg-info", "*.pyc"),
        *(
            ".mypy_cache",
            ".pytest_cache",
            ".ruff_cache",
            ".hypothesis",
            ".gradle",
            ".terraform",
            ".dvc",
            ".idea",
            ".vscode",
            "cache-*.arrow",  # what `datasets` computed from the shards that lie beside it
        ),
    ),
    "checkpoints": (
        *(".ipynb_checkpoints", "*.ckpt", "*.safetensors", "*.pt", "*.pth", "*.gguf", "*.onnx", "*.tflite"),
        *("pytorch_model*.bin", "events.out.tfevents.*"),
    ),
    "left by programs": (
        *(".DS_Store", "._*", "__MACOSX", "Thumbs.db", "desktop.ini", ".Trash", ".Trash-*", ".Trashes", "lost+found"),
        *(".Spotlight-V100", ".fseventsd", "*.swp", "*~", ".~lock.*"),
    ),
}
"""Why -> the patterns of the names. It is the one list; ``docs/`` shows it."""


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    return tuple(
        (re.compile(translate(pattern.casefold())), pattern, why)
        for why, patterns in NEVER_READ.items()
        for pattern in patterns
    )


@cache
def _any() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _, _ in _patterns()))


def never_read(name: str) -> tuple[str, str] | None:
    """The pattern that the name of a file or folder matches, and why it is not read; None where it is read."""
    folded = name.casefold()
    if _any().match(folded) is None:
        return None
    return next((spelled, why) for pattern, spelled, why in _patterns() if pattern.match(folded))

"""Which files an installed distribution lists as its own."""

from __future__ import annotations

import pytest

from rightful.signals.packages.installed import files_of


@pytest.mark.parametrize(
    ("folder", "raw", "files"),
    [
        (
            "a-1.dist-info",
            b"a/x.py,sha256=k,3\r\n../../bin/a,,\r\na-1.dist-info/RECORD,,\r\n",
            {"a/x.py", "a-1.dist-info/RECORD"},
        ),
        ("a-1.dist-info", b'\xef\xbb\xbf"a/x, y.py",sha256=k,3\n', {"a/x, y.py"}),
        ("a-1.dist-info", b"./a/./b/../x.py,,\n/etc/passwd,,\n", {"a/x.py"}),
        ("a-1.dist-info", b"a\\x.py,,\n", {"a/x.py"}),
        ("a-1.dist-info", b"\xff\xfe", set()),
        ("a-1.dist-info", b"", set()),
        ("a-1.egg-info", b"../a/x.py\nPKG-INFO\n\n", {"a/x.py", "a-1.egg-info/PKG-INFO"}),
    ],
)
def test_files_of_a_distribution(folder: str, raw: bytes, files: set[str]) -> None:
    assert files_of(folder, raw) == files

"""Members of compressed archives, one by one, whatever their size."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from rightful.readers.limits import DEFAULT
from rightful.readers.web.members import Piece, pieces


@pytest.mark.parametrize("size", [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
@pytest.mark.parametrize("behind", [b"", b"what comes next"])
def test_member_larger_than_a_piece_ends_where_it_ends(tmp_path: Path, size: int, behind: bytes) -> None:
    """zlib goes on to say that bytes are left when a member has ended and another begins in what it was given."""
    large = b"a" * size
    (tmp_path / "a.gz").write_bytes(gzip.compress(large, mtime=0) + (gzip.compress(behind, mtime=0) if behind else b""))
    read = list(pieces(tmp_path / "a.gz", DEFAULT))
    assert all(isinstance(piece, Piece) for piece in read)
    assert b"".join(piece.data for piece in read if isinstance(piece, Piece)) == large + behind
    assert len({piece.at for piece in read}) == (2 if behind else 1)

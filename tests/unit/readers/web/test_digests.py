"""Digests of web archives, in the bases that they are written in."""

from __future__ import annotations

import pytest

from rightful.readers.web.digests import digest_fits


@pytest.mark.parametrize(
    ("stated", "fits"),
    [
        ("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", True),
        ("SHA1:da39a3ee5e6b4b0d3255bfef95601890afd80709", True),
        ("md5:d41d8cd98f00b204e9800998ecf8427e", True),
        ("sha-256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", True),
        ("sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", False),
        ("sha1:short", None),
        ("crc32:00000000", None),
        ("", None),
        ("sha1:", None),
    ],
)
def test_digest_is_read_in_the_base_that_it_is_written_in(stated: str, fits: bool | None) -> None:
    assert digest_fits(stated, b"") is fits

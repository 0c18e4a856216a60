"""Normalize: what a text is, to the byte and to a reader. Floor 3. Law 12.10.

Two digests: of the bytes as they came, and of the text as a reader sees it. Two records with the same second one are
exact copies, even where a crawler broke lines elsewhere or composed accents differently. The rule is in
:mod:`rightful.stages.shared.normal`; here it is applied to a whole batch.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pyarrow as pa

from rightful.later import later
from rightful.notation.contents import content_digest, media_digest
from rightful.stages.shared.bytes import Bytes, Texts, text_column
from rightful.stages.shared.columns import filled
from rightful.stages.shared.normal import RULE, RULE_VERSION, composed, earlier, earlier_of, normalized, pieces

pc = later("pyarrow.compute")

__all__ = ["Normalize", "normalized"]

LEAST_BYTES = 1 << 14
"""Fewer bytes are not worth loading a compiler for: the rule in plain Python says the same."""


@dataclass(frozen=True, slots=True)
class Normalize:
    """Digests and sizes: ``n_chars`` counts Unicode code points, ``n_bytes`` bytes of UTF-8.

    ``norm_rule`` is the number of the rule behind ``norm_sha256``, ``norm1_sha256`` the digest by rightful-norm/1 where
    that is another one: by it events, tombstones and records of earlier versions know the text.
    """

    name: ClassVar[str] = "normalize"
    about: ClassVar[str] = "Digests and sizes; no settings."
    version: ClassVar[str] = RULE_VERSION
    adds: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("content_sha256", pa.binary(32), nullable=False),
        pa.field("norm_sha256", pa.binary(32), nullable=False),
        pa.field("norm_rule", pa.int8()),
        pa.field("norm1_sha256", pa.binary(32)),
        pa.field("n_chars", pa.int64(), nullable=False),
        pa.field("n_bytes", pa.int64(), nullable=False),
    )
    says: ClassVar[Mapping[str, str]] = {
        "content_sha256": "SHA-256 of the text's UTF-8 as it came; of a conversation, of its text and all of its turns; of content that is"
        " elsewhere the one that is stated, or else of its address.",
        "norm_sha256": "SHA-256 of the text as a reader sees it by the rule norm_rule: equal for exact copies.",
        "norm_rule": "The number of the rule behind norm_sha256: 2 for rightful-norm/2; null for rightful-norm/1, of"
        " earlier versions.",
        "norm1_sha256": "SHA-256 by rightful-norm/1, where it is another: how earlier versions know the text.",
        "n_chars": "Unicode code points.",
        "n_bytes": "Bytes of UTF-8.",
    }

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The digests (SHA-256 of UTF-8, 32 bytes) and sizes of each text."""
        texts = Texts.of(batch)
        content, norm, first = _digests(texts)
        for row, text, conversation in _conversations(batch):
            content[row] = content_digest(text, conversation)
        for row, media, stated in elsewhere(batch):
            content[row] = norm[row] = media_digest(media, stated)
            first[row] = None
        return {
            "content_sha256": _binary32(content),
            "norm_sha256": _binary32(norm),
            "norm_rule": pa.array(np.full(len(texts), RULE, np.int8)),
            "norm1_sha256": pa.array(first, pa.binary(32)),
            "n_chars": pc.utf8_length(text_column(batch)).cast(pa.int64()),
            "n_bytes": pa.array(np.diff(texts.bounds)),
        }


def elsewhere(batch: pa.RecordBatch) -> Iterator[tuple[int, str, str | None]]:
    """(row, where its content is, the digest of that in hexadecimal) of the records whose content is elsewhere."""
    media = filled(batch, "media")
    if media is None:
        return
    for row in np.flatnonzero(media.is_valid().to_numpy(zero_copy_only=False)).tolist():
        yield row, media[row].as_py(), batch.column("media_sha256")[row].as_py()


def _conversations(batch: pa.RecordBatch) -> Iterator[tuple[int, str, str]]:
    """(row, text, conversation as JSON) of the records that are conversations."""
    conversations = filled(batch, "conversation")
    if conversations is None:
        return
    for row in np.flatnonzero(conversations.is_valid().to_numpy(zero_copy_only=False)).tolist():
        yield row, text_column(batch)[row].as_py(), conversations[row].as_py()


def _digests(texts: Texts) -> tuple[list[bytes], list[bytes], list[bytes | None]]:
    """Of the bytes, by the rule, and by rightful-norm/1 where that differs."""
    raw, bounds = texts.data.data, texts.bounds.tolist()
    content = [sha256(raw[start:stop]).digest() for start, stop in pairwise(bounds)]
    if texts.data.size < LEAST_BYTES:
        plain = [
            _plainly(str(raw[start:stop], "utf-8", "replace"), own)
            for own, (start, stop) in zip(content, pairwise(bounds), strict=True)
        ]
        return content, [norm for norm, _ in plain], [first for _, first in plain]
    return content, *_compiled(texts, content)


def _plainly(text: str, content: bytes) -> tuple[bytes, bytes | None]:
    """The digests of a text by the rule and, where that differs, by rightful-norm/1."""
    now, before = normalized(text), earlier(text)
    norm = content if now == text else sha256(now.encode()).digest()
    return norm, None if now == before else sha256(before.encode()).digest()


def _compiled(texts: Texts, content: list[bytes]) -> tuple[list[bytes], list[bytes | None]]:
    """The digests by the rule and by rightful-norm/1, of a whole batch at once."""
    from rightful.stages.shared.collapse import HAS_GONE, INDENTED, MAY_COMPOSE, SAME, collapsed, flatten

    data, bounds, truths = collapsed(texts)
    norm = list(content)
    first: list[bytes | None] = [None] * len(texts)
    recomposed: list[int] = []
    for row, truth in enumerate(truths.tolist()):
        if truth & (HAS_GONE | MAY_COMPOSE):
            whole = texts.data[texts.bounds[row] : texts.bounds[row + 1]]
            if truth & HAS_GONE or not all(unicodedata.is_normalized("NFC", piece) for piece in pieces(whole)):
                recomposed.append(row)
                continue
        if not truth & SAME:
            norm[row] = sha256(data[bounds[row] : bounds[row + 1]].data).digest()
    truths[recomposed] = 0
    ends = flatten(data, bounds, truths)
    for row in np.flatnonzero(truths & INDENTED).tolist():
        first[row] = sha256(data[ends[row] : ends[row + 1]].data).digest()
    del data  # as long as the texts
    for row in recomposed:
        norm[row], first[row] = _recomposed(texts.data[texts.bounds[row] : texts.bounds[row + 1]])
    return norm, first


def _recomposed(text: Bytes) -> tuple[bytes, bytes | None]:
    """The digests of a text that has characters to remove or to compose."""
    from rightful.stages.shared.collapse import collapsed

    whole, before = bytearray(), sha256()
    for piece in pieces(text):
        whole += composed(piece).encode()
    for piece in earlier_of(text):
        before.update(piece.encode())
    data, bounds, _ = collapsed(Texts(np.frombuffer(whole, np.uint8), np.array([0, len(whole)])))
    now = sha256(data[: bounds[1]].data).digest()
    return now, None if now == before.digest() else before.digest()


def _binary32(digests: list[bytes]) -> pa.Array:
    return pa.Array.from_buffers(pa.binary(32), len(digests), [None, pa.py_buffer(b"".join(digests))])

"""What a kind of format made: shards, and what index and manifest say of what lies in them. Floor 8."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rightful.export.redaction import RedactionLog


class Documents(Protocol):
    """The documents that were made from the chosen records, by position among these."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def length(self, position: int) -> int:
        """How much of a shard a document is: its tokens, or 1 where a shard has rows."""
        ...

    def digests(self, position: int) -> Mapping[str, bytes | None]:
        """Columns of the index by which a document is known again."""
        ...

    def remove(self) -> None:
        """Remove what was held for this."""
        ...


@dataclass(frozen=True, slots=True)
class Shard:
    """A written shard: its members (positions among the chosen records), files and tokens (None: it has texts)."""

    stem: str
    members: tuple[int, ...]
    files: tuple[dict[str, Any], ...]
    tokens: int | None

    def as_json(self) -> dict[str, Any]:
        """As it stands in the manifest: the file with the documents first, all files beside it."""
        main = self.files[0]
        return {
            "path": main["path"],
            "sha256": main["sha256"],
            "tokens": self.tokens,
            "records": len(self.members),
            "files": list(self.files),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """All shards of an export. ``lost``: per chosen record, characters that no token stands for; ``tokenizer``: as it
    stands in the manifest; ``asset``: the tokenizer that was trained for it; ``text_as``: how texts were written;
    ``own_form``: how conversations left beside them, None where none did. ``kept``: the same of
    columns that were kept."""

    documents: Documents
    shards: list[Shard]
    log: RedactionLog | None
    lost: npt.NDArray[np.int64]
    tokenizer: dict[str, Any] | None = None
    asset: dict[str, Any] | None = None
    text_as: str | None = None
    own_form: dict[str, Any] | None = None
    kept: dict[str, Any] | None = None

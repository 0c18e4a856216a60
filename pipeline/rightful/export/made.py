"""What a kind of format made: shards, and what index and manifest say of what lies in them. Floor 8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rightful.export.planning import Pieces, Planned
from rightful.export.redaction import RedactionLog


class Documents(Protocol):
    """The documents that were made from the chosen records, by position among these."""

    def digests(self, pieces: Pieces) -> Mapping[str, Sequence[bytes | None]]:
        """Columns of the index by which documents, or pieces of them, are known again."""
        ...

    def remove(self) -> None:
        """Remove what was held for this."""
        ...


@dataclass(frozen=True, slots=True)
class Shard:
    """A written shard: what was planned, and its files. ``has_tokens``: False where it has texts."""

    planned: Planned
    files: tuple[dict[str, Any], ...]
    has_tokens: bool

    @property
    def records(self) -> int:
        """How many different records it has."""
        return len(np.unique(self.planned.pieces.record))

    @property
    def tokens(self) -> int | None:
        """Tokens of its documents, padding not counted; None where it has texts."""
        return int(self.planned.pieces.length.sum(dtype=np.int64)) if self.has_tokens else None

    def as_json(self) -> dict[str, Any]:
        """As it stands in the manifest: the file with the documents first, all files beside it."""
        main = self.files[0]
        return {
            "path": main["path"],
            "sha256": main["sha256"],
            "tokens": self.tokens,
            "padding": self.planned.padding if self.has_tokens else None,
            "records": self.records,
            "documents": len(self.planned.pieces),
            "rows": len(self.planned.row_lengths),
            "files": list(self.files),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """All shards of an export. ``lost``: per chosen record, characters that no token stands for; ``beside``: files that lie
    among the shards and are none, relative to the export; ``tokenizer``: as it stands in the manifest; ``asset``: the
    tokenizer that was trained for it; ``text_as``: how texts were written; ``own_form``: how conversations left beside them,
    None where none did. ``kept``: the same of columns that were kept. ``says``: what else the manifest says of the
    shards."""

    documents: Documents
    shards: list[Shard]
    log: RedactionLog | None
    lost: npt.NDArray[np.int64]
    beside: tuple[str, ...] = ()
    tokenizer: dict[str, Any] | None = None
    asset: dict[str, Any] | None = None
    text_as: str | None = None
    own_form: dict[str, Any] | None = None
    kept: dict[str, Any] | None = None
    says: dict[str, Any] = field(default_factory=dict)

    def records(self) -> npt.NDArray[np.int64]:
        """The positions of the chosen records that lie in a shard, each once."""
        return np.unique(np.concatenate([shard.planned.pieces.record for shard in self.shards]))

"""What an export is ordered as: where to, in which form, of what. Floor 8."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from rightful.errors import InputError
from rightful.export import SHARD_BYTES, SHARD_TOKENS, formats
from rightful.export.formats import bin, text
from rightful.export.planning import holders, packing
from rightful.export.planning.drawing import sample_of
from rightful.export.planning.ladder import ladder_of
from rightful.export.planning.splitting import Split, split_of
from rightful.export.redaction import Redaction
from rightful.export.tokens.encoding import BYTES, TRAIN
from rightful.export.tokens.named import take
from rightful.export.words import AUTO, ERROR, NONE, ON_UNENCODABLE, RAW

TRAIN_SAMPLE = "--train-sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is ordered. ``tokenizer``: None for the default of formats of tokens; ``text_as``: None for the default of
    the format of texts. What belongs to the other kind of format is an error, see :meth:`check`."""

    out: Path
    format: str
    tokenizer: str | None = None
    eod: str | None = None
    backend: str = AUTO
    text_as: str | None = None
    where: str | None = None
    dedup: str = "near"
    prefer: tuple[str, ...] = ()
    shard_tokens: int = SHARD_TOKENS
    shard_bytes: int = SHARD_BYTES
    seed: int | None = None
    seq_len: int | None = None
    pack: str = NONE
    truncate: bool = False
    holders: str | None = None
    workers: int = 1
    snapshot: int | None = None
    redaction: Redaction | None = None
    on_unencodable: str = ERROR
    train_sample: str | int | float | None = None
    mix: str | Path | Mapping[str, Any] | None = None
    mix_temperature: float | None = None
    epochs: float | None = None
    limit_tokens: int | None = None
    ids: Path | None = None
    sample: str | int | float | None = None
    raw: bool = False
    raw_as: str | None = None
    split: str | None = None
    split_by: str | None = None
    ladder: str | None = None

    @property
    def of_texts(self) -> bool:
        """Whether texts leave as they are, and not as tokens."""
        return self.format == formats.TEXT

    @property
    def way(self) -> str:
        """How texts are written."""
        return text.DEFAULT if self.text_as is None else self.text_as

    @property
    def raw_suffix(self) -> str | None:
        """The suffix of shards that are ids and nothing else; None where they have a header."""
        if not self.raw:
            return None
        return f".{RAW[0] if self.raw_as is None else self.raw_as}"

    @property
    def sides(self) -> Split | None:
        """The splits that are asked for; None for none. Raises :class:`InputError`."""
        return split_of(self.split, self.split_by)

    @property
    def rungs(self) -> tuple[Decimal, ...]:
        """The shares of the ladder that is asked for; none without. Raises :class:`InputError`."""
        return ladder_of(self.ladder)

    def check(self, store: Path) -> None:
        """Raises :class:`InputError` for what cannot be ordered, before any work. ``store``: the folder of the store, in
        which a tokenizer may lie."""
        self._check_form()
        if self.tokenizer is not None and self.tokenizer != BYTES and not self.tokenizer.startswith(TRAIN):
            take(self.tokenizer, store, os.environ)
        if self.train_sample is not None:
            if self.tokenizer is None or not self.tokenizer.startswith(TRAIN):
                raise InputError(
                    "is of the records that a tokenizer is trained on, and none is",
                    subject=TRAIN_SAMPLE,
                    hint="leave it out, or train one: --tokenizer train:32000",
                )
            sample_of(self.train_sample, TRAIN_SAMPLE)
        for name, size in (("--shard-tokens", self.shard_tokens), ("--shard-bytes", self.shard_bytes)):
            if size < 1:
                raise InputError(f"{name} {size} is not a positive number")
        packing.check(self.seq_len, self.pack, truncate=self.truncate)
        holders.check(self.holders)
        if self.on_unencodable not in ON_UNENCODABLE:
            raise InputError(
                f"{self.on_unencodable!r} is not known", subject="--on-unencodable", hint=" or ".join(ON_UNENCODABLE)
            )
        if self.seed is not None and not -(2**63) <= self.seed < 2**63:
            raise InputError(f"--seed {str(self.seed)[:24]} is not a 64-bit number")
        _ = self.sides, self.rungs

    def _check_form(self) -> None:
        """The format is one that there is, and no option is of the other kind of format."""
        if not self.of_texts:
            formats.find(self.format)
            self._check_raw()
            if self.text_as is not None or self.shard_bytes != SHARD_BYTES:
                raise InputError(
                    f"is for texts, and --format {self.format} has tokens",
                    subject="--text-as" if self.text_as is not None else "--shard-bytes",
                    hint="leave it out, or export texts: --format text",
                )
            return
        text.find(self.way)
        self._check_raw()
        of_tokens = {
            "--tokenizer": self.tokenizer is not None,
            "--eod": self.eod is not None,
            "--tokenizer-backend": self.backend != AUTO,
            "--on-unencodable": self.on_unencodable != ERROR,
            "--shard-tokens": self.shard_tokens != SHARD_TOKENS,
            "--seq-len": self.seq_len is not None,
            "--pack": self.pack != NONE,
            "--truncate": self.truncate,
        }
        for name, given in of_tokens.items():
            if given:
                size = " (--shard-bytes bounds a shard of texts)" if name == "--shard-tokens" else ""
                raise InputError(
                    "is for tokens, and --format text has none",
                    subject=name,
                    hint=f"leave it out{size}, or choose a format of tokens: --format {' or '.join(formats.of_tokens())}",
                )

    def _check_raw(self) -> None:
        """No header is left out where there is none, and the file without one has a suffix that is known."""
        if (self.raw or self.raw_as is not None) and self.format != bin.NAME:
            raise InputError(
                f"is for files of ids alone, and --format {self.format} has more",
                subject="--raw" if self.raw else "--raw-as",
                hint=f"leave it out, or export such files: --format {bin.NAME}",
            )
        if self.raw_as is not None and not self.raw:
            raise InputError("is the suffix of files without a header", subject="--raw-as", hint="add --raw")
        if self.format == bin.NAME and not self.raw and self.shard_tokens > bin.MOST_TOKENS:
            raise InputError(
                f"{self.shard_tokens} tokens are more than the header of llm.c counts: {bin.MOST_TOKENS}",
                subject="--shard-tokens",
                hint="fewer, or no header: --raw",
            )
        if self.raw_as is not None and self.raw_as not in RAW:
            raise InputError(f"{self.raw_as!r} is not known", subject="--raw-as", hint=" or ".join(RAW))

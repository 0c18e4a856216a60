"""Shards of tokens: the texts encoded in the order of the store, then written in the order asked for. Floor 8."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rightful import engine
from rightful.errors import InputError, Refused
from rightful.export import formats
from rightful.export.formats import Document, Format
from rightful.export.leaving import leaving
from rightful.export.made import Made
from rightful.export.making import Ground, Way, write_shards
from rightful.export.papers import tokens_sha256
from rightful.export.redaction import RedactionLog
from rightful.export.tokens.encoders import Encoder, train, unknown_token
from rightful.export.tokens.encoding import BYTES, TRAIN, Batch, Spec, encode, encoder_of
from rightful.export.tokens.gigatoken import Choice, attempt
from rightful.export.tokens.named import take
from rightful.export.tokens.spool import Spool, SpoolWriter, remove
from rightful.store.duck import rows
from rightful.store.layout import publish, sha256_file

TOKENIZER = "tokenizer/tokenizer.json"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of the chosen records in their order, what was redacted, and what the tokenizer could not write."""

    spool: Spool
    log: RedactionLog | None
    lost: npt.NDArray[np.int64]
    unknown: int

    def __len__(self) -> int:
        """How many documents there are."""
        return len(self.spool)

    def length(self, position: int) -> int:
        """The tokens of a document, its end counted."""
        return self.spool.length(position)

    def digests(self, position: int) -> dict[str, bytes]:
        """The digest of its ids."""
        return {"tokens_sha256": tokens_sha256(self.spool.tokens(position))}

    def remove(self) -> None:
        """Remove the spool."""
        remove(self.spool.path)


@dataclass(frozen=True, slots=True)
class _Tokenizer:
    """What encodes; the asset that it is where it was trained for this export; where one that was named lay."""

    spec: Spec
    asset: dict[str, Any] | None = None
    place: str | None = None


def make(ground: Ground) -> Made:
    """A tokenizer, tokens, and the shards of them.

    Raises :class:`InputError` for a tokenizer that is not one, or that cannot write a text; :class:`Refused` when none
    of the records may train one.
    """
    form = formats.find(ground.order.format)
    tokenizer = _tokenizer(ground)
    encoder = encoder_of(tokenizer.spec)
    tokens, choice = _tokenized(ground, tokenizer.spec, encoder)
    shards = write_shards(ground, _way(ground, form, tokens, encoder.vocab_size))
    backend = choice.as_json(ground.chosen.column("content_sha256").to_pylist())
    return Made(
        documents=tokens,
        shards=shards,
        log=tokens.log,
        lost=tokens.lost,
        tokenizer=_described(ground, tokenizer, encoder, backend, tokens.unknown),
        asset=tokenizer.asset,
    )


def _tokenizer(ground: Ground) -> _Tokenizer:
    order = ground.order
    tokenizer = BYTES if order.tokenizer is None else order.tokenizer
    if tokenizer == BYTES:
        if order.eod is not None:
            raise InputError("has no effect with --tokenizer bytes, whose end of document is id 256", subject="--eod")
        return _Tokenizer(Spec(BYTES))
    target = ground.building / TOKENIZER
    target.parent.mkdir()
    if tokenizer.startswith(TRAIN):
        return _trained(ground, tokenizer, target)
    taken = take(tokenizer, ground.layout.root, os.environ)
    encoder_of(Spec(str(taken.path.absolute()), order.eod))
    with publish(target) as temporary:
        temporary.write_bytes(taken.path.read_bytes())
    return _Tokenizer(Spec(str(target), order.eod), place=taken.place)


def _trained(ground: Ground, tokenizer: str, target: Path) -> _Tokenizer:
    """Train on the chosen records that may train a tokenizer: an act of its own, which no other implies."""
    size = tokenizer.removeprefix(TRAIN)
    if not (size.isdecimal() and len(size) <= 9):
        raise InputError(
            f"{tokenizer!r} names no vocabulary size", subject="--tokenizer", hint="for example train:8192"
        )
    decided, chosen = ground.decided, ground.chosen
    use = replace(ground.use, acts=("train.tokenizer",), requested=())
    permits = np.array([d.permits for d in decided.decide(use)])
    today = {r[0] for r in rows(decided.con, "SELECT record_id FROM released_for_tokenizer")}
    kept = permits[chosen.column("case_id").to_numpy()] & [r in today for r in chosen.column("record_id").to_pylist()]
    inputs = chosen.filter(pa.array(kept))
    if not inputs.num_rows:
        raise Refused(
            "none of the permitted records may train a tokenizer (act train.tokenizer)",
            hint="name a tokenizer file or bytes, or accept what train.tokenizer requires: rightful query --use train.tokenizer",
        )
    ground.tell("train tokenizer", 0, inputs.num_rows)
    actual = train(_texts(ground, inputs), int(size), target)
    sha256 = sha256_file(target)
    members = hashlib.sha256("\n".join(inputs.column("record_id").to_pylist()).encode()).hexdigest()
    asset = {
        "asset": f"t-{sha256[:16]}",
        "name": f"tokenizer {sha256[:8]}",
        "sha256": sha256,
        "vocab_size": actual,
        "act": "train.tokenizer",
        "use": use.as_json(),
        "inputs": {"records": inputs.num_rows, "record_ids_sha256": members, "snapshot": decided.snapshot},
    }
    return _Tokenizer(Spec(str(target), ground.order.eod), asset)


def _texts(ground: Ground, records: pa.Table) -> Iterator[str]:
    """As they leave: what is taken out of them is in no vocabulary either."""
    for texts in ground.texts(records):
        yield from leaving(texts)[1]


def _tokenized(ground: Ground, spec: Spec, encoder: Encoder) -> tuple[Tokens, Choice]:
    chars = int(pc.sum(ground.chosen.column("n_chars")).as_py())
    return attempt(
        ground.order.backend, encoder, chars, lambda name: _spooled(ground, replace(spec, backend=name), encoder)
    )


def _spooled(ground: Ground, spec: Spec, encoder: Encoder) -> Tokens:
    width = np.dtype("<u2") if encoder.vocab_size <= 1 << 16 else np.dtype("<u4")
    path = ground.building / ".spool"
    log = ground.log()
    lost: list[npt.NDArray[np.int64]] = []
    done = unknown = 0
    batches = (Batch(texts, spec, ground.order.on_unencodable) for texts in ground.texts())
    with SpoolWriter(path, width) as writer, log or contextlib.nullcontext():
        for batch, encoded in engine.run(encode, batches, ground.order.workers, str):
            writer.append(np.split(encoded.tokens, np.cumsum(encoded.lengths)[:-1]))
            if log is not None and encoded.outcome is not None:
                log.add(done, encoded.outcome)
            lost.append(encoded.lost)
            unknown += encoded.unknown
            done += len(batch.texts.rows)
            ground.tell("tokenize", done, ground.chosen.num_rows)
    return Tokens(Spool(path, width), log, np.concatenate(lost), unknown)


def _way(ground: Ground, form: Format, tokens: Tokens, vocab_size: int) -> Way:
    ids = ground.chosen.column("record_id").to_pylist()

    def write(stem: str, members: list[int]) -> list[Path]:
        documents = (Document(ids[i], tokens.spool.tokens(i)) for i in members)
        return form.write(ground.data, stem, documents, vocab_size)

    return Way(
        "document",
        write=write,
        read=lambda stem: form.read(ground.data, stem),
        holds=lambda read, i: np.array_equal(read, tokens.spool.tokens(i)),
        size=tokens.length,
        most=ground.order.shard_tokens,
        tokens=tokens.length,
    )


def _described(
    ground: Ground, tokenizer: _Tokenizer, encoder: Encoder, backend: dict[str, Any], unknown: int
) -> dict[str, Any]:
    """The tokenizer as it stands in the manifest."""
    asset = tokenizer.asset
    return {
        "kind": encoder.kind,
        "sha256": encoder.sha256,
        "vocab_size": encoder.vocab_size,
        "eod": encoder.eod,
        "eod_token": encoder.eod_token,
        "backend": backend,
        "requested": _requested(ground.order.tokenizer, tokenizer.place),
        "taken_from": tokenizer.place,
        "path": TOKENIZER if (ground.building / TOKENIZER).exists() else None,
        "asset": asset["asset"] if asset else None,
        "trained_on": asset["inputs"] if asset else None,
        "on_unencodable": ground.order.on_unencodable,
        "unknown_tokens": None if unknown_token(encoder) is None else unknown,
    }


def _requested(tokenizer: str | None, place: str | None) -> str | None:
    """How it was asked for; of a path its last part: where it lay on this machine is nobody else's matter."""
    if tokenizer is None or tokenizer == BYTES or tokenizer.startswith(TRAIN) or place is not None:
        return tokenizer
    return Path(tokenizer).name

"""Shards of tokens: the texts encoded in the order of the store, then written in the order asked for. Floor 8."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rightful import engine
from rightful.errors import InputError, Refused, RightfulError
from rightful.export import formats
from rightful.export.formats import Column, Format, Held, Row, Shape, Span, Together
from rightful.export.leaving import leaving
from rightful.export.made import Made, Shard
from rightful.export.making import SPOOL, Ground, Way, write_shards
from rightful.export.making.account import account, holders_of_chosen
from rightful.export.order import TRAIN_SAMPLE
from rightful.export.papers import tokens_sha256
from rightful.export.placing import plan, streamed, streams
from rightful.export.planning import Candidates, Pieces, Planned
from rightful.export.planning.drawing import ranks, sample_of
from rightful.export.planning.mixture import Draws
from rightful.export.redaction import REDACTIONS, RedactionLog
from rightful.export.tokens.encoders import Encoder, train, unknown_token
from rightful.export.tokens.encoding import BYTES, TRAIN, Batch, Encoded, Spec, encode, encoder_of
from rightful.export.tokens.gigatoken import attempt
from rightful.export.tokens.named import take
from rightful.export.tokens.segments import Segments
from rightful.export.words import NONE
from rightful.store.duck import rows
from rightful.store.layout import publish, remove_tree, sha256_file

TOKENIZER = "tokenizer/tokenizer.json"


def placed(pieces: Pieces) -> Iterator[tuple[int, int, int]]:
    """Of each piece the record, and which of its tokens: from where, and how many."""
    return zip(pieces.record.tolist(), pieces.start.tolist(), pieces.length.tolist(), strict=True)


@dataclass(slots=True)
class Tokens:
    """The tokens of the chosen records in their order, what was redacted, and what the tokenizer could not write: of all
    that were encoded so far."""

    spool: Segments
    log: RedactionLog | None
    lost: list[npt.NDArray[np.int64]] = field(default_factory=list)
    unknown: int = 0
    sha256: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        """How many documents there are."""
        return len(self.spool)

    def add(self, encoded: Encoded) -> None:
        """What was encoded next."""
        if self.log is not None and encoded.outcome is not None:
            self.log.add(len(self.spool), encoded.outcome)
        self.spool.append(encoded.tokens, encoded.lengths)
        self.lost.append(encoded.lost)
        self.unknown += encoded.unknown
        self.sha256 += encoded.sha256

    def piece(self, record: int, start: int, length: int) -> npt.NDArray[Any]:
        """Some of the ids of a document, its end among them."""
        return self.spool.tokens(record, start, length)

    def are_whole(self, pieces: Pieces) -> bool:
        """Whether each piece is a whole document."""
        return not pieces.start.any() and np.array_equal(pieces.length, self.spool.lengths()[pieces.record])

    def run(self, records: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """The ids of documents, one after another."""
        if len(records) and int(records[-1]) - int(records[0]) == len(records) - 1 and (np.diff(records) == 1).all():
            return self.spool.run(int(records[0]), int(records[-1]) + 1)
        return np.concatenate([np.empty(0, self.spool.dtype), *map(self.spool.tokens, records.tolist())])

    def digests(self, pieces: Pieces) -> dict[str, Any]:
        """The digests of their ids."""
        whole = pa.Array.from_buffers(pa.binary(32), len(self), [None, pa.py_buffer(bytes(self.sha256))])
        made = whole.take(pa.array(pieces.record))
        cut = np.flatnonzero((pieces.start != 0) | (pieces.length != self.spool.lengths()[pieces.record]))
        if len(cut):
            of = Pieces(*(getattr(pieces, one.name)[cut] for one in fields(pieces)))
            mask = np.zeros(len(pieces), np.bool_)
            mask[cut] = True
            anew = [tokens_sha256(self.piece(*one)) for one in placed(of)]
            made = pc.replace_with_mask(made, pa.array(mask), pa.array(anew, pa.binary(32)))
        return {"tokens_sha256": made}

    def remove(self) -> None:
        """Remove the spool."""
        self.spool.remove()


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
    chars = int(pc.sum(ground.chosen.column("n_chars")).as_py())
    written, choice = attempt(
        ground.order.backend,
        encoder,
        chars,
        lambda name: _written(ground, form, replace(tokenizer.spec, backend=name), encoder),
    )
    tokens = written.tokens
    backend = choice.as_json(ground.chosen.column("content_sha256").to_pylist())
    return Made(
        documents=tokens,
        shards=written.shards,
        log=tokens.log,
        lost=np.concatenate(tokens.lost),
        beside=written.beside,
        tokenizer=_described(ground, tokenizer, encoder, backend, tokens.unknown),
        asset=tokenizer.asset,
        says=account(ground, written.candidates, written.shards),
    )


@dataclass(frozen=True, slots=True)
class _Written:
    """All tokens, what was planned from, the shards, and the files among these that are none."""

    tokens: Tokens
    candidates: Candidates
    shards: list[Shard]
    beside: tuple[str, ...]


def _written(ground: Ground, form: Format, spec: Spec, encoder: Encoder) -> _Written:
    """Encode everything and write it: shard by shard as it comes, where the plan does not need to know all of it first."""
    _clear(ground)
    order = ground.order
    shape = Shape(
        vocab_size=encoder.vocab_size,
        eod=encoder.eod,
        seq_len=None if order.pack == NONE else order.seq_len,
        raw=order.raw_suffix,
    )
    width = np.dtype("<u2") if encoder.vocab_size <= 1 << 16 else np.dtype("<u4")
    tokens = Tokens(Segments(ground.building / SPOOL, width), ground.log())
    candidates = Candidates(
        ground.chosen.column("record_id").to_pylist(),
        ground.chosen.column("source_id").to_pylist(),
        np.empty(0, np.int64),
        holders=holders_of_chosen(ground),
        **ground.grouping(),
    )
    lengths = _encoded(ground, spec, tokens)
    way = _way(form, shape, tokens, candidates)
    draws = None
    with tokens.log or contextlib.nullcontext(), contextlib.closing(lengths):
        if streams(order):
            shards = streamed(order, lengths)
            way = replace(way, written=lambda planned: tokens.spool.release(planned.first_row + len(planned.pieces)))
        else:
            known = replace(candidates, lengths=np.concatenate(list(lengths)))
            draws = ground.draw(known.lengths)
            shards = plan(order, known, draws)
        written = write_shards(ground, way, shards, order.workers)
    if draws is not None:
        _narrow(tokens, candidates.record_ids, draws, unknown_token(encoder))
    return _Written(tokens, replace(candidates, lengths=tokens.spool.lengths()), *written)


def _narrow(tokens: Tokens, ids: list[str], draws: Draws, unknown: int | None) -> None:
    """Say of those alone that were drawn what is said of all tokens."""
    kept = np.unique(draws.record)
    if len(kept) == len(tokens):
        return
    if tokens.log is not None:
        tokens.log.narrow(ids, kept)
    if tokens.unknown and unknown is not None:
        lengths = tokens.spool.lengths()
        each = (tokens.piece(i, 0, int(lengths[i])) for i in kept.tolist())
        tokens.unknown = sum(int(np.count_nonzero(ids_of == unknown)) for ids_of in each)


def _clear(ground: Ground) -> None:
    """Remove what an attempt with another backend left."""
    for path in (ground.data, ground.building / SPOOL):
        remove_tree(path)
    (ground.building / REDACTIONS).unlink(missing_ok=True)


def _encoded(ground: Ground, spec: Spec, tokens: Tokens) -> Generator[npt.NDArray[np.int64]]:
    """Encode one batch after another into ``tokens``: the lengths of its documents."""
    order = ground.order
    batches = (Batch(texts, spec, order.on_unencodable) for texts in ground.texts())
    threads = spec.in_threads and order.redaction is None
    for _, encoded in engine.run(encode, batches, order.workers, str, threads=threads):
        tokens.add(encoded)
        ground.tell("tokenize", len(tokens), ground.chosen.num_rows)
        yield encoded.lengths


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
    """Train on the chosen records that may train a tokenizer: an act of its own, which no other implies; of splits on the one
    that is trained on."""
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
    if (split := ground.order.sides) is not None:
        kept &= chosen.column("side").to_numpy() == split.names.index(split.trained)
    inputs = chosen.filter(pa.array(kept))
    if not inputs.num_rows:
        raise Refused(
            "none of the permitted records may train a tokenizer (act train.tokenizer)",
            hint="name a tokenizer file or bytes, or accept what train.tokenizer requires: rightful query --use train.tokenizer",
        )
    inputs, sample = _sampled(ground, inputs)
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
        "inputs": {
            "records": inputs.num_rows,
            "record_ids_sha256": members,
            "snapshot": decided.snapshot,
            "sample": sample,
        },
    }
    return _Tokenizer(Spec(str(target), ground.order.eod), asset)


def _sampled(ground: Ground, records: pa.Table) -> tuple[pa.Table, dict[str, Any] | None]:
    """The records of ``--train-sample``, in their order, and what the manifest says of it; all of them without."""
    given = ground.order.train_sample
    if given is None:
        return records, None
    seed = 0 if ground.order.seed is None else ground.order.seed
    wanted = sample_of(given, TRAIN_SAMPLE).size(records.num_rows)
    kept = ranks(records.column("record_id").to_pylist(), seed) < wanted
    return records.filter(pa.array(kept)), {"requested": str(given), "of": records.num_rows, "seed": seed}


def _texts(ground: Ground, records: pa.Table) -> Iterator[str]:
    """As they leave: what is taken out of them is in no vocabulary either."""
    for texts in ground.texts(records):
        yield from leaving(texts)[1]


def _way(form: Format, shape: Shape, tokens: Tokens, candidates: Candidates) -> Way:
    def write(folder: Path, planned: Planned) -> list[Path]:
        column = _column(form, planned, shape, tokens, candidates)
        if column is not None:
            paths: list[Path] = form.write_column(folder, planned.stem, column, shape)  # type: ignore[attr-defined]
            return paths
        return form.write(folder, planned.stem, _rows(planned, shape, tokens, candidates), shape)

    def check(folder: Path, planned: Planned) -> None:
        column = _column(form, planned, shape, tokens, candidates)
        if column is not None:
            _check_column(column, form.read_column(folder, planned.stem, shape), folder / planned.stem)  # type: ignore[attr-defined]
            return
        meant = _rows(planned, shape, tokens, candidates)
        there = formats.rows_of(form, folder, planned.stem, shape, planned.row_lengths.tolist())
        for n, (row, held) in enumerate(zip(meant, there, strict=True)):
            if not _is_held(row, held):
                raise _other(folder / planned.stem, n)

    return Way(write, check, lambda folder, stems: form.finish(folder, stems, shape), has_tokens=True)


def _other(shard: Path, row: int) -> RightfulError:
    return RightfulError("does not read back as it was written", subject=f"{shard} row {row}")


def _column(form: Format, planned: Planned, shape: Shape, tokens: Tokens, candidates: Candidates) -> Column | None:
    """The documents of a shard together; None where a row is not a document, or the format takes them one by one."""
    pieces = planned.pieces
    if shape.seq_len is not None or not hasattr(form, "write_column") or not tokens.are_whole(pieces):
        return None
    records = pieces.record
    ids = [candidates.record_ids[n] for n in records.tolist()]
    return Column(ids, pieces.length, lambda first, stop: tokens.run(records[first:stop]))


def _check_column(column: Column, there: Iterator[Together], shard: Path) -> None:
    """Hold what was read back against what was meant. Raises :class:`RightfulError`."""
    at = 0
    for group in there:
        stop = at + len(group.lengths)
        if stop > len(column.lengths) or not np.array_equal(group.lengths, column.lengths[at:stop]):
            raise _other(shard, at)
        if group.record_ids is not None and group.record_ids != list(column.record_ids[at:stop]):
            raise _other(shard, at)
        if not np.array_equal(group.tokens, column.ids(at, stop)):
            raise _other(shard, at)
        at = stop
    if at != len(column.lengths):
        raise _other(shard, at)


def _rows(planned: Planned, shape: Shape, tokens: Tokens, candidates: Candidates) -> Iterator[Row]:
    """The rows of a shard, in order."""
    pieces, sequences = planned.pieces, planned.sequences
    bounds = np.searchsorted(sequences, np.arange(len(planned.row_lengths) + 1))
    records, starts, lengths, offsets = (
        a.tolist() for a in (pieces.record, pieces.start, pieces.length, pieces.offset)
    )
    ids, sources = candidates.record_ids, candidates.source_ids
    for size, first, last in zip(planned.row_lengths.tolist(), bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        spans = tuple(Span(n, ids[records[n]], sources[records[n]], offsets[n], lengths[n]) for n in range(first, last))
        if last - first == 1 and lengths[first] == size:
            yield Row(tokens.piece(records[first], starts[first], size), spans)
            continue
        row = np.full(size, shape.eod, np.uint32)
        for n in range(first, last):
            row[offsets[n] : offsets[n] + lengths[n]] = tokens.piece(records[n], starts[n], lengths[n])
        yield Row(row, spans)


def _is_held(row: Row, held: Held) -> bool:
    """Whether a row that was read back is the one that was meant."""
    return (
        np.array_equal(held.tokens, row.tokens)
        and held.record_ids in (None, tuple(span.record_id for span in row.spans))
        and held.lengths in (None, tuple(span.length for span in row.spans))
        and (held.mask is None or np.array_equal(held.mask, row.mask()))
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

"""Text to token ids: the bytes themselves, or a Hugging Face `tokenizer.json`. Floor 8.

A document's end is the encoder's own token, never a default, and no text can write it: a record that holds the
literal ``<|endoftext|>`` is encoded as those characters, so that it cannot forge a document boundary.

>>> encoder = bytes_encoder()
>>> [ids.tolist() for ids in encoder.encode_batch(["hi"])], encoder.eod
([[104, 105]], 256)
"""

from __future__ import annotations

import hashlib
import itertools
import json
import multiprocessing
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tokenizers import Encoding, Tokenizer, decoders, models, pre_tokenizers, trainers

from rightful.errors import DamagedInput, InputError, did_you_mean
from rightful.export.tokens.unwritable import (
    NO_LOSS,
    Loss,
    dropping,
    kept,
    loss,
    marking,
    missing_bytes,
    unknown_id,
    writes_all,
)
from rightful.store.layout import publish
from rightful.store.texts import parts_of

Ids = np.ndarray[tuple[int], np.dtype[np.uint32]]


class Joined(NamedTuple):
    """The ids of several texts, one text after another, without ends of documents; ``offsets`` (int64): where each begins
    and the last one ends."""

    ids: Ids
    offsets: npt.NDArray[np.int64]

    @classmethod
    def of(cls, documents: Sequence[Ids]) -> Joined:
        """Of arrays, one for each text."""
        offsets = np.zeros(len(documents) + 1, np.int64)
        np.cumsum([len(ids) for ids in documents], out=offsets[1:])
        return cls(np.concatenate(documents) if documents else np.empty(0, np.uint32), offsets)

    def split(self) -> list[Ids]:
        """An array for each text: a view."""
        bounds = self.offsets.tolist()
        return [self.ids[start:stop] for start, stop in itertools.pairwise(bounds)]


TRAINED_EOD = "<|endoftext|>"
SMALLEST_TRAINED = 257
"""The 256 bytes and the end of a document: what a byte-level tokenizer has before its first merge."""

DOCUMENT_ENDS = frozenset(
    {
        "<|endoftext|>",  # GPT-2, GPT-NeoX, OLMo, Qwen, Falcon, Phi
        "<|end_of_text|>",  # Llama 3
        "</s>",  # Llama, Mistral, BLOOM, T5
        "<eos>",  # Gemma
        "[EOS]",
        "<EOS_TOKEN>",  # Cohere
        "<｜end▁of▁sentence｜>",  # DeepSeek  # noqa: RUF001
        "<eod>",
        "[EOD]",
        "<|eod|>",
    }
)
"""Special tokens that close a document. What closes a turn of a conversation (``<|eot_id|>``, ``<|im_end|>``) or
separates two texts (``[SEP]``) does not: whoever means it says so with ``--eod``."""

_BATCH_CHARS = 4 << 20
"""Texts are handed to the library in batches of about this size: its own form of a token takes some 100 bytes."""

_SHOWN_TOKENS = 20


class Encoder(Protocol):
    """What turns texts into ids. ``kind`` is ``bytes`` or ``tokenizer.json``; ``sha256`` pins the vocabulary.

    ``vocab_size`` is the largest id, added tokens included, plus one. ``lossless`` claims that :meth:`decode` gives
    back every text exactly; otherwise (a normalizer, a lossy spelling of spaces) it gives what the model was shown.
    """

    @property
    def kind(self) -> str:  # noqa: D102
        ...

    @property
    def sha256(self) -> str:  # noqa: D102
        ...

    @property
    def vocab_size(self) -> int:  # noqa: D102
        ...

    @property
    def eod(self) -> int:  # noqa: D102
        ...

    @property
    def eod_token(self) -> str:  # noqa: D102
        ...

    @property
    def lossless(self) -> bool:  # noqa: D102
        ...

    def __hash__(self) -> int:  # what is made from an encoder is kept with it
        ...

    def encode_batch(self, texts: Sequence[str]) -> list[Ids]:
        """The ids of each text, in order, without the end of the document, which is in none of them.

        Raises :class:`InputError` when the vocabulary has no way to write a text.
        """
        ...

    def decode(self, ids: Ids) -> str | bytes:
        """The text of one document's ids, without its end; the bytes encoder gives bytes.

        Raises :class:`DamagedInput` when the end of a document, or an id outside the vocabulary, is among them.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Bytes:
    kind: str = "bytes"
    sha256: str = hashlib.sha256(b"rightful bytes encoder 1: id = UTF-8 byte, 256 = end of document").hexdigest()
    vocab_size: int = 257
    eod: int = 256
    eod_token: str = "<EOD>"
    lossless: bool = True

    def encode_batch(self, texts: Sequence[str]) -> list[Ids]:
        return [np.frombuffer(text.encode(), np.uint8).astype(np.uint32) for text in texts]

    def encode_column(self, texts: pa.Array) -> Joined:
        data, offsets = parts_of(texts)
        return Joined(np.frombuffer(data, np.uint8).astype(np.uint32), offsets)

    def decode(self, ids: Ids) -> bytes:
        return _of_one_document(self, ids).astype(np.uint8).tobytes()


def bytes_encoder() -> Encoder:
    """UTF-8 bytes as ids 0 to 255, and 256 for the end of a document. Needs no file and no training."""
    return _Bytes()


def load(path: Path, eod: str | None = None) -> Encoder:
    """The tokenizer in a `tokenizer.json`, with padding, truncation, dropout and special tokens off.

    ``eod`` names the token that ends a document; without it the one special token that is a well-known end of a
    document (:data:`DOCUMENT_ENDS`) is taken. Raises :class:`InputError` when the file is not a tokenizer, when the
    token is not in its vocabulary, or when none or several could be meant.
    """
    try:
        data = path.read_bytes()
    except IsADirectoryError as error:
        raise InputError("is a folder, not a tokenizer", subject=str(path), hint=_in_folder(path)) from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", subject=str(path)) from error
    sha256 = hashlib.sha256(data).hexdigest()
    before = _LOADED.get((sha256, eod))
    if before is not None:
        return before if before.name == str(path) else replace(before, name=str(path))
    try:
        tokenizer = Tokenizer.from_str(data.decode())
    except Exception as error:  # the library raises bare Exception
        raise InputError(
            f"is not a tokenizer: expected a Hugging Face tokenizer.json, got {_shown(error)}",
            subject=str(path),
            hint="pass the tokenizer.json of the model, or --tokenizer bytes, or --tokenizer train:32000",
        ) from error
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    if not vocabulary:
        raise InputError("is a tokenizer without a vocabulary: it was never trained", subject=str(path))
    token = _end_of_document(tokenizer, vocabulary, eod, str(path))
    plain = _plain(tokenizer)
    spec = json.loads(plain.to_str())
    encoder = _Trained(
        tokenizer=plain,
        spec=spec,
        name=str(path),
        sha256=sha256,
        vocab_size=max(vocabulary.values()) + 1,
        eod=vocabulary[token],
        eod_token=token,
        lossless=_is_lossless(spec, tokenizer, vocabulary),
    )
    _check_unknown(spec, encoder)
    encoder.written([token])  # raises when this text cannot be told from the end of a document
    while len(_LOADED) >= _MOST_LOADED:
        del _LOADED[next(iter(_LOADED))]
    _LOADED[sha256, eod] = encoder
    return encoder


_LOADED: dict[tuple[str, str | None], _Trained] = {}
"""Tokenizers that were loaded in this process, by digest and the end of a document that was asked for: an export reads
one where it lies and its copy beside the shards."""
_MOST_LOADED = 3


def described(encoder: Encoder) -> Mapping[str, Any] | None:
    """The `tokenizer.json` of an encoder as it is applied, parsed; None for the bytes encoder."""
    return encoder.spec if isinstance(encoder, _Trained) else None


def train(texts: Iterable[str], vocab_size: int, out: Path) -> int:
    """Train a byte-level BPE on texts and publish it as ``out``; how large its vocabulary became is returned.

    The same texts in any order give the same bytes, whatever the number of threads: merges are chosen by count, then
    by id. A pair that occurs once is never merged, so a text that is there once does not become a token of its own;
    little text therefore gives a smaller vocabulary than was asked for. Pairs are counted in 32 bits by the library:
    hand it a sample of some tens of gigabytes at most. Raises :class:`InputError` when ``vocab_size`` is below 257 or
    the file cannot be written.
    """
    if vocab_size < SMALLEST_TRAINED:
        raise InputError(
            f"a vocabulary of {vocab_size} is too small: 256 bytes and the end of a document need {SMALLEST_TRAINED}",
            subject=f"train:{vocab_size}",
            hint=f"ask for train:{SMALLEST_TRAINED} or more; 32000 is usual",
        )
    _settle_threads()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        special_tokens=[TRAINED_EOD],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(iter(texts), trainer)
    with publish(out) as temporary:
        temporary.write_text(tokenizer.to_str(pretty=True), encoding="utf-8")
    return tokenizer.get_vocab_size()


@dataclass(frozen=True, slots=True, eq=False)
class _Trained:
    tokenizer: Tokenizer
    spec: Mapping[str, Any]
    name: str
    sha256: str
    vocab_size: int
    eod: int
    eod_token: str
    lossless: bool
    kind: str = "tokenizer.json"

    def encode_batch(self, texts: Sequence[str]) -> list[Ids]:
        ids, losses = self.written(texts)
        for one in losses:
            if one.chars:
                raise InputError(cannot_write(one.first), subject=self.name, hint=UNWRITABLE_HINT)
        return ids

    def written(self, texts: Sequence[str]) -> tuple[list[Ids], list[Loss]]:
        """The ids of texts, and what of each the tokenizer could not write: it is not in them."""
        encoded: list[Ids] = []
        losses: list[Loss] = []
        for batch in _batches(texts):
            raw = self._raw(batch) if _care(self) is None else self._with_care(batch)
            for text, (ids, lost) in zip(batch, raw, strict=True):
                encoded.append(self._around_the_end(text) if self.eod in ids else ids)
                losses.append(lost)
        return encoded, losses

    def decode(self, ids: Ids) -> str:
        return self.tokenizer.decode(_of_one_document(self, ids).tolist(), skip_special_tokens=False)

    def _raw(self, texts: list[str]) -> list[tuple[Ids, Loss]]:
        try:
            encodings = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        except Exception as error:  # the library raises bare Exception
            raise InputError(f"cannot encode a text: {_shown(error)}", subject=self.name) from error
        return [(np.array(encoding.ids, dtype=np.uint32), NO_LOSS) for encoding in encodings]

    def _with_care(self, texts: list[str]) -> list[tuple[Ids, Loss]]:
        """As :meth:`_raw`, where a text may have characters that no token stands for."""
        care = _care(self)
        assert care is not None
        marked = self._encodings(care.marking, texts)
        exact = marked if care.own is None else self._encodings(care.own, texts)
        made: list[tuple[Ids, Loss]] = []
        for text, encoding, own in zip(texts, marked, exact, strict=True):
            ids, offsets = kept(encoding, care.vocabulary) if care.marks else (encoding.ids, encoding.offsets)
            lost = loss(text, offsets, care.marking, care.missing)
            made.append((np.array(ids if care.own is None else own.ids, dtype=np.uint32), lost))
        return made

    def _encodings(self, tokenizer: Tokenizer, texts: list[str]) -> list[Encoding]:
        try:
            return tokenizer.encode_batch(texts, add_special_tokens=False)
        except Exception as error:  # the library raises bare Exception
            raise InputError(f"cannot encode a text: {_shown(error)}", subject=self.name) from error

    def _around_the_end(self, text: str) -> Ids:
        """Encode a text that the vocabulary would spell with the end of a document: in pieces that hold none.

        Special tokens are not looked for in texts, but a model whose vocabulary has the marker as an ordinary piece
        (Unigram, WordLevel) or an added token that is not marked as special still finds it. The text is cut within
        every marker, and where a piece still comes to it (through a normalizer), in halves.
        """
        cuts = [match.start() + 1 for match in re.finditer(f"(?={re.escape(self.eod_token)})", text)]
        waiting = [text[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True)][::-1]
        pieces: list[Ids] = []
        while waiting:
            piece = waiting.pop()
            [(ids, _)] = self._raw([piece]) if _care(self) is None else self._with_care([piece])
            if self.eod not in ids:
                pieces.append(ids)
            elif len(piece) > 1:
                waiting += [piece[len(piece) // 2 :], piece[: len(piece) // 2]]
            else:
                raise InputError(
                    f"the character {piece!a} has the id of the end of a document, {self.eod_token!r}",
                    subject=self.name,
                    hint="name a token that no text can be encoded as: --eod TOKEN",
                )
        return np.concatenate(pieces)

    def __reduce__(self) -> tuple[object, ...]:
        """Travels to a worker process as JSON and is made plain there again: JSON does not keep all settings."""
        fields = (self.name, self.sha256, self.vocab_size, self.eod, self.eod_token, self.lossless)
        return (_revive, (self.tokenizer.to_str(), *fields))


@dataclass(frozen=True, slots=True)
class _Care:
    """How texts are encoded by a tokenizer that may leave something out.

    ``marking`` says what is left out; where it ``marks`` that, by tokens that are not in ``vocabulary``. ``own`` gives
    the ids, where those of ``marking`` are others.
    """

    marking: Tokenizer
    marks: bool
    own: Tokenizer | None
    vocabulary: dict[str, int]
    missing: frozenset[int]


@lru_cache(maxsize=8)
def _care(encoder: _Trained) -> _Care | None:
    """None for a tokenizer that is known to write every text, so that nothing has to be looked at."""
    spec = encoder.spec
    if writes_all(spec):
        return None
    vocabulary = encoder.tokenizer.get_vocab(with_added_tokens=True)
    patched = marking(spec)
    if patched is None:
        return _Care(encoder.tokenizer, False, None, vocabulary, frozenset())
    plain = dropping(spec)
    own = None if plain is None else _plain(Tokenizer.from_str(plain))
    return _Care(_plain(Tokenizer.from_str(patched)), True, own, vocabulary, missing_bytes(spec))


@lru_cache(maxsize=8)
def unknown_token(encoder: Encoder) -> int | None:
    """The id that an encoder writes for what it does not know; None where it has none."""
    spec = described(encoder)
    return None if spec is None else unknown_id(spec)


def column_written(encoder: Encoder, texts: pa.Array) -> tuple[Joined, list[Loss] | None]:
    """The same of a large_string array without nulls; None where the encoder writes everything.

    One that has ``encode_column`` gets the array as it is, without a string for each text.
    """
    if isinstance(encoder, _Trained):
        ids, losses = encoder.written(texts.to_pylist())
        return Joined.of(ids), None if _care(encoder) is None else losses
    of_column = getattr(encoder, "encode_column", None)
    return (Joined.of(encoder.encode_batch(texts.to_pylist())) if of_column is None else of_column(texts)), None


def written(encoder: Encoder, texts: Sequence[str]) -> tuple[list[Ids], list[Loss]]:
    """The ids of texts, and what of each the encoder could not write. An encoder of bytes, or one that is fit for a
    faster backend, writes everything."""
    if isinstance(encoder, _Trained):
        return encoder.written(texts)
    return encoder.encode_batch(texts), [NO_LOSS] * len(texts)


UNWRITABLE_HINT = (
    "use a tokenizer with byte fallback or an unknown token, --tokenizer bytes, or train:32000; "
    "or export without such characters and have them counted: --on-unencodable count"
)


def cannot_write(char: str) -> str:
    """What is wrong with a tokenizer that has no token for a character of a text."""
    return f"has no way to write the character {char!a}: it would be lost from a text"


def _revive(tokenizer: str, *fields: Any) -> _Trained:
    plain = _plain(Tokenizer.from_str(tokenizer))
    return _Trained(plain, json.loads(plain.to_str()), *fields)


def _plain(tokenizer: Tokenizer) -> Tokenizer:
    """Switch off what would change the ids of a text: they depend on the text and the vocabulary alone."""
    _settle_threads()
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    model = tokenizer.model
    if isinstance(model, models.BPE):
        model.dropout = None
    return tokenizer


def _settle_threads() -> None:
    """One thread in a worker process: the workers are the parallelism. Whoever has set the variable is obeyed."""
    if multiprocessing.parent_process() is not None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def _of_one_document(encoder: Encoder, ids: Ids) -> Ids:
    if encoder.eod in ids:
        raise DamagedInput(f"the end of a document ({encoder.eod}) lies within a document")
    if ids.size and int(ids.max()) >= encoder.vocab_size:
        raise DamagedInput(f"id {int(ids.max())} is outside the vocabulary of {encoder.vocab_size}")
    return ids


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    chars = 0
    for text in texts:
        if batch and chars + len(text) > _BATCH_CHARS:
            yield batch
            batch, chars = [], 0
        batch.append(text)
        chars += len(text)
    if batch:
        yield batch


def _end_of_document(tokenizer: Tokenizer, vocabulary: Mapping[str, int], eod: str | None, subject: str) -> str:
    special = sorted(t.content for t in tokenizer.get_added_tokens_decoder().values() if t.special)
    listed = ", ".join(special[:_SHOWN_TOKENS]) + (f", ... ({len(special)} in all)" if special[_SHOWN_TOKENS:] else "")
    shown = f"its special tokens: {listed}" if special else "it has no special tokens"
    if eod is not None:
        if eod not in vocabulary:
            raise InputError(
                f"{eod!r} (--eod) is not a token of it; {shown}", subject=subject, hint=did_you_mean(eod, special)
            )
        return eod
    ends = [token for token in special if token in DOCUMENT_ENDS]
    if len(ends) == 1:
        return ends[0]
    which = "has several tokens that may end a document" if ends else "has no special token known to end a document"
    raise InputError(f"{which}; {shown}", subject=subject, hint="say which one ends a document: --eod TOKEN")


def _check_unknown(spec: Mapping[str, Any], encoder: _Trained) -> None:
    model = spec["model"]
    is_end = model.get("unk_token") == encoder.eod_token or model.get("unk_id") == encoder.eod
    if is_end and not encoder.lossless:
        raise InputError(
            f"{encoder.eod_token!r} is also what it writes for unknown characters: texts would end anywhere",
            subject=encoder.name,
            hint="name another token that ends a document: --eod TOKEN",
        )


def _is_lossless(spec: Mapping[str, Any], tokenizer: Tokenizer, vocabulary: Mapping[str, int]) -> bool:
    """Whether every text comes back exactly: byte-level BPE with all 256 bytes, and nothing that rewrites or drops."""
    model, splitting = spec["model"], spec["pre_tokenizer"]
    steps = splitting["pretokenizers"] if splitting and splitting["type"] == "Sequence" else [splitting or {}]
    return (
        model["type"] == "BPE"
        and not (model.get("continuing_subword_prefix") or model.get("end_of_word_suffix"))
        and spec["normalizer"] is None
        and (spec["decoder"] or {}).get("type") == "ByteLevel"
        and sum(step.get("type") == "ByteLevel" for step in steps) == 1
        and all(_keeps_all(step) for step in steps)
        and all(byte in vocabulary for byte in pre_tokenizers.ByteLevel.alphabet())
        and all(
            not (token.lstrip or token.rstrip) and tokenizer.decode([id_], skip_special_tokens=False) == token.content
            for id_, token in tokenizer.get_added_tokens_decoder().items()
            if not token.special
        )
    )


def _keeps_all(step: Mapping[str, Any]) -> bool:
    match step.get("type"):
        case "ByteLevel":
            return step["add_prefix_space"] is False
        case "Split" | "Punctuation":
            return bool(step["behavior"] != "Removed")
        case "Digits":
            return True
        case _:
            return False


def _in_folder(path: Path) -> str:
    inside = path / "tokenizer.json"
    return f"pass {inside}" if inside.is_file() else "pass a tokenizer.json"


def _shown(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text if len(text) <= 200 else text[:200] + "..."

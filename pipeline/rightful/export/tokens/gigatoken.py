"""A faster backend for a tokenizer, where its ids are those of the reference: gigatoken beside tokenizers. Floor 8.

The reference is Hugging Face tokenizers, always. gigatoken, an optional package, is another implementation of it, so
it is believed in layers; a difference in any of them makes the whole export with the reference:

* It is offered for byte-level BPE with the splitting of :data:`SPLITS` alone. For each of these every code point was
  held against tokenizers 0.23, side by side with letters, digits, punctuation, blanks and line ends
  (`benchmarks/tokenization_sweep.py`). They differ in code points that are new in Unicode 17, and in nothing else.
* A text with a code point that the running Python (Unicode 16 at most) does not know goes to the reference. So does one
  with an added token, which gigatoken is not told of: a text cannot write what is not text, and one that it could is
  encoded as the reference does it.
* Where the tokenizer normalizes to NFC, the reference's own normalizer does it (Python's gives something else for some
  sequences of marks), for texts with anything that NFC could change.
* Before an export both encode :func:`probes` and words of the vocabulary; where that was done on this machine with the same
  tokenizer, libraries and code (:mod:`rightful.export.tokens.proofs`), one probe in sixteen.
* During it both encode one document in 256, chosen by its content; the manifest says how many were compared.
* The ids of every document have to spell as many bytes as it has.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import itertools
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import normalizers, pre_tokenizers

from rightful.errors import InputError, RightfulError
from rightful.export.tokens import points, proofs
from rightful.export.tokens.encoders import Encoder, Ids, Joined, described
from rightful.export.tokens.points import COMPOSES, UNASSIGNED, unusual
from rightful.export.tokens.unwritable import byte_of
from rightful.export.words import AUTO, BACKENDS, GIGATOKEN, HF
from rightful.notation.shown import counted
from rightful.store.texts import parts_of

WORTH_CHARS = 16 << 20
"""Below this many characters the reference is done before another backend is loaded and compared."""

_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_BLANKS = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_CL100K = rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|%s| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_BLANKS}"

SPLITS: Final = frozenset(
    {
        _CL100K % r"\p{N}{1,3}",  # cl100k, Llama 3
        _CL100K % r"\p{N}",  # Qwen 2 and 3
        rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTIONS}?|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTIONS}?"
        rf"|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{_BLANKS}",  # o200k, Llama 4
    }
)
"""The regular expressions that were compared; and GPT-2's, which ByteLevel has itself and `train:N` uses."""

Made = TypeVar("Made")

_NEWEST_UNICODE = 16
_VOCABULARY_SAMPLE = 20_000


class Differs(RightfulError):
    """A backend gave other ids than the reference."""


@dataclass(frozen=True, slots=True)
class Choice:
    """By what a tokenizer is applied, and, where another was given up for a difference, which difference."""

    backend: str
    note: str | None = None

    def as_json(self, digests: Iterable[bytes]) -> dict[str, Any]:
        """For a manifest: name, version, how many of the documents both encoded, why another was given up."""
        fast = self.backend == GIGATOKEN
        return {
            "name": self.backend,
            "version": version() if fast else None,
            "compared": sum(map(compared, digests)) if fast else None,
            "note": self.note,
        }


def choose(backend: str, reference: Encoder, chars: int) -> Choice:
    """What is to encode ``chars`` characters: with ``auto`` gigatoken where it is fit, proved and worth it.

    Raises :class:`InputError` for a name that is none, and when gigatoken is asked for and :func:`unfit`;
    :class:`Differs` when it is asked for and fails :meth:`Gigatoken.prove`.
    """
    if backend not in BACKENDS:
        raise InputError(f"{backend!r} is not a backend", subject="--tokenizer-backend", hint=", ".join(BACKENDS))
    if backend == HF or (backend == AUTO and chars < WORTH_CHARS):
        return Choice(HF)
    why_not = unfit(reference)
    if why_not is not None:
        if backend == AUTO:
            return Choice(HF)
        raise InputError(
            f"gigatoken is not offered for this tokenizer: {why_not}",
            subject="--tokenizer-backend",
            hint="omit the option; the reference tokenizer is used",
        )
    try:
        gigatoken(reference).believe(proofs.folder_of(os.environ))
    except Differs as error:
        if backend == AUTO:
            return Choice(HF, error.message)
        raise
    return Choice(GIGATOKEN)


def version() -> str | None:
    """The version of gigatoken; None when it is not installed."""
    try:
        return importlib.metadata.version("gigatoken")
    except importlib.metadata.PackageNotFoundError:
        return None


def unfit(encoder: Encoder) -> str | None:
    """Why gigatoken is not offered for this encoder; None when it is."""
    spec = described(encoder)
    if spec is None:
        return "the ids are the bytes themselves"
    if version() is None:
        return "gigatoken is not installed: pip install 'rightful[fast]'"
    model, normalizer = spec["model"], (spec["normalizer"] or {}).get("type")
    if model["type"] != "BPE" or model.get("continuing_subword_prefix") or model.get("end_of_word_suffix"):
        return "its model is not a byte-level BPE"
    if not all(byte in model["vocab"] for byte in pre_tokenizers.ByteLevel.alphabet()):
        return "its vocabulary lacks some of the 256 bytes"
    if max(map(len, model["vocab"])) >= 1 << 16:
        return "it has a token of more than 65,535 bytes"
    if normalizer not in (None, "NFC"):
        return f"its normalizer is {normalizer}"
    if normalizer and any(not token["special"] and token["normalized"] for token in spec["added_tokens"]):
        return "its added tokens are looked for in normalized text"
    if not _split_was_compared(spec["pre_tokenizer"]):
        return "its pre-tokenizer is not one that was compared with the reference"
    if int(unicodedata.unidata_version.split(".")[0]) > _NEWEST_UNICODE:
        return f"this Python knows Unicode {unicodedata.unidata_version}, and {_NEWEST_UNICODE} is the newest compared"
    return None


def _split_was_compared(step: Mapping[str, Any] | None) -> bool:
    steps = step["pretokenizers"] if step and step["type"] == "Sequence" else [step or {}]
    byte_level = steps[-1] if steps else {}
    if byte_level.get("type") != "ByteLevel" or byte_level["add_prefix_space"]:
        return False
    if byte_level.get("use_regex", True):
        return len(steps) == 1
    if len(steps) != 2 or steps[0].get("type") != "Split":
        return False
    how = (steps[0]["behavior"], steps[0]["invert"])
    return steps[0]["pattern"].get("Regex") in SPLITS and how == ("Isolated", False)


def attempt(backend: str, reference: Encoder, chars: int, make: Callable[[str], Made]) -> tuple[Made, Choice]:
    """What ``make(backend)`` makes; where the backend was left open and one errs, all of it again with the reference.

    Raises as :func:`choose` does, and :class:`Differs` when a backend was asked for and errs.
    """
    choice = choose(backend, reference, chars)
    try:
        return make(choice.backend), choice
    except Differs as error:
        if backend != AUTO:
            raise
        return make(HF), Choice(HF, error.message)


class Gigatoken:
    """An encoder with the ids of a reference that :func:`unfit` has nothing against, made by gigatoken.

    Memory: that of the vocabulary, and of the words met, of which gigatoken keeps some tens of megabytes.
    """

    def __init__(self, reference: Encoder) -> None:
        from gigatoken.gigatoken_rs import load_hf_json  # an optional package

        spec = described(reference)
        assert spec is not None
        self.reference = reference
        self.kind, self.sha256, self.vocab_size = reference.kind, reference.sha256, reference.vocab_size
        self.eod, self.eod_token, self.lossless = reference.eod, reference.eod_token, reference.lossless
        added = sorted(t["content"].encode() for t in spec["added_tokens"] if not t["special"] and t["content"])
        self._added = re.compile(b"|".join(map(re.escape, added))) if added else None
        self._composes = spec["normalizer"] is not None
        self._nfc = normalizers.NFC()
        vocabulary = spec["model"]["vocab"]
        self._widths = _widths(vocabulary, self.vocab_size)
        self._vocabulary = vocabulary
        # Special tokens are not looked for in texts; texts with others, and NFC, are dealt with in `encode_column`.
        rest: dict[str, Any] = {"added_tokens": [], "post_processor": None, "normalizer": None}
        self._backend = load_hf_json(json.dumps({**spec, **rest}))

    def decode(self, ids: Ids) -> str | bytes:
        """As the reference decodes them."""
        return self.reference.decode(ids)

    def encode_batch(self, texts: Sequence[str]) -> list[Ids]:
        """The ids of each text, in order, without the end of the document."""
        return self.encode_column(pa.array(texts, pa.large_string())).split()

    def encode_column(self, texts: pa.Array) -> Joined:
        """The same of a large_string array without nulls, all at once. Threads may call it side by side."""
        if not len(texts):
            return Joined.of([])
        data, offsets = parts_of(texts)
        whole = self._spelled_anew(np.frombuffer(data, np.uint8), offsets)
        given = self._composed(texts, whole.composes)
        joined = self._raw(given)
        bounds = offsets if given is texts else parts_of(given)[1]
        theirs = whole.theirs | _holding(joined, self.eod)
        spelled = _sums(self._widths, joined)
        if ((spelled != np.diff(bounds)) & ~theirs).any():
            wrong = int(np.flatnonzero((spelled != np.diff(bounds)) & ~theirs)[0])
            raise Differs(
                f"the ids of gigatoken {version()} for a text of {counted(int(np.diff(bounds)[wrong]), 'byte')} do not spell it",
                subject="--tokenizer-backend",
                hint="export with --tokenizer-backend hf",
            )
        return self._with_theirs(joined, np.flatnonzero(theirs), texts)

    def prove(self) -> None:
        """Hold the ids of :func:`probes` and of words of the vocabulary against the reference's. Some seconds.

        Raises :class:`Differs`.
        """
        words = sorted(self._vocabulary)
        some = tuple(_spelled(word) for word in words[:: len(words) // _VOCABULARY_SAMPLE + 1])
        self.check((*probes(), " ".join(some), *some[:: len(some) // 500 + 1]))

    def believe(self, folder: Path | None) -> None:
        """As :meth:`prove`; where it was done before, by what lies in ``folder``, one probe in sixteen is enough.

        Raises :class:`Differs`; then it counts as proved no more.
        """
        facts = self.depends_on()
        try:
            if proofs.is_there(folder, facts):
                self.check(probes()[int(proofs.digest_of(facts)[:1], 16) :: 16])
                return
            self.prove()
        except Differs:
            proofs.forget(folder, facts)
            raise
        proofs.keep(folder, facts)

    def depends_on(self) -> dict[str, Any]:
        """What a proof depends on: the tokenizer, both libraries, what the running Python knows of Unicode, and this code."""
        code = hashlib.sha256(Path(__file__).read_bytes() + Path(points.__file__).read_bytes())
        return {
            "backend": GIGATOKEN,
            "version": version(),
            "tokenizers": importlib.metadata.version("tokenizers"),
            "tokenizer_sha256": self.sha256,
            "eod": self.eod,
            "unicode": unicodedata.unidata_version,
            "code_sha256": code.hexdigest(),
        }

    def check(self, texts: Sequence[str]) -> None:
        """Hold the ids of texts against the reference's. Raises :class:`Differs`."""
        column = pa.array(texts, pa.large_string())
        self.check_some(column, self.encode_column(column), [True] * len(texts))

    def check_some(self, texts: pa.Array, joined: Joined, which: Sequence[bool]) -> None:
        """Hold the ids that were given for some of the texts against the reference's. Raises :class:`Differs`."""
        at = np.flatnonzero(which)
        some = texts.take(pa.array(at)).to_pylist()
        for number, text, theirs in zip(at.tolist(), some, self.reference.encode_batch(some), strict=True):
            if not np.array_equal(joined.ids[int(joined.offsets[number]) : int(joined.offsets[number + 1])], theirs):
                raise Differs(
                    f"gigatoken {version()} gave other ids than tokenizers for a text of {counted(len(text), 'character')}",
                    subject="--tokenizer-backend",
                    hint="export with --tokenizer-backend hf",
                )

    def _spelled_anew(self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> _Texts:
        """Which texts are the reference's to encode, and which have anything that NFC could change."""
        n = len(offsets) - 1
        theirs, composes = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        at, kinds = unusual(data)
        texts = np.searchsorted(offsets, at, side="right") - 1
        theirs[texts[kinds == UNASSIGNED]] = True
        if self._composes:
            composes[texts[kinds == COMPOSES]] = True
        if self._added is not None and self._added.search(data.data):
            bounds = offsets.tolist()
            theirs |= [bool(self._added.search(data.data[a:b])) for a, b in itertools.pairwise(bounds)]
        return _Texts(theirs, composes & ~theirs)

    def _composed(self, texts: pa.Array, which: npt.NDArray[np.bool_]) -> pa.Array:
        """The texts, some of them in NFC: by the reference's own normalizer."""
        if not which.any():
            return texts
        anew = [self._nfc.normalize_str(text) for text in texts.filter(pa.array(which)).to_pylist()]
        return pc.replace_with_mask(texts, pa.array(which), pa.array(anew, pa.large_string()))

    def _raw(self, texts: pa.Array) -> Joined:
        """What gigatoken gives, of the same number of texts and of ids of the vocabulary. Raises :class:`Differs`."""
        layout = self._backend.encode_batch(awkward().from_arrow(texts), parallel=False).layout
        offsets, ids = np.asarray(layout.offsets.data, np.int64), np.asarray(layout.content.data)
        fits = len(offsets) == len(texts) + 1 and not offsets[0] and (np.diff(offsets) >= 0).all()
        ids = ids[: int(offsets[-1])]
        if not fits or ids.dtype != np.uint32 or (ids.size and int(ids.max()) >= self.vocab_size):
            raise Differs(
                f"gigatoken {version()} gave what are no ids of {counted(len(texts), 'text')}",
                subject="--tokenizer-backend",
                hint="export with --tokenizer-backend hf",
            )
        return Joined(ids, offsets)

    def _with_theirs(self, joined: Joined, which: npt.NDArray[np.int64], texts: pa.Array) -> Joined:
        """The ids, with the reference's own in the place of those of some texts."""
        if not len(which):
            return joined
        theirs = self.reference.encode_batch(texts.take(pa.array(which)).to_pylist())
        pieces: list[Ids] = []
        lengths = np.diff(joined.offsets)
        start = 0
        for text, ids in zip(which.tolist(), theirs, strict=True):
            pieces += [joined.ids[start : int(joined.offsets[text])], ids]
            start, lengths[text] = int(joined.offsets[text + 1]), len(ids)
        pieces.append(joined.ids[start:])
        return Joined(np.concatenate(pieces), np.concatenate([[0], np.cumsum(lengths)]))


class _Texts(NamedTuple):
    """Of each text: whether the reference encodes it, and whether NFC could change it."""

    theirs: npt.NDArray[np.bool_]
    composes: npt.NDArray[np.bool_]


def _holding(joined: Joined, token: int) -> npt.NDArray[np.bool_]:
    """Whether an id is among those of each text."""
    holding = np.zeros(len(joined.offsets) - 1, np.bool_)
    at = np.flatnonzero(joined.ids == token)
    holding[np.searchsorted(joined.offsets, at, side="right") - 1] = True
    return holding


def _sums(widths: npt.NDArray[np.uint16], joined: Joined) -> npt.NDArray[np.int64]:
    """The sum of the widths of the ids of each text; every id has one. In blocks that stay in the processor's cache."""
    values = np.empty(len(joined.ids), np.uint16)
    for start in range(0, len(values), _BLOCK_IDS):
        stop = start + _BLOCK_IDS
        np.take(widths, joined.ids[start:stop], out=values[start:stop], mode="clip")
    sums = np.zeros(len(joined.offsets) - 1, np.int64)
    some = np.flatnonzero(np.diff(joined.offsets))
    if len(some):
        sums[some] = np.add.reduceat(values, joined.offsets[some], dtype=np.int64)
    return sums


_BLOCK_IDS = 1 << 16


@functools.cache
def awkward() -> Any:
    """The library of arrays by which gigatoken takes and gives batches; it comes with it."""
    import awkward as module  # type: ignore[import-untyped]

    return module


@functools.lru_cache(maxsize=1)
def gigatoken(reference: Encoder) -> Gigatoken:
    """The faster backend of a reference; loaded once a process."""
    return Gigatoken(reference)


def compared(content_sha256: bytes) -> bool:
    """Whether a document is one of those that are encoded by both: by its content, so that it is the same everywhere."""
    return content_sha256[0] == 0


def _spelled(word: str) -> str:
    return bytes(byte_of().get(char, 0x3F) for char in word).decode(errors="replace")


def _widths(vocabulary: Mapping[str, int], size: int) -> npt.NDArray[np.uint16]:
    """How many bytes each id stands for: in a byte-level vocabulary a character is a byte. 0 for added tokens."""
    widths = np.zeros(size, np.uint16)
    widths[list(vocabulary.values())] = [len(word) for word in vocabulary]
    return widths


@functools.cache
def probes() -> tuple[str, ...]:
    """Texts in which another implementation would go astray: every two ASCII characters side by side, line ends, blanks,
    marks, digits and letters of several scripts in every order of three, contractions, long runs, and characters
    from all over Unicode between letters, digits and blanks. Some 240,000 characters, the same everywhere."""
    ascii_ = [chr(code) for code in range(128)]
    pairs = ["".join(f"{a}{b}x {a}{b}1" for b in ascii_) for a in ascii_]
    kinds = [
        *"aZ7 \n\r\t'./",
        "\u00e9",
        "\u0301",
        "\u00a0",
        "\u3000",
        "\u4e00",
        "\u0661",
        "\u01c5",
        "\u02b0",
        "\U0001f600",
        "\u200d",
        "\x85",
    ]
    runs = ["".join(f"{a}{b}{c}" for b in kinds for c in kinds) for a in kinds]
    words = ["we", "WE", "We", "\u00e9t\u00e9", "1"]
    ends = ["'s", "'LL", "'Re", "'d've", "'x", "\u2019s", "'\u017f", "''s"]
    contractions = " ".join(f"{a}{c}{b}" for a in words for c in ends for b in ("", " ", ".", "a", "\n"))
    long = [char * 3_000 for char in ("a", " ", "\n", "7", "-", "\u4e00", "\u0e01", " a", "\r\n", "\U0001f468\u200d")]
    spread = [chr(code) for code in range(0x80, 0x30000, 37) if not 0xD800 <= code < 0xE000]
    return (*pairs, *runs, contractions, *long, "".join(f"a{c}b {c}1{c}\n" for c in spread))

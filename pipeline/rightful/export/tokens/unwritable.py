"""Which characters of a text a tokenizer has no way to write. Floor 8.

What counts is whether any token stands for a character, by the offsets of an encoding in the text as it was handed in:

* Lost: what the model leaves out because its vocabulary has nothing for it, and what a normalizer or a pre-tokenizer
  deletes (controls, zero-width characters, a delimiter).
* Not lost: white space, which tokenizers add, fold and drop by design; and what is written in another form: lower case,
  without its accent, composed (NFC), in a compatible form (NFKC), or as the unknown token, which is counted apart.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from tokenizers import Encoding, Tokenizer, pre_tokenizers

_BYTE_TOKENS = tuple(f"<0x{byte:02X}>" for byte in range(256))
_PRIVATE_USE = range(0xF0000, 0xFFFFE)
_KEEPING_NORMALIZERS = frozenset({"NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Prepend", "ByteLevel", "Strip"})
_KEEPING_SPLITTERS = frozenset(
    {"ByteLevel", "Whitespace", "WhitespaceSplit", "Metaspace", "BertPreTokenizer", "Digits", "UnicodeScripts"}
)


@dataclass(frozen=True, slots=True)
class Loss:
    """How many characters of a text no token stands for, and the first of them; empty where there is none."""

    chars: int = 0
    first: str = ""


NO_LOSS = Loss()


def writes_all(spec: Mapping[str, Any]) -> bool:
    """Whether a tokenizer (its parsed `tokenizer.json`) is of a kind that writes every character of every text.

    Byte-level and byte-fallback vocabularies that are whole, and those with an unknown token, where no step before the
    model deletes. False where that is not known: texts are looked at one by one then.
    """
    return (
        _model_writes_all(spec)
        and all(_normalizer_keeps(step) for step in _steps(spec["normalizer"], "normalizers"))
        and all(_splitter_keeps(step) for step in _steps(spec["pre_tokenizer"], "pretokenizers"))
    )


def unknown_id(spec: Mapping[str, Any]) -> int | None:
    """The id that the model writes for what it does not know; None where it has none."""
    model = spec["model"]
    if model["type"] == "Unigram":
        at = model.get("unk_id")
        return at if at is not None and 0 <= at < len(model["vocab"]) else None
    token_id = model["vocab"].get(model.get("unk_token") or "")
    return None if token_id is None else int(token_id)


def marking(spec: Mapping[str, Any]) -> str | None:
    """A `tokenizer.json` that marks what the model of this one has no way to write; None if it has an unknown token.

    Its unknown token is a private-use character that the vocabulary lacks: whoever drops tokens which the vocabulary
    does not have drops what cannot be written, and nothing else. The model itself fails there (WordLevel, WordPiece,
    Unigram), or leaves it out and gives what follows in the word wrong offsets (BPE).
    """
    if unknown_id(spec) is not None:
        return None
    model = spec["model"]
    pieces = dict(model["vocab"]) if model["type"] == "Unigram" else model["vocab"]
    free = next(chr(code) for code in _PRIVATE_USE if chr(code) not in pieces)
    if model["type"] == "Unigram":
        scores = [score for _, score in model["vocab"]]
        changed = {"vocab": [*model["vocab"], [free, min(scores, default=0.0)]], "unk_id": len(scores)}
    else:
        changed = {"vocab": {**pieces, free: max(pieces.values(), default=-1) + 1}, "unk_token": free}
    return json.dumps({**spec, "model": {**model, **changed}})


def dropping(spec: Mapping[str, Any]) -> str | None:
    """A `tokenizer.json` whose model leaves out what it cannot write; None where that is no BPE."""
    model = spec["model"]
    return json.dumps({**spec, "model": {**model, "unk_token": None}}) if model["type"] == "BPE" else None


def missing_bytes(spec: Mapping[str, Any]) -> frozenset[int]:
    """The bytes that a byte-level model without an unknown token leaves out of the characters that have them."""
    if not _is_byte_level(spec) or unknown_id(spec) is not None:
        return frozenset()
    return frozenset(byte for letter, byte in byte_of().items() if letter not in spec["model"]["vocab"])


def loss(text: str, offsets: Sequence[tuple[int, int]], tokenizer: Tokenizer, missing: frozenset[int]) -> Loss:
    """What of a text no token with these offsets stands for."""
    edges = np.zeros(len(text) + 1, np.int64)
    if offsets:
        starts, stops = np.array(offsets, np.int64).T
        np.add.at(edges, starts, 1)
        np.add.at(edges, stops, -1)
    bare = {i for i in np.flatnonzero(np.cumsum(edges)[:-1] <= 0).tolist() if not text[i].isspace()}
    if missing:
        bare |= {i for i, char in enumerate(text) if not missing.isdisjoint(char.encode())}
    melted: set[int] = set()
    done = 0
    for i in sorted(bare):
        if i >= done and _combines(text[i]):
            into, done = _melted(text, i, bare, tokenizer)
            melted |= into
    lost = sorted(bare - melted)
    return Loss(len(lost), text[lost[0]]) if lost else NO_LOSS


def kept(encoding: Encoding, vocabulary: Mapping[str, int]) -> tuple[list[int], list[tuple[int, int]]]:
    """The ids and offsets of an encoding by a :func:`marking` tokenizer, without what the vocabulary does not have."""
    pairs = [
        (vocabulary[token], span)
        for token, span in zip(encoding.tokens, encoding.offsets, strict=True)
        if token in vocabulary
    ]
    return [id_ for id_, _ in pairs], [span for _, span in pairs]


@cache
def byte_of() -> dict[str, int]:
    """Which byte each character of a byte-level vocabulary stands for: itself where it can be seen, else U+0100 on."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [code for code in range(256) if code not in seen]
    return {chr(code): code for code in seen} | {chr(256 + i): code for i, code in enumerate(hidden)}


def _melted(text: str, at: int, bare: set[int], tokenizer: Tokenizer) -> tuple[set[int], int]:
    """Which members of the combining sequence around ``at`` went into the character before them, and where it ends.

    As many as both Unicode composition and the tokenizer's normalizer make the sequence shorter by.
    """
    start, stop = at, at + 1
    while start > 0 and _combines(text[start]):
        start -= 1
    while stop < len(text) and _combines(text[stop]):
        stop += 1
    normalizer = tokenizer.normalizer
    if normalizer is None or start in bare or start == at:
        return set(), stop
    base, whole = text[start], text[start:stop]

    def shorter(form: Callable[[str], str]) -> int:
        return len(form(base)) + len(whole) - 1 - len(form(whole))

    melted = min(shorter(lambda s: unicodedata.normalize("NFKC", s)), shorter(normalizer.normalize_str))
    return set([i for i in range(start + 1, stop) if i in bare][: max(0, melted)]), stop


def _combines(char: str) -> bool:
    """Whether a character can melt into the one before it: marks, Hangul vowels and finals, half-width voicing."""
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff" or char in "\uff9e\uff9f"


def _model_writes_all(spec: Mapping[str, Any]) -> bool:
    if unknown_id(spec) is not None:
        return True
    model = spec["model"]
    if model["type"] != "BPE" or model.get("unk_token"):
        return False
    if model.get("continuing_subword_prefix") or model.get("end_of_word_suffix"):
        return False
    if model.get("byte_fallback") and all(token in model["vocab"] for token in _BYTE_TOKENS):
        return True
    return _is_byte_level(spec) and all(letter in model["vocab"] for letter in pre_tokenizers.ByteLevel.alphabet())


def _is_byte_level(spec: Mapping[str, Any]) -> bool:
    steps = [*_steps(spec["normalizer"], "normalizers"), *_steps(spec["pre_tokenizer"], "pretokenizers")]
    return spec["model"]["type"] == "BPE" and any(step["type"] == "ByteLevel" for step in steps)


def _steps(step: Mapping[str, Any] | None, inner: str) -> list[Mapping[str, Any]]:
    if step is None:
        return []
    return [s for part in step[inner] for s in _steps(part, inner)] if step["type"] == "Sequence" else [step]


def _normalizer_keeps(step: Mapping[str, Any]) -> bool:
    if step["type"] == "Replace":
        pattern = step["pattern"].get("String")
        return pattern is not None and len(step["content"]) >= len(pattern)
    return step["type"] in _KEEPING_NORMALIZERS


def _splitter_keeps(step: Mapping[str, Any]) -> bool:
    match step["type"]:
        case "Split" | "Punctuation":
            return bool(step["behavior"] != "Removed")
        case "CharDelimiterSplit":
            return str(step["delimiter"]).isspace()
        case kind:
            return kind in _KEEPING_SPLITTERS

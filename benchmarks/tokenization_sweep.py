"""Where gigatoken and tokenizers give other ids: every code point, for every splitting that is offered.

    python benchmarks/tokenization_sweep.py            # about five minutes; exit 1 when an assigned code point differs

What a splitting does with a character depends on its class alone, and the expressions look one character ahead: so
each code point stands between letters, digits, punctuation, blanks, line ends, itself and a contraction. Those that
the running Python does not know are counted apart: `pipeline/rightful/export/tokens/gigatoken.py` leaves texts with them to tokenizers.
Run it before the version of either in `pyproject.toml` is changed.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

CONTEXTS = "a{c}b{c}'s 1{c}1 .{c}\n{c} {c}{c}  x"
BLOCK = 64


def main() -> int:
    """Sweep and print."""
    from gigatoken.gigatoken_rs import load_hf_json
    from tokenizers import Tokenizer

    from rightful.export.tokens.encoders import train
    from rightful.export.tokens.gigatoken import SPLITS, probes

    names = ("gigatoken", "tokenizers")
    print(", ".join(f"{name} {importlib.metadata.version(name)}" for name in names), end="")
    print(f", Unicode {unicodedata.unidata_version}")
    with tempfile.TemporaryDirectory() as folder:
        train([*probes(), *probes()], 4000, Path(folder) / "tokenizer.json")
        spec = json.loads((Path(folder) / "tokenizer.json").read_text(encoding="utf-8"))
    spec["added_tokens"] = []
    wrong = 0
    for pattern in (None, *sorted(SPLITS)):
        text = json.dumps({**spec, "pre_tokenizer": splitting(pattern)})
        unknown, known = sweep(Tokenizer.from_str(text), load_hf_json(text))
        wrong += len(known)
        print(f"{(pattern or 'ByteLevel')[:60]:60}  differ: {len(known)} assigned, {len(unknown)} not", flush=True)
        print("".join(f"  U+{code:04X} {unicodedata.name(chr(code), '')}\n" for code in known[:20]), end="")
    return int(wrong > 0)


def splitting(pattern: str | None) -> dict[str, Any]:
    """The pre-tokenizer of a tokenizer.json; without a pattern GPT-2's own."""
    last = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": pattern is None}
    if pattern is None:
        return last
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [split, last]}


def sweep(reference: Any, other: Any) -> tuple[list[int], list[int]]:
    """The code points that differ: not assigned, and assigned. Surrogates are in no text."""
    points = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    differ = []
    for start in range(0, len(points), BLOCK * 256):
        blocks = [points[at : at + BLOCK] for at in range(start, min(start + BLOCK * 256, len(points)), BLOCK)]
        texts = ["".join(CONTEXTS.replace("{c}", chr(code)) for code in block) for block in blocks]
        encoded = reference.encode_batch_fast(texts, add_special_tokens=False)
        for block, text, encoding in zip(blocks, texts, encoded, strict=True):
            if encoding.ids != other.encode(text).tolist():
                differ += [code for code in block if alone(reference, code) != other.encode(in_context(code)).tolist()]
    is_known = [unicodedata.category(chr(code)) != "Cn" for code in differ]
    unknown = [code for code, known in zip(differ, is_known, strict=True) if not known]
    return unknown, [code for code, known in zip(differ, is_known, strict=True) if known]


def in_context(code: int) -> str:
    """The contexts with one code point."""
    return CONTEXTS.replace("{c}", chr(code))


def alone(reference: Any, code: int) -> list[int]:
    """The ids of the contexts with one code point."""
    ids: list[int] = reference.encode(in_context(code), add_special_tokens=False).ids
    return ids


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipeline"))
    sys.exit(main())

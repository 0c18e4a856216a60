"""Quality: the rules that others filter web pages by, as numbers and as the names of rules that a text fails. Floor 3.

The rules are those of MassiveText (Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training
Gopher", arXiv:2112.11446, appendix A.1.1 and table A1), C4 (Raffel et al. 2020, JMLR 21, section 2.2, and its reference
implementation), FineWeb (Penedo et al. 2024, arXiv:2406.17557, section 3.6) and RefinedWeb, which DCLM took over (Penedo et
al. 2023, arXiv:2306.01116, appendix G.2; Li et al. 2024, arXiv:2406.11794, section 4). Tags: nothing is deleted, no
line is taken out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.errors import InputError, UnknownName
from rightful.stages import setting, share
from rightful.stages.shared.bytes import Ints, Texts

Numbers = npt.NDArray[np.int64] | npt.NDArray[np.float32]

READ_AT_MOST = 1 << 20
"""Repetition is looked for in so many words, and in so many lines, of a text, from its beginning: memory is bounded."""
MOST_STOP_WORDS = 64

N_GRAMS = tuple(range(2, 11))


class Rule(NamedTuple):
    """A text fails ``slug`` where its ``column`` is below (``least``) or above the setting."""

    slug: str
    column: str
    setting: str
    least: bool = False


def _rules() -> tuple[Rule, ...]:
    top = [Rule(f"gopher-top-{n}gram", f"top_{n}gram_share", f"max_top_{n}gram_share") for n in N_GRAMS[:3]]
    dup = [Rule(f"gopher-dup-{n}gram", f"dup_{n}gram_share", f"max_dup_{n}gram_share") for n in N_GRAMS[3:]]
    return (
        Rule("gopher-few-words", "word_count", "min_words", True),
        Rule("gopher-many-words", "word_count", "max_words"),
        Rule("gopher-short-words", "word_length", "min_word_length", True),
        Rule("gopher-long-words", "word_length", "max_word_length"),
        Rule("gopher-hashes", "hash_ratio", "max_hash_ratio"),
        Rule("gopher-ellipses", "ellipsis_ratio", "max_ellipsis_ratio"),
        Rule("gopher-bullet-lines", "bullet_line_share", "max_bullet_line_share"),
        Rule("gopher-ellipsis-lines", "ellipsis_line_share", "max_ellipsis_line_share"),
        Rule("gopher-few-alpha-words", "alpha_word_share", "min_alpha_word_share", True),
        Rule("gopher-few-stop-words", "stop_words", "min_stop_words", True),
        Rule("gopher-dup-lines", "dup_line_share", "max_dup_line_share"),
        Rule("gopher-dup-paragraphs", "dup_paragraph_share", "max_dup_paragraph_share"),
        Rule("gopher-dup-line-chars", "dup_line_char_share", "max_dup_line_char_share"),
        Rule("gopher-dup-paragraph-chars", "dup_paragraph_char_share", "max_dup_paragraph_char_share"),
        *top,
        *dup,
        Rule("c4-few-sentences", "c4_sentences", "c4_min_sentences", True),
        Rule("c4-curly-bracket", "c4_curly_lines", "c4_max_curly_lines"),
        Rule("c4-lorem-ipsum", "c4_lorem_lines", "c4_max_lorem_lines"),
        Rule("c4-unterminated-lines", "terminal_line_share", "c4_min_terminal_line_share", True),
        Rule("c4-lines-of-few-words", "few_word_line_share", "c4_max_few_word_line_share"),
        Rule("c4-javascript-lines", "javascript_line_share", "c4_max_javascript_line_share"),
        Rule("c4-policy-lines", "policy_line_share", "c4_max_policy_line_share"),
        Rule("fineweb-unpunctuated-lines", "punctuated_line_share", "min_punctuated_line_share", True),
        Rule("fineweb-short-lines", "short_line_share", "max_short_line_share"),
        Rule("fineweb-dup-line-chars", "line_char_dup_ratio", "max_line_char_dup_ratio"),
        Rule("fineweb-newlines", "newline_ratio", "max_newline_ratio"),
        Rule("dclm-flagged-lines", "flagged_word_share", "max_flagged_word_share"),
    )


RULES = _rules()
"""All rules, in the order in which ``filters_failed`` names them; a slug begins with its preset."""
PRESETS = ("gopher", "c4", "fineweb", "dclm", "none")
_PRESET = f"({'|'.join(PRESETS)})"

_WORDS_PARTED = frozenset(("gopher-short-words", "gopher-long-words", "gopher-few-stop-words"))
"""Rules about words that only a reader can part where a script does not: not asked where most words are pieces."""
_ANY_RATIO = frozenset(("max_hash_ratio", "max_ellipsis_ratio", "max_newline_ratio"))
_NUMBERS = frozenset(("min_word_length", "max_word_length"))

_INTEGERS = ("word_count", "stop_words", "c4_sentences", "c4_curly_lines", "c4_lorem_lines")
MEASURES: Mapping[str, str] = {
    "word_count": "Words with a letter or digit; where a script has no spaces, pieces of about a word.",
    "unspaced_word_share": "Share of those that are such pieces; above 0.5 no rule about the length of words applies.",
    "word_length": "Mean characters of those that are not.",
    "hash_ratio": "Number signs (#) per word.",
    "ellipsis_ratio": "Ellipses (... and U+2026) per word.",
    "bullet_line_share": "Share of the lines that are not blank (as in all line shares) that begin with a bullet.",
    "ellipsis_line_share": "Share of the lines that end in an ellipsis.",
    "alpha_word_share": "Share of all words that have a letter.",
    "stop_words": "Distinct stop words, in the language with the most of them here.",
    "dup_line_share": "Share of the lines that occurred earlier in the text.",
    "dup_line_char_share": "Share of the characters that are in such lines.",
    "dup_paragraph_share": "Share of the paragraphs that occurred earlier in the text.",
    "dup_paragraph_char_share": "Share of the characters that are in such paragraphs.",
    "top_2gram_share": "Share of the characters that the most frequent 2 words in a row make up.",
    "top_3gram_share": "Share of the characters that the most frequent 3 words in a row make up.",
    "top_4gram_share": "Share of the characters that the most frequent 4 words in a row make up.",
    "dup_5gram_share": "Share of the characters in 5 words in a row that occurred earlier in the text.",
    "dup_6gram_share": "Share of the characters in 6 words in a row that occurred earlier in the text.",
    "dup_7gram_share": "Share of the characters in 7 words in a row that occurred earlier in the text.",
    "dup_8gram_share": "Share of the characters in 8 words in a row that occurred earlier in the text.",
    "dup_9gram_share": "Share of the characters in 9 words in a row that occurred earlier in the text.",
    "dup_10gram_share": "Share of the characters in 10 words in a row that occurred earlier in the text.",
    "terminal_line_share": "Share of the lines that end as C4 asks.",
    "few_word_line_share": "Share of the lines with fewer words than C4 asks for.",
    "javascript_line_share": "Share of the lines that mention Javascript.",
    "policy_line_share": "Share of the lines about cookies, privacy or terms of use.",
    "c4_line_share": "Share of the lines that C4 keeps.",
    "c4_sentences": "Sentences in the lines that C4 keeps.",
    "c4_curly_lines": "Lines with a curly bracket, of those that C4 would otherwise keep.",
    "c4_lorem_lines": "Lines with lorem ipsum, of those that C4 would otherwise keep.",
    "punctuated_line_share": "Share of the lines that end in a sentence end of any script.",
    "short_line_share": "Share of the lines with few characters.",
    "line_char_dup_ratio": "Characters in lines that occurred earlier, per character other than line feeds.",
    "newline_ratio": "Line feeds per word.",
    "upper_line_share": "Share of the lines that are mostly capitals.",
    "numeric_line_share": "Share of the lines with digits and no letter.",
    "one_word_line_share": "Share of the lines of one word.",
    "counter_line_share": "Share of the lines such as 3 likes.",
    "flagged_word_share": "Share of the words that are in lines of the last four kinds.",
}
"""What is measured of a text, a column each, in their order."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What a text measures by these rules, and in ``filters_failed`` the slugs of the rules of ``preset`` that it fails.

    ``preset``: ``gopher``, ``c4``, ``fineweb``, ``dclm``, ``none``, or several joined by ``+``. FineWeb itself was made
    with ``gopher+c4+fineweb`` and ``c4_terminal_punctuation = false``. A rule compares the stored number with the
    setting, so the same can be asked of the columns with other thresholds later.

    **Words** are runs of visible characters (``str.split()``), as in C4's code. In scripts that do not put spaces
    between words a run is cut further, into pieces of about a word: before and behind letters and digits of other
    scripts, behind punctuation, and within between two characters where a hash of the two says so (on average after 2
    characters of Han and Kana, after 2.7 and their marks of Thai, Lao, Khmer, Burmese, Tibetan, Javanese; 8 at most). No
    dictionary, but the same phrase is always cut in the same places, so that its repetition is found. Where more than
    half of the words are such pieces, the mean word length and the stop words are not asked for.

    **Gopher quality** (A.1.1): ``min_words``, ``max_words`` count words that are not only symbols; ``word_length`` is
    their mean in characters, pieces aside; ``max_hash_ratio``, ``max_ellipsis_ratio``: ``#`` and ``...``/U+2026 per word;
    lines that begin with a bullet or end in an ellipsis; words with a letter; distinct stop words. A text in another
    language has to have the stop words of any one of the languages that :mod:`rightful.stages.quality.words` lists;
    ``stop_words`` of your own, separated by spaces, replace all of them. A text in a language without a list fails: give one,
    or set ``min_stop_words = 0``.

    **Gopher repetition** (A.1.1, table A1): lines and paragraphs that were there before, by number and by characters; the
    characters of the most frequent 2- to 4-gram; the characters of 5- to 10-grams that were there before, none counted
    twice. Blank lines do not count, but part paragraphs; white space at the end of a line does not count either. Looked
    for in the first :data:`READ_AT_MOST` words and lines.

    **C4** (2.2): which lines it keeps (they end in ``. ? ! " '`` or in what ends a sentence or quotation in other scripts,
    but not in ``...``; at least ``c4_min_words_per_line`` words, none longer than ``c4_max_word_length``; nothing of
    Javascript or of policies; citation marks aside) and how many sentences are in those; a curly bracket or "lorem ipsum"
    in a line that it would otherwise keep. The last four settings are about lines that C4 takes out and refuse no text
    by default. A sentence ends in terminal punctuation before white space, but not behind a single letter (``e.g.``).

    **FineWeb** (3.6): lines that end in punctuation (the Unicode property Sentence_Terminal), lines of
    ``short_line_chars`` characters or fewer, characters in lines that were there before, line feeds per word.

    **DCLM** (RefinedWeb, G.2): words in lines that are mostly capitals, only digits, one word or a counter (``3 likes``).

    Shares are 0 where there is nothing to have a share of; an empty text therefore fails what asks for a least.
    """

    name: ClassVar[str] = "quality"
    about: ClassVar[str] = "The filter rules of Gopher, C4, FineWeb and DCLM, as numbers and as tags."
    version: ClassVar[str] = "rightful-quality/1"
    adds: ClassVar[tuple[pa.Field, ...]] = (
        *(pa.field(n, pa.int64() if n in _INTEGERS else pa.float32()) for n in MEASURES),
        pa.field("filters_failed", pa.list_(pa.string())),
    )
    says: ClassVar[Mapping[str, str]] = {
        **MEASURES,
        "filters_failed": "The rules of the preset that the text fails, in a fixed order: a tag, nothing is deleted for it."
        " Null: not asked.",
    }

    preset: str = setting(
        "gopher",
        "Whose rules filters_failed names: gopher, c4, fineweb, dclm, none, or several joined by +.",
        pattern=rf"^({_PRESET}(\+{_PRESET})*)$",
    )
    stop_words: str = setting("", "Your own stop words, separated by spaces, at most 64; empty: the built-in lists.")
    min_words: int = setting(50, "Gopher: the least words.", minimum=0)
    max_words: int = setting(100_000, "Gopher: the most words.", minimum=0)
    min_word_length: float = setting(3.0, "Gopher: the least mean length of a word.", minimum=0)
    max_word_length: float = setting(10.0, "Gopher: the greatest mean length of a word.", minimum=0)
    max_hash_ratio: float = setting(0.1, "Gopher: the most number signs per word.", minimum=0)
    max_ellipsis_ratio: float = setting(0.1, "Gopher: the most ellipses per word.", minimum=0)
    max_bullet_line_share: float = share(0.9, "Gopher: the most lines that begin with a bullet.")
    max_ellipsis_line_share: float = share(0.3, "Gopher: the most lines that end in an ellipsis.")
    min_alpha_word_share: float = share(0.8, "Gopher: the least words with a letter.")
    min_stop_words: int = setting(2, "Gopher: the least distinct stop words.", minimum=0)
    max_dup_line_share: float = share(0.3, "Gopher: the most lines that were there before.")
    max_dup_paragraph_share: float = share(0.3, "Gopher: the most paragraphs that were there before.")
    max_dup_line_char_share: float = share(0.2, "Gopher: the most characters in such lines.")
    max_dup_paragraph_char_share: float = share(0.2, "Gopher: the most characters in such paragraphs.")
    max_top_2gram_share: float = share(
        0.2, "Gopher: the most characters that the most frequent 2 words in a row make up."
    )
    max_top_3gram_share: float = share(
        0.18, "Gopher: the most characters that the most frequent 3 words in a row make up."
    )
    max_top_4gram_share: float = share(
        0.16, "Gopher: the most characters that the most frequent 4 words in a row make up."
    )
    max_dup_5gram_share: float = share(
        0.15, "Gopher: the most characters in 5 words in a row that occurred earlier in the text."
    )
    max_dup_6gram_share: float = share(
        0.14, "Gopher: the most characters in 6 words in a row that occurred earlier in the text."
    )
    max_dup_7gram_share: float = share(
        0.13, "Gopher: the most characters in 7 words in a row that occurred earlier in the text."
    )
    max_dup_8gram_share: float = share(
        0.12, "Gopher: the most characters in 8 words in a row that occurred earlier in the text."
    )
    max_dup_9gram_share: float = share(
        0.11, "Gopher: the most characters in 9 words in a row that occurred earlier in the text."
    )
    max_dup_10gram_share: float = share(
        0.1, "Gopher: the most characters in 10 words in a row that occurred earlier in the text."
    )
    c4_terminal_punctuation: bool = setting(
        True, "C4: whether only lines count that end as sentences do; FineWeb: false."
    )
    c4_min_words_per_line: int = setting(3, "C4: the least words of a line that counts.", minimum=0)
    c4_max_word_length: int = setting(1000, "C4: the longest word in a line that counts.", minimum=0)
    c4_min_sentences: int = setting(5, "C4: the least sentences in lines that count.", minimum=0)
    c4_max_curly_lines: int = setting(0, "C4: the most lines with a curly bracket.", minimum=0)
    c4_max_lorem_lines: int = setting(0, "C4: the most lines with lorem ipsum.", minimum=0)
    c4_min_terminal_line_share: float = share(
        0.0, "The least lines that end as sentences do; 0, as C4 has it, asks for none."
    )
    c4_max_few_word_line_share: float = share(1.0, "The most lines of few words; 1, as C4 has it, refuses no text.")
    c4_max_javascript_line_share: float = share(
        1.0, "The most lines about Javascript; 1, as C4 has it, refuses no text."
    )
    c4_max_policy_line_share: float = share(1.0, "The most lines about policies; 1, as C4 has it, refuses no text.")
    short_line_chars: int = setting(30, "FineWeb: a line of so many characters or fewer is short.", minimum=0)
    min_punctuated_line_share: float = share(0.12, "FineWeb: the least lines that end in punctuation.")
    max_short_line_share: float = share(0.67, "FineWeb: the most short lines.")
    max_line_char_dup_ratio: float = share(0.01, "FineWeb: the most characters in lines that occurred earlier.")
    max_newline_ratio: float = setting(0.3, "FineWeb: the most line feeds per word.", minimum=0)
    max_flagged_word_share: float = share(
        0.05, "DCLM: the most words in lines of capitals, digits, one word or a counter."
    )

    def __post_init__(self) -> None:
        """Raise :class:`UnknownName` for a preset that is not there, :class:`InputError` for a threshold that cannot be."""
        for name in self.preset.split("+"):
            if name not in PRESETS:
                raise UnknownName.of("quality preset", name, PRESETS, subject="quality.preset")
        if len(set(self.stop_words.split())) > MOST_STOP_WORDS:
            raise InputError(f"expected at most {MOST_STOP_WORDS} words", subject="quality.stop_words")
        for field in dataclasses.fields(self):
            _check(field.name, getattr(self, field.name))
        for least, most in (("min_words", "max_words"), ("min_word_length", "max_word_length")):
            low, high = getattr(self, least), getattr(self, most)
            if low > high:
                raise InputError(f"{low} is more than {most}, which is {high}", subject=f"quality.{least}")

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The numbers of each text, and the rules that it fails."""
        texts = Texts.of(batch)
        values = _values(self._counts(texts))
        columns = {n: pa.array(values[n], pa.int64() if n in _INTEGERS else pa.float32()) for n in MEASURES}
        return {**columns, "filters_failed": self._failed(values, len(texts))}

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of the preset."""
        chosen = self.preset.split("+")
        return tuple(rule for rule in RULES if rule.slug.partition("-")[0] in chosen)

    def _counts(self, texts: Texts) -> dict[str, Ints]:
        from rightful.stages.quality import loops, words  # loads the compiler

        own = " ".join(dict.fromkeys(self.stop_words.split()))
        stop = words.stop_words(own)
        settings = (
            *(self.c4_terminal_punctuation, self.c4_min_words_per_line, self.c4_max_word_length),
            *(self.short_line_chars, READ_AT_MOST, stop.longest),
        )
        counts = np.zeros((len(texts), len(loops.COUNTS)), np.int64)
        data, bounds = texts.data.view(), texts.bounds.view()
        data.flags.writeable = bounds.flags.writeable = False  # or the loop is compiled once for each of the two
        rows, sizes = words.phrases()
        rules = np.array(settings, np.int64)
        known = words.classes()
        table = (stop.slots, stop.starts, stop.entries, stop.n_lists, stop.bits)
        loops.measure(data, bounds, known, rules, *table, rows, sizes, counts)
        return {name: counts[:, i] for i, name in enumerate(loops.COUNTS)}

    def _failed(self, values: Mapping[str, Numbers], n: int) -> pa.Array:
        """The slugs of each text."""
        rules = self.rules
        failed = np.zeros((n, len(rules)), np.bool_)
        unparted = values["unspaced_word_share"] > np.float32(0.5)
        for i, rule in enumerate(rules):
            value = values[rule.column]
            setting = value.dtype.type(getattr(self, rule.setting))
            failed[:, i] = value < setting if rule.least else value > setting
            if rule.slug in _WORDS_PARTED:
                failed[unparted, i] = False
        ends = np.cumsum(failed.sum(axis=1), dtype=np.int32)
        slugs = pa.array([rule.slug for rule in rules], pa.string()).take(pa.array(np.nonzero(failed)[1]))
        return pa.ListArray.from_arrays(pa.array(np.concatenate([np.zeros(1, np.int32), ends])), slugs)


def _check(name: str, value: object) -> None:
    if isinstance(value, (str, bool)):
        return
    if isinstance(value, int) and name not in _NUMBERS and not name.endswith(("_share", "_ratio")):
        if not 0 <= value < 1 << 62:
            raise InputError(f"expected a number from 0 on, not {value}", subject=f"quality.{name}")
    elif name in _NUMBERS or name in _ANY_RATIO:
        if not 0 <= float(value) < float("inf"):  # type: ignore[arg-type]
            raise InputError(f"expected a number from 0 on, not {value}", subject=f"quality.{name}")
    elif not 0 <= float(value) <= 1:  # type: ignore[arg-type]
        raise InputError(f"expected a share from 0 to 1, not {value}", subject=f"quality.{name}")


def _values(c: Mapping[str, Ints]) -> dict[str, Numbers]:
    """The columns, from what was counted."""
    lines = c["lines"]
    shares = {
        "unspaced_word_share": (c["pieces"], c["real"]),
        "word_length": (c["spaced_chars"], c["spaced"]),
        "hash_ratio": (c["hashes"], c["words"]),
        "ellipsis_ratio": (c["ellipses"], c["words"]),
        "bullet_line_share": (c["bullets"], lines),
        "ellipsis_line_share": (c["ellipsis_lines"], lines),
        "alpha_word_share": (c["alpha"], c["words"]),
        "dup_line_share": (c["dup_lines"], c["read_lines"]),
        "dup_line_char_share": (c["dup_line_chars"], c["read_line_chars"]),
        "dup_paragraph_share": (c["dup_paragraphs"], c["paragraphs"]),
        "dup_paragraph_char_share": (c["dup_paragraph_chars"], c["read_line_chars"]),
        **{f"top_{n}gram_share": (c[f"top_{n}"], c["read_chars"]) for n in N_GRAMS[:3]},
        **{f"dup_{n}gram_share": (c[f"dup_{n}"], c["read_chars"]) for n in N_GRAMS[3:]},
        "terminal_line_share": (c["terminal"], lines),
        "few_word_line_share": (c["few_words"], lines),
        "javascript_line_share": (c["javascript"], lines),
        "policy_line_share": (c["policy"], lines),
        "c4_line_share": (c["c4_lines"], lines),
        "punctuated_line_share": (c["punctuated"], lines),
        "short_line_share": (c["short"], lines),
        "line_char_dup_ratio": (c["dup_line_chars"], c["read_line_chars"] - c["read_newlines"]),
        "newline_ratio": (c["newlines"], c["words"]),
        "upper_line_share": (c["upper"], lines),
        "numeric_line_share": (c["numeric"], lines),
        "one_word_line_share": (c["single"], lines),
        "counter_line_share": (c["counters"], lines),
        "flagged_word_share": (c["flagged"], c["words"]),
    }
    return {
        "word_count": c["real"],
        "stop_words": c["stop_words"],
        "c4_sentences": c["sentences"],
        "c4_curly_lines": c["curly"],
        "c4_lorem_lines": c["lorem"],
        **{name: (part / np.maximum(whole, 1)).astype(np.float32) for name, (part, whole) in shares.items()},
    }

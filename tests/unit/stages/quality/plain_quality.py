"""The rules of Quality read plainly, one text and one word at a time: what the compiled loop is held against."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from rightful.stages.quality.stage import RULES, Quality
from rightful.stages.quality.words import _EAST, _SOUTH, COUNTERS, PHRASES, STOP_WORDS, classes

TERMINAL, WIDE, CLOSER, QUOTE = 8, 16, 32, 64  # of the table of characters


def kind(char: str, bit: int) -> bool:
    return bool(classes()[ord(char)] & bit)


def script(char: str) -> str:
    if not char or not (char.isalnum() or is_mark(char)):
        return ""
    code = ord(char)
    if code >= 0x20000:
        return "east" if char.isalpha() else ""
    for name, ranges in (("east", _EAST), ("south", _SOUTH)):
        if any(start <= code < stop for start, stop in ranges):
            return name
    return ""


def is_mark(char: str) -> bool:
    return not char.isalnum() and not char.isspace() and kind(char, 4) and kind(char, 512)


def is_real(char: str) -> bool:
    return char.isalnum() or is_mark(char)


class Word(NamedTuple):
    text: str
    piece: bool
    gap: bool

    @property
    def real(self) -> bool:
        return any(map(is_real, self.text))

    @property
    def core(self) -> str:
        return "".join(c.lower() if c in string.ascii_uppercase else c for c in self.text if is_real(c))


def words_of(text: str) -> list[Word]:
    found = []
    for run in text.split():
        cuts = [0]
        for i in range(1, len(run)):
            if is_cut(run[cuts[-1] : i], run[i]):
                cuts.append(i)
        for start, stop in zip(cuts, [*cuts[1:], len(run)], strict=True):
            part = run[start:stop]
            found.append(Word(part, any(map(script, part)), start == 0))
    return found


def is_cut(before: str, char: str) -> bool:
    here = script(char)
    piece = any(map(script, before))
    if is_mark(char) or not (here or piece):
        return False
    if not here:
        return char.isalnum()
    base = before.rstrip("".join(filter(is_mark, set(before))))[-1:]
    if not piece or script(base) != here:
        return any(map(is_real, before))
    if len(before) >= 8:
        return True
    mixed = (ord(base) * 0x9E3779B1 + ord(char) * 0x85EBCA77) % 2**32
    return ((mixed ^ mixed >> 15) * 0x2C1B3C6D % 2**32 >> 24) < {"east": 128, "south": 96}[here]


def again(things: Sequence[Hashable], sizes: Sequence[int]) -> tuple[int, int]:
    seen: set[Hashable] = set()
    number = chars = 0
    for thing, size in zip(things, sizes, strict=True):
        if thing in seen:
            number += 1
            chars += size
        seen.add(thing)
    return number, chars


def top_gram(words: list[Word], n: int) -> int:
    grams = [tuple(w.text for w in words[i : i + n]) for i in range(len(words) - n + 1)]
    if not grams:
        return 0
    counted = Counter(grams)
    gram = max(counted, key=counted.__getitem__)  # of equally frequent ones the first
    first, most = grams.index(gram), counted[gram]
    return most * (
        sum(len(w.text) for w in words[first : first + n]) + sum(w.gap for w in words[first + 1 : first + n])
    )


def dup_gram(words: list[Word], n: int) -> int:
    seen: set[tuple[str, ...]] = set()
    at = chars = 0
    while at + n <= len(words):
        gram = tuple(w.text for w in words[at : at + n])
        if gram in seen:
            chars += sum(map(len, gram))
            at += n
        else:
            seen.add(gram)
            at += 1
    return chars


def sentences_of(line: str) -> int:
    count, open_end = 0, True
    runs = [
        (ends, list(g)) for ends, g in groupby(enumerate(line), lambda p: kind(p[1], TERMINAL) or kind(p[1], CLOSER))
    ]
    for ends, run in runs:
        last = run[-1][0]
        if not ends:
            open_end = open_end or any(not c.isspace() for _, c in run)
            continue
        closing = [c for i, c in run if kind(c, TERMINAL) and not (c == "." and is_initial(line, i))]
        at_space = last + 1 == len(line) or line[last + 1].isspace()
        if any(kind(c, WIDE) for c in closing) or (closing and at_space):
            count += 1
            open_end = not at_space
        else:
            open_end = True
    return count + open_end


def is_initial(line: str, at: int) -> bool:
    start = at
    while start and line[start - 1].isalpha() and not script(line[start - 1]):
        start -= 1
    return at - start == 1 and ord(line[at - 1]) < 0x530


def reference(text: str, stage: Quality) -> dict[str, Any]:
    whole = text.split("\n")
    starts = np.cumsum([0, *(len(line) + 1 for line in whole)]).tolist()
    parsed = [(start, line.rstrip(), words_of(line)) for start, line in zip(starts, whole, strict=False)]
    lines = [(line, words) for _, line, words in parsed if words]
    words = [word for _, words in lines for word in words]
    real = [w for w in words if w.real]
    spaced = [w for w in real if not w.piece]
    line_dups = again([line for line, _ in lines], [len(line) for line, _ in lines])
    paragraphs = [list(g) for there, g in groupby(parsed, lambda p: bool(p[2])) if there]
    paragraph_dups = again(
        [tuple(line for _, line, _ in p) for p in paragraphs],
        [p[-1][0] + len(p[-1][1]) - p[0][0] for p in paragraphs],
    )
    c4 = [c4_line(line, words, stage) for line, words in lines]
    dclm = [dclm_line(line, words) for line, words in lines]
    flagged = sum(len(words) for (_, words), told in zip(lines, dclm, strict=True) if any(told))
    cores = {w.core for w in spaced}
    chosen = [stage.stop_words] if stage.stop_words else list(STOP_WORDS.values())

    def of_words(n: int) -> float:
        return share(n, len(words))

    def of_lines(n: int) -> float:
        return share(n, len(lines))

    return {
        "word_count": len(real),
        "unspaced_word_share": share(len(real) - len(spaced), len(real)),
        "word_length": share(sum(len(w.text) for w in spaced), len(spaced)),
        "hash_ratio": of_words(text.count("#")),
        "ellipsis_ratio": of_words(text.count("...") + text.count("\u2026")),
        "bullet_line_share": of_lines(sum(bool(re.match(r"\s*(\* |[-•‣⁃▪●◦])", line)) for line, _ in lines)),
        "ellipsis_line_share": of_lines(sum(line.endswith(("...", "\u2026")) for line, _ in lines)),
        "alpha_word_share": of_words(sum(any(map(str.isalpha, w.text)) for w in words)),
        "stop_words": max(len(cores & set(own.split())) for own in chosen),
        "dup_line_share": of_lines(line_dups[0]),
        "dup_line_char_share": share(line_dups[1], len(text)),
        "dup_paragraph_share": share(paragraph_dups[0], len(paragraphs)),
        "dup_paragraph_char_share": share(paragraph_dups[1], len(text)),
        **{f"top_{n}gram_share": share(top_gram(words, n), len(text)) for n in (2, 3, 4)},
        **{f"dup_{n}gram_share": share(dup_gram(words, n), len(text)) for n in range(5, 11)},
        "terminal_line_share": of_lines(sum(is_terminal(line) for line, _ in lines)),
        "few_word_line_share": of_lines(sum(len(ws) < stage.c4_min_words_per_line for _, ws in lines)),
        "javascript_line_share": of_lines(sum("javascript" in lower(line) for line, _ in lines)),
        "policy_line_share": of_lines(sum(is_policy(line) for line, _ in lines)),
        "c4_line_share": of_lines(c4.count("kept")),
        "c4_sentences": sum(sentences_of(line) for (line, _), told in zip(lines, c4, strict=True) if told == "kept"),
        "c4_curly_lines": c4.count("curly"),
        "c4_lorem_lines": c4.count("lorem"),
        "punctuated_line_share": of_lines(sum(kind(line[-1], TERMINAL) for line, _ in lines)),
        "short_line_share": of_lines(sum(len(line) <= stage.short_line_chars for line, _ in lines)),
        "line_char_dup_ratio": share(line_dups[1], len(text) - text.count("\n")),
        "newline_ratio": of_words(text.count("\n")),
        "upper_line_share": of_lines(sum(told[0] for told in dclm)),
        "numeric_line_share": of_lines(sum(told[1] for told in dclm)),
        "one_word_line_share": of_lines(sum(told[2] for told in dclm)),
        "counter_line_share": of_lines(sum(told[3] for told in dclm)),
        "flagged_word_share": of_words(flagged),
    }


def share(part: int, whole: int) -> float:
    return float(np.float32(part / max(whole, 1)))


def lower(line: str) -> str:
    return "".join(c.lower() if c in string.ascii_uppercase else c for c in line)


def is_policy(line: str) -> bool:
    return any(phrase.decode() in lower(line) for phrase, _ in PHRASES[2:])


def is_terminal(line: str) -> bool:
    line = uncited(line)
    return bool(line) and (kind(line[-1], TERMINAL) or kind(line[-1], QUOTE)) and not line.endswith("...")


def uncited(line: str) -> str:
    while found := re.search(r"\[([0-9]{0,16}|edit|citation needed)\]\Z", line):
        line = line[: found.start()].rstrip(" ")
    return line


def c4_line(line: str, words: list[Word], stage: Quality) -> str:
    if max(len(w.text) for w in words) > stage.c4_max_word_length or len(words) < stage.c4_min_words_per_line:
        return "dropped"
    if stage.c4_terminal_punctuation and not is_terminal(line):
        return "dropped"
    if "lorem ipsum" in lower(line):
        return "lorem"
    if "javascript" in lower(line):
        return "dropped"
    if "{" in line:
        return "curly"
    return "dropped" if is_policy(line) else "kept"


def dclm_line(line: str, words: list[Word]) -> tuple[bool, bool, bool, bool]:
    upper = 2 * sum(c.isalpha() and c.isupper() for c in line) > len(line)
    numeric = any(map(str.isdecimal, line)) and not any(map(str.isalpha, line))
    counts = [w.real and not w.piece for w in words] == [True, True] and any(map(str.isdecimal, words[0].text))
    return upper, numeric, len(words) == 1, counts and words[1].core in COUNTERS.split()


def failed(values: dict[str, Any], stage: Quality) -> list[str]:
    """Every rule by itself, in 32 bits as the columns are."""
    slugs = []
    for rule in RULES:
        setting = float(np.float32(getattr(stage, rule.setting)))
        fails = values[rule.column] < setting if rule.least else values[rule.column] > setting
        by_reader = rule.slug in ("gopher-short-words", "gopher-long-words", "gopher-few-stop-words")
        if fails and not (by_reader and values["unspaced_word_share"] > 0.5):
            slugs.append(rule.slug)
    return slugs

"""The loop behind the stage ``quality``: words, lines and n-grams of all texts of a batch, compiled. Not a stage.

Only :mod:`rightful.stages.quality.stage` imports this, and only when it runs: numba takes half a second to load and its code
ten to be made, the first time. Words and lines are compared by 64-bit hashes. Nothing here depends on other texts of the
batch.

One file, long as it is: numba looks at the file of a function, and at no other, to see whether the code that it kept on
disk is still true.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rightful.stages.shared.scan import (
    CAPITALS,
    DIGITS,
    HIGH,
    LETTERS,
    LINE_FEEDS,
    SPACES,
    WINDOW,
    below,
    compiled,
    eight,
    high_zeros,
    inlined,
    low_zeros,
    ones,
    part,
    window,
)

SPACE, LETTER, OTHER, TERMINAL, WIDE, CLOSER, QUOTE = (1 << bit for bit in range(7))
EAST, SOUTH, MARK, UPPER, DIGIT, LOOK = (1 << bit for bit in range(7, 13))
"""Classes of characters. OTHER: digits and marks, which make a word but not an alphabetic one. TERMINAL: ends a
sentence; WIDE: without a space behind it. EAST, SOUTH: written without spaces. LOOK: counted by itself, or a phrase
may be around it."""
UNSPACED = EAST | SOUTH
REAL = LETTER | OTHER

COUNTS = (
    "chars words real pieces spaced spaced_chars alpha hashes ellipses newlines lines bullets ellipsis_lines stop_words "
    "read_chars read_line_chars read_newlines read_lines paragraphs dup_lines dup_line_chars dup_paragraphs "
    "dup_paragraph_chars top_2 top_3 top_4 dup_5 dup_6 dup_7 dup_8 dup_9 dup_10 terminal few_words c4_lines sentences "
    "curly lorem javascript policy punctuated short upper numeric single counters flagged"
).split()
"""What is counted in each text, in the order of the columns of the result."""
(
    CHARS, WORDS, N_REAL, PIECES, SPACED, SPACED_CHARS, ALPHA, HASHES, ELLIPSES, NEWLINES, LINES, BULLETS, ELLIPSIS_LINES,
    STOP_WORDS, READ_CHARS, READ_LINE_CHARS, READ_NEWLINES, READ_LINES, PARAGRAPHS, DUP_LINES, DUP_LINE_CHARS,
    DUP_PARAGRAPHS, DUP_PARAGRAPH_CHARS, TOP_2, _TOP_3, _TOP_4, DUP_5, _DUP_6, _DUP_7, _DUP_8, _DUP_9, _DUP_10, N_TERMINAL,
    FEW_WORDS, C4_LINES, SENTENCES, CURLY, LOREM, JAVASCRIPT, POLICY, PUNCTUATED, SHORT, N_UPPER, NUMERIC, SINGLE,
    COUNTERS, FLAGGED,
) = range(len(COUNTS))  # fmt: skip

LONGEST_PIECE = 8
"""Of a word in a script without spaces, in characters."""

K1, K2, K3 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xD6E8FEB86659FD93)
FOLD = np.uint64(29)
FIRST_HASH = np.uint64(0x243F6A8885A308D3)


CLOSING = (
    (0x21, 0x22),
    (0x27, 0x27),
    (0x29, 0x2A),
    (0x2E, 0x2E),
    (0x3F, 0x3F),
    (0x5D, 0x5D),
    (0x5F, 0x5F),
    (0x7D, 0x7D),
)
"""Of ASCII, what ends a sentence and what may stand behind that: TERMINAL and CLOSER."""
_LOOK = (CLOSING, ((0x2E, 0x2E),), ((0x23, 0x23),), ((0x7B, 0x7B),))
_look = window(
    HIGH, SPACES, LINE_FEEDS, LETTERS, CAPITALS, DIGITS, *_LOOK, *(((c, c), (c - 32, c - 32)) for c in b"vapsfuki")
)


@part
def _phrase(data: Any, low: int, stop: int, at: int, phrases: Any, sizes: Any) -> int:
    """Which phrases lie around the letter at ``at``, in ``data[low:stop]``: 1 Javascript, 2 lorem ipsum, 4 policies."""
    found = 0
    letter = data[at] | 32
    for which in range(sizes.shape[0]):
        if sizes[which, 2] != letter:
            continue
        start = at - sizes[which, 1]
        if start < low or start + sizes[which, 0] > stop:
            continue
        same = True
        for i in range(sizes[which, 0]):
            byte = data[start + i]
            if byte >= 65 and byte <= 90:
                byte += 32
            if byte != phrases[which, i]:
                same = False
                break
        if same:
            found |= 1 if which == 0 else (2 if which == 1 else 4)
    return found


# --- repetition -----------------------------------------------------------------------------------------------------


@part
def _mixed(a: Any, b: Any) -> Any:
    x = (a ^ (b * K2 + K3)) * K1
    return x ^ (x >> FOLD)


@part
def _slots_for(n: int) -> int:
    size = 8
    while size < 2 * n:
        size *= 2
    return size


@part
def _repeated(keys: Any, sizes: Any, n: int, slots: Any) -> tuple[int, int]:
    """How many of ``n`` things are there a second time or more, and how many characters these have."""
    size = _slots_for(n)
    slots[:size] = 0
    mask = np.uint64(size - 1)
    again, chars = 0, 0
    for i in range(n):
        key = keys[i]
        slot = key & mask
        while slots[slot] != 0 and keys[slots[slot] - 1] != key:
            slot = (slot + np.uint64(1)) & mask
        if slots[slot] == 0:
            slots[slot] = i + 1
        else:
            again += 1
            chars += sizes[i]
    return again, chars


SEEN = 1 << 15
"""Numbers of one byte that are set to zero again and again: they stay in the first-level cache."""


@part
def _twice(keys: Any, at: Any, m: int, seen: Any) -> int:
    """Keep, of ``m`` keys and where they are, those that may be there twice; returns how many.

    None is lost that is there twice; of the others, some stay: those with the low bits of another. No branch depends
    on the keys, so that it costs little beside a table of hashes, and that has less to do.
    """
    size = 64
    while size < 4 * m and size < seen.size:
        size *= 2
    seen[:size] = 0
    mask = np.uint64(size - 1)
    for c in range(m):
        place = keys[c] & mask
        seen[place] = min(seen[place] + np.uint8(1), np.uint8(2))
    kept = 0
    for c in range(m):
        key, where = keys[c], at[c]
        keys[kept] = key
        at[kept] = where
        kept += seen[key & mask] > 1
    return kept


@part
def _n_grams(hashes: Any, ends: Any, gaps: Any, n: int, work: Any, keys: Any, slots: Any, seen: Any, out: Any) -> None:
    """Characters in the most frequent 2- to 4-gram, and in repeated 5- to 10-grams, of ``n`` words.

    ``ends[i]`` and ``gaps[i]`` are the characters, and the words with white space before them, among the first ``i``
    words. An n-gram can only be there twice where the (n-1)-gram that it begins with is: the candidates of each length
    are those of the one before that were, so that nearly all positions are looked up once or twice, not nine times.
    """
    at, first, count, counted = work[0], work[1], work[2], work[3]
    m = max(n - 1, 0)
    for i in range(m):
        at[i] = i
        keys[i] = _mixed(hashes[i], hashes[i + 1])
    for k in range(2, 11):
        m = _twice(keys, at, m, seen)
        size = _slots_for(m)
        slots[:size] = 0
        mask = np.uint64(size - 1)
        for c in range(m):
            key = keys[c]
            slot = (key >> np.uint64(32)) & mask
            while slots[slot] != 0 and keys[slots[slot] - 1] != key:
                slot = (slot + np.uint64(1)) & mask
            if slots[slot] == 0:
                slots[slot] = c + 1
                first[c] = c
                count[c] = 1
                counted[c] = 0
            else:
                first[c] = slots[slot] - 1
                count[first[c]] += 1
        if k <= 4:
            most, where = 1, 0  # of equally frequent ones the first
            for c in range(m):
                if count[first[c]] > most:
                    most, where = count[first[c]], at[first[c]]
            if n >= k:
                out[TOP_2 + k - 2] = most * (ends[where + k] - ends[where] + gaps[where + k] - gaps[where + 1])
        else:
            free, chars = 0, 0
            for c in range(m):
                if at[c] >= free:
                    if counted[first[c]] == 1:
                        chars += ends[at[c] + k] - ends[at[c]]
                        free = at[c] + k
                    else:
                        counted[first[c]] = 1
            out[DUP_5 + k - 5] = chars
        kept = 0
        for c in range(m):
            if count[first[c]] > 1 and at[c] + k < n:
                keys[kept] = _mixed(keys[c], hashes[at[c] + k])
                at[kept] = at[c]
                kept += 1
        m = kept


# --- words ---


@part
def _hash(data: Any, start: int, stop: int) -> Any:
    """The hash of some bytes, eight at a time."""
    h = FIRST_HASH
    at = start
    while stop - at >= 8:
        h = (h ^ eight(data, at)) * K1
        h ^= h >> FOLD
        at += 8
    if at < stop:
        h = (h ^ (eight(data, at) & below(8 * (stop - at)))) * K1
        h ^= h >> FOLD
    return _mixed(h, np.uint64(stop - start))


@part
def _core(data: Any, start: int, stop: int, classes: Any, longest: int) -> Any:
    """The hash by which a word is looked up: of its letters and digits alone, A-Z as a-z; 0 if they are more than
    ``longest`` bytes.
    """
    h, packed, n = FIRST_HASH, np.uint64(0), 0
    while start < stop:
        point, size = _character(data, start)
        if classes[point] & REAL:
            if n + size > longest:
                return np.uint64(0)
            for i in range(start, start + size):
                byte = np.uint64(data[i] + 32 if 65 <= data[i] <= 90 else data[i])
                packed |= byte << np.uint64(8 * (n & 7))
                n += 1
                if n & 7 == 0:
                    h, packed = _step(h, packed), np.uint64(0)
        start += size
    return _step(h, packed) if n & 7 else h


@inlined
def _step(h: Any, packed: Any) -> Any:
    h = (h ^ packed) * K1
    return h ^ (h >> FOLD)


@part
def _ends_sentence(data: Any, start: int, stop: int, classes: Any) -> bool:
    """Whether a word of ASCII ends a sentence: terminal punctuation and what closes, behind more than one letter."""
    at = stop
    while at > start and classes[data[at - 1]] & (TERMINAL | CLOSER):
        at -= 1
    if at < stop and at > start and data[at] == 46 and classes[data[at - 1]] & LETTER:
        if at - 1 == start or classes[data[at - 2]] & LETTER == 0:
            at += 1  # A. A. Milne, e.g.
    while at < stop:
        if classes[data[at]] & TERMINAL:
            return True
        at += 1
    return False


@part
def _ellipses(dots: Any) -> int:
    """How many times three dots stand in a row."""
    found = 0
    while dots:
        run = low_zeros(~(dots >> np.uint64(low_zeros(dots))))
        found += run // 3
        dots &= dots + (dots & (~dots + np.uint64(1)))
    return found


@inlined
def _may_be_known(core: Any, stop_bits: Any) -> bool:
    """Whether a word may be among the stop words and counters: nearly no other is."""
    word = stop_bits[(core >> np.uint64(6)) & np.uint64(stop_bits.size - 1)]
    return bool((word >> (core & np.uint64(63))) & np.uint64(1))


@part
def _meet(core: Any, nth: int, now: Any, stop_keys: Any, stop_from: Any, stop_lists: Any, met: Any) -> None:
    """Look up the ``nth`` word of a line among the stop words and counters."""
    mask = np.uint64(stop_keys.size - 1)
    slot = (core ^ (core >> np.uint64(32))) & mask
    while stop_keys[slot] != 0:
        if stop_keys[slot] == core:
            for i in range(stop_from[slot], stop_from[slot + np.uint64(1)]):
                which = stop_lists[i] >> 6
                if which < met.size:
                    met[which] |= np.uint64(1) << np.uint64(stop_lists[i] & 63)
                elif nth == 2:
                    now[COUNTER] |= 2
            return
        slot = (slot + np.uint64(1)) & mask


# --- a line ---------------------------------------------------------------------------------------------------------


@part
def _character(data: Any, i: int) -> tuple[int, int]:
    """The code point that begins at ``i``, and its bytes."""
    a = int(data[i])
    if a < 0x80:
        return a, 1
    if a < 0xE0:
        return (a & 31) << 6 | int(data[i + 1]) & 63, 2
    if a < 0xF0:
        return (a & 15) << 12 | (int(data[i + 1]) & 63) << 6 | int(data[i + 2]) & 63, 3
    return (
        (a & 7) << 18 | (int(data[i + 1]) & 63) << 12 | (int(data[i + 2]) & 63) << 6 | int(data[i + 3]) & 63,
        4,
    )


@part
def _last(data: Any, low: int, stop: int) -> int:
    """The character that ends before ``stop``."""
    start = stop - 1
    while start > low and data[start] & 0xC0 == 0x80:
        start -= 1
    point, _ = _character(data, start)
    return point


EDIT, NEEDED = np.array(list(b"[edit]"), np.uint8), np.array(list(b"[citation needed]"), np.uint8)


@part
def _is(data: Any, start: int, stop: int, word: Any) -> bool:
    if stop - start != word.size:
        return False
    same = 0
    while same < word.size and data[start + same] == word[same]:
        same += 1
    return bool(same == word.size)


@part
def _before_citations(data: Any, low: int, stop: int) -> int:
    """Where a line ends when the marks ``[12]``, ``[]``, ``[edit]`` and ``[citation needed]`` at its end are taken off."""
    while stop > low and data[stop - 1] == 93:
        start = stop - 2
        digits = True
        while start >= low and stop - start <= 17 and data[start] != 91:
            digits = digits and 48 <= data[start] <= 57
            start -= 1
        if start < low or data[start] != 91:
            return stop
        if not (digits or _is(data, start, stop, EDIT) or _is(data, start, stop, NEEDED)):
            return stop
        stop = start
        while stop > low and data[stop - 1] == 32:
            stop -= 1
    return stop


@part
def _ends_in_ellipsis(data: Any, low: int, stop: int) -> bool:
    if stop - low < 3:
        return False
    a, b, c = data[stop - 3], data[stop - 2], data[stop - 1]
    return bool((a == 46 and b == 46 and c == 46) or (a == 0xE2 and b == 0x80 and c == 0xA6))


@part
def _begins_with_bullet(data: Any, at: int, stop: int) -> bool:
    """``-``, ``*`` before a space, and U+2022, U+2023, U+2043, U+25AA, U+25CF, U+25E6."""
    point, size = _character(data, at)
    if point == 0x2A:
        return at + size < stop and data[at + size] == 32
    return bool(point in (0x2D, 0x2022, 0x2023, 0x2043, 0x25AA, 0x25CF, 0x25E6))


LINE_WORDS, LONGEST, COUNTER, PARAGRAPH_LINES, PARAGRAPH_HASH, PARAGRAPH_START, PARAGRAPH_STOP = range(7)
"""What is known of the line and the paragraph that is being read; hashes as they lie in 64 bits."""
JS_FLAG, LOREM_FLAG, POLICY_FLAG, CURLY_FLAG = 1, 2, 4, 8


@part
def _end_line(
    data: Any, out: Any, now: Any, rules: Any, classes: Any, begin: int, first: int, stop: int, start: int, size: int,
    sentences: int, flags: int, upper: int, letters: int, digits: int, keys: Any, sizes: Any,
) -> None:  # fmt: skip
    """Count a line that is not blank: bytes ``begin`` to ``stop``, visible from ``first`` on, ``size`` characters."""
    require_terminal, min_words, max_word, short = rules[0], rules[1], rules[2], rules[3]
    words = now[LINE_WORDS]
    n = out[LINES]
    out[LINES] += 1
    if n < rules[4]:
        keys[n] = _hash(data, begin, stop)
        sizes[n] = size
        if now[PARAGRAPH_LINES] == 0:
            now[PARAGRAPH_START] = start
            now[PARAGRAPH_HASH] = 0
        now[PARAGRAPH_LINES] += 1
        now[PARAGRAPH_STOP] = start + size
        now[PARAGRAPH_HASH] = np.int64(_mixed(np.uint64(now[PARAGRAPH_HASH]), keys[n]))
    out[BULLETS] += _begins_with_bullet(data, first, stop)
    out[ELLIPSIS_LINES] += _ends_in_ellipsis(data, begin, stop)
    out[PUNCTUATED] += classes[_last(data, begin, stop)] & TERMINAL != 0
    out[SHORT] += size <= short
    one = words == 1
    many_upper, numeric = 2 * upper > size, digits > 0 and letters == 0
    counter = words == 2 and now[COUNTER] == 3
    out[N_UPPER] += many_upper
    out[NUMERIC] += numeric
    out[SINGLE] += one
    out[COUNTERS] += counter
    if many_upper or numeric or one or counter:
        out[FLAGGED] += words
    # C4, in the order of its reference implementation
    end = _before_citations(data, begin, stop)
    terminal = False
    if end > begin:
        kind = classes[_last(data, begin, end)]
        terminal = kind & (TERMINAL | QUOTE) != 0 and not _ends_in_ellipsis(data, begin, end)
    out[N_TERMINAL] += terminal
    out[FEW_WORDS] += words < min_words
    out[JAVASCRIPT] += flags & JS_FLAG != 0
    out[POLICY] += flags & POLICY_FLAG != 0
    if now[LONGEST] > max_word or words < min_words or (require_terminal and not terminal):
        return
    if flags & LOREM_FLAG:
        out[LOREM] += 1
    elif flags & JS_FLAG:
        return
    elif flags & CURLY_FLAG:
        out[CURLY] += 1
    elif not flags & POLICY_FLAG:
        out[C4_LINES] += 1
        out[SENTENCES] += sentences


@part
def _end_paragraph(out: Any, now: Any, keys: Any, sizes: Any) -> None:
    if now[PARAGRAPH_LINES] > 0:
        keys[out[PARAGRAPHS]] = np.uint64(now[PARAGRAPH_HASH])
        sizes[out[PARAGRAPHS]] = now[PARAGRAPH_STOP] - now[PARAGRAPH_START]
        out[PARAGRAPHS] += 1
        now[PARAGRAPH_LINES] = 0


@part
def _end_word(
    data: Any, start: int, stop: int, out: Any, now: Any, rules: Any, classes: Any, size: int, kinds: int, piece: bool,
    gap: bool, hashes: Any, ends: Any, gaps: Any, stop_keys: Any, stop_from: Any, stop_lists: Any, stop_bits: Any, met: Any,
) -> None:  # fmt: skip
    """Count the word ``data[start:stop]``, of ``size`` characters, of the kinds ``kinds``, and remember it."""
    n = out[WORDS]
    if n < rules[4]:
        hashes[n] = _hash(data, start, stop)
        ends[n + 1] = ends[n] + size
        gaps[n + 1] = gaps[n] + gap
    out[WORDS] += 1
    now[LINE_WORDS] += 1
    now[LONGEST] = max(now[LONGEST], size)
    out[ALPHA] += kinds & LETTER != 0
    if kinds & REAL == 0:
        return
    out[N_REAL] += 1
    if piece:
        out[PIECES] += 1
        return
    out[SPACED] += 1
    out[SPACED_CHARS] += size
    if kinds & DIGIT and now[LINE_WORDS] == 1:
        now[COUNTER] = 1
    core = _core(data, start, stop, classes, rules[5])
    if _may_be_known(core, stop_bits):
        _meet(core, now[LINE_WORDS], now, stop_keys, stop_from, stop_lists, met)


@part
def _is_cut(kind: int, point: int, was: int, base: int, size: int, real: bool, piece: bool) -> bool:
    """Whether a word ends before this character: beside and inside of what is written without spaces.

    ``base`` and ``was`` are the character before (marks aside) and its kind, 0 for punctuation; the word has ``size``
    characters so far and, where it is ``real``, a letter or digit among them.
    """
    if kind & MARK:
        return False
    if kind & UNSPACED == 0:
        return piece and kind & REAL != 0
    if not piece or was & kind & UNSPACED == 0:
        return real
    if size >= LONGEST_PIECE:
        return True
    pair = (base * 0x9E3779B1 + point * 0x85EBCA77) & 0xFFFFFFFF
    pair = (((pair ^ (pair >> 15)) * 0x2C1B3C6D) & 0xFFFFFFFF) >> 24
    return pair < (128 if kind & EAST else 96)


@inlined
def _words(
    data: Any, start: int, end: int, chars: int, line: int, classes: Any, rules: Any, stop_keys: Any,
    stop_from: Any, stop_lists: Any, stop_bits: Any, phrases: Any, phrase_sizes: Any, met: Any, hashes: Any, ends: Any,
    gaps: Any, now: Any, out: Any,
) -> Any:  # fmt: skip
    """Count the words from ``start`` on, as far as they are ASCII, of one line and whole within 64 bytes.

    Returns how many bytes were read; from where to where words are in them (0, 0: none are); the letters, capitals
    and digits; how many sentences end; which phrases were seen; and whether the last sentence is still open.
    """
    n = min(WINDOW, end - start)
    high, space, newline, letter, capital, digit, closing, dot, sign, curly, v, a, p, s, f, u, k, i = _look(data, start)
    cut = (high | newline) & below(n)  # a word that goes on behind the window, or is not ASCII, is read elsewhere
    if start + n < end and (space >> np.uint64(n - 1)) & np.uint64(1) == 0:
        cut |= np.uint64(1) << np.uint64(n - 1)
    if cut:
        n = low_zeros(cut)
        if (newline >> np.uint64(n)) & np.uint64(1) == 0:
            n = 64 - high_zeros(space & below(n))
    inside = below(n)
    word = ~space & inside
    if word == 0:
        return n, 0, 0, 0, 0, 0, 0, 0, False
    letter &= inside
    real = letter | (digit & inside)
    flags = CURLY_FLAG if curly & inside else 0
    last = np.uint64(1) << np.uint64(63)  # what stands behind the window may be anything
    look = v & (a >> np.uint64(1) | last) | p & (s >> np.uint64(1) | last) | k & (i >> np.uint64(1) | last)
    look = (look | f & (u >> np.uint64(2) | last | last >> np.uint64(1))) & inside
    while look:
        flags |= _phrase(data, line, end, start + low_zeros(look), phrases, phrase_sizes)
        look &= look - np.uint64(1)
    if sign & inside:
        out[HASHES] += ones(sign & inside)
    dots = dot & inside
    if dots & (dots >> np.uint64(1)) & (dots >> np.uint64(2)):
        out[ELLIPSES] += _ellipses(dots)
    low, high_end = low_zeros(word), 64 - high_zeros(word)
    most, longest_word = rules[4], now[LONGEST]
    n_words, nth = out[WORDS], now[LINE_WORDS]
    total = gap = np.int64(0)
    if n_words < most:
        total, gap = ends[n_words], gaps[n_words]
    alpha = n_real = real_chars = sentences = 0
    is_open = True
    left = word
    while left:
        at = low_zeros(left)
        left_after = left & (left + (np.uint64(1) << np.uint64(at)))
        size = ones(left ^ left_after)
        left = left_after
        byte = start + at
        if n_words < most:
            if size <= 8:
                h = (FIRST_HASH ^ (eight(data, byte) & below(8 * size))) * K1
                hashes[n_words] = _mixed(h ^ (h >> FOLD), np.uint64(size))
            else:
                hashes[n_words] = _hash(data, byte, byte + size)
            total += size
            gap += 1
            ends[n_words + 1] = total
            gaps[n_words + 1] = gap
        n_words += 1
        nth += 1
        if n_words == most:
            out[READ_CHARS] = chars + at + size
        longest_word = max(longest_word, size)
        of_word = below(size)
        its = (real >> np.uint64(at)) & of_word
        alpha += (letter >> np.uint64(at)) & of_word != 0
        if its:
            n_real += 1
            real_chars += size
            if nth == 1 and its & (digit >> np.uint64(at)):
                now[COUNTER] = 1
            skip, length = low_zeros(its), ones(its)
            if length <= rules[5]:
                if length <= 8 and its >> np.uint64(skip) == below(length):
                    packed = eight(data, byte + skip) & below(8 * length)
                    core = _step(FIRST_HASH, packed | (packed & np.uint64(0x4040404040404040)) >> np.uint64(1))
                else:
                    core = _core(data, byte, byte + size, classes, rules[5])
                if _may_be_known(core, stop_bits):
                    _meet(core, nth, now, stop_keys, stop_from, stop_lists, met)
        is_open = True
        if (closing >> np.uint64(at + size - 1)) & np.uint64(1) and _ends_sentence(data, byte, byte + size, classes):
            sentences += 1
            is_open = False
    out[WORDS] = n_words
    out[ALPHA] += alpha
    out[N_REAL] += n_real
    out[SPACED] += n_real
    out[SPACED_CHARS] += real_chars
    now[LINE_WORDS] = nth
    now[LONGEST] = longest_word
    capitals, digits = ones(capital & inside), ones(digit & inside)
    return n, low, high_end, ones(letter), capitals, digits, sentences, flags, is_open


@part
def _read(
    data: Any, begin: int, end: int, classes: Any, plain: Any, rules: Any, stop_keys: Any, stop_from: Any, stop_lists: Any,
    stop_bits: Any, phrases: Any, phrase_sizes: Any, met: Any, hashes: Any, ends: Any, gaps: Any, lines: Any, line_sizes: Any,
    paragraphs: Any, paragraph_sizes: Any, now: Any, out: Any,
) -> None:  # fmt: skip
    """The one pass over the characters of a text. Long, because its state has to stay in registers."""
    most = rules[4]
    now[:] = 0
    met[:] = 0
    ends[0] = gaps[0] = 0
    zero: Any = np.int64(0)
    no: Any = np.bool_(False)  # of the types that they stay; or what is called is compiled twice
    chars = line_start = zero  # characters
    line, first, visible_stop, visible = begin, begin, begin, zero  # bytes, bytes, bytes, characters
    sentences = flags = upper = letters = digits = zero
    word = begin
    size = kinds = was = base = run = dots = pending = zero
    inside = piece = is_open = seen = no
    gap = not no
    i = begin
    while True:
        if not inside and i < end and data[i] != 10 and data[i] < 0x80:
            read = _words(data, i, end, chars, line, classes, rules, stop_keys, stop_from, stop_lists, stop_bits,
                          phrases, phrase_sizes, met, hashes, ends, gaps, now, out)  # fmt: skip
            if read[0]:
                _, low, high, n_letters, n_upper, n_digits, more, n_flags, opened = read
                if high:
                    if not seen:
                        seen, first = True, i + low
                    visible_stop, visible = i + high, chars + high - line_start
                    letters, upper, digits = letters + n_letters, upper + n_upper, digits + n_digits
                    sentences += more
                    flags |= n_flags
                    is_open = opened
                i += read[0]
                chars += read[0]
                if i < end and data[i] != 10:
                    continue
        at_end = i >= end
        if at_end:
            point, width, kind = 10, 1, SPACE
        else:
            point, width = _character(data, i)
            kind = int(classes[point])
        if kind & SPACE:
            if inside:
                _end_word(data, word, i, out, now, rules, classes, size, kinds, piece, gap, hashes, ends, gaps,
                          stop_keys, stop_from, stop_lists, stop_bits, met)  # fmt: skip
                if out[WORDS] == most:
                    out[READ_CHARS] = chars
                inside = no
            gap = not no
            dots = zero
            if pending:
                sentences += 1
                pending = 0
                is_open = False
            if point == 10:
                if seen:
                    _end_line(data, out, now, rules, classes, line, first, visible_stop, line_start, visible,
                              sentences + is_open, flags, upper, letters, digits, lines, line_sizes)  # fmt: skip
                    if out[LINES] == most:
                        out[READ_LINE_CHARS] = chars
                        out[READ_NEWLINES] = out[NEWLINES]
                if at_end or not seen:
                    _end_paragraph(out, now, paragraphs, paragraph_sizes)
                if at_end:
                    break
                out[NEWLINES] += 1
                line, line_start, visible = i + 1, chars + 1, 0
                sentences = flags = upper = letters = digits = zero
                now[LINE_WORDS] = now[LONGEST] = now[COUNTER] = 0
                seen = is_open = no
            i += width
            chars += 1
            continue
        if inside and (piece or kind & UNSPACED) and _is_cut(kind, point, was, base, size, kinds & REAL != 0, piece):
            _end_word(data, word, i, out, now, rules, classes, size, kinds, piece, gap, hashes, ends, gaps,
                      stop_keys, stop_from, stop_lists, stop_bits, met)  # fmt: skip
            if out[WORDS] == most:
                out[READ_CHARS] = chars
            inside = gap = no
        if not inside:
            inside, piece = not no, no
            word = i
            size = kinds = run = was = base = zero
            if not seen:
                seen = True
                first = i
        is_open = True
        at = i
        i += width
        chars += 1
        visible_stop, visible = i, chars - line_start
        size += 1
        kinds |= kind
        if kind & REAL:
            if kind & MARK == 0:
                was, base = kind, point
            piece = piece or kind & UNSPACED != 0
            upper += kind & UPPER != 0
            digits += kind & DIGIT != 0
            if kind & LETTER:
                letters += 1
                run += 1
            else:
                run = 0
            if pending == 2:
                sentences += 1
            pending = 0
            dots = 0
            if not piece and point < 128:  # what follows is nearly always more small letters
                more = i
                while i < end and plain[data[i]]:
                    i += 1
                more = i - more
                if more:
                    base = int(data[i - 1])
                    chars += more
                    size += more
                    letters += more
                    run += more
                    kinds |= LETTER
                    visible_stop, visible = i, chars - line_start
        elif kind & TERMINAL:
            if kind & WIDE:
                pending = 2
            elif pending == 0 and not (point == 46 and run == 1 and base < 0x530):  # A. A. Milne, e.g.
                pending = 1
            dots = dots + 1 if point == 46 else 0
            if dots == 3:
                out[ELLIPSES] += 1
                dots = 0
            run = was = 0
        else:
            if kind & CLOSER == 0:
                if pending == 2:
                    sentences += 1
                pending = 0
            run = was = dots = 0
        if kind & LOOK:
            if point == 0x23:
                out[HASHES] += 1
            elif point == 0x2026:
                out[ELLIPSES] += 1
            elif point == 0x7B:
                flags |= CURLY_FLAG
            else:
                flags |= _phrase(data, line, end, at, phrases, phrase_sizes)
    out[CHARS] = chars
    most_met = 0
    for j in range(met.size):
        bits, n = met[j], 0
        while bits:
            bits &= bits - np.uint64(1)
            n += 1
        most_met = max(most_met, n)
    out[STOP_WORDS] = most_met


@compiled
def measure(
    data: Any, bounds: Any, classes: Any, rules: Any, stop_keys: Any, stop_from: Any, stop_lists: Any, n_lists: int,
    stop_bits: Any, phrases: Any, phrase_sizes: Any, out: Any,
) -> None:  # fmt: skip
    """Count all of :data:`COUNTS` in each text, into ``out``: one row per text, zeros before.

    ``rules``: whether C4's lines must end as sentences do, their least words, the longest word, the characters of a
    short line, in how many words and lines repetition is looked for, and the bytes of the longest stop word.
    """
    most = rules[4]
    plain = np.zeros(256, np.bool_)
    for byte in range(128):
        plain[byte] = classes[byte] == LETTER
    longest = 0
    for row in range(bounds.size - 1):
        longest = max(longest, bounds[row + 1] - bounds[row])
    room = min(longest // 2 + 2, most)  # a word or line is a character and what parts it from the next
    hashes, keys = np.empty(room, np.uint64), np.empty(room, np.uint64)
    lines, line_sizes = np.empty(room, np.uint64), np.empty(room, np.int64)
    paragraphs, paragraph_sizes = np.empty(room, np.uint64), np.empty(room, np.int64)
    ends, gaps = np.empty(room + 1, np.int64), np.empty(room + 1, np.int64)
    work, slots = np.empty((4, room), np.int32), np.empty(_slots_for(room), np.int32)
    met, now = np.empty(n_lists, np.uint64), np.empty(7, np.int64)
    seen = np.zeros(SEEN, np.uint8)
    for row in range(bounds.size - 1):
        into = out[row]
        _read(data, bounds[row], bounds[row + 1], classes, plain, rules, stop_keys, stop_from, stop_lists, stop_bits,
              phrases, phrase_sizes, met, hashes, ends, gaps, lines, line_sizes, paragraphs, paragraph_sizes, now, into)  # fmt: skip
        if into[WORDS] <= most:
            into[READ_CHARS] = into[CHARS]
        if into[LINES] <= most:
            into[READ_LINE_CHARS], into[READ_NEWLINES] = into[CHARS], into[NEWLINES]
        into[READ_LINES] = min(into[LINES], most)
        into[DUP_LINES], into[DUP_LINE_CHARS] = _repeated(lines, line_sizes, into[READ_LINES], slots)
        again = _repeated(paragraphs, paragraph_sizes, into[PARAGRAPHS], slots)
        into[DUP_PARAGRAPHS], into[DUP_PARAGRAPH_CHARS] = again
        _n_grams(hashes, ends, gaps, min(into[WORDS], most), work, keys, slots, seen, into)

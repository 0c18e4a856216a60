"""What the stage ``quality`` knows of characters and words: classes, stop words, phrases. Floor 3; not a stage."""

# ruff: noqa: RUF001  (words of other alphabets look like ours)

from __future__ import annotations

import functools
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rightful.stages.quality.loops import (
    CLOSER,
    DIGIT,
    EAST,
    FIRST_HASH,
    FOLD,
    K1,
    LETTER,
    LOOK,
    MARK,
    OTHER,
    QUOTE,
    SOUTH,
    SPACE,
    TERMINAL,
    UPPER,
    WIDE,
)

Ints = npt.NDArray[np.int64]
Classes = npt.NDArray[np.uint16]

STOP_WORDS: Mapping[str, str] = {
    "en": "the be to of and that have with",  # Gopher's own
    "ar": "في من على إلى أن التي الذي هذا هذه كان عن مع",
    "bg": "на от за да се че по като това или са",
    "bn": "এবং এই একটি করে থেকে জন্য তার হয় যে সঙ্গে",
    "ca": "els les que una per amb són també aquest com més",
    "cs": "že na se která který jako pro jsou nebo také být když",
    "da": "og af til det som med ikke blev eller også fra efter",
    "de": "der und das mit nicht auf für ist eine werden sich auch",
    "el": "και του της το την από για με που είναι στο των",
    "es": "que los las del una por con para como más pero está",
    "et": "ja ning kui või mis oli see seda ka ei et on",
    "eu": "eta da ez du dira bat ere baina dute zen",
    "fa": "و در به از که این است را با برای آن می",
    "fi": "ja joka että ovat oli mutta myös kun niin sekä tai ei",
    "fr": "les des une que dans est pour qui par sur pas avec",
    "gl": "que unha para dos das polo como máis pola non tamén",
    "gu": "અને છે આ એક માટે કે તે પર થી હતી",
    "he": "של את על לא הוא זה עם היא כי או גם אל",
    "hi": "के में है की और से को का एक पर यह नहीं",
    "hr": "je se na za da su koji kao od ili što nije",
    "hu": "és hogy nem egy az van csak meg volt vagy mint is",
    "hy": "և է որ են այդ այս համար ու մեջ եւ էր հետ",
    "id": "yang dan untuk dengan dari ini itu tidak pada adalah dalam akan",
    "it": "che della non per una con del sono più anche alla dei",
    "ka": "და რომ არის ეს იყო მისი არ თუ ან რომელიც მათ",
    "ko": "그 이 수 있는 및 한 것은 있다 등 대한 또는 것이다",
    "lt": "ir kad yra buvo bet iš kaip jo ar taip už nuo",
    "lv": "un ir ar kas bija tika kā lai par arī vai bet",
    "mk": "на од се за да во со што како или не ги",
    "mr": "आणि आहे या हे ते एक आहेत होते मध्ये करण्यात",
    "ms": "yang dan untuk dengan dari ini itu tidak pada ialah dalam akan",
    "nl": "het een van dat niet voor met zijn aan ook wordt naar",
    "no": "og av til det som med ikke ble eller også fra etter",
    "pl": "nie się na jest że jak do przez oraz dla jego lub",
    "pt": "que não uma para com dos por mais como são também foi",
    "ro": "și din care este pentru sau mai sunt prin dar cu nu",
    "ru": "и в не на что как это по для из или от",
    "sk": "že na sa ktorý ako pre je alebo aj boli nie pri",
    "sl": "in je za da na ki se pri tudi ali so bil",
    "sq": "dhe në për nga që është me një të ka nuk si",
    "sr": "је се на за да су који као од или и у",
    "sv": "och att det som för med inte till har eller också från",
    "sw": "ya na wa kwa katika ni la kuwa hii ambayo cha za",
    "ta": "மற்றும் ஒரு இந்த என்று அது என இது அவர் போன்ற உள்ள",
    "te": "మరియు ఈ ఒక ఆ నుండి కోసం ఉంది కూడా అని లో",
    "tl": "ang mga sa na ng ay at para ito hindi kung siya",
    "tr": "bir ve bu için olarak ile daha çok gibi olan değil kadar",
    "uk": "і в не на що як це для та або від у",
    "ur": "کے میں ہے کی اور سے کو کا ایک پر یہ نہیں",
    "vi": "và của là có trong được cho với các một người không",
}
"""Words without which there is hardly a page, per ISO 639 code. English: MassiveText's; the others chosen alike."""

COUNTERS = "bookmarks comments downloads downvotes followers likes quotes reposts retweets shares upvotes views"
"""What lines such as ``3 likes`` count: RefinedWeb, appendix G.2."""

PHRASES = (
    (b"javascript", b"v"),
    (b"lorem ipsum", b"p"),
    (b"privacy policy", b"v"),
    (b"terms of use", b"f"),
    (b"cookie policy", b"k"),
    (b"uses cookies", b"k"),
    (b"use of cookies", b"k"),
    (b"use cookies", b"k"),
)
"""C4's phrases, and in each the rare letter at which the search begins. The first makes a line one about Javascript,
the second one of filler, the others one about policies."""

_SENTENCE_TERMINAL = (
    "21 2E 3F 589 61D-61F 6D4 700-702 7F9 837 839 83D-83E 964-965 104A-104B 1362 1367-1368 166E 1735-1736 17D4-17D5 1803 "
    "1809 1944-1945 1AA8-1AAB 1B5A-1B5B 1B5E-1B5F 1B7D-1B7E 1C3B-1C3C 1C7E-1C7F 203C-203D 2047-2049 2E2E 2E3C 2E53-2E54 "
    "3002 A4FF A60E-A60F A6F3 A6F7 A876-A877 A8CE-A8CF A92F A9C8-A9C9 AA5D-AA5F AAF0-AAF1 ABEB FE52 FE56-FE57 FF01 FF0E "
    "FF1F FF61 10A56-10A57 10F55-10F59 10F86-10F89 11047-11048 110BE-110C1 11141-11143 111C5-111C6 111CD 111DE-111DF "
    "11238-11239 1123B-1123C 112A9 1144B-1144C 115C2-115C3 115C9-115D7 11641-11642 1173C-1173E 11944 11946 11A42-11A43 "
    "11A9B-11A9C 11C41-11C42 11EF7-11EF8 11F43-11F44 16A6E-16A6F 16AF5 16B37-16B38 16B44 16E98 1BC9F 1DA88"
)
"""The Unicode property Sentence_Terminal (PropList.txt of Unicode 15.1), and U+17D5, which ends a Khmer section."""

_EAST = (
    *((0x2E80, 0x2FE0), (0x3005, 0x3008), (0x3021, 0x302A), (0x3031, 0x303D), (0x3041, 0x3130), (0x31A0, 0x31C0)),
    *((0x31F0, 0x3200), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0xFF66, 0xFFA0), (0x1AFF0, 0x1B170)),
)
"""Han, Hiragana, Katakana, Bopomofo. Everything from U+20000 on is Han too."""
_SOUTH = (
    *((0x0E01, 0x0E50), (0x0E81, 0x0ED0), (0x0EDC, 0x0EE0), (0x0F40, 0x0FBD), (0x1000, 0x1040), (0x1050, 0x1090)),
    *((0x1780, 0x17D4), (0x1950, 0x19D0), (0x1A20, 0x1A80), (0xA980, 0xA9C1), (0xA9E0, 0xA9F0), (0xAA60, 0xAAC3)),
)
"""Thai, Lao, Tibetan, Burmese, Khmer, the Tai scripts, Javanese. Their digits stand by themselves."""

_QUOTES = "\"'\u2019\u201d\u00bb\u203a\u300d\u300f\uff02\uff07"
_BRACKETS = ")]}\uff09\u3011\u3015\u3009\u300b\uff3d\uff5d*_"
"""What may stand between the end of a sentence and the space behind it."""

_END, _END_OF_HAN = 0x20000, 0x34000


@functools.cache
def classes() -> Classes:
    """The classes of each code point. Once per process, some 60 ms; letters are those of the running Python."""
    table = np.zeros(sys.maxunicode + 1, np.uint16)
    for code in range(_END):
        char = chr(code)
        if char.isspace():
            table[code] = SPACE
        elif char.isalpha():
            table[code] = LETTER | (UPPER if char.isupper() else 0)
        elif char.isalnum():
            table[code] = OTHER | (DIGIT if char.isdecimal() else 0)
        elif unicodedata.category(char)[0] == "M":
            table[code] = OTHER | MARK
    table[_END:_END_OF_HAN] = [(LETTER | EAST) * chr(code).isalpha() for code in range(_END, _END_OF_HAN)]
    for ranges, script in ((_EAST, EAST), (_SOUTH, SOUTH)):
        for start, stop in ranges:
            part = table[start:stop]
            part[(part & (LETTER | OTHER)) != 0] |= script
    for start, stop in _terminals():
        table[start:stop] |= TERMINAL
    for chars, kind in (
        ("\u3002\uff01\uff0e\uff1f\uff61", WIDE),
        (_QUOTES, QUOTE | CLOSER),
        (_BRACKETS, CLOSER),
        ("#\u2026{" + "".join({p[1].decode() + p[1].decode().upper() for p in PHRASES}), LOOK),
    ):
        table[[ord(c) for c in chars]] |= kind
    table.flags.writeable = False
    return table


def _terminals() -> Iterable[tuple[int, int]]:
    for part in _SENTENCE_TERMINAL.split():
        first, _, last = part.partition("-")
        yield int(first, 16), int(last or first, 16) + 1


@functools.cache
def phrases() -> tuple[npt.NDArray[np.uint8], Ints]:
    """The phrases, one per row, and for each its length, where its letter is and which."""
    longest = max(len(phrase) for phrase, _ in PHRASES)
    rows = np.array([list(phrase.ljust(longest, b"\0")) for phrase, _ in PHRASES], np.uint8)
    return rows, np.array([[len(p), p.index(at), at[0]] for p, at in PHRASES], np.int64)


class StopWords(NamedTuple):
    """A table from the hash of a word to the lists that have it.

    ``slots``: hashes (0: empty); ``starts``: where the entries of a slot begin; ``entries``: ``list << 6 | place in it``;
    ``n_lists``: how many lists; behind them comes one with :data:`COUNTERS`. ``bits``: a Bloom filter of the hashes, one bit
    each. ``longest``: the bytes of the longest word.
    """

    slots: npt.NDArray[np.uint64]
    starts: Ints
    entries: Ints
    n_lists: int
    bits: npt.NDArray[np.uint64]
    longest: int


@functools.cache
def stop_words(own: str) -> StopWords:
    """The table of stop words. With ``own`` words there are no others."""
    lists = [own.split()] if own else [words.split() for words in STOP_WORDS.values()]
    entries: dict[int, list[int]] = {}
    longest = 0
    for which, words in enumerate([*lists, COUNTERS.split()]):
        for place, word in enumerate(dict.fromkeys(words)):
            core = _core(word)
            longest = max(longest, len(core))
            entries.setdefault(_hash(core), []).append(which << 6 | place)
    size = 1 << (4 * len(entries)).bit_length()
    slots: list[int] = [0] * size
    bits = [0] * 128
    for key in entries:
        slot = (key ^ key >> 32) % size
        while slots[slot]:
            slot = (slot + 1) % size
        slots[slot] = key
        bits[(key >> 6) % len(bits)] |= 1 << key % 64
    ids = [entries.get(key, []) for key in slots]
    starts = np.cumsum([0, *map(len, ids)]).astype(np.int64)
    flat = np.array([e for es in ids for e in es], np.int64)
    return StopWords(np.array(slots, np.uint64), starts, flat, len(lists), np.array(bits, np.uint64), longest)


def _core(word: str) -> bytes:
    """What makes a word, A-Z in lower case."""
    known = classes()
    kept = "".join(char for char in word if known[ord(char)] & (LETTER | OTHER))
    return kept.encode().lower()  # of bytes only A-Z change


def _hash(core: bytes) -> int:
    """As the compiled loop does it: eight bytes at a time."""
    value = int(FIRST_HASH)
    for start in range(0, len(core), 8):
        value = (value ^ int.from_bytes(core[start : start + 8], "little")) * int(K1) % (1 << 64)
        value ^= value >> int(FOLD)
    return value

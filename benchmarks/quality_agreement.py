"""Whether Quality and datatrove's filters agree on the same documents, filter by filter, and why they differ where they do.

    python benchmarks/quality_agreement.py [PATH...] [--peer /path/to/venv/bin/python]

Without PATH the third-party documents of the tests are read (CONTRIBUTING.md); ``RIGHTFUL_DATATROVE`` can name the peer.
PATH is a folder of text files, JSONL with ``text`` (or ``text_a`` and ``text_b``) or Parquet with ``text`` or ``contents``.
The peer's environment has ``datatrove[processing]`` and ``spacy``. A document that gets another verdict is given the first
cause that makes the peer's verdict ours when the peer is changed by it, one after the other and each on top of the ones
before:

    no spaces    most words are in a script without spaces (not tried: the peer would need its splitter for it)
    words        white space parts words, instead of spaCy, which makes words of their own of punctuation
    language     stop words of other languages than English count, case aside; what ends a sentence elsewhere does
    line ends    white space at the ends of lines is taken off, and blank lines do not count as lines
    sentences    C4 only, and what is left there: our sentences against spaCy's, close to the limit

What is left is printed with both reasons.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILTERS = {
    "GopherQuality": ("gopher", lambda slug: slug.startswith("gopher-") and not is_repetition(slug)),
    "GopherRepetition": ("gopher", lambda slug: is_repetition(slug)),
    "C4Quality": ("c4", lambda slug: slug.startswith("c4-")),
    "FineWebQuality": ("fineweb", lambda slug: slug.startswith("fineweb-")),
}
CHANGES = ("as it is", "words", "language", "line ends")


def is_repetition(slug: str) -> bool:
    return slug.startswith(("gopher-dup", "gopher-top"))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, default=third_party())
    parser.add_argument("--peer", default=os.environ.get("RIGHTFUL_DATATROVE"), help="a python with datatrove")
    parser.add_argument("--show", type=int, default=8, help="so many of the unexplained, a filter")
    given = parser.parse_args()
    texts = list(documents(given.paths))
    if not texts or not given.peer:
        print(
            "skipped: there are no documents" if given.peer else "skipped: no --peer, and RIGHTFUL_DATATROVE is not set"
        )
        return
    print(f"{len(texts)} documents, {sum(len(t.encode()) for t in texts) / 1e6:.1f} MB; {versions()}")
    theirs = peer(given.peer, texts, {"changes": CHANGES, **settings()})
    print(f"peer: {theirs['versions']}\n")
    ours, languages = verdicts(texts)
    for name, (_, mine) in FILTERS.items():
        report(name, ours, theirs["verdicts"], languages, mine, given.show)


def report(name: str, ours: dict[str, list[Any]], theirs: Any, languages: list[str], mine: Any, show: int) -> None:
    """Print how often the two agree, and the causes of the rest."""
    causes: Counter[str] = Counter()
    left: Counter[tuple[str, str]] = Counter()
    agreed = {"en": [0, 0], "other": [0, 0]}
    failed = [0, 0]
    for i, slugs in enumerate(ours["filters_failed"]):
        fails = [slug for slug in slugs if mine(slug)]
        said = [theirs[change][name][i] for change in CHANGES]
        same = [(reason is not None) == bool(fails) for reason in said]
        failed[0] += bool(fails)
        failed[1] += said[0] is not None
        group = agreed["en" if languages[i] == "en" else "other"]
        group[0] += same[0]
        group[1] += 1
        if same[0]:
            continue
        if ours["unspaced_word_share"][i] > 0.5:
            causes["no spaces"] += 1
        elif True in same:
            causes[CHANGES[same.index(True)]] += 1
        elif name == "C4Quality" and abs(ours["c4_sentences"][i] - 5) <= 5 and said[-1] in (None, "too_few_sentences"):
            causes["sentences"] += 1
        else:
            causes["left"] += 1
            left[said[-1] or "passes", ", ".join(fails) or "passes"] += 1
    total = [sum(pair) for pair in zip(*agreed.values(), strict=True)]
    print(f"{name}: {share(total)} agree (English {share(agreed['en'])}, others {share(agreed['other'])})")
    print(
        f"    fail here {failed[0]}, there {failed[1]}; differ by "
        + (", ".join(f"{c} {n}" for c, n in causes.most_common()) or "-")
    )
    for (there, here), n in left.most_common(show):
        print(f"    {n} x  there: {there}   here: {here}")
    after = [
        sum((theirs[c][name][i] is not None) == any(map(mine, s)) for i, s in enumerate(ours["filters_failed"]))
        for c in CHANGES
    ]
    print(
        "    agree with the peer " + ", ".join(f"{c}: {n / total[1]:.1%}" for c, n in zip(CHANGES, after, strict=True))
    )


def share(pair: list[int]) -> str:
    return f"{pair[0]}/{pair[1]} = {pair[0] / max(pair[1], 1):.1%}"


def verdicts(texts: list[str]) -> tuple[dict[str, list[Any]], list[str]]:
    """Our columns, and the language of each text."""
    import pyarrow as pa

    from rightful.stages.language.stage import Language
    from rightful.stages.quality.stage import Quality

    batch = pa.record_batch({"text": pa.array(texts, pa.large_string())})
    columns = Quality(preset="gopher+c4+fineweb")(batch)
    return {n: c.to_pylist() for n, c in columns.items()}, Language()(batch)["language"].to_pylist()


def settings() -> dict[str, Any]:
    """What the changed peer has to know of ours."""
    from rightful.stages.quality.loops import QUOTE, TERMINAL
    from rightful.stages.quality.words import STOP_WORDS, classes

    ends = [chr(i) for i, kind in enumerate(classes()) if kind & (TERMINAL | QUOTE)]
    return {"stop_words": [words.split() for words in STOP_WORDS.values()], "ends": ends}


def third_party() -> list[Path]:
    """Pages of the web and documents of repositories, where the cases of the tests are there."""
    root = Path(__file__).resolve().parent.parent
    cases = (root / (os.environ.get("RIGHTFUL_CASES") or "../shared/data")).resolve()
    parts = ("7-documents", "6-filters", "5-corpora/dpk/filter/input")
    return [cases / part for part in parts if (cases / part).is_dir()]


def documents(paths: list[Path]) -> Iterator[str]:
    """The texts of folders and of JSONL files, in the order of their names."""
    for path in paths:
        for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
            if file.suffix == ".parquet":
                import pyarrow.parquet as pq

                table = pq.read_table(file)
                yield from filter(None, table["text" if "text" in table.schema.names else "contents"].to_pylist())
            elif file.suffix == ".jsonl":
                for line in file.read_text(encoding="utf-8").splitlines():
                    row = json.loads(line)
                    yield from (row[key] for key in ("text", "text_a", "text_b") if row.get(key))
            elif text := file.read_text(encoding="utf-8", errors="replace").strip():
                yield text


def peer(python: str, texts: list[str], asked: dict[str, Any]) -> Any:
    """What this file, run by another python, answers."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump({"texts": texts, **asked}, file)
        file.flush()
        done = subprocess.run([python, __file__, "--as-peer", file.name], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the peer failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def versions() -> str:
    import importlib.metadata as metadata

    named = ", ".join(f"{n} {metadata.version(n)}" for n in ("numba", "numpy", "pyarrow"))
    return f"Python {platform.python_version()}, {named}; {platform.machine()}"


# --- in the environment of the peer -----------------------------------------------------------------------------------


def as_peer(path: str) -> None:
    """Answer with verdicts under each change, or with processor seconds (``rounds``)."""
    import importlib.metadata as metadata

    asked = json.loads(Path(path).read_text(encoding="utf-8"))
    named = [f"{n} {metadata.version(n)}" for n in ("datatrove", "spacy", "numpy")]
    answer: dict[str, Any] = {"versions": ", ".join([f"Python {platform.python_version()}", *named])}
    if "changes" in asked:
        answer["verdicts"] = {}
        for change in asked["changes"]:
            texts = change_peer(change, asked)
            answer["verdicts"][change] = {n: [verdict(f, t) for t in texts] for n, f in filters().items()}
    else:
        answer["seconds"] = seconds(asked["texts"])
    print(json.dumps(answer))


def filters() -> dict[str, Any]:
    from datatrove.pipeline import filters as theirs

    return {name: getattr(theirs, f"{name}Filter")() for name in FILTERS}


def verdict(rule: Any, text: str) -> str | None:
    """The reason of a refusal, or None."""
    from datatrove.data import Document

    try:
        came = rule.filter(Document(text, "0"))
    except ZeroDivisionError:  # nothing but line feeds, and no words
        return "error"
    return None if came is True else came[1]


def seconds(texts: list[str]) -> dict[str, float]:
    """Processor seconds of each filter by itself, and of all for one document after the other (they share its words)."""
    from datatrove.utils.text import split_into_parts

    took = {}
    rules = filters()
    for rule in rules.values():
        verdict(rule, texts[0])  # loads the models
    for name, chosen in (*((n, [f]) for n, f in rules.items()), ("all four", list(rules.values()))):
        split_into_parts.cache_clear()
        start = time.process_time()
        for text in texts:
            for rule in chosen:
                verdict(rule, text)
        took[name] = time.process_time() - start
    return took


def change_peer(change: str, asked: dict[str, Any]) -> list[str]:
    """Make the peer more like ours, on top of what was changed before; the texts to read."""
    from datatrove.pipeline.filters import (
        c4_filters,
        fineweb_quality_filter,
        gopher_quality_filter,
        gopher_repetition_filter,
    )

    if change == "words":
        for module in (fineweb_quality_filter, gopher_quality_filter, gopher_repetition_filter):
            module.split_into_words = lambda text, language=None: text.split()
    if change == "language":
        lists = [set(words) for words in asked["stop_words"]]

        class AnyOf(set):
            def intersection(self, words: Any) -> Any:
                cores = {"".join(c for c in w.lower() if c.isalnum() or ord(c) > 0x300) for w in words}
                return max((own & cores for own in lists), key=len)

        made = gopher_quality_filter.GopherQualityFilter.__init__

        def init(self: Any, *args: Any, **more: Any) -> None:
            made(self, *args, **more)
            self.stop_words = AnyOf()

        gopher_quality_filter.GopherQualityFilter.__init__ = init
        c4_filters.END_PUNCTUATION = tuple(asked["ends"])
    texts = asked["texts"]
    if change == "line ends":
        c4_filters.CITATION_REGEX = __import__("re").compile(r" *(?:" + c4_filters.CITATION_REGEX.pattern + ")")
        gopher_quality_filter.GopherQualityFilter.filter = without_blank(
            gopher_quality_filter.GopherQualityFilter.filter
        )
        texts = ["\n".join(line.rstrip() for line in text.split("\n")) for text in texts]
    return texts


def without_blank(rule: Any) -> Any:
    def changed(self: Any, doc: Any) -> Any:
        doc.text = "\n".join(line for line in doc.text.split("\n") if line.strip())
        return rule(self, doc)

    return changed


if __name__ == "__main__":
    as_peer(sys.argv[2]) if sys.argv[1:2] == ["--as-peer"] else main()

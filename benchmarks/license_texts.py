"""How right and how fast the texts of licences are told apart: edited texts, and many files.

    python benchmarks/license_texts.py                  # 20,000 restricting and 6,000 benign edits, 50,000 files
    python benchmarks/license_texts.py 2000 600 5000    # fewer of each

A restricting edit (a clause inserted, a grant deleted, a verb negated, a number changed, a sentence left out, a text cut or joined
with another; tests/laws/edited_texts.py) that is taken for the licence it was is a false claim, and the exit code is 1. Recall is the
part of benign edits (holder, case, wrapping, quotes, bullets, HTML, comment marks, ...) that are the licence. The files are what
package trees have: 40 % MIT, the rest other common licences, each with a holder of its own, and one in five no licence at all.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from rightful.catalog.texts import license_texts
from rightful.signals.texts.match import detect
from tests.laws.edited_texts import benign, restricting, texts, wrong


def main(n_restricting: int, n_benign: int, n_files: int) -> int:
    """Print the figures; 1 where there is a false claim."""
    started = time.perf_counter()
    known = license_texts()
    loaded = time.perf_counter()
    detect("This license", known)
    print(
        f"loaded in {loaded - started:.2f} s, index in {time.perf_counter() - loaded:.2f} s; digest {known.digest[:12]}"
    )
    started, claims, kinds = time.perf_counter(), [], Counter[str]()
    for edit in restricting(1, n_restricting):
        answer = detect(edit.text, known)
        kinds[str(answer.expression) if edit.license not in answer.licenses or not edit.also else "both"] += 1
        if wrong(edit, answer):
            claims.append(f"{edit.license}: {edit.how} -> {answer.expression}")
    print(f"restricting edits: {n_restricting:,}; false claims {len(claims)}; {time.perf_counter() - started:.0f} s")
    for claim in claims[:50]:
        print(f"  {claim}")
    started, missed = time.perf_counter(), []
    for edit in benign(2, n_benign):
        answer = detect(edit.text, known)
        if answer.expression != edit.license:
            missed.append(f"{edit.license}: {edit.how} -> {answer.expression}: {answer.leftover[:60]}")
    seconds = time.perf_counter() - started
    print(f"benign edits: {n_benign:,}; recall {1 - len(missed) / max(n_benign, 1):.4f}; {seconds:.0f} s")
    for line in missed[:30]:
        print(f"  {line}")
    files = _files(n_files)
    started = time.perf_counter()
    answers = Counter(str(detect(text, known).expression) for text in files)
    seconds = time.perf_counter() - started
    print(
        f"files: {n_files:,} ({sum(map(len, files)) / 1e6:.0f} MB) in {seconds:.1f} s, {n_files / seconds:,.0f} a second; {answers}"
    )
    return 1 if claims else 0


def _files(n: int) -> list[str]:
    draw = random.Random(3)
    kinds = ["MIT"] * 8 + [
        "ISC",
        "BSD-3-Clause",
        "Apache-2.0",
        "BSD-2-Clause",
        "Apache-2.0",
        "GPL-3.0-only",
        "MPL-2.0",
        "MIT",
    ]
    prose = "The heron stands in the reeds until the light goes, and nobody who passes sees it move. " * 20
    files: list[str] = []
    for i in range(n):
        if i % 5 == 4:
            files.append(f"{prose}{i}")
        else:
            text = texts()[draw.choice(kinds)].replace("<copyright holders>", "Ada Moreno").replace("<year>", "2024")
            files.append(f"Copyright (c) {draw.randint(1990, 2026)} Holder{i % (n // 2 + 1)}\n\n{text}")
    return files


if __name__ == "__main__":
    given = [int(arg) for arg in sys.argv[1:4]]
    sys.exit(main(*given, *(20_000, 6_000, 50_000)[len(given) :]))

"""The law: time of the decisions by number of distinct rights profiles, its share of a query, bytes of tags per record.

    python benchmarks/law_speed.py [--records N] [--profiles N] [--most N]

First the curve: distinct profiles x 10 uses, drawn with a seed from the licences of the catalogue (choices, conjunctions,
second statements, reservations, ancestors). Then a store of N records under that many distinct licence statements is made
in a temporary folder, and one query is timed, with the seconds of it that the law took. The decisions are repeated, not
cached, between rows. Quote figures with the machine and the versions printed here.
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from rightful import Store, __version__, catalog
from rightful.decisions import cases as deciding
from rightful.rights.decide import Case, decide
from rightful.rights.evidence import Evidence, Profile, license_claim
from rightful.rights.uses import Use, use_of

LAW = catalog.load()
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def expressions(seed: int) -> Iterator[str]:
    """Licence statements without repetition: single licences first, then choices and conjunctions of two and three."""
    ids = sorted(LAW.licenses)
    draw = random.Random(seed)
    yield from ids
    seen = set(ids)
    while True:
        parts = draw.sample(ids, draw.choice((2, 2, 3)))
        text = draw.choice((" OR ", " AND ")).join(parts)
        if text not in seen:
            seen.add(text)
            yield text


def profiles(n: int) -> list[Profile]:
    """Distinct rights profiles: a third with a second statement, a reservation or an ancestor."""
    draw = random.Random(7)
    found: dict[Profile, None] = {}
    for text in expressions(7):
        claims = [license_claim(text, LAW.names, tier=draw.choice((3, 5, 5, 6)), place="benchmark")]
        kind = draw.random()
        if kind < 0.15:
            claims.append(license_claim(draw.choice(sorted(LAW.licenses)), LAW.names, tier=5, place="benchmark"))
        elif kind < 0.25:
            acts = frozenset({draw.choice(["train", "mine.analyse", "index"])})
            claims.append(Evidence(kind="reservation", tier=4, bound_to="location", statement="reserve", acts=acts))
        elif kind < 0.33:
            claims.append(license_claim(draw.choice(sorted(LAW.licenses)), LAW.names, tier=5, layer="parent"))
        found[frozenset(c for c in claims if c is not None)] = None
        if len(found) == n:
            return list(found)
    raise AssertionError("expressions never end")


def uses() -> list[Use]:
    """Ten requests: two acts, two purposes, nothing or everything accepted, and two parents of acts."""
    some = itertools.product(["train.pretrain", "share.adapted"], ["commercial", "noncommercial"], [[], ["all"]])
    found = [use_of(LAW.vocabulary, [act], as_of=NOW, purpose=p, accept=accept) for act, p, accept in some]
    found.append(use_of(LAW.vocabulary, ["train"], as_of=NOW))
    return [*found, use_of(LAW.vocabulary, ["train", "share"], as_of=NOW, accept=["all"])]


def curve(most: int) -> None:
    """Print the seconds for each number of profiles."""
    listed, asked = profiles(most), uses()
    leaves = sum(len(u.acts) for u in asked)
    print(f"{'profiles':>9} {'uses':>5} {'leaf acts':>10} {'seconds':>9} {'us/decision':>12} {'us/leaf':>9}")
    for n in (n for n in (10, 200, 1_200, 10_000) if n <= most):
        cases = [Case(profile=p, personal_data="no", pii_state="none_found") for p in listed[:n]]
        LAW.values.clear()
        start = time.perf_counter()
        for use in asked:
            for case in cases:
                decide(case, use, LAW)
        seconds = time.perf_counter() - start
        per = seconds / n * 1e6
        print(f"{n:>9} {len(asked):>5} {leaves:>10} {seconds:>9.3f} {per / len(asked):>12.0f} {per / leaves:>9.0f}")


class Watch:
    """Adds up the seconds that a function takes."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls = 0

    def around(self, function: object) -> object:
        """The function, timed."""

        def timed(*values: object) -> object:
            start = time.perf_counter()
            try:
                return function(*values)  # type: ignore[operator]
            finally:
                self.seconds += time.perf_counter() - start
                self.calls += 1

        return timed


def in_a_query(records: int, distinct: int) -> None:
    """Make a store of many records, and time one query on it."""
    with tempfile.TemporaryDirectory() as folder:
        stated = list(itertools.islice(expressions(11), distinct))
        source = Path(folder) / "corpus"
        source.mkdir()
        (source / "source.toml").write_text('name = "corpus"\npersonal_data = "no"\n')
        with (source / "rows.jsonl").open("w") as rows:
            for n in range(records):
                text = f"Row {n} of the corpus: the tide turns at {n % 1440} minutes after midnight."
                rows.write(json.dumps({"id": f"r{n}", "text": text, "license": stated[n % distinct]}) + "\n")
        store = Store(Path(folder) / "store")
        start = time.perf_counter()
        store.ingest([source], workers=2)
        print(f"\n{records} records under {distinct} statements, ingested in {time.perf_counter() - start:.1f} s")
        for kind in ("records", "evidence", "duplicates"):
            size = sum(p.stat().st_size for p in (Path(folder) / "store" / kind).glob("*.parquet"))
            print(f"  {kind}: {size / records:.1f} bytes per record")
        watch = Watch()
        deciding.decide = watch.around(decide)  # type: ignore[attr-defined, assignment]
        LAW.values.clear()
        start = time.perf_counter()
        answer = store.query(use="train.pretrain", accept=["attribution", "notice"], dedup="exact")
        whole = time.perf_counter() - start
        tried = len(answer["would_permit"])
        print(f"  query: {whole:.2f} s; {answer['permitted']['records']} permitted")
        print(
            f"    decisions: {watch.calls} in {watch.seconds:.2f} s ({watch.seconds / whole:.0%}), {tried} options listed"
        )
        print(f"    matching, joining, counting: {whole - watch.seconds:.2f} s")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--profiles", type=int, default=1_200)
    parser.add_argument("--most", type=int, default=10_000)
    order = parser.parse_args()
    print(
        f"rightful {__version__}, catalogue {LAW.digest[:12]} of {len(LAW.licenses)} licences, Python"
        f" {platform.python_version()}, duckdb {duckdb.__version__}, pyarrow {pa.__version__}"
    )
    curve(order.most)
    in_a_query(order.records, order.profiles)


if __name__ == "__main__":
    main()

"""The rights workload: what controllers, persons, processors and regulators ask of a corpus, and what carrying the answer costs.

    python benchmarks/rights_workload.py                                      # 20,000 records with 10 and 1,000 profiles
    python benchmarks/rights_workload.py --records 1000000 --profiles 10,100,1000,10000 --folder F
    python benchmarks/rights_workload.py cost CORPUS.jsonl                     # rights as a share of ingest and export

In the terms of GDPRbench (Shastri et al., "Understanding and benchmarking the impact of GDPR on database systems",
PVLDB 13(7), 2020): four roles, each with its verbs, and three measures: *correctness* (answers that are right, of all
that were looked at), *time* (of the clock, and of the processors with all children) and *space* (bytes of everything that
is kept beside the texts, for a record). The first is not assumed: the truth about every record (its licence, its person,
its address, what was withdrawn) is known to the generator alone, and every answer is held against it.

A record has about 120 characters, an address, a person (one of a tenth as many as records) and a licence statement that
falls into one of N *profiles*: a licence that permits training, alone or beside the name of a licence that nobody knows
(``MIT OR LicenseRef-n``: permitted; ``MIT AND LicenseRef-n`` and ``LicenseRef-n``: not). To compare another system: write
the rows of ``corpus`` into it, answer the verbs of ``ROLES``, and count against ``Truth``.

*cost* runs the same ingest and the same export twice more in processes in which rights are ignored (this file patches
them there and nowhere else): no claim is read, stored or judged, everything is permitted. CPU seconds, the least of three.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from _many_records import text_of
from _times import cpu_seconds

from rightful import Store, __version__
from rightful.events.consents import Request

FREE = ("MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "CC0-1.0", "0BSD", "Zlib", "BSL-1.0", "MIT-0")
USE: dict[str, Any] = {"use": "train.pretrain", "accept": ["attribution", "notice"]}
SOURCES, HOSTS = 10, 997
RECORDS_OF_A_PERSON = 10
WITHDRAWN = 1_000
"""Records that are withdrawn by their ids at once."""


@dataclass(slots=True)
class Truth:
    """What the generator knows. ``profiles``: how many different statements there are; ``gone``: the records that were withdrawn."""

    records: int
    profiles: int
    gone: set[int] = field(default_factory=set)
    added: int = 0

    def statement(self, n: int) -> str:
        """What record ``n`` states as its licence."""
        profile = (n * 7919) % self.profiles
        free = FREE[profile % len(FREE)]
        unknown = f"LicenseRef-w{profile // len(FREE)}"
        if profile < len(FREE):
            return free
        return (f"{free} OR {unknown}", f"{free} AND {unknown}", f"{free} OR {unknown}", unknown)[
            profile // len(FREE) % 4
        ]

    def permits(self, n: int) -> bool:
        """Whether training on record ``n`` is permitted."""
        statement = self.statement(n)
        return n not in self.gone and (" OR " in statement or "LicenseRef" not in statement)

    def of_person(self, person: int) -> set[int]:
        """The records about a person, withdrawn ones too."""
        people = max(1, self.records // RECORDS_OF_A_PERSON)
        return set(range(person, self.records, people))

    def address(self, n: int) -> str:
        """Where record ``n`` was found."""
        return f"https://h{n % HOSTS}.example/{n}"

    def person(self, n: int) -> str:
        """Whom record ``n`` is about."""
        return f"p{n % max(1, self.records // RECORDS_OF_A_PERSON)}@people.example"

    def row(self, n: int) -> dict[str, str]:
        """Record ``n`` as it is given to a system."""
        text = " ".join(random.Random(n).choices(text_of(n % 1000 + 3).split(), k=18)) + f" {n}."
        return {
            "id": f"r{n}",
            "text": text,
            "url": self.address(n),
            "license": self.statement(n),
            "subject": self.person(n),
        }


def corpus(folder: Path, truth: Truth, numbers: Sequence[int], name: str) -> Path:
    """The rows of some records, a folder with a card for each source."""
    for source in range(SOURCES):
        at = folder / name / f"s{source}"
        at.mkdir(parents=True)
        card = f'name = "s{source}"\npersonal_data = "yes"\nlegal_basis = "legitimate_interests"\n'
        (at / "source.toml").write_text(card)
        with (at / f"{name}.jsonl").open("w") as file:
            file.writelines(json.dumps(truth.row(n)) + "\n" for n in numbers if n % SOURCES == source)
    return folder / name


Counted = tuple[int, int]
"""How many of what was looked at were right, and how many were looked at."""


def right(*of: bool) -> Counted:
    """Count."""
    return sum(of), len(of)


@dataclass(slots=True)
class Workload:
    """A store, the truth about it, and the verbs of the roles; each answers how much of what it looked at was right."""

    folder: Path
    truth: Truth
    store: Store
    table: list[tuple[str, str, float, float, int, int]] = field(default_factory=list)

    def run(self, role: str, verb: str, do: Callable[[], Counted]) -> None:
        """Do it, and keep what it took."""
        start, cpu = time.perf_counter(), cpu_seconds()
        correct, looked = do()
        taken = (time.perf_counter() - start, cpu_seconds() - cpu)
        self.table.append((role, verb, *taken, correct, looked))
        times = f"{taken[0]:8.2f} s {taken[1]:8.2f} s CPU"
        print(f"{role:<11}{verb:<50}{times}   {correct:,} of {looked:,} right", flush=True)

    def every(self) -> None:
        """The verbs of all roles, in an order in which each finds something to do."""
        for role, verb, do in (
            (CONTROLLER, f"takes in {self.truth.records:,} records", self.ingest),
            (PROCESSOR, "counts what a use permits", self.count),
            (PROCESSOR, "names every record that it permits", self.name),
            (PROCESSOR, "exports it as bytes", self.export),
            (REGULATOR, "asks why a record is permitted or not (20)", self.explain),
            (REGULATOR, "has the export verified", self.verify),
            (PERSON, "asks what there is about them", self.access),
            (PERSON, "withdraws", self.leave),
            (PROCESSOR, "counts again", self.count),
            (CONTROLLER, f"withdraws {WITHDRAWN:,} records by id", self.withdraw),
            (PROCESSOR, "counts again", self.count),
            (REGULATOR, "asks where what was withdrawn went", self.trace),
            (CONTROLLER, "repairs the export", self.repair),
            (CONTROLLER, f"takes in {WITHDRAWN:,} more, and what was withdrawn again", self.add),
            (CONTROLLER, "erases what was withdrawn", self.erase),
            (REGULATOR, "has the store checked", self.check),
        ):
            self.run(role, verb, do)

    # --- controller: keeps the corpus and answers for it

    def ingest(self) -> Counted:
        """Everything, with each person and licence."""
        rows = corpus(self.folder, self.truth, list(range(self.truth.records)), "first")
        made = self.store.ingest([rows], subject_field="subject")
        return right(made["added"] == self.truth.records)

    def withdraw(self) -> Counted:
        """Some records by their ids, in one commit."""
        known = self.names()
        chosen = random.Random(9).sample(sorted(known), min(WITHDRAWN, len(known) // 4))
        requests = [Request(kind="withdraw", selector="record", value=known[n]) for n in chosen]
        answers = self.store.consent.record(requests, yes=True)
        self.truth.gone |= set(chosen)
        return right(len(answers) == len(chosen))

    def repair(self) -> Counted:
        """The export without what is permitted no more."""
        before = self.exported()
        made = self.store.redact(self.folder / "out", yes=True)
        return right(
            made["records_removed"] == len(before - self.permitted()), self.exported() == self.permitted() & before
        )

    def add(self) -> Counted:
        """Some new records, and those that a person withdrew, again: these are refused, and so are new ones about this person."""
        more = list(range(self.truth.records, self.truth.records + WITHDRAWN))
        again = sorted(self.truth.of_person(ONE))
        rows = corpus(self.folder, self.truth, [*more, *again], "more")
        made = self.store.ingest([rows], subject_field="subject")
        self.truth.added = WITHDRAWN
        refused = {n for n in more if self.truth.person(n) == self.truth.person(ONE)}
        self.truth.gone |= refused
        expected = (WITHDRAWN - len(refused), len(refused) + len(again))
        return right((made["added"], made["refused"]) == expected, *self.count_is_right())

    def erase(self) -> Counted:
        """The texts of what was withdrawn are taken out of the store for good."""
        made = self.store.compact(yes=True)
        return right(made is not None, *self.count_is_right())

    # --- person: what of me is there, and take it out

    def access(self) -> Counted:
        """Everything about a person (Article 15 of the GDPR), with what it is used for."""
        report = self.store.find(subject=self.truth.person(ONE), report=True).report
        found = {str(record["source_record_id"]) for record in report["records"]} if report else set()
        return right(found == {f"r{n}" for n in self.truth.of_person(ONE)})

    def leave(self) -> Counted:
        """A person withdraws."""
        self.store.consent.withdraw(subject=self.truth.person(ONE), reason="asked to", yes=True)
        self.truth.gone |= self.truth.of_person(ONE)
        return right(self.store.find(subject=self.truth.person(ONE), report=True).report is not None)

    # --- processor: what may I use

    def count(self) -> Counted:
        """How many records a use permits."""
        return right(*self.count_is_right())

    def count_is_right(self) -> list[bool]:
        """Whether a query counts as many records as are permitted."""
        return [self.store.query(**USE, dedup="none")["permitted"]["records"] == len(self.permitted())]

    def name(self) -> Counted:
        """Which records they are: every one is looked at."""
        named, permitted = set(self.names(permitted=True)), self.permitted()
        everyone = range(self.truth.records)
        return sum((n in named) == (n in permitted) for n in everyone), self.truth.records

    def names(self, *, permitted: bool = False) -> dict[int, str]:
        """The ids of records by their number: of those that a use permits, or of all."""
        out = self.folder / "names.parquet"
        out.unlink(missing_ok=True)
        if permitted:
            self.store.query(**USE, dedup="none", ids=True, out=out)
            ids = duckdb.sql(f"SELECT record_id FROM '{out}'").fetchall()
            by_id = {record: n for n, record in self.names().items()}
            return {by_id[str(record)]: str(record) for (record,) in ids}
        parts = self.store.layout.root / "records" / "*.parquet"
        rows = duckdb.sql(f"SELECT DISTINCT source_record_id, record_id FROM '{parts}'").fetchall()
        return {int(name[1:]): record for name, record in rows}

    def permitted(self) -> set[int]:
        """The records that are permitted, by the generator alone."""
        return {n for n in range(self.truth.records + self.truth.added) if self.truth.permits(n)}

    def export(self) -> Counted:
        """Shards of what is permitted."""
        made = self.store.export(self.folder / "out", **USE, tokenizer="bytes", dedup="none", shard_tokens=1 << 22)
        return right(made.records == len(self.permitted()), self.exported() == self.permitted())

    def exported(self) -> set[int]:
        """The records that the shards hold, by their index."""
        by_id = {record: n for n, record in self.names().items()}
        index = duckdb.sql(f"SELECT record_id FROM '{self.folder / 'out' / 'index.parquet'}'").fetchall()
        return {by_id[str(record)] for (record,) in index}

    # --- regulator: show me

    def explain(self) -> Counted:
        """The decision on some records, with its evidence."""
        known = self.names()
        chosen = random.Random(4).sample(sorted(known), 20)
        answers = [(n, self.store.explain(known[n], **USE)) for n in chosen]
        return right(*((answer.decision == "permit") == self.truth.permits(n) for n, answer in answers))

    def verify(self) -> Counted:
        """Every record of the export is read and decided again."""
        return right(self.store.verify(self.folder / "out").ok)

    def trace(self) -> Counted:
        """Every place in an export that holds what is permitted no more."""
        places = self.store.trace(all_stale=True, limit="none").exports
        by_id = {record: n for n, record in self.names().items()}
        stale = {by_id[str(place["record"])] for place in places if str(place["record"]) in by_id}
        return right(stale == self.exported() - self.permitted())

    def check(self) -> Counted:
        """Digests, counts and the chain of everything."""
        return right(self.store.check().ok)

    def space(self) -> None:
        """Print the bytes beside the texts, for a record."""
        root = self.store.layout.root
        kinds = {
            p.name: sum(f.stat().st_size for f in p.rglob("*") if f.is_file()) for p in root.iterdir() if p.is_dir()
        }
        kinds["ledger"] = sum(p.stat().st_size for p in root.glob("ledger.sqlite*"))
        texts, n = kinds.pop("texts", 0), self.truth.records + self.truth.added
        listed = ", ".join(f"{name} {size / n:.1f}" for name, size in sorted(kinds.items()) if size >= n / 10)
        of_text = sum(len(self.truth.row(i)["text"]) for i in range(0, n, 97)) / len(range(0, n, 97))
        print(
            f"bytes a record: text {of_text:.0f} ({texts / n:.0f} stored); beside it {sum(kinds.values()) / n:.0f}: {listed}"
        )


CONTROLLER, PERSON, PROCESSOR, REGULATOR = ROLES = ("controller", "person", "processor", "regulator")
ONE = 3
"""The person who asks and withdraws."""


# --- what carrying rights costs ---------------------------------------------------------------------------------------


def ignore_rights() -> None:
    """Patch this process, and nothing else: no claim of a row is read, judged or counted, and everything is permitted."""
    from rightful.decisions import cases
    from rightful.stages.license import LicenseTags

    found, decide = LicenseTags._found, cases.decide

    def one(self: Any, batch: pa.RecordBatch) -> Any:
        first, _ = found(self, batch.slice(0, 1))
        return first[:1], pa.array([0] * batch.num_rows, pa.int32())

    known: list[Any] = []

    def permitted(case: Any, use: Any, catalog: Any) -> Any:
        if not known:
            first = decide(case, use, catalog)
            if not first.permits:
                return first
            known.append(first)
        return known[0]

    LicenseTags._found = one
    LicenseTags._count = lambda *_: None
    LicenseTags._attribution = lambda self, batch, *_: pa.nulls(batch.num_rows, pa.string())
    cases.decide = permitted


def measure(rows: Path, folder: Path, *, ignored: bool) -> dict[str, float]:
    """CPU seconds of an ingest, and of a million tokens of an export, in this process; what is compiled and loaded once is done
    before."""
    if ignored:
        ignore_rights()
    tiny = folder / "tiny.jsonl"
    with rows.open() as file:
        tiny.write_text("".join(line for line, _ in zip(file, range(20), strict=False)))
    card = folder / "source.toml"
    card.write_text('name = "measured"\npersonal_data = "no"\n')
    taken = {}
    for name, source in (("tiny", tiny), ("whole", rows)):
        store = Store(folder / f"store-{name}")
        start = time.process_time()
        store.ingest([source], source=card, workers=1)
        taken["ingest"] = time.process_time() - start
        start = time.process_time()
        made = store.export(folder / f"out-{name}", **USE, tokenizer="bytes", dedup="none", workers=1)
        # With rights ignored more is permitted: what counts is the time for as much.
        taken["export of a million tokens"] = (time.process_time() - start) / made.tokens * 1e6
    return taken


def cost(rows: Path, rounds: int = 3) -> None:
    """Print the share of an ingest and of an export that rights are."""
    least: dict[bool, dict[str, float]] = {False: {}, True: {}}
    for _ in range(rounds):
        for ignored in least:
            with tempfile.TemporaryDirectory(prefix="rightful-bench-") as folder:
                command = [sys.executable, __file__, "measure", str(rows), folder, *(["ignored"] if ignored else [])]
                taken = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
            for verb, seconds in taken.items():
                least[ignored][verb] = min(seconds, least[ignored].get(verb, seconds))
    for verb, seconds in least[False].items():
        without = least[True][verb]
        print(
            f"{verb}: {seconds:.3f} s CPU; with rights ignored {without:.3f}: rights are {1 - without / seconds:.1%} of it"
        )


def main() -> None:
    """Run the workload for each number of profiles, or measure what rights cost."""
    if sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure(Path(sys.argv[2]), Path(sys.argv[3]), ignored="ignored" in sys.argv[4:])))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("all", "cost"), default="all")
    parser.add_argument("rows", nargs="?", type=Path, help="JSON lines whose rights cost something: see corpora.py")
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--profiles", default="10,1000")
    parser.add_argument("--folder", type=Path, help="where stores and exports are made; they are removed again")
    order = parser.parse_args()
    print(
        f"rightful {__version__}, Python {platform.python_version()}, duckdb {duckdb.__version__}, pyarrow {pa.__version__}"
    )
    if order.what == "cost":
        if order.rows is None:
            parser.error("cost needs rows: python benchmarks/corpora.py mixed OUT.jsonl")
        cost(order.rows)
        return
    for profiles in (int(p) for p in order.profiles.split(",")):
        with tempfile.TemporaryDirectory(prefix="rightful-bench-", dir=order.folder) as folder:
            print(f"== {order.records:,} records, {profiles:,} profiles")
            workload = Workload(Path(folder), Truth(order.records, profiles), Store(Path(folder) / "store"))
            workload.every()
            workload.space()
            correct, looked = (sum(row[i] for row in workload.table) for i in (4, 5))
            for role in ROLES:
                seconds = sum(row[3] for row in workload.table if row[0] == role)
                print(f"{role}: {seconds:.1f} s CPU")
            print(f"correct: {correct:,} of {looked:,} ({correct / looked:.4%})")


if __name__ == "__main__":
    main()

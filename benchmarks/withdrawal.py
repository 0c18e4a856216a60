"""Withdrawal by the measures that OriginBlame publishes (arXiv 2607.13037), and of a million records.

    python benchmarks/withdrawal.py pages    [--pages 220000] [--words 90]     latency and over-deletion by author
    python benchmarks/withdrawal.py many     [--records 1000000]               1,000 withdrawals by id and 3 by prefix
    python benchmarks/withdrawal.py overhead [--pages 10000] [--words 1900]    what provenance costs, in time and bytes
    python benchmarks/withdrawal.py relink   [--pages 20000] [--words 250]     what is found again after edits upstream

``--folder F`` keeps what was made, and takes it again. The pages are made up: words by Zipf's law, several contributors to
each, as many contributors in all as OriginBlame's Wikipedia has for a page (482,543 for 219,555), and 20 datasets. Time is
of the clock, and of the processors where it says CPU, because others may use them too.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from _many_records import made as many_records
from _many_records import text_of as small_text
from _times import cpu_seconds
from tokenizers import Tokenizer

from rightful import Store, __version__
from rightful.events.consents import Request
from rightful.export.formats import Row, Shape, document, find

SYLLABLES = [
    a + b for a in "ba ce di fo gu ha ke li mo nu pa re si to vu we".split() for b in "r st lk mp nd rt sk n".split()
]
WORDS = np.array(sorted({a + b for a in SYLLABLES for b in SYLLABLES}))
DATASETS = 20
CONTRIBUTORS = 482_543 / 219_555
"""For a page."""
TRAINING: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "dedup": "none"}


def text_of(n: int, words: int, seed: int = 0) -> str:
    """The text of a page, a function of its number: sentences of words by Zipf's law, in paragraphs."""
    draw = np.random.default_rng([n, seed])
    count = max(8, int(draw.lognormal(np.log(words), 0.6)))
    chosen = WORDS[np.minimum(draw.zipf(1.25, count), len(WORDS)) - 1]
    lines = [" ".join(chosen[i : i + 14]).capitalize() + "." for i in range(0, count, 14)]
    return "\n\n".join(" ".join(lines[i : i + 6]) for i in range(0, len(lines), 6))


def authors_of(n: int, pages: int) -> list[str]:
    """The contributors of a page: a few of very many, some of whom write a lot."""
    draw = random.Random(n)
    every = int(pages * CONTRIBUTORS)
    return [f"Contributor {int(every ** draw.random()):06d}" for _ in range(1 + n % 4)]


def page(n: int, pages: int, words: int) -> dict[str, Any]:
    """A row of the corpus."""
    address = f"https://wiki.example/d{n * DATASETS // pages}/page-{n}"
    return {"id": f"p{n}", "text": text_of(n, words), "url": address, "author": "; ".join(authors_of(n, pages))}


def write_rows(folder: Path, name: str, rows: Iterator[dict[str, Any]]) -> None:
    """A source in a folder of its own."""
    at = folder / name
    at.mkdir(parents=True)
    (at / "source.toml").write_text(f'name = "{name}"\nlicense = "CC-BY-SA-4.0"\npersonal_data = "no"\n')
    with (at / "rows.jsonl").open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def corpus(folder: Path, pages: int, words: int) -> Path:
    """The pages as JSON lines, a folder for each dataset; as they are there, or made now."""
    at = folder / f"pages-{pages}-{words}"
    if not at.exists():
        for d in range(DATASETS):
            numbers = range(d * pages // DATASETS, (d + 1) * pages // DATASETS)
            write_rows(at.with_suffix(".new"), f"d{d:02d}", (page(n, pages, words) for n in numbers))
        at.with_suffix(".new").rename(at)
    return at


@contextmanager
def clock(what: str, into: dict[str, float] | None = None) -> Iterator[None]:
    """Print how long it took, by the clock and by the processors."""
    began, cpu = time.perf_counter(), cpu_seconds()
    yield
    took, used = time.perf_counter() - began, cpu_seconds() - cpu
    if into is not None:
        into[what] = used
    print(f"{what:<58} {took:8.2f} s   {used:8.2f} s CPU", flush=True)


def bytes_in(path: Path) -> int:
    """All files below a folder."""
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())


def stored(store: Store) -> dict[str, int]:
    """Bytes by kind of part, and of the ledger."""
    root = store.layout.root
    kinds = {p.name: bytes_in(p) for p in sorted(root.iterdir()) if p.is_dir()}
    return {k: v for k, v in kinds.items() if v} | {
        "ledger": sum(p.stat().st_size for p in root.glob("ledger.sqlite*"))
    }


def written(store: Store) -> dict[str, int]:
    """The parts with texts and tags, with when they were written."""
    return {
        str(p): p.stat().st_mtime_ns
        for kind in ("records", "texts", "signatures", "evidence")
        for p in (store.layout.root / kind).glob("*.parquet")
    }


def ingested(folder: Path, rows: Path, **options: Any) -> Store:
    """The store of a corpus, as it is there or made now."""
    store = Store(folder / f"store-{rows.name}")
    if not store.layout.exists():
        with clock(f"ingest of {rows.name} (text {bytes_in(rows) / 1e6:.0f} MB)"):
            store.ingest([rows], **options)
    return store


def linked(store: Store, name: str) -> Store:
    """A copy that shares the parts, to be written to."""
    other = Store(store.layout.root.with_name(name))
    shutil.rmtree(other.layout.root, ignore_errors=True)

    def link(source: str, target: str) -> None:
        Path(target).hardlink_to(source) if source.endswith(".parquet") else shutil.copy2(source, target)

    shutil.copytree(store.layout.root, other.layout.root, copy_function=link)
    return other


def best(call: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """The least of some runs, and what the last answered."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        answer = call()
        took.append(time.perf_counter() - began)
    return min(took), answer


def pages(folder: Path, order: argparse.Namespace) -> None:
    """Over-deletion by author, and how long everything takes."""
    whole = ingested(folder, corpus(folder, order.pages, order.words), workers=2)
    store = linked(whole, "pages-withdrawn")
    out = folder / "pages-export"
    shutil.rmtree(out, ignore_errors=True)
    with clock("export (parquet, bytes)"):
        manifest = store.export(out, tokenizer="bytes", shard_tokens=1_000_000, **TRAINING)
    print(f"{manifest['records']:,} records, {manifest['tokens']:,} tokens, {len(manifest['shards'])} shards")
    over_deletion(linked(store, "pages-authors"), corpus(folder, order.pages, order.words), out, order.pages)
    record = store.query(**TRAINING, ids=True, limit=order.pages // 2)["ids"][-1]
    text = folder / "asked.txt"
    text.write_text(store.sql(f"SELECT text FROM texts WHERE record_id = '{record}'")[0]["text"])
    took, answer = best(lambda: store.find(text))
    print(f"find a page by its text: {took * 1000:.0f} ms ({len(answer.records)} records)")
    took, answer = best(lambda: store.trace(record))
    print(f"trace a record: {took * 1000:.0f} ms ({len(answer.exports)} places)")
    author = authors_of(order.pages // 3, order.pages)[0]
    took, answer = best(lambda: store.find(author=author))
    print(f"find what an author has: {took * 1000:.0f} ms ({len(answer.records)} records)")
    took, answer = best(lambda: store.trace(author=author))
    print(f"trace an author: {took * 1000:.0f} ms ({answer.records} records, {len(answer.exports)} places)")
    before = written(store)
    with clock("withdraw one record"):
        event = store.consent.withdraw(record=record).event
    with clock("  the next query, which refuses it"):
        assert record not in store.query(**TRAINING, ids=True)["ids"]
    with clock("  trace the event"):
        assert len(store.trace(event=str(event)).exports) >= 1
    with clock("  redact"):
        done = store.redact(out)
    print(
        f"  {done.records_removed} record, {done.shards_rewritten} of {len(manifest['shards'])} shards; parts rewritten: "
        f"{len(set(written(store).items()) - set(before.items()))}"
    )
    with clock(f"withdraw all of {author}"):
        answer = store.consent.withdraw(author=author, yes=True)
    own = int(answer.matched["records"])
    with clock("  redact"):
        done = store.redact(out)
    print(
        f"  {own} records of the author; {done.records_removed} removed: factor {done.records_removed / max(own, 1):.2f}"
    )
    if hasattr(store, "compact"):
        with clock("erase what was withdrawn (store compact)"):
            print(store.compact())


def over_deletion(store: Store, rows: Path, out: Path, pages: int) -> None:
    """Tokens that go when somebody withdraws, against the tokens that are theirs: by record, by shard, by dataset.

    Which are theirs is counted in the corpus itself, byte by byte of the pages that name them; the store is not asked.
    """
    index = duckdb.connect()
    index.execute(f"CREATE VIEW held AS SELECT * FROM read_parquet('{out / 'index.parquet'}')")
    of_source = dict(index.execute("SELECT source_id, sum(length) FROM held GROUP BY 1").fetchall())
    of_shard = dict(index.execute("SELECT shard, sum(length) FROM held GROUP BY 1").fetchall())
    authors = list(dict.fromkeys(authors_of(n, pages)[0] for n in range(0, pages, max(1, pages // 20))))
    theirs = dict.fromkeys(authors, 0)
    for file in sorted(rows.rglob("*.jsonl")):
        with file.open() as lines:
            for line in lines:
                row = json.loads(line)
                for author in theirs.keys() & set(row["author"].split("; ")):
                    theirs[author] += len(row["text"].encode()) + 1
    ours, shards, sources = [], [], []
    for author, own in theirs.items():
        event = store.consent.withdraw(author=author, yes=True).event
        answer = store.trace(event=event)
        ours.append(sum(p["length"] for p in answer.exports) / own)
        shards.append(sum(of_shard[s] for s in {p["shard"] for p in answer.exports}) / own)
        sources.append(sum(of_source[s["source"]] for s in answer.sources) / own)
    print(f"over-deletion factor of {len(ours)} authors (least, median, most):")
    for what, of in (
        ("rightful, by record", ours),
        ("all shards that hold it", shards),
        ("all datasets that hold it", sources),
    ):
        print(f"  {what:<28} {min(of):8.2f} {float(np.median(of)):10.2f} {max(of):10.2f}")


def many(folder: Path, order: argparse.Namespace) -> None:
    """A thousand withdrawals by id and three by prefix, out of a million records."""
    whole = many_records(folder, order.records)
    store = linked(whole, "many-withdrawn")
    out = folder / "many-export"
    shutil.rmtree(out, ignore_errors=True)
    with clock(f"export of {order.records:,} records (parquet, bytes)"):
        manifest = store.export(out, tokenizer="bytes", shard_tokens=1_000_000, **TRAINING)
    ids = store.query(**TRAINING, ids=True)["ids"]
    chosen = ids[:: max(1, len(ids) // 1000)][:1000]
    permitted = store.query(**TRAINING)["permitted"]["records"]
    before = written(store)
    with clock("withdraw 1,000 records by id"):
        events = [*store.consent.record([Request(kind="withdraw", selector="record", value=i) for i in chosen])]
    with clock("withdraw 3 prefixes"):
        prefixes = [f"https://h{n}.example/" for n in (17, 4711, 31_415)]
        events += store.consent.record([Request(kind="withdraw", selector="url-prefix", value=p) for p in prefixes])
    matched = sum(int(e["matched"]["records"]) for e in events)
    with clock("  the next query, which refuses them"):
        left = store.query(**TRAINING)["permitted"]["records"]
    rewritten = len(set(written(store).items()) - set(before.items()))
    print(f"  matched {matched:,}; permitted {permitted:,} -> {left:,}; parts rewritten: {rewritten}")
    took, answer = best(lambda: store.trace(chosen[0]))
    print(f"trace a record: {took:.2f} s")
    took, answer = best(lambda: store.trace(event=str(events[-1]["event"])), 1)
    print(f"trace a prefix: {took:.2f} s ({answer.records} records, {len(answer.exports)} places)")
    with clock("trace all that is stale"):
        answer = store.trace(all_stale=True, limit=0)
    print(f"  {answer.more:,} places")
    with clock("redact"):
        done = store.redact(out)
    print(f"  {done.records_removed:,} records, {done.shards_rewritten} of {len(manifest['shards'])} shards")
    text = folder / "asked.txt"
    text.write_text(small_text(order.records // 2))
    took, found = best(lambda: store.find(text))
    print(f"find a text of 20 words: {took:.2f} s ({len(found.records)} records)")
    if hasattr(store, "compact"):
        with clock("erase what was withdrawn (store compact)"):
            print(store.compact())


def overhead(folder: Path, order: argparse.Namespace) -> None:
    """What keeping provenance costs beside the same work without it."""
    rows = corpus(folder, order.pages, order.words)
    text = sum(len(page_text.encode()) for page_text in _texts(rows))
    took: dict[str, float] = {}
    with clock("bare: JSON lines read and written as Parquet (zstd)", took):
        _bare(rows, folder / "bare.parquet")
    unindexed = folder / "unindexed.toml"
    unindexed.write_text("[passages]\nindex = false\n")
    recipes = {"none": "none", "without the index of passages": str(unindexed), "default": None}
    warmed(folder, recipes)
    stores = {}
    for recipe, setting in recipes.items():
        shutil.rmtree(folder / f"store-{recipe}", ignore_errors=True)
        stores[recipe] = Store(folder / f"store-{recipe}")
        with clock(f"ingest, recipe {recipe}", took):
            stores[recipe].ingest([rows], recipe=setting, workers=1)
    least, all_stages = took["ingest, recipe without the index of passages"], took["ingest, recipe default"]
    print(f"the index of passages: {100 * (all_stages - least) / least:+.1f} % of an ingest (CPU)")
    extra = took["ingest, recipe none"] - took["bare: JSON lines read and written as Parquet (zstd)"]
    print(
        f"provenance in ingest: {100 * extra / took['ingest, recipe default']:.1f} % of an ingest with all its stages (CPU)"
    )
    store = stores["none"]
    out = folder / "overhead-export"
    shutil.rmtree(out, ignore_errors=True)
    shutil.rmtree(folder / "trained", ignore_errors=True)
    store.export(folder / "trained", tokenizer="train:16000", **TRAINING)
    tokenizer = next((folder / "trained").rglob("tokenizer.json"))
    options = {**TRAINING, "tokenizer": str(tokenizer), "tokenizer_backend": "hf", "eod": _eod(tokenizer)}
    with clock("bare: texts encoded and written as the same shards", took):
        tokens = _bare_export(store, folder, tokenizer)
    with clock("export", took):
        manifest = store.export(out, workers=1, **options)
    bare = took["bare: texts encoded and written as the same shards"]
    print(f"provenance in export: {100 * (took['export'] - bare) / bare:.1f} % (CPU), shards read back included")
    kinds = stored(store)
    of = sum(v for k, v in kinds.items() if k not in ("texts", "signatures", "passages", "exports"))
    print(
        f"provenance in the store: {of / 1e6:.1f} MB = {of / text:.4f} of the text ({text / 1e6:.0f} MB); by kind: {kinds}"
    )
    kinds = stored(stores["default"])
    print(f"  with all stages: { ({k: round(v / text, 4) for k, v in kinds.items()}) } of the text")
    shards = bytes_in(out / "data")
    beside = sum(p.stat().st_size for p in out.iterdir() if p.is_file() and p.name != "tokenizer.json")
    print(
        f"provenance beside shards: {beside / 1e6:.2f} MB = {beside / (4 * tokens):.4f} of the tokens as 32 bits,"
        f" {beside / shards:.4f} of the shards as they lie; {manifest['tokens']:,} tokens"
    )


def warmed(folder: Path, recipes: dict[str, str | None]) -> None:
    """Everything loaded and compiled, so that the first run is no slower than the others."""
    rows = corpus(folder, 100, 100)
    for n, recipe in enumerate(recipes.values()):
        store = Store(folder / f"warm-{n}")
        if not store.layout.exists():
            store.ingest([rows], recipe=recipe, workers=1)
            store.export(folder / f"warm-export-{n}", tokenizer="bytes", workers=1, **TRAINING)


def _eod(tokenizer: Path) -> str:
    """The token that ends a document in a tokenizer of ours."""
    added = json.loads(tokenizer.read_text())["added_tokens"]
    return str(added[0]["content"])


def _texts(rows: Path) -> Iterator[str]:
    for file in sorted(rows.rglob("*.jsonl")):
        with file.open() as lines:
            for line in lines:
                yield json.loads(line)["text"]


def _bare(rows: Path, out: Path) -> None:
    """What anybody writes who keeps nothing of where it came from."""
    schema = pa.schema([("text", pa.large_string())])
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        batch: list[str] = []
        for text in _texts(rows):
            batch.append(text)
            if len(batch) == 2000:
                writer.write_table(pa.table({"text": pa.array(batch, pa.large_string())}))
                batch = []
        if batch:
            writer.write_table(pa.table({"text": pa.array(batch, pa.large_string())}))


def _bare_export(store: Store, folder: Path, tokenizer: Path) -> int:
    """Texts to shards with the same library and writer, and nothing else. Answers the number of tokens."""
    encoder, form = Tokenizer.from_file(str(tokenizer)), find("parquet")
    target = folder / "bare-shards"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    total = 0

    def rows() -> Iterator[Row]:
        nonlocal total
        for part in sorted((store.layout.root / "texts").glob("*.parquet")):
            for batch in pq.ParquetFile(part).iter_batches(512, columns=["record_id", "text"]):
                encoded = encoder.encode_batch(batch.column("text").to_pylist(), add_special_tokens=False)
                for record, one in zip(batch.column("record_id").to_pylist(), encoded, strict=True):
                    ids = np.array([*one.ids, 0], np.uint32)
                    total += len(ids)
                    yield document(record, ids)

    form.write(target, "shard-00000", rows(), Shape(vocab_size=encoder.get_vocab_size(), eod=0))
    return total


def relink(folder: Path, order: argparse.Namespace) -> None:
    """10 % of the pages edited, 5 % deleted, 5 % inserted, under new names: which are found again?"""
    rows = corpus(folder, order.pages, order.words)
    for kind in ("a passage of 10 % rewritten", "1 % of the words changed", "5 % of the words changed"):
        store = linked(ingested(folder, rows, workers=2), "relink")
        mutated = folder / "mutated"
        shutil.rmtree(mutated, ignore_errors=True)
        draw = random.Random(7)
        fate = {n: draw.choices(("kept", "edited", "deleted"), (85, 10, 5))[0] for n in range(order.pages)}
        write_rows(mutated, "later", _mutated(fate, order, kind))
        store.ingest([mutated], workers=2)
        again: dict[str, set[str]] = {}
        for row in store.sql(
            """SELECT m.source_record_id AS name, o.source_record_id AS original, d.kind FROM records m
            JOIN duplicates d USING (record_id) JOIN duplicates e ON e.group_id = d.group_id AND e.kind = d.kind
            JOIN records o ON o.record_id = e.record_id
            WHERE m.source_id = 'later' AND o.source_id <> 'later'"""
        ):
            right = row["name"][1:] == row["original"][1:]
            again.setdefault(row["kind"] if right else "wrong", set()).add(row["name"])
        exact, near = again.get("exact", set()), again.get("near", set())
        there = [n for n, of in fate.items() if of != "deleted"]
        by_hash, by_all = len(exact), len(exact | near)
        wrong = len(again.get("wrong", set()))
        print(f"edited: {kind}")
        print(f"  by digest {by_hash / order.pages:.1%} of all pages, {by_hash / len(there):.1%} of those still there")
        print(
            f"  with near copies {by_all / order.pages:.1%} of all pages, {by_all / len(there):.1%} of those still there;"
            f" {wrong} linked to another page"
        )


def _mutated(fate: dict[int, str], order: argparse.Namespace, kind: str) -> Iterator[dict[str, Any]]:
    draw = random.Random(11)
    for n, of in fate.items():
        if of == "deleted":
            continue
        words = text_of(n, order.words).split(" ")
        if of == "edited":
            share = float(kind.partition("%")[0].split()[-1]) / 100
            count = max(1, round(share * len(words)))
            first = draw.randrange(len(words) - count + 1)
            at = range(first, first + count) if "passage" in kind else draw.sample(range(len(words)), count)
            for i in at:
                words[i] = f"{draw.choice(WORDS)}{draw.randrange(10)}"
        yield {"id": f"m{n}", "text": " ".join(words)}
    for n in range(order.pages, order.pages + order.pages // 20):
        yield {"id": f"m{n}", "text": text_of(n, order.words)}


PARTS = {
    "pages": (pages, 220_000, 90),
    "many": (many, 0, 0),
    "overhead": (overhead, 10_000, 1900),
    "relink": (relink, 20_000, 250),
}


def main(arguments: Sequence[str]) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--pages", type=int)
    parser.add_argument("--words", type=int)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    order = parser.parse_args(arguments)
    run, count, words = PARTS[order.part]
    order.pages, order.words = order.pages or count, order.words or words
    versions = f"Python {platform.python_version()}, duckdb {duckdb.__version__}, pyarrow {pa.__version__}"
    print(f"rightful {__version__}, {versions}")
    with tempfile.TemporaryDirectory(prefix="rightful-bench-") as temporary:
        folder = order.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        run(folder, order)


if __name__ == "__main__":
    main(sys.argv[1:])

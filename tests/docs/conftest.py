"""A store with the sample data, an export of it and the answers of every verb: what schemas and pages are held against."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest

from rightful import Store
from rightful.events.consents import Request
from rightful.export.consumption import ConsumptionLog
from tests import keys
from tests.crawls import NOAI, Crawl
from tests.repositories import Repository, committed
from tests.unit.shelf import Shelf, wording

ROOT = Path(__file__).resolve().parents[2]
USE = {"use": "train.pretrain", "accept": ["attribution", "notice"]}


class Sample(NamedTuple):
    """A store and what its verbs answered. ``answers`` has several of each: quiet ones and eventful ones."""

    store: Store
    folder: Path
    export: Path
    manifest: dict[str, Any]
    answers: dict[str, list[Any]]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """One for the whole run, made in about three seconds; tests must not change it. One record of it was superseded."""
    folder = tmp_path_factory.mktemp("sample")
    store = Store(folder / "rightful-store", clock=lambda: datetime(2026, 11, 21, 9, 30, tzinfo=UTC))
    notes = folder / "notes.jsonl"
    notes.write_text('{"id": "n-1", "text": "High water at the mole at six in the morning."}\n')
    lights = folder / "lights"
    lights.mkdir()
    (lights / "LICENSE").write_text("Do what the harbour master says, and no more than this licence permits.\n")
    (lights / "row.jsonl").write_text('{"id": "light-1", "text": "Not for redistribution."}\n')
    face = folder / "face"
    face.mkdir()
    root = '{ name = "harbour-photos", license = "CC-BY-NC-4.0" }'
    (face / "source.toml").write_text(
        'name = "face"\nlicense = "MIT"\npublisher = "TODO confirm: Face Press"\n'
        f'derived_from = [{root}]\n[fields]\nnot_rights = {{ usage = "tokens" }}\n'
    )
    (face / "face.jsonl").write_text('{"id": "face-1", "text": "The mole of the harbour in the evening."}\n')
    (face / "again.jsonl").write_bytes((face / "face.jsonl").read_bytes())
    press = folder / "press"
    press.mkdir()
    contract = 'party = "Reed Press"\nreference = "RP-17"\nsigned_on = 2026-01-05\nacts = ["index.search"]\n'
    terms = f'{contract}purposes = ["commercial"]\nobligations = ["payment"]\nperpetual = true\n'
    (press / "source.toml").write_text(
        f'name = "press"\npersonal_data = "no"\n\n[fields]\nkeep = ["score", "gone"]\n\n[[contracts]]\n{terms}'
    )
    (press / "press.jsonl").write_text(
        '{"id": "press-1", "prompt": "Where?", "completion": "Reeds bend where the river widens; reeds@example.org.",'
        ' "score": 0.5}\n'
    )
    mirror = folder / "mirror-of-one"
    mirror.mkdir()
    long = "Author: Jane Roe <jane@roe.example>\n" + " ".join(
        f"On day {n} the tide stood {n * 7 % 31} hands above the mark at the mole." for n in range(20)
    )
    for name, text in (("original", long), ("copied", long.replace("day 9 ", "day nine "))):
        (mirror / name).mkdir()
        (mirror / name / "source.toml").write_text(f'name = "{name}"\nlicense = "CC0-1.0"\n')
        (mirror / name / "log.jsonl").write_text(json.dumps({"id": name, "text": text}) + "\n")
    retold = folder / "retold"
    retold.mkdir()
    (retold / "source.toml").write_text('name = "retold"\nlicense = "CC0-1.0"\nderived_from = ["original"]\n')
    row = {
        "id": "retold",
        "parents": ["original"],
        "text": "Author: Jane Roe <jane@roe.example>\nTwenty days of tides, in a sentence.",
    }
    (retold / "rows.jsonl").write_text(json.dumps(row) + "\n")
    answers: dict[str, list[Any]] = {
        "ingest": [store.ingest([ROOT / "sample_data" / "good", notes, face, press, mirror, retold, lights])]
    }
    crawl = Crawl()
    crawl.page("https://crawled.example/one", NOAI)
    crawl.write(folder / "crawled" / "pages.warc.gz")
    answers["ingest"].append(store.ingest([folder / "crawled"]))
    (folder / "rightful-store" / "policy.toml").write_text('accept = ["notice"]\nactor = "for_profit"\n')
    store.license.new("CC0-1.0")  # says what the catalogue says, and nobody answers for it
    trained = store.export(folder / "trained", tokenizer="train:512", **USE)
    plain = store.export(folder / "plain", tokenizer="bytes", format="megatron", seed=7, redact="all", **USE)
    answers["verify"] = [store.verify(folder / "trained")]
    listed = folder / "domains.txt"
    listed.write_text("almanac.example\nno domain at all/\n")
    looked = {"protocol": "robots", "result": "absent", "on": "2026-01-05", "by": "Ada Moreno"}
    answers["signal-refresh"] = [store.signal.refresh(list=listed, **looked)]
    answers["signal-wanted"] = [store.signal.wanted(out=folder / "wanted.csv"), store.signal.wanted(protocol="html")]
    answers["explain"] = [store.explain("castellan-01", **USE)]
    store.consent.record(
        [
            Request(kind="withdraw", selector="url-prefix", value="https://almanac.example/authors/mira-castellan"),
            Request(kind="takedown", selector="record", value=store.query(ids=True, **USE)["ids"][-1]),
        ]
    )
    notes.write_text('{"id": "n-1", "date": "at seven", "text": "High water at the mole at seven in the morning."}\n')
    (face / "again.jsonl").unlink()
    repository = committed(Repository(folder / "kept.git"), {"a.md": "Of ropes and knots."}).path
    bare = folder / "bare"
    bare.mkdir()
    for name in (".env", "scan.pdf"):
        (bare / name).write_bytes(b"\0 not a text")
    answers["ingest"].append(
        store.ingest(
            [ROOT / "sample_data" / "good", notes, face, press, mirror, retold, lights, bare, repository, *damaged()]
        )
    )
    answers["query"] = [store.query(**USE), store.query(ids=True, out=folder / "permitted.jsonl", limit=3, **USE)]
    answers["stats"] = [
        store.stats(),
        store.stats(["license", "near-copies"], where="n_words > 9", out=folder / "stats"),
    ]
    answers["query"].append(store.query(use="share.weights", accept="all"))
    event = store.consent.list()[0]["event"]
    answers["drill"] = [store.drill(records=1)]
    answers["trace"] = [
        store.trace(event=event),
        store.trace(trained["export"]),
        store.trace(all_stale=True, format="dot"),
    ]
    next((folder / "plain" / "data").iterdir()).write_bytes(b"")
    answers["verify"] += [store.verify(folder / "trained"), store.verify(folder / "plain")]
    answers["redact"] = repairs(store, folder)
    answers["similar"] = [store.similar(long, threshold=0.3), store.similar("nothing is like this")]
    answers["find"] = [store.find(long), store.find("the", scan=False), store.find(domain="example.org", **USE)]
    answers["find"] += [store.find(domain="almanac.example", report=True), store.find(long, report=True, **USE)]
    answers["review-list"] = [store.review.list(limit=1, **USE), store.review.list(use="share", accept="all")]
    pair = next(one for one in answers["review-list"][1]["open"] if one["by_review"])
    store.review.decide(pair["record"], pair["other"], "distinct", by="Ada, editor", reason="two works")
    names = ["face-1", "retold", "castellan-01", "m-004", "wms-0001", "docs/clock.rst", pair["record"]]
    uses = [USE, {"use": ["train", "share"], "purpose": "research", "actor": "public", "application": "translation"}]
    answers["explain"] += [store.explain(name, **use) for name in names for use in uses]
    paid = {"use": "index.search", "accept": ["all", "payment:Reed Press=INV-7"]}
    answers["explain"].append(store.explain("press-1", **paid))
    answers["query"].append(store.query(**paid))
    answers |= attested(store, folder, answers["verify"])
    answers["manifest"] = [trained, plain]
    answers |= assets_of(folder / "derived")
    answers |= kept_up(store, folder)
    shown = {verb: [answer.as_json() for answer in of] for verb, of in answers.items()}
    return Sample(store, folder, folder / "trained", trained.as_json(), shown)


def attested(store: Store, folder: Path, verified: list[Any]) -> dict[str, list[Any]]:
    """What is signed, proved and checked: genuine and not, of records that are there, of others, and of nothing."""
    mine, public = keys.pair(folder / "keys")
    out, index = folder / "trained", pq.read_table(folder / "trained" / "index.parquet")
    signed = store.sign(out, key=mine)
    verified += [store.verify(out, standalone=True, key=public), store.verify(folder / "plain", standalone=True)]
    absent = [f"{n:032x}" for n in range(40)]
    names = [index.column("record_id")[0].as_py(), *absent]
    proofs = [store.proof(name, out) for name in names]
    sealed = store.proof(names[0], out, key=mine, out=folder / "proof.dsse.json")
    assert {(p.leaf is None, p.other is None, p.nonce is None) for p in proofs} == {
        (False, True, True),
        (True, False, True),
        (True, True, False),
    }
    checked = [
        store.verify_receipt(folder / "proof.dsse.json", key=public),
        store.verify_receipt(out / "manifest.json", key=public),
    ]
    event = store.consent.list()[0]["event"]
    receipts = [store.consent.receipt(event), store.consent.receipt(event, audience="authority")]
    shelf = Shelf(folder / "near")
    shelf.put("mine", wording("b"))
    shelf.put("theirs", wording("b", 3))
    event = str(shelf.store.consent.withdraw(record=shelf.store.record_id("mine-0")).event)
    receipts.append(shelf.store.consent.receipt(event))
    return {
        "sign": [signed],
        "proof": [*proofs, sealed],
        "verify-receipt": checked,
        "consent-receipt": receipts,
    }


def assets_of(folder: Path) -> dict[str, list[Any]]:
    """Of another store: a tokenizer and a model, for what their source was not collected for, and after a withdrawal."""
    survey = folder / "survey"
    survey.mkdir(parents=True)
    (survey / "source.toml").write_text(
        'name = "survey"\nlicense = "CC-BY-SA-4.0"\ncovers = "contents"\npersonal_data = "no"\ncollected_for = ["eval"]\n'
    )
    texts = [f"The tide at the mole stood {n} hands above the mark, and the ferry went." for n in range(9)]
    rows = [json.dumps({"id": f"s-{n}", "text": text}) + "\n" for n, text in enumerate(texts)]
    (survey / "rows.jsonl").write_text("".join(rows))
    store = Store(folder / "store", clock=lambda: datetime(2026, 11, 21, 9, 30, tzinfo=UTC))
    store.ingest([survey])
    use: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
    out = store.export(folder / "out", tokenizer="train:300", dedup="none", **use)
    made: dict[str, Any] = {"input": out["export"], "tokens": {out["export"]: 9}, **use}
    run = folder / "run"
    with ConsumptionLog(run, folder / "out") as log:
        log.append(1, [3, 0])
    answers = [
        store.asset.add("harbour", "model", **made),
        store.asset.add("harbour", "model", acknowledge_new_use=True, log=run, **made),
        store.asset.check("harbour", "train.pretrain"),
        store.asset.check("harbour", "share.weights", accept="all"),
    ]
    cards = [store.asset.card("harbour", out=folder / "weights")]
    store.consent.withdraw(record="s-3")
    answers += [store.asset.show("harbour"), store.asset.show(out["tokenizer"]["asset"])]
    return {
        "asset": answers,
        "asset-list": [store.asset.list()],
        "asset-card": [*cards, store.asset.card("harbour")],
    }


def kept_up(store: Store, folder: Path) -> dict[str, list[Any]]:
    """What the upkeep of a store answers, of a copy of the sample: it is changed here."""
    copied = store.copy(folder / "copied")
    copy = Store(folder / "copied", clock=store.clock)
    quiet, overdue = copy.status(), {"reason": "by mail", "deadline": "2026-11-01"}
    copy.consent.withdraw(record="wms-0001", **overdue)
    retired = copy.source.retire("handbook", reason="there is a newer edition", by="Ada, editor")
    return {
        "store-copy": [copied],
        "source-retire": [retired, copy.source.restore("handbook", reason="it is the newest", by="Ada, editor")],
        "store-status": [quiet, copy.status()],
        "store-log": [copy.log(), copy.log(who=True)],
    }


def repairs(store: Store, folder: Path) -> list[Any]:
    """Of a copy of an export: asked about, done at every level, with a shard that is gone and one that has another name."""
    at = folder / "repaired"
    shutil.copytree(folder / "trained", at)
    held = [*(at / "data").iterdir()]
    os.link(held[0], folder / "another-name")
    asked = [store.redact(at, dry_run=True)]
    (at / "tokenizer" / "tokenizer.json").unlink()
    return asked + [store.redact(at, level=level) for level in ("exclude", "mask", "rewrite")]


def damaged() -> list[Path]:
    """Files of the zoo that an ingest reads and rejects in part; the cards in it stop a run instead."""
    return sorted(path for path in (ROOT / "sample_data" / "bad").glob("*.jsonl") if path.name != "hostile-ids.jsonl")

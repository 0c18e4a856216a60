"""An export with redaction, from the store to `verify`: shards without personal data, an index that stays true."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from rightful import Store
from rightful.errors import Refused, UnknownName
from rightful.export.manifest import MANIFEST
from rightful.export.papers import INDEX_SCHEMA, tokens_sha256
from rightful.export.redaction import REDACTIONS, REDACTIONS_SCHEMA
from rightful.export.upkeep import recount, rederive
from rightful.query.exported import INDEX
from rightful.stages.pii.stage import spans_of
from rightful.store.ledger import Ledger
from tests import exports
from tests.exports import manifest_of
from tests.ledgers import rewrite

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SHARD = "data/shard-00000.parquet"
MAIL, PHONE, CARD, IBAN = "ada@example.org", "+44 20 7946 0958", "4111 1111 1111 1111", "DE89370400440532013000"
SECRET = "AKIAZQ3DRSTUVWXY2345"
TEXTS = {
    "mail": f"😀 Write to {MAIL}, or ring {PHONE}.",
    "rtl": f"שלום {MAIL} سلام عليكم {MAIL}",
    "money": f"{IBAN} or {CARD}; the key is {SECRET}",
    "none": "The boats came in at six.",
    "alone": PHONE,
}
BASED = 'personal_data = "yes"\nlegal_basis = "legitimate_interests"'
"""A card with a basis: what is found in its texts need not be taken out before they are trained on."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of :data:`TEXTS`, and in ``out`` their export with all redacted. Copied by those who change it."""
    folder = tmp_path_factory.mktemp("redacted")
    store = filled(folder, TEXTS)
    store.export(folder / "out", "train", tokenizer="bytes", redact="all", workers=1)
    return folder


@pytest.fixture
def mine(made: Path, tmp_path: Path) -> Path:
    copied: Path = shutil.copytree(made, tmp_path / "mine")
    return copied


def filled(folder: Path, texts: dict[str, str], recipe: str = "", card: str = 'personal_data = "no"') -> Store:
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "source.toml").write_text(f'name = "letters"\nlicense = "CC0-1.0"\n{card}\n')
    (corpus / "letters.jsonl").write_text("".join(json.dumps({"id": k, "text": v}) + "\n" for k, v in texts.items()))
    (folder / "recipe.toml").write_text(recipe)
    store = opened(folder)
    assert store.ingest([corpus], recipe=folder / "recipe.toml", workers=1)["added"] == len(texts)
    return store


def opened(folder: Path) -> Store:
    return Store(folder / "store", clock=lambda: NOW)


def exported(out: Path) -> dict[str, str]:
    """Record id -> text, from the shards of the format parquet and the tokenizer bytes."""
    rows = [row for shard in sorted((out / "data").iterdir()) for row in pq.read_table(shard).to_pylist()]
    return {row["record_id"]: bytes(row["input_ids"][:-1]).decode() for row in rows}


def texts_of(store: Store) -> dict[str, str]:
    return {row["record_id"]: row["text"] for row in store.sql("SELECT record_id, text FROM texts")}


def test_redacted_export_has_no_personal_data_and_its_offsets_lead_back(made: Path) -> None:
    out, stored = made / "out", texts_of(opened(made))
    left = exported(out)
    assert sorted(left.values()) == sorted(
        [
            "😀 Write to [email], or ring [phone].",
            "שלום [email] سلام عليكم [email]",
            "[iban] or [card]; the key is [aws_key]",
            "The boats came in at six.",
            "[phone]",
        ]
    )
    places = pq.read_table(out / REDACTIONS)
    assert places.schema.equals(REDACTIONS_SCHEMA)
    for record, text in stored.items():
        mine = [p for p in places.to_pylist() if p["record_id"] == record]
        assert [(p["types"][0], p["start"], p["stop"]) for p in mine] == spans_of([text])[0]
        assert all(left[record][p["new_start"] : p["new_stop"]] == f"[{p['types'][0]}]" for p in mine)
    for entry in pq.read_table(out / INDEX).to_pylist():
        record = entry["record_id"]
        assert entry["content_sha256"] == hashlib.sha256(stored[record].encode()).digest()
        assert entry["redacted_sha256"] == hashlib.sha256(left[record].encode()).digest()
        assert (entry["redactions"] == 0) == (entry["redacted_sha256"] == entry["content_sha256"])
    everything = b"".join(p.read_bytes() for p in out.rglob("*") if p.is_file())
    assert not [word for word in (MAIL, PHONE, CARD, IBAN, SECRET) if word.encode() in everything]
    assert opened(made).verify(out) == {
        "ok": True,
        "records": 5,
        "stale": [],
        "corrupt": [],
        "gone": False,
        "version": 1,
        "level": None,
        "next": [],
    } | {"export": json.loads((out / MANIFEST).read_bytes())["export"]}


def test_redacted_export_says_in_its_manifest_what_was_taken_out(made: Path) -> None:
    manifest = json.loads((made / "out" / MANIFEST).read_bytes())
    said = manifest["redaction"]
    assert said["spans"] == {"aws_key": 1, "card": 1, "email": 3, "iban": 1, "phone": 2}
    assert (said["records"], said["replacement"], said["not_found"]) == (4, "[{type}]", {})
    assert said["chars"] == sum(map(len, exported(made / "out").values())) < manifest["chars"]
    assert said["detector"].startswith(said["scanner"])
    assert {"path": REDACTIONS, "sha256": hashlib.sha256((made / "out" / REDACTIONS).read_bytes()).hexdigest()} in (
        manifest["files"]
    )
    assert "1 aws_key, 1 card, 3 email" in (made / "out" / "README.md").read_text()


def test_redaction_of_one_type_leaves_others_and_without_it_nothing_changes(tmp_path: Path) -> None:
    store = filled(tmp_path, TEXTS, card=BASED)
    store.export(tmp_path / "some", "train", tokenizer="bytes", redact=["email"], redact_with="…", workers=1)
    assert set(exported(tmp_path / "some").values()) >= {f"😀 Write to …, or ring {PHONE}.", PHONE}
    assert store.verify(tmp_path / "some")["ok"]
    plain = store.export(tmp_path / "plain", "train", tokenizer="bytes", workers=1)
    assert exported(tmp_path / "plain") == texts_of(store)
    assert plain["redaction"] is None
    assert not (tmp_path / "plain" / REDACTIONS).exists()
    assert {(e["redacted_sha256"], e["redactions"]) for e in pq.read_table(tmp_path / "plain" / INDEX).to_pylist()} == {
        (None, None)
    }
    with pytest.raises(UnknownName, match="unknown type of personal data 'emial'"):
        store.export(tmp_path / "none", "train", tokenizer="bytes", redact="emial")
    assert not (tmp_path / "none").exists()


def test_without_a_basis_a_text_leaves_only_where_all_that_was_found_in_it_is_taken_out(mine: Path) -> None:
    store = opened(mine)
    some = store.export(mine / "some", "train", tokenizer="bytes", redact=["email"], redact_with="…", workers=1)
    assert sorted(exported(mine / "some").values()) == sorted(["שלום … سلام عليكم …", TEXTS["none"]])
    assert some["refused"] == {"personal-data-found": 3}
    assert store.verify(mine / "some")["ok"]
    plain = store.export(mine / "plain", "train", tokenizer="bytes", workers=1)
    assert [*exported(mine / "plain").values()] == [TEXTS["none"]]
    assert plain["refused"] == {"personal-data-found": 4}


def test_redaction_is_the_same_for_any_number_of_workers_and_any_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = filled(tmp_path, {f"{n}": f"{n}: {text} {n}" for n, text in enumerate([*TEXTS.values()] * 6)})
    order: dict[str, Any] = {"tokenizer": "train:300", "redact": "all", "seed": 7, "dedup": "none", "snapshot": 1}
    order["as_of"] = NOW  # the first export is a commit, and without it the present of the second lies behind that
    one = store.export(tmp_path / "one", "train", workers=1, **order)
    monkeypatch.setattr("rightful.export.leaving.BATCH_CHARS", 60)
    two = store.export(tmp_path / "two", "train", workers=2, **order)
    files = [{p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*.*")} for n in ("one", "two")]
    assert one == two
    assert files[0] == files[1]
    assert store.verify(tmp_path / "two")["ok"], "batches of another size find the same"


def test_tokenizer_is_trained_on_what_leaves(tmp_path: Path) -> None:
    store = filled(
        tmp_path, {f"{n}": f"Text {n} by zyxwvut@example.org, again zyxwvut@example.org." for n in range(9)}, card=BASED
    )
    order: dict[str, Any] = {"tokenizer": "train:400", "workers": 1, "dedup": "none"}
    for name, redact in (("open", None), ("redacted", "email")):
        store.export(tmp_path / name, "train", redact=redact, **order)
    vocabulary = [(tmp_path / name / "tokenizer" / "tokenizer.json").read_text() for name in ("open", "redacted")]
    assert ["zyxwvut" in text for text in vocabulary] == [True, False]
    assert store.verify(tmp_path / "redacted")["ok"]


def test_redaction_permits_nothing_that_was_not_permitted(tmp_path: Path) -> None:
    recipe = '[pii]\nlook_for = "card"\n'
    store = filled(tmp_path, {"a": f"Mail {MAIL}", "b": CARD}, recipe, BASED)
    states = {r["pii_state"] for r in store.sql("SELECT pii_state FROM records")}
    assert states == {"not_scanned", "found"}
    before = store.query("train")
    assert [e["reason"] for e in before["excluded"]] == ["not-scanned"], "gate of pii_state"
    made = store.export(tmp_path / "out", "train", tokenizer="bytes", redact="all", workers=1)
    assert (made["records"], made["refused"]) == (1, {"not-scanned": 1})
    assert list(exported(tmp_path / "out").values()) == ["[card]"]
    assert {r["pii_state"] for r in store.sql("SELECT pii_state FROM records")} == states, "no tag changes"
    with pytest.raises(Refused, match="nothing is permitted"):
        store.export(tmp_path / "no", "train", tokenizer="bytes", redact="all", where="pii_state = 'not_scanned'")


def test_redaction_scans_as_the_records_were_scanned(tmp_path: Path) -> None:
    recipe = '[pii]\nphone_regions = "ES"\n'
    store = filled(tmp_path, {"es": "Llame al 912 345 678 hoy.", "gb": PHONE}, recipe)
    made = store.export(tmp_path / "out", "train", tokenizer="bytes", redact="contact", workers=1)
    assert (made["redaction"]["spans"], made["redaction"]["not_found"]) == ({"phone": 2}, {})


def of_an_unknown_recipe(folder: Path, card: str) -> Store:
    """A store as from before recipes were recorded, with a phone number that the scan of today does not find."""
    texts = {"es": "Llame al 912 345 678 hoy.", "gb": PHONE}
    store = filled(folder, texts, '[pii]\nphone_regions = "ES"\n', card)
    with contextlib.closing(Ledger.open(store.layout.ledger)) as ledger:
        rewrite(ledger, "DELETE FROM meta WHERE key LIKE 'recipe:%'")
    return store


def test_redaction_that_does_not_find_what_has_to_be_taken_out_is_refused(tmp_path: Path) -> None:
    store = of_an_unknown_recipe(tmp_path, 'personal_data = "no"')
    with pytest.raises(Refused, match=r"has to be taken out is not found by this scan: phone in 1 record\b"):
        store.export(tmp_path / "out", "train", tokenizer="bytes", redact="contact", workers=1)
    assert not (tmp_path / "out").exists()


def test_redaction_that_finds_less_than_the_tags_say_tells_so(tmp_path: Path) -> None:
    store = of_an_unknown_recipe(tmp_path, BASED)
    made = store.export(tmp_path / "out", "train", tokenizer="bytes", redact="contact", workers=1)
    assert (made["redaction"]["spans"], made["redaction"]["not_found"]) == ({"phone": 1}, {"phone": 1})
    assert "phone in 1 record" in (tmp_path / "out" / "README.md").read_text()
    made = store.export(tmp_path / "mail", "train", tokenizer="bytes", redact="email", workers=1)
    assert made["redaction"]["not_found"] == {}, "only what was asked for"


# --- verify ---------------------------------------------------------------------------------------------------------


def test_verify_finds_a_shard_in_which_a_text_was_put_back(mine: Path) -> None:
    store = opened(mine)
    put_back(mine / "out", texts_of(store))
    found = store.verify(mine / "out")
    assert {c["file"] for c in found["corrupt"]} == {SHARD}


Lie = Callable[[dict[str, Any], str], None]


def forgets(entry: dict[str, Any], text: str) -> None:
    """Says that nothing was taken out."""
    entry.update(redacted_sha256=hashlib.sha256(text.encode()).digest(), redactions=0)


def claims(entry: dict[str, Any], text: str) -> None:
    """Says what should have been taken out."""


@pytest.mark.parametrize("other_scanner", [False, True])
@pytest.mark.parametrize("lie", [forgets, claims])
def test_verify_finds_a_span_that_was_never_taken_out_although_all_digests_agree(
    lie: Lie, other_scanner: bool, mine: Path
) -> None:
    """What a fault in the export itself would leave: an export that is registered and whole, with a text as it was."""
    store, out = opened(mine), mine / "out"
    record = forge(store, out, lie, detector="rightful-pii/1" if other_scanner else None)
    found = store.verify(out)
    if lie is forgets and other_scanner:
        assert found["ok"], "a scan of another version may have found nothing"
        return
    [entry] = [e for e in pq.read_table(out / INDEX).to_pylist() if e["record_id"] == record]
    reason = f"document {entry['document']} is not the stored text without its personal data"
    assert found["corrupt"] == [{"file": SHARD, "reason": reason}]


@pytest.mark.parametrize("detector", [None, "rightful-pii/1"])
def test_verify_finds_spans_that_say_something_else(detector: str | None, mine: Path) -> None:
    store, out = opened(mine), mine / "out"
    places = pq.read_table(out / REDACTIONS).to_pylist()
    for at, change in enumerate([{"start": 1}, {"new_stop": 99}, {"stop": 10**6}, {"types": []}, {"types": ["card"]}]):
        folder = shutil.copytree(out, mine / f"changed-{at}")
        changed = [{**places[0], **change}, *places[1:]]
        pq.write_table(pa.Table.from_pylist(changed, REDACTIONS_SCHEMA), folder / REDACTIONS)
        register(store, folder, detector=detector)
        assert SHARD in {c["file"] for c in store.verify(folder)["corrupt"]}, change
    pq.write_table(pa.Table.from_pylist(places[1:], REDACTIONS_SCHEMA), out / REDACTIONS)
    register(store, out, detector=detector)
    assert {c["file"] for c in store.verify(out)["corrupt"]} == {SHARD, REDACTIONS}


def test_verify_of_a_redacted_export_names_a_stored_text_that_changed_and_a_record_that_went(tmp_path: Path) -> None:
    store, out = filled(tmp_path, TEXTS), tmp_path / "out"
    store.export(out, "train", tokenizer="bytes", redact="all", workers=1)
    texts = {**TEXTS, "mail": "Another letter."}
    letters = tmp_path / "corpus" / "letters.jsonl"  # in its place: a copy of the file elsewhere is another file
    letters.write_text("".join(json.dumps({"id": k, "text": v}) + "\n" for k, v in texts.items()))
    store.ingest([tmp_path / "corpus"], workers=1)
    found = store.verify(out)
    assert ([s["reason"] for s in found["stale"]], found["corrupt"]) == (["not-in-store"], [])
    [part] = [p for p in (tmp_path / "store" / "texts").iterdir() if pq.read_metadata(p).num_rows == 5]
    held = pq.read_table(part)
    changed = pc.replace_substring(held.column("text"), "boats", "goats")
    pq.write_table(held.set_column(held.schema.get_field_index("text"), held.schema.field("text"), changed), part)
    assert [c["file"] for c in store.verify(out)["corrupt"]] == [f"store: {part.name}"]
    (out / REDACTIONS).write_bytes(b"")
    assert [c["file"] for c in store.verify(out)["corrupt"]] == [REDACTIONS]


def put_back(out: Path, texts: dict[str, str]) -> str:
    """Write the first document that something was taken out of as it is stored; which it is."""
    table = pq.read_table(out / SHARD)
    rows = table.to_pylist()
    row = next(r for r in rows if bytes(r["input_ids"][:-1]).decode() != texts[r["record_id"]])
    row["input_ids"] = [*texts[row["record_id"]].encode(), 256]
    row["n_tokens"] = len(row["input_ids"])
    pq.write_table(pa.Table.from_pylist(rows, table.schema), out / SHARD)
    return str(row["record_id"])


def forge(store: Store, out: Path, lie: Lie, detector: str | None) -> str:
    texts = texts_of(store)
    record = put_back(out, texts)
    entries = pq.read_table(out / INDEX).to_pylist()
    tokens = {r["record_id"]: r["input_ids"] for r in pq.read_table(out / SHARD).to_pylist()}
    first = 0
    for entry in entries:
        ids = pa.array(tokens[entry["record_id"]], pa.uint32()).to_numpy()
        entry.update(first_token=first, length=len(ids), tokens_sha256=tokens_sha256(ids))
        first += len(ids)
        if entry["record_id"] == record:
            lie(entry, texts[record])
            kept = entry["redactions"] > 0
    pq.write_table(pa.Table.from_pylist(entries, INDEX_SCHEMA), out / INDEX)
    places = pq.read_table(out / REDACTIONS).to_pylist()
    places = [p for p in places if kept or p["record_id"] != record]
    pq.write_table(pa.Table.from_pylist(places, REDACTIONS_SCHEMA), out / REDACTIONS)
    spans = {t: sum(t in p["types"] for p in places) for t in sorted({t for p in places for t in p["types"]})}
    register(store, out, tokens=first, spans=spans, detector=detector)
    return record


def register(store: Store, out: Path, *, tokens: int | None = None, **redaction: Any) -> None:
    """Give an export the manifest that its files have now, and tell the ledger."""
    manifest = manifest_of(out)
    manifest["redaction"].update({k: v for k, v in redaction.items() if v is not None})
    [shard] = manifest["shards"]
    if tokens is not None:
        manifest["tokens"] = shard["tokens"] = tokens
    exports.register(store, out, manifest, NOW)


def test_document_that_was_cut_is_made_anew_once_and_every_piece_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long text in rows of 8 tokens is a thousand pieces: encoding it for each of them takes hours."""
    texts = {"long": f"Write to {MAIL}. " + "The boats came in. " * 400, "short": f"Or to {MAIL}."}
    store = filled(tmp_path, texts, card=BASED)
    order = {"tokenizer": "train:300", "on_unencodable": "count", "redact": "all", "seq_len": 8, "pack": "best-fit"}
    manifest = store.export(tmp_path / "out", "train", **order, workers=1)
    assert manifest["documents"] > 100
    made: list[str] = []
    plain, encoded = rederive.redact, recount.written
    monkeypatch.setattr(rederive, "redact", lambda text, *rest: made.append("redacted") or plain(text, *rest))
    monkeypatch.setattr(
        recount, "written", lambda encoder, texts: made.extend(["encoded"] * len(texts)) or encoded(encoder, texts)
    )
    assert store.verify(tmp_path / "out")["ok"]
    assert sorted(made) == ["encoded"] * 2 + ["redacted"] * 2


def test_texts_that_go_on_in_the_next_batch_stay_together() -> None:
    entries = [{"part": part, "row": row, "n_chars": 9} for part, row in (*[("p", 0)] * 5, ("p", 1), *[("q", 1)] * 4)]
    for size in (1, 2, 3, 10):
        cut = [pa.RecordBatch.from_pylist(entries[n : n + size]) for n in range(0, len(entries), size)]
        texts = [text for several in rederive.by_text(cut) for text in several]
        assert [len(text) for text in texts] == [5, 1, 4]
        assert all(len({one["part"] for text in several for one in text}) == 1 for several in rederive.by_text(cut))

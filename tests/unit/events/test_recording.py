"""Recording events: much at once, again, in the past and the future, by nothing; and every byte of them is sealed."""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pyarrow.parquet as pq
import pytest

from rightful.api import Store
from rightful.cli import main
from rightful.errors import InputError, StoreError
from rightful.events.consents import MANY_RECORDS, Unconfirmed
from rightful.events.on_record import records_of
from rightful.store.ledger import Ledger
from tests.unit.shelf import NOON, Shelf, wording


def run(store: Store, *words: str | Path, capsys: pytest.CaptureFixture[str]) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["--store", str(store.layout.root), *map(str, words)])
    out, err = capsys.readouterr()
    return ended.value.code, out, err


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """So many records that one event can match too many of them: of one site all, of the other one."""
    shelf = Shelf(tmp_path_factory.mktemp("many"))
    rows = [{"text": f"page {n} of the big site", "url": f"https://big.example/{n}"} for n in range(MANY_RECORDS + 1)]
    shelf.put("pages", *rows, {"text": "a page of the small site", "url": "https://small.example/1"})
    return shelf


def test_event_that_matches_much_of_the_store_needs_a_yes_and_names_the_count(
    many: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("consent", "withdraw", "--domain", "big.example")
    code, out, err = run(many.store, *words, capsys=capsys)
    assert (code, out) == (2, "")
    assert "matches 1,001 records, 99.9% of the store; nothing was recorded" in err
    assert "--yes" in err
    assert many.store.consent.list().rows == []
    assert run(many.store, *words, "--dry-run", capsys=capsys)[0] == 0
    assert run(many.store, "consent", "withdraw", "--url-prefix", "https://small.example", capsys=capsys)[0] == 0
    file = many.root / "out.csv"
    file.write_text("kind,selector,value\nopt-out,domain,big.example\n", encoding="utf-8")
    code, _, err = run(many.store, "consent", "import", file, capsys=capsys)
    assert (code, "matches 1,001 records" in err) == (2, True)
    assert len(many.store.consent.list()) == 1
    code, out, _ = run(many.store, "--json", "consent", "import", file, "--yes", capsys=capsys)
    assert (code, json.loads(out)["applied"]) == (0, 1)
    code, out, _ = run(many.store, "--json", "consent", "import", file, capsys=capsys)
    assert (code, json.loads(out)["known"]) == (0, 1), "what is on record needs no yes"
    opted_out = many.store.consent.list()[1]["event"]
    with pytest.raises(Unconfirmed, match="matches 1,001 records"):
        many.store.consent.annul(opted_out)
    assert many.store.consent.annul(opted_out, yes=True)["matched"]["records"] == MANY_RECORDS + 1


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    shelf.put(
        "s", {"text": "the first page", "url": "https://ex.org/1"}, {"text": "another", "url": "https://ex.org/2"}
    )
    return shelf


def test_event_that_is_on_record_is_not_recorded_again_until_it_was_lifted_or_undone(shelf: Shelf) -> None:
    consent = shelf.store.consent
    first = consent.withdraw(url="https://ex.org/1")
    again = consent.withdraw(url="http://www.ex.org/1/")
    assert (first["known"], again["known"], again["event"]) == (False, False, again["event"]), "in other words"
    again = consent.withdraw(url="http://www.ex.org/1/")
    assert (again["known"], len(consent.list())) == (True, 2)
    assert again["event"] == consent.list()[1]["event"]
    assert consent.withdraw(url="http://www.ex.org/1/", deadline="2026-12-24")["known"] is False
    consent.add(url="https://ex.org/1", use="train", purpose="commercial")
    lifted = consent.withdraw(url="http://www.ex.org/1/")
    assert (lifted["known"], len(consent.list())) == (False, 5)
    consent.annul(lifted["event"])
    assert consent.withdraw(url="http://www.ex.org/1/")["known"] is False
    both = consent.withdraw(url=["https://ex.org/2", "https://ex.org/2"])
    assert "events" not in both.as_json() or len(both["events"]) == 1


def test_refusal_that_names_a_day_to_come_counts_from_now_and_says_so(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("consent", "withdraw", "--url", "https://ex.org/1", "--effective", "2040-01-01")
    code, _, err = run(shelf.store, *words, capsys=capsys)
    assert code == 0
    assert "names 2040-01-01T00:00:00Z and counts from 2026-" in err
    assert shelf.chosen() == ["s-1"]
    past = shelf.store.consent.withdraw(url="https://ex.org/2", effective="1999-12-31")
    assert past["counts_from"] == "1999-12-31T00:00:00Z"
    assert shelf.chosen(as_of="2000-01-01T00:00:00Z") == ["s-0"]


@pytest.mark.parametrize("value", ["https://", "https:", "https:///", "http://?x", "//", "file:///", "https://*"])
def test_prefix_that_is_a_bare_scheme_is_refused(shelf: Shelf, value: str) -> None:
    with pytest.raises(InputError):
        shelf.store.consent.withdraw(url_prefix=value, yes=True)
    assert not shelf.store.consent.list()


def test_event_that_matches_nothing_is_recorded_and_says_so(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("--author", "Nobody Here"), ("--owner", "github.com/nobody"), ("--text", "0" * 64)):
        code, out, err = run(shelf.store, "consent", "withdraw", *words, "--kind", "erasure", capsys=capsys)
        assert (code, "matches nothing yet; it will refuse what arrives later" in err) == (0, True)
        assert "matches 0 records" in out
    assert len(shelf.store.consent.list()) == 3


def test_what_comes_later_is_refused_by_author_owner_and_text(shelf: Shelf, tmp_path: Path) -> None:
    seen = tmp_path / "seen.txt"
    seen.write_text("What  was seen\n", encoding="utf-8")
    consent = shelf.store.consent
    consent.withdraw(author="Mira Okonkwo", kind="erasure")
    consent.withdraw(owner="github.com/li#code")
    consent.withdraw(text=seen, kind="opt-out")
    shelf.put(
        "later",
        {"text": "one by her", "author": "Okonkwo, Mira <mira@example.org>"},
        {"text": "code of li", "url": "https://raw.githubusercontent.com/Li/x/main/a.py"},
        {"text": "an issue of li", "url": "https://github.com/Li/x/issues/4"},
        {"text": "What was seen"},
        {"text": "by somebody else", "author": "Mira Okonkwo-Lee"},
    )
    assert set(shelf.chosen()) == {"s-0", "s-1", "later-2", "later-4"}
    rejected = shelf.store.sql("SELECT reason FROM rejected WHERE outcome = 'refused'")
    assert [r["reason"] for r in rejected] == ["withdrawn"] * 3


def test_import_takes_every_kind_selector_deadline_and_proof_and_names_what_is_wrong(
    shelf: Shelf, tmp_path: Path
) -> None:
    mistaken = shelf.store.consent.withdraw(url="https://ex.org/2")["event"]
    rows: list[dict[str, Any]] = [
        {"kind": "erasure", "selector": "author", "value": "Mira", "deadline": "2026-12-01", "proof": "mail 7"},
        {"kind": "opt-out", "selector": "owner", "value": "github.com/mira#commits"},
        {"kind": "annulment", "selector": "event", "value": mistaken, "reason": "a slip"},
        {"kind": "erasure", "selector": "author", "value": "Mira", "use": "train"},
        {"kind": "annulment", "selector": "event", "value": "e-0000000000000000"},
        {"kind": "annulment", "selector": "url", "value": "https://ex.org/2"},
        {"kind": "withdrawal", "selector": "event", "value": mistaken},
        {"kind": "withdrawal", "selector": "domain", "value": "ex.org", "deadline": "soon"},
        {"kind": "renewal", "selector": "domain", "value": "ex.org"},
        {"kind": "withdrawal", "selector": "owner", "value": "mira"},
    ]
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    answer = shelf.store.consent.import_(file)
    assert (answer["applied"], [e["row"] for e in answer["errors"]]) == (3, [4, 5, 6, 7, 8, 9, 10])
    listed = shelf.store.consent.list()
    assert [(e["kind"], e["deadline"], e["proof"]) for e in listed] == [
        ("withdrawal", None, ""),
        ("erasure", "2026-12-01T00:00:00Z", "mail 7"),
        ("opt-out", None, ""),
        ("annulment", None, ""),
    ]
    again = shelf.store.consent.import_(file)
    assert (again["applied"], again["known"], len(again["errors"])) == (0, 2, 8), "an event is undone once"


def test_import_of_an_opt_out_that_an_earlier_version_recorded_as_a_withdrawal_is_known(
    shelf: Shelf, tmp_path: Path
) -> None:
    shelf.withdraw("domain", "elsewhere.example")
    file = tmp_path / "events.csv"
    file.write_text("kind,selector,value\nopt-out,domain,elsewhere.example\n", encoding="utf-8")
    assert shelf.store.consent.import_(file)["known"] == 1


def test_every_changed_byte_of_the_events_is_seen(shelf: Shelf) -> None:
    """Each row of ``consents`` in the file, each byte of it, by one bit."""
    shelf.store.consent.withdraw(author="Mira Okonkwo", kind="erasure", deadline="2026-12-01", proof="mail of 7 May")
    mistaken = shelf.store.consent.withdraw(owner="github.com/mira#issues", reason="a letter")["event"]
    shelf.store.consent.annul(mistaken)
    path = shelf.store.layout.ledger
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        columns = [str(r[1]) for r in db.execute("PRAGMA table_info(consents)")]
        listed = db.execute("SELECT * FROM consents").fetchall()
    whole = path.read_bytes()
    values = {
        str(v).encode()
        for row in listed
        for c, v in zip(columns, row, strict=True)
        if isinstance(v, str) and len(v) > 7
    }
    places = [(at, n) for v in values for at in _all(whole, v) for n in range(len(v))]
    assert len(places) > 300
    draw = random.Random(14)
    unseen = []
    for at, n in draw.sample(places, 120):
        changed = bytearray(whole)
        changed[at + n] ^= 1 << draw.randrange(7)
        path.write_bytes(changed)
        try:
            with closing(Ledger.open(path)) as ledger:
                ledger.consents()
                if ledger.damages():  # an index has the bytes too, and no answer rests on it
                    continue
        except StoreError:
            continue
        unseen.append((at, whole[at - 30 : at + n + 10]))
    path.write_bytes(whole)
    assert unseen == []
    assert shelf.store.check()["ok"]


def _all(content: bytes, wanted: bytes) -> list[int]:
    places, at = [], content.find(wanted)
    while at >= 0:
        places.append(at)
        at = content.find(wanted, at + 1)
    return places


def test_withdrawn_and_not_renewed_is_absent_from_every_later_export_at_every_later_as_of(tmp_path: Path) -> None:
    """Random events on random records; what stands is told by a rule of its own: the last word on each record, takedowns
    first. Three histories share the store, each with records of its own."""
    draws = [random.Random(seed) for seed in (1, 2, 3)]
    shelf = Shelf(tmp_path)
    count = 6
    words = "alder birch cedar dogwood elder fir gorse hazel iris juniper kale larch maple nettle oak pine quince rowan"
    texts = [f"{word} is the only word of record {word}" for word in words.split()]
    shelf.put("s", *({"text": t, "author": f"Author {n}", "url": f"https://ex.org/{n}/x"} for n, t in enumerate(texts)))
    ids = {r["source_record_id"]: r["record_id"] for r in shelf.store.sql("SELECT * FROM records")}
    asked = {"purpose": "commercial", "snapshot": 1}
    once = shelf.chosen(**asked)
    assert len(once) == count * len(draws) == len(texts)
    told: dict[tuple[int, str], list[tuple[str, str]]] = {}
    undone: set[str] = set()
    consent = shelf.store.consent
    for step in range(12):
        for history_of, draw in enumerate(draws):
            n = history_of * count + draw.randrange(count)
            name, value = draw.choice(
                [("record", ids[f"s-{n}"]), ("url_prefix", f"https://ex.org/{n}"), ("author", f"Author {n}")]
            )
            verb = draw.choice(["withdrawal", "erasure", "opt-out", "takedown", "grant", "annul"])
            history = told.setdefault((n, name), [])
            if verb == "annul":
                standing = [e for e, kind in history if e not in undone and kind != "grant"]
                if standing:
                    consent.annul(standing[-1])
                    undone.add(standing[-1])
            elif verb == "grant":
                history.append(
                    (consent.add(**{name: value}, use="train", purpose=["commercial", "research"])["event"], "grant")
                )
            else:
                answer = consent.withdraw(**{name: value}, kind=verb)
                if not answer["known"]:
                    history.append((answer["event"], verb))
        refused = {n for (n, _), of in told.items() if _refuses([kind for e, kind in of if e not in undone])}
        now = NOON + timedelta(minutes=shelf.minutes + 1)
        for as_of in (now, now + timedelta(days=draws[step % len(draws)].randrange(1, 4_000))):
            chosen = set(shelf.chosen(purpose="commercial", as_of=as_of.isoformat()))
            assert chosen.isdisjoint(f"s-{n}" for n in refused), (step, as_of)
            # An old request that is asked again later differs by what was removed, and by nothing else.
            replayed = shelf.chosen(**asked, as_of=as_of.isoformat())
            assert replayed == [name for name in once if int(name[2:]) not in refused], (step, as_of)
        if step % 4 == 3:
            out = tmp_path / f"out-{step}"
            shelf.store.export(out, use="train.pretrain", purpose="commercial", accept="all", format="text")
            shards = [pq.read_table(p) for p in sorted(out.rglob("*.parquet")) if "text" in pq.read_schema(p).names]
            written = {texts.index(t) for shard in shards for t in shard.column("text").to_pylist()}
            assert written.isdisjoint(refused)
            assert {f"s-{n}" for n in written} == set(shelf.chosen(purpose="commercial"))


def _refuses(kinds: list[str]) -> bool:
    return "takedown" in kinds or bool(kinds and kinds[-1] != "grant")


def test_identity_survives_deletion_renaming_moving_and_other_wrappings(tmp_path: Path) -> None:
    """What is withdrawn by its id is refused as it comes back: by id, by address, by text, whatever it is packed in."""
    shelf = Shelf(tmp_path)
    text = "Caf\u00e9 at the harbour, where the nets dry and the gulls argue until the lamps are lit."
    shelf.put("s", {"text": text, "url": "https://ex.org/harbour"}, {"text": "what stays"})
    [row] = shelf.store.sql("SELECT record_id FROM records WHERE source_record_id = 's-0'")
    shelf.store.consent.withdraw(record=row["record_id"])
    # deleted at its source, and gone from the store
    shelf.put("s", {"id": "s-9", "text": "what stays"})
    assert shelf.chosen() == ["s-9"]
    shelf.put(
        "s", {"text": text, "url": "https://ex.org/harbour"}, {"id": "s-9", "text": "what stays"}
    )  # it comes again
    shelf.put("moved", {"text": text})  # an exact copy elsewhere
    shelf.put("address", {"text": "another text at its address", "url": "http://www.ex.org/harbour/?utm_source=x"})
    shelf.put("version", {"id": "v", "text": "a first version"})
    folder = tmp_path / "wrapped"
    folder.mkdir()
    (folder / "source.toml").write_text(
        'name = "wrapped"\nlicense = "CC0-1.0"\npersonal_data = "no"\n', encoding="utf-8"
    )
    (folder / "page.txt").write_text("\ufeff" + normalize("NFD", text), encoding="utf-8")
    (folder / "Umbenannt.md").write_text(f"{text}\n", encoding="utf-8")
    (folder / "rows.csv").write_text(f'id,text\n1,"{text}"\n', encoding="utf-8")
    (folder / "rows.jsonl.gz").write_bytes(gzip.compress(json.dumps({"id": 2, "text": text}).encode()))
    answer = shelf.store.ingest([folder])
    assert (answer["refused"], answer["added"]) == (4, 0)
    assert shelf.store.sql("SELECT source_id FROM records WHERE source_id NOT IN ('s', 'version')").rows == []
    assert len(shelf.chosen()) == 2
    assert "s-9" in shelf.chosen()


def test_near_copy_of_what_was_withdrawn_waits_for_a_review_whenever_it_comes(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("s", {"text": wording("mira")}, {"text": wording("other")})
    [row] = shelf.store.sql("SELECT record_id FROM records WHERE source_record_id = 's-0'")
    shelf.store.consent.withdraw(record=row["record_id"], kind="erasure")
    shelf.put("before", {"text": wording("mira", 6)})
    assert shelf.reasons()["before-0"] == "near-copy-withdrawn"
    shelf.store.compact()
    shelf.put("after", {"text": wording("mira")}, {"text": "unlike it"})
    assert shelf.reasons()["before-0"] == "near-copy-withdrawn", "its text is gone, and the copy waits on"
    assert set(shelf.chosen()) == {"s-1", "after-1"}


@pytest.mark.parametrize("name", ["author", "owner", "text", "url"])
def test_what_was_erased_is_refused_when_it_comes_again_until_the_event_is_annulled(tmp_path: Path, name: str) -> None:
    shelf = Shelf(tmp_path)
    row = {"text": "One page of hers.", "author": "Mira Okonkwo", "url": "https://github.com/mira/notes/blob/1/a.md"}
    shelf.put("s", row, {"text": "what stays"})
    [stored] = shelf.store.sql(
        "SELECT lower(hex(norm_sha256)) AS digest, record_id FROM records WHERE source_record_id = 's-0'"
    )
    values = {"author": row["author"], "owner": "github.com/mira", "text": stored["digest"], "url": row["url"]}
    event = shelf.store.consent.withdraw(**{name: values[name]}, kind="erasure")["event"]
    shelf.store.compact()
    with closing(Ledger.open(shelf.store.layout.ledger)) as ledger:
        assert records_of(shelf.store.layout, ledger, [event]).column("record_id").to_pylist() == [stored["record_id"]]
    shelf.put("copy", {"text": row["text"]})
    shelf.put("place", {"text": "another text there", "url": row["url"]})
    shelf.put("s", row, {"text": "what stays"})
    assert set(shelf.chosen()) == {"s-1"}
    shelf.store.consent.annul(event)
    for source in ("copy", "place", "s"):
        shelf.store.ingest([shelf.root / source])
    assert {"s-1", "place-0"} <= set(shelf.chosen(dedup="none"))
    assert {"copy-0", "s-0"} & set(shelf.chosen(dedup="none"))

"""Repair of exports: what is refused goes, all else stays byte for byte, and a version follows the other."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rightful.cli.pages.redact import redact_lines
from rightful.errors import InputError, StoreError
from rightful.events.consents import Request
from rightful.export import formats
from rightful.export.manifest import export_id
from rightful.export.upkeep import plan
from rightful.export.upkeep.back import documents
from rightful.export.upkeep.denying import unasked
from tests.exports import manifest_of
from tests.unit.shelf import Shelf, wording

USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
SHAPES: dict[str, dict[str, Any]] = {
    **{name: {"format": name, "tokenizer": "bytes", "shard_tokens": 2500} for name in formats.of_tokens()},
    **{f"text-{way}": {"format": "text", "text_as": way, "shard_bytes": 3000} for way in formats.text.names()},
}
every_shape = pytest.mark.parametrize("shape", SHAPES)
every_level = pytest.mark.parametrize("level", ["exclude", "mask", "rewrite"])
GONE = ("mole-03", "mole-04", "mole-09")


@pytest.fixture(scope="module")
def shelf_to_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen records of one source, each with words of its own."""
    tmp_path = tmp_path_factory.mktemp("shelf")
    made = Shelf(tmp_path)
    (tmp_path / "mole").mkdir()
    (tmp_path / "mole" / "source.toml").write_text('name = "mole"\nlicense = "CC-BY-4.0"\npersonal_data = "no"\n')
    rows = [{"id": f"mole-{n:02}", "text": f"{word(f'mole-{n:02}')} {wording('abcdefghijkl'[n])}"} for n in range(12)]
    (tmp_path / "mole" / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made.store.ingest([tmp_path / "mole"])
    return tmp_path


@pytest.fixture
def shelf(shelf_to_copy: Path, tmp_path: Path) -> Shelf:
    """The same for one test."""
    made = Shelf(Path(shutil.copytree(shelf_to_copy, tmp_path / "shelf")))
    made.minutes = 60
    return made


def word(name: str) -> str:
    """A word that no other text has."""
    return f"harbour{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def exported(shelf: Shelf, shape: str, name: str = "out") -> Path:
    """An export in a few shards."""
    shelf.store.export(shelf.root / name, **USE, **SHAPES[shape])
    return shelf.root / name


def withdraw(shelf: Shelf, *names: str) -> None:
    """Withdrawals by the ids that rows have in their source."""
    listed = shelf.store.sql("SELECT source_record_id, record_id FROM records")
    ids = {row["source_record_id"]: row["record_id"] for row in listed}
    shelf.store.consent.record([Request(kind="withdraw", selector="record", value=ids[name]) for name in names])


def files(out: Path) -> dict[str, bytes]:
    """Every file of an export."""
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def held(out: Path) -> bytes:
    """All that the shards hold: rows as they lie, tokens as the bytes that they are."""
    manifest, data = manifest_of(out), b""
    for shard in manifest["shards"]:
        stem = Path(shard["path"]).name.rsplit(".", 1)[0]
        if manifest["format"] == "text":
            data += b"".join(
                json.dumps(dict(r)).encode() for r in formats.text.find(manifest["text_as"]).read(out / "data", stem)
            )
        else:
            data += b"".join(
                bytes(int(t) for t in row.tokens if t < 256)
                for row in formats.find(manifest["format"]).read(
                    out / "data", stem, formats.Shape.of_manifest(manifest)
                )
            )
    return data


@every_shape
@every_level
def test_repair_leaves_what_is_permitted_and_verifies(shelf: Shelf, shape: str, level: str) -> None:
    out = exported(shelf, shape)
    before, old = files(out), manifest_of(out)
    withdraw(shelf, *GONE)
    assert [s["reason"] for s in shelf.store.verify(out).stale] == ["withdrawn"] * 3
    asked = shelf.store.redact(out, level=level, dry_run=True)
    assert files(out) == before
    answer = shelf.store.redact(out, level=level)
    assert (asked.records_removed, asked.shards) == (answer.records_removed, answer.shards)
    new = manifest_of(out)
    assert (answer.version, answer.level, answer.former, answer.records_removed) == (2, level, old["export"], 3)
    assert new["supersedes"] == {
        "export": old["export"],
        "manifest_sha256": hashlib.sha256(before["manifest.json"]).hexdigest(),
    }
    assert (out / "superseded" / f"{old['export']}.json").read_bytes() == before["manifest.json"]
    assert new["export"] == export_id(new) == answer.export
    verified = shelf.store.verify(out)
    assert (verified.ok, verified.version, verified.level) == (True, 2, level), verified.corrupt
    untouched = [s for s in old["shards"] if s["path"] not in answer.shards]
    assert untouched or level == "exclude"
    assert all((out / f["path"]).read_bytes() == before[f["path"]] for s in untouched for f in s["files"])
    renamed = {f["path"] for s in old["shards"] for f in s["files"] if s["path"] in answer.shards}
    assert not renamed & set(files(out))
    lying = held(out)
    assert all(word(f"mole-{n:02}").encode() in lying for n in range(12) if f"mole-{n:02}" not in GONE)
    assert all((word(name).encode() in lying) is (level == "exclude") for name in GONE)
    if level != "exclude":
        papers = "".join(str(pq.read_table(p).to_pylist()) for p in out.glob("*.parquet"))
        raw = papers.encode() + b"".join(
            p.read_bytes() for p in out.rglob("*") if p.suffix in (".md", ".json", ".jsonl")
        )
        assert not any(word(name).encode() in raw for name in GONE)
    revoked = [json.loads(line) for line in (out / "revocations.jsonl").read_text().splitlines()]
    assert [(r["level"], r["reason"], r["version"]) for r in revoked] == [(level, "withdrawn", 2)] * 3
    assert "text" not in {key for r in revoked for key in r}
    again = files(out)
    nothing = shelf.store.redact(out, level=level)
    assert (nothing.export, nothing.version, nothing.records_removed, nothing.shards_rewritten) == (
        answer.export,
        2,
        0,
        0,
    )
    assert files(out) == again
    assert not list(shelf.root.glob(".out*"))


@every_shape
def test_mask_keeps_every_place_and_length(shelf: Shelf, shape: str) -> None:
    out = exported(shelf, shape)
    columns = ["document", "record_id", "position", "first_token", "length"]
    before, old = pq.read_table(out / "index.parquet", columns=columns), manifest_of(out)
    withdraw(shelf, *GONE)
    shelf.store.redact(out, level="mask")
    new = manifest_of(out)
    assert pq.read_table(out / "index.parquet", columns=columns).equals(before)
    assert (new["records"], new["tokens"]) == (old["records"], old["tokens"])
    assert new["refused"]["withdrawn"] == 3
    [repair] = new["repairs"]
    if shape == "parquet":
        masks = [row for s in new["shards"] for row in pq.read_table(out / s["path"]).to_pylist() if "loss_mask" in row]
        assert sorted({m for row in masks for m in row["loss_mask"]}) == [0, 1]
        assert all(set(row["input_ids"]) == {256} for row in masks if not any(row["loss_mask"]))
        assert repair["mask_column"] == "loss_mask"
    else:
        assert repair["mask_column"] == ("loss_mask" if shape == "mds" else None)
        assert shape == "mds" or repair["note"].startswith("A trainer reads ")
        assert repair["note"] in (out / "README.md").read_text()


@every_shape
def test_levels_one_after_the_other_end_in_what_a_rewrite_holds(shelf: Shelf, shape: str) -> None:
    out = exported(shelf, shape)
    shutil.copytree(out, shelf.root / "copy")
    withdraw(shelf, *GONE)
    for n, level in enumerate(("exclude", "mask", "rewrite"), 2):
        answer = shelf.store.redact(out, level=level)
        assert answer.version == n
        assert shelf.store.verify(out).ok
    shelf.store.redact(shelf.root / "copy")
    assert held(out) == held(shelf.root / "copy")
    whole, direct = manifest_of(out), manifest_of(shelf.root / "copy")
    same = (
        "records",
        "tokens",
        "chars",
        "refused",
        "licenses",
        "sources",
        "obligations",
        "lost",
        "records_root",
        "own_form",
        "kept",
    )
    assert {k: whole[k] for k in same} == {k: direct[k] for k in same}
    assert [r["level"] for r in whole["repairs"]] == ["exclude", "mask", "rewrite"]
    assert len(list((out / "superseded").iterdir())) == 3


def test_repair_of_what_is_left_is_what_an_export_without_it_would_hold(shelf: Shelf) -> None:
    out = exported(shelf, "parquet")
    withdraw(shelf, *GONE)
    shelf.store.redact(out)
    anew = exported(shelf, "parquet", "anew")
    ids = [t.column("record_id").to_pylist() for t in (pq.read_table(at / "index.parquet") for at in (out, anew))]
    assert ids[0] == ids[1]
    assert held(out) == held(anew)
    first, second = manifest_of(out), manifest_of(anew)
    same = ("records", "tokens", "chars", "obligations", "todo", "expires_at")
    assert {k: first[k] for k in same} == {k: second[k] for k in same}
    assert (out / "ATTRIBUTION.md").read_bytes() == (anew / "ATTRIBUTION.md").read_bytes()


def test_id_of_a_version_before_names_the_newest(shelf: Shelf) -> None:
    out = exported(shelf, "megatron")
    old = manifest_of(out)["export"]
    withdraw(shelf, GONE[0])
    new = shelf.store.redact(old)
    assert (new.former, shelf.store.verify(old).export, shelf.store.redact(old).former) == (old, new.export, old)
    withdraw(shelf, GONE[1])
    third = shelf.store.redact(old)
    assert (third.version, third.former) == (3, old)
    states = {row["export"]: row["status"] for row in shelf.store.sql("SELECT export, status FROM exports")}
    assert states == {old: "superseded", new.export: "superseded", third.export: "current"}


def test_everything_withdrawn_leaves_an_export_without_shards(shelf: Shelf) -> None:
    out = exported(shelf, "text-parquet")
    withdraw(shelf, *(f"mole-{n:02}" for n in range(12)))
    answer = shelf.store.redact(out)
    assert (answer.records, answer.records_removed, list((out / "data").iterdir())) == (0, 12, [])
    assert shelf.store.verify(out).ok


def test_copy_is_repaired_where_it_lies_and_the_original_stays(shelf: Shelf) -> None:
    out = exported(shelf, "megatron")
    copy = Path(shutil.copytree(out, shelf.root / "elsewhere" / "copy"))
    withdraw(shelf, *GONE)
    before = files(out)
    new = shelf.store.redact(copy)
    assert (new.folder, shelf.store.verify(copy).ok, files(out)) == (str(copy), True, before)
    assert not shelf.store.verify(out).ok
    event = shelf.store.sql("SELECT min(event) AS event FROM consents")[0]["event"]
    done = shelf.store.redact(event=event)
    assert [one["folder"] for one in done.exports] == [str(out)]
    assert shelf.store.verify(out).ok
    assert "version 2" in "\n".join(redact_lines(done))


def test_event_reaches_an_export_that_holds_a_copy_alone(shelf: Shelf) -> None:
    text = f"{word('mole-03')} {wording('d')}"
    shelf.put("mirror", text)
    out = shelf.root / "out"
    shelf.store.export(out, **USE, tokenizer="bytes", where="source_id = 'mirror'")
    withdraw(shelf, "mole-03")
    event = shelf.store.sql("SELECT event FROM consents")[0]["event"]
    done = shelf.store.redact(event=event)
    assert [(one["folder"], one["records"]) for one in done.exports] == [(str(out), 0)]
    assert shelf.store.verify(out).ok


def test_event_that_nothing_holds_and_one_that_is_not_there(shelf: Shelf) -> None:
    withdraw(shelf, GONE[0])
    event = shelf.store.sql("SELECT event FROM consents")[0]["event"]
    answer = shelf.store.redact(event=event)
    assert (answer.exports, answer.skipped, answer.is_incomplete) == ([], [], False)
    assert redact_lines(answer) == [f"no export holds what {event} matched"]
    with pytest.raises(InputError, match="e-0: is not on record"):
        shelf.store.redact(event="e-0")
    with pytest.raises(InputError, match="one export, or those that an event touches"):
        shelf.store.redact("out", event=event)


def test_damage_where_the_repair_reads_changes_nothing(shelf: Shelf) -> None:
    out = exported(shelf, "parquet")
    withdraw(shelf, *GONE)
    touched = shelf.store.redact(out, dry_run=True).shards
    whole = files(out)
    first, other = out / touched[0], out / touched[-1]
    cases: list[tuple[Path, bytes | None, str]] = [
        (first, None, "is missing, and has to be repaired"),
        (first, whole[touched[0]][:-9], "has another digest than the manifest"),
        (first, other.read_bytes(), "has another digest than the manifest"),
        (out / "refusals.parquet", None, "is missing"),
        (out / "manifest.json", whole["manifest.json"].replace(b'"records": 12', b'"records": 11'), "was edited"),
        (out / "manifest.json", None, "holds no manifest.json|is missing"),
    ]
    for path, content, reason in cases:
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InputError, match=reason):
            shelf.store.redact(out)
        path.write_bytes(whole[path.relative_to(out).as_posix()])
        assert files(out) == whole
        assert not list(shelf.root.glob(".out*"))
    (out / "index.parquet").write_bytes(b"")  # the store has a copy of it
    assert shelf.store.redact(out).records_removed == 3
    assert shelf.store.verify(out).ok


def test_damage_elsewhere_is_named_and_the_repair_done(shelf: Shelf) -> None:
    out = exported(shelf, "parquet")
    withdraw(shelf, *GONE)
    touched = shelf.store.redact(out, dry_run=True).shards
    others = [s["path"] for s in manifest_of(out)["shards"] if s["path"] not in touched]
    (out / others[0]).write_bytes(b"cut")
    answer = shelf.store.redact(out)
    assert answer.is_incomplete
    assert [d["file"] for d in answer.damaged] == [others[0]]
    assert [c["file"] for c in shelf.store.verify(out).corrupt] == [others[0]]


def test_file_behind_a_link_is_refused_and_one_with_another_name_is_told(shelf: Shelf) -> None:
    out = exported(shelf, "parquet")
    withdraw(shelf, *GONE)
    shard = out / shelf.store.redact(out, dry_run=True).shards[0]
    (shelf.root / "blob").hardlink_to(shard)
    assert shelf.store.redact(out, dry_run=True).linked_elsewhere == [f"data/{shard.name}"]
    shard.unlink()
    shard.symlink_to(shelf.root / "blob")
    with pytest.raises(InputError, match="lies behind a link"):
        shelf.store.redact(out)


def test_what_somebody_put_there_stays_and_signatures_go_with_their_manifest(shelf: Shelf) -> None:
    out = exported(shelf, "megatron")
    old = manifest_of(out)["export"]
    withdraw(shelf, *GONE)
    (out / "notes").mkdir()
    (out / "notes" / "mine.txt").write_text("kept")
    signature = f"manifest.{old}.{'0' * 16}.dsse.json"
    (out / signature).write_text("{}")
    shelf.store.redact(out)
    assert (out / "notes" / "mine.txt").read_text() == "kept"
    assert not (out / signature).exists()
    assert (out / "superseded" / signature).read_text() == "{}"
    assert [c["file"] for c in shelf.store.verify(out).corrupt] == ["notes/mine.txt"]


def test_export_of_another_store_is_not_known(shelf: Shelf, tmp_path: Path) -> None:
    out = exported(shelf, "megatron")
    (tmp_path / "other").mkdir()
    stranger = Shelf(tmp_path / "other")
    stranger.store.ingest([shelf.root / "mole"])
    with pytest.raises(StoreError, match="no record of such an export"):
        stranger.store.redact(out)
    with pytest.raises(InputError, match="'half' is not one of exclude, mask, rewrite"):
        shelf.store.redact(out, level="half")


def test_many_records_that_only_the_store_lacks_wait_for_yes(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MOST_RECORDS", 5)
    shelf.put("later", *(f"{wording(letter)} once" for letter in "mnopqr"))
    out = exported(shelf, "parquet")
    shelf.put("later", *(f"{wording(letter)} twice" for letter in "mnopqr"))
    with pytest.raises(InputError, match=r"6 records of 18 would go although nothing refuses them \(6 not-in-store\)"):
        shelf.store.redact(out)
    assert shelf.store.redact(out, yes=True).reasons == {"not-in-store": 6}
    assert shelf.store.verify(out).ok


@every_shape
def test_documents_read_back_are_those_of_the_index(shelf: Shelf, shape: str) -> None:
    out = exported(shelf, shape)
    withdraw(shelf, *GONE)
    shelf.store.redact(out)
    manifest, entries = manifest_of(out), pq.read_table(out / "index.parquet").to_pylist()
    at = 0
    for shard in manifest["shards"]:
        first = 0
        of = [entry for entry in entries if entry["shard"] == shard["path"]]
        for position, document in enumerate(documents(manifest, out, shard["path"], of)):
            entry = entries[at]
            assert document.differs(entry) is None
            assert (entry["document"], entry["shard"], entry["position"], entry["first_token"]) == (
                at,
                shard["path"],
                position,
                first,
            )
            at, first = at + 1, first + document.length
    assert at == len(entries) == 9


def test_export_whose_folder_another_one_took_is_named_and_not_taken_for_it(shelf: Shelf) -> None:
    old = shelf.store.export(shelf.root / "out", **USE, **SHAPES["text-parquet"]).export
    shutil.rmtree(shelf.root / "out")
    new = shelf.store.export(
        shelf.root / "out", **USE, **SHAPES["text-parquet"], where="source_record_id <> 'mole-00'"
    ).export
    withdraw(shelf, *GONE)
    event = shelf.store.sql("SELECT min(event) AS event FROM consents")[0]["event"]
    done = shelf.store.redact(event=event)
    assert [(one["former"], one["records_removed"]) for one in done.exports] == [(new, len(GONE))]
    assert [one["export"] for one in done.skipped] == [old]
    assert "its folder has x-" in done.skipped[0]["reason"]
    assert done.is_incomplete


def test_repair_by_event_goes_on_with_the_event_and_with_all_that_it_repaired(shelf: Shelf) -> None:
    for name in ("one", "two"):
        exported(shelf, "text-parquet", name)
    withdraw(shelf, GONE[0])
    event = shelf.store.sql("SELECT event FROM consents")[0]["event"]
    [again] = shelf.store.redact(event=event, dry_run=True, level="mask").next
    assert again["command"].endswith(f"redact --event {event} --level mask")
    [after] = shelf.store.redact(event=event).next
    assert after["command"].endswith("verify --all")


def test_a_deny_list_says_whom_it_reaches() -> None:
    assert "load_shards leaves them out. megatron-core has no deny list and will read them" in unasked("megatron")
    assert "datasets and LitData have no deny list" in unasked("parquet")
    assert "load_shards" not in unasked("text")
    assert "use --level mask or rewrite" in unasked("another")

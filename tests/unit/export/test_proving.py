"""Proofs and signatures: what is genuine passes, and nothing else does."""

from __future__ import annotations

import base64
import json
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from rightful import Store
from rightful.errors import InputError, Refused, StoreError
from rightful.export import merkle
from rightful.export.manifest import MANIFEST, canonical_json, export_id
from rightful.export.proving import _end, of_index, wrong_with
from rightful.export.signing import checker, signer
from rightful.notation import dsse
from rightful.query.exported import INDEX
from rightful.store.layout import sha256_file
from rightful.store.parquet import read
from tests import keys
from tests.exports import manifest_of
from tests.unit.shelf import Shelf, wording

EXPORT: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "tokenizer": "bytes", "dedup": "none"}


class Made(NamedTuple):
    """A store with an export, the ids in it, and a pair of keys."""

    store: Store
    out: Path
    ids: list[str]
    key: Path
    public: Path


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("proved")
    shelf = Shelf(root)
    shelf.put("letters", *(wording(f"w{n}x", words=20) for n in range(24)))
    shelf.store.export(root / "out", **EXPORT)
    ids = pq.read_table(root / "out" / INDEX).column("record_id").to_pylist()
    return Made(shelf.store, root / "out", ids, *keys.pair(root / "keys"))


@pytest.fixture
def made(shelf: Made, tmp_path: Path) -> Made:
    """The same, with a copy of the export that may be changed."""
    shutil.copytree(shelf.out, tmp_path / "out")
    return shelf._replace(out=tmp_path / "out")


def absent(count: int) -> list[str]:
    return [f"{n:032x}" for n in range(count)]


def test_every_record_is_proved_and_none_that_is_not_there(shelf: Made) -> None:
    manifest = manifest_of(shelf.out)
    for record in [*shelf.ids, *absent(60)]:
        proof = of_index(shelf.out / INDEX, manifest, record)
        assert proof["is_included"] == (record in shelf.ids)
        assert wrong_with(proof, manifest["records_root"]) is None


def test_proof_names_no_other_record_and_no_digest_of_one(shelf: Made) -> None:
    manifest = manifest_of(shelf.out)
    rows = pq.read_table(shelf.out / INDEX).to_pylist()
    for record in [*shelf.ids[:5], *absent(60)]:
        written = json.dumps(of_index(shelf.out / INDEX, manifest, record))
        others = [row for row in rows if row["record_id"] != record]
        assert not [row for row in others if row["record_id"] in written or row["content_sha256"].hex() in written]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        for key, of in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(of, (*path, key))
    elif value is not None:
        yield path


FREE = {"proof", "export", "version", "manifest_sha256", "records_root"}
"""What a proof says of the export; the manifest says it as well."""


def test_proof_with_anything_changed_proves_nothing(shelf: Made) -> None:
    manifest, chance = manifest_of(shelf.out), random.Random(7)
    for record in [shelf.ids[3], *absent(12)]:
        proof = of_index(shelf.out / INDEX, manifest, record)
        # One proof of absence is good for all whose place is below the same empty node: these are absent as well.
        free = FREE if proof["leaf"] else {*FREE, "record"}
        for path in [path for path in leaves(proof) if path[0] not in free]:
            changed = json.loads(json.dumps(proof))
            at = changed
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = other(at[path[-1]], chance)
            assert wrong_with(changed, manifest["records_root"]) is not None, path
        for key in proof:
            cut = {k: v for k, v in proof.items() if k != key}
            if key not in FREE:
                assert wrong_with(cut, manifest["records_root"]) is not None, key
        assert wrong_with({**proof, "siblings": proof["siblings"][1:]}, manifest["records_root"]) is not None


def other(value: Any, chance: random.Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    at = chance.randrange(len(value)) if value else 0
    return value[:at] + ("0" if value[at : at + 1] != "0" else "1") + value[at + 1 :]


@pytest.mark.parametrize("siblings", [None, "ab", [1], ["zz"], ["ab"], ["00" * 32] * 300, {}])
def test_proof_of_another_form_is_none(shelf: Made, siblings: Any) -> None:
    proof = of_index(shelf.out / INDEX, manifest_of(shelf.out), shelf.ids[0])
    assert wrong_with({**proof, "siblings": siblings}, proof["records_root"]) is not None


def test_proof_without_signature_needs_the_manifest_it_is_of(made: Made, tmp_path: Path) -> None:
    made.store.proof(made.ids[0], made.out, out=tmp_path / "p.json")
    with pytest.raises(InputError, match="nobody signed"):
        made.store.verify_receipt(tmp_path / "p.json")
    assert made.store.verify_receipt(tmp_path / "p.json", manifest=made.out).ok
    changed = {**manifest_of(made.out), "seen": 1}
    (tmp_path / "other.json").mkdir()
    (tmp_path / "other.json" / MANIFEST).write_bytes(canonical_json({**changed, "export": export_id(changed)}))
    answer = made.store.verify_receipt(tmp_path / "p.json", manifest=tmp_path / "other.json")
    assert "it is of the export" in answer.reasons[0]


def test_proof_is_refused_for_what_is_no_record_and_from_an_index_that_was_changed(made: Made) -> None:
    with pytest.raises(InputError, match="is not the id of a record"):
        made.store.proof("castellan-01", made.out)
    manifest = {k: v for k, v in manifest_of(made.out).items() if k != "records_root"}
    with pytest.raises(InputError, match="has no records_root"):
        of_index(made.out / INDEX, manifest, made.ids[0])
    with pytest.raises(StoreError, match="does not have the root"):
        of_index(made.out / INDEX, {**manifest, "records_root": "0" * 64}, made.ids[0])


def test_proof_is_made_without_the_folder_of_the_export(made: Made, shelf: Made, tmp_path: Path) -> None:
    export = manifest_of(made.out)["export"]
    (shelf.out / INDEX).rename(tmp_path / "aside")
    try:
        assert made.store.proof(made.ids[0], export).is_included
    finally:
        (tmp_path / "aside").rename(shelf.out / INDEX)


def test_signature_is_added_once_and_never_overwritten(made: Made) -> None:
    first = made.store.sign(made.out, key=made.key)
    before = Path(first.file).read_bytes()
    assert made.store.sign(made.out, key=made.key).file == first.file
    assert Path(first.file).read_bytes() == before
    second = made.store.sign(made.out, key=keys.pair(made.out.parent / "more", b"t" * 32)[0])
    assert second.file != first.file
    Path(first.file).write_bytes(b"{}")
    with pytest.raises(InputError, match="never overwritten"):
        made.store.sign(made.out, key=made.key)


def test_signed_export_stands_alone_and_every_change_is_found(made: Made) -> None:
    made.store.sign(made.out, key=made.key)
    assert made.store.verify(made.out).ok
    alone = made.store.verify(made.out, standalone=True, key=made.public)
    assert (alone.ok, alone.records, alone.corrupt) == (True, len(made.ids), [])
    assert [s["checked"] for s in alone.signatures or []] == [True]
    stranger = keys.pair(made.out.parent / "more", b"t" * 32)[1]
    answer = made.store.verify(made.out, standalone=True, key=stranger)
    assert [c["reason"][:30] for c in answer.corrupt] == ["is not signed with the key " + keyid(stranger)[:3]]
    for path in sorted(p for p in made.out.rglob("*") if p.is_file()):
        raw = path.read_bytes()
        path.write_bytes(raw[:-2] + bytes([raw[-2] ^ 1]) + raw[-1:])
        if path.name == MANIFEST:
            with pytest.raises(InputError, match="cannot be read"):
                made.store.verify(made.out, standalone=True, key=made.public)
        else:
            assert not made.store.verify(made.out, standalone=True, key=made.public).ok, path
        path.write_bytes(raw)
    assert made.store.verify(made.out, standalone=True, key=made.public).ok


def keyid(public: Path) -> str:
    return checker(public).keyid


def test_manifest_with_another_root_or_a_file_outside_is_not_whole(made: Made) -> None:
    manifest = manifest_of(made.out)
    for change, reason in [
        ({"records_root": "0" * 64}, "its records_root is not that of the index"),
        ({"records_root": None}, "its records_root is not that of the index"),
        ({"files": [{"path": "../key.pem", "sha256": "0" * 64}]}, "names a file outside its folder"),
        ({"shards": "none"}, "is not whole"),
    ]:
        edited = {**manifest, **change}
        edited["export"] = export_id(edited)
        (made.out / MANIFEST).write_bytes(canonical_json(edited))
        answer = made.store.verify(made.out, standalone=True)
        assert any(reason in c["reason"] for c in answer.corrupt), change


def test_export_of_an_earlier_version_stands_alone_without_a_root(made: Made) -> None:
    manifest = {k: v for k, v in manifest_of(made.out).items() if k != "records_root"}
    table = pq.read_table(made.out / INDEX).replace_schema_metadata(None)
    pq.write_table(table, made.out / INDEX)
    for file in manifest["files"]:
        file["sha256"] = sha256_file(made.out / file["path"])
    manifest["export"] = export_id(manifest)
    (made.out / MANIFEST).write_bytes(canonical_json(manifest))
    answer = made.store.verify(made.out, standalone=True)
    assert (answer.ok, answer.records_root) == (True, None)


def test_file_with_the_name_of_a_signature_that_is_none_is_found(made: Made) -> None:
    signed = Path(made.store.sign(made.out, key=made.key).file)
    other = signed.with_name(signed.name.replace(manifest_of(made.out)["export"], "x-0123456789abcdef"))
    for path, raw, reason in [
        (signed, b"{}", "is no signature"),
        (signed, b"\xff", "is no signature"),
        (signed, keys.pair(made.out.parent / "more")[0].read_bytes(), "is no signature"),
        (other, json.dumps(dsse_of({"predicateType": "urn:other"})).encode(), "something else than an export"),
        (signed, json.dumps(dsse_of({})).encode(), "something else than this manifest"),
    ]:
        before = path.read_bytes() if path.exists() else None
        path.write_bytes(raw)
        for answer in (made.store.verify(made.out), made.store.verify(made.out, standalone=True)):
            assert [c["file"] for c in answer.corrupt] == [path.name]
            assert reason in answer.corrupt[0]["reason"]
        path.write_bytes(before) if before is not None else path.unlink()
    assert made.store.verify(made.out).ok


def dsse_of(change: dict[str, Any]) -> dict[str, Any]:
    said = {"_type": dsse.STATEMENT_TYPE, "subject": [{"digest": {"sha256": "0"}}], "predicate": {}}
    payload = json.dumps({**said, "predicateType": dsse.EXPORT, **change}).encode()
    sealed: dict[str, Any] = json.loads(dsse.sealed(payload, [dsse.Signature("k", b"s")]))
    return sealed


def test_export_that_was_changed_is_not_signed(made: Made) -> None:
    manifest = manifest_of(made.out)
    manifest["records"] += 1
    (made.out / MANIFEST).write_bytes(canonical_json(manifest))
    with pytest.raises(Refused, match="is not the manifest that this store registered"):
        made.store.sign(made.out, key=made.key)


def test_envelope_that_was_changed_or_is_of_another_key_or_store_is_not_genuine(made: Made, tmp_path: Path) -> None:
    signed = Path(made.store.sign(made.out, key=made.key).file)
    envelope = json.loads(signed.read_bytes())
    payload = json.loads(base64.b64decode(envelope["payload"]))
    payload["predicate"]["records"] = 1
    forged = base64.b64encode(json.dumps(payload).encode()).decode()
    tries = {
        "changed after it was signed": {**envelope, "payload": forged},
        "has no signatures": {**envelope, "signatures": []},
        "not base64": {**envelope, "payload": "*"},
        "no payloadType": {k: v for k, v in envelope.items() if k != "payloadType"},
        "signature that is no object": {**envelope, "signatures": [3]},
    }
    for reason, data in tries.items():
        (tmp_path / "r.json").write_text(json.dumps(data))
        answer = made.store.verify_receipt(tmp_path / "r.json", key=made.public)
        assert (answer.ok, answer.statement, answer.subjects) == (False, None, []), reason
        assert reason in answer.reasons[0]
    stranger = keys.pair(tmp_path / "more", b"t" * 32)[1]
    assert "signed with another key" in made.store.verify_receipt(signed, key=stranger).reasons[0]
    assert "not of 0123" in made.store.verify_receipt(signed, key=made.public, of_store="0123").reasons[0]
    assert made.store.verify_receipt(signed, key=made.public, manifest=made.out).ok
    with pytest.raises(InputError, match="is signed: name the public key"):
        made.store.verify_receipt(signed)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"7", b"\xff\xfe", b'{"payload": 1, "signatures": 2}'])
def test_file_that_is_no_receipt_is_not_genuine(made: Made, tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "r.json").write_bytes(raw)
    assert not made.store.verify_receipt(tmp_path / "r.json", key=made.public).ok


def test_signature_counts_when_the_key_is_called_otherwise(made: Made, tmp_path: Path) -> None:
    """The name of a key is a hint that nobody signed (DSSE, protocol.md); base64 may be of the URL alphabet."""
    envelope = json.loads(Path(made.store.sign(made.out, key=made.key).file).read_bytes())
    envelope["signatures"][0]["keyid"] = "mine"
    envelope["payload"] = envelope["payload"].replace("+", "-").replace("/", "_")
    (tmp_path / "r.json").write_text(json.dumps(envelope))
    assert made.store.verify_receipt(tmp_path / "r.json", key=made.public).ok


def test_key_that_is_none_is_named(made: Made, tmp_path: Path) -> None:
    other_kind = ec.generate_private_key(ec.SECP256R1())
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word"))
    )
    (tmp_path / "text").write_text("no key")
    for path, reason in [
        (tmp_path / "none", "cannot be read"),
        (tmp_path, "cannot be read"),
        (tmp_path / "text", "is no private key"),
        (locked, "with a passphrase"),
        (made.public, "is a public key, which cannot sign"),
        (keys.written(tmp_path / "ec.pem", other_kind), "is not an Ed25519 key"),
    ]:
        with pytest.raises(InputError, match=reason) as caught:
            made.store.sign(made.out, key=path)
        assert caught.value.subject == str(path)
    for path, reason in [
        (made.key, "is a private key, and a public one is expected"),
        (tmp_path / "text", "is no public key"),
        (keys.written(tmp_path / "ec-public.pem", other_kind.public_key()), "is not an Ed25519 key"),
    ]:
        with pytest.raises(InputError, match=reason):
            made.store.verify(made.out, standalone=True, key=path)


def test_without_cryptography_the_error_names_the_extra(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(InputError) as caught:
        made.store.sign(made.out, key=made.key)
    assert caught.value.hint == "pip install 'rightful[sign]'"
    assert made.store.verify(made.out, standalone=True).ok  # without a key nothing of it is needed


def test_standalone_needs_a_folder_and_key_needs_standalone(made: Made) -> None:
    with pytest.raises(InputError, match="add --standalone"):
        made.store.verify(made.out, key=made.public)
    with pytest.raises(InputError, match="is no folder"):
        made.store.verify("x-0123456789abcdef", standalone=True)
    with pytest.raises(InputError, match="name the folder"):
        made.store.verify(None, standalone=True)  # type: ignore[call-overload]
    with pytest.raises(InputError, match="signs a file, and none is named"):
        made.store.proof(made.ids[0], made.out, key=made.key)


def test_pae_is_that_of_the_specification() -> None:
    """The example of DSSE's protocol.md."""
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@pytest.mark.parametrize(
    "disguise", [str.upper, lambda i: i + " ", lambda i: i + "\n", lambda i: i + "\u200b", lambda i: ""]
)
def test_absence_is_proved_of_ids_alone(shelf: Made, disguise: Callable[[str], str]) -> None:
    """Whatever is no id is absent from every tree, so that one in capitals would be proved absent beside the record."""
    manifest = manifest_of(shelf.out)
    record = next(i for i in shelf.ids if i != i.upper())
    tree = merkle.tree_of(read(shelf.out / INDEX, merkle.COLUMNS), manifest["catalog"])
    assert tree is not None
    way = tree.way(disguise(record))
    proof = of_index(shelf.out / INDEX, manifest, record) | _end(way, disguise(record))
    proof |= {"record": disguise(record), "is_included": False, "siblings": [one.hex() for one in way.siblings]}
    assert "not whole" in str(wrong_with(proof, manifest["records_root"]))


@pytest.mark.parametrize("piece", [float("inf"), 1.5, True, "1", -1, 3, None])
def test_numbers_that_are_no_pieces_are_no_proof(shelf: Made, piece: object) -> None:
    manifest = manifest_of(shelf.out)
    proofs = (of_index(shelf.out / INDEX, manifest, record) for record in absent(200))
    proof = next(p for p in proofs if p["other"] is not None)
    proof["other"]["piece"] = piece
    assert "not whole" in str(wrong_with(proof, manifest["records_root"]))


def test_an_envelope_of_a_hostile_kind_and_keys_that_stand_twice_are_refused(made: Made, tmp_path: Path) -> None:
    signed = Path(made.store.sign(made.out, key=made.key).file)
    data = signed.read_text()
    for changed, reason in (
        (data.replace(dsse.PAYLOAD_TYPE, "\\ud800"), "payloadType that is no media type"),
        (data.replace("{", '{"payloadType": "a", ', 1), "names 'payloadType' twice"),
    ):
        signed.write_text(changed)
        assert reason in str(made.store.verify_receipt(signed, key=made.public).reasons)
        [corrupt] = made.store.verify(made.out, standalone=True).corrupt
        assert reason in corrupt["reason"]
    proof = made.store.proof(made.ids[0], made.out, out=tmp_path / "p.json").out
    twice = Path(str(proof)).read_text().replace("{", '{"record": "0", ', 1)
    Path(str(proof)).write_text(twice)
    assert "twice" in str(made.store.verify_receipt(str(proof), manifest=made.out).reasons)


def test_a_signature_of_another_kind_of_payload_is_none(made: Made) -> None:
    signed = Path(made.store.sign(made.out, key=made.key).file)
    envelope = json.loads(signed.read_text())
    private = signer(made.key)
    kind, payload = "text/plain", base64.b64decode(envelope["payload"])
    sig = base64.b64encode(private.key.sign(dsse.pae(kind, payload))).decode()
    envelope |= {"payloadType": kind, "signatures": [{"keyid": private.keyid, "sig": sig}]}
    signed.write_text(json.dumps(envelope))
    answer = made.store.verify(made.out, standalone=True, key=made.public)
    assert "something else than a statement" in str(answer.corrupt)

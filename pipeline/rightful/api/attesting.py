"""What the verbs do that sign, prove, and check what was signed or proved. Floor 10: part of `api`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rightful.api.access import Access
from rightful.api.answers import Verified
from rightful.api.attested import Attested, Proof, Receipt, Signed
from rightful.errors import InputError, Refused
from rightful.export import attested, proving, receipt_page, receipts, signed
from rightful.export.manifest import MANIFEST, canonical_json, digest, read_manifest
from rightful.export.signing import Signer, checker, signer
from rightful.export.upkeep.verify import verify_alone as held_against_itself
from rightful.export.versions import named
from rightful.notation import dsse
from rightful.query.versions import version_of

MARKDOWN = ".md"


def verify_alone(export: str | Path | None, every: bool, standalone: bool, key: str | Path | None) -> Verified:
    """A folder held against itself."""
    if not standalone:
        raise InputError("is for an export without its store", subject="--key", hint="add --standalone")
    if every or export is None:
        raise InputError("verifies one folder", subject="--standalone", hint="name the folder of an export")
    folder = Path(export)
    if not folder.is_dir():
        raise InputError("is no folder; without a store an export has no other name", subject=str(export))
    known = None if key is None else checker(Path(key))
    return Verified(**held_against_itself(folder, known).as_json(), next=[])


def sign(access: Access, export: str | Path, key: str | Path) -> Signed:
    """A signature beside the manifest of an export."""
    own = signer(Path(key))
    with access.ledger() as ledger:
        known = named(ledger, str(export))
        manifest = read_manifest(known.folder)
        if known.registered is None or digest(manifest) != known.registered["manifest_sha256"]:
            raise Refused(
                "is not the manifest that this store registered, so it is not signed",
                subject=str(known.folder / MANIFEST),
                hint=f"find out what is wrong with it: rightful verify {known.folder}",
            )
        path = signed.sign(known.folder, manifest, own)
    return Signed(
        export=str(manifest["export"]),
        version=version_of(manifest),
        manifest_sha256=digest(manifest),
        keyid=own.keyid,
        file=str(path),
    )


def proof(access: Access, record: str, export: str | Path, key: str | Path | None, out: str | Path | None) -> Proof:
    """A proof, and its file."""
    if key is not None and out is None:
        raise InputError("signs a file, and none is named", subject="--key", hint="add -o FILE.dsse.json")
    own = None if key is None else signer(Path(key))
    with access.ledger() as ledger:
        former = named(ledger, str(export)).former
        made = proving.proof(access.layout, ledger, record, str(export))
        store = ledger.meta("store_id")
    if out is not None:
        if own is None:
            data = canonical_json(made)
        else:
            subjects = [(MANIFEST, made["manifest_sha256"])]
            data = own.envelope(dsse.statement(subjects, dsse.PROOF, {**made, "store": store}))
        signed.write_once(Path(out), data)
    keyid = None if own is None else own.keyid
    return Proof(**made, former=former, keyid=keyid, out=None if out is None else str(out))


def receipt(access: Access, event: str, audience: str, key: str | Path | None, out: str | Path | None) -> Receipt:
    """The receipt of an event, and its file."""
    if key is not None and (out is None or str(out).lower().endswith(MARKDOWN)):
        hint = "add -o FILE.dsse.json; a page (.md) is not signed"
        raise InputError("signs a file of JSON, and none is named", subject="--key", hint=hint)
    own = None if key is None else signer(Path(key))
    with access.ledger() as ledger:
        now = ledger.not_before(access.clock())
        made = receipts.receipt(access.layout, ledger, access.catalog, event, audience, now)
    if out is not None:
        signed.write_once(Path(out), _receipt_file(made, own, Path(out)))
    keyid = None if own is None else own.keyid
    return Receipt(**made, keyid=keyid, out=None if out is None else str(out))


def _receipt_file(made: dict[str, Any], own: Signer | None, out: Path) -> bytes:
    if own is not None:
        return own.envelope(receipts.statement_of(made))
    if out.name.lower().endswith(MARKDOWN):
        return receipt_page.page(made).encode()
    return canonical_json(made)


def verify_receipt(
    file: str | Path, key: str | Path | None, manifest: str | Path | None, of_store: str | None
) -> Attested:
    """A file held against a public key or a manifest."""
    known = None if key is None else checker(Path(key))
    at = None if manifest is None else Path(manifest)
    return Attested(**attested.attested(Path(file), known, at, of_store).as_json())

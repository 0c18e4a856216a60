"""Proofs, signatures, and whether they are genuine. Floor 9: part of `schema`."""

from __future__ import annotations

from rightful.export import AUDIENCES
from rightful.export.attested import WHATS
from rightful.export.receipts import ACTIONS, LEFT, STATES, STAYS, TAINTED, UNTOUCHED
from rightful.notation.dsse import PROOF, RECEIPT
from rightful.query.tracing import VIAS
from rightful.query.versions import LEVELS
from rightful.rights.consent import EVERY_SELECTOR, KINDS
from rightful.schema.pieces import path_of, record_id
from rightful.schema.shapes import Shape, answer, digest, instant, maybe, name_of, number, several, text, truth, whole

KEYID = "The name of a key: the SHA-256 of its public half (SubjectPublicKeyInfo, DER)."


def proof() -> Shape:
    """``rightful proof``, and the file that it writes."""
    leaf = {
        "catalog": digest("Of the licence catalogue that decided."),
        "content_sha256": digest("Of the record's content."),
        "decision": name_of("permit; or masked or excluded where it was repaired so."),
        "nonces": several("Of the three pieces of its place and of what it states.", _hex("A nonce.", 32)),
    }
    other = {
        "piece": {"description": "Which piece of its place is opened: 0 to 2.", "type": "integer"},
        "value": text("That piece, in hex; the record's own is another.", pattern="([0-9a-f]{2})+"),
        "nonce": _hex("Its nonce.", 32),
        "parts": several("What its leaf is made of, empty where the piece is.", text("A digest, in hex.")),
    }
    keys = {
        "proof": text("The form of the proof.", known=[PROOF]),
        "record": record_id(),
        "is_included": truth("Whether the record is in the export."),
        "export": name_of("The export."),
        "version": whole("Its version."),
        "manifest_sha256": digest("Of its manifest, as written."),
        "records_root": digest("The root in its manifest that the proof leads to."),
        "leaf": maybe(answer("The leaf of the record; null where it is not there.", leaf)),
        "other": maybe(answer("What is shown of the leaf at its place, which is of another; null otherwise.", other)),
        "nonce": maybe(_hex("What opens the empty node at its place; null otherwise.", 64)),
        "siblings": several("The digests beside the way, the deepest first.", digest("A digest.")),
        "former": name_of("The version before that was named."),
        "keyid": digest(KEYID),
        "out": path_of("The file."),
    }
    return answer("That a record is in an export, or is not.", keys, optional=["former", "keyid", "out"])


def receipt() -> Shape:
    """``rightful consent receipt``, and the file that it writes."""
    record = {
        "record": record_id(),
        "via": text("Why it is meant: itself, or as an exact copy or another version.", known=VIAS),
        "in_store": truth("Whether its text is in the store."),
        "erased": maybe(instant("When it was erased.")),
        "exports": several("The exports that hold it now.", name_of("An export.")),
    }
    stays = {
        "record": record_id(),
        "why": text("It is nearly the same as one of the records, or was derived from one.", known=STAYS),
    }
    export = {
        "export": name_of("The export."),
        "manifest_sha256": digest("Of its manifest, as written."),
        "version": whole("Its version."),
        "level": maybe(text("How it was repaired; null: it was not.", known=LEVELS)),
        "records": whole("How many of the records it held."),
        "open": whole("How many of them it holds although they are refused."),
        "state": text("What became of it.", known=STATES),
        "superseded_by": maybe(text("The version that lies in its place now.")),
        "superseded_by_sha256": maybe(digest("Of the manifest of that.")),
        "created_at": instant("When it was made."),
        "path": path_of("Its folder (for an authority)."),
        "shards": several("The shards that hold any of it (for an authority).", path_of("A shard.")),
        "length": whole("How much of it that is (for an authority)."),
        "unit": text("Of what.", known=("tokens", "rows")),
    }
    asset = {
        "asset": name_of("The asset."),
        "kind": name_of("tokenizer, index or model."),
        "name": text("What it is called."),
        "share": maybe(number("The part of its tokens that is concerned; null: nobody knows.")),
        "status": text("Whether it holds what is refused.", known=(TAINTED, UNTOUCHED)),
        "since": maybe(instant("Since when.")),
        "way": several("From the export to it.", text("An export or asset.")),
    }
    action = {
        "what": text("What was done.", known=ACTIONS),
        "at": instant("When."),
        "late": truth("Whether that was after the deadline."),
        "snapshot": maybe(whole("In which snapshot (for an authority).")),
        "export": name_of("The version that a repair made."),
        "supersedes": name_of("The version before."),
        "level": text("How it was repaired.", known=LEVELS),
        "records": whole("How many records that was."),
        "event": name_of("The event that followed."),
        "kind": name_of("Its kind."),
    }
    left = {
        "what": text("repair an export; look at one of which nothing says what it holds; erase texts.", known=LEFT),
        "export": maybe(text("The export.")),
        "records": maybe(whole("How many records.")),
    }
    keys = {
        "receipt": text("The form of the receipt.", known=[RECEIPT]),
        "audience": text("Whom it is for.", known=AUDIENCES),
        "store": name_of("The id of the store."),
        "issued_at": instant("When it was issued."),
        "event": name_of("The event."),
        "kind": text("What it is.", known=KINDS),
        "selector": answer(
            "What it is about.",
            {"by": text("How.", known=EVERY_SELECTOR), "value": text("Which; a person is a keyed hash.")},
        ),
        "use": several("The acts that it is limited to.", text("An act.")),
        "purpose": several("The purposes that it is limited to.", text("A purpose.")),
        "application": several("The applications that it is limited to.", text("An application.")),
        "recorded": instant("When it was recorded."),
        "effective": instant("When it takes effect."),
        "deadline": maybe(instant("By when what it asks has to be done.")),
        "reason": text("Why, as it was stated."),
        "evidence": text("Where it can be looked up that it was said."),
        "in_force": truth("False where an annulment undid it."),
        "matched": answer(
            "What it matches.",
            {
                "records": whole("Records."),
                "copies": whole("Exact copies and other versions of them."),
                "sources": several("The sources that they are in.", text("A source.")),
            },
        ),
        "records": several("The records.", answer("A record.", record)),
        "stays": several(
            "Other records that stay, and are refused or wait for a review because of these.",
            answer("A record.", stays),
        ),
        "exports": several(
            "The exports that held any of it.",
            answer("A version of an export.", export, optional=["path", "shards", "length", "unit"]),
        ),
        "exports_unreadable": several("The exports of which nothing says what they hold.", text("An export.")),
        "assets": several("What was made of them.", answer("An asset.", asset)),
        "actions": several(
            "What was done.",
            answer(
                "An action.",
                action,
                optional=["snapshot", "export", "supersedes", "level", "records", "event", "kind"],
            ),
        ),
        "open": several("What remains to be done.", answer("A duty.", left)),
        "overdue": truth("Whether something remains and the deadline has passed."),
        "complete": truth("Whether nothing remains."),
        "snapshot": whole("The newest snapshot (for an authority)."),
        "ledger": maybe(
            answer(
                "The newest link of the ledger's chain (for an authority).",
                {"link": whole("Its number."), "digest": digest("Its digest.")},
            )
        ),
        "keyid": digest(KEYID),
        "out": path_of("The file."),
    }
    return answer("What became of an event.", keys, optional=["snapshot", "ledger", "keyid", "out"])


def signed() -> Shape:
    """``rightful sign``."""
    keys = {
        "export": name_of("The export."),
        "version": whole("Its version."),
        "manifest_sha256": digest("Of its manifest, as written."),
        "keyid": digest(KEYID),
        "file": path_of("The signature."),
    }
    return answer("The signature of an export.", keys)


def attested() -> Shape:
    """``rightful verify-receipt``."""
    subject = {"name": text("What is meant, as the statement calls it."), "sha256": digest("Of it.")}
    keys = {
        "ok": truth("Whether it is genuine."),
        "what": text("What it is.", known=WHATS),
        "keyid": maybe(digest(KEYID)),
        "store": maybe(text("The id of the store that it is of.")),
        "statement": maybe({"type": "object", "description": "What it says; null where it is not genuine."}),
        "subjects": several("What it is about, by digest.", answer("A subject.", subject)),
        "reasons": several("Why it is not genuine.", text("A reason.")),
    }
    return answer("Whether a receipt, the signature of an export or a proof is genuine.", keys)


def signatures() -> Shape:
    """The signatures beside a manifest, in ``rightful verify --standalone``."""
    keys = {
        "file": path_of("The file."),
        "keyids": several("The keys that it names.", text("The name of a key.")),
        "of_manifest": truth("Whether it is of this manifest; otherwise of a version before."),
        "checked": truth("Whether it was held against the key that was given, and is genuine."),
        "reason": maybe(text("What is wrong with it.")),
    }
    return several("The signatures beside the manifest.", answer("A signature.", keys))


def _hex(says: str, digits: int) -> Shape:
    return text(says, pattern=f"[0-9a-f]{{{digits}}}")

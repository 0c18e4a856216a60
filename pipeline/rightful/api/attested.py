"""What proofs, signatures and receipts are answered as. Floor 10: part of `api`."""

from __future__ import annotations

from typing import Any, ClassVar

from rightful.api.answer import Answer

Keys = dict[str, Any]


class Proof(Answer):
    """That a record is in an export, or is not. It is what the file has, but for ``out`` and ``keyid``."""

    optional: ClassVar[frozenset[str]] = frozenset({"former", "keyid", "out"})

    proof: str
    record: str
    is_included: bool
    export: str
    version: int
    manifest_sha256: str
    records_root: str
    leaf: Keys | None
    other: Keys | None
    nonce: str | None
    siblings: list[str]
    former: str | None = None
    keyid: str | None = None
    out: str | None = None


class Signed(Answer):
    """The signature of an export."""

    export: str
    version: int
    manifest_sha256: str
    keyid: str
    file: str


class Attested(Answer):
    """Whether a receipt, a signature or a proof is genuine, and what it says."""

    ok: bool
    what: str
    keyid: str | None
    store: str | None
    statement: Keys | None
    subjects: list[dict[str, str]]
    reasons: list[str]


class Receipt(Answer):
    """What was asked, matched, done and when, and what remains open. It is what the file has, but for ``out`` and ``keyid``."""

    optional: ClassVar[frozenset[str]] = frozenset({"snapshot", "ledger", "keyid", "out"})

    receipt: str
    audience: str
    store: str
    issued_at: str
    event: str
    kind: str
    selector: dict[str, str]
    use: list[str]
    purpose: list[str]
    application: list[str]
    recorded: str
    effective: str
    deadline: str | None
    reason: str
    evidence: str
    in_force: bool
    matched: Keys
    records: list[Keys]
    stays: list[Keys]
    exports: list[Keys]
    exports_unreadable: list[str]
    assets: list[Keys]
    actions: list[Keys]
    open: list[Keys]
    overdue: bool
    complete: bool
    snapshot: int | None = None
    ledger: Keys | None = None
    keyid: str | None = None
    out: str | None = None

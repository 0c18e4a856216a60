"""Rebase: what an old export held, decided under another law. Floor 8.

It is a question and changes nothing: the records of the export, and those that were refused when it was made, are decided
as they are in the store, for its use, by another catalogue, other readings of one's own, another policy, or at another
instant. What flips is counted by the reason and the clause that it rests on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from rightful.decisions.cases import Decided
from rightful.decisions.other_law import Law
from rightful.decisions.policy import Policy, UseOptions, standing
from rightful.errors import InputError, StoreError
from rightful.export import REBASED
from rightful.export.manifest import find_export, read_manifest
from rightful.export.upkeep.verify import CHANGED, NOT_ASKED, NOT_STORED
from rightful.query.exported import INDEX, asked_again, redacted_types
from rightful.query.versions import PERMIT
from rightful.rights.because import FAMILIES, Reason
from rightful.rights.case import Case
from rightful.rights.claims import expression_of
from rightful.rights.decide import Decision
from rightful.rights.evidence import Evidence, evidence_id
from rightful.rights.licenses import Catalog, License, Verdict, named_licenses
from rightful.rights.undertakings import obligation_of
from rightful.rights.uses import Use, redacting
from rightful.store.duck import fill, rows
from rightful.store.layout import Layout, sha256_file
from rightful.store.ledger import Ledger, stamp
from rightful.store.parquet import read
from rightful.store.scratch import workspace

REFUSALS = "refusals.parquet"
EXAMPLES = 3
"""So many records are named with each clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Under which law: what is None is as it is in the store, and now."""

    law: Law | None = None
    policy: Policy | None = None
    as_of: datetime | None = None
    limit: int = REBASED


@dataclass(frozen=True, slots=True)
class Held:
    """What an export says that it held, and that was refused when it was made; None where nothing says the latter."""

    export: str
    manifest: dict[str, Any]
    index: pa.Table
    refused: pa.Table | None


@dataclass(slots=True)
class _Account:
    """What flips, as it is counted."""

    by_clause: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)
    flips: list[dict[str, Any]] = field(default_factory=list)
    undecided: dict[str, int] = field(default_factory=dict)
    stays: int = 0
    stays_refused: int = 0


def rebase(
    layout: Layout, ledger: Ledger, catalog: Catalog, name: str, now: datetime, question: Question
) -> dict[str, Any]:
    """The answer of ``rightful rebase`` for an export named by its id or folder, which need not be there any more.

    Raises :class:`InputError` where nothing says what it held, and for a request that cannot be made under the policy.
    """
    if question.limit < 0:
        raise InputError(f"--limit {question.limit} is negative")
    held = held_by(layout, ledger, name)
    at = question.as_of or now
    account = _Account()
    with workspace(layout, "rebase") as (con, _):
        fill(con, "held", held.index)
        fill(con, "refused_then", held.refused if held.refused is not None else _NO_REFUSALS)
        _decide_today(con, layout, ledger, catalog, held.manifest, now)
        law, overlays = (catalog, None) if question.law is None else question.law
        under = question.policy
        if under is None:
            under = standing(layout, catalog.vocabulary, held.manifest)
        decided = Decided(con, layout, ledger, ledger.snapshot(), law, at, under, overlays)
        use, impossible = _request(held.manifest, decided.catalog, at, question.policy)
        decisions = decided.decide(use)
        decided.join(decisions)
        counted = _counted(con)
        for row in counted:
            _add(account, row, decided, decisions, use, impossible)
        account.flips = [
            _flip(row, decided, decisions, use, impossible) for row in _listed(con, question.limit, bool(impossible))
        ]
        groups = sorted(account.by_clause.values(), key=lambda g: (-g["records"], g["reason"], g["clause"]))
        return {
            "export": held.export,
            "records": held.index.num_rows,
            "use": use.as_json(),
            "as_of": stamp(at),
            "catalog": decided.catalog.digest,
            "overlay": decided.overlays_of({case for case, *_ in counted if case is not None}),
            "policy": under.as_json(at),
            "permitted": account.stays,
            "flipped": sum(g["records"] for g in groups),
            "refused_then": None if held.refused is None else account.stays_refused + _widened(groups),
            "undecided": account.undecided,
            "flips": account.flips,
            "by_clause": groups,
            "licenses": _by_license(groups),
        }


def held_by(layout: Layout, ledger: Ledger, name: str) -> Held:
    """What an export held, by the store's copy of its index or by the one in its folder, whichever is whole.

    Raises :class:`InputError` where neither is, :class:`StoreError` for an id that is not known.
    """
    listed = {str(e["export"]): e for e in ledger.exports()}
    place = str(Path(name).resolve())
    registered = listed.get(name) or next((e for e in reversed(listed.values()) if e["path"] == place), None)
    if registered is None:
        _, folder = find_export(ledger, name)
        manifest = read_manifest(folder)
        registered = listed.get(str(manifest["export"]))
    else:
        folder = Path(str(registered["path"]))
    manifest = registered["manifest"] if registered is not None else read_manifest(folder)
    export = str(manifest["export"])
    digests = {f["path"]: f["sha256"] for f in manifest["files"]}
    columns = ["record_id", "content_sha256", "decision"]
    index = _whole([layout.exported(export), folder / INDEX], digests.get(INDEX), columns)
    if index is None:
        raise InputError(
            "its records cannot be decided: neither the store's index of it nor the one in its folder is whole",
            subject=export,
            hint=f"put back {INDEX} of the export: see rightful verify {export}",
        )
    index = index.filter(pc.equal(index.column("decision"), PERMIT)).select(columns[:2])
    if pc.count_distinct(index.column("record_id")).as_py() != index.num_rows:  # records in pieces, or that come again
        index = index.group_by(columns[:2], use_threads=False).aggregate([])
    refused = _whole([folder / REFUSALS], digests.get(REFUSALS), ["record_id", "decision", "reason"])
    return Held(export, manifest, index, refused)


def _whole(paths: list[Path], digest: str | None, columns: list[str]) -> pa.Table | None:
    """The first of these files that is what the manifest says."""
    for path in paths:
        try:
            if path.is_file() and sha256_file(path) == digest:
                return read(path, columns)
        except (StoreError, OSError):
            continue
    return None


def _decide_today(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    ledger: Ledger,
    catalog: Catalog,
    manifest: dict[str, Any],
    now: datetime,
) -> None:
    """The table ``today``: what the store's own law permits of the export's records now."""
    decided = Decided(
        con, layout, ledger, ledger.snapshot(), catalog, now, standing(layout, catalog.vocabulary, manifest)
    )
    use, impossible = asked_again(manifest, decided.catalog, now)
    decided.join(decided.decide(use), "now_decided")
    con.cursor().execute(
        """CREATE TABLE today AS SELECT record_id, bool_and(permit AND NOT ?) AS permit FROM now_decided
        WHERE record_id IN (SELECT record_id FROM held UNION SELECT record_id FROM refused_then) GROUP BY record_id""",
        [bool(impossible)],
    ).fetchall()


def _request(manifest: dict[str, Any], catalog: Catalog, at: datetime, policy: Policy | None) -> tuple[Use, str]:
    """The use of the export at an instant, and why nobody can ask it then; under another policy what that undertakes.

    A policy that is asked about says what it accepts, and takes from the export what it leaves open.
    """
    if policy is None:
        return asked_again(manifest, catalog, at)
    use = manifest["use"]
    says = {**policy.data, **(policy.named.data if policy.named is not None else {})}
    places = tuple(j for j in use["jurisdictions"] if j != "*")
    left: dict[str, Any] = {k: None if k in says else use[k] for k in ("purpose", "application", "actor", "profile")}
    options = UseOptions(
        use=() if policy.named is not None else tuple(use["acts"]),
        jurisdiction=() if "jurisdiction" in says else places,
        as_of=at,
        **left,
    )
    return redacting(policy.use(options, catalog.vocabulary, at, catalog.names), redacted_types(manifest)), ""


_JOINED = f"""SELECT h.record_id, d.case_id, coalesce(d.permit, false) AS permits,
        CASE WHEN d.case_id IS NULL THEN '{NOT_STORED}'
            WHEN h.content_sha256 IS DISTINCT FROM d.content_sha256 THEN '{CHANGED}' ELSE '' END AS missing,
        'permit' AS before, '' AS reason_before, coalesce(t.permit, false) AS today
    FROM (SELECT DISTINCT record_id, content_sha256 FROM held) h LEFT JOIN decided d ON d.record_id = h.record_id
    LEFT JOIN today t ON t.record_id = h.record_id
    UNION ALL
    SELECT r.record_id, d.case_id, coalesce(d.permit, false), CASE WHEN d.case_id IS NULL THEN '{NOT_STORED}' ELSE '' END,
        r.decision, r.reason, coalesce(t.permit, false)
    FROM refused_then r LEFT JOIN decided d ON d.record_id = r.record_id LEFT JOIN today t ON t.record_id = r.record_id
    WHERE r.decision <> 'permit'"""
"""Records of the export and those that were refused, as they are decided. What was left out for a copy was permitted."""

_NO_REFUSALS = pa.table({k: pa.array([], pa.string()) for k in ("record_id", "decision", "reason")})


def _counted(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return rows(
        con,
        f"""SELECT case_id, permits, missing, before, reason_before, count(*), count(*) FILTER (WHERE today),
            list_sort(min(record_id, {EXAMPLES})) FROM ({_JOINED}) GROUP BY ALL ORDER BY ALL""",
    )


def _listed(con: duckdb.DuckDBPyConnection, limit: int, impossible: bool) -> list[tuple[Any, ...]]:
    """The records that flip, those of the export first."""
    return rows(
        con,
        f"""SELECT case_id, permits, missing, before, reason_before, today, record_id FROM ({_JOINED})
        WHERE missing = '' AND (permits AND NOT ?) <> (before = 'permit') ORDER BY before <> 'permit', record_id LIMIT ?""",
        [impossible, limit],
    )


def _add(
    account: _Account,
    row: tuple[Any, ...],
    decided: Decided,
    decisions: list[Decision],
    use: Use,
    impossible: str,
) -> None:
    case, permits, missing, before, reason_before, n, today, examples = row
    permits = permits and not impossible
    if missing:
        account.undecided[missing] = account.undecided.get(missing, 0) + n
    elif permits is (before == "permit"):
        account.stays += n if permits else 0
        account.stays_refused += 0 if permits else n
    else:
        why = _why(decided.cases[case].case, decisions[case], use, decided.catalog, impossible)
        key = (before, reason_before, *why.values())
        group = account.by_clause.setdefault(
            key,
            {"before": before, "reason_before": reason_before, **why, "records": 0, "today_too": 0, "examples": []},
        )
        group["records"] += n
        group["today_too"] += today if permits else n - today
        group["examples"] = sorted([*group["examples"], *map(str, examples)])[:EXAMPLES]


def _flip(
    row: tuple[Any, ...], decided: Decided, decisions: list[Decision], use: Use, impossible: str
) -> dict[str, Any]:
    case, permits, _, before, reason_before, today, record = row
    why = _why(decided.cases[case].case, decisions[case], use, decided.catalog, impossible)
    shown = {key: why[key] for key in ("after", "reason", "license", "clause")}
    return {
        "record": str(record),
        "before": before,
        "reason_before": reason_before,
        **shown,
        "today_too": today is bool(permits and not impossible),
    }


def _why(case: Case, decision: Decision, use: Use, catalog: Catalog, impossible: str) -> dict[str, str | None]:
    """The first reason of a decision with the clause that it rests on."""
    if impossible:
        return {"after": "deny", "reason": NOT_ASKED, "family": None, "text": impossible, **_NO_CLAUSE}
    reason = decision.reason
    clause = next(_clauses(reason, case, use, catalog), None)
    rests = _NO_CLAUSE if clause is None else _clause(*clause)
    said = {"reason": reason.slug, "family": FAMILIES.get(reason.slug), "text": reason.text}
    return {"after": decision.status.word, **said, **rests}


_NO_CLAUSE = {"license": "", "clause": "", "rationale": ""}


def _clause(license: License, verdict: Verdict) -> dict[str, str]:
    return {"license": license.id, "clause": verdict.clause, "rationale": verdict.rationale}


def _clauses(reason: Reason, case: Case, use: Use, catalog: Catalog) -> Iterator[tuple[License, Verdict]]:
    """The licences, and their verdicts, that a reason rests on: those of its claim, else of all; the deciding ones first."""
    claims = sorted(_claims(case), key=lambda e: (e.tier, evidence_id(e)))
    of = [e for e in claims if evidence_id(e) == reason.evidence] or claims
    act = reason.act or use.acts[0]
    trees = (tree for e in of if (tree := expression_of(e, catalog.names)) is not None)
    by_id = {license.id: license for tree in trees for license in named_licenses(tree, catalog)}
    for license in by_id.values():
        verdict = license.verdicts[use.profile, use.purpose, act]
        if _decides(reason, verdict, use):
            yield license, verdict


def _claims(case: Case) -> Iterator[Evidence]:
    """All claims of a case, those of copies and of rows that it came through among them."""
    for profile in (case.profile, case.earlier, *case.copies, *case.near):
        yield from profile
    for row in case.through:
        yield from _claims(row)


def _decides(reason: Reason, verdict: Verdict, use: Use) -> bool:
    """True where a verdict says what the reason says."""
    if reason.slug == "obligation":
        lacking = {obligation_of(o) for o in verdict.obligations} - {obligation_of(o) for o in use.accepted}
        return bool(lacking)
    if reason.slug == "license":
        return verdict.status.word == "permit"
    return reason.slug in _OF_LICENSES and (verdict.status.word != "permit" or reason.slug in _OF_SCOPE)


_OF_SCOPE = frozenset({"application-forbidden", "contents-not-licensed", "territory", "outbound-clash"})
_OF_LICENSES = _OF_SCOPE | {
    "license-denies",
    "license-unclear",
    "license-family",
    "license-unreviewed",
    "contested-copy",
    "near-copy-contested",
}
"""Reasons that rest on what a licence says."""


def _widened(groups: list[dict[str, Any]]) -> int:
    return sum(int(g["records"]) for g in groups if g["before"] != "permit")


def _by_license(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The licences that flips rest on, with how many records each way."""
    counted: dict[str, dict[str, int]] = {}
    for group in (g for g in groups if g["license"]):
        of = counted.setdefault(group["license"], {"refused": 0, "permitted": 0})
        of["permitted" if group["after"] == "permit" else "refused"] += group["records"]
    return [{"license": i, **of} for i, of in sorted(counted.items(), key=lambda c: (-sum(c[1].values()), c[0]))]

"""Reviews of near copies: what waits for one, and recording what was decided. Floor 7.

A review is a fact that is added, never changed; what it means is said in `rights.review`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from rightful.decisions.cases import CaseRow, Decided
from rightful.decisions.copies import NEAR_MEMBERS, marked
from rightful.errors import InputError, UnknownName
from rightful.query.relations import OPEN_HAVE, open_pairs
from rightful.query.touched import newly_touched, refused_now
from rightful.rights.case import Case, ask
from rightful.rights.ceilings import contested, near_opens
from rightful.rights.licenses import Catalog
from rightful.rights.notices import NOTICE
from rightful.rights.offers import stated
from rightful.rights.review import SAME, VERDICTS, Pair, Review, standing_reviews, works
from rightful.rights.uses import Use
from rightful.rights.values import collapse
from rightful.signals.places import IN_TEXT
from rightful.store.duck import rows, scan
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, stamp
from rightful.store.records import PAIRS
from rightful.store.relations import build
from rightful.store.sweep import committing, sweep
from rightful.store.views import open_views

WITHDRAWN, RESERVED, LICENSED = "withdrawn", "reserved", "contrary-licence"
WHYS = {
    WITHDRAWN: "it was withdrawn, refused or taken down",
    RESERVED: "its rights holder reserved the work, or a gate refuses it",
    LICENSED: "it is licensed otherwise",
}
"""Why a copy leaves a record open: slug -> sentence."""


def record(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    ledger: Ledger,
    catalog: Catalog,
    ids: tuple[str, str],
    *,
    verdict: str,
    by: str,
    reason: str,
    now: datetime,
) -> dict[str, Any]:
    """Record the verdict on two records that are near copies of each other, in a commit of its own, and name the exports
    that hold what is permitted no more since, or a record of what is one work now that is not.

    Raises :class:`InputError` for two that are not, and where nobody answers for it or gives a reason.
    """
    if verdict not in VERDICTS:
        raise UnknownName.of("verdict", verdict, VERDICTS, subject="--verdict")
    for option, text in (("--by", by), ("--reason", reason)):
        if not text.strip() or not text.strip().isprintable():
            raise InputError("is empty or not printable: a review says who decided and why", subject=option)
    sweep(layout)
    with committing(layout, ledger):
        open_views(con, layout, ledger, ledger.snapshot())
        pair = _pair(con, ledger, ids)
        facts = [sorted(pair), verdict, by, reason, stamp(now), len(ledger.reviews())]
        review = Review(
            review_id="v-" + hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16],
            texts=pair,
            verdict=verdict,
            recorded=now,
            by=by.strip(),
            reason=reason.strip(),
            record=ids[0],
            other=ids[1],
        )
        before = refused_now(layout, ledger, catalog, now)
        with ledger.commit("review", review.review_id, now) as commit:
            commit.add_review(review)
            commit.summary.update(reviews=1)
        one_work = _of_one_work(con, ledger, pair, now) if verdict == SAME else ()
        touched = newly_touched(before, refused_now(layout, ledger, catalog, now) if before else before, one_work)
    held = "SELECT count(*) FROM records WHERE hex(norm_sha256) IN (SELECT upper(unnest(?)))"
    return {**as_json(review), "records": int(rows(con, held, [sorted(pair)])[0][0]), **touched.as_json()}


def _of_one_work(con: duckdb.DuckDBPyConnection, ledger: Ledger, pair: Pair, now: datetime) -> list[str]:
    """The ids of all records whose text is one work with those of a pair."""
    named = works(standing_reviews(ledger.reviews(), now))
    of = {named[text] for text in pair if text in named}
    texts = sorted({text for text, work in named.items() if work in of} | pair)
    held = """SELECT DISTINCT record_id FROM all_records WHERE lower(hex(norm_sha256)) IN (SELECT unnest(?))
        OR lower(hex(norm1_sha256)) IN (SELECT unnest(?))"""
    return [str(record) for (record,) in rows(con, held, [texts, texts])]


def as_json(review: Review) -> dict[str, Any]:
    """A review as it stands in answers."""
    return {
        "review": review.review_id,
        "verdict": review.verdict,
        "record": review.record,
        "other": review.other,
        "by": review.by,
        "reason": review.reason,
        "recorded": stamp(review.recorded),
    }


KINDS = ("copies", "notices")
"""What a list of what waits may be about."""

_NOTICES = f"""
    WITH spoken AS (
        SELECT CASE WHEN kind = 'reservation' THEN 'reservation' WHEN statement = 'unreadable' THEN 'header' ELSE 'notice' END AS what,
            CASE WHEN expression = '{NOTICE}' THEN json_extract_string(deciding, '$.basis') ELSE '' END AS phrase,
            source_id, rights_id, raw
        FROM evidence WHERE starts_with(place, '{IN_TEXT}') AND (expression = '{NOTICE}' OR statement IN ('unreadable', 'reserve'))
    ), each AS (SELECT DISTINCT ON (what, phrase, source_id, rights_id) * FROM spoken ORDER BY ALL)
    SELECT what, phrase, each.source_id AS source, count(*) AS records, min(r.record_id) AS record, arg_min(raw, r.record_id) AS sample
    FROM each JOIN records r ON r.rights_id = each.rights_id AND r.source_id = each.source_id
    GROUP BY what, phrase, each.source_id ORDER BY records DESC, what, phrase, source"""


def notices(decided: Decided, limit: int) -> list[dict[str, Any]]:
    """What texts say of their own rights and leaves their records open or refused, by phrase and source, most records first.

    ``settles`` is the line of the card that sets a notice aside; empty for what nothing sets aside.
    """
    listed = rows(decided.con, f"{_NOTICES} LIMIT {int(limit)}")
    names = ("what", "phrase", "source", "records", "record", "sample")
    return [
        {**dict(zip(names, row, strict=True)), "settles": f"[not_notices] {row[1]}" if row[0] == "notice" else ""}
        for row in listed
    ]


def waiting(decided: Decided, layout: Layout, use: Use, limit: int, kind: str | None = None) -> dict[str, Any]:
    """What copies leave open for a use: pairs of near copies that wait for a review, and contested exact ones; and what
    texts say of themselves. ``kind`` is one of :data:`KINDS`, or None for both.

    A row is about two texts, each named by one record; ``records`` says how many are open for it. ``by_review`` is
    False for exact copies, which only a publisher's card or a signed policy settles. ``decided`` must be joined.
    """
    if limit < 0:
        raise InputError(f"--limit {limit} is negative")
    if kind is not None and kind not in KINDS:
        raise UnknownName.of("kind", kind, KINDS, subject="--kind")
    common = {"use": use.as_json(), "as_of": stamp(use.as_of), "snapshot": decided.snapshot}
    spoken = [] if kind == "copies" else notices(decided, limit)
    if kind == "notices":
        return {**common, "near": 0, "exact": 0, "open": [], "notices": spoken}
    pairs = [layout.part("pairs", p.part) for p in decided.ledger.parts("pairs", decided.snapshot)]
    build(decided.con, open_pairs(scan(pairs, PAIRS), WITHDRAWN), {"opens": opens(decided, use)})
    counts = {str(kind): int(n) for kind, n in rows(decided.con, "SELECT kind, count(*) FROM open_pairs GROUP BY kind")}
    pairs_open = rows(
        decided.con,
        f"""SELECT {", ".join(OPEN_HAVE)} FROM open_pairs
        ORDER BY kind DESC, records DESC, record, other LIMIT {int(limit)}""",
    )
    return {
        **common,
        "near": counts.get("near", 0),
        "exact": counts.get("exact", 0),
        "open": [dict(zip(OPEN_HAVE, row, strict=True)) for row in pairs_open],
        "notices": spoken,
    }


def _pair(con: duckdb.DuckDBPyConnection, ledger: Ledger, ids: tuple[str, str]) -> Pair:
    query = (
        "SELECT record_id, lower(hex(any_value(norm_sha256))) FROM all_records WHERE record_id IN (?, ?) GROUP BY ALL"
    )
    texts = {str(r): str(t) for r, t in rows(con, query, list(ids))}
    for one in ids:
        if one not in texts:
            raise InputError(f"there is no record {one!r}", hint="see: rightful review list --use ACT")
    pair = frozenset(texts.values())
    if len(pair) == 1:
        hint = "exact copies are no matter of judgement: a card that says who publishes the work, or a policy"
        raise InputError("the two have the same text", subject=", ".join(ids), hint=hint)
    build(con, (marked("duplicates"), NEAR_MEMBERS))
    near = "SELECT 1 FROM near_members a JOIN near_members b USING (group_id) WHERE a.record_id = ? AND b.record_id = ?"
    if not rows(con, near, list(ids)) and not any(review.texts == pair for review in ledger.reviews()):
        hint = "only near copies are reviewed; see: rightful review list --use ACT"
        raise InputError("the two are not near copies of each other", subject=", ".join(ids), hint=hint)
    return pair


def opens(decided: Decided, use: Use) -> pa.Table:
    """``(case_id, kind, rights_id, why)``: the statements that leave a case open; of a withdrawal there is no statement."""
    decisions = decided.decide(use)
    specials = {n: (x, m) for n, x, m in rows(decided.con, "SELECT special, others, near FROM specials")}
    statements: list[tuple[int, str, str, str]] = []
    for number, (row, decision) in enumerate(zip(decided.cases, decisions, strict=True)):
        slugs = {reason.slug for reason in decision.reasons}
        exact, near = specials.get(row.special, ([], []))
        if "near-copy-withdrawn" in slugs:
            statements.append((number, "near", "", WITHDRAWN))
        if "near-copy-contested" in slugs:
            statements += [(number, "near", name, why) for name, why in _statements(decided, row, near, "near", use)]
        if "contested-copy" in slugs:
            statements += [
                (number, "exact", name, why) for name, why in _statements(decided, row, exact, "copies", use)
            ]
    columns = list(zip(*statements, strict=True)) or [(), (), (), ()]
    names = ("case_id", "kind", "rights_id", "why")
    kinds = (pa.int64(), pa.string(), pa.string(), pa.string())
    arrays = [pa.array(values, kind) for values, kind in zip(columns, kinds, strict=True)]
    return pa.table(dict(zip(names, arrays, strict=True)))


def _statements(decided: Decided, row: CaseRow, ids: Iterable[str], of: str, use: Use) -> Iterator[tuple[str, str]]:
    """Which of the profiles of copies leave the case open; all of them where only several together do."""
    listed = list(ids)
    alone_enough = []
    for name in listed:
        one = frozenset([decided.profiles.of(name)])
        alone = replace(row.case, near=one) if of == "near" else replace(row.case, copies=one)
        why = next((w for act in use.acts if (w := _why(decided, row.case, alone, of, act, use))), "")
        alone_enough += [(name, why)] if why else []
    yield from alone_enough or [(name, LICENSED) for name in listed]


def _why(decided: Decided, case: Case, alone: Case, of: str, act: str, use: Use) -> str:
    catalog = decided.catalog
    q = ask(case, act, use, catalog)
    states = stated(q).value
    if of == "copies":
        beside = contested(q, alone.copies, states)
        changes = beside is not None and collapse(beside, use.accepted)[0] is not collapse(states, use.accepted)[0]
        return LICENSED if changes else ""
    beside = contested(q, case.copies, states)
    left = states if beside is None else beside
    if near_opens(replace(q, case=replace(alone, own_copies=True)), left):
        return RESERVED
    return LICENSED if near_opens(replace(q, case=alone), left) else ""

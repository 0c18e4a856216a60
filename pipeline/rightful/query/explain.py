"""Why a record may or may not be used: decision, evidence, and what would change it. Floor 7."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb

from rightful.decisions.cases import CaseRow, Decided
from rightful.errors import StoreError
from rightful.notation.shell import typed_options as typed
from rightful.notation.urls import canonical
from rightful.query.kept import kept_of
from rightful.query.looked import looked_at
from rightful.query.reaching import COPY, Reaching, reaching
from rightful.query.reviews import as_json as review_json
from rightful.query.todo import Credits, Owed, todo
from rightful.query.widening import Ask, Pairs
from rightful.readers.talks import form_of
from rightful.rights.bases import READABLE
from rightful.rights.because import REMEDIES
from rightful.rights.chains import inversions_of
from rightful.rights.claims import begun, ended, expression_of, read
from rightful.rights.decide import Decision
from rightful.rights.evidence import STATEMENTS, Evidence, Observation, as_json, evidence_id
from rightful.rights.licenses import Catalog, named_licenses
from rightful.rights.review import Review
from rightful.rights.undertakings import askers, words
from rightful.rights.uses import EVERY, PROFILES, PURPOSES, Use, with_purpose
from rightful.signals.cards.claims import IN_WORDS, phrase_in
from rightful.signals.cards.observed import CAPTURE
from rightful.signals.cards.source_card import stored_card
from rightful.signals.places import notice_place
from rightful.signals.rows.claims import stated_in
from rightful.store.duck import rows
from rightful.store.ledger import stamp

SHOWN = (
    "record_id, source_id, source_record_id, file, url, title, language, license_raw, license_declared,"
    " license_concluded, license_conflict, rights_id, personal_data, legal_basis, pii_state, pii_types, n_chars,"
    " attribution"
)


MOST_EVENTS = 5
"""So many events are shown; of the others how many there are."""

CONSENT_SLUGS = frozenset({"consent", "consent-expired", "outside-consent", "newer-than-grant"})
"""Reasons that rest on a consent, not on one claim: the consents of the card determined them."""

LOOKED_SLUGS = frozenset({"statute", "not-observed"})
"""Reasons that rest on where somebody looked for a reservation."""

TOGETHER_SLUGS = frozenset({"obligation", "outbound-clash", "contested-copy", "near-copy-contested"})
"""Reasons that rest on all licence statements together."""


_COPIES = """WITH exact AS (
    SELECT d.record_id, d.kind, d.similarity FROM duplicates mine JOIN duplicates d ON d.group_id = mine.group_id
    WHERE mine.record_id = ? AND d.record_id <> mine.record_id AND d.kind = 'exact'),
measured AS (
    SELECT m.text, max(d.similarity) AS similarity FROM duplicates d JOIN near_members m ON m.record_id = d.record_id
    WHERE d.kind = 'near' GROUP BY m.text),
near AS (
    SELECT o.record_id, 'near' AS kind, s.similarity FROM near_members mine
    JOIN near_members o ON o.group_id = mine.group_id AND o.text <> mine.text JOIN measured s ON s.text = o.text
    WHERE mine.record_id = ?)
SELECT r.record_id, r.source_id, r.license_concluded, c.kind, c.similarity
FROM (FROM exact UNION ALL FROM near) c JOIN records r ON r.record_id = c.record_id ORDER BY ALL LIMIT 20"""


def find_record(con: duckdb.DuckDBPyConnection, name: str, *, superseded: bool = False) -> str:
    """The id of the record that ``name`` means: an id, the start of one (8 letters or more), a source's own id, an address.

    ``superseded`` also looks among older versions, after those that count. Raises :class:`StoreError` when none or
    several do.
    """
    views = ("records", "all_records") if superseded else ("records",)
    records = next(filter(None, (_named(con, view, name) for view in views)), [])
    if len(records) == 1:
        return records[0]
    if records:
        raise StoreError(f"{name!r} matches several records", hint="name one by its id: " + ", ".join(records[:5]))
    raise StoreError(
        f"there is no record {name!r}", hint="find ids with: rightful query --use ACT --ids, or rightful sql"
    )


def _named(con: duckdb.DuckDBPyConnection, view: str, name: str) -> list[str]:
    ways: list[tuple[str, list[object]]] = [("record_id = ?", [name.lower()])]
    if len(name) >= 8:
        ways.append(("starts_with(record_id, ?)", [name.lower()]))
    ways.append(("source_record_id = ? OR url = ?", [name, canonical(name)[0]]))
    for condition, values in ways:
        ids = rows(con, f"SELECT DISTINCT record_id FROM {view} WHERE {condition} ORDER BY ALL LIMIT 6", values)
        if ids:
            return [str(r[0]) for r in ids]
    return []


def explain(decided: Decided, use: Use, record: str, ask: Ask) -> dict[str, Any]:
    """The decision on one record with all that it rests on. ``decided`` must be joined for ``use``.

    ``ask`` answers the request with other options added."""
    columns = [c.strip() for c in SHOWN.split(",")]
    query = (
        f"SELECT {SHOWN}, case_id, hex(content_sha256), part, lower(hex(norm_sha256)), media_type FROM decided"
        " WHERE record_id = ?"
    )
    listed = rows(decided.con, query, [record])
    if not listed:
        raise StoreError(
            f"record {record!r} has no decision", hint="this is a defect: a record without a decision never leaves"
        )
    *values, case_id, content, part, text, media_type = listed[0]
    row = decided.cases[case_id]
    decision = decided.decide(use)[case_id]
    tags = dict(zip(columns, values, strict=True))
    looked, read_there = looked_at(decided, record)
    seen = {**read_there, **_observed(decided, tags)}
    copies = rows(decided.con, _COPIES, [record, record])
    parts = rows(decided.con, "SELECT DISTINCT part FROM all_records WHERE record_id = ?", [record])
    events = reaching(decided, record)
    return {
        "record": record,
        "decision": decision.status.word,
        "use": use.as_json(),
        "as_of": stamp(use.as_of),
        "snapshot": decided.snapshot,
        "catalog": decided.catalog.digest,
        "overlay": decided.overlays_of([case_id]),
        "by_act": {act: status.word for act, status in decision.by_act},
        "reasons": [r.as_json() for r in decision.reasons],
        "obligations": words(decision.obligations),
        "asked_by": askers(decision.obligations),
        "todo": todo(
            [Owed(decision.obligations, 1)] if decision.permits else [],
            use,
            decided.catalog.vocabulary,
            lambda _: Credits(*((1, 0) if tags["attribution"] else (0, 1))),
        ),
        "evidence": [
            _shown(e, use, decided, decision, at)
            for e, at in sorted(
                (
                    (e, at)
                    for e in row.case.profile
                    if not _is_capture(e)
                    for at in seen.get(evidence_id(e), [e.observation])
                ),
                key=lambda pair: (pair[0].tier, pair[0].layer, *_nearness(*pair), evidence_id(pair[0])),
            )
        ]
        + [
            _shown(e, use, decided, decision, _read_before(e.observation))
            for e in sorted(row.case.earlier - row.case.profile, key=lambda e: (e.tier, evidence_id(e)))
        ],
        "looked": looked,
        "not_rights": _set_aside(decided, str(tags["source_id"])),
        "guesses": _guessed(decided, str(tags["source_id"])),
        "events": [_event(e) for e in events[:MOST_EVENTS]],
        "event_count": len(events),
        "reviews": [review_json(review) for review in _reviews(decided, str(text))],
        "copies": [dict(zip(("record", "source", "license", "kind", "similarity"), c, strict=True)) for c in copies],
        "ancestors": decided.came_from(record),
        "inversions": [i.as_json() for i in inversions_of(row.case, use, decided.catalog, [use.purpose])],
        "would_change": _would_change(row, use, ask, decided, decision),
        "remedies": [
            {"reason": slug, "text": REMEDIES[slug]}
            for slug in dict.fromkeys(r.slug for r in decision.reasons)
            if slug in REMEDIES
        ],
        "valid_until": stamp(decision.valid_until) if decision.valid_until else None,
        "recorded_at": decided.ledger.taken_in(str(p) for (p,) in parts),
        "updated_at": decided.ledger.taken_in([str(part)]),
        "kept": kept_of(decided, record),
        "tags": {**tags, "content_sha256": str(content).lower(), "conversation": form_of(media_type)},
    }


def _is_capture(claim: Evidence) -> bool:
    """True for the claim that stands for captures of a protocol: they are listed themselves, under ``looked``."""
    return claim.kind == "observation" and claim.observation is not None and claim.observation.detector == CAPTURE


def _set_aside(decided: Decided, source: str) -> list[dict[str, str]]:
    """The columns, and the notices in texts, that the card of the source declares to say nothing of rights, with the reason."""
    stored = {str(s["source_id"]): s for s in decided.ledger.sources(decided.snapshot)}
    card = stored_card(stored[source]["card"]) if source in stored else None
    if card is None:
        return []
    set_aside = [*card.not_rights, *((notice_place(phrase), reason) for phrase, reason in card.not_notices)]
    return [{"column": column, "reason": reason} for column, reason in set_aside]


def _guessed(decided: Decided, source: str) -> list[dict[str, str]]:
    """The values of the card of the source that nobody confirmed, and the card that they stand in."""
    stored = {str(s["source_id"]): s for s in decided.ledger.sources(decided.snapshot)}
    card = stored_card(stored[source]["card"]) if source in stored else None
    if card is None:
        return []
    place, of = str(stored[source]["place"]), card.layout
    own = [{**guess.as_json(), "file": place} for guess in card.own_guesses]
    if of is None or of.confirmed:
        return own
    # Each statement of a layout that nobody confirmed is a guess: the layout is named once.
    return [{"key": "layout", "value": of.name, "file": place or "known by its columns"}, *own]


def _read_before(seen: Observation | None) -> Observation | None:
    """Where a statement stood that the row has no more."""
    return seen if seen is None else replace(seen, place=f"{seen.place} (when it was read before)")


def _observed(decided: Decided, tags: dict[str, Any]) -> dict[str, list[Observation]]:
    """What was seen where in the source of this record: other sources share its profile, not its papers. Of what lies beside
    its file only what speaks of it: other files share its profile too."""
    query = """SELECT DISTINCT evidence_id, raw, place, detector, detector_version, observed_at FROM evidence
        WHERE rights_id = ? AND source_id = ? AND evidence_id IS NOT NULL AND (files IS NULL OR list_contains(files, ?))
        ORDER BY ALL"""
    observations: dict[str, list[Observation]] = {}
    of = [tags["rights_id"], tags["source_id"], tags["file"]]
    for claim, raw, place, detector, version, at in rows(decided.con, query, of):
        own = stated_in(tags["license_raw"], place)
        stated = raw if own is None else own
        observations.setdefault(str(claim), []).append(Observation(stated, place, detector, version, at))
    return observations


def _nearness(evidence: Evidence, seen: Observation | None) -> tuple[bool, int]:
    """Claims of files beside a text by how near they lie: what lies deeper in the tree is nearer to what is in there."""
    return evidence.beside, -seen.place.count("/") if evidence.beside and seen is not None else 0


def _shown(
    evidence: Evidence, use: Use, decided: Decided, decision: Decision, seen: Observation | None
) -> dict[str, Any]:
    slugs = {r.slug for r in decision.reasons if not r.from_copy}
    named = any(r.evidence == evidence_id(evidence) for r in decision.reasons)
    determining = named or (evidence.kind == "consent" and bool(slugs & CONSENT_SLUGS))
    determining |= evidence.kind == "grant" and 3 <= evidence.tier <= 6 and bool(slugs & TOGETHER_SLUGS)
    determining |= evidence.kind == "observation" and bool(slugs & LOOKED_SLUGS)
    says = (
        "counts as a limit, and lets personal data be used; no licence" if evidence.kind == "consent" else evidence.kind
    )
    if evidence.kind == "observation":
        says = _standing(evidence, use)
    elif 3 <= evidence.tier <= 6:
        says = ", ".join(f"{act}: {read(evidence, act, use, decided.catalog)[1]}" for act in use.acts)
    return {
        "clauses": _clauses(evidence, use, decided.catalog),
        "evidence": evidence_id(evidence),
        "determining": determining,
        "states": STATEMENTS[evidence.statement],
        "says": says,
        **{k: v for k, v in as_json(evidence).items() if v not in ("", None, []) and v is not False},
        "raw": seen.raw if seen else "",
        "place": seen.place if seen else "",
        "detector": f"{seen.detector}/{seen.detector_version}" if seen else "",
        "observed_at": seen.observed_at if seen else "",
        **_phrase(evidence, seen, decided.catalog),
    }


def _standing(look: Evidence, use: Use) -> str:
    """Whether an observation counts at the instant that is asked about."""
    if look.statement not in READABLE:
        return "counts as none"
    if not begun(look, use):
        return "does not count yet"
    return "is too old to count" if look.valid_until is None or ended(look, use) else "counts"


def _phrase(evidence: Evidence, seen: Observation | None, catalog: Catalog) -> dict[str, str]:
    """The words in which a reservation was made, where it was made in words."""
    phrase = phrase_in(seen.raw, catalog.names) if seen is not None and evidence.basis == IN_WORDS else None
    return {} if phrase is None else {"phrase": phrase}


def _clauses(evidence: Evidence, use: Use, catalog: Catalog) -> list[dict[str, Any]]:
    """What each licence of a claim says of each act asked, with the clause that it rests on."""
    tree = expression_of(evidence, catalog.names)
    if tree is None:
        return []
    clauses: list[dict[str, Any]] = []
    own = {overlay.license.id: overlay.as_json(use.as_of) for overlay in catalog.overlays}
    for license in named_licenses(tree, catalog):
        for act in use.acts:
            verdict = license.verdicts[use.profile, use.purpose, act]
            entry = {"license": license.id, "verdict": verdict.status.word, "obligations": sorted(verdict.obligations)}
            entry |= {"clause": verdict.clause, "rationale": verdict.rationale}
            alike = next((f for f in clauses if all(f[k] == v for k, v in entry.items())), None)
            if alike is None:
                of = {"overlay": own[license.id]} if license.id in own else {}
                clauses.append({**entry, "acts": [act], "url": license.url, **of})
            else:
                alike["acts"].append(act)
    return clauses


def _event(reached: Reaching) -> dict[str, Any]:
    event = reached.event
    return {
        "event": event.event_id,
        "kind": event.kind,
        "selector": event.selector,
        "effective": stamp(event.effective),
        "recorded": stamp(event.recorded),
        "reason": event.reason,
        "given_by": sorted(event.given_by) if event.gives else [],
        "party": event.party,
        "through": reached.way,
        "through_copy": reached.way == COPY,
    }


def _reviews(decided: Decided, text: str) -> list[Review]:
    """What was decided about the text of the record and its near copies, the newest first."""
    of_text = [review for pair, review in decided.reviews.items() if text in pair]
    return sorted(of_text, key=lambda r: (r.recorded, r.review_id), reverse=True)


def _would_change(row: CaseRow, use: Use, ask: Ask, decided: Decided, decision: Decision) -> list[dict[str, str]]:
    """Options, each alone, under which the answer would differ; one that the request does not take is none."""
    others: list[Pairs] = []
    if decision.needs:
        others.append(decided.catalog.vocabulary.options_for(decision.needs))
    others += [with_purpose(use, p) for p in PURPOSES if p != use.purpose]
    named = {a for e in row.case.profile for a in e.applications} | {
        a for h in row.case.standings for t in h for a in t.applications
    }
    others += [(("application", a),) for a in sorted(named - {use.application, EVERY})]
    others += [(("reading", p),) for p in PROFILES if p != use.profile]
    changes = []
    for pairs in others:
        if (other := ask(pairs)) is None:
            continue
        status = decided.decide_one(row, other).status.word
        if status != decision.status.word:
            changes.append({"option": typed(pairs), "decision": status})
    return changes

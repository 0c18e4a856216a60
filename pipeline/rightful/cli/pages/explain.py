"""The decision on one record as a page that a lawyer can read. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rightful.cli.pages.lines import counted, indented, name_lines, plain, table, use_line, whole, wrapped
from rightful.cli.pages.readings import overlay_lines
from rightful.notation.contents import dumps
from rightful.query.reaching import ITSELF, WAYS
from rightful.readers.talks import TEMPLATE
from rightful.rights.because import REASONS
from rightful.rights.persons import KEPT
from rightful.rights.review import VERDICTS

SAID = {"permit": "PERMITTED", "deny": "REFUSED", "unknown": "REFUSED (unknown)"}


def explain_lines(answer: Mapping[str, Any]) -> list[str]:
    """One record, one page: the decision, what determined it, what was weaker, what would change it."""
    lines = [*_head(answer), "", *_decision(answer)]
    determined = [e for e in answer["evidence"] if e["determining"]]
    weaker = [e for e in answer["evidence"] if not e["determining"]]
    if determined or answer["events"]:
        lines += ["", "WHAT DETERMINED IT", *_evidence(determined, answer), *_events(answer)]
    if answer["copies"]:
        lines += ["", "COPIES OF THE TEXT", *_copies(answer["copies"])]
    if answer["reviews"]:
        lines += ["", "REVIEWS OF NEAR COPIES", *_reviews(answer["reviews"])]
    if weaker:
        lines += ["", "WHAT ELSE IS ON RECORD", *_evidence(weaker, answer)]
    if answer["looked"]:
        lines += ["", "WHERE SOMEBODY LOOKED FOR RESERVATIONS", *_looked(answer["looked"])]
    if answer["not_rights"]:
        lines += ["", "COLUMNS THAT THE CARD SETS ASIDE AS NOT SPEAKING OF RIGHTS"]
        lines += _listed((s["column"], s["reason"]) for s in answer["not_rights"])
    if answer["guesses"]:
        lines += ["", "GUESSED BY INIT, NOT CONFIRMED: DELETE `TODO confirm:` WHERE IT IS RIGHT, AND INGEST AGAIN"]
        lines += _listed((f"{g['file']}, {g['key']}", g["value"]) for g in answer["guesses"])
    if answer["ancestors"]:
        lines += ["", "CAME FROM"]
        for a in answer["ancestors"]:
            lines += _wrapped(
                "  ", f"{a['record']} of {plain(a['way'], 80)}: {plain(a['license'] or 'no licence', 80)}"
            )
    if answer["inversions"]:
        lines += [
            "",
            "STATED WIDER THAN WHAT IT WAS MADE FROM (the narrower holds)",
            *_inversions(answer["inversions"]),
        ]
    if answer["remedies"] or answer["would_change"]:
        lines += ["", "WHAT WOULD CHANGE IT"]
        lines += _listed((r["reason"], r["text"]) for r in answer["remedies"])
        lines += whole(f"  {w['option']}  {SAID[w['decision']].lower()}" for w in answer["would_change"])
    return [
        *lines,
        "",
        f"catalogue {answer['catalog'][:16]} · snapshot {answer['snapshot']} · a reading, not legal advice",
    ]


def _head(answer: Mapping[str, Any]) -> list[str]:
    tags = answer["tags"]
    named = f"   {plain(tags['source_record_id'], 60)}" if tags["source_record_id"] else ""
    lines = [f"RECORD    {answer['record']}{named}"]
    lines.append(f"SOURCE    {plain(tags['source_id'])}   {plain(tags['url'] or tags['file'], 100)}")
    if tags["conversation"]:
        lines.append(f"TALK      a conversation ({tags['conversation']}); its text is made by the template {TEMPLATE}")
    if tags["title"]:
        lines.append(f"TITLE     {plain(tags['title'], 100)}")
    conflict = (
        f"   ({_who_disagrees(answer['evidence'])} disagree; all of it counts)" if tags["license_conflict"] else ""
    )
    read = dict.fromkeys(
        (e["expression"], e["place"])
        for e in answer["evidence"]
        if e["statement"] == "license" and e["bound_to"] == "location" and e["tier"] == 4
    )
    none = "none concluded of the record itself" if read else "none concluded"
    lines.append(f"LICENCE   {plain(tags['license_concluded'] or none, 100)}{conflict}")
    for expression, place in read:
        lines += _wrapped("          ", f"and {plain(expression, 60)}, as read at {plain(place, 100)}")
    kept = sorted(KEPT & set(tags["pii_types"] or ()))
    if kept:
        lines.append(f"KEPT      {', '.join(kept)}: in copyright notices or author lines, neither owed nor taken out")
    if answer["kept"]:
        columns = ", ".join(f"{plain(name, 40)} {plain(dumps(value), 60)}" for name, value in answer["kept"].items())
        lines += _wrapped("COLUMNS   ", f"kept: {columns}")
    lines.append(f"TAKEN IN  {answer['recorded_at']}")
    named_use = " ".join(name_lines(answer)).removeprefix("named use ")
    lines += _wrapped("NAMED     ", named_use) if named_use else []
    return [*lines, *_wrapped("ASKED     ", use_line(answer["use"], answer["as_of"]).removeprefix("use "))]


def _who_disagrees(evidence: Iterable[Mapping[str, Any]]) -> str:
    """Whose statements about the licence differ: a card's, a row's, those of files beside it."""
    grants = [e for e in evidence if e["kind"] == "grant"]
    beside = any(e.get("beside") for e in grants)
    if any(e["detector"].startswith("source-card/") for e in grants):
        return "card, row and files beside it" if beside else "card and row"
    return "statements beside the text" if beside else "statements of the row"


def _decision(answer: Mapping[str, Any]) -> list[str]:
    lines = [f"DECISION  {SAID[answer['decision']]}"]
    if len(set(answer["by_act"].values())) > 1:
        lines += indented(table([(act, decision) for act, decision in answer["by_act"].items()]), " " * 10)
    reasons = dict.fromkeys(
        (r["act"], f"T{r['tier']}" if r["tier"] < 8 else "- ", r["family"], r["text"]) for r in answer["reasons"]
    )
    for act, tier, family, text in reasons:
        named = f"{family.replace('-', ' ').upper()}: " if family else ""
        lines += _wrapped(f"          {act}  {tier}  ", f"{named}{text}")
    if answer["obligations"]:
        lines += _wrapped("          on condition of  ", ", ".join(answer["obligations"]))
        for row in answer["todo"]:
            lines += _wrapped("          to do  ", row["text"] + (" (done)" if row["done"] else ""))
    if answer["valid_until"] and answer["decision"] == "permit":
        lines.append(f"          until {answer['valid_until']}, when a dated statement begins or ends")
    elif answer["valid_until"] and answer["reasons"][0]["reason"] == "not-yet-valid":
        lines.append(f"          ask again on {answer['valid_until']}, when a dated statement begins or ends")
    return lines


def _evidence(claims: Iterable[Mapping[str, Any]], answer: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for e in claims:
        through = f", through {plain(e['layer'], 60)}" if "layer" in e else ""
        statement = plain(e.get("expression") or e["states"], 90)
        lines.append(f"  T{e['tier']} {e['kind']} on the {e['bound_to']}{through}: {statement}")
        seen = e["observed_at"] or f"taken in {answer['updated_at']}"
        raw = f"{plain(e['raw'], 160)!r} in " if e["raw"] else ""
        lines += _wrapped("      read as   ", f"{raw}{plain(e['place'], 100)}; by {e['detector'] or 'nobody'}; {seen}")
        if "phrase" in e:
            lines += _wrapped("      reserves  ", repr(plain(e["phrase"], 200)))
        scope = [f"{k} {', '.join(e[k])}" for k in ("acts", "purposes", "applications", "obligations") if k in e]
        scope += [f"{k} {', '.join(e[k])}" for k in ("jurisdictions", "actors") if e.get(k, ["*"]) != ["*"]]
        scope += [
            f"{k.replace('_', ' ')} {e[k]}"
            for k in ("party", "basis", "stated_on", "valid_from", "valid_until")
            if k in e
        ]
        scope += ["perpetual"] if e.get("perpetual") else []
        if scope:
            lines += _wrapped("      scope     ", "; ".join(scope))
        if e["kind"] == "observation":
            lines += _wrapped("      says      ", e["says"])
        lines += [line for verdict in e["says"].split(", ") for line in _reading(verdict)]
        for c in e["clauses"]:
            owed = f", on condition of {', '.join(c['obligations'])}" if c["obligations"] else ""
            lines += _wrapped("      clause    ", f"{c['license']}, {', '.join(c['acts'])}: {c['verdict']}{owed}")
            lines += _wrapped("                ", f"{c['clause']}: {c['rationale']}")
            lines += indented(overlay_lines({"overlay": [c["overlay"]]}), " " * 16) if "overlay" in c else []
    return lines


def _looked(captures: Iterable[Mapping[str, Any]]) -> list[str]:
    """What counts and what was in force at the fetch; of the others how many there are."""
    lines, others = [], 0
    for c in captures:
        if not (c["counts"] or c["at_fetch"]):
            others += 1
            continue
        when = "counts" if c["counts"] else "no longer counts"
        when += ", in force at the fetch" if c["at_fetch"] else ""
        lines += _wrapped(
            f"  {c['protocol']}: {c['result']}  ", f"{plain(c['location'], 100)}, {c['observed_at']}; {when}"
        )
        by = f", by {plain(c['by'], 60)}" if c["by"] else ""
        if c["place"]:
            lines += _wrapped("      stood in  ", plain(c["place"], 160))
        for stated in c["statements"]:
            acts = ", ".join(stated["acts"])
            lines += _wrapped("      read as   ", f"{plain(stated['raw'], 160)!r}: {stated['status']} {acts}")
        lines += _wrapped("      read by   ", f"{c['detector']}{by}; recorded {c['recorded_at']}")
    return [*lines, f"  and {counted(others, 'older capture')}"] if others else lines


def _reading(verdict: str) -> list[str]:
    """``act: slug`` in words; nothing where the clauses below say it all."""
    act, _, slug = verdict.partition(": ")
    if slug == "license" or not slug:
        return []
    return _wrapped("      says      ", f"{act}: {REASONS.get(slug, slug)}")


def _events(answer: Mapping[str, Any]) -> list[str]:
    lines = []
    for e in answer["events"]:
        through = "" if e["through"] == ITSELF else f", through {WAYS[e['through']]}"
        capacity = f", as {' and '.join(e['given_by'])}" if e["given_by"] else ""
        lines.append(f"  T1 {e['kind']} by {e['selector']}{capacity}{through}")
        reason = f"; {plain(e['reason'], 120)}" if e["reason"] else ""
        lines += _wrapped(
            "      event     ", f"{e['event']}, effective {e['effective']}, recorded {e['recorded']}{reason}"
        )
    more = answer["event_count"] - len(answer["events"])
    return (
        [*lines, f"  and {counted(more, 'more event that reaches it', 'more events that reach it')}"] if more else lines
    )


def _reviews(reviews: Iterable[Mapping[str, Any]]) -> list[str]:
    lines = []
    for r in reviews:
        lines.append(f"  {r['verdict']}: {VERDICTS[r['verdict']]}")
        lines += _wrapped("      of        ", f"{r['record']} and {r['other']}")
        text = f"{r['review']}, by {plain(r['by'], 80)}, {r['recorded']}; {plain(r['reason'], 200)}"
        lines += _wrapped("      review    ", text)
    return lines


def _copies(copies: Iterable[Mapping[str, Any]]) -> list[str]:
    return indented(
        table(
            [(f"{c['kind']} copy", c["record"], plain(c["source"], 40), c["license"] or "no licence") for c in copies]
        )
    )


def _inversions(listed: Iterable[Mapping[str, Any]]) -> list[str]:
    return _listed((f"{i['purpose']}", f"{i['path']} says {i['ancestor']}: {', '.join(i['acts'])}") for i in listed)


def _listed(rows: Iterable[tuple[str, str]]) -> list[str]:
    listed = list(rows)
    width = max((len(head) for head, _ in listed), default=0)
    return [line for head, text in listed for line in _wrapped(f"  {head.ljust(width)}  ", text)]


def _wrapped(head: str, text: str) -> list[str]:
    return wrapped(head, text)

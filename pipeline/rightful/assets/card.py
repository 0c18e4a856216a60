"""The specification of an asset for people: one page in Markdown. Floor 6: a pure formatter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rightful.notation.shown import number, plain
from rightful.rights.specified import DENY, PERMIT, UNKNOWN
from rightful.rights.undertakings import shown

_DECIDED = {PERMIT: "Permitted", UNKNOWN: "Not permitted: unknown", DENY: "Not permitted: refused"}


def card_page(data: Mapping[str, Any]) -> str:
    """The page of a specification (``rightful.json``, parsed)."""
    asset, made = data["asset"], data["made"]
    tokens = "" if asset["tokens"] is None else f", made of {number(asset['tokens'])} tokens"
    until = f", holds until {made['valid_until']}" if made["valid_until"] else ""
    lines = [
        f"# What {_md(asset['name'])} may be used for",
        "",
        f"{asset['kind'].capitalize()} {_code(asset['id'])}{tokens}. Stated {made['as_of']}{until}; {made['profile']} reading of"
        f" licences, places: {', '.join(made['jurisdictions'])}; catalogue `{made['catalog'][:16]}`.",
        "It permits what every record that it was made of permits, on the conditions below, and nothing else. What is not"
        " listed is not permitted. This is a reading of what was stated about the data, not legal advice.",
        "",
        *_status(data),
        "## Made of",
        "",
        *(_input(one) for one in data["inputs"]),
        "",
        "## Declared for",
        "",
        *(_declared(use) for use in data["declared"]),
        "",
    ]
    for decision, title in _DECIDED.items():
        rows = [use for use in data["uses"] if use["decision"] == decision]
        lines += [f"## {title}", "", *(_uses(rows) or ["Nothing."]), ""]
        if decision == PERMIT and (owed := _obligations(rows)):
            lines += ["## Conditions", "", *owed, ""]
    return "\n".join(lines).rstrip() + "\n"


def _status(data: Mapping[str, Any]) -> list[str]:
    tainted = data["tainted"]
    if not tainted:
        return []
    share = "an unknown share" if tainted["share"] is None else f"{tainted['share']:.4%}"
    since = f" since {tainted['since']}" if tainted["since"] else ""
    return [
        f"**{data['status'].capitalize()}**{since}: {number(tainted['records'])} records that it was made of are refused now,"
        f" {share} of its tokens. Nothing says that it has unlearned them.",
        "",
    ]


def _input(one: Mapping[str, Any]) -> str:
    kind = next(k for k in ("export", "asset", "base") if k in one)
    share = "" if one["share"] is None else f", {one['share']:.2%} of its tokens"
    return f"- {kind} {_code(one[kind])}{share}"


def _declared(use: Mapping[str, Any]) -> str:
    of = f" for {_md(use['application'])}" if use["application"] else ""
    return f"- {', '.join(use['acts'])}: {use['purpose']}, {use['actor']}{of}"


def _uses(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rows under whom they are about; those of whom the same holds, together."""
    by_whom: dict[str, list[str]] = {}
    for row in rows:
        line = f"- {', '.join(row['acts'])}{_applications(row['applications'])}{_terms(row)}"
        by_whom.setdefault(f"{row['purpose']}, {row['actor']}", []).append(line)
    alike: dict[tuple[str, ...], list[str]] = {}
    for whom, lines in by_whom.items():
        alike.setdefault(tuple(lines), []).append(whom)
    listed: list[str] = []
    for of, everybody in alike.items():
        listed += [f"### {'; '.join(everybody)}", "", *of, ""]
    return listed[:-1]


def _applications(names: Sequence[str | None]) -> str:
    named = ["whatever is not sensitive" if name is None else _md(name) for name in names]
    return f" ({', '.join(named)})"


def _terms(row: Mapping[str, Any]) -> str:
    owed = ", ".join(_code(shown(one["owed"])) for one in row["obligations"])
    outbound = "" if row["outbound"] is None else f" Goes out under {', '.join(map(_md, row['outbound']))}."
    reasons = "; ".join(_md(one["text"]) for one in row["reasons"])
    return (f": on condition of {owed}." if owed else "") + outbound + (f": {reasons}" if reasons else "")


def _obligations(uses: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the conditions mean, and when they are owed."""
    owed = {one["owed"]: one for use in uses for one in use["obligations"]}
    return [
        f"- {_code(shown(name))} ({_md(one['trigger'])}): {_md(one['summary'])}" for name, one in sorted(owed.items())
    ]


def _code(text: str) -> str:
    return f"`{plain(text, 200).replace('`', '')}`"


def _md(text: object) -> str:
    """A name from outside as it may stand in Markdown."""
    shown = plain(str(text), 300)
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|!~" else c for c in shown)

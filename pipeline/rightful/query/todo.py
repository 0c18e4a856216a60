"""What has to be done for what is permitted, bundle by bundle, in plain words and with counts. Floor 7: pure.

``done`` is said only of what an export does by itself: it lists authors, sources and licences in ``ATTRIBUTION.md``, leaves
notices where they stand in the texts, and takes personal data out where it is made with ``--redact``. Whoever hands on
something else than the folder of the export, a model or what it writes, has to carry that on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rightful.notation.shown import number
from rightful.rights.undertakings import REDACTION, asker_of, obligation_of, redacted, shown
from rightful.rights.uses import Use, Vocabulary

ATTRIBUTION_LINES = 10_000
"""Above this many records ``ATTRIBUTION.md`` names sources only; ``attribution.parquet`` beside it names every record."""
PRECONDITIONS = "preconditions"
"""The bundle of what was met before, each with its reference."""
_OUTWARD = {
    "share.weights": "the weights",
    "serve.model": "the model that others use",
    "serve.output": "what the model writes",
    "infer.ground": "the answers",
    "index.search": "the excerpts",
    "share.adapted": "the changed texts",
}
"""What leaves beside the folder of an export, by act."""
_CHANGING = ("share.adapted", "synth.derive", "share.weights", "serve.model")


@dataclass(frozen=True, slots=True)
class Owed:
    """What some records owe (as decisions have it), and how many there are."""

    obligations: frozenset[str]
    records: int


@dataclass(frozen=True, slots=True)
class Credits:
    """Whom to credit: how many authors by name, and how many records name none."""

    authors: int
    unnamed: int


def todo(
    owed: Iterable[Owed], use: Use, words: Vocabulary, credits_of: Callable[[str], Credits]
) -> list[dict[str, Any]]:
    """One row for each bundle that something of is owed: ``bundle, obligations, records, text, done``.

    ``credits_of`` counts the authors of the records that owe an obligation, and is called once at most.
    """
    every = list(owed)
    listed = [one for one in every if one.obligations and one.records]
    few = sum(one.records for one in every) <= ATTRIBUTION_LINES
    paper = "ATTRIBUTION.md" if few else "attribution.parquet"
    rows = []
    for bundle in words.bundles.values():
        counts = _counted(listed, bundle.obligations)
        if counts:
            rows.append(_row(bundle.id, counts, _together(listed, bundle.obligations), use, listed, credits_of, paper))
    met = _counted(listed, [o.id for o in words.obligations.values() if o.precondition])
    if met:
        rows.append(_preconditions(listed, met, use, words))
    return rows


def _row(
    bundle: str,
    counts: Mapping[str, int],
    records: int,
    use: Use,
    listed: Iterable[Owed],
    credits_of: Callable[[str], Credits],
    paper: str,
) -> dict[str, Any]:
    if bundle == "credit":
        done, open_ = _credit(counts, use, credits_of, paper)
    elif bundle == "persons":
        done, open_ = _persons(counts, listed)
    else:
        done, open_ = [], [_SENTENCES[o].format(of=_records(n)) for o, n in counts.items()]
    left = [f"{'still to do: ' if done else ''}{'; '.join(open_)}"] if open_ else []
    text = "; ".join([*done, *left])
    return {"bundle": bundle, "obligations": [*counts], "records": records, "text": text, "done": not open_}


def _credit(
    counts: Mapping[str, int], use: Use, credits_of: Callable[[str], Credits], paper: str
) -> tuple[list[str], list[str]]:
    """What the ``paper`` of attribution and the texts themselves do, and what is left to do."""
    named, done, open_ = [], [], []
    if "attribution.record" in counts:
        named.append(f"credit {_authors(credits_of('attribution.record'))}")
    if "notice.licence" in counts:
        named.append(f"name the licences of {_records(counts['notice.licence'])}")
    if "notice.source_link" in counts:
        named.append("keep the links to the originals")
    if named:
        done.append(f"{_and(named)}: {paper} does it")
    if "attribution.dataset" in counts:
        open_.append(f"name the data sets of {_records(counts['attribution.dataset'])} and link to them")
    if "notice.copyright" in counts:
        done.append("keep copyright notices: they stay in the texts")
        if any(act.startswith("share.") and act not in ("share.ids", "share.weights") for act in use.acts):
            open_.append("add the NOTICE files that came with the sources")
    if "notice.changes" in counts:
        if any(act in _CHANGING for act in use.acts):
            open_.append("say what you change in them")
        elif redacted(use.accepted):
            done.append("say what was taken out: README.md does it")
        else:
            done.append("say what was changed: nothing is")
    outward = list(dict.fromkeys(_OUTWARD[act] for act in use.acts if act in _OUTWARD))
    if done and outward:
        notices = " and the copyright notices" if "notice.copyright" in counts else ""
        open_.insert(0, f"publish {paper}{notices} with {_and(outward)}")
    return done, open_


def _persons(counts: Mapping[str, int], listed: Iterable[Owed]) -> tuple[list[str], list[str]]:
    done, open_ = [], []
    if REDACTION in counts:
        kinds = ", ".join(redacted({o for one in listed for o in one.obligations}))
        done.append(f"take {kinds} out of {_records(counts[REDACTION])}: an export with --redact does it")
    if "no_reidentify" in counts:
        open_.append(_SENTENCES["no_reidentify"].format(of=_records(counts["no_reidentify"])))
    return done, open_


_SENTENCES = {
    "no_endorsement": "do not promote the result with the names of the authors ({of})",
    "no_drm": "put no technical barriers on it that keep recipients from their rights ({of})",
    "share_alike": "put what is made from {of} under their licence, or one that it accepts",
    "share_alike.db": "put a changed database under the same licence, and offer it whole ({of})",
    "disclose_source": "offer the source form of {of}",
    "network_disclose": "offer the source form to everybody who uses it over a network ({of})",
    "use_restrictions.pass_on": "bind recipients to the restrictions of use of {of}",
    "naming": "give the model the name or the line that the licence prescribes ({of})",
    "output_marking": "mark what the model writes as machine-made ({of})",
    "no_compete_model": "make no model that competes with the provider's ({of})",
    "delete_on_withdrawal": "delete what is withdrawn later, from {of}: rightful verify names it",
    "refresh_to_latest": "move to newer versions of the data set when there are some ({of})",
    "report_results": "give the results back to whoever provided {of}",
    "no_reidentify": "do not try to find out who the persons in {of} are",
}


def _preconditions(listed: Iterable[Owed], counts: Mapping[str, int], use: Use, words: Vocabulary) -> dict[str, Any]:
    references = dict(use.references)
    asked = sorted({o for one in listed for o in one.obligations if obligation_of(o) in counts and asker_of(o)})
    text = "; ".join(f"{shown(o)} was met before: {references.get(shown(o), 'no reference')}" for o in asked)
    return {
        "bundle": PRECONDITIONS,
        "obligations": [*counts],
        "records": _together(listed, counts),
        "text": text,
        "done": all(shown(o) in references for o in asked),
    }


def _counted(listed: Iterable[Owed], obligations: Iterable[str]) -> dict[str, int]:
    """Of these obligations those that are owed, with how many records owe them."""
    plain = [({obligation_of(o) for o in one.obligations}, one.records) for one in listed]
    counts = {o: sum(n for owed, n in plain if o in owed) for o in obligations}
    return {o: n for o, n in counts.items() if n}


def _together(listed: Iterable[Owed], obligations: Iterable[str]) -> int:
    """How many records owe one of them or several."""
    named = set(obligations)
    return sum(one.records for one in listed if named & {obligation_of(o) for o in one.obligations})


def _records(n: int) -> str:
    return f"{number(n)} record{'' if n == 1 else 's'}"


def _authors(of: Credits) -> str:
    named = f"{number(of.authors)} author{'' if of.authors == 1 else 's'}"
    if not of.unnamed:
        return named
    rest = f"{_records(of.unnamed)} without a named author"
    return f"{named} and {rest}" if of.authors else rest


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

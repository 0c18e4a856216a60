"""What to do next: commands that can be typed as they stand, and lines that are missing from cards. Floor 7.

Whatever is refused, or is nothing, ends in steps. A command is quoted for a shell and does what its text says; an edit
names the file and the line. Nothing here decides: a step repeats what was found out, or asks the same with more options.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from rightful.decisions.named import Named, presupposes_access, sign_options
from rightful.decisions.signing import DAY, WHO
from rightful.notation.shell import typed
from rightful.notation.shown import counted, number, plain
from rightful.query import NOT_INDEXED
from rightful.rights.bases import AT_THE_LOCATION
from rightful.rights.because import NOBODY
from rightful.rights.columns import WISHES, folded_text
from rightful.rights.evidence import INFERRED
from rightful.rights.expression import meant_by
from rightful.rights.licenses import Catalog
from rightful.rights.notices import NOTICE
from rightful.rights.uses import Vocabulary

Keys = Mapping[str, Any]
FILL_IN = "..."
"""What stands in a line where only the operator knows what belongs there. It is no licence: a card that keeps it permits nothing."""
MOST_EDITS = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: a command, or an edit of ``file``, which is to have the ``line``."""

    text: str
    command: str | None = None
    file: str | None = None
    line: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """As it stands in answers."""
        return {"text": self.text, "command": self.command, "file": self.file, "line": self.line}


def to_confirm(card: Mapping[str, Any]) -> Step:
    """How the guesses of a draft are confirmed: the lines as they stand in the card then."""
    lines = "\n".join(str(guess["line"]) for guess in card["guesses"])
    text = "confirm what is right: delete `TODO confirm: `, so that these lines stand in"
    return Step(text, file=str(card["file"]), line=lines)


@dataclass(frozen=True, slots=True)
class Typing:
    """How commands are typed for one store: ``store`` is empty where it is the one that is taken without being named."""

    store: str = ""

    def __call__(self, verb: str, *of: str, options: Sequence[str] = (), more: str = "") -> str:
        """A command ``of`` something; ``more`` are options that are quoted already, and take the place of those they replace."""
        store = ["--store", self.store] if self.store else []
        named = [] if any(word.startswith("-") for word in of) else list(of)
        kept = _without(options, _SINGLE & {*shlex.split(more)})
        line = typed(["rightful", *store, *verb.split(), *named, *kept]) + (f" {more}" if more else "")
        return line if named or not of else f"{line} -- {typed(of)}"


_SINGLE = frozenset({"--policy", "--purpose", "--application", "--actor", "--reading", "--as-of"})
"""Options of which the last one counts."""


def _without(options: Sequence[str], replaced: frozenset[str]) -> list[str]:
    """Options without these and their values."""
    before = ("", *options)
    return [word for last, word in zip(before, options, strict=False) if not replaced & {last, word}]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, as options: the use, which records, which snapshot, what is taken out, and the rest of the verb.

    ``past`` is True where it is not about now.
    """

    use: tuple[str, ...]
    records: tuple[str, ...] = ()
    snapshot: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    past: bool = False
    beside: tuple[str, ...] = ()

    @property
    def of_all(self) -> tuple[str, ...]:
        """As ``query`` and ``export`` are asked."""
        return (*self.use, *self.records, *self.snapshot, *self.redact)

    @property
    def of_one(self) -> tuple[str, ...]:
        """As ``explain`` is asked."""
        return (*self.use, *self.snapshot, *self.redact)

    @property
    def of_copies(self) -> tuple[str, ...]:
        """As ``review list`` is asked."""
        return (*self.use, *self.snapshot)


# --- after a query ---------------------------------------------------------------------------------------------------


def telling(answer: Keys) -> list[str]:
    """The reasons of which one record is worth a look: the largest, and the largest of those where nobody said anything."""
    listed = [f for n, f in enumerate(answer["families"]) if n == 0 or f["family"] == NOBODY]
    return [f["reasons"][0]["reason"] for f in listed]


def after_query(
    answer: Keys, typing: Typing, request: Request, examples: Mapping[str, str], empty: bool, out: str
) -> list[Step]:
    """``examples`` has by reason a record that is refused for it; ``out`` is a folder for an export; ``empty``: the store is."""
    permitted, steps = answer["permitted"]["records"], list[Step]()
    if permitted and not answer["permitted"]["chars"]:
        text = f"list the addresses of {counted(permitted, 'record')} whose content is elsewhere"
        steps.append(Step(text, typing("query", options=(*request.of_all, *request.beside), more=f"-o {out}.csv")))
    elif permitted and not request.past:
        steps.append(Step(f"export {counted(permitted, 'record')}", typing("export", out, options=request.of_all)))
    return [*steps, *more_of("query", answer, typing, request, examples, empty)]


def more_of(
    verb: str, answer: Keys, typing: Typing, request: Request, examples: Mapping[str, str], empty: bool, *of: str
) -> list[Step]:
    """What would give more to ``verb`` of something; ``answer`` is that of ``query``."""
    if not answer["considered"]["records"]:
        whole = replace(request, records=())
        steps = [Step("ask of all records", typing("query", options=whole.of_all))] if request.records else []
        return of_empty_store(typing) if empty else steps
    steps = []
    if answer["would_permit"]:
        best = answer["would_permit"][0]
        text = f"permit {number(best['records'])} more, {number(best['permitted']['records'])} in all"
        options = (*request.of_all, *request.beside)
        steps.append(Step(text, typing(verb, *of, options=options, more=best["option"])))
    by_slug = {r["reason"]: r for f in answer["families"] for r in f["reasons"]}
    for slug, record in examples.items():
        text = f"see what one of {number(by_slug[slug]['records'])} lacks: {by_slug[slug]['text']}"
        steps.append(Step(text, typing("explain", record, options=request.of_one)))
    if any(slug.startswith("near-copy-") for slug in by_slug):
        steps.append(Step(_COPIES, typing("review list", options=request.of_copies)))
    return steps


_COPIES = "list the copies that wait for somebody to look at them"


def of_empty_store(typing: Typing) -> list[Step]:
    """What to do where a store holds nothing."""
    return [
        Step("look at the files of this folder, and draft a card where there is none", typing("init", ".")),
        Step("read the files of this folder into the store", typing("ingest", ".")),
    ]


def first_question(typing: Typing) -> Step:
    """What of a store may be used."""
    return Step(
        "ask what a named use permits (rightful policy list names them all)",
        typing("query", options=["--policy", "open-weights-commercial"]),
    )


# --- after an explanation --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Card:
    """Where the card of a record lies, or would: ``root`` is the folder that it governs."""

    file: str
    root: str
    exists: bool
    maps: bool
    """Whether it says already what some string means."""


def after_explain(answer: Keys, typing: Typing, request: Request, card: Card | None, catalog: Catalog) -> list[Step]:
    """What would change the decision on a record, or what follows from it."""
    record = answer["record"]
    steps = []
    for change in answer["would_change"]:
        if change["decision"] == "permit":
            steps.append(
                Step("see it permitted", typing("explain", record, options=request.of_one, more=change["option"]))
            )
    if answer["decision"] == "permit":
        return [
            Step(
                "count all records that are permitted for this",
                typing("query", options=(*request.use, *request.snapshot, *request.redact)),
            )
        ]
    for slug in dict.fromkeys(r["reason"] for r in answer["reasons"]):
        steps += _LIFTS.get(slug, _clauses)(answer, typing, request, card, catalog)
    return list(dict.fromkeys(steps))


Lift = Callable[[Keys, Typing, Request, "Card | None", Catalog], list[Step]]


def _clauses(answer: Keys, typing: Typing, request: Request, card: Card | None, catalog: Catalog) -> list[Step]:
    """What the licence says, clause by clause; of a record without one what its source says."""
    license = answer["tags"]["license_concluded"]
    if license:
        return [Step(f"read what {plain(license, 60)} says of it", typing("license why", license, options=request.use))]
    return _source(answer, typing, request, card, catalog)


def _source(answer: Keys, typing: Typing, request: Request, card: Card | None, catalog: Catalog) -> list[Step]:
    source = answer["tags"]["source_id"]
    return [Step(f"read the card of {plain(source, 60)}", typing("source show", source))]


def _events(answer: Keys, typing: Typing, *_: Any) -> list[Step]:
    return [Step("look up what people gave, refused and withdrew", typing("consent list"))]


def _review(answer: Keys, typing: Typing, request: Request, *_: Any) -> list[Step]:
    return [Step(_COPIES, typing("review list", options=request.of_copies))]


def _scan(answer: Keys, typing: Typing, *_: Any) -> list[Step]:
    return [Step("scan the texts for personal data", typing("tag", options=["--recipe", "default"]))]


def _health(answer: Keys, typing: Typing, *_: Any) -> list[Step]:
    return [Step("find out what is damaged", typing("store check"))]


def of_named(named: Named, typing: Typing, words: Vocabulary, *, counts: bool) -> list[Step]:
    """After a named use was shown, signed or refused: sign it where it does not count, else ask for it."""
    if counts:
        return [Step("ask which records it permits", typing("query", options=["--policy", named.name]))]
    options = sign_options(access=presupposes_access(named.data, words))
    return [
        Step("read what is asked, undertaken and declared", typing("policy show", named.name)),
        Step("sign it for this store", typing("policy sign", named.name, options=options)),
    ]


def _look(answer: Keys, typing: Typing, *_: Any) -> list[Step]:
    """Where to look, and how to hand in what was seen there; of a text without an address the policy that asks for it."""
    named = ", ".join(r.get("detail", "") for r in answer["reasons"] if r["reason"] == "not-observed").split(", ")
    protocols = [p for p in AT_THE_LOCATION if any(one.split(" ")[0] == p for one in named)]
    if not protocols:
        policy = (answer.get("policy") or {}).get("named") or {}
        which = [policy["name"]] if "name" in policy else []
        return [Step("read which statutory bases are relied on", typing("policy show", *which))]
    options = [word for p in protocols for word in ("--protocol", p)]
    return [
        Step("list where nobody looked yet, for whatever fetches", typing("signal wanted", options=options)),
        Step("then hand in what was seen there", typing("signal refresh", options=["--help"])),
    ]


def _basis(answer: Keys, typing: Typing, request: Request, card: Card | None, catalog: Catalog) -> list[Step]:
    line = f'legal_basis = "{FILL_IN}"'
    return _edit(card, "state on which legal basis the persons' data are used", line, typing) or _source(
        answer, typing, request, card, catalog
    )


def _license(answer: Keys, typing: Typing, request: Request, card: Card | None, catalog: Catalog) -> list[Step]:
    """The line that says what a string means, or which licence it is where nobody said."""
    from rightful.signals.places import is_row_place

    grants = [e for e in answer["evidence"] if e["determining"] and e["raw"] and e["kind"] == "grant"]
    strings = [e["raw"] for e in grants if is_row_place(e["place"]) or _says_what_blocks(e, catalog)]
    strings.sort(key=lambda text: " :: " in text)
    if strings and card is not None and (edit := meaning(strings[0], card, catalog)) is not None:
        return [edit, _again(card, typing)]
    if texts := [e for e in grants if e["statement"] == "unreadable" and _reads_texts(e)]:
        return _unread(answer, typing, card, texts[0])
    if card is not None and (file := _confirmable(answer, card)):
        text = f"where what {plain(file, 60)} states is right, confirm it"
        return _edit(card, text, f"confirms = [{basic_string(file)}]", typing)
    line = f'license = "{FILL_IN}"'
    return _edit(card, "state its licence, such as CC-BY-4.0", line, typing) or _source(
        answer, typing, request, card, catalog
    )


_OF_TEXTS = frozenset({"license-file", "license-header"})
"""Detectors that read the text of a licence: what they cannot read, no line of a card says the meaning of."""


def _reads_texts(evidence: Keys) -> bool:
    return str(evidence["detector"]).partition("/")[0] in _OF_TEXTS


def _says_what_blocks(evidence: Keys, catalog: Catalog) -> bool:
    """True for a string in a file beside the texts that cannot be read, or says that there are terms and not which."""
    blocks = evidence["statement"] == "unreadable" or evidence.get("expression") in catalog.labels
    is_text = _reads_texts(evidence) or "\n" in evidence["raw"]
    return bool(evidence.get("beside")) and blocks and not is_text


def _unread(answer: Keys, typing: Typing, card: Card | None, of: Keys) -> list[Step]:
    """Where a text leaves the licences that are known. A licence in the card beside it would cure nothing, and would count for
    all else that the card governs."""
    place, tags = str(of["place"]).rpartition(" (")[0], answer["tags"]
    path = None
    if of.get("beside") and card is not None and place.split("/")[0] == Path(card.root).name:
        path = str(Path(card.root).parent / place)
    elif not of.get("beside") and card is not None and tags["source_record_id"] == tags["file"]:
        path = str(Path(card.file).parent / tags["file"])
    text = "see where its text leaves the licences that are known; it blocks, whatever licence a card states beside it"
    detect = [] if path is None else [Step(text, typing("license detect", path))]
    line = '[[contracts]]\nparty = "..."\nreference = "..."\nsigned_on = "..."'
    edit = _edit(card, "or, where a contract with the rights holder permits the use, state it", line, typing)
    return detect + edit


def _confirmable(answer: Keys, card: Card) -> str:
    """The card of others that states the licence which is only inferred, by its way from the folder of the operator's card;
    empty where there is none."""
    from rightful.signals.order import CONFIRMABLE

    places = [
        str(e["place"]).rpartition(" (")[0].split("/")
        for e in answer["evidence"]
        if e["determining"] and e["tier"] == INFERRED and e["statement"] == "license" and not e.get("layer")
        if e["detector"] in CONFIRMABLE
    ]
    folder = PurePath(card.file).parent.parts
    for steps in places:
        # A place begins with the name of the folder that was read, which the card lies in or below.
        for length in range(len(steps) - 1, 0, -1):
            if tuple(steps[:length]) == folder[-length:]:
                return "/".join(steps[length:])
    return ""


def _notice(answer: Keys, typing: Typing, request: Request, card: Card | None, catalog: Catalog) -> list[Step]:
    """The list of all notices, and the line that sets one aside."""
    phrases = dict.fromkeys(
        e["basis"] for e in answer["evidence"] if e["determining"] and e.get("expression") == NOTICE and "basis" in e
    )
    listed = Step("list what the texts say of themselves, by source", typing("review list", options=NOTICES))
    if not phrases:
        return [listed]
    line = "\n".join(["[not_notices]", *(f'{phrase} = "{FILL_IN}"' for phrase in phrases)])
    it = "they are" if len(phrases) > 1 else "it is"
    return [listed, *_edit(card, f"where {it} none of the works' own, say why", line, typing)]


NOTICES = ("--use", "train.pretrain", "--kind", "notices")


def _edit(card: Card | None, text: str, line: str, typing: Typing) -> list[Step]:
    return [] if card is None else [Step(f"{text}, in the card", file=card.file, line=line), _again(card, typing)]


def _again(card: Card, typing: Typing) -> Step:
    return Step("then read the folder again", typing("ingest", card.root))


_LIFTS: Mapping[str, Lift] = {
    **dict.fromkeys(
        (
            *("nothing-stated", "inferred-only", "contents-not-licensed", "compilation-only", "license-unspecified"),
            *("license-custom", "license-various", "access-status", "license-family", "license-elsewhere"),
            *("license-unreadable", "earlier-statement"),
        ),
        _license,
    ),
    **dict.fromkeys(
        (
            *("withdrawn", "takedown", "unlawful", "consent-refused", "consent-expired", "outside-consent"),
            *("consent-not-on-record", "sensitive-application", "permission-incomplete", "permission-withdrawn"),
        ),
        _events,
    ),
    **dict.fromkeys(("near-copy-withdrawn", "near-copy-contested", "contested-copy"), _review),
    **dict.fromkeys(("ancestor-unknown", "ancestor-row-unknown", "person-unreadable"), _source),
    "notice": _notice,
    "no-legal-basis": _basis,
    "not-scanned": _scan,
    "not-observed": _look,
    "evidence-missing": _health,
}
"""Which step a reason leads to; any other one to the clauses of the licence."""


# --- strings that cannot be read -------------------------------------------------------------------------------------


def meaning(text: str, card: Card, catalog: Catalog) -> Step | None:
    """The line of a card that says what a string means; None for what no line can name."""
    if text.startswith(("{", "[")) or folded_text(text) in WISHES:
        return None
    meant = licenses_meant(text, catalog)
    close = " or ".join(meant)
    says = f"say what {plain(text, 60)!r} means" + (f": did you mean {close}?" if meant else ", where it is a licence.")
    line = f"{basic_string(text)} = {basic_string(meant[0] if meant else FILL_IN)}"
    if card.maps:
        return Step(f"{says} Under [licenses] of the card", file=card.file, line=line)
    return Step(f"{says} In the card", file=card.file, line=f"[licenses]\n{line}")


def licenses_meant(text: str, catalog: Catalog) -> list[str]:
    """The licences that a string may have meant; a name that says nothing by itself, or several things, is none."""
    if " :: " in text:  # a classifier of Python packages: its words are of a list, and misspell nothing
        return []
    says_nothing = {*catalog.labels, *catalog.names.families}
    return [m for m in meant_by(text, catalog.names) if m not in says_nothing]


def basic_string(text: str) -> str:
    """A text as a string of TOML."""
    escaped = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(escaped.get(c) or (c if c.isprintable() else _code(c)) for c in text) + '"'


def _code(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


# --- after a question to the catalogue -------------------------------------------------------------------------------


def after_check(
    answer: Keys, typing: Typing, verb: str, request: Sequence[str], catalog: Catalog, permits: Iterable[str]
) -> list[Step]:
    """``permits`` are options with which the expression is permitted."""
    if answer["decision"] == "permit":
        return []
    expression, steps = answer["expression"], list[Step]()
    if answer["normalized"] is None:
        for meant in licenses_meant(expression, catalog):
            steps.append(Step(f"if it means {meant}", typing(f"license {verb}", meant, options=request)))
        return steps or [Step("see which licences have been read", typing("license list"))]
    for option in permits:
        steps.append(Step("see it permitted", typing(f"license {verb}", expression, options=request, more=option)))
    if verb == "check":
        steps.append(Step("read the clauses that decide", typing("license why", expression, options=request)))
    elif answer["readings"]:
        license = answer["readings"][0]["license"]
        steps.append(Step(f"read all that {license} says", typing("license show", license)))
    else:
        steps.append(Step("see which licences have been read", typing("license list")))
    return steps


def after_allow(answer: Keys, typing: Typing, allowed: Sequence[str], catalog: Catalog) -> list[Step]:
    """After a check against a list of licences."""
    if answer["decision"] == "permit":
        return []
    expression = answer["expression"]
    listed = ",".join(allowed)
    if answer["normalized"] is None:
        meant = licenses_meant(expression, catalog)
        return [Step(f"if it means {m}", typing("license check", m, options=["--allow", listed])) for m in meant] or [
            Step("see which licences have been read", typing("license list"))
        ]
    lacks = [r["detail"].replace(", ", ",") for r in answer["reasons"]]
    more = ",".join([listed, *lacks])
    return [Step("put what is missing on the list", typing("license check", expression, options=["--allow", more]))]


# --- after a reading of one's own, a comparison, another law, a search -----------------------------------------------


def after_reading(answer: Keys, typing: Typing) -> list[Step]:
    """After a reading of one's own was drafted, signed or removed."""
    id, own = answer["id"], answer["overlay"] or {}
    if answer["removed"]:
        return [Step("see what differs from the catalogue", typing("license diff"))]
    if own.get("by"):
        return [Step("read what counts now", typing("license memo", id))]
    return [Step("once it is edited, sign it", typing("license sign", id, options=["--by", WHO, "--until", DAY]))]


def after_diff(answer: Keys, typing: Typing) -> list[Step]:
    """After two catalogues were compared."""
    changed = answer["changed"]
    return [Step("read all that counts of the first", typing("license memo", changed[0]["license"]))] if changed else []


def after_rebase(answer: Keys, typing: Typing) -> list[Step]:
    """After an export was decided under another law: what says more of the largest group that flips."""
    if not answer["by_clause"]:
        return []
    first = answer["by_clause"][0]
    if first["license"]:
        return [Step("read all that counts of it", typing("license memo", first["license"]))]
    options = ["--use", answer["use"]["acts"][0]]
    return [Step("see what one of them rests on", typing("explain", first["examples"][0], options=options))]


def after_find(answer: Keys, typing: Typing, use: Sequence[str] = ()) -> list[Step]:
    """After a text, a person or an address was looked for; ``use`` are the options of the use that was asked for, if any."""
    counting = next((one["record"] for one in answer["records"] if one["state"] == "stored"), None)
    without = any(one["reason"] == NOT_INDEXED for one in (*answer["searched"]["read"], *answer["missing"]))
    indexing = [Step("index the passages of all texts", typing("tag", options=["--passages"]))] if without else []
    if counting is None:
        return indexing
    explaining = Step(
        "see whether it may be used", typing("explain", counting, options=use or ["--use", "train.pretrain"])
    )
    return [explaining, Step("withdraw it", typing("consent withdraw", options=["--record", counting])), *indexing]


def to_verify(folder: str | None, typing: Typing) -> Step:
    """After an export was repaired; None: after several were."""
    line = typing("verify", options=("--all",)) if folder is None else typing("verify", folder)
    return Step("see that every file is whole, and every record permitted", line)


def after_similar(answer: Keys, typing: Typing) -> list[Step]:
    """After near copies of a text from outside were looked for."""
    counting = next((match["record"] for match in answer["matches"] if match["state"] == "stored"), None)
    options = ["--use", "train.pretrain"]
    return (
        [] if counting is None else [Step("see whether it may be used", typing("explain", counting, options=options))]
    )

"""The steps that answers end in: what was asked, as it would be typed again. Floor 10: part of `api`."""

from __future__ import annotations

import contextlib
import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rightful.errors import StoreError
from rightful.query import steps
from rightful.query.steps import Card, Request, Step
from rightful.rights.sources import CARD_NAME
from rightful.rights.undertakings import ALL
from rightful.store.ledger import stamp

if TYPE_CHECKING:
    from rightful.api.access import Access
    from rightful.decisions.cases import Decided
    from rightful.decisions.policy import UseOptions
    from rightful.errors import Refused
    from rightful.ingest.plan import Plan
    from rightful.query.select import Selection
    from rightful.rights.licenses import Catalog
    from rightful.rights.uses import Vocabulary
    from rightful.store.ledger import Ledger

_FORM = frozenset({"ids", "out", "limit", "progress", "show", "workers", "yes", "by"})
"""Keywords that say in which form, or how, and not what."""
_RECORDS = frozenset({"where", "dedup", "prefer"})


def options_of(twin: Callable[..., Any], stated: Mapping[str, Any], but: Iterable[str] = ()) -> tuple[str, ...]:
    """The keywords of a verb that are not its defaults, as options: a keyword and its option have one name."""
    left_out = {*_FORM, *but}
    words: list[str] = []
    for name, parameter in inspect.signature(twin).parameters.items():
        value = stated.get(name)
        if name not in left_out and value is not None and value != parameter.default:
            words += _option("reading" if name == "profile" else name, value)
    return tuple(words)


def _option(name: str, value: Any) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [option] if value else []
    if isinstance(value, Mapping):
        return [word for key, of in value.items() for word in (option, f"{key}={of}")]
    if isinstance(value, str | int | float | Path | datetime):
        return [option, stamp(value) if isinstance(value, datetime) and value.tzinfo else str(value)]
    return [word for one in value for word in (option, str(one))]


def request(twin: Callable[..., Any], stated: Mapping[str, Any]) -> Request:
    """What a verb was asked, part by part."""
    names = set(inspect.signature(twin).parameters)
    apart = {*_RECORDS, "snapshot", "redact"}

    def only(chosen: Iterable[str]) -> tuple[str, ...]:
        return options_of(twin, stated, names - {*chosen})

    use = names & USE_KEYWORDS
    return Request(
        use=only(use),
        records=only(_RECORDS),
        snapshot=only({"snapshot"}),
        redact=only({"redact"}),
        past=stated.get("as_of") is not None or stated.get("snapshot") is not None,
        beside=only(names - use - apart),
    )


USE_KEYWORDS = frozenset(
    {"use", "policy", "purpose", "application", "actor", "jurisdiction", "accept", "profile", "as_of"}
)


def fresh(name: str) -> str:
    """The name of a folder that is not there yet, beside where one stands."""
    tries = (name, *(f"{name}-{n}" for n in range(2, 1000)))
    return next((one for one in tries if not os.path.lexists(one)), name)


def card_of_record(ledger: Ledger, source: str, file: str, maps: bool) -> Card | None:
    """Where the card of a record's file lies, or would lie; None for a file that the store does not remember."""
    known = ledger.files.named(source, file)
    if known is None:
        return None
    root = (
        known.place[: -len(known.name)].rstrip("/")
        if known.place.endswith(f"/{known.name}")
        else str(Path(known.place).parent)
    )
    if known.card:
        return Card(known.card, str(Path(known.card).parent), True, maps)
    return Card(f"{root}/{CARD_NAME}", root, False, False)


def cards_of_plan(plan: Plan) -> dict[str, Card]:
    """Where the card of each source of an ingest lies, or would lie."""
    cards: dict[str, Card] = {}
    for one in plan.listed:
        if one.card.source_id in cards:
            continue
        if one.card_file:
            card = Card(one.card_file, str(Path(one.card_file).parent), True, bool(one.card.licenses))
        else:
            place, name = str(one.file.path), one.file.name
            root = place[: -len(name)].rstrip("/") if place.endswith(f"/{name}") else str(one.file.path.parent)
            card = Card(f"{root}/{CARD_NAME}", root, False, False)
        cards[one.card.source_id] = card
    return cards


def shown(listed: Iterable[Step]) -> list[dict[str, Any]]:
    """Steps as they stand in answers, files named from the folder where the user stands."""
    return [replace(step, file=_from_here(step.file)).as_json() for step in listed]


def _from_here(file: str | None) -> str | None:
    """A file below the present folder without the way to it; any other as it is."""
    with contextlib.suppress(OSError, ValueError):  # the folder is gone; the file lies elsewhere
        return None if file is None else str(Path(file).relative_to(Path.cwd()))
    return file


def after_query(
    access: Access, selection: Selection, answer: Mapping[str, Any], request: Request
) -> list[dict[str, Any]]:
    """What follows a query."""
    examples = selection.examples(steps.telling(answer))
    empty = not answer["considered"]["records"] and _is_empty(selection.decided.con)
    return shown(steps.after_query(answer, access.typing, request, examples, empty, fresh("out")))


def refused(
    error: Refused, access: Access, twin: Callable[..., Any], stated: Mapping[str, Any], options: UseOptions
) -> Refused:
    """The refusal of an export, with what would permit something."""
    from rightful.decisions.policy import strings
    from rightful.query.select import Selection

    asked, redact = request(twin, stated), stated["redact"]
    with access.decided(options, stated["snapshot"]) as (decided, use, policy):
        use = access.redacted(use, redact)
        ask = access.asking(policy, options, use.as_of, redact)
        which = {"where": stated["where"], "dedup": stated["dedup"], "prefer": strings(stated["prefer"])}
        selection = Selection(decided, use, ask=ask, **which)
        answer = selection.answer().as_json()
        examples, empty = selection.examples(steps.telling(answer)), _is_empty(decided.con)
    more = steps.more_of("export", answer, access.typing, asked, examples, empty, str(stated["out"]))
    error.next = shown(more)
    return error


def counts_no_more(error: StoreError, access: Access, decided: Decided, name: str, asked: Request) -> StoreError:
    """The error for a name of no record that counts: whether there was one, and which exports still hold it."""
    from rightful.query.explain import find_record
    from rightful.query.touched import holding
    from rightful.store.erasures import erasures

    try:
        record = find_record(decided.con, name, superseded=True)
    except StoreError:
        listed = access.typing("query", options=(*asked.use, "--ids", "--limit", "20"))
        error.next = shown([Step("list ids of records", listed)]) if asked.use else ()
        return error
    exports, unknown = holding(access.layout, decided.ledger, record)
    erased = dict(zip(*erasures(access.layout, decided.ledger).to_pydict().values(), strict=True)).get(record)
    why = "it was retired, or a newer version took its place"
    message = f"the record {record} counts no more: {why if erased is None else f'it was erased in snapshot {erased}'}"
    message += (
        f"; these exports still hold it: {', '.join(exports)}" if exports else "; no export that can be read holds it"
    )
    message += f" ({', '.join(unknown)} cannot be read)" if unknown else ""
    gone = StoreError(message)
    verifying = [
        Step(f"see what {export} holds that is refused now", access.typing("verify", export)) for export in exports
    ]
    gone.next = shown(verifying or [Step("see which sources there are", access.typing("source list"))])
    return gone


def after_explain(access: Access, decided: Decided, answer: Mapping[str, Any], asked: Request) -> list[dict[str, Any]]:
    """What follows an explanation."""
    from rightful.signals.cards.source_card import stored_card

    source, file = answer["tags"]["source_id"], answer["tags"]["file"]
    card = card_of_record(decided.ledger, source, file, False)
    if card is not None and card.exists:
        stored = {s["source_id"]: s["card"] for s in decided.ledger.sources(decided.snapshot)}
        card = replace(card, maps=bool(stored_card(stored[source]).licenses))
    return shown(steps.after_explain(answer, access.typing, asked, card, access.catalog))


def after_ingest(
    access: Access, plan: Plan, answer: Mapping[str, Any], twin: Callable[..., Any], stated: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What follows an ingest."""
    from rightful.query import ingested
    from rightful.readers.unread import SAMPLE_CHARS

    paths = stated["paths"]
    again = [str(p) for p in ([paths] if isinstance(paths, str | Path) else paths)]
    options = options_of(twin, stated, {"paths", "rehash", "prune"})
    given = ingested.after_ingest(
        answer, access.typing, cards_of_plan(plan), again, options, access.catalog, SAMPLE_CHARS
    )
    return shown(given)


def after_check(
    access: Access, catalog: Catalog, answer: Mapping[str, Any], verb: str, asked: Request, permits: Iterable[str]
) -> list[dict[str, Any]]:
    """What follows a question to the catalogue."""
    return shown(steps.after_check(answer, access.typing, verb, asked.use, catalog, permits))


def after_allow(
    access: Access, catalog: Catalog, answer: Mapping[str, Any], allowed: Sequence[str]
) -> list[dict[str, Any]]:
    """What follows a check against a list."""
    return shown(steps.after_allow(answer, access.typing, allowed, catalog))


def after_stats(access: Access, empty: bool) -> list[dict[str, Any]]:
    """What follows counts of what there is: what of it may be used."""
    return shown(steps.of_empty_store(access.typing) if empty else [steps.first_question(access.typing)])


def after_one_verified(access: Access, ledger: Ledger, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What follows where an export does not hold: why not, its repair, and the same made anew of what is permitted now."""
    from rightful.export.formats import TEXT
    from rightful.export.upkeep.verify import NOT_ASKED, NOT_STORED
    from rightful.query.versions import is_in_memory

    registered = next((e for e in ledger.exports() if e["export"] == answer["export"]), None)
    if answer["ok"] or registered is None:
        return []
    manifest = registered["manifest"]
    use = _typed_again(manifest, access.shipped.vocabulary)
    listed = []
    for stale in answer["stale"][:1]:
        if stale["reason"] not in (NOT_STORED, NOT_ASKED):
            text = f"see why {stale['record'][:8]} is refused: {stale['text']}"
            listed.append(Step(text, access.typing("explain", stale["record"], options=use)))
        listed.append(Step("take out of it what is permitted no more", access.typing("redact", answer["export"])))
    chosen = manifest["selection"]
    where = ["--where", chosen["where"]] if chosen["where"] else []
    tokenizer = _tokenizer_again(manifest, Path(registered["path"]))
    form = TEXT if is_in_memory(manifest) else manifest["format"]
    options = (*use, *where, "--dedup", chosen["dedup"], "--format", form, *tokenizer)
    text = "export anew what is permitted now"
    return shown([*listed, Step(text, access.typing("export", fresh("out"), options=options))])


def _typed_again(manifest: Mapping[str, Any], words: Vocabulary) -> tuple[str, ...]:
    """The use of a manifest as options: by its name where it had one, with what the name does not say."""
    use = manifest["use"]
    named = manifest["policy"].get("named") or {}
    references = use["references"]
    with_reference = {one.partition(":")[0] for one in references}
    accepted = {obligation for word in named.get("accept", ()) for obligation in _meant(word, words)}
    free = [o for o in use["accept"] if o not in with_reference | accepted]
    terms = {
        **{"policy": named.get("name"), "use": use["asked"], "purpose": use["purpose"], "actor": use["actor"]},
        **{"application": use["application"], "jurisdiction": [j for j in use["jurisdictions"] if j != "*"]},
        "profile": use["profile"],
    }
    stated = {
        **{key: value for key, value in terms.items() if not named.get(key)},
        **{"accept": [*free, *(f"{one}={of}" if ":" in one else one for one, of in references.items())]},
        **{"redact": (manifest.get("redaction") or {}).get("types", [])},
    }
    listed = [_option("reading" if name == "profile" else name, value) for name, value in stated.items() if value]
    return tuple(word for of in listed for word in of)


def _meant(word: str, words: Vocabulary) -> Iterable[str]:
    return words.obligations if word == ALL else words.obligations_under(word.partition(":")[0])


def _tokenizer_again(manifest: Mapping[str, Any], folder: Path) -> list[str]:
    """The tokenizer of an export as an option: as it was asked for, or the file that lies in the export."""
    tokenizer = manifest["tokenizer"]
    if tokenizer is None or tokenizer.get("requested") is None:
        return []
    by_name = tokenizer.get("taken_from") or tokenizer["asset"] or tokenizer["path"] is None
    return ["--tokenizer", str(tokenizer["requested"] if by_name else folder / tokenizer["path"])]


def after_verify(access: Access, answers: Sequence[Any]) -> list[dict[str, Any]]:
    """What follows where there is no export to verify."""
    return [] if answers else shown([steps.first_question(access.typing)])


def after_review_list(access: Access, answer: Mapping[str, Any], asked: Request) -> list[dict[str, Any]]:
    """What follows a list of what waits: the first of it, or the answer that it would have changed."""
    if answer["open"] or answer["notices"]:
        first = (answer["open"] or answer["notices"])[0]["record"]
        step = Step("see what the first of them rests on", access.typing("explain", first, options=asked.of_one))
    else:
        step = Step("see what is permitted", access.typing("query", options=asked.of_one))
    return shown([step])


def after_refresh(access: Access, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What follows newer captures: to record them after a dry run, to look at what is left."""
    if answer["dry_run"] or not answer["locations"]:
        return []
    return shown([Step("list the hosts that nobody looked at, or only long ago", access.typing("signal wanted"))])


def after_review_log(access: Access, listed: Sequence[Any]) -> tuple[dict[str, Any], ...]:
    """What follows where nobody reviewed anything."""
    command = access.typing("review list", options=["--use", "train.pretrain"])
    return () if listed else tuple(shown([Step("list the copies that wait for somebody to look at them", command)]))


def after_consent_list(
    access: Access, events: Sequence[Any], sources: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any], ...]:
    """What follows where nobody gave, refused or withdrew anything."""
    if events:
        return ()
    if not sources:
        return of_nothing(access, True)
    options = ["--source", str(sources[0]["source_id"]), "--dry-run"]
    text = "see what the withdrawal of a source would match, and record nothing"
    return tuple(shown([Step(text, access.typing("consent withdraw", options=options))]))


def of_nothing(access: Access, nothing: bool) -> tuple[dict[str, Any], ...]:
    """What to do where a store is empty."""
    return tuple(shown(steps.of_empty_store(access.typing))) if nothing else ()


def _is_empty(con: Any) -> bool:
    from rightful.store.duck import rows

    return not rows(con, "SELECT 1 FROM records LIMIT 1")

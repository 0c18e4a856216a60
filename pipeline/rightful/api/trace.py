"""``store.trace``: where records went, and what an export or an asset was made of. Floor 10: part of `api`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from rightful.api import onward
from rightful.api.access import Access
from rightful.api.answer import Answer
from rightful.api.stepping import Limit, Steps, of_steps, seen
from rightful.assets.described import Asset
from rightful.errors import InputError, StoreError, UnknownName
from rightful.export.manifest import find_export
from rightful.query.tracing import (
    ASSET,
    DOT,
    EVENT,
    EXPORT,
    FORMATS,
    ITSELF,
    NONE,
    RECORD,
    SOURCE,
    STEP,
    SVG,
    TABLE,
    VIAS,
)
from rightful.query.tracing import answer as tracing
from rightful.query.tracing.answer import Ground
from rightful.query.tracing.following import after_trace
from rightful.query.tracing.graph import Graph
from rightful.query.tracing.picture import dot, svg
from rightful.query.versions import Version, versions
from rightful.store.layout import publish
from rightful.store.ledger import Ledger

Keys = dict[str, Any]
List = list[dict[str, Any]]


class Traced(Answer):
    """Where records went: ``exports`` has every place of them, ``holding`` every version of an export that holds any, and
    ``assets`` what was made of these. ``inputs`` and ``sources`` lead back. ``picture`` is there where one was asked for and
    not written to a file. ``steps`` are the records of steps that were asked for; ``seen`` says at which steps of which run
    any of the records was read."""

    by: str
    value: str
    record: str | None
    event: Keys | None
    records: int
    copies: Keys
    exports: List
    more: int
    holding: List
    assets: List
    inputs: List
    sources: List
    exports_unreadable: list[str]
    steps: List
    seen: List
    logs_unreadable: List
    graph: Keys
    out: str | None
    next: List
    picture: str | None = None

    optional: ClassVar[frozenset[str]] = frozenset({"picture"})


def trace(
    access: Access,
    what: str | None,
    selectors: dict[str, str | None],
    all_stale: bool,
    format: str | None,
    out: str | Path | None,
    limit: Limit,
    asked: Steps,
) -> Traced:
    """The trace of the one thing that is named. ``selectors``: event, source, author and subject."""
    form = _format(format, out)
    named = {by: value for by, value in selectors.items() if value is not None}
    of_step = asked.step is not None and asked.log is not None and what is None
    if (what is not None) + len(named) + all_stale + of_step != 1:
        hint = "a record, event, export or asset, or one of --event, --source, --author, --subject, --all-stale"
        raise InputError("traces one thing", subject="trace", hint=hint)
    if asked.step is not None and (named or all_stale):
        raise InputError("is asked of an export or a model", subject="--step", hint="rightful trace EXPORT --step 1200")
    if limit not in (None, NONE) and (isinstance(limit, str) or limit < 0):
        raise InputError(f"--limit {limit} is not a number of places", hint=f"a number from 0 on, or {NONE}")
    most = None if isinstance(limit, str) else limit
    with access.ledger() as ledger, access.connection("trace") as con:
        ground = Ground(con, access.layout, ledger, access.catalog, ledger.not_before(access.clock()))
        if asked.step is not None:
            answer, graph = of_steps(ground, None if what is None else _of_run(ledger, what), asked, limit)
        elif all_stale:
            answer, graph = tracing.of_stale(ground, most)
        elif named:
            ((by, value),) = named.items()
            _check_source(ledger, by, value)
            answer, graph = tracing.of_records(ground, by, value, most)
        else:
            answer, graph = _of_anything(access, ground, str(what), most)
        if answer["by"] not in (STEP, EXPORT, ASSET):
            vias = VIAS if answer["by"] == EVENT else (ITSELF,)
            answer |= seen(ground, asked, answer["holding"], vias, limit)
        elif asked.step is None and (asked.log is not None or asked.megatron_cache is not None):
            raise InputError(
                "says what was read at which step",
                subject="--log, --megatron-cache",
                hint="name the steps: --step 1200-1210",
            )
    following = onward.shown(after_trace(answer, access.typing))
    drawn = None if form == TABLE else _drawn(form, graph, answer)
    if drawn is not None and out is not None:
        with publish(Path(out)) as temporary:
            temporary.write_bytes(drawn)
    picture = None if drawn is None or out is not None else drawn.decode()
    return Traced(**answer, out=None if out is None else str(out), next=following, picture=picture)


def _check_source(ledger: Ledger, by: str, value: str) -> None:
    """Raise :class:`UnknownName` for a source that is not there, of which "nothing holds any of it" would be no answer."""
    if by == SOURCE:
        known = {str(one["source_id"]) for one in ledger.sources(ledger.snapshot())}
        if value not in known:
            raise UnknownName.of("source", value, known, subject="--source")


def _of_anything(access: Access, ground: Ground, name: str, limit: int | None) -> tuple[Keys, Graph]:
    """The trace of what a name means: an event, an export by its id or folder, an asset, else a record."""
    ledger = ground.ledger
    if any(event.event_id == name for event in ledger.consents()):
        return tracing.of_records(ground, EVENT, name, limit)
    export = _export(ledger, name)
    if export is not None:
        return tracing.of_export(ground, export)
    asset = tracing.asset_named(ledger, name)
    if asset is not None:
        return tracing.of_asset(ground, asset)
    try:
        record = access.record_id(name)
    except InputError as error:
        raise InputError(
            f"{error.message}, and no event, export or asset of this name", subject="trace", hint=error.hint
        ) from None
    return tracing.of_records(ground, RECORD, record, limit)


def _of_run(ledger: Ledger, name: str) -> Version | Asset:
    """The export or asset of which steps are asked. Raises :class:`InputError`."""
    of = _export(ledger, name) or tracing.asset_named(ledger, name)
    if of is None:
        raise InputError(
            f"{name!r} is no export and no asset of this store",
            subject="--step",
            hint="rightful trace EXPORT --step 1200",
        )
    return of


def _export(ledger: Ledger, name: str) -> Version | None:
    """The version of an export that an id or a folder names; None where it names none."""
    listed = versions(ledger.exports())
    by_id = {v.export: v for v in sorted(listed, key=lambda v: v.current)}
    if name in by_id:
        return by_id[name]
    if not Path(name).is_dir():
        return None
    try:
        row, folder = find_export(ledger, name)
    except (InputError, StoreError):
        return None
    if row is None:
        raise InputError("is an export that this store has no record of", subject=str(folder))
    return by_id[str(row["export"])]


def _format(format: str | None, out: str | Path | None) -> str:
    """The form of the answer; of a file its name says it where nothing else does."""
    if format is not None and format not in FORMATS:
        raise UnknownName.of("format", format, FORMATS, subject="--format")
    if out is None:
        return format or TABLE
    suffix = {".svg": SVG, ".dot": DOT, ".gv": DOT}.get(Path(out).suffix.lower())
    form = format or suffix
    if form is None or form == TABLE:
        raise InputError("is a file for a picture", subject=str(out), hint="pass --format dot or --format svg")
    return form


def _drawn(form: str, graph: Graph, answer: Keys) -> bytes:
    heading = "Trace of " + (f"{answer['by']} {answer['value']}" if answer["value"] else "all that is stale")
    return dot(graph, heading) if form == DOT else svg(graph, heading, tracing.described(answer))

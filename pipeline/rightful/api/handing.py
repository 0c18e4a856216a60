"""How permitted records are handed over: ids and tags as they are queried, texts as they are exported. Floor 10: part of `api`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from rightful.api.access import Access, Strings
from rightful.api.permitted import Handed
from rightful.decisions.policy import UseOptions, strings
from rightful.errors import InputError
from rightful.export.formats import TEXT
from rightful.export.memory import hand_over
from rightful.export.order import Order
from rightful.query.select import OWN_REASONS, Selection
from rightful.rights.because import REASONS
from rightful.rights.uses import redacting


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked: the use, and of which records."""

    options: UseOptions
    where: str | None
    dedup: str
    prefer: Strings
    snapshot: int | None
    redact: Strings
    redact_with: str | None


def tags(access: Access, wanted: Wanted, limit: int | None) -> Handed:
    """Ids and tags. Nothing is changed."""
    if limit is not None and limit < 0:
        raise InputError(f"{limit} is negative", subject="limit")
    with access.decided(wanted.options, wanted.snapshot) as (decided, request, standing):
        request = access.redacted(request, wanted.redact)
        ask = access.asking(standing, wanted.options, request.as_of, wanted.redact)
        selection = Selection(
            decided, request, where=wanted.where, dedup=wanted.dedup, prefer=strings(wanted.prefer), ask=ask
        )
        answer = selection.answer()
        table = pa.Table.from_batches(reader := selection.tags(limit), reader.schema)
        return Handed(
            records=answer.permitted[0],
            considered=answer.considered[0],
            excluded=tuple(answer.excluded),
            use=request.as_json(),
            snapshot=answer.snapshot,
            obligations=answer.obligations,
            valid_until=answer.valid_until,
            _rows=table,
        )


def texts(access: Access, wanted: Wanted, to: str | None, workers: int, yes: bool) -> Handed:
    """Texts, which leave as an export. Raises as :func:`rightful.export.memory.hand_over`."""
    order = Order(
        out=Path(),
        format=TEXT,
        where=wanted.where,
        dedup=wanted.dedup,
        prefer=strings(wanted.prefer),
        workers=workers,
        snapshot=wanted.snapshot,
        redaction=access.redaction(wanted.redact, wanted.redact_with),
    )
    with access.ledger(yes=yes) as ledger:
        now = ledger.not_before(access.clock())
        ledger.moment(now)  # before the work
        standing = access.policy(wanted.options.policy)
        request = access.request(ledger, standing, wanted.options, now)
        today = access.request(ledger, standing, replace(wanted.options, as_of=None), now)
        if order.redaction is not None:
            request, today = (redacting(one, order.redaction.types) for one in (request, today))
        applied = standing.as_json(request.as_of)
        left = hand_over(access.layout, ledger, access.catalog, request, order, now, to=to, policy=applied, today=today)
    manifest = left.manifest
    reasons = sorted(manifest["refused"].items(), key=lambda one: (-one[1], one[0]))
    return Handed(
        records=manifest["records"],
        considered=manifest["records"] + sum(manifest["refused"].values()),
        excluded=tuple(
            {"reason": slug, "text": REASONS.get(slug) or OWN_REASONS.get(slug, ""), "records": n}
            for slug, n in reasons
        ),
        use=manifest["use"],
        snapshot=manifest["snapshot"],
        obligations=manifest["obligations"],
        valid_until=manifest["expires_at"],
        manifest=manifest,
        _rows=left,
    )

"""What the verbs do that answer what a store holds and whether it holds. Floor 10: part of `api`."""

from __future__ import annotations

import os
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from rightful.api import onward
from rightful.api.access import Access, Strings
from rightful.api.answer import Rows
from rightful.api.answers import AllVerified, Health, Rebased, Recipe, Recipes, Statistics, Status, Verified
from rightful.decisions import named, overlay
from rightful.decisions.policy import Policy, damage_of, read_policy, strings
from rightful.errors import InputError, StoreError
from rightful.notation.times import instant
from rightful.query import steps
from rightful.rights.licenses import Catalog
from rightful.store.conditions import BUSY, NO_ROOM
from rightful.store.layout import must_be_new


def verify(access: Access, export: str | Path | None, every: bool) -> Verified | AllVerified:
    """One export, or every registered one."""
    from rightful.export.upkeep.verify import verify as verify_export

    if every == (export is not None):
        raise InputError("verifies one export or all", subject="verify", hint="name its id or folder, or pass --all")
    with access.ledger() as ledger:
        now = ledger.not_before(access.clock())
        if export is not None:
            answer = verify_export(access.layout, ledger, access.catalog, str(export), now).as_json()
            return Verified(**answer, next=onward.after_one_verified(access, ledger, answer))
        names = dict.fromkeys(str(e["export"]) for e in ledger.exports())
        answers = [
            verify_export(access.layout, ledger, access.catalog, name, now, gone=True).as_json() for name in names
        ]
    return AllVerified(
        ok=all(answer["ok"] for answer in answers), exports=answers, next=onward.after_verify(access, answers)
    )


def rebase(
    access: Access,
    export: str | Path,
    catalog: str | Path | None,
    policy: str | None,
    as_of: datetime | str | None,
    limit: int,
) -> Rebased:
    """What an export held, decided under another law."""
    from rightful.decisions.other_law import law_at
    from rightful.export.upkeep.rebase import Question
    from rightful.export.upkeep.rebase import rebase as rebased

    at = instant(as_of, "--as-of") if isinstance(as_of, str) else as_of
    law = None
    if catalog is not None:
        law = law_at(Path(catalog), access.shipped, overlay.read_overlays(access.layout.licenses))
    other = None if policy is None else _other_policy(access, policy)
    with access.ledger() as ledger:
        now = ledger.not_before(access.clock())
        question = Question(law=law, policy=other, as_of=at, limit=limit)
        answer = rebased(access.layout, ledger, access.shipped, str(export), now, question)
    return Rebased(**answer, next=onward.shown(steps.after_rebase(answer, access.typing)))


def _other_policy(access: Access, name: str) -> Policy:
    """The named use of this name beside the policy of the store, or the policy in a file. Raises :class:`InputError`."""
    path = Path(name)
    if not name.lower().endswith(".toml"):
        return access.policy(name)
    if not os.path.lexists(path):
        hint = "name a file, or a named use: rightful policy list"
        raise InputError("there is no such policy", subject=name, hint=hint)
    return read_policy(path, access.shipped.vocabulary)


def recipe(access: Access, name: str | Path | None) -> Recipe | Recipes:
    """One recipe, resolved, or which there are."""
    from rightful.recipes import recipe as recipes

    recorded = access.recipes()
    if name is None:
        presets = [{"recipe": preset, "about": about} for preset, about in recipes.presets().items()]
        return Recipes(presets=presets, recorded=[{"digest": d, "records": n} for d, (_, n) in recorded.items()])
    known = recorded.get(str(name))
    settings = recipes.revived(known[0]) if known else recipes.load(name)
    resolved = known[0] if known else settings.resolved()
    toml = "\n".join(recipes.toml_lines(settings)) + "\n"
    return Recipe(recipe=str(name), digest=recipes.digest_of(resolved), resolved=resolved, toml=toml)


def sql(access: Access, query: str, snapshot: int | None, max_seconds: float, max_memory: int | None) -> Rows:
    """The rows of a query."""
    from rightful.api.bounds import bounded
    from rightful.query.sql import run_sql
    from rightful.query.touched import statuses

    if not max_seconds > 0:
        raise InputError("a bound is a positive number", subject="--max-seconds, --max-memory")
    within = None if max_memory is None else bounded(max_seconds, max_memory)
    with access.ledger() as ledger, access.connection("sql") as con:
        at, now = ledger.check_snapshot(snapshot), ledger.not_before(access.clock())
        of_exports = partial(statuses, access.layout, ledger, access.catalog, now)
        answer = run_sql(
            con, access.layout, ledger, at, query, of_exports, now=now, max_seconds=max_seconds, within=within
        )
        return Rows(answer, onward.of_nothing(access, not answer and not ledger.parts("records", at)))


def stats(access: Access, by: Strings, where: str | None, snapshot: int | None, out: str | Path | None) -> Statistics:
    """Counts and histograms, and their folder."""
    from rightful.query.kept import kept_in_snapshot
    from rightful.query.stats import axes
    from rightful.query.stats.tally import Tally
    from rightful.store.views import open_views

    chosen = axes.chosen(strings(by))
    if out is not None:
        must_be_new(Path(out))
    with access.ledger() as ledger, access.connection("stats") as con:
        at = ledger.check_snapshot(snapshot)
        open_views(con, access.layout, ledger, at)
        tally = Tally(
            con, *chosen, where, kept_in_snapshot(access.layout, ledger, at, ledger.not_before(access.clock()))
        )
        answer = {"snapshot": at, "where": where, **tally.as_json()}
        written = None
        if out is not None:
            from rightful.query.stats import folder

            written = {"path": str(out), "files": folder.write(Path(out), tally, answer)}
        return Statistics(**answer, next=onward.after_stats(access, not tally.totals["records"]), out=written)


def status(access: Access) -> Status:
    """Snapshot, sizes and counts, and what has to be done by when."""
    from rightful.ingest.retag import upgrade
    from rightful.query.duties import open_duties

    with access.ledger() as ledger:
        snapshot, now = ledger.snapshot(), ledger.not_before(access.clock())
        parts = {kind: ledger.parts(kind, snapshot) for kind in ("records", "texts")}
        return Status(
            store=str(ledger.meta("store_id")),
            snapshot=snapshot,
            catalog=access.shipped.digest,
            parts=len(parts["records"]),
            rows=sum(p.rows for p in parts["records"]),
            records_bytes=sum(p.size_bytes for p in parts["records"]),
            texts_bytes=sum(p.size_bytes for p in parts["texts"]),
            events=ledger.consent_count(),
            exports=len(ledger.exports()),
            assets=len(ledger.assets()),
            sealed=ledger.is_sealed(),
            upgrade=upgrade.needs(access.layout, ledger, snapshot),
            duties=[duty.as_json(now) for duty in open_duties(access.layout, ledger, _readable(access), now)],
        )


def _readable(access: Access) -> Catalog:
    """The licences as they are read here; as they are shipped where a reading is damaged, which ``store check`` names."""
    try:
        return access.catalog
    except InputError:
        return access.shipped


def check(access: Access, *, sweep: bool, absent: str | Path | None) -> Health:
    """Everything is read. ``sweep`` removes what killed runs left, where nothing is damaged.

    Raises :class:`StoreError` for what is no damage: no room, a store that another process holds.
    """
    from rightful.store.absence import absence
    from rightful.store.check import report, unreadable
    from rightful.store.sweep import COMMIT, clear
    from rightful.store.sweep import sweep as sweeping

    layout, catalog = access.layout, access.shipped
    text = None if absent is None else _text_in(Path(absent))
    looked: dict[str, Any] | None = None
    swept: list[Path] = []
    policy = damage_of(layout.policy, catalog.vocabulary, catalog.names, access.clock())
    beside = [*([] if policy is None else [policy]), *named.damages(layout.uses, catalog.vocabulary)]
    beside += overlay.damages(layout.licenses)
    try:
        with access.ledger() as ledger:
            answer = report(layout, ledger, beside)
            if sweep and answer["ok"]:
                swept = sweeping(layout)
                with layout.lock(COMMIT):
                    swept += clear(layout, ledger, orphans=True)
                answer = report(layout, ledger, beside)
            if text is not None:
                looked = absence(layout, ledger, text).as_json()
    except StoreError as error:
        if error.subject != str(layout.ledger) or error.hint in (None, NO_ROOM, BUSY):  # no damage
            raise
        answer = unreadable(layout, error, beside)
    return Health(**answer, swept=[str(path) for path in swept] if sweep else None, absent=looked)


def _text_in(path: Path) -> str:
    """The text of a file. Raises :class:`InputError` where there is none that can be read."""
    try:
        content = path.read_bytes()
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", subject=str(path), hint="name a file with the text"
        ) from None
    except UnicodeDecodeError as error:
        hint = "write the text as UTF-8"
        raise InputError(f"is no text: {error.reason} at byte {error.start}", subject=str(path), hint=hint) from None

"""The library: one object, the verbs of the command line under the same names. Floor 10.

>>> store = Store("corpus-store")                                          # doctest: +SKIP
>>> store.ingest(["mail/"])["added"]                                       # doctest: +SKIP
>>> store.query(use="train.pretrain", accept=["attribution", "notice"])    # doctest: +SKIP
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rightful import catalog
from rightful.decisions.cases import Decided, stored_claims
from rightful.decisions.policy import Policy, UseOptions, damage_of, read_policy, signed, strings, write
from rightful.errors import InputError, StoreError, UnknownName
from rightful.events import consents
from rightful.export.place import exports_left, sweep_exports
from rightful.export.redaction import Redaction
from rightful.export.run import SHARD_TOKENS, Order
from rightful.export.run import Progress as ExportProgress
from rightful.export.run import export as run_export
from rightful.export.upkeep.verify import verify as run_verify
from rightful.ingest import plan as planning
from rightful.ingest import retag
from rightful.ingest import run as ingesting
from rightful.ingest.retag import upgrade as upgrading
from rightful.notation.times import instant, through
from rightful.query import reviews, sources
from rightful.query import uses as vocabulary
from rightful.query.explain import explain, find_record
from rightful.query.license import unbound
from rightful.query.select import Selection
from rightful.query.sql import MAX_SECONDS, run_sql
from rightful.query.stats import axes as statistics
from rightful.query.stats import folder
from rightful.query.stats.tally import Tally
from rightful.query.touched import Holders, Touched, newly_touched, refused_now, statuses
from rightful.readers.limits import with_changes
from rightful.recipes import recipe as recipes
from rightful.rights.licenses import Catalog
from rightful.rights.undertakings import Unbound
from rightful.rights.uses import Use, redacting
from rightful.stages.pii.stage import PersonalData, widest
from rightful.store.check import report, unreadable
from rightful.store.conditions import BUSY, NO_ROOM
from rightful.store.duck import rows
from rightful.store.layout import Layout, must_be_new
from rightful.store.ledger import Ledger
from rightful.store.scratch import workspace
from rightful.store.selectors import is_record_id
from rightful.store.sweep import COMMIT, clear
from rightful.store.sweep import sweep as sweeping
from rightful.store.views import open_views

Strings = str | Iterable[str] | None


def utc_now() -> datetime:
    """The clock of the library, in UTC."""
    return datetime.now(UTC)


class Store:
    """A store in a folder. It is made by the first ingest; every other verb needs it to be there.

    ``clock`` gives the present instant; times are decided against it and written to the ledger alone.
    """

    def __init__(self, root: str | Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.layout = Layout(Path(root))
        self.clock = clock

    @property
    def law(self) -> Catalog:
        """The vocabulary and the licences."""
        return catalog.load()

    def ingest(
        self,
        paths: Sequence[str | Path],
        *,
        source: str | Path | None = None,
        recipe: str | Path | None = None,
        format: str | None = None,
        fields: dict[str, str | None] | None = None,
        limits: Mapping[str, int] | None = None,
        workers: int | None = None,
        prune: bool = False,
        rehash: bool = False,
        yes: bool = False,
        progress: ingesting.Progress | None = None,
    ) -> dict[str, Any]:
        """Read files or folders into the store. Re-running it is a no-op.

        Records that are gone from a file that is read again are retired; those of files that are gone from a folder that
        is named are listed, and retired with ``prune`` (where a source would lose all its files, with ``yes`` as well).
        ``rehash`` looks at the content of every file, whatever the file system says.

        ``source`` is a card for all paths; ``fields`` maps text, id, url, license, ... to column names. ``limits`` are
        those of :class:`rightful.readers.limits.Limits` that are to be others than the recipe's: ``value_bytes``, ...
        ``workers`` above 1 start processes, so a script needs the usual ``if __name__ == "__main__"``.
        ``yes``, as in every verb that has it: commit although the clock is over 400 days after the newest snapshot.
        Answers counts with ``read = added + unchanged + refused + rejected``. Raises :class:`InputError`.
        """
        settings = recipes.load(recipe or None, fields)
        settings = replace(settings, limits=with_changes(settings.limits, limits or {}))
        card = Path(source) if source else None
        plan = planning.plan([Path(p) for p in paths], settings, self.law, card=card, format=format)
        choices = ingesting.Choices(prune=prune, rehash=rehash, yes=yes)
        if exports_left(self.layout):
            with self._ledger() as ledger:
                sweep_exports(self.layout, ledger)
        done = ingesting.ingest(
            self.layout, plan, clock=self.clock, choices=choices, workers=_workers(workers), progress=progress
        )
        return done.as_json()

    def tag(
        self,
        *,
        recipe: str | Path | None = None,
        where: str | None = None,
        workers: int | None = None,
        yes: bool = False,
        progress: retag.Progress | None = None,
    ) -> dict[str, Any]:
        """Run again the stages whose settings changed, on what is stored. Texts stay as they are; a new snapshot.

        ``recipe`` is a file, a preset or ``default``; without one each record keeps its own, and what runs again are
        stages of which there is a newer version. ``where`` is a condition on the columns of a record. Raises
        :class:`InputError`; then nothing changed.
        """
        settings = recipes.load(recipe) if recipe else None
        with self._ledger(yes=yes) as ledger:
            now = ledger.not_before(self.clock())
            sweep_exports(self.layout, ledger)
            done = retag.tag(
                self.layout, ledger, settings, now, where=where, workers=_workers(workers), progress=progress
            )
        return done.as_json()

    def query(
        self,
        use: Strings = None,
        *,
        where: str | None = None,
        dedup: str = "near",
        prefer: Strings = None,
        out: str | Path | None = None,
        ids: bool = False,
        limit: int | None = None,
        snapshot: int | None = None,
        redact: Strings = None,
        **options: Any,
    ) -> dict[str, Any]:
        """The permitted records for a use, and why the others are excluded. ``out`` gets ids and tags, never text.

        ``redact`` names types of personal data: it is decided as for an export that takes them out.
        ``prefer`` says which of several copies stays: ``source:NAME``, ``publisher``, ``longest``, ``shortest``,
        ``earliest``, ``latest``, in the order in which they count.
        """
        with self._decided(use, options, snapshot) as (decided, asked, policy):
            if limit is not None and limit < 0:
                raise InputError(f"--limit {limit} is negative")
            taken_out = Redaction.of(strings(redact), None, self._scan() if redact else None)
            if taken_out is not None:
                asked = redacting(asked, taken_out.types)
            selection = Selection(decided, asked, where=where, dedup=dedup, prefer=strings(prefer))
            answer = selection.answer(ids=ids, limit=limit)
            answer.policy = policy.as_json(asked.as_of)
            found = answer.as_json()
            if out is not None:
                found["out"] = {"path": str(out), "records": selection.write(Path(out), limit)}
            return found

    def export(
        self,
        out: str | Path,
        use: Strings = None,
        *,
        format: str = "parquet",
        tokenizer: str,
        eod: str | None = None,
        tokenizer_backend: str = "auto",
        on_unencodable: str = "error",
        where: str | None = None,
        dedup: str = "near",
        prefer: Strings = None,
        shard_tokens: int = SHARD_TOKENS,
        seed: int | None = None,
        workers: int | None = None,
        snapshot: int | None = None,
        redact: Strings = None,
        redact_with: str | None = None,
        yes: bool = False,
        progress: ExportProgress | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Tokenized shards that hold only permitted records, with the proof beside them. Answers the manifest.

        ``redact`` names types of personal data (``email``, a group such as ``contact``, or ``all``) that are taken out
        of the texts as they leave, with ``redact_with`` in their place: what is owed where a scan found personal data.
        ``on_unencodable`` says what happens where the tokenizer has no way to write a character: ``error``, or
        ``count``, which leaves it out and states it as ``lost``, in the manifest and for each record in the index.
        Raises :class:`Refused` when nothing is permitted, :class:`InputError` when OUT is taken or a text cannot be
        written.
        """
        order = Order(
            out=Path(out),
            format=format,
            tokenizer=tokenizer,
            eod=eod,
            backend=tokenizer_backend,
            on_unencodable=on_unencodable,
            where=where,
            dedup=dedup,
            prefer=strings(prefer),
            shard_tokens=shard_tokens,
            seed=seed,
            workers=_workers(workers),
            snapshot=snapshot,
            redaction=Redaction.of(strings(redact), redact_with, self._scan() if redact else None),
        )
        with self._ledger(yes=yes) as ledger:
            now = ledger.not_before(self.clock())
            ledger.moment(now)  # before the work
            policy = read_policy(self.layout.policy, self.law.vocabulary)
            asked = self._asked(ledger, policy, _options(use, options), now)
            today = self._asked(ledger, policy, _options(use, {**options, "as_of": None}), now)
            if order.redaction is not None:
                asked, today = (redacting(one, order.redaction.types) for one in (asked, today))
            said = policy.as_json(asked.as_of)
            return run_export(
                self.layout, ledger, self.law, asked, order, now, policy=said, today=today, progress=progress
            )

    def explain(
        self, record: str, use: Strings = None, *, snapshot: int | None = None, **options: Any
    ) -> dict[str, Any]:
        """The decision on one record, the evidence that determined it, and what would change it."""
        with self._decided(use, options, snapshot) as (decided, asked, _):
            decided.join(decided.decide(asked))
            return explain(decided, asked, find_record(decided.con, record))

    def verify_all(self) -> dict[str, Any]:
        """Every registered export, each as :meth:`verify` answers; one whose folder is gone is not ``ok`` and says so."""
        with self._ledger() as ledger:
            now = ledger.not_before(self.clock())
            found = [
                run_verify(self.layout, ledger, self.law, export, now, gone=True).as_json()
                for export in dict.fromkeys(str(e["export"]) for e in ledger.exports())
            ]
        return {"ok": all(f["ok"] for f in found), "exports": found}

    def verify(self, export: str | Path) -> dict[str, Any]:
        """Re-read an export and decide every record again. ``ok`` is False when a file or a permission is gone."""
        with self._ledger() as ledger:
            return run_verify(self.layout, ledger, self.law, str(export), ledger.not_before(self.clock())).as_json()

    def record_id(self, name: str) -> str:
        """The id of the record that ``name`` means, as ``explain`` reads it; older versions are found too.

        32 hexadecimal digits are an id, whether or not the store has it. Raises :class:`InputError` when none or
        several records have that name.
        """
        if is_record_id(name):
            return name.strip().lower()
        with self._ledger() as ledger, self._connection("name") as con:
            open_views(con, self.layout, ledger, ledger.snapshot())
            try:
                return find_record(con, name.strip(), superseded=True)
            except StoreError as error:
                raise InputError(error.message, subject="--record", hint=error.hint) from error

    def consent(
        self, requests: Sequence[consents.Request], *, dry_run: bool = False, yes: bool = False
    ) -> list[dict[str, Any]]:
        """Record consent events in one commit; one answer each."""
        if not requests:
            raise InputError(
                "no consent event", hint="name what it is about: --record, --url, --url-prefix, --domain, ..."
            )
        with self._ledger(yes=yes) as ledger:
            now = self._event_time(ledger, dry_run)
            if not dry_run:
                sweep_exports(self.layout, ledger)
            done = consents.record(
                self.layout,
                ledger,
                requests,
                self.law.vocabulary,
                now,
                dry_run=dry_run,
                holders=Holders(self.layout, ledger, self.law, now),
            )
        # What all of them match together: of several it is not the sum.
        return [{**answer, "together": {"records": done.records, "sources": done.sources}} for answer in done.answers]

    def consent_import(self, path: str | Path, *, dry_run: bool = False, yes: bool = False) -> dict[str, Any]:
        """Record the events of a CSV, JSONL or Parquet file in one commit; rows that are wrong are named and left out.

        What is on record already with the same words is not recorded again (``known``), whatever file it stood in.
        """
        with self._ledger(yes=yes) as ledger:
            now = self._event_time(ledger, dry_run)
            if not dry_run:
                sweep_exports(self.layout, ledger)
            found, errors = consents.events_of(Path(path), self.law.vocabulary, ledger.key, now)
            done = consents.Recorded([], [], 0, 0, 0, 0)
            if found:
                holders = Holders(self.layout, ledger, self.law, now)
                done = consents.record_events(
                    self.layout, ledger, found, now, dry_run=dry_run, once=True, holders=holders
                )
        answers = done.answers
        return {
            "rows": len(found) + len(errors),
            "applied": done.applied,
            "known": done.known,
            "unmatched": sum(1 for a in answers if not a["matched"]["records"]),
            "matched": {"records": done.records},
            "exports": done.exports,
            "exports_unreadable": done.unreadable,
            "incomplete": [{k: a[k] for k in ("kind", "selector", "lacks")} for a in answers if a["lacks"]],
            "errors": errors,
            "dry_run": dry_run,
        }

    def consent_list(self) -> list[dict[str, Any]]:
        """All events, oldest first. Persons are named by the store's hash only."""
        with self._ledger() as ledger:
            return [consents.shown(row) for row in ledger.consent_rows()]

    def review_list(
        self, use: Strings = None, *, limit: int = 100, snapshot: int | None = None, **options: Any
    ) -> dict[str, Any]:
        """What copies leave open for a use: near copies that wait for a review, and contested exact ones."""
        with self._decided(use, options, snapshot) as (decided, asked, _):
            decided.join(decided.decide(asked))
            return reviews.waiting(decided, self.layout, asked, limit)

    def review_log(self) -> list[dict[str, Any]]:
        """All that was decided about near copies, oldest first; of one pair the last counts."""
        with self._ledger() as ledger:
            return [reviews.as_json(review) for review in ledger.reviews()]

    def review_decide(
        self, record: str, other: str, verdict: str, *, by: str, reason: str, yes: bool = False
    ) -> dict[str, Any]:
        """Record that two near copies are ``distinct`` works, or the ``same``; ``exports`` are those that hold what is
        permitted no more since. Raises :class:`InputError`."""
        ids = self.record_id(record), self.record_id(other)
        with self._ledger(yes=yes) as ledger, self._connection("review") as con:
            now = ledger.moment(self.clock())
            sweep_exports(self.layout, ledger)
            said = {"verdict": verdict, "by": by, "reason": reason}
            return reviews.record(con, self.layout, ledger, self.law, ids, **said, now=now)

    def sources(self) -> list[dict[str, Any]]:
        """The sources with their newest cards, and where one is stated wider than a source that it was made from."""
        with self._ledger() as ledger:
            return sources.sources(ledger, self.law, ledger.not_before(self.clock()))

    def uses(self, word: str | None = None, *, scheme: str | None = None) -> dict[str, Any]:
        """The words of a request; with ``word`` what that one means, wherever it occurs; with ``scheme`` its terms.

        Needs no store. What a term of another scheme means is told for today. Raises :class:`UnknownName`.
        """
        if word is not None:
            return vocabulary.explained(word, self.law, self.clock().date(), scheme=scheme)
        return vocabulary.listing(self.law) if scheme is None else vocabulary.terms_of(scheme, self.law)

    def recipe(self, name: str | Path | None = None) -> dict[str, Any]:
        """A recipe, resolved: a preset, a file, or the digest of one that the store has records of. None: which there are.

        Raises :class:`InputError` for a recipe that is not one.
        """
        stored = self._recipes()
        if name is None:
            about = [{"recipe": preset, "about": words} for preset, words in recipes.presets().items()]
            return {"presets": about, "recorded": [{"digest": d, "records": n} for d, (_, n) in stored.items()]}
        known = stored.get(str(name))
        found = recipes.revived(known[0]) if known else recipes.load(name)
        resolved = known[0] if known else found.resolved()
        return {
            "recipe": str(name),
            "digest": recipes.digest_of(resolved),
            "resolved": resolved,
            "toml": "\n".join(recipes.toml_lines(found)) + "\n",
        }

    def _scan(self) -> PersonalData:
        """The scan for personal data that finds what the records were tagged with, by any of their recipes."""
        return widest(
            recipes.revived(said).stage(PersonalData) for said, _ in self._recipes().values() if "pii" in said["stages"]
        )

    def _recipes(self) -> dict[str, tuple[dict[str, Any], int]]:
        """The recorded recipes with how many records each has, by digest."""
        if not self.layout.exists():
            return {}
        with self._ledger() as ledger, self._connection("recipes") as con:
            open_views(con, self.layout, ledger, ledger.snapshot())
            counts = dict(rows(con, "SELECT recipe_sha256, count(*) FROM records GROUP BY ALL ORDER BY 2 DESC, 1"))
            found = {d: ledger.remembered(f"{recipes.RECORDED}{d}") for d in counts}
        return {d: (json.loads(said), counts[d]) for d, said in found.items() if said}

    def policy(self) -> dict[str, Any]:
        """The standing policy of the store, and whether it is in force."""
        return self._told(read_policy(self.layout.policy, self.law.vocabulary), self.clock())

    def sign_policy(self, by: str, until: str) -> dict[str, Any]:
        """Sign the standing policy for a period that begins now; ``exports`` are those that hold what is not permitted
        under it. Raises :class:`InputError`; then nothing changed."""
        now = self.clock()
        ends = through(until, "--until")
        text, policy = signed(self.layout.policy, self.law.vocabulary, by=by, until=ends, now=now)
        touched = Touched([], [])
        if self.layout.exists():
            with self._ledger() as ledger:
                refused = refused_now(self.layout, ledger, self.law, ledger.not_before(now), policy)
                touched = newly_touched({}, refused)
        write(self.layout.policy, text)
        return {**self._told(policy, now), **touched.as_json()}

    def _told(self, policy: Policy, now: datetime) -> dict[str, Any]:
        return {"path": str(self.layout.policy), "in_force": policy.in_force(now), **policy.as_json(now)}

    def sql(
        self,
        query: str,
        *,
        snapshot: int | None = None,
        max_seconds: float = MAX_SECONDS,
        within: AbstractContextManager[None] | None = None,
    ) -> list[dict[str, Any]]:
        """The rows of one read-only SELECT over the store's views. Texts that were withdrawn are not among them.

        ``within`` is entered while the query itself runs: bounds of this process, for example.
        """
        with self._ledger() as ledger, self._connection("sql") as con:
            at, now = ledger.check_snapshot(snapshot), ledger.not_before(self.clock())
            asked = partial(statuses, self.layout, ledger, self.law, now)
            return run_sql(con, self.layout, ledger, at, query, asked, now=now, max_seconds=max_seconds, within=within)

    def stats(
        self,
        by: Strings = None,
        *,
        where: str | None = None,
        out: str | Path | None = None,
        snapshot: int | None = None,
    ) -> dict[str, Any]:
        """What the store holds, by source, language, licence, ..., and how its numbers are spread.

        Whether it may be used is not asked: that is :meth:`query`. ``by`` names axes and histograms, all by default.
        ``out`` becomes a folder of Parquet tables and SVG plots. Raises :class:`InputError` when it exists.
        """
        asked = statistics.chosen(strings(by))
        if out is not None:
            must_be_new(Path(out))
        with self._ledger() as ledger, self._connection("stats") as con:
            at = ledger.check_snapshot(snapshot)
            open_views(con, self.layout, ledger, at)
            tally = Tally(con, *asked, where)
            found = {"snapshot": at, "where": where, **tally.as_json()}
            if out is not None:
                found["out"] = {"path": str(out), "files": folder.write(Path(out), tally, found)}
            return found

    def status(self) -> dict[str, Any]:
        """Snapshot, sizes and counts."""
        with self._ledger() as ledger:
            snapshot = ledger.snapshot()
            parts = {kind: ledger.parts(kind, snapshot) for kind in ("records", "texts")}
            return {
                "store": ledger.meta("store_id"),
                "snapshot": snapshot,
                "catalog": self.law.digest,
                "parts": len(parts["records"]),
                "rows": sum(p.rows for p in parts["records"]),
                "records_bytes": sum(p.size_bytes for p in parts["records"]),
                "texts_bytes": sum(p.size_bytes for p in parts["texts"]),
                "events": ledger.consent_count(),
                "exports": len(ledger.exports()),
                "assets": len(ledger.assets()),
                "sealed": ledger.is_sealed(),
                "upgrade": upgrading.needs(self.layout, ledger, snapshot),
            }

    def upgrade(self, *, workers: int | None = None, yes: bool = False) -> dict[str, Any]:
        """Rewrite what an earlier version wrote to today's schema. No tag and no answer changes; a second run does nothing."""
        with self._ledger(yes=yes) as ledger:
            return upgrading.upgrade(self.layout, ledger, ledger.not_before(self.clock()), workers=_workers(workers))

    def check(self, *, sweep: bool = False) -> dict[str, Any]:
        """``ok, damaged[{file, what, remedy}], orphans[]``: everything is read and held against what was committed.

        The policy is read as every verb reads it. ``sweep`` removes what killed runs left, unless something is damaged:
        then nothing is removed.
        """
        swept: list[Path] = []
        policy = damage_of(self.layout.policy, self.law.vocabulary, self.law.names, self.clock())
        beside = [] if policy is None else [policy]
        try:
            with self._ledger() as ledger:
                found = report(self.layout, ledger, beside)
                if sweep and found["ok"]:
                    swept = sweeping(self.layout)
                    with self.layout.lock(COMMIT):
                        swept += clear(self.layout, ledger, orphans=True)
                    found = report(self.layout, ledger, beside)
        except StoreError as error:
            if error.subject != str(self.layout.ledger) or error.hint in (None, NO_ROOM, BUSY):  # no damage
                raise
            found = unreadable(self.layout, error, beside)
        return {**found, **({"swept": [str(path) for path in swept]} if sweep else {})}

    def log(self) -> list[dict[str, Any]]:
        """The snapshots, oldest first."""
        with self._ledger() as ledger:
            return ledger.snapshots()

    def _event_time(self, ledger: Ledger, dry_run: bool) -> datetime:
        """When an event that comes now is recorded: after all that was recorded before it."""
        return ledger.not_before(self.clock()) if dry_run else ledger.moment(self.clock())

    @contextlib.contextmanager
    def _ledger(self, *, yes: bool | None = None) -> Iterator[Ledger]:
        """The ledger; a verb that writes says ``yes``, or not, to a clock that is far ahead, and one that reads nothing."""
        ledger = Ledger.open(self.layout.ledger, yes=bool(yes), reading=yes is None)
        try:
            yield ledger
        finally:
            ledger.close()

    @contextlib.contextmanager
    def _connection(self, name: str) -> Iterator[Any]:
        with workspace(self.layout, name) as (con, _):
            yield con

    def _asked(self, ledger: Ledger, policy: Policy, options: UseOptions, now: datetime) -> Use:
        """The request; a precondition that names nobody is an error that says who asks for it in this store."""
        try:
            return policy.use(options, self.law.vocabulary, now, self.law.names)
        except Unbound as error:
            with self._connection("askers") as con:
                open_views(con, self.layout, ledger, ledger.snapshot())
                raise unbound(error, [*policy.bases, *stored_claims(con)], self.law) from None

    @contextlib.contextmanager
    def _decided(
        self, use: Strings, options: dict[str, Any], snapshot: int | None
    ) -> Iterator[tuple[Decided, Any, Policy]]:
        with self._ledger() as ledger, self._connection("query") as con:
            policy = read_policy(self.layout.policy, self.law.vocabulary)
            now = ledger.not_before(self.clock())
            asked = self._asked(ledger, policy, _options(use, options), now)
            at = ledger.check_snapshot(snapshot)
            yield Decided(con, self.layout, ledger, at, self.law, asked.as_of), asked, policy


def _options(use: Strings, options: dict[str, Any]) -> UseOptions:
    """Use options as a caller writes them: one string or several, an instant or its text."""
    known = {"purpose", "application", "actor", "jurisdiction", "accept", "profile", "as_of"}
    if set(options) - known:
        name = sorted(set(options) - known)[0]
        raise UnknownName.of("option", name, known)
    as_of = options.get("as_of")
    return UseOptions(
        use=strings(use),
        purpose=options.get("purpose"),
        application=options.get("application"),
        actor=options.get("actor"),
        jurisdiction=strings(options.get("jurisdiction")),
        accept=strings(options.get("accept")),
        profile=options.get("profile"),
        as_of=instant(as_of, "--as-of") if isinstance(as_of, str) else as_of,
    )


def _workers(workers: int | None) -> int:
    if workers is not None and workers < 1:
        raise InputError(f"--workers {workers} is not a positive number")
    return workers or 1

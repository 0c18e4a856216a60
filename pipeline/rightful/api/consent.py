"""``store.consent``: what people gave, refused and withdrew. Floor 10: part of `api`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from rightful.api import onward
from rightful.api.access import Access, Strings
from rightful.api.answer import Rows
from rightful.api.answers import Consented, Imported, Receipt
from rightful.api.typed import typed
from rightful.decisions.policy import strings
from rightful.errors import InputError, UnknownName
from rightful.events import consents, importing
from rightful.events.consents import KIND_NAMES, Request
from rightful.events.on_record import OnRecord
from rightful.events.texts import text_digests
from rightful.export import PERSON
from rightful.export.place import sweep_exports
from rightful.notation.times import instant
from rightful.query.reached_by_passages import Passages
from rightful.query.touched import Holders
from rightful.rights.consent import ANNULMENT, EVENT, GIVEN, GRANTING, REFUSING, SELECTORS, WITHDRAWN
from rightful.store.ledger import Ledger


@typed
@dataclass(frozen=True, slots=True)
class Consent:
    """The consent ledger of a store. An event is added, never changed; each method records in one commit.

    The records that an event is about are named by ``record`` (an id, or as in ``explain``), ``content_sha256``,
    ``url``, ``url_prefix``, ``domain``, ``subject`` (a person whom they are about), ``source``, ``text`` (the digest of the
    normalised text, or a file with the text), ``passage`` (RECORD:START+LENGTH), ``author`` or ``owner`` (SITE/OWNER of
    repositories); several of them are several events.
    ``use``, ``purpose`` and ``application`` limit an event to what they name. ``effective`` is when it takes effect, now
    by default, ``deadline`` when what it asks for has to be done, ``proof`` where it can be looked up that it was said.
    ``dry_run`` answers what it would match and records nothing. One that matches more than a hundredth of the store and more
    than 1,000 records is recorded with ``yes`` only. Times are instants or their text.
    """

    _access: Access

    def add(
        self,
        *,
        record: str | Iterable[str] | None = None,
        content_sha256: str | Iterable[str] | None = None,
        url: str | Iterable[str] | None = None,
        url_prefix: str | Iterable[str] | None = None,
        domain: str | Iterable[str] | None = None,
        subject: str | Iterable[str] | None = None,
        source: str | Iterable[str] | None = None,
        text: str | Path | Iterable[str | Path] | None = None,
        passage: str | Iterable[str] | None = None,
        author: str | Iterable[str] | None = None,
        owner: str | Iterable[str] | None = None,
        use: str | Iterable[str] | None = None,
        purpose: str | Iterable[str] | None = None,
        application: str | Iterable[str] | None = None,
        reason: str = "",
        effective: datetime | str | None = None,
        deadline: datetime | str | None = None,
        proof: str = "",
        until: datetime | str | None = None,
        perpetual: bool = False,
        party: str = "",
        given_by: str | Iterable[str] | None = None,
        dry_run: bool = False,
        yes: bool = False,
        kind: str = GIVEN,
    ) -> Consented:
        """Record a consent: of persons to whom the data relate, or of authors and rights holders.

        ``given_by`` is in which capacity, ``data_subject`` by default; as ``rights_holder`` it is a grant beside the
        licence if it names ``party`` (to whom), ``use``, ``purpose``, and ``until`` or ``perpetual``; what it lacks is
        answered as ``lacks``. ``kind="renewal"`` renews what was given by the same selector: without ``use`` for what was
        given then, with the period that is named now. Raises :class:`InputError`; then nothing is recorded.

        >>> store.consent.add(subject="mira@example.org", use="train", purpose="noncommercial")  # doctest: +SKIP
        """
        named = (record, content_sha256, url, url_prefix, domain, subject, source, _texts(text), passage, author, owner)
        if KIND_NAMES.get(kind.strip().lower()) not in GRANTING:
            raise UnknownName.of("kind of consent", kind, GRANTING, subject="--kind")
        words = tuple(word for text in strings(given_by) for word in re.split(r"[,;\s]+", text) if word)
        terms = {
            **_terms(kind, use, purpose, application, reason, effective, deadline, proof),
            **{"valid_until": _time(until, "--until"), "perpetual": perpetual, "party": party, "given_by": words},
        }
        return self._recorded(named, terms, dry_run=dry_run, yes=yes)

    def withdraw(
        self,
        *,
        record: str | Iterable[str] | None = None,
        content_sha256: str | Iterable[str] | None = None,
        url: str | Iterable[str] | None = None,
        url_prefix: str | Iterable[str] | None = None,
        domain: str | Iterable[str] | None = None,
        subject: str | Iterable[str] | None = None,
        source: str | Iterable[str] | None = None,
        text: str | Path | Iterable[str | Path] | None = None,
        passage: str | Iterable[str] | None = None,
        author: str | Iterable[str] | None = None,
        owner: str | Iterable[str] | None = None,
        use: str | Iterable[str] | None = None,
        purpose: str | Iterable[str] | None = None,
        application: str | Iterable[str] | None = None,
        reason: str = "",
        effective: datetime | str | None = None,
        deadline: datetime | str | None = None,
        proof: str = "",
        dry_run: bool = False,
        yes: bool = False,
        kind: str = WITHDRAWN,
    ) -> Consented:
        """Record a withdrawal: refused at once, on exact copies too, and when it is ingested again.

        ``kind`` is what it is: a ``withdrawal``, ``refusal``, ``opt-out``, ``erasure`` or ``takedown``, or a consent's
        ``expiry``. The answer's ``exports`` hold what is refused since, and its ``assets`` were made
        of it. Raises :class:`InputError`; then nothing is recorded.

        >>> store.consent.withdraw(url_prefix="https://example.org/mira", reason="by mail")  # doctest: +SKIP
        """
        named = (record, content_sha256, url, url_prefix, domain, subject, source, _texts(text), passage, author, owner)
        terms = _terms(kind, use, purpose, application, reason, effective, deadline, proof)
        if KIND_NAMES.get(kind.strip().lower()) not in REFUSING:
            raise UnknownName.of("kind of refusal", kind, REFUSING, subject="--kind")
        return self._recorded(named, terms, dry_run=dry_run, yes=yes)

    def annul(
        self, event: str, *, reason: str = "", proof: str = "", dry_run: bool = False, yes: bool = False
    ) -> Consented:
        """Undo an event that was recorded by mistake: it counts no more from now on, and both stay on record.

        What was refused because of it is taken in again by the next ingest of its file. Raises :class:`InputError` for an
        event that is not on record or was undone; then nothing is recorded.

        >>> store.consent.annul("e-3c2911a218c72799", reason="another Mira")  # doctest: +SKIP
        """
        request = Request(kind=ANNULMENT, selector=EVENT, value=event, reason=reason, proof=proof)
        return Consented(**self.record([request], dry_run=dry_run, yes=yes).rows[0])

    def import_(self, file: str | Path, *, dry_run: bool = False, yes: bool = False) -> Imported:
        """Record the events of a CSV, JSONL or Parquet file in one commit; rows that are wrong are named and left out.

        Likewise opt-out lists: of domains (``.txt``), or by user of GitHub (``.json``: ``{"mira": ["all"]}``), or a table with
        one column named after a selector; and consent records and receipts in DPV (``.json``, ``.jsonld``).
        What is on record already with the same words is not recorded again (``known``), whatever file it stood in. The
        columns are those of the schema ``consent-row``. Raises :class:`InputError` for a file that cannot be read.
        """
        access = self._access
        with access.ledger(yes=yes) as ledger:
            now = self._now(ledger, dry_run)
            events, errors = importing.events_of(
                Path(file), access.catalog.vocabulary, ledger.key, now, cache(lambda: OnRecord.of(ledger.consents()))
            )
            done = consents.Recorded([], [], 0, 0, 0, 0, 0)
            if events:
                holders = Holders(access.layout, ledger, access.catalog, now)
                done = consents.record_events(
                    access.layout,
                    ledger,
                    events,
                    now,
                    dry_run=dry_run,
                    once=True,
                    brief=True,
                    holders=holders,
                    yes=yes,
                    passages=Passages(access.layout, ledger),
                )
        answers = done.answers
        return Imported(
            rows=len(events) + len(errors),
            applied=done.applied,
            known=done.known,
            unmatched=done.unmatched,
            matched={"records": done.records},
            exports=done.exports,
            exports_unreadable=done.unreadable,
            assets=done.assets,
            incomplete=[{k: a[k] for k in ("kind", "selector", "lacks")} for a in answers if a["lacks"]],
            errors=errors,
            dry_run=dry_run,
        )

    def record(self, requests: Sequence[Request], *, dry_run: bool = False, yes: bool = False) -> Rows:
        """Record events of any kind, refusals and takedowns among them, in one commit; one answer each, in order.

        ``together`` is what all of them match, which is less than the sum where they overlap. Raises
        :class:`InputError`; then nothing is recorded. What is on record with the same words, and was not lifted or undone
        since, is answered as ``known`` and not recorded again.
        """
        if not requests:
            raise InputError("no consent event", hint="name the records: --record, --url, --url-prefix, --domain, ...")
        access = self._access
        with access.ledger(yes=yes) as ledger:
            now = self._now(ledger, dry_run)
            done = consents.record(
                access.layout,
                ledger,
                requests,
                access.catalog.vocabulary,
                now,
                dry_run=dry_run,
                yes=yes,
                passages=Passages(access.layout, ledger),
                holders=Holders(access.layout, ledger, access.catalog, now),
            )
        together = {"records": done.records, "sources": done.sources}
        return Rows([{**answer, "together": together} for answer in done.answers])

    def receipt(
        self,
        event: str,
        *,
        audience: str = PERSON,
        key: str | Path | None = None,
        out: str | Path | None = None,
    ) -> Receipt:
        """What an event asked, matched and caused, when, in which exports and assets, and what remains open. Never text.

        audience      ``person`` (the one who asked) or ``authority``, which also gets folders, shards, snapshots and the
                      head of the ledger's chain
        key           the file of a private key that signs it; then ``out`` is needed
        out           the file to write, which must not be there: ``.md`` is a page, anything else JSON

        Raises :class:`InputError` for an event that is not on record.

        >>> Store("corpus-store").consent.receipt("e-8c1f9f5f9f0c6f5a").open  # doctest: +SKIP
        """
        from rightful.api import attesting

        return attesting.receipt(self._access, event, audience, key, out)

    def list(self) -> Rows:
        """All events, oldest first. Persons are named by the store's hash only."""
        with self._access.ledger() as ledger:
            events = [consents.shown(row) for row in ledger.consent_rows()]
            sources = [] if events else ledger.sources(ledger.snapshot())
        return Rows(events, onward.after_consent_list(self._access, events, sources))

    def _recorded(self, selected: Sequence[Strings], terms: dict[str, Any], *, dry_run: bool, yes: bool) -> Consented:
        """One event for each value of the selectors, which are in the order of :data:`SELECTORS`, with the same terms."""
        about = [(name, value) for name, of in zip(SELECTORS, selected, strict=True) for value in strings(of)]
        about = [*dict.fromkeys(about)]
        if not about:
            raise InputError(
                "names no records", subject="consent", hint="one of " + ", ".join(f"--{s}" for s in SELECTORS)
            )
        by_id = self._access.record_id
        requests = [Request(selector=s, value=by_id(v) if s == "record" else v, **terms) for s, v in about]
        events = self.record(requests, dry_run=dry_run, yes=yes).rows
        if len(events) == 1:
            return Consented(**events[0])
        all_of_them = {
            "matched": events[0]["together"],
            "unmatched": any(e["unmatched"] for e in events),
            "exports": [*dict.fromkeys(export for e in events for export in e["exports"])],
            "assets": consents.assets_of(events),
            "events": events,
        }
        return Consented(**{**events[0], **all_of_them})

    def _now(self, ledger: Ledger, dry_run: bool) -> datetime:
        """When an event that comes now is recorded: after all that was recorded before it."""
        if dry_run:
            return ledger.not_before(self._access.clock())
        now = ledger.moment(self._access.clock())
        sweep_exports(self._access.layout, ledger)
        return now


def _texts(text: str | Path | Iterable[str | Path] | None) -> list[str]:
    """The digests of normalised texts, each given as such or as a file that has the text in UTF-8.

    Raises :class:`InputError` for what is neither.
    """
    listed = [text] if isinstance(text, str | Path) else list(text or ())
    return [one if isinstance(one, str) and _DIGEST.fullmatch(one) else text_digests(Path(one)) for one in listed]


_DIGEST = re.compile(r"\s*[0-9A-Fa-f]{64}\s*")


def _terms(
    kind: str,
    use: Strings,
    purpose: Strings,
    application: Strings,
    reason: str,
    effective: datetime | str | None,
    deadline: datetime | str | None,
    proof: str,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "acts": strings(use),
        "purposes": strings(purpose),
        "applications": strings(application),
        "reason": reason,
        "effective": _time(effective, "--effective"),
        "deadline": _time(deadline, "--deadline"),
        "proof": proof,
    }


def _time(value: datetime | str | None, option: str) -> datetime | None:
    return instant(value, option) if isinstance(value, str) and value else value or None

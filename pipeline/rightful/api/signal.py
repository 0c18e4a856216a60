"""``store.signal``: what a signal says, what is stated at locations, and where nobody looked. Floor 10: part of `api`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rightful.api import onward
from rightful.api.access import Access
from rightful.api.answer import Rows
from rightful.api.answers import Refreshed, Signal, Wanted
from rightful.api.typed import typed
from rightful.decisions.cards import cards_of
from rightful.decisions.policy import strings
from rightful.errors import InputError
from rightful.looking import checking
from rightful.looking import wanted as looking
from rightful.looking.refresh import Listed, refresh
from rightful.notation.times import instant
from rightful.store.views import open_views

Paths = str | Path | Iterable[str | Path] | None


@typed
@dataclass(frozen=True, slots=True)
class Signals:
    """Signals of hosts and pages: newer captures for what is in the store, and what is still to be looked at."""

    _access: Access

    def check(
        self,
        file: str | Path | bytes | None = None,
        *,
        kind: str,
        url: str = "",
        agent: str = "",
        on: str | None = None,
        cases: str | Path | bytes | None = None,
    ) -> Signal | Rows:
        """What a signal says: the acts that it reserves, leaves open or says nothing against. It needs no store.

        file          the path of a capture, or its bytes
        kind          robots, aipref, tdmrep, rsl, content-signal, html, headers, cawg, plus or iptc
        url           the address that is asked about; by default the root of the site, and of tdmrep and rsl all that is
                      stated anywhere
        agent         a crawler: with ``kind="robots"`` the answer says as well whether it may fetch the address, and of what
                      is preferred (``Content-Usage``, ``Content-Signal``) what stands in its group
        on            the day on which it was seen; by default every reading counts that a label ever had
        cases         in place of ``file``: the path, or the bytes, of a JSON list of ``{text, url, agent}``, answered by
                      one row each, in its order

        Raises :class:`InputError` for a kind that is none, a file that is not there, and where an extra is not installed.

        >>> store.signal.check("robots.txt", kind="robots", url="https://example.org/a")  # doctest: +SKIP
        """
        if (file is None) == (cases is None):
            raise InputError("name one of FILE and --cases", hint="FILE is a path; the command takes - for stdin")
        day = None if on is None else instant(on, "--on").date()
        asked = checking.Asked(kind, url, agent, day)
        catalog = self._access.shipped
        if cases is not None:
            return Rows(checking.of_cases(cases if isinstance(cases, bytes) else Path(cases), asked, catalog))
        assert file is not None
        raw = file if isinstance(file, bytes) else checking.bytes_of(Path(file))
        return Signal(**checking.check(raw, asked, catalog))

    def refresh(
        self,
        *,
        robots: str | Path | Iterable[str | Path] | None = None,
        tdmrep: str | Path | Iterable[str | Path] | None = None,
        headers: str | Path | Iterable[str | Path] | None = None,
        html: str | Path | Iterable[str | Path] | None = None,
        terms: str | Path | Iterable[str | Path] | None = None,
        list: str | Path | None = None,
        protocol: str | None = None,
        result: str | None = None,
        on: datetime | str | None = None,
        by: str = "",
        dry_run: bool = False,
        yes: bool = False,
    ) -> Refreshed:
        """Read newer captures, from disk, for the locations that the store has records of; one snapshot, or none.

        ``robots``, ``tdmrep`` and ``terms`` are folders of ``HOST.txt`` or ``HOST/robots.txt``, or tables (.jsonl, .csv,
        .parquet) of ``host`` or ``url``, ``observed_at``, ``status``, ``body``, ``by``; ``headers`` and ``html`` are tables
        with ``url``, and ``headers`` or ``body``. ``on`` is when they were observed where they do not say so. ``list`` is a
        list of domains, which are meant with their subdomains, of which ``result`` (``found`` or ``absent``) of a
        ``protocol`` is stated ``by`` somebody, ``on`` a day. A ``dry_run`` changes nothing.

        What was observed before stays: of each protocol and location the newest that could be read counts. Raises
        :class:`InputError`; nothing is changed then.
        """
        kinds = {"robots": robots, "tdmrep": tdmrep, "headers": headers, "html": html, "terms": terms}
        inputs = [(kind, path) for kind, given in kinds.items() for path in _paths(given)]
        lists = []
        if list is not None:
            if protocol is None or result is None:
                hint = "--protocol robots --result found"
                raise InputError(
                    "a list says neither what was looked at nor what came of it", subject="--list", hint=hint
                )
            lists.append(Listed(path=Path(list), protocol=protocol, result=result, by=by))
        elif protocol is not None or result is not None:
            raise InputError("are stated of a list of domains", subject="--protocol, --result", hint="add --list FILE")
        at = instant(on, "--on") if isinstance(on, str) else on
        access = self._access
        with access.ledger(yes=None if dry_run else yes) as ledger:
            now = ledger.not_before(access.clock()) if dry_run else ledger.moment(access.clock())
            answer = refresh(access.layout, ledger, access.catalog, inputs, lists, now, on=at, by=by, dry_run=dry_run)
        return Refreshed(**answer, next=onward.after_refresh(access, answer))

    def wanted(
        self,
        *,
        protocol: str | Iterable[str] | None = None,
        older_than: int | None = None,
        out: str | Path | None = None,
        limit: int = 100,
    ) -> Wanted:
        """Hosts (of ``headers`` and ``html``: addresses) that nobody looked at, or only too long ago, by records.

        ``protocol`` is one or several of ``robots``, ``tdmrep`` (both by default), ``headers``, ``html``; ``older_than`` a
        number of days, by default ``observed_within`` of the policy. ``out`` gets all of them: a new .jsonl, .csv or
        .parquet file, or .txt with a url a line. The answer lists ``limit`` at most. Raises :class:`InputError`.
        """
        access = self._access
        with access.ledger() as ledger, access.connection("wanted") as con:
            now = ledger.not_before(access.clock())
            open_views(con, access.layout, ledger, ledger.snapshot())
            cards = cards_of(ledger.sources(ledger.snapshot()))
            days = access.policy().observed_within(now) if older_than is None else older_than
            looking.wanted(con, (access.layout, ledger), cards, strings(protocol), days, now)
            totals, listed = looking.totals(con), looking.listed(con, limit)
            written = None if out is None else {"path": str(out), "rows": looking.write(con, Path(out))}
        return Wanted(older_than=days, totals=totals, wanted=listed, next=[], out=written)


def _paths(given: Paths) -> list[Path]:
    if given is None:
        return []
    return [Path(given)] if isinstance(given, str | Path) else [Path(path) for path in given]

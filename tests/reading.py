"""Licence statements read as an ingest reads them, and what the law answers: for tests of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rightful.rights.decide import Case, Decision, decide
from rightful.rights.licenses import Catalog
from rightful.rights.uses import PROFILES, Use, use_of
from rightful.signals.cards.claims import claims_of
from rightful.signals.cards.source_card import card_of
from rightful.stages.license import LicenseTags, RowRights

NOW = datetime(2026, 11, 21, tzinfo=UTC)

Statement = str | Sequence[str]


def stated(law: Catalog, card: Statement, row: Statement | None = None) -> RowRights:
    """What a source card that states ``card``, and the licence field of a row, lead to. A list: all of them hold."""
    license = card if isinstance(card, str) else list(card)
    table = card_of({"name": "corpus", "license": license, "personal_data": "no"}, "source.toml", law.vocabulary)
    field = row if row is None or isinstance(row, str) else json.dumps(list(row))
    return LicenseTags(table, tuple(claims_of(table, law.names, {})), law.names, bytes(32)).rights_of(field)


def everything(law: Catalog) -> list[str]:
    """The undertakings of somebody who accepts all that can be asked, preconditions included, towards every licence."""
    asked = {
        (name, of.id)
        for of in law.licenses.values()
        for verdict in of.verdicts.values()
        for name in verdict.obligations
        if law.vocabulary.obligations[name].precondition
    }
    return ["all", *(f"{name}:{who}=see the files" for name, who in sorted(asked))]


def asking(
    law: Catalog,
    *acts: str,
    purpose: str = "commercial",
    profile: str = "strict",
    jurisdictions: Iterable[str] = (),
    application: str | None = None,
    accept: Iterable[str] | None = None,
) -> Use:
    """A request in which everything is accepted unless ``accept`` is given; for research, of a body that qualifies."""
    return use_of(
        law.vocabulary,
        acts,
        as_of=NOW,
        purpose=purpose,
        actor="research_org" if purpose == "research" else "for_profit",
        profile=profile,
        jurisdictions=jurisdictions,
        application=application,
        accept=everything(law) if accept is None else accept,
    )


def answer(law: Catalog, rights: RowRights, use: Use) -> Decision:
    """What the law says of a text that holds no personal data and about which nothing else is known."""
    return decide(Case(profile=rights.profile, personal_data="no", pii_state="none_found"), use, law)


def commercially_permitted(law: Catalog, statement: Statement) -> list[str]:
    """The acts, with their readings, that a statement permits for commerce; ids left out, which are no use of a work."""
    rights = stated(law, statement)
    uses = [
        asking(law, act, profile=profile, jurisdictions=["US"])
        for act in law.vocabulary.acts
        if act != "share.ids"
        for profile in PROFILES
    ]
    return [f"{use.acts[0]} ({use.profile})" for use in uses if answer(law, rights, use).permits]

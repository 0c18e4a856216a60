"""The AI crawlers that robots.txt names: ``licenses/_agents.toml``, checked. Floor 2: part of ``catalog``."""

from __future__ import annotations

import re
from datetime import date

from rightful.catalog.tables import Table
from rightful.rights.signals import FUNCTIONS, Agent, Agents

_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")
_PART = re.compile("[a-z]+")


def read_agents(table: Table) -> Agents:
    """The crawlers, each stated once and dated. Raises :class:`CatalogError` naming file and key."""
    table.check_keys("schema", "version", "unlisted", "agents")
    version = table.typed("version", date)
    unlisted = table.table("unlisted")
    unlisted.check_keys("parts")
    parts = unlisted.texts("parts", at_least=1)
    for part in parts:
        if not _PART.fullmatch(part):
            raise unlisted.error("parts", f"expected letters in lower case, found {part!r}")
    listed: dict[str, Agent] = {}
    for entry in table.tables("agents"):
        agent = _agent(entry, version)
        if agent.token.lower() in listed:
            raise entry.error("token", f"{agent.token!r} is listed twice: tokens are compared without regard to case")
        listed[agent.token.lower()] = agent
    if not any(agent.trains for agent in listed.values()):
        raise table.error("agents", "no crawler is listed that collects for training")
    return Agents(tuple(listed.values()), frozenset(parts), version.isoformat())


def _agent(entry: Table, version: date) -> Agent:
    entry.check_keys("token", "operator", "function", "trains", "since", optional=("note",))
    if "note" in entry.data:
        entry.text("note")
    token, since = entry.text("token"), entry.typed("since", date)
    if not _TOKEN.fullmatch(token):
        raise entry.error("token", f"expected a product token such as 'GPTBot', found {token!r}")
    if since > version:
        raise entry.error("since", "is later than the version of the file")
    function, trains = entry.one_of("function", FUNCTIONS), entry.typed("trains", bool)
    if function in ("training", "data") and not trains:
        raise entry.error("trains", f"a crawler for {function} collects what models are trained on")
    return Agent(token, entry.text("operator"), function, trains, since)

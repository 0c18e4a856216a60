"""What sites say of the texts on them: ``licenses/_sites.toml``, checked. Floor 2: part of ``catalog``."""

from __future__ import annotations

from datetime import date

from rightful.catalog.tables import Table
from rightful.rights.expression import Names, NothingStated, Unreadable, parse, render
from rightful.rights.sites import DumpAgreement, Sites, SiteTerms

_FACT = ("source", "reviewer", "reviewed_at")


def read_sites(table: Table, names: Names) -> Sites:
    """The lists; a domain has one entry. Raises :class:`CatalogError` naming file and key."""
    table.check_keys("schema", "imported_by", "sites", "dumps")
    terms: dict[str, SiteTerms] = {}
    dumps: dict[str, DumpAgreement] = {}
    for entry in table.tables("sites"):
        entry.check_keys("domains", *_FACT, optional=("license", "imported", "unclear"))
        _checked(entry)
        if ("license" in entry.data) is ("unclear" in entry.data):
            raise entry.error("license", "a site has either a licence, or the reason why it is unclear")
        license = _expression(entry, "license", names) if "license" in entry.data else ""
        imported = _expression(entry, "imported", names) if "imported" in entry.data else ""
        if "unclear" in entry.data:
            entry.text("unclear")
        for domain in entry.texts("domains", at_least=1):
            _new(entry, domain, terms)
            terms[domain] = SiteTerms(domain, license, imported)
    for entry in table.tables("dumps"):
        entry.check_keys("domains", "since", "license", "name", *_FACT)
        _checked(entry)
        for domain in entry.texts("domains", at_least=1):
            _new(entry, domain, dumps)
            since, license = entry.typed("since", date), _expression(entry, "license", names)
            dumps[domain] = DumpAgreement(domain, since, license, entry.text("name"))
    imported_by = table.texts("imported_by", at_least=1)
    for name in imported_by:
        if name != " ".join(name.casefold().replace("_", " ").split()):
            raise table.error("imported_by", f"{name!r} is not in lower case with single blanks")
    return Sites(terms, dumps, frozenset(imported_by))


def _checked(entry: Table) -> None:
    """That the fact has a source, somebody who read it, and a day."""
    entry.text("source")
    entry.text("reviewer")
    entry.typed("reviewed_at", date)


def _new(entry: Table, domain: str, known: dict[str, SiteTerms] | dict[str, DumpAgreement]) -> None:
    if domain != domain.lower().strip(".") or "." not in domain or "/" in domain:
        raise entry.error("domains", f"{domain!r} is no domain in lower case")
    if domain in known:
        raise entry.error("domains", f"{domain!r} is listed twice")


def _expression(entry: Table, key: str, names: Names) -> str:
    try:
        return render(parse(entry.text(key), names))
    except (Unreadable, NothingStated) as error:
        raise entry.error(key, f"{entry.text(key)!r} is not an expression: {error}") from error

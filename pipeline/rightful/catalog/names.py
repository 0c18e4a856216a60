"""What licences are called: SPDX ids, aliases, addresses. Ids and names share one space: a name means one thing. Floor 2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise, product

from license_expression import get_license_index

from rightful.catalog.tables import Table
from rightful.rights.because import REASONS
from rightful.rights.expression import LICENSE_REF, UNREAD, Family, Names, NothingStated, Unreadable, fold, parse
from rightful.rights.licenses import License

_UNREAD = fold(UNREAD)


@dataclass(slots=True)
class Known:
    """The names so far, in the form in which they are looked up. Ids and aliases share one space: a name means one thing."""

    ids: dict[str, str]
    exceptions: frozenset[str]
    limiting: frozenset[str]
    aliases: dict[str, str] = field(default_factory=dict)
    claimed_in: dict[str, str] = field(default_factory=dict)

    def claim(self, name: str, target: str, table: Table, key: str) -> None:
        """``name`` means ``target``. Raises :class:`CatalogError` where it means something else already."""
        folded = fold(name)
        if folded == _UNREAD:
            raise table.error(key, f"{name!r} stands for what cannot be read")
        held = self.ids.get(folded) or self.aliases.get(folded)
        if held is not None and held != target:
            holder = self.claimed_in.get(folded, "the SPDX list")
            raise table.error(key, f"{name!r} is claimed for {target} here and for {held} in {holder}")
        if held is None:
            self.aliases[folded] = target
            self.claimed_in[folded] = table.file

    def names(self, families: Mapping[str, Family] | None = None) -> Names:
        """The table of names as the law reads it."""
        pages = {f"spdx.org/licenses/{i}{end}": target for i, target in self.ids.items() for end in ("", ".html")}
        return Names(
            ids=self.ids,
            aliases=pages | self.aliases,
            exceptions=self.exceptions,
            families=families or {},
            limiting=self.limiting,
        )


def spdx(table: Table, classed: Table) -> Known:
    """The SPDX ids and exceptions, known by name. ScanCode's own ids and spellings are not SPDX's and are left out.

    ``classed`` says which exceptions only add permission; any other, a new one too, may take something away.
    """
    table.check_keys("schema", "spdx", "deprecated", "aliases")
    table.table("spdx").check_keys("licenses")
    ids = set(table.table("spdx").texts("licenses"))
    exceptions: set[str] = set()
    for entry in get_license_index():
        key = entry["spdx_license_key"] or ""
        if key and not entry["is_deprecated"] and not key.startswith("LicenseRef-") and key not in ids:
            (exceptions if entry["is_exception"] else ids).add(key)
    return Known({fold(i): i for i in sorted(ids)}, frozenset(exceptions), frozenset(exceptions - _adding(classed)))


def _adding(table: Table) -> set[str]:
    """The exceptions that were read and found to add permission only. Raises :class:`CatalogError`."""
    table.check_keys("schema", "reviewer", "reviewed_at", "adds", "restricts")
    table.text("reviewer")
    table.typed("reviewed_at", date)
    adds = table.texts("adds", at_least=1)
    for entry in table.tables("restricts"):
        entry.check_keys("id", "clause", "rationale")
        if entry.text("id") in adds:
            raise entry.error("id", f"{entry.text('id')!r} cannot both add and restrict")
        for key in ("clause", "rationale"):
            entry.text(key)
    return set(adds)


def claim_names(license_id: str, table: Table, known: Known) -> None:
    """Everything that the file of a licence says it is called."""
    for key, url in (("url", table.text("url")), *(("other_urls", url) for url in table.texts("other_urls"))):
        if not (listed := addresses(url)):
            raise table.error(key, f"expected a web address, found {url!r}")
        for address in listed:
            known.claim(address, license_id, table, key)
    for deprecated in table.texts("deprecated_ids"):
        known.claim(deprecated, license_id, table, "deprecated_ids")
        known.ids[fold(deprecated)] = license_id
    for alias in (license_id, table.text("name"), *table.texts("aliases")):
        for spelling in spellings(alias):
            known.claim(spelling, license_id, table, "aliases")


def shared_names(table: Table, tags: Table, licenses: Mapping[str, License], known: Known) -> Names:
    """The names that belong to no licence file: deprecated ids, names of licences known by name only, families."""
    tags.check_keys("schema", "families")
    families = {f.id: f for f in (_family(entry, licenses, known) for entry in tags.tables("families"))}
    stated = [
        (part, name, part.text(name)) for part in map(table.table, ("deprecated", "aliases")) for name in part.data
    ]
    for part, name, target in stated:
        for spelling in spellings(name):
            known.claim(spelling, target, part, name)
        if part.path == "deprecated":
            known.ids[fold(name)] = target
    names = known.names(families)
    for part, name, target in stated:
        try:
            parse(target, names)
        except (Unreadable, NothingStated) as error:
            raise part.error(name, f"{target!r} is not an expression: {error}") from error
    return names


def read_labels(table: Table, known: Known) -> dict[str, str]:
    """The words that name no licence: id -> the reason that they give. Raises :class:`CatalogError`."""
    table.check_keys("schema", "labels")
    labels: dict[str, str] = {}
    for entry in table.tables("labels"):
        entry.check_keys("id", "reason", "called")
        identity = entry.text("id")
        if not LICENSE_REF.fullmatch(identity) or fold(identity) in known.ids:
            raise entry.error("id", f"{identity!r} is not a new LicenseRef")
        labels[identity] = entry.one_of("reason", REASONS)
        known.ids[fold(identity)] = identity
        for name in (identity, *entry.texts("called", at_least=1)):
            for spelling in spellings(name):
                known.claim(spelling, identity, entry, "called")
    return labels


def _family(entry: Table, licenses: Mapping[str, License], known: Known) -> Family:
    entry.check_keys("id", "name", "called", optional=("members", "periods"))
    identity = entry.text("id")
    if not LICENSE_REF.fullmatch(identity) or fold(identity) in known.ids:
        raise entry.error("id", f"{identity!r} is not a new LicenseRef")
    if ("members" in entry.data) is ("periods" in entry.data):
        raise entry.error("members", "a family has either members or periods")
    periods: list[tuple[date, str]] = []
    for period in entry.tables("periods"):
        period.check_keys("since", "license")
        periods.append((period.typed("since", date), period.one_of("license", licenses)))
    if any(one >= other for (one, _), (other, _) in pairwise(periods)):
        raise entry.error("periods", "are not in the order of their dates, each its own")
    if "periods" in entry.data and len(periods) < 2:
        raise entry.error("periods", "are fewer than two: then it is an alias")
    members = entry.texts("members", licenses) if "members" in entry.data else tuple(p[1] for p in periods)
    if len(members) < 2:
        raise entry.error("members", "are fewer than two: then it is an alias")
    known.ids[fold(identity)] = identity
    for name in (identity, entry.text("name"), *entry.texts("called", at_least=1)):
        for spelling in spellings(name):
            known.claim(spelling, identity, entry, "called")
    return Family(identity, entry.text("name"), tuple(dict.fromkeys(members)), tuple(periods))


def spellings(alias: str) -> Iterable[str]:
    """An alias, also with ``the`` before it, ``license`` or ``licence`` after it, and in the other spelling of that."""
    folded = fold(alias)
    if "/" in folded and " " not in folded:
        return (folded,)
    both = (folded, folded.replace("licence", "license"), folded.replace("license", "licence"))
    ended = [base for base in both if base.endswith(("license", "licence"))]
    ended += [base + end for base in both if base not in ended for end in ("", " license", " licence")]
    return dict.fromkeys(start + base for base in ended for start in ("", "the "))


def addresses(url: str) -> tuple[str, ...]:
    """What an address is looked up by: itself without scheme, ``www.`` and last slash; a bare host as it is written."""
    folded = fold(url)
    bare = folded.removeprefix("https://").removeprefix("http://")
    page = bare.removeprefix("www.").rstrip("/")
    if bare == folded or "/" in page:
        return (page,) if bare != folded else ()
    return tuple(f"http{s}://{www}{page}{slash}" for s, www, slash in product(("", "s"), ("", "www."), ("", "/")))

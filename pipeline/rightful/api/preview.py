"""What would follow: what each named use permits of a sample, by the very law, in a store that is wiped. Floor 10: part of `api`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rightful.api.access import Access
from rightful.api.policy import StorePolicy
from rightful.decisions.cases import Decided
from rightful.decisions.named import Named, all_named, presupposes_access
from rightful.decisions.policy import UseOptions, read_policy
from rightful.drafts.cards import Draft
from rightful.errors import InputError
from rightful.ingest import plan as planning
from rightful.ingest import run as ingesting
from rightful.recipes import recipe as recipes
from rightful.recipes.layout import layouts
from rightful.store.duck import rows
from rightful.store.layout import Layout

CHOICES = tuple(
    names.split()
    for names in (
        "open-weights-commercial closed-model-commercial internal-model-commercial share-dataset",
        "embedding-model-commercial classifier-commercial rag-commercial internal-search evaluation-only",
        "open-weights-noncommercial research-internal open-weights-research",
    )
)
"""The uses of which one is proposed: of the first row in which one permits anything, that which permits most, the first of
these. Those of the last row say something of the operator, a purpose or that it is a research organisation."""
IF_SIGNED = (
    "eu-tdm-research eu-tdm-commercial uk-tdm-noncommercial jp-training-commercial sg-training-commercial".split()
)
"""The same, where none of these permits anything, of those that rest on a statute. One that rests on fair use is never
proposed: it is a case by case judgement."""


def previewed(
    access: Access, drafts: Sequence[Draft], places: Mapping[Path, Path], trees: Sequence[Path], room: Path
) -> list[dict[str, Any]]:
    """How many records of the sample each named use permits: by the drafts as they are, and once they are confirmed.

    The sample is ingested into stores of its own, and decided by the law itself. ``signed``: how many would be permitted
    once the use is signed as well; null where it rests on no statute. ``places`` says where the card of a draft lies in
    the ``trees`` of the sample; ``room`` is a folder to work in.
    """
    today = access.clock().date()
    counts: list[dict[str, int]] = []
    for cards in (list(drafts), [one.confirmed() for one in drafts]):
        if counts and cards == list(drafts):
            counts.append(counts[0])
            continue
        _lay(cards, places, today)
        with _store(access, room) as preview:
            counts.append(_counts(preview, trees))
    records = counts[0][""]
    now, later = counts
    listed = all_named(access.layout.uses, access.catalog.vocabulary)
    return [
        {
            "name": named.name,
            "summary": str(named.data["summary"]),
            "records": records,
            "now": now[named.name] if counts_unsigned(named) else 0,
            "confirmed": later[named.name] if counts_unsigned(named) else 0,
            "signed": None if not named.statutes else later[named.name],
            "statutes": named.statutes,
        }
        for named in listed
    ]


def _lay(cards: Sequence[Draft], places: Mapping[Path, Path], today: date) -> None:
    """Write the cards into the sample."""
    for card in cards:
        place = places[card.file]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(card.text(today), "utf-8")


def counts_unsigned(named: Named) -> bool:
    """False for a use that rests on a statute and that nobody has signed."""
    return not named.statutes or named.signature is not None


@contextmanager
def _store(access: Access, room: Path) -> Iterator[Access]:
    """A store for a preview, with the policy and the named uses of the real one. It is wiped."""
    root = Path(tempfile.mkdtemp(prefix="preview-", dir=room)) / "store"
    root.mkdir()
    if access.layout.policy.is_file():
        shutil.copyfile(access.layout.policy, root / access.layout.policy.name)
    for folder in (access.layout.uses, access.layout.layouts, access.layout.licenses):
        if folder.is_dir():
            shutil.copytree(folder, root / folder.name)
    try:
        yield Access(Layout(root), access.clock)
    finally:
        shutil.rmtree(root.parent, ignore_errors=True)


def _counts(access: Access, trees: Sequence[Path]) -> dict[str, int]:
    """Named use -> permitted records of the sample; by the empty name, how many there are. Statutes count as signed."""
    known = layouts(access.catalog, access.layout.layouts)
    plan = planning.plan(trees, recipes.load(None), access.catalog, layouts=known)
    ingesting.ingest(access.layout, plan, clock=access.clock, choices=ingesting.Choices(), workers=1)
    words, names = access.catalog.vocabulary, access.catalog.names
    listed = all_named(access.layout.uses, words)
    for named in listed:
        if not counts_unsigned(named):
            until = (access.clock() + timedelta(days=2)).date().isoformat()
            declares = presupposes_access(named.data, words)
            with suppress(InputError):  # one that cannot be signed permits nothing
                StorePolicy(access).sign(
                    named.name, by="preview", until=until, ground="preview", lawful_access=declares
                )
    counts: dict[str, int] = {}
    standing = read_policy(access.layout.policy, words)
    for statutory in (False, True):
        for group in _alike([n for n in all_named(access.layout.uses, words) if bool(n.statutes) is statutory]):
            with access.ledger() as ledger, access.connection("preview") as con:
                now = ledger.not_before(access.clock())
                policy = standing.beside(group[0]) if statutory else standing
                decided = Decided(con, access.layout, ledger, ledger.snapshot(), access.catalog, now, policy)
                counts.setdefault("", int(rows(con, "SELECT count(*) FROM records")[0][0]))
                for named in group:
                    try:
                        use = standing.beside(named).use(UseOptions(policy=named.name), words, now, names)
                    except InputError:  # it and the standing policy say two things: no request can be made of it here
                        counts[named.name] = 0
                        continue
                    decided.join(decided.decide(use), f"decided_{len(counts)}")
                    query = f"SELECT count(*) FROM decided_{len(counts)} WHERE permit"
                    counts[named.name] = int(rows(con, query)[0][0])
    return counts


def _alike(listed: Sequence[Named]) -> Iterator[Sequence[Named]]:
    """Those that rest on nothing are decided together; each of the others has bases of its own."""
    if not listed:
        return
    yield from ([one] for one in listed) if listed[0].statutes else [listed]


def proposed(uses: Sequence[Mapping[str, Any]]) -> str | None:
    """The use to begin with, of :data:`CHOICES` by what they permit once the drafts are confirmed; else the one that permits
    most once it is signed."""
    by_name = {str(use["name"]): use for use in uses}
    for choice in CHOICES:
        plain = [(by_name[name]["confirmed"], -n, name) for n, name in enumerate(choice) if name in by_name]
        best = max(plain, default=(0, 0, ""))
        if best[0]:
            return best[2]
    signed = [
        (use["signed"], -n, name) for n, name in enumerate(IF_SIGNED) if (use := by_name.get(name)) and use["signed"]
    ]
    return max(signed)[2] if signed else None


def use_line(use: Mapping[str, Any]) -> str:
    """``research-internal: 0 of 300 now, 212 once confirmed``."""
    line = f"{use['name']}: {use['now']} of {use['records']} now, {use['confirmed']} once confirmed"
    return line + (f", {use['signed']} once signed as well" if use["signed"] is not None else "")

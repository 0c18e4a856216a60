"""The files of a store that an earlier version made, as far as its records and its ledger tell. Floor 7."""

from __future__ import annotations

from rightful.store.duck import rows
from rightful.store.files import InputFile, Seen
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.scratch import workspace
from rightful.store.views import open_views

_NEVER = Seen(size=-1, mtime_ns=0, ctime_ns=0, inode=0)


def earlier_files(layout: Layout, ledger: Ledger) -> list[InputFile]:
    """The files that the ledger does not know yet in today's form: each is read again when it is met.

    Versions before this one remembered the place of a file and, with its records, its name below the folder of its card;
    the longest name that a place ends with is its own.
    """
    places = ledger.files.before()
    if not places:
        return []
    names: dict[str, list[str]] = {}
    with workspace(layout, "earlier") as (con, _):
        open_views(con, layout, ledger, ledger.snapshot(), older=True)
        for source, file in rows(con, "SELECT DISTINCT source_id, file FROM all_records ORDER BY ALL"):
            names.setdefault(str(source), []).append(str(file))
    by_key: dict[tuple[str, str], InputFile] = {}
    for place, source in places.items():
        ends = [name for name in names.get(source, ()) if place == name or place.endswith("/" + name)]
        if ends:
            name = max(ends, key=len)
            by_key[source, name] = InputFile(source_id=source, file=name, name=name, place=place, seen=_NEVER)
    return list(by_key.values())

"""Which columns speak of rights: ``licenses/_columns.toml``, checked. Floor 2: part of ``catalog``."""

from __future__ import annotations

from datetime import date

from rightful.catalog.tables import Table
from rightful.rights.columns import Columns, joined

_NAMES = ("license", "rights", "stems", "plain", "prefixes", "holders", "other", "containers")
_OBJECTS = ("license", "github", "pair_names", "pair_values")
_FLICKR = 10


def read_columns(table: Table) -> Columns:
    """The lists. A name means one thing. Raises :class:`CatalogError` naming file and key."""
    table.check_keys("schema", "as_of", "names", "values", "objects", "flickr")
    table.typed("as_of", date)
    names, values, objects = table.table("names"), table.table("values"), table.table("objects")
    names.check_keys(*_NAMES)
    values.check_keys("nothing", "truth", "named_beside", "beside")
    objects.check_keys(*_OBJECTS)
    folded = {key: _folded(names, key) for key in _NAMES if key != "stems"}
    held: dict[str, str] = {}
    for key in ("license", "rights", "plain", "holders", "other"):
        for name in folded[key]:
            if held.setdefault(name, key) != key:
                raise names.error(key, f"{name!r} is listed in {held[name]} too")
    nothing = values.texts("nothing", at_least=1)
    written = frozenset(n for n in nothing if n != n.lower())
    return Columns(
        license=folded["license"],
        rights=folded["rights"],
        stems=tuple(names.texts("stems", at_least=1)),
        plain=folded["plain"],
        prefixes=folded["prefixes"],
        holders=folded["holders"],
        other=folded["other"],
        containers=folded["containers"],
        nothing=frozenset(nothing) - written,
        nothing_exactly=written,
        truth=frozenset(values.texts("truth", at_least=1)),
        named_beside=frozenset(values.texts("named_beside", at_least=1)),
        beside=_folded(values, "beside"),
        object_fields=_folded(objects, "license"),
        github=_folded(objects, "github"),
        pair_names=_folded(objects, "pair_names"),
        pair_values=_folded(objects, "pair_values"),
        flickr=_labels(table.table("flickr")),
    )


def _folded(table: Table, key: str) -> frozenset[str]:
    folded: set[str] = set()
    for name in table.texts(key, at_least=1):
        if not joined(name):
            raise table.error(key, f"{name!r} has no letter or digit")
        folded.add(joined(name))
    return frozenset(folded)


def _labels(table: Table) -> dict[str, str]:
    labels = {key: table.text(key) for key in table.data}
    if set(labels) != {str(n) for n in range(_FLICKR + 1)}:
        raise table.error("", f"expected the numbers 0 to {_FLICKR}")
    return labels

"""When two rows have one text, in SQL: the digests of the rule of today and of the one before it. Floor 4.

A row (a record, a tombstone) has ``norm_sha256`` by the rule of the number ``norm_rule``; NULL is rightful-norm/1, as
earlier versions wrote. ``norm1_sha256`` is the digest by rightful-norm/1 where that is another one. Two rows of today are
one text by today's rule; where one of the two is of before, by the rule that both know: that one is wider, so what was
withdrawn goes on being refused.
"""

from __future__ import annotations

DIGESTS = ("norm_sha256", "norm_rule", "norm1_sha256")
"""The columns that say which text a row has."""

FIRST = "coalesce(norm1_sha256, norm_sha256)"
"""The digest of a row by rightful-norm/1."""


def same_text(one: str, other: str) -> tuple[str, ...]:
    """The conditions, of which any makes the rows ``one`` and ``other`` one text. Nearly no row has a ``norm1_sha256``.

    >>> same_text("a", "b")[0]
    'a.norm_sha256 = b.norm_sha256'
    """
    return (
        f"{one}.norm_sha256 = {other}.norm_sha256",
        f"{one}.norm_rule IS NULL AND {one}.norm_sha256 = {other}.norm1_sha256",
        f"{other}.norm_rule IS NULL AND {other}.norm_sha256 = {one}.norm1_sha256",
    )


def text_of(earlier: str) -> str:
    """The digest that says which text a row has among others, by which they are grouped.

    ``earlier`` is a relation with a column ``digest``: those texts by rightful-norm/1 that a row of before has.
    """
    return f"CASE WHEN {FIRST} IN (SELECT digest FROM {earlier}) THEN {FIRST} ELSE norm_sha256 END"

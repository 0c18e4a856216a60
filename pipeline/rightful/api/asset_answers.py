"""What the verbs of ``store.asset`` answer. Floor 10: part of `api`."""

from __future__ import annotations

from typing import Any, ClassVar

from rightful.api.answer import Answer

Keys = dict[str, Any]
List = list[dict[str, Any]]


class AssetDecided(Answer):
    """An asset, or what was to become one, and the decision on it: ``permit`` only where every input permits every act."""

    optional: ClassVar[frozenset[str]] = frozenset({"registered"})
    asset: str | None
    name: str
    kind: str
    status: str
    tainted: Keys | None
    use: Keys | None
    as_of: str
    decision: str
    is_declared: bool
    reasons: List
    needs: list[str]
    obligations: List
    outbound: dict[str, list[str] | None]
    inputs: List
    new_uses: List
    declared: List
    valid_until: str | None
    logs: List
    created_at: str | None
    sha256: str | None
    catalog: str
    next: List
    registered: bool | None = None


class AssetCard(Answer):
    """The specification of an asset: what it permits and what not, with reasons. ``files`` are where it was written."""

    specification: int
    asset: Keys
    store: str
    made: Keys
    status: str
    tainted: Keys | None
    declared: List
    inputs: List
    uses: List
    files: list[str]

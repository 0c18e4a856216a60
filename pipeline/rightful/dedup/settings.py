"""What goes into the near-duplicate search and what comes out: settings, files, counts. Floor 5."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa

from rightful.errors import InputError, UnknownName
from rightful.stages.shared.normal import RULE_VERSION
from rightful.stages.signature import PERMUTATIONS, Signature
from rightful.store.records import PAIRS, SIGNATURES

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

__all__ = ["FOUND", "MARKS", "SIGNATURES", "Alarm", "Counts", "Near", "Progress", "Result"]

METHOD = "jaccard"
VERIFIED = "rightful-verified/2"
"""The rule by which a pair is verified: :mod:`rightful.dedup.verify`. With another one everything is looked at again."""
LINKAGES = ("complete", "anchor")

FOUND = PAIRS
"""A verified pair; ``a`` comes first in the order of anchors."""

MARKS = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("group_id", pa.string(), nullable=False),
        pa.field("role", pa.string(), nullable=False),
        pa.field("matched_id", pa.string()),
        pa.field("similarity", pa.float64(), nullable=False),
    ]
)
"""A member of a group. ``role`` anchor (matched with nothing, 1.0) or copy (matched with the anchor)."""


@dataclass(frozen=True, slots=True)
class Near:
    """The settings. What changes an answer is in here; a change makes everything new to look at.

    * ``search``: False looks for nothing and drops the marks that are there.
    * ``bands`` of ``rows`` values of the signature: a pair of similarity J becomes a candidate with the probability
      1 - (1 - J**rows)**bands; of 16 x 7 0.74 at 0.7, 0.98 at 0.8 and more than 0.999 at 0.9.
    * ``threshold``: the least Jaccard similarity of the shingle sets of near-duplicates.
    * ``bucket_limit``, ``bucket_anchors``: above so many contents in a bucket each is compared only with the first
      few in the order of anchors: one boilerplate in everything, or a collision somebody made, costs linear time.
    * ``linkage``: ``complete``, any two members of a group have the threshold; ``anchor``, each and the anchor have
      (larger groups, in which two copies may be less alike: 2 * threshold - 1 is certain).
    * ``alarm_share``: a source that would lose more than this share of its records to other sources is named.
    * ``shingles``: the stage whose signatures are given, for the sets that verify them.

    Raises :class:`InputError` for settings under which nothing or everything would match.
    """

    search: bool = True
    bands: int = 16
    rows: int = 7
    threshold: float = 0.7
    bucket_limit: int = 64
    bucket_anchors: int = 4
    linkage: str = "complete"
    alarm_share: float = 0.5
    shingles: Signature = field(default_factory=Signature)

    @property
    def digest(self) -> str:
        """The identity of the settings."""
        facts = {**asdict(self), "version": self.shingles.version, "verified": VERIFIED, "text": RULE_VERSION}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]

    def __post_init__(self) -> None:
        if self.bands < 1 or self.rows < 1 or self.bands * self.rows > PERMUTATIONS:
            shape = f"{self.bands} bands of {self.rows}"
            raise InputError(
                f"expected bands of the {PERMUTATIONS} values of a signature, not {shape}", subject="near.bands"
            )
        if not 0 < self.threshold <= 1:
            raise InputError(
                f"expected a similarity above 0, at most 1, not {self.threshold}", subject="near.threshold"
            )
        if not 1 <= self.bucket_anchors <= self.bucket_limit:
            shape = f"{self.bucket_anchors} of {self.bucket_limit}"
            raise InputError(f"expected 1 to near.bucket_limit of them, not {shape}", subject="near.bucket_anchors")
        if self.linkage not in LINKAGES:
            raise UnknownName.of("linkage", self.linkage, LINKAGES, subject="near.linkage")
        if not 0 < self.alarm_share <= 1:
            raise InputError(f"expected a share above 0, at most 1, not {self.alarm_share}", subject="near.alarm_share")


@dataclass(frozen=True, slots=True)
class Alarm:
    """A source of which most records would go: ``lost`` of its ``records`` are copies of other sources' anchors."""

    source_id: str
    records: int
    lost: int


@dataclass(slots=True)
class Counts:
    """What was done. ``candidates = known + unlike + below + pairs``, and ``known = kept + known_below``.

    * ``records`` given, of them ``same_content`` as another one and ``without_words``
    * ``candidates``: pairs of contents that share a bucket, of them ``known`` between stored ones, of which ``kept``
      had been verified before; ``unlike`` by their signatures, ``below`` the threshold by their sets, and ``pairs``
      that are new
    * ``texts`` read
    * ``groups``, ``copies`` in them, and ``left_out``: verified with an anchor, but not near enough to another member
    * ``buckets_over_limit``, ``members_over_limit`` of them, ``largest_bucket``
    * ``stored_unused``: stored pairs that no longer count: a record is gone, or a bucket grew over the limit
    """

    records: int = 0
    stored: int = 0
    same_content: int = 0
    without_words: int = 0
    candidates: int = 0
    known: int = 0
    kept: int = 0
    unlike: int = 0
    below: int = 0
    pairs: int = 0
    texts: int = 0
    groups: int = 0
    copies: int = 0
    left_out: int = 0
    buckets_over_limit: int = 0
    members_over_limit: int = 0
    largest_bucket: int = 0
    stored_unused: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """Parquet files in the spill folder, whole and sorted: the new ``pairs`` (:data:`FOUND`), and all ``groups``
    (:data:`MARKS`) of all records given, stored and new; they replace what was said before.

    ``index``: the files of the index of bands (:mod:`rightful.dedup.index`) that are new, the last of them its state;
    ``stays`` those that go on to belong to it.
    """

    pairs: Path
    groups: Path
    counts: Counts
    alarms: tuple[Alarm, ...]
    index: tuple[Path, ...] = ()
    stays: tuple[Path, ...] = ()

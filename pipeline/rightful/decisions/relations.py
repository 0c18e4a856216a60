"""What deciding a snapshot computes, in order: what events reach, what rows stated before, copies, cases. Floor 5.

It starts from the views of the snapshot (:func:`rightful.store.views.open_views`) and from what the ledger and the cards
say, which is given. A record's case is made of the columns :data:`KEYS`, which ``cased`` has of all records and
``cased_marked`` of those that copies or events reach.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rightful.decisions.copies import AT, COPIES, HIT, MARKED, REVIEWED, marked
from rightful.decisions.earlier import earlier_relations
from rightful.decisions.lineage import Chains, ancestor_rows, lineages
from rightful.decisions.observing import AT_ADDRESSES, AT_ORIGINS, LOOKED, Observing
from rightful.signals.cards.source_card import SourceCard
from rightful.store.counts import COUNTS
from rightful.store.duck import literal
from rightful.store.matching import (
    FORMER_FILES,
    HITS_HAVE,
    SELECTORS_HAVE,
    STONES,
    former_hits,
    former_stone_hits,
    hits,
    stone_hits,
)
from rightful.store.records import RECORDS
from rightful.store.relations import Relation, union
from rightful.store.same_text import DIGESTS, same_text

STARTS_FROM = "records all_records duplicates evidence hidden tombstones part_order"
"""The views of the snapshot that are read."""
OWN_KEYS = "rights_id, personal_data, legal_basis, pii_state, special, outdated, looked, found, published, term, chain"
"""What tells the cases of records apart, the rows of ancestors that they came from left aside."""
KEYS = f"{OWN_KEYS}, through"
SPECIAL = "direct, copied, others, near, near_refused, earlier"
_FOUND = """CASE WHEN coalesce(len(r.pii_types), 0) > 0 THEN array_to_string(list_sort(r.pii_types), ' ')
    WHEN r.pii_state = 'found' THEN '?' ELSE '' END"""
"""The types of personal data that a scan found; ``?`` where it found some and does not say which."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the queries themselves depend on.

    ``kinds`` are those of the selectors of events, ``corrected`` of corrections. ``older``: rows are hidden.
    ``chained`` are the sources whose chain changes a decision. ``uncounted`` are the parts whose rows have to be counted one by
    one; None: all. ``publishing``, ``ending``: a source publishes its works, one has ended or will.
    """

    kinds: Collection[str]
    corrected: Collection[str]
    older: bool
    cards: Mapping[str, SourceCard]
    observing: Observing
    chains: Chains
    chained: Sequence[str]
    uncounted: Sequence[str] | None = None
    publishing: bool = True
    ending: bool = True

    @property
    def joined_on(self) -> str:
        """Those of :data:`KEYS` in which records may differ: the others are written into ``cased`` as one value."""
        one_value = {
            "looked": not self.observing.matters,
            "published": not self.publishing,
            "term": not self.ending,
            "chain": not self.chained,
            "through": not self.chains.children,
        }
        return ", ".join(key for key in KEYS.split(", ") if not one_value.get(key))


def relations(shape: Shape) -> tuple[Relation, ...]:
    """All of them in their order; the last are ``cased``, ``cased_marked`` and ``tally``."""
    return (
        *_reached(shape.kinds, older=shape.older),
        *earlier_relations(shape.cards, shape.corrected),
        marked("duplicates", "reviewed", "hit", "earlier", "carried"),
        *COPIES,
        *SPECIALS,
        *_own_cases(shape),
        *((*ancestor_rows(shape.chains), *lineages(OWN_KEYS)) if shape.chains.children else ()),
        *_cases(lineage=bool(shape.chains.children)),
        *(_tally() if shape.uncounted is None else _tally_by_counts(shape, shape.uncounted)),
    )


def _reached(kinds: Collection[str], *, older: bool) -> tuple[Relation, ...]:
    """``hit(record_id, sid, direct)``: which histories reach a record, itself or through an exact copy."""
    return (
        Relation("selectors", SELECTORS_HAVE),
        FORMER_FILES,
        Relation("refusing", "sid"),
        *STONES,
        *REVIEWED,
        hits("hits", "records", kinds),
        # Older versions are matched as well: what was withdrawn under an old text or address holds for the record, and
        # for copies elsewhere. It only refuses: a grant has to match the record as it is.
        hits("ever_named_hits", "all_records", kinds) if older else union("ever_named_hits", HITS_HAVE, "hits"),
        former_hits("former_hits", "records", "ever_named_hits"),
        union("ever_hits", HITS_HAVE, "ever_named_hits", "former_hits"),
        stone_hits("named_stones", "records"),
        former_stone_hits("former_stones", "records"),
        union("stone_hits", "record_id sid", "named_stones", "former_stones"),
        CARRIED,
        *(_copies_of_any_version() if older else (_copies_by_mark(),)),
        Relation(
            "hits_of_texts",
            HITS_HAVE,
            "hits ever_hits stone_hits copied_hits carried",
            """WITH reached AS (
                SELECT record_id, sid, direct FROM hits
                UNION ALL SELECT record_id, sid, false FROM ever_hits
                UNION ALL SELECT record_id, sid, false FROM stone_hits
                UNION ALL SELECT record_id, sid, false FROM copied_hits
                UNION ALL SELECT record_id, sid, false FROM carried WHERE reach <> 'near')
            SELECT record_id, sid, bool_or(direct) AS direct FROM reached GROUP BY ALL""",
            rests_on="hits ever_hits stone_hits carried",
        ),
        *HIT,
    )


CARRIED = Relation(
    "carried",
    "record_id sid reach",
    "tombstones event_sids records",
    """SELECT DISTINCT t.record_id, e.sid, t.reach FROM tombstones t JOIN event_sids e ON e.event = t.event
    SEMI JOIN records r ON r.record_id = t.record_id WHERE t.reach IS NOT NULL""",
    rests_on="event_sids",
)
"""What events reach through texts that were erased since: nothing that is there now says so."""


def _copies_by_mark() -> Relation:
    """Exact copies among the records as they are have marks."""
    return Relation(
        "copied_hits",
        "record_id sid",
        "ever_hits duplicates",
        """SELECT o.record_id, h.sid FROM ever_hits h
        JOIN duplicates d ON d.record_id = h.record_id AND d.kind = 'exact'
        JOIN duplicates o ON o.group_id = d.group_id AND o.kind = 'exact'""",
        view=True,
    )


def _copies_of_any_version() -> tuple[Relation, ...]:
    """What an older version had copies of is looked up by its text."""
    digests = ", ".join(f"a.{column}" for column in DIGESTS)
    joins = (f"SELECT r.record_id, t.sid FROM records r JOIN texts_hit t ON {one}" for one in same_text("r", "t"))
    return (
        Relation(
            "texts_hit",
            f"{' '.join(DIGESTS)} sid",
            "all_records ever_hits",
            f"SELECT DISTINCT {digests}, h.sid FROM all_records a JOIN ever_hits h USING (record_id)",
            rests_on="ever_hits",
        ),
        Relation("copied_hits", "record_id sid", "records texts_hit", " UNION ALL ".join(joins), view=True),
    )


SPECIALS = (
    Relation(
        "special_records",
        f"record_id {SPECIAL.replace(',', '')}",
        "hit exact_others near_others near_refused earlier",
        """WITH reached AS (
            SELECT record_id, list_sort(coalesce(list(sid) FILTER (WHERE direct), [])) AS direct,
                list_sort(coalesce(list(sid) FILTER (WHERE NOT direct), [])) AS copied
            FROM hit GROUP BY record_id),
        every AS (SELECT record_id FROM reached UNION SELECT record_id FROM exact_others
            UNION SELECT record_id FROM near_others UNION SELECT record_id FROM near_refused UNION SELECT record_id FROM earlier)
        SELECT e.record_id, coalesce(r.direct, []) AS direct, coalesce(r.copied, []) AS copied,
            coalesce(x.others, []) AS others, coalesce(n.others, []) AS near, f.record_id IS NOT NULL AS near_refused,
            coalesce(b.said, []) AS earlier
        FROM every e LEFT JOIN reached r ON r.record_id = e.record_id
        LEFT JOIN exact_others x ON x.record_id = e.record_id LEFT JOIN near_others n ON n.record_id = e.record_id
        LEFT JOIN near_refused f ON f.record_id = e.record_id LEFT JOIN earlier b ON b.record_id = e.record_id""",
        rests_on="hit exact_others near_others near_refused earlier",
    ),
    Relation(
        "specials",
        f"special {SPECIAL.replace(',', '')}",
        "special_records",
        f"""SELECT row_number() OVER (ORDER BY {SPECIAL}) AS special, {SPECIAL}
        FROM (SELECT DISTINCT {SPECIAL} FROM special_records)""",
        rests_on="special_records",
    ),
    # By place: the ids of all records, which are most of what tags weigh, are read once and not at every pass.
    Relation(
        "special_at",
        "part row special",
        "special_records specials marked",
        f"""SELECT m.part, m.row, s.special FROM special_records r
        JOIN specials s USING ({SPECIAL}) JOIN marked m ON m.record_id = r.record_id""",
        rests_on="special_records",
    ),
)
"""A ``special`` number for the records that events, copies or former statements reach; 0 is everybody else."""


def _own_cases(shape: Shape) -> tuple[Relation, ...]:
    """``own_cased`` and ``own_cased_marked``: records with all keys of their case but ``through``."""
    given = (
        Relation("newest_cards", "source_id digest"),
        Relation("publishers", "source_id"),
        Relation("source_terms", "source_id term"),
        LOOKED,
        AT_ORIGINS,
        AT_ADDRESSES,
    )
    columns = {"records": [*RECORDS.names, "part", "row"], "marked": [*MARKED, *AT]}
    made = (
        Relation(
            name,
            " ".join([*columns[of], "special outdated looked found published term chain"]),
            f"{of} special_at{_sources_read(shape)}{shape.observing.reads}",
            f"""SELECT r.* REPLACE (coalesce(r.legal_basis, '') AS legal_basis), coalesce(s.special, 0) AS special,
                {_OUTDATED}, ({shape.observing.column(addressed)})::BIGINT AS looked, {_FOUND} AS found, {_of_source(shape)}
            FROM {of} r LEFT JOIN special_at s ON s.row = r.row AND s.part = r.part {_by_source(shape)}
            {shape.observing.join(addressed, "r.url")}""",
            view=True,
        )
        for name, of, addressed in (
            ("own_cased", "records", "r.url IS NOT NULL"),
            ("own_cased_marked", "marked", "r.addressed"),
        )
    )
    return (*given, *made)


_OUTDATED = "CASE WHEN n.digest IS DISTINCT FROM r.card_sha256 THEN r.source_id ELSE '' END AS outdated"
"""The newest card of the source of rows ``r``, and whether it is theirs."""


def _sources_read(shape: Shape) -> str:
    """The relations by which rows have what follows from their source, each after a space."""
    return f" newest_cards{' publishers' if shape.publishing else ''}{' source_terms' if shape.ending else ''}"


def _by_source(shape: Shape) -> str:
    """The SQL that joins them to rows ``r``."""
    ended = " LEFT JOIN source_terms e ON e.source_id = r.source_id" if shape.ending else ""
    return f"LEFT JOIN newest_cards n ON n.source_id = r.source_id{ended}"


def _of_source(shape: Shape) -> str:
    """What else rows ``r`` have from their source."""
    published = "r.source_id IN (SELECT source_id FROM publishers)" if shape.publishing else "false"
    term = "coalesce(e.term, 0)" if shape.ending else "0"
    listed = ", ".join(literal(source) for source in shape.chained)
    chain = f"CASE WHEN r.source_id IN ({listed}) THEN r.source_id ELSE '' END" if listed else "''"
    return f"{published} AS published, ({term})::BIGINT AS term, {chain} AS chain"


def _cases(*, lineage: bool) -> tuple[Relation, ...]:
    """``cased`` and ``cased_marked`` with all :data:`KEYS`."""
    at = "LEFT JOIN lineage_at l ON l.part = c.part AND l.row = c.row" if lineage else ""
    number = "coalesce(l.through, 0)" if lineage else "0"
    keys = "special outdated looked found published term chain through"
    columns = {"cased": [*RECORDS.names, "part", "row"], "cased_marked": [*MARKED, *AT]}
    views = (
        Relation(
            name,
            " ".join([*of, keys]),
            f"own_{name}{' lineage_at' if lineage else ''}",
            f"SELECT c.*, ({number})::BIGINT AS through FROM own_{name} c {at}",
            view=True,
        )
        for name, of in columns.items()
    )
    return tuple(views)


_TALLY_HAVE = f"{KEYS.replace(',', '')} license_concluded language source_id records chars"
_AXES = f"{KEYS}, license_concluded, language, source_id"


def _tally() -> tuple[Relation, ...]:
    """``tally``: one pass over all records, from which what a whole store is asked about is answered."""
    query = f"SELECT {_AXES}, count(*) AS records, sum(n_chars)::BIGINT AS chars FROM cased GROUP BY ALL"
    return (Relation("tally", _TALLY_HAVE, "cased", query),)


def _tally_by_counts(shape: Shape, uncounted: Sequence[str]) -> tuple[Relation, ...]:
    """The same from what parts say of their rows (``counts``, which is given), without these rows; those of ``uncounted`` parts
    are counted as they are. What copies or events reach is taken out of the counts, and put where it belongs."""
    parts = ", ".join(literal(part) for part in uncounted) or "''"
    some = f"part IN ({parts})"
    looked = "CASE WHEN r.addressed THEN 1 ELSE 0 END" if shape.observing.matters else "0"
    case = KEYS.replace("special", "0::BIGINT AS special")
    one_by_one = f"SELECT {_AXES}, count(*) AS records, sum(n_chars) AS chars FROM cased WHERE {some} GROUP BY ALL"
    by_rows = f"UNION ALL {one_by_one}" if uncounted else ""
    return (
        Relation("counts", " ".join(["part", *COUNTS.names])),
        Relation(
            "counted",
            f"part {_TALLY_HAVE} first",
            f"counts{_sources_read(shape)}",
            f"""SELECT r.part, r.rights_id, r.personal_data, coalesce(r.legal_basis, '') AS legal_basis, r.pii_state,
                0::BIGINT AS special, {_OUTDATED}, ({looked})::BIGINT AS looked,
                CASE WHEN r.pii_types <> '' THEN r.pii_types WHEN r.pii_state = 'found' THEN '?' ELSE '' END AS found,
                {_of_source(shape)}, 0::BIGINT AS through, r.license_concluded, r.language, r.source_id, r.records, r.chars, r.first
            FROM counts r {_by_source(shape)}""",
        ),
        Relation(
            "tally_of_special",
            _TALLY_HAVE,
            "cased_marked",
            f"""SELECT {_AXES}, count(*) AS records, sum(n_chars) AS chars FROM cased_marked
            WHERE special <> 0 AND NOT {some} GROUP BY ALL""",
        ),
        Relation(
            "tally",
            _TALLY_HAVE,
            f"counted tally_of_special{' cased' if uncounted else ''}",
            f"""SELECT {_AXES}, sum(records)::BIGINT AS records, sum(chars)::BIGINT AS chars FROM (
                SELECT {_AXES}, records, chars FROM counted
                UNION ALL SELECT {_AXES}, records, chars FROM tally_of_special
                UNION ALL SELECT {case}, license_concluded, language, source_id, -records, -chars FROM tally_of_special
                {by_rows})
            GROUP BY ALL HAVING sum(records) > 0""",
        ),
    )


def decided(name: str = "decided", on: str = KEYS) -> tuple[Relation, ...]:
    """``NAME``: every record that has a decision, with ``case_id`` and ``permit``; ``NAME_marked``: those with copies.

    The decisions by case are given as ``NAME_cases``. ``on`` are the keys in which records may differ.
    """
    columns = {"": [*RECORDS.names, "part", "row"], "_marked": [*MARKED, *AT]}
    keys = "special outdated looked found published term chain through case_id permit"
    views = (
        Relation(
            f"{name}{suffix}",
            " ".join([*of, keys]),
            f"cased{suffix} {name}_cases",
            f"SELECT c.*, d.case_id, d.permit FROM cased{suffix} c JOIN {name}_cases d USING ({on})",
            view=True,
        )
        for suffix, of in columns.items()
    )
    return (Relation(f"{name}_cases", f"{KEYS.replace(',', '')} case_id permit"), *views)

"""The results of the verbs: one class each, whose fields are the keys of its JSON. Floor 10: part of `api`.

What each key means is written in the schemas (``rightful schema answer-query``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from rightful.api.answer import Answer
from rightful.api.attested import Attested as Attested
from rightful.api.attested import Proof as Proof
from rightful.api.attested import Receipt as Receipt
from rightful.api.attested import Signed as Signed

Keys = dict[str, Any]
"""A table within an answer."""
List = list[dict[str, Any]]
"""A list of tables within an answer."""


class Drafted(Answer):
    """What a first look saw, the drafts that it wrote, what named uses would permit of the sample, and what is next."""

    paths: list[str]
    looked: Keys
    data: List
    drafts: List
    uses: List
    questions: list[dict[str, str]]
    next: List


class Scanned(Answer):
    """What is stated of data: the claims, where they differ, what nobody can read, and what a card could say."""

    paths: list[str]
    files: int
    sources: List
    claims: List
    documents: dict[str, int]
    unopened: List
    conflicts: List
    unreadable: List
    cards: List
    not_read: List
    errors: List
    seconds: float
    next: List


class Ingested(Answer):
    """What an ingest did: ``read = added + unchanged + refused + rejected``."""

    run: str
    snapshot: int
    read: int
    added: int
    unchanged: int
    refused: int
    rejected: int
    updated: int
    superseded: int
    retired: int
    restored: int
    adopted: int
    gone: List
    duplicates: dict[str, int]
    alarms: List
    statements: List
    unread: List
    conversations: List
    captures: List
    kept: List
    contradicted: List
    errors: List
    repositories: List
    skipped: list[dict[str, Any]]
    not_read: List
    passed_over: List
    nothing_read: List
    papers: List
    sources: List
    seconds: float
    bytes: int
    text_bytes: int
    stages: dict[str, float]
    next: List


class Tagged(Answer):
    """What ran again: ``records`` got other tags, ``unchanged`` had them already."""

    snapshot: int
    stages: list[str]
    records: int
    unchanged: int
    parts: int
    alarms: List
    seconds: float


class Permitted(Answer):
    """Which records a use permits, and why the others are excluded: ``considered = permitted + excluded``."""

    optional: ClassVar[frozenset[str]] = frozenset({"ids", "out"})
    use: Keys
    snapshot: int
    as_of: str
    catalog: str
    overlay: List
    policy: Keys
    survivors: Keys
    considered: dict[str, int]
    permitted: dict[str, int]
    excluded: List
    families: List
    would_permit: List
    obligations: dict[str, Keys]
    todo: List
    together: List
    contested: List
    contradicted: List
    notices: List
    coverage: List
    licenses: List
    languages: List
    sources: List
    valid_until: str | None
    next: List
    ids: list[str] | None = None
    out: Keys | None = None


class Exported(Answer):
    """The manifest of an export, as it stands in ``manifest.json``."""

    manifest_version: int
    store: str
    format: str
    text_as: str | None
    own_form: Keys | None
    kept: Keys | None
    use: Keys
    policy: Keys
    snapshot: int
    as_of: str
    catalog: str
    overlay: List
    selection: Keys
    survivors: Keys
    tokenizer: Keys | None
    records: int
    documents: int
    tokens: int | None
    padding: int | None
    sequence: Keys | None
    mix: Keys | None
    split: Keys | None
    splits: List | None
    ladder: List | None
    holders: Keys | None
    raw: str | None
    drawn: Keys | None
    chars: int
    lost: int
    lost_records: int
    shards: List
    refused: dict[str, int]
    obligations: dict[str, Keys]
    todo: List
    licenses: List
    sources: List
    expires_at: str | None
    redaction: Keys | None
    records_root: str | None
    files: list[dict[str, str]]
    export: str


class Explained(Answer):
    """The decision on one record, and all that it rests on."""

    record: str
    decision: str
    use: Keys
    as_of: str
    snapshot: int
    catalog: str
    overlay: List
    by_act: dict[str, str]
    reasons: List
    obligations: list[str]
    asked_by: dict[str, list[str]]
    todo: List
    evidence: List
    looked: List
    not_rights: list[dict[str, str]]
    guesses: list[dict[str, str]]
    events: List
    event_count: int
    reviews: List
    copies: List
    kept: Keys | None
    ancestors: List
    inversions: List
    would_change: List
    remedies: List
    valid_until: str | None
    recorded_at: str
    updated_at: str
    tags: Keys
    policy: Keys
    next: List


class Verified(Answer):
    """Whether an export is still intact and still permitted."""

    ok: bool
    export: str
    records: int
    stale: List
    corrupt: list[dict[str, str]]
    gone: bool
    version: int
    level: str | None
    next: List
    optional: ClassVar[frozenset[str]] = frozenset({"in_memory", "standalone", "records_root", "signatures"})
    in_memory: bool | None = None
    standalone: bool | None = None
    records_root: str | None = None
    signatures: List | None = None


class AllVerified(Answer):
    """The same of every registered export."""

    ok: bool
    exports: List
    next: List = field(default_factory=list)


class Statistics(Answer):
    """What a store holds, whether or not it may be used."""

    optional: ClassVar[frozenset[str]] = frozenset({"next", "out"})
    snapshot: int
    where: str | None
    totals: dict[str, int]
    axes: dict[str, Keys]
    histograms: dict[str, Keys]
    next: List | None = None
    out: Keys | None = None


class Consented(Answer):
    """A consent event, or several that were recorded in one commit; ``matched`` is what all of them match together."""

    optional: ClassVar[frozenset[str]] = frozenset({"events"})
    event: str | None
    kind: str
    selector: dict[str, str]
    use: list[str]
    purpose: list[str]
    application: list[str]
    effective: str
    counts_from: str
    valid_until: str | None
    perpetual: bool
    given_by: list[str]
    party: str
    lacks: list[str]
    reason: str
    deadline: str | None
    proof: str
    matched: dict[str, int]
    unmatched: bool
    exports: list[str]
    exports_unreadable: list[str]
    assets: List
    known: bool
    dry_run: bool
    together: dict[str, int]
    events: List | None = None


class Imported(Answer):
    """What the rows of a file were recorded as."""

    rows: int
    applied: int
    known: int
    unmatched: int
    matched: dict[str, int]
    exports: list[str]
    exports_unreadable: list[str]
    assets: List
    incomplete: List
    errors: List
    dry_run: bool


class License(Answer):
    """A licence with its verdict for every act, purpose and reading."""

    id: str
    overlay: List
    name: str
    kind: str
    url: str
    scope: list[str]
    territory: list[str]
    flags: list[str]
    outbound: str | list[str]
    use_restrictions: list[str]
    aliases: list[str]
    reviewer: str
    reviewed_at: str
    meaning: dict[str, Keys]
    verdicts: List


class Checked(Answer):
    """What a licence expression permits, as if it were all that is known about a record."""

    expression: str
    normalized: str | None
    decision: str
    reasons: List
    obligations: list[str]
    asked_by: dict[str, list[str]]
    needs: list[str]
    catalog: str
    overlay: List
    next: List


@dataclass(frozen=True, eq=False, repr=False)
class Reasoned(Checked):
    """The same with what every licence of the expression says of every act asked."""

    use: Keys
    readings: List
    alternatives: dict[str, List]
    meaning: dict[str, Keys]


class Reading(Answer):
    """A reading of one's own that was drafted, signed or removed, and the exports that hold what is refused with it.

    ``todo`` are the keys in which something is marked to be written; ``redirects`` are statements that the catalogue reads
    otherwise, with its reading.
    """

    id: str
    path: str
    removed: bool
    overlay: Keys | None
    redirects: dict[str, str]
    todo: list[str]
    exports: list[str]
    exports_unreadable: list[str]
    next: List


class Memo(Answer):
    """What a lawyer wants to know of the licences of an expression."""

    optional: ClassVar[frozenset[str]] = frozenset({"out"})
    expression: str
    normalized: str
    as_of: str
    catalog: str
    overlay: List
    licenses: List
    unreviewed: list[dict[str, str]]
    families: List
    additions: list[dict[str, str]]
    together: List
    out: str | None = None


class Diff(Answer):
    """What differs between two catalogues: ``same`` licences say the same in both."""

    a: Keys
    b: Keys
    added: List
    removed: List
    changed: List
    same: int
    next: List


class Rebased(Answer):
    """What an export held, decided under another law: what flips, by reason and clause. ``today_too`` are those that flip
    by the store's own law as it is now; ``undecided`` are not in the store any more, or have other content."""

    export: str
    records: int
    use: Keys
    as_of: str
    catalog: str
    overlay: List
    policy: Keys
    permitted: int
    flipped: int
    refused_then: int | None
    undecided: dict[str, int]
    flips: List
    by_clause: List
    licenses: List
    next: List


class Waiting(Answer):
    """What copies leave open for a use: ``near`` pairs wait for a review, ``exact`` ones no review settles. ``notices`` are
    what texts say of themselves, which the card of their source settles or nothing does."""

    use: Keys
    as_of: str
    snapshot: int
    near: int
    exact: int
    open: List
    notices: List
    next: List


class Signal(Answer):
    """What a signal says: each act once, with the strictest that is stated of it."""

    optional: ClassVar[frozenset[str]] = frozenset({"allowed"})
    kind: str
    url: str
    agent: str
    on: str | None
    result: str
    statements: List
    licenses: List
    unread: list[str]
    allowed: bool | None = None


class Refreshed(Answer):
    """What newer captures come to at the locations of a store, and what could not be read."""

    snapshot: int | None
    dry_run: bool
    locations: int
    records: int
    added: int
    changed: int
    reserved: int
    lifted: int
    unreadable: int
    unmatched: int
    errors: List
    next: List


class Wanted(Answer):
    """Where nobody looked, or only too long ago: by protocol, and the first of them by records."""

    optional: ClassVar[frozenset[str]] = frozenset({"out"})
    older_than: int
    totals: List
    wanted: List
    next: List
    out: Keys | None = None


class Reviewed(Answer):
    """A review of two near copies, and the exports that hold what is permitted no more since."""

    review: str
    verdict: str
    record: str
    other: str
    by: str
    reason: str
    recorded: str
    records: int
    exports: list[str]
    exports_unreadable: list[str]


class Source(Answer):
    """A source with its newest card, and every source that it was made from which permits less than it states."""

    source_id: str
    digest: str
    card: Keys
    place: str
    added: int
    inversions: List
    retired: bool


class Words(Answer):
    """The words of a request, and the schemes whose terms are read."""

    version: str
    acts: List
    purposes: list[dict[str, str]]
    actors: list[dict[str, str]]
    applications: List
    obligations: List
    bundles: List
    statutes: List
    schemes: List


class Meaning(Answer):
    """One word wherever it occurs, as it is read on a day."""

    word: str
    version: str
    on: str
    found: List


class Terms(Answer):
    """All terms of a scheme, each with every reading."""

    scheme: Keys
    terms: List


class Recipes(Answer):
    """The recipes that come with rightful, and those that records of the store were tagged with."""

    presets: list[dict[str, str]]
    recorded: List


class Recipe(Answer):
    """One recipe, resolved; ``toml`` is a recipe again."""

    recipe: str
    digest: str
    resolved: Keys
    toml: str


class Status(Answer):
    """Snapshot, sizes and counts of a store."""

    store: str
    snapshot: int
    catalog: str
    parts: int
    rows: int
    records_bytes: int
    texts_bytes: int
    events: int
    exports: int
    assets: int
    sealed: bool
    upgrade: list[str]
    duties: List


class Similar(Answer):
    """Near copies of a text from outside, the most alike first; ``unsearched`` are records that could not be compared."""

    file: str | None
    snapshot: int
    text: dict[str, int]
    threshold: float
    matches: List
    more: int
    compared: dict[str, int]
    candidates: int
    verified: int
    unsearched: List
    by: Keys
    seconds: float
    next: List


class Health(Answer):
    """Whether everything is what was committed: what is damaged, and files that no snapshot has; and where a text is that was
    looked for."""

    optional: ClassVar[frozenset[str]] = frozenset({"swept", "absent"})
    ok: bool
    damaged: list[dict[str, str]]
    orphans: list[str]
    swept: list[str] | None = None
    absent: dict[str, Any] | None = None


class Upgraded(Answer):
    """What of a store was rewritten to today's schema."""

    snapshot: int
    added: list[str]
    parts: int
    records: int
    seconds: float


class CorpusLayout(Answer):
    """A layout of corpora: what it states of rights, which column is which, what it is known by."""

    name: str
    version: int
    title: str
    about: str
    why: str
    published: list[str]
    as_of: str
    origin: str
    path: str
    rights: Keys
    fields: dict[str, str]
    licenses: dict[str, str]
    not_rights: dict[str, str]
    recognise: List


class StandingPolicy(Answer):
    """The policy of a store and whether it is in force: ``says`` are its tables; after signing also which exports it touches."""

    path: str
    in_force: bool
    sha256: str | None
    says: Keys
    exports: list[str] | None = None
    exports_unreadable: list[str] | None = None
    doubts: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What the command answers with ``--json``."""
        touched = {"exports": self.exports, "exports_unreadable": self.exports_unreadable}
        return {
            **{"path": self.path, "in_force": self.in_force, "sha256": self.sha256, **self.says},
            **({} if self.exports is None else touched),
            **({"doubts": list(self.doubts)} if self.doubts else {}),
        }


class NamedUse(Answer):
    """A named use in full: what is ``asked``, what is ``undertaken``, what whoever signs has ``declared``, and what signs it
    (``next``); after signing also which exports it touches.
    """

    optional: ClassVar[frozenset[str]] = frozenset({"exports", "exports_unreadable"})
    name: str
    summary: str
    use: list[str]
    purpose: str | None
    actor: str | None
    jurisdiction: list[str]
    accept: list[str]
    statutes: list[str]
    signed: bool
    origin: str
    path: str
    sha256: str
    in_force: bool
    asked: list[dict[str, str]]
    undertaken: List
    declared: list[str]
    signature: dict[str, str] | None
    next: List
    exports: list[str] | None = None
    exports_unreadable: list[str] | None = None


class Demo(Answer):
    """Where the demo lies, and its story: each scene says what for, and which commands it is told with."""

    folder: str
    scenes: List


class Schema(Answer):
    """The schema of a table, of a file that is read, or of an answer."""

    document: Keys

    def as_json(self) -> dict[str, Any]:
        """The schema itself."""
        return self.document

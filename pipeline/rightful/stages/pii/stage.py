"""PersonalData: which personal data and secrets a text shows, how often, and where. Floor 3.

It looks for what :data:`TYPES` lists, in ASCII digits and letters, and for nothing else: no names (unless a recogniser
is given), no postal addresses, no health. ``none_found`` therefore means what it says; it is not "no personal data".

How: candidates come from one compiled pass over the bytes of the whole batch (where the ``@`` are; where runs of digits
are), so that text without any costs next to nothing. Only candidates are read closely, one by one.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from rightful.errors import InputError, UnknownName
from rightful.later import later
from rightful.rights.persons import KEPT
from rightful.stages import setting
from rightful.stages.pii import checks as checks
from rightful.stages.pii import ids as ids
from rightful.stages.pii import scan as scan
from rightful.stages.pii import secrets as secrets
from rightful.stages.pii.entities import EntityModel
from rightful.stages.pii.redact import Span
from rightful.stages.pii.scan import Hit
from rightful.stages.shared.bytes import Texts, text_column
from rightful.stages.shared.columns import filled

pc = later("pyarrow.compute")

DETECTOR = "rightful-pii/4"
"""Which rules answered; goes up when an answer can change."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "contact": ("email", "phone"),
    "network": ("ipv4", "ipv6", "mac"),
    "financial": ("card", "iban"),
    "national_id": ids.KINDS,
    "secret": tuple(kind for kind in secrets.KINDS if kind != secrets.GENERIC),
}
"""Types by what they are; a group's name in ``look_for`` means all of its types."""

DEFAULT = frozenset(kind for kinds in GROUPS.values() for kind in kinds)
TYPES = tuple(sorted(DEFAULT | {secrets.GENERIC}))
"""Everything that can be looked for; ``secret_assignment`` only where it is named."""

# Of two that overlap the first of these is right: what has a check or a prefix before what has a form only.
_ORDER = (*secrets.KINDS, "email", "iban", "ipv6", "mac", "ipv4", "fr_nir", "card", *ids.KINDS, "phone")
_RANK = {kind: rank for rank, kind in enumerate(dict.fromkeys(_ORDER))}

_SPAN = pa.struct([("type", pa.string()), ("start", pa.int64()), ("stop", pa.int64())])


@dataclass(frozen=True, slots=True)
class PersonalData:
    """``pii_types`` has what was found, sorted, ``pii_counts`` how often, ``pii_spans`` where, if ``spans`` asks for it.

    ``pii_state`` is ``found``, ``none_found`` or ``not_scanned``. A text that is missing, on which the recogniser of
    names failed, or that was not looked through for all types of :data:`DEFAULT`, is never ``none_found``; one on which
    the recogniser failed is ``not_scanned`` whatever else was found in it.

    * ``email``: local part, ``@``, and a domain with a top level that exists. Not ``icon@2x.png``, not ``git@host``.
      Addresses at example.com count: whether they are anybody's is not for a scan to say.
    * ``ipv4``, ``ipv6``: public ones, or with ``addresses = "all"`` also private, local and documentation ones. No
      versions, no section numbers. ``mac``: of one card; not what manuals print.
    * ``phone``: ``+`` or ``00`` and a number of that country's plan (phonenumbers); an area code in parentheses; a
      number that begins with 0, in groups, of a plan; 3-3-4 digits of North America; or 7..15 digits after a word such
      as ``phone``. ``phone_regions`` ("ES PT") adds the national forms of these countries, without a 0 too.
    * ``iban``: country, length of that country, check digits (ISO 13616, mod 97).
    * ``card``: 14..19 digits, bare or in the groups of a card, with a prefix that is issued and the check digit (Luhn).
    * national numbers: by form and check digit; those that any number could be only beside a word that says so, or
      where the text is nothing else.
    * ``email.notice``, ``name.notice``: addresses, and names that a recogniser found, in copyright notices and author
      lines. They are told apart by the form of their line, and are not counted among the others.
    * secrets: keys by their prefix; no placeholders. ``secret_assignment``: long random strings assigned to a password.
    """

    name: ClassVar[str] = "pii"
    about: ClassVar[str] = "The scan for personal data."
    version: ClassVar[str] = DETECTOR
    adds: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("pii_state", pa.string(), nullable=False),
        pa.field("pii_types", pa.list_(pa.string()), nullable=False),
        pa.field("pii_counts", pa.list_(pa.int32()), nullable=False),
        pa.field("pii_spans", pa.list_(_SPAN)),
    )
    says: ClassVar[Mapping[str, str]] = {
        "pii_state": "found, none_found or not_scanned, of the kinds that the stage looks for; not: no personal data.",
        "pii_types": "The kinds that were found, sorted.",
        "pii_counts": "How often each of pii_types was found, in the same order.",
        "pii_spans": "Where, in code points, in order and without overlap; null where not asked for or not scanned.",
    }
    left_out: ClassVar[Mapping[str, object]] = {"pii_state": "not_scanned", "pii_types": (), "pii_counts": ()}

    look_for: str = setting(
        "default",
        "Types or groups (contact, network, financial, national_id, secret, default, all), with spaces between; fewer than"
        " default never says none_found.",
    )
    addresses: str = setting(
        "public", "public, or all: private and documentation addresses too.", type="string", enum=["public", "all"]
    )
    phone_regions: str = setting("", "Countries (ES PT) whose national numbers count without a leading 0 or a word.")
    spans: bool = setting(False, "Store where each was found.")
    entity_model: str = setting(
        "", "module:name of an installed recogniser of names. It is run: use recipes you trust."
    )
    entity_model_path: str = setting("", "A file or folder it is made from.")

    def __post_init__(self) -> None:
        """Raise :class:`UnknownName` for a type, range or country that is not there."""
        _kinds(self.look_for)
        if self.addresses not in ("public", "all"):
            raise UnknownName.of("range of addresses", self.addresses, ("public", "all"), subject="pii.addresses")
        if self.phone_regions:
            from phonenumbers import SUPPORTED_REGIONS

            for region in self.phone_regions.split():
                if region not in SUPPORTED_REGIONS:
                    raise UnknownName.of("country", region, SUPPORTED_REGIONS, subject="pii.phone_regions")
        if self.entity_model_path and not self.entity_model:
            raise InputError("needs an entity_model that is made from it", subject="pii.entity_model_path")

    @property
    def kinds(self) -> frozenset[str]:
        """The types that are looked for; a recogniser of names has its own beside them."""
        return _kinds(self.look_for)

    @property
    def detector(self) -> str:
        """Which rules and which lists of numbering plans and top-level domains answer: an update can change a tag."""
        import phonenumbers

        suffixes = importlib.metadata.version("publicsuffixlist")
        lists = f"phonenumbers {phonenumbers.__version__} publicsuffixlist {suffixes}"
        return f"{self.version} {lists}"

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """State, types, counts and, where asked for, spans of each text. What was kept beside a text is scanned with it, and
        has no spans."""
        model = EntityModel(self.entity_model, self.entity_model_path) if self.entity_model else None
        of_texts = _unseen(columns(self, batch, model), batch)
        kept = filled(batch, "kept")
        if kept is None:
            return of_texts
        rows = np.flatnonzero(kept.is_valid().to_numpy(zero_copy_only=False)).tolist()
        words = [in_words(json.loads(stored)) for stored in kept.drop_null().to_pylist()]
        beside = columns(
            replace(self, spans=False), pa.record_batch({"text": pa.array(words, pa.large_string())}), model
        )
        return _together(of_texts, beside, rows)


def _unseen(of_texts: Mapping[str, pa.Array], batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
    """Content that is elsewhere was not scanned, whatever is found beside it."""
    media = filled(batch, "media")
    if media is None:
        return of_texts
    states = pc.if_else(media.is_valid(), "not_scanned", of_texts["pii_state"].cast(pa.string()))
    return {**of_texts, "pii_state": states.cast(of_texts["pii_state"].type)}


def in_words(kept: Mapping[str, object]) -> str:
    """What was kept of a record as it is scanned: a line for every value, behind the name that it stands under, for a number
    beside the word phone is one.

    >>> in_words({"score": 0.5, "by": {"mail": ["ada@example.org"]}})
    'score: 0.5\\nby mail: ada@example.org'
    """
    lines: list[str] = []
    waiting: list[tuple[str, object]] = [("", kept)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(f"{name} {key}".strip(), inner) for key, inner in reversed(list(value.items()))]
        elif isinstance(value, list):
            waiting += [(name, inner) for inner in reversed(value)]
        elif value is not None and not isinstance(value, bool):
            lines.append(f"{name}: {value}")
    return "\n".join(lines)


def _together(
    of_texts: Mapping[str, pa.Array], beside: Mapping[str, pa.Array], rows: Sequence[int]
) -> dict[str, pa.Array]:
    """What was found in texts, with what was found beside those in ``rows``. What could not be scanned is not, unless
    something was found."""
    names = ("pii_state", "pii_types", "pii_counts")
    listed = [list(of) for of in zip(*(of_texts[name].to_pylist() for name in names), strict=True)]
    for row, (state, types, counts) in zip(
        rows, zip(*(beside[name].to_pylist() for name in names), strict=True), strict=True
    ):
        plain = [kind.removesuffix(".notice") for kind in types]  # a column is no author line, whatever its name
        listed[row] = list(_sum(listed[row], (state, plain, counts)))
    states, types, counts = zip(*listed, strict=True)
    return {
        **of_texts,
        "pii_state": pa.array(states, pa.string()),
        "pii_types": pa.array(types, pa.list_(pa.string())),
        "pii_counts": pa.array(counts, pa.list_(pa.int32())),
    }


def _sum(one: Sequence[Any], other: Sequence[Any]) -> tuple[str, list[str], list[int]]:
    counts = Counter[str]()
    for kind, n in (*zip(one[1], one[2], strict=True), *zip(other[1], other[2], strict=True)):
        counts[kind] += n
    state = next((state for state in ("found", "not_scanned") if state in (one[0], other[0])), "none_found")
    types = sorted(counts)
    return state, types, [counts[kind] for kind in types]


def widest(settings: Iterable[PersonalData]) -> PersonalData:
    """A scan that finds what any of ``settings`` finds. Raises :class:`InputError` for recognisers that differ."""
    listed = list(settings)
    models = {(s.entity_model, s.entity_model_path) for s in listed if s.entity_model}
    if len(models) > 1:
        named = ", ".join(sorted(model for model, _ in models))
        raise InputError(f"{named} are different recognisers", subject="pii.entity_model", hint="tag with one recipe")
    model, path = next(iter(models), ("", ""))
    return PersonalData(
        addresses="all" if any(s.addresses == "all" for s in listed) else "public",
        phone_regions=" ".join(sorted({region for s in listed for region in s.phone_regions.split()})),
        entity_model=model,
        entity_model_path=path,
    )


def columns(settings: PersonalData, batch: pa.RecordBatch, model: EntityModel | None) -> Mapping[str, pa.Array]:
    """What the stage adds; ``model`` recognises names."""
    texts = Texts.of(batch)
    hits, failed = _hits(settings, batch, texts, model)
    unknown = failed | set(np.flatnonzero(batch.column("text").is_null().to_numpy(zero_copy_only=False)).tolist())
    complete = _kinds(settings.look_for) >= DEFAULT
    states = ["none_found" if complete else "not_scanned"] * len(texts)
    n_types = np.zeros(len(texts) + 1, np.int32)
    types: list[str] = []
    counts: list[int] = []
    for row, group in groupby(hits, key=lambda hit: hit[0]):
        seen: dict[str, int] = {}
        for hit in group:
            seen[hit[3]] = seen.get(hit[3], 0) + 1
        states[row] = "found"
        n_types[row + 1] = len(seen)
        types += sorted(seen)
        counts += [seen[kind] for kind in sorted(seen)]
    for row in unknown:
        states[row] = "not_scanned"
    offsets = pa.array(np.cumsum(n_types, dtype=np.int32))
    return {
        "pii_state": pa.array(states, pa.string()),
        "pii_types": pa.ListArray.from_arrays(offsets, pa.array(types, pa.string())),
        "pii_counts": pa.ListArray.from_arrays(offsets, pa.array(counts, pa.int32())),
        "pii_spans": _span_column(texts, hits, unknown) if settings.spans else pa.nulls(len(texts), pa.list_(_SPAN)),
    }


def spans_of(
    texts: Sequence[str], settings: PersonalData | None = None, model: EntityModel | None = None
) -> list[list[Span] | None]:
    """Where what was found lies in each text, in characters, in order and without overlap; None where a scan failed.

    >>> spans_of(["Mail ada@example.org, now"])
    [[Span(type='email', start=5, stop=20)]]
    """
    chosen = settings or PersonalData()
    if chosen.entity_model and model is None:
        model = EntityModel(chosen.entity_model, chosen.entity_model_path)
    batch = pa.record_batch({"text": pa.array(texts, pa.large_string())})
    held = Texts.of(batch)
    hits, failed = _hits(chosen, batch, held, model)
    spans = _span_column(held, hits, failed).to_pylist()
    return [None if row is None else [Span(**span) for span in row] for row in spans]


def _kinds(look_for: str) -> frozenset[str]:
    kinds: set[str] = set()
    for word in look_for.split():
        known = {"default": DEFAULT, "all": frozenset(TYPES), **GROUPS, **{kind: (kind,) for kind in TYPES}}
        if word not in known:
            raise UnknownName.of("type of personal data", word, known, subject="pii.look_for")
        kinds.update(known[word])
    if not kinds:
        raise InputError("names nothing to look for", subject="pii.look_for", hint='the default is "default"')
    return frozenset(kinds)


# --- finding --------------------------------------------------------------------------------------------------------


def _hits(
    settings: PersonalData, batch: pa.RecordBatch, texts: Texts, model: EntityModel | None
) -> tuple[list[Hit], set[int]]:
    """What was found, in order and without overlap, and the rows that could not be scanned."""
    from rightful.stages.pii import notices

    kinds = _kinds(settings.look_for)
    hits: list[Hit] = []
    may_have_keys: set[int] = set()
    for start, stop in scan.windows(texts):
        hits += _in_window(settings, kinds, texts, start, stop, may_have_keys)
    hits += secrets.find(text_column(batch), texts.bounds, texts.data.data, kinds, sorted(may_have_keys))
    failed: set[int] = set()
    if model is not None:
        hits += _named(batch, texts, model, failed)
    hits.sort(key=lambda hit: (hit[0], hit[1], -hit[2]))
    return notices.marked(_without_overlap(hits), texts), failed


def _in_window(
    settings: PersonalData, kinds: frozenset[str], texts: Texts, start: int, stop: int, may_have_keys: set[int]
) -> Iterator[Hit]:
    from rightful.stages.pii import network, numbers
    from rightful.stages.pii.marks import AT, CAPITALS, COLONS, HYPHENS, RUN, SECRET, marks

    raw, public, regions = texts.data.data, settings.addresses == "public", tuple(settings.phone_regions.split())
    reader = numbers.Reader(raw, kinds, public, regions)
    bounds = texts.bounds.tolist()
    for what, row, one, two, three, four in marks(texts.data, texts.bounds, start, stop, bool(regions)).tolist():
        low, high = bounds[row], bounds[row + 1]
        if what == RUN:
            for begin, end, kind in reader.read(low, high, three, four):
                yield row, begin, end, kind
        elif what == AT and "email" in kinds:
            sides = network.email(bytes(raw[one:two]), bytes(raw[two + 1 : three]))
            if sides:
                yield row, two - sides[0], two + 1 + sides[1], "email"
        elif what == COLONS and kinds & {"ipv6", "mac"}:
            yield from _colons(raw, row, low, high, one, two, kinds, public)
        elif what == HYPHENS and "mac" in kinds:
            yield from _hyphens(raw, row, low, high, one)
        elif what == CAPITALS:
            for begin, end, kind in reader.read_code(low, high, one):
                yield row, begin, end, kind
            end_of = _iban_end(raw, one, low, high) if "iban" in kinds else None
            if end_of:
                yield row, one, end_of, "iban"
        elif what == SECRET:
            may_have_keys.add(row)


def _colons(
    raw: memoryview, row: int, low: int, high: int, first: int, last: int, kinds: frozenset[str], public: bool
) -> Iterator[Hit]:
    from rightful.stages.pii import network

    begin = max(low, first - 6)
    around = bytes(raw[begin : min(high, last + 24)])
    span = network.mac(around, first - begin) if last - first == 12 else None
    kind = "mac"
    if span is None:
        span, kind = network.ipv6(around, first - begin, public), "ipv6"
    if span and kind in kinds:
        yield row, begin + span[0], begin + span[1], kind


def _hyphens(raw: memoryview, row: int, low: int, high: int, first: int) -> Iterator[Hit]:
    from rightful.stages.pii import network

    begin = max(low, first - 6)
    span = network.mac(bytes(raw[begin : min(high, first + 24)]), first - begin)
    if span:
        yield row, begin + span[0], begin + span[1], "mac"


def _named(batch: pa.RecordBatch, texts: Texts, model: EntityModel, failed: set[int]) -> Iterator[Hit]:
    plain = text_column(batch).to_pylist()
    for row, (text, entities) in enumerate(zip(plain, model(plain), strict=True)):
        if entities is None:
            failed.add(row)
            continue
        places = sorted({place for start, stop, _ in entities for place in (start, stop)})
        at, size, where = 0, int(texts.bounds[row]), {}
        for place in places:
            size += len(text[at:place].encode())
            at, where[place] = place, size
        for start, stop, label in entities:
            own = label.replace(".", "_") if label in KEPT else label  # whether it is one is for the line to say
            yield row, where[start], where[stop], own


def _without_overlap(hits: list[Hit]) -> list[Hit]:
    """Of hits in order, those that stay: of two that overlap the one of higher rank, then the longer."""
    kept: list[Hit] = []
    for hit in hits:
        while kept and kept[-1][0] == hit[0] and hit[1] < kept[-1][2]:
            if _weight(hit) >= _weight(kept[-1]):
                break
            kept.pop()
        else:
            kept.append(hit)
    return kept


def _weight(hit: Hit) -> tuple[int, int]:
    return _RANK.get(hit[3], len(_RANK)), hit[1] - hit[2]


def _span_column(texts: Texts, hits: list[Hit], unknown: set[int]) -> pa.Array:
    spans: list[list[dict[str, object]] | None] = [[] for _ in range(len(texts))]
    for row, group in groupby(hits, key=lambda hit: hit[0]):
        at, chars, here = int(texts.bounds[row]), 0, []
        for _, start, stop, kind in group:
            chars += _n_chars(texts, at, start)
            length = _n_chars(texts, start, stop)
            here.append({"type": kind, "start": chars, "stop": chars + length})
            at, chars = stop, chars + length
        spans[row] = here
    for row in unknown:
        spans[row] = None
    return pa.array(spans, pa.list_(_SPAN))


def _n_chars(texts: Texts, start: int, stop: int) -> int:
    """Code points: the bytes that do not continue one."""
    return int(np.count_nonzero((texts.data[start:stop] & 0xC0) != 0x80))


# --- IBAN -----------------------------------------------------------------------------------------------------------

# Country -> length, from the registry of ISO 13616.
_IBAN_LENGTHS = {
    country.encode(): int(length)
    for length, countries in (
        pair.split(":")
        for pair in (
            "15:NO;16:BE;18:DK FI FK FO GL NL SD;19:MK SI;20:AT BA EE KZ LT LU MN XK;21:CH HR LI LV;"
            "22:BG BH CR DE GB GE IE ME RS VA;23:AE GI IL IQ OM SO TL;24:AD CZ ES MD PK RO SA SE SK TN VG;"
            "25:LY PT ST;26:IS TR;27:BI DJ FR GR IT MC MR SM;28:AL AZ BY CY DO GT HN HU LB NI PL SV;"
            "29:BR EG PS QA UA;30:JO KW MU YE;31:MT SC;32:LC;33:RU"
        ).split(";")
    )
    for country in countries.split()
}
_IBAN_FORMS = {
    length: re.compile(rb"[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){%d}(?![A-Za-z0-9])" % (length - 4))
    for length in set(_IBAN_LENGTHS.values())
}


def _iban_end(raw: memoryview, at: int, low: int, high: int) -> int | None:
    """Where the IBAN ends that begins at ``at``."""
    form = _IBAN_FORMS.get(_IBAN_LENGTHS.get(bytes(raw[at : at + 2]), 0))
    if form is None or (at > low and bytes(raw[at - 1 : at]).isalnum()):
        return None
    match = form.match(bytes(raw[at : min(high, at + 64)]))
    if match is None or not checks.iban(re.sub(rb"[ -]", b"", match[0]).decode()):
        return None
    return at + match.end()

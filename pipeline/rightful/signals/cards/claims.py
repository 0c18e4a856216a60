"""What a source card claims: its statements -> evidence, with what is known of the sources it was made from. Floor 2.

The layer of a claim is the way to the ancestor that it speaks of (``face-set > scraped-set``), empty for the source
itself: every layer has its say, and they meet.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rightful.rights.consent import DATA_SUBJECT, RIGHTS_HOLDER
from rightful.rights.evidence import ATTESTED, Evidence, Observation, evidence_id, license_claim
from rightful.rights.expression import Names, NothingStated, Unreadable, fold, named, parse
from rightful.rights.persons import names_a_basis
from rightful.rights.uses import reaches
from rightful.signals.cards.guesses import attested_guessed, guessed_ancestors, license_guessed, rows_guessed
from rightful.signals.cards.observed import Look, on_record
from rightful.signals.cards.source_card import DETECTOR, CardConsent, PublicDomain, SourceCard, source_id
from rightful.signals.texts.reserving_words import DETECTOR as RESERVING_WORDS
from rightful.signals.texts.reserving_words import IN_WORDS as IN_WORDS
from rightful.signals.texts.reserving_words import reserving_phrase

LAYOUT = "layout"
"""What the detector of a statement is called that a layout makes; its version is that of the layout."""
NOWHERE = "ZZ"
"""A place that no request names: a claim that is left no country."""
WAY = " > "
"""Between the sources on the way to an ancestor."""


def claims_of(card: SourceCard, names: Names, ancestors: Mapping[str, SourceCard]) -> list[Evidence]:
    """All that a card claims, with what is known of the sources that it was made from (one layer each).

    ``ancestors`` are the cards that are known. One of which nothing is stated, there or here, is not known, and that
    blocks. A cycle ends where it closes; whatever many ways lead to is followed further on the first of them.
    """
    by_id = {source_id(known.name): known for known in ancestors.values()}
    return _claims(card, names, by_id, (), {card.source_id})


def _claims(
    card: SourceCard, names: Names, ancestors: Mapping[str, SourceCard], trail: tuple[str, ...], met: set[str]
) -> list[Evidence]:
    claims = _own_claims(card, names, _layer(trail))
    on_the_way = {card.source_id, *map(source_id, trail)}
    guessed = guessed_ancestors(card.guesses)
    for number, parent in enumerate(card.derived_from):
        way = (*trail, parent.name)
        through = _layer(way)
        its_id = source_id(parent.name)
        # One that names itself, as a card of an earlier version may, hides its ancestor: who that is, is not known.
        itself = its_id == card.source_id
        closes = its_id in on_the_way and not itself
        known = None if its_id in on_the_way else ancestors.get(its_id)
        if known is not None and known.source_id in met:
            claims += _own_claims(known, names, through)
        elif known is not None:
            met.add(known.source_id)
            claims += _claims(known, names, ancestors, way, met)
        if parent.license is not None:
            common: dict[str, Any] = {"layer": through, "guessed": number in guessed}
            at, detector = _at(card, f"derived_from[{number}]")
            common["place"] = at
            stated = license_claim(parent.license, names, tier=5, detector=detector, **common)
            claims += [stated] if stated else []
            claims += reserved_in_words(parent.license, names, tier=5, place=at, layer=through)
        # Every ancestor has its say: a layer without a statement would be no layer, and nothing would meet it.
        spoken = (e for e in claims if e.layer == through and e.kind in ("grant", "consent") and not e.guessed)
        if itself or (not closes and not any(spoken)):
            observation = _observed(card, "derived_from", parent.name, f"derived_from[{number}]")
            claims.append(
                Evidence(
                    kind="grant",
                    tier=5,
                    bound_to="collection",
                    statement="not_known",
                    layer=through,
                    observation=observation,
                )
            )
    return claims


def ways(card: SourceCard, ancestors: Mapping[str, SourceCard]) -> dict[str, str]:
    """The layers of a card's claims: way -> id of the ancestor at its end, itself left out."""
    by_id = {known.source_id: known for known in ancestors.values()}
    layers: dict[str, str] = {}

    def follow(of: SourceCard, trail: tuple[str, ...], met: set[str]) -> None:
        on_the_way = {of.source_id, card.source_id, *map(source_id, trail)}
        for parent in of.derived_from:
            way, its_id = (*trail, parent.name), source_id(parent.name)
            if its_id in on_the_way:
                continue
            layers[_layer(way)] = its_id
            known = by_id.get(its_id)
            if known is not None and its_id not in met:
                met.add(its_id)
                follow(known, way, met)

    follow(card, (), set())
    return layers


def _own_claims(card: SourceCard, names: Names, layer: str) -> list[Evidence]:
    claims = [
        *_license_claims(card, names, layer),
        *_public_domain_claims(card, names, layer),
        *_contract_claims(card, layer),
        *_person_claims(card, layer),
    ]
    return [*claims, *on_record(looks_of(card), card.place, layer)]


def looks_of(card: SourceCard) -> tuple[Look, ...]:
    """Where somebody looked for reservations, one protocol each."""
    return tuple(
        Look(protocol, of.result, of.on, of.by, of.hosts, of.domains)
        for of in card.observed
        for protocol in of.protocols
    )


def _layer(trail: Iterable[str]) -> str:
    """The name of a way. No name can pass for two steps: ``>`` in a name is written with a backslash before it."""
    return WAY.join(name.replace("\\", "\\\\").replace(">", "\\>") for name in trail)


def claims_digest(card: SourceCard, claims: Iterable[Evidence]) -> str:
    """The identity of a card together with all that it claims, the cards of its ancestors included."""
    listed = [card.digest, *sorted({evidence_id(e) for e in claims})]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:32]


def _texts(raw: str) -> str | list[str]:
    """What is stated: one string, or the strings of a list."""
    if not raw.startswith("["):
        return raw
    try:
        parsed = json.loads(raw)
    except ValueError:
        return raw
    return [str(t) for t in parsed] if isinstance(parsed, list) else raw


def reserved_in_words(
    raw: str | Iterable[str], names: Names, *, tier: int, place: str, bound_to: str = "collection", layer: str = ""
) -> list[Evidence]:
    """The reservation that a statement about rights makes in words, if it makes one (law 6.12).

    A licence that is known by its name says in its own file what it reserves. No limit of a card bounds a reservation.
    """
    phrase = phrase_in(raw, names)
    if phrase is None:
        return []
    return [
        Evidence(
            kind="reservation",
            tier=tier,
            bound_to=bound_to,
            statement="reserve",
            acts=names.reserving.acts,
            basis=IN_WORDS,
            layer=layer,
            observation=Observation(phrase, place, RESERVING_WORDS, names.reserving.version),
        )
    ]


def phrase_in(raw: str | Iterable[str], names: Names) -> str | None:
    """The first phrase of a statement, or of the statements of a list, that reserves."""
    texts = _texts(raw) if isinstance(raw, str) else raw
    listed = [texts] if isinstance(texts, str) else texts
    phrases = (reserving_phrase(text, names.reserving) for text in listed if not _is_known(text, names))
    return next((phrase for phrase in phrases if phrase is not None), None)


def _is_known(text: str, names: Names) -> bool:
    """True for a string that is made of names of licences which are known, and of nothing else."""
    try:
        return all(fold(name.id) in names.ids for name in named(parse(text, names)))
    except (Unreadable, NothingStated):
        return False


def tier_of(card: SourceCard) -> int:
    """The tier of the licences that a card and its rows state."""
    return 6 if card.license_from == "scanner" else 5


def limits_of(card: SourceCard) -> dict[str, Any]:
    """The limits at the top of a card, as fields of a claim: they bound every licence that the card or its rows state.

    They only take away from a permission. What a licence refuses, it refuses without them too.
    """
    return {
        "jurisdictions": card.jurisdiction,
        "purposes": frozenset(card.purposes),
        "applications": frozenset(card.applications),
        "valid_from": card.valid_from,
        "valid_until": card.valid_until,
        "guessed": rows_guessed(card.guesses),
    }


def _license_claims(card: SourceCard, names: Names, layer: str) -> list[Evidence]:
    if card.license is None:
        return []
    place, detector = _at(card, "license")
    claim = license_claim(
        card.license,
        names,
        tier=tier_of(card),
        compilation=card.covers == "compilation",
        place=place,
        detector=detector,
        authority=card.authority,
        layer=layer,
        **{**limits_of(card), "guessed": license_guessed(card.guesses)},
    )
    reserved = reserved_in_words(card.license, names, tier=tier_of(card), place=place, layer=layer)
    return [*([claim] if claim else []), *reserved]


def _public_domain_claims(card: SourceCard, names: Names, layer: str) -> list[Evidence]:
    """An attested claim permits in the countries that it names, as far as the card's own limits let it."""
    attested = card.public_domain
    if attested is None:
        return []
    within = frozenset(c for c in attested.country if reaches(card.jurisdiction, frozenset({c})))
    claim = license_claim(
        ATTESTED,
        names,
        tier=5,
        place=f"{card.place} (public_domain)",
        detector=DETECTOR,
        layer=layer,
        basis=attested_words(attested),
        stated_on=attested.date,
        **{
            **limits_of(card),
            "jurisdictions": within or frozenset({NOWHERE}),
            "guessed": attested_guessed(card.guesses),
        },
    )
    return [claim] if claim else []


def attested_words(attested: PublicDomain) -> str:
    """Who and what: ``Ada Byron, died 1852; looked up by J. Doe on 2026-11-01``."""
    years = [f"died {attested.year_of_death}"] if attested.year_of_death is not None else []
    years += [f"published {attested.year_of_publication}"] if attested.year_of_publication is not None else []
    return f"{attested.author}, {', '.join(years)}; looked up by {attested.reviewer} on {attested.date.isoformat()}"


def _contract_claims(card: SourceCard, layer: str) -> list[Evidence]:
    """Each contract grants in its scope, and refuses what it excludes."""
    claims: list[Evidence] = []
    for contract in card.contracts:
        common: dict[str, Any] = {
            "tier": 2,
            "bound_to": "collection",
            "basis": contract.reference,
            "party": contract.party,
            "valid_from": contract.valid_from,
            "valid_until": contract.valid_until,
            "layer": layer,
            "observation": _observed(card, "contracts", f"{contract.party}: {contract.reference}"),
        }
        if contract.acts:
            grant = Evidence(
                kind="grant",
                statement="contract",
                acts=frozenset(contract.acts),
                purposes=frozenset(contract.purposes),
                applications=frozenset(contract.applications),
                obligations=frozenset(contract.obligations),
                jurisdictions=contract.jurisdiction,
                actors=frozenset(contract.actors or ("*",)),
                stated_on=contract.signed_on,
                **common,
            )
            claims.append(grant)
        # What is excluded is excluded for every purpose, application and place.
        if contract.excludes:
            acts = frozenset(contract.excludes)
            claims.append(Evidence(kind="reservation", statement="reserve", acts=acts, **common))
    return claims


def _person_claims(card: SourceCard, layer: str) -> list[Evidence]:
    claims = [*_consent_claims(card, card.consent, layer)] if card.consent is not None else []
    if card.personal_data == "yes" and not persons_settled(card):
        observation = _observed(card, "personal_data", "yes")
        claims.append(
            Evidence(
                kind="gate", tier=1, bound_to="subject", statement="personal_data", layer=layer, observation=observation
            )
        )
    return claims


def persons_settled(card: SourceCard) -> bool:
    """True where a card names the basis on which its personal data are processed."""
    consented = card.consent is not None and card.consent.status == "given" and DATA_SUBJECT in card.consent.given_by
    return names_a_basis(card.legal_basis, consented)


def _consent_claims(card: SourceCard, consent: CardConsent, layer: str) -> Iterator[Evidence]:
    """A consent as data subjects is a limit, one as rights holders a grant; who refused did so in every capacity."""
    given: dict[str, Any] = {
        "acts": frozenset(consent.acts),
        "purposes": frozenset(consent.purposes),
        "applications": frozenset(consent.applications),
        "stated_on": consent.given_on or card.collected_at,
        "valid_until": consent.valid_until,
        "bound_to": "subject",
        "layer": layer,
        "observation": _observed(card, "consent", consent.receipt),
    }
    if consent.status == "given":
        if DATA_SUBJECT in consent.given_by:
            yield Evidence(kind="consent", tier=1, statement="consent", **given)
        if RIGHTS_HOLDER in consent.given_by:
            named: dict[str, Any] = {"party": consent.party, "perpetual": consent.perpetual}
            yield Evidence(kind="grant", tier=2, statement="permission", **named, **given)
    elif consent.status != "unknown" and not (consent.status == "expired" and DATA_SUBJECT not in consent.given_by):
        yield Evidence(
            kind="reservation",
            tier=1,
            bound_to="subject",
            statement="reserve",
            basis=consent.status,
            layer=layer,
            observation=_observed(card, "consent", consent.status),
        )


def _at(card: SourceCard, key: str) -> tuple[str, str]:
    """Where a statement of a card stands, and what read it: the card, or the layout that it is completed by."""
    of = card.layout
    return (of.place, f"{LAYOUT}/{of.version}") if of is not None and key in of.keys else (card.place, DETECTOR)


def _observed(card: SourceCard, key: str, raw: str, of: str = "") -> Observation:
    place, detector = _at(card, of or key)
    name, _, version = detector.partition("/")
    at = card.collected_at.isoformat() if card.collected_at else ""
    return Observation(raw, f"{place} ({key})", name, version, at)

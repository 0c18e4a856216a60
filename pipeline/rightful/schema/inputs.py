"""What users write: source cards, recipes, policies, consent rows, licence files. Floor 9: part of `schema`.

The code reads a few spellings more (a date without dashes, an event in capitals); what these schemas accept is the form
to write. TOML has dates of its own, which count here as the strings that they are written as.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterable
from typing import Any

from rightful import catalog
from rightful.catalog.reviewed import ANY, TEXT_READ
from rightful.decisions.named import NAMED_KEYS
from rightful.decisions.policy_reader import BASIS_KEYS, COPIES, KEYS
from rightful.decisions.signing import GROUND_KEYS, SIGNATURE_KEYS
from rightful.events import COLUMNS
from rightful.events.consents import KIND_NAMES
from rightful.events.importing import TRUTHS
from rightful.rights.bases import PROTOCOLS, RESULTS
from rightful.rights.consent import CAPACITIES, EVERY_SELECTOR
from rightful.rights.licenses import VERDICTS
from rightful.rights.persons import LEGAL_BASES
from rightful.rights.uses import ACTORS, EVERY, PROFILES, PURPOSES, Vocabulary, parents
from rightful.schema.recipes import FIELD_WORDS, KEEP, recipe
from rightful.schema.shapes import (
    DAY,
    DOTTED,
    TIME,
    ZONE,
    Shape,
    by_name,
    closed,
    day,
    day_or_instant,
    digest,
    document,
    matching,
    maybe,
    name_of,
    one_or_several,
    several,
    text,
    truth,
    without_words,
)
from rightful.signals.cards.guesses import MARK, UNCONFIRMED
from rightful.signals.cards.observed import MOST_DAYS
from rightful.signals.cards.source_card import (
    AUTHORITIES,
    CONSENT_STATUS,
    COVERS,
    FIELD_NAMES,
    FILE_SCOPE,
    ID_SCOPES,
    LICENSE_FROM,
    PERSONAL_DATA,
    SCOPES,
    CardConsent,
    Contract,
    Observed,
    PublicDomain,
    SourceCard,
)

VERSION = 1
"""Goes up when something that was valid no longer is. A new key or a new name in an enumeration leaves it."""

SPDX = "an SPDX expression, an id, an alias of the catalogue or the address of a deed"


def documents() -> dict[str, Shape]:
    """The JSON Schemas of what is read, by name."""
    words = catalog.load().vocabulary
    shapes = {
        "source-card": (VERSION, "Source card (source.toml)", card(words)),
        "recipe": (VERSION, "Recipe (TOML)", recipe()),
        "policy": (VERSION, "Standing undertakings of a store (policy.toml)", policy(words)),
        "named-use": (VERSION, "A named use (STORE/uses/NAME.toml)", named_use(words)),
        "consent-row": (VERSION, "A row of a consent import", consent_row()),
        "license": (catalog.FORMAT, "A licence of the catalogue (licenses/ID.toml)", license_file(words)),
    }
    return {name: document(name, version, title, shape) for name, (version, title, shape) in shapes.items()}


def card(words: Vocabulary) -> Shape:
    """``source.toml``."""
    licence = one_or_several(f"The licence: {SPDX}. Several: all of them hold.", name_of("A licence."))
    ancestor = closed(
        "A source that this one was made from.",
        {
            "name": name_of("Its name, as on its own card."),
            "license": one_or_several(f"Its licence, where its card is not here: {SPDX}.", name_of("A licence.")),
        },
        ["name"],
    )
    keys = {
        "name": name_of("What the source is called. Its id is made of it: lower case, words joined by a dash."),
        "url": text("Where the source is."),
        "publisher": text("Who publishes it; credited where a record names no author."),
        "authority": text(
            "publisher: the source publishes these works itself, so that copies elsewhere do not contest its licence.",
            known=AUTHORITIES,
            default="collector",
        ),
        "license": licence,
        "license_from": text(
            "statement: somebody who could know stated it. scanner: it was inferred, and so permits nothing by itself.",
            known=LICENSE_FROM,
            default="statement",
        ),
        "derived_from": {
            "description": "Sources from which this one was made, never itself; a record is permitted only what all of them permit.",
            "anyOf": [
                name_of("The name of a source."),
                ancestor,
                {"type": "array", "items": {"anyOf": [name_of("The name of a source."), ancestor]}},
            ],
        },
        "legal_basis": text(
            "The legal basis on which personal data are processed; consent needs one on record.", known=LEGAL_BASES
        ),
        "covers": text(
            "contents: the licence is about what the records hold. compilation: only about the collection of them.",
            known=COVERS,
            default="contents",
        ),
        "scope": text(
            "collection: what is licensed together is so whatever a file states. files: only where a file states nothing itself.",
            known=SCOPES,
            default="collection",
        ),
        "collected_at": day("When the source was collected."),
        "collected_for": _words("What it was collected for."),
        "valid_from": day_or_instant(
            "From when the licence holds, and those of the rows; a date is its first instant in UTC."
        ),
        "valid_until": day_or_instant(
            "Until when the licence holds, and those of the rows; a date is included. Afterwards they are unknown."
        ),
        "retain_until": day_or_instant(
            "Until when the records are kept; a date is included. Afterwards they leave no more, and their texts go with"
            " the next rightful store compact."
        ),
        "personal_data": text(
            "Whether the records are about persons. yes: refused until there is a legal basis or a consent, and a scan.",
            known=PERSONAL_DATA,
            default="unknown",
        ),
        "jurisdiction": one_or_several(
            "Where the licence holds, and those of the rows: two-letter country codes, EU, or * (the default).",
            text("A place.", pattern=r"[A-Za-z]{2}|\*"),
        ),
        "purposes": one_or_several(
            "Purposes to which the licence, and those of the rows, are limited; if none is named, as the licences say.",
            text("A purpose.", known=PURPOSES),
        ),
        "applications": one_or_several(
            "Applications to which the licence, and those of the rows, are limited; if none is named, as the licences say.",
            text("An application.", pattern=DOTTED + r"|\*"),
        ),
        "consent": _consent(words),
        "contracts": several("Agreements with the rights holder.", _contract(words)),
        "public_domain": _public_domain(),
        "observed": several("Where somebody looked for reservations, and with what result.", _observed()),
        "corrections": several(
            "Statements of rows that were read earlier and are wrong; they stop restricting.",
            closed(
                "One.",
                {
                    "record": text("The id or the address of the row; or all."),
                    "all": truth("It applies to all rows."),
                    "on": day("Statements read up to this day, included, are wrong."),
                    "by": text("Who says so."),
                    "reason": text("Why."),
                    "why": text("The same as reason."),
                },
                ["on", "by"],
            ),
        ),
        "confirms": one_or_several(
            "Files below this folder whose statements are the operator's own: a dataset card, a Croissant.",
            name_of("The way to the file from this folder, with slashes."),
        ),
        "fields": closed(
            "Which column holds what, where the names are not the usual ones.",
            {
                **matching(
                    "fields of a card", FIELD_NAMES, {name: name_of(says) for name, says in FIELD_WORDS.items()}
                ),
                "keep": KEEP,
                "id_scope": text(
                    "Where the source's own ids are unique. file: the same id in another file is another record. "
                    "source: rows of any files with one id are versions; the later date counts, else the later path.",
                    known=ID_SCOPES,
                    default=FILE_SCOPE,
                ),
                "not_rights": by_name(
                    "Columns that say nothing of rights despite their names, each with the reason.",
                    name_of("Why the column does not speak of rights."),
                ),
            },
        ),
        "licenses": by_name(
            "What the source's own strings mean, in any column that speaks of rights.",
            name_of("An expression, an id, an alias of the catalogue or the address of a deed."),
        ),
        "layout": text(
            "The layout of the corpus, one of `rightful layout list`: it fills what this card does not say."
        ),
        "not_notices": by_name(
            "Phrases that are no notice of these works where their texts have them: `rightful review list --use ACT --kind notices`.",
            name_of("Why the phrase is none of the works' own."),
        ),
    }
    apart = ("carded", "place", "id_scope", "not_rights", "guesses", "keep")
    names = [f.name for f in dataclasses.fields(SourceCard) if f.name not in apart]
    for key in UNCONFIRMED.keys() - {"fields"}:
        keys[key] = _or_guess(keys[key])
    return closed(
        "What an operator states about the folder that this file lies in and all below, until another card.",
        matching("keys of a card", names, keys),
        ["name"],
    )


def _or_guess(of: Shape) -> Shape:
    """The shape, with a guess wherever it is a string of a certain form: any other string may be one already."""
    if "enum" in of or "pattern" in of:
        kept: Shape = {key: of[key] for key in ("description", "default") if key in of}
        certain = {key: value for key, value in of.items() if key not in kept}
        return {**kept, "anyOf": [certain, {"type": "string", "pattern": f"^{MARK.strip()} *[^ ]"}]}
    inner: Shape = dict(of)
    if "items" in of:
        inner["items"] = _or_guess(of["items"])
    if "anyOf" in of:
        inner["anyOf"] = [*map(_or_guess, of["anyOf"])]
    if "properties" in of:
        inner["properties"] = {key: _or_guess(value) for key, value in of["properties"].items()}
    return inner


def policy(words: Vocabulary) -> Shape:
    """``STORE/policy.toml``."""
    conditions = [o.id for o in words.obligations.values() if o.precondition]
    free = [o for o in words.obligations if o not in conditions]
    accepted = {
        "anyOf": [
            text(
                "An obligation, or a bundle of some.", known=["all", *words.bundles, *(p for p in parents(free)), *free]
            ),
            text(
                "A precondition: who asks for it, and where it was met.",
                pattern=f"({'|'.join(conditions)}): *[^ =*][^=]*= *[^ ].*",
            ),
        ]
    }
    keys = {
        "purpose": text("The purpose of a request that names none.", known=PURPOSES, default="commercial"),
        "application": text("The application of a request that names none.", pattern=DOTTED),
        "actor": text("Who asks.", known=ACTORS, default="for_profit"),
        "jurisdiction": several("Where; default everywhere.", text("A place.", pattern=r"[A-Za-z]{2}|\*")),
        "accept": several("Obligations that will always be met; added to those of a request.", accepted),
        "profile": text("The reading of licences.", known=PROFILES, default="strict"),
        "publishers": several("Sources that publish the works that they hold. Needs a signature.", name_of("One.")),
        "copies": text(
            "own: exact copies elsewhere under another licence do not contest a record's own licence. Needs a signature.",
            known=COPIES,
            default="contested",
        ),
        "observed_within": {
            "description": "For how many days an observation counts; default 365.",
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MOST_DAYS},
                {"type": "string", "pattern": "^[0-9]{1,6} ?(d|days?)?$"},
            ],
        },
        "basis": several("Statutory bases on which the operator relies. They need a signature.", _basis(words)),
        "signature": closed(
            "Who answers for this policy; written by `rightful policy sign`. Outside its period nothing of it counts.",
            matching(
                "keys of a signature",
                (*SIGNATURE_KEYS, *GROUND_KEYS),
                {
                    "by": name_of("Who signed."),
                    "on": day_or_instant("When."),
                    "until": day_or_instant("Until when it counts."),
                    "sha256": digest("Of what was signed."),
                    "ground": name_of("On which ground it was signed."),
                    "for": name_of("For what."),
                },
            ),
            SIGNATURE_KEYS,
        ),
    }
    return closed(
        "What an organisation undertakes in every request, and the statutory bases that it relies on.",
        matching("keys of a policy", KEYS, keys),
    )


def named_use(words: Vocabulary) -> Shape:
    """``STORE/uses/NAME.toml``."""
    of_policy = policy(words)["properties"]
    acts = [*words.acts, *parents(words.acts)]
    keys = {
        "summary": name_of("What the use is, in one line."),
        "use": several("The acts that it asks for.", text("An act, or a parent of acts.", known=acts)),
        **{key: of_policy[key] for key in NAMED_KEYS if key in of_policy},
    }
    return closed(
        "A request that has a name. The standing policy adds what it accepts; one that rests on a statute has to be signed.",
        matching("keys of a named use", NAMED_KEYS, keys),
        ["summary", "use"],
    )


def _basis(words: Vocabulary) -> Shape:
    known = [*words.acts, *parents(words.acts)]
    keys = {
        "statute": text("Which.", known=words.statutes),
        "acts": several("For which acts; no further than the statute reaches.", text("An act.", known=known)),
        "purposes": several("For which purposes.", text("A purpose.", known=PURPOSES)),
        "actors": several("Who relies on it.", text("Who.", known=ACTORS)),
        "jurisdiction": several("Where: two-letter country codes, or EU.", text("A place.", pattern=r"[A-Za-z]{2}")),
        "lawful_access": truth(
            "Whether every source of the store was lawfully accessed, where the statute requires it."
        ),
        "obligations": several("What is owed under it.", text("An obligation.", known=words.obligations)),
        "reference": text("Where the assessment can be looked up."),
    }
    required = ["statute", "acts", "purposes", "actors", "jurisdiction"]
    return closed("A statutory basis; never inferred.", matching("keys of a basis", BASIS_KEYS, keys), required)


def _observed() -> Shape:
    keys = {
        "protocols": one_or_several(
            "What was checked: robots.txt, TDMRep, response headers and pages of the hosts, or the copy in hand.",
            text("A protocol.", known=PROTOCOLS),
        ),
        "result": text("absent: nothing is reserved there. Only this result can support a basis.", known=RESULTS),
        "on": day("When somebody checked; it counts from then."),
        "by": name_of("Who checked, or which tool."),
        "hosts": one_or_several("Which hosts; without hosts and domains, all of the source.", name_of("A host.")),
        "domains": one_or_several("Which domains, with all their subdomains.", name_of("A domain.")),
    }
    names = [f.name for f in dataclasses.fields(Observed)]
    return closed(
        "An observation.", matching("keys of an observation", names, keys), ["protocols", "result", "on", "by"]
    )


def consent_row() -> Shape:
    """A row of CSV, JSONL or Parquet that becomes a consent event."""
    moment = f"{DAY}([T ]{TIME}{ZONE})?|"
    keys = {
        "kind": text("What happened.", known=KIND_NAMES),
        "selector": text("How the records are named.", known=EVERY_SELECTOR),
        "value": name_of(
            "Which records: an id, a digest, an address, a domain, a person, a source, a passage, an owner; or the event that is undone."
        ),
        "use": maybe(text("Acts, separated by ;. A consent names its acts; a refusal without any refuses all.")),
        "purpose": maybe(text(f"Purposes, separated by ;: {', '.join(PURPOSES)}.")),
        "application": maybe(text("Applications, separated by ;.")),
        "effective": maybe(text("When it takes effect; default: when it is recorded.", pattern=moment)),
        "until": maybe(text("When a consent ends.", pattern=moment)),
        "reason": maybe(text("Why; kept with the event.")),
        "party": maybe(text("To whom a consent was given.")),
        "given_by": maybe(
            _words(f"In which capacity; several are separated by ;: {', '.join(CAPACITIES)}; default data_subject.")
        ),
        "perpetual": maybe(
            {"description": "That a consent has no end until it is withdrawn.", "enum": [True, False, *TRUTHS]}
        ),
        "deadline": maybe(text("By when what it asks for has to be done.", pattern=moment)),
        "proof": maybe(text("Where it can be looked up that it was said.")),
    }
    return closed("One consent event.", matching("columns of an import", COLUMNS, keys), ["kind", "selector", "value"])


def license_file(words: Vocabulary) -> Shape:
    """One licence: what it says of every act, purpose and reading, and the clause that it rests on."""
    shared = {
        file: tomllib.loads((catalog.shipped() / f"_{file}.toml").read_text("utf-8"))
        for file in ("vocabulary", "classes")
    }
    tags = {kind: [str(t["id"]) for t in shared["vocabulary"][kind]] for kind in ("kinds", "scopes", "flags")}
    classes = [str(c["id"]) for c in shared["classes"]["classes"]]
    applications = [*words.applications, *parents(words.applications)]
    keys: dict[str, Shape] = {
        "schema": {"description": "The form of the file.", "const": catalog.FORMAT},
        "id": text("An SPDX id, or LicenseRef-... for a text that SPDX does not list.", pattern="[A-Za-z0-9.+-]+"),
        "name": name_of("What it is called."),
        "kind": text("What it was written for.", known=tags["kinds"]),
        "family": name_of("Groups versions and variants."),
        "version": text("Its version; may be empty."),
        "url": name_of("Where the text is."),
        "other_urls": _list("Further addresses of this text."),
        "scope": _list("Which rights it licenses; without copyright it never licenses contents.", tags["scopes"], 1),
        "territory": several("Where it holds: * or country codes.", text("A place.", pattern=r"[A-Z]{2}|\*")),
        "irrevocable": truth("Whether the text says that the grant is not taken back from those who comply."),
        "flags": _list("What is special about it.", tags["flags"]),
        "outbound": {
            "description": "Licences under which an adaptation may go out.",
            "anyOf": [{"const": ANY}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
        },
        "outbound_except": _list("With any only: licences whose own terms forbid it.", at_least=1),
        "use_restrictions": _list("Applications that are forbidden for every act.", applications),
        "aliases": _list("Other names; certain ones only."),
        "deprecated_ids": _list("SPDX ids that this one replaced."),
        "reviewer": name_of("Who read the text."),
        "reviewed_at": day("When."),
        "text_read": text(
            "How much of the text the reviewer had; of a text that was not there nothing is permitted.", known=TEXT_READ
        ),
        "verdicts": {**several("Every profile, purpose and act exactly once.", _block(words, classes)), "minItems": 1},
    }
    return closed("A reading of one licence; nothing is defaulted.", keys, [k for k in keys if k != "outbound_except"])


def _block(words: Vocabulary, classes: Iterable[str]) -> Shape:
    reasons = {
        "clause": name_of("Where the text says so."),
        "rationale": name_of("Why that means this."),
    }
    row = {
        "acts": _list("The acts.", words.acts, 1),
        "status": text("What the licence says of them.", known=VERDICTS),
        "obligations": _list("What comes with a permission.", words.obligations),
        **reasons,
    }
    keys = {
        "profiles": _list("The readings.", PROFILES, 1),
        "purposes": _list("The purposes.", PURPOSES, 1),
        "class": text("The verdicts that it shares with others.", known=classes),
        **reasons,
        "rows": several("Where it differs from its class.", closed("Some acts.", row, row)),
    }
    return closed("Some readings and purposes.", keys, [k for k in keys if k != "rows"])


def _consent(words: Vocabulary) -> Shape:
    acts = [*words.acts, *parents(words.acts), EVERY]
    keys = {
        "status": text("Where the consent stands.", known=CONSENT_STATUS, default="given"),
        "acts": one_or_several(
            "Acts that were agreed to. A parent covers the acts that were practised when the consent was given.",
            text("An act.", known=acts),
        ),
        "purposes": one_or_several(
            "Purposes that were agreed to; if none is named, none is granted.", text("A purpose.", known=PURPOSES)
        ),
        "applications": _words("Applications that were agreed to; if none is named, all that are not sensitive."),
        "given_on": day("When it was given; default: collected_at."),
        "valid_until": day_or_instant("Until when it holds; afterwards it refuses."),
        "party": text("To whom it was given; a grant as rights holder names it."),
        "receipt": text("Where the consent can be looked up."),
        "given_by": one_or_several(
            "In which capacity; default data_subject. As data_subject it lets personal data be used and is a limit; as"
            " rights_holder it is a grant beside the licence, if it names party, acts, purposes and a period.",
            text("A capacity.", known=CAPACITIES),
        ),
        "perpetual": truth("It has no end until it is withdrawn."),
    }
    names = [f.name for f in dataclasses.fields(CardConsent)]
    return closed(
        "What the persons behind the source agreed to. As data subjects they refuse everything that the consent does not name.",
        matching("keys of a consent", names, keys),
    )


def _public_domain() -> Shape:
    year = {"type": "integer", "minimum": -3_000, "maximum": 9_999}
    keys: dict[str, Shape] = {
        "author": name_of("Whose works they are."),
        "year_of_death": {"description": "When the author died; this or the next is stated.", **year},
        "year_of_publication": {"description": "When the work was published.", **year},
        "country": one_or_several(
            "Where protection has expired: two-letter country codes, or EU; never *.",
            text("A place.", pattern="[A-Za-z]{2}"),
        ),
        "reviewer": name_of("Who looked it up."),
        "date": day("When; the claim counts from then on."),
        "note": text("What else a reader should know."),
    }
    names = [f.name for f in dataclasses.fields(PublicDomain)]
    return closed(
        "An attested claim that the works are in the public domain: it permits in the countries that it names.",
        matching("keys of a claim of public domain", names, keys),
        ["author", "country", "reviewer", "date"],
    )


def _contract(words: Vocabulary) -> Shape:
    acts = text("An act.", known=[*words.acts, *parents(words.acts), EVERY])
    keys = {
        "party": name_of("With whom."),
        "reference": name_of("Where the agreement can be looked up."),
        "signed_on": day("When it was signed. A parent among its acts covers what was practised then."),
        "acts": one_or_several("Acts that it grants.", acts),
        "purposes": one_or_several("Purposes that it grants them for.", text("A purpose.", known=PURPOSES)),
        "applications": _words("Applications to which it is limited; if none is named, all that are not sensitive."),
        "actors": one_or_several("Who may rely on it; default anybody.", text("Who.", known=ACTORS)),
        "jurisdiction": one_or_several(
            "Where it holds: two-letter country codes, EU, or * (the default).",
            text("A place.", pattern=r"[A-Za-z]{2}|\*"),
        ),
        "obligations": one_or_several("What is owed under it.", text("An obligation.", known=words.obligations)),
        "excludes": one_or_several("Acts that it forbids; no licence permits them again.", acts),
        "valid_from": day_or_instant("From when it holds."),
        "valid_until": day_or_instant("Until when it holds; a date is included."),
        "perpetual": truth("It has no end; state either this or valid_until."),
    }
    names = [f.name for f in dataclasses.fields(Contract)]
    return closed(
        "An executed agreement. It is a further choice beside the licence, for what it names and while it lasts.",
        matching("keys of a contract", names, keys),
        ["party", "reference", "signed_on"],
    )


def _words(says: str) -> Shape:
    return one_or_several(says, without_words(name_of("")))


def _list(says: str, known: Iterable[str] = (), at_least: int = 0) -> Shape:
    names = list(known)
    item: dict[str, Any] = {"enum": names} if names else {"type": "string", "minLength": 1}
    least = {"minItems": at_least} if at_least else {}
    return {"description": says, "type": "array", "items": item, "uniqueItems": True, **least}

"""What ``rightful asset`` answers, and ``rightful.json``. Floor 9: part of `schema`."""

from __future__ import annotations

from rightful import catalog
from rightful.assets.described import KINDS
from rightful.assets.specification import VERSION
from rightful.catalog.words import TRIGGERS
from rightful.query.derived import OWN
from rightful.query.tainted import STATUSES
from rightful.rights.specified import DECISIONS
from rightful.rights.uses import ACTORS, PROFILES, PURPOSES
from rightful.schema.pieces import act, following, reason_of, use, word
from rightful.schema.shapes import (
    DOTTED,
    Shape,
    answer,
    by_name,
    digest,
    instant,
    maybe,
    name_of,
    number,
    several,
    text,
    truth,
    whole,
)


def asset_documents() -> dict[str, tuple[int, str, Shape]]:
    """The schemas of this room: name -> version, title, shape."""
    return {
        "asset-card": (VERSION, "The specification that travels beside an asset (rightful.json)", specification()),
        "answer-asset": (1, "rightful asset add, check and show --json", decided()),
        "answer-asset-list": (1, "rightful asset list --json", listed()),
        "answer-asset-card": (1, "rightful asset card --json", carded()),
    }


def _tainted() -> Shape:
    keys = {
        "records": whole("Records in it that are refused now for what it is declared for."),
        "tokens": whole("Their tokens (in exports of texts: rows)."),
        "share": maybe(number("Their part of all its tokens; null: not known.", minimum=0, maximum=1)),
        "since": maybe(instant("When the first event that refuses one was recorded; null: no event does.")),
        "events": several("The events that refuse them, oldest first.", name_of("An event.")),
        "exports": several("The exports by which it is concerned.", name_of("An export.")),
        "exports_unreadable": several("Exports of which nothing says what they held.", name_of("An export.")),
    }
    return maybe(answer("What taints it; null: nothing does.", keys))


def _input(more: dict[str, Shape]) -> Shape:
    keys = {
        "export": name_of("An export of this store."),
        "asset": name_of("An asset of this store."),
        "base": name_of("An asset of elsewhere, by the digest of its specification."),
        "tokens": maybe(whole("The tokens that it brought; null: not known.")),
        "share": maybe(number("Their part of all tokens; null: not known.", minimum=0, maximum=1)),
        **more,
    }
    return answer("One: exactly one of export, asset and base.", keys, ["export", "asset", "base"])


def _status() -> Shape:
    return text(
        "current; tainted: something in it is refused now; unreadable: nothing says what an export held.",
        known=STATUSES,
    )


def _inputs() -> Shape:
    more = {
        "name": maybe(name_of("The name of an asset; null for an export.")),
        "decision": text("What this input permits by itself.", known=DECISIONS),
    }
    return several("What it was made of.", _input(more))


def _reasons() -> Shape:
    keys = {
        "reason": reason_of(OWN),
        "family": maybe(text("The family of the reason; null for those of assets.")),
        "act": act(),
        "tier": maybe(whole("The tier of what it rests on; null for those of assets.")),
        "detail": text("What it is about."),
        "evidence": text("The evidence; empty for none."),
        "text": text("In a line."),
        "input": text("The export or base that it is about; empty: all of them together."),
        "records": maybe(whole("How many records it holds of; null: not a matter of records.")),
        "tokens": maybe(whole("Their tokens; null: not a matter of records.")),
    }
    return several("Why not, act by act, the weightiest first.", answer("A reason.", keys))


def _declared() -> Shape:
    keys = {
        "use": use(),
        "as_of": instant("The instant that it was asked for."),
        "declared_at": instant("When it was declared."),
    }
    return several("What it is declared for, oldest first.", answer("A use.", keys, ["as_of", "declared_at"]))


def decided() -> Shape:
    """``rightful asset add``, ``check`` and ``show``."""
    words = catalog.load().vocabulary
    owed = {
        "obligation": text("The obligation.", known=words.obligations),
        "owed": name_of("The same, with who asks for it."),
        "trigger": text("When it is owed.", known=TRIGGERS),
        "summary": text("In words."),
        "reference": maybe(text("Where a precondition was met.")),
    }
    new = {
        "source": name_of("The source."),
        "collected_for": several("What its card says.", text("A word.")),
        "acts": several("The acts beyond that.", act()),
        "purpose": text("The purpose.", known=PURPOSES),
        "application": maybe(text("The application.", pattern=DOTTED)),
        "records": whole("Records of the source among the inputs."),
        "first": several("Those that nobody has acknowledged for this source before.", act()),
    }
    licenses = maybe(several("The licences; null: any.", name_of("A licence.")))
    steps = {"first": whole("The first."), "last": whole("The last.")}
    log = {
        "path": text("Its folder."),
        "sha256": digest("Over the digests of its files."),
        "exports": by_name("The digest of the manifest of each export that was read.", digest("Of a manifest.")),
        "ranks": whole("Of how many ranks there are files."),
        "steps": maybe(answer("Its steps; null: none was logged.", steps)),
    }
    keys = {
        "asset": maybe(name_of("Its id; null: it is not registered.")),
        "name": name_of("Its name."),
        "kind": text("What it is.", known=KINDS),
        "status": _status(),
        "tainted": _tainted(),
        "use": maybe({**use(), "description": "What was asked; null: all that it is declared for."}),
        "as_of": instant("The instant that is decided for."),
        "decision": text("permit where every input permits every act.", known=DECISIONS),
        "is_declared": truth("Whether it is declared for this."),
        "reasons": _reasons(),
        "needs": several(
            "What would have to be accepted as well for a permission; empty where nothing would do.", text("One.")
        ),
        "obligations": several("What is owed, with its trigger.", answer("One.", owed)),
        "outbound": by_name("The licences under which the result of an act may go out.", licenses),
        "inputs": _inputs(),
        "new_uses": several("Uses beyond what sources were collected for (asset add).", answer("A source.", new)),
        "declared": _declared(),
        "valid_until": maybe(instant("Until when this holds; null: nothing is dated.")),
        "logs": several("Consumption logs of the run that it came of.", answer("A log.", log)),
        "created_at": maybe(instant("When it was registered.")),
        "sha256": maybe(digest("Of its file; null: none was named.")),
        "catalog": digest("Of the catalogue."),
        "next": following(),
        "registered": truth("asset add: whether it was registered, or declared for more."),
    }
    return answer("An asset, and the decision on it.", keys, ["registered"])


def listed() -> Shape:
    """``rightful asset list``."""
    keys = {
        "asset": name_of("Its id."),
        "kind": text("What it is.", known=KINDS),
        "name": name_of("Its name."),
        "status": _status(),
        "tainted": _tainted(),
        "inputs": several("What it was made of.", _input({})),
        "acts": several("The acts that it is declared for.", act()),
        "created_at": instant("When it was registered."),
    }
    return several("The assets, oldest first.", answer("An asset.", keys))


def specification() -> Shape:
    """``rightful.json``."""
    return answer("What an asset may be used for.", _specified())


def carded() -> Shape:
    """``rightful asset card``."""
    files = several("Where it was written; empty: nowhere.", name_of("A file."))
    return answer("The specification of an asset.", {**_specified(), "files": files})


def _specified() -> dict[str, Shape]:
    made_of = {
        "id": name_of("Its id in the store that made it."),
        "name": name_of("Its name."),
        "kind": text("What it is.", known=KINDS),
        "sha256": maybe(digest("Of its file; null: none was named.")),
        "created_at": instant("When it was registered."),
        "tokens": maybe(whole("The tokens that it was made of; null: not known.")),
    }
    made = {
        "as_of": instant("The instant that is stated."),
        "catalog": digest("Of the catalogue."),
        "profile": text("The reading of licences.", known=PROFILES),
        "jurisdictions": several(
            "The places that it is stated for; * is everywhere.", text("A place.", pattern=r"[A-Z]{2}|\*")
        ),
        "valid_until": maybe(instant("The first instant at which it holds no more; null: nothing is dated.")),
    }
    tainted = {
        "records": whole("Records in it that are refused now."),
        "tokens": whole("Their tokens."),
        "share": maybe(number("Their part of all its tokens; null: not known.", minimum=0, maximum=1)),
        "since": maybe(instant("Since when; null: not known.")),
    }
    owed = {
        "owed": name_of("The obligation, with who asks for it."),
        "trigger": text("When it is owed.", known=TRIGGERS),
        "summary": text("In words."),
    }
    why = {"reason": reason_of(OWN), "text": text("In words.")}
    stated = {
        "acts": several("The acts.", act()),
        "purpose": text("The purpose.", known=PURPOSES),
        "actor": text("Who asks.", known=ACTORS),
        "applications": several("What for; null: whatever is not sensitive.", maybe(word("An application."))),
        "decision": text("What is decided.", known=DECISIONS),
        "obligations": several("What has to be met for that.", answer("An obligation.", owed)),
        "outbound": maybe(several("The licences that the result may go out under; null: any.", name_of("A licence."))),
        "reasons": several("Why not.", answer("A reason.", why)),
    }
    return {
        "specification": {"const": VERSION, "description": "The form of this file."},
        "asset": answer("The asset.", made_of),
        "store": name_of("The id of the store that made it."),
        "made": answer("How it is stated.", made),
        "status": _status(),
        "tainted": maybe(answer("What taints it; null: nothing does.", tainted)),
        "declared": several("What it is declared for.", use()),
        "inputs": several("What it was made of.", _input({})),
        "uses": several(
            "The decisions. What is in none of them is unknown, which permits nothing.", answer("Some acts.", stated)
        ),
    }

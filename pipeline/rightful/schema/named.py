"""What ``rightful policy`` answers of named uses. Floor 9: part of `schema`."""

from __future__ import annotations

from rightful.decisions.named import SHIPPED, STORE
from rightful.query.named import BY_DEFAULT, BY_POLICY, BY_USE
from rightful.rights.uses import ACTORS, PURPOSES
from rightful.schema.pieces import following, word
from rightful.schema.shapes import Shape, answer, by_name, digest, maybe, name_of, several, text, truth


def _listed_use() -> dict[str, Shape]:
    """What a named use is, in short."""
    return {
        "name": name_of("Its name, for --policy."),
        "summary": text("What it is, in one line."),
        "use": several("The acts that it asks for.", word("An act or a parent of acts.")),
        "purpose": maybe(text("Its purpose; null: left to options, the policy and the default.", known=PURPOSES)),
        "actor": maybe(text("Who asks; null: left to options, the policy and the default.", known=ACTORS)),
        "jurisdiction": several("Where; none: left to options, the policy and the default.", text("A place.")),
        "accept": several(
            "What is undertaken.", name_of("An obligation or a bundle; a precondition with its reference.")
        ),
        "statutes": several("The statutes that it rests on.", name_of("A statute.")),
        "signed": truth("Whether somebody signed it for this store."),
        "origin": text("shipped: it came with rightful; store: it is one of this store.", known=[SHIPPED, STORE]),
        "path": text("Its file."),
    }


def named_uses() -> Shape:
    """``rightful policy list``."""
    return several("The named uses, by name.", answer("A named use.", _listed_use()))


def described_use() -> Shape:
    """``rightful policy show NAME``, and what writes one."""
    asked = {
        "key": text("The term of the request."),
        "value": text("What it says."),
        "meaning": text("What that means; empty where it says so itself."),
        "by": text("Who says it.", known=[BY_USE, BY_POLICY, BY_DEFAULT]),
    }
    obligation = {"obligation": name_of("Which."), "text": text("In words.")}
    undertaken = {
        "bundle": name_of("The bundle; preconditions: what was met before."),
        "text": text("What it asks for."),
        "obligations": several("What of it is undertaken.", answer("One.", obligation)),
    }
    exports = name_of("An export.")
    keys = {
        **_listed_use(),
        "sha256": digest("Of its file."),
        "in_force": truth("Whether it can be asked for now."),
        "asked": several(
            "The request, completed by the policy of the store and by defaults.", answer("A term.", asked)
        ),
        "undertaken": several("What is undertaken, by the use and by the policy.", answer("A bundle.", undertaken)),
        "declared": several("What whoever signs answers for.", text("A sentence.")),
        "signature": maybe(by_name("Who signed, when, until when, for what and on which ground.", text("A term."))),
        "exports": several("After signing: exports of this use that hold what it does not permit.", exports),
        "exports_unreadable": several("After signing: exports whose contents are not known.", exports),
        "next": following(),
    }
    return answer("A named use in full.", keys, ["exports", "exports_unreadable"])

"""Readings of one's own: their file, and what is answered about them and about the catalogue. Floor 9: part of `schema`."""

from __future__ import annotations

from typing import Any

from rightful.decisions.signing import GROUND_KEYS, SIGNATURE_KEYS
from rightful.query.memo import FACTS
from rightful.rights.uses import PROFILES, PURPOSES, Vocabulary
from rightful.rights.values import Status
from rightful.schema.inputs import license_file
from rightful.schema.pieces import act, following, overlays, policy, record_id, use, word
from rightful.schema.shapes import (
    Shape,
    answer,
    by_name,
    closed,
    day_or_instant,
    digest,
    instant,
    maybe,
    name_of,
    several,
    text,
    truth,
    whole,
)

DECISIONS = tuple(dict.fromkeys(status.word for status in sorted(Status, reverse=True)))
_FACT: Shape = {
    "description": "A text, or a list of words.",
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
}


def reading_file(words: Vocabulary) -> Shape:
    """``STORE/licenses/ID.toml``."""
    shape = license_file(words)
    signature = {
        "by": name_of("Who signed."),
        "on": day_or_instant("When."),
        "until": day_or_instant("Until when it counts."),
        "sha256": digest("Of what was signed."),
        "ground": name_of("On which ground it was signed."),
        "for": name_of("For what."),
    }
    says = "Who answers for this reading; written by `rightful license sign`. Without it, it only restricts."
    keys: dict[str, Any] = {
        **shape["properties"],
        "ground": name_of("Why the licence is read so."),
        "signature": closed(says, {k: signature[k] for k in (*SIGNATURE_KEYS, *GROUND_KEYS)}, SIGNATURE_KEYS),
    }
    return closed("A reading of one's own of one licence.", keys, [*shape["required"], "ground"])


def changed() -> Shape:
    """``rightful license new | sign | remove``."""
    keys = {
        "id": name_of("The licence."),
        "path": name_of("Its file."),
        "removed": truth("Whether the file was taken out of the store."),
        "overlay": maybe(_one_overlay()),
        "redirects": by_name(
            "Statements that it gives a meaning and the catalogue reads otherwise -> its reading.",
            text("An expression."),
        ),
        "todo": several("Keys in which something is marked to be written.", text("A key.")),
        "exports": several("Exports that hold what is refused with it.", name_of("An export.")),
        "exports_unreadable": several("Exports of which nothing says what they hold.", name_of("An export.")),
        "next": following(),
    }
    return answer("A change to the readings of one's own.", keys)


def memo() -> Shape:
    """``rightful license memo``."""
    verdict = {
        "profile": text("The reading.", known=PROFILES),
        "purposes": several("For these purposes.", text("A purpose.", known=PURPOSES)),
        "acts": several("Of these acts.", act()),
        **_verdict_keys(),
    }
    facts = {key: {**_FACT, "description": f"Its {key.replace('_', ' ')}."} for key in FACTS}
    obligation = {
        "id": word("An obligation."),
        "trigger": text("When it is owed."),
        "precondition": truth("Whether it is met before the act, with a reference."),
        "summary": text("In words."),
    }
    own = {
        **_one_overlay()["properties"],
        "ground": text("Why the licence is read so."),
        "reviewer": text("Who read it."),
        "reviewed_at": text("When."),
        "redirects": by_name("Statements that the catalogue reads otherwise -> its reading.", text("An expression.")),
        "replaces": truth("Whether the catalogue has a reading of it."),
        "differs": maybe(_changes()),
    }
    license = {
        "id": name_of("The licence."),
        **facts,
        "aliases": several("What is read as it.", text("A name.")),
        "reviewer": text("Who read it."),
        "reviewed_at": text("When."),
        "text_read": text("How much of the text the reviewer had."),
        "draft": truth("Whether nobody answers for it: it permits nothing then."),
        "verdicts": several("What it says of every act.", answer("Verdicts that are alike.", verdict)),
        "obligations": several("What its permissions ask for.", answer("One.", obligation)),
        "restrictions": several(
            "Applications that it forbids.",
            answer("One.", {"application": text("Which."), "sensitive": truth("Whether it is sensitive.")}),
        ),
        "open": several(
            "What it leaves open.",
            answer("Acts.", {k: v for k, v in verdict.items() if k not in ("verdict", "obligations")}),
        ),
        "own_reading": maybe(answer("The reading of one's own.", own, ["as_if_signed"])),
    }
    together = {
        "profile": text("The reading.", known=PROFILES),
        "purposes": several("For these purposes.", text("A purpose.", known=PURPOSES)),
        "acts": several("Of these acts.", act()),
        "verdict": text("What all licences say together.", known=DECISIONS),
        "obligations_of_each_way": several(
            "Of a permission: what each way asks for.", several("One way.", text("An obligation."))
        ),
    }
    keys = {
        "expression": text("As it came."),
        "normalized": text("As it is read."),
        "as_of": instant("The instant that it is read for."),
        "catalog": digest("Of the catalogue."),
        "overlay": overlays(),
        "licenses": several("The licences that it names.", answer("One.", license)),
        "unreviewed": several(
            "Those that nobody reviewed.", answer("One.", {"id": text("Which."), "says": text("What that means.")})
        ),
        "families": several(
            "Tags that stand for several licences.",
            answer(
                "One.",
                {
                    "id": text("Which."),
                    "name": text("Its name."),
                    "members": several("What it stands for.", text("One.")),
                },
            ),
        ),
        "additions": several(
            "What stands after WITH.", answer("One.", {"id": text("Which."), "says": text("What it does.")})
        ),
        "together": several("What they permit together; empty for one licence alone.", answer("Acts.", together)),
        "out": text("Where the page was written to."),
    }
    return answer("What a lawyer wants to know of the licences of an expression.", keys, ["out"])


def diff() -> Shape:
    """``rightful license diff``."""
    side = {
        "name": text("What was compared."),
        "catalog": digest("Of the catalogue."),
        "licenses": whole("How many licences it has."),
        "overlay": several(
            "Readings of one's own in it.",
            answer("One.", {"id": text("Of which licence."), "file": text("Its file."), "sha256": digest("Of it.")}),
        ),
    }
    brief = {
        "id": text("Which."),
        "name": text("Its name."),
        "draft": truth("Whether nobody answers for it."),
        "reviewer": text("Who read it."),
    }
    keys = {
        "a": answer("The one side.", side),
        "b": answer("The other side.", side),
        "added": several("Licences of b alone.", answer("One.", brief)),
        "removed": several("Licences of a alone.", answer("One.", brief)),
        "changed": several("Licences that say something else.", _changes()),
        "same": whole("Licences that say the same."),
        "next": following(),
    }
    return answer("What differs between two catalogues.", keys)


def rebase() -> Shape:
    """``rightful rebase``."""
    after = {
        "after": text("The decision under this law.", known=DECISIONS),
        "reason": text("Its first reason."),
        "license": text("The licence that it rests on; empty where it rests on none."),
        "clause": text("The clause."),
    }
    before = {
        "before": text("The decision when the export was made.", known=DECISIONS),
        "reason_before": text("Of what was refused then, its first reason."),
    }
    flip = {
        "record": record_id(),
        **before,
        **after,
        "today_too": truth("Whether it flips by the store's own law as it is now."),
    }
    group = {
        **before,
        **after,
        "family": maybe(text("The family of the reason; null for a permission.")),
        "text": text("The reason in words."),
        "rationale": text("Why the clause means this."),
        "records": whole("How many records."),
        "today_too": whole("How many of them flip by the store's own law as it is now."),
        "examples": several("Some of them.", record_id()),
    }
    of_license = {
        "license": text("Which."),
        "refused": whole("Records that are refused by it."),
        "permitted": whole("Records that are permitted by it."),
    }
    keys = {
        "export": name_of("The export."),
        "records": whole("How many records it holds."),
        "use": use(),
        "as_of": instant("The instant that was decided for."),
        "catalog": digest("Of the catalogue, readings of one's own left aside."),
        "overlay": overlays(),
        "policy": policy(),
        "permitted": whole("Records of it that are permitted under this law."),
        "flipped": whole("Decisions that flip, in both directions."),
        "refused_then": maybe(
            whole("Records that were refused when it was made and can be decided; null where nothing says which.")
        ),
        "undecided": by_name("Records that are not in the store as they were: why -> how many.", whole("Records.")),
        "flips": several("Decisions that flip, those of the export first; --limit bounds them.", answer("One.", flip)),
        "by_clause": several("All that flip, by reason and clause.", answer("Some.", group)),
        "licenses": several("The licences that they rest on.", answer("One.", of_license)),
        "next": following(),
    }
    return answer("What an export held, decided under another law.", keys)


def _one_overlay() -> dict[str, Any]:
    items: dict[str, Any] = overlays()["items"]
    return items


def _changes() -> Shape:
    fact = {"fact": text("Which."), "before": _fact("Before."), "after": _fact("After.")}
    verdict = {
        "profile": text("The reading.", known=PROFILES),
        "purpose": text("The purpose.", known=PURPOSES),
        "before": maybe(answer("The verdict before.", _verdict_keys())),
        "after": maybe(answer("The verdict after.", _verdict_keys())),
        "acts": several("Of these acts.", text("An act.")),
    }
    keys = {
        "license": text("Which."),
        "facts": several("Facts that differ.", answer("One.", fact)),
        "verdicts": several("Verdicts that differ.", answer("One.", verdict)),
    }
    return answer("What two readings of a licence say otherwise.", keys)


def _fact(says: str) -> Shape:
    return {**_FACT, "description": says}


def _verdict_keys() -> dict[str, Shape]:
    return {
        "verdict": text("What it says.", known=DECISIONS),
        "obligations": several("On these conditions.", word("An obligation.")),
        "clause": text("Where the text says so."),
        "rationale": text("Why that means this."),
    }

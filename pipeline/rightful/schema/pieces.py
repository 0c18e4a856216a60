"""What several answers have in common. Floor 9: part of `schema`."""

from __future__ import annotations

from collections.abc import Iterable

from rightful import catalog
from rightful.catalog.words import TRIGGERS
from rightful.decisions import DEDUP
from rightful.decisions.named import SHIPPED, STORE
from rightful.query.todo import PRECONDITIONS
from rightful.rights.because import FAMILY_TEXTS, REASONS
from rightful.rights.uses import ACTORS, PROFILES, PURPOSES
from rightful.schema.inputs import named_use
from rightful.schema.inputs import policy as policy_file
from rightful.schema.shapes import (
    DOTTED,
    Shape,
    answer,
    by_name,
    digest,
    instant,
    maybe,
    name_of,
    several,
    text,
    truth,
    whole,
)


def use() -> Shape:
    """The request, as every answer repeats it."""
    keys = {
        "acts": several("The leaf acts.", act()),
        "asked": several("As they were asked: leaves or parents.", word("An act or a parent of acts.")),
        "purpose": text("The purpose.", known=PURPOSES),
        "application": maybe(
            text("What the trained thing is for; null: everything that is not sensitive.", pattern=DOTTED)
        ),
        "actor": text("Who asks.", known=ACTORS),
        "jurisdictions": several("Where; * is everywhere.", text("A place.", pattern=r"[A-Z]{2}|\*")),
        "accept": several("Obligations that will be met.", word("An obligation.")),
        "redact": several("Types of personal data that are taken out.", name_of("One.")),
        "references": by_name("Where preconditions were met, by obligation and who asks.", text("A reference.")),
        "profile": text("The reading of licences.", known=PROFILES),
        "doubts": several("What was probably meant otherwise; the request stands as it is written.", name_of("One.")),
    }
    return answer("What was asked, with every default filled in.", keys, ["doubts"])


def policy() -> Shape:
    """Which standing undertakings applied, and which named use was asked."""
    words = catalog.load().vocabulary
    keys = policy_file(words)["properties"]
    says = "The policy of the store: its keys, and the digest of its file (null: there is none)."
    counted_then = truth("Whether a signed one counted then.")
    of_use = {
        "name": name_of("Its name."),
        "sha256": digest("Of its file."),
        "origin": text("shipped: it came with rightful; store: it is one of this store.", known=[SHIPPED, STORE]),
        **named_use(words)["properties"],
        "in_force": counted_then,
    }
    required = ("name", "sha256", "origin", "summary", "use")
    own = {
        "sha256": maybe(digest("Of policy.toml.")),
        "in_force": counted_then,
        "named": answer("The named use that was asked (--policy NAME).", of_use, [*of_use.keys() - set(required)]),
    }
    return answer(says, {**own, **keys}, [*keys, "in_force", "named"])


def overlays() -> Shape:
    """The readings of one's own that an answer rests on."""
    keys = {
        "id": name_of("The licence."),
        "file": text("Its file in STORE/licenses/."),
        "by": maybe(text("Who signed it; null: nobody.")),
        "on": maybe(instant("From when it counts.")),
        "until": maybe(instant("The first instant at which it counts no more.")),
        "sha256": digest("Of its file."),
        "in_force": truth("Whether it replaced the catalogue's reading; if not, it only restricted."),
        "as_if_signed": truth("In answers to what would be: it counts as if it were signed."),
    }
    reading = answer("A reading.", keys, ["as_if_signed"])
    return several("Readings of one's own of licences that this rests on.", reading)


def survivors() -> Shape:
    """Which copy of several stays."""
    keys = {
        "dedup": text("Which copies count as one.", known=DEDUP),
        "prefer": several("Which of them stays; the first counts most, the order of the store last.", name_of("One.")),
    }
    return answer("How one of several permitted copies was picked.", keys)


def obligations() -> Shape:
    """What the permitted records ask for."""
    known = catalog.load().vocabulary.obligations
    precondition = {"records": whole("Records."), "reference": text("Where it was met.")}
    keys = {
        "records": whole("Records that come with it."),
        "trigger": text("When it is owed.", known=TRIGGERS),
        "summary": text("In words."),
        "asked_by": by_name("Of a precondition: who asks for it.", answer("One.", precondition)),
    }
    one = answer("One.", keys, ["asked_by"])
    return by_name("Obligations that come with what is permitted.", one, {"enum": list(known)})


def todo() -> Shape:
    """What has to be done for what is permitted."""
    words = catalog.load().vocabulary
    keys = {
        "bundle": text("The bundle; preconditions: what was met before.", known=[*words.bundles, PRECONDITIONS]),
        "obligations": several("What of it is owed.", text("An obligation.", known=words.obligations)),
        "records": whole("Records that owe any of it."),
        "text": text("In plain words: what an export does, then what is left to do."),
        "done": truth("Whether an export does all of it by itself."),
    }
    return several("What has to be done, bundle by bundle.", answer("A bundle.", keys))


COUNTED = {"records": whole("Records."), "chars": whole("Characters of their texts.")}


def counted(says: str) -> Shape:
    """Records and characters."""
    return answer(says, COUNTED)


def tally(name: str, says: str) -> Shape:
    """Permitted and excluded records by one property."""
    keys = {name: text("Which."), "permitted": whole("Records permitted."), "excluded": whole("Records excluded.")}
    return several(says, answer("One.", keys))


def reason_of(more: Iterable[str] = ()) -> Shape:
    """A reason of the law, or one of ``more``."""
    return text("The reason, as a slug.", known=[*REASONS, *more])


def family() -> Shape:
    """A family of reasons."""
    return text("The family of the reason.", known=FAMILY_TEXTS)


def following() -> Shape:
    """What to do next."""
    step = {
        "text": text("What it does."),
        "command": maybe(text("The command, quoted for a shell; null where a file is to be edited.")),
        "file": maybe(text("The file that is to be edited.")),
        "line": maybe(text("The line that it is to have, or the lines.")),
    }
    return several("What can be done next, the likeliest first.", answer("A step.", step))


def act() -> Shape:
    """An act of the vocabulary."""
    return text("An act.", known=catalog.load().vocabulary.acts)


def word(says: str) -> Shape:
    """A dotted word, or all of them."""
    return text(says, pattern=rf"{DOTTED}|\*")


def record_id() -> Shape:
    """The id of a record."""
    return text("The record.", pattern="[0-9a-f]{32}")


def path_of(says: str) -> Shape:
    """A path within an export."""
    return text(f"{says} Relative to the export.")


def leaving_out(of: Shape, key: str) -> dict[str, Shape]:
    """The keys of an answer but one."""
    return {k: v for k, v in of["properties"].items() if k != key}

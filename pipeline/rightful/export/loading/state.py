"""The state of a loader: how far a run has come, in a few words of JSON. Floor 8: pure.

``epoch`` and ``position`` count what was *handed out* to all ranks together, never what was read ahead: every rank that
handed out as many units has the same state. ``reached`` is the last unit of them by its place in the order, which is the
same in a version of the export from which something was taken since. Of the order ``seed``, ``block`` and ``bits`` are all
that it depends on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from rightful.errors import InputError

VERSION = 1
KIND = "rightful.loader"
SUBJECT = "the state of a loader"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """See the docstring of the module. ``yielded``: units that each rank was handed since the run began; ``share``: which of
    how many workers, of each of how many ranks, where a state is of one worker alone; ``reached``: window
    and key in hexadecimal, None before the first."""

    export: str
    manifest_sha256: str
    tokenizer: str
    seed: int
    sequences: bool
    split: str | None
    rung: float | None
    block: int
    bits: int | None
    skipped: int
    epoch: int = 0
    position: int = 0
    reached: str | None = None
    yielded: int = 0
    share: tuple[int, int, int] | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is saved."""
        said = {"kind": KIND, "version": VERSION, **asdict(self)}
        return said | {"share": None if self.share is None else list(self.share)}

    @classmethod
    def of_json(cls, data: object) -> State:
        """What was saved. Raises :class:`InputError` for what is no state, or of a newer version."""
        if not isinstance(data, Mapping) or data.get("kind") != KIND:
            raise InputError("this is none", subject=SUBJECT, hint="give what state_dict() of such a loader answered")
        version = data.get("version")
        if isinstance(version, int) and version > VERSION:
            raise InputError(
                f"is of version {version}, and this version of rightful understands {VERSION}",
                subject=SUBJECT,
                hint="resume with the version that saved it",
            )
        values = {key: value for key, value in data.items() if key not in ("kind", "version")}
        expected = {field.name for field in fields(cls)}
        if version != VERSION or set(values) != expected:
            odd = sorted(map(str, expected ^ set(values))) or ["version"]
            raise InputError(f"is damaged: {', '.join(odd[:4])}", subject=SUBJECT)
        _check(values)
        share = values.pop("share")
        return cls(**values, share=None if share is None else (share[0], share[1], share[2]))

    @property
    def place(self) -> tuple[int, int] | None:
        """Window and key of the last unit that was handed out."""
        return None if self.reached is None else place_of(self.reached)


def written(place: tuple[int, int]) -> str:
    """A place as a state has it: numbers of 64 bits are no numbers of JSON."""
    return f"{place[0]:x}:{place[1]:x}"


def place_of(text: str) -> tuple[int, int]:
    """A place as it was written. Raises :class:`ValueError`."""
    window, _, key = text.partition(":")
    place = int(window, 16), int(key, 16)
    if not all(0 <= number < 2**64 for number in place):
        raise ValueError(text)
    return place


def _check(values: dict[str, Any]) -> None:
    """Raises :class:`InputError` for a value that no loader wrote."""
    wrong = [name for name in ("export", "manifest_sha256", "tokenizer") if not isinstance(values[name], str)]
    wrong += [name for name in ("epoch", "position", "yielded", "skipped") if not _counts(values[name])]
    wrong += [] if _counts(values["block"]) and values["block"] else ["block"]
    wrong += [] if isinstance(values["seed"], int) and not isinstance(values["seed"], bool) else ["seed"]
    wrong += [] if values["bits"] is None or (_counts(values["bits"]) and values["bits"] < 64) else ["bits"]
    wrong += [] if isinstance(values["sequences"], bool) else ["sequences"]
    wrong += [] if values["split"] is None or isinstance(values["split"], str) else ["split"]
    rung = values["rung"]
    wrong += [] if rung is None or (isinstance(rung, int | float) and not isinstance(rung, bool)) else ["rung"]
    share = values["share"]
    whole = isinstance(share, list | tuple) and len(share) == 3 and all(map(_counts, share))
    wrong += [] if share is None or (whole and share[0] < share[1] and share[2]) else ["share"]
    try:
        if (values["reached"] is None) != (values["position"] == 0):
            wrong.append("reached")
        elif values["reached"] is not None:
            place_of(values["reached"])
    except (ValueError, AttributeError):
        wrong.append("reached")
    if wrong:
        raise InputError(f"is damaged: {', '.join(wrong)} has no value that a loader writes", subject=SUBJECT)


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62

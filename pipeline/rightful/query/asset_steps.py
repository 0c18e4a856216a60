"""What to do next about an asset. Floor 7."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rightful.assets.described import MODEL
from rightful.query.steps import FILL_IN, Step, Typing
from rightful.rights.undertakings import option_of

WEIGHTS = "weights"
"""The folder for a card in a command that can be typed as it stands."""


def first(typing: Typing) -> Step:
    """Where there is no asset: register one."""
    options = ("--kind", MODEL, "--input", FILL_IN, "--use", "train.pretrain")
    return Step("register a model with what it was made of", typing("asset add", FILL_IN, options=options))


def acknowledge(typing: Typing, name: str, again: Sequence[str]) -> Step:
    """The same command, by somebody who has read what the sources were collected for."""
    text = "read what the sources were collected for; if the new use is right, say so: it is logged"
    return Step(text, typing("asset add", name, options=(*again, "--acknowledge-new-use")))


def after(
    answer: Mapping[str, Any], typing: Typing, verb: str | None = None, again: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """What follows a decision on an asset: its card, what would have to be accepted, the exports to repair.

    ``verb`` of the asset with the options ``again`` is what was asked; None where no use was named.
    """
    steps = []
    if answer["needs"] and verb:
        lacking = [word for name, value in map(option_of, answer["needs"]) for word in (f"--{name}", value)]
        text = "what would have to be accepted, if you can do that"
        steps.append(Step(text, typing(verb, answer["name"], options=(*again, *lacking))))
    if answer["asset"] and answer["tainted"]:
        text = "repair the export, then make the asset again from it"
        steps += [Step(text, typing("redact", export)) for export in answer["tainted"]["exports"][:3]]
    elif answer["asset"] and answer["decision"] == "permit":
        text = "write the specification that travels with it"
        steps.append(Step(text, typing("asset card", answer["name"], options=("--out", WEIGHTS))))
    return [step.as_json() for step in steps]

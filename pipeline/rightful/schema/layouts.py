"""Layouts of corpora: their files, and what ``rightful layout`` answers. Floor 9: part of `schema`."""

from __future__ import annotations

from rightful.rights.uses import Vocabulary
from rightful.schema import inputs
from rightful.schema.shapes import Shape, answer, by_name, closed, name_of, several, text, truth, whole
from rightful.signals.cards.layouts import CARD_KEYS, FORMAT, KINDS

_KIND = "|".join(KINDS)


def layout_file(words: Vocabulary) -> Shape:
    """``STORE/layouts/NAME.toml``."""
    card = inputs.card(words)["properties"]
    sign = {
        "columns": by_name(
            "The columns that are there, dotted where they lie in objects, and what each holds.",
            text("A kind, or several.", pattern=rf" *({_KIND}) *(\\| *({_KIND}) *)*"),
        ),
        "exactly": truth("Whether no other columns are there, those of may left aside."),
        "may": several("Columns that may be there as well.", name_of("A column.")),
        "holds": by_name("What every string of a column has in it.", name_of("A text.")),
    }
    keys = {
        "schema": {"const": FORMAT, "description": "The form of this file."},
        "version": whole("Its version: goes up with every change of what it says."),
        "title": name_of("What the corpus is called."),
        "about": name_of("What it is, in a line."),
        "why": name_of("Why its rights are as they are, for whoever decides about them."),
        "published": several("Where to hold it against what is published.", name_of("An address.")),
        "as_of": text("The day on which this was written down."),
        "recognise": several("What files of it are known by: one of these.", closed("A sign.", sign, ["columns"])),
        "card": closed(
            "What it states of a source, in the words of a card.", {key: card[key] for key in CARD_KEYS}, []
        ),
    }
    return closed("A layout that corpora come in.", keys, ["schema", "version", "title", "about", "why"])


def _listed() -> dict[str, Shape]:
    return {
        "name": name_of("Its name, for --layout and for the key layout of a card."),
        "version": whole("Its version."),
        "title": name_of("What the corpus is called."),
        "about": text("What it is."),
        "why": text("Why its rights are as they are."),
        "published": several("Where to hold it against what is published.", text("An address.")),
        "as_of": text("The day on which this was written down."),
        "origin": text(
            "shipped: it came with rightful; store: it is one of this store.", known=["shipped", "store", "file"]
        ),
        "path": text("Its file."),
    }


def layouts() -> Shape:
    """``rightful layout list``."""
    return several("The layouts, by name.", answer("A layout.", _listed()))


def layout() -> Shape:
    """``rightful layout show``."""
    sign = {
        "columns": by_name("Columns that are there, with what each holds.", text("Kinds.")),
        "exactly": truth("Whether no other columns are there."),
        "may": several("Columns that may be there as well.", text("A column.")),
        "holds": by_name("What every string of a column has in it.", text("A text.")),
    }
    keys = {
        **_listed(),
        "rights": {"type": "object", "description": "What it states of the rights, as the keys of a card."},
        "fields": by_name("Which column says what; empty: none does.", text("A column.")),
        "licenses": by_name("What strings of the rows mean.", text("An expression.")),
        "not_rights": by_name("Columns that do not speak of rights.", text("Why not.")),
        "recognise": several("What files of it are known by: one of these.", answer("A sign.", sign)),
    }
    return answer("A layout in full.", keys)

"""How the places of statements in a record are called in their evidence. Floor 2."""

from __future__ import annotations

DEFAULT_COLUMN = "license"
ROW_PLACE = "license field of the row"
IN_TEXT = "the text itself"


def row_place(column: str) -> str:
    """How the place of a statement is called in its evidence."""
    return f"{ROW_PLACE}: {column}"


def is_row_place(place: str) -> bool:
    """True for the place of a row's statement, of an earlier version too."""
    return place == ROW_PLACE or place.startswith(ROW_PLACE + ": ")


def notice_place(phrase: str) -> str:
    """How the place of a notice is called in its evidence; a card that sets the phrase aside sets the place aside."""
    return f"{IN_TEXT} (notice: {phrase})"

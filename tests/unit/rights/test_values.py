"""The algebra's own description: its tables are what the code computes."""

from __future__ import annotations

import pytest

from rightful.rights import values
from rightful.rights.values import Status, Value, collapse, meet, merge, value


def tables() -> dict[tuple[str, str, str], str]:
    """Both tables of the docstring, cell by cell: (operation, row, column) -> status."""
    cells: dict[tuple[str, str, str], str] = {}
    heads: list[str] = []
    for line in (values.__doc__ or "").splitlines():
        words = line.split()
        if words[:1] == ["meet"]:
            heads = words
        elif heads and len(words) == 10 and words[0] in Status.__members__:
            for start in (0, 5):
                for column, cell in zip(heads[start + 1 : start + 5], words[start + 1 : start + 5], strict=True):
                    cells[heads[start], words[start], column] = cell
    return cells


def test_tables_of_the_docstring_are_whole() -> None:
    names = list(Status.__members__)
    assert set(tables()) == {(op, row, column) for op in ("meet", "merge") for row in names for column in names}


@pytest.mark.parametrize(("op", "row", "column"), sorted(tables()))
def test_table_of_the_docstring_says_what_the_code_does(op: str, row: str, column: str) -> None:
    operation = {"meet": meet, "merge": merge}[op]
    both: Value = operation(value(Status[row]), value(Status[column]))
    assert collapse(both, frozenset())[0] is Status[tables()[op, row, column]]

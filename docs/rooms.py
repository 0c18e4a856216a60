"""Rooms, floors and arrows of the package, counted from its imports: ``make rooms``.

    python docs/rooms.py            print them, and end with 1 where something is out of order

A *room* is a module or folder directly below the package and answers one question, which is the first sentence of its
docstring. A *floor* is a layer of the contract in ``pyproject.toml``, counted from the bottom. An *arrow* leads from one
room to another that it imports, wherever in the room that import stands; it has to lead to a lower floor.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "pipeline" / "rightful"
MOST_AT_THE_ROOT = 6
"""So many modules may lie beside the rooms that are folders; what is more belongs into a room."""
Floors = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Import:
    """An import of another room: where it stands, as ``file:line``, and the room that it names."""

    place: str
    room: str


@dataclass(frozen=True, slots=True)
class Room:
    """A room with what it asks, its size, and the imports that leave it."""

    name: str
    docstring: str
    modules: int
    lines: int
    imports: tuple[Import, ...]

    @property
    def arrows(self) -> list[str]:
        """The rooms that it imports, each once."""
        return sorted({found.room for found in self.imports})


def floors_of(pyproject: Path) -> Floors:
    """The floors of the contract from the bottom, each with its rooms; some may have none yet."""
    contracts = tomllib.loads(pyproject.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(c for c in contracts if c["type"] == "layers")["layers"]
    return [re.findall(r"\w+", layer) for layer in reversed(layers)]


def rooms_of(package: Path) -> dict[str, Room]:
    """The rooms of a package by name, in alphabetical order."""
    homes = {p.stem: p for p in package.iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()}
    front = homes.pop("__init__")
    offered = dict(_offered(front, package.name))
    found = {}
    for name, home in sorted(homes.items()):
        files = sorted(home.rglob("*.py")) if home.is_dir() else [home]
        texts = {file: file.read_text("utf-8") for file in files}
        entry = home / "__init__.py" if home.is_dir() else home
        imports = [
            Import(f"{file.relative_to(package.parent)}:{line}", room)
            for file, text in texts.items()
            for line, room in _imported(text, package.name, homes.keys() - {name}, offered)
            if room != name
        ]
        lines = sum(text.count("\n") for text in texts.values())
        docstring = ast.get_docstring(ast.parse(texts[entry])) or ""
        found[name] = Room(name, docstring, len(files), lines, tuple(imports))
    return found


def _offered(front: Path, package: str) -> Iterator[tuple[str, str]]:
    """What the front door hands out, and of which room that is."""
    for node in ast.walk(ast.parse(front.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            for alias in node.names:
                yield alias.name, (node.module or "").split(".")[1]


def _imported(text: str, package: str, rooms: set[str], offered: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """The line and the room of every import of the package."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            first, _, rest = name.partition(".")
            room = rest.partition(".")[0]
            if first == package and (room in rooms or room in offered):
                yield node.lineno, room if room in rooms else offered[room]


def heights(floors: Floors) -> dict[str, int]:
    """The number of the floor of every room."""
    return {name: number for number, names in enumerate(floors) for name in names}


def faults(package: Path, floors: Floors) -> list[str]:
    """What is out of order, a sentence each; empty when the house stands."""
    rooms, at = rooms_of(package), heights(floors)
    found = [f"{name} has no floor: name it in pyproject.toml" for name in rooms if name not in at]
    for room in rooms.values():
        for link in room.imports:
            here, there = at.get(room.name), at.get(link.room)
            if here is not None and there is not None and there >= here:
                found.append(f"{link.place}: {room.name} (floor {here}) imports {link.room} (floor {there})")
    alone = sorted(p.name for p in package.glob("*.py"))
    if len(alone) > MOST_AT_THE_ROOT:
        found.append(f"{len(alone)} modules at the root, at most {MOST_AT_THE_ROOT}: {', '.join(alone)}")
    return found + list(_misplaced(package, at))


def _misplaced(package: Path, at: Mapping[str, int]) -> Iterator[str]:
    """Modules whose docstring names another floor than theirs."""
    for file in sorted(package.rglob("*.py")):
        parts = file.relative_to(package).with_suffix("").parts
        docstring = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
        for number in re.findall(r"\bFloor (\d+)", docstring):
            if parts[0] in at and int(number) != at[parts[0]]:
                yield f"{file.relative_to(package.parent)}: says floor {number}, stands on floor {at[parts[0]]}"


def lines(package: Path, floors: Floors) -> Iterator[str]:
    """The house from the top: every floor, its rooms, their sizes and arrows; and the counts."""
    rooms = rooms_of(package)
    for number, names in reversed(list(enumerate(floors))):
        for name in (n for n in names if n in rooms):
            room = rooms[name]
            size = f"{room.modules:3} modules {room.lines:6,} lines"
            yield f"{number:2}  {name:10} {size}  -> {' '.join(room.arrows) or '-'}"
    arrows = sum(len(room.arrows) for room in rooms.values())
    empty = sum(not any(name in rooms for name in names) for names in floors)
    root = sum(1 for _ in package.glob("*.py"))
    yield ""
    yield f"{len(rooms)} rooms on {len(floors)} floors ({empty} empty), {arrows} arrows, {root} modules at the root"


def main() -> int:
    """Print the house, and what is out of order."""
    floors = floors_of(ROOT / "pyproject.toml")
    print("\n".join(lines(PACKAGE, floors)))
    wrong = faults(PACKAGE, floors)
    for fault in wrong:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

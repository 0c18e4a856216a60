"""The rooms of the package: what ``make rooms`` counts, and that each kind of disorder is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docs import rooms

FLOORS = [["errors"], ["law", "words"], ["store"], ["api"]]
HOUSE = {
    "__init__.py": "from house.api import Store\n\n__version__ = '1'\n",
    "errors.py": '"""What goes wrong. Floor 0."""\n',
    "law/__init__.py": '"""The law. Floor 1: pure."""\n',
    "law/decide.py": '"""One decision. Floor 1."""\n\nfrom house.errors import Wrong\n',
    "words.py": '"""Words. Floor 1."""\n\nimport house.errors\n',
    "store/__init__.py": '"""What lies at rest. Floor 2."""\n',
    "store/parts.py": '"""Parts. Floor 2."""\n\n\ndef read():\n    from house import words\n    from house.law.decide import decide\n',
    "api.py": '"""The library. Floor 3."""\n\nfrom house.store import parts\n',
}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small package that is in order."""
    for name, text in HOUSE.items():
        file = tmp_path / "house" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "house"


def test_package_is_in_order() -> None:
    floors = rooms.floors_of(rooms.ROOT / "pyproject.toml")
    assert rooms.faults(rooms.PACKAGE, floors) == []
    assert len(rooms.rooms_of(rooms.PACKAGE)) >= 15


def test_rooms_and_arrows_are_counted_wherever_an_import_stands(house: Path) -> None:
    found = rooms.rooms_of(house)
    assert {name: room.arrows for name, room in found.items()} == {
        "api": ["store"],
        "errors": [],
        "law": ["errors"],
        "store": ["law", "words"],
        "words": ["errors"],
    }
    assert rooms.faults(house, FLOORS) == []
    assert list(rooms.lines(house, FLOORS))[-1] == "5 rooms on 4 floors (0 empty), 5 arrows, 4 modules at the root"


PLANTS = {
    "upwards": (
        "law/planted.py",
        '"""Planted."""\n\n\ndef late():\n    from house.store.parts import read\n',
        "house/law/planted.py:5: law (floor 1) imports store (floor 2)",
    ),
    "sideways": (
        "law/planted.py",
        '"""Planted."""\n\nfrom house import words\n',
        "house/law/planted.py:3: law (floor 1) imports words (floor 1)",
    ),
    "front-door": (
        "store/planted.py",
        '"""Planted."""\n\nfrom house import Store, __version__\n',
        "house/store/planted.py:3: store (floor 2) imports api (floor 3)",
    ),
    "no-floor": ("planted.py", '"""Planted."""\n', "planted has no floor: name it in pyproject.toml"),
    "other-floor": (
        "store/planted.py",
        '"""Planted. Floor 7."""\n',
        "house/store/planted.py: says floor 7, stands on floor 2",
    ),
}


@pytest.mark.parametrize(("place", "text", "fault"), PLANTS.values(), ids=PLANTS)
def test_disorder_is_named(house: Path, place: str, text: str, fault: str) -> None:
    (house / place).write_text(text, encoding="utf-8")
    assert rooms.faults(house, FLOORS) == [fault]


def test_seventh_module_at_the_root_is_one_too_many(house: Path) -> None:
    floors = [*FLOORS, ["one", "two", "three"]]
    for name in ("one", "two"):
        (house / f"{name}.py").write_text('"""Planted."""\n', encoding="utf-8")
    assert rooms.faults(house, floors) == []
    (house / "three.py").write_text('"""Planted."""\n', encoding="utf-8")
    (fault,) = rooms.faults(house, floors)
    assert fault.startswith("7 modules at the root, at most 6: __init__.py, api.py, ")


def test_command_prints_the_house_and_ends_with_0() -> None:
    program = [sys.executable, rooms.ROOT / "docs" / "rooms.py"]
    done = subprocess.run(program, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    first, *_, last = done.stdout.splitlines()
    assert first.split()[1] == "cli"
    assert f"{len(rooms.rooms_of(rooms.PACKAGE))} rooms on 12 floors" in last

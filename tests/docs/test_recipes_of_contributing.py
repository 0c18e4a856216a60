"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the repository, do what they promise."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from rightful import Store

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
RECIPES = dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^###? |\Z)", PAGE, re.DOTALL | re.MULTILINE))
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TARGET = r"^{}:[^\n]*\n((?:\t[^\n]*\n)+)"

LAST = "Whatever was added"

pytestmark = pytest.mark.xdist_group("contributing")


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a ``console`` block, and the lines that are shown below it."""

    command: str
    shown: tuple[str, ...]


def steps(recipe: str) -> list[Step]:
    """The commands of a recipe, in order."""
    found = []
    for language, _, text in BLOCK.findall(recipe):
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:] if language == "console" else ():
            command, *shown = part.rstrip("\n").split("\n")
            found.append(Step(command, tuple(shown)))
    return found


def written(recipe: str, copy: Path) -> None:
    """Write the files of a recipe, and add its lines to those that it names."""
    for language, name, text in BLOCK.findall(recipe):
        if not name:
            continue
        path = copy / name
        if language == "diff":
            path.write_text(patched(path.read_text("utf-8"), text, name), "utf-8")
            continue
        assert not path.exists(), f"{name} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def patched(text: str, diff: str, name: str) -> str:
    """The text with the ``+`` lines of a diff. Its other lines must stand in the text, together and once."""
    lines = diff.splitlines(keepends=True)
    assert {line[0] for line in lines} == {" ", "+"}, f"{name}: a diff of lines that stay and lines that are added"
    before = "".join(line[1:] for line in lines if line[0] == " ")
    assert f"\n{text}".count(f"\n{before}") == 1, f"{name}: not once there:\n{before}"
    return f"\n{text}".replace(f"\n{before}", "\n" + "".join(line[1:] for line in lines))[1:]


class Copy:
    """A copy of the repository in which the recipes were followed, and the commands that run there."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "rightful"
        self.root.mkdir()
        kept = git("stash", "create") or "HEAD"  # what is tracked, as it stands now; nothing is stashed away
        packed = subprocess.run(["git", "archive", kept], cwd=ROOT, check=True, capture_output=True)
        subprocess.run(["tar", "-x"], cwd=self.root, input=packed.stdout, check=True)
        self.keep_compiled()
        if (ROOT / ".mypy_cache").is_dir():  # what has the same content is not checked again
            shutil.copytree(ROOT / ".mypy_cache", self.root / ".mypy_cache")
        self.followed: set[str] = set()

    def follow(self, name: str) -> None:
        """Do what a recipe says to write, once; the last of them is about all others."""
        for recipe in RECIPES if name == LAST else [name]:
            if recipe not in self.followed:
                written(RECIPES[recipe], self.root)
                self.followed.add(recipe)

    def keep_compiled(self) -> None:
        """Kernels are compiled for a file as it was written: give those that are the same their compiled code."""
        for code in (ROOT / "pipeline").rglob("__pycache__/*.nb[ic]"):
            for source in code.parent.parent.glob("*.py"):
                theirs = self.root / source.relative_to(ROOT)
                if code.name.startswith(f"{source.stem}.") and theirs.is_file():
                    if theirs.read_bytes() == source.read_bytes():
                        shutil.copystat(source, theirs)
                        (theirs.parent / "__pycache__").mkdir(exist_ok=True)
                        shutil.copy2(code, theirs.parent / "__pycache__")

    def run(self, command: str, store: str) -> str:
        """What a command of the page prints; fails where it ends with another exit code than 0."""
        printed = ""
        for words in self.programs(shlex.split(command)):
            settings = {"PYTHONPATH": os.pathsep.join([str(self.root / "pipeline"), str(self.root)])}
            settings |= {"RIGHTFUL_STORE": str(self.root.parent / "stores" / store), "PYTHONDONTWRITEBYTECODE": "1"}
            done = subprocess.run(
                words,
                cwd=self.root,
                env={k: v for k, v in os.environ.items() if k != "PYTEST_ADDOPTS"} | settings,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                check=False,
            )
            printed += done.stdout
            assert done.returncode == 0, f"$ {command}\n{printed[-6000:]}"
        return printed

    def programs(self, words: Sequence[str]) -> list[list[str]]:
        """The programs that a command of the page runs here."""
        if words[0] == "rightful":
            return [[sys.executable, "-c", "from rightful.cli import main; main()", *words[1:]]]
        assert words[0] == "make", words
        targets = [word for word in words[1:] if not word.startswith("ARGS=")]
        arguments = next((word.removeprefix("ARGS=") for word in words if word.startswith("ARGS=")), "")
        makefile = (self.root / "Makefile").read_text("utf-8")
        recipes = [re.findall(TARGET.format(target), makefile, re.MULTILINE) for target in targets]
        lines = [line.strip().removeprefix("@") for [recipe] in recipes for line in recipe.strip().split("\n")]
        values = {"PYTEST": "$(BIN)/python -m pytest -q -p no:cacheprovider", "WORKERS": "", "ARGS": arguments}
        for name, value in {**values, "BIN": str(Path(sys.executable).parent)}.items():
            lines = [line.replace(f"$({name})", value) for line in lines]
        assert not any("$" in line for line in lines), lines
        return [shlex.split(line, comments=True) for line in lines if "tests.kernels" not in line]


def git(*words: str) -> str:
    """What git says here."""
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, encoding="utf-8").stdout.strip()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """One for all recipes: what they add stands side by side in the end."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("the recipes are followed in a copy that git makes; this is no checkout")
    return Copy(tmp_path_factory.mktemp("contributing"))


def test_recipes_are_those_that_are_promised() -> None:
    assert list(RECIPES) == [
        "A stage",
        "A shard format",
        "A reader",
        "A licence",
        "A signal",
        "A column in an answer",
        "Whatever was added",
    ]
    assert all(steps(recipe) for recipe in RECIPES.values())


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_followed_to_the_letter_does_what_it_promises(name: str, copy: Copy) -> None:
    copy.follow(name)
    for step in steps(RECIPES[name]):
        printed = copy.run(step.command, name.replace(" ", "-"))
        lines = [" ".join(line.split()) for line in printed.splitlines()]
        for shown in step.shown:
            wanted = " ".join(shown.split())
            assert any(wanted in line for line in lines), f"$ {step.command}\nprinted no {wanted!r}:\n{printed}"
        if step.command.startswith("make unit"):
            assert re.search(r"\d+ passed", printed), f"no test was chosen by {step.command}:\n{printed}"


def test_store_of_before_gets_the_column_of_a_new_stage(copy: Copy, tmp_path: Path) -> None:
    """What the recipe of a stage says of stores that are there already: without the stage here, with it there."""
    copy.follow("A stage")
    Store(copy.root.parent / "stores" / "before").ingest([ROOT / "sample_data" / "good" / "forum"], workers=1)
    with pytest.raises(AssertionError, match="the tags were written by an earlier version, without n_links"):
        copy.run('rightful sql "SELECT n_links FROM records"', "before")
    copy.run("rightful tag --recipe default", "before")
    [row] = json.loads(
        copy.run('rightful --json sql "SELECT count(n_links) AS counted, count(*) AS n FROM records"', "before")
    )
    assert row["counted"] == row["n"] > 0

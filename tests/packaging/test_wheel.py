"""The wheel holds what git tracks and nothing else, and works away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = {
    "pipeline/rightful": "rightful",
    "licenses": "rightful/_data/licenses",
    "schemas": "rightful/_data/schemas",
    "sample_data": "rightful/_data/sample_data",
}

pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout as a release would be."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, in a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def tracked() -> list[str]:
    """What git tracks, or would, of the folders that are shipped; a file that was deleted is not there."""
    try:
        done = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *SHIPPED],
            cwd=ROOT,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("git is not installed, so what it tracks is not known")
    if done.returncode:
        pytest.skip(f"{ROOT} is not a git checkout: {done.stderr.strip()}")
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def printed(program: str, site: Path, cwd: Path) -> str:
    """What a program prints that finds ``site`` before everything that is installed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "RIGHTFUL"))}
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=cwd,
        env={**env, "PYTHONPATH": str(site)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_wheel_members_are_what_git_tracks(wheel: Path) -> None:
    expected = set()
    for name in tracked():
        folder = next(folder for folder in SHIPPED if name.startswith(f"{folder}/"))
        expected.add(SHIPPED[folder] + name.removeprefix(folder))
    with zipfile.ZipFile(wheel) as archive:
        came = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {"rightful/__init__.py", "rightful/py.typed"} <= expected
    assert came == expected


def test_wheel_metadata_names_the_license_and_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name).name: name for name in archive.namelist() if ".dist-info/" in name}
        metadata = message_from_bytes(archive.read(names["METADATA"]))
        scripts = archive.read(names["entry_points.txt"]).decode()
        text = archive.read(names["LICENSE"])
    assert metadata["Name"] == "rightful"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "rightful = rightful.cli:main" in scripts.splitlines()
    assert text == (ROOT / "LICENSE").read_bytes()


def test_unpacked_wheel_is_the_package_that_is_imported(unpacked: Path, tmp_path: Path) -> None:
    came = printed("import rightful; print(rightful.__file__)", unpacked, tmp_path)
    assert Path(came).resolve() == (unpacked / "rightful" / "__init__.py").resolve()


def test_unpacked_wheel_reads_the_same_catalogue_as_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    program = "import rightful.catalog; print(rightful.catalog.load().digest)"
    digest = printed(program, unpacked, tmp_path)
    assert digest
    assert digest == printed(program, ROOT / "pipeline", tmp_path)

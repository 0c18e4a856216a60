"""A catalogue that is kept says what its sources say; one that is damaged, older or another's is none."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from rightful import catalog
from rightful.compiling import code_of, compiled, user_cache
from rightful.rights.uses import Act
from rightful.rights.values import Status

VALUE = {
    "acts": {"mine": Act("mine", "to read", date(2026, 1, 2))},
    "days": (date(2020, 1, 1), [1, 2, date(2021, 1, 1)]),
    "same": frozenset({Status.PERMIT, Status.DENY}),
    ("a", 1): {True: None, "1": 1.5},
}


class Maker:
    """Counts how often it was asked."""

    def __init__(self, value: object = VALUE) -> None:
        self.value, self.calls = value, 0

    def __call__(self) -> object:
        self.calls += 1
        return self.value


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.toml"
    path.write_text("one")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "catalog"


def kept(folder: Path) -> Path:
    (only,) = folder.iterdir()
    return only


def test_shipped_catalogue_is_the_same_from_its_sources_and_kept(folder: Path) -> None:
    sources = sorted(catalog.shipped().glob("*.toml"))
    read = catalog.loaded.__globals__["_load"].__wrapped__  # what is read of another folder is never kept
    copy = folder.parent / "licenses"
    copy.mkdir(parents=True)
    for path in sources:
        (copy / path.name).write_bytes(path.read_bytes())
    made = read(copy)
    maker = Maker(made)
    assert compiled(sources, maker, folder) is made
    again = compiled(sources, maker, folder)
    assert maker.calls == 1
    assert again == made == catalog.loaded()
    assert again.catalog.digest == made.catalog.digest
    for one, other in [
        (again.catalog.licenses, made.catalog.licenses),
        (again.catalog.names.aliases, made.catalog.names.aliases),
        (again.catalog.vocabulary.acts, made.catalog.vocabulary.acts),
        (again.known.ids, made.known.ids),
    ]:
        assert list(one) == list(other)  # the order is a part of answers
    assert again.catalog.names.ids is again.known.ids  # one table under two names stays one


def test_kept_value_is_equal_and_of_the_same_types(source: Path, folder: Path) -> None:
    maker = Maker()
    compiled([source], maker, folder)
    again = compiled([source], maker, folder)
    assert maker.calls == 1
    assert again == VALUE
    assert repr(again["days"]) == repr(VALUE["days"])
    assert repr(again["a", 1]) == repr(VALUE["a", 1])


def test_other_sources_are_read_anew(source: Path, folder: Path) -> None:
    maker = Maker()
    compiled([source], maker, folder)
    source.write_text("two")
    compiled([source], maker, folder)
    assert maker.calls == 2
    assert len(list(folder.iterdir())) == 2
    other = source.with_name("other.toml")
    other.write_text("two")
    compiled([other], maker, folder)
    assert maker.calls == 3


def test_sources_have_the_code_that_reads_them() -> None:
    names = {path.relative_to(Path(catalog.__file__).parents[1]).as_posix() for path in code_of("catalog", "rights")}
    assert {"catalog/__init__.py", "catalog/words.py", "rights/licenses.py"} <= names


def test_flipped_bytes_are_never_believed(source: Path, folder: Path) -> None:
    maker = Maker()
    compiled([source], maker, folder)
    whole = kept(folder).read_bytes()
    chance = random.Random(6)
    places = {*range(90), len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(200))}
    for place in sorted(places):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chance.randrange(8)
        kept(folder).write_bytes(damaged)
        before = maker.calls
        assert compiled([source], maker, folder) == VALUE
        assert maker.calls == before + 1, place
        assert kept(folder).read_bytes() == whole  # mended


@pytest.mark.parametrize("content", [b"", b"rightful compiled 1\n", b"\0" * 1000])
def test_file_that_is_cut_short_is_none(source: Path, folder: Path, content: bytes) -> None:
    maker = Maker()
    compiled([source], maker, folder)
    kept(folder).write_bytes(content)
    assert compiled([source], maker, folder) == VALUE
    assert maker.calls == 2


def _shared_file(folder: Path) -> None:
    kept(folder).chmod(0o666)


def _shared_folder(folder: Path) -> None:
    folder.chmod(0o770)


def _shared_above(folder: Path) -> None:
    folder.parent.chmod(0o777)


def _linked(folder: Path) -> None:
    file = kept(folder)
    elsewhere = folder.parent / "elsewhere.bin"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


@pytest.mark.parametrize("share", [_shared_file, _shared_folder, _shared_above, _linked])
def test_what_others_could_have_written_is_not_read(source: Path, folder: Path, share: Callable[[Path], None]) -> None:
    maker = Maker()
    compiled([source], maker, folder)
    share(folder)
    assert compiled([source], maker, folder) == VALUE
    assert maker.calls == 2


def test_folder_above_with_the_sticky_bit_is_as_safe_as_tmp(source: Path, folder: Path) -> None:
    maker = Maker()
    compiled([source], maker, folder)
    folder.parent.chmod(0o1777)
    compiled([source], maker, folder)
    assert maker.calls == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("level", [0, 1, 2])
def test_what_is_of_another_user_is_not_read(source: Path, folder: Path, level: int) -> None:
    maker = Maker()
    compiled([source], maker, folder)
    os.chown([kept(folder), folder, folder.parent][level], 12345, -1)
    assert compiled([source], maker, folder) == VALUE
    assert maker.calls == 2


def test_nothing_is_written_where_others_may_write(source: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    assert compiled([source], Maker(), folder) == VALUE
    assert not list(folder.iterdir())


def test_folder_that_cannot_be_made_is_passed_over(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert compiled([source], Maker(), tmp_path / "file" / "catalog") == VALUE
    assert compiled([source], Maker(), None) == VALUE


def test_value_that_is_not_of_the_catalogue_is_not_kept(source: Path, folder: Path) -> None:
    @dataclass(frozen=True)
    class Foreign:
        word: str

    for value in (Foreign("x"), {"a": object()}):
        assert compiled([source], Maker(value), folder) is value
    assert not folder.exists()


def test_missing_source_is_no_reason_to_keep_anything(tmp_path: Path, folder: Path) -> None:
    assert compiled([tmp_path / "missing"], Maker(), folder) == VALUE
    assert not folder.exists()


def test_few_files_are_kept(source: Path, folder: Path) -> None:
    for version in range(12):
        source.write_text(f"{version}")
        compiled([source], Maker(), folder)
    assert 1 <= len(list(folder.iterdir())) <= 8


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"HOME": "/u"}, "linux", "/u/.cache/rightful"),
        ({"HOME": "/u"}, "darwin", "/u/Library/Caches/rightful"),
        ({"HOME": "/u", "XDG_CACHE_HOME": "/x"}, "linux", "/x/rightful"),
        ({"HOME": "/u", "XDG_CACHE_HOME": "/x"}, "darwin", "/x/rightful"),
        ({"LOCALAPPDATA": "/l"}, "win32", "/l/rightful"),
        ({"HOME": "", "XDG_CACHE_HOME": ""}, "linux", None),
        ({"XDG_CACHE_HOME": "relative"}, "linux", None),
        ({}, "linux", None),
    ],
)
def test_cache_of_the_user_is_where_the_platform_has_it(
    environment: dict[str, str], platform: str, expected: str | None
) -> None:
    folder = user_cache(environment, platform=platform)
    assert (None if folder is None else folder.as_posix()) == expected

"""A tokenizer by its path or its name: where it is looked for, and what is said where it is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models

from rightful.errors import InputError
from rightful.export.tokens.named import Taken, hub_of, names_in, take


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (tmp_path / "store").mkdir()
    return tmp_path / "store"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    return tmp_path / "home" / "hub"


def put(path: Path, words: str = "a") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Tokenizer(models.WordLevel({words: 0}, unk_token=words)).to_str(), encoding="utf-8")
    return path


def fetched(hub: Path, model: str, revision: str = "607a30d", words: str = "a", *, main: bool = True) -> Path:
    """A tokenizer as huggingface_hub lays it out: a link to a blob."""
    folder = hub / f"models--{model}"
    blob = put(folder / "blobs" / f"b-{revision}", words)
    link = folder / "snapshots" / revision / "tokenizer.json"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(blob)
    if main:
        (folder / "refs").mkdir(exist_ok=True)
        (folder / "refs" / "main").write_text(f"{revision}\n")
    return link


def named(name: str, store: Path, hub: Path) -> Taken:
    return take(name, store, {"HF_HOME": str(hub.parent)})


def refused(name: str, store: Path, hub: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        named(name, store, hub)
    return caught.value


def test_path_of_a_file_is_that_file(tmp_path: Path, store: Path, hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(tmp_path / "mine" / "tokenizer.json")
    assert named(str(file), store, hub) == Taken(file)
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "gpt2")
    put(store / "tokenizers" / "gpt2.json")
    assert named("gpt2", store, hub) == Taken(Path("gpt2")), "a file is meant before a name"


@pytest.mark.parametrize("place", ["gpt2/tokenizer.json", "gpt2.json"])
def test_name_is_found_in_the_store_before_the_cache(store: Path, hub: Path, place: str) -> None:
    fetched(hub, "gpt2", words="other")
    file = put(store / "tokenizers" / place)
    assert named("gpt2", store, hub) == Taken(file, f"STORE/tokenizers/{place}")


def test_name_with_an_owner_is_a_folder_in_the_store(store: Path, hub: Path) -> None:
    file = put(store / "tokenizers" / "openai-community" / "gpt2" / "tokenizer.json")
    taken = named("openai-community/gpt2", store, hub)
    assert taken == Taken(file, "STORE/tokenizers/openai-community/gpt2/tokenizer.json")


@pytest.mark.parametrize(
    ("name", "model"),
    [("gpt2", "gpt2"), ("gpt2", "openai-community--gpt2"), ("openai-community/gpt2", "openai-community--gpt2")],
)
def test_name_is_found_in_the_cache_with_the_revision_that_main_names(
    store: Path, hub: Path, name: str, model: str
) -> None:
    fetched(hub, model, "0000old", "old", main=False)
    file = fetched(hub, model, "607a30d")
    fetched(hub, model, "fffnew", "new", main=False)
    assert named(name, store, hub) == Taken(file, f"HUB/models--{model}/snapshots/607a30d/tokenizer.json")


def test_cache_without_a_main_has_one_tokenizer_or_an_error(store: Path, hub: Path) -> None:
    first = fetched(hub, "gpt2", "aaa", main=False)
    fetched(hub, "gpt2", "bbb", main=False)
    assert named("gpt2", store, hub).path == first, "they are the same"
    last = fetched(hub, "gpt2", "ccc", "other", main=False)
    error = refused("gpt2", store, hub)
    assert error.message == "3 revisions have tokenizers that differ"
    assert str(last) in str(error.hint)
    for hostile in ("../../../evil", "", "\0", "x" * 10_000):
        (hub / "models--gpt2" / "refs").mkdir(exist_ok=True)
        (hub / "models--gpt2" / "refs" / "main").write_text(hostile)
        assert refused("gpt2", store, hub).message == "3 revisions have tokenizers that differ"


def test_name_that_several_owners_have_is_an_error_that_names_them(store: Path, hub: Path) -> None:
    fetched(hub, "one--gpt2")
    fetched(hub, "two--gpt2")
    assert named("gpt2", store, hub).place == "HUB/models--one--gpt2/snapshots/607a30d/tokenizer.json"
    fetched(hub, "three--gpt2", words="other")
    error = refused("gpt2", store, hub)
    assert "'gpt2' is the name of 3 tokenizers that differ" in error.message
    assert "--tokenizer three/gpt2" in str(error.hint)


@pytest.mark.parametrize(
    ("environment", "hub"),
    [
        ({"HF_HUB_CACHE": "/c", "HF_HOME": "/h", "HOME": "/u"}, "/c"),
        ({"HF_HOME": "/h", "XDG_CACHE_HOME": "/x", "HOME": "/u"}, "/h/hub"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/u"}, "/x/huggingface/hub"),
        ({"HF_HUB_CACHE": "", "HF_HOME": "", "HOME": "/u"}, "/u/.cache/huggingface/hub"),
    ],
)
def test_cache_is_where_its_own_variables_say(environment: dict[str, str], hub: str) -> None:
    assert hub_of(environment) == Path(hub)


def test_name_of_nothing_says_where_it_was_looked_for_and_what_to_type(store: Path, hub: Path) -> None:
    put(store / "tokenizers" / "gpt3.json")
    error = refused("gpt2", store, hub)
    assert (error.subject, error.exit_code) == ("--tokenizer", 2)
    assert error.message == "'gpt2' is no file, and no tokenizer of that name lies here; nothing is downloaded"
    lines = [line.strip() for line in str(error.hint).splitlines()]
    assert lines[0] == "did you mean 'gpt3'?"
    assert {
        f"{store}/tokenizers/gpt2/tokenizer.json",
        f"{store}/tokenizers/gpt2.json",
        f"{hub}/models--gpt2/snapshots/*/tokenizer.json",
        f"{hub}/models--*--gpt2/snapshots/*/tokenizer.json",
        f"mkdir -p {store}/tokenizers/gpt2 && cp tokenizer.json {store}/tokenizers/gpt2/",
    } <= set(lines)
    # What it says to type is what makes it right.
    put(store / "tokenizers" / "gpt2" / "tokenizer.json")
    assert named("gpt2", store, hub).place == "STORE/tokenizers/gpt2/tokenizer.json"


@pytest.mark.parametrize(
    "name",
    ["./gpt2.json", "/no/such/tokenizer.json", "../gpt2", "a/b/c", "gpt2.json", "", " ", "a\0b", "x" * 5000, "é"],
)
def test_what_can_be_no_name_is_a_file_that_is_missing(store: Path, hub: Path, name: str) -> None:
    error = refused(name, store, hub)
    assert "there is no file" in error.message or "cannot be read" in error.message
    assert len(str(error.subject)) < 300


def test_word_that_is_nearly_bytes_says_so(store: Path, hub: Path) -> None:
    assert "did you mean 'bytes'?" in str(refused("byts", store, hub).hint)


@pytest.mark.parametrize("place", ["{folder}/gpt2", "{store}/tokenizers/gpt2.json"])
def test_pipe_is_an_error_and_is_not_waited_for(tmp_path: Path, store: Path, hub: Path, place: str) -> None:
    path = Path(place.format(folder=tmp_path, store=store))
    path.parent.mkdir(exist_ok=True)
    os.mkfifo(path)
    error = refused(str(path) if "tokenizers" not in place else "gpt2", store, hub)
    assert (error.message, error.subject) == ("is no file, but a pipe or a device", str(path))


def test_folder_with_a_tokenizer_says_which_file_to_name_and_an_empty_one_is_none(
    tmp_path: Path, store: Path, hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gpt2").mkdir()
    file = put(store / "tokenizers" / "gpt2.json")
    assert named("gpt2", store, hub).path == file, "a folder that has none does not hide the name"
    put(tmp_path / "gpt2" / "tokenizer.json")
    error = refused("gpt2", store, hub)
    assert (error.message, error.hint) == ("is a folder, not a tokenizer", "--tokenizer gpt2/tokenizer.json")


def test_link_that_leads_nowhere_is_an_error(store: Path, hub: Path) -> None:
    (store / "tokenizers").mkdir()
    (store / "tokenizers" / "gpt2.json").symlink_to(store / "gone.json")
    assert refused("gpt2", store, hub).message == "is a link that leads nowhere"


def test_names_in_a_store_are_those_of_its_folders_and_files(store: Path) -> None:
    for place in ("gpt2/tokenizer.json", "small.json", "owner/large/tokenizer.json", "owner/tiny.json"):
        put(store / "tokenizers" / place)
    assert names_in(store) == ["gpt2", "owner/large", "owner/tiny", "small"]

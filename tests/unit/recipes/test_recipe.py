"""A recipe: what it says is what runs, and what it cannot say is an error with the file, the key and a suggestion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rightful.errors import InputError, UnknownName
from rightful.readers import Fields
from rightful.readers.limits import Limits
from rightful.readers.web.pages import Pages
from rightful.recipes.recipe import TABLES, Recipe, digest_of, load, presets, revived, toml_lines
from rightful.stages import TextStage
from rightful.stages.language.stage import Language
from rightful.stages.order import OPTIONAL, STAGES
from rightful.stages.quality.stage import Quality
from rightful.store.toml import read_toml


def written(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def with_stages(*changed: TextStage) -> Recipe:
    """The default recipe with these stages in the place of theirs."""
    kept = (next((c for c in changed if type(c) is type(s)), s) for s in Recipe().settings)
    return Recipe(settings=tuple(kept))


def test_recipe_without_a_file_is_the_defaults() -> None:
    assert load(None) == Recipe()
    assert (
        set(Recipe().as_json())
        == {"stages", *TABLES}
        == {
            *("stages", "fields", "near", "limits", "pages", "wiki", "passages"),
            *(kind.name for kind in STAGES),
        }
    )


def test_recipe_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    found = load(written(tmp_path, "[language]\nchars = 200\n[fields]\ntext = 'body'\n"))
    assert found == replace(with_stages(Language(chars=200)), fields=Fields(text="body"))


def test_recipe_of_an_editor_that_writes_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert load(written(tmp_path, "\ufeff[language]\nchars = 200\n")) == with_stages(Language(chars=200))


def test_option_goes_before_the_recipe_and_none_says_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "[fields]\ntext = 'body'\nurl = 'link'\n")
    assert load(path, {"text": "words", "url": None, "id": None}).fields == Fields(text="words", url="link")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[langauge]\nchars = 1", "unknown recipe table 'langauge'", "did you mean 'language'?"),
        ("[language]\ncars = 1", "unknown key in [language] 'cars'", "did you mean 'chars'?"),
        ("language = 1", "language must be a table, not 1", None),
        ("[language]\nchars = '1'", "language.chars must be a whole number, not '1'", None),
        ("[language]\nchars = true", "language.chars must be a whole number, not True", None),
        ("[language]\nchars = 1.5", "language.chars must be a whole number, not 1.5", None),
        ("[language]\nthreshold = 'low'", "language.threshold must be a number, not 'low'", None),
        ("[fields]\ntext = 1", "fields.text must be a string, not 1", None),
        ("[fields]\ntext = ['a']", "fields.text must be a string, not ['a']", None),
    ],
)
def test_recipe_that_is_wrong_names_the_file_and_the_key(
    tmp_path: Path, text: str, message: str, hint: str | None
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load(path)
    assert (caught.value.subject, caught.value.message) == (str(path), message)
    assert hint is None or caught.value.hint == hint


@pytest.mark.parametrize("key", ["chars = 0", "threshold = 1.5", "backend = 'fastext'"])
def test_recipe_value_that_a_stage_refuses_names_the_file_too(tmp_path: Path, key: str) -> None:
    path = written(tmp_path, f"[language]\n{key}\n")
    with pytest.raises(InputError) as caught:
        load(path)
    assert caught.value.subject == f"{path}: language.{key.split()[0]}"


def test_recipe_takes_a_whole_number_for_a_share(tmp_path: Path) -> None:
    assert load(written(tmp_path, "[language]\nthreshold = 1\n")).stage(Language).threshold == 1


def test_option_for_a_field_that_is_none_is_refused_with_a_suggestion() -> None:
    with pytest.raises(UnknownName) as caught:
        load(None, {"titel": "headline"})
    assert caught.value.hint == "did you mean 'title'?"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[language", "is not TOML: Expected ']'"),
        (b"[language]\nchars = 1\nchars = 2\n", "is not TOML: Cannot overwrite a value (at line 3, column 10)"),
        (b"# caf\xe9\n", "cannot be read: 'utf-8' codec can't decode byte 0xe9"),
    ],
)
def test_toml_that_cannot_be_read_says_where(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_toml(path)
    assert caught.value.subject == str(path)
    assert caught.value.message.startswith(why)


def test_toml_that_is_not_there_or_a_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(InputError, match=r"cannot be read: .*Is a directory"):
        read_toml(tmp_path)


def test_digest_changes_with_every_setting_and_with_nothing_else(tmp_path: Path) -> None:
    again = load(written(tmp_path, "[language]\nbackend = 'fasttext'\n"))
    assert again.digest == Recipe().digest, "a default that is written down is the default"
    changed = [
        load(written(tmp_path, text)).digest
        for text in (
            "[language]\nchars = 999",
            "[language]\nbackend = 'langdetect'",
            "[fields]\ntext = 'a'",
            "[fields]\nid = 'a'",
        )
    ]
    assert len({Recipe().digest, *changed}) == 5


@pytest.mark.parametrize("name", [None, *presets()])
def test_resolved_recipe_reads_back_to_itself(name: str | None, tmp_path: Path) -> None:
    recipe = load(name)
    assert load(written(tmp_path, "\n".join(toml_lines(recipe)))) == recipe
    assert revived(recipe.resolved()) == recipe
    assert digest_of(recipe.resolved()) == recipe.digest


def test_presets_differ_and_say_what_they_are_for() -> None:
    assert set(presets()) == {"web-en", "web-multilingual", "code", "books", "none"}
    assert all(presets().values())
    assert len({load(name).digest for name in (None, *presets())}) == 6


def test_recipe_changes_the_preset_that_it_names_key_by_key(tmp_path: Path) -> None:
    found = load(written(tmp_path, "preset = 'web-en'\n[quality]\nmin_words = 7\n[near]\nsearch = false\n"))
    assert (found.stage(Quality).min_words, found.stage(Quality).preset) == (7, load("web-en").stage(Quality).preset)
    assert (found.near.search, found.near.bands) == (False, load("web-en").near.bands)


def test_file_of_the_name_of_a_preset_goes_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "books").write_text("[language]\nchars = 3\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load("books").stage(Language).chars == 3


def test_stages_run_in_one_order_whatever_the_recipe_lists_first(tmp_path: Path) -> None:
    found = load(written(tmp_path, "stages = ['pii', 'language', 'pii']\n"))
    assert found.stages == ("language", "pii")
    assert [s.name for s in found.running()] == ["normalize", "statistics", "language", "pii"]
    assert {s.name for s in found.left_out()} == set(OPTIONAL) - {"language", "pii"}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("preset = 'web-eng'", "unknown preset 'web-eng'", "did you mean 'web-en'"),
        ("preset = ['web-en']", "unknown preset ['web-en']", ""),
        ("stages = 'pii'", "stages must be a list of names, not 'pii'", ""),
        ("stages = [1]", "stages must be a list of names, not [1]", ""),
        ("stages = ['normalize']", "unknown stage 'normalize'", "known: "),
        ("stages = ['qualty']", "unknown stage 'qualty'", "did you mean 'quality'?"),
        ("about = 1", "about must be a string", ""),
        ("[quality]\nmin_words = 9\nmax_words = 8", "9 is more than max_words, which is 8", ""),
        ("[quality]\nmax_dup_line_share = 1.5", "expected a share from 0 to 1, not 1.5", ""),
    ],
)
def test_recipe_with_an_impossible_preset_stage_or_threshold_is_refused(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    with pytest.raises(InputError) as caught:
        load(written(tmp_path, text))
    assert caught.value.message == message
    assert hint in (caught.value.hint or "")


def test_recipe_that_is_no_file_and_no_preset_names_the_presets() -> None:
    with pytest.raises(InputError, match="there is no such recipe") as caught:
        load("web-eng")
    assert "did you mean 'web-en'" in str(caught.value.hint)


def test_pages_are_part_of_the_identity_where_they_are_not_the_default(tmp_path: Path) -> None:
    assert "pages" not in Recipe().resolved()
    found = load(written(tmp_path, "[pages]\nextractor = 'trafilatura'\n"))
    assert found.pages == Pages(extractor="trafilatura")
    assert found.digest != Recipe().digest
    assert found.resolved()["pages"] == {"extractor": "trafilatura"}
    assert set(found.versions()) - set(Recipe().versions()) == {"trafilatura"}
    assert revived(found.resolved()) == found
    with pytest.raises(InputError, match="unknown extractor 'boilerpipe'") as caught:
        load(written(tmp_path, "[pages]\nextractor = 'boilerpipe'\n"))
    assert str(caught.value.subject).endswith("recipe.toml: pages.extractor")


def test_limits_are_settings_but_no_part_of_the_identity(tmp_path: Path) -> None:
    """They say what is read: what was read is tagged as it is without them, and stores that set none stay as they are."""
    found = load(written(tmp_path, "[limits]\nvalue_bytes = 1000\n"))
    assert found.limits == Limits(value_bytes=1000)
    assert found.digest == Recipe().digest
    assert "limits" not in found.resolved()
    assert revived(found.resolved()).limits == Limits()
    again = tmp_path / "again.toml"
    again.write_text("\n".join(toml_lines(found)), encoding="utf-8")
    assert load(again) == found
    with pytest.raises(InputError, match="must be 1 or more") as caught:
        load(written(tmp_path, "[limits]\nexpansion = 0\n"))
    assert str(caught.value.subject).endswith("recipe.toml: limits.expansion")

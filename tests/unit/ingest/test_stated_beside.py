"""An ingest says of how many files those beside them speak, which of these nobody can read, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from rightful import Store
from rightful.cli.pages.ingest import ingest_lines

TERMS = "Do what the harbour master says, and nothing else. " * 10


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    folder = tmp_path / "letters"
    (folder / "odd").mkdir(parents=True)
    (folder / "odd" / "a.txt").write_text("The tide at noon.")
    (folder / "odd" / "LICENSE").write_text(TERMS)
    (folder / "odd" / "package.json").write_text('{"name": "x", "license": "MIT"}')
    (folder / "b.txt").write_text("The mole by night.")
    return folder


def test_files_of_which_others_speak_are_counted_apart_from_those_of_which_nothing_does(
    letters: Path, tmp_path: Path
) -> None:
    answer = Store(tmp_path / "store").ingest(letters)
    (source,) = answer.sources
    assert (source["files"], source["beside"]) == (3, 2)
    assert source["stated_in"] == ["letters/odd/LICENSE", "letters/odd/package.json"]
    shown = ingest_lines(answer)
    assert "2 files have no source.toml; what lies beside them counts: LICENSE, package.json" in shown
    assert "1 file has no source.toml: what its rows do not say about rights is unknown" in shown
    again = Store(tmp_path / "store").ingest(letters)
    assert (again.unchanged, again.sources) == (3, answer.sources)
    assert again.papers == answer.papers


def test_licence_file_that_nobody_can_read_is_named_with_the_command_that_shows_why(
    letters: Path, tmp_path: Path
) -> None:
    answer = Store(tmp_path / "store").ingest(letters)
    (paper,) = answer.papers
    assert paper["place"].startswith("letters/odd/LICENSE (not recognised")
    assert (paper["files"], paper["detector"].partition("/")[0]) == (2, "license-file")
    assert Path(paper["file"]) == letters / "odd" / "LICENSE"
    assert paper["says"] == TERMS[:200]
    commands = [step["command"] for step in answer.next if step["command"]]
    assert any(f"license detect {letters}/odd/LICENSE" in command for command in commands)
    shown = "\n".join(ingest_lines(answer))
    assert "letters/odd/LICENSE" in shown
    assert "[[contracts]]" in shown


def test_string_of_a_card_of_others_that_nobody_can_read_is_to_be_given_a_meaning(
    letters: Path, tmp_path: Path
) -> None:
    (letters / "odd" / "LICENSE").unlink()
    (letters / "odd" / "package.json").write_text('{"name": "x", "license": "house rules"}')
    (letters / "source.toml").write_text('name = "letters"\n')
    answer = Store(tmp_path / "store").ingest(letters)
    assert [p["says"] for p in answer.papers] == ["house rules"]
    lines = [step["line"] for step in answer.next if step["line"]]
    assert any('"house rules" = ' in line for line in lines)
    assert not any("license detect" in (step["command"] or "") for step in answer.next)


def test_notice_in_a_text_ends_in_the_line_that_sets_it_aside(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "a.txt").write_text("The tide.\n\nNot for redistribution.\n")
    (folder / "source.toml").write_text('name = "letters"\nlicense = "CC0-1.0"\n')
    answer = Store(tmp_path / "store").ingest(folder)
    lines = [step["line"] for step in answer.next if step["line"]]
    assert lines == ['[not_notices]\nno-distribution = "..."']
    assert any("review list" in (step["command"] or "") for step in answer.next)
    shown = "\n".join(ingest_lines(answer))
    assert "[not_notices]" in shown
    assert "not_rights" not in shown

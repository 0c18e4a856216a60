"""``store.init``: what it drafts, what it never touches, what it asks, and what follows from a draft."""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.api import init as init_module
from rightful.api.access import Access
from rightful.api.answers import Drafted
from rightful.api.preview import previewed
from rightful.cli.pages.init import init_lines
from rightful.drafts import cards as cards_module
from rightful.drafts.cards import Draft
from rightful.errors import InputError
from tests.unit.drafts.test_papers import MIT

ROW = {"id": "1", "text": "Of the harbour and the tide."}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "rightful-store")


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the preview, which takes seconds: what is tested here comes before it."""
    monkeypatch.setattr(init_module, "previewed", lambda *_: [])


@pytest.fixture(scope="module")
def previews() -> dict[str, list[dict[str, Any]]]:
    return {}


@pytest.fixture
def seen_once(tmp_path: Path, previews: dict[str, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch) -> None:
    """The preview of the same drafts is worked out once for all the tests that ask for something else."""

    def remembered(access: Access, drafts: Sequence[Draft], *rest: Any) -> list[dict[str, Any]]:
        shown = repr([(draft.file, draft.text(access.clock().date())) for draft in drafts])
        key = shown.replace(str(tmp_path), "")
        if key not in previews:
            previews[key] = previewed(access, drafts, *rest)
        return deepcopy(previews[key])

    monkeypatch.setattr(init_module, "previewed", remembered)


def rows(path: Path, *listed: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in listed), "utf-8")
    return path


def card(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


@pytest.mark.usefixtures("unseen")
def test_folder_with_a_licence_has_a_card_of_its_own_and_all_is_marked(tmp_path: Path, store: Store) -> None:
    data = tmp_path / "corpus"
    rows(data / "rows.jsonl", ROW)
    rows(data / "poems" / "rows.jsonl", ROW)
    (data / "poems" / "LICENSE").write_text(f"MIT License\n\nCopyright (c) 2020 A. Keeper\n\n{MIT}")
    answer = store.init(data)
    assert [draft["file"] for draft in answer.drafts] == [
        str(data / "source.toml"),
        str(data / "poems" / "source.toml"),
    ]
    assert card(data / "source.toml") == {"name": "corpus"}
    assert card(data / "poems" / "source.toml") == {"name": "poems"}
    assert answer.drafts[1]["guesses"] == []
    assert answer.drafts[1]["notes"] == ["an ingest reads the licence by itself: MIT (from poems/LICENSE)"]
    assert "# an ingest reads the licence by itself: MIT" in (data / "poems" / "source.toml").read_text("utf-8")
    assert answer.questions == []


@pytest.mark.usefixtures("unseen")
def test_label_of_a_card_of_others_is_marked_and_its_line_is_the_next_step(tmp_path: Path, store: Store) -> None:
    data = tmp_path / "corpus"
    rows(data / "poems" / "rows.jsonl", ROW)
    (data / "poems" / "README.md").write_text("---\nlicense: mit\n---\n")
    answer = store.init(data)
    poems = data / "poems" / "source.toml"
    assert card(poems) == {"name": "poems", "license": "TODO confirm: MIT"}
    guess = {"key": "license", "value": "MIT", "why": "poems/README.md (license)", "line": 'license = "MIT"'}
    assert answer.drafts[-1]["guesses"] == [guess]
    assert (answer.next[0]["file"], answer.next[0]["line"]) == (str(poems), 'license = "MIT"')


@pytest.mark.usefixtures("unseen")
def test_licence_that_lies_among_licences_is_a_guess_for_the_folder_that_it_is_about(
    tmp_path: Path, store: Store
) -> None:
    data = tmp_path / "corpus"
    rows(data / "poems" / "rows.jsonl", ROW)
    (data / "_licences").mkdir()
    (data / "_licences" / "poems__LICENSE").write_text("SPDX-License-Identifier: MIT\n")
    store.init(data)
    assert card(data / "poems" / "source.toml") == {"name": "poems", "license": "TODO confirm: MIT"}


@pytest.mark.usefixtures("unseen")
def test_card_that_is_there_stands_and_what_contradicts_it_is_named(tmp_path: Path, store: Store) -> None:
    data = tmp_path / "corpus"
    rows(data / "rows.jsonl", ROW)
    (data / "LICENSE").write_text("SPDX-License-Identifier: CC-BY-NC-4.0\n")
    (data / "source.toml").write_text('name = "corpus"\nlicense = "CC0-1.0"\npersonal_data = "no"\n')
    before = (data / "source.toml").read_bytes()
    (draft,) = store.init(data).drafts
    assert (data / "source.toml").read_bytes() == before
    assert (draft["written"], draft["text"]) == (False, None)
    assert draft["contradicts"] == [
        {"key": "license", "card": "CC0-1.0", "draft": "CC-BY-NC-4.0", "why": "LICENSE: an ingest reads it by itself"}
    ]


@pytest.mark.usefixtures("unseen")
def test_second_look_changes_nothing(tmp_path: Path, store: Store) -> None:
    data = tmp_path / "corpus"
    rows(data / "rows.jsonl", ROW)
    store.init(data)
    before = {path: path.read_bytes() for path in data.iterdir()}
    again = store.init(data)
    assert [draft["written"] for draft in again.drafts] == [False]
    assert {path: path.read_bytes() for path in data.iterdir()} == before


@pytest.mark.usefixtures("unseen")
def test_card_that_is_wrong_is_an_error_and_nothing_is_written(tmp_path: Path, store: Store) -> None:
    data = tmp_path / "corpus"
    rows(data / "rows.jsonl", ROW)
    (data / "sub").mkdir()
    rows(data / "sub" / "rows.jsonl", ROW)
    (data / "sub" / "source.toml").write_text("name = 7\n")
    with pytest.raises(InputError, match="name must be a string"):
        store.init(data)
    assert not (data / "source.toml").exists()


@pytest.mark.usefixtures("unseen")
def test_file_beside_others_has_a_card_of_its_own_which_the_next_command_names(tmp_path: Path, store: Store) -> None:
    file = rows(tmp_path / "downloads" / "rows.jsonl", ROW)
    rows(tmp_path / "downloads" / "other.jsonl", ROW)
    answer = store.init(file)
    drafted = tmp_path / "downloads" / "rows.source.toml"
    assert [draft["file"] for draft in answer.drafts] == [str(drafted)]
    at = f" --store {store.layout.root}"
    assert answer.next[0]["command"] == f"rightful{at} ingest {file} --source {drafted}"


@pytest.mark.usefixtures("unseen")
def test_drafts_elsewhere_leave_the_data_alone(tmp_path: Path, store: Store) -> None:
    data = tmp_path / "corpus"
    rows(data / "rows.jsonl", ROW)
    before = sorted(data.rglob("*"))
    answer = store.init(data, drafts=tmp_path / "drafts")
    assert sorted(data.rglob("*")) == before
    assert card(tmp_path / "drafts" / "corpus.source.toml") == {"name": "corpus"}
    assert "--source" in answer.next[0]["command"]


@pytest.mark.usefixtures("unseen")
def test_folder_that_cannot_be_written_to_is_said_with_the_draft_and_the_next_command(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(**_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    rows(tmp_path / "corpus" / "rows.jsonl", ROW)
    monkeypatch.setattr(cards_module.tempfile, "mkstemp", refusing)
    answer = store.init(tmp_path / "corpus")
    (draft,) = answer.drafts
    assert not draft["written"]
    assert 'name = "corpus"' in draft["text"]
    assert "--drafts drafts" in answer.next[0]["command"]
    assert [path.name for path in (tmp_path / "corpus").iterdir()] == ["rows.jsonl"]


@pytest.mark.usefixtures("unseen")
def test_hostile_names_stay_inside_the_card(tmp_path: Path, store: Store) -> None:
    data = tmp_path / 'x"\n[contracts]\x1b[31m'
    rows(data / "rows.jsonl", {**ROW, "license": 'no"\n]\x1b[0m such'})
    answer = store.init(data)
    assert answer.drafts[0]["written"]
    written = (data / "source.toml").read_text("utf-8")
    assert set(tomllib.loads(written)) == {"name"}
    assert "\x1b" not in written


@pytest.mark.usefixtures("unseen")
def test_name_that_is_not_utf8_is_shown_and_drafted(tmp_path: Path, store: Store) -> None:
    data = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    rows(data / "rows.jsonl", ROW)
    answer = store.init(data)
    assert "caf\\xe9" in json.dumps(answer.as_json()).replace("\\\\", "\\")
    assert answer.drafts[0]["written"]


@pytest.mark.usefixtures("unseen")
@pytest.mark.parametrize(
    ("row", "kind", "persons"),
    [
        ({"From": "a@x.example", "To": "b@x.example", "Subject": "Tide", "Body": "text"}, "mail", "yes"),
        ({"channel": "harbour", "author": "mira", "message": "text", "text": "text"}, "chat", "yes"),
        ({"messages": [{"role": "user", "content": "text"}]}, "conversations", "unknown"),
        ({"text": "text", "url": "https://example.org/a"}, "web pages", "unknown"),
        ({"text": "text"}, "rows", "unknown"),
    ],
)
def test_kind_of_rows_is_seen_and_mail_and_chat_are_about_persons(
    tmp_path: Path, store: Store, row: dict[str, Any], kind: str, persons: str
) -> None:
    rows(tmp_path / "corpus" / "rows.jsonl", row)
    (data,) = store.init(tmp_path / "corpus").data
    assert (data["kind"], data["personal_data"]) == (kind, persons)
    said = card(tmp_path / "corpus" / "source.toml").get("personal_data")
    assert said == ("TODO confirm: yes" if persons == "yes" else None)


@pytest.mark.usefixtures("unseen")
def test_column_of_the_text_is_found_where_it_has_no_usual_name(tmp_path: Path, store: Store) -> None:
    prose = "the tide stood above the mark at the old mole near the inn " * 3
    rows(tmp_path / "corpus" / "rows.jsonl", {"key": "1", "url": "https://example.org/" + "x" * 400, "passage": prose})
    store.init(tmp_path / "corpus")
    assert card(tmp_path / "corpus" / "source.toml")["fields"] == {"text": "passage"}


@pytest.mark.usefixtures("unseen")
def test_dataset_card_is_read_and_what_is_collected_from_many_hosts_is_a_compilation(
    tmp_path: Path, store: Store
) -> None:
    data = tmp_path / "corpus"
    rows(data / "rows.jsonl", *({**ROW, "id": str(n), "url": f"https://site{n}.example/"} for n in range(5)))
    (data / "README.md").write_text("---\nlicense: cc-by-4.0\nsource_datasets:\n- extended|old-corpus\n---\n# A card\n")
    store.init(data)
    assert card(data / "source.toml") == {
        "name": "corpus",
        "license": "TODO confirm: CC-BY-4.0",
        "covers": "TODO confirm: compilation",
        "derived_from": "TODO confirm: old-corpus",
    }


@pytest.mark.usefixtures("unseen")
@pytest.mark.parametrize("name", ["empty", "unsupported"])
def test_folder_with_nothing_to_read_says_why(tmp_path: Path, store: Store, name: str) -> None:
    data = tmp_path / name
    data.mkdir()
    if name == "unsupported":
        (data / "scan.pdf").write_bytes(b"%PDF-1.7\n\0\1")
    answer = store.init(data)
    assert answer.looked["files"] == 0
    assert not store.layout.root.exists()
    assert [u["reason"] for d in answer.data for u in d["unread"]] == (
        ["not a supported type (.pdf)"] if name == "unsupported" else []
    )
    assert [step["command"].split()[-1] for step in answer.next] == ["--help"], "there is nothing to ingest"


def test_path_that_is_not_there_is_an_error(tmp_path: Path, store: Store) -> None:
    with pytest.raises(InputError, match="no such file"):
        store.init(tmp_path / "gone")


class Answering:
    """Answers questions by their ids, and keeps what was asked."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.asked: list[Any] = []

    def __call__(self, question: Any) -> str:
        self.asked.append(question)
        return self.answers.get(question.id, question.default)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Rows in the layout of web crawls, and a folder with a licence, which a card of others states."""
    data = tmp_path / "corpus"
    rows(data / "web" / "rows.jsonl", *({**ROW, "id": str(n), "url": "https://site.example/"} for n in range(4)))
    (data / "web" / "README.md").write_text("---\nlicense: cc0-1.0\n---\n")
    return data


def use_of(answer: Drafted, name: str) -> dict[str, Any]:
    return next(use for use in answer.uses if use["name"] == name)


def test_preview_is_what_the_law_says_of_the_sample_and_is_wiped(
    corpus: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    answer = store.init(corpus, yes=True, ask=Answering(by="Ada"))
    assert list(room.iterdir()) == []
    assert not store.layout.root.exists()
    assert answer.questions == []
    plain = use_of(answer, "open-weights-commercial")
    assert (plain["records"], plain["now"], plain["confirmed"], plain["signed"]) == (5, 0, 5, None)
    assert use_of(answer, "eu-tdm-research")["now"] == 0
    assert use_of(answer, "eu-tdm-research")["signed"] == 5
    assert answer.next[-1]["command"].endswith("export shards --policy open-weights-commercial")

    store.ingest(corpus)
    assert store.query(policy="open-weights-commercial", dedup="none")["permitted"]["records"] == 0, (
        "a label alone permits nothing"
    )
    path = corpus / "web" / "source.toml"
    path.write_text(path.read_text("utf-8").replace("TODO confirm: ", ""), "utf-8")
    store.ingest(corpus)
    assert store.query(policy="open-weights-commercial", dedup="none")["permitted"]["records"] == 5


def test_preview_counts_what_a_licence_file_beside_the_data_permits_by_itself(
    corpus: Path, store: Store, tmp_path: Path
) -> None:
    (corpus / "web" / "README.md").unlink()
    (corpus / "web" / "LICENSE").write_text("SPDX-License-Identifier: CC0-1.0\n")
    whole = use_of(store.init(corpus), "open-weights-commercial")
    assert (whole["records"], whole["now"], whole["confirmed"]) == (5, 5, 5)
    file = use_of(store.init(corpus / "web" / "rows.jsonl", drafts=tmp_path / "drafts"), "open-weights-commercial")
    assert (file["records"], file["now"]) == (4, 4), "of a file alone, its licence file is no record"


def test_answers_confirm_state_and_sign(corpus: Path, store: Store) -> None:
    ask = Answering(
        by="A. Reader, counsel",
        licenses="all",
        personal_data="no",
        use="eu-tdm-research",
        until="2099-12-31",
        ground="file 7",
    )
    answer = store.init(corpus, ask=ask)
    assert [q.id for q in ask.asked] == ["by", "licenses", "personal_data", "use", "until", "ground"]
    assert len(answer.questions) <= 6
    drafted = card(corpus / "web" / "source.toml")
    assert (drafted["license"], drafted["personal_data"]) == ("CC0-1.0", "no")
    assert "A. Reader, counsel" in (corpus / "web" / "source.toml").read_text("utf-8")
    assert store.policy.show("eu-tdm-research")["signature"]["by"] == "A. Reader, counsel"
    assert use_of(answer, "open-weights-commercial")["now"] == 5
    assert [step["command"].split()[3] for step in answer.next] == ["ingest", "export"]


@pytest.mark.usefixtures("seen_once")
@pytest.mark.parametrize("given", ["1-2", "all.", "5", "0", "1 x", "the first"])
def test_answer_that_names_no_licence_is_asked_for_again_and_confirms_nothing(
    corpus: Path, store: Store, given: str
) -> None:
    ask = Answering(by="A. Reader", licenses=given, use="none")
    store.init(corpus, ask=ask)
    again = [q.text for q in ask.asked if q.id == "licenses"][1:]
    assert again == [f"{given!r} names none of them. Write all, none, or numbers from 1 to 1 such as 1,3"] * 3
    assert card(corpus / "web" / "source.toml")["license"] == "TODO confirm: CC0-1.0"


@pytest.mark.usefixtures("seen_once")
@pytest.mark.parametrize("given", ["1", "all", "yes", "y"])
def test_answer_that_names_the_licence_confirms_it(corpus: Path, store: Store, given: str) -> None:
    store.init(corpus, ask=Answering(by="A. Reader", licenses=given, use="none"))
    assert card(corpus / "web" / "source.toml")["license"] == "CC0-1.0"


@pytest.mark.usefixtures("seen_once")
def test_whoever_names_nobody_confirms_nothing(corpus: Path, store: Store) -> None:
    ask = Answering(by="", use="none")
    store.init(corpus, ask=ask)
    assert [q.id for q in ask.asked] == ["by", "use"]
    assert card(corpus / "web" / "source.toml")["license"] == "TODO confirm: CC0-1.0"


@pytest.mark.usefixtures("seen_once")
def test_whoever_stops_in_a_question_has_changed_nothing(corpus: Path, store: Store) -> None:
    def stopping(question: Any) -> str:
        if question.id == "use":
            raise KeyboardInterrupt
        return {"by": "Ada", "licenses": "all"}.get(question.id, question.default)

    before = sorted(corpus.rglob("*"))
    with pytest.raises(KeyboardInterrupt):
        store.init(corpus, ask=stopping)
    assert sorted(corpus.rglob("*")) == before
    assert not store.layout.root.exists()


@pytest.mark.usefixtures("seen_once")
def test_signature_that_is_none_is_said_and_the_drafts_are_written(corpus: Path, store: Store) -> None:
    ask = Answering(by="Ada", use="eu-tdm-research", until="some day", ground="file 7")
    answer = store.init(corpus, ask=ask)
    assert (corpus / "web" / "source.toml").exists()
    assert any("it is not signed" in step["text"] for step in answer.next)


def test_command_ends_with_4_where_there_is_nothing_to_look_at(tmp_path: Path, rightful: Callable[..., Any]) -> None:
    (tmp_path / "empty").mkdir()
    done = rightful("--store", str(tmp_path / "store"), "init", str(tmp_path / "empty"), "--yes")
    assert done.returncode == 4
    assert "nothing here can be read: it is empty" in done.stdout


def test_archive_is_not_opened_and_next_takes_it_in(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "packed"
    folder.mkdir()
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("a.txt", "The tide at noon.")
    answer = store.init(folder)
    assert [step["text"] for step in answer.next] == ["take it in"]
    assert any(line.startswith("nothing here was looked into") for line in init_lines(answer))

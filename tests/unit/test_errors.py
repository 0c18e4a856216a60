"""What a user meets: the exit code of each error, and a message that says what to do next."""

from __future__ import annotations

import pickle

import pytest

from rightful.errors import (
    CatalogError,
    DamagedInput,
    InputError,
    Refused,
    RightfulError,
    StoreError,
    UnknownName,
    did_you_mean,
)

EXIT_CODES = {
    RightfulError: 1,
    CatalogError: 1,
    InputError: 2,
    UnknownName: 2,
    StoreError: 2,
    Refused: 3,
    DamagedInput: 4,
}


@pytest.mark.parametrize(("kind", "code"), EXIT_CODES.items(), ids=lambda value: getattr(value, "__name__", str(value)))
def test_exit_code_of_each_error_is_the_one_promised(kind: type[RightfulError], code: int) -> None:
    assert kind("x").exit_code == code


def test_exit_code_of_every_error_in_the_module_is_listed_here() -> None:
    known, waiting = set(), [RightfulError]
    while waiting:
        kind = waiting.pop()
        if kind.__module__ == "rightful.errors":
            known.add(kind)
        waiting.extend(kind.__subclasses__())
    assert known == set(EXIT_CODES)


def test_message_with_subject_and_hint_says_all_three() -> None:
    error = InputError("expected a date, came 'soon'", subject="source.toml:7", hint="write YYYY-MM-DD")
    assert str(error) == "source.toml:7: expected a date, came 'soon'\n  hint: write YYYY-MM-DD"


def test_message_alone_is_printed_bare() -> None:
    assert str(Refused("the licence denies train.pretrain")) == "the licence denies train.pretrain"


@pytest.mark.parametrize("kind", EXIT_CODES, ids=lambda kind: kind.__name__)
def test_error_that_crosses_a_process_arrives_whole(kind: type[RightfulError]) -> None:
    sent = kind("line is not JSON", subject="mail.jsonl:3", hint="see `rejected`")
    came = pickle.loads(pickle.dumps(sent))
    assert type(came) is kind
    assert (came.message, came.subject, came.hint) == (sent.message, sent.subject, sent.hint)
    assert str(came) == str(sent)


def test_unknown_name_near_a_known_one_says_which_was_meant() -> None:
    error = UnknownName.of("act", "train.pretrian", ["train.pretrain", "share.ids"], subject="recipe.toml")
    assert error.message == "unknown act 'train.pretrian'"
    assert error.subject == "recipe.toml"
    assert error.hint == "did you mean 'train.pretrain'?"


def test_unknown_name_without_its_prefix_finds_the_whole_name() -> None:
    assert did_you_mean("ids", ["train.pretrain", "share.ids"]) == "did you mean 'share.ids'?"


def test_unknown_name_that_begins_known_ones_lists_them() -> None:
    assert did_you_mean("s", ["train.pretrain", "share.ids"]) == "did you mean 'share.ids'?"


def test_unknown_name_far_from_all_lists_what_is_known_in_order() -> None:
    assert did_you_mean("zzz", ["b", "a"]) == "known: a, b"


def test_unknown_name_far_from_many_shortens_the_list_and_says_so() -> None:
    assert did_you_mean("zzz", "gfedcba", limit=3) == "known: a, b, c, ..."

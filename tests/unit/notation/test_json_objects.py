"""Objects of JSON whose keys stand once."""

import json

import pytest

from rightful.notation.json_objects import Twice, each_once


def test_key_that_stands_twice_is_named() -> None:
    with pytest.raises(Twice, match="names 'license' twice in one object") as raised:
        json.loads('{"a": [{"license": "MIT", "x": 1, "license": "MIT"}]}', object_pairs_hook=each_once)
    assert raised.value.key == "license"


def test_keys_that_differ_are_kept_in_order() -> None:
    assert [*json.loads('{"b": 1, "B": 2, "a": {}}', object_pairs_hook=each_once)] == ["b", "B", "a"]

"""What is loaded when it is first used is what it would have been at once."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
import re
import subprocess
import sys

import pytest

import rightful
from rightful.later import late_pattern, later

_LATE = type(late_pattern(""))
FOUND = [
    (f"{module.__name__}.{name}", value)
    for module in (
        importlib.import_module(one.name)
        for one in pkgutil.walk_packages(rightful.__path__, "rightful.")
        if one.name.split(".")[1] in ("notation", "rights", "stages")
    )
    for name, value in vars(module).items()
    if isinstance(value, _LATE)
]


def test_every_late_pattern_is_a_pattern() -> None:
    assert len(FOUND) > 40
    for name, value in FOUND:
        assert isinstance(re.compile(value.pattern, value.flags & ~re.UNICODE), re.Pattern), name


def test_late_pattern_finds_what_the_pattern_finds() -> None:
    late, at_once = (
        late_pattern(r"(?P<word>[a-z]+)-\d", re.IGNORECASE),
        re.compile(r"(?P<word>[a-z]+)-\d", re.IGNORECASE),
    )
    text = "ab-1, CD-2 and ef"
    assert late.findall(text) == at_once.findall(text) == ["ab", "CD"]
    assert late.sub("_", text) == at_once.sub("_", text)
    assert [m.span() for m in late.finditer(text)] == [m.span() for m in at_once.finditer(text)]
    assert (late.pattern, late.flags, late.groupindex) == (at_once.pattern, at_once.flags, at_once.groupindex)
    assert pickle.loads(pickle.dumps(late)) == late
    assert late != late_pattern(late.pattern)


def test_late_pattern_that_is_wrong_fails_when_it_is_used() -> None:
    wrong = late_pattern("(")
    with pytest.raises(re.error):
        wrong.match("x")


def test_later_imports_a_module_when_something_of_it_is_asked_for() -> None:
    program = (
        "import sys; from rightful.later import later; m = later('colorsys'); print('colorsys' in sys.modules);"
        "print(m.rgb_to_hsv(0, 0, 0)[2], 'colorsys' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "0", "True"]
    with pytest.raises(AttributeError):
        _ = later("math").nothing_of_it

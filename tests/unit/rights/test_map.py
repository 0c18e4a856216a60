"""The page that leads through the law names every rule."""

from __future__ import annotations

import re

from rightful import rights
from rightful.rights.because import REASONS
from rightful.rights.ceilings import CEILINGS
from rightful.rights.forbids import FORBIDS
from rightful.rights.offers import OFFERS


def test_map_names_every_reason_and_every_rule() -> None:
    words = set(re.findall(r"``([\w.-]+)``", rights.__doc__ or ""))
    assert set(REASONS) - words == set()
    rules = [*FORBIDS, *OFFERS, *(rule for _, rule in CEILINGS)]
    assert {rule.__name__ for rule in rules} - words == set()


def test_map_names_no_file_that_is_not_there() -> None:
    names = re.findall(r"``(\w+)\.py``", rights.__doc__ or "")
    assert len(set(names)) > 15
    for name in names:
        assert __import__(f"rightful.rights.{name}", fromlist=["x"])

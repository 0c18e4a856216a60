"""The index of licence texts: what is kept of it for the next process is the index that was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from rightful.catalog.texts import license_texts
from rightful.rights.texts import Texts
from rightful.signals.texts import index
from rightful.signals.texts.index import index_of
from rightful.signals.texts.match import detect

FEW = ("MIT", "BSD-3-Clause", "GPL-2.0-only", "LGPL-2.1-only", "CC-BY-4.0", "Vim", "OFL-1.1", "Apache-2.0", "ICU")


def few(kept: Callable[[Callable[[], Any]], Any] | None = None) -> Texts:
    """Some licences of every kind: with names to fill in, with links, with notices."""
    every = license_texts()
    return replace(every, licenses=tuple(each for each in every.licenses if each[0] in FEW), kept=kept)


def test_an_index_that_was_kept_is_the_one_that_was_made() -> None:
    stored: list[Any] = []

    def keep(make: Callable[[], Any]) -> Any:
        stored.append(make())
        return stored[-1]

    made, kept = index_of(few()), index_of(few(keep))
    assert len(stored) == 1
    assert kept.ids == made.ids
    assert (kept.common, kept.whole, kept.known) == (made.common, made.whole, made.known)
    for name in ("runs", "starts", "owners", "sizes"):
        assert np.array_equal(getattr(kept, name), getattr(made, name))
        assert getattr(kept, name).dtype == getattr(made, name).dtype
    assert [each.id for each in kept.sources] == [each.id for each in made.sources]
    for one, other in zip(kept.sources, made.sources, strict=True):
        assert index._plain_template(one.template, one.needed) == index._plain_template(other.template, other.needed)
        for name in ("id", "words", "items", "names", "starts", "ends", "titles", "named", "literals", "links"):
            assert getattr(one.template, name) == getattr(other.template, name)
    for _, _, text in few().licenses:
        assert detect(text, few(keep)) == detect(text, few())


def test_what_is_kept_is_plain_and_read_without_being_made() -> None:
    texts = few()
    plain = index._plain(index_of(texts))

    def never(_make: Callable[[], Any]) -> Any:
        return plain

    assert detect({id: text for id, _, text in texts.licenses}["MIT"], few(never)).expression == "MIT"


def test_texts_of_the_package_are_kept_in_the_cache_of_the_user(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    license_texts.cache_clear()
    try:
        keeping = license_texts().kept
        assert keeping is not None
        assert keeping(lambda: ("made",)) == ("made",)
        assert [path.suffix for path in (tmp_path / "rightful" / "texts").iterdir()] == [".bin"]
        assert keeping(lambda: ("made anew",)) == ("made",)
        monkeypatch.setenv("XDG_CACHE_HOME", "")
        monkeypatch.setenv("HOME", "")
        license_texts.cache_clear()
        assert license_texts().kept is None
    finally:
        license_texts.cache_clear()

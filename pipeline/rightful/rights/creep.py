"""Function creep: which acts are not what a source was collected for. Floor 1: pure. Law 5.24.

``collected_for`` of a card has words of the vocabulary: acts and their parents, applications, purposes. It permits nothing. A
source that says nothing was collected for nobody knows what, and nothing is beyond that; a word that is none covers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from rightful.rights.uses import Use, covers


def beyond(collected_for: Iterable[str], use: Use) -> tuple[str, ...]:
    """The acts of a use that no word covers, in their order; none where no word is stated.

    A word covers an act by itself or as its parent, and all acts of a use that is for the application or purpose it names.
    """
    words = [" ".join(word.split()).lower() for word in collected_for]
    stated = [word for word in words if word]
    if not stated or any(_names(word, use) for word in stated):
        return ()
    return tuple(act for act in use.acts if not any(covers(word, act) for word in stated))


def _names(word: str, use: Use) -> bool:
    return word == use.purpose or (use.application is not None and covers(word, use.application))

"""Names by a model of the user's: the seam where a recogniser of names and places plugs into the scan. Floor 3.

No model is shipped or downloaded. A recogniser is any callable that takes texts and returns, for each of them in the
same order, what it found there::

    def recognise(texts: Sequence[str]) -> Sequence[Sequence[Entity]]: ...

where an :data:`Entity` is ``(start, stop, label)`` in characters of the text. In a recipe it is named as
``module:name`` of an installed module; with a path the name is called with that path once in each process, and what
it returns is the recogniser, so that a model is loaded where it is needed::

    [pii]
    entity_model = "our_models.ner:load"
    entity_model_path = "/models/ner-2024"
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rightful.errors import InputError
from rightful.notation.shown import counted

Entity = tuple[int, int, str]
"""Where it begins and ends, in characters, and its label: a slug such as ``person``."""

Recogniser = Callable[[Sequence[str]], Sequence[Sequence[Entity]]]

_LABEL = re.compile("[a-z][a-z0-9_.]{0,39}")


@dataclass(frozen=True, slots=True)
class EntityModel:
    """A recogniser, or where it is: ``module:name``, and the path that it is made from.

    The answer for a text may not depend on the texts beside it: batches are cut differently from run to run.
    """

    recogniser: Recogniser | str
    path: str = ""

    def __call__(self, texts: Sequence[str]) -> list[list[Entity] | None]:
        """What was found in each text; None where the recogniser failed on it, which is not the same as nothing.

        Raises :class:`InputError` when it cannot be loaded, or answers with something that is not its contract: then
        no answer of it can be trusted.
        """
        run = _load(self.recogniser, self.path) if isinstance(self.recogniser, str) else self.recogniser
        try:
            answers = list(run(texts))
        except Exception:  # whatever a model raises; one text must not cost the others their scan
            if len(texts) == 1:
                return [None]
            return [answer for text in texts for answer in self([text])]
        if len(answers) != len(texts):
            raise self._broken(
                f"{counted(len(texts), 'text')} came to it and {counted(len(answers), 'answer')} from it"
            )
        return [self._checked(text, answer) for text, answer in zip(texts, answers, strict=True)]

    def _checked(self, text: str, answer: Any) -> list[Entity]:
        checked = []
        for entity in answer:
            try:
                start, stop, label = entity
                fits = 0 <= int(start) < int(stop) <= len(text) and _LABEL.fullmatch(label) is not None
            except (TypeError, ValueError):
                fits = False
            if not fits:
                raise self._broken(f"{entity!r} came for a text of {counted(len(text), 'character')}")
            checked.append((int(start), int(stop), str(label)))
        return checked

    def _broken(self, what: str) -> InputError:
        return InputError(
            f"the recogniser broke its contract: {what}",
            subject=f"pii.entity_model {self.recogniser!r}",
            hint="it returns (start, stop, label) for each text, in characters, with a label such as person",
        )


@functools.lru_cache(maxsize=4)
def _load(name: str, path: str) -> Recogniser:
    subject = f"pii.entity_model {name!r}"
    module, _, attribute = name.partition(":")
    try:
        named: Any = importlib.import_module(module)
        for part in attribute.split("."):
            named = getattr(named, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"cannot be loaded: {error}", subject=subject, hint="expected module:name") from error
    if path and not Path(path).exists():
        raise InputError("there is no such file or folder", subject=f"pii.entity_model_path {path!r}")
    made = named(path) if path else named
    if not callable(made):
        raise InputError(f"is {type(made).__name__}, which cannot be called", subject=subject)
    return made  # type: ignore[no-any-return]

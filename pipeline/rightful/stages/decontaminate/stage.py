"""Decontaminate: how much of evaluation sets, which the user gives, is found in a text. Floor 3. Drops nothing.

Overlap of n-grams of words, as GPT-3 did (Brown et al. 2020, arXiv:2005.14165, appendix C: 8 to 13 words, any
collision), with the share of an item that is found instead of a single collision, as PaLM (Chowdhery et al. 2022,
arXiv:2204.02311, section 8: 70 % of the 8-grams), Llama 2 (Touvron et al. 2023, arXiv:2307.09288, A.6: the share of
covered tokens) and Tülu 3 (Lambert et al. 2024, arXiv:2411.15124, 3.2: half of the tokens).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa

from rightful.errors import InputError
from rightful.notation.shown import counted
from rightful.stages import setting, share, without
from rightful.stages.decontaminate import sets as files

if TYPE_CHECKING:
    from rightful.stages.decontaminate.index import Index, Size

MOST_WORDS = 64
"""The longest n-gram."""


@dataclass(frozen=True, slots=True)
class Decontaminate:
    """What of the evaluation ``sets`` is found in a text. Without sets: nothing, at no cost.

    **Sets** are files, separated by ``;`` or line breaks: ``.jsonl``, ``.parquet``, ``.csv``, ``.tsv``, ``.txt`` (an item a
    line), all but Parquet also compressed. The name of a set is the file's without its suffixes, with as many folders
    before it as tell the sets apart (``gsm8k/test``, ``mmlu/test``). **Columns** are the names of the texts to look for,
    separated by commas, each an item of its own; ``question + answer`` looks for the two one behind the other, and
    ``choices.text`` for what is in an object or in each of a list. One list for all sets or, separated by ``;``, one each.

    **Words** are those of :class:`rightful.stages.signature.Signature`: case, white space, punctuation, zero-width
    characters and how accents are composed do not matter; a character of a script without spaces is a word. An n-gram
    is ``ngram`` words in a row, or ``characters`` of them where the last is such a character. An item that is shorter is
    looked for as a whole if it has ``min_words`` (``characters`` count as ``ngram``), else not at all. Neither are
    n-grams in more than ``max_items`` items of a set (0: all are), which are its boilerplate ("Which of the following ..").
    An item that a set has twice counts once. :meth:`sizes` says how many items that leaves.

    * ``contamination``: the share of the words of the text that n-grams of the sets cover.
    * ``contamination_item_share``: the largest share of one item, of its words that its n-grams cover, found in the text,
      wherever in it and however long the rest is.
    * ``contamination_item``: that item, ``name:row``, of several the first; the row is the line, or in CSV and Parquet
      the row, from 1 on. Empty where nothing was found.
    * ``contaminated_by``: the names of the sets of which an item has at least the share ``threshold``. With
      ``threshold = 0`` any n-gram found is enough, as in GPT-3.

    What a set says of a text does not depend on the other sets. The files are identified by their content:
    :attr:`detector` has their SHA-256.
    """

    sets: str = setting(
        "", "Files of evaluation sets, separated by ; or line breaks: .jsonl, .parquet, .csv, .tsv, .txt; empty: none."
    )
    columns: str = setting(
        "text",
        "The text columns, separated by commas; a + b joins two. If the sets differ, one list per set, separated by ;.",
    )
    ngram: int = setting(13, "Words in a row that are looked for.", minimum=1, maximum=MOST_WORDS)
    characters: int = setting(
        20, "Characters in a row, in scripts without spaces between words.", minimum=1, maximum=MOST_WORDS
    )
    min_words: int = setting(
        8,
        "An item shorter than an n-gram is looked for as a whole from so many words on.",
        minimum=1,
        maximum=MOST_WORDS,
    )
    max_items: int = setting(
        100, "N-grams in more items of a set than these are its boilerplate, not looked for; 0: all are.", minimum=0
    )
    threshold: float = share(0.5, "The least share of an item for its set to be named; 0: any n-gram found.")

    name: ClassVar[str] = "decontaminate"
    about: ClassVar[str] = "Evaluation sets of your own, looked for in each text."
    version: ClassVar[str] = "rightful-decontaminate/1"
    adds: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("contamination", pa.float32()),
        pa.field("contamination_item_share", pa.float32()),
        pa.field("contamination_item", pa.string()),
        pa.field("contaminated_by", pa.list_(pa.string())),
    )
    says: ClassVar[Mapping[str, str]] = {
        "contamination": "Share of the words that n-grams of the evaluation sets cover; null, as the next three, where no sets"
        " are given.",
        "contamination_item_share": "The largest share of one evaluation item that is found in the text, however long the text is.",
        "contamination_item": "That item: name of the set, a colon, the line or row in its file; empty where nothing was found.",
        "contaminated_by": "The evaluation sets of which an item has at least the share threshold. A tag: nothing is deleted for"
        " it.",
    }

    def __post_init__(self) -> None:
        """Raise :class:`InputError` for a setting that cannot be. The files are not looked at."""
        for name, most in (("ngram", MOST_WORDS), ("characters", MOST_WORDS), ("min_words", self.ngram)):
            if not 1 <= getattr(self, name) <= most:
                raise InputError(f"expected 1 to {most}, not {getattr(self, name)}", subject=f"decontaminate.{name}")
        if self.max_items < 0:
            raise InputError(f"expected a number from 0 on, not {self.max_items}", subject="decontaminate.max_items")
        if not 0 <= self.threshold <= 1:
            raise InputError(f"expected a share from 0 to 1, not {self.threshold}", subject="decontaminate.threshold")
        _sources(self.sets, self.columns)

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """What of the sets is found in each text."""
        if not self.sets.strip():
            return without(type(self), batch.num_rows)  # nobody looked: null, not "nothing found"
        index = self._index()
        overlap = index.find(batch, self.threshold)
        items, which = np.unique(overlap.passage, return_inverse=True)
        named = [f"{index.names[index.sets[p]]}:{index.rows[p]}" if p >= 0 else "" for p in items.tolist()]
        reached = pa.array(index.names, pa.string()).take(pa.array(np.nonzero(overlap.reached)[1]))
        ends = np.cumsum(overlap.reached.sum(axis=1), dtype=np.int32)
        return {
            "contamination": pa.array((overlap.covered / np.maximum(overlap.words, 1)).astype(np.float32)),
            "contamination_item_share": pa.array(overlap.share),
            "contamination_item": pa.array(named, pa.string()).take(pa.array(which.reshape(-1))),
            "contaminated_by": pa.ListArray.from_arrays(
                pa.array(np.concatenate([np.zeros(1, np.int32), ends])), reached
            ),
        }

    @property
    def detector(self) -> str:
        """The sets to the content of their files: for lineage. ``none`` without sets.

        Raises :class:`InputError` for a file that cannot be read as what it is, so that no work is begun with it.
        """
        named = []
        for source in _sources(self.sets, self.columns):
            digest = files.digest_of(source.path)
            _check(source, digest)
            named.append(f"{source.name} sha256:{digest}")
        return ", ".join(named) or "none"

    def sizes(self) -> tuple[Size, ...]:
        """For each set how many rows and different items it has and how many of those are not looked for.

        Raises :class:`InputError` where that leaves none.
        """
        return self._index().sizes if self.sets.strip() else ()

    def _index(self) -> Index:
        sources = _sources(self.sets, self.columns)
        content = tuple((source, files.digest_of(source.path)) for source in sources)
        return _index(content, self.ngram, self.characters, self.min_words, self.max_items)


class _Source(NamedTuple):
    """A set: its name, its file, and which columns make its items."""

    name: str
    path: Path
    columns: files.Columns


@functools.lru_cache(maxsize=8)
def _sources(sets: str, columns: str) -> tuple[_Source, ...]:
    """The sets that the two settings name."""
    paths = [Path(one.strip()) for one in sets.replace("\n", ";").split(";") if one.strip()]
    for i, path in enumerate(paths):
        if path in paths[:i]:
            raise InputError(f"{path} is named twice", subject="decontaminate.sets")
    lists = [_columns(one) for one in columns.split(";")]
    if len(lists) == 1:
        lists *= len(paths)
    if len(lists) != len(paths) and paths:
        reason = f"{counted(len(lists), 'list')} of columns for {counted(len(paths), 'set')}; expected one, or one each"
        raise InputError(reason, subject="decontaminate.columns")
    return tuple(map(_Source, _names(paths), paths, lists))


def _columns(words: str) -> files.Columns:
    groups = tuple(tuple(name.strip() for name in group.split("+")) for group in words.split(","))
    if not all(map(all, groups)):
        reason = f"expected names separated by commas, or by + where texts belong together, not {words.strip()!r}"
        raise InputError(reason, subject="decontaminate.columns")
    return groups


def _names(paths: list[Path]) -> list[str]:
    """The stem of each file, with as many folders before it as make all names different."""
    for depth in range(64):
        names = []
        for path in paths:
            folders = path.parts[:-1][-depth:] if depth else ()
            names.append("/".join((*folders, files.stem_and_suffix(path)[0])))
        if len(set(names)) == len(names):
            return names
    return [str(path) for path in paths]  # the same name, and folder, in two formats


@functools.lru_cache(maxsize=256)
def _check(source: _Source, digest: str) -> None:
    """Read a set once for each content: whatever is wrong with it is raised."""
    for _ in files.passages(source.path, source.columns):
        pass


@functools.lru_cache(maxsize=2)
def _index(
    content: tuple[tuple[_Source, str], ...], ngram: int, characters: int, min_words: int, max_items: int
) -> Index:
    """Built once for each content of the files in a process."""
    from rightful.stages.decontaminate import index as tables  # loads the compiler

    sets = ((source.name, files.passages(source.path, source.columns)) for source, _ in content)
    index = tables.build(sets, ngram, characters, min_words, max_items)
    for (source, _), size in zip(content, index.sizes, strict=True):
        _must_have(size, source, min_words, max_items)
    return index


def _must_have(size: Size, source: _Source, min_words: int, max_items: int) -> None:
    """Raise where nothing of a set is looked for."""
    if size.passages > size.too_short + size.too_common:
        return
    columns = ", ".join(" + ".join(group) for group in source.columns)
    reason, hint = f"there is no word in its column {columns}", "name other columns (the setting decontaminate.columns)"
    if size.too_short == size.passages > 0:
        reason = f"none of its {size.passages} items has {min_words} words"
        hint = "name longer columns, or lower decontaminate.min_words"
    elif size.passages:
        reason = f"the {size.passages} items are too short, or have only what more than {max_items} of them have"
        hint = "raise decontaminate.max_items, or set it to 0"
    raise InputError(f"{reason}: there is nothing to compare with", subject=str(source.path), hint=hint)

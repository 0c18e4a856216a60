"""What Megatron's own loader read at each step, by the index arrays in its cache: the same answers as from a log. Floor 8.

A ``GPTDataset`` of megatron-core (0.16; ``megatron/core/datasets/gpt_dataset.py``) draws its samples from one ``.bin/.idx``
pair by three arrays, which lie in the folder that ``--data-cache-path`` names as ``HASH-GPTDataset-SPLIT-*.npy``, with what
they are of in ``HASH-GPTDataset-SPLIT-description.txt``:

* ``document_index``, int32 ``(D,)``: numbers of sequences of the ``.idx``, every epoch one after the other, shuffled;
* ``sample_index``, ``(S + 1, 2)``: where each sample begins, as a position in that array and an offset in tokens;
* ``shuffle_index``, ``(S,)``: the sample that is read for each number that is asked for.

A sample ends at the offset at which the next one begins, and takes one token more, which is there as a label: its last
token is the first of the next sample. Several datasets are blended by two arrays more, ``dataset_index`` and
``dataset_sample_index`` of ``HASH-BlendedDataset-SPLIT``: which dataset, and which number to ask it for. The training
sampler then goes through the numbers in order: iteration N, counted from 1 as in Megatron's own output, reads those from
``(N - 1) * global batch size``, and within each micro-batch of all ranks rank r reads the r-th part
(``MegatronPretrainingSampler``). The arrays say what is planned: a run that was stopped has read the steps until then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rightful.errors import DamagedInput, InputError
from rightful.export.consumption.frames import Numbers
from rightful.export.consumption.reading import Given
from rightful.query.versions import Version
from rightful.store.parquet import opened

Array = npt.NDArray[Any]
BLEND, DATASET = "BlendedDataset", "GPTDataset"
SPLITS = ("train", "valid", "test")
FORMAT = "megatron"
LABEL = 1
"""Tokens that a sample takes beyond its length (``add_extra_token_to_sequence``, which is on unless somebody turned it off)."""


@dataclass(frozen=True, slots=True)
class Batches:
    """How a run went through its samples: ``global_batch`` of them a step, ``micro_batch`` at a time by each of so many ranks.

    Raises :class:`InputError` for numbers that do not fit each other.
    """

    global_batch: int
    micro_batch: int | None = None
    data_parallel: int | None = None

    def __post_init__(self) -> None:
        if self.global_batch < 1:
            raise InputError(f"{self.global_batch} is no batch", subject="--global-batch-size")
        if (self.micro_batch is None) != (self.data_parallel is None):
            raise InputError(
                "says which rank read a sample together with the other alone",
                subject="--micro-batch-size, --data-parallel",
            )
        if self.micro_batch is not None and self.data_parallel is not None:
            at_once = self.micro_batch * self.data_parallel
            if at_once < 1 or self.global_batch % at_once:
                raise InputError(
                    f"{self.micro_batch} x {self.data_parallel} samples at once do not divide a batch of {self.global_batch}",
                    subject="--micro-batch-size, --data-parallel",
                )

    def rank(self, numbers: Numbers) -> Numbers:
        """The rank that reads each sample, by its number in the run; -1 where nothing says that."""
        if self.micro_batch is None or self.data_parallel is None:
            return np.full(len(numbers), -1, np.int64)
        return numbers % (self.micro_batch * self.data_parallel) // self.micro_batch


@dataclass(frozen=True, slots=True)
class Shard:
    """What the index says of a shard: its sequences and documents, each with its first token and length in it."""

    sequence_start: Numbers
    sequence_length: Numbers
    document: Numbers
    start: Numbers
    stop: Numbers

    def within(self, start: int, stop: int) -> tuple[Numbers, Numbers, Numbers]:
        """The documents of which tokens lie in a range: their numbers, and the first token and how many of each do."""
        first = int(np.searchsorted(self.stop, start, side="right"))
        last = int(np.searchsorted(self.start, stop, side="left"))
        begins, ends = np.maximum(self.start[first:last], start), np.minimum(self.stop[first:last], stop)
        some = ends > begins  # a document of no tokens lies nowhere
        return self.document[first:last][some], begins[some], (ends - begins)[some]


@dataclass(frozen=True, slots=True)
class Dataset:
    """One ``GPTDataset``: its three arrays, and the shard that it reads."""

    path: str
    shard: Shard
    document_index: Array
    sample_index: Array
    shuffle_index: Array

    def ranges(self, number: int) -> list[tuple[int, int]]:
        """The token ranges of the shard that are read for a number, in their order."""
        sample = int(self.shuffle_index[number])
        (begin, offset), (end, end_offset) = (tuple(map(int, self.sample_index[n])) for n in (sample, sample + 1))
        found = []
        for position in range(begin, end + 1):
            sequence = int(self.document_index[position])
            start, length = int(self.shard.sequence_start[sequence]), int(self.shard.sequence_length[sequence])
            first = offset if position == begin else 0
            last = min(length, end_offset + LABEL) if position == end else length
            found.append((start + first, start + last))
        return found

    def samples_of(self, documents: Numbers) -> Numbers:
        """The samples that read any token of documents, ascending: their numbers before shuffling."""
        of = np.isin(self.shard.document, documents)
        sequences = np.unique(np.searchsorted(self.shard.sequence_start, self.shard.start[of], side="right") - 1)
        positions = np.flatnonzero(np.isin(self.document_index, sequences))
        begins = np.asarray(self.sample_index[:, 0])
        first = np.maximum(np.searchsorted(begins, positions, side="left") - 1, 0)
        last = np.minimum(np.searchsorted(begins, positions, side="right"), len(begins) - 1)
        near = [np.arange(a, b) for a, b in zip(first.tolist(), last.tolist(), strict=True)]
        return np.unique(np.concatenate([np.empty(0, np.int64), *near]))


class Cache:
    """The cache of a run on an export of the format ``megatron``.

    ``place`` is the folder, or where it holds those of several runs the ``description.txt`` of one. Raises :class:`InputError`
    where nothing there is of that split and export, or more than one thing is; :class:`DamagedInput` for arrays that are none.
    """

    def __init__(
        self, place: str | Path, export: Version, index: Path, batches: Batches, split: str = SPLITS[0]
    ) -> None:
        self.place = Path(place)
        self._export, self._batches = export, batches
        if export.manifest["format"] != FORMAT:
            raise InputError(
                f"is of the format {export.manifest['format']}, which Megatron's loader does not read",
                subject=export.export,
            )
        if split not in SPLITS:
            raise InputError(f"{split!r} is not one of {', '.join(SPLITS)}", subject="--split")
        folder, blend, described = _described(self.place, split)
        shards = [str(shard["path"]) for shard in export.manifest["shards"]]
        self._datasets = [_dataset(folder, split, one, shards, export, index) for one in described]
        self._dataset_index: Array | None = None
        self._number_in: Array | None = None
        if blend is not None:
            self._dataset_index = _load(folder / f"{blend}-{BLEND}-{split}-dataset_index.npy", 1)
            self._number_in = _load(folder / f"{blend}-{BLEND}-{split}-dataset_sample_index.npy", 1)
            self._check_blend()

    @property
    def exports(self) -> dict[str, str]:
        """The export; its manifest is not in the cache."""
        return {self._export.export: ""}

    def export_of(self, opening: int) -> str:
        """The export."""
        return self._export.export

    @cached_property
    def samples(self) -> int:
        """How many samples the run goes through."""
        if self._dataset_index is not None:
            return len(self._dataset_index)
        return len(self._datasets[0].shuffle_index)

    def given(self, among: Sequence[tuple[int, int]], most: int | None = None) -> Given:
        """What iterations read, counted from 1. Raises :class:`InputError` for one that there is not."""
        batch = self._batches.global_batch
        steps = -(-self.samples // batch)
        for first, last in among:
            if first < 1 or last > steps:
                raise InputError(
                    f"{first if first < 1 else last} is no iteration: {self.samples} samples are {steps} of {batch}, counted from 1",
                    subject="--step",
                )
        numbers = np.unique(
            np.concatenate([np.arange((a - 1) * batch, min(b * batch, self.samples)) for a, b in among])
        )
        return self._given(numbers, None, most)

    def steps_of(self, wanted: Mapping[str, Numbers]) -> Given:
        """The iterations that read any token of documents."""
        documents = wanted.get(self._export.export, np.empty(0, np.int64))
        found = [np.empty(0, np.int64)]
        for n, dataset in enumerate(self._datasets):
            samples = dataset.samples_of(documents)
            if not len(samples):
                continue
            asked = np.flatnonzero(np.isin(dataset.shuffle_index, samples))
            if self._dataset_index is None or self._number_in is None:
                found.append(asked)
            else:
                of = np.flatnonzero(self._dataset_index == n)
                found.append(of[np.isin(self._number_in[of], asked)])
        return self._given(np.sort(np.concatenate(found)), documents, None)

    def _given(self, numbers: Numbers, wanted: Numbers | None, most: int | None) -> Given:
        """The documents of samples by their numbers in the run; of ``wanted`` alone, where some are."""
        pieces: list[tuple[int, Numbers, Numbers, Numbers]] = []
        listed = total = 0
        for number in numbers.tolist():
            dataset, asked = self._of(number)
            for start, stop in dataset.ranges(asked):
                document, first, length = dataset.shard.within(start, stop)
                if wanted is not None:
                    of = np.isin(document, wanted)
                    document, first, length = document[of], first[of], length[of]
                room = len(document) if most is None else min(len(document), most - listed)
                total += len(document)
                listed += room
                if room:
                    pieces.append((number, document[:room], first[:room], length[:room]))
        counts = [len(document) for _, document, _, _ in pieces]
        sample = np.repeat(np.array([number for number, _, _, _ in pieces], np.int64), counts)
        empty = np.empty(0, np.int64)
        document = np.concatenate([empty, *(piece[1] for piece in pieces)])
        first_token = np.concatenate([empty, *(piece[2] for piece in pieces)])
        count = np.concatenate([empty, *(piece[3] for piece in pieces)])
        step = sample // self._batches.global_batch + 1
        rank, opening = self._batches.rank(sample), np.zeros(len(sample), np.int64)
        return Given(step, rank, opening, document, total - listed, sample, first_token, count)

    def _of(self, number: int) -> tuple[Dataset, int]:
        if self._dataset_index is None or self._number_in is None:
            return self._datasets[0], number
        return self._datasets[int(self._dataset_index[number])], int(self._number_in[number])

    def _check_blend(self) -> None:
        of, number = self._dataset_index, self._number_in
        assert of is not None
        assert number is not None
        if len(of) != len(number):
            raise DamagedInput(f"has {len(of)} samples, and {len(number)} numbers for them", subject=str(self.place))
        for n, dataset in enumerate(self._datasets):
            asked = number[of == n]
            if len(asked) and not 0 <= int(asked.min()) <= int(asked.max()) < len(dataset.shuffle_index):
                raise DamagedInput(f"asks {dataset.path} for sample {int(asked.max())}", subject=str(self.place))
        if len(of) and not 0 <= int(of.min()) <= int(of.max()) < len(self._datasets):
            raise DamagedInput(f"names dataset {int(of.max())} of {len(self._datasets)}", subject=str(self.place))


def paths_of(place: Path, split: str | None = None) -> list[str]:
    """The datasets that a cache is of, as the run named them. Raises as :class:`Cache`."""
    return [str(one["dataset_path"]) for _, one in _described(place, split or SPLITS[0])[2]]


def _described(place: Path, split: str) -> tuple[Path, str | None, list[tuple[str, Mapping[str, Any]]]]:
    """The folder, the hash of a blend where it is one, and hash and description of each dataset."""
    if place.is_file():
        folder, files = place.parent, [place]
    else:
        folder = place
        files = sorted(place.glob(f"*-{BLEND}-{split}-description.txt")) if place.is_dir() else []
        files = files or (sorted(place.glob(f"*-{DATASET}-{split}-description.txt")) if place.is_dir() else [])
    if not files:
        raise InputError(
            f"holds no description of a {DATASET} for {split}" if place.is_dir() else "is not there",
            subject=str(place),
            hint="name the folder of Megatron's --data-cache-path, and --split train, valid or test",
        )
    if len(files) > 1:
        shown = ", ".join(file.name for file in files[:3])
        raise InputError(
            f"holds {len(files)} caches for {split}: {shown}",
            subject=str(place),
            hint="name the description.txt of the run; its log says which hash it built or loaded",
        )
    [file] = files
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        parts = data["datasets"] if data["class"] == BLEND else [data]
        wanted = [one["dataset_path"] for one in parts] + [one["index_split"] for one in parts]
        if not all(isinstance(word, str) for word in wanted) or len(parts) == 0:
            raise ValueError("a dataset without a path")
        listed = [(_hash(one), one) for one in parts]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedInput(f"is no description of a dataset of Megatron's: {error}", subject=str(file)) from error
    if (named := {str(one["index_split"]) for one in parts}) != {split}:
        raise InputError(f"is of the split {', '.join(sorted(named))}, not {split}", subject=str(file))
    return folder, file.name.partition("-")[0] if data["class"] == BLEND else None, listed


def _hash(description: Mapping[str, Any]) -> str:
    """The name that Megatron gives to the arrays of a dataset: the MD5 of its description as it writes it."""
    return hashlib.md5(json.dumps(description, indent=4).encode(), usedforsecurity=False).hexdigest()


def _dataset(
    folder: Path,
    split: str,
    described: tuple[str, Mapping[str, Any]],
    shards: Sequence[str],
    export: Version,
    index: Path,
) -> Dataset:
    name, description = described
    read = _read(Path(str(description["dataset_path"])), shards)
    if read is None:
        raise InputError(
            f"is of {description['dataset_path']}, which is no shard of {export.export}",
            subject=str(folder),
            hint="name the version of the export that the run read, by its id",
        )
    document, sample, shuffle = (
        _load(folder / f"{name}-{DATASET}-{split}-{what}.npy", dimensions)
        for what, dimensions in (("document_index", 1), ("sample_index", 2), ("shuffle_index", 1))
    )
    shard = _shard(index, read, export)
    last = len(document) - 1
    if sample.shape[1:] != (2,) or len(sample) < 1 or len(shuffle) != len(sample) - 1:
        raise DamagedInput(
            f"has {len(shuffle)} samples by one array, and {len(sample) - 1} by another", subject=str(folder)
        )
    if len(document) and not 0 <= int(document.min()) <= int(document.max()) < len(shard.sequence_start):
        raise InputError(
            f"names sequence {int(document.max())} of {read}, which has {len(shard.sequence_start)}",
            subject=str(folder),
            hint="the run read another version of the export: name that by its id",
        )
    if len(sample) > 1 and not 0 <= int(sample[:, 0].min()) <= int(sample[:, 0].max()) <= last:
        raise DamagedInput("has samples that begin at no document", subject=str(folder))
    if len(shuffle) and not 0 <= int(shuffle.min()) <= int(shuffle.max()) < len(shuffle):
        raise DamagedInput("asks for samples that it does not have", subject=str(folder))
    return Dataset(read, shard, document, sample, shuffle)


def _read(prefix: Path, shards: Sequence[str]) -> str | None:
    """The shard that a run named by its prefix, wherever it lay there: by its folders, else by its name where one alone has it."""
    parts = {path: Path(path).with_suffix("").parts for path in shards}
    same = [path for path, of in parts.items() if prefix.parts[-len(of) :] == of]
    named = same or [path for path, of in parts.items() if of[-1] == prefix.name]
    return named[0] if len(named) == 1 else None


def _load(path: Path, dimensions: int) -> Array:
    """An array of whole numbers, mapped into memory. Raises :class:`DamagedInput`."""
    try:
        array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DamagedInput(f"cannot be read as an array of numpy: {error}", subject=str(path)) from error
    if array.ndim != dimensions or array.dtype.kind not in "iu":
        raise DamagedInput(f"has {array.ndim} dimensions of {array.dtype}", subject=str(path))
    return array


def _shard(index: Path, shard: str, export: Version) -> Shard:
    """The sequences and documents of one shard, by the index of the export."""
    import pyarrow.compute as pc

    with opened(index) as file:
        rows_of = "sequence" if "sequence" in file.schema_arrow.names else "position"
        columns = ["shard", "document", rows_of, "first_token", "length"]
        groups = [batch.filter(pc.equal(batch.column("shard"), shard)) for batch in file.iter_batches(columns=columns)]
    document, row, start, length = (
        np.concatenate([np.empty(0, np.int64), *(group.column(name).to_numpy() for group in groups)])
        for name in columns[1:]
    )
    sequence = export.manifest.get("sequence") or {}
    if sequence.get("pack", "none") == "none":
        return Shard(start, length, document, start, start + length)
    size = int(sequence["seq_len"])
    starts = np.arange(int(row.max(initial=-1)) + 1) * size
    return Shard(starts, np.full(len(starts), size, np.int64), document, start, start + length)

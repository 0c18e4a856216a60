"""The loader that asks: shards of an export in an order that can be gone on with anywhere, for a use that was declared. Floor 8."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from rightful.export.loading.asking import Asked
from rightful.export.loading.contents import DOCUMENTS
from rightful.export.loading.loader import Loader, Settings
from rightful.export.loading.logged import Log


def load_shards(
    path: str | Path,
    *,
    use: str | Iterable[str],
    purpose: str | None = None,
    application: str | None = None,
    actor: str | None = None,
    jurisdictions: str | Sequence[str] = (),
    seed: int = 0,
    rank: int = 0,
    world_size: int = 1,
    epochs: int | None = 1,
    shuffle: bool = True,
    sequences: bool = False,
    split: str | None = None,
    rung: float | None = None,
    workers: int = 0,
    torch: bool = False,
    check: str = DOCUMENTS,
    log: Log | str | Path | None = None,
    step_size: int = 1,
    clock: Callable[[], datetime] | None = None,
) -> Loader:
    """Open the folder of an export for a use; iterate over what is answered. No store is needed.

    ``use`` (acts, or parents of acts), ``purpose`` (commercial where none is named), ``application``, ``actor`` and
    ``jurisdictions`` are asked of the manifest: what was not declared when the export was made is refused, and so is an
    export whose permission has ended by ``clock``. What is excluded, masked or named by ``revocations.jsonl`` is skipped and
    told (``loader.skipped``, and the logger ``rightful.loader``).

    Units are documents (a row of ``index.parquet`` each), or packed ``sequences``, with ``tokens`` as ``uint32`` arrays or, with
    ``torch``, tensors; of one ``split`` (``*`` for all), of one ``rung`` of the ladder and all below it. They come in an order that
    ``seed`` and the number of the epoch decide, or without ``shuffle`` in that of the shards; unit *g* goes to rank *g* mod
    ``world_size``. An iteration is a pass of ``epochs`` epochs (None: without an end). ``workers`` threads read ahead.
    ``state_dict()`` and ``load_state_dict()`` go on exactly, with any number of ranks and workers.

    ``check``: ``size`` of every file, ``documents`` (also every document's digest as it is handed out) or ``digest`` (also every
    file's, at once). ``log``: the folder of a consumption log, or one; a step of it has ``step_size`` units of this rank.

    Raises :class:`Refused` (undeclared, expired, nothing left), :class:`InputError` (no export of tokens, an option that does not
    fit it), :class:`DamagedInput` (a shard or paper that is missing or another).

    >>> for document in load_shards("OUT", use="train.pretrain"):              # doctest: +SKIP
    ...     train(document.tokens)
    """
    return Loader(
        Path(path),
        Asked.of(use, purpose, application, actor, jurisdictions),
        Settings(
            seed=seed,
            rank=rank,
            world_size=world_size,
            sequences=sequences,
            split=split,
            rung=rung,
            shuffle=shuffle,
            epochs=epochs,
            workers=workers,
            torch=torch,
            check=check,
            step_size=step_size,
        ),
        clock=clock,
        log=log,
    )


__all__ = ["Loader", "load_shards"]

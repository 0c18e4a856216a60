"""A loader as a dataset of PyTorch, whose workers are processes. Floor 8: imports torch when it is asked for.

Worker *w* of *n* takes every *n*-th unit of its rank, so that all of them together hand out what the rank does, each once. How
far they have come is known to each alone: ``torchdata``'s ``StatefulDataLoader`` keeps their states and gives each its own back,
with as many workers as then. PyTorch's own ``DataLoader`` keeps none: there the threads of a loader (``workers=``) are the way
to read ahead and to go on exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Protocol

from rightful.export.loading.handed import Document, Packed, torch


class Share(Protocol):
    """The loader of one worker."""

    def __iter__(self) -> Iterator[Document | Packed]: ...

    def begin(self, epoch: int) -> None:
        """See :class:`rightful.export.loading.loader.Loader`, as the others."""
        ...

    def state_dict(self) -> dict[str, Any]: ...  # noqa: D102

    def load_state_dict(self, data: Mapping[str, Any]) -> None: ...  # noqa: D102


Opening = Callable[[int, int], Share]
"""Opens the loader of one worker of so many."""


def dataset_of(opening: Opening, epoch: int = 0) -> Any:
    """A ``torch.utils.data.IterableDataset`` of what a loader hands out. Raises :class:`InputError` without torch."""
    return _kind()(opening, epoch)


@cache
def _kind() -> Any:
    """The class, which exists where torch does."""
    torch()
    from torch.utils.data import IterableDataset, get_worker_info

    class Shards(IterableDataset):  # type: ignore[misc]
        """What a loader hands out; each process opens its own. Give a ``collate_fn``: items are no tensors but have them."""

        def __init__(self, opening: Opening, epoch: int) -> None:
            super().__init__()
            self._opening, self._epoch = opening, epoch
            self._loader: Share | None = None
            self._of = (0, 1)

        def __reduce__(self) -> tuple[Any, ...]:
            return dataset_of, (self._opening, self._epoch)

        def set_epoch(self, epoch: int) -> None:
            """The epoch that the next iteration begins. Workers that are started anew for it know of no other."""
            self._epoch, self._loader = epoch, None

        def _opened(self) -> Share:
            info = get_worker_info()
            of = (0, 1) if info is None else (int(info.id), int(info.num_workers))
            if self._loader is None or self._of != of:
                self._loader, self._of = self._opening(*of), of
                self._loader.begin(self._epoch)
            return self._loader

        def __iter__(self) -> Iterator[Document | Packed]:
            return iter(self._opened())

        def state_dict(self) -> dict[str, Any]:
            """Of this worker alone."""
            return self._opened().state_dict()

        def load_state_dict(self, state: Mapping[str, Any]) -> None:
            """Of the same worker of as many. Raises :class:`InputError` for another."""
            self._opened().load_state_dict(state)

    return Shards

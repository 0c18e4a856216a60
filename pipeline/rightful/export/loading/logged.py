"""The log of what a loader hands out, by the steps of a trainer. Floor 8."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class Log(Protocol):
    """Where it is written down what was handed out at which step (``rightful.export.consumption``)."""

    def append(self, step: int, documents: Sequence[int]) -> None:
        """A step of this rank: the numbers of its documents in the index, in their order."""
        ...

    def sync(self) -> None:
        """What was appended outlives the machine."""
        ...


class FolderLog(Log, Protocol):
    """One that is closed before it is opened anew."""

    def close(self) -> None:
        """All that was appended is in the file."""
        ...


@dataclass(slots=True)
class Logging:
    """A log that was given, or is opened when it is first written to. A step has ``step_size`` units of this rank."""

    step_size: int
    given: Log | None = None
    make: Callable[[], FolderLog] | None = None
    _opened: FolderLog | None = None
    _taken: list[int] = field(default_factory=list)

    def take(self, documents: Sequence[int], yielded: int) -> None:
        """Documents of a unit that is handed out now, the ``yielded``-th of the run (from 1)."""
        if self.given is None and self.make is None:
            return
        self._taken += documents
        if yielded % self.step_size == 0:
            self.write(yielded)

    def write(self, yielded: int) -> None:
        """What was taken and not written yet, under the step of the last unit."""
        if self._taken:
            self._log().append((yielded - 1) // self.step_size, self._taken)
            self._taken = []

    def sync(self, yielded: int) -> None:
        """All that was handed out outlives the machine."""
        self.write(yielded)
        if self.given is not None or self._opened is not None:
            self._log().sync()

    def close(self, yielded: int) -> None:
        """All that was handed out is written, and the next time the log is opened anew."""
        self.write(yielded)
        self.reopen()

    def reopen(self) -> None:
        """A state was loaded: what was taken since belongs to no run, and steps may go back."""
        self._taken = []
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _log(self) -> Log:
        if self.given is not None:
            return self.given
        if self._opened is None:
            assert self.make is not None
            self._opened = self.make()
        return self._opened


def logging_of(log: Log | str | Path | None, step_size: int, make: Callable[[Path], FolderLog]) -> Logging:
    """What writes to ``log``: a log, the folder of one, or nothing."""
    if log is None:
        return Logging(step_size)
    if isinstance(log, str | Path):
        folder = Path(log)
        return Logging(step_size, make=lambda: make(folder))
    return Logging(step_size, given=log)

"""Rights in a pipeline of datatrove: a filter that keeps what a store, or the law on what a document states, permits. Floor 11.

>>> pipeline = [JsonlReader("docs/"), RightsFilter("corpus-store", use="train.pretrain"), JsonlWriter("out/")]  # doctest: +SKIP

It is a ``BaseFilter`` as any other: it counts what it drops by reason, hands that to an exclusion writer, is pickled to workers
and decides in each of them by the ledger that lies there. See :mod:`rightful.integrations.deciding`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rightful.api import Store
from rightful.api.permitted import needed
from rightful.integrations.deciding import BATCH_ROWS, Deciding, Verdict

if TYPE_CHECKING:
    from datatrove.data import Document

try:
    from datatrove.pipeline.filters.base_filter import BaseFilter
except ModuleNotFoundError:  # it is an extra: who makes a filter without it is told so
    BaseFilter = object

RIGHTS = "rights"
"""The key in the metadata of a document under which the verdict stands; where the document itself says something under it,
it stands under :data:`BESIDE`."""
BESIDE = "rights_verdict"


class RightsFilter(BaseFilter):  # type: ignore[misc]
    """Keeps the documents that are permitted; ``metadata["rights"]`` of every document says why, or why not
    (``metadata["rights_verdict"]`` where it has a statement of its own there).

    ``store`` is a folder or a :class:`rightful.Store`; the use and the records are named as in :meth:`rightful.Store.query`
    (``as_of``, ``snapshot`` and ``redact`` apart). What a document is, is read of ``text``, ``id`` and ``metadata``, in which
    ``record_id``, ``url``, ``license`` and all other statements about rights count. Raises :class:`InputError` where
    datatrove is not installed, and where it is run for a request that is none.
    """

    name = "Rights"

    def __init__(
        self,
        store: Store | str | Path,
        use: str | Iterable[str] | None = None,
        *,
        exclusion_writer: Any = None,
        batch_size: int = BATCH_ROWS,
        **options: Any,
    ) -> None:
        needed("datatrove", "datatrove")
        super().__init__(exclusion_writer, batch_size)
        self.deciding = Deciding(store, use=use, **options)

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Whether one document is kept, and if not for which reason."""
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Document]) -> list[bool | tuple[bool, str]]:
        """The same of several at once."""
        with self.deciding as deciding:
            verdicts = deciding([_row(doc) for doc in batch])
        for doc, verdict in zip(batch, verdicts, strict=True):
            doc.metadata[_key(doc)] = verdict.as_json()
        return [True if verdict.permit else (False, verdict.reason) for verdict in verdicts]

    def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Filter all documents, with the store open meanwhile."""
        with self.deciding:
            yield from super().run(data, rank, world_size)


def _row(doc: Document) -> dict[str, Any]:
    """A document as a row: what an earlier filter of this kind left in it is no statement of its own."""
    said = {
        name: value for name, value in doc.metadata.items() if name not in (RIGHTS, BESIDE) or not _is_verdict(value)
    }
    return {**said, "text": doc.text, "id": doc.id}


def _key(doc: Document) -> str:
    """Where the verdict on a document stands: a statement of its own is not written over."""
    return RIGHTS if RIGHTS not in doc.metadata or _is_verdict(doc.metadata[RIGHTS]) else BESIDE


def _is_verdict(value: object) -> bool:
    return isinstance(value, Mapping) and value.keys() == _VERDICT


_VERDICT = {one.name for one in fields(Verdict)}

"""What of the permitted an export is to have: named ids, a sample, a mixture, so many tokens at most. Floor 8.

It only ever narrows. Named ids and the parts of a mixture are conditions beside ``--where``, so that of a group of copies
one stays that is asked for; a sample is taken of what is chosen, before any text is read; a mixture or a limit needs the
lengths of documents, and is drawn when these are known. What was chosen and not drawn stands in ``refusals.parquet``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.decisions.cases import Decided
from rightful.errors import InputError
from rightful.export.order import Order
from rightful.export.planning.drawing import (
    Matched,
    Named,
    check_limit,
    limited,
    matched,
    ranks,
    read_ids,
    sample_of,
    sampled,
)
from rightful.export.planning.mixing import Mix, read_mix
from rightful.export.planning.mixture import Draws, Ints, Mixture, all_of, parted, plan_mixture
from rightful.export.planning.parts import Parts, parts_of
from rightful.export.tokens.encoding import TRAIN
from rightful.query.select import Selection
from rightful.store.duck import fill, rows

Show = Callable[[Mapping[str, Any]], None]
"""Called with the plan of a mixture, as it stands in the manifest under ``mix``, before a shard is written."""


def drawing_of(order: Order) -> Drawing:
    """What an order asks to be drawn, before any work; a mixture is shuffled, by the seed 0 where nobody says by what.

    Raises :class:`InputError` for what cannot be read, and for an option about a mixture where there is none.
    """
    if order.limit_tokens is not None:
        check_limit(order.limit_tokens)
    if order.sample is not None:
        sample_of(order.sample)
    for name, given in (("--mix-temperature", order.mix_temperature), ("--epochs", order.epochs)):
        if given is not None and order.mix is None:
            raise InputError("is about a mixture, and none is asked for", subject=name, hint="--mix a=0.7,b=0.3")
    needs_lengths = order.mix is not None or order.limit_tokens is not None
    if needs_lengths and order.tokenizer is not None and order.tokenizer.startswith(TRAIN):
        raise InputError(
            "cannot be trained where a mixture or --limit-tokens is drawn: what is drawn goes by its tokens",
            subject=f"--tokenizer {order.tokenizer}",
            hint="train it with an export of its own, and name the tokenizer.json that lies in that",
        )
    if order.mix is None:
        return Drawing(order)
    mix = read_mix(
        order.mix,
        temperature=order.mix_temperature,
        epochs=order.epochs,
        tokens=order.limit_tokens,
        seed=order.seed,
    )
    return Drawing(replace(order, seed=mix.seed or 0), mix)


@dataclass(slots=True)
class Drawing:
    """What is drawn, from the reading of the order to the documents. ``mix``: the mixture that is asked for, ``mixture``: its
    plan, once it was drawn; ``order``: with the seed that applies."""

    order: Order
    mix: Mix | None = None
    named: Named | None = None
    found: Matched | None = None
    parts: Parts | None = None
    available: list[dict[str, int]] = field(default_factory=list)
    mixture: Mixture | None = None
    undrawn: int = 0

    @property
    def seed(self) -> int:
        """By which everything is drawn: that of the order, and 0 where it has none."""
        return self.order.seed or 0

    @property
    def unit(self) -> str:
        """What lengths are counted in: of texts nobody knows the tokens."""
        return "characters" if self.order.of_texts else "tokens"

    def within(self, decided: Decided) -> str:
        """What was asked for beside ``--where``, as a condition on records. Raises :class:`InputError`."""
        asked = []
        if self.order.ids is not None:
            self.named = read_ids(self.order.ids)
            fill(decided.con, "asked_ids", pa.table({"record_id": pa.array(self.named.ids, pa.string())}))
            asked.append("(record_id IN (SELECT a.record_id FROM asked_ids a))")
        if self.mix is not None:
            self.parts = parts_of(self.mix, decided)
            asked.append(self.parts.within)
        return f"({' AND '.join(asked)})" if asked else "true"

    def match(self, selection: Selection) -> None:
        """Say what became of the named ids, and count what the parts of a mixture have before the decision.

        Raises :class:`InputError` where the store has none of the named ids.
        """
        if self.parts is not None:
            self.available = self.parts.available(selection.con, selection.where)
        if self.named is None:
            return
        con = selection.con
        of_store = "SELECT record_id FROM records SEMI JOIN asked_ids USING (record_id)"
        stored = {str(r[0]) for r in rows(con, of_store)}
        request = f"SELECT record_id, permit AND released FROM judged WHERE {selection.where}"
        asked = {str(record): bool(permitted) for record, permitted in rows(con, request)}
        self.found = matched(self.named, stored, asked, {str(r[0]) for r in rows(con, "SELECT record_id FROM chosen")})
        if not stored:
            raise InputError(
                f"none of its {len(self.named.ids)} record ids is in the store; the first is {self.named.ids[0]}",
                subject=f"--ids {self.order.ids}",
                hint="ids are those of rightful query --ids, or of query -o FILE",
            )

    def sample(self, selection: Selection, chosen: pa.Table) -> pa.Table:
        """The sample of the chosen records, which is left in ``chosen`` as well."""
        if self.order.sample is None:
            return chosen
        ids = chosen.column("record_id").to_pylist()
        every = np.arange(len(ids), dtype=np.int64)
        return self.settle(selection, chosen, sampled(every, ranks(ids, self.seed), sample_of(self.order.sample)))

    def draw(self, selection: Selection, chosen: pa.Table, lengths: Ints, show: Show | None = None) -> Draws:
        """What is drawn of the chosen records, whose ``lengths`` (N,) are known now, and shown where it is a mixture. The same
        where it is called again.

        Raises :class:`Refused` for a mixture that cannot be drawn, :class:`InputError` for parts that name the same record.
        """
        ids = chosen.column("record_id").to_pylist()
        if self.parts is not None:
            members = parted(self.parts.holds(selection.con), self.parts.mix, ids)
            self.mixture = plan_mixture(
                self.parts.mix,
                members,
                self.available,
                lengths,
                chosen.column("n_chars").to_numpy(),
                ranks(ids, self.seed),
                seed=self.seed,
                unit=self.unit,
                once=self._once(chosen),
            )
            if show is not None:
                show(self.mixture.as_json())
            return self.mixture.draws
        if self.order.limit_tokens is None:
            return all_of(len(ids))
        every = np.arange(len(ids), dtype=np.int64)
        kept = limited(every, lengths, ranks(ids, self.seed), self.order.limit_tokens)
        return Draws(kept, np.zeros(len(kept), np.int32))

    def _once(self, chosen: pa.Table) -> npt.NDArray[np.bool_] | None:
        """Of the chosen records those that lie on a side which is not trained on; None without splits."""
        split = self.order.sides
        return None if split is None else chosen.column("side").to_numpy() != split.names.index(split.trained)

    def settle(self, selection: Selection, chosen: pa.Table, kept: Ints) -> pa.Table:
        """What was drawn of the chosen records, at these positions, which is left in ``chosen`` as well."""
        left_out = chosen.num_rows - len(kept)
        if not left_out:
            return chosen
        self.undrawn += left_out
        left = chosen.take(pa.array(kept))
        selection.narrow(left.column("record_id").to_pylist())
        return left

    def as_json(self) -> dict[str, Any]:
        """As it stands in the manifest: ``mix`` and ``drawn``, null where nothing of the kind was asked."""
        asked = self.order.sample is not None or self.order.limit_tokens is not None or self.named or self.parts
        drawn = {
            "seed": self.seed,
            "unit": self.unit,
            "ids": None if self.named is None or self.found is None else self.found.as_json(self.named),
            "sample": None if self.order.sample is None else str(self.order.sample),
            "limit_tokens": self.order.limit_tokens,
            "not_drawn": self.undrawn,
        }
        return {
            "mix": None if self.mixture is None else self.mixture.as_json(),
            "drawn": drawn if asked else None,
        }

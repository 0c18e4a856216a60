"""The newest capture that can be read of each location and protocol, at an instant: SQL beside a model of the law in words."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.decisions.observing import newest_captures
from rightful.store.duck import connect, fill, rows

DAY = datetime(2026, 6, 1, tzinfo=UTC)
ORIGIN = "https://a.example"
ADDRESS = "https://a.example/a"


class Row(NamedTuple):
    """A capture: numbers of days."""

    address: str | None
    observed: int
    recorded: int
    result: str
    deciding: str
    sha256: str


captures = st.lists(
    st.builds(
        Row,
        st.sampled_from([None, None, ADDRESS]),
        st.integers(0, 4),
        st.integers(0, 6),
        st.sampled_from(["absent", "found", "unreadable", "failed"]),
        st.sampled_from(["", "[1]", "[2]"]),
        st.sampled_from(["x", "y"]),
    ).map(
        lambda r: r._replace(
            deciding={"absent": "", "failed": "", "found": r.deciding or "[3]"}.get(r.result, r.deciding)
        )
    ),
    max_size=6,
).map(lambda listed: list({(r.address, r.observed, r.sha256): r for r in listed}.values()))


def expected(listed: list[Row], at: int) -> tuple[str, set[str]] | None:
    """Result and claims of one location or address at a day, as the law says it; a minus where only what restricts counts."""
    visible = [r for r in listed if min(r.observed, r.recorded) <= at]
    known = [r for r in visible if max(r.observed, r.recorded) <= at]
    visible = [r for r in visible if r in known or r.result != "absent"]
    since = max((r.observed for r in known if r.result in ("absent", "found")), default=None)
    standing = [r for r in visible if since is None or r.observed >= since]
    if not standing:
        return None
    results = {r.result for r in standing}
    result = next(
        (
            w
            for w, has in (
                ("found", "found" in results),
                ("absent", since is not None),
                ("unreadable", "unreadable" in results),
            )
            if has
        ),
        "failed",
    )
    claims = {("" if r in known and r.result != "unreadable" else "-") + r.deciding for r in standing if r.deciding}
    return result, claims


@settings(max_examples=60, deadline=None)
@given(captures, st.integers(0, 7))
def test_newest_captures_are_those_of_the_law_in_words(listed: list[Row], at: int) -> None:
    with closing(connect(threads=1)) as con:
        table = {
            "origin": [ORIGIN for _ in listed],
            "address": pa.array([r.address for r in listed], pa.string()),
            "protocol": ["robots" for _ in listed],
            "observed_at": pa.array([DAY + timedelta(days=r.observed) for r in listed], pa.timestamp("us", tz="UTC")),
            "recorded": pa.array([DAY + timedelta(days=r.recorded) for r in listed], pa.timestamp("us", tz="UTC")),
            "result": pa.array([r.result for r in listed], pa.string()),
            "deciding": pa.array([r.deciding for r in listed], pa.string()),
            "sha256": pa.array([r.sha256.encode() for r in listed], pa.binary()),
        }
        table["origin"] = pa.array(table["origin"], pa.string())
        table["protocol"] = pa.array(table["protocol"], pa.string())
        fill(con, "captures", pa.table(table))
        newest_captures(con, DAY + timedelta(days=at))
        texts = dict(rows(con, "SELECT number, deciding FROM claims_texts"))
        came = {
            address: (result, {("-" if n < 0 else "") + texts[abs(n)] for n in claims or []})
            for address, result, claims in rows(con, "SELECT address, result, claims FROM caught")
        }
    of_host = [r for r in listed if r.address is None]
    own = [r for r in listed if r.address is not None]
    seen = [
        o
        for o in own
        if min(o.observed, o.recorded) <= at and (o.result != "absent" or max(o.observed, o.recorded) <= at)
    ]
    replaced = {(o.observed, o.sha256) for o in seen if max(o.observed, o.recorded) <= at}
    of_address = [*own, *(r for r in of_host if (r.observed, r.sha256) not in replaced)]
    wanted = {None: expected(of_host, at), ADDRESS: expected(of_address, at) if seen else None}
    assert came == {address: of for address, of in wanted.items() if of is not None}

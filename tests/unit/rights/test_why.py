"""What is named as the reason of a decision."""

from __future__ import annotations

from rightful.rights.values import Status
from tests.laws.words import FREE, case, judged, licensed, slugs, use


def test_what_has_to_be_taken_out_is_named_beside_a_near_copy_that_was_withdrawn() -> None:
    """The near copy alone leaves open; that the answer is no comes from what was found."""
    found = {"personal_data": "no", "pii_state": "none_found", "pii_found": frozenset({"email"})}
    decision = judged(case(licensed(FREE), near_withdrawn=True, **found), use("index.retrieval", accepted=frozenset()))
    assert (decision.status, slugs(decision)) == (Status.DENY, {"near-copy-withdrawn", "personal-data-found"})

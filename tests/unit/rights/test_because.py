"""Every reason that refuses is of one family, and of no other."""

from __future__ import annotations

from rightful.query.select import OWN_FAMILIES, OWN_REASONS
from rightful.rights.because import FAMILIES, FAMILY_TEXTS, REASONS, REMEDIES, Reason

PERMITS = {"license", "contract", "consent", "permission", "statute"}


def test_every_reason_that_refuses_is_in_one_family() -> None:
    assert set(FAMILIES) == set(REASONS) - PERMITS
    assert set(FAMILIES) == set(REMEDIES)
    assert set(FAMILIES.values()) | set(OWN_FAMILIES.values()) == set(FAMILY_TEXTS)


def test_reasons_of_the_query_are_in_one_family_and_not_the_laws() -> None:
    assert set(OWN_FAMILIES) == set(OWN_REASONS)
    assert set(OWN_FAMILIES.values()) <= set(FAMILY_TEXTS)
    assert set(OWN_FAMILIES) & set(FAMILIES) == set()


def test_reason_names_its_family_and_a_permission_names_none() -> None:
    assert Reason("reserved", "train.pretrain", 3).as_json()["family"] == "said-no"
    assert Reason("license", "train.pretrain", 3).as_json()["family"] is None

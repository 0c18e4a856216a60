"""``[[observed]]`` of a source card: what it has to say, what it claims, of which records, and in a store."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful import Store, catalog
from rightful.decisions.policy import OBSERVED_WITHIN, read_policy, sign
from rightful.errors import InputError
from rightful.rights.bases import PROTOCOLS, RESULTS, unseen
from rightful.rights.evidence import rights_id
from rightful.rights.uses import use_of
from rightful.signals.cards.claims import claims_of, looks_of
from rightful.signals.cards.observed import Look, observations
from rightful.signals.cards.source_card import SourceCard, card_of, stored_card
from tests.unit.policies import BASIS

LAW = catalog.load()
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FOUR = ["robots", "tdmrep", "headers", "html"]
LOOK: dict[str, Any] = {"protocols": FOUR, "result": "absent", "on": date(2026, 9, 1), "by": "Ada Moreno"}


def a_card(*looks: dict[str, Any], **keys: Any) -> SourceCard:
    table = {"name": "reed", "personal_data": "no", **keys, "observed": list(looks)}
    return card_of(table, "reed/source.toml", LAW.vocabulary)


# --- what a card has to say --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"protocols": None}, "an observation needs observed[0].protocols"),
        ({"protocols": []}, "an observation needs observed[0].protocols"),
        ({"protocols": ["robots.txt"]}, "unknown protocol 'robots.txt'"),
        ({"protocols": ["Robots"]}, "unknown protocol 'Robots'"),
        ({"protocols": 7}, "observed[0].protocols must be a list of strings"),
        ({"result": None}, "an observation needs observed[0].result"),
        ({"result": "none"}, "unknown value of observed[0].result 'none'"),
        ({"on": None}, "an observation needs observed[0].on"),
        ({"on": "in May"}, "observed[0].on must be a date such as 2026-11-21, not 'in May'"),
        ({"by": None}, "an observation needs observed[0].by"),
        ({"by": "  "}, "an observation needs observed[0].by"),
        ({"until": date(2027, 1, 1)}, "unknown key 'observed[0].until'"),
        ({"hosts": ["https://reed.example/"]}, "'https://reed.example/' is not a host"),
        ({"hosts": ["reed.example:8080/x"]}, "'reed.example:8080/x' is not a host"),
        ({"domains": ["*.reed.example"]}, "'*.reed.example' is not a host"),
        ({"domains": [""]}, "observed[0].domains must be a list of strings"),
        ({"protocols": ["robots", "copy"], "hosts": ["reed.example"]}, "observed[0].protocols has 'copy'"),
        ({"protocols": ["copy"], "domains": ["reed.example"]}, "observed[0].protocols has 'copy'"),
    ],
)
def test_observation_that_is_none_names_the_file_and_the_key(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        a_card({k: v for k, v in {**LOOK, **terms}.items() if v is not None})
    assert caught.value.message.startswith(message)
    assert str(caught.value.subject).startswith("reed/source.toml")


@pytest.mark.parametrize("observed", ["absent", LOOK, ["absent"], [[]]])
def test_observed_that_is_no_list_of_tables_is_an_error(observed: object) -> None:
    with pytest.raises(InputError, match="observed must be a list of tables"):
        card_of({"name": "reed", "observed": observed}, "source.toml", LAW.vocabulary)


def test_card_is_kept_with_what_was_observed_and_one_without_as_before() -> None:
    card = a_card(LOOK, {**LOOK, "result": "failed", "hosts": ["Bücher.Example", "reed.example."]}, LOOK)
    kept = stored_card(json.loads(json.dumps(card.as_json())))
    assert (kept, kept.digest) == (card, card.digest)
    assert kept.observed[1].hosts == ("xn--bcher-kva.example", "reed.example")
    assert "observed" not in a_card().as_json()


def test_rights_id_knows_what_was_observed_and_not_when() -> None:
    def of(*looks: dict[str, Any]) -> str:
        return rights_id(frozenset(claims_of(a_card(*looks), LAW.names, {})))

    assert of(LOOK) == of({**LOOK, "on": date(2020, 1, 1), "by": "Bo"})
    assert len({of(), of(LOOK), of({**LOOK, "result": "failed"}), of({**LOOK, "protocols": ["copy"]})}) == 4
    [robots] = [e for e in claims_of(a_card(LOOK), LAW.names, {}) if e.basis == "robots"]
    assert (robots.kind, robots.statement, robots.valid_from, robots.valid_until) == (
        "observation",
        "looked_absent",
        None,
        None,
    )
    assert robots.observation is not None
    assert (robots.observation.observed_at, robots.observation.detector) == ("2026-09-01", "observed")
    newest = claims_of(a_card(LOOK, {**LOOK, "on": date(2026, 10, 1)}), LAW.names, {})
    assert {e.observation.observed_at for e in newest if e.observation is not None} == {"2026-10-01"}


# --- which of them count -----------------------------------------------------------------------------------------

_days = st.dates(date(2024, 1, 1), date(2027, 12, 31))
_looks = st.builds(Look, st.sampled_from(PROTOCOLS), st.sampled_from(sorted(RESULTS)), _days, st.just("Ada"))


def missing(looks: list[Look], as_of: datetime, within: int) -> dict[str, str]:
    use = use_of(LAW.vocabulary, ["train.pretrain"], as_of=as_of)
    return unseen(observations(looks, "source.toml", within), use, None)


@given(st.lists(_looks, max_size=8), _days, st.integers(1, 800))
def test_of_each_protocol_the_newest_that_could_be_read_counts_by_the_days(
    looks: list[Look], day: date, within: int
) -> None:
    """Against the words of the law, read day by day."""
    expected = {}
    for protocol in PROTOCOLS:
        readable = [k for k in looks if k.protocol == protocol and k.result in ("absent", "found") and k.on <= day]
        last = max((k.on for k in readable), default=None)
        if last is None:
            expected[protocol] = "never"
        elif any(k.on == last and k.result == "found" for k in readable):
            expected[protocol] = "found"
        elif (day - last).days > within:
            expected[protocol] = "too old"
    assert missing(looks, datetime(day.year, day.month, day.day, 17, tzinfo=UTC), within) == expected


@given(st.lists(_looks, max_size=8), _looks.filter(lambda k: k.result != "absent"), _days)
def test_one_more_look_that_found_no_absence_makes_no_more_protocols_count(
    looks: list[Look], more: Look, day: date
) -> None:
    as_of = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert missing(looks, as_of, 365).keys() <= missing([*looks, more], as_of, 365).keys()


@given(st.lists(_looks, max_size=8), _days)
def test_reservation_that_was_found_stands_until_a_later_look_finds_none(looks: list[Look], day: date) -> None:
    as_of = datetime(day.year, day.month, day.day, tzinfo=UTC)
    claims = [e for e in observations(looks, "source.toml", 365) if e.kind == "reservation"]
    standing = {e.basis for e in claims if e.valid_until is None or e.valid_until > as_of}
    for protocol in PROTOCOLS:
        seen = [k for k in looks if k.protocol == protocol]
        gone = [k.on for k in seen if k.result == "absent" and k.on <= day]
        assert (protocol in standing) == any(k.result == "found" and not any(k.on < on for on in gone) for k in seen)


def test_look_is_about_its_hosts_and_domains_or_about_all_of_the_source() -> None:
    everywhere, one, domain = (
        looks_of(a_card({**LOOK, **bounds}))[0]
        for bounds in ({}, {"hosts": ["reed.example"]}, {"domains": ["reed.example"]})
    )
    about = {
        h: [k.is_about(h) for k in (everywhere, one, domain)]
        for h in (None, "reed.example", "a.reed.example", "areed.example")
    }
    assert about == {
        None: [True, False, False],
        "reed.example": [True, True, True],
        "a.reed.example": [True, False, True],
        "areed.example": [True, False, False],
    }


# --- a policy says for how long ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("said", "days"), [("30", 30), ('"30"', 30), ('"30 days"', 30), ('"1 day"', 1), ('"90d"', 90)])
def test_policy_says_for_how_many_days_a_look_counts(said: str, days: int, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(f"observed_within = {said}\n", encoding="utf-8")
    assert read_policy(path, LAW.vocabulary).observed_within(NOON) == days
    path.write_text("", encoding="utf-8")
    assert read_policy(path, LAW.vocabulary).observed_within(NOON) == OBSERVED_WITHIN == 365


@pytest.mark.parametrize(
    "said", ["0", "-1", "true", '"a year"', "3.5", "36501", '"30 weeks"', "[30]", '""', "2026-11-21"]
)
def test_policy_with_another_period_names_the_key(said: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(f"observed_within = {said}\n", encoding="utf-8")
    with pytest.raises(InputError, match="observed_within must be a number of days from 1 to") as caught:
        read_policy(path, LAW.vocabulary)
    assert caught.value.subject == str(path)


def test_period_of_a_signed_policy_counts_while_the_policy_does(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("observed_within = 9\n", encoding="utf-8")
    signed = sign(path, LAW.vocabulary, by="Ada", until=NOON + timedelta(days=3), now=NOON)
    assert [signed.observed_within(NOON + timedelta(days=d)) for d in (0, 2, 3)] == [9, 9, 365]


# --- in a store --------------------------------------------------------------------------------------------------


class Shop:
    """A store with one source, whose card is written anew; its rows have addresses on three hosts, and none."""

    HOSTS = ("reed.example", "blog.reed.example", "harbour.example")

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "reed"
        self.folder.mkdir()
        rows: list[dict[str, str]] = [{"id": "none", "text": "What nobody says of the tides."}]
        rows += [{"id": h, "text": f"What {h} says of the tides.", "url": f"https://{h}/a"} for h in self.HOSTS]
        (self.folder / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
        self.ticks = iter(range(100_000))
        self.store = Store(folder / "store", clock=lambda: NOON + timedelta(seconds=next(self.ticks)))

    def says(self, *looks: str, card: str = "") -> Shop:
        tables = "".join(f"[[observed]]\nby = 'Ada'\n{look}\n" for look in looks)
        text = f'name = "reed"\npersonal_data = "no"\n{card}\n{tables}'
        (self.folder / "source.toml").write_text(text, encoding="utf-8")
        self.store.ingest([self.folder])
        return self

    def relies(self) -> Shop:
        path = self.folder.parent / "store" / "policy.toml"
        path.write_text(BASIS, encoding="utf-8")
        sign(path, LAW.vocabulary, by="Ada", until=NOON + timedelta(days=3_650), now=NOON)
        return self

    def permitted(self, **asked: Any) -> set[str]:
        answer = self.store.query(
            use="train.pretrain", **{"jurisdiction": ["DE"], "accept": ["all"], "ids": True, **asked}
        )
        listed = ", ".join(f"'{i}'" for i in answer["ids"]) or "''"
        return {
            r["id"] for r in self.store.sql(f"SELECT source_record_id AS id FROM records WHERE record_id IN ({listed})")
        }


ABSENT = 'result = "absent"\non = 2026-09-01\nprotocols = ["robots", "tdmrep", "headers", "html"]'


def test_basis_reaches_the_records_of_which_somebody_looked(tmp_path: Path) -> None:
    shop = Shop(tmp_path).says()
    shop.relies()
    everything = {*Shop.HOSTS, "none"}
    assert shop.permitted() == set()
    assert [r["detail"] for r in shop.store.explain("none", use="train.pretrain", jurisdiction=["DE"])["reasons"]] == [
        "copy never"
    ]
    assert shop.says(ABSENT).permitted() == set(Shop.HOSTS)
    assert shop.says(ABSENT.replace('"robots", ', "")).permitted() == set()
    assert shop.says(ABSENT + '\nhosts = ["reed.example"]').permitted() == {"reed.example"}
    assert shop.says(ABSENT + '\ndomains = ["reed.example"]').permitted() == {"reed.example", "blog.reed.example"}
    copy = 'protocols = ["copy"]\nresult = "absent"\non = 2026-09-01'
    assert shop.says(copy).permitted() == {"none"}
    assert shop.says(ABSENT, copy).permitted() == everything
    assert shop.says(ABSENT, copy).permitted(as_of=NOON + timedelta(days=400)) == set()
    later = ABSENT.replace("2026-09-01", "2027-06-01")
    assert shop.says(later).permitted() == set()
    assert shop.says(later).permitted(as_of=NOON + timedelta(days=400)) == set(Shop.HOSTS)
    for result in ("unreadable", "failed"):
        assert shop.says(ABSENT.replace("absent", result), copy).permitted() == {"none"}
    # Nobody knows at which host the row without an address was: what was found for all of the source reserves it too.
    assert shop.says(ABSENT.replace("absent", "found"), copy).permitted() == set()


def test_reservation_that_was_found_refuses_there_although_a_licence_permits(tmp_path: Path) -> None:
    free = 'license = "CC0-1.0"'
    found = 'protocols = ["tdmrep"]\nresult = "found"\non = 2026-09-01\n'
    shop = Shop(tmp_path).says(found + 'domains = ["reed.example"]', card=free)
    assert shop.permitted() == {"harbour.example", "none"}
    told = shop.store.explain("reed.example", use="train.pretrain")
    assert (told["decision"], told["reasons"][0]["reason"], told["reasons"][0]["detail"]) == (
        "deny",
        "reserved",
        "tdmrep",
    )
    [seen] = [e for e in told["evidence"] if e["kind"] == "reservation"]
    assert (seen["raw"], seen["observed_at"], seen["determining"]) == (
        "tdmrep: found, looked at by Ada (*.reed.example)",
        "2026-09-01",
        True,
    )
    gone = found.replace("found", "absent").replace("2026-09-01", "2026-10-01")
    assert shop.says(found, gone + 'hosts = ["reed.example"]', card=free).permitted() == {"reed.example"}
    assert shop.says(found, gone, card=free).permitted() == {*Shop.HOSTS, "none"}
    assert shop.store.explain("reed.example", use="train.pretrain")["valid_until"] is None


def test_what_was_observed_stands_in_the_evidence_of_the_store(tmp_path: Path) -> None:
    shop = Shop(tmp_path).says(ABSENT)
    found = shop.store.sql(
        "SELECT DISTINCT statement, raw, observed_at FROM evidence WHERE kind = 'observation' ORDER BY raw"
    )
    assert [(f["statement"], f["observed_at"]) for f in found] == [("looked_absent", "2026-09-01")] * 4
    assert found[-1]["raw"] == "tdmrep: absent, looked at by Ada"


def test_ancestor_at_which_a_reservation_was_found_reserves(tmp_path: Path) -> None:
    root = a_card({**LOOK, "result": "found", "hosts": ["a.example"]}, license="CC0-1.0")
    face = card_of({"name": "face", "license": "CC0-1.0", "derived_from": ["reed"]}, "face.toml", LAW.vocabulary)
    reserving = [e for e in claims_of(face, LAW.names, {"reed": root}) if e.kind == "reservation"]
    assert {(e.layer, e.basis) for e in reserving} == {("reed", p) for p in FOUR}
    gone = a_card({**LOOK, "result": "found"}, {**LOOK, "on": date(2026, 10, 1)}, license="CC0-1.0")
    assert [e for e in claims_of(face, LAW.names, {"reed": gone}) if e.kind == "reservation"] == []

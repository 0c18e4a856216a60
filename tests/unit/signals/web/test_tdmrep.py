"""``tdmrep.json`` and its policies: rules in order, values, and what a policy leaves of a reservation."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.catalog.signals import signals_of
from rightful.signals.web import tdmrep
from rightful.signals.web.stated import as_json, strictest

MINING = ["mine.analyse", "synth.derive", "train"]
PURPOSES = ("commercial", "noncommercial", "research")


def statuses(reading):
    return {one["act"]: one["status"] for one in as_json(reading.statements)}


def read(entries, url="/", **more):
    return tdmrep.read(json.dumps(entries).encode(), signals_of(), url=url, **more)


def of_purpose(reading, purpose):
    """What is stated of each act for one purpose."""
    held = [s for s in reading.statements if not s.purposes or purpose in s.purposes]
    return {act: one.status for act, one in strictest(held).items()}


def policy(*permissions, **more):
    return json.dumps(
        {"@type": "Offer", "profile": "http://www.w3.org/ns/tdmrep", "permission": list(permissions), **more}
    ).encode()


def test_first_rule_that_matches_counts():
    rules = [
        {"location": "/a/open/", "tdm-reservation": 0},
        {"location": "/a/", "tdm-reservation": 1},
        {"location": "/b/*.jpg$", "tdm-reservation": 1},
    ]
    for url, status in (
        ("https://h.example/a/open/x", "allow"),
        ("/a/x", "reserve"),
        ("/b/c.jpg", "reserve"),
        ("/b/c.jpg?x", "reserve"),
        ("/a/open/x?y", "allow"),
        ("/c", None),
    ):
        reading = read(rules, url)
        assert statuses(reading) == (dict.fromkeys(MINING, status) if status else {}), url
        assert reading.result == ("found" if status else "absent")


@pytest.mark.parametrize("value", [2, -1, True, "yes", "0", None, 1.0, [1], "", {}])
def test_value_that_is_neither_0_nor_1_leaves_open_what_was_meant(value):
    reading = read([{"location": "/", "tdm-reservation": value}])
    assert reading.result == "unreadable"
    assert set(statuses(reading).values()) == {"unknown"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"<html>not found</html>",
        b"[" * 100_000,
        b'[{"tdm-reservation": 0}]',
        b'[{"location": "/", "tdm-reservation": 0, "tdm-reservation": 1}]',
        b'[{"location": 3, "tdm-reservation": 0}]',
        b'["/"]',
        b'[{"location": "/", "tdm-reservation": 0, "tdm-policy": 7}]',
        b"\xff\xfe\x00",
    ],
)
def test_file_that_cannot_be_read_reserves_nothing_and_permits_nothing(raw):
    reading = tdmrep.read(raw, signals_of())
    assert reading.result == "unreadable"
    assert set(statuses(reading).values()) == {"unknown"}
    assert reading.unread


def test_broken_entry_beside_a_good_one_leaves_open_what_it_may_have_said():
    reading = read([{"location": "/", "tdm-reservation": 0}, {"locaton": "/x", "tdm-reservation": 1}])
    assert (reading.result, set(statuses(reading).values())) == ("unreadable", {"unknown"})


def test_mark_of_byte_order_and_a_single_object_are_read():
    raw = b'\xef\xbb\xbf{"location": "https://h.example/x", "tdm-reservation": 1}'
    assert statuses(tdmrep.read(raw, signals_of(), url="/x/y")) == dict.fromkeys(MINING, "reserve")


def test_policy_that_is_not_at_hand_leaves_the_reservation():
    rules = [{"location": "/", "tdm-reservation": 1, "tdm-policy": "https://h.example/p"}]
    assert set(statuses(read(rules)).values()) == {"reserve"}
    for raw in (b"", b"{}", policy(profile="http://other.example/"), policy({"action": "distribute"})):
        assert set(statuses(read(rules, policies={"https://h.example/p": raw})).values()) == {"reserve"}, raw


@pytest.mark.parametrize(
    ("duty", "status", "owed"),
    [
        ([], "unknown", set()),
        ([{"action": "compensate"}], "unknown", {"payment"}),
        ([{"action": "obtainConsent"}], "unknown", set()),
        ([{"action": "compensate"}, {"action": "obtainConsent"}], "unknown", set()),
        ([{"action": "http://www.w3.org/ns/odrl/2/compensate"}], "unknown", {"payment"}),
        ([{"action": "dance"}], "unknown", set()),
    ],
)
def test_duties_are_conditions(duty, status, owed):
    raw = policy({"action": "tdm:mine", "duty": duty})
    reading = tdmrep.of_policy(raw, signals_of())
    assert of_purpose(reading, "commercial")["train"] == status
    assert of_purpose(reading, "commercial")["synth.derive"] == "reserve"  # tdm:mine is not deriving
    [offered] = {s.obligations for s in reading.statements if s.status != "reserve"}
    assert offered == owed


def test_constraint_of_purpose_leaves_all_others_reserved():
    research = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "tdm:research"}
    reading = tdmrep.of_policy(policy({"action": "tdm:mine", "constraint": [research]}), signals_of())
    assert [of_purpose(reading, p)["train"] for p in PURPOSES] == ["reserve", "reserve", "unknown"]


@pytest.mark.parametrize("left", ["spatial", "dateTime", "purpose"])
def test_constraint_that_nobody_can_check_is_a_condition(left):
    other = {"leftOperand": left, "operator": "isPartOf", "rightOperand": ["urn:iso:3166:FRA"]}
    reading = tdmrep.of_policy(policy({"action": "tdm:mine", "constraint": [other]}), signals_of())
    assert "allow" not in {s.status for s in reading.statements}


def test_of_several_offers_the_duties_of_all_are_owed_and_one_that_nobody_can_meet_leaves_none():
    paid, asked = ({"action": "tdm:mine", "duty": [{"action": duty}]} for duty in ("compensate", "obtainConsent"))
    for offers, owed in (([paid, paid], {"payment"}), ([paid, asked], set()), ([paid, {"action": "tdm:mine"}], set())):
        reading = tdmrep.of_policy(policy(*offers), signals_of())
        assert [s.obligations for s in reading.statements if s.status == "unknown"] == [owed], offers


def test_rule_that_ends_with_the_path_and_permits_is_not_stretched_over_a_query():
    rules = [{"location": "/a$", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 1}]
    assert set(statuses(read(rules, "/a")).values()) == {"allow"}
    assert set(statuses(read(rules, "/a?b")).values()) == {"reserve"}


def test_half_of_a_character_is_not_read_and_breaks_nothing():
    for raw in (
        b'[{"location": "/\\ud800", "tdm-reservation": 1}]',
        b'[{"location": "/", "tdm-reservation": "\\udfff"}]',
    ):
        assert tdmrep.read(raw, signals_of(), url="/\ud800").result == "unreadable"


def test_where_no_page_is_named_all_that_is_stated_anywhere_counts():
    rules = tdmrep.rules(b'[{"location": "/a/", "tdm-reservation": 1}, {"location": "/", "tdm-reservation": 0}]')
    assert set(statuses(rules.everywhere(signals_of())).values()) == {"reserve"}
    assert set(statuses(rules.reading("/b", signals_of())).values()) == {"allow"}


def test_file_of_50_megabytes_is_not_read_at_length():
    raw = b"[" + b'{"location":"/a","tdm-reservation":0},' * (50 << 20 >> 5) + b"{}]"
    assert tdmrep.read(raw, signals_of()).unread == ("is larger than 16 MiB",)


def test_policy_that_forbids_beside_its_permission_permits_nothing():
    raw = policy({"action": "tdm:mine"}, prohibition=[{"action": "tdm:mine"}])
    assert set(statuses(tdmrep.of_policy(raw, signals_of())).values()) == {"reserve"}


RULES = st.fixed_dictionaries(
    {
        "location": st.sampled_from(["/", "/a", "/a/*", "*.html$", "/b"]),
        "tdm-reservation": st.sampled_from([0, 1, 2]),
    }
)
ORDER = {"allow": 0, None: 1, "unknown": 2, "reserve": 3}


@given(st.lists(RULES, max_size=4), st.sampled_from(["/", "/a/x.html", "/b", "/c"]))
def test_reservation_put_first_never_widens(rules, url):
    before, after = statuses(read(rules, url)), statuses(read([{"location": "/", "tdm-reservation": 1}, *rules], url))
    assert all(ORDER[after[act]] >= ORDER[before.get(act)] for act in MINING)
    assert set(after.values()) == {"reserve"}


@pytest.mark.parametrize(
    ("leave", "url"),
    [
        ({"location": "https://other.example/", "tdm-reservation": 0}, "https://a.example/x"),
        ({"location": "http://a.example:8080/", "tdm-reservation": 0}, "https://a.example/x"),
        ({"location": "/x$", "tdm-reservation": "0"}, "https://a.example/x?y=1"),
    ],
)
def test_leave_for_another_host_or_without_a_query_hides_no_reservation(leave, url):
    reading = read([leave, {"location": "/", "tdm-reservation": 1}], url)
    assert statuses(reading)["train"] == "reserve"

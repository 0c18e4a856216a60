"""The same request, said in options or under a name: the same decisions, over stores, cards, rows and uses at random."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rightful.decisions.named import STORE, document, read_named, toml_of_use
from rightful.decisions.policy import Policy, UseOptions, read_policy
from rightful.errors import InputError
from rightful.rights.uses import ACTORS, PROFILES, PURPOSES
from rightful.store.layout import private_folder
from tests.unit.policies import MONTH, NOON, WORDS, signed
from tests.unit.shelf import Shelf

ACTS = [*WORDS.acts, "train", "share", "serve"]
ACCEPTED = [*WORDS.bundles, "attribution", "notice", "all", "no_drm", "share_alike"]
LICENSES = [
    "CC0-1.0",
    "MIT",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC-BY-NC-4.0",
    "GPL-3.0-only",
    "All rights reserved",
    "no idea",
]


def some(names: list[str], least: int = 0, most: int = 3) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), unique=True, min_size=least, max_size=most)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """The keys of a request that can be made; those that are not drawn are not said."""
    said = {
        "use": draw(some(ACTS, 1)),
        "purpose": draw(st.sampled_from([None, *PURPOSES])),
        "actor": draw(st.sampled_from([None, *ACTORS])),
        "jurisdiction": draw(some(["DE", "FR", "US", "GB", "JP", "EU"], 0, 2)),
        "application": draw(st.sampled_from([None, "translation", "military", "unheard_of"])),
        "profile": draw(st.sampled_from([None, *PROFILES])),
        "accept": draw(some(ACCEPTED)),
    }
    if said["purpose"] == "research" and said["actor"] not in ("research_org", "public"):
        said["actor"] = "research_org"
    return {key: value for key, value in said.items() if value}


@st.composite
def bases(draw: st.DrawFn) -> dict[str, Any]:
    """A statutory basis as far as its statute reaches, or less far."""
    law = draw(st.sampled_from([*WORDS.statutes.values()]))
    return {
        "statute": law.id,
        "acts": sorted(draw(st.sets(st.sampled_from(sorted(law.acts)), min_size=1))),
        "purposes": sorted(draw(st.sets(st.sampled_from(sorted(law.purposes)), min_size=1))),
        "actors": sorted(draw(st.sets(st.sampled_from(sorted(law.actors or ACTORS)), min_size=1))),
        "jurisdiction": sorted(law.territory),
        "lawful_access": True,
    }


cards = st.fixed_dictionaries(
    {
        "license": st.sampled_from(LICENSES),
        "personal_data": st.sampled_from(["no", "unknown", "yes"]),
        "covers": st.sampled_from(["contents", "compilation"]),
        "looked": st.booleans(),
        "rows": st.lists(
            st.fixed_dictionaries(
                {"text": st.sampled_from(["one text", "another text", "mail to ada@example.org"])},
                optional={
                    "license": st.sampled_from(LICENSES),
                    "author": st.just("Bo"),
                    "url": st.just("https://a.example/1"),
                },
            ),
            min_size=1,
            max_size=3,
        ),
    }
)


def filled(folder: Path, sources: list[dict[str, Any]]) -> Shelf:
    """A store with these sources."""
    shelf = Shelf(folder)
    shelf.store.layout.create()
    for n, source in enumerate(sources):
        place = folder / "in" / f"s{n}"
        place.mkdir(parents=True)
        said = {"name": f"s{n}", **{key: source[key] for key in ("license", "personal_data", "covers")}}
        card = "".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items())
        if source["looked"]:
            card += '[[observed]]\nprotocols = ["copy", "robots", "tdmrep", "headers", "html"]\nresult = "absent"\n'
            card += 'on = 2026-11-01\nby = "Ada"\n'
        (place / "source.toml").write_text(card)
        rows = [json.dumps({"id": str(i), **row}) for i, row in enumerate(source["rows"])]
        (place / "rows.jsonl").write_text("\n".join(rows) + "\n")
    shelf.store.ingest([folder / "in"])
    return shelf


def written(shelf: Shelf, data: dict[str, Any]) -> None:
    """A named use of the store, signed where it states a basis."""
    path = shelf.store.layout.uses / "mine.toml"
    private_folder(path.parent)
    raw = toml_of_use({"summary": "Mine.", **data})
    if data.get("basis"):
        raw = document("mine", str(path)).signed(raw, by="Ada", until=NOON + MONTH, now=NOON)
    path.write_bytes(raw)


def answered(shelf: Shelf, **options: Any) -> dict[str, Any]:
    """All that a query answers but which policy it was, and the decision on every record. The clock stands still."""
    shelf.minutes = 100
    answer = shelf.store.query(**options, ids=True).as_json()
    alike = {key: value for key, value in answer.items() if key not in ("policy", "would_permit", "use", "next")}
    use = {key: value for key, value in answer["use"].items() if key != "asked"}
    records = [row["record_id"] for row in shelf.store.sql("SELECT record_id FROM records ORDER BY 1")]
    decided = {}
    for record in records:
        shelf.minutes = 100
        explained = shelf.store.explain(record, **options)
        decided[record] = (explained.decision, explained.reasons, explained.obligations, explained.by_act)
    return {**alike, "use": use, "decided": decided}


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(cards, min_size=1, max_size=3), st.lists(requests(), min_size=2, max_size=2), st.none() | bases())
def test_a_request_under_a_name_is_decided_as_the_same_request_in_options(
    sources: list[dict[str, Any]], asked: list[dict[str, Any]], basis: dict[str, Any] | None
) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        shelf = filled(folder, sources)
        policy = shelf.store.layout.policy
        for said in asked:
            policy.unlink(missing_ok=True)
            if basis is not None:
                policy.write_bytes(toml_of_use({"basis": [basis]}))
                signed(policy)
            in_options = answered(shelf, **said)
            policy.unlink(missing_ok=True)
            written(shelf, said | ({"basis": [basis]} if basis else {}))
            assert answered(shelf, policy="mine") == in_options
    finally:
        shutil.rmtree(folder)


@given(requests(), st.data())
def test_wherever_a_term_is_said_the_request_is_the_same(said: dict[str, Any], data: st.DataObject) -> None:
    """In the named use, in the policy, as an option, or in several of them alike."""
    whole = Policy({}).use(UseOptions(**as_options(said)), WORDS, NOON)
    in_name, in_policy, in_options = {"use": said["use"]}, {}, {}
    for key, value in said.items():
        if key == "use":
            continue
        places = [in_name, in_policy, in_options]
        for place in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3)):
            place[key] = value
    named = read_named(toml_of_use({"summary": "Mine.", **in_name}), "mine", "mine.toml", STORE, WORDS)
    standing = Policy(in_policy, place="policy.toml").beside(named)
    options = as_options(in_options) | ({"use": tuple(said["use"])} if data.draw(st.booleans()) else {})
    assert standing.use(UseOptions(policy="mine", **options), WORDS, NOON) == whole


@given(requests(), requests())
def test_a_named_use_never_asks_for_what_it_does_not_say(said: dict[str, Any], other: dict[str, Any]) -> None:
    """An option or a policy beside it changes none of its terms: it is refused, or it says the same."""
    named = read_named(toml_of_use({"summary": "Mine.", **said}), "mine", "mine.toml", STORE, WORDS)
    try:
        alone = Policy({}).beside(named).use(UseOptions(policy="mine"), WORDS, NOON)
        use = Policy({}).beside(named).use(UseOptions(policy="mine", **as_options(other)), WORDS, NOON)
    except InputError:
        return
    assert use.acts == alone.acts
    for key, field in (
        ("purpose", "purpose"),
        ("actor", "actor"),
        ("profile", "profile"),
        ("application", "application"),
    ):
        assert key not in said or getattr(use, field) == said[key]
    assert "jurisdiction" not in said or use.jurisdictions == alone.jurisdictions
    assert use.accepted >= alone.accepted


def as_options(said: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}


def test_policy_of_the_properties_is_one_that_is_read(tmp_path: Path) -> None:
    """The basis of a policy and that of a named use are the same claim."""
    basis = {"statute": "US-107", "acts": ["train.pretrain"], "purposes": ["commercial"], "actors": ["for_profit"]}
    basis["jurisdiction"] = ["US"]
    path = tmp_path / "policy.toml"
    path.write_bytes(toml_of_use({"basis": [basis]}))
    signed(path)
    raw = toml_of_use({"summary": "Mine.", "use": ["train.pretrain"], "basis": [basis]})
    raw = document("mine", "mine").signed(raw, by="Ada", until=NOON + MONTH, now=NOON)
    assert read_named(raw, "mine", "mine", STORE, WORDS).bases == read_policy(path, WORDS).bases

"""Assets: registered for what all their inputs permit, refused for anything else, tainted by what is withdrawn."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from rightful.api import Store
from rightful.cli.pages.asset import asset_lines
from rightful.errors import InputError, UnknownName
from tests.unit.shelf import Shelf, wording

TRAIN: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
RESEARCH: dict[str, Any] = {**TRAIN, "purpose": "research", "actor": "research_org"}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    shelf.put("open", *(wording(name) for name in ("ash", "birch", "cedar")))
    return shelf


def export(shelf: Shelf, name: str, **asked: Any) -> dict[str, Any]:
    return shelf.store.export(shelf.root / name, **{**TRAIN, "workers": 1, **asked}).as_json()


def slugs(answer: Any) -> set[str]:
    return {one["reason"] for one in answer["reasons"]}


# --- registering -------------------------------------------------------------------------------------------------


def test_asset_is_registered_for_what_its_inputs_permit_and_shown_again(shelf: Shelf) -> None:
    made = export(shelf, "out")
    added = shelf.store.asset.add("m", "model", input=shelf.root / "out", **TRAIN)
    assert (added.registered, added.decision, added.status, added.reasons) == (True, "permit", "current", [])
    assert added.inputs == [
        {"export": made["export"], "tokens": made["tokens"], "share": 1.0, "name": None, "decision": "permit"}
    ]
    shown = shelf.store.asset.show("m")
    assert (shown.asset, shown.status, shown.decision, shown.tainted) == (added.asset, "current", "permit", None)
    assert [one["use"]["acts"] for one in shown.declared] == [["train.pretrain"]]
    assert [row["name"] for row in shelf.store.asset.list()] == ["m"]


def test_asset_that_is_declared_again_keeps_its_id_and_gets_one_declaration_more(shelf: Shelf) -> None:
    export(shelf, "out")
    first = shelf.store.asset.add("m", "model", input=shelf.root / "out", **TRAIN)
    again = shelf.store.asset.add("m", "model", input=shelf.root / "out", use="serve.output", accept="all")
    assert (again.asset, again.created_at) == (first.asset, first.created_at)
    assert [one["use"]["acts"] for one in again.declared] == [["train.pretrain"], ["serve.output"]]


def test_check_says_whether_a_use_is_declared(shelf: Shelf) -> None:
    export(shelf, "out")
    shelf.store.asset.add("m", "model", input=shelf.root / "out", **TRAIN)
    assert shelf.store.asset.check("m", **TRAIN).is_declared
    other = shelf.store.asset.check("m", use="serve.output", accept="all")
    assert (other.decision, other.is_declared) == ("permit", False)


def test_shares_follow_the_tokens_and_a_tokenizer_brings_none(shelf: Shelf) -> None:
    shelf.put("more", wording("dogwood"))
    one = export(shelf, "one", where="source_id = 'open'", tokenizer="train:300")
    two = export(shelf, "two", where="source_id = 'more'")
    tokenizer = one["tokenizer"]["asset"]
    added = shelf.store.asset.add(
        "m",
        "model",
        input=[one["export"], str(shelf.root / "two"), tokenizer],
        tokens={str(shelf.root / "two"): 3 * one["tokens"]},
        **TRAIN,
    )
    assert [(of["tokens"], of["share"]) for of in added.inputs] == [
        (one["tokens"], 0.25),
        (3 * one["tokens"], 0.75),
        (0, 0.0),
    ]
    assert added.inputs[1]["export"] == two["export"]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"input": None}, "an asset is made of something"),
    ({"input": "x-0000000000000000"}, "unknown export or asset"),
    ({"input": ["out", "out"]}, "twice"),
    ({"name": ""}, "no name of an asset"),
    ({"name": "m-0123456789abcdef"}, "is the id of something"),
    ({"kind": "weights"}, "unknown kind of asset"),
    ({"tokens": {"elsewhere": 3}}, "unknown input"),
    ({"tokens": {"out": -3}}, "no number of tokens"),
    ({"file": "not-there.bin"}, "is no file"),
    ({"base": "."}, "has no rightful.json"),
    ({"use": None}, "no use named"),
    ({"use": "trian"}, "unknown use"),
]


def test_asset_that_cannot_be_one_is_an_error_that_names_what_is_wrong(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    export(shelf, "out")
    monkeypatch.chdir(shelf.root)
    before = shelf.store.status()["snapshot"]
    for given, message in BAD:
        with subtests.test(message), pytest.raises(InputError, match=message):
            shelf.store.asset.add(**{"name": "m", "kind": "model", "input": "out", **TRAIN, **given})
    assert (len(shelf.store.asset.list()), shelf.store.status()["snapshot"]) == (0, before)


def test_export_that_this_store_did_not_make_is_no_input(shelf: Shelf, tmp_path: Path) -> None:
    other = Shelf(tmp_path / "elsewhere")
    other.put("open", wording("elm"))
    export(other, "out")
    with pytest.raises(InputError, match="which this store does not know"):
        shelf.store.asset.add("m", "model", input=other.root / "out", **TRAIN)


def test_nothing_is_made_of_itself(shelf: Shelf) -> None:
    export(shelf, "out")
    shelf.store.asset.add("a", "model", input=shelf.root / "out", **TRAIN)
    shelf.store.asset.add("b", "model", input="a", **TRAIN)
    with pytest.raises(InputError, match=r"a would be made of itself: a <- b <- \.\.\. <- a"):
        shelf.store.asset.add("a", "model", input="b", **TRAIN)
    with pytest.raises(InputError, match="b would be made of itself: b <- b"):
        shelf.store.asset.add("b", "model", input=["b", "a"], **TRAIN)
    with pytest.raises(InputError, match="with another inputs"):
        shelf.store.asset.add("b", "model", input=shelf.root / "out", **TRAIN)


# --- function creep ----------------------------------------------------------------------------------------------


def test_tokenizer_and_model_from_research_data_are_refused_for_commercial_use(shelf: Shelf) -> None:
    shelf.put("papers", wording("fir"), license="CC-BY-NC-4.0")
    made = export(shelf, "out", **RESEARCH, tokenizer="train:300")
    added = shelf.store.asset.add("m", "model", input=made["export"], **RESEARCH)
    assert added.registered
    for name in ("m", made["tokenizer"]["asset"]):
        assert shelf.store.asset.check(name, **RESEARCH).decision == "permit"
        refused = shelf.store.asset.check(name, **TRAIN)
        assert (refused.decision, slugs(refused)) == ("deny", {"license-denies"})
        assert [one["records"] for one in refused.reasons] == [1]
    child = shelf.store.asset.add("product", "model", input="m", **TRAIN)
    assert (child.registered, child.asset, slugs(child)) == (False, None, {"license-denies"})
    assert [row["name"] for row in shelf.store.asset.list() if row["kind"] == "model"] == ["m"]


def test_fine_tune_is_held_to_its_base_for_a_sensitive_application(shelf: Shelf) -> None:
    shelf.put("people", wording("fern"), personal_data="unknown")
    export(shelf, "out")
    shelf.store.asset.add("base", "model", input=shelf.root / "out", **TRAIN)
    shelf.put("faces", wording("gorse"))
    asked: dict[str, Any] = {"use": "train.finetune", "application": "biometric.identify", "accept": "all"}
    tuning = export(shelf, "faces-out", **asked, where="source_id = 'faces'")
    alone = shelf.store.asset.add("probe", "model", input=tuning["export"], **asked)
    assert alone.registered
    tuned = shelf.store.asset.add("tuned", "model", input=["base", tuning["export"]], **asked)
    assert (tuned.registered, [one["decision"] for one in tuned.inputs]) == (False, ["deny", "permit"])
    assert slugs(tuned) == {"sensitive-application"}


def test_grant_of_2015_permits_no_model_of_an_act_that_came_later(shelf: Shelf) -> None:
    folder = shelf.root / "mail"
    folder.mkdir()
    (folder / "source.toml").write_text(
        """name = "mail"
license = "CC0-1.0"
personal_data = "yes"
legal_basis = "consent"
[consent]
status = "given"
acts = ["train"]
purposes = ["commercial"]
given_on = 2015-03-01
valid_until = 2035-01-01
"""
    )
    (folder / "rows.jsonl").write_text(json.dumps({"id": "1", "text": wording("holly")}) + "\n")
    shelf.store.ingest([folder])
    asked = {"use": "train.nongen", "accept": "all"}
    made = export(shelf, "out", **asked, where="source_id = 'mail'")
    assert shelf.store.asset.add("filter", "model", input=made["export"], **asked).registered
    refused = shelf.store.asset.check("filter", **TRAIN)
    assert refused.decision != "permit"
    assert "newer-than-grant" in slugs(refused)


def test_use_that_a_source_was_not_collected_for_needs_an_acknowledgement_the_first_time(shelf: Shelf) -> None:
    shelf.put("survey", wording("iris"), collected_for=["spam_filtering", "eval"])
    made = export(shelf, "out")
    refused = shelf.store.asset.add("m", "model", input=made["export"], **TRAIN)
    assert (refused.registered, refused.decision, slugs(refused)) == (False, "deny", {"new-use"})
    assert [(one["source"], one["first"]) for one in refused.new_uses] == [("survey", ["train.pretrain"])]
    assert refused.next[0]["command"].endswith("--acknowledge-new-use")
    assert len(shelf.store.asset.list()) == 0
    added = shelf.store.asset.add("m", "model", input=made["export"], acknowledge_new_use=True, **TRAIN)
    assert added.registered
    entry = shelf.store.sql("SELECT description FROM assets")[0]["description"]
    assert json.loads(entry)["declared"][0]["new_uses"][0]["source"] == "survey"
    again = shelf.store.asset.add("n", "model", input=made["export"], **TRAIN)
    assert (again.registered, again.new_uses[0]["first"]) == (True, [])
    assert shelf.store.asset.add("p", "index", input=made["export"], use="eval.benchmark").new_uses == []


def test_what_was_permitted_at_another_instant_has_to_be_permitted_now(shelf: Shelf) -> None:
    made = export(shelf, "out")
    shelf.withdraw("source", "open")
    then = "2026-11-21T12:02:00Z"
    assert shelf.store.asset.add("m", "model", input=made["export"], **TRAIN, as_of=then).registered is False


# --- what becomes of it ------------------------------------------------------------------------------------------


def test_withdrawal_taints_what_was_made_of_the_record_with_its_share_of_tokens_and_since_when(shelf: Shelf) -> None:
    made = export(shelf, "out", tokenizer="train:300")
    shelf.put("more", wording("jasmine"))
    other = export(shelf, "more-out", where="source_id = 'more'")
    shelf.store.asset.add("m", "model", input=made["export"], **TRAIN)
    shelf.store.asset.add("child", "model", input=["m", other["export"]], **TRAIN)
    shelf.store.asset.add("apart", "model", input=other["export"], **TRAIN)
    record = shelf.store.sql("SELECT record_id FROM records WHERE source_record_id = 'open-0'")[0]["record_id"]
    event = shelf.store.consent.withdraw(record=record)
    rows = shelf.store.asset.list()
    assert {row["name"]: row["status"] for row in rows if row["kind"] == "model"} == {
        "m": "tainted",
        "child": "tainted",
        "apart": "current",
    }
    assert [row["status"] for row in rows if row["kind"] == "tokenizer"] == ["tainted"]
    index = shelf.root / "out" / "index.parquet"
    lengths = {r["record_id"]: r["length"] for r in _index(index)}
    part = lengths[record] / made["tokens"]
    shown = shelf.store.asset.show("m")
    assert shown.tainted == {
        "records": 1,
        "tokens": lengths[record],
        "share": pytest.approx(part),
        "since": event["effective"],
        "events": [event["event"]],
        "exports": [made["export"]],
        "exports_unreadable": [],
    }
    assert (shown.decision, slugs(shown)) == ("deny", {"withdrawn"})
    child = shelf.store.asset.show("child")
    weight = made["tokens"] / (made["tokens"] + other["tokens"])
    assert child.tainted is not None
    assert child.tainted["share"] == pytest.approx(part * weight)
    assert not shelf.store.asset.add("late", "model", input="child", **TRAIN).registered


def test_what_was_made_of_a_record_stays_tainted_when_that_is_erased_and_its_export_repaired(shelf: Shelf) -> None:
    made = export(shelf, "out", tokenizer="train:300")
    shelf.store.asset.add("m", "model", input=made["export"], **TRAIN)
    record = shelf.store.sql("SELECT record_id FROM records WHERE source_record_id = 'open-0'")[0]["record_id"]
    event = shelf.store.consent.withdraw(record=record)
    before = shelf.store.asset.show("m").tainted
    new = shelf.store.redact(made["export"]).export
    shelf.store.compact()
    shown = shelf.store.asset.show("m")
    assert (shown.status, shown.decision, slugs(shown), shown.tainted) == ("tainted", "deny", {"erased"}, before)
    assert shown.tainted is not None
    assert shown.tainted["events"] == [event["event"]]
    tokenizer = shelf.store.asset.show(made["tokenizer"]["asset"])
    assert [one["export"] for one in tokenizer.inputs] == [made["export"]]
    repaired = shelf.store.asset.add("m2", "model", input=new, **TRAIN)
    assert (repaired.registered, repaired.status) == (True, "current")


def test_withdrawal_names_what_was_made_of_the_record_by_what_it_is_declared_for(shelf: Shelf) -> None:
    made = export(shelf, "out")
    plain = shelf.store.asset.add("plain", "model", input=made["export"], **TRAIN)
    open_ = shelf.store.asset.add("open", "model", input="plain", use="share.weights", accept="all")
    dry = shelf.store.consent.withdraw(source="open", use="share", dry_run=True)
    assert (dry.exports, [one["name"] for one in dry.assets]) == ([], ["open"])
    assert dry.assets[0]["path"] == [made["export"], plain.asset, open_.asset]
    gone = shelf.store.consent.withdraw(source="open")
    assert (gone.exports, [one["asset"] for one in gone.assets]) == ([made["export"]], [plain.asset, open_.asset])
    other = shelf.store.consent.withdraw(source="elsewhere")
    assert (other.exports, other.assets) == ([], [])


def test_consent_that_comes_back_lifts_the_taint(shelf: Shelf) -> None:
    made = export(shelf, "out")
    shelf.store.asset.add("m", "model", input=made["export"], **TRAIN)
    shelf.store.consent.withdraw(source="open")
    assert shelf.store.asset.show("m").status == "tainted"
    shelf.store.consent.add(source="open", use="train", purpose="commercial")
    assert shelf.store.asset.show("m").status == "current"


def test_asset_of_an_export_whose_index_is_gone_permits_nothing(shelf: Shelf) -> None:
    made = export(shelf, "out")
    shelf.store.asset.add("m", "model", input=made["export"], **TRAIN)
    shelf.store.layout.exported(made["export"]).unlink()
    (shelf.root / "out" / "index.parquet").unlink()
    shown = shelf.store.asset.show("m")
    assert (shown.status, shown.decision, slugs(shown)) == ("unreadable", "unknown", {"contents-unknown"})


def test_asset_permits_nothing_of_a_record_that_stands_no_more(shelf: Shelf) -> None:
    made = export(shelf, "out")
    shelf.store.asset.add("m", "model", input=made["export"], **TRAIN)
    shelf.put("open", *(wording(name) for name in ("birch", "cedar")))
    shown = shelf.store.asset.show("m")
    assert (shown.decision, slugs(shown)) == ("unknown", {"record-gone"})


def test_tokenizer_of_a_part_of_an_export_is_held_to_that_part(shelf: Shelf) -> None:
    contract = {"party": "Press", "reference": "R", "signed_on": "2026-01-05", "acts": ["train.pretrain"]}
    folder = shelf.root / "press"
    folder.mkdir()
    terms = "\n".join(f"{key} = {json.dumps(of)}" for key, of in contract.items()).replace('"2026-01-05"', "2026-01-05")
    (folder / "source.toml").write_text(
        f'name = "press"\npersonal_data = "no"\n[[contracts]]\n{terms}\npurposes = ["commercial"]\nperpetual = true\n'
    )
    (folder / "rows.jsonl").write_text(json.dumps({"id": "1", "text": wording("kale")}) + "\n")
    shelf.store.ingest([folder])
    made = export(shelf, "out", tokenizer="train:300")
    assert made["tokenizer"]["trained_on"]["records"] == made["records"] - 1
    tokenizer = shelf.store.asset.show(made["tokenizer"]["asset"])
    assert (tokenizer.status, tokenizer.decision) == ("current", "permit")
    shelf.store.consent.withdraw(source="open")
    assert shelf.store.asset.show(made["tokenizer"]["asset"]).status == "tainted"


# --- obligations and licences ------------------------------------------------------------------------------------


def test_obligations_are_inherited_with_their_triggers_and_licences_meet(shelf: Shelf) -> None:
    shelf.put("shared", wording("larch"), license="CC-BY-SA-4.0")
    made = export(shelf, "out")
    asked: dict[str, Any] = {"use": ["train.pretrain", "share.weights"], "accept": "all"}
    added = shelf.store.asset.add("m", "model", input=made["export"], **asked)
    owed = {one["obligation"]: one["trigger"] for one in added.obligations}
    assert owed["share_alike"] == "always"
    assert owed["notice.licence"] == "on_share_data"
    assert added.outbound["train.pretrain"] is None
    assert "CC-BY-SA-4.0" in (added.outbound["share.weights"] or ())
    child = shelf.store.asset.add("child", "model", input="m", use="share.weights", accept="all")
    assert {one["obligation"] for one in child.obligations} <= {*owed}
    bare = shelf.store.asset.check("m", use="train.pretrain")
    assert (bare.decision, "share_alike" in bare.needs) == ("deny", True)
    [step] = bare.next
    assert " asset check m --use train.pretrain " in step["command"]


def test_what_would_have_to_be_accepted_is_a_command_that_runs_as_it_stands(shelf: Shelf) -> None:
    shelf.put("shared", wording("larch"), license="CC-BY-SA-4.0")
    made = export(shelf, "out")
    refused = shelf.store.asset.add("m", "model", input=made["export"], use="train.pretrain", accept="notice")
    assert refused.needs
    assert not refused.registered
    [step] = refused.next
    words = shlex.split(step["command"])
    assert words[words.index("asset") :][:3] == ["asset", "add", "m"]
    given = ["--kind", "model", "--input", made["export"], "--use", "train.pretrain", "--accept", "notice"]
    assert [word for word in given if word not in words] == []
    assert {words[n + 1] for n, word in enumerate(words) if word == "--accept"} == {"notice", *refused.needs}


def test_reason_of_several_inputs_stands_once_with_the_records_of_each(shelf: Shelf) -> None:
    shelf.put("shared", wording("larch"), license="CC-BY-SA-4.0")
    first = export(shelf, "out")["export"]
    second = export(shelf, "half", where="source_id = 'shared'")["export"]
    refused = shelf.store.asset.add("m", "model", input=[first, second], use="train.pretrain")
    page = " ".join(" ".join(asset_lines(refused)).split())
    assert page.count("obligations that were not accepted") == 1
    assert f"in {first}" in page
    assert f"in {second}" in page


def test_licences_that_leave_none_in_common_are_named(shelf: Shelf) -> None:
    shelf.put("shared", wording("larch"), license="CC-BY-SA-4.0")
    shelf.put("manual", wording("maple"), license="GPL-2.0-only")
    one = export(shelf, "one", where="source_id = 'shared'")
    two = export(shelf, "two", where="source_id = 'manual'")
    weights: dict[str, Any] = {"use": "share.weights", "accept": "all"}
    assert shelf.store.asset.add("one", "model", input=one["export"], **weights).registered
    both = shelf.store.asset.add("both", "model", input=[one["export"], two["export"]], **weights)
    assert both.registered is False
    clash = next(of for of in both.reasons if of["reason"] == "inputs-clash")
    assert "CC-BY-SA-4.0" in clash["text"]
    assert "GPL-2.0" in clash["text"]


# --- the specification -------------------------------------------------------------------------------------------


def carded(shelf: Shelf, **card: Any) -> Path:
    made = export(shelf, "out")
    shelf.store.asset.add("base", "model", input=made["export"], **TRAIN)
    shelf.store.asset.card("base", out=shelf.root / "weights", **card)
    return shelf.root / "weights"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Shelf:
    other = Shelf(tmp_path / "elsewhere")
    other.put("own", wording("nettle"))
    return other


def test_card_states_every_act_and_names_no_record(shelf: Shelf) -> None:
    shelf.put("people", wording("fern"), personal_data="unknown")
    weights = carded(shelf)
    raw = (weights / "rightful.json").read_text()
    data = json.loads(raw)
    acts = {act for use in data["uses"] for act in use["acts"]}
    assert acts == {*shelf.store.catalog.vocabulary.acts}
    permitted = next(u for u in data["uses"] if u["decision"] == "permit" and u["purpose"] == "commercial")
    assert None in permitted["applications"]
    refused = next(u for u in data["uses"] if u["decision"] != "permit")
    assert "biometric.identify" in refused["applications"]
    ids = [str(row["record_id"]) for row in shelf.store.sql("SELECT record_id FROM records")]
    page = (weights / "rightful.md").read_text()
    assert not any(i in raw or i in page for i in ids)
    assert "# What base may be used for" in page
    assert "biometric" in page


def test_what_is_made_of_a_base_of_elsewhere_is_held_to_its_card(shelf: Shelf, elsewhere: Shelf) -> None:
    shelf.put("papers", wording("fir"), license="CC-BY-NC-4.0")
    made = export(shelf, "out", **RESEARCH)
    shelf.store.asset.add("base", "model", input=made["export"], **RESEARCH)
    shelf.store.asset.card("base", out=shelf.root / "weights")
    own = export(elsewhere, "out")
    inputs: dict[str, Any] = {"input": own["export"], "base": shelf.root / "weights"}
    refused = elsewhere.store.asset.add("tuned", "model", **inputs, **{**TRAIN, "use": "train.finetune"})
    assert (refused.registered, slugs(refused)) == (False, {"base-refuses"})
    assert [one["decision"] for one in refused.inputs] == ["permit", "deny"]
    added = elsewhere.store.asset.add("tuned", "model", **inputs, **{**RESEARCH, "use": "train.finetune"})
    assert added.registered
    assert elsewhere.store.asset.check("tuned", **{**TRAIN, "use": "train.finetune"}).decision == "deny"
    silent = elsewhere.store.asset.check("tuned", **{**RESEARCH, "use": "train.finetune"}, profile="lenient")
    assert (silent.decision, slugs(silent)) == ("unknown", {"base-says-nothing"})
    # And on: what is made of that is held to the base of its base.
    elsewhere.store.asset.card("tuned", out=elsewhere.root / "weights")
    grandchild = json.loads((elsewhere.root / "weights" / "rightful.json").read_text())
    commercial = [u for u in grandchild["uses"] if u["purpose"] == "commercial" and "train.finetune" in u["acts"]]
    assert {use["decision"] for use in commercial} == {"deny"}


def test_base_of_the_store_itself_is_the_asset_as_it_is_now(shelf: Shelf) -> None:
    weights = carded(shelf)
    shelf.store.consent.withdraw(source="open")
    refused = shelf.store.asset.add("tuned", "model", base=weights, **TRAIN)
    assert (refused.registered, slugs(refused)) == (False, {"withdrawn"})
    assert "asset" in refused.inputs[0]


def test_card_that_has_ended_permits_nothing(shelf: Shelf, elsewhere: Shelf) -> None:
    weights = carded(shelf)
    data = json.loads((weights / "rightful.json").read_text())
    data["made"]["valid_until"] = "2026-11-20T00:00:00Z"
    (weights / "rightful.json").write_text(json.dumps(data))
    refused = elsewhere.store.asset.add("tuned", "model", base=weights, **TRAIN)
    assert (refused.decision, slugs(refused)) == ("unknown", {"base-ended"})


RAW = [
    (b"", "is no JSON"),
    (b"[" * 100_000, "is no JSON"),
    (b'{"uses": [], "uses": [1]}', "names 'uses' twice"),
    (b"[]", "expected a table"),
    (b"{}", "has no key specification"),
    (b'{"specification": 9}', "version 9, this program knows 1"),
    (b'{"specification": 1, "asset": 3}', "key asset: expected a table, not 3"),
    (b"x" * ((16 << 20) + 1), "over 16 MiB"),
]
STATEMENT: dict[str, Any] = {
    "decision": "yes",
    "purpose": "any",
    "acts": "train",
    "applications": [7],
    "outbound": "MIT",
    "obligations": [{}],
}


def test_file_that_is_no_specification_is_an_error_that_says_why(
    shelf: Shelf, elsewhere: Shelf, subtests: pytest.Subtests
) -> None:
    weights = carded(shelf)
    data = json.loads((weights / "rightful.json").read_text())
    broken = [(raw, message) for raw, message in RAW]
    for key, value in STATEMENT.items():
        uses = [{**data["uses"][0], key: value}, *data["uses"][1:]]
        broken.append((json.dumps({**data, "uses": uses}).encode(), rf"uses\[0\]\.{key}"))
    for raw, message in broken:
        (weights / "rightful.json").write_bytes(raw)
        with subtests.test(message), pytest.raises(InputError, match=message):
            elsewhere.store.asset.add("tuned", "model", base=weights, **TRAIN)


def test_card_is_not_written_over_that_of_another_asset(shelf: Shelf) -> None:
    weights = carded(shelf)
    shelf.store.asset.add("other", "model", input="base", **TRAIN)
    with pytest.raises(InputError, match="holds the specification of base"):
        shelf.store.asset.card("other", out=weights)
    assert shelf.store.asset.card("base", out=weights).files


def test_asset_that_is_not_known_is_an_error_that_suggests_one(shelf: Shelf) -> None:
    export(shelf, "out")
    shelf.store.asset.add("harbour-1b", "model", input=shelf.root / "out", **TRAIN)
    with pytest.raises(UnknownName, match="unknown asset 'harbor-1b'") as caught:
        Store(shelf.root / "store").asset.show("harbor-1b")
    assert "harbour-1b" in str(caught.value.hint)


def _index(path: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(path, columns=["record_id", "length"]).to_pylist()
    return rows

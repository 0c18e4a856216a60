"""Named uses on a store: what is asked under a name, what stays of an export when the name is signed otherwise, or gone."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from rightful.decisions.signing import WHERE, WHO
from rightful.errors import InputError
from rightful.query.touched import statuses
from rightful.store.ledger import Ledger
from tests.unit.shelf import Shelf

TDM = "eu-tdm-commercial"
SIGNATURE: dict[str, Any] = {"by": "Ada, counsel", "until": "2027-11-30", "ground": "Memo 7", "lawful_access": True}
LOOKED = {"protocols": ["copy"], "result": "absent", "on": "2026-11-01", "by": "Ada"}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """One text that is in the public domain, one under a licence with conditions, one of which nothing is stated."""
    shelf = Shelf(tmp_path)
    shelf.put("free", "A text that anybody may use for anything.")
    shelf.put("credited", {"text": "A text whose author is to be named.", "author": "Bo Lind"}, license="CC-BY-4.0")
    shelf.put("silent", "A text of which nobody has said anything.", license="")
    with (tmp_path / "silent" / "source.toml").open("a") as card:
        card.write("[[observed]]\n" + "".join(f"{k} = {v!r}\n" for k, v in LOOKED.items()).replace("'", '"'))
    text = (tmp_path / "silent" / "source.toml").read_text().replace('license = ""\n', "")
    (tmp_path / "silent" / "source.toml").write_text(text.replace('on = "2026-11-01"', "on = 2026-11-01"))
    shelf.store.ingest([tmp_path / "silent"])
    return shelf


def sources(shelf: Shelf, **options: Any) -> list[str]:
    answer = shelf.store.query(**options)
    return sorted(row["source"] for row in answer["sources"] if row["permitted"])


def status(shelf: Shelf) -> list[str]:
    with_ledger = Ledger.open(shelf.store.layout.ledger)
    try:
        return [*statuses(shelf.store.layout, with_ledger, shelf.store.catalog, shelf.clock()).values()]
    finally:
        with_ledger.close()


def test_basis_of_a_named_use_counts_where_it_is_asked_by_name_and_nowhere_else(shelf: Shelf) -> None:
    signed = shelf.store.policy.sign(TDM, **SIGNATURE)
    assert (signed.signed, signed.in_force, signed.exports) == (True, True, [])
    assert [step["command"].split()[-3:] for step in signed.next] == [["query", "--policy", TDM]]
    assert sources(shelf, policy=TDM) == ["credited", "free", "silent"]
    alike = {"use": ["mine.analyse", "train.pretrain", "eval.benchmark"], "jurisdiction": "EU", "accept": "credit"}
    assert sources(shelf, **alike) == ["credited", "free"]
    assert sources(shelf, policy="internal-model-commercial") == ["credited", "free"]


def test_answers_and_manifest_name_the_use_and_its_digest(shelf: Shelf, tmp_path: Path) -> None:
    shelf.store.policy.sign(TDM, **SIGNATURE)
    digest = shelf.store.policy.show(TDM).sha256
    manifest = shelf.store.export(tmp_path / "out", policy=TDM, tokenizer="bytes")
    answers = [manifest, shelf.store.query(policy=TDM), shelf.store.explain("silent-0", policy=TDM)]
    for answer in answers:
        named = answer["policy"]["named"]
        assert (named["name"], named["sha256"], named["origin"], named["in_force"]) == (TDM, digest, "store", True)
    plain = shelf.store.query("train.pretrain")
    assert "named" not in plain.policy
    assert shelf.store.query(policy="evaluation-only").policy["named"]["origin"] == "shipped"


def test_export_under_a_signed_use_is_stale_once_that_is_changed_gone_or_over(shelf: Shelf, tmp_path: Path) -> None:
    signed = Path(shelf.store.policy.sign(TDM, **SIGNATURE).path)
    export = shelf.store.export(tmp_path / "out", policy=TDM, tokenizer="bytes")["export"]
    other = shelf.store.export(tmp_path / "other", policy="internal-model-commercial", tokenizer="bytes")["export"]
    silent = shelf.store.record_id("silent-0")
    assert shelf.store.verify(export).ok
    assert status(shelf) == ["current", "current"]
    text = signed.read_text("utf-8")
    for change in (lambda: signed.unlink(), lambda: signed.write_text(text.replace("Memo 7", "Memo 8"))):
        change()
        verified = shelf.store.verify(export)
        assert [(row["record"], row["reason"]) for row in verified.stale] == [(silent, "nothing-stated")]
        assert shelf.store.verify(other).ok
        assert status(shelf) == ["stale", "current"]
    signed.write_text(text)
    assert shelf.store.verify(export).ok
    again = shelf.store.policy.sign(TDM, **{**SIGNATURE, "until": "2026-11-21T12:40:00Z"})
    assert again.exports == []
    assert shelf.store.verify(export).ok
    shelf.minutes = 60
    verified = shelf.store.verify(export)
    assert silent in {row["record"] for row in verified.stale}
    with pytest.raises(InputError, match="was signed by Ada, counsel"):
        shelf.store.query(policy=TDM)


def test_signing_names_the_exports_of_that_use_that_hold_what_it_permits_no_more(shelf: Shelf, tmp_path: Path) -> None:
    shelf.store.policy.new("mine", from_=TDM)
    with pytest.raises(InputError, match="nobody has signed it"):
        shelf.store.query(policy="mine")
    shelf.store.policy.sign("mine", **SIGNATURE)
    export = shelf.store.export(tmp_path / "out", policy="mine", tokenizer="bytes")["export"]
    path = shelf.store.layout.uses / "mine.toml"
    narrower = path.read_text("utf-8").replace(
        'acts = ["mine.analyse", "train.pretrain", "eval.benchmark"]', 'acts = ["mine.analyse"]'
    )
    path.write_text(narrower)
    assert shelf.store.policy.sign("mine", **SIGNATURE).exports == [export]
    assert not shelf.store.verify(export).ok
    assert shelf.store.policy.sign(TDM, **SIGNATURE).exports == []


def test_standing_policy_goes_on_counting_beside_a_named_use(shelf: Shelf) -> None:
    assert sources(shelf, policy="evaluation-only", accept=()) == ["credited", "free"]
    shelf.store.policy.new("bare", use="train.pretrain")
    assert sources(shelf, policy="bare") == ["free"]
    shelf.store.layout.policy.write_text('accept = ["credit"]\n')
    assert sources(shelf, policy="bare") == ["credited", "free"]
    shelf.store.layout.policy.write_text('purpose = "noncommercial"\n')
    with pytest.raises(InputError, match=r"says purpose commercial, and .*policy.toml, key purpose"):
        shelf.store.query(policy="evaluation-only")


def test_signature_of_a_use_on_a_statute_needs_ground_and_lawful_access(shelf: Shelf) -> None:
    for left_out, message in (
        ("by", "needs --by"),
        ("until", "needs --until"),
        ("ground", "needs --ground"),
        ("lawful_access", "lawfully accessed, and nobody declares it"),
    ):
        terms = {key: value for key, value in SIGNATURE.items() if key != left_out}
        with pytest.raises(InputError, match=message) as caught:
            shelf.store.policy.sign(TDM, **terms)
        assert "--" in str(caught.value.hint)
        assert not (shelf.store.layout.uses / f"{TDM}.toml").exists()
    shipped = shelf.store.policy.show(TDM)
    assert (shipped.origin, shipped.signed) == ("shipped", False)
    [step] = shipped.next
    assert f" policy sign {TDM} --by 'Name, role' --until" in str(step["command"])
    assert "every source of this store was lawfully accessed" in shipped.declared


def test_command_that_is_proposed_signs_nothing_as_it_stands(shelf: Shelf) -> None:
    [step] = shelf.store.policy.show(TDM).next
    words = shlex.split(str(step["command"]))
    name, *options = words[words.index("sign") + 1 :]
    proposed = dict(zip(options[::2], options[1::2], strict=False))
    assert (name, proposed["--by"], proposed["--ground"]) == (TDM, WHO, WHERE)
    for terms in ({"by": WHO}, {"ground": WHERE}, {"by": f" {WHO.upper()}  "}, {"by": WHO, "ground": WHERE}):
        with pytest.raises(InputError, match="stands for what you write there"):
            shelf.store.policy.sign(TDM, **{**SIGNATURE, **terms})
    shelf.store.layout.policy.write_text('copies = "own"\n')
    with pytest.raises(InputError, match="stands for what you write there"):
        shelf.store.policy.sign(by=WHO, until="2027-11-30")
    assert not (shelf.store.layout.uses / f"{TDM}.toml").exists()
    assert "signature" not in shelf.store.layout.policy.read_text()


def test_own_use_is_written_once_and_not_half(shelf: Shelf) -> None:
    made = shelf.store.policy.new(
        "mine", from_="open-weights-commercial", accept=["credit", "share-alike"], summary="Ours"
    )
    assert (made.origin, made.summary, made.accept) == ("store", "Ours", ["credit", "share-alike"])
    assert {row["bundle"] for row in made.undertaken} == {"credit", "share-alike"}
    assert "mine" in {row["name"] for row in shelf.store.policy.list()}
    before = Path(made.path).read_bytes()
    for name, options, message in (
        ("mine", {"use": "train"}, "there is a named use mine"),
        ("evaluation-only", {"use": "train"}, "there is a named use evaluation-only"),
        ("Mine", {"use": "train"}, "is no name of a use"),
        ("other", {}, "use is missing"),
        ("other", {"use": "trane"}, "unknown use"),
        ("other", {"use": "train", "accept": "credits"}, "unknown obligation"),
        ("other", {"use": "train", "summary": "two\nlines"}, "one line"),
        ("other", {"from_": "nothing"}, "unknown named use"),
        ("other", {"from_": TDM, "use": "share.verbatim"}, "does not reach"),
    ):
        with pytest.raises(InputError, match=message):
            shelf.store.policy.new(name, **options)
    assert Path(made.path).read_bytes() == before
    assert [path.name for path in shelf.store.layout.uses.iterdir()] == ["mine.toml"]


def test_use_that_begins_as_a_signed_one_is_unsigned_and_declares_nothing(shelf: Shelf) -> None:
    shelf.store.policy.sign(TDM, **SIGNATURE)
    made = shelf.store.policy.new("mine", from_=TDM, jurisdiction="DE")
    assert (made.signed, made.jurisdiction) == (False, ["DE"])
    text = Path(made.path).read_text("utf-8")
    assert "lawful_access" not in text
    assert text.count('jurisdiction = ["DE"]') == 2


def test_damaged_use_is_damage_of_the_store_and_no_matter_to_others(shelf: Shelf) -> None:
    assert shelf.store.check().ok
    made = Path(shelf.store.policy.new("mine", use="train").path)
    made.write_bytes(b"\xff")
    [damage] = shelf.store.check().damaged
    assert damage["file"] == str(made)
    assert shelf.store.query(policy="evaluation-only").permitted["records"] == 2
    with pytest.raises(InputError, match="cannot be read"):
        shelf.store.policy.list()


def test_uses_can_be_written_and_signed_before_there_is_a_store(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.store.policy.new("mine", use="eval.benchmark")
    shelf.store.policy.sign(TDM, **SIGNATURE)
    folder = shelf.store.layout.uses
    assert [path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())] == [0o700, 0o600, 0o600]
    shelf.put("free", "A text that anybody may use.")
    assert sources(shelf, policy="mine") == ["free"]
    assert shelf.store.license.check("MIT", policy="mine").decision == "permit"


def test_folder_that_is_no_store_gets_no_use(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.store.layout.root.mkdir()
    (shelf.store.layout.root / "thesis.doc").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        shelf.store.policy.new("mine", use="train")


def test_undertakings_of_a_named_use_that_was_signed_lapse_with_it(shelf: Shelf, tmp_path: Path) -> None:
    shelf.store.policy.new("mine", use="train.pretrain", accept="credit")
    shelf.store.policy.sign("mine", by="Ada", until="2026-11-21T12:30:00Z")
    export = shelf.store.export(tmp_path / "out", policy="mine", tokenizer="bytes")["export"]
    assert shelf.store.verify(export).ok
    shelf.minutes = 60
    assert [row["reason"] for row in shelf.store.verify(export).stale] == ["obligation"]


def test_what_would_permit_more_can_be_added_to_the_named_use(shelf: Shelf) -> None:
    shelf.store.policy.new("bare", use="train.pretrain", purpose="commercial")
    answer = shelf.store.query(policy="bare")
    assert [row["option"] for row in answer.would_permit]
    for row in answer.would_permit:
        words = row["option"].split()
        options = dict.fromkeys(words[::2])
        assert options.keys() <= {"--accept", "--reading"}  # a purpose would be another use
        accept = [value for option, value in zip(words[::2], words[1::2], strict=True) if option == "--accept"]
        reading = words[words.index("--reading") + 1] if "--reading" in words else None
        assert shelf.store.query(policy="bare", accept=accept, profile=reading).permitted == row["permitted"]


def test_publisher_that_the_store_does_not_have_is_doubted_and_stays_allowed(shelf: Shelf) -> None:
    shelf.store.layout.policy.write_text('publishers = ["Credted", "free"]\n')
    signed = shelf.store.policy.sign(by="Ada", until="2027-01-01")
    assert list(signed.doubts) == ["publishers: this store has no source 'Credted'; did you mean 'credited'?"]
    assert shelf.store.policy.show().as_json()["doubts"] == list(signed.doubts)
    shelf.store.layout.policy.write_text('publishers = ["free"]\n')
    assert "doubts" not in shelf.store.policy.sign(by="Ada", until="2027-01-01").as_json()

"""Named uses: which there are, what two of one name are, and what a named use, an option and the policy say twice."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rightful.decisions.named import (
    SHIPPED,
    STORE,
    Named,
    all_named,
    damages,
    document,
    find,
    option_of,
    read_named,
    shipped_folder,
    toml_of_use,
)
from rightful.decisions.policy import Policy, UseOptions, named_today, read_policy, standing
from rightful.errors import InputError, UnknownName
from rightful.rights.uses import Use
from rightful.store.layout import Layout
from tests.unit.policies import MONTH, NOON, WORDS, written

SHIPPED_NAMES = sorted(path.stem for path in shipped_folder().glob("*.toml"))
ON_STATUTES = [name for name in SHIPPED_NAMES if find(name, Path("nowhere"), WORDS).statutes]
OWN = 'summary = "Mine."\nuse = ["train.pretrain"]\n'


def own(folder: Path, name: str, text: str) -> Path:
    (folder / "uses").mkdir(exist_ok=True)
    path = folder / "uses" / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def signed(folder: Path, name: str, **changes: Any) -> Named:
    """A named use signed at noon, for a month, every access declared lawful."""
    data = {k: v for k, v in find(name, folder / "uses", WORDS, resign=True).data.items() if k != "signature"}
    data["basis"] = [{**basis, "lawful_access": True} for basis in data.get("basis", [])]
    data |= changes
    path = folder / "uses" / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    raw = document(name, str(path)).signed(
        toml_of_use(data), by="Ada, counsel", until=NOON + MONTH, now=NOON, ground="Memo 7"
    )
    path.write_bytes(raw)
    return find(name, folder / "uses", WORDS)


def asked(name: str, folder: Path, policy: Policy | None = None, **options: Any) -> Use:
    """The request of a named use with options beside it."""
    named = (policy or Policy({})).asked(name, WORDS, folder / "uses")
    return named.use(UseOptions(policy=name, **options), WORDS, NOON)


def test_shipped_uses_are_those_that_somebody_looks_for() -> None:
    wanted = "research-internal open-weights-commercial closed-model-commercial internal-search evaluation-only"
    wanted += " share-dataset eu-tdm-research eu-tdm-commercial"
    assert set(wanted.split()) <= set(SHIPPED_NAMES)
    assert [named.name for named in all_named(Path("nowhere"), WORDS)] == SHIPPED_NAMES


@pytest.mark.parametrize("name", SHIPPED_NAMES)
def test_shipped_use_says_what_is_asked_and_leaves_reading_application_and_place_to_who_asks(name: str) -> None:
    named = find(name, Path("nowhere"), WORDS)
    assert (named.origin, named.signature, named.bases) == (SHIPPED, None, ())
    assert {"purpose", "actor", "accept"} <= named.data.keys()
    assert not {"application", "profile"} & named.data.keys()
    assert ("jurisdiction" in named.data) == bool(named.statutes)
    assert all(WORDS.leaves(act) for act in named.data["use"])
    if not named.statutes:
        use = asked(name, Path("nowhere"))
        assert (use.purpose, use.actor, use.profile) == (named.data["purpose"], named.data["actor"], "strict")
        assert not any(WORDS.obligations[o].precondition for o in use.accepted)


@pytest.mark.parametrize("name", ON_STATUTES)
def test_use_that_rests_on_a_statute_is_refused_until_it_is_signed_and_reaches_no_further(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(InputError, match="nobody has signed it") as caught:
        asked(name, tmp_path)
    assert f"rightful policy sign {name} --by" in str(caught.value.hint)
    named = signed(tmp_path, name)
    use = asked(name, tmp_path)
    [basis] = named.bases
    assert named.origin == STORE
    assert set(use.acts) <= WORDS.statutes[named.statutes[0]].acts
    assert (set(use.acts), {use.purpose}, {use.actor}) == (basis.acts, basis.purposes, basis.actors)
    assert basis.observation is not None
    assert basis.observation.raw == "Memo 7, signed by Ada, counsel"


@pytest.mark.parametrize(
    "name", [n for n in ON_STATUTES if WORDS.statutes[find(n, Path("-"), WORDS).statutes[0]].lawful_access]
)
def test_statute_that_presupposes_lawful_access_is_not_signed_without_that_declaration(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(InputError, match="presupposes lawful access"):
        signed(tmp_path, name, basis=find(name, tmp_path, WORDS).data["basis"])


def test_signed_use_counts_in_its_period_and_says_so_elsewhere(tmp_path: Path) -> None:
    signed(tmp_path, "eu-tdm-commercial")
    policy = Policy({}).asked("eu-tdm-commercial", WORDS, tmp_path / "uses")
    assert policy.changes_after(NOON) == NOON + MONTH
    assert policy.as_json(NOON)["named"]["in_force"] is True
    for as_of in (NOON - timedelta(seconds=1), NOON + MONTH):
        with pytest.raises(InputError, match="was signed by Ada, counsel"):
            policy.use(UseOptions(policy="eu-tdm-commercial", as_of=as_of), WORDS, as_of)


def test_signed_use_that_was_changed_counts_for_nothing_until_it_is_signed_again(tmp_path: Path) -> None:
    named = signed(tmp_path, "eu-tdm-commercial")
    path = Path(named.path)
    path.write_text(path.read_text("utf-8").replace('"EU"', '"DE"'), "utf-8")
    with pytest.raises(InputError, match="was changed after Ada, counsel signed it"):
        find(named.name, path.parent, WORDS)
    assert named_today(Layout(tmp_path), WORDS, {"policy": {"named": {"name": named.name}}}) is None
    assert [damage["file"] for damage in damages(path.parent, WORDS)] == [str(path)]
    again = signed(tmp_path, named.name)
    assert again.data["jurisdiction"] == ["DE"]
    assert [*damages(path.parent, WORDS)] == []


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"use": ("train.finetune",)}, "use"),
        ({"purpose": "noncommercial"}, "purpose"),
        ({"actor": "public"}, "actor"),
        ({"jurisdiction": ("DE",)}, "jurisdiction"),
        ({"application": "speech"}, "application"),
        ({"profile": "lenient"}, "profile"),
    ],
)
def test_use_and_option_or_policy_that_say_two_things_are_an_error(
    tmp_path: Path, options: dict[str, Any], key: str
) -> None:
    whole = OWN + 'purpose = "commercial"\nactor = "for_profit"\njurisdiction = ["FR"]\napplication = "translation"\n'
    own(tmp_path, "mine", whole + 'profile = "strict"\n')
    with pytest.raises(InputError, match=f"the named use mine says {key}") as caught:
        asked("mine", tmp_path, **options)
    assert option_of(key) in caught.value.message
    assert caught.value.exit_code == 2
    assert "rightful policy new NAME --from mine" in str(caught.value.hint)
    if key != "use":
        value = options[key]
        text = f"{key} = {[*value] if isinstance(value, tuple) else repr(value)}\n"
        policy = read_policy(written(tmp_path, text), WORDS)
        with pytest.raises(InputError, match=f"the named use mine says {key}.*policy.toml, key {key}"):
            asked("mine", tmp_path, policy)


def test_use_and_option_or_policy_that_say_the_same_agree(tmp_path: Path) -> None:
    own(tmp_path, "mine", 'summary = "Mine."\nuse = ["share"]\njurisdiction = ["de", "FR"]\n')
    policy = read_policy(written(tmp_path, 'jurisdiction = ["FR", "DE"]\nprofile = "lenient"\n'), WORDS)
    leaves = WORDS.leaves("share")
    use = asked("mine", tmp_path, policy, use=leaves, jurisdiction=("FR", "DE"))
    assert (use.acts, use.jurisdictions, use.profile) == (leaves, {"DE", "FR"}, "lenient")


def test_option_goes_before_the_policy_in_what_the_use_leaves_unsaid_and_what_is_accepted_adds_up(
    tmp_path: Path,
) -> None:
    own(tmp_path, "mine", OWN + 'accept = ["notice.licence"]\n')
    policy = read_policy(written(tmp_path, 'purpose = "noncommercial"\naccept = ["no_drm"]\n'), WORDS)
    use = asked("mine", tmp_path, policy, purpose="commercial", accept=("no_endorsement",))
    assert (use.purpose, use.accepted) == ("commercial", {"notice.licence", "no_drm", "no_endorsement"})
    assert asked("mine", tmp_path, policy).purpose == "noncommercial"


def test_bases_of_the_policy_go_on_counting_beside_those_of_the_use(tmp_path: Path) -> None:
    named = signed(tmp_path, "eu-tdm-commercial")
    policy = replace(Policy({}), bases=(replace(named.bases[0], basis="US-107"),))
    assert [b.basis for b in policy.beside(named).bases] == ["US-107", "EU-DSM-4"]


def test_unknown_use_is_an_error_that_names_what_was_meant_and_all_there_are(tmp_path: Path) -> None:
    own(tmp_path, "mine", OWN)
    for name, meant in (("research-intern", "did you mean 'research-internal'"), ("zzz", ""), ("../policy", "")):
        with pytest.raises(UnknownName) as caught:
            find(name, tmp_path / "uses", WORDS)
        assert caught.value.exit_code == 2
        assert meant in str(caught.value.hint)
        assert all(each in str(caught.value.hint) for each in (*SHIPPED_NAMES, "mine"))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"credit"', '"credit", "share-alike"'),
        lambda text: text.replace("eval.benchmark", "train.finetune"),
        lambda text: text.replace("commercial", "noncommercial"),
        lambda text: text + '\nprofile = "lenient"\n' if "[[" not in text else 'profile = "lenient"\n' + text,
    ],
)
@pytest.mark.parametrize("name", ["evaluation-only", "eu-tdm-commercial"])
def test_file_of_a_store_under_a_shipped_name_may_only_be_the_shipped_one(
    tmp_path: Path, name: str, change: Callable[[str], str]
) -> None:
    shipped = shipped_folder() / f"{name}.toml"
    text = shipped.read_text("utf-8")
    assert change(text) != text
    path = own(tmp_path, name, change(text))
    for read in (lambda: find(name, path.parent, WORDS), lambda: all_named(path.parent, WORDS)):
        with pytest.raises(InputError, match="two named uses of one name") as caught:
            read()
        assert str(path) in caught.value.message
        assert str(shipped) in caught.value.message
    own(tmp_path, name, "# as it came\n" + text)
    assert find(name, path.parent, WORDS).data == find(name, Path("nowhere"), WORDS).data


def test_place_ground_and_lawful_access_may_be_said_beside_the_shipped_use(tmp_path: Path) -> None:
    text = (shipped_folder() / "eu-tdm-commercial.toml").read_text("utf-8").replace('["EU"]', '["DE"]')
    own(tmp_path, "eu-tdm-commercial", text + 'reference = "Memo"\nlawful_access = true\n')
    assert find("eu-tdm-commercial", tmp_path / "uses", WORDS).data["jurisdiction"] == ["DE"]


@pytest.mark.parametrize("name", ["Research-Internal", "MINE"])
def test_names_that_differ_only_in_case_are_two_of_one_name(tmp_path: Path, name: str) -> None:
    own(tmp_path, "mine", OWN)
    path = own(tmp_path, name, OWN)
    for wanted in (name, name.lower(), None):
        with pytest.raises(InputError, match="differ only in case") as caught:
            all_named(path.parent, WORDS) if wanted is None else find(wanted, path.parent, WORDS)
        assert str(path) in caught.value.message
    assert find("evaluation-only", path.parent, WORDS).origin == SHIPPED


@pytest.mark.parametrize("name", ["my use", "Mine", "a--b", "ü", "-a", "x" * 65])
def test_file_whose_name_is_no_name_of_a_use_is_an_error(tmp_path: Path, name: str) -> None:
    path = own(tmp_path, name, OWN)
    with pytest.raises(InputError, match="is no name of a use") as caught:
        all_named(path.parent, WORDS)
    assert caught.value.subject == str(path)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"\xff\xfe", "cannot be read"),
        (b"summary = ", "is not TOML"),
        (b'use = ["train"]', "summary is missing"),
        (b'summary = "a\\nb"\nuse = ["train"]', "summary is missing"),
        (b'summary = "A"', "use is missing"),
        (b'summary = "A"\nuse = "train"', "use must be a list"),
        (b'summary = "A"\nuse = ["trane"]', "unknown use 'trane'"),
        (b'summary = "A"\nuse = ["train"]\naccept = ["credits"]', "unknown obligation 'credits'"),
        (b'summary = "A"\nuse = ["train"]\npurpose = "profit"', "unknown purpose 'profit'"),
        (b'summary = "A"\nuse = ["train"]\nactor = "me"', "unknown actor 'me'"),
        (b'summary = "A"\nuse = ["train"]\njurisdiction = ["XX"]', "is not the code of a country"),
        (b'summary = "A"\nuse = ["train"]\ncopies = "own"', "copies is about a store"),
        (b'summary = "A"\nuse = ["train"]\npolicy = "x"', "unknown key 'policy'"),
        (b'summary = "A"\nuse = ["train"]\nbasis = 3', "basis must be a list"),
        (b'summary = "A"\nuse = ["train"]\nsignature = 3', "signature must be a table"),
        (b"[" * 5000, "nested too deeply|is not TOML"),
    ],
)
def test_file_that_is_no_named_use_is_an_error_that_names_it(tmp_path: Path, raw: bytes, message: str) -> None:
    path = own(tmp_path, "mine", "")
    path.write_bytes(raw)
    with pytest.raises(InputError, match=message) as caught:
        find("mine", path.parent, WORDS)
    assert str(path) in str(caught.value)
    with pytest.raises(InputError, match=message):
        all_named(path.parent, WORDS)


def test_pipe_folder_or_huge_file_in_the_place_of_a_named_use_is_an_error_and_nobody_waits(tmp_path: Path) -> None:
    folder = tmp_path / "uses"
    folder.mkdir()
    os.mkfifo(folder / "pipe.toml")
    (folder / "place.toml").mkdir()
    (folder / "gone.toml").symlink_to(tmp_path / "nothing")
    with (folder / "huge.toml").open("wb") as file:
        file.truncate(1 << 33)
    for name, message in (("pipe", "a pipe"), ("place", "a folder"), ("gone", "no such file"), ("huge", "at most")):
        with pytest.raises(InputError, match=message):
            find(name, folder, WORDS)
    with pytest.raises(InputError):
        all_named(folder, WORDS)
    assert len([*damages(folder, WORDS)]) == 4
    assert find("evaluation-only", folder, WORDS).origin == SHIPPED


def test_folder_of_uses_that_is_a_file_or_a_pipe_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "uses").write_text("")
    with pytest.raises(InputError, match="cannot be read"):
        find("evaluation-only", tmp_path / "uses", WORDS)
    (tmp_path / "uses").unlink()
    os.mkfifo(tmp_path / "uses")
    with pytest.raises(InputError, match="cannot be read"):
        all_named(tmp_path / "uses", WORDS)


def test_link_to_a_file_elsewhere_is_that_file_and_other_files_are_none_of_ours(tmp_path: Path) -> None:
    folder = tmp_path / "uses"
    folder.mkdir()
    (tmp_path / "shared.txt").write_text(OWN)
    (folder / "mine.toml").symlink_to(tmp_path / "shared.txt")
    (folder / "README.md").write_text("notes")
    (folder / ".mine.toml.1.tmp").write_text("half")
    assert find("mine", folder, WORDS).data["summary"] == "Mine."
    assert len(all_named(folder, WORDS)) == len(SHIPPED_NAMES) + 1


def test_named_use_as_toml_reads_back_as_the_same(tmp_path: Path) -> None:
    for named in all_named(Path("nowhere"), WORDS):
        again = read_named(toml_of_use(named.data), named.name, "again", SHIPPED, WORDS)
        assert again.data == named.data
    odd = 'summary = "Quotes \\" and \\\\ and ü"\nuse = ["train"]\n'
    data = read_named(odd.encode(), "odd", "odd", STORE, WORDS).data
    assert read_named(toml_of_use(data), "odd", "odd", STORE, WORDS).data == data


def test_export_without_a_named_use_is_decided_under_the_policy_alone(tmp_path: Path) -> None:
    signed(tmp_path, "eu-tdm-commercial")
    layout = Layout(tmp_path)
    assert standing(layout, WORDS, {"policy": {"sha256": None}}).named is None
    under = standing(layout, WORDS, {"policy": {"named": {"name": "eu-tdm-commercial"}}})
    assert [basis.basis for basis in under.bases] == ["EU-DSM-4"]
    assert standing(layout, WORDS, {"policy": {"named": {"name": "../../etc"}}}).named is None


@pytest.mark.parametrize("how", ["copy", "link"])
def test_signed_use_under_another_name_is_not_signed(tmp_path: Path, how: str) -> None:
    own(tmp_path, "first", toml_of_use(find("eu-tdm-commercial", tmp_path, WORDS).data).decode())
    assert signed(tmp_path, "first").signature is not None
    uses = tmp_path / "uses"
    path, second = uses / "first.toml", uses / "second.toml"
    second.symlink_to(path) if how == "link" else second.write_bytes(path.read_bytes())
    assert find("first", uses, WORDS).signature is not None
    with pytest.raises(InputError, match="signed under another name") as caught:
        find("second", uses, WORDS)
    assert caught.value.subject == str(second)

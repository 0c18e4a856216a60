"""Who answers for a policy, and until when: what bears on decisions counts for nothing without that."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rightful.cli import main
from rightful.decisions.policy import Policy, read_policy
from rightful.errors import InputError
from rightful.notation.times import through
from tests.unit.policies import ASKED, BASIS, MONTH, NOON, WORDS, by_hand, signed, written


@pytest.mark.parametrize(("text", "what"), [(BASIS, "a statutory basis"), ('copies = "own"\n', 'copies = "own"')])
def test_policy_that_bears_on_decisions_is_refused_unsigned(tmp_path: Path, text: str, what: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError, match="nobody has signed it") as caught:
        read_policy(path, WORDS)
    assert what in caught.value.message
    assert "rightful policy sign" in str(caught.value.hint)
    assert signed(path).signature is not None


def test_policy_that_only_undertakes_needs_no_signature_and_counts_at_any_time(tmp_path: Path) -> None:
    policy = read_policy(written(tmp_path, 'copies = "contested"\naccept = ["attribution"]\n'), WORDS)
    assert policy.in_force(datetime(1999, 1, 1, tzinfo=UTC))
    assert policy.changes_after(NOON) is None
    assert not policy.own_copies(NOON)


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ('"mine.analyse"', '"mine.analyse", "train.align"'),
        ("Assessment 7", "Assessment 8"),
        ('"DE", "FR"', '"DE"'),
        ("Ada Moreno", "Eve Moreno"),
        ("2026-12-21", "2036-12-21"),
        ("[signature]", 'copies = "own"\n[signature]'),
        ("[[basis]]", 'copies = "own"\n[[basis]]'),
        ('sha256 = "', 'sha256 = "0'),
    ],
)
def test_policy_that_was_changed_after_signing_is_refused_until_it_is_signed_again(
    tmp_path: Path, said: str, instead: str
) -> None:
    path = written(tmp_path, BASIS)
    signed(path)
    text = path.read_text(encoding="utf-8")
    assert text.count(said) == 1
    path.write_text(text.replace(said, instead), encoding="utf-8")
    with pytest.raises(InputError, match="the policy was changed after") as caught:
        read_policy(path, WORDS)
    assert caught.value.subject == str(path)


def test_layout_comments_and_order_may_change_after_signing(tmp_path: Path) -> None:
    path = written(tmp_path, 'accept = ["notice"]\nactor = "for_profit"\n' + BASIS)
    before = signed(path)
    text = path.read_text(encoding="utf-8")
    swapped = text.replace(
        'accept = ["notice"]\nactor = "for_profit"', '# read in spring\nactor="for_profit"\naccept=["notice"]'
    )
    path.write_text(swapped.replace("\n", "\r\n"), encoding="utf-8", newline="")
    after = read_policy(path, WORDS)
    assert (after.data, after.bases, after.signature) == (before.data, before.bases, before.signature)
    assert after.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() != before.sha256


def test_signing_again_takes_the_place_of_the_old_signature(tmp_path: Path) -> None:
    path = written(tmp_path, "# undertakings\n" + BASIS)
    first = signed(path)
    later = NOON + timedelta(days=10)
    second = signed(path, later, by="Bo Lind")
    assert first.signature is not None
    assert second.signature is not None
    assert (second.signature.by, second.signature.on) == ("Bo Lind", later)
    text = path.read_text(encoding="utf-8")
    assert text.count("[signature]") == 1
    assert text.startswith("# undertakings\n")


def test_signature_counts_from_its_instant_through_its_last_day(tmp_path: Path) -> None:
    text = by_hand('accept = ["attribution"]\ncopies = "own"\n', "2026-11-21", "2026-11-30")
    policy = read_policy(written(tmp_path, text), WORDS)
    begins, ends = datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    for moment, counts, changes in (
        (begins - timedelta(microseconds=1), False, begins),
        (begins, True, ends),
        (ends - timedelta(microseconds=1), True, ends),
        (ends, False, None),
    ):
        assert policy.in_force(moment) is policy.own_copies(moment) is counts
        assert policy.changes_after(moment) == changes
        use = policy.use(replace(ASKED, as_of=moment), WORDS, NOON)
        assert bool(use.accepted) is counts


def test_expired_policy_undertakes_nothing_and_the_request_is_the_strictest(tmp_path: Path) -> None:
    text = 'purpose = "research"\nactor = "research_org"\njurisdiction = ["DE"]\napplication = "translation"\n'
    text += 'profile = "lenient"\naccept = ["attribution"]\n'
    policy = signed(written(tmp_path, text))
    strictest = Policy({}).use(ASKED, WORDS, NOON + MONTH)
    assert policy.use(ASKED, WORDS, NOON + MONTH) == strictest
    assert policy.use(ASKED, WORDS, NOON) != strictest
    assert policy.use(replace(ASKED, as_of=NOON - MONTH), WORDS, NOON).accepted == frozenset()


def test_period_that_ends_before_it_begins_counts_never(tmp_path: Path) -> None:
    policy = read_policy(written(tmp_path, by_hand(BASIS, "2026-11-21", "2026-11-01")), WORDS)
    instants = [datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=n) for n in range(90)]
    assert not any(policy.in_force(moment) for moment in instants)


def test_instant_without_a_zone_is_an_error_and_not_a_comparison(tmp_path: Path) -> None:
    policy = signed(written(tmp_path, BASIS))
    with pytest.raises(InputError, match="has no time zone"):
        policy.use(replace(ASKED, as_of=datetime(2026, 11, 22)), WORDS, NOON)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("on", "until", "message"),
    [
        ("2026-11-21T12:00:00", "2027-01-01", "has no time zone"),
        ("2026-11-21", "2027-01-01 08:00", "has no time zone"),
        ("soon", "2027-01-01", "is not a date or a time"),
        ("2026-11-21", "9999-12-31", "lies outside the years 1 to 9999"),
        ("", "2027-01-01", "signature.on is missing"),
        ("2026-11-21", " ", "signature.until is missing"),
    ],
)
def test_signature_with_a_wrong_instant_names_the_key(tmp_path: Path, on: str, until: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_policy(written(tmp_path, by_hand(BASIS, on, until)), WORDS)
    assert message in caught.value.message
    assert str(tmp_path / "policy.toml") in str(caught.value.subject)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[signature]\nby = "Ada"\n[signature]\nby = "Bo"\n', "is not TOML: Cannot declare"),
        ('[[signature]]\nby = "Ada"\n', "signature must be a table, not [{'by': 'Ada'}]"),
        ('signature = "Ada"\n', "signature must be a table, not 'Ada'"),
        ('[signature]\nby = "Ada"\non = "2026-11-21"\nuntil = "2027-01-01"\n', "signature.sha256 is missing"),
        (
            '[signature]\nby = "Ada"\non = nan\nuntil = "2027-01-01"\nsha256 = "0"\n',
            "signature.on must be a string, not nan",
        ),
        ('[signature]\nname = "Ada"\n', "unknown key 'signature.name'"),
    ],
)
def test_signature_that_is_none_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_policy(written(tmp_path, text), WORDS)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        BASIS + "# rightful policy sign adds a table [signature] here\n",
        "# [signature]\n" + BASIS,
        BASIS.replace("Assessment 7", "see [signature] of the assessment"),
        BASIS.replace('"Assessment 7"', '"""of\n[signature]\nand more"""'),
        "\ufeff" + BASIS,
        BASIS.replace("\n", "\r\n"),
        BASIS.rstrip(),
    ],
)
def test_word_signature_elsewhere_in_the_policy_is_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8", newline="")
    said = tomllib.loads(text.removeprefix("\ufeff"))
    for now in (NOON, NOON + timedelta(days=1)):
        policy = signed(path, now)
        assert {k: v for k, v in policy.data.items() if k != "signature"} == said
        assert policy.in_force(now)


@pytest.mark.parametrize(
    "text",
    [
        BASIS + '[signature]\nby = "Ada"\non = "2026-01-01"\nuntil = "2027-01-01"\nsha256 = ""\n' + BASIS,
        'signature = { by = "Ada", on = "2026-01-01", until = "2027-01-01", sha256 = "" }\n' + BASIS,
        'signature.by = "Ada"\n' + BASIS,
    ],
)
def test_signature_that_does_not_stand_at_the_end_is_not_cut_out(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError, match="the signature does not stand at the end"):
        signed(path)
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("by", ["", "  ", "Ada\nuntil = 2099", "Ada\x1b[31m", "Ada\x7f", "Ada\ud800", "Ada\u202e"])
def test_name_that_cannot_be_printed_does_not_sign(tmp_path: Path, by: str) -> None:
    with pytest.raises(InputError, match="a signature names who signs, in printable characters"):
        signed(written(tmp_path, BASIS), by=by)


@pytest.mark.parametrize("by", ['Ada "the" Moreno', "Ada\\", "Zoë [signature]", "李雷 # counsel"])
def test_name_with_marks_of_toml_in_it_is_kept(tmp_path: Path, by: str) -> None:
    path = written(tmp_path, BASIS)
    signed(path, by=by)
    again = signed(path, by=by)
    assert again.signature is not None
    assert again.signature.by == by


def test_signing_is_for_the_future_and_for_a_policy_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no policy to sign"):
        signed(tmp_path / "policy.toml")
    path = written(tmp_path, BASIS)
    for until in (NOON, NOON - MONTH):
        with pytest.raises(InputError, match="before it begins"):
            signed(path, until=until)
    assert path.read_text(encoding="utf-8") == BASIS


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"accept = ['caf\xe9']\n", "cannot be read"),
        (b"\xff\xfe" + 'accept = ["notice"]'.encode("utf-16-le"), "cannot be read"),
        (b"accept = " + b"[" * 5_000 + b"]" * 5_000, "is nested too deeply"),
        (b'reference = "' + b"x" * 1_000_000 + b'"\n', "unknown key 'reference'"),
        (b"\x00", "is not TOML"),
    ],
)
def test_policy_of_hostile_bytes_is_an_error_for_reading_and_for_signing(
    tmp_path: Path, raw: bytes, message: str
) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(raw)
    for attempt in (lambda: read_policy(path, WORDS), lambda: signed(path)):
        with pytest.raises(InputError) as caught:
            attempt()
        assert caught.value.message.startswith(message)
        assert caught.value.subject == str(path)
    assert path.read_bytes() == raw


@pytest.mark.parametrize(
    ("until", "shown"),
    [("2027-11-30", "2027-11-30"), ("2027-11-30T09:30:00Z", "2027-11-30T09:30:00+00:00"), ("2028-03-01", "2028-03-01")],
)
def test_policy_shows_the_day_that_it_was_signed_through(
    tmp_path: Path, until: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    written(store, 'accept = ["attribution"]\n')
    for words in (("sign", "--by", "Ada", "--until", until), ("show",)):
        with pytest.raises(SystemExit) as ended:
            main(["--store", str(store), "policy", *words])
        assert ended.value.code == 0
        [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("signed")]
        assert line.endswith(f" through {shown}")
    policy = read_policy(store / "policy.toml", WORDS)
    assert policy.signature is not None
    assert policy.signature.until == through(until, "--until")
    assert policy.data["signature"]["until"] == shown

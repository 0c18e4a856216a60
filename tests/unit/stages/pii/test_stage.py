"""PersonalData: each type by example, what looks like it and is not, the states, and never across texts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.errors import InputError, UnknownName
from rightful.stages.pii.entities import Entity
from rightful.stages.pii.numbers import ZERO_REGIONS, is_national
from rightful.stages.pii.scan import WINDOW_BYTES, windows
from rightful.stages.pii.stage import DEFAULT, GROUPS, TYPES, PersonalData, spans_of, widest
from rightful.stages.shared.bytes import Texts
from tests.unit.stages.batches import answers, batch_of, texts

# Numbers that are published as examples, by card schemes and banks, and ranges kept free for fiction.
FOUND = {
    "email": [
        "ada@example.org",
        "ada.l+x@mail.example.co.uk",
        "o'neil_1@a-b.io",
        "a@xn--d1acufc.xn--p1ai",
        "ada@b\u00fccher.example",
        "\u00e4da@example.org",
    ],
    "ipv4": ["9.9.9.9", "81.2.69.142", "1.1.1.1", "151.101.1.69"],
    "ipv6": ["2a02:8071:b5c0::1", "2606:4700:4700::1111", "2400:c401:0:1:2:5054:ff:fe1b", "64:ff9b::8.8.4.4"],
    "mac": ["00:1B:44:11:3A:B7", "3c-22-fb-9a-01-7e"],
    "phone": [
        "+44 20 7946 0958",
        "+442079460958",
        "0044 20 7946 0958",
        "+49 (0)30 1234567",
        "(212) 555-0123",
        "212-555-0123",
        "1-212-555-0123",
        "212.555.0123 x51",
        "212.555.0123x51",
        "01 23 45 67 89",
        "030 / 1234567",
        "06-12345678",
    ],
    "iban": ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "FR14-2004-1010-0505-0001-3M02-606"],
    "card": [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111111111111111",
        "378282246310005",
        "3782 822463 10005",
        "30569309025904",
        "5555 5555 5555 4444",
    ],
}
# Made up by machine, with the right check digits.
NATIONAL = {
    "ar_cuit": ["24-59571177-7"],
    "be_nn": ["22.42.28-378.23"],
    "br_cpf": ["381.584.588-23"],
    "ch_ahv": ["756.0591.8526.08", "7560142897270"],
    "cl_rut": ["91.841.590-4"],
    "cn_resident_id": ["110105191709144958"],
    "cz_rc": ["687305/7928"],
    "es_dni": ["36781273H", "70.999.208W"],
    "es_nie": ["Z8914616M", "X-6141223-Q"],
    "fi_hetu": ["280835-0782", "180322A2669"],
    "fr_nir": ["250236487019757", "2 60 06 72 677 20214", "186752A37379753", "2 26 12 2A 810 39096"],
    "gb_nino": ["CX074041B", "YJ 54 29 58 B"],
    "hk_hkid": ["KA015310(2)"],
    "it_fiscal_code": ["UXZFAO96B28O984A"],
    "kr_rrn": ["280110-4322376"],
    "mx_curp": ["KSNS200415HDFGMR40"],
    "no_fnr": ["160663 05701"],
    "se_personnummer": ["930786-1642"],
    "sg_nric": ["T0724315J"],
    "th_id": ["7-7852-30822-61-0"],
    "us_ssn": ["459-72-5898"],
}
# Any number could be one: kind -> the word that says so, and ways of writing it.
ANNOUNCED = {
    "ar_cuit": ("CUIL", ["20669980605"]),
    "at_svnr": ("SVNR", ["8519 130561", "8519130561"]),
    "au_tfn": ("TFN", ["656 613 596", "047901766"]),
    "be_nn": ("INSZ", ["46001176961"]),
    "bg_egn": ("\u0415\u0413\u041d", ["3045170982"]),
    "br_cpf": ("cpf", ["64074213575", "822049167-14"]),
    "ca_sin": ("SIN", ["477-829-915", "477829915"]),
    "cl_rut": ("RUT", ["63515370-9"]),
    "cz_rc": ("rodn\u00e9 \u010d\u00edslo", ["5407277942"]),
    "de_tax_id": ("Steuer-ID", ["92851692694", "54 641 946 834"]),
    "dk_cpr": ("CPR", ["260984-3627", "2609843627"]),
    "es_dni": ("DNI", ["92141355c"]),
    "es_nie": ("NIE", ["z1501274t"]),
    "gb_nhs": ("NHS number", ["786 784 6832", "7867846832"]),
    "hk_hkid": ("HKID", ["NI9397583"]),
    "hr_oib": ("OIB", ["97421938096"]),
    "ie_pps": ("PPS No", ["6290835NF"]),
    "in_aadhaar": ("Aadhaar", ["3169 1564 1521", "316915641521"]),
    "in_pan": ("PAN", ["JFEPT0778Z"]),
    "jp_my_number": ("My Number", ["7895 2397 4281", "789523974281"]),
    "kr_rrn": ("RRN", ["5805187997602"]),
    "nl_bsn": ("BSN", ["516441383", "9056.36.569"]),
    "no_fnr": ("f\u00f8dselsnummer", ["16066305701"]),
    "pl_pesel": ("PESEL", ["18872153931"]),
    "pt_nif": ("NIF", ["914862219", "281 688 478"]),
    "ro_cnp": ("CNP", ["1840116980174"]),
    "se_personnummer": ("personnummer", ["4807106838"]),
    "th_id": ("\u0e1a\u0e31\u0e15\u0e23\u0e1b\u0e23\u0e30\u0e0a\u0e32\u0e0a\u0e19", ["5446484704764"]),
    "tr_tckn": ("TCKN", ["89082493542"]),
    "tw_id": ("\u8eab\u5206\u8b49", ["A270123780"]),
    "us_ssn": ("SSN", ["470 67 3464", "045593821"]),
    "za_id": ("SA ID", ["0407014706052"]),
}  # fmt: skip
NOT_FOUND = {
    "email": [
        "ada@",
        "@ada",
        "a @ b.com",
        "icon@2x.png",
        "git@github.com:a/b",
        "ssh://git@host.org/x",
        "react@18.2.0",
        "ada@localhost",
        "loss@layer.weights",
    ],
    "ipv4": [
        "256.1.1.1",
        "1.2.3",
        "9.9.9.9.5",
        "v9.9.9.9",
        "version 91.0.4.124",
        "Chrome/91.0.4.124",
        "section 3.1.2.4",
        "2.1.4.3",
        "1.2.3.04",
        "9.9.9.9-beta",
        "10.0.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "192.0.2.1",
        "203.0.113.9",
        "255.255.255.0",
    ],
    "ipv6": ["12:34:56", "std::cout", "a::b", "::1", "fe80::1", "2001:db8::1", "2001::db8::1", "1:2:3:4:5:6:7:8"],
    "mac": ["aa:bb:cc:dd:ee:ff", "ff:ff:ff:ff:ff:ff", "00:1B:44:11:3A:B7:99", "01-02-03-04-05-06"],
    "phone": [
        "2024-01-31 12",
        "01.02.2024 10",
        "20240131",
        "1990-1995, 2001-2003",
        "978-0-13-235088-4",
        "ISBN 0-306-40615-2",
        "ISSN 0378-5955",
        "0317-8471",
        "Smith (2019) 12 34-56",
        "3.14159265358979",
        "x = 0123456789",
        "12:00:00 2021-01-01",
        "13:45:05.181067",
        "phone book of 2024-01-31",
        "+1234567890",
        "52.520008, 13.404954",
        "1 234 567 890",
    ],
    "iban": ["GB82 WEST 1234 5698 7654 33", "DE8937040044053201300", "XX82WEST12345698765432"],
    "card": ["4111 1111 1111 1112", "0000 0000 0000 0000", "1748503543012", "9111 1111 1111 1111", "x4111111111111111"],
    "national": [
        "36781273A",  # the letter of another number
        "20240131Z",
        "UXZFAO96B28O984B",
        "381.584.588-24",
        "078-05-1120",  # printed on samples
        "666-12-3456",
        "BG123456A",
        "7560142897271",
        "800101-1234567",
        "550e8400-e29b-41d4-a716-446655440000",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4",
        "1Z999AA10123456784",
        "9400 1000 0000 0000 0000 00",
    ],
}


def types(*rows: str, **settings: object) -> list[list[str]]:
    return answers(PersonalData(**settings), batch_of(*rows))["pii_types"]  # type: ignore[arg-type]


def cases(listed: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(kind, text) for kind, rows in listed.items() for text in rows]


@pytest.mark.parametrize(("kind", "text"), [*cases(FOUND), *cases(NATIONAL)])
def test_pii_example_is_found_where_it_stands_alone_and_in_a_text(kind: str, text: str) -> None:
    rows = [text, f"Before.\n{text}\nAfter.", f"\u5199\u4fe1\u5230 ({text}), and", f"see {text}."]
    found = spans_of(rows)
    assert [[(s.type, row[s.start : s.stop]) for s in spans or ()] for row, spans in zip(rows, found, strict=True)] == [
        [(kind, text)]
    ] * 4


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("\u5411**ada@example.org", "ada@example.org"),
        ("\u5199\u4fe1\u5230ada@example.org\u3002", "ada@example.org"),
        ("mailto:ada@example.org?x", "ada@example.org"),
        ("/u/0?src=ada_1@example.org&y", "ada_1@example.org"),
        ("`ada@example.org`", "ada@example.org"),
        ("<o'neil@example.org>.", "o'neil@example.org"),
        ("'ada@example.org'", "ada@example.org"),
    ],
)
def test_pii_email_ends_where_the_mark_up_around_it_begins(text: str, address: str) -> None:
    spans = spans_of([text])[0] or []
    assert [text[s.start : s.stop] for s in spans] == [address]


@pytest.mark.parametrize(("kind", "text"), cases(NOT_FOUND))
def test_pii_look_alike_is_not_found(kind: str, text: str) -> None:
    assert types(text, f"Before.\n{text}\nAfter.") == [[], []], f"looks like {kind}"


@pytest.mark.parametrize(
    ("kind", "word", "text"), [(k, word, t) for k, (word, written) in ANNOUNCED.items() for t in written]
)
def test_pii_bare_number_counts_only_beside_its_word(kind: str, word: str, text: str) -> None:
    assert kind in types(f"{word}: {text}.")[0], "the word is there"
    assert kind in types(f"we have {text} as {word} here")[0], "behind it too"
    assert types(f"Order {text} was sent")[0] in ([], ["phone"]), "nothing says what it is"
    assert types(f"{word} is a word.\nOrder {text} was sent")[0] in ([], ["phone"]), "the word is on another line"


@pytest.mark.parametrize("kind", sorted(GROUPS["national_id"]))
def test_pii_national_number_has_an_example_here(kind: str) -> None:
    assert kind in NATIONAL or kind in ANNOUNCED


def test_pii_number_that_is_the_whole_text_needs_no_word() -> None:
    assert types("18872153931", " 18872153931\n", "see 18872153931") == [["pl_pesel"], ["pl_pesel"], []]


def test_pii_addresses_all_adds_private_and_documentation_ones_but_not_nobodys() -> None:
    rows = ["10.0.0.1", "192.0.2.1", "fe80::1", "2001:db8::1", "::ffff:10.0.0.1", "127.0.0.1", "::1", "255.255.255.255"]
    assert types(*rows, addresses="all") == [["ipv4"]] * 2 + [["ipv6"]] * 3 + [[]] * 3
    assert types(*rows) == [[]] * 8


def test_pii_phone_regions_add_the_forms_of_these_countries() -> None:
    rows = ["llama al 612 345 678 ya", "um 112 345 678 mehr"]
    assert types(*rows) == [[], []]
    assert types(*rows, phone_regions="ES PT") == [["phone"], []]


def test_pii_national_plan_agrees_with_phonenumbers_on_its_examples() -> None:
    for region in ZERO_REGIONS:
        for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None:
                national = phonenumbers.national_significant_number(example)
                assert is_national(national, (region,)), f"{region} {national}"
                assert (
                    is_national(f"0{national}", (region,))
                    or region in ("IT", "CN", "BE", "CH", "KR", "ZA")
                    or (phonenumbers.PhoneMetadata.metadata_for_region(region).national_prefix != "0")
                )
    assert not any(is_national(n, ZERO_REGIONS) for n in ("00", "0000000000", "1", "99999999999999"))


def test_pii_several_types_are_sorted_and_counted() -> None:
    rows = ["+44 20 7946 0958, ada@example.org, bob@example.org", "nothing here"]
    assert answers(PersonalData(), batch_of(*rows)) == {
        "pii_state": ["found", "none_found"],
        "pii_types": [["email", "phone"], []],
        "pii_counts": [[2, 1], []],
        "pii_spans": [None, None],
    }


def test_pii_spans_are_in_characters_and_only_where_asked() -> None:
    rows = ["\u5199\U0001f600\u4fe1 ada@example.org", "none", "bob@example.org"]
    assert answers(PersonalData(spans=True), batch_of(*rows))["pii_spans"] == [
        [{"type": "email", "start": 4, "stop": 19}],
        [],
        [{"type": "email", "start": 0, "stop": 15}],
    ]


def test_pii_missing_text_is_not_scanned() -> None:
    batch = pa.record_batch({"text": pa.array(["ada@example.org", None, ""], pa.large_string())})
    came = answers(PersonalData(spans=True), batch)
    assert came["pii_state"] == ["found", "not_scanned", "none_found"]
    assert came["pii_spans"][1] is None, "not an empty list: nobody looked"


def test_pii_part_of_the_types_never_says_none_found() -> None:
    state = answers(PersonalData(look_for="email"), batch_of("ada@example.org", "+44 20 7946 0958"))["pii_state"]
    assert state == ["found", "not_scanned"]
    assert answers(PersonalData(look_for="default secret_assignment"), batch_of("x"))["pii_state"] == ["none_found"]


@pytest.mark.parametrize("kind", sorted(DEFAULT))
def test_pii_type_that_is_not_looked_for_is_not_reported(kind: str) -> None:
    rest = " ".join(DEFAULT - {kind})
    rows = [text for listed in (FOUND, NATIONAL) for text in listed.get(kind, [])]
    assert all(kind not in row for row in types(*rows, look_for=rest))


def test_pii_unknown_settings_are_refused_by_name() -> None:
    with pytest.raises(UnknownName, match="type of personal data 'emial'"):
        PersonalData(look_for="emial")
    with pytest.raises(UnknownName, match="range of addresses"):
        PersonalData(addresses="private")
    with pytest.raises(UnknownName, match="country 'UK'"):
        PersonalData(phone_regions="UK")
    with pytest.raises(InputError, match="nothing to look for"):
        PersonalData(look_for=" ")
    with pytest.raises(InputError, match="entity_model_path"):
        PersonalData(entity_model_path="/models")
    assert set(GROUPS["secret"]) < set(TYPES)
    assert "secret_assignment" not in DEFAULT


# --- texts and windows ---

EXAMPLES = [rows[0] for listed in (FOUND, NATIONAL) for rows in listed.values()]


@pytest.mark.parametrize("text", EXAMPLES)
def test_pii_cut_in_two_texts_is_not_put_together(text: str) -> None:
    for cut in range(1, len(text)):
        left, right = text[:cut], text[cut:]
        assert types(left, right) == types(left) + types(right)


def test_pii_text_before_does_not_hide_what_begins_a_text() -> None:
    expected = types(*EXAMPLES)
    assert all(expected)
    for glue in ("x", "7", "-", ".", "A", "+", ":", "f"):
        assert types(*(row for text in EXAMPLES for row in (glue, text)))[1::2] == expected


@given(st.lists(texts, max_size=4), st.integers(1, 40))
def test_windows_cut_where_a_line_or_text_begins(rows: list[str], size: int) -> None:
    held = Texts.of(batch_of(*rows))
    pieces = list(windows(held, size))
    assert [a for _, a in pieces[:-1]] == [b for b, _ in pieces[1:]]
    assert (pieces[0][0], pieces[-1][1]) == (0, held.data.size) if held.data.size else pieces == []
    for start, _ in pieces:
        assert start in held.bounds or held.data[start - 1] == ord("\n")


numeric = st.text(alphabet="0123456789 .-/+():xABZaf@_\n\u00e9\u5199", max_size=60)


@given(st.lists(st.one_of(texts, numeric, st.sampled_from(EXAMPLES)), max_size=5))
def test_pii_answer_for_a_text_does_not_depend_on_its_neighbours(rows: list[str]) -> None:
    settings = PersonalData(look_for="all", addresses="all", phone_regions="US ES", spans=True)
    together = answers(settings, batch_of(*rows))["pii_spans"]
    assert together == [answers(settings, batch_of(row))["pii_spans"][0] for row in rows]
    for row, spans in zip(rows, together, strict=True):
        ends = [0, *(place for span in spans for place in (span["start"], span["stop"])), len(row)]
        assert ends == sorted(ends), "in order, in the text, without overlap"


def test_pii_at_the_edge_of_a_window_is_found() -> None:
    line = "x" * 63 + "\n"
    filler = line * (WINDOW_BYTES // len(line))
    for shift in (0, 5, 20):
        assert types(filler[: -shift or None] + "\nada@example.org", "y") == [["email"], []]
        assert types(filler[: -shift - 40] + " 4111 1111 1111 1111 " + filler[:100], "y") == [["card"], []]


def test_pii_hostile_text_is_read_in_linear_time() -> None:
    hostile = [
        "12 ",
        "1",
        "1.",
        "0 ",
        "+1 ",
        "a@",
        "@a.",
        ":1",
        "::",
        "a:b@c://",
        "-----BEGIN PRIVATE KEY-----\n",
        "eyJ",
        "A1",
        "AB12",
    ]

    def took(times: int) -> float:
        start = time.process_time()
        types(*(piece * times for piece in hostile), look_for="all", phone_regions="US DE")
        return time.process_time() - start

    took(100)
    small, large = took(1_500), took(12_000)
    assert large < 8 * 4 * max(small, 0.05), f"{small:.2f} s, {large:.2f} s for eight times as much"


# --- names by a recogniser of the user's ---

FAMILY = frozenset("Lovelace Hopper Turing".split())


def recognise(rows: Sequence[str]) -> list[list[Entity]]:
    """A capitalised word before a family name from a list: small, but it does recognise."""
    found = []
    for text in rows:
        if "\x00" in text:
            raise ValueError("binary")
        words, here, at = text.split(" "), [], 0
        for first, second in zip(words, [*words[1:], ""], strict=True):
            if first.istitle() and second.strip(".,") in FAMILY:
                here.append((at, at + len(first) + 1 + len(second.strip(".,")), "person"))
            at += len(first) + 1
        found.append(here)
    return found


def load(path: str) -> object:
    """A recogniser whose family names lie in a file."""
    names = set(Path(path).read_text(encoding="utf-8").split())
    return lambda rows: [
        [(text.index(name), text.index(name) + len(name), "person") for name in sorted(names) if name in text]
        for text in rows
    ]


def test_pii_entity_model_adds_names_to_what_was_found() -> None:
    rows = ["Mail \u00c4da Lovelace, ada@example.org", "Grace Hopper.", "grace hopper"]
    came = answers(PersonalData(entity_model=f"{__name__}:recognise", spans=True), batch_of(*rows))
    assert came["pii_types"] == [["email", "person"], ["person"], []]
    assert came["pii_state"] == ["found", "found", "none_found"]
    assert [rows[0][s["start"] : s["stop"]] for s in came["pii_spans"][0]] == ["\u00c4da Lovelace", "ada@example.org"]


def test_pii_entity_model_that_fails_on_a_text_leaves_it_not_scanned() -> None:
    rows = ["fine", "Ada Lovelace\x00", "ada@example.org\x00", "Ada Lovelace"]
    came = answers(PersonalData(entity_model=f"{__name__}:recognise", spans=True), batch_of(*rows))
    assert came["pii_state"] == ["none_found", "not_scanned", "not_scanned", "found"]
    assert came["pii_types"] == [[], [], ["email"], ["person"]], "what the patterns saw is kept"
    assert came["pii_spans"][1:3] == [None, None], "incomplete spans would redact by half"


def test_pii_entity_model_is_made_from_a_path(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("Noether", encoding="utf-8")
    model = PersonalData(entity_model=f"{__name__}:load", entity_model_path=str(names))
    assert answers(model, batch_of("Emmy Noether"))["pii_types"] == [["person"]]


@pytest.mark.parametrize(
    ("model", "path", "reason"),
    [
        ("no_such_module:x", "", "cannot be loaded"),
        ("json:no_such_name", "", "cannot be loaded"),
        ("json", "", "cannot be loaded"),
        ("json:__name__", "", "cannot be called"),
        ("json:loads", "/no/such/file", "no such file"),
        (f"{__name__}:too_few", "", "2 texts came to it and 1 answer from it"),
        (f"{__name__}:outside", "", "broke its contract"),
        (f"{__name__}:shouts", "", "broke its contract"),
    ],
)
def test_pii_entity_model_that_breaks_its_contract_stops_the_run(model: str, path: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        PersonalData(entity_model=model, entity_model_path=path)(batch_of("a", "b"))


def too_few(rows: Sequence[str]) -> list[list[Entity]]:
    return [[]]


def outside(rows: Sequence[str]) -> list[list[Entity]]:
    return [[(0, 99, "person")] for _ in rows]


def shouts(rows: Sequence[str]) -> list[list[Entity]]:
    return [[(0, 1, "PERSON")] for _ in rows]


def test_widest_scan_finds_what_any_of_its_parts_finds() -> None:
    parts = [PersonalData(addresses="all"), PersonalData(phone_regions="ES PT"), PersonalData(phone_regions="DE ES")]
    assert widest(parts) == PersonalData(addresses="all", phone_regions="DE ES PT")
    assert widest([]) == PersonalData()
    named = [PersonalData(entity_model=f"{name}:find") for name in ("one", "two")]
    assert widest([named[0], PersonalData()]).entity_model == "one:find"
    with pytest.raises(InputError, match="one:find, two:find are different recognisers"):
        widest(named)


VERSIONS = [
    "Upgrade from version 9.20.3.4 to 11.0.0.1 before you go on.",
    "clauses 3.1.4.1, 22.4.1.2 and 9.2.1.12",
    "Sections 12.1.4.1, 22.4.1.2,\n9.2.1.12 and 151.101.1.69 apply",
    "firmware 12.0.1.18 -> 12.0.1.20",
    "firmware 12.0.1.18 \u2192 14.0.1.20",
    "kernel 5.15.16.3 on a laptop",
    "versions 12.2.3.4 through 81.2.69.142",
    "version 12.2.3.4\u201313.2.3.4",
    "v12.2.3.4 - v13.2.3.4",
    "v12.2.3.4 ... 13.2.3.4",
    "mended in release 12.2.3.4, 12.2.3.5, 12.2.4.1 and 13.0.0.12",
    "\u00a7\u00a7 12.1.4.1, 22.14.1.2",
    "releases: 1.2, 1.3.x, 12.2.3.4; 13.2.3.14 or 14.12.3.4",
    "Versionen: version 12.2.3.4 bis 15.12.3.4",
]
ADDRESSES = [
    ("servers 81.2.69.142, 9.9.9.9 and 151.101.1.69", 3),
    ("nginx version 1.25.3.1, 81.2.69.142", 1),
    ("version 12.2.3.4 and 81.2.69.142", 1),
    ("versions 12.2.3.4, 13.2.3.4 on host 81.2.69.142", 1),
    ("Upgrade to version 12.2.3.4 on 81.2.69.142 to 151.101.1.69", 2),
    ("kernel: 81.2.69.142 sent an invalid packet to 151.101.1.69", 2),
    ("Chrome/91.0.4.124, 81.2.69.142", 1),
    ("rule 12 -> 81.2.69.142", 1),
    ("table 4: 81.2.69.142 -> 151.101.1.69", 2),
    ("from 81.2.69.142 to 151.101.1.69", 2),
    ("81.2.69.142 - 81.2.69.150", 2),
    ("version 12.2.3.4\n\n\n\n81.2.69.142", 1),
    (", ".join(["81.2.69.142"] * 60), 60),
]


@pytest.mark.parametrize("text", VERSIONS)
def test_ipv4_all_numbers_of_a_list_or_range_of_versions_are_versions(text: str) -> None:
    assert types(text) == [[]]


@pytest.mark.parametrize(("text", "count"), ADDRESSES, ids=[text[:30] for text, _ in ADDRESSES])
def test_ipv4_addresses_in_lists_and_beside_versions_are_found(text: str, count: int) -> None:
    (spans,) = spans_of([text], PersonalData())
    assert [span.type for span in spans or ()] == ["ipv4"] * count


@pytest.mark.parametrize(
    "spec",
    "pkg@1.0.0-beta.com pkg@1.0-rc.dev pkg@v2.10.3-next.info @scope/pkg@1.0.0-alpha.io pkg@1.0.0rc1.dev pkg@2.0.dev "
    "pkg@1.0.0.post1.dev pkg@2024.10.1-a.b.com pkg@1.0.0.com".split(),
)
def test_email_release_of_a_package_is_none(spec: str) -> None:
    assert types(f"npm install {spec} now") == [[]]


@pytest.mark.parametrize(
    "address", "ada@163.com ada@1and1.de ada@9.example.com ada@v2.example.org ada@1.2.example.org".split()
)
def test_email_domains_with_numbers_are_found(address: str) -> None:
    assert types(f"write to {address} now") == [["email"]]

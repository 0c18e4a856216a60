"""Check digits and dates of numbers that name a person. Floor 3; not a stage.

Pure functions from a string of digits (and letters where the number has them, in capitals, without separators) to
whether it can have been issued. The rules are those that the issuing countries publish; ``tests/external`` holds each
beside python-stdnum, an independent implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

Check = Callable[[str], bool]

_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def luhn(number: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    digits = [int(c) for c in reversed(number)]
    return sum(digits[::2]) + sum(d * 2 - 9 * (d > 4) for d in digits[1::2]) in range(10, 300, 10)


def iban(number: str) -> bool:
    """The check digits of ISO 13616: mod 97 with the first four moved to the end and letters as 10..35."""
    return int("".join(str(_BASE36.index(c)) for c in number[4:] + number[:4])) % 97 == 1


def verhoeff(number: str) -> bool:
    """Verhoeff's check digit: the dihedral group of order ten and his permutation."""
    check = 0
    for position, digit in enumerate(reversed(number)):
        check = _DIHEDRAL[check][_PERMUTED[position % 8][int(digit)]]
    return check == 0


def _dihedral(a: int, b: int) -> int:
    turned = (a + b) % 5 if a < 5 else (a - b) % 5
    return turned + 5 * ((a < 5) != (b < 5))


_DIHEDRAL = [[_dihedral(a, b) for b in range(10)] for a in range(10)]
_PERMUTED = [list(range(10))]
for _ in range(7):
    _PERMUTED.append([_PERMUTED[-1][d] for d in (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)])


def iso7064_11_10(number: str) -> bool:
    """The hybrid system MOD 11,10 of ISO 7064."""
    product = 10
    for digit in number[:-1]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (product + int(number[-1])) % 10 == 1


def weighted(number: str, weights: Iterable[int]) -> int:
    """The sum of digits times weights; as many digits as there are weights."""
    return sum(int(d) * w for d, w in zip(number, weights, strict=False))


def is_date(year: int, month: int, day: int) -> bool:
    """Whether the calendar has it."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _day(number: str, order: str = "ymd") -> bool:
    """Six digits as a date of a century that is not stated (2000 was a leap year: 29 February may be one)."""
    parts = dict(zip(order, (int(number[0:2]), int(number[2:4]), int(number[4:6])), strict=True))
    return is_date(2000 + parts["y"], parts["m"], parts["d"])


def _varied(number: str, least: int = 3) -> bool:
    return len(set(number)) >= least


# --- Europe ---------------------------------------------------------------------------------------------------------


def at_svnr(n: str) -> bool:
    """Austria: Sozialversicherungsnummer, NNNC DDMMYY."""
    check = weighted(n, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11
    return n[0] != "0" and check == int(n[3]) and 1 <= int(n[4:6]) <= 31 and 1 <= int(n[6:8]) <= 15


def be_nn(n: str) -> bool:
    """Belgium: national number, YYMMDD NNN CC; a 2 goes before it for births from 2000 on."""
    key = int(n[9:])
    fits = key in (97 - int(n[:9]) % 97, 97 - int("2" + n[:9]) % 97)
    month = int(n[2:4])
    return fits and _varied(n) and (month % 20 <= 12 and month < 60) and int(n[4:6]) <= 31


def bg_egn(n: str) -> bool:
    """Bulgaria: EGN; 20 is added to the month of births in the 19th century, 40 from 2000 on."""
    month = int(n[2:4])
    century = 1800 if 21 <= month <= 32 else 2000 if 41 <= month <= 52 else 1900
    check = weighted(n, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10
    return is_date(century + int(n[:2]), month % 20, int(n[4:6])) and check == int(n[9])


def ch_ahv(n: str) -> bool:
    """Switzerland: AHV number, 756 and the check digit of EAN-13."""
    return n.startswith("756") and _varied(n, 5) and weighted(n, (1, 3) * 6 + (1,)) % 10 == 0


def cz_rc(n: str) -> bool:
    """Czechia and Slovakia: rodné číslo of ten digits; 50 is added to a woman's month, 20 where a day ran out."""
    month = int(n[2:4]) % 50
    month -= 20 * (month > 20)
    whole = int(n[:9]) % 11 % 10 == int(n[9])
    return whole and _day(f"{n[:2]}{month:02}{n[4:6]}")


def de_tax_id(n: str) -> bool:
    """Germany: Identifikationsnummer (§ 139b AO), MOD 11,10; no digit stands there more than three times.

    That issued ones repeat exactly one digit is not asked for: examples that people make up do not.
    """
    return n[0] != "0" and iso7064_11_10(n) and max(n[:10].count(d) for d in set(n)) <= 3


def dk_cpr(n: str) -> bool:
    """Denmark: CPR, DDMMYY-NNNN. Since 2007 there is no check digit."""
    return _day(n, "dmy") and _varied(n)


def es_dni(n: str) -> bool:
    """Spain: eight digits and a letter."""
    return n[-1] == "TRWAGMYFPDXBNJZSQVHLCKE"[int(n[:-1]) % 23] and int(n[:-1]) > 9


def es_nie(n: str) -> bool:
    """Spain: the number of a foreigner; X, Y and Z stand for 0, 1 and 2."""
    return n[0] in "XYZ" and es_dni(str("XYZ".index(n[0])) + n[1:]) and _varied(n[1:-1], 2)


def fi_hetu(n: str) -> bool:
    """Finland: henkilötunnus DDMMYY(sign)NNNC; the sign says the century."""
    if len(n) == 11 and n[6] not in "ABCDEFUVWXY":
        return False
    n = n[:6] + n[-4:]
    return _day(n, "dmy") and n[9] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(n[:9]) % 31] and int(n[6:9]) > 1


def fr_nir(n: str) -> bool:
    """France: numéro de sécurité sociale, thirteen places and a key of two; 2A and 2B (Corsica) count 19 and 18."""
    month = int(n[3:5])
    body = n[:13].replace("2A", "19").replace("2B", "18")
    fits = body.isdigit() and n[0] in "12" and (1 <= month <= 12 or 20 <= month <= 42 or month >= 50)
    return fits and int(n[13:]) == 97 - int(body) % 97 and n[5:7] != "00"


def gb_nhs(n: str) -> bool:
    """England: NHS number, mod 11."""
    return _varied(n) and weighted(n, range(10, 0, -1)) % 11 == 0


def gb_nino(n: str) -> bool:
    """United Kingdom: National Insurance number; it has no check digit, but prefixes that are never given."""
    prefix = n[:2]
    allowed = not set(prefix) & set("DFIQUV") and prefix[1] != "O" and prefix not in _NO_NINO
    return allowed and n[-1] in "ABCD" and _varied(n[2:8], 2)


_NO_NINO = frozenset("BG GB KN NK NT TN ZZ".split())


def hr_oib(n: str) -> bool:
    """Croatia: OIB, MOD 11,10."""
    return iso7064_11_10(n) and _varied(n)


def ie_pps(n: str) -> bool:
    """Ireland: PPS number, seven digits, a check letter and since 2013 another letter."""
    extra = "WABCDEFGHI".find(n[8:])
    return extra >= 0 and n[7] == "WABCDEFGHIJKLMNOPQRSTUV"[(weighted(n[:7], range(8, 1, -1)) + 9 * extra) % 23]


def it_fiscal_code(n: str) -> bool:
    """Italy: codice fiscale; letters stand for digits where two persons would have the same one (omocodia)."""
    plain = "".join(
        c if at not in _OMOCODIA else str("LMNPQRSTUV".find(c)) if c.isalpha() else c for at, c in enumerate(n)
    )
    total = sum(_ODD[_value(c)] if at % 2 == 0 else _value(c) for at, c in enumerate(n[:15]))
    return "-" not in plain and 1 <= int(plain[9:11]) % 40 <= 31 and n[15] == chr(65 + total % 26)


_OMOCODIA = (6, 7, 9, 10, 12, 13, 14)
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def _value(c: str) -> int:
    return int(c) if c.isdigit() else ord(c) - 65


def nl_bsn(n: str) -> bool:
    """Netherlands: burgerservicenummer, mod 11 with -1 for the last digit."""
    return _varied(n) and weighted(n, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def no_fnr(n: str) -> bool:
    """Norway: fødselsnummer with its two check digits; D-numbers (day + 40) too."""
    first = (11 - weighted(n, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11) % 11
    second = (11 - weighted(n, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11
    day = int(n[:2]) % 40
    return [first, second] == [int(n[9]), int(n[10])] and _day(f"{day:02}{n[2:6]}", "dmy")


def pl_pesel(n: str) -> bool:
    """Poland: PESEL; the century is in the month."""
    century = {0: 1900, 1: 2000, 2: 2100, 3: 2200, 4: 1800}[int(n[2:4]) // 20]
    check = -weighted(n, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10
    return check == int(n[10]) and is_date(century + int(n[:2]), int(n[2:4]) % 20, int(n[4:6]))


def pt_nif(n: str) -> bool:
    """Portugal: NIF, mod 11."""
    return n[0] != "0" and _varied(n) and (11 - weighted(n, range(9, 1, -1)) % 11) % 11 % 10 == int(n[8])


def ro_cnp(n: str) -> bool:
    """Romania: CNP, the century in the first digit."""
    century = {"1": 1900, "2": 1900, "3": 1800, "4": 1800, "5": 2000, "6": 2000}.get(n[0], 1900)
    check = weighted(n, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    fits = n[0] != "0" and is_date(century + int(n[1:3]), int(n[3:5]), int(n[5:7]))
    return fits and (1 if check == 10 else check) == int(n[12])


def se_personnummer(n: str) -> bool:
    """Sweden: personnummer; 60 is added to the day of a coordination number."""
    fits = len(n) == 10 or n[:2] in ("18", "19", "20")
    n = n[-10:]
    return fits and luhn(n) and _day(f"{n[:4]}{int(n[4:6]) % 60:02}")


def tr_tckn(n: str) -> bool:
    """Türkiye: identity number (T.C. kimlik) with its two check digits."""
    odd, even = sum(map(int, n[0:9:2])), sum(map(int, n[1:8:2]))
    return n[0] != "0" and (odd * 7 - even) % 10 == int(n[9]) and sum(map(int, n[:10])) % 10 == int(n[10])


# --- the Americas, Africa, Asia, Oceania ----------------------------------------------------------------------------


def ar_cuit(n: str) -> bool:
    """Argentina: CUIL/CUIT of a person (20, 23, 24, 27)."""
    check = (11 - weighted(n, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11
    return n[:2] in ("20", "23", "24", "27") and min(check, 9) == int(n[10])


def au_tfn(n: str) -> bool:
    """Australia: tax file number of nine digits."""
    return _varied(n) and weighted(n, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def br_cpf(n: str) -> bool:
    """Brazil: CPF with its two check digits; not one digit eleven times."""
    first = weighted(n, range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(n, range(11, 1, -1)) * 10 % 11 % 10
    return _varied(n, 2) and [first, second] == [int(n[9]), int(n[10])]


def ca_sin(n: str) -> bool:
    """Canada: SIN, Luhn; 0 and 8 are not given to persons."""
    return n[0] not in "08" and luhn(n) and _varied(n)


def cl_rut(n: str) -> bool:
    """Chile: RUT, mod 11 with K for ten."""
    total = weighted(n[-2::-1], (2, 3, 4, 5, 6, 7, 2, 3))
    return n[-1] == "0123456789K"[-total % 11] and _varied(n[:-1])


def cn_resident_id(n: str) -> bool:
    """China: GB 11643-1999: province, birthday, MOD 11-2 of ISO 7064."""
    check = "10X98765432"[weighted(n, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11]
    born = 1850 <= int(n[6:10]) <= 2100 and is_date(int(n[6:10]), int(n[10:12]), int(n[12:14]))
    return n[:2] in _PROVINCES and born and check == n[17]


_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)


def hk_hkid(n: str) -> bool:
    """Hong Kong: identity card; one or two letters, six digits, a check digit or A."""
    values = [36] * (len(n) == 8) + [_BASE36.index(c) for c in n]
    return sum(v * w for v, w in zip(values, range(9, 0, -1), strict=True)) % 11 == 0


def in_aadhaar(n: str) -> bool:
    """India: Aadhaar, Verhoeff; it never begins with 0 or 1 and is no palindrome."""
    return n[0] not in "01" and n != n[::-1] and verhoeff(n)


def in_pan(n: str) -> bool:
    """India: permanent account number of a person (P in the fourth place); it has no public check."""
    return n[3] == "P" and n[5:9] != "0000"


def jp_my_number(n: str) -> bool:
    """Japan: individual number, mod 11."""
    rest = weighted(n[10::-1], (2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6)) % 11
    return _varied(n) and (0 if rest <= 1 else 11 - rest) == int(n[11])


def kr_rrn(n: str) -> bool:
    """South Korea: resident registration number; those given since October 2020 have no check digit."""
    century = {"1": 1900, "2": 1900, "5": 1900, "6": 1900, "3": 2000, "4": 2000, "7": 2000, "8": 2000}.get(n[6], 1800)
    year = century + int(n[:2])
    if not is_date(year, int(n[2:4]), int(n[4:6])):
        return False
    return year >= 2020 or (11 - weighted(n, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10 == int(n[12])


def mx_curp(n: str) -> bool:
    """Mexico: CURP; letters, birthday, sex, state, and a check digit over base 37 with Ñ."""
    total = sum("0123456789ABCDEFGHIJKLMN\u00d1OPQRSTUVWXYZ".index(c) * (18 - at) for at, c in enumerate(n[:17]))
    return n[10] in "HMX" and _day(n[4:10]) and str(-total % 10) == n[17]


def sg_nric(n: str) -> bool:
    """Singapore: NRIC and FIN (S, T, F, G)."""
    total = weighted(n[1:8], (2, 7, 6, 5, 4, 3, 2)) + 4 * (n[0] in "TG")
    return n[0] in "STFG" and n[8] == ("JZIHGFEDCBA" if n[0] in "ST" else "XWUTRQPNMLK")[total % 11]


def th_id(n: str) -> bool:
    """Thailand: identity card number, mod 11."""
    return n[0] not in "09" and (11 - weighted(n, range(13, 1, -1)) % 11) % 10 == int(n[12])


def tw_id(n: str) -> bool:
    """Taiwan: a letter, the sex, seven digits and a check digit."""
    letter = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(n[0]) + 10
    return n[1] in "1289" and (letter // 10 + letter % 10 * 9 + weighted(n[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0


def us_ssn(n: str) -> bool:
    """United States: social security number: ranges that are never given, and those printed on samples."""
    never = n[:3] in ("000", "666") or n[0] == "9" or n[3:5] == "00" or n[5:] == "0000"
    return not never and n not in _SSN_SAMPLES and _varied(n, 2)


_SSN_SAMPLES = frozenset("078051120 123456789 219099999 457555462 987654321".split())


def za_id(n: str) -> bool:
    """South Africa: birthday, Luhn, citizenship 0 or 1."""
    return _day(n) and n[10] in "01" and luhn(n)

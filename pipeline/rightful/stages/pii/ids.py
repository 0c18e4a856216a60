"""National numbers of persons: what each looks like, how it is checked, which words announce it. Floor 3; not a stage.

A shape is a text in which every digit is a 9, every capital an A and every small letter an a. A pattern over shapes
is asked once for each shape that occurs, so that the next ten thousand dates cost a look into a table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rightful.later import late_pattern
from rightful.stages.pii import checks as checks

LEFT = rb"(?<![9Aa_@#+=])(?<![9Aa][-./,])(?<!9:)"
RIGHT = rb"(?![9Aa_@=])(?![-./,:]9)"


@dataclass(frozen=True, slots=True)
class Form:
    """One way of writing a kind of number.

    ``bare``: nothing about the writing says what it is and the check digit lets a tenth of all numbers through, so
    it counts only beside a word of ``cue`` or as the whole of a text.
    """

    kind: str
    shape: re.Pattern[bytes]
    check: checks.Check
    cue: re.Pattern[str]
    bare: bool


# kind | check | words that announce it | ways of writing it; those after "~" are bare.
# Words in capitals count in capitals only: "sin" and "nie" are words of their own. "_" is any one sign or white space.
# "#" is a digit and "#3" three of them, "A" a capital, "a" a small letter; the rest is as in `re`.
_TABLE = r"""
ar_cuit | ar_cuit | cuil cuit | #2-#8-# ~ #11
at_svnr | at_svnr | svnr SVN sozialversicherungsnummer sv-nummer versicherungsnummer | ~ #4 ?#6
au_tfn | au_tfn | tfn tax_file_number tax_file | ~ #3 #3 #3; #9
be_nn | be_nn
    | rijksregisternummer num[eé]ro_national registre_national nationaal_nummer insz niss
    | #2\.#2\.#2-#3[.-]#2 ~ #11
bg_egn | bg_egn | egn егн | ~ #10
br_cpf | br_cpf | cpf | #3\.#3\.#3-#2 ~ #11; #9-#2
ca_sin | ca_sin | SIN social_insurance NAS num[eé]ro_d.assurance_sociale | ~ #3(?P<s>[ -]?)#3(?P=s)#3
ch_ahv | ch_ahv | ahv AVS | #3\.#4\.#4\.#2; #13
cl_rut | cl_rut | rut RUN | #{1,2}\.#3\.#3-[#Aa] ~ #{7,8}-[#Aa]
cn_resident_id | cn_resident_id | 身份证 id_card | #17[#Aa]
cz_rc | cz_rc | rodn[eé]_[cč][ií]slo r\.?[cč] | #6/#4 ~ #10
de_tax_id | de_tax_id
    | steuer-?id steuer-?identifikationsnummer steuerliche_identifikationsnummer identifikationsnummer id-?nr
      steuernummer tax_id TIN
    | ~ #11; #2 #3 #3 #3
dk_cpr | dk_cpr | cpr personnummer | ~ #6[ -]?#4
es_dni | es_dni | dni nif documento_nacional | #8-?A; #2\.#3\.#3-?A ~ #{7,8}[ -]?[Aa]
es_nie | es_nie | NIE nif | A#7A; A-#7-A ~ [Aa][ -]?#7[ -]?[Aa]
fi_hetu | fi_hetu | hetu henkil[oö]tunnus | #6-#3[#A]; #6A#3[#A]
fr_nir | fr_nir
    | NIR s[eé]cu(?:rit[eé]_sociale)? s[eé]curit[eé]_sociale insee
    | #15; # #2 #2 #2 #3 #3[ -]?#2; #6A#8; # #2 #2 #A #3 #3[ -]?#2
gb_nhs | gb_nhs | nhs | ~ #3(?P<s>[ -]?)#3(?P=s)#4
gb_nino | gb_nino | nino national_insurance ni_no ni_number | AA#6A; AA ?#2 #2 #2 ?A
hk_hkid | hk_hkid | hkid | A{1,2}#6\([#A]\) ~ A{1,2}#6[#A]
hr_oib | hr_oib | oib | ~ #11
ie_pps | ie_pps | ppsn? pps_no | ~ #7[Aa]{1,2}
in_aadhaar | in_aadhaar | aadhaar aadhar uidai UID आधार | ~ #4(?P<s>[ -]?)#4(?P=s)#4
in_pan | in_pan | PAN permanent_account | ~ A{5}#4A
it_fiscal_code | it_fiscal_code
    | codice_fiscale cod\._fisc c\.?f\.?
    | A{6}[#A]{2}A[#A]{2}A[#A]{3}A
jp_my_number | jp_my_number | my_?number マイナンバー 個人番号 | ~ #4(?P<s>[ -]?)#4(?P=s)#4
kr_rrn | kr_rrn | rrn resident_registration 주민등록번호 주민번호 | #6-#7 ~ #13
mx_curp | mx_curp | curp | A{4}#6A{6}[#A]#
nl_bsn | nl_bsn | bsn sofi burgerservicenummer burger_service_nummer | ~ #9; #4\.#2\.#3; #3[ .]#3[ .]#3; #4 #2 #3
no_fnr | no_fnr | f[oø]dselsnummer personnummer fnr | #6 #5 ~ #11
pl_pesel | pl_pesel | pesel | ~ #11
pt_nif | pt_nif | nif contribuinte n\.?i\.?f\.? | ~ #9; #3 #3 #3
ro_cnp | ro_cnp | cnp cod_numeric | ~ #13
se_personnummer | se_personnummer | personnummer personnr pnr samordningsnummer | #8-#4; #6-#4 ~ #10; #12
sg_nric | sg_nric | nric FIN | A#7A
th_id | th_id | เลขประจำตัวประชาชน บัตรประชาชน | #-#4-#5-#2-# ~ #13
tr_tckn | tr_tckn | tckn tc_kimlik t\.?c\.?_kimlik kimlik_no kimlik_numaras. | ~ #11
tw_id | tw_id | 身分證 身份證 | ~ A#9
us_ssn | us_ssn | ssn social_security soc\._sec itin | #3-#2-#4 ~ #3(?P<s>[ .])#2(?P=s)#4; #9; #3-#6; #5-#4
za_id | za_id | south_african_id sa_id id_number id_no | ~ #13
"""


def _cue(words: str) -> re.Pattern[str]:
    listed = words.replace("_", r"[\s_-]?").split()
    exact = "|".join(word for word in listed if word.isupper())
    other = "|".join(word for word in listed if not word.isupper())
    either = f"{exact}|(?i:{other})" if exact and other else exact or f"(?i:{other})"
    return late_pattern(rf"(?<![A-Za-z])(?:{either})(?![A-Za-z])")


def _shape(way: str) -> re.Pattern[bytes]:
    spaced = re.sub(r" (?![^\[]*\])", "[ ]", way)
    digits = re.sub("#([0-9]+)", r"9{\1}", spaced).replace("#", "9")
    return late_pattern(LEFT + b"(?=(?P<all>%b)%b)" % (digits.encode(), RIGHT))


def _forms() -> tuple[Form, ...]:
    forms = []
    for line in re.sub(r"\n +", " ", _TABLE).strip().splitlines():
        kind, check, words, ways = (cell.strip() for cell in line.split("|"))
        plain, _, bare = ways.partition("~")
        cue = _cue(words)
        for written, is_bare in ((plain, False), (bare, True)):
            for way in filter(None, (w.strip() for w in written.split(";"))):
                forms.append(Form(kind, _shape(way), getattr(checks, check), cue, is_bare))
    return tuple(forms)


FORMS = _forms()
KINDS = tuple(sorted({form.kind for form in FORMS}, key=lambda kind: (kind in ("dk_cpr", "us_ssn"), kind)))
"""All kinds; those without a check digit last."""

_CUES = {form.kind: form.cue for form in FORMS}
_ANY_CUE = late_pattern("|".join(f"(?:{cue.pattern})" for cue in dict.fromkeys(_CUES.values())))
_LETTERS = late_pattern(rb"[A-Za-z\x80-\xff]{2}")


def announced(before: bytes, after: bytes) -> frozenset[str]:
    """The kinds that the words before and after a number, on its line, speak of."""
    before = before.rpartition(b"\n")[2]
    after = after.partition(b"\n")[0]
    if not _LETTERS.search(before) and not _LETTERS.search(after):
        return frozenset()
    beside = f"{before.decode(errors='replace')}\0{after.decode(errors='replace')}"
    if not _ANY_CUE.search(beside):
        return frozenset()
    return frozenset(kind for kind, cue in _CUES.items() if cue.search(beside))

"""Who may be named where a licence leaves room for a name, and what may not stand there. Floor 2: pure."""

from __future__ import annotations

import re

RESTRICTING = frozenset(
    "not no non never nor none noncommercial commercial commercially only except excepting excluding excluded exclude unless"
    " but however without permission permissions permitted permit permits may must shall should cannot can use used uses using"
    " user users for to if is are be was were been you your evil good clause clauses condition conditions term terms"
    " restriction restrictions restricted restricts reserve reserving reserves prohibited prohibit prohibits forbidden forbid"
    " forbids allowed allow allows disallowed licensed license licenses licensing agreement agree agrees academic"
    " educational education training train trained trains ai ml artificial intelligence machine learning mining mine"
    " model models dataset datasets sell sale selling sold written consent patent patents subject additional under other than"
    " private personal internal evaluation nonprofit profit confidential proprietary secret secrets copy copying copied"
    " redistribute redistribution distribute distribution modify modification modifications derivative derivatives"
    " illegal unlawful unauthorized strictly solely purpose purposes purchase paid pay payment fee fees royalty trial"
    " crawl crawling scrape scraping harvest opt out reuse reproduce reproduction research researchers students nuclear"
    " military weapon weapons country countries government governments hereby provided provide notwithstanding"
    " void voided revoked revoke withdrawn expired expires until within instead replaced superseded ignore disregard"
    " nur nicht kein keine keinen keiner verboten untersagt ohne für darf dürfen nutzung verwendung gewerblich gewerbliche"
    " kommerziell kommerzielle interdit interdite interdits sans pas uniquement seulement usage utilisation commerciale"
    " prohibido prohibida sin solo sólo uso comercial proibido proibida sem vietato vietata senza uso commerciale"
    " forbudt verboden zonder alleen niet geen gebruik commercieel commerciele kommersiell kommersiellt icke ikke endast kun bara"
    " bruk wyłącznie tylko zakaz ticari yasak yasaktir kullanim"
    " gpl gplv2 gplv3 gpl2 gpl3 lgpl agpl agplv3 sspl busl bsl nc nd polyform".split()
)
"""Words that may restrict: none of them stands in a name."""
JOINING = frozenset(
    "the and of or by in at a an on c copyright copyrights copr author authors contributor contributors contributing holder"
    " holders owner owners others al et inc ltd llc gmbh corp corporation co company foundation institute university"
    " universities college school regents board trustees project projects team teams group groups community committers"
    " software systems system technologies technology technical international national laboratory laboratories labs lab"
    " institution organization network networks free open source california new york state united states america present"
    " its their his her respective various individual original all people members developers developer maintainers maintainer"
    " http www com org net edu io de uk fr jp cn ch nl ca gov mil me dev name names http github gitlab portions parts some"
    " e email mail years year yyyy date dates fullname date copyrighted as see file files list version first last initial"
    " entity entities ag bv sa kg plc department center council society association office library libraries program programs package"
    " packages font fonts reserved"
    " van von der den del della di da du la le und y e bin af ter pages"
    " module script application tool plugin code product work material materials".split()
)
"""Common words that names are made of."""
PARTICLES = frozenset(
    "de der den des del della da di do du van von zu zur la le les el y e und et ter ten bin ibn al".split()
)
"""What stands small within the names of persons."""
_YEAR = re.compile(r"\d{1,4}")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LIMITING = re.compile(
    "禁|仅|僅|非|不|勿|限|无|無|商业|商業|商用|用途|使用|利用|許可|许可|授权|授權|转载|轉載|のみ|だけ|除|训练|訓練|学習|学习|公益|研究|付费|付費"
    "|금지|상업|영리|학습|사용|이용|허가|제한|불가|연구"
)
"""In scripts without blanks: what may restrict within a word."""
_LATIN = re.compile(r"[\u0000-\u024f\u1e00-\u1eff]+")


def is_of_a_name(word: str, form: str, common: frozenset[str], *, is_mixed: bool) -> bool:
    """True for a word that may be part of the name of a holder.

    ``common`` are the words that licences are written in. Where a text ``is_mixed``, in small and capital letters, none of
    them that is written small is part of a name.
    """
    if word in JOINING or word in PARTICLES:
        return True
    if word in RESTRICTING:
        return False
    if word.isdigit():
        return _YEAR.fullmatch(word) is not None
    if word.isascii():
        return not (is_mixed and word in common and form.islower())
    if _UNSPACED.search(word) is not None:
        return _LIMITING.search(word) is None
    # Of scripts that nobody checks here a name shows by its capital; one without capitals shows none.
    return _LATIN.fullmatch(word) is not None or not (form.islower() or form == form.upper() == form.lower())


def is_year(word: str) -> bool:
    """True for a year of four digits."""
    return len(word) == 4 and word.isdigit()

"""What may stand beside the text of a licence, and the same with a word that restricts."""

from __future__ import annotations

import pytest

from rightful.catalog.texts import license_texts
from rightful.signals.texts.match import UNKNOWN, Detected, detect

MIT_HEAD = "Permission is hereby granted, free of charge"


def text_of(license: str) -> str:
    """The text of a licence, that of MIT from its first grant on."""
    text = next(text for id, _, text in license_texts().licenses if id == license)
    return text[text.index(MIT_HEAD) :] if license == "MIT" else text


def seen(text: str) -> Detected:
    """What a text is."""
    return detect(text, license_texts())


HARMLESS = (
    "Copyright JS Foundation and other contributors{}",
    "Copyright OpenJS Foundation and other contributors, https://openjsf.org/{}",
    "Copyright OpenJS Foundation and other contributors, <www.openjsf.org>{}",
    "Copyright (c) Reed, Inc. and its affiliates{}.",
    "Copyright Reed, Inc. and other Heron contributors{}.",
    "Portions Copyright (c) 2020 Ada Moreno{}",
    "Original code Copyright Ada Moreno{}\n\nPort to TypeScript Copyright Ines Vidal",
    "Copyright (c) 2017 to present Reed Services Inc. and individual contributors{}.",
    "Copyright (c) Reed Services Inc. 2025 to present{}",
    "Copyright (c) 2011 to 2021 Ada Moreno{}",
    "Copyright (c) 2011-2021, Ada Moreno until https://github.com/heron/heron/commit/a1acf730b4{}",
    "Copyright (c) 2017 Just van Rossum{}",
    "Copyright (c) 2010-2012 Ada Moreno (https://example.org)\nCopyright (c) 2013 Ines Vidal\nCopyright 2014, 2015 Reed Ltd.{}",
    "Copyright Ada Moreno\n\nBased on Stork.js, copyright Ines Vidal,\nReeds and Reporters & Editors <http://stork.example/>{}",
    "MIT License & © Ada Moreno{}",
    "(The MIT License)\n\nCopyright 2020 Ada Moreno{}",
    "The MIT License (MIT)\n=====================\n\nCopyright 2020 Ada Moreno{}",
    "This is the MIT license{}:",
    "This project is licensed under the MIT license{}.",
    "Heron is released under the MIT License{}, reproduced below:",
    "# License\n\n`heron` is distributed under the terms of the MIT license{}:",
    "The Heron project is made available under the MIT license{}:",
    "Licensed under the MIT license{}: http://opensource.org/licenses/MIT",
    "The software is licensed under the MIT license{}, which reads as follows:",
    "<!-- markdownlint-disable MD041 -->\nCopyright 2020 Ada Moreno{}",
    "SPDX-License-Identifier: MIT\n\nCopyright 2020 Ada Moreno{}",
)
RESTRICTIONS = (
    " except for sale",
    " for non-commercial use",
    " only",
    ", not for training",
    " for 30 days",
    " and the Apache License 2.0",
    ", all trademarks reserved",
    ". Evaluation copies may not be sold",
    " unless https://example.org/terms",
    ". Heron is licensed under other terms",
    ". Nobody is licensed under the license",
    " until 2030",
    " to hobbyists",
)


@pytest.mark.parametrize("sentence", HARMLESS)
def test_detect_what_is_harmless_beside_a_license_leaves_it_what_it_is(sentence: str) -> None:
    answer = seen(f"{sentence.format('')}\n\n{text_of('MIT')}")
    assert (answer.expression, answer.leftover) == ("MIT", "")


@pytest.mark.parametrize("sentence", HARMLESS)
def test_detect_what_restricts_beside_a_license_makes_it_unknown(sentence: str) -> None:
    for restriction in RESTRICTIONS:
        answer = seen(f"{sentence.format(restriction)}\n\n{text_of('MIT')}")
        assert answer.expression == UNKNOWN, restriction
    for restriction in ("Not: ", "Except for sale, ", "Only ", "Nobody: ", "GPL ", "No part of "):
        answer = seen(f"{restriction}{sentence.format('')}\n\n{text_of('MIT')}")
        assert answer.expression == UNKNOWN, restriction


@pytest.mark.parametrize(
    "subject",
    [
        "Nobody is",
        "Everyone is",
        "The examples are",
        "Documentation is",
        "The demo is",
        "Version 2 is",
        "Commercial is",
        "Half is",
        "Community edition is",
        "What remains is",
        "Heron is not",
        "Heron is hardly",
        "Heron was",
    ],
)
def test_detect_what_speaks_of_a_part_or_a_person_is_unknown(subject: str) -> None:
    assert seen(f"{subject} licensed under the MIT license:\n\n{text_of('MIT')}").expression == UNKNOWN


def test_detect_an_introduction_names_the_license_that_follows() -> None:
    for name in ("Apache License 2.0", "GPL", "BSD license", "MIT No Attribution license", "Prosperity License"):
        assert seen(f"Heron is licensed under the {name}:\n\n{text_of('MIT')}").expression == UNKNOWN


CC = "This work is licensed under the Creative Commons Attribution-NonCommercial-ShareAlike 3.0 Unported License{}."
LETTER = (
    "\nTo view a copy of this license, visit https://creativecommons.org/licenses/{} or send a letter to"
    " Creative Commons, PO Box 1866, Mountain View, CA 94042, USA.\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CC.format(""), "CC-BY-NC-SA-3.0"),
        (CC.format("") + LETTER.format("by-nc-sa/3.0"), "CC-BY-NC-SA-3.0"),
        (CC.format(" (CC BY-NC-SA 3.0)"), "CC-BY-NC-SA-3.0"),
        (CC.format("").replace("3.0 Unported", "4.0 International"), "CC-BY-NC-SA-4.0"),
        ("Creative Commons Attribution 4.0 International License (CC BY 4.0)\n\nhttp://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        (
            "Copyright 2020 Ada\n\nThis document is licensed under a [Creative Commons Attribution 4.0 International License]"
            "(https://creativecommons.org/licenses/by/4.0/).",
            "CC-BY-4.0",
        ),
        (
            '<a rel="license" href="http://creativecommons.org/licenses/by/4.0/">x</a><br />This work is licensed under a'
            ' <a href="http://creativecommons.org/licenses/by/4.0/">Creative Commons Attribution 4.0 International License</a>.',
            UNKNOWN,
        ),
        ("Creative Commons Attribution 4.0 International License", None),
        (CC.format(" and only for schools"), UNKNOWN),
        (CC.format(", except for the figures"), UNKNOWN),
        (CC.format(" 2"), UNKNOWN),
        (CC.format("").replace("3.0 Unported", "4.0 Unported"), UNKNOWN),
        (CC.format("").replace("3.0 Unported", "3.0 France"), UNKNOWN),
        (CC.format("").replace("This work is", "This work is not"), UNKNOWN),
        (CC.format("").replace("This work is", "Except where noted, this work is"), UNKNOWN),
        (CC.format("").replace("This work is", "Part of this work is"), UNKNOWN),
        (CC.format("").replace("This work is", "The code of this project is"), UNKNOWN),
        (CC.format("").replace("This work is", "The code of this project is") + LETTER.format("by-nc-sa/3.0"), UNKNOWN),
        (CC.format("").replace("This work is licensed", "This project fell") + LETTER.format("by-nc-sa/3.0"), UNKNOWN),
        (CC.format("") + LETTER.format("by/3.0"), UNKNOWN),
        (CC.format("") + LETTER.format("by-nc-sa/3.0/fr"), UNKNOWN),
        (CC.format("") + LETTER.format("by-nc-sa/3.0") + "No training of models.", UNKNOWN),
        (CC.format("") + LETTER.format("by-nc-sa/3.0") + "All rights reserved.", UNKNOWN),
        (CC.format("").replace("Unported License", "[Unported License](https://creativecommons.org/licenses/by-nc-nd/3.0)"), UNKNOWN),
    ],
)  # fmt: skip
def test_detect_a_notice_of_creative_commons_counts_where_it_is_complete_and_alone(
    text: str, expected: str | None
) -> None:
    assert seen(text).expression == expected


def test_detect_a_part_under_another_license_adds_that_license_and_is_none_alone() -> None:
    part = f"The contents of the scripts directory are licensed under the MIT license:\n\n{text_of('MIT')}"
    whole = "This work is licensed under the Creative Commons Attribution 4.0 International License.\n\n"
    assert seen(whole + part).expression == "CC-BY-4.0 AND MIT"
    assert seen(part).expression == UNKNOWN
    assert seen(whole + part.replace("MIT license", "Prosperity license")).expression == UNKNOWN
    assert seen(whole + part.replace("are licensed", "are not licensed")).expression == UNKNOWN


def test_detect_all_parts_except_as_documented_below_is_unknown() -> None:
    lead = (
        "Copyright Heron Foundation and other contributors\n\n"
        "The following license applies to all parts of this software except as documented below:\n\n"
    )
    own = (
        "\n\nFiles located in the vendor directory are externally maintained libraries which have their own licenses.\n"
    )
    assert seen(lead + text_of("MIT")).expression == UNKNOWN
    assert seen(lead + text_of("MIT") + own).expression == UNKNOWN


def test_detect_who_took_part_may_be_told_behind_a_license() -> None:
    told = (
        "\n\nThe complete list of contributors can be found at:\n- https://github.com/heron/heron/graphs/contributors\n"
    )
    assert seen(text_of("BSD-3-Clause") + told).expression == "BSD-3-Clause"
    assert seen(text_of("BSD-3-Clause") + told + "They may not sell it.\n").expression == UNKNOWN
    assert seen(text_of("BSD-3-Clause") + told.replace("contributors can", "restrictions can")).expression == UNKNOWN


def test_detect_whose_name_may_not_be_used_may_stand_in_the_clause_on_names() -> None:
    text = text_of("BSD-3-Clause")
    clause = "Neither the name of the copyright holder nor the names of its contributors may be used"
    for other in (
        "The name Ada Moreno may not be used",
        "The names of any contributors may not be used",
        "Names of the Heron Developers may not be used",
        "Neither the names of the Heron Foundation nor the names of project contributors may be used",
    ):
        assert clause in text
        assert seen(text.replace(clause, other)).expression == "BSD-3-Clause", other
    for other in (
        "The name Ada Moreno may be used",
        "The software may not be used",
        "The name or any copy may not be used",
    ):
        assert seen(text.replace(clause, other)).expression == UNKNOWN, other


def test_detect_text_that_was_read_as_windows_has_it_is_read_aright() -> None:
    for license in ("GFDL-1.3-only", "CC-BY-4.0", "GPL-3.0-only"):
        amiss = text_of(license).replace("\u2014", "\u00e2\u20ac\u201d").replace('"', "\u00e2\u20ac\u0153")
        assert seen(amiss).expression == license
        assert seen(amiss + "\u00e2\u20ac\u0153No sale.").expression == UNKNOWN


def test_detect_comments_for_tools_alone_are_passed_over() -> None:
    assert seen(f"<!-- no commercial use -->\n{text_of('MIT')}").expression == UNKNOWN
    assert seen(f"<!-- markdownlint-disable no training -->\n{text_of('MIT')}").expression == UNKNOWN
    assert seen(f"<!-- prettier-ignore -->\n{text_of('MIT')}").expression == "MIT"


def test_detect_only_is_of_a_name_behind_the_name_alone() -> None:
    text = text_of("GPL-3.0-only")
    assert seen(f"Copyright 2024 Ada Moreno\n\nGPL 3.0 only\n\n{text}").expression == "GPL-3.0-only"
    assert seen(f"Copyright 2024 Ada Moreno, only\n\n{text}").expression == UNKNOWN


def test_detect_the_gpl_is_known_by_both_addresses_that_were_published() -> None:
    text = text_of("GPL-3.0-only")
    for address in (
        "https://www.gnu.org/licenses/why-not-lgpl.html",
        "http://www.gnu.org/philosophy/why-not-lgpl.html",
    ):
        other = text.replace("https://www.gnu.org/philosophy/why-not-lgpl.html", address)
        assert address in other
        assert seen(other).expression == "GPL-3.0-only", address
    assert seen(text.replace("philosophy/why-not-lgpl", "philosophy/not-for-sale")).expression == UNKNOWN

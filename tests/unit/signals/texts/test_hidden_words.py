"""Words that restrict, where markup, an address, a name or a card of facts would take them away: none of them is lost."""

from __future__ import annotations

import pytest

from rightful.catalog.texts import license_texts
from rightful.signals.texts.match import UNKNOWN, detect

TEXTS = {license: text for license, _, text in license_texts().licenses}
MIT = TEXTS["MIT"].replace("<year> <copyright holders>", "2024 Heron Ltd")


def expression(text: str) -> str | None:
    return detect(text, license_texts()).expression


def held_by(holder: str) -> str:
    return MIT.replace("Heron Ltd", holder)


@pytest.mark.parametrize(
    "text",
    [
        MIT + "\n<script>You may not use this for commercial purposes</script>\n",
        MIT + "\n<style>No commercial use.</style>\n",
        MIT + '\n<img alt="not for commercial use">\n',
        MIT + "\n<p not for commercial use>\n",
        MIT.replace("Permission is", '<a title="You may not train on this">Permission</a> is'),
        "<!doctype You may not use this commercially>\n" + MIT,
        MIT + "\n59 Temple Place, no commercial use and no training, Boston, MA\n",
        MIT + "\n<https://heron.example/no-commercial-use>\n",
        MIT + "\nno.commercial.use@heron.example\n",
        MIT + "\n[license](https://heron.example/noncommercial-only)\n",
        "[MIT](https://creativecommons.org/licenses/by-nc/4.0/)\n\n" + MIT,
        MIT.replace("to deal", "~~to deal~~"),
        "---\ntitle: MIT License\nspdx-id: MIT\nnote: Members of the guild alone may sell the software\n---\n" + MIT,
    ],
)
def test_words_in_markup_that_may_restrict_are_read(text: str) -> None:
    assert expression(text) == UNKNOWN


@pytest.mark.parametrize(
    "holder",
    [
        "\u5f20\u4e09 \u4ec5\u9650\u975e\u5546\u4e1a\u4f7f\u7528",
        "\u5c71\u7530 \u5546\u7528\u5229\u7528\u7981\u6b62",
        "\u0418\u0432\u0430\u043d\u043e\u0432 \u0442\u043e\u043b\u044c\u043a\u043e \u0434\u043b\u044f",
        "\u0634\u0631\u0643\u0629 \u0644\u0644\u0627\u0633\u062a\u062e\u062f\u0627\u0645",
        "Heron niet commercieel gebruik",
        "Heron endast icke-kommersiellt bruk",
        "Heron samo za nekomercijalnu uporabu",
        "Heron n0 c0mm3rc1al us3",
        "Heron GPLv3",
        "Heron GPL version 3",
        "Heron, AGPL",
        "Heron CC BY NC 4.0",
    ],
)
def test_no_restriction_and_no_other_license_is_part_of_the_name_of_a_holder(holder: str) -> None:
    assert expression(held_by(holder)) == UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        held_by("\u5f20\u4e09"),
        held_by("\u5c71\u7530\u592a\u90ce"),
        held_by("\u0418\u0432\u0430\u043d \u041f\u0435\u0442\u0440\u043e\u0432"),
        held_by("Vincent van der Heron"),
        held_by("heron contributors and joyent, inc"),
        "<!doctype html>\n<html><head><style>p { margin: 0 }</style></head><body><p>" + MIT + "</p></body></html>",
        MIT + "\n<https://heron.example/about>\n",
        MIT.replace("Heron Ltd", "Heron Ltd <someone@heron.example>"),
    ],
)
def test_names_pages_and_addresses_are_no_words_of_a_license(text: str) -> None:
    assert expression(text) == "MIT"


def test_a_choice_is_one_of_two() -> None:
    apache, gpl = TEXTS["Apache-2.0"], TEXTS["GPL-3.0-only"]
    offer = "This project is dual licensed\n"
    assert expression(offer + MIT + apache) == "MIT OR Apache-2.0"
    assert expression(offer + MIT + apache + gpl) == "MIT AND Apache-2.0 AND GPL-3.0-only"
    assert expression("This is dual licensed under both of these\n" + MIT + gpl) == "MIT AND GPL-3.0-only"

"""What a text says of its own rights: tags, headers, notices, words that reserve; and what only looks like it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful import catalog
from rightful.catalog.texts import license_texts
from rightful.rights.evidence import Evidence
from rightful.rights.notices import NOTICE
from rightful.signals.signal import About, Claims
from rightful.signals.texts.of_text import text_claims, trigger
from rightful.signals.texts.regions import HEAD_BYTES, TAIL_BYTES, ends, regions

NAMES = catalog.load().names
PLAIN = About(NAMES, texts=license_texts)

APACHE = """/*
 * Copyright 2019 The Mole Authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package mole;
"""
GNU = """# Copyright (C) 2010 Jane Reed
#
# {work} is free software{stop} you can redistribute it and/or modify
# it under the terms of the GNU {kind}General Public License as published by
# the Free Software Foundation{either} version {version} of the License{later}.
#
# {work} is distributed in the hope that it will be useful,
# but WITHOUT ANY WARRANTY; without even the implied warranty of
# MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
# GNU {kind}General Public License for more details.
#
# You should have received a copy of the GNU {kind}General Public License
# along with {work}.  If not, see <http://www.gnu.org/licenses/>.
import tide
"""
MPL = """/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at http://mozilla.org/MPL/2.0/. */
var tide;
"""
FORTHCOMING = "The tide came in over the mole, and nobody spoke. " * 6


def gnu(kind: str = "", version: str = "3", later: bool = True, work: str = "This program") -> str:
    option = ", or\n# (at your option) any later version" if later else ""
    either = ", either" if later else ";"
    return GNU.format(work=work, kind=kind, version=version, later=option, either=either, stop=":")


def read(text: str) -> Claims:
    return text_claims({"text": text}, PLAIN)


def licenses(claims: Claims) -> list[tuple[str, bool]]:
    """The licences that are stated, each with whether it permits."""
    return [(e.expression, not e.guessed) for e in claims.claims if e.statement == "license" and e.expression != NOTICE]


def notices(claims: Claims) -> list[str]:
    return [e.basis for e in claims.claims if e.expression == NOTICE]


def unreadable(claims: Claims) -> list[str]:
    return [e.observation.raw for e in claims.claims if e.statement == "unreadable" and e.observation is not None]


def reserved(claims: Claims) -> list[Evidence]:
    return [e for e in claims.claims if e.kind == "reservation"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# SPDX-License-Identifier: MIT\nx = 1\n", [("MIT", True)]),
        ("\ufeff#!/bin/sh\n#\n# SPDX-License-Identifier: MIT\n", [("MIT", True)]),
        ("<?php\n// SPDX-License-Identifier: MIT OR Apache-2.0\n", [("MIT OR Apache-2.0", True)]),
        ("<!-- SPDX-License-Identifier: CC0-1.0 -->\n# Tides\n", [("CC0-1.0", True)]),
        ("---\n# SPDX-License-Identifier: CC0-1.0\ntitle: Tides\n---\nText.\n", [("CC0-1.0", True)]),
        ("---\nlicense: CC0-1.0\ntitle: Tides\n---\nText.\n", [("CC0-1.0", False)]),
        ("---\ntitle: Tides\nlicense:\n- MIT\n- GPL-2.0-only\n---\n", [("MIT", False), ("GPL-2.0-only", False)]),
        (
            "/* SPDX-License-Identifier: GPL-2.0-only */\n/* SPDX-License-Identifier: MIT */\n",
            [("GPL-2.0-only", True), ("MIT", True)],
        ),
        ("x = 1\n# SPDX-License-Identifier: MIT\n", [("MIT", False)]),
        (f"A paper.\n\n{FORTHCOMING}\n\n# SPDX-License-Identifier: MIT\n", [("MIT", False)]),
        ("Write `SPDX-License-Identifier: MIT` into every file.\n", []),
        ("The line SPDX-License-Identifier: MIT says it.\n", []),
    ],
)
def test_tags_count_where_they_stand_and_permit_only_in_the_head(text: str, expected: list[tuple[str, bool]]) -> None:
    claims = read(text)
    assert licenses(claims) == expected
    assert all((e.tier, e.bound_to) == (3, "work") for e in claims.claims)


def test_tag_that_cannot_be_read_blocks_and_is_named() -> None:
    claims = read("# SPDX-License-Identifier: (MIT OR Harbour-9)\n")
    assert unreadable(claims) == ["(MIT OR Harbour-9)"]
    assert claims.blocking == (("the text itself (SPDX tag)", "(MIT OR Harbour-9)"),)


def test_copyright_lines_are_kept_where_a_licence_stands_beside_them() -> None:
    tagged = "// SPDX-FileCopyrightText: 2020 Jane Reed <jane@example.org>\n// SPDX-License-Identifier: MIT\n"
    assert read(tagged).notices == ("2020 Jane Reed <jane@example.org>",)
    assert read(APACHE).notices == ("Copyright 2019 The Mole Authors",)
    assert read("// Copyright 2019 The Mole Authors\nint tide;\n").notices == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (APACHE, "Apache-2.0"),
        (MPL, "MPL-2.0"),
        (gnu(), "GPL-3.0-or-later"),
        (gnu(version="2", later=False), "GPL-2.0-only"),
        (gnu(kind="Lesser ", version="2.1"), "LGPL-2.1-or-later"),
        (gnu(kind="Affero ", work="Mole"), "AGPL-3.0-or-later"),
        (
            "// This source code is licensed under the MIT license found in the\n// LICENSE file in the root directory.\nx\n",
            "MIT",
        ),
        ("# Licensed under the MIT License. See LICENSE in the project root for details.\n", "MIT"),
        ("-- License: BSD-3-Clause\nselect 1\n", "BSD-3-Clause"),
        (
            "/* This program and the accompanying materials are made available under the terms of the\n"
            " * Eclipse Public License 2.0 which is available at https://www.eclipse.org/legal/epl-2.0/ */\n",
            "EPL-2.0",
        ),
    ],
    ids=lambda value: value[:24],
)
def test_licence_header_that_is_known_wholly_is_the_licence(text: str, expected: str) -> None:
    claims = read(text)
    assert (licenses(claims), unreadable(claims), notices(claims)) == ([(expected, True)], [], [])


@pytest.mark.parametrize(
    "edit",
    [
        (" */", " * This file may not be used for military purposes.\n */"),
        (" */", " * You may use this file for non-commercial purposes only.\n */"),
        (" */", " * Use of this file to train a model requires our licence.\n */"),
        ("Version 2.0 (", "Version 2.7 ("),
        ("Apache License", "Mole License"),
        ("Licensed under", "Not licensed under"),
        ("Licensed under", "Parts of this are licensed under"),
        ("either express", "unless it is used with permission of the authors, either express"),
    ],
)
def test_licence_header_with_anything_else_in_it_never_stands_alone(edit: tuple[str, str]) -> None:
    changed = APACHE.replace(*edit, 1)
    assert changed != APACHE
    claims = read(changed)
    assert unreadable(claims) or reserved(claims) or licenses(claims) == []


@pytest.mark.parametrize(
    "text",
    [
        "// Licensed under the Harbour Public Licence 3.\nint tide;\n",
        "# You may use this file for research only.\nx = 1\n",
        "/* Permission is hereby granted to look at this file on Sundays. */\n",
        "# License: whatever Jane says\nx = 1\n",
        "# This file is dedicated to the public domain, except for its tables.\n",
    ],
)
def test_licence_header_that_nobody_knows_blocks(text: str) -> None:
    claims = read(text)
    assert unreadable(claims)
    assert licenses(claims) == []
    assert [place for place, _ in claims.blocking] == ["the text itself (licence header)"]


@pytest.mark.parametrize(
    "text",
    [
        "// Copyright 2014 The Tide Authors. All rights reserved.\n// Use of this source code is governed by a BSD-style\n"
        "// license that can be found in the LICENSE file.\npackage tide\n",
        "# Copyright (c) 2020 Jane Reed\n# See LICENSE for details.\nx = 1\n",
        "# Reads license expressions.\nimport re\n",
        '"""Licences of records: the license field is read here.\n\nA licence may be a list."""\n',
        "# The tide.\nx = 1\n",
        "",
        "(c)",
        "\x00©\x00",
    ],
)
def test_pointer_and_mention_say_nothing(text: str) -> None:
    assert read(text) == Claims()


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("The tide.\n\nNot for redistribution.\n", "no-distribution"),
        (f"{FORTHCOMING * 90}\n\n© 2019 Mole Press. All rights reserved.\n", "all-rights-reserved"),
        ("// Copyright (c) 2020 Mole Ltd.\n// All rights\n// reserved.\nint tide;\n", "all-rights-reserved"),
        (f"MOLE\n\nNo part of this publication may be reproduced in any form.\n\n{FORTHCOMING}", "no-reproduction"),
        (f"CONFIDENTIAL\n\n{FORTHCOMING}", "confidential-mark"),
        (f"Draft - do not cite\n\n{FORTHCOMING}", "no-citation"),
        ("Gezeiten\n\nAlle Rechte vorbehalten.\n", "all-rights-reserved"),
        ("Marées\n\nTOUS DROITS RÉSERVÉS\n", "all-rights-reserved"),
        ("Приливы\n\n© 2001 Мол. ВСЕ ПРАВА ЗАЩИЩЕНЫ.\n", "all-rights-reserved"),
        ("潮汐\n\n版权所有，未经许可不得转载。\n", "no-reproduction"),
        ("The tide.\n\nCopyright 2021 Elsevier Ltd.\n", "publisher"),
        ("For personal use only.\n\nThe tide.\n", "personal-use"),
    ],
)
def test_notice_in_head_or_tail_blocks_and_keeps_its_words(text: str, phrase: str) -> None:
    claims = read(text)
    assert phrase in notices(claims)
    assert f"the text itself (notice: {phrase})" in [place for place, _ in claims.blocking]
    assert re.search(trigger(NAMES), text, re.IGNORECASE)
    assert licenses(claims) == []


@pytest.mark.parametrize(
    "text",
    [
        'She laughed. "All rights reserved," she said, and closed the door.\n',
        f"{FORTHCOMING}\n\nHe told us that the letter was strictly confidential and that we should burn it.\n",
        "The phrase all rights reserved is older than the Berne Convention, and means little today.\n",
        "All rights reserved is a phrase that was once required by a treaty of Buenos Aires.\n",
        f"A novel.\n\n{FORTHCOMING * 60}\n\nNot for redistribution.\n\n{FORTHCOMING * 60}",
        "Confidential sources told the paper that the mole was sold for a song last winter.\n",
        "We do not share your data. Do not copy the file by hand; use the button on the left side of the screen, which copies it.\n"
        * 3,
        "In this article we discuss copyright, licences, and the distribution of wealth.\n",
    ],
)
def test_sentence_of_a_story_or_about_copyright_is_no_notice(text: str) -> None:
    claims = read(text)
    assert (notices(claims), licenses(claims), unreadable(claims)) == ([], [], [])


def test_all_rights_reserved_beside_a_licence_is_part_of_its_notice_but_a_ban_is_not() -> None:
    line = "# Copyright 2020 Mole Ltd. All rights reserved.\n# SPDX-License-Identifier: MIT\n"
    assert notices(read(line)) == []
    assert notices(read(line + "# Strictly confidential.\n")) == ["confidential"]


def test_phrase_that_the_card_sets_aside_is_none_and_the_others_stay() -> None:
    text = "Not for redistribution.\n\nStrictly confidential.\n\nThe tide.\n"
    about = About(NAMES, texts=license_texts, not_notices=(("no-distribution", "a line of the template"),))
    assert notices(text_claims({"text": text}, about)) == ["confidential"]
    assert set(notices(read(text))) == {"confidential", "no-distribution"}


@pytest.mark.parametrize(
    "text",
    [
        "(c) 2023 Jane Reed. No AI training.\n\nThe tide.\n",
        f"{FORTHCOMING}\n\nNo part of this book may be used to train artificial intelligence systems.\n",
        "Do not use for AI training.\n\nThe tide.\n",
        "# Copyright 2024 Mole Ltd. Text and data mining is prohibited.\nx = 1\n",
        "Gezeiten\n\n© 2022 Mole. Die Nutzung für Text und Data Mining ist vorbehalten.\n",
    ],
)
def test_words_that_reserve_are_a_reservation_of_the_work_that_no_card_sets_aside(text: str) -> None:
    about = About(
        NAMES, texts=license_texts, not_notices=tuple((phrase.id, "all of them") for phrase in NAMES.notices.phrases)
    )
    for claims in (read(text), text_claims({"text": text}, about)):
        [claim] = reserved(claims)
        assert claim.reserves_the_work
        assert claim.acts == NAMES.reserving.acts
    assert re.search(trigger(NAMES), text, re.IGNORECASE)


@pytest.mark.parametrize(
    "text",
    [
        "In this article we train machine learning models. Training was not possible on small machines.\n",
        "Regulators prohibit the use of artificial intelligence in hiring. Banks do not use it for lending either.\n",
        "Data mining is not allowed to fail: what we can mine, we mine.\n" + FORTHCOMING,
    ],
)
def test_article_about_training_reserves_nothing(text: str) -> None:
    assert reserved(read(text)) == []


@given(st.text(alphabet=st.sampled_from("ab \n\t#*/-<>!{}[]'\"©é版\ud7ff😀"), max_size=400), st.integers(0, 40))
def test_head_and_tail_are_bounded_and_hold_what_they_are_of(piece: str, times: int) -> None:
    text = piece * times * 8
    head, tail = ends(text)
    assert text.startswith(head)
    assert text.endswith(tail)
    assert len(head.encode()) <= HEAD_BYTES
    assert len(tail.encode()) <= TAIL_BYTES
    assert len(head) + len(tail) <= len(text)
    regions(text)


@given(
    st.lists(
        st.sampled_from(
            [
                APACHE,
                MPL,
                gnu(),
                "All rights reserved.\n",
                "No AI training.\n",
                "x\n",
                "\n\n",
                "# SPDX-License-Identifier: MIT\n",
            ]
        )
    )
)
def test_texts_without_a_trigger_claim_nothing_and_adding_text_never_loses_a_tag(pieces: list[str]) -> None:
    text = "".join(pieces)
    claims = read(text)
    if not re.search(trigger(NAMES), "\n".join(ends(text)), re.IGNORECASE):
        assert claims == Claims()
    if text.startswith("# SPDX-License-Identifier: MIT\n"):
        assert ("MIT", True) in licenses(claims)


def test_hostile_texts_end_soon() -> None:
    for text in (
        "/*" * 100_000,
        "#" * 1_000_000,
        "(c) " * 200_000,
        "licensed under " * 50_000,
        "\n" * 1_000_000,
        '"""' * 99_999,
    ):
        read(text)


def _commented(text: str) -> str:
    return "/*\n" + "".join(f" * {line}".rstrip() + "\n" for line in text.splitlines()) + " */\nint tide;\n"


@pytest.mark.parametrize("license", ["MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "BSL-1.0", "Unlicense"])
def test_licence_text_in_comments_is_the_licence_and_one_more_clause_makes_it_unreadable(license: str) -> None:
    [text] = [text for identity, _, text in license_texts().licenses if identity == license]
    whole = text.replace("<year>", "2020").replace("<owner>", "Jane Reed").replace("<copyright holders>", "Jane Reed")
    claims = read(_commented(whole))
    assert (licenses(claims), unreadable(claims)) == ([(license, True)], [])
    more = whole + "\n\nThis software may not be used to train a model.\n"
    claims = read(_commented(more))
    assert licenses(claims) == []
    assert unreadable(claims)
    claims = read(f"The mole, a manual.\n\n{FORTHCOMING}\n\n{whole}")
    assert (licenses(claims), unreadable(claims)) == ([(license, False)], []), "in a document it permits nothing"

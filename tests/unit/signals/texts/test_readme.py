"""A README that states the licence of its folder, and one that only seems to."""

from __future__ import annotations

import pytest

from rightful import catalog
from rightful.catalog.texts import license_texts
from rightful.signals.signal import About
from rightful.signals.texts.readme import read

ABOUT = About(catalog.load().names, texts=license_texts)


def stated(text: str) -> list[str]:
    claims = read(text.encode(), "mole/README.md", ABOUT)
    assert all((c.tier, c.bound_to) == (5, "collection") for c in claims)
    return [c.expression or c.statement for c in claims]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Mole\n\n## License\n\nMIT\n", ["MIT"]),
        ("# Mole\n\n## License\n\nMIT © Jane Reed\n\n## Thanks\n\nTo the tide.\n", ["MIT"]),
        ("# Mole\n\n## Licence\n\n[Apache-2.0](LICENSE)\n", ["Apache-2.0"]),
        ("Mole\n====\n\nLicense\n-------\n\nThis project is licensed under the MIT License.\n", ["MIT"]),
        (
            "# Mole\n\nThis project is licensed under the MIT License - see the [LICENSE](LICENSE) file for details.\n",
            ["MIT"],
        ),
        ("# Mole\n\n## License\n\nSee [LICENSE](LICENSE).\n", []),
        ("# Mole\n\nReads license files.\n", []),
        ("# Mole\n\n```\n## License\n\nMIT\n```\n", []),
        ("# Mole\n\nThe Linux kernel is licensed under the GPL-2.0.\n", []),
        ("", []),
    ],
)
def test_readme_states_one_licence_or_nothing(text: str, expected: list[str]) -> None:
    assert stated(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "# Mole\n\n## License\n\nThis project is not licensed under the MIT License.\n",
        "# Mole\n\n## License\n\nMIT, but not for commercial use.\n",
        "# Mole\n\n## License\n\nMIT\n\nThe pictures are licensed under CC-BY-NC-4.0.\n",
        "# Mole\n\n## License\n\nProbably MIT.\n",
        "# Mole\n\n## License\n\nMIT\n\nYou may not use it to train a model.\n",
        "# Mole\n\nThis project is licensed under the Harbour Public Licence.\n",
    ],
)
def test_readme_that_is_negated_several_or_unsure_cannot_be_read(text: str) -> None:
    assert stated(text) == ["unreadable"]


def test_hostile_readme_ends_soon() -> None:
    for raw in (
        b"\xff\xfe" * 100_000,
        b"```\n" * 50_000,
        b"# License\n" * 50_000,
        b"=" * 1_000_000,
        b"License\n---\n" * 20_000,
    ):
        read(raw, "mole/README.md", ABOUT)

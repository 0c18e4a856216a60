"""HTML files on disk: what their tags say of a licence binds the text, and permits nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from rightful import Store

BY, BY_NC = (f"https://creativecommons.org/licenses/{name}/4.0/" for name in ("by", "by-nc"))


def permitted(tmp_path: Path, tag: str, card: str) -> int:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "source.toml").write_text(f'name = "pages"\ncovers = "contents"\npersonal_data = "no"\n{card}')
    page = f"<html><head>{tag}</head><body><p>The ferry waits for the tide and for nobody else.</p></body></html>"
    (folder / "a.html").write_text(page)
    store = Store(tmp_path / "store")
    store.ingest([folder])
    return int(store.query(use="train.pretrain", accept="all").permitted["records"])


@pytest.mark.parametrize(
    ("tag", "card", "n"),
    [
        ("", 'license = "CC0-1.0"\n', 1),
        (f'<link rel="license" href="{BY_NC}">', 'license = "CC0-1.0"\n', 0),
        (f'<link rel="license" href="{BY}">', 'license = "CC0-1.0"\n', 1),
        (f'<link rel="license" href="{BY}">', "", 0),
        ('<meta name="dc.rights" content="Only for members">', 'license = "CC0-1.0"\n', 0),
        ('<meta name="dc.rights" content="&copy; 2020 Ada Moreno">', 'license = "CC0-1.0"\n', 1),
    ],
)
def test_license_in_a_tag_binds_and_permits_nothing(tmp_path: Path, tag: str, card: str, n: int) -> None:
    assert permitted(tmp_path, tag, card) == n

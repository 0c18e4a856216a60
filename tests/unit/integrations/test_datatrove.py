"""What a filter reads of a document and leaves in it. With the library itself: `tests/external/test_integrations.py`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from rightful.integrations.datatrove import _key, _row
from rightful.integrations.deciding import Verdict

VERDICT = Verdict(True, "permit", "license", "", "row").as_json()


def document(**metadata: Any) -> Any:
    return SimpleNamespace(text="A day.", id="a", metadata=metadata)


def test_statement_about_rights_of_a_document_is_read_and_stays() -> None:
    stated = document(rights="All rights reserved", license="CC0-1.0")
    assert _row(stated) == {**stated.metadata, "text": "A day.", "id": "a"}
    assert _key(stated) == "rights_verdict"
    stated.metadata[_key(stated)] = VERDICT
    assert _row(stated)["rights"] == "All rights reserved"
    assert "rights_verdict" not in _row(stated)


def test_verdict_of_a_filter_before_is_no_statement() -> None:
    decided = document(rights=VERDICT)
    assert _row(decided) == {"text": "A day.", "id": "a"}
    assert _key(decided) == _key(document()) == "rights"

"""What the metadata of a schema says of rights restricts the rows of the file, and grants none of them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.shelf import Shelf

CARD = 'name = "tables"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "no"\n'


@pytest.mark.parametrize("suffix", ["arrow", "parquet"])
def test_metadata_of_a_schema_that_speaks_of_rights_blocks_the_rows(suffix: str, tmp_path: Path) -> None:
    shelf, folder = Shelf(tmp_path), tmp_path / "tables"
    folder.mkdir()
    (folder / "source.toml").write_text(CARD)
    spoken = {
        "silent": {"pandas": "{}", "license": "", "huggingface": '{"info": {"features": {}, "license": ""}}'},
        "license": {"license": "CC-BY-NC-4.0"},
        "rights": {"dc:rights": "All rights reserved"},
        "hub": {"huggingface": json.dumps({"info": {"license": "cc-by-nc-4.0"}})},
        "odd": {"huggingface": "[1"},
    }
    for name, metadata in spoken.items():
        words = f"The keeper of {name} counted the ships of {name} that came home to {name} in autumn."
        table = pa.table({"id": [name], "text": [words]}).replace_schema_metadata(metadata)
        if suffix == "parquet":
            pq.write_table(table, folder / f"{name}.parquet")
        else:
            with pa.ipc.new_stream(str(folder / f"{name}.arrow"), table.schema) as writer:
                writer.write_table(table)
    shelf.store.ingest([folder])
    assert sorted(shelf.chosen()) == ["odd", "silent"]

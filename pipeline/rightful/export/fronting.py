"""What stands at the head of a dataset card beside its files: licences, size, and the columns of shards of tokens. Floor 8.

The head is YAML, read by the hub and by `datasets` (https://github.com/huggingface/hub-docs, datasetcard.md). Licences are a
list; where the hub has no name for one of them it is ``other``, and all of them are named beside it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from rightful.errors import StoreError
from rightful.export.formats import TEXT
from rightful.notation.shown import counted
from rightful.store.parquet import opened

HUB = frozenset(
    """apache-2.0 mit afl-3.0 artistic-2.0 bsl-1.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear cc0-1.0 cc-by-2.0 cc-by-2.5
    cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0
    cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0
    wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 isc lppl-1.3c ms-pl mpl-2.0 osl-3.0 postgresql ofl-1.1 ncsa
    unlicense zlib""".split()
)
"""The licences that the hub knows by the SPDX id in lower case."""
OTHERWISE = {"odc-by-1.0": "odc-by", "odbl-1.0": "odbl", "pddl-1.0": "pddl"}
"""Those that it knows by another name."""
MOST_NAMED = 40
"""So many licences are named; all of them are in ``manifest.json``."""
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
LARGER = ((10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B"))


def about_of(manifest: Mapping[str, Any]) -> list[str]:
    """The licences, the size and the task of an export, as lines of YAML."""
    return [*_licenses(manifest["licenses"]), *_size(int(manifest["records"])), *_task(manifest)]


def _licenses(listed: list[Mapping[str, Any]]) -> list[str]:
    known = [_of_hub(str(one["license"])) for one in listed[:MOST_NAMED]]
    named = [f"{one['license']} ({counted(one['permitted'], 'record')})" for one in listed[:MOST_NAMED]]
    more = [f"and {len(listed) - MOST_NAMED} more"] if len(listed) > MOST_NAMED else []
    details = [] if len(listed) == 1 else [f"license_details: {json.dumps(', '.join([*named, *more]))}"]
    if listed and None not in known and not more:
        return ["license:", *(f"- {one}" for one in known), *details]
    name = "license_name: " + ("of-each-record" if len(listed) != 1 else json.dumps(str(listed[0]["license"]).lower()))
    return ["license: other", name, "license_link: ATTRIBUTION.md", *details]


def _of_hub(license: str) -> str | None:
    low = license.lower()
    return low if low in HUB else OTHERWISE.get(low)


def _size(records: int) -> list[str]:
    name = next(
        (name for most, name in (*SIZES, *LARGER) if records < most), "n>1T" if records >= 10**12 else "10B<n<100B"
    )
    return ["size_categories:", f"- {name}"]


def _task(manifest: Mapping[str, Any]) -> list[str]:
    generative = {"train.pretrain", "train.finetune", "train.align", "train.distil"} & set(manifest["use"]["acts"])
    return ["task_categories:", "- text-generation"] if generative else []


def of_tokens(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """The columns of shards of tokens in Parquet, as the first whole one of them has them; none where a repair masked some,
    which adds a column to these alone."""
    assert manifest["format"] != TEXT
    masked = any(repair["mask_column"] for repair in manifest.get("repairs", ()))
    schema = None if masked else _schema(folder, manifest["shards"])
    lines: list[str] = []
    for field in schema or ():
        of = field.type
        kind = f"list: {of.value_type}" if pa.types.is_list(of) else f"dtype: {of}"
        lines += [f"- name: {field.name}", f"  {kind}"]
    return lines


def _schema(folder: Path, shards: Iterable[Mapping[str, Any]]) -> pa.Schema | None:
    """That of the first shard that can be read: a repair goes on beside one that is damaged, and names it."""
    for shard in shards:
        with contextlib.suppress(StoreError), opened(folder / shard["path"]) as file:
            return file.schema_arrow
    return None

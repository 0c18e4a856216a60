"""Batches and texts for the tests of the stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from rightful.stages import Stage

TRICKY = (
    " \t\n\r\x0b\x0c\x1c\x1f\x85\u00a0\u1680\u2000\u2001\u200a\u2028\u2029\u202f\u205f\u3000"  # white space
    "\u00ad\u200b\u200c\u200d\u2060\ufeff"  # removed
    "\u0301\u0323\u0338\u3099\u0e49\u094d\u0345\U0001d165"  # combining
    "\u1100\u1161\u11a8\uac00\u212b\u2126\u0958\u0374\uf900\U0002f800"  # NFC changes or joins them
    "aeZ09.!@+-\u00e9\u00df\u0416\u4e2d\u05d0\u0627\u200e\u202e\U0001f600\U0001f1e9\U0001f3fd\U0010ffff\x00\x7f"
)

texts = st.one_of(st.text(max_size=30), st.text(alphabet=TRICKY, max_size=30))
"""Any Unicode text, and texts thick with what the stages must look at twice."""


def batch_of(*rows: str) -> pa.RecordBatch:
    return pa.record_batch({"text": pa.array(rows, pa.large_string())})


def column(stage: Stage, name: str, rows: Sequence[str]) -> list[Any]:
    return answers(stage, batch_of(*rows))[name]


def answers(stage: Stage, batch: pa.RecordBatch) -> dict[str, list[Any]]:
    return {name: values.to_pylist() for name, values in stage(batch).items()}

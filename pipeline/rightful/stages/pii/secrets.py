"""Keys and tokens, read closely. Floor 3; not a stage.

The compiled pass of :mod:`rightful.stages.pii.marks` says which texts may have a key, and one pass of RE2 (a DFA: no text makes it
slow) which have an assignment, where that is asked for; only these are read. Samples of manuals and placeholders are not secrets.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from rightful.later import late_pattern, later
from rightful.stages.shared.bytes import Ints

pc = later("pyarrow.compute")

_W = r"[A-Za-z0-9_-]"
_FORMS = {
    "aws_key": r"(?:AKIA|ASIA)[A-Z2-7]{16}",
    "github_token": r"gh[opusr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    "gitlab_token": r"gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,64}",
    "google_api_key": r"AIza[A-Za-z0-9_-]{35}",
    "huggingface_token": r"hf_[A-Za-z0-9]{34,40}",
    "jwt": r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}",
    "npm_token": r"npm_[A-Za-z0-9]{36}",
    "openai_key": r"sk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{32,200}",
    "private_key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "pypi_token": r"pypi-AgE[A-Za-z0-9_-]{50,}",
    "sendgrid_key": r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    "slack_token": r"xox[abeoprs]-[0-9A-Za-z-]{12,}|hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{24}",
    "stripe_key": r"[sr]k_(?:live|test)_[A-Za-z0-9]{24,}",
    "url_credentials": r"[a-z][a-z0-9+.-]{2,15}://[^\s/:@\"'<>]{0,64}:[^\s/@\"'<>]{1,128}@[A-Za-z0-9.\[-]",
}
_ASSIGNMENT = (
    r"(?i:pass(?:word|wd|phrase)?|secret(?:_?key)?|token|api_?key|access_?key|auth)[\"']?\s{0,3}(?::=|=>|[:=])\s{0,3}"
    r"[\"']([^\"'\s]{8,200})[\"']"
)
GENERIC = "secret_assignment"
KINDS = (*_FORMS, GENERIC)

_READ = {kind: late_pattern(rf"(?<![A-Za-z0-9_]){form}".encode()) for kind, form in _FORMS.items()}
_READ[GENERIC] = late_pattern(_ASSIGNMENT.encode())
# kind -> what every one of its kind has.
_FIRST: dict[str, tuple[bytes, ...]] = {
    "aws_key": (b"AKIA", b"ASIA"),
    "github_token": (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_"),
    "gitlab_token": (b"glpat-", b"gldt-", b"glrt-", b"glptt-"),
    "google_api_key": (b"AIza",),
    "huggingface_token": (b"hf_",),
    "jwt": (b"eyJ",),
    "npm_token": (b"npm_",),
    "openai_key": (b"sk-",),
    "private_key": (b"PRIVATE KEY",),
    "pypi_token": (b"pypi-AgE",),
    "sendgrid_key": (b"SG.",),
    "slack_token": (b"xox", b"hooks.slack.com"),
    "stripe_key": (b"k_live_", b"k_test_"),
    "url_credentials": (b"://",),
    GENERIC: (b"",),
}
_KEY_END = late_pattern(rb"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_KEY_GAP = late_pattern(rb"(?:[\s\"'+,]|\\[nr]|[A-Z][A-Za-z-]{2,30}: [^\n]{0,200}\n){0,80}")  # headers: RFC 1421
_KEY_BODY = late_pattern(rb"(?:[A-Za-z0-9+/=]|\\n|\\r|\s){64,}")
_HOLDS_PLACE = late_pattern(
    rb"(?i)example|your|changeme|placeholder|xxxx|\*\*\*|<|\$\{|\{\{|dummy|sample|redacted|\.\.\.|%[sd]"
)


def find(
    column: pa.Array, bounds: Ints, raw: memoryview, kinds: frozenset[str], rows: Sequence[int]
) -> Iterator[tuple[int, int, int, str]]:
    """Row, start, stop (bytes of the batch) and kind of each secret of these kinds. ``rows`` are those that may have a key;
    which may have an assignment is found out here, where that is asked for.
    """
    wanted = [kind for kind in KINDS if kind in kinds]
    if not wanted or not len(column):
        return
    if GENERIC in kinds:
        assigned = pc.match_substring_regex(column, _ASSIGNMENT).to_numpy(zero_copy_only=False)
        rows = sorted({*rows, *np.flatnonzero(assigned).tolist()})
    for row in rows:
        low, high = int(bounds[row]), int(bounds[row + 1])
        text = bytes(raw[low:high])
        for kind in wanted:
            if not any(literal in text for literal in _FIRST[kind]):
                continue
            for match in _READ[kind].finditer(text):
                span = _span(kind, text, match)
                if span:
                    yield row, low + span[0], low + span[1], kind


def _span(kind: str, text: bytes, match: re.Match[bytes]) -> tuple[int, int] | None:
    if kind == "private_key":
        return _key_block(text, match)
    secret = match[1] if kind == GENERIC else match[0]
    if _HOLDS_PLACE.search(secret):
        return None
    if kind == "url_credentials":
        start = match.start() + match[0].index(b"://") + 3
        return start, match.end() - 2
    if kind == "jwt" and not _is_jwt(secret):
        return None
    # What is drawn by chance has many different characters; words and rows of one letter have not.
    if kind == GENERIC and entropy(secret) < 3.5:
        return None
    if kind not in (GENERIC, "jwt") and entropy(secret[4:]) < 2.8:
        return None
    if kind == "openai_key" and not (re.search(rb"[A-Z]", secret) and re.search(rb"[0-9]", secret)):  # a class in CSS
        return None
    return match.span(1) if kind == GENERIC else match.span()


def _key_block(text: bytes, match: re.Match[bytes]) -> tuple[int, int] | None:
    """From the first line to the last; without a body of base64 it is a sentence about keys."""
    gap = _KEY_GAP.match(text, match.end())
    body = _KEY_BODY.match(text, gap.end()) if gap else None
    if body is None or entropy(body[0]) < 4:
        return None
    end = _KEY_END.search(text, match.end(), match.end() + 20_000)
    return match.start(), end.end() if end else body.end()


def _is_jwt(token: bytes) -> bool:
    head = token.partition(b".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + b"=" * (-len(head) % 4)))
    except ValueError:
        return False
    return isinstance(header, dict) and "alg" in header


def entropy(data: bytes) -> float:
    """Shannon's entropy in bits a byte."""
    size = len(data) or 1
    return -sum(n / size * math.log2(n / size) for n in Counter(data).values())

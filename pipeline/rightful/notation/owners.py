"""Whose repository an address is of: owners at the forges, and the places where what is theirs lies. Floor 1: pure.

An owner is written ``SITE/OWNER``, with a repository ``SITE/OWNER/NAME``, and limited to one sort of what people write there
``SITE/OWNER#issues``. Forges do not tell owners and repositories apart by case. What a forge shows under other hosts (raw
files, archives, pages) is the owner's as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

SORTS: Mapping[str, str] = {
    "code": "files of the repository, and whatever is neither of the others",
    "issues": "issues and pull requests",
    "commits": "commits",
}
"""The sorts of what lies at a forge -> what they are."""
SORT_OF_PLACE = (
    "CASE WHEN regexp_matches({place}, '^//[^/]+(/repos)?/[^/]+/[^/]+/(-/)?(issues|pull|pulls|pull-requests|merge_requests)(/|$)')"
    " THEN 'issues' WHEN regexp_matches({place}, '^//[^/]+(/repos)?/[^/]+/[^/]+/(-/)?commits?(/|$)') THEN 'commits' ELSE 'code' END"
)
"""The sort of a place without its query, said in SQL."""
_OTHERS: Mapping[str, tuple[str, ...]] = {
    "github.com": (
        *("raw.githubusercontent.com/{at}", "raw.github.com/{at}", "codeload.github.com/{at}", "gist.github.com/{at}"),
        *("gist.githubusercontent.com/{at}", "api.github.com/repos/{at}", "api.github.com/users/{at}"),
        *("{owner}.github.io{rest}", "cdn.jsdelivr.net/gh/{at}"),
    ),
    "gitlab.com": ("{owner}.gitlab.io{rest}",),
    "bitbucket.org": ("api.bitbucket.org/2.0/repositories/{at}", "{owner}.bitbucket.io{rest}"),
    "codeberg.org": ("{owner}.codeberg.page{rest}",),
    "huggingface.co": ("huggingface.co/datasets/{at}", "huggingface.co/spaces/{at}", "{owner}-{repo}.hf.space"),
}
"""Where else a site shows what is an owner's."""
_OWNER = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|git@)?(?:www\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)[/:]"
    r"(~?[a-z0-9_.-]+(?:/[a-z0-9_.-]+)*)/?(?:#([a-z]+))?"
)


def owner(text: str) -> str | None:
    """An owner in the form in which it matches; None where the text names none.

    >>> owner("https://GitHub.com/Mira/Notes.git"), owner("github.com/mira#issues"), owner("mira")
    ('github.com/mira/notes', 'github.com/mira#issues', None)
    """
    match = _OWNER.fullmatch(text.strip().lower())
    if match is None or (match[3] and match[3] not in SORTS) or {".", ".."} & set(match[2].split("/")):
        return None
    return f"{match[1]}/{match[2].removesuffix('.git')}" + (f"#{match[3]}" if match[3] else "")


def owned_places(value: str) -> tuple[str, ...]:
    """The places below which all that is an owner's lies, its own first; each with the ``#SORT`` that was named.

    >>> owned_places("gitlab.com/mira#issues")
    ('//gitlab.com/mira#issues', '//mira.gitlab.io#issues')
    """
    path, mark, sort = value.partition("#")
    site, _, at = path.partition("/")
    name, _, repo = at.partition("/")
    others = [one for one in _OTHERS.get(site, ()) if repo or "{repo}" not in one]
    below = [path, *(one.format(at=at, owner=name, repo=repo, rest=f"/{repo}" if repo else "") for one in others)]
    spelled = [f"{place}{end}" for place in below for end in ("", *([".git"] if repo else []))]
    return tuple(f"//{place}{mark}{sort}" for place in spelled)

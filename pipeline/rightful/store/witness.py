"""How far a ledger had come, in a file beside it: ``ledger.sqlite-head``. Floor 4.

SQLite keeps the last commits in a file of their own (``ledger.sqlite-wal``) until it merges them, and drops all of them
from the first that is damaged, without a word: a ledger that was good yesterday, and has forgotten a withdrawal. So the
newest link of its chain is written down here after each commit, whole or not at all, and a ledger that does not have that
link is damaged. The file may lag behind where a process is killed right after its commit; it never runs ahead.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rightful.errors import InputError, StoreError
from rightful.store.layout import publish

REMEDY = (
    "put back a copy of the store; only if the ledger itself was put back to an earlier state on purpose, remove {}: what"
    " was recorded since is forgotten, withdrawals too"
)


@dataclass(frozen=True, slots=True)
class Witness:
    """A link of the chain that was committed, and its digest."""

    link: int
    digest: str


def witness_file(ledger: Path) -> Path:
    """Where the witness of a ledger lies."""
    return ledger.with_name(f"{ledger.name}-head")


def read_witness(ledger: Path) -> Witness | None:
    """What was written down beside a ledger; None where nothing was. Raises :class:`StoreError` for what cannot be read.

    To be read before the ledger is: what is committed in between is more than what the witness knows, never less.
    """
    path = witness_file(ledger)
    try:
        data = json.loads(path.read_bytes())
        witness = Witness(data["link"], data["digest"])
        if type(witness.link) is not int or type(witness.digest) is not str:
            raise ValueError("it is no link and digest")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damage(ledger, f"the file that says how far the ledger had come cannot be read: {error}") from error
    return witness


def write_witness(ledger: Path, witness: Witness) -> None:
    """Write down the newest link. Where that cannot be done (a full disk) the commit counts all the same."""
    with contextlib.suppress(InputError), publish(witness_file(ledger), private=True) as path:
        path.write_text(json.dumps(asdict(witness)) + "\n", encoding="ascii")


def damage(ledger: Path, what: str) -> StoreError:
    """The error of a ledger that is not what its witness says."""
    return StoreError(what, subject=str(ledger), hint=REMEDY.format(witness_file(ledger).name))

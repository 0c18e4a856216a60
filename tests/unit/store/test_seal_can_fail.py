"""Each promise of the seal, the witness and the digests is broken in one line, and the test of it notices."""

# ruff: noqa: E501 - what is replaced stands in one line
from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.laws.mutants import ROOT, Mutants
from tests.laws.mutations import Mutation

FILE = Path(__file__).with_name("test_seal.py")
NAMES = {
    node.name
    for node in ast.parse(FILE.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
}
CHAIN, WITNESS, DIGESTS, LEDGER = "../store/chain", "../store/witness", "../store/digests", "../store/ledger"
ROWS = "test_row_that_changes_comes_or_goes_stops_what_reads_its_table"
LARGE = "test_row_of_a_large_table_is_missed_by_whoever_reads_it"
LINKED = "test_chain_and_schema_are_what_was_committed"
AFTER = "test_damage_is_not_sealed_by_the_commit_that_comes_after"
COMMITTED = "test_what_was_committed_is_read_and_goes_on_adding_up"
UNSEALED = "test_ledger_without_a_seal_is_sealed_by_who_writes_unless_one_was_sealed_here"
FAR = "test_witness_says_how_far_a_ledger_had_come"
DIGEST = "test_digest_of_a_row_goes_by_all_its_columns_but_nulls_at_its_end"
REMEMBERED = "test_digest_of_a_file_is_remembered_while_it_is_what_it_was"
NEWEST = "test_newest_link_is_the_one_that_the_witness_knows_and_none_of_a_ledger_without_a_seal"
NAMED = "test_files_with_other_bytes_or_none_are_named"

MUTATIONS = (
    Mutation("no table is held against the seal", CHAIN, "            if now != known:\n                raise", "            if False:\n                raise", (ROWS, LARGE, AFTER)),
    Mutation("small tables are held against the seal by who reads them only", CHAIN, "dict.fromkeys((SCHEMA, *names, *small))", "dict.fromkeys((SCHEMA, *names))", (LARGE,)),
    Mutation("only small tables are held against the seal", CHAIN, "dict.fromkeys((SCHEMA, *names, *small))", "dict.fromkeys((SCHEMA, *small))", (LARGE, AFTER)),
    Mutation("the schema is not held against the seal", CHAIN, "or (name == SCHEMA and self._before is not None):", "or name == SCHEMA:", (LINKED,)),
    Mutation("a link may say anything", CHAIN, "if last[0] != link + 1 or last[3] != _link_digest(digest, last[0], last[1], last[2]):", "if False:", (LINKED,)),
    Mutation("the state of a link is not looked at", CHAIN, "        if last[2] != _state_digest(states):\n", "        if False:\n", (LINKED,)),
    Mutation("a link does not hold its snapshot", CHAIN, "json.dumps([before, link, snapshot, state])", "json.dumps([before, link, state])", (LINKED,)),
    Mutation("a chain may be empty", CHAIN, "        if not link:\n            raise self._damage(\"its chain is empty\")\n", "        if not link:\n            return Head(0, 0, '', states)\n", (LINKED,)),
    Mutation("a seal may be taken off", CHAIN, "        if missing := {STATES, LINKS} - tables:\n", "        if missing := set[str]():\n", (LINKED,)),
    Mutation("the header need not say what the ledger says", CHAIN, "int(stated) < SEALED_VERSION or int(stated) != header:", "int(stated) < SEALED_VERSION:", (LINKED,)),
    Mutation("a ledger that was sealed is read without its seal", CHAIN, "            if self._witness is not None:\n                raise damage(self._path, \"the ledger is not the one that was here: that one was sealed\")\n", "", (UNSEALED,)),
    Mutation("what a commit takes away is not taken off", CHAIN, '"DELETE": [(-1, "OLD.")]', '"DELETE": []', (COMMITTED,)),
    Mutation("what is replaced is not taken off", CHAIN, "PRAGMA recursive_triggers = ON", "PRAGMA recursive_triggers = OFF", (COMMITTED,)),
    Mutation("a commit seals what it finds", CHAIN, "            name: before.states[name].plus(self._db.changes.get(name, none))\n            if name in before.states\n            else total(self._db, name)\n", "            name: total(self._db, name)\n", (AFTER,)),
    Mutation("a row is its first column", CHAIN, "hashlib.sha256(row.encode())", "hashlib.sha256(row[:4].encode())", (DIGEST, ROWS)),
    Mutation("a new column changes every row", CHAIN, '    while row.endswith(",null]"):', '    while row.endswith(",nil]"):', (DIGEST,)),
    Mutation("rows are not counted", CHAIN, "Total(self.rows + other.rows,", "Total(self.rows,", (DIGEST, COMMITTED)),
    Mutation("a ledger without a seal stays without one", CHAIN, "        if not self.is_there():\n            self.make()\n", "        if not self.is_there():\n            return\n", (UNSEALED,)),
    Mutation("nobody witnesses a commit", CHAIN, "        if made is not None:\n", "        if False:\n", (FAR,)),
    Mutation("the witness is not asked", CHAIN, "        if known is None:\n            return\n        found", "        if True:\n            return\n        found", (FAR,)),
    Mutation("a ledger may be another one", CHAIN, "        if str(found[0]) != known.digest:\n", "        if False:\n", (FAR,)),
    Mutation("a witness that cannot be read is none", WITNESS, "    except (OSError, ValueError, KeyError, TypeError) as error:\n        raise damage(", "    except (OSError, ValueError, KeyError, TypeError) as error:\n        return None\n        raise damage(", (FAR,)),
    Mutation("a witness may say anything", WITNESS, "if type(witness.link) is not int or type(witness.digest) is not str:", "if False:", (FAR,)),
    Mutation("a file is what it was when it was read first", DIGESTS, "    known = _known.get(before)\n", "    known = next((d for i, d in _known.items() if i.path == before.path), None)\n", (REMEMBERED,)),
    Mutation("a file that was written a moment ago is remembered", DIGESTS, "identity(path) == before and began - max(before.mtime_ns, before.ctime_ns) > SETTLED_NS:", "identity(path) == before:", (REMEMBERED,)),
    Mutation("no file is remembered", DIGESTS, "        _known[before] = digest\n", "        pass\n", (REMEMBERED,)),
    Mutation("any bytes are those that were committed", DIGESTS, 'return "" if sha256_of(path) == wanted else', 'return "" if sha256_of(path) else', (NAMED,)),
    Mutation("a file that is not there is no damage", DIGESTS, 'return "is not there" if not path.exists() else error.message', 'return "" if not path.exists() else error.message', (NAMED,)),
    Mutation("the newest link is the oldest", LEDGER, "FROM {LINKS} ORDER BY link DESC LIMIT 1", "FROM {LINKS} ORDER BY link LIMIT 1", (NEWEST,)),
)  # fmt: skip


@pytest.fixture(scope="module")
def mutants() -> Iterator[Mutants]:
    with Mutants() as process:
        yield process


def test_every_promise_is_broken_by_some_mutation() -> None:
    assert {name for mutation in MUTATIONS for name in mutation.kills} == NAMES
    assert all(mutation.kills for mutation in MUTATIONS)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name.replace(" ", "-"))
def test_a_broken_promise_is_noticed(mutation: Mutation, mutants: Mutants) -> None:
    tests = [f"{FILE.relative_to(ROOT).as_posix()}::{name}" for name in mutation.kills]
    assert mutants.failures(mutation, tests) == set(mutation.kills)

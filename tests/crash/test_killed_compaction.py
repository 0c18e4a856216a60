"""SIGKILL at every publish point of a compaction: all of it or nothing, and the text goes in the end. And beside others at work."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.crash import faults, verbs
from tests.crash.conftest import Ground
from tests.crash.corpus import counts, open_store, parts, permitted, strays
from tests.crash.kills import text_left


def test_compaction_killed_at_each_publish_point_is_whole_or_nothing_and_reruns_to_the_same_bytes(
    ground: Ground, tmp_path: Path
) -> None:
    base = ground.copy(tmp_path / "base")
    verbs.ingest(base, ground.coming)
    whole = faults.run(verbs.compact, Path(shutil.copytree(base, tmp_path / "whole")))
    wanted, before, usable = parts(tmp_path / "whole"), parts(base), permitted(base)
    assert whole.answer["records"] > 0
    assert (text_left(base) != [], text_left(tmp_path / "whole"), strays(tmp_path / "whole")) == (True, [], [])
    assert permitted(tmp_path / "whole") == usable

    for at in faults.one_of_each(whole.moments):
        moment = whole.moments[at]
        store = Path(shutil.copytree(base, tmp_path / f"at-{at}"))
        assert faults.run(verbs.compact, store, kill_at=at).exitcode == faults.KILLED, moment
        committed = whole.has_committed(at)
        assert parts(store) == (wanted if committed else before), moment
        assert permitted(store) == usable, moment

        again = verbs.compact(store)
        assert (again["records"] == 0) is committed, moment
        assert (parts(store), permitted(store), text_left(store), strays(store)) == (wanted, usable, [], []), moment
        shutil.rmtree(store)


def test_what_a_killed_compaction_left_goes_with_the_next_command_that_commits(ground: Ground, tmp_path: Path) -> None:
    base = ground.copy(tmp_path / "base")
    whole = faults.run(verbs.compact, Path(shutil.copytree(base, tmp_path / "whole")))
    after = [n for n, moment in enumerate(whole.moments) if whole.has_committed(n)]
    store = Path(shutil.copytree(base, tmp_path / "killed"))
    assert faults.run(verbs.compact, store, kill_at=after[0]).exitcode == faults.KILLED
    assert text_left(store), "it was killed before it removed anything"
    verbs.ingest(store, ground.coming)
    assert (text_left(store), strays(store)) == ([], [])


def test_compaction_beside_an_ingest_an_export_and_a_withdrawal_leaves_what_one_after_the_other_does(
    ground: Ground, tmp_path: Path
) -> None:
    store, out = ground.copy(tmp_path / "store"), tmp_path / "out"
    events = tmp_path / "events.csv"
    events.write_text("kind,selector,value\nwithdrawal,url,https://harbour.example/notes/3\n", encoding="utf-8")
    running = [
        faults.Started(verbs.export, store, out),
        faults.Started(verbs.ingest, store, ground.coming),
        faults.Started(verbs.compact, store),
        faults.Started(verbs.event_import, store, events),
        faults.Started(verbs.compact, store),
    ]
    ended = [one.wait() for one in running]
    assert [e.exitcode for e in ended[1:]] == [0, 0, 0, 0], [e.error for e in ended]
    assert ended[0].exitcode in (0, 3), ended[0].error  # a record that it had chosen may be withdrawn meanwhile
    assert counts(ended[1].answer)["refused"] >= 2
    verbs.compact(store)
    assert (text_left(store), strays(store)) == ([], [])
    assert open_store(store).check()["ok"]
    ids = {r["record_id"] for r in open_store(store).sql("SELECT record_id FROM records WHERE url LIKE '%notes/3'")}
    assert not ids, json.dumps(sorted(ids))

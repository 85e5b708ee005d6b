"""Proves that what the guard has kept outlasts the daemon, whenever it dies.

A daemon guards a store while a campaign writes, rewrites and deletes its
increments and puts an old master database over a newer one.  It is killed at one
of its system calls, or one of them fails.  Then the increments are deleted
unmerged, and consolidate brings back what was kept whole: each row once, in its
last form, and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import checks
import faults
import oracle
import scenarios
import storegen
from cli import OK, Benchkeep
from faults import Point
from guarding import (
    NAME,
    codes,
    delete_increments,
    guarded_store,
    is_held,
    notes,
    table,
    traced,
)
from keeping import Daemon, wait_for
from storegen import PILOT

KILLED = -9
OF_COPIES = ("utimensat", "lchown", "chmod")
FAILING = (
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "rename",
    "renameat2",
    "unlink",
    "mkdir",
    *OF_COPIES,
)
KILL_AT = tuple(dict.fromkeys((*faults.KILL_AT, *OF_COPIES)))
# How many there must be; BENCHKEEP_LONG=1 takes the long forms.
SHORT_KILLS, LONG_KILLS = 36, 300
SHORT_ERRORS, LONG_ERRORS = 16, 120  # Of each error.
GRACE = 2  # Seconds that are waited for what a fault may have prevented.


class Fragile(Daemon):
    """A daemon under strace that may end at any time."""

    def __init__(self, benchkeep: Benchkeep, root: Path, *options: str):
        self.trace = root.parent / "daemon.strace"
        program = traced(benchkeep, root.parent, f"-o {self.trace}", *options)
        super().__init__(program, root)

    def is_gone(self) -> bool:
        return self.process.poll() is not None

    def has_struck(self) -> bool:
        return self.trace.exists() and "(INJECTED)" in self.trace.read_text()

    def wait_until_said(self, words: str, patience: float = 0) -> None:
        def is_over() -> bool:
            return words in self.said() or self.is_gone() or self.has_struck()

        wait_for(is_over, words)


@contextlib.contextmanager
def ended(daemon: Daemon) -> Iterator[Daemon]:
    """Does not outlive a test that fails."""
    try:
        yield daemon
    finally:
        if daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.communicate()


# --- What is there ---


def guard_folder(root: Path, name: str) -> Path:
    return root / ".benchkeep" / "guard" / name


def rows_of(path: Path) -> dict[str, bool]:
    rows = oracle.read(path).to_pylist()
    found = {row["test_id"]: row["success"] for row in rows}
    assert len(found) == len(rows), f"{path} has a row twice"
    return found


def copies(root: Path) -> list[dict]:
    """Notes with the rows of their copies, in the order of time.

    A note without its copy, or a copy without its note, is what a crash left.
    """
    found = []
    for path in guard_folder(root, "increments").glob("*.json"):
        copy = path.with_suffix(".parquet")
        if copy.exists():
            note = json.loads(path.read_text())
            digest = hashlib.sha256(copy.read_bytes()).hexdigest()
            assert digest == note["sha256"], f"{copy} is not what it was"
            found.append({**note, "content": rows_of(copy)})
    return sorted(found, key=lambda one: (one["source"]["mtime_ns"], one["name"]))


def images(root: Path) -> list[Path]:
    notes_of_images = guard_folder(root, "master").glob("*.json")
    return [path for path in notes_of_images if path.with_suffix(".master").exists()]


def alarms(root: Path) -> list[Path]:
    return list(guard_folder(root, "alarms").glob("*.json"))


def litter(root: Path) -> list[Path]:
    left = []
    for name, data in (("increments", ".parquet"), ("master", ".master")):
        for path in guard_folder(root, name).glob("*"):
            partner = path.with_suffix(data if path.suffix == ".json" else ".json")
            if path.name.startswith(".") or not partner.exists():
                left.append(path)
    return left


# --- What happens ---


def master(seed: int) -> dict:
    return storegen.master_document(random.Random(seed))


NEW, STALE = 5, 6


def template_of(folder: Path) -> Path:
    """Three increments wait, and there is a master database."""
    root = guarded_store(folder / "template")
    for number in range(3):
        path = root / PILOT.increments / f"increment_{number}_0.parquet"
        pq.write_table(table(f"waiting{number}", "base2", success=number < 1), path)
        storegen.StoreBuilder(root).stamp(path, storegen.EPOCH + number)
    storegen.StoreBuilder(root).master(master(NEW))
    return root


@dataclass
class Campaign:
    """Goes its way, whatever happens to the daemon that looks on."""

    root: Path
    daemon: Fragile
    rounds: int
    final: dict[str, dict[str, bool]] = field(default_factory=dict)  # By name.
    seen_kept: set[str] = field(default_factory=set)  # Rows.
    has_image: bool = False
    struck: float | None = None

    def saw(self, condition: Callable[[], object], what: str) -> bool:
        """Whether it came true before the daemon ended, or did not after a fault."""

        def is_over() -> bool:
            if self.struck is None and self.daemon.has_struck():
                self.struck = time.monotonic()
            waited = self.struck is not None and time.monotonic() > self.struck + GRACE
            return waited or self.daemon.is_gone()

        return wait_for(
            lambda: ("seen" if condition() else "over" if is_over() else ""), what
        ) == "seen"

    def note_of(self, name: str) -> dict | None:
        """About the copy of its last version."""
        found = (note for note in notes(self.root) if note["name"] == name)
        return next((one for one in found if one["rows"] == len(self.final[name])), None)

    def is_marked(self, name: str) -> bool:
        note = self.note_of(name)
        return note is not None and note["deleted"] is not None

    def expect_copy(self, name: str) -> None:
        if self.saw(lambda: self.note_of(name), f"the copy of {name}"):
            self.seen_kept |= self.final[name].keys()

    def path(self, name: str) -> Path:
        return self.root / PILOT.increments / name

    def write(self, name: str, *ids: str, success: bool) -> None:
        """In place: what was there, and more."""
        rows = {**self.final.get(name, {}), **dict.fromkeys(ids, success)}
        self.final[name] = rows
        tables = [table(one, success=value) for one, value in rows.items()]
        pq.write_table(pa.concat_tables(tables), self.path(name))
        self.expect_copy(name)

    def is_held(self, name: str) -> bool:
        """What it has never seen it cannot keep."""
        with contextlib.suppress(OSError):
            return is_held(self.daemon.process.pid, self.path(name))
        return False

    def delete(self, name: str) -> None:
        wait_for(lambda: self.is_held(name) or self.daemon.is_gone(), f"hold of {name}")
        self.path(name).unlink()
        self.saw(lambda: self.is_marked(name), f"the mark of {name}")

    def go_on(self) -> None:
        waiting = sorted(path.name for path in (self.root / PILOT.increments).iterdir())
        self.final = {name: rows_of(self.path(name)) for name in waiting}
        for name in waiting:
            self.expect_copy(name)
        self.has_image = self.saw(lambda: images(self.root), "the image")
        for number in range(self.rounds):
            name = f"increment_{number}_1.parquet"
            self.write(name, f"new{number}", success=False)
            self.write(name, f"more{number}", "base1", success=number % 2 > 0)
            self.delete(name)
        self.delete(waiting[0])
        (self.root / PILOT.master).write_text(json.dumps(master(STALE)))
        self.saw(lambda: alarms(self.root), "the alarm")
        self.write("increment_9_9.parquet", "last", "base3", success=False)


def run(benchkeep: Benchkeep, root: Path, rounds: int, *options: str) -> Campaign:
    """The campaign and its daemon, which goes on if it lives."""
    campaign = Campaign(root, Fragile(benchkeep, root, *options), rounds)
    try:
        campaign.go_on()
    except BaseException:
        campaign.daemon.process.kill()
        campaign.daemon.process.communicate()
        raise
    return campaign


def counted(benchkeep: Benchkeep, folder: Path, rounds: int) -> Counter[str]:
    """Calls that every run makes, in its busiest thread."""
    runs = []
    for number in range(2):
        root = folder / f"rehearsal-{number}" / "store"
        shutil.copytree(folder / "template", root)
        options = ("--seccomp-bpf", f"-e trace={','.join(KILL_AT)}")
        campaign = run(benchkeep, root, rounds, *options)
        campaign.daemon.stop()
        assert campaign.daemon.process.returncode == OK, campaign.daemon.said()
        assert len(campaign.seen_kept) == 2 * rounds + 7 and campaign.has_image
        lines = faults.whole_lines(campaign.daemon.trace.read_text().splitlines())
        runs.append(faults.busiest_thread(lines))
    return Counter({call: min(one[call] for one in runs) for call in runs[0]})


def points_of(counts: Counter[str], calls: tuple[str, ...]) -> list[Point]:
    return [
        Point(call, number) for call in calls for number in range(1, counts[call] + 1)
    ]


def injection(point: Point, fault: str) -> str:
    call = point.call
    return f"-e trace={call} -e inject={call}:{fault}:when={point.number}"


# --- What must be ---


def assert_tidied(benchkeep: Benchkeep, campaign: Campaign) -> None:
    """The next daemon works, takes away what is old litter, sees what fell.

    Increments that are there are kept, and the deletion of them is seen.
    """
    root = campaign.root
    for path in litter(root):
        os.utime(path, (time.time() - 7200,) * 2)
    daemon = Daemon(benchkeep, root)
    try:
        present = [name for name in campaign.final if campaign.path(name).exists()]
        for name in present:
            wait_for(lambda: campaign.note_of(name), f"the copy of {name}")
        assert delete_increments(root) == len(present)
        for name in present:
            wait_for(lambda: campaign.is_marked(name), f"the mark of {name}")
            campaign.seen_kept |= campaign.final[name].keys()
        wait_for(lambda: not litter(root), "the end of what was left")
        if campaign.has_image:
            wait_for(lambda: alarms(root), "the alarm")
    finally:
        daemon.stop()
    assert daemon.process.returncode == OK, daemon.said()


def assert_brought_back(benchkeep: Benchkeep, root: Path, wanted: set[str]) -> None:
    """All that was kept whole, each row once and in its last form; no more."""
    rows = rows_of(root / PILOT.results)
    for copy in copies(root):
        rows |= copy["content"]
    lost = sorted(wanted - rows.keys())
    assert not lost, f"kept, and gone: {lost}"
    outcome = benchkeep.must(root, "consolidate")
    said = {"increment_deleted_unmerged", "conflicting_duplicates"}
    assert set(codes(outcome)) <= said, outcome
    assert rows_of(root / PILOT.results) == rows
    assert copies(root) == [] and checks.quarantined(root) == {}
    checks.assert_at_rest(root)
    if outcome.data["files_merged"] > 0:
        checks.assert_balanced(root)


def assert_healthy(benchkeep: Benchkeep, root: Path) -> None:
    """But for the alarm about the master database there is nothing to say."""
    found = benchkeep.must(root, "diagnose").findings
    bad = {one["code"] for one in found if one["severity"] != "info"}
    # Two names of models differ in case, as they do in campaigns.
    assert bad <= {"lost_update", "model_name_variant"}, found
    only = ("results", "increments", "master_database")
    arguments = [word for name in only for word in ("--only", name)]
    verdicts = benchkeep.run(root, "check", *arguments).data["checks"]
    bad = [one for one in verdicts if one["status"] not in ("ok", "unknown")]
    assert all(one["details"].get("lost_updates") for one in bad), bad


def assert_nothing_lost(benchkeep: Benchkeep, campaign: Campaign, restart: bool) -> None:
    """After the death of the daemon; `restart`: the next one sees the deletion."""
    root = campaign.root
    if restart:
        assert_tidied(benchkeep, campaign)
    else:
        delete_increments(root)
    assert_brought_back(benchkeep, root, campaign.seen_kept)
    if not restart:
        assert_tidied(benchkeep, campaign)
    assert_healthy(benchkeep, root)


def test_killed_anywhere(benchkeep: Benchkeep, tmp_path: Path, long_run: bool):
    template = template_of(tmp_path)
    rounds = 6 if long_run else 2
    counts = counted(benchkeep, tmp_path, rounds)
    points = points_of(counts, KILL_AT)
    wanted = LONG_KILLS if long_run else SHORT_KILLS
    # Some more than needed: threads share their calls out anew each time.
    points = faults.spread(points, wanted + wanted // 6)

    def case(root: Path, point: Point) -> bool:
        campaign = run(benchkeep, root, rounds, injection(point, "signal=KILL"))
        if not campaign.daemon.is_gone():
            campaign.daemon.stop()
        code = campaign.daemon.process.wait()
        assert code in (KILLED, OK), campaign.daemon.said()
        assert_nothing_lost(benchkeep, campaign, restart=point.number % 2 > 0)
        return code == KILLED

    killed = faults.sweep(template, points, case)
    assert killed >= wanted, f"only {killed} of {len(points)} kills fired: {counts}"


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_one_call_fails(
    benchkeep: Benchkeep, tmp_path: Path, long_run: bool, error: str
):
    """A daemon that lives loses nothing at all."""
    template = template_of(tmp_path)
    rounds = 2
    points = points_of(counted(benchkeep, tmp_path, rounds), FAILING)
    points = faults.spread(points, LONG_ERRORS if long_run else SHORT_ERRORS)

    def case(root: Path, point: Point) -> bool:
        campaign = run(benchkeep, root, rounds, injection(point, f"error={error}"))
        daemon = campaign.daemon
        if not daemon.is_gone():
            for name in campaign.final:
                if campaign.path(name).exists():
                    campaign.delete(name)
            for name in campaign.final:
                wait_for(lambda: campaign.is_marked(name), f"the mark of {name}")
                campaign.seen_kept |= campaign.final[name].keys()
            wait_for(lambda: alarms(root), "the alarm")
            daemon.stop()
        assert daemon.process.wait() >= 0, daemon.said()
        assert_nothing_lost(benchkeep, campaign, restart=point.number % 2 > 0)
        return daemon.has_struck()

    fired = faults.sweep(template, points, case)
    assert fired >= len(points) * 0.8, f"{fired} of {len(points)} fired"


def test_a_full_disk_is_waited_for(benchkeep: Benchkeep, tmp_path: Path):
    """A file that is deleted while nothing can be kept stays held until it can."""
    root = guarded_store(tmp_path / "store")
    daemon = Fragile(benchkeep, root, "-e inject=utimensat:error=ENOSPC:when=1..3")
    path = root / PILOT.increments / NAME
    pq.write_table(table("a", "b"), path)
    with ended(daemon):
        wait_for(daemon.has_struck, "the full disk")
        path.unlink()
        wait_for(lambda: f"{NAME} was deleted" in daemon.said(), "the end of it")
        daemon.stop()
    assert daemon.trace.read_text().count("(INJECTED)") == 3
    said = daemon.said()
    assert said.count("No space left on device") == 1, said
    assert f"{NAME} was deleted by another program" in said, said
    assert_brought_back(benchkeep, root, {"a", "b"})


def test_an_earlier_form_adds_nothing(benchkeep: Benchkeep, tmp_path: Path):
    """It died when the later form was kept, and the earlier one not let go yet."""
    root = tmp_path / "store"
    guarded_store(root)
    with open(root / "benchkeep.toml", "a") as settings:
        settings.write('[consolidate]\nsummary_mode = "accumulate"\n')
    rng = random.Random(1)
    keys = storegen.all_cells()[:9]
    storegen.StoreBuilder(root).results(storegen.cells(rng, keys[:6]))
    form = storegen.cells(rng, keys[3:])
    path = root / PILOT.increments / NAME
    daemon = Daemon(benchkeep, root)
    with ended(daemon):
        pq.write_table(form.slice(0, 4), path)
        wait_for(lambda: [note["rows"] for note in notes(root)] == [4], "one form")
        folder = guard_folder(root, "increments")
        first = {file: file.read_bytes() for file in folder.iterdir()}
        pq.write_table(form, path)
        wait_for(lambda: [note["rows"] for note in notes(root)] == [6], "the other")
    for file, content in first.items():
        file.write_bytes(content)
    path.unlink()

    def tests() -> int:
        return sum(oracle.read(root / PILOT.results).column("total").to_pylist())

    wanted = tests() + sum(form.column("total").to_pylist())
    for _ in range(2):
        benchkeep.must(root, "consolidate")
        assert tests() == wanted


class BringingBack(scenarios.Scenario):
    """A consolidate that takes kept copies in, beside what waits."""

    def prepare(self, benchkeep: Benchkeep) -> None:
        daemon = Daemon(benchkeep, self.template)
        folder = self.template / PILOT.increments
        paths = [folder / f"increment_{number}_3.parquet" for number in range(4)]
        for number, path in enumerate(paths):
            pq.write_table(table(f"kept{number}", "base1", success=number < 3), path)
        with ended(daemon):
            wait_for(lambda: len(notes(self.template)) == 7, "the copies")
            for path in paths:
                path.unlink()
            wait_for(lambda: self.marked() == 4, "the marks")
            daemon.stop()
        super().prepare(benchkeep)

    def marked(self) -> int:
        return sum(note["deleted"] is not None for note in notes(self.template))

    def check_rest(self, root: Path) -> None:
        super().check_rest(root)
        assert copies(root) == [] and checks.quarantined(root) == {}


def test_killed_while_it_brings_back(
    benchkeep: Benchkeep, tmp_path: Path, long_run: bool
):
    scenario = BringingBack("bring-back", ["consolidate"], template_of(tmp_path))
    scenario.prepare(benchkeep)
    rehearsal = tmp_path / "rehearsal"
    shutil.copytree(scenario.template, rehearsal)
    counts = faults.count(benchkeep, rehearsal, scenario.args, faults.KILL_AT)
    points = faults.plan(counts, None if long_run else SHORT_KILLS)

    def case(root: Path, point: Point) -> bool:
        outcome, _ = faults.inject(benchkeep, root, scenario.args, point, "signal=KILL")
        assert outcome.code == KILLED or outcome.code in scenario.codes, outcome
        scenario.check_in_between(root)
        scenario.check_recovery(benchkeep, root)
        return outcome.code == KILLED

    killed = faults.sweep(scenario.template, points, case)
    assert killed >= len(points) * 0.7, f"{killed} of {len(points)} fired: {counts}"

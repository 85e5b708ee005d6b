"""The commands that change a store, each with what may be seen after a crash.

A scenario knows the store it starts from, how to run, what the world looks like
before and after, and how the next command has to leave it.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import checks
import oracle
import storegen
from cli import FAILED, FINE, Benchkeep
from storegen import PILOT, StoreBuilder


@dataclass
class Scenario:
    """`before` and `after` are states as seen by `state()`."""

    name: str
    args: Sequence[object]
    template: Path
    before: Any = None
    after: Any = None
    codes: tuple[int, ...] = FINE

    def arrange(self, benchkeep: Benchkeep, root: Path) -> Sequence[object]:
        """Makes a copy of the template ready; returns the command to run."""
        return self.args

    def state(self, root: Path) -> Any:
        """What the keeper of the store would see: results and increments."""
        path = root / PILOT.results
        table = oracle.rows(oracle.read(path)) if path.exists() else None
        return table, checks.waiting(root)

    def results_state(self, root: Path) -> Any:
        return self.state(root)[0]

    def prepare(self, benchkeep: Benchkeep) -> None:
        """Learns the two allowed states from a run without faults."""
        clean = self.template.parent / f"{self.name}-clean"
        shutil.copytree(self.template, clean, symlinks=True)
        args = self.arrange(benchkeep, clean)
        self.before = self.state(clean)
        outcome = benchkeep.run(clean, *args)
        assert outcome.code in self.codes, outcome
        self.after = self.state(clean)
        assert self.after != self.before
        checks.assert_at_rest(clean)
        checks.assert_balanced(clean)

    def check_in_between(self, root: Path) -> None:
        """Right after the crash: whoever opens the results sees old or new."""
        seen = self.results_state(root)
        assert seen in (self.before[0], self.after[0]), "neither old nor new"

    def check_recovery(self, benchkeep: Benchkeep, root: Path) -> None:
        """The next commands work, and finish the job."""
        benchkeep.must(root, "status")
        benchkeep.must(root, *self.args, codes=self.codes)
        assert self.state(root) == self.after
        self.check_rest(root)

    def check_rest(self, root: Path) -> None:
        checks.assert_at_rest(root)
        checks.assert_balanced(root)


def consolidate(folder: Path) -> Scenario:
    template = folder / "consolidate"
    builder = storegen.records_store(template, 77, size=60, increments=24, misfits=2)
    builder.raw_increment(b"PAR1 not a Parquet file")
    return Scenario("consolidate", ["consolidate"], template)


def accumulate(folder: Path) -> Scenario:
    """The one where doing it twice would count twice."""
    template = folder / "accumulate"
    rng = random.Random(78)
    builder = StoreBuilder(template)
    builder.settings('[consolidate]\nsummary_mode = "accumulate"\n')
    keys = storegen.all_cells()[:30]
    builder.results(storegen.cells(rng, keys[:20]))
    for _ in range(6):
        builder.increment(storegen.cells(rng, rng.sample(keys, 8)))
    return Scenario("accumulate", ["consolidate"], template)


def dedupe(folder: Path) -> Scenario:
    template = folder / "dedupe"
    rng = random.Random(79)
    ids: list[str | None] = [rng.choice(storegen.test_ids(0, 40)) for _ in range(120)]
    StoreBuilder(template).results(
        storegen.records(rng, [*ids, None, None]), row_group_size=10
    )
    return Scenario("dedupe", ["dedupe"], template)


class Migrate(Scenario):
    def check_recovery(self, benchkeep: Benchkeep, root: Path) -> None:
        benchkeep.must(root, "status")
        # Something harmless, to finish what was begun.
        benchkeep.must(root, "consolidate")
        done = (root / PILOT.results).exists()
        codes = (FAILED,) if done else self.codes
        benchkeep.must(root, *self.args, codes=codes)
        assert self.state(root) == self.after
        self.check_rest(root)


def migrate(folder: Path) -> Scenario:
    template = folder / "migrate"
    builder = StoreBuilder(template)
    builder.master(storegen.master_document(random.Random(80)))
    return Migrate("migrate", ["migrate"], template)


class Export(Scenario):
    def arrange(self, benchkeep: Benchkeep, root: Path) -> Sequence[object]:
        return ["export", "--format", "csv", "-o", root / "out" / "results.csv"]

    def state(self, root: Path) -> Any:
        path = root / "out" / "results.csv"
        return path.read_bytes() if path.exists() else None, checks.waiting(root)

    def check_recovery(self, benchkeep: Benchkeep, root: Path) -> None:
        benchkeep.must(root, "status")
        benchkeep.must(root, *self.arrange(benchkeep, root), codes=self.codes)
        assert self.state(root) == self.after
        assert [path.name for path in (root / "out").iterdir()] == ["results.csv"]
        self.check_rest(root)


def export(folder: Path) -> Scenario:
    template = folder / "export"
    rng = random.Random(81)
    builder = StoreBuilder(template)
    builder.results(storegen.records(rng, storegen.test_ids(0, 300)), row_group_size=4)
    (template / "out").mkdir()
    (template / "out" / "results.csv").write_text("the export of last week\n")
    return Export("export", [], template)


class Undo(Scenario):
    def change_id(self, benchkeep: Benchkeep, root: Path) -> str:
        changes = benchkeep.must(root, "undo", "list").data["changes"]
        return next(one["id"] for one in changes if one["command"] == "consolidate")

    def arrange(self, benchkeep: Benchkeep, root: Path) -> Sequence[object]:
        # Here and not in the template: undo knows a file by its inode.
        benchkeep.must(root, "consolidate")
        return ["undo", self.change_id(benchkeep, root), "--yes"]

    def check_recovery(self, benchkeep: Benchkeep, root: Path) -> None:
        benchkeep.must(root, "status")
        # Not consolidate: it would merge what undo has put back.
        benchkeep.must(root, "dedupe")
        assert self.state(root) in (self.before, self.after)
        if self.state(root) == self.before:
            change = self.change_id(benchkeep, root)
            benchkeep.must(root, "undo", change, "--yes", codes=self.codes)
            assert self.state(root) == self.after
        self.check_rest(root)


def undo(folder: Path) -> Scenario:
    template = folder / "undo"
    storegen.records_store(
        template, 82, size=60, increments=24, misfits=2, null_keys=False
    )
    return Undo("undo", [], template)


MAKERS = {
    "consolidate": consolidate,
    "accumulate": accumulate,
    "dedupe": dedupe,
    "migrate": migrate,
    "export": export,
    "undo": undo,
}
NAMES = tuple(MAKERS)


def build(name: str, folder: Path, benchkeep: Benchkeep) -> Scenario:
    scenario = MAKERS[name](folder)
    scenario.prepare(benchkeep)
    return scenario

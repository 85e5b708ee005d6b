"""The commands that change a store, each with what may be seen after a crash.

A scenario knows the store it starts from, how to run, what the world looks like
before and after, and how the next command has to leave it.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import checks
import oracle
import storegen
import tree
from cli import FAILED, FINE, OK, Benchkeep
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
    renames: int = 1  # Into place, at least; 0 for what only removes.

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


class Recover(Scenario):
    def prepare(self, benchkeep: Benchkeep) -> None:
        builder = StoreBuilder(self.template)
        benchkeep.must(self.template, "backup", "create")
        benchkeep.must(self.template, "consolidate")
        builder.increment(
            storegen.records(random.Random(84), storegen.test_ids(5000, 10)),
            "increment_9_9.parquet",
        )
        (self.template / PILOT.master).write_text("")
        (self.template / PILOT.results).unlink()
        super().prepare(benchkeep)

    def state(self, root: Path) -> Any:
        return *super().state(root), (root / PILOT.master).read_bytes()

    def check_in_between(self, root: Path) -> None:
        super().check_in_between(root)
        assert self.state(root)[2] in (self.before[2], self.after[2])


def recover(folder: Path) -> Scenario:
    template = folder / "recover"
    builder = storegen.records_store(
        template, 83, size=40, increments=6, null_keys=False
    )
    builder.master(storegen.master_document(random.Random(83)))
    return Recover("recover", ["recover", "--yes"], template)


class Clean(Scenario):
    """Changes that can no longer be undone, and what the dead left."""

    CHANGES = 8

    def prepare(self, benchkeep: Benchkeep) -> None:
        builder = StoreBuilder(self.template)
        for number in range(self.CHANGES):
            builder.increment(
                storegen.records(random.Random(number), storegen.test_ids(number, 5)),
                f"increment_{number}_1.parquet",
            )
            benchkeep.must(self.template, "consolidate")
        for record in self.trash(self.template).glob("*/record.json"):
            old = json.loads(record.read_text())
            record.write_text(json.dumps({**old, "time": "2025-01-01T00:00:00Z"}))
        for number in range(20):
            name = f".x.benchkeep-tmp-{2**22 - 1 - number}-1"
            builder.stamp(self.touch(self.template / name))
        super().prepare(benchkeep)

    @staticmethod
    def touch(path: Path) -> Path:
        path.write_text("half")
        return path

    @staticmethod
    def trash(root: Path) -> Path:
        return root / ".benchkeep" / "trash"

    def state(self, root: Path) -> Any:
        kept = {
            path.name: tree.snapshot(path) for path in self.trash(root).iterdir()
        }
        left = sorted(path.name for path in root.glob(".x.*"))
        return *super().state(root), kept, left

    def check_in_between(self, root: Path) -> None:
        super().check_in_between(root)
        # What undo can see is whole.
        for name, files in self.state(root)[2].items():
            assert files == self.before[2][name], f"half of {name} is left"

    def check_rest(self, root: Path) -> None:
        checks.assert_at_rest(root)  # The books outlive the changes.


def clean(folder: Path) -> Scenario:
    template = folder / "clean"
    storegen.records_store(template, 85, size=20, increments=1, null_keys=False)
    # 3 says that it stopped in the middle.
    return Clean("clean", ["clean", "--yes"], template, codes=(OK,), renames=0)


class LogsCompress(Scenario):
    def state(self, root: Path) -> Any:
        logs = {
            str(path.relative_to(root)): path.read_bytes()
            for path in (root / "logs").rglob("*.log*")
        }
        return *super().state(root), logs


def logs_compress(folder: Path) -> Scenario:
    template = folder / "logs_compress"
    builder = storegen.records_store(template, 86, size=10, increments=1)
    for number in range(6):
        log = template / "logs" / ("deep" if number % 2 else ".") / f"{number}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"INFO line of {number}\n" * 400)
        builder.stamp(log)
    return LogsCompress("logs_compress", ["logs", "compress"], template)


def whole_backups(root: Path) -> list[str]:
    """The published backups; each must be what its manifest says, sealed."""
    folder = root / "backups"
    names = [] if not folder.is_dir() else sorted(
        path.name for path in folder.iterdir() if not path.name.startswith(".")
    )
    for name in names:
        text = (folder / name / "MANIFEST.json").read_bytes()
        body, seal = text.rsplit(b',\n "sha256": "', 1)
        assert hashlib.sha256(body).hexdigest().encode() == seal.split(b'"')[0]
        for file in json.loads(text)["files"]:
            digest = hashlib.sha256((folder / name / file["name"]).read_bytes())
            assert digest.hexdigest() == file["sha256"], f"{name}/{file['name']}"
    return names


def live_files(root: Path) -> dict[str, bytes]:
    """All files of the store itself."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and path.relative_to(root).parts[0] not in (".benchkeep", "backups")
        and path.suffix != ".lock"
    }


class Backup(Scenario):
    def state(self, root: Path) -> Any:
        return live_files(root), len(whole_backups(root))

    def check_in_between(self, root: Path) -> None:
        live, backups = self.state(root)
        assert live == self.before[0], "a backup changed the store"
        assert backups in (self.before[1], self.after[1])

    def check_recovery(self, benchkeep: Benchkeep, root: Path) -> None:
        benchkeep.must(root, "backup", "list")
        benchkeep.must(root, *self.args, codes=self.codes)
        live, backups = self.state(root)
        assert live == self.before[0]
        assert backups in (self.after[1], self.after[1] + 1)
        listed = benchkeep.must(root, "backup", "list").data["backups"]
        assert [one["state"] for one in listed] == ["good"] * backups
        left = [path.name for path in (root / "backups").iterdir()]
        assert not [name for name in left if name.startswith(".")], left
        self.check_rest(root)


def campaign(template: Path, seed: int) -> StoreBuilder:
    builder = storegen.records_store(
        template, seed, size=60, increments=12, misfits=0, null_keys=False
    )
    builder.master(storegen.master_document(random.Random(seed)))
    (template / "config").mkdir()
    for number in range(8):
        (template / "config" / f"{number}.json").write_text(f"[{number}]")
    return builder


def backup(folder: Path) -> Scenario:
    template = folder / "backup"
    campaign(template, 83)
    return Backup("backup", ["backup", "create"], template)


class Restore(Scenario):
    def prepare(self, benchkeep: Benchkeep) -> None:
        """The backup is taken, then everything goes wrong."""
        benchkeep.must(self.template, "backup", "create")
        self.whole = live_files(self.template)
        (self.template / PILOT.results).write_bytes(b"PAR1 overwritten")
        (self.template / PILOT.master).write_text('{"models": {}}')
        for path in (self.template / "config").iterdir():
            path.write_text("changed")
        for path in sorted((self.template / PILOT.increments).iterdir())[:6]:
            path.unlink()
        super().prepare(benchkeep)
        assert self.after == self.whole

    def state(self, root: Path) -> Any:
        whole_backups(root)
        return live_files(root)

    def check_in_between(self, root: Path) -> None:
        """Every file is the old one or the new one, as a whole."""
        now = self.state(root)
        for name in self.before.keys() | self.after.keys():
            known = (self.before.get(name), self.after.get(name))
            assert now.get(name) in known, f"{name} is neither old nor new"

    def check_recovery(self, benchkeep: Benchkeep, root: Path) -> None:
        benchkeep.must(root, "backup", "list")
        benchkeep.must(root, *self.args, codes=self.codes)
        assert self.state(root) == self.after
        self.check_rest(root)


def restore(folder: Path) -> Scenario:
    template = folder / "restore"
    campaign(template, 84)
    return Restore("restore", ["backup", "restore", "latest", "--yes"], template)


class Prune(Scenario):
    COPIES = 80

    def prepare(self, benchkeep: Benchkeep) -> None:
        """Many backups, made of one: sealed anew under other names."""
        made = benchkeep.must(self.template, "backup", "create").data["id"]
        folder = self.template / "backups"
        text = (folder / made / "MANIFEST.json").read_text()
        for number in range(1, self.COPIES):
            name = f"20200101-{number:06}"
            shutil.copytree(folder / made, folder / name, copy_function=os.link)
            body = text.rsplit(',\n "sha256": "', 1)[0]
            body = body.replace(f'"id": "{made}"', f'"id": "{name}"')
            body = re.sub(r'"created_at": "\d+', '"created_at": "2020', body)
            body = body.replace('"sequence": 1,', f'"sequence": {number},')
            seal = hashlib.sha256(body.encode()).hexdigest()
            manifest = folder / name / "MANIFEST.json"
            manifest.unlink()
            manifest.write_text(f'{body},\n "sha256": "{seal}"\n}}\n')
        super().prepare(benchkeep)
        assert len(self.after) == 3

    def state(self, root: Path) -> Any:
        return whole_backups(root)

    def check_in_between(self, root: Path) -> None:
        assert set(self.after) <= set(self.state(root)), "a good one is gone"

    def check_recovery(self, benchkeep: Benchkeep, root: Path) -> None:
        benchkeep.must(root, "backup", "list")
        benchkeep.must(root, *self.args, codes=self.codes)
        assert self.state(root) == self.after
        trash = root / ".benchkeep" / "trash"
        kept = [path for path in trash.glob("*prune*/old/*") if path.is_dir()]
        assert len(kept) == self.COPIES - 3, "they are in the trash"
        self.check_rest(root)


def prune(folder: Path) -> Scenario:
    template = folder / "prune"
    builder = StoreBuilder(template)
    builder.master(storegen.master_document(random.Random(85)))
    return Prune("prune", ["backup", "prune", "--keep-days", "0"], template)


class Adopt(Backup):
    """Several in one change, put in place one by one, each of them whole."""

    def check_in_between(self, root: Path) -> None:
        live, backups = self.state(root)
        assert live == self.before[0], "a copy was changed"
        assert self.before[1] <= backups <= self.after[1]

    def check_recovery(self, benchkeep: Benchkeep, root: Path) -> None:
        benchkeep.must(root, "backup", "list")
        benchkeep.must(root, *self.args, codes=self.codes)
        assert self.state(root) == self.after
        self.check_rest(root)


def adopt(folder: Path) -> Scenario:
    template = folder / "adopt"
    builder = campaign(template, 87)
    for number in range(3):
        document = storegen.master_document(random.Random(number))
        copy = builder.master_path.with_name(f"master_database copy {number}.json")
        copy.write_text(json.dumps(document))
    return Adopt("adopt", ["backup", "adopt"], template)


class Ingest(Scenario):
    def prepare(self, benchkeep: Benchkeep) -> None:
        benchkeep.must(self.template, "consolidate")  # So that there is a ledger.
        super().prepare(benchkeep)

    def state(self, root: Path) -> Any:
        """The rows that wait, whatever their files are called."""
        waiting = (root / PILOT.increments).glob("increment_*.parquet")
        rows = [row for path in waiting for row in oracle.rows(oracle.read(path))]
        return sorted(rows, key=str)

    def check_in_between(self, root: Path) -> None:
        assert self.state(root) in (self.before, self.after)

    def check_recovery(self, benchkeep: Benchkeep, root: Path) -> None:
        """Sent again with the same key: once, and no more."""
        for _ in range(2):
            benchkeep.must(root, *self.args, codes=self.codes)
            assert self.state(root) == self.after


def ingest(folder: Path) -> Scenario:
    template = folder / "ingest"
    storegen.records_store(template, 88, size=20, increments=1, misfits=0)
    rows = folder / "rows.jsonl"
    lines = [{"test_id": f"sent_{number}", "success": True} for number in range(40)]
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Ingest("ingest", ["ingest", "--idempotency-key", "once", rows], template)


class Repair(Scenario):
    def state(self, root: Path) -> Any:
        return live_files(root)

    def check_in_between(self, root: Path) -> None:
        """Every file is the old one or the new one, as a whole."""
        now = self.state(root)
        for name in self.before.keys() | self.after.keys():
            known = (self.before.get(name), self.after.get(name))
            assert now.get(name) in known, f"{name} is neither old nor new"

    def check_recovery(self, benchkeep: Benchkeep, root: Path) -> None:
        benchkeep.must(root, *self.args, codes=self.codes)
        assert self.state(root) == self.after
        self.check_rest(root)


def repair(folder: Path) -> Scenario:
    """Wrong totals, and an old increment without footer."""
    template = folder / "repair"
    builder = StoreBuilder(template)
    rng = random.Random(86)
    document = storegen.master_document(rng)
    document["summary"]["total_tests"] += 11
    builder.master(document)
    builder.increment(storegen.records(rng, storegen.test_ids(0, 30)))
    torn = builder.increment(storegen.records(rng, storegen.test_ids(100, 60)))
    content = torn.read_bytes()
    torn.write_bytes(content[: -8 - int.from_bytes(content[-8:-4], "little")])
    builder.stamp(torn)
    return Repair("repair", ["repair", "--yes"], template)


MAKERS = {
    "backup": backup,
    "restore": restore,
    "prune": prune,
    "consolidate": consolidate,
    "accumulate": accumulate,
    "dedupe": dedupe,
    "migrate": migrate,
    "export": export,
    "undo": undo,
    "ingest": ingest,
    "adopt": adopt,
    "repair": repair,
    "recover": recover,
    "clean": clean,
    "logs_compress": logs_compress,
}
NAMES = tuple(MAKERS)


def build(name: str, folder: Path, benchkeep: Benchkeep) -> Scenario:
    scenario = MAKERS[name](folder)
    scenario.prepare(benchkeep)
    return scenario

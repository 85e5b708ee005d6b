#!/usr/bin/env python3
"""Shows that the tests bite: builds benchkeep with one safety taken out.

usage: tools/mutants.py [--list] [NAME...]

Each mutant is an exact replacement in one source file, and the quick tests that
must go red with it.  Only that file is compiled again; the rest of the program
is taken from the build folder (BENCHKEEP_BUILD, else build/), which is brought
up to date first.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

PROJECT = Path(__file__).resolve().parent.parent
PYTEST_FAILED = 1  # It ran, and something was red.
GTEST_FAILED = 1


@dataclass(frozen=True)
class Mutant:
    """`tests` go red: ids of pytest, or "fs_tests:Filter*" of GoogleTest."""

    name: str
    takes_out: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


SYNCED = "tests/crash/test_sync_order.py::test_synced_before_and_after_the_rename"
GUARD = "tests/integration/test_guard"
BUSY = "tests/writers/test_busy.py"

MUTANTS = (
    Mutant(
        "no-file-sync",
        "the fsync of a new file before it is renamed into place",
        "src/fs/posix_file_system.cc",
        "if (::fsync(fd_.get()) != 0) {",
        "if (fd_.get() < 0) {",
        (f"{SYNCED}[dedupe]",),
    ),
    Mutant(
        "no-folder-sync",
        "the fsync of the folder after a rename",
        "src/fs/posix_file_system.cc",
        "return SyncByName(directory, O_RDONLY | O_DIRECTORY);",
        "return directory.empty() ? SyncByName(directory, O_RDONLY) : Status();",
        (f"{SYNCED}[dedupe]",),
    ),
    Mutant(
        "no-sync-of-the-moved",
        "the fsync of the folders that increments were moved between",
        "src/ops/increment_claims.cc",
        "if (txn != nullptr) BENCHKEEP_TRY(txn->SyncTaken());",
        "",
        (f"{SYNCED}[consolidate]",),
    ),
    Mutant(
        "no-store-lock",
        "the lock among benchkeeps",
        "src/store/store_lock.cc",
        "layout.lock(), store.clock(),",
        'layout.state() / ("lock-" + std::to_string(::getpid())), store.clock(),',
        (
            "tests/crash/test_concurrent.py"
            "::test_whoever_waits_in_vain_learns_who_holds_it",
        ),
    ),
    Mutant(
        "no-writers-locks",
        "the locks that the campaign's writers use",
        "src/store/store_lock.cc",
        "for (const std::string& name : store.settings().locks) {",
        "for (const std::string& name : std::vector<std::string>()) {",
        (f"{BUSY}::test_a_writer_that_holds_a_lock_is_waited_for",),
    ),
    Mutant(
        "no-inode-check",
        "the look whether the lock file that was locked is the one in place",
        "src/fs/file_lock.cc",
        "if (SameInode(fd.get(), path)) return",
        "return",
        ("fs_tests:FileLockTest.*",),
    ),
    Mutant(
        "no-lease",
        "the read lease on an increment",
        "src/fs/read_lease.cc",
        "  const bool taken = ::fcntl(fd.get(), F_SETSIG, SIGURG) == 0 &&\n"
        "                     ::fcntl(fd.get(), F_SETLEASE, F_RDLCK) == 0;\n"
        "  if (taken) return ReadLease(path, std::move(fd), true);\n"
        "  if (MeansUnsupported(errno)) return",
        "  return",
        (f"{BUSY}::test_an_increment_that_is_open_for_writing_waits",),
    ),
    Mutant(
        "no-second-hash",
        "the second hash of the merged increments",
        "src/ops/increment_claims.cc",
        "if (hash != claim.sha256 || !lease->Held()) return changed();",
        "if (!lease->Held()) return changed();",
        (f"{BUSY}::test_a_claimed_file_that_is_written_once_more_is_not_thrown_away",),
    ),
    Mutant(
        "no-sum-of-kept-copies",
        "the SHA-256 of a copy that the guard kept without syncing it",
        "src/ops/guarded_increments.cc",
        "if (!kept.sha256.empty() && claim.sha256 != kept.sha256) {",
        "if (kept.sha256.size() == 1) {",
        (f"{GUARD}_watch.py::test_a_torn_copy_is_not_taken_for_the_truth",),
    ),
    Mutant(
        "no-sync-of-kept-copies",
        "the sync of a kept copy whose increment was deleted",
        "src/store/guard.cc",
        "BENCHKEEP_TRY(store_->file_system().SyncFile(marked.file));",
        "",
        ("store_tests:GuardFaultTest.MarkingAsDeleted",),
    ),
    Mutant(
        "no-sync-of-the-guard",
        "the syncs that let the folders of kept copies outlast a power cut",
        "src/store/guard.cc",
        "BENCHKEEP_TRY(store_->file_system().SyncDir(parent));",
        "",
        (
            "store_tests:GuardFaultTest.MarkingAsDeleted",
            "store_tests:GuardFaultTest.RaisingAnAlarm",
        ),
    ),
    Mutant(
        "note-before-copy",
        "the order in which a copy is whole before its note is there",
        "src/store/guard.cc",
        "  BENCHKEEP_ASSIGN(kept.source, file.CopyTo(",
        "  BENCHKEEP_TRY(WriteFirstGuardNote(store_->file_system(), folder, kept.id,\n"
        "                                    ToJson(kept)));\n"
        "  BENCHKEEP_ASSIGN(kept.source, file.CopyTo(",
        ("store_tests:GuardFaultTest.KeepingACopy",),
    ),
    Mutant(
        "image-before-alarm",
        "writing an alarm down before the version that it is about is known",
        "src/store/guard_master.cc",
        "  std::optional<LostUpdate> alarm;\n"
        "  BENCHKEEP_ASSIGN(const bool ours, IsOurs(image.source));\n",
        "  std::optional<LostUpdate> alarm;\n"
        "  BENCHKEEP_TRY(WriteGuardNote(file_system, layout.guard_master(), image.id,\n"
        "                               GuardJson(image.source, image.kept)));\n"
        "  BENCHKEEP_ASSIGN(const bool ours, IsOurs(image.source));\n",
        ("store_tests:GuardFaultTest.RaisingAnAlarm",),
    ),
    Mutant(
        "no-second-try",
        "holding a deleted increment until it can be kept",
        "src/jobs/guard_keeper.cc",
        "if (!kept || !copies.ok()) return false;",
        "if (!copies.ok()) return false;",
        ("tests/crash/test_guard_faults.py::test_a_full_disk_is_waited_for",),
    ),
    Mutant(
        "no-look-at-later-forms",
        "the question whether a later form of a kept file is taken in as well",
        "src/ops/guarded_increments.cc",
        "if (adds_up && (!newest || superseded)) continue;",
        "if (adds_up && !newest) continue;",
        ("tests/crash/test_guard_faults.py::test_an_earlier_form_adds_nothing",),
    ),
    Mutant(
        "no-past-looks",
        "the question whether newer rows than those of a kept copy were merged",
        "src/ops/guarded_increments.cc",
        "const bool newest = past.AreAllOlder(kept);",
        "const bool newest = past.AreAllOlder(kept) || true;",
        (f"{GUARD}_updates.py::test_an_old_version_never_goes_over_newer_rows",),
    ),
    Mutant(
        "no-read-back",
        "reading the new version back before it replaces the old one",
        "src/store/parquet_merge.cc",
        "BENCHKEEP_TRY(ReadBack(WhatItMustBe(), progress_));",
        "",
        ("tests/crash/test_lying_disk.py::test_writes_that_did_nothing[dedupe]",),
    ),
    Mutant(
        "no-proof-of-different-keys",
        "the proof that no key of the results is there twice",
        "src/store/merge_scan.cc",
        "base_keys_ ? base_keys_->AllDiffer(in_.threads)",
        "base_keys_ ? true",
        ("store_tests:MergeScanTest.ResultsThatHoldAKeyTwice",),
    ),
    Mutant(
        "no-look-at-checksums-of-keys",
        "rejecting an increment whose keys do not match their checksum",
        "src/store/merge_scan.cc",
        "fresh_.Reject(file.index, understood.error());",
        "",
        ("store_tests:MergeScanTest.AKeyThatDoesNotMatch*",),
    ),
    Mutant(
        "no-sync-of-the-new-version",
        "the sync of the new version while it is read back",
        "src/store/parquet_merge.cc",
        "return in_.store->file_system().SyncFile(*out_.staged);",
        "return Status();",
        (
            "tests/crash/test_sync_order.py"
            "::test_synced_before_and_after_the_rename[consolidate]",
        ),
    ),
    Mutant(
        "no-target-check",
        "the look whether a file to be replaced is still the one that was read",
        "src/store/transaction.cc",
        "  BENCHKEEP_TRY(CheckTargets());\n",
        "",
        ("store_tests:TransactionTest.RefusesATarget*",),
    ),
    Mutant(
        "no-results-check",
        "the look whether the results are still the version that was merged",
        "src/store/parquet_results.cc",
        "Status ParquetResults::StillUnchanged() const {",
        "Status ParquetResults::StillUnchanged() const {\n  if (store_) return {};",
        ("store_tests:MergeTest.ChangeByAStrangerIsNoticed",),
    ),
    Mutant(
        "no-look-at-the-cut-values",
        "the comparison of the values of pages that lost rows",
        "src/store/cut_check.cc",
        "  bool SameValues() {\n",
        "  bool SameValues() {\n    if (gone_.size() < 1000) return true;\n",
        ("store_tests:CutCheckTest.NoticesOneWrongValueInAnyColumn",),
    ),
    Mutant(
        "queries-that-write",
        "the refusal of whatever does not only read in SQL of users",
        "src/engine/database.cc",
        "Result<Rows> Connection::QueryReadOnly(const std::string& sql) {",
        "Result<Rows> Connection::QueryReadOnly(const std::string& sql) {\n"
        "  if (!sql.empty()) return Query(sql);",
        ("engine_tests:Engine.OneStatementThatReadsIsAllThatReadOnlyTakes",),
    ),
    Mutant(
        "no-look-at-the-functions-of-queries",
        "the look for functions with effects in SQL of users",
        "src/engine/database.cc",
        "const std::string harmful = HarmfulFunction(tree);",
        "const std::string harmful;",
        (
            "tests/oracle/test_query.py::test_nothing_can_be_changed_or_read"
            "[SELECT * FROM force_checkpoint()]",
        ),
    ),
    Mutant(
        "no-record-of-what-is-given-up",
        "the reason that is written down before a message is given up",
        "src/jobs/courier.cc",
        "    BENCHKEEP_TRY(store::SaveNotifyMemory(store_, memory_));\n"
        "    BENCHKEEP_TRY(outbox_.Remove(item));",
        "    BENCHKEEP_TRY(outbox_.Remove(item));",
        ("jobs_tests:CourierFaultTest.*",),
    ),
    Mutant(
        "no-sync-of-the-outbox",
        "the sync that lets the folder of messages outlast a power cut",
        "src/store/outbox.cc",
        "BENCHKEEP_TRY(files.SyncDir(layout.state()));",
        "",
        ("jobs_tests:CourierFaultTest.*",),
    ),
)


def named(name: str) -> Mutant:
    return next(mutant for mutant in MUTANTS if mutant.name == name)


def build_folder(project: Path) -> Path:
    return Path(os.environ.get("BENCHKEEP_BUILD", project / "build")).resolve()


def must(argv: list[str] | str, folder: Path) -> str:
    done = subprocess.run(
        argv, cwd=folder, capture_output=True, text=True, shell=isinstance(argv, str)
    )
    if done.returncode != 0:
        raise SystemExit(f"{argv}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def mutated_object(mutant: Mutant, project: Path, folder: Path) -> Path:
    """Compiles the file with the replacement, as the build does."""
    original = project / mutant.file
    text = original.read_text()
    found = text.count(mutant.old)
    if found != 1:
        raise SystemExit(f"{mutant.name}: {found} places in {mutant.file}, not one")
    source = folder / original.name
    source.write_text(text.replace(mutant.old, mutant.new))
    target = source.with_suffix(".o")
    commands = json.loads((build_folder(project) / "compile_commands.json").read_text())
    one = next(each for each in commands if Path(each["file"]) == original)
    argv = shlex.split(one["command"])
    argv[argv.index("-o") + 1] = str(target)
    argv[argv.index("-c") + 1] = str(source)
    # A mutant may leave a variable or a function without use.
    must([*argv, "-Wno-error"], Path(one["directory"]))
    return target


def link(mutants: Sequence[Mutant], project: Path, program: str) -> Path:
    """`program` of the build with the mutated files in place of its own."""
    build = build_folder(project)
    folder = build / "mutants" / "+".join(mutant.name for mutant in mutants)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / Path(program).name
    with open(build / "mutants" / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        must(["ninja", program], build)
        changed = [mutated_object(mutant, project, folder) for mutant in mutants]
        command = must(["ninja", "-t", "commands", program], build).splitlines()[-1]
        # ": && c++ ... -o PROGRAM ... libbk_fs.a ... && what follows": an object
        # that stands before the libraries is taken instead of theirs.
        linking = command.removeprefix(": && ").split(" && ")[0]
        before, after = linking.split(f" -o {program} ")
        must(f"{before} {' '.join(map(str, changed))} -o {target} {after}", build)
        for beside in (*build.glob("libduckdb*"), build / "locale"):
            name = folder / beside.name
            if beside.exists() and not name.exists():
                name.symlink_to(beside)
    return target


def build(*mutants: Mutant, project: Path = PROJECT) -> Path:
    """benchkeep with those mutations, of one file each."""
    return link(mutants, project, "benchkeep")


def works(argv: list[str], project: Path) -> bool:
    return subprocess.run(argv, cwd=project, capture_output=True).returncode == 0


def run_tests(mutant: Mutant, project: Path, test: str) -> tuple[bool, str]:
    """Whether `test` is red with the mutant, and what it said."""
    environment = dict(os.environ)
    if ":" in test and "::" not in test:
        program, filters = test.split(":")
        argv = [str(link([mutant], project, f"tests/{program}"))]
        if not works([*argv, "--gtest_list_tests"], project):
            return False, "the mutant does not even start"
        argv.append(f"--gtest_filter={filters}")
        expected = GTEST_FAILED
    else:
        binary = build(mutant, project=project)
        if not works([str(binary), "version"], project):
            return False, "the mutant does not even start"
        environment["BENCHKEEP"] = str(binary)
        argv = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        argv.append(test)
        expected = PYTEST_FAILED
    done = subprocess.run(
        argv, cwd=project, env=environment, capture_output=True, text=True
    )
    return done.returncode == expected, done.stdout[-2000:] + done.stderr[-500:]


def bites(mutant: Mutant, project: Path = PROJECT) -> tuple[bool, str]:
    """Whether each of its tests goes red, and what the last one said."""
    said = "it names no tests"
    for test in mutant.tests:
        red, said = run_tests(mutant, project, test)
        if not red:
            return False, said
    return bool(mutant.tests), said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    chosen = [named(name) for name in options.names] or list(MUTANTS)
    survivors = []
    for mutant in chosen:
        if options.list:
            print(f"{mutant.name}: {mutant.takes_out}")
            continue
        red, said = bites(mutant)
        print(f"{mutant.name}: {'killed' if red else 'SURVIVED'}", flush=True)
        if not red:
            survivors.append(mutant.name)
            print(said)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())

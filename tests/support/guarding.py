"""Stores with the guard of the daemon at work, and what it has kept of them."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import pyarrow as pa

import oracle
from cli import Benchkeep
from storegen import PILOT, StoreBuilder

NAME = "increment_1_1.parquet"


def guarded_store(root: Path) -> Path:
    """Only the guard: no job is due."""
    StoreBuilder(root).results(table("base1", "base2", "base3"))
    jobs = ("consolidate", "backup", "logs", "report", "health", "alerts")
    text = "".join(f"[jobs.{name}]\nenabled = false\n" for name in jobs)
    (root / "benchkeep.toml").write_text(text)
    (root / PILOT.increments).mkdir(parents=True, exist_ok=True)
    return root


def table(*ids: str, success: bool = True) -> pa.Table:
    rows = [{"test_id": one, "model": "m", "success": success} for one in ids]
    return pa.Table.from_pylist(rows)


def kept(root: Path) -> list[Path]:
    folder = root / ".benchkeep" / "guard" / "increments"
    return sorted(folder.glob("*.parquet")) if folder.exists() else []


def notes(root: Path) -> list[dict]:
    """Of whole copies: the daemon makes and drops them while we look."""
    paths = [path.with_suffix(".json") for path in kept(root)]
    texts = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            texts.append(path.read_text())
    return [json.loads(text) for text in texts]


def is_held(pid: int, path: Path) -> bool:
    """The process has the file open, whatever its name is by now."""
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(link).removesuffix(" (deleted)") == str(path):
                return True
    return False


def traced(benchkeep: Benchkeep, folder: Path, *options: str) -> Benchkeep:
    """The program under strace, which is no parent of it."""
    path = folder / "traced-benchkeep"
    words = ["exec strace -D -f -qq", *options, str(benchkeep.binary), '"$@"']
    path.write_text(f'#!/bin/sh\n{" ".join(words)}\n')
    path.chmod(0o755)
    return Benchkeep(path)


def slow(benchkeep: Benchkeep, folder: Path, *injections: str) -> Benchkeep:
    """The program with system calls that take their time."""
    options = [f"-e inject={injection}" for injection in injections]
    return traced(benchkeep, folder, "-o /dev/null", *options)


def delete_increments(root: Path) -> int:
    """consolidate_incremental_data(), as the campaign has it."""
    deleted = 0
    for path in (root / PILOT.increments).glob("*.parquet"):
        path.unlink(missing_ok=True)
        deleted += 1
    return deleted


def ids(root: Path) -> list[str]:
    return sorted(oracle.read(root / PILOT.results).column("test_id").to_pylist())


def codes(outcome) -> list[str]:
    return [finding["code"] for finding in outcome.findings]

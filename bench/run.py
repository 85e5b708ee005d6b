"""`make bench`: benchkeep against the guide's way, polars and plain DuckDB SQL.

All tools do the same jobs on copies of the same store, each run in a process of
its own, in interleaved rounds on the same machine.  bench/RESULTS.md gets
ratios and peak memory, never times: those belong to the machine.

BENCH_ROWS, BENCH_ROUNDS, BENCH_JOBS, BENCH_TOOLS and BENCH_LOGS_GB make it
smaller.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import logs

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
BINARY = Path(os.environ.get("BENCHKEEP", PROJECT / "build" / "benchkeep")).resolve()
SHARED = Path(os.environ.get("BENCHKEEP_SHARED", PROJECT.parent / "shared" / "data"))
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "benchkeep"

ROWS = int(os.environ.get("BENCH_ROWS", 10_000_000))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 3))
JOBS = os.environ.get("BENCH_JOBS", "consolidate dedupe status export").split()
TOOLS = os.environ.get("BENCH_TOOLS", "benchkeep pandas pyarrow polars duckdb").split()
TITLES = {
    "benchkeep": "benchkeep",
    "pandas": "pandas (the guide's way)",
    "pyarrow": "pyarrow",
    "polars": "polars",
    "duckdb": "DuckDB SQL (window)",
}
# What of benchkeep's answer says how many rows there are.
ROW_FIELD = {"consolidate": "rows_after", "dedupe": "rows_after", "export": "rows"}


@dataclass
class Run:
    seconds: float
    peak_mib: float
    rows: int | None  # None: it failed, most likely for want of memory.
    complaint: str = ""


def python() -> str:
    """The interpreter that has the contenders (tools/setup bench)."""
    found = CACHE / "venv-bench" / "bin" / "python"
    return str(found) if found.exists() else sys.executable


def measure(argv: list[str]) -> tuple[float, float, int, str, str]:
    """Runs a program: seconds, peak MiB, exit code, stdout, stderr.

    The peak is that of the largest process below it.  This program stays small,
    since a child starts with the memory of its parent.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.monotonic()
        process = subprocess.Popen(argv, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        texts = out.read(), err.read()
    return seconds, usage.ru_maxrss / 1024, process.returncode, *texts


def run(tool: str, job: str, store: Path) -> Run:
    if tool == "benchkeep":
        argv = [str(BINARY), "-C", str(store), "--json", "--no-input", job]
        if job == "export":
            argv += ["--format", "csv", "-o", str(store / "export.csv")]
    else:
        argv = [python(), str(HERE / "contenders.py"), tool, job, str(store)]
    seconds, peak, code, out, err = measure(argv)
    # 3: done, with findings (conflicting outcomes are part of the data).
    if code != 0 and not (tool == "benchkeep" and code == 3):
        return Run(seconds, peak, None, (err or out)[-400:])
    if tool != "benchkeep":
        return Run(seconds, peak, int(out))
    data = json.loads(out)["data"]
    rows = data["results"]["rows"] if job == "status" else data[ROW_FIELD[job]]
    return Run(seconds, peak, rows)


def fresh_store(template: Path, folder: Path, job: str) -> Path:
    """A copy for one run; the sources stay in the page cache for all alike."""
    store = folder / "run"
    shutil.rmtree(store, ignore_errors=True)
    data = store / "pilot_bench_parquet_data"
    source = template / "pilot_bench_parquet_data"
    if job == "consolidate":
        shutil.copytree(source, data)
    else:
        (data / "incremental").mkdir(parents=True)
        results = "test_results.parquet"
        origin = template / "doubled.parquet" if job == "dedupe" else source / results
        shutil.copy2(origin, data / results)
    os.sync()
    return store


def table(runs: dict[tuple[str, str], list[Run]]) -> str:
    lines = []
    for job in JOBS:
        own = runs[job, "benchkeep"]
        base = statistics.median(one.seconds for one in own)
        lines += [f"## {job}", ""]
        lines += ["| tool | time | peak memory | rows |", "| --- | --- | --- | --- |"]
        for tool in TOOLS:
            done = runs[job, tool]
            if any(one.rows is None for one in done):
                lines.append(f"| {TITLES[tool]} | failed | - | - |")
                continue
            ratio = statistics.median(one.seconds for one in done) / base
            peak = max(one.peak_mib for one in done)
            rows = done[0].rows
            lines.append(f"| {TITLES[tool]} | {ratio:.2f} | {peak:,.0f} MiB | {rows:,} |")
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    if not BINARY.exists():
        print(f"bench: {BINARY} is not built: run `make`", file=sys.stderr)
        return 1
    sample = SHARED / "parquet" / "records-4928.parquet"
    origin = [str(sample)] if sample.exists() else []
    runs: dict[tuple[str, str], list[Run]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="benchkeep-bench-") as scratch:
        folder = Path(scratch)
        template = folder / "template"
        template.mkdir()
        print(f"bench: making {ROWS:,} rows", file=sys.stderr)
        make = [python(), str(HERE / "data.py"), str(template), str(ROWS), *origin]
        subprocess.run(make, check=True)
        for number in range(ROUNDS):
            for job in JOBS:
                for tool in TOOLS:
                    store = fresh_store(template, folder, job)
                    done = run(tool, job, store)
                    runs[job, tool].append(done)
                    said = f"{done.seconds:.2f} s, {done.peak_mib:,.0f} MiB"
                    said = said if done.rows is not None else f"failed: {done.complaint}"
                    where = f"round {number + 1}/{ROUNDS} {job} {tool}"
                    print(f"bench: {where}: {said}", file=sys.stderr)

    for job in JOBS:
        counts = {one.rows for tool in TOOLS for one in runs[job, tool]} - {None}
        if len(counts) != 1:
            print(f"bench: the tools disagree about {job}: {counts}", file=sys.stderr)
            return 1

    source = "records-4928.parquet" if origin else "a generated look-alike"
    text = f"""# Benchmark results

Written by `make bench`.  {ROWS:,} rows scaled up from {source}, plus 100
increments of 1,000 rows of which 1 % are in the results already; for dedupe,
the results with 1 % of their rows twice.  Time is relative to benchkeep in the
same run (2.00: twice as long), the median of {ROUNDS} interleaved rounds; peak
memory is the largest of them.  benchkeep syncs what it writes and reads it
back; the others do neither.

{table(runs)}
{logs.section(BINARY, SHARED, measure)}"""
    (HERE / "RESULTS.md").write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Any number of tiny increments, with few open files and little memory.

With BENCHKEEP_LONG=1 there are 600,000 of them.
"""

from __future__ import annotations

import resource
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cli import Benchkeep

DATA = Path("pilot_bench_parquet_data")
OPEN_FILES = 512
STAMP = 1_756_000_000


def increments(folder: Path, count: int) -> None:
    """`count` increments of two rows; every fourth row comes again later."""
    folder.mkdir(parents=True)
    template = folder / "template"
    keys = [f"k{0:09d}", f"k{1:09d}"]
    pq.write_table(
        pa.table({"test_id": keys, "model": ["m", "m"], "success": [True, False]}),
        template,
        compression="none",
        use_dictionary=False,
        write_statistics=False,
        store_schema=False,
    )
    raw = template.read_bytes()
    template.unlink()
    first, second = keys[0].encode(), keys[1].encode()
    assert raw.count(first) == raw.count(second) == 1
    for number in range(count):
        # The second row of an odd file is the first of the next one.
        own = 2 * number + 2 * (number % 2)
        body = raw.replace(first, b"k%09d" % (2 * number))
        body = body.replace(second, b"k%09d" % (own + 1 - number % 2))
        path = folder / f"increment_{number}_{STAMP + number}.parquet"
        path.write_bytes(body)


def limit_open_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))


def test_many_tiny_increments(benchkeep: Benchkeep, tmp_path: Path, long_run: bool):
    count = 600_000 if long_run else 3_000
    root = tmp_path / "store"
    increments(root / DATA / "incremental", count)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    outcome = benchkeep.run(
        root, "--memory", "512M", "consolidate", preexec=limit_open_files
    )
    assert outcome.code in (0, 3), outcome
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    data = outcome.data
    assert data["files_merged"] == count and data["files_skipped"] == 0
    assert data["rows_seen"] == 2 * count
    again = (count - 1) // 2  # Odd files but the last one have a successor.
    assert data["rows_after"] == 2 * count - again
    keys = pq.read_table(root / DATA / "test_results.parquet").column("test_id")
    assert len(keys) == len(keys.unique()) == data["rows_after"]
    assert list((root / DATA / "incremental").iterdir()) == []
    if peak > before:  # Else some other child was larger.
        assert peak < 1024 * 1024, f"{peak} KiB"

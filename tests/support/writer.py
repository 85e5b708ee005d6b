"""One writer of a campaign, with the habits that the guide's Python code has.

Run as a program.  It appends rows to its increment by reading it, adding to it
and rewriting it in place; after each write has closed, it notes the keys as
acknowledged in a ledger of its own, and syncs that.  What the ledger says is
durable for the campaign, so benchkeep must never lose it.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import io
import json
import os
import random
import time
from pathlib import Path
from typing import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

STYLES = ("flock", "unlinking-lock", "no-lock", "new-files")
SCHEMA = pa.schema(
    [
        ("test_id", pa.string()),
        ("model", pa.string()),
        ("success", pa.bool_()),
        ("version", pa.int64()),
        ("padding", pa.string()),
    ]
)


@contextlib.contextmanager
def flocked(path: Path, unlink: bool) -> Iterator[None]:
    """The lock as writers take it: it waits for a while, then goes ahead."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        for _ in range(200):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.01)
        yield
    finally:
        if unlink:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
        os.close(descriptor)


class Writer:
    def __init__(self, root: Path, number: int, style: str, ledger: Path):
        self.name = f"w{number}"
        self.style = style
        self.random = random.Random(number)
        data = root / "pilot_bench_parquet_data"
        self.increments = data / "incremental"
        self.start = time.time_ns()
        self.lock = data / "test_results.parquet.lock"
        if style == "unlinking-lock":
            self.lock = root / "pilot_bench_cumulative_results/master_database.lock"
        self.ledger = open(ledger, "a", encoding="utf-8")
        self.versions: dict[str, int] = {}

    def note(self, kind: str, rows: list[dict]) -> None:
        keys = {row["test_id"]: row["version"] for row in rows}
        self.ledger.write(json.dumps({kind: keys}) + "\n")
        self.ledger.flush()
        os.fsync(self.ledger.fileno())

    def new_rows(self) -> list[dict]:
        rows = []
        for _ in range(self.random.randrange(1, 6)):
            again = self.versions and self.random.random() < 0.1
            number = len(self.versions)
            key = (
                self.random.choice(list(self.versions))
                if again
                else f"{self.name}_{number}"
            )
            self.versions[key] = self.versions.get(key, 0) + 1
            rows.append(
                {
                    "test_id": key,
                    "model": self.name,
                    "success": self.random.random() < 0.5,
                    "version": self.versions[key],
                    "padding": self.random.randbytes(100).hex(),
                }
            )
        return rows

    def path(self) -> Path:
        stamp = time.time_ns() if self.style == "new-files" else self.start
        return self.increments / f"increment_{os.getpid()}_{stamp}.parquet"

    def append(self, rows: list[dict]) -> None:
        path = self.path()
        table = pa.Table.from_pylist(rows, SCHEMA)
        with contextlib.suppress(FileNotFoundError):
            table = pa.concat_tables([pq.read_table(path, memory_map=False), table])
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        content = buffer.getvalue()
        # In place, and not at once: to_parquet writes as it encodes.
        with open(path, "wb") as file:
            for start in range(0, len(content), 1 + len(content) // 4):
                file.write(content[start : start + 1 + len(content) // 4])
                file.flush()
                time.sleep(0.0005)

    def step(self) -> None:
        rows = self.new_rows()
        self.note("intent", rows)
        if self.style in ("flock", "unlinking-lock"):
            with flocked(self.lock, unlink=self.style == "unlinking-lock"):
                self.append(rows)
        else:
            self.append(rows)
        self.note("acknowledged", rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("number", type=int)
    parser.add_argument("style", choices=STYLES)
    parser.add_argument("ledger", type=Path)
    parser.add_argument("seconds", type=float)
    parser.add_argument("pause", type=float, help="the longest between two writes")
    options = parser.parse_args()
    writer = Writer(options.root, options.number, options.style, options.ledger)
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        writer.step()
        time.sleep(writer.random.random() * options.pause)


if __name__ == "__main__":
    main()

"""What a store owes its keeper after any command, whatever happened before."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import oracle
from storegen import PILOT, StoreLayout


def opens_everywhere(path: Path) -> pa.Table:
    """Reads a Parquet file with pyarrow, pandas and DuckDB; all must agree."""
    table = oracle.read(path)
    want = oracle.rows(table)

    frame = pd.read_parquet(path, dtype_backend="pyarrow")
    again = pa.Table.from_pandas(frame, preserve_index=False)
    assert oracle.schema_of(again) == oracle.schema_of(table)
    assert oracle.rows(oracle.plain(again)) == want

    with duckdb.connect() as connection:
        connection.execute("SET enable_external_file_cache=false")
        relation = connection.execute(
            "SELECT * FROM read_parquet(?, hive_partitioning=false)", [str(path)]
        )
        third = relation.to_arrow_table()
    # DuckDB tells names that differ in case apart by a suffix: compare by place.
    kinds = [kind for _, kind in oracle.schema_of(table)]
    assert [kind for _, kind in oracle.schema_of(third)] == kinds
    assert oracle.rows(oracle.plain(third)) == want
    return table


def transactions_in_flight(root: Path) -> list[str]:
    folder = root / ".benchkeep" / "txn"
    return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []


def quarantined(root: Path) -> dict[str, str]:
    """Names in the quarantine, each with the reason that was written down.

    Notes of files that an undo brought back stay for the undo of that undo.
    """
    found = {}
    for path in sorted((root / ".benchkeep" / "quarantine").glob("*/*")):
        if not path.name.endswith(".why.json"):
            note = path.with_name(path.name + ".why.json")
            reason = json.loads(note.read_text())
            found[path.name] = json.dumps(reason, ensure_ascii=False)
    return found


def waiting(root: Path, layout: StoreLayout = PILOT) -> list[str]:
    return sorted(p.name for p in (root / layout.increments).iterdir())


def results(root: Path, layout: StoreLayout = PILOT) -> pa.Table:
    """The results file as anybody opens it: it must always be complete."""
    return oracle.read(root / layout.results)


def strays(root: Path, layout: StoreLayout = PILOT) -> list[str]:
    """Files beside the results that no command should leave behind."""
    known = {Path(layout.results).name, "test_results.parquet.lock"}
    folder = (root / layout.results).parent
    return sorted(p.name for p in folder.iterdir() if p.is_file() and p.name not in known)


def assert_at_rest(root: Path, layout: StoreLayout = PILOT) -> None:
    """Nothing half done is left over."""
    assert transactions_in_flight(root) == []
    assert strays(root, layout) == []
    spill = root / ".benchkeep" / "tmp"
    assert not spill.is_dir() or list(spill.iterdir()) == []


def metadata(path: Path) -> dict[bytes, bytes]:
    with pq.ParquetFile(path) as file:
        return dict(file.metadata.metadata or {})


def assert_balanced(root: Path, layout: StoreLayout = PILOT) -> None:
    """before + seen = after + superseded, in rows and in keys, for every run.

    And the books are complete: each transaction in the trash is in them, and the
    last one says how many rows there are.
    """
    trash = root / ".benchkeep" / "trash"
    done = sorted(p.name for p in trash.iterdir()) if trash.is_dir() else []
    booked = defaultdict(list)
    database = root / ".benchkeep" / "state.db"
    if database.exists():
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            lines = connection.execute(
                "SELECT txn, kind, file, rows, key_high, key_low FROM ledger ORDER BY id"
            ).fetchall()
        connection.close()
        for txn, kind, file, count, high, low in lines:
            keys = ((high % 2**64) << 64) + low % 2**64
            booked[txn].append((kind, file, count, keys))
    for txn in done:
        record = json.loads((trash / txn / "record.json").read_text())
        if record.get("ledger"):
            assert len(booked[txn]) == len(record["ledger"]), f"{txn} is not booked"
    sign = {"before": 1, "seen": 1, "after": -1, "superseded": -1, "quarantined": 0}
    for txn, lines in booked.items():
        assert sum(sign[kind] * count for kind, _, count, _ in lines) == 0, txn
        assert sum(sign[kind] * keys for kind, _, _, keys in lines) % 2**128 == 0, txn
    last = [
        count
        for lines in booked.values()
        for kind, file, count, _ in lines
        if kind == "after" and file == layout.results
    ]
    path = root / layout.results
    if last:
        assert last[-1] == (oracle.read(path).num_rows if path.exists() else 0)

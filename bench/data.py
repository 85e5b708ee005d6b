"""Makes the store that the benchmark works on.

usage: data.py FOLDER ROWS [SAMPLE]

ROWS rows scaled up from SAMPLE (records-4928.parquet; a generated look-alike
when it is missing), and 100 increments of 1,000 rows, 1 % of them about tests
that are in the results already.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

INCREMENTS = 100
INCREMENT_ROWS = 1_000
OVERLAP = 0.01
CHUNK = 500_000
EPOCH = 1_755_000_000


def look_alike(rng: np.random.Generator, rows: int = 4_928) -> pa.Table:
    """The schema and the rough distribution of the real file."""

    def category(values: list[str]) -> pa.Array:
        picks = pa.array(rng.integers(0, len(values), rows).astype(np.int8))
        return pa.DictionaryArray.from_arrays(picks, pa.array(values))

    def real(low: float, high: float) -> pa.Array:
        cells = rng.uniform(low, high, 228).astype(np.float32)
        return pa.array(cells[rng.integers(0, 228, rows)])

    def whole(high: int) -> pa.Array:
        return pa.array(rng.integers(0, high, rows).astype(np.int32))

    models = [f"model-{number}-instruct" for number in range(9)]
    prompts = [f"flawed_kind_{number}" for number in range(10)]
    tasks = ["api_integration", "basic_task", "data_pipeline", "simple_task"]
    stamp = "2025-08-17T03:24:57.844730"
    return pa.table(
        {
            "model": category(models),
            "prompt_type": category(prompts),
            "tool_success_rate": pa.array(np.full(rows, 0.8, np.float32)),
            "difficulty": category(["very_easy", "easy", "medium"]),
            "task_type": category(tasks),
            "total": whole(48),
            "successful": whole(24),
            "partial": whole(4),
            "failed": whole(24),
            "success_rate": real(0, 1),
            "partial_rate": real(0, 1),
            "failure_rate": real(0, 1),
            "weighted_success_score": real(0, 1),
            "avg_execution_time": real(5, 200),
            "avg_turns": real(2, 12),
            "tool_coverage_rate": real(0, 1),
            "avg_tool_calls": real(0, 9),
            "timestamp": pa.array([stamp] * rows),
            "source": category(["master_database.json"]),
            "test_id": pa.array(
                [f"{models[n % 9]}_optimal_0.8_easy_simple_task_{n}" for n in range(rows)]
            ),
            "success": pa.array(rng.random(rows) < 0.168),
            "partial_success": pa.array(rng.random(rows) < 0.02),
        }
    )


def scaled(sample: pa.Table, first: int, count: int) -> pa.Table:
    """Rows first..first+count: the sample over and over, each with its own id."""
    places = pa.array(np.arange(first, first + count) % sample.num_rows)
    table = sample.take(places)
    numbers = pa.array(np.arange(first, first + count) // sample.num_rows)
    ids = pc.binary_join_element_wise(
        table.column("test_id").cast(pa.string()), numbers.cast(pa.string()), "_run"
    )
    return table.set_column(table.column_names.index("test_id"), "test_id", ids)


def main() -> None:
    folder, rows = Path(sys.argv[1]), int(sys.argv[2])
    rng = np.random.default_rng(1)
    sample = pq.read_table(sys.argv[3]) if len(sys.argv) > 3 else look_alike(rng)
    data = folder / "pilot_bench_parquet_data"
    increments = data / "incremental"
    increments.mkdir(parents=True)

    path = data / "test_results.parquet"
    with pq.ParquetWriter(path, sample.schema, compression="snappy") as file:
        for first in range(0, rows, CHUNK):
            chunk = scaled(sample, first, min(CHUNK, rows - first))
            file.write_table(chunk.cast(sample.schema))

    old = round(INCREMENT_ROWS * OVERLAP)
    flip = sample.column_names.index("success")
    for number in range(INCREMENTS):
        new = scaled(sample, rows + number * (INCREMENT_ROWS - old), INCREMENT_ROWS - old)
        known = [scaled(sample, int(at), 1) for at in rng.integers(0, rows, old)]
        again = pa.concat_tables(known)
        flipped = pc.invert(again.column("success"))
        again = again.set_column(flip, "success", flipped)
        path = increments / f"increment_{4000 + number}_{EPOCH + number}.parquet"
        pq.write_table(pa.concat_tables([new, again]).cast(sample.schema), path)
        os.utime(path, (EPOCH + number, EPOCH + number))

    # For dedupe: the same results with 1 % of the rows there twice.
    doubled = folder / "doubled.parquet"
    source = pq.ParquetFile(data / "test_results.parquet")
    with pq.ParquetWriter(doubled, sample.schema, compression="snappy") as file:
        for group in range(source.num_row_groups):
            file.write_table(source.read_row_group(group))
        again = scaled(sample, rows // 3, max(1, rows // 100))
        file.write_table(again.cast(sample.schema))


if __name__ == "__main__":
    main()

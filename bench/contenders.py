"""The same jobs by hand: pandas as in the guide, pyarrow, polars, DuckDB SQL.

usage: contenders.py TOOL JOB STORE

Prints one number: the rows that the job left, or saw.  Each run is a process of
its own, so a library is loaded only by the job that needs it.
"""

from __future__ import annotations

import sys
from pathlib import Path

KEY = "test_id"


class Store:
    def __init__(self, root: Path):
        self.results = root / "pilot_bench_parquet_data" / "test_results.parquet"
        folder = self.results.parent / "incremental"
        files = folder.glob("*.parquet")
        self.increments = sorted(files, key=lambda p: (p.stat().st_mtime_ns, p.name))
        self.export = root / "export.csv"


# pandas: what the guide's scripts do.


def pandas_consolidate(store: Store) -> int:
    import pandas as pd

    frames = [pd.read_parquet(path) for path in [store.results, *store.increments]]
    frame = pd.concat(frames, ignore_index=True)
    frame = frame.drop_duplicates(subset=[KEY], keep="last")
    frame.to_parquet(store.results, index=False)
    for path in store.increments:
        path.unlink()
    return len(frame)


def pandas_dedupe(store: Store) -> int:
    import pandas as pd

    frame = pd.read_parquet(store.results)
    frame = frame.drop_duplicates(subset=[KEY], keep="last")
    frame.to_parquet(store.results, index=False)
    return len(frame)


def pandas_status(store: Store) -> int:
    import pandas as pd

    frame = pd.read_parquet(store.results)
    frame["success"].mean()
    frame.groupby("model", observed=True)["success"].agg(["count", "mean"])
    return len(frame)


def pandas_export(store: Store) -> int:
    import pandas as pd

    frame = pd.read_parquet(store.results)
    frame.to_csv(store.export, index=False)
    return len(frame)


# pyarrow.


def arrow_keep_last(table):
    import pyarrow as pa

    row = pa.array(range(table.num_rows), pa.int64())
    keyed = pa.table({KEY: table.column(KEY), "row": row})
    last = keyed.group_by(KEY).aggregate([("row", "max")]).column("row_max")
    return table.take(last.combine_chunks().sort())


def pyarrow_consolidate(store: Store) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [pq.read_table(path) for path in [store.results, *store.increments]]
    table = arrow_keep_last(pa.concat_tables(tables).unify_dictionaries())
    pq.write_table(table, store.results)
    for path in store.increments:
        path.unlink()
    return table.num_rows


def pyarrow_dedupe(store: Store) -> int:
    import pyarrow.parquet as pq

    table = arrow_keep_last(pq.read_table(store.results).unify_dictionaries())
    pq.write_table(table, store.results)
    return table.num_rows


def pyarrow_status(store: Store) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(store.results, columns=["model", "success"])
    numbers = table.column("success").cast(pa.int8())
    table = table.set_column(1, "success", numbers)
    table.group_by("model").aggregate([("success", "count"), ("success", "mean")])
    return table.num_rows


def pyarrow_export(store: Store) -> int:
    import pyarrow as pa
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    source = pq.ParquetFile(store.results)

    def plain(kind: pa.DataType) -> pa.DataType:
        return kind.value_type if pa.types.is_dictionary(kind) else kind

    schema = pa.schema([(f.name, plain(f.type)) for f in source.schema_arrow])
    rows = 0
    with csv.CSVWriter(store.export, schema) as file:
        for batch in source.iter_batches():
            file.write_table(pa.Table.from_batches([batch]).cast(schema))
            rows += batch.num_rows
    return rows


# polars.


def polars_consolidate(store: Store) -> int:
    import polars as pl

    scans = [pl.scan_parquet(path) for path in [store.results, *store.increments]]
    frame = pl.concat(scans, how="vertical_relaxed")
    frame = frame.unique(subset=[KEY], keep="last", maintain_order=True).collect()
    frame.write_parquet(store.results)
    for path in store.increments:
        path.unlink()
    return frame.height


def polars_dedupe(store: Store) -> int:
    import polars as pl

    frame = pl.scan_parquet(store.results)
    frame = frame.unique(subset=[KEY], keep="last", maintain_order=True).collect()
    frame.write_parquet(store.results)
    return frame.height


def polars_status(store: Store) -> int:
    import polars as pl

    frame = pl.scan_parquet(store.results).group_by("model")
    counts = frame.agg(pl.len(), pl.col("success").mean()).collect()
    return int(counts["len"].sum())


def polars_export(store: Store) -> int:
    import polars as pl

    pl.scan_parquet(store.results).sink_csv(store.export)
    return pl.scan_parquet(store.results).select(pl.len()).collect().item()


# Plain DuckDB SQL.


def duckdb_keep_last(store: Store, files: list[Path]) -> int:
    import duckdb

    connection = duckdb.connect()
    names = ", ".join(f"'{path}'" for path in files)
    # A file's place in the list is its age.
    ages = ", ".join(f"('{path}', {age})" for age, path in enumerate(files))
    new = store.results.with_suffix(".new")
    connection.execute(
        f"""COPY (
            SELECT r.* EXCLUDE (filename, file_row_number)
            FROM read_parquet([{names}], union_by_name=true, filename=true,
                              file_row_number=true) r
            JOIN (VALUES {ages}) AS a(name, age) ON r.filename = a.name
            QUALIFY row_number() OVER (PARTITION BY {KEY}
                ORDER BY a.age DESC, file_row_number DESC) = 1
        ) TO '{new}' (FORMAT parquet)"""
    )
    new.replace(store.results)
    count = f"SELECT count(*) FROM '{store.results}'"
    return connection.execute(count).fetchone()[0]


def duckdb_consolidate(store: Store) -> int:
    rows = duckdb_keep_last(store, [store.results, *store.increments])
    for path in store.increments:
        path.unlink()
    return rows


def duckdb_dedupe(store: Store) -> int:
    return duckdb_keep_last(store, [store.results])


def duckdb_status(store: Store) -> int:
    import duckdb

    rows = duckdb.execute(
        "SELECT model, count(*), avg(success::INT) FROM read_parquet(?) GROUP BY 1",
        [str(store.results)],
    ).fetchall()
    return sum(row[1] for row in rows)


def duckdb_export(store: Store) -> int:
    import duckdb

    done = duckdb.execute(
        f"COPY (FROM '{store.results}') TO '{store.export}' (FORMAT csv, HEADER)"
    )
    return done.fetchone()[0]


def main() -> None:
    tool, job, root = sys.argv[1:]
    print(globals()[f"{tool}_{job}"](Store(Path(root))))


if __name__ == "__main__":
    main()

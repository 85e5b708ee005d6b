"""Rows cut out of Parquet pages: what stays must stay bit for bit.

dedupe and consolidate take superseded rows out of the pages of the results
without decoding them.  Here many kinds of pages are cut, and what is left is
held against pyarrow's own filter of the same file.
"""

from __future__ import annotations

import math
import random
import struct
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli import Benchkeep

RESULTS = Path("pilot_bench_parquet_data/test_results.parquet")
ROWS = 6_000

WRITERS = {
    "pandas": {},
    "pages": {"data_page_size": 512, "write_batch_size": 64},
    "v2": {"data_page_version": "2.0", "data_page_size": 700, "write_batch_size": 50},
    "v2 zstd": {"data_page_version": "2.0", "compression": "zstd"},
    "plain": {"use_dictionary": False, "data_page_size": 900, "write_batch_size": 90},
    "none": {"compression": "none", "use_dictionary": False},
    "gzip": {"compression": "gzip", "data_page_size": 4096},
    "zstd": {"compression": "zstd", "write_page_index": True},
    "checksums": {"write_page_checksum": True, "data_page_size": 600},
    "small dictionary": {"dictionary_pagesize_limit": 256, "data_page_size": 512},
    "no statistics": {"write_statistics": False},
    "split": {
        "use_dictionary": False,
        "use_byte_stream_split": ["real", "single"],
        "data_page_size": 800,
        "write_batch_size": 70,
    },
}


def table(seed: int, rows: int = ROWS) -> pa.Table:
    rng = random.Random(seed)

    def column(make, nulls: float):
        return [None if rng.random() < nulls else make() for _ in range(rows)]

    reals = [0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 0.1, 1e300]
    words = ["", "gpt-4o", "模型", "e\u0301", "x" * 300, "a\x00b", "-", "\U0001f600"]
    runs = [value for value in range(40) for _ in range(rows // 40)]
    return pa.table(
        {
            # A key comes up to four times.
            "test_id": pa.array([f"t{rng.randrange(rows // 2 + 1)}" for _ in range(rows)]),
            "model": pa.array(column(lambda: rng.choice(words), 0.1)),
            "success": pa.array(column(lambda: rng.random() < 0.2, 0.3)),
            "always": pa.array([True] * rows),
            "big": pa.array(column(lambda: rng.randrange(-(2**63), 2**63), 0.2)),
            "small": pa.array(column(lambda: rng.randrange(100), 0.0), pa.int8()),
            "runs": pa.array(runs + [7] * (rows - len(runs)), pa.int32()),
            "real": pa.array(column(lambda: rng.choice(reals), 0.1)),
            "single": pa.array(column(lambda: rng.random(), 0.0), pa.float32()),
            "nothing": pa.array([None] * rows, pa.string()),
            "rare": pa.array(column(lambda: "only", 0.999)),
            "when": pa.array(
                column(lambda: rng.randrange(10**15), 0.1), pa.timestamp("us")
            ),
            "money": pa.array(
                column(lambda: Decimal(rng.randrange(10**12)) / 1000, 0.1),
                pa.decimal128(20, 3),
            ),
            "bytes": pa.array(column(lambda: rng.randbytes(rng.randrange(9)), 0.1)),
            "text": pa.array([f"{rng.random()}" for _ in range(rows)]),
            "position": pa.array(range(rows), pa.int64()),
        }
    )


def bits(value):
    """A value as something that is equal only when its bits are."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    return value


def same(left: pa.Table, right: pa.Table) -> None:
    assert left.schema.names == right.schema.names
    assert left.num_rows == right.num_rows
    for name in left.schema.names:
        assert left.schema.field(name).type == right.schema.field(name).type, name
        ours = [bits(value) for value in left.column(name).to_pylist()]
        theirs = [bits(value) for value in right.column(name).to_pylist()]
        assert ours == theirs, name


def keep_last(before: pa.Table) -> pa.Table:
    last = {key: row for row, key in enumerate(before.column("test_id").to_pylist())}
    return before.take(sorted(last.values()))


def check_metadata(path: Path) -> None:
    """What the footer says must be true of the values, or not be said."""
    file = pq.ParquetFile(path, page_checksum_verification=True)
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        values = file.read_row_group(number)
        assert group.num_rows == values.num_rows
        for index in range(group.num_columns):
            chunk = group.column(index)
            column = values.column(chunk.path_in_schema)
            assert chunk.num_values == values.num_rows
            numbers = chunk.statistics
            if numbers is None:
                continue
            if numbers.has_null_count:
                assert numbers.null_count == column.null_count
            if not numbers.has_min_max:
                continue
            known = [v for v in column.to_pylist() if v is not None and v == v]
            low, high = numbers.min, numbers.max
            if chunk.path_in_schema in ("when", "money", "bytes"):
                continue  # pyarrow shows them in other forms.
            assert (low, high) == (min(known), max(known)), chunk.path_in_schema


def engines_agree(path: Path, expected: pa.Table) -> None:
    """DuckDB answers from statistics where it can: they must not be stale."""
    for name in ("model", "big", "small", "text", "single", "position"):
        found = duckdb.sql(f"SELECT min({name}), max({name}) FROM '{path}'").fetchall()
        known = [v for v in expected.column(name).to_pylist() if v is not None]
        encode = (lambda v: v.encode()) if name in ("model", "text") else (lambda v: v)
        assert found == [(min(known, key=encode), max(known, key=encode))], name


def dedupe(benchkeep: Benchkeep, root: Path) -> dict:
    return benchkeep.must(root, "dedupe").data


@pytest.mark.parametrize("writer", WRITERS)
def test_cut_like_pyarrow(benchkeep: Benchkeep, tmp_path: Path, writer: str):
    path = tmp_path / RESULTS
    path.parent.mkdir(parents=True)
    before = table(len(writer))
    pq.write_table(before, path, row_group_size=1_500, **WRITERS[writer])
    data = dedupe(benchkeep, tmp_path)
    assert data["row_groups_cut"] == 4 and data["row_groups_written"] == 0, data
    expected = keep_last(before)
    same(pq.read_table(path), expected)
    check_metadata(path)
    engines_agree(path, expected)
    same(duckdb.sql(f"FROM '{path}'").arrow().read_all().cast(expected.schema), expected)


@pytest.mark.parametrize("version", ["V1", "V2"])
def test_cut_what_duckdb_wrote(benchkeep: Benchkeep, tmp_path: Path, version: str):
    path = tmp_path / RESULTS
    path.parent.mkdir(parents=True)
    before = table(3).drop_columns(["bytes"])
    duckdb.sql(
        f"COPY before TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048, "
        f"PARQUET_VERSION {version})"
    )
    read = pq.read_table(path)
    data = dedupe(benchkeep, tmp_path)
    # DuckDB's V2 uses delta encodings, which are left to the engine.
    assert (data["row_groups_cut"] > 0) == (version == "V1"), data
    same(pq.read_table(path), keep_last(read))
    check_metadata(path)


def test_whole_pages_and_groups_go(benchkeep: Benchkeep, tmp_path: Path):
    path = tmp_path / RESULTS
    path.parent.mkdir(parents=True)
    first = table(1, 1_000)
    keys = pa.array([f"k{row}" for row in range(1_000)])
    first = first.set_column(0, "test_id", keys)
    # The second group replaces the first, the third the first half of the next.
    fourth = first.set_column(0, "test_id", pa.array([f"q{r}" for r in range(1_000)]))
    before = pa.concat_tables([first, first, fourth, fourth.slice(0, 500)])
    pq.write_table(before, path, row_group_size=1_000, data_page_size=512)
    data = dedupe(benchkeep, tmp_path)
    assert data["removed"] == 1_500
    assert (data["row_groups_copied"], data["row_groups_cut"]) == (2, 1), data
    same(pq.read_table(path), keep_last(before))
    check_metadata(path)


@pytest.mark.parametrize("seed", range(6))
def test_few_and_many_rows(benchkeep: Benchkeep, tmp_path: Path, seed: int):
    """From one row of a file to nearly all of them."""
    rng = random.Random(seed)
    path = tmp_path / RESULTS
    path.parent.mkdir(parents=True)
    rows = rng.choice([1, 2, 9, 700, 5_000])
    distinct = max(1, rng.choice([1, rows // 50, rows - 1, rows]))
    before = table(seed, rows)
    keys = pa.array([f"k{rng.randrange(distinct)}" for _ in range(rows)])
    before = before.set_column(0, "test_id", keys)
    options = WRITERS[rng.choice(list(WRITERS))]
    pq.write_table(before, path, row_group_size=rng.choice([7, 400, 9_999]), **options)
    dedupe(benchkeep, tmp_path)
    same(pq.read_table(path), keep_last(before))
    check_metadata(path)


def test_a_page_with_a_wrong_checksum_stops_it(benchkeep: Benchkeep, tmp_path: Path):
    path = tmp_path / RESULTS
    path.parent.mkdir(parents=True)
    before = table(2)
    pq.write_table(
        before, path, compression="none", use_dictionary=False, write_page_checksum=True
    )
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(14)
    raw = bytearray(path.read_bytes())
    raw[chunk.data_page_offset + chunk.total_compressed_size // 2] ^= 1
    path.write_bytes(raw)
    outcome = benchkeep.run(tmp_path, "dedupe")
    assert outcome.code == 1 and "checksum" in outcome.stderr, outcome
    assert path.read_bytes() == bytes(raw)

"""The reference: what keep-last must give, said in pandas and pyarrow.

`concat` of the results file and the increments (by modification time, then
name), then `drop_duplicates(keep='last')` over the key columns, except that a
row with a NULL in a key column equals no other row.  Schemas are united by
name; types widen and never narrow; an increment that does not fit is expected
in the quarantine.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from storegen import PILOT, StoreLayout

SUMMARY_KEY = ("model", "prompt_type", "tool_success_rate", "difficulty", "task_type")

SIGNED = [pa.int8(), pa.int16(), pa.int32(), pa.int64()]
UNSIGNED = [pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type without its encoding: categories are their values."""
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_binary(kind):
        return pa.binary()
    return kind


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(plain_type(column.type))


def plain(table: pa.Table) -> pa.Table:
    """The table with plain types and without metadata."""
    names = table.column_names
    columns = [plain_column(column) for column in table.columns]
    fields = [pa.field(name, column.type) for name, column in zip(names, columns)]
    return pa.table(columns, schema=pa.schema(fields))


def read(path: Path) -> pa.Table:
    with pq.ParquetFile(path) as file:
        return plain(file.read())


def exact_in_double(column: pa.ChunkedArray) -> bool:
    values = column.drop_null().to_pylist()
    return all(int(float(value)) == value for value in values)


class Misfit(Exception):
    """A column of an increment that cannot be united with what is there."""


def widen(have: pa.ChunkedArray, new: pa.ChunkedArray, name: str) -> pa.DataType:
    """The type that holds both columns without loss."""
    a, b = have.type, new.type
    if a == b or pa.types.is_null(b):
        return a
    if pa.types.is_null(a):
        return b
    if a in SIGNED and b in SIGNED:
        return SIGNED[max(SIGNED.index(a), SIGNED.index(b))]
    if a in UNSIGNED and b in UNSIGNED:
        return UNSIGNED[max(UNSIGNED.index(a), UNSIGNED.index(b))]
    if pa.types.is_integer(a) and pa.types.is_integer(b):
        signed, unsigned = (a, b) if a in SIGNED else (b, a)
        if unsigned == pa.uint64():
            raise Misfit(f"{name}: {a} and {b}")
        wide = max(SIGNED.index(signed), UNSIGNED.index(unsigned) + 1)
        return SIGNED[wide]
    if pa.types.is_floating(a) and pa.types.is_floating(b):
        return pa.float64()
    numbers = [have, new]
    if all(
        pa.types.is_integer(c.type) or pa.types.is_floating(c.type) for c in numbers
    ):
        whole = have if pa.types.is_integer(a) else new
        if exact_in_double(whole):
            return pa.float64()
    raise Misfit(f"{name}: {a} and {b}")


def unite(have: pa.Table, new: pa.Table) -> pa.Table:
    """Both tables under one schema: columns in the order they were first seen."""
    columns = {}
    for name in [*have.column_names, *new.column_names]:
        if name in columns:
            continue
        if name in have.column_names and name in new.column_names:
            a, b = have.column(name), new.column(name)
            kind = widen(a, b, name)
            columns[name] = pa.chunked_array(
                [*a.cast(kind).chunks, *b.cast(kind).chunks], type=kind
            )
        elif name in have.column_names:
            a = have.column(name)
            missing = pa.nulls(new.num_rows, a.type)
            columns[name] = pa.chunked_array([*a.chunks, missing], type=a.type)
        else:
            b = new.column(name)
            missing = pa.nulls(have.num_rows, b.type)
            columns[name] = pa.chunked_array([missing, *b.chunks], type=b.type)
    fields = [pa.field(name, column.type) for name, column in columns.items()]
    return pa.table(list(columns.values()), schema=pa.schema(fields))


def keep_last_mask(table: pa.Table, key: tuple[str, ...]) -> list[bool]:
    """Which rows stand: pandas decides, NULL keys are exempt."""
    keys = table.select(list(key))
    keyed = [all(flags) for flags in zip(*(c.is_valid().to_pylist() for c in keys))]
    # Rows with NULLs go first, so that pandas sees each column in its own type.
    frame = keys.filter(pa.array(keyed, pa.bool_())).to_pandas()
    doomed = iter(frame.duplicated(subset=list(key), keep="last").tolist())
    return [not (has_key and next(doomed)) for has_key in keyed]


def keep_last(table: pa.Table, key: tuple[str, ...]) -> pa.Table:
    return table.filter(pa.array(keep_last_mask(table, key), pa.bool_()))


@dataclass
class Expectation:
    """What consolidate has to leave behind."""

    table: pa.Table
    rows_before: int
    rows_added: int
    rows_replaced: int
    merged: list[str] = field(default_factory=list)
    quarantined: dict[str, str] = field(default_factory=dict)


def shape_key(
    table: pa.Table, layout: StoreLayout = PILOT
) -> tuple[str, tuple[str, ...]]:
    if all(name in table.column_names for name in layout.key):
        return "records", layout.key
    if all(name in table.column_names for name in SUMMARY_KEY):
        return "summary", SUMMARY_KEY
    raise Misfit("neither records nor summary")


def in_order(root: Path, layout: StoreLayout = PILOT) -> list[Path]:
    """The increments in keep-last order."""
    paths = (root / layout.increments).glob("*.parquet")
    return sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name))


def expect_consolidated(root: Path, layout: StoreLayout = PILOT) -> Expectation:
    """Reads the store as it is now and says what consolidate must make of it."""
    results = root / layout.results
    have: pa.Table | None = read(results) if results.exists() else None
    rows_before = have.num_rows if have is not None else 0
    merged: list[str] = []
    quarantined: dict[str, str] = {}
    for path in in_order(root, layout):
        try:
            new = read(path)
            if have is not None and shape_key(new, layout) != shape_key(have, layout):
                raise Misfit("another shape")
            shape_key(new, layout)
            have = new if have is None else unite(have, new)
            merged.append(path.name)
        except (Misfit, pa.ArrowException) as problem:
            quarantined[path.name] = str(problem)
    assert have is not None
    key = shape_key(have, layout)[1]
    mask = keep_last_mask(have, key)
    survivors_of_old = sum(mask[:rows_before])
    after = sum(mask)
    replaced = rows_before - survivors_of_old
    return Expectation(
        table=have.filter(pa.array(mask, pa.bool_())),
        rows_before=rows_before,
        rows_added=after - rows_before,
        rows_replaced=replaced,
        merged=merged,
        quarantined=quarantined,
    )


def value_text(value: object) -> object:
    """A value as something that tells NaN, -0.0 and 1 from 1.0 and True."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else repr(value)
    if isinstance(value, (bool, int)):
        return f"{type(value).__name__}:{value}"
    if isinstance(value, (list, dict)):
        return repr(value)
    return value


def rows(table: pa.Table) -> list[tuple]:
    columns = [
        [value_text(value) for value in column.to_pylist()] for column in table.columns
    ]
    return list(zip(*columns)) if columns else []


def multiset(table: pa.Table) -> Counter:
    return Counter(rows(plain(table)))


def schema_of(table: pa.Table) -> list[tuple[str, str]]:
    return [(f.name, str(plain_type(f.type))) for f in table.schema]


def assert_same(actual: pa.Table, expected: pa.Table) -> None:
    """Equal columns, types, values and order."""
    actual, expected = plain(actual), plain(expected)
    assert schema_of(actual) == schema_of(expected)
    got, want = rows(actual), rows(expected)
    if got == want:
        return
    missing = Counter(want) - Counter(got)
    invented = Counter(got) - Counter(want)
    assert not missing and not invented, (
        f"{sum(missing.values())} rows missing, e.g. {list(missing)[:2]}; "
        f"{sum(invented.values())} invented, e.g. {list(invented)[:2]}"
    )
    raise AssertionError("the same rows in another order")


def success_rate(table: pa.Table, shape: str) -> float | None:
    """As DESIGN section 3 defines it."""
    if shape == "records":
        return pc.mean(table.column("success").cast(pa.float64())).as_py()
    total = pc.sum(table.column("total")).as_py()
    return pc.sum(table.column("success")).as_py() / total if total else None

"""Exports, read back by the programs people use, against the Parquet file.

Every value of every shared file and of a table of hostile values must come back
equal, in value and type as far as the format can hold them.
"""

import csv
import io
import json
import math
import os
import pathlib
import shutil
import subprocess

import duckdb
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("BENCHKEEP", ROOT / "build/benchkeep"))
SHARED = pathlib.Path(os.environ.get("BENCHKEEP_SHARED", ROOT / "../shared/data"))
RESULTS = "pilot_bench_parquet_data/test_results.parquet"

SHARED_FILES = [
    "parquet/records-4928.parquet",
    "parquet/summary-228x18.parquet",
    "parquet/summary-228x51.parquet",
    "real-store/" + RESULTS,
]


def run(root, *words, code=0):
    done = subprocess.run(
        [PROGRAM, "-C", root, "--lang", "en", *map(str, words)],
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == code, done.stderr.decode() + done.stdout.decode()
    return done


def store_of(tmp_path, table):
    """A store whose results are `table`, or a copy of the file `table`."""
    root = tmp_path / "store"
    (root / RESULTS).parent.mkdir(parents=True)
    if isinstance(table, pathlib.Path):
        shutil.copyfile(table, root / RESULTS)
    else:
        pq.write_table(table, root / RESULTS)
    return root


def rows_of(root):
    """The results as (names, rows), values as Python sees them."""
    table = pq.read_table(root / RESULTS)
    columns = [column.to_pylist() for column in table.columns]
    return table.column_names, [list(row) for row in zip(*columns)]


FLOATS32 = [None, 0.1, -0.0, 3.4028235e38, 1e-45]
HOSTILE_TEXT = [
    None,
    "",
    " ",
    "=1+1",
    "+1",
    "-x",
    "@SUM(A1)",
    "\tx",
    'a"b',
    '""',
    "a,b",
    "line\nbreak",
    "carriage\rreturn",
    "\r\n",
    "\x01\x1f",
    "\u4f60\u597d",
    "\U0001f422 e\u0301",
    "NULL",
    "NaN",
    "007",
    "http://example.com/",
    "_x0041_",
    "'",
    "\\",
    "</t>&amp;<",
]


def hostile():
    count = len(HOSTILE_TEXT)

    def fill(values):
        return (values * count)[:count]

    return pa.table(
        {
            "test_id": pa.array([f"id-{i}" for i in range(count)]),
            "model": pa.array(fill(["m1", "m2"])),
            "success": pa.array(fill([True, False, None])),
            "text": pa.array(HOSTILE_TEXT),
            "Text": pa.array(list(reversed(HOSTILE_TEXT))),
            "big": pa.array(
                fill([2**53 + 1, 2**63 - 1, -(2**63), 2**53, 0, None]),
                pa.int64(),
            ),
            "unsigned": pa.array(fill([2**64 - 1, 0, None]), pa.uint64()),
            "real": pa.array(
                fill(
                    [
                        0.1,
                        0.1 + 0.2,
                        -0.0,
                        math.nan,
                        math.inf,
                        -math.inf,
                        5e-324,
                        1.7976931348623157e308,
                        1e16,
                        3.0,
                        None,
                    ]
                )
            ),
            "single": pa.array(fill(FLOATS32), pa.float32()),
            "timestamp": pa.array(
                fill([1754000000123456, 0, None]), pa.timestamp("us")
            ),
            'odd, "name"': pa.array(fill([1, None]), pa.int8()),
            "nothing": pa.array([None] * count, pa.string()),
        }
    )


@pytest.fixture(params=["hostile", *SHARED_FILES])
def store(request, tmp_path):
    if request.param == "hostile":
        return store_of(tmp_path, hostile())
    source = SHARED / request.param
    if not source.exists():
        pytest.skip(f"no shared data: {source} is missing")
    return store_of(tmp_path, source)


def same_float(read, want):
    if math.isnan(want):
        return isinstance(read, float) and math.isnan(read)
    return read == want and math.copysign(1, read) == math.copysign(1, want)


def is_float32(store, name):
    return pq.read_schema(store / RESULTS).field(name).type == pa.float32()


def as_float32(value):
    return pa.array([value], pa.float32())[0].as_py()


def csv_records(text):
    """Fields as (text, quoted), by a reader that keeps quotes apart."""
    rows, row, field, quoted, inside = [], [], "", False, False
    i = 0
    while i < len(text):
        c = text[i]
        if inside:
            if c == '"' and text[i + 1 : i + 2] == '"':
                field += '"'
                i += 1
            elif c == '"':
                inside = False
            else:
                field += c
        elif c == '"':
            inside = quoted = True
        elif c in ",\n":
            row.append((field, quoted))
            field, quoted = "", False
            if c == "\n":
                rows.append(row)
                row = []
        else:
            field += c
        i += 1
    assert not row and not field and not inside
    return rows


def check_text_field(store, name, field, want):
    text, quoted = field
    if want is None:
        assert (text, quoted) == ("", False)
    elif isinstance(want, bool):
        assert text == str(want)
    elif isinstance(want, int):
        assert int(text) == want
    elif isinstance(want, float):
        read = float(text)
        if is_float32(store, name):
            read = as_float32(read)
        assert same_float(read, want), (name, text, want)
        assert text in ("NaN", "inf", "-inf") or set(text) & set(".e")
    elif isinstance(want, str):
        assert text == want
        assert text or quoted
    else:
        assert text.startswith(str(want)[:19])


def test_csv_holds_every_value(store, tmp_path):
    run(store, "export", "-o", tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_bytes().decode("utf-8")
    names, rows = rows_of(store)
    header, *records = csv_records(text)
    assert [field[0] for field in header] == names
    assert len(records) == len(rows)
    for record, row in zip(records, rows):
        for name, field, want in zip(names, record, row):
            check_text_field(store, name, field, want)
    # Python's own reader sees the same fields.
    plain = list(csv.reader(io.StringIO(text, newline="")))
    assert plain == [[field[0] for field in r] for r in [header, *records]]


def test_pandas_reads_the_csv(store, tmp_path):
    run(store, "export", "-o", tmp_path / "out.csv")
    names, rows = rows_of(store)
    frame = pd.read_csv(tmp_path / "out.csv", lineterminator="\n")
    assert list(frame.columns) == names
    assert len(frame) == len(rows)
    for index, name in enumerate(names):
        for read, row in zip(frame[name].tolist(), rows):
            want = row[index]
            if isinstance(want, float) and not math.isnan(want):
                read = as_float32(read) if is_float32(store, name) else read
                assert same_float(read, want)


def test_duckdb_reads_the_csv(store, tmp_path):
    run(store, "export", "-o", tmp_path / "out.csv")
    names, rows = rows_of(store)
    connection = duckdb.connect()
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(names)))
    read = connection.execute(
        f"SELECT * FROM read_csv('{tmp_path / 'out.csv'}', header = true, "
        f"columns = {{{columns}}}, allow_quoted_nulls = false, delim = ',', "
        "quote = '\"', escape = '\"', auto_detect = false, "
        "new_line = '\\n', strict_mode = false)"
    ).fetchall()
    assert len(read) == len(rows)
    for record, row in zip(read, rows):
        for field, want in zip(record, row):
            if want is None:
                assert field is None
            elif isinstance(want, str):
                assert field == want


def test_excel_csv_is_disarmed(tmp_path):
    root = store_of(tmp_path, hostile())
    run(root, "export", "--excel", "-o", tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    names, rows = rows_of(root)
    header, *records = csv_records(text.decode("utf-8-sig"))
    for record, row in zip(records, rows):
        for (field, _), want in zip(record, row):
            if isinstance(want, str) and want[:1] in tuple("=+-@\t\r") and want:
                assert field == "'" + want
            elif isinstance(want, str):
                assert field == want
    negative = names.index("big")
    assert "-9223372036854775808" in [r[negative][0] for r in records]


def reject(word):
    raise AssertionError(f"{word} is not JSON")


def check_json(store, names, objects, rows):
    assert len(objects) == len(rows)
    for record, row in zip(objects, rows):
        assert list(record) == names
        for name, want in zip(names, row):
            read = record[name]
            if want is None or (
                isinstance(want, float) and not math.isfinite(want)
            ):
                assert read is None
            elif isinstance(want, float):
                assert isinstance(read, float)
                read = as_float32(read) if is_float32(store, name) else read
                assert same_float(read, want)
            elif isinstance(want, (bool, int, str)):
                assert read == want and type(read) is type(want)
            else:
                assert read.startswith(str(want)[:19])


def test_json_holds_every_value(store, tmp_path):
    run(store, "export", "-o", tmp_path / "out.json")
    names, rows = rows_of(store)
    text = (tmp_path / "out.json").read_text("utf-8")
    check_json(store, names, json.loads(text, parse_constant=reject), rows)
    assert text.startswith('[\n  {\n    "')
    assert len(pd.read_json(io.StringIO(text), orient="records")) == len(rows)


def test_jsonl_streams_to_stdout(store):
    done = run(store, "export", "-o", "-", "--format", "jsonl")
    names, rows = rows_of(store)
    # Not splitlines(): JSON may hold other line breaks, such as U+0085.
    lines = done.stdout.decode("utf-8").split("\n")
    assert lines.pop() == ""
    objects = [json.loads(line, parse_constant=reject) for line in lines]
    check_json(store, names, objects, rows)


def check_cell(store, name, read, want):
    if want is None or want == "":
        assert read is None
    elif isinstance(want, bool):
        assert read is want
    elif isinstance(want, int):
        if abs(want) > 2**53:
            assert read == str(want)
        else:
            assert read == want
    elif isinstance(want, float):
        if not math.isfinite(want):
            assert read is None
        elif abs(want) > 9.99999999999999e307:
            assert float(read) == want and isinstance(read, str)
        elif is_float32(store, name):
            assert as_float32(read) == want
        else:
            assert math.isclose(read, want, rel_tol=1e-15)
    elif isinstance(want, str):
        kept = "".join(c for c in want if c >= " " or c in "\t\n\r")
        kept = kept.replace("\r\n", "\n").replace("\r", "\n")
        # openpyxl leaves the format's own escapes as they are.
        assert (read or "").replace("_x005F_", "_") == kept
    else:
        assert read.startswith(str(want)[:19])


def test_xlsx_holds_every_value(store, tmp_path):
    hostile_store = "Text" in pq.read_schema(store / RESULTS).names
    done = run(
        store,
        "--json",
        "export",
        "-o",
        tmp_path / "out.xlsx",
        code=3 if hostile_store else 0,
    )
    answer = json.loads(done.stdout)
    names, rows = rows_of(store)
    assert answer["data"]["rows"] == len(rows)
    assert answer["data"]["sheets"] == 1
    assert answer["data"]["bytes"] == (tmp_path / "out.xlsx").stat().st_size
    codes = [finding["code"] for finding in answer["findings"]]
    assert codes == (["xlsx_control_characters"] if hostile_store else [])

    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    sheet = book["results"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref.startswith("A1:")
    header, *cells = sheet.iter_rows()
    assert [cell.value for cell in header] == names
    assert all(cell.font.bold for cell in header)
    assert len(cells) == len(rows)
    for record, row in zip(cells, rows):
        for name, cell, want in zip(names, record, row):
            assert cell.data_type != "f" and cell.hyperlink is None
            check_cell(store, name, cell.value, want)
    frame = pd.read_excel(tmp_path / "out.xlsx")
    assert list(frame.columns) == names and len(frame) == len(rows)


def test_parquet_is_equal_in_values_and_types(store, tmp_path):
    run(store, "export", "-o", tmp_path / "out.parquet")
    want = pq.read_table(store / RESULTS)
    read = pq.read_table(tmp_path / "out.parquet")
    assert read.column_names == want.column_names
    for field in want.schema:
        if field.type not in (pa.null(), pa.large_string()):
            assert read.schema.field(field.name).type == field.type, field.name
    for name, left, right in zip(
        want.column_names, want.columns, read.columns
    ):
        for a, b in zip(left.to_pylist(), right.to_pylist()):
            if isinstance(a, float):
                assert same_float(b, a), (name, a, b)
            else:
                assert a == b, (name, a, b)
    assert len(pd.read_parquet(tmp_path / "out.parquet")) == want.num_rows


def test_filters(tmp_path):
    root = store_of(tmp_path, hostile())
    _, rows = rows_of(root)

    def lines(*words):
        done = run(root, "export", "-o", "-", "-f", "jsonl", *words)
        return [json.loads(x) for x in done.stdout.decode().split("\n")[:-1]]

    assert len(lines("--model", "m1")) == sum(row[1] == "m1" for row in rows)
    assert len(lines("--model", "m1", "--model", "m2")) == len(rows)
    assert lines("--columns", "Text,text")[1] == {
        "Text": rows[1][4],
        "text": rows[1][3],
    }
    recent = lines("--since", "2025-01-01")
    assert 0 < len(recent) == sum(
        row[9] is not None and row[9].year >= 2025 for row in rows
    )
    where = lines("--where", "success", "--columns", "test_id")
    assert [x["test_id"] for x in where] == [r[0] for r in rows if r[2]]
    run(root, "export", "-o", "-", "-f", "csv", "--columns", "no", code=2)


def test_all_fills_the_folder_of_the_guide(tmp_path):
    root = store_of(tmp_path, hostile())
    done = run(root, "--json", "export", "--all", code=3)
    answer = json.loads(done.stdout)
    assert sorted(os.listdir(root / "export")) == [
        "test_results.csv",
        "test_results.json",
        "test_results.xlsx",
    ]
    for file in answer["data"]["files"]:
        assert pathlib.Path(file["file"]).stat().st_size == file["bytes"]


def test_a_dry_run_writes_nothing(tmp_path):
    root = store_of(tmp_path, hostile())
    done = run(root, "--json", "--dry-run", "export", "--all")
    answer = json.loads(done.stdout)
    assert answer["data"]["rows"] == len(HOSTILE_TEXT)
    assert answer["data"]["dry_run"] is True
    assert not (root / "export").exists()
    run(root, "--dry-run", "export", "-o", tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize(
    "where",
    [
        "no_such_column > 1",
        "1=1) UNION ALL SELECT * FROM read_text('/etc/passwd'",
        "test_id IN (SELECT content FROM read_text('/etc/passwd'))",
        "1=1); COPY (SELECT 1) TO '{root}/stolen.csv'; SELECT (1=1",
        "EXISTS (FROM enable_logging(storage = 'file', "
        "storage_path = '{root}/log'))",
        "EXISTS (FROM enable_profiling(format = 'json', "
        "save_location = '{root}/profile.json'))",
        "EXISTS (FROM query('SELECT 1'))",
    ],
)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_wicked_condition_changes_nothing(tmp_path, where, form):
    root = store_of(tmp_path, hostile())
    out = tmp_path / "out"
    out.mkdir()
    (out / ("x." + form)).write_text("old")
    before = (root / RESULTS).read_bytes()
    done = subprocess.run(
        [PROGRAM, "-C", root, "export", "-o", out / ("x." + form), "--where",
         where.format(root=root)],
        capture_output=True,
        timeout=60,
    )
    assert done.returncode in (1, 2), done.stderr
    assert os.listdir(out) == ["x." + form]
    assert (out / ("x." + form)).read_text() == "old"
    assert (root / RESULTS).read_bytes() == before
    names = {p.name for p in root.rglob("*")}
    assert not names & {"stolen.csv", "log", "profile.json"}


def test_targets_of_the_store_are_refused(tmp_path):
    root = store_of(tmp_path, hostile())
    before = (root / RESULTS).read_bytes()
    for target in [RESULTS, "pilot_bench_cumulative_results/../" + RESULTS]:
        (root / "pilot_bench_cumulative_results").mkdir(exist_ok=True)
        run(root, "export", "-f", "parquet", "-o", root / target, code=2)
    assert (root / RESULTS).read_bytes() == before
    done = run(root, "export", "-o", tmp_path / "no/x.csv", code=1)
    assert str(tmp_path / "no") in done.stderr.decode()

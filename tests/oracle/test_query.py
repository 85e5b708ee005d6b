"""query: right answers, and no way to change or see anything else."""

import csv
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("BENCHKEEP", ROOT / "build/benchkeep"))
SHARED = pathlib.Path(os.environ.get("BENCHKEEP_SHARED", ROOT / "../shared/data"))
RESULTS = "pilot_bench_parquet_data/test_results.parquet"
SECRET = "sk-this-must-never-be-seen"


def query(root, *words):
    return subprocess.run(
        [PROGRAM, "-C", root, "--lang", "en", *map(str, words)],
        capture_output=True,
        timeout=60,
        env={**os.environ, "BENCHKEEP_TEST_SECRET": SECRET},
    )


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "store"
    (root / RESULTS).parent.mkdir(parents=True)
    (root / "config").mkdir()
    (root / "config/keys.csv").write_text(f"name,key\nx,{SECRET}\n")
    (root / "config/keys.json").write_text(json.dumps({"key": SECRET}))
    (root / "benchkeep.toml").write_text(f"# {SECRET}\n[undo]\nkeep_days = 7\n")
    pq.write_table(
        pa.table(
            {
                "test_id": ["a", "b", "c"],
                "model": ["m", "m", "n"],
                "success": [True, False, None],
                "big": pa.array([2**53 + 1, 2**63 - 1, None], pa.int64()),
                "real": [0.5, float("nan"), float("-inf")],
            }
        ),
        root / RESULTS,
    )
    pq.write_table(pa.table({"secret": [SECRET]}), root / "config/k.parquet")
    return root


def fingerprint(folder):
    """Every file with its bytes, and every folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
    }


def test_json_has_columns_types_and_exact_values(root):
    done = query(
        root, "--json", "query", "SELECT big, real, success, test_id FROM results"
    )
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)["data"]
    assert data["columns"] == [
        {"name": "big", "type": "BIGINT"},
        {"name": "real", "type": "DOUBLE"},
        {"name": "success", "type": "BOOLEAN"},
        {"name": "test_id", "type": "VARCHAR"},
    ]
    assert data["rows"] == [
        [2**53 + 1, 0.5, True, "a"],
        [2**63 - 1, None, False, "b"],
        [None, None, None, "c"],
    ]


def test_csv_and_jsonl_stream(root):
    sql = "SELECT test_id, big FROM results ORDER BY test_id"
    text = query(root, "query", "--format", "csv", sql).stdout.decode()
    assert list(csv.reader(io.StringIO(text))) == [
        ["test_id", "big"],
        ["a", str(2**53 + 1)],
        ["b", str(2**63 - 1)],
        ["c", ""],
    ]
    text = query(root, "query", "--format", "jsonl", sql).stdout.decode()
    assert [json.loads(line)["big"] for line in text.splitlines()] == [
        2**53 + 1,
        2**63 - 1,
        None,
    ]
    objects = json.loads(query(root, "query", "-f", "json", sql).stdout)
    assert objects[2] == {"test_id": "c", "big": None}


def test_the_table_is_cut_and_says_so(root):
    done = query(root, "query", "--limit", "2", "SELECT test_id FROM results")
    text = done.stdout.decode()
    assert "the first 2 rows" in text and "\nc" not in text
    text = query(root, "query", "SELECT test_id FROM results").stdout.decode()
    assert "3 rows" in text and "\nc" in text


def test_increments_and_cells_are_tables(root):
    (root / "pilot_bench_parquet_data/incremental").mkdir()
    pq.write_table(
        pa.table({"test_id": ["z"], "model": ["m"]}),
        root / "pilot_bench_parquet_data/incremental/increment_1_2.parquet",
    )
    done = query(root, "--json", "query", "SELECT test_id FROM increments")
    assert json.loads(done.stdout)["data"]["rows"] == [["z"]]
    source = SHARED / "real-store/pilot_bench_cumulative_results"
    if not source.exists():
        pytest.skip(f"no shared data: {source} is missing")
    (root / "pilot_bench_cumulative_results").mkdir()
    shutil.copyfile(
        source / "master_database.json",
        root / "pilot_bench_cumulative_results/master_database.json",
    )
    sql = "SELECT count(*), sum(total) AS tests FROM cells"
    done = query(root, "--json", "query", sql)
    assert json.loads(done.stdout)["data"]["rows"] == [[607, 28265]]
    done = query(root, "query", "--format", "jsonl", sql)
    assert json.loads(done.stdout)["tests"] == 28265


def test_no_increment_waiting_is_an_empty_table(root):
    sql = "SELECT * FROM increments"
    data = json.loads(query(root, "--json", "query", sql).stdout)["data"]
    names = [column["name"] for column in data["columns"]]
    assert names == ["file", "test_id", "model", "success", "big", "real"]
    assert data["rows"] == []
    both = "SELECT count(*) FROM (FROM results UNION ALL BY NAME FROM increments)"
    done = query(root, "--json", "query", both)
    assert json.loads(done.stdout)["data"]["rows"] == [[3]], done


def test_a_column_called_file_is_not_lost(root):
    folder = root / "pilot_bench_parquet_data/incremental"
    table = pa.table({"test_id": ["z"], "file": ["mine"]})
    pq.write_table(table, root / RESULTS)
    sql = 'SELECT file, file_1, test_id FROM increments'
    assert query(root, "--json", "query", sql).returncode == 0
    folder.mkdir()
    pq.write_table(table, folder / "increment_1_2.parquet")
    done = query(root, "--json", "query", sql)
    assert json.loads(done.stdout)["data"]["rows"] == [
        ["increment_1_2.parquet", "mine", "z"]
    ], done


def test_a_table_that_is_not_there_is_explained(root):
    done = query(root, "query", "SELECT * FROM cells")
    assert done.returncode == 1
    assert b"no master database yet" in done.stderr, done
    assert b"benchkeep migrate --to json" in done.stderr
    (root / RESULTS).unlink()
    done = query(root, "query", "SELECT * FROM results")
    assert done.returncode == 1
    assert b"no results file yet" in done.stderr, done
    assert b"benchkeep consolidate" in done.stderr
    done = query(root, "query", "SELECT count(*) FROM increments")
    assert done.returncode == 0, done
    # A text is not a table.
    done = query(root, "query", "SELECT 'results'")
    assert done.returncode == 0 and b"results" in done.stdout, done


ATTACKS = [
    "COPY results TO '{out}/x.csv'",
    "COPY (SELECT 1) TO '{results}' (FORMAT parquet, USE_TMP_FILE false)",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{out}/x.csv'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{results}' "
    "(FORMAT parquet, USE_TMP_FILE false)",
    "EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1",
    "EXPORT DATABASE '{out}'",
    "IMPORT DATABASE '{out}'",
    "ATTACH '{out}/x.db'",
    "ATTACH ':memory:' AS other",
    "DETACH memory",
    "USE memory",
    "INSTALL httpfs",
    "LOAD '{out}/evil.duckdb_extension'",
    "SET memory_limit = '1GB'",
    "SET enable_external_access = true",
    "SET GLOBAL lock_configuration = false",
    "RESET enable_external_access",
    "PRAGMA enable_profiling",
    "PRAGMA database_list",
    "PRAGMA profiling_output = '{out}/x.json'",
    "CALL pragma_version()",
    "CALL enable_logging(storage = 'file', storage_path = '{out}/log')",
    "SELECT * FROM enable_logging(storage = 'file', storage_path = '{out}')",
    'SELECT * FROM "Enable_Logging"()',
    "SELECT (SELECT count(*) FROM system.main.enable_logging())",
    "SELECT * FROM enable_profiling(format = 'json', "
    "save_location = '{out}/x.json')",
    "SELECT * FROM force_checkpoint()",
    "SELECT * FROM query('COPY (SELECT 1) TO ''{out}/x.csv''')",
    "SELECT * FROM query('FROM enable_log' || 'ging()')",
    "SELECT * FROM json_execute_serialized_sql("
    "json_serialize_sql('FROM enable_logging()'))",
    "WITH x AS (FROM enable_logging()) SELECT * FROM x",
    "SELECT 1; COPY (SELECT 1) TO '{out}/x.csv'",
    "SELECT 1; SELECT 2",
    "CREATE TABLE t AS SELECT 1",
    "CREATE OR REPLACE VIEW results AS SELECT 1",
    "DROP VIEW results",
    "INSERT INTO results VALUES (1)",
    "DELETE FROM results",
    "UPDATE results SET model = 'x'",
    "ALTER TABLE results RENAME TO other",
    "BEGIN TRANSACTION",
    "VACUUM",
    "CHECKPOINT",
    "PREPARE p AS SELECT 1",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_text('{store}/benchkeep.toml')",
    "SELECT * FROM read_csv('{store}/config/keys.csv')",
    "SELECT * FROM sniff_csv('{store}/config/keys.csv')",
    "SELECT * FROM '{store}/config/keys.csv'",
    "SELECT * FROM read_json('{store}/config/keys.json')",
    "SELECT * FROM read_parquet('{store}/config/k.parquet')",
    "SELECT * FROM '{store}/config/k.parquet'",
    "SELECT * FROM parquet_metadata('{store}/config/k.parquet')",
    "DESCRIBE '{store}/config/k.parquet'",
    "SUMMARIZE '{store}/config/k.parquet'",
    "SELECT * FROM read_parquet('{store}/pilot_bench_parquet_data/*.parquet')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM glob('{store}/*')",
    "SELECT * FROM read_text('{store}/pilot_bench_parquet_data/"
    "../config/keys.csv')",
    "SELECT getenv('BENCHKEEP_TEST_SECRET')",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM which_secret('x', 's3')",
    "SELECT * FROM read_parquet('https://example.com/x.parquet')",
    "",
    ";",
    "-- nothing",
    "SELECT",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_can_be_changed_or_read(root, tmp_path, attack):
    out = tmp_path / "out"
    out.mkdir()
    (out / "sentinel").write_text("untouched")
    before = fingerprint(tmp_path)
    sql = attack.format(out=out, store=root, results=root / RESULTS)
    done = query(root, "query", sql)
    assert done.returncode in (1, 2), (done.returncode, done.stdout)
    assert SECRET.encode() not in done.stdout + done.stderr
    assert b"root:" not in done.stdout
    assert fingerprint(tmp_path) == before


def test_useful_statements_are_not_refused(root):
    for sql in [
        "FROM results",
        "DESCRIBE results",
        "SUMMARIZE SELECT test_id, big FROM results",
        "SHOW TABLES",
        "WITH t AS (SELECT 1 AS a) SELECT * FROM t",
        "VALUES (1), (2)",
        "SELECT unnest([1, 2]), 'enable_logging()' AS text",
        "SELECT model, count(*) FILTER (success) FROM results GROUP BY model",
        "SELECT * FROM results r JOIN range(3) n ON true;",
        "SELECT row_number() OVER (PARTITION BY model) FROM results -- fine",
    ]:
        done = query(root, "query", sql)
        assert done.returncode == 0, (sql, done.stderr)

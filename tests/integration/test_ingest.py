"""Proves that what ingest acknowledges is in the store exactly once."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import checks
import oracle
from cli import FAILED, FINDINGS, FINE, OK, USAGE, Benchkeep
from storegen import PILOT, StoreBuilder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "store"
    rows = [{"test_id": "base", "model": "m", "success": True}]
    StoreBuilder(root).results(pa.Table.from_pylist(rows))
    (root / PILOT.increments).mkdir(parents=True, exist_ok=True)
    return root


def ingest(benchkeep: Benchkeep, root: Path, text: bytes | str, *args: object):
    data = text.encode() if isinstance(text, str) else text
    done = subprocess.run(
        benchkeep.argv(root, "ingest", *args),
        input=data,
        capture_output=True,
        env=benchkeep.environment(),
        timeout=120,
    )
    return done.returncode, json.loads(done.stdout)


def line(test_id: str, **more: object) -> str:
    return json.dumps({"test_id": test_id, "model": "m", "success": True, **more})


def ids(root: Path) -> Counter:
    return Counter(oracle.read(root / PILOT.results).column("test_id").to_pylist())


@pytest.mark.parametrize("kind", ["jsonl", "list", "csv", "parquet"])
def test_takes_every_form(benchkeep: Benchkeep, root: Path, kind: str):
    rows = [
        {"test_id": f"new{n}", "model": "a,b", "success": n % 2 == 0} for n in range(5)
    ]
    if kind == "jsonl":
        data = "\n".join(map(json.dumps, rows))
    elif kind == "list":
        data = json.dumps(rows, indent=1)
    elif kind == "csv":
        data = "test_id,model,success\r\n" + "".join(
            f'new{n},"a,b",{n % 2 == 0}\r\n' for n in range(5)
        )
    else:
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(rows), sink)
        data = sink.getvalue().to_pybytes()
    code, document = ingest(benchkeep, root, data)
    assert code == OK, document
    assert document["data"]["rows"] == 5
    name = document["data"]["file"]
    assert re.fullmatch(r"increment_\d+_\d+\.parquet", name)
    assert pq.read_table(root / PILOT.increments / name).to_pylist() == rows
    assert [path.name for path in (root / PILOT.increments).iterdir()] == [name]
    outcome = benchkeep.must(root, "consolidate")
    assert outcome.data["rows_added"] == 5 and outcome.data["files_quarantined"] == 0


def test_names_every_bad_row(benchkeep: Benchkeep, root: Path):
    text = "\n".join(
        [
            line("good"),
            "{broken",
            line("text", success="yes"),
            "",
            json.dumps({"model": "m", "success": True}),
            line("nested", extra=[1]),
            "7",
        ]
    )
    code, document = ingest(benchkeep, root, text)
    assert code == FAILED and document["status"] == "failed"
    problems = document["data"]["problems"]
    assert [(one["line"], one["column"]) for one in problems] == [
        (2, None),
        (7, None),
        (3, "success"),
        (5, "test_id"),
        (6, "extra"),
    ]
    assert all(one["reason"] for one in problems)
    assert document["data"]["rows"] == 0 and document["data"]["bad_rows"] == 5
    assert list((root / PILOT.increments).iterdir()) == []
    code, document = ingest(benchkeep, root, text, "--skip-bad")
    assert code == FINDINGS and document["data"]["rows"] == 1
    benchkeep.must(root, "consolidate")
    assert ids(root)["good"] == 1


def test_bad_csv(benchkeep: Benchkeep, root: Path):
    text = 'test_id,model,success\na,m,true\nb,m\n"c\n2",m,7\n,m,true\n'
    code, document = ingest(benchkeep, root, text)
    assert code == FAILED
    assert [(one["line"], one["column"]) for one in document["data"]["problems"]] == [
        (3, None),
        (4, "success"),
        (6, "test_id"),
    ]


def test_refuses(benchkeep: Benchkeep, root: Path):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": [1]}), sink)
    code, _ = ingest(benchkeep, root, sink.getvalue().to_pybytes())
    assert code == USAGE
    code, _ = ingest(benchkeep, root, b"PAR1 but torn")
    assert code == FAILED
    code, _ = ingest(benchkeep, root, line("x") * 100, "--max-bytes", "100")
    assert code == USAGE
    assert list((root / PILOT.increments).iterdir()) == []


def test_an_idempotency_key_counts_once(benchkeep: Benchkeep, root: Path):
    text = line("once")
    _, first = ingest(benchkeep, root, text, "--idempotency-key", "k/1")
    _, second = ingest(benchkeep, root, text, "--idempotency-key", "k/1")
    assert (first["data"]["repeated"], second["data"]["repeated"]) == (False, True)
    assert len(list((root / PILOT.increments).iterdir())) == 1
    benchkeep.must(root, "consolidate")
    _, third = ingest(benchkeep, root, text, "--idempotency-key", "k/1")
    assert third["data"]["repeated"] and third["data"]["rows"] == 1
    assert list((root / PILOT.increments).iterdir()) == []
    code, _ = ingest(benchkeep, root, line("other"), "--idempotency-key", "k/1")
    assert code == FAILED
    assert ids(root)["once"] == 1 and "other" not in ids(root)


def test_a_rehearsal_leaves_no_trace(benchkeep: Benchkeep, root: Path):
    before = sorted(str(path) for path in root.rglob("*"))
    code, document = ingest(benchkeep, root, line("x"), "--dry-run")
    assert code == OK and document["data"]["rows"] == 1
    assert sorted(str(path) for path in root.rglob("*")) == before


def test_clients_that_are_killed(benchkeep: Benchkeep, root: Path, long_run: bool):
    """Every acknowledged row is there once; none that nobody sent."""
    clients, seconds = (64, 60) if long_run else (6, 8)
    end = time.monotonic() + seconds
    acknowledged: list[str] = []
    sent: set[str] = set()
    kills = [0]
    lock = threading.Lock()

    def client(number: int) -> None:
        rng = random.Random(number)
        turn = 0
        while time.monotonic() < end:
            names = [f"c{number}_{turn}_{n}" for n in range(rng.randrange(1, 20))]
            turn += 1
            with lock:
                sent.update(names)
            data = "\n".join(map(line, names)).encode()
            # A client that was killed asks again, as it must.
            for attempt in range(20):
                process = subprocess.Popen(
                    benchkeep.argv(
                        root, "ingest", "--idempotency-key", f"{number}-{turn}"
                    ),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=benchkeep.environment(),
                )
                killer = None
                if attempt == 0 and rng.random() < 0.4:
                    killer = threading.Timer(rng.random() * 0.4, process.kill)
                    killer.start()
                out, errors = process.communicate(data)
                if killer is not None:
                    killer.cancel()
                if process.returncode == -signal.SIGKILL:
                    with lock:
                        kills[0] += 1
                    continue
                assert process.returncode == OK, errors
                assert json.loads(out)["data"]["rows"] == len(names)
                with lock:
                    acknowledged.extend(names)
                break

    threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        benchkeep.must(root, "consolidate")
        time.sleep(0.3)
    for thread in threads:
        thread.join()
    benchkeep.must(root, "consolidate")
    present = ids(root)
    assert kills[0] > 0 and acknowledged
    assert [name for name in acknowledged if present[name] != 1] == []
    assert [name for name in present if name.startswith("c") and name not in sent] == []
    assert checks.waiting(root) == [] and checks.quarantined(root) == {}


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_example_of_the_readme(
    benchkeep: Benchkeep, project: Path, root: Path, readme: str
):
    text = (project / readme).read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    assert "benchkeep" in example and "ingest" in example
    assert len(example.strip().splitlines()) <= 10
    script = root.parent / "example.py"
    script.write_text(
        example.replace("/data/campaign", str(root)).replace(
            '"benchkeep"', repr(str(benchkeep.binary))
        )
    )
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        env=benchkeep.environment(),
    )
    assert done.returncode == 0, done.stderr
    assert benchkeep.must(root, "consolidate").data["rows_added"] == 1

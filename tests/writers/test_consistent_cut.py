"""Backups while Python writers append: nothing torn, nothing acknowledged lost."""

from __future__ import annotations

import io
import random
import tarfile
import time
from pathlib import Path

import pyarrow.parquet as pq

import campaign
import storegen
import writer
from cli import Benchkeep
from storegen import PILOT, StoreBuilder

SECONDS = 12


def test_backups_during_a_campaign(benchkeep: Benchkeep, tmp_path: Path):
    root = tmp_path / "store"
    builder = StoreBuilder(root)
    builder.master(storegen.master_document(random.Random(3)))
    (root / PILOT.increments).mkdir(parents=True, exist_ok=True)
    ledgers = tmp_path / "ledgers"
    ledgers.mkdir()
    writers = [
        campaign.start_writer(root, number, style, ledgers, SECONDS)
        for number, style in enumerate(writer.STYLES)
    ]
    made = []
    while any(process.poll() is None for process in writers):
        before = set(campaign.read_ledgers(ledgers)[0])
        data = benchkeep.must(root, "backup", "create").data
        made.append((data["id"], data["state"], before))
        time.sleep(0.2)
    assert all(process.wait() == 0 for process in writers)
    assert len(made) >= 2
    assert any(before for _, _, before in made)
    for name, state, before in made:
        assert state == "good", name
        found: set[str] = set()
        archive = root / "backups" / name / "parquet_data.tar.gz"
        if archive.exists():
            with tarfile.open(archive) as members:
                for member in members:
                    if not member.isfile() or not member.name.endswith(".parquet"):
                        continue
                    table = pq.read_table(io.BytesIO(members.extractfile(member).read()))
                    found |= set(table.column("test_id").to_pylist())
        assert before <= found, f"{name} lacks {sorted(before - found)[:5]}"

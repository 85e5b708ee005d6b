"""Proves P5 for the commands that help: they work on a disk without a free byte.

A real full file system: a tmpfs that is filled to the last page after the store
has been used on it, so that the reserve is there.
"""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest

import checks
import storegen
from cli import FINE, Benchkeep, Outcome
from storegen import PILOT

SCRIPT = """
set -e
mount -t tmpfs -o size=24m tmpfs "$MOUNT"
cp -a "$TEMPLATE" "$MOUNT/store"
cd "$MOUNT/store"
eval "$BEFORE" >/dev/null
test -f .benchkeep/reserve
dd if=/dev/zero of="$MOUNT/fill" bs=4k 2>/dev/null || true
df --output=avail "$MOUNT" | tail -n 1 > "$OUT.avail"
set +e
"$@"
code=$?
cp -a "$MOUNT/store" "$OUT"
exit $code
"""


def may_mount() -> bool:
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(probe, capture_output=True).returncode == 0


@pytest.fixture
def template(benchkeep: Benchkeep, tmp_path: Path) -> Path:
    if not may_mount():
        pytest.skip("this machine does not allow to mount a tmpfs (unshare -m)")
    root = tmp_path / "template"
    builder = storegen.records_store(root, 51, size=60, increments=6, null_keys=False)
    builder.master(storegen.master_document(random.Random(51)))
    return root


def run(
    benchkeep: Benchkeep, template: Path, before: str, *args: str
) -> tuple[Outcome, Path]:
    """Runs `before` with room and `args` without; returns the store afterwards."""
    mount = template.parent / "mount"
    mount.mkdir()
    out = template.parent / "out"
    here = {"MOUNT": mount, "TEMPLATE": template, "OUT": out, "BEFORE": before}
    env = {name: str(value) for name, value in here.items()}
    prefix = ["unshare", "-m", "sh", "-c", SCRIPT, "sh"]
    outcome = benchkeep.run(
        mount / "store", *args, prefix=prefix, env={**env, "B": str(benchkeep.binary)}
    )
    assert (template.parent / "out.avail").read_text().strip() == "0"
    return outcome, out


def test_clean_makes_room(benchkeep: Benchkeep, template: Path):
    outcome, store = run(
        benchkeep, template, '"$B" consolidate || true', "clean", "--purge-trash", "--yes"
    )
    assert outcome.code in FINE, outcome
    assert outcome.data["removed"] == 1 and outcome.data["bytes_freed"] > 0
    assert list((store / ".benchkeep" / "trash").iterdir()) == []
    checks.assert_at_rest(store)


def test_undo_works(benchkeep: Benchkeep, template: Path):
    increments = checks.waiting(template)
    # The id is only known there.
    before = '"$B" consolidate || true; ls .benchkeep/trash > "$MOUNT/id"'
    mount = template.parent / "mount"
    argv = ["sh", "-c", '"$0" "$@" $(cat "$MOUNT/id")', str(benchkeep.binary)]
    out = template.parent / "out"
    mount.mkdir()
    env = {"MOUNT": mount, "TEMPLATE": template, "OUT": out, "BEFORE": before}
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", SCRIPT, "sh", *argv]
        + ["-C", str(mount / "store"), "--json", "--yes", "undo"],
        capture_output=True,
        text=True,
        env=benchkeep.environment(
            {**{k: str(v) for k, v in env.items()}, "B": str(benchkeep.binary)}
        ),
    )
    assert done.returncode in FINE, done
    assert json.loads(done.stdout)["data"]["undone"]
    assert checks.waiting(out) == increments
    checks.assert_at_rest(out)


def test_recover_works(benchkeep: Benchkeep, template: Path):
    before = (
        '"$B" backup create; "$B" consolidate || true; '
        f"rm {PILOT.results}; : > {PILOT.master}"
    )
    outcome, store = run(benchkeep, template, before, "recover", "--yes")
    assert outcome.code in FINE, outcome
    assert checks.results(store).num_rows == outcome.data["after"]["results"]["rows"]
    assert json.loads((store / PILOT.master).read_text())["models"]
    checks.assert_at_rest(store)


def test_others_say_what_is_missing_and_change_nothing(
    benchkeep: Benchkeep, template: Path
):
    outcome, store = run(benchkeep, template, '"$B" dedupe || true', "consolidate")
    assert outcome.code not in FINE, outcome
    assert "space" in outcome.stdout + outcome.stderr
    assert checks.waiting(store) == checks.waiting(template)
    # And afterwards there is a way out.
    benchkeep.must(store, "clean", "--purge-trash", "--yes")
    benchkeep.must(store, "consolidate")

"""Causes of errors in a large folder of logs, beside grep and ripgrep.

grep and ripgrep count the lines with ERROR, as the guide's daily check does;
benchkeep counts them, too, and finds out what they mean.

BENCH_LOGS_GB makes the folder smaller; 0 leaves this part out.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Callable

GIGABYTES = float(os.environ.get("BENCH_LOGS_GB", 2))
FILES = 20
ROUNDS = 5

# What stands in for the real logs where there are none: one line in six is an
# INFO line behind a coloured wrapper, one in fifty a real error.
PLAIN = "2025-08-27 00:32:57,880 - batch_test_runner - DEBUG - Selected task: task_{0}\n"
WRAPPED = (
    "\x1b[0;31m[ERROR]\x1b[0m   2025-08-29 01:05:13,129 - httpx - INFO - HTTP Request: "
    'POST https://api.example.com/v1/chat/completions "HTTP/1.1 200 OK" {0}\n'
)
REAL = (
    "\x1b[0;31m[ERROR]\x1b[0m   [LLM_ERROR] Attempt 1/5: Error code: 400 - {{'message': "
    "'rate limit', 'code': 'MPE-429', 'request': '{0}'}}\n"
)


def sample(shared: Path) -> tuple[bytes, str]:
    real = sorted((shared / "real-store" / "logs").glob("*.log"))
    if real:
        return b"".join(path.read_bytes() for path in real), "the real logs"
    lines = [
        (REAL if n % 50 == 0 else WRAPPED if n % 6 == 0 else PLAIN).format(n)
        for n in range(30_000)
    ]
    return "".join(lines).encode(), "a generated look-alike"


def make(folder: Path, shared: Path) -> tuple[int, str]:
    """A store with nothing but logs; how many bytes, and of what."""
    text, origin = sample(shared)
    logs = folder / "logs"
    logs.mkdir(parents=True)
    (folder / "benchkeep.toml").write_text("")
    size = int(GIGABYTES * 1e9 / FILES)
    total = 0
    for number in range(FILES):
        with open(logs / f"run_{number:02d}.log", "wb") as file:
            # A head of its own, as every log has.
            total += file.write(f"2025-08-27 00:00:00,{number:03d} - started\n".encode())
            while file.tell() < size:
                total += file.write(text)
    return total, origin


def section(binary: Path, shared: Path, measure: Callable) -> str:
    """Markdown; empty when it is not wanted."""
    if GIGABYTES <= 0:
        return ""
    with tempfile.TemporaryDirectory(prefix="benchkeep-bench-") as scratch:
        root = Path(scratch)
        total, origin = make(root, shared)
        logs = root / "logs"
        files = [str(path) for path in sorted(logs.iterdir())]
        own = [str(binary), "-C", str(root), "--json", "logs", "errors"]
        tools = {
            "benchkeep logs errors": [*own, "--rescan"],
            "benchkeep logs errors, the next run": own,
            "grep -c ERROR": ["grep", "-c", "ERROR", *files],
            "ripgrep -c ERROR": ["rg", "-c", "ERROR", str(logs)],
        }
        if not shutil.which("rg"):
            del tools["ripgrep -c ERROR"]
        seconds: dict[str, list[float]] = {name: [] for name in tools}
        peaks: dict[str, float] = {}
        counts: dict[str, int] = {}
        for _ in range(ROUNDS):
            for name, argv in tools.items():
                spent, peak, code, out, err = measure(argv)
                assert code in (0, 3), f"{name}: {err}"
                seconds[name].append(spent)
                peaks[name] = max(peak, peaks.get(name, 0))
                counts[name] = (
                    json.loads(out)["data"]["error_lines"]
                    if name.startswith("benchkeep")
                    else sum(int(line.rsplit(":", 1)[1]) for line in out.split())
                )
    assert len(set(counts.values())) == 1, f"the tools disagree: {counts}"
    base = statistics.median(seconds["benchkeep logs errors"])
    lines = [
        "## logs errors",
        "",
        f"{total / 1e9:.1f} GB of logs in {FILES} files, made of {origin}; the first pass over",
        "all of them. grep and ripgrep count lines with ERROR; benchkeep also finds the causes.",
        "",
        "| tool | time | peak memory | lines with ERROR |",
        "| --- | --- | --- | --- |",
    ]
    for name in tools:
        ratio = statistics.median(seconds[name]) / base
        lines.append(f"| {name} | {ratio:.2f} | {peaks[name]:,.0f} MiB | {counts[name]:,} |")
    return "\n".join(lines) + "\n"

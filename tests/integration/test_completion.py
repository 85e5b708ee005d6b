"""Proves that the completion script works in a real bash."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cli import Benchkeep

# What bash does when Tab is pressed behind WORDS: the script's own function
# fills COMPREPLY.
ASK = r"""
set -u
eval "$("$1" completion bash)"
shift
COMP_WORDS=(benchkeep "$@")
COMP_CWORD=$#
COMP_LINE="${COMP_WORDS[*]}"
COMP_POINT=${#COMP_LINE}
COMP_TYPE=9
function=$(complete -p benchkeep | sed -n 's/.*-F \([^ ]*\).*/\1/p')
"$function" benchkeep "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]-}"
"""


def complete(benchkeep: Benchkeep, folder: Path, *words: str) -> set[str]:
    done = subprocess.run(
        ["bash", "--norc", "-c", ASK, "bash", benchkeep.binary, *words],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
    )
    assert done.returncode == 0 and not done.stderr, done
    return {line.strip() for line in done.stdout.splitlines() if line.strip()}


@pytest.mark.parametrize(
    "words, expected",
    [
        (["cons"], {"consolidate"}),
        (["sta"], {"status"}),
        (["export", "--form"], {"--format"}),
        (["export", "--format", "x"], {"xlsx"}),
        (["migrate", "--shape", "r"], {"records"}),
        (["config", "ch"], {"check"}),
        (["--lang", "z"], {"zh"}),
        (["--lang", "zh", "ded"], {"dedupe"}),
        (["nonsense", "--format", "x"], None),
    ],
)
def test_bash(benchkeep: Benchkeep, tmp_path: Path, words, expected):
    found = complete(benchkeep, tmp_path, *words)
    if expected is not None:
        assert found == expected


def test_bash_completes_files(benchkeep: Benchkeep, tmp_path: Path):
    (tmp_path / "results.csv").touch()
    assert complete(benchkeep, tmp_path, "export", "-o", "resu") == {"results.csv"}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_accept_the_script(benchkeep: Benchkeep, shell: str, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    script = benchkeep.run(tmp_path, "completion", shell, json_output=False).stdout
    done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True)
    assert done.returncode == 0, done

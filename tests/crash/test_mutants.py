"""Proves P23: take one safety out, and the suite goes red."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import mutants  # noqa: E402


@pytest.mark.parametrize("name", [mutant.name for mutant in mutants.MUTANTS])
def test_the_suite_notices(name: str, project: Path):
    red, said = mutants.bites(mutants.named(name), project)
    assert red, f"nothing noticed that {mutants.named(name).takes_out} is gone\n{said}"

"""Shared fixtures: the program under test, the sample data, a scratch store."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS / "support"))

from cli import Benchkeep  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    # A thread that failed is a test that failed.
    config.addinivalue_line(
        "filterwarnings", "error::pytest.PytestUnhandledThreadExceptionWarning"
    )


@pytest.fixture(scope="session")
def project() -> Path:
    return TESTS.parent


@pytest.fixture(scope="session")
def benchkeep(project: Path) -> Benchkeep:
    """The built program: env BENCHKEEP, else build/benchkeep."""
    binary = Path(os.environ.get("BENCHKEEP", project / "build" / "benchkeep"))
    if not os.access(binary, os.X_OK):
        pytest.fail(f"{binary} is not built: run `make` or set BENCHKEEP")
    return Benchkeep(binary.resolve())


@pytest.fixture(scope="session")
def shared(project: Path) -> Path:
    """The sample data; it is not part of the project, so it may be missing."""
    default = project.parent / "shared" / "data"
    folder = Path(os.environ.get("BENCHKEEP_SHARED", default))
    if not folder.is_dir():
        pytest.skip(f"no sample data at {folder} (set BENCHKEEP_SHARED)")
    return folder


@pytest.fixture(scope="session")
def long_run() -> bool:
    return os.environ.get("BENCHKEEP_LONG") == "1"

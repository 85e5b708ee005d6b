"""Runs benchkeep the way a script does, and checks what every run owes it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

# Exit codes (DESIGN, section 5).
OK = 0
FAILED = 1
USAGE = 2
FINDINGS = 3
NO_STORE = 10
LOCKED = 11
TOO_NEW = 12
INTERRUPTED = 130

FINE = (OK, FINDINGS)  # It did its job; findings may be worth a look.

TIMEOUT = 300  # A hang is a failure; nothing here takes this long.


@dataclass
class Outcome:
    """One finished run."""

    argv: Sequence[str]
    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout; more or less than one is an error."""
        decoder = json.JSONDecoder()
        text = self.stdout.lstrip()
        assert text, f"nothing on stdout: {self}"
        document, end = decoder.raw_decode(text)
        assert not text[end:].strip(), f"more than one document: {self}"
        return document

    @property
    def data(self) -> dict[str, Any]:
        return self.document["data"]

    @property
    def findings(self) -> list[dict[str, Any]]:
        return self.document["findings"]

    def __str__(self) -> str:
        return (
            f"{' '.join(map(str, self.argv))}\n  exit {self.code}\n"
            f"  stdout: {self.stdout[-2000:]}\n  stderr: {self.stderr[-2000:]}"
        )


@dataclass(frozen=True)
class Benchkeep:
    binary: Path

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """A small, known environment: the tests must not depend on ours."""
        known = {
            key: os.environ[key]
            for key in ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
            if key in os.environ
        }
        # Whatever would leave this machine ends at a port where nobody listens.
        nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")}
        # There is no domain example: its names are looked up, and not found.
        nowhere["no_proxy"] = "127.0.0.1,localhost,example"
        fixed = {"LC_ALL": "C.UTF-8", "TZ": "UTC", **nowhere}
        return {**known, **fixed, **(extra or {})}

    def argv(self, root: Path, *args: object, json_output: bool = True) -> list[str]:
        options = ["--json"] if json_output else []
        words = [self.binary, "-C", root, "--no-input", *options, *args]
        return [str(word) for word in words]

    def run(
        self,
        root: Path,
        *args: object,
        json_output: bool = True,
        prefix: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        preexec: Callable[[], None] | None = None,
    ) -> Outcome:
        """Runs one command on the store at `root`; `prefix` may be strace."""
        argv = [*prefix, *self.argv(root, *args, json_output=json_output)]
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
            env=self.environment(env),
            preexec_fn=preexec,
        )
        return Outcome(argv, done.returncode, done.stdout, done.stderr)

    def must(self, root: Path, *args: object, codes: Sequence[int] = FINE) -> Outcome:
        """Runs a command that has to end with one of `codes`."""
        outcome = self.run(root, *args)
        assert outcome.code in codes, outcome
        return outcome

"""Starts `benchkeep serve` on a free loopback port and talks to it."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Callable, Iterator

from cli import Benchkeep

PATIENCE = 60  # Seconds; a hang is a failure.


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Site:
    port: int
    token: str
    process: subprocess.Popen
    host: str = "127.0.0.1"
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def ask(
        self,
        path: str,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes | str | None = None,
    ) -> Answer:
        connection = HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def raw(self, data: bytes, wait: float = PATIENCE) -> bytes:
        """Sends bytes as they are; returns all that comes until the end."""
        with socket.create_connection((self.host, self.port), timeout=wait) as s:
            s.sendall(data)
            out = b""
            try:
                while piece := s.recv(65536):
                    out += piece
            except (ConnectionResetError, TimeoutError):
                pass
            return out

    def events(self) -> Iterator[str]:
        """Names of the server's events as they come, until it ends."""
        connection = HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/api/v1/events")
            for line in connection.getresponse():
                if line.startswith(b"event: "):
                    yield line.split()[1].decode()
        finally:
            connection.close()

    def act(self, name: str) -> Answer:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
        }
        return self.ask(f"/api/v1/actions/{name}", "POST", headers)

    def wait_for(self, path: str, good: Callable[[Answer], bool]) -> Answer:
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.ask(path)
            if good(answer):
                return answer
            assert time.monotonic() < deadline, (path, answer)
            time.sleep(0.1)

    def ready(self) -> "Site":
        for name in ("status", "breakdown"):
            self.wait_for(f"/api/v1/{name}", lambda answer: answer.status == 200)
        return self


@contextmanager
def serving(
    benchkeep: Benchkeep,
    root: Path,
    *args: object,
    refresh: int = 1,
    settings: str = "",
) -> Iterator[Site]:
    (root / "benchkeep.toml").write_text(
        f"[serve]\nlisten = '127.0.0.1:0'\nrefresh_seconds = {refresh}\n{settings}"
    )
    token = benchkeep.must(root, "serve", "--show-token").data["token"]
    process = subprocess.Popen(
        benchkeep.argv(root, "serve", *args),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=benchkeep.environment(),
    )
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield Site(json.loads(line)["data"]["port"], token, process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        finally:
            process.kill()
            process.stdout.close()
            process.stderr.close()

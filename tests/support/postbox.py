"""Servers on loopback that take mail and webhooks, and remember what came."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Iterator

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

USER = "keeper"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that is its own authority, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
            "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout", key, "-out", certificate,
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@dataclass
class Letter:
    sender: str
    recipient: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    def part(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        assert body is not None
        return body.get_content().replace("\r\n", "\n")


@dataclass
class Postbox:
    """What the mail server does, and what it got."""

    port: int = 0
    password: str = ""
    letters: list[Letter] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)  # Recipient -> answer.
    delay: float = 0  # Seconds before a letter is taken.
    pause: float = 0  # Seconds after it was taken, before we say so.
    logins: int = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        end = time.monotonic() + self.delay
        while time.monotonic() < end and self.delay:
            await asyncio.sleep(0.02)
        for recipient in envelope.rcpt_tos:
            self.letters.append(
                Letter(envelope.mail_from, recipient, envelope.original_content)
            )
        await asyncio.sleep(self.pause)
        return "250 taken"

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins += 1
        good = data.login == USER.encode() and data.password == self.password.encode()
        return AuthResult(success=good, handled=False)


@contextmanager
def mail_server(
    certificate: tuple[Path, Path] | None = None,
    implicit: bool = False,
    password: str = "",
    port: int = 0,
) -> Iterator[Postbox]:
    """With a certificate: STARTTLS, or TLS from the start if `implicit`."""
    box = Postbox(port=port or free_port(), password=password)
    options: dict[str, Any] = {}
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        if implicit:
            options["ssl_context"] = context
        else:
            options.update(tls_context=context, require_starttls=True)
    if password:
        options.update(
            authenticator=box.authenticate,
            auth_required=True,
            auth_require_tls=bool(certificate) and not implicit,
        )
    controller = Controller(
        box, hostname="127.0.0.1", port=box.port, ready_timeout=60, **options
    )
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes
    time: float

    @property
    def document(self) -> Any:
        return json.loads(self.body)


Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Hook:
    port: int
    calls: list[Call] = field(default_factory=list)
    reply: Callable[[Call], Reply] = lambda call: (200, {}, b"{}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def hook_server() -> Iterator[Hook]:
    hook = Hook(0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            call = Call(self.path, dict(self.headers.items()), body, time.time())
            hook.calls.append(call)
            status, headers, answer = hook.reply(call)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

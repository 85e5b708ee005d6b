"""Proves that the server answers only whom it should (P20).

One table of requests: who asks, for what, and the status that is owed.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest

import storegen
from cli import Benchkeep
from serving import Site, serving


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("store")
    storegen.records_store(path, 5, misfits=1)
    return path


@pytest.fixture(scope="module")
def site(benchkeep: Benchkeep, root: Path):
    with serving(benchkeep, root, settings="names = ['bench.example']\n") as one:
        yield one.ready()


OWN = "127.0.0.1:{port}"

# Host header -> status of GET /api/v1/status.
HOSTS = [
    (OWN, 200),
    ("localhost:{port}", 200),
    ("LocalHost:{port}", 200),
    ("[::1]:{port}", 200),
    ("127.0.0.1", 403),
    ("localhost", 403),
    ("localhost:80", 403),
    ("127.0.0.1:{port}.evil.example", 403),
    ("evil.example:{port}", 403),
    ("127.0.0.1:{port}@evil.example", 403),
    ("127.0.0.2:{port}", 403),
    ("0.0.0.0:{port}", 403),
    ("localhost.:{port}", 403),
    ("", 403),
    ("bench.example", 401),
    ("bench.example:{port}", 401),
    ("www.bench.example", 403),
]


@pytest.mark.parametrize("host, status", HOSTS)
def test_hosts(site: Site, host: str, status: int):
    answer = site.ask("/api/v1/status", headers={"Host": host.format(port=site.port)})
    assert answer.status == status
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_named_host_needs_the_token(site: Site):
    headers = {"Host": "bench.example", "Authorization": f"Bearer {site.token}"}
    assert site.ask("/api/v1/status", headers=headers).status == 200
    assert site.ask("/metrics", headers=headers).status == 200
    assert site.ask("/metrics", headers={"Host": "bench.example"}).status == 401
    assert site.ask("/api/v1/events", headers={"Host": "bench.example"}).status == 401
    # The page, so that a person can sign in.
    assert site.ask("/", headers={"Host": "bench.example"}).status == 200


ORIGINS = [
    ({"Origin": "http://127.0.0.1:{port}"}, 200),
    ({"Origin": "http://evil.example"}, 403),
    ({"Origin": "http://127.0.0.1:1"}, 403),
    ({"Origin": "http://localhost:{port}"}, 403),  # Not the host asked for.
    ({"Origin": "null"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Sec-Fetch-Site": "same-origin"}, 200),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
]


@pytest.mark.parametrize("headers, status", ORIGINS)
def test_origins(site: Site, headers: dict[str, str], status: int):
    filled = {name: value.format(port=site.port) for name, value in headers.items()}
    assert site.ask("/api/v1/status", headers=filled).status == status


JSON = {"Content-Type": "application/json"}
BEARER = {"Authorization": "Bearer {token}"}
ACTIONS = [
    ({}, 401),
    (JSON, 401),
    ({**JSON, "Authorization": "Bearer "}, 401),
    ({**JSON, "Authorization": "Bearer x"}, 401),
    ({**JSON, "Authorization": "Basic {token}"}, 401),
    ({**JSON, "Authorization": "Bearer {token}x"}, 401),
    ({**JSON, "Cookie": "benchkeep={token}"}, 401),
    ({**JSON, "X-CSRF-Token": "{token}"}, 401),
    (BEARER, 415),
    ({**BEARER, "Content-Type": "text/plain"}, 415),
    ({**BEARER, "Content-Type": "application/x-www-form-urlencoded"}, 415),
    ({**BEARER, **JSON, "Origin": "http://evil.example"}, 403),
    ({**BEARER, **JSON, "Host": "evil.example"}, 403),
    ({**BEARER, **JSON, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
]


@pytest.mark.parametrize("headers, status", ACTIONS)
def test_actions_are_refused(site: Site, headers: dict[str, str], status: int):
    filled = {
        name: value.format(token=site.token, port=site.port)
        for name, value in headers.items()
    }
    assert site.ask("/api/v1/actions/consolidate", "POST", filled).status == status
    assert site.ask("/api/v1/actions").document["data"]["runs"] == []


METHODS = [
    ("POST", "/api/v1/status", 405),
    ("PUT", "/", 405),
    ("DELETE", "/metrics", 405),
    ("OPTIONS", "/api/v1/actions/consolidate", 405),
    ("GET", "/api/v1/actions/consolidate", 405),
    ("PATCH", "/api/v1/session", 405),
    ("TRACE", "/", 405),
    ("HEAD", "/", 200),
    ("HEAD", "/api/v1/status", 200),
    ("GET", "/api/v1/nothing", 404),
    ("GET", "/api/v1/", 404),
    ("GET", "/nothing.js", 404),
    ("GET", "/observe/prometheus.yml", 404),
    ("GET", "/web/app.js", 404),
    ("GET", "/api/v1/status?lang=fr", 400),
]


@pytest.mark.parametrize("method, path, status", METHODS)
def test_methods(site: Site, method: str, path: str, status: int):
    answer = site.ask(path, method)
    assert answer.status == status
    if status == 405:
        assert answer.headers["allow"]
    if method == "HEAD":
        assert answer.body == b"" and int(answer.headers["content-length"]) > 0


HEAD = "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{more}\r\n"
RAW = [
    ("GET /../../etc/passwd HTTP/1.1\r\n\r\n", 400),
    ("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n\r\n", 400),
    ("GET /..%2f..%2fetc/passwd HTTP/1.1\r\n\r\n", 400),
    ("GET /..\\..\\etc HTTP/1.1\r\n\r\n", 400),
    ("GET //etc/passwd HTTP/1.1\r\n\r\n", 400),
    ("GET http://evil.example/ HTTP/1.1\r\n\r\n", 400),
    ("GET /x?y=%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\nHost: a\n\n", 400),
    ("GET / HTTP/1.1\r\nA: b\r\n c: d\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nA : b\r\n\r\n", 400),
    ("GET / HTTP/3.0\r\n\r\n", 505),
    ("GET / SPDY\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
    ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", 501),
    ("GET / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n", 417),
    ("GET /" + "a" * 4000 + " HTTP/1.1\r\n\r\n", 414),
    ("GET / HTTP/1.1\r\nX: " + "a" * 20000 + "\r\n\r\n", 431),
    ("GET / HTTP/1.1\r\n" + "".join(f"X{i}: 1\r\n" for i in range(100)) + "\r\n", 431),
    ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ("\x00" * 100, 400),
]


@pytest.mark.parametrize("text, status", RAW)
def test_raw_requests(site: Site, text: str, status: int):
    answer = site.raw(text.encode("latin-1"))
    # The browser is told why, and the connection ends.
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:200]
    assert b"connection: close" in answer.lower()


def test_the_table_is_long_enough():
    assert sum(map(len, (HOSTS, ORIGINS, ACTIONS, METHODS, RAW))) >= 78


def test_requests_may_follow_each_other_on_one_connection(site: Site):
    one = HEAD.format(path="/healthz", port=site.port, more="").encode()
    last = HEAD.format(path="/healthz", port=site.port, more="Connection: close\r\n")
    answer = site.raw(one * 3 + last.encode())
    assert answer.count(b"HTTP/1.1 200 OK") == 4


def test_a_session_acts_with_its_csrf_token_only(benchkeep: Benchkeep, tmp_path: Path):
    storegen.records_store(tmp_path, 5)
    with serving(benchkeep, tmp_path) as site:
        origin = {"Origin": site.url}
        opened = site.ask("/api/v1/session", "POST", {**JSON, **origin}, '{"token":"x"}')
        assert opened.status == 401 and "set-cookie" not in opened.headers
        body = '{"token":"%s"}' % site.token
        assert site.ask("/api/v1/session", "POST", origin, body).status == 415
        opened = site.ask("/api/v1/session", "POST", {**JSON, **origin}, body)
        assert opened.status == 200
        cookie = opened.headers["set-cookie"]
        for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
            assert part in cookie
        assert site.token not in cookie
        session = {"Cookie": cookie.split(";")[0], **JSON}
        csrf = {"X-CSRF-Token": opened.document["data"]["csrf"]}
        path = "/api/v1/actions/consolidate"
        assert site.ask(path, "POST", session).status == 403
        assert site.ask(path, "POST", {**session, **origin}).status == 403
        assert site.ask(path, "POST", {**session, **csrf}).status == 403
        assert site.ask(path, "POST", {**session, **origin, **csrf}).status == 202
        runs = site.wait_for(
            "/api/v1/actions", lambda a: bool(a.document["data"]["runs"][0]["ended"])
        ).document["data"]["runs"]
        assert len(runs) == 1
        assert runs[0]["document"]["data"]["files_merged"] > 0
        assert site.ask("/api/v1/session", "DELETE", {**session, **origin}).status == 200
        assert site.ask(path, "POST", {**session, **origin, **csrf}).status == 401


def test_an_action_does_what_the_command_does(benchkeep: Benchkeep, tmp_path: Path):
    storegen.records_store(tmp_path, 6)
    with serving(benchkeep, tmp_path) as site:
        assert site.act("no-such-thing").status == 404
        before = benchkeep.must(tmp_path, "status").data["increments"]["files"]
        assert before > 0
        assert site.act("consolidate").status == 202
        site.wait_for(
            "/api/v1/actions", lambda a: bool(a.document["data"]["runs"][0]["ended"])
        )
    assert benchkeep.must(tmp_path, "status").data["increments"]["files"] == 0
    changes = benchkeep.must(tmp_path, "undo", "list").data["changes"]
    assert [one["command"] for one in changes] == ["consolidate"]


def test_it_listens_on_loopback_only(site: Site):
    with open("/proc/net/tcp") as table:
        lines = [line.split()[1:4] for line in table.read().splitlines()[1:]]
    port = f"{site.port:04X}"
    listening = [local for local, _, state in lines if state == "0A" and local.endswith(":" + port)]
    assert listening == ["0100007F:" + port]


def test_other_addresses_need_tls(benchkeep: Benchkeep, root: Path):
    outcome = benchkeep.run(root, "serve", "--listen", "0.0.0.0:0")
    assert outcome.code == 2, outcome
    assert outcome.findings[0]["code"] == "invalid_argument"


def test_tls(benchkeep: Benchkeep, tmp_path: Path):
    storegen.records_store(tmp_path, 5)
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem",
            "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(list(map(str, made)), check=True, capture_output=True)
    settings = (f"tls_certificate = '{tmp_path}/cert.pem'\ntls_key = '{tmp_path}/key.pem'\n")
    import ssl
    from http.client import HTTPSConnection

    context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    with serving(benchkeep, tmp_path, settings=settings) as site:
        connection = HTTPSConnection("127.0.0.1", site.port, context=context, timeout=30)
        for path in ("/healthz", "/", "/echarts.js", "/metrics"):
            connection.request("GET", path)
            response = connection.getresponse()
            assert response.status == 200 and response.read()
        connection.close()
        # Plain HTTP gets nothing out of it.
        assert b"200" not in site.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")


def test_the_token_is_kept_secret(benchkeep: Benchkeep, tmp_path: Path):
    storegen.records_store(tmp_path, 5)
    token = benchkeep.must(tmp_path, "serve", "--show-token").data["token"]
    file = tmp_path / ".benchkeep" / "token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().strip() == token and len(token) == 64
    assert benchkeep.must(tmp_path, "serve", "--show-token").data["token"] == token
    file.chmod(0o644)
    outcome = benchkeep.run(tmp_path, "serve", "--show-token")
    assert outcome.code == 1 and outcome.findings[0]["code"] == "permission"
    assert token not in outcome.stdout + outcome.stderr


def test_headers_of_the_page(site: Site):
    page = site.ask("/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy and "*" not in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert b"<style" not in page.body and b"style=" not in page.body
    assert b"<script>" not in page.body and b"onclick" not in page.body
    tag = page.headers["etag"]
    assert site.ask("/", headers={"If-None-Match": tag}).status == 304
    packed = site.ask("/", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and len(packed.body) < len(page.body)


def test_the_first_view_is_small(site: Site):
    """Everything before the charts, and all of it together, compressed."""
    gzip = {"Accept-Encoding": "gzip"}
    first = ["/", "/app.css", "/app.js", "/api.js", "/dom.js", "/views.js", "/words.js",
             "/en.js", "/zh.js", "/icon.svg"]
    size = {path: len(site.ask(path, headers=gzip).body) for path in first}
    assert sum(size.values()) < 40_000, size
    charts = sum(len(site.ask(p, headers=gzip).body) for p in ("/charts.js", "/echarts.js"))
    assert sum(size.values()) + charts < 200_000


def alive(site: Site) -> bool:
    return site.ask("/healthz").status == 200


def test_slow_clients_do_not_block_others(site: Site):
    """Slow heads, slow bodies and readers that do not read: all at once."""
    slow = []
    for kind in range(300):
        s = socket.create_connection((site.host, site.port))
        own = f"Host: 127.0.0.1:{site.port}\r\n".encode()
        if kind % 3 == 0:
            s.sendall(b"GET / HTTP/1.1\r\nX")
        elif kind % 3 == 1:
            s.sendall(b"POST /api/v1/session HTTP/1.1\r\n" + own + b"Content-Length: 99\r\n\r\nx")
        else:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.sendall((b"GET /echarts.js HTTP/1.1\r\n" + own + b"\r\n") * 20)
        slow.append(s)
    assert alive(site) and site.ask("/").status == 200
    # A byte now and then does not extend the time of a request.
    started = time.monotonic()
    drip = slow[0]
    drip.settimeout(1)
    answer = b""
    while not answer and time.monotonic() - started < 30:
        try:
            drip.sendall(b"x")
            answer = drip.recv(100)
        except TimeoutError:
            continue
        except OSError:
            break
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert alive(site)
    for s in slow:
        s.close()


def test_more_connections_than_there_is_room_for(site: Site):
    idle = []
    for _ in range(700):
        try:
            idle.append(socket.create_connection((site.host, site.port), timeout=5))
        except OSError:
            break
    assert len(idle) > 600
    assert alive(site)
    for s in idle:
        s.close()


def test_random_bytes(site: Site, long_run: bool):
    generate = random.Random(20)
    good = HEAD.format(path="/api/v1/status", port=site.port, more="Cookie: a=b\r\n").encode()
    for _ in range(5000 if long_run else 400):
        data = bytearray(good)
        for _ in range(generate.randrange(1, 12)):
            where = generate.randrange(len(data))
            data[where : where + generate.randrange(3)] = generate.randbytes(generate.randrange(3))
        if generate.random() < 0.2:
            data = bytearray(generate.randbytes(generate.randrange(1, 300)))
        with socket.create_connection((site.host, site.port)) as s:
            try:
                s.sendall(bytes(data))
                s.shutdown(socket.SHUT_WR)
                s.recv(100)
            except OSError:
                pass
    assert alive(site)


def test_many_clients(site: Site, long_run: bool):
    """200 clients that all want everything: every answer is right."""
    end = time.monotonic() + (30 if long_run else 4)
    counts = [0] * 200
    wrong: list[object] = []
    paths = ["/", "/api/v1/status", "/metrics", "/api/v1/breakdown", "/app.js"]

    def client(number: int) -> None:
        from http.client import HTTPConnection

        try:
            connection = HTTPConnection(site.host, site.port, timeout=60)
            while counts[number] == 0 or time.monotonic() < end:
                connection.request("GET", paths[counts[number] % len(paths)])
                response = connection.getresponse()
                if response.status != 200 or not response.read():
                    wrong.append(response.status)
                counts[number] += 1
        except Exception as error:  # Any is a failure of the test.
            wrong.append(error)

    fds = len(os.listdir(f"/proc/{site.process.pid}/fd"))
    threads = [threading.Thread(target=client, args=(i,)) for i in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:5]
    assert min(counts) > 0, "everyone got an answer within a minute"
    site.wait_for(
        "/healthz", lambda _: len(os.listdir(f"/proc/{site.process.pid}/fd")) <= fds + 8
    )


def test_it_ends_when_told_to(benchkeep: Benchkeep, tmp_path: Path):
    storegen.records_store(tmp_path, 5)
    for number in (signal.SIGTERM, signal.SIGINT):
        with serving(benchkeep, tmp_path) as site:
            stream = socket.create_connection((site.host, site.port))
            stream.sendall(HEAD.format(path="/api/v1/events", port=site.port, more="").encode())
            assert stream.recv(1000).startswith(b"HTTP/1.1 200")
            site.process.send_signal(number)
            assert site.process.wait(timeout=20) == 0
            stream.close()

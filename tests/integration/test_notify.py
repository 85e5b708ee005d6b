"""Proves that messages arrive whole, at least once, and hold no secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import random
import signal
import subprocess
import time
import urllib.parse
from datetime import datetime, timezone
from pathlib import Path

import jsonschema
import pytest

import contract
import storegen
from cli import FAILED, FINDINGS, OK, Benchkeep, Outcome
from postbox import USER, Call, Postbox, hook_server, mail_server, make_certificate

PASSWORD = "correct-horse-battery"
DSN_KEY = "d5n5ecretkeyd5n5ecret"
TOKEN = "t0kent0kent0ken"
SECRET = "SECsignsignsign"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "pilot-bench"
    root.mkdir()
    storegen.records_store(root, 5, misfits=0)
    return root


def configure(root: Path, text: str, mode: int = 0o600) -> None:
    file = root / "benchkeep.toml"
    # Nothing but loopback may be asked; no writer is expected.
    file.write_text("[api]\nendpoints = []\n[check]\nrunners = 0\n" + text)
    file.chmod(mode)


def keep_secret(root: Path, name: str, text: str) -> str:
    file = root.parent / name
    file.write_text(text + "\n")
    file.chmod(0o600)
    return str(file)


def mail_settings(
    root: Path,
    box: Postbox,
    to: list[str],
    scheme: str = "smtp",
    ca_file: Path | None = None,
    password: str = "",
    more: str = "",
) -> None:
    lines = [f"to = {json.dumps(to, ensure_ascii=False)}"]
    lines.append(f'server = "{scheme}://localhost:{box.port}"')
    if ca_file:
        lines.append(f'ca_file = "{ca_file}"')
    if password:
        lines.append(f'user = "{USER}"')
        lines.append(
            f'password_file = "{keep_secret(root, "password", password)}"'
        )
    configure(root, "[mail]\n" + "\n".join(lines) + "\n" + more)


def notify(benchkeep: Benchkeep, root: Path, *args: str, **env: str) -> Outcome:
    outcome = benchkeep.run(root, "notify", *args, env=env)
    failed = outcome.document["status"] == "failed"
    command = f"notify {args[0]}"
    jsonschema.validate(outcome.document, contract.schema(command, failed))
    return outcome


def queue(benchkeep: Benchkeep, root: Path) -> dict:
    return notify(benchkeep, root, "queue").data


def test_health_mail_arrives_as_it_was_meant(
    benchkeep: Benchkeep, root: Path, certificate: tuple[Path, Path]
):
    to = ["ops@example.com", "张三 <zhang@example.com>"]
    with mail_server(certificate, password=PASSWORD) as box:
        mail_settings(
            root, box, to, ca_file=certificate[0], password=PASSWORD,
            more='[notify]\nlanguage = "zh"\n',
        )
        sent = notify(benchkeep, root, "health")
    assert sent.code == OK, sent
    assert sent.data["queued"] == sent.data["sent"] == 2
    assert [each.recipient for each in box.letters] == [
        "ops@example.com",
        "zhang@example.com",
    ]
    assert box.logins == 1  # One connection for both.
    first, second = (each.message for each in box.letters)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Subject"] == sent.data["subject"]
    # The worst state, in the language of the settings.
    assert first["Subject"].startswith("[benchkeep] 严重 pilot-bench: ")
    assert sent.data["state"] == "critical"
    assert first["X-Benchkeep-State"] == "critical"
    assert first["Auto-Submitted"] == "auto-generated"
    assert [(a.display_name, a.addr_spec) for a in first["To"].addresses] == [
        ("", "ops@example.com"),
        ("张三", "zhang@example.com"),
    ]
    assert box.letters[0].part("plain") == sent.data["text"]
    html = box.letters[0].part("html")
    checks = benchkeep.run(root, "--lang", "zh", "check").data["checks"]
    assert len(checks) == 9
    for check in checks:
        if check["name"] == "jobs":
            continue  # The delivery itself is on record there.
        assert check["message"] in sent.data["text"], check
        assert check["message"].replace('"', "&quot;") in html, check
        if check["fix"]:
            assert check["fix"] in sent.data["text"], check
    # What any server takes: ASCII in short lines.
    for line in box.letters[0].raw.split(b"\r\n"):
        assert len(line) <= 78 and line.isascii() and b"\n" not in line, line
    age = datetime.now(timezone.utc) - first["Date"].datetime
    assert abs(age.total_seconds()) < 600


def test_tls_from_the_start(
    benchkeep: Benchkeep, root: Path, certificate: tuple[Path, Path]
):
    with mail_server(certificate, implicit=True, password=PASSWORD) as box:
        mail_settings(
            root, box, ["ops@example.com"], "smtps", certificate[0], PASSWORD
        )
        tried = notify(benchkeep, root, "test")
        assert tried.code == OK, tried
        assert tried.data["channels"][0]["answer"] == "250 taken"
        # A certificate that nobody vouches for is not talked to.
        mail_settings(root, box, ["ops@example.com"], "smtps", None, PASSWORD)
        tried = notify(benchkeep, root, "test")
    assert tried.code == FAILED
    assert tried.data["channels"][0]["reason"] == "tls"
    assert len(box.letters) == 1 and box.logins == 1


def test_no_password_without_tls(
    benchkeep: Benchkeep, root: Path, certificate: tuple[Path, Path]
):
    """A server that offers no STARTTLS gets neither mail nor password."""
    with mail_server(password="") as box:
        mail_settings(
            root, box, ["ops@example.com"], ca_file=certificate[0], password=PASSWORD
        )
        tried = notify(benchkeep, root, "test")
    assert tried.code == FAILED
    assert tried.data["channels"][0]["reason"] == "tls"
    assert not box.letters and not box.logins


def test_waits_while_the_server_is_down_or_refuses_the_login(
    benchkeep: Benchkeep, root: Path, certificate: tuple[Path, Path]
):
    with mail_server(certificate, password=PASSWORD) as box:
        mail_settings(
            root, box, ["ops@example.com"], ca_file=certificate[0], password="wrong-one"
        )
        sent = notify(benchkeep, root, "health")
        assert sent.code == FINDINGS
        assert sent.data["waiting"] == 1 and sent.data["sent"] == 0
        assert sent.data["channels"][0]["error"].startswith("auth (535)")
        assert "wrong-one" not in sent.stdout + sent.stderr
        keep_secret(root, "password", PASSWORD)
        port = box.port
    down = notify(benchkeep, root, "flush")
    assert down.data["channels"][0]["error"].startswith("connect")
    jobs = next(
        each
        for each in benchkeep.run(root, "check", "--only", "jobs").data["checks"]
        if each["name"] == "jobs"
    )
    assert jobs["status"] == "warning"
    assert "connect" in jobs["message"] and "notify queue" in jobs["fix"]
    waiting = queue(benchkeep, root)["waiting"]
    assert len(waiting) == 1 and waiting[0]["attempts"] == 2
    # Not before its time, and then at once when asked.
    with mail_server(certificate, password=PASSWORD, port=port) as box:
        assert notify(benchkeep, root, "alerts").data["sent"] <= 1
        notify(benchkeep, root, "flush")
    ids = {each.message["Message-ID"] for each in box.letters}
    assert len(ids) == len(box.letters) and ids
    assert queue(benchkeep, root)["waiting"] == []
    quiet = benchkeep.run(root, "check", "--only", "jobs").data["checks"][0]
    assert "connect" not in quiet["message"]


def test_what_one_recipient_refuses_reaches_the_others(
    benchkeep: Benchkeep, root: Path
):
    to = ["gone@example.com", "full@example.com", "fine@example.com"]
    with mail_server() as box:
        box.refuse = {
            "gone@example.com": "550 5.1.1 nobody of that name",
            "full@example.com": "452 4.2.2 mailbox full",
        }
        mail_settings(root, box, to)
        sent = notify(benchkeep, root, "health")
        assert sent.code == FINDINGS
        assert (sent.data["sent"], sent.data["waiting"], sent.data["given_up"]) == (
            1, 1, 1,
        )
        assert [each.recipient for each in box.letters] == ["fine@example.com"]
        given_up = queue(benchkeep, root)["given_up"]
        assert given_up[0]["recipient"] == "gone@example.com"
        assert given_up[0]["reason"] == "refused"
        assert "nobody of that name" in given_up[0]["error"]
        box.refuse = {}
        assert notify(benchkeep, root, "flush").data["sent"] == 1
    assert box.letters[1].recipient == "full@example.com"
    assert box.letters[1].message["Message-ID"] == box.letters[0].message["Message-ID"]


def test_a_slow_server_is_given_up(benchkeep: Benchkeep, root: Path):
    with mail_server() as box:
        box.delay = 30
        mail_settings(
            root, box, ["a@example.com", "b@example.com"],
            more="[notify]\ntimeout_seconds = 1\n",
        )
        start = time.monotonic()
        sent = notify(benchkeep, root, "health")
        took = time.monotonic() - start
        box.delay = 0
    assert sent.data["channels"][0]["error"].startswith("timeout")
    assert sent.data["waiting"] == 2
    assert took < 25  # One timeout, not one for each message.


def test_no_text_adds_a_header(benchkeep: Benchkeep, root: Path):
    with mail_server() as box:
        mail_settings(
            root, box, ["ops@example.com"],
            more='[notify]\nname = "x\\r\\nBcc: victim@example.com\\r\\n\\r\\nbody"\n',
        )
        assert notify(benchkeep, root, "test").code == OK
        assert notify(benchkeep, root, "health").code == OK
    assert len(box.letters) == 2
    for letter in box.letters:
        assert letter.message["Bcc"] is None
        assert letter.recipient == "ops@example.com"
        assert "victim@example.com" in letter.message["Subject"]


def test_a_thousand_mails_survive_kills(benchkeep: Benchkeep, root: Path):
    """Kills the sender again and again: each mail arrives, few arrive twice."""
    count = 1000
    with mail_server() as box:
        port = box.port
    mail_settings(root, box, ["ops@example.com"])
    notify(benchkeep, root, "health")
    folder = root / ".benchkeep" / "outbox"
    (first,) = folder.glob("*.json")
    item = json.loads(first.read_text())
    item.update(attempts=0, next_attempt=None)
    wanted = set()
    first.unlink()
    for i in range(count):
        item["message_id"] = f"mail{i}@example.com"
        item["content"]["title"] = f"第 {i} 封"
        wanted.add(f"<mail{i}@example.com>")
        (folder / f"20260101-000000-{i:09}-0.json").write_text(json.dumps(item))
    rng = random.Random(7)
    kills = 0
    with mail_server(port=port) as box:
        box.pause = 0.001
        while any(folder.glob("*.json")):
            process = subprocess.Popen(
                benchkeep.argv(root, "notify", "flush"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=benchkeep.environment(),
            )
            before = len(box.letters)
            goal = before + rng.randrange(10, 120)
            while process.poll() is None and len(box.letters) < goal:
                time.sleep(0.002)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.wait()
    got = [letter.message["Message-ID"] for letter in box.letters]
    assert set(got) == wanted
    duplicates = len(got) - count
    print(f"{kills} kills, {duplicates} duplicates of {count} mails")
    assert kills >= 8
    assert duplicates <= kills
    assert queue(benchkeep, root)["given_up"] == []


def test_alerts_tell_of_changes_only(benchkeep: Benchkeep, root: Path):
    with mail_server() as box:
        mail_settings(root, box, ["ops@example.com"])
        first = notify(benchkeep, root, "alerts")
        told = {each["check"]: each["status"] for each in first.data["alerts"]}
        assert told["backup"] == "critical"
        assert first.data["sent"] == len(box.letters) == 1
        assert box.letters[0].message["Subject"].startswith("[benchkeep] CRITICAL ")
        again = notify(benchkeep, root, "alerts")
        assert again.data["alerts"] == [] and len(box.letters) == 1
        benchkeep.must(root, "backup", "create")
        better = notify(benchkeep, root, "alerts", "--dry-run")
        assert len(box.letters) == 1
        better = notify(benchkeep, root, "alerts")
        kinds = {each["check"]: each["kind"] for each in better.data["alerts"]}
        assert kinds == {"backup": "recovered"}
        subject = box.letters[1].message["Subject"]
        assert subject.startswith("[benchkeep] RECOVERED pilot-bench: backup")


def answer_by_form(call: Call):
    form = call.path.split("/")[1]
    if form == "slack":
        return 200, {}, b"ok"
    zero = {"feishu": b'{"code":0}'}.get(form, b'{"errcode":0}')
    return 200, {}, zero


def test_webhooks_of_every_form(benchkeep: Benchkeep, root: Path):
    secret = keep_secret(root, "sign", SECRET)
    with hook_server() as hook:
        hook.reply = answer_by_form
        text = ""
        for form in ("json", "feishu", "dingtalk", "wecom", "slack"):
            address = f"{hook.url}/{form}/{TOKEN}?access_token={TOKEN}"
            file = keep_secret(root, f"url-{form}", address)
            text += f'[webhook.{form}]\nform = "{form}"\nurl_file = "{file}"\n'
            if form in ("feishu", "dingtalk"):
                text += f'secret_file = "{secret}"\n'
        configure(root, text)
        sent = notify(benchkeep, root, "alerts")
    assert sent.code == OK, sent
    assert sent.data["sent"] == 5
    calls = {call.path.split("/")[1]: call for call in hook.calls}
    title = sent.data["subject"]
    plain = calls["json"].document
    assert plain["title"] == title and plain["text"] == sent.data["text"]
    assert plain["state"] == "critical" and plain["id"]
    assert {each["name"] for each in plain["checks"]} >= {"backup"}
    assert calls["slack"].document["text"].startswith(f"*{title}*")
    assert calls["wecom"].document["markdown"]["content"].startswith(f"**{title}**")
    post = calls["feishu"].document["content"]["post"]["zh_cn"]
    assert post["title"] == title
    assert post["content"][0][0]["text"] == sent.data["text"]
    stamp = calls["feishu"].document["timestamp"]
    key = f"{stamp}\n{SECRET}".encode()
    sign = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    assert calls["feishu"].document["sign"] == sign
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(calls["dingtalk"].path).query)
    stamp = query["timestamp"][0]
    text = f"{stamp}\n{SECRET}".encode()
    sign = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest())
    assert query["sign"] == [sign.decode()]
    assert abs(int(stamp) / 1000 - calls["dingtalk"].time) < 60


def test_webhooks_wait_as_they_are_told(benchkeep: Benchkeep, root: Path):
    with hook_server() as hook:
        hook.reply = lambda call: (429, {"Retry-After": "3600"}, b"slow down")
        file = keep_secret(root, "url", f"{hook.url}/{TOKEN}")
        configure(root, f'[webhook.team]\nurl_file = "{file}"\n')
        assert notify(benchkeep, root, "alerts").data["waiting"] == 1
        for _ in range(2):
            assert notify(benchkeep, root, "flush").data["sent"] == 0
        assert len(hook.calls) == 1
        channel = queue(benchkeep, root)["channels"][0]
        assert channel["last_error"].startswith("rate_limited (429)")
        until = datetime.fromisoformat(channel["blocked_until"])
        wait = (until - datetime.now(timezone.utc)).total_seconds()
        assert 3000 < wait <= 3600
        # A failure that the body tells of is one, too.
        hook.reply = lambda call: (200, {}, b'{"errcode":310000,"errmsg":"bad sign"}')
        configure(
            root, f'[webhook.ding]\nform = "dingtalk"\nurl_file = "{file}"\n'
        )
        tried = notify(benchkeep, root, "test")
        assert tried.code == FAILED
        assert "bad sign" in tried.data["channels"][0]["answer"]
        # Plain addresses stand only where nobody else can read them.
        configure(root, f'[webhook.team]\nurl = "{hook.url}/{TOKEN}"\n', 0o644)
        tried = notify(benchkeep, root, "test")
        assert tried.data["channels"][0]["reason"] == "setup"
        looked = benchkeep.run(root, "config", "check")
        assert looked.code == FINDINGS
        assert [each["code"] for each in looked.findings] == ["notify_setup"]
        assert TOKEN not in tried.stdout + tried.stderr
        assert len(hook.calls) == 2


def write_errors(root: Path, *messages: str) -> None:
    log = root / "logs" / "batch.log"
    log.parent.mkdir(exist_ok=True)
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    with open(log, "a") as file:
        for message in messages:
            file.write(f"{now},123 - runner - ERROR - {message}\n")


def events(calls: list[Call]) -> list[dict]:
    found = []
    for call in calls:
        head, item, body, *_ = call.body.split(b"\n")
        assert json.loads(item)["length"] == len(body)
        assert json.loads(head)["event_id"] == json.loads(body)["event_id"]
        assert f"sentry_key={DSN_KEY}" in call.headers["X-Sentry-Auth"]
        found.append(json.loads(body))
    return found


def test_sentry_gets_each_cause_once_an_hour(benchkeep: Benchkeep, root: Path):
    write_errors(
        root,
        "Error code: 429 - rate limit exceeded for key sk-abcdefghijklmnop123456",
        "Error code: 429 - rate limit exceeded for key sk-zyxwvutsrqponml654321",
        "Connection refused by api.example.com",
    )
    with hook_server() as hook:
        dsn = f"http://{DSN_KEY}@127.0.0.1:{hook.port}/42"
        configure(root, '[sentry]\ndsn_variable = "BENCH_DSN"\n')
        first = notify(benchkeep, root, "alerts", BENCH_DSN=dsn)
        assert first.code == OK, first
        assert first.data["events"] == first.data["sent"] == 2
        got = events(hook.calls)
        assert {call.path for call in hook.calls} == {"/api/42/envelope/"}
        assert {each["tags"]["class"] for each in got} == {"rate_limit", "network"}
        assert all(each["fingerprint"][0] == "benchkeep" for each in got)
        bodies = b"".join(call.body for call in hook.calls)
        assert b"abcdefghijklm" not in bodies and b"zyxwvutsrq" not in bodies
        counts = {each["tags"]["class"]: each["extra"]["count"] for each in got}
        assert counts == {"rate_limit": 2, "network": 1}
        # The same again within the hour, and something new.
        write_errors(root, "Error code: 429 - rate limit exceeded for key sk-aaaaaaaaaaaaaaaa1")
        assert notify(benchkeep, root, "alerts", BENCH_DSN=dsn).data["events"] == 0
        write_errors(root, "Request timed out after 60 seconds")
        hook.reply = lambda call: (429, {"Retry-After": "120"}, b"")
        held = notify(benchkeep, root, "alerts", BENCH_DSN=dsn)
        assert held.data["events"] == held.data["waiting"] == 1
        calls = len(hook.calls)
        hook.reply = lambda call: (200, {}, b"{}")
        assert notify(benchkeep, root, "flush", BENCH_DSN=dsn).data["sent"] == 0
        assert len(hook.calls) == calls
        # Without a DSN in the environment it waits, and says what is missing.
        silent = notify(benchkeep, root, "alerts")
        assert silent.findings[0]["code"] == "notify_setup"


def test_sentry_limits_on_a_success_are_kept(benchkeep: Benchkeep, root: Path):
    write_errors(root, "Connection refused by a", "Request timed out after 60 s")
    with hook_server() as hook:
        hook.reply = lambda call: (
            200, {"X-Sentry-Rate-Limits": "600:error:organization"}, b"{}",
        )
        file = keep_secret(root, "dsn", f"http://{DSN_KEY}@127.0.0.1:{hook.port}/1")
        configure(root, f'[sentry]\ndsn_file = "{file}"\n')
        sent = notify(benchkeep, root, "alerts")
        assert sent.data["events"] == 2
        assert sent.data["sent"] == sent.data["waiting"] == 1
        assert len(hook.calls) == 1


def test_nothing_shows_a_secret(
    benchkeep: Benchkeep, root: Path, certificate: tuple[Path, Path]
):
    said = b""
    secrets = [PASSWORD, DSN_KEY, TOKEN, SECRET]
    write_errors(root, "Connection refused by api.example.com")
    with hook_server() as hook, mail_server(certificate, password="other") as box:
        # Servers that throw back what they got.
        hook.reply = lambda call: (500, {}, (call.path + str(call.headers)).encode())
        dsn = keep_secret(root, "dsn", f"http://{DSN_KEY}@127.0.0.1:{hook.port}/1")
        sign = keep_secret(root, "sign", SECRET)
        mail_settings(
            root, box, ["ops@example.com"], ca_file=certificate[0], password=PASSWORD,
            more=f'[sentry]\ndsn_file = "{dsn}"\n'
            f'[webhook.a]\nform = "dingtalk"\nsecret_file = "{sign}"\n'
            f'url = "{hook.url}/robot/{TOKEN}?access_token={TOKEN}"\n',
        )
        for words in (
            "notify test", "notify health", "notify alerts", "notify queue",
            "notify flush", "config show", "config check", "check --only jobs",
            "schedule run health", "schedule history", "schedule list", "status",
        ):
            for as_json in (False, True):
                done = benchkeep.run(root, *words.split(), json_output=as_json)
                said += (done.stdout + done.stderr).encode()
    assert hook.calls and box.logins
    for file in (root / ".benchkeep").rglob("*"):
        if file.is_file():
            said += file.read_bytes()
            if file.parent.name == "outbox":
                assert file.stat().st_mode & 0o077 == 0, file
    assert b"auth" in said  # What went wrong is there, without the password.
    for secret in secrets:
        assert secret.encode() not in said, secret
        assert base64.b64encode(secret.encode()) not in said, secret


def test_jobs_run_it_and_nobody_to_tell_is_no_failure(
    benchkeep: Benchkeep, root: Path
):
    configure(root, "")
    for name in ("health", "alerts"):
        run = benchkeep.must(root, "schedule", "run", name, codes=(OK,))
        assert run.data["run"]["status"] == "ok"
    for action in ("health", "alerts", "test", "queue", "flush"):
        assert notify(benchkeep, root, action).code == OK
    assert not (root / ".benchkeep" / "outbox").exists()
    with mail_server() as box:
        mail_settings(root, box, ["ops@example.com"])
        shown = notify(benchkeep, root, "health", "--dry-run")
        assert shown.data["queued"] == 1 and not box.letters
        assert not (root / ".benchkeep" / "outbox").exists()
        for name in ("health", "alerts"):
            benchkeep.must(root, "schedule", "run", name, codes=(OK,))
    kinds = [letter.message["X-Benchkeep-Kind"] for letter in box.letters]
    assert kinds == ["health", "alert"]

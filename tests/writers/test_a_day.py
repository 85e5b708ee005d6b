"""A day in the life: everything at once, and every part of it killed in between.

The daemon keeps the store, with its guard and its dashboard; eight Python writers
append; a browser looks on; consolidate and backups run as jobs, from the command
line and by the button of the dashboard.  `kill -9` takes the daemon, its jobs, its
server, what runs by hand and the writers.  In the evening the store is held
against the ledgers that the writers kept outside of it.

BENCHKEEP_LONG=1 makes it five minutes, BENCHKEEP_SEED=N repeats the choices.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from http.client import HTTPException
from pathlib import Path

import campaign
import checks
import oracle
import storegen
import writer
from cli import FAILED, FINE, LOCKED, OK, Benchkeep
from keeping import Daemon, processes, wait_for
from postbox import free_port
from serving import Site
from storegen import PILOT, StoreBuilder

WRITERS = 8
PAUSE = 0.3  # Of a writer, at most: others want to work, too.
SHORT_SECONDS, LONG_SECONDS = 25, 300
VICTIMS = (
    "daemon",
    "daemon at work",
    "server",
    "job",
    "by hand",
    "in the act",  # Whoever has the lock of the store.
    "writer",
)
CONSOLIDATIONS, ROWS = 5, 200  # A day has at least so many.
PATIENCE = 180  # Seconds to wait for a victim: jobs are due once a minute.

# Spread over the minute by their jitter; some at once, so that no minute is lost.
JOBS = {
    **{f"tidy-{number}": ("* * * * *", '["consolidate"]') for number in range(4)},
    **{f"save-{number}": ("* * * * *", '["backup", "create"]') for number in range(2)},
    "first-tidy": ("@reboot", '[["consolidate"], ["consolidate"]]'),
    "first-save": ("@reboot", '["backup", "create"]'),
    "by-hand": ("@yearly", '["consolidate"]'),
}
JOB = """
[jobs.{name}]
schedule = "{schedule}"
command = {command}
jitter_seconds = {jitter}
retries = 100
retry_seconds = 1
"""


def settings(port: int) -> str:
    # What is closed is complete: nothing has to settle.
    text = "[consolidate]\nsettle_seconds = 0\n[api]\nendpoints = []\n"
    # Jobs wait for one another, and some are killed: that may take a while.
    text += "[limits]\nlock_wait_seconds = 90\n"
    text += f'[serve]\nlisten = "127.0.0.1:{port}"\nrefresh_seconds = 1\n'
    for name, (schedule, command) in JOBS.items():
        jitter = 10 if schedule == "@reboot" else 59
        text += JOB.format(name=name, schedule=schedule, command=command, jitter=jitter)
    return text


def is_excused(run: dict) -> bool:
    """A run that was killed, or that gave up since others were at work too long."""
    gave_up = run["status"] == "failed" and run["exit_code"] == LOCKED
    return gave_up or run["status"] in ("crashed", "interrupted")


def status_of(pid: int) -> tuple[str, int]:
    """State and parent."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return fields[0], int(fields[1])


def is_writing(pid: int, folder: Path) -> bool:
    """Whether that process has a file of the folder open for writing."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if Path(os.readlink(entry)).parent != folder:
                continue
            info = Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text()
        except OSError:
            continue
        (flags,) = [line.split()[1] for line in info.splitlines() if "flags" in line]
        if int(flags, 8) & os.O_ACCMODE != os.O_RDONLY:
            return True
    return False


class Crew:
    """Writers that come and go; there are always as many at work."""

    def __init__(self, root: Path, ledgers: Path, rng: random.Random, end: float):
        self.root, self.ledgers, self.rng, self.end = root, ledgers, rng, end
        self.folder = root / PILOT.increments
        self.count = 0
        self.running: list[subprocess.Popen] = []
        self.style: dict[int, str] = {}
        self.killed: set[int] = set()
        self.problems: list[str] = []
        for _ in range(WRITERS):
            self.begin(writer.STYLES[self.count % len(writer.STYLES)])

    def begin(self, style: str) -> None:
        left = self.end - time.monotonic()
        seconds = max(5.0, min(left, self.rng.uniform(10, 40)))
        process = campaign.start_writer(
            self.root, self.count, style, self.ledgers, seconds, PAUSE
        )
        self.count += 1
        self.running.append(process)
        self.style[process.pid] = style

    def dismiss(self, process: subprocess.Popen) -> None:
        _, errors = process.communicate()
        self.running.remove(process)
        if process.pid not in self.killed and process.returncode != 0:
            self.problems.append(f"a writer failed: {errors[-800:]}")

    def keep_up(self) -> None:
        """Whoever is done is followed by another one of the same style."""
        for process in [one for one in self.running if one.poll() is not None]:
            self.dismiss(process)
            self.begin(self.style[process.pid])

    def kill_one(self) -> bool:
        """At any moment, but where a death destroys what was acknowledged.

        Who rewrites a file in place truncates it first.  Dead right then, he has
        destroyed rows of his own, and no keeper can have had them for certain.
        """
        process = self.rng.choice(self.running)
        if process.poll() is not None:
            return False
        process.send_signal(signal.SIGSTOP)
        wait_for(lambda: status_of(process.pid)[0] in "TZ", "the writer to stand still")
        in_place = self.style[process.pid] != "new-files"
        spared = status_of(process.pid)[0] == "Z" or (
            in_place and is_writing(process.pid, self.folder)
        )
        if spared:
            process.send_signal(signal.SIGCONT)
            return False
        self.killed.add(process.pid)
        process.kill()
        self.dismiss(process)
        self.begin(self.style[process.pid])
        return True

    def finish(self) -> None:
        for process in list(self.running):
            self.dismiss(process)


class Hand:
    """Somebody at the command line, every few seconds."""

    COMMANDS = (
        ["consolidate"],
        ["consolidate"],
        ["schedule", "run", "by-hand"],
        ["backup", "create"],
    )

    def __init__(self, benchkeep: Benchkeep, root: Path, seed: str):
        self.benchkeep, self.root = benchkeep, root
        self.rng = random.Random(seed)
        self.process: subprocess.Popen | None = None
        self.done: Counter[str] = Counter()
        self.problems: list[str] = []

    def work(self, over: threading.Event) -> None:
        while not over.wait(self.rng.uniform(0.5, 3)):
            words = self.rng.choice(self.COMMANDS)
            self.process = subprocess.Popen(
                self.benchkeep.argv(self.root, *words),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=self.benchkeep.environment(),
            )
            out, errors = self.process.communicate()
            self.judge(" ".join(words), self.process.returncode, out, errors)

    def judge(self, name: str, code: int, out: str, errors: str) -> None:
        excused = code in (LOCKED, -signal.SIGKILL)
        if code == FAILED and name.startswith("schedule run"):
            excused = is_excused(json.loads(out)["data"]["run"])
        if code in FINE:
            self.done[name] += 1
        elif not excused:
            self.problems.append(f"{name} ended with {code}: {out} {errors}")


class Browser:
    """Reads the dashboard, listens to its events and presses its buttons."""

    PATHS = ("status", "breakdown", "check", "jobs", "backups", "collectors", "history")

    def __init__(self, site: Site, seed: str):
        self.site, self.rng = site, random.Random(seed)
        self.answers: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.rows = 0
        self.problems: list[str] = []

    def look(self, over: threading.Event) -> None:
        while not over.wait(0.2):
            name = self.rng.choice(self.PATHS)
            try:
                answer = self.site.ask(f"/api/v1/{name}")
                if self.rng.random() < 0.05:
                    pressed = self.site.act(self.rng.choice(["consolidate", "backup"]))
                    self.answers["pressed"] += pressed.status == 202
                    self.expect(pressed.status in (202, 409), f"{pressed}")
            except (OSError, HTTPException):
                continue  # The server was killed.
            self.expect(answer.status in (200, 503), f"{name}: {answer}")
            document = answer.document
            if answer.status != 200:
                continue
            self.answers[name] += 1
            if name == "status" and document["data"]["results"]:
                # Whatever is killed, nobody ever sees fewer rows than before.
                rows = document["data"]["results"]["rows"]
                self.expect(rows >= self.rows, f"{self.rows} rows became {rows}")
                self.rows = rows

    def listen(self, over: threading.Event) -> None:
        while not over.wait(0.2):
            try:
                for event in self.site.events():
                    self.events[event] += 1
                    if over.is_set():
                        return
            except (OSError, HTTPException):
                continue

    def expect(self, good: bool, what: str) -> None:
        if not good:
            self.problems.append(what)


class Day:
    def __init__(self, benchkeep: Benchkeep, folder: Path, seed: int, seconds: float):
        self.benchkeep = benchkeep
        self.rng = random.Random(seed)
        self.root, self.ledgers = folder / "store", folder / "ledgers"
        self.ledgers.mkdir()
        builder = StoreBuilder(self.root)
        builder.master(storegen.master_document(random.Random(seed)))
        port = free_port()
        builder.settings(settings(port))
        token = benchkeep.must(self.root, "serve", "--show-token").data["token"]
        self.kills: Counter[str] = Counter()
        self.end = time.monotonic() + seconds
        self.daemon = self.start_daemon()
        self.crew = Crew(self.root, self.ledgers, self.rng, self.end)
        self.hand = Hand(benchkeep, self.root, f"{seed} hand")
        self.browser = Browser(Site(port, token, self.daemon.process), f"{seed} browser")
        self.over = threading.Event()
        work = (self.hand.work, self.browser.look, self.browser.listen)
        self.threads = [threading.Thread(target=one, args=(self.over,)) for one in work]
        for thread in self.threads:
            thread.start()

    def consolidations(self) -> int:
        trash = self.root / ".benchkeep" / "trash"
        return len(list(trash.glob("*-consolidate-*")))

    def start_daemon(self) -> Daemon:
        return Daemon(self.benchkeep, self.root, "--serve")

    def live(self) -> None:
        """Rounds of kills, each of every kind in another order."""
        while time.monotonic() < self.end or not self.kills:
            for kind in self.rng.sample(VICTIMS, len(VICTIMS)):
                wait_for(lambda: self.kill(kind), f"a victim: {kind}", PATIENCE)
                self.kills[kind] += 1
                self.pause(1)
        wait_for(self.is_full, "enough work done", PATIENCE)

    def is_full(self) -> bool:
        self.crew.keep_up()
        rows = len(campaign.read_ledgers(self.ledgers)[0])
        return self.consolidations() >= CONSOLIDATIONS and rows >= ROWS

    def pause(self, most: float) -> None:
        time.sleep(self.rng.uniform(0, most))
        self.crew.keep_up()
        assert self.daemon.process.poll() is None, self.daemon.said()
        assert all(thread.is_alive() for thread in self.threads)

    def kill(self, kind: str) -> bool:
        self.crew.keep_up()
        if kind == "writer":
            return self.crew.kill_one()
        if kind.startswith("daemon"):
            return self.kill_daemon(at_work=kind == "daemon at work")
        if kind == "by hand":
            process = self.hand.process
            if process is None or process.poll() is not None:
                return False
            self.pause(0.5)
            process.kill()
            return process.wait() == -signal.SIGKILL
        victims = self.victims(kind)
        return bool(victims) and self.kill_process(self.rng.choice(victims), kind)

    def kill_daemon(self, at_work: bool) -> bool:
        """At work: while a job runs, of which nobody can book the end then."""
        process = self.daemon.process
        if at_work:
            if not self.victims("job"):
                return False
            process.send_signal(signal.SIGSTOP)
            wait_for(lambda: status_of(process.pid)[0] == "T", "it to stand still")
            if not self.victims("job"):
                process.send_signal(signal.SIGCONT)
                return False
        process.kill()
        process.communicate()
        time.sleep(self.rng.uniform(0, 2))
        self.daemon = self.start_daemon()
        return True

    def holder(self) -> int:
        """The process that has the lock of the store, or had it last."""
        with contextlib.suppress(OSError, ValueError):
            return json.loads((self.root / ".benchkeep" / "lock").read_text())["pid"]
        return 0

    def victims(self, kind: str) -> list[int]:
        found = []
        for pid, words in processes(self.root).items():
            changes = not {"consolidate", "backup"}.isdisjoint(words)
            if kind == "server" and "serve" in words:
                found.append(pid)
            elif kind == "in the act" and changes and pid == self.holder():
                found.append(pid)
            elif kind == "job" and changes:
                with contextlib.suppress(OSError):
                    if status_of(pid)[1] == self.daemon.process.pid:
                        found.append(pid)
        return found

    def kill_process(self, pid: int, kind: str) -> bool:
        with contextlib.suppress(ProcessLookupError):
            held = os.pidfd_open(pid)
            try:
                self.pause(0.5)
                if pid in self.victims(kind):
                    signal.pidfd_send_signal(held, signal.SIGKILL)
                    return True
            finally:
                os.close(held)
        return False

    def settle(self) -> None:
        """The evening: nobody is killed any more."""
        self.crew.finish()
        self.over.set()
        for thread in self.threads:
            thread.join(timeout=PATIENCE)
            assert not thread.is_alive(), thread
        self.daemon.stop()
        assert self.daemon.process.returncode == OK, self.daemon.said()

    def leave(self) -> None:
        """Nothing of the day stays behind, however it ended."""
        self.over.set()
        for process in [*self.crew.running, self.daemon.process]:
            if process.poll() is None:
                process.kill()
                process.communicate()
        for thread in self.threads:
            thread.join()
        for pid in processes(self.root):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def booked(root: Path) -> Counter[str]:
    """Rows of the ledger by kind."""
    database = root / ".benchkeep" / "state.db"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        sums = connection.execute("SELECT kind, sum(rows) FROM ledger GROUP BY kind")
        rows = Counter(dict(sums))
    connection.close()
    return rows


def test_a_day(benchkeep: Benchkeep, tmp_path: Path, long_run: bool):
    seed = int(os.environ.get("BENCHKEEP_SEED", random.randrange(2**32)))
    print(f"BENCHKEEP_SEED={seed} repeats the choices of this day")
    day = Day(benchkeep, tmp_path, seed, LONG_SECONDS if long_run else SHORT_SECONDS)
    try:
        day.live()
        day.settle()
    finally:
        day.leave()
    root = day.root
    print(f"kills {dict(day.kills)}, {day.consolidations()} consolidations")
    print(f"by hand {dict(day.hand.done)}, browser {dict(day.browser.answers)}")

    # What was killed last may have left increments; then nothing is left.
    for _ in range(2):
        benchkeep.must(root, "schedule", "run", "by-hand")
    assert checks.waiting(root) == []
    checks.assert_at_rest(root)

    verdict = campaign.judge(root, day.ledgers, campaign.Verdict())
    torn = [f"_{pid}_" for pid in day.crew.killed]
    verdict.quarantined = [
        name for name in verdict.quarantined if not any(pid in name for pid in torn)
    ]
    verdict.failures = day.crew.problems + day.hand.problems + day.browser.problems
    assert verdict.complaints() == []

    checks.assert_balanced(root)
    rows = booked(root)
    present = oracle.read(root / PILOT.results).num_rows
    assert rows["seen"] == present + rows["superseded"] + rows["quarantined"]
    deep = benchkeep.run(root, "check", "--level", "deep", "--only", "results")
    assert deep.data["checks"][0]["details"]["ledger_balanced"] is True, deep

    backups = benchkeep.must(root, "backup", "list").data["backups"]
    good = [one["id"] for one in backups if one["state"] == "good"]
    verified = benchkeep.must(root, "backup", "verify", *good).data
    assert (verified["verified"], verified["damaged"]) == (len(good), 0), verified

    found = benchkeep.run(root, "diagnose")
    assert found.code in FINE, found
    assert [one for one in found.findings if one["severity"] == "critical"] == []

    history = benchkeep.must(root, "schedule", "history", "-n", 1000).data["runs"]
    ends = Counter(run["status"] for run in history)
    print(f"{verdict.acknowledged} rows acknowledged, ledger {dict(rows)}")
    print(f"runs {dict(ends)}, {len(good)} of {len(backups)} backups good")
    bad = [run for run in history if run["status"] not in ("ok", "findings")]
    assert [run for run in bad if not is_excused(run)] == []

    # That it was a day at all:
    assert all(day.kills[kind] for kind in VICTIMS), day.kills
    assert day.consolidations() >= CONSOLIDATIONS and verdict.acknowledged >= ROWS
    assert ends["ok"] + ends["findings"] >= 1 and len(good) >= 1
    assert ends["crashed"] >= 1 and ends["interrupted"] >= 1
    assert day.browser.rows and day.browser.events["change"]

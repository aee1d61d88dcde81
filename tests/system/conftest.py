"""The real binary on kernel-chosen ports, between fake models; stopped by SIGTERM and asked for a clean end.

    CANDOR=/path/to/candor /usr/bin/python3 -m pytest tests/system
"""
import contextlib
import ctypes
import fcntl
import functools
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(__file__))

import pytest

import wire
from fakes import FakeModel

TOP = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("CANDOR", str(TOP / "build" / "candor"))
os.environ.setdefault("CANDOR_RULES_DIR", str(TOP / "rules"))
SANITIZER = re.compile(r"(ERROR|WARNING): (Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")
PATIENCE = wire.PATIENCE

# What those of our users say whose words are not what a test is about: "I feel so sad. I think the answer is Sydney."
FEW_RULES = r"""
pack: few
version: 1
description: Enough to be measured.
rules:
  - {id: few.sad, label: emotion:sad, score: 90, match: i feel so sad, examples: {match: [I feel so sad.]}}
  - id: few.belief
    label: belief
    score: 90
    match: \bi think (?:(?:the answer is|it was) (?<answer>[^.]+)|(?<prop>[^.]+))
    examples: {match: [I think the answer is Sydney.]}
"""


def own_network():
    """A loopback of this process's own, so that tests that run beside others never meet a stranger on a port."""
    CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "several tests at once need a network namespace each; run them one by one")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def pytest_configure():
    if "PYTEST_XDIST_WORKER" in os.environ:
        own_network()


def eventually(probe, what="the awaited state"):
    """Waits for a state: the first true value of probe()."""
    until = time.monotonic() + PATIENCE
    while True:
        value = probe()
        if value:
            return value
        assert time.monotonic() < until, f"{what} did not come"
        threading.Event().wait(0.02)


def run(*arguments, text=None, **more):
    """A subcommand to its end."""
    done = subprocess.run([BINARY, *map(str, arguments)], input=text, capture_output=True, text=True,
                          timeout=PATIENCE * 3, **more)
    assert not SANITIZER.search(done.stderr), done.stderr
    return done


class Candor:
    """A running `candor serve`; `before` is put in front of the command, the rest goes to Popen."""

    def __init__(self, folder, config, before=(), **more):
        self.config_path = folder / "candor.yaml"
        self.lines, self.fresh = [], threading.Condition()
        self.configure(config)
        self.process = subprocess.Popen([*before, BINARY, "serve", "-c", str(self.config_path)], stderr=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, text=True, errors="replace", **more)
        threading.Thread(target=self._collect, daemon=True).start()
        try:
            self.admin = self.event("listening", plane="admin")["address"]
            self.data = self.event("listening", plane="data")["address"]
            eventually(lambda: wire.get(self.admin, "/readyz").status == 200, "/readyz")
        except BaseException:  # nobody has it yet who could stop it
            self.process.kill()
            self.process.wait()
            raise

    def configure(self, config):
        # JSON is YAML, so a configuration is written as the dictionary it is.
        self.config_path.write_text(config if isinstance(config, str) else json.dumps(config, indent=1))

    def _collect(self):
        for line in self.process.stderr:
            with self.fresh:
                self.lines.append(line)
                self.fresh.notify_all()
        with self.fresh:
            self.lines.append("")
            self.fresh.notify_all()

    def log(self):
        with self.fresh:
            return "".join(self.lines)

    def event(self, name, **fields):
        """Waits for the log line of an event with these fields."""
        def find():
            for line in self.lines:
                if line.startswith("{"):
                    entry = json.loads(line)
                    if entry.get("event") == name and all(
                            str(entry.get(key)) == str(value) for key, value in fields.items()):
                        return entry
            return None
        with self.fresh:
            self.fresh.wait_for(lambda: find() or "" in self.lines, PATIENCE)
            entry = find()
        assert entry, f"no '{name}' {fields} in the log:\n{self.log()}"
        return entry

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """SIGTERM, and a clean end: exit 0, nothing from a sanitizer."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("candor did not stop:\n" + self.log()) from None
        eventually(lambda: "" in self.lines, "the end of the log")
        assert not SANITIZER.search(self.log()), self.log()
        assert code == 0, f"exit {code}:\n{self.log()}"

    # ---- what it recorded ----

    def records(self):
        done = run("trials", "export", "-c", self.config_path)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def trials(self, count):
        """Waits for that many records and gives them in order of arrival."""
        path = re.search(r'sqlite:([^\s"}]+)', self.config_path.read_text()).group(1)
        # Asked of the file itself: a command that is started anew every 20 ms would be what the test costs.
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            eventually(lambda: store.execute("SELECT count(*) FROM trials").fetchone()[0] >= count, f"{count} trials")
        records = self.records()
        assert len(records) == count, [record["seq"] for record in records]
        return sorted(records, key=lambda record: record["seq"])

    def metric(self, name, **labels):
        """The sum of a metric over the series that carry these labels."""
        total = 0.0
        for line in wire.get(self.admin, "/metrics").body.decode().splitlines():
            match = re.fullmatch(re.escape(name) + r"(?:\{(.*)\})? (\S+)", line)
            if match:
                have = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(1) or ""))
                if all(have.get(key) == value for key, value in labels.items()):
                    total += float(match.group(2))
        return total

    def await_metric(self, least, name, **labels):
        eventually(lambda: self.metric(name, **labels) >= least, f"{name}{labels} >= {least}")


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory):
    """folder_of(pack): a folder of packs with nothing but this one."""
    @functools.cache
    def make(pack):
        folder = tmp_path_factory.mktemp("rules")
        (folder / "only.yaml").write_text(pack)
        return str(folder)
    return make


@pytest.fixture(autouse=True, scope="module")
def installed_rules(request, folder_of):
    """INSTALLED_RULES in a module is the only pack that its tests know. FEW_RULES says that none of them is about what users say: the
    shipped packs are most of a start, and under a thread sanitizer seconds of it."""
    with pytest.MonkeyPatch.context() as environment:
        if hasattr(request.module, "INSTALLED_RULES"):
            environment.setenv("CANDOR_RULES_DIR", folder_of(request.module.INSTALLED_RULES))
        yield


@pytest.fixture
def fake():
    """fake(behaviour) starts a fake model."""
    models = []

    def start(behave):
        models.append(FakeModel(behave))
        return models[-1]
    yield start
    for model in models:
        model.close()


@pytest.fixture
def config(tmp_path):
    """config(warm, original, judge, **sections): a configuration that measures everything."""
    def make(warm, original=None, judge=None, **sections):
        url = lambda model: model if isinstance(model, str) else model.url
        models = {"warm": {"url": url(warm)}, "original": {"url": url(original or warm), "model": "base"}}
        if judge:
            models["judge"] = {"url": url(judge), "model": "judge"}
        settings = {
            "listen": [{"address": "127.0.0.1:0"}], "admin": {"address": "127.0.0.1:0"}, "workers": 2,
            "models": models, "shadow": {"sample": {"default": 1.0}},
            "store": {"url": f"sqlite:{tmp_path}/candor.db", "content": "full"},
            "log": {"level": "info", "format": "json"}}
        for name, section in sections.items():
            if isinstance(section, dict) and isinstance(settings.get(name), dict):
                settings[name] = {**settings[name], **section}
            else:
                settings[name] = section
        return settings
    return make


@pytest.fixture
def candor(tmp_path, config):
    """candor(warm, original, judge, **sections) starts the proxy in front of them."""
    running = []

    def start(warm, original=None, judge=None, **sections):
        running.append(Candor(tmp_path, config(warm, original, judge, **sections)))
        return running[-1]
    yield start
    for proxy in running:
        proxy.stop()

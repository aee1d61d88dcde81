"""Stopping, reloading and replacing a proxy at work: clients that keep coming must not notice."""
import contextlib
import ctypes
import json
import os
import pathlib
import signal
import socket
import threading

import pytest

import wire
from conftest import FEW_RULES, Candor, eventually
from fakes import FakeModel, says, streams_held

INSTALLED_RULES = FEW_RULES

QUIET = {"shadow": {"sample": {"default": 0}}}
AS_SYSTEMD = ("/bin/sh", "-c", 'LISTEN_PID=$$ exec "$0" "$@"')  # gives the sockets to the process that it becomes


def answers(request, connection):
    """A short answer, or a stream of some events."""
    if request.target != "/v1/stream":
        connection.whole(b"{}")
        return
    connection.head(200, [("content-type", "text/event-stream")])
    for i in range(5):
        connection.chunk(b"data: %d\n\n" % i)
        if connection.model.closed.wait(0.005):
            return
    connection.chunk(b"data: [DONE]\n\n")
    connection.end()


STREAM = b"".join(b"data: %d\n\n" % i for i in range(5)) + b"data: [DONE]\n\n"


class Load:
    """Clients that ask again and again, each time on a new connection, until they are told to stop."""

    def __init__(self, address, clients=6):
        self.address, self.over = address, threading.Event()
        self.done, self.refused, self.failures, self.lock = 0, 0, [], threading.Lock()
        self.threads = [threading.Thread(target=self.ask, args=(i,)) for i in range(clients)]
        for thread in self.threads:
            thread.start()

    def ask(self, number):
        target, whole = ("/v1/stream", STREAM) if number % 2 else ("/v1/models", b"{}")
        while not self.over.is_set():
            sent, failure = False, None
            try:
                with wire.connect(self.address) as sock:
                    sock.sendall(wire.request_bytes("GET", target))
                    sent = True
                    reply = wire.read_reply(wire.Reader(sock))
                    if (reply.status, reply.body, reply.clean) != (200, whole, True):
                        failure = (reply.status, reply.body[:200], reply.clean)
            except (OSError, wire.Broken) as error:
                # Cut before a byte came: the kernel's queue was closed under it. Anything later is a failure.
                failure = repr(error) if sent and getattr(error, "args", (b"",))[0] not in (b"", 104) else "refused"
            with self.lock:
                self.done += failure is None
                self.refused += failure == "refused"
                if failure not in (None, "refused"):
                    self.failures.append(failure)
            if failure == "refused":
                self.over.wait(0.01)

    def more(self, count=60):
        """Waits until so many more have been served."""
        least = self.done + count
        eventually(lambda: self.done >= least, "more answers")

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        assert self.failures == []
        return self.refused


@pytest.fixture
def load_on():
    """Puts load on an address; it ends with the test at the latest."""
    loads = []

    def start(address):
        loads.append(Load(address))
        return loads[-1]
    yield start
    for load in loads:
        load.over.set()


@pytest.fixture
def busy(fake, candor, load_on):
    proxy = candor(fake(answers), **QUIET)
    load = load_on(proxy.data)
    load.more()
    return proxy, load


def test_sigterm_under_load_fails_nobody_who_was_let_in(busy):
    proxy, load = busy
    proxy.stop()
    load.stop()


def test_twenty_reloads_under_load_fail_nobody(busy):
    proxy, load = busy
    for i in range(20):
        proxy.signal(signal.SIGHUP)
        eventually(lambda count=i + 1: proxy.log().count('"reloaded"') >= count, "the reload")
        load.more(10)
    assert load.stop() == 0


def successor_of(proxy, count):
    """The process number that the count-th handover came to."""
    def handed():
        return [json.loads(line)["pid"] for line in proxy.lines if '"handed over"' in line]
    eventually(lambda: len(handed()) >= count, "the handover:\n" + proxy.log())
    return handed()[count - 1]


def is_gone(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1][0] == "Z"
    except OSError:
        return True


@pytest.fixture
def ended():
    """Successors are nobody's children: they are stopped by number."""
    pids = []
    yield pids
    for pid in pids:
        if not is_gone(pid):
            os.kill(pid, signal.SIGTERM)
            eventually(lambda pid=pid: is_gone(pid), "the successor's end")


@pytest.mark.parametrize("workers", [1, 3])
def test_three_successors_under_load_refuse_nobody(fake, candor, ended, load_on, workers):
    proxy = candor(fake(answers), workers=workers, **QUIET)
    load = load_on(proxy.data)
    current = proxy.process.pid
    for i in range(3):
        load.more()
        os.kill(current, signal.SIGUSR2)
        ended.append(successor_of(proxy, i + 1))
        eventually(lambda pid=current: is_gone(pid), "the predecessor's end")
        current = ended[-1]
        load.more()
        assert wire.get(proxy.admin, "/readyz").status == 200
    assert load.stop() == 0
    assert proxy.process.wait(wire.PATIENCE) == 0


def test_a_stream_outlives_its_proxys_succession(fake, candor, ended):
    go_on = threading.Event()
    proxy = candor(fake(streams_held(go_on)), **QUIET)
    with wire.stream(proxy.data, "Hi") as pieces:
        assert next(pieces) == b"data: one\n\n"
        proxy.signal(signal.SIGUSR2)
        ended.append(successor_of(proxy, 1))
        assert proxy.process.poll() is None
        go_on.set()
        assert b"".join(pieces) == b"data: two\n\n"
    assert proxy.process.wait(wire.PATIENCE) == 0


def test_trials_are_numbered_on_by_the_successor(fake, candor, ended):
    proxy = candor(fake(says("Canberra.")), fake(says("Canberra.")))
    for _ in range(3):
        wire.chat(proxy.data, "What is the capital of Australia?")
    proxy.trials(3)
    proxy.signal(signal.SIGUSR2)
    ended.append(successor_of(proxy, 1))
    assert proxy.process.wait(wire.PATIENCE) == 0
    for _ in range(3):
        wire.chat(proxy.data, "What is the capital of Australia?")
    assert [trial["seq"] for trial in proxy.trials(6)] == [1, 2, 3, 4, 5, 6]


def test_a_successor_that_cannot_start_changes_nothing(fake, candor):
    proxy = candor(fake(says("Canberra.")), fake(says("Canberra.")))
    good = proxy.config_path.read_text()
    proxy.configure("no: such key")
    proxy.signal(signal.SIGUSR2)
    proxy.event("the successor did not start, going on")
    proxy.configure(good)
    wire.chat(proxy.data, "What is the capital of Australia?")
    proxy.trials(1)
    assert proxy.process.poll() is None


# ---- socket activation ----

def activated(tmp_path, model, listeners, names, **settings):
    """A proxy whose listeners are open before it is, as systemd opens them."""
    listeners = list(listeners)

    def place():  # descriptors 3, 4, ... are where they are expected
        high = [os.dup(listener.fileno()) for listener in listeners]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i)
    address = "127.0.0.1:%d" % listeners[0].getsockname()[1]
    config = {"listen": [{"address": address}], "admin": {"address": "127.0.0.1:0"}, "workers": 2,
              "models": {"warm": {"url": model.url}, "original": {"url": model.url, "model": "base"}},
              "store": {"url": f"sqlite:{tmp_path}/candor.db"}, "log": {"format": "json"}, **QUIET, **settings}
    return Candor(tmp_path, config, AS_SYSTEMD, preexec_fn=place, close_fds=False,
                  env={**os.environ, "LISTEN_FDS": str(len(listeners)), "LISTEN_FDNAMES": names})


def listener_at(port=0):
    sock = socket.create_server(("127.0.0.1", port), backlog=1024)
    sock.setblocking(False)
    return sock


def test_a_restart_behind_activated_sockets_fails_nobody(fake, tmp_path, load_on):
    model = fake(answers)
    with listener_at() as listener:
        load = load_on("127.0.0.1:%d" % listener.getsockname()[1])
        for _ in range(3):
            proxy = activated(tmp_path, model, [listener], "candor.socket")
            assert proxy.data == load.address
            load.more()
            proxy.stop()
        last = activated(tmp_path, model, [listener], "candor.socket")
        load.more()
        assert load.stop() == 0
        last.stop()


def test_names_say_which_socket_is_whose_and_the_rest_is_told(fake, tmp_path):
    with listener_at() as data, listener_at() as admin, listener_at() as other:
        proxy = activated(tmp_path, fake(answers), [data, admin, other], "data:admin:other")
        assert proxy.admin == "127.0.0.1:%d" % admin.getsockname()[1]
        assert proxy.data == "127.0.0.1:%d" % data.getsockname()[1]
        eventually(lambda: '"event":"an inherited socket is nobody\'s listener","name":"other"' in proxy.log(),
                   "it is told, once all others are listened to")
        assert wire.get(proxy.data, "/v1/models").status == 200
        proxy.stop()


def test_sockets_that_were_given_to_another_are_left_alone(fake, tmp_path):
    with listener_at() as listener:
        config = {"listen": [{"address": "127.0.0.1:0"}], "admin": {"address": "127.0.0.1:0"},
                  "models": {"warm": {"url": fake(answers).url}, "original": {"url": "http://127.0.0.1:9/v1", "model": "base"}},
                  "store": {"url": f"sqlite:{tmp_path}/candor.db"}, "log": {"format": "json"}}
        proxy = Candor(tmp_path, config, env={**os.environ, "LISTEN_FDS": "1", "LISTEN_PID": "1"})
        assert proxy.data != "127.0.0.1:%d" % listener.getsockname()[1]
        proxy.stop()


# ---- systemd's notices ----

class Supervisor:
    """The socket that sd_notify writes to, and what came."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        self.environment = {**os.environ, "NOTIFY_SOCKET": self.path}

    def wait(self, wanted, seconds=wire.PATIENCE):
        """True once a notice with that line has come, false when none has in so many seconds of silence."""
        self.sock.settimeout(seconds)
        while True:
            try:
                if wanted in self.sock.recv(4096).decode().split("\n"):
                    return True
            except TimeoutError:
                return False


    def drain(self):
        """Forgets what has come."""
        self.sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.sock.recv(4096)


@pytest.fixture
def supervised(fake, config, tmp_path):
    supervisor, running = Supervisor(tmp_path), []

    def start(**environment):
        running.append(Candor(tmp_path, config(fake(answers), **QUIET), env={**supervisor.environment, **environment}))
        return running[-1]
    yield supervisor, start
    for proxy in running:
        proxy.stop()
    supervisor.sock.close()


def test_systemd_is_told_of_every_state(supervised, ended):
    supervisor, start = supervised
    proxy = start()
    assert supervisor.wait("READY=1")
    proxy.signal(signal.SIGHUP)
    assert supervisor.wait("RELOADING=1") and supervisor.wait("READY=1")
    proxy.signal(signal.SIGUSR2)
    assert supervisor.wait("READY=1")
    ended.append(successor_of(proxy, 1))
    assert supervisor.wait(f"MAINPID={ended[0]}") and supervisor.wait("STOPPING=1")


PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17


def stop_thread(pid, name):
    """Holds one thread of a process where it is; returns what lets it go on."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    (thread,) = [int(task.name) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
                 if (task / "comm").read_text().strip() == name]
    if libc.ptrace(PTRACE_SEIZE, thread, None, None):
        print("SKIPPED: threads may not be traced here")
        pytest.skip("threads may not be traced here")
    assert libc.ptrace(PTRACE_INTERRUPT, thread, None, None) == 0
    os.waitpid(thread, 0x40000000)  # __WALL
    return lambda: libc.ptrace(PTRACE_DETACH, thread, None, None)


@pytest.mark.parametrize("name", ["relay-0", "relay-1"])
def test_a_loop_that_stalls_misses_the_watchdog(supervised, name):
    supervisor, start = supervised
    proxy = start(WATCHDOG_USEC="1200000")
    assert supervisor.wait("WATCHDOG=1") and supervisor.wait("WATCHDOG=1")
    go_on = stop_thread(proxy.process.pid, name)
    try:
        supervisor.drain()
        fed = 0
        while fed < 2 and supervisor.wait("WATCHDOG=1", 1.2):
            fed += 1
        assert fed < 2, "fed in spite of the stall: the turn before it is told of, once"
    finally:
        go_on()
    assert supervisor.wait("WATCHDOG=1")

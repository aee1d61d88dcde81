"""Two readers, one meaning: llhttp, which Node reads HTTP with, must find in what the proxy sends upstream exactly the
requests that the proxy answered, each with its target and its body, whatever was sent to the proxy.
"""
import base64
import json
import pathlib
import random
import shutil
import subprocess
import threading

import pytest

import wire
from conftest import FEW_RULES, Candor
from fakes import FakeModel
from test_conformance import CASES, CHUNKED, HELLO, HOST, chunks, disguises, get, post
from wire_peers import corpus, send_raw

INSTALLED_RULES = FEW_RULES

LLHTTP = pathlib.Path("/usr/share/llhttp")
INCLUDE = pathlib.Path("/usr/share/include/llhttp")
MUTANTS = 3000


class Recorded:
    """A socket that keeps what was read from it."""

    def __init__(self, sock):
        self.sock, self.bytes = sock, b""

    def recv(self, size):
        data = self.sock.recv(size)
        self.bytes += data
        return data

    def __getattr__(self, name):
        return getattr(self.sock, name)


class RecordingModel(FakeModel):
    """Answers everything, and keeps the bytes of each connection with the requests read from them."""

    def __init__(self):
        self.connections = []
        super().__init__(self.answer)

    def _serve(self, sock):
        recorded = Recorded(sock)
        self.connections.append(recorded)
        super()._serve(recorded)

    @staticmethod
    def answer(request, connection):
        connection.head(200, length=2)
        connection.send(b"" if request.method == "HEAD" else b"{}")


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    compiler = shutil.which("cc")
    if not compiler or not LLHTTP.exists():
        print("SKIPPED: node-llhttp is not installed")
        pytest.skip("node-llhttp is not installed")
    program = tmp_path_factory.mktemp("llhttp") / "reader"
    sources = [str(LLHTTP / name) for name in ("llhttp.c", "api.c", "http.c")]
    subprocess.run([compiler, "-O0", "-I", str(INCLUDE), "-o", str(program), str(pathlib.Path(__file__).parent / "llhttp_reader.c"),
                    *sources], check=True)
    return program


@pytest.fixture
def behind(tmp_path):
    model = RecordingModel()
    proxy = Candor(tmp_path, {
        "listen": [{"address": "127.0.0.1:0", "paths": ["/"]}], "admin": {"address": "127.0.0.1:0"}, "workers": 1,
        "models": {"warm": {"url": model.url}, "original": {"url": model.url, "model": "base"}},
        "shadow": {"sample": {"default": 0}}, "store": {"url": f"sqlite:{tmp_path}/candor.db"}, "log": {"format": "json"}})
    yield proxy, model
    proxy.stop()
    model.close()


def mutants():
    """Requests with a few bytes changed, dropped, doubled, or taken from one another; the same ones in every run."""
    dice = random.Random(9112)
    parents = [get(), post(HELLO), chunks(b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX: y\r\n\r\n"), get() + post(HELLO) + get(),
               post(b"Expect: 100-continue\r\n" + HELLO), b"HEAD /v1/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
               post(b"Connection: close, x\r\nX: y\r\n" + CHUNKED + b"\r\n1\r\na\r\n0\r\n\r\n") + get()]
    strange = [b"\r\n", b"\n", b"\r", b" ", b"\t", b"\0", b":", b",", b";", b"0", b"5", b"\x0b", b"\xff", b"Transfer-Encoding: chunked\r\n",
               b"Content-Length: 3\r\n", b"Host: a\r\n", b"GET /v1/hidden HTTP/1.1\r\n", HOST, b"0\r\n\r\n", b"chunked", b"_", b"-"]
    for _ in range(MUTANTS):
        request = bytearray(dice.choice(parents))
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(request))
            kind = dice.randrange(4)
            if kind == 0:
                request[at:at] = dice.choice(strange)
            elif kind == 1:
                request[at:at + dice.randint(1, 4)] = b""
            elif kind == 2:
                request[at:at + 1] = dice.choice(strange)
            else:
                other = dice.choice(parents)
                cut = dice.randrange(len(other))
                request[at:at] = other[cut:cut + dice.randint(1, 40)]
            request = request or bytearray(b"G")
        yield bytes(request)


def from_corpora():
    for name in ("h1spec.jsonl", "llhttp-fixtures.jsonl"):
        for line in corpus(name).splitlines():
            yield base64.b64decode(json.loads(line)["request_b64"])


def check(behind, reader, requests):
    """Sends them all, and lets llhttp count."""
    proxy, model = behind
    answered, lock = [0], threading.Lock()

    def send(part):
        for request in part:
            got, _, _ = send_raw(proxy.data, request)
            with lock:
                answered[0] += got.count(200)
    threads = [threading.Thread(target=send, args=(requests[i::4],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    read = []
    for connection in model.connections:
        done = subprocess.run([reader], input=connection.bytes, capture_output=True, timeout=wire.PATIENCE, check=False)
        assert done.returncode == 0, (done.stdout[-100:], connection.bytes[-500:])
        read += done.stdout.decode().split("\n")[:-1]  # what a client broke off has no end of line
    seen = [f"{request.target.encode('latin-1').hex()} {request.method} {request.body.hex()}" for request in model.requests]
    assert sorted(seen) == sorted(read)
    assert len(seen) >= answered[0] > 0
    return answered[0]


def test_llhttp_reads_every_rules_requests_as_the_proxy_meant_them(behind, reader):
    count = check(behind, reader, [row[1] for row in CASES])
    assert count == sum(200 in row[2] for row in CASES)


def test_llhttp_reads_what_is_left_of_mutants_as_the_proxy_meant_them(behind, reader):
    assert check(behind, reader, list(mutants())) > MUTANTS / 20


def test_llhttp_reads_what_is_left_of_the_corpora_as_the_proxy_meant_it(behind, reader):
    check(behind, reader, list(from_corpora()))


def test_llhttp_finds_nothing_behind_the_disguises_of_transfer_encoding(behind, reader):
    fields = list(dict.fromkeys(disguises()))[::7]
    hidden = b"0\r\n\r\nGET /v1/hidden HTTP/1.1\r\n" + HOST + b"\r\n"
    requests = [post(field + b"\r\nContent-Length: %d\r\n\r\n" % len(hidden)) + hidden for field in fields]
    check(behind, reader, requests + [get()])
    assert not [request for request in behind[1].requests if request.target == "/v1/hidden"]

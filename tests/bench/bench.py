#!/usr/bin/env python3
"""The live path beside nginx, in one run, on loopback: what README.md reports.

    tests/bench/bench.py [--rounds N] [ROW...]      # without names, every row; --list names them

It needs gcc, nginx, openssl and a built candor (CANDOR, default build/candor). Rounds are interleaved, and what is told is
the median: on a machine that is not alone, trust the ratios.
"""
import argparse
import contextlib
import os
import pathlib
import resource
import socket
import statistics
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True
from lab import BODY, Lab, ask, connect, until

ROWS = {}
KB, MIB = 1024, 1 << 20


def row(function):
    ROWS[function.__name__.replace("_", "-")] = function
    return function


def tell(figure, wanted, nginx, candor):
    print(f"| {figure} | {wanted} | {nginx} | {candor} |", flush=True)


def median(values):
    return statistics.median(list(values))


def ratios(rounds, name, field):
    """The median over the rounds of name's value by nginx's in the same round."""
    return median(each[name][field] / each["nginx"][field] for each in rounds)


# ---- cost ----

@row
def chat(lab, rounds):
    proxies = [lab.nginx(), lab.candor("on"), lab.candor("off", share=0)]
    seen = []
    for proxy in proxies:
        lab.load(proxy.port, 32, 5000)
    for _ in range(rounds):
        seen.append({})
        for proxy in proxies:
            before = proxy.cpu_us()
            done = lab.load(proxy.port, 32, 10**9, "seconds=2")
            seen[-1][proxy.name] = {"cpu": (proxy.cpu_us() - before) / done["done"], "rate": done["done"] / done["seconds"]}
    middle = lambda name, field: median(each[name][field] for each in seen)
    tell("CPU of a small chat completion, tap on, 10 % shadowed", "≤ 1.1 × nginx", f"{middle('nginx', 'cpu'):.1f} µs",
         f"{middle('on', 'cpu'):.1f} µs, {ratios(seen, 'on', 'cpu'):.2f} ×")
    tell("the same, tap off", "≤ 0.9 × nginx", f"{middle('nginx', 'cpu'):.1f} µs",
         f"{middle('off', 'cpu'):.1f} µs, {ratios(seen, 'off', 'cpu'):.2f} ×")
    tell("chat completions a second, 32 connections, tap on", "≥ 0.95 × nginx", f"{middle('nginx', 'rate'):.0f}",
         f"{middle('on', 'rate'):.0f}, {ratios(seen, 'on', 'rate'):.2f} ×")


@row
def streams(lab, rounds):
    proxies = [lab.nginx(), lab.candor("candor")]
    for count in (20, 50):
        seen = []
        for _ in range(rounds):
            seen.append({"direct": lab.load(lab.model_port, count, count, "stream", "pace=10000")})
            for proxy in proxies:
                before = proxy.cpu_us()
                done = lab.load(proxy.port, count, count, "stream", "pace=10000")
                seen[-1][proxy.name] = {**done, "cpu": (proxy.cpu_us() - before) / done["samples"]}
        added = lambda name, field: median(each[name][field] - each["direct"][field] for each in seen)
        tell(f"event delay added, {count} streams, p50", "≤ nginx + 25 µs", f"{added('nginx', 'p50'):.0f} µs",
             f"{added('candor', 'p50'):.0f} µs")
        tell(f"event delay, {count} streams, p99", "≤ 1.2 × nginx", f"{median(each['nginx']['p99'] for each in seen):.0f} µs",
             f"{median(each['candor']['p99'] for each in seen):.0f} µs, {ratios(seen, 'candor', 'p99'):.2f} ×")
        if count == 50:
            tell("CPU of a relayed stream event", "≤ 1.1 × nginx", f"{median(each['nginx']['cpu'] for each in seen):.1f} µs",
                 f"{median(each['candor']['cpu'] for each in seen):.1f} µs, {ratios(seen, 'candor', 'cpu'):.2f} ×")


@row
def two_loops(lab, rounds):
    """Client, model and proxy share the cores, so the rate cannot double; what one exchange costs can stay the same."""
    proxies = [lab.candor("one", core=None), lab.candor("two", workers=2, core=None)]
    seen = []
    for _ in range(rounds):
        seen.append({})
        for proxy in proxies:
            before = proxy.cpu_us()
            done = lab.load(proxy.port, 64, 10**9, "seconds=2")
            seen[-1][proxy.name] = (proxy.cpu_us() - before) / done["done"]
    tell("two loops: work a second of processor, by that of one", "≥ 1.7", "–",
         f"{median(2 * each['one'] / each['two'] for each in seen):.2f}")


# ---- memory ----

@row
def idle(lab, _rounds):
    for tls, count, wanted in ((False, 2000, "≤ 3 KB"), (True, 500, "≤ 18 KB")):
        figures = []
        for proxy in (lab.nginx(), lab.candor("candor")):
            port = proxy.tls_port if tls else proxy.port
            for _ in range(20):
                with contextlib.closing(connect(port, tls)) as client:
                    ask(client)
            before = proxy.settled_memory()
            clients = [connect(port, tls) for _ in range(count)]
            for client in clients:
                ask(client)
            figures.append((proxy.settled_memory() - before) / count / KB)
            for client in clients:
                client.close()
            proxy.stop()
        tell(f"memory of an idle connection, {'TLS' if tls else 'plain'}", wanted, f"{figures[0]:.1f} KB", f"{figures[1]:.1f} KB")


@row
def crowd(lab, rounds):
    proxy = lab.candor("candor")
    alone, beside = [], []
    for _ in range(rounds):
        alone.append(lab.load(proxy.port, 100, 100, "stream", "pace=10000")["p99"])
        clients = [connect(proxy.port) for _ in range(9000)]
        for client in clients:
            ask(client)
        beside.append(lab.load(proxy.port, 100, 100, "stream", "pace=10000")["p99"])
        for client in clients:
            client.close()
    tell("p99 of 100 streams beside 9,000 idle connections", "≤ +20 %", "–",
         f"{median(alone):.0f} → {median(beside):.0f} µs, {100 * (median(b / a for a, b in zip(alone, beside)) - 1):+.0f} %")


@row
def stalled(lab, _rounds):
    figures = []
    for proxy in (lab.nginx(), lab.candor("candor")):
        with contextlib.closing(connect(proxy.port)) as client:
            ask(client)
        before = proxy.settled_memory()
        clients = [connect(proxy.port) for _ in range(16)]
        for client in clients:
            client.sendall(b"GET /v1/big HTTP/1.1\r\nHost: bench\r\n\r\n")
            client.recv(100)
        figures.append((proxy.settled_memory() - before) / len(clients) / KB)
        for client in clients:
            client.close()
        proxy.stop()
    tell("memory of a reader stalled on a 1 GiB answer", "≤ 256 KB", f"{figures[0]:.0f} KB", f"{figures[1]:.0f} KB")


@row
def large_body(lab, _rounds):
    size = 20 * MIB
    figures = []
    limits = {"limits": {"tap": "64MiB"}}
    for proxy in (lab.nginx(), lab.candor("off", share=0), lab.candor("on", share=1, **limits)):
        with contextlib.closing(connect(proxy.port)) as client:
            ask(client)
            before = proxy.settled_memory()
            pathlib.Path(f"/proc/{proxy.pid}/clear_refs").write_text("5")  # the peak from here on
            body = BODY[:-3] + b"x" * (size - len(BODY)) + BODY[-3:]
            ask(client, b"POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            figures.append((proxy.memory("VmHWM") - before) / size)
        proxy.stop()
    tell("peak memory of a 20 MiB request body, in bodies: tap off, tap on", "≤ 1 copy", f"{figures[0]:.2f}",
         f"{figures[1]:.2f}, {figures[2]:.2f}")


# ---- behaviour ----

class Upstream:
    """Calls serve(socket, number of the request on its connection) for each request; False ends the connection."""

    def __init__(self, serve):
        self.serve, self.requests = serve, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.run, args=(client,), daemon=True).start()

    def run(self, client):
        number, got = 0, b""
        with client, contextlib.suppress(OSError):
            while True:
                while BODY not in got:
                    part = client.recv(65536)
                    if not part:
                        return
                    got += part
                got = b""
                number += 1
                self.requests += 1
                if self.serve(client, number) is False:
                    return


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@row
def hang_up(lab, _rounds):
    from lab import REQUEST
    asked, gone = threading.Event(), threading.Event()
    when = []

    def serve(first_byte):
        def behave(client, _number):
            if first_byte:
                client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            asked.set()
            with contextlib.suppress(OSError):
                client.recv(1)
            when.append(time.monotonic())
            gone.set()
            return False
        return behave
    for first_byte in (False, True):
        proxy = lab.candor("candor", model_port=Upstream(serve(first_byte)).port)
        delays = []
        for turn in range(100):
            asked.clear(), gone.clear()
            client = connect(proxy.port)
            client.sendall(REQUEST)
            asked.wait(30)
            if first_byte:
                client.recv(65536)
            if turn % 2:  # half of them end with a reset
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            left = time.monotonic()
            client.close()
            assert gone.wait(30), "the hang-up never reached the model"
            delays.append((when.pop() - left) * 1000)
        delays.sort()
        tell(f"client's hang-up to the model's close, {'after' if first_byte else 'before'} the first byte, p99", "≤ 100 ms",
             "–", f"{delays[98]:.1f} ms (p50 {delays[49]:.1f})")
        proxy.stop()


@row
def tls_first(lab, _rounds):
    figures = []
    for proxy in (lab.nginx(), lab.candor("candor")):
        times = []
        for _ in range(100):
            with contextlib.closing(connect(proxy.tls_port, tls=True)) as client:
                start = time.monotonic()
                ask(client)
                times.append((time.monotonic() - start) * 1000)
        figures.append(median(times))
    tell("first request on a TLS connection", "≤ 1 ms", f"{figures[0]:.2f} ms", f"{figures[1]:.2f} ms")


@row
def copies(lab, _rounds):
    """The second request on a connection finds it dying: the model reads it, and closes without a word."""
    def serve(client, number):
        if number > 1:
            return False
        client.sendall(ANSWER)
        return True
    figures = []
    for start in (lab.nginx, lambda port: lab.candor("candor", model_port=port)):
        upstream = Upstream(serve)
        proxy = start(upstream.port)
        with contextlib.closing(connect(proxy.port)) as client:
            ask(client)
            before = upstream.requests
            with contextlib.suppress(AttributeError):
                ask(client)
            time.sleep(0.5)
            figures.append(upstream.requests - before)
        proxy.stop()
    tell("copies of one POST when a pooled connection dies", "exactly 1", f"{figures[0]}", f"{figures[1]}")


@row
def side_faults(lab, rounds):
    """The same load on proxies whose original model is sound, down, hanging, slow or without an end."""
    def hanging(client, _number):
        client.recv(1)
        return False

    def slow(client, _number):
        client.sendall(ANSWER[:20])
        time.sleep(600)

    def huge(client, _number):
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n")
        while True:
            client.sendall(bytes(65536))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        down = listener.getsockname()[1]
    ports = {"sound": None, "down": down, **{serve.__name__: Upstream(serve).port for serve in (hanging, slow, huge)}}
    proxies = [lab.candor(name, original=f"http://127.0.0.1:{port}/v1" if port else None) for name, port in ports.items()]
    seen = []
    for proxy in proxies:
        lab.load(proxy.port, 8, 500)
    for turn in range(rounds):
        order = proxies[turn % len(proxies):] + proxies[:turn % len(proxies)]  # nobody is always the first
        seen.append({proxy.name: lab.load(proxy.port, 8, 10**9, "seconds=2", "pause=4") for proxy in order})
    for name in list(ports)[1:]:
        shift = {field: median(each[name][field] - each["sound"][field] for each in seen) for field in ("p50", "p99")}
        base = {field: median(each["sound"][field] for each in seen) for field in ("p50", "p99")}
        tell(f"shift of the client's p50 and p99, original {name}", "≤ 3 % or 0.1 ms", "–",
             ", ".join(f"{shift[field]:+.0f} µs ({100 * shift[field] / base[field]:+.0f} %)" for field in shift))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("rows", nargs="*", help="rows to measure")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list:
        print(*ROWS, sep="\n")
        return
    unknown = set(options.rows) - set(ROWS)
    if unknown:
        parser.error(f"there is no row {', '.join(unknown)}: {' '.join(ROWS)}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before the start\n")
    print("| figure | wanted | nginx | candor |\n|---|---|---|---|")
    for name in options.rows or ROWS:
        lab = Lab()
        try:
            ROWS[name](lab, options.rounds)
        finally:
            lab.close()


main()

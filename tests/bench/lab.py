"""What the benchmark measures with: the model, nginx and candor as processes on loopback, and what they cost."""
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
BINARY = os.environ.get("CANDOR", str(TOP / "build" / "candor"))
TWO_CORES = os.cpu_count() > 1 and shutil.which("taskset")


def on_core(core, command):
    """The load has one core and the proxies the other, so that neither takes the other's time."""
    return ["taskset", "-c", str(core), *command] if TWO_CORES and core is not None else list(command)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def until(probe, what, seconds=30):
    end = time.monotonic() + seconds
    while not (value := probe()):
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not come")
        time.sleep(0.05)
    return value


class Proxy:
    """A process in front of the model, and what it has used."""

    def __init__(self, name, process, pid, port, tls_port=None):
        self.name, self.process, self.pid, self.port, self.tls_port = name, process, pid, port, tls_port

    def cpu_us(self):
        """Time on a processor of all threads that live, to the nanosecond where utime counts in hundredths."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total / 1000

    def memory(self, field="VmRSS"):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+)", status, re.M).group(1)) * 1024

    def settled_memory(self):
        """The resident memory once it has stopped to move."""
        seen = [-1]

        def still():
            seen.append(self.memory())
            time.sleep(0.2)
            return seen[-1] == seen[-2]
        until(still, "settled memory", 60)
        return seen[-1]

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class Lab:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="candor-bench-"))
        self.started, self.count = [], 0
        for program in ("model", "load"):
            subprocess.run(["gcc", "-std=c17", "-D_GNU_SOURCE", "-O2", "-o", self.folder / program, HERE / f"{program}.c"],
                           check=True)
        self.model_port = self.model()
        self.certificate, self.key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", self.key, "-out", self.certificate, "-days", "2", "-subj", "/CN=localhost"],
                       check=True, capture_output=True)

    def close(self):
        for process in reversed(self.started):
            if process.poll() is None:
                process.terminate()
                process.wait(60)
        shutil.rmtree(self.folder)

    def model(self):
        process = subprocess.Popen(on_core(0, [str(self.folder / "model")]), stdout=subprocess.PIPE, text=True)
        self.started.append(process)
        return int(process.stdout.readline())

    def load(self, port, connections, requests, *more):
        """Runs the clients to their end; what they print as a dictionary of numbers."""
        done = subprocess.run(on_core(0, [str(self.folder / "load"), str(port), str(connections), str(requests), *more]),
                              capture_output=True, text=True, check=True)
        words = done.stdout.split()
        result = {name: float(value) for name, value in zip(words[::2], words[1::2])}
        assert result["done"] and not result["failed"], done.stdout
        return result

    def nginx(self, model_port=None):
        port, tls_port, place = free_port(), free_port(), self.folder / "nginx"
        place.mkdir(exist_ok=True)
        temporary = "".join(f"{kind}_temp_path {place}/{kind};" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (place / "nginx.conf").write_text(f"""
            daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid {place}/pid; error_log {place}/error.log warn;
            events {{ worker_connections 20000; }}
            http {{
              access_log off; {temporary} keepalive_requests 100000000; keepalive_timeout 300; client_max_body_size 1g;
              proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering off;
              tcp_nodelay on;
              upstream model {{ server 127.0.0.1:{model_port or self.model_port}; keepalive 256;
                                keepalive_requests 100000000; }}
              server {{ listen 127.0.0.1:{port}; listen 127.0.0.1:{tls_port} ssl; ssl_certificate {self.certificate};
                        ssl_certificate_key {self.key}; location /v1/ {{ proxy_pass http://model; }} }} }}""")
        process = subprocess.Popen(on_core(1, ["nginx", "-c", str(place / "nginx.conf"), "-p", str(place)]),
                                   stderr=subprocess.DEVNULL)
        self.started.append(process)
        until(lambda: open_port(port), "nginx")
        worker = int(subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()[0])
        return Proxy("nginx", process, worker, port, tls_port)

    def candor(self, name, share=0.1, model_port=None, original=None, workers=1, core=1, under=(), **sections):
        self.count += 1
        folder = self.folder / f"candor-{self.count}"
        folder.mkdir()
        warm = f"http://127.0.0.1:{model_port or self.model_port}/v1"
        config = {
            "listen": [{"address": "127.0.0.1:0"},
                       {"address": "127.0.0.1:0", "tls": {"certificate": str(self.certificate), "key": str(self.key)}}],
            "admin": {"address": "127.0.0.1:0"}, "workers": workers,
            "models": {"warm": {"url": warm},
                       "original": {"url": original or f"http://127.0.0.1:{self.model_port}/v1", "model": "base"}},
            "shadow": {"sample": {"default": share}}, "store": {"url": f"sqlite:{folder}/candor.db"},
            "log": {"level": "info", "format": "json"}, **sections}
        (folder / "candor.yaml").write_text(json.dumps(config))
        with open(folder / "log", "w") as log:
            process = subprocess.Popen(on_core(core, [*under, BINARY, "serve", "-c", str(folder / "candor.yaml")]), stderr=log,
                                       env={**os.environ, "CANDOR_RULES_DIR": str(TOP / "rules")})
        self.started.append(process)

        def ports():
            lines = [json.loads(line) for line in (folder / "log").read_text().splitlines() if line.startswith("{")]
            found = [int(line["address"].rsplit(":", 1)[1]) for line in lines
                     if line["event"] == "listening" and line["plane"] == "data"]
            return found if len(found) == 2 else None
        port, tls_port = until(ports, "candor", 300)
        until(lambda: open_port(port), "candor")
        return Proxy(name, process, process.pid, port, tls_port)


def open_port(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


BODY = b'{"model":"m","messages":[{"role":"user","content":"Hi."}]}'
REQUEST = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
           b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY))


def connect(port, tls=False):
    client = socket.create_connection(("127.0.0.1", port), 30)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not tls:
        return client
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(client)


def ask(client, request=REQUEST):
    """One small request and its whole answer."""
    client.sendall(request)
    got = b""
    while b"\r\n\r\n" not in got:
        part = client.recv(65536)
        assert part, "the connection ended before the answer"
        got += part
    head, body = got.split(b"\r\n\r\n", 1)
    length = int(re.search(rb"content-length: (\d+)", head, re.I).group(1))
    while len(body) < length:
        body += client.recv(65536)
    return head

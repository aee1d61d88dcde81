"""HTTP/1.1 as the tests need it: sent byte by byte, read without mercy.

No library, because a library would repair what a test wants to see: how a body was framed, whether it ended cleanly
or was cut, and exactly which bytes came.
"""
import contextlib
import json
import socket

# Seconds until a test gives up on a peer. Nothing here waits that long when all is well; under a thread sanitizer, on a machine that
# others keep busy, a start with all shipped packs alone has taken thirty.
PATIENCE = 120


class Broken(Exception):
    """The peer ended before its message did."""


class Reader:
    """Reads lines and counts of bytes from a socket."""

    def __init__(self, sock):
        self.sock = sock
        self.kept = b""

    def more(self):
        try:
            data = self.sock.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            raise Broken(self.kept)
        self.kept += data

    def line(self):
        while b"\r\n" not in self.kept:
            self.more()
        line, self.kept = self.kept.split(b"\r\n", 1)
        return line

    def exactly(self, count):
        while len(self.kept) < count:
            self.more()
        data, self.kept = self.kept[:count], self.kept[count:]
        return data

    def head(self):
        """The first line and the fields, names in lower case, in order."""
        first = self.line()
        fields = []
        while line := self.line():
            name, value = line.split(b":", 1)
            fields.append((name.decode("latin-1").lower(), value.strip().decode("latin-1")))
        return first.decode("latin-1"), fields

    def body(self, fields, until_close):
        """Yields the pieces of a body as they come; ends cleanly or raises Broken."""
        headers = dict(fields)
        if "chunked" in headers.get("transfer-encoding", ""):
            while size := int(self.line().split(b";")[0], 16):
                yield self.exactly(size)
                if self.line():
                    raise Broken("a chunk is longer than it said")
            while self.line():
                pass
        elif "content-length" in headers:
            left = int(headers["content-length"])
            while left:
                if not self.kept:
                    self.more()
                piece = self.exactly(min(left, len(self.kept)))
                left -= len(piece)
                yield piece
        elif until_close:
            try:
                while True:
                    if self.kept:
                        yield self.exactly(len(self.kept))
                    self.more()
            except Broken:
                return


class Reply:
    """What a client got. `clean` is false when the body was cut short."""

    def __init__(self, status, fields, body, clean):
        self.status, self.fields, self.body, self.clean = status, fields, body, clean
        self.headers = dict(fields)

    def json(self):
        return json.loads(self.body)

    def error_code(self):
        error = self.json()["error"]
        assert set(error) == {"message", "type", "param", "code"} and error["type"] == "candor_error", error
        return error["code"]


def connect(address):
    host, port = address.rsplit(":", 1)
    sock = socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def request_bytes(method, target, body=b"", headers=()):
    lines = [f"{method} {target} HTTP/1.1", "host: localhost"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body or method == "POST":
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def read_reply(reader, method="GET"):
    status = 100
    while status < 200 and status != 101:
        first, fields = reader.head()
        status = int(first.split(" ")[1])
    body, clean = b"", True
    if method != "HEAD" and status not in (204, 304):
        try:
            for piece in reader.body(fields, until_close=True):
                body += piece
        except Broken:
            clean = False
    return Reply(status, fields, body, clean)


def is_accepted(sock):
    """Whether the peer of this connection on loopback has taken it out of the kernel's queue: an inode is then its own."""
    ours, theirs = (f":{port:04X}" for port in (sock.getsockname()[1], sock.getpeername()[1]))
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table]
    return any(row[1].endswith(theirs) and row[2].endswith(ours) and row[9] != "0" for row in rows)


def exchange(address, method, target, body=b"", headers=()):
    """One request on a connection of its own, and its reply."""
    with connect(address) as sock:
        sock.sendall(request_bytes(method, target, body, headers))
        return read_reply(Reader(sock), method)


def get(address, target, headers=()):
    return exchange(address, "GET", target, b"", headers)


def chat_body(text, **more):
    messages = text if isinstance(text, list) else [{"role": "user", "content": text}]
    return json.dumps({"model": "any", "messages": messages, **more}, ensure_ascii=False).encode()


def chat(address, text, headers=(), **more):
    headers = (("content-type", "application/json"), *headers)
    return exchange(address, "POST", "/v1/chat/completions", chat_body(text, **more), headers)


@contextlib.contextmanager
def stream(address, text):
    """The pieces of a streamed answer, as they come; its connection is closed with the block."""
    with connect(address) as sock:
        sock.sendall(request_bytes("POST", "/v1/chat/completions", chat_body(text, stream=True)))
        reader = Reader(sock)
        _, fields = reader.head()
        yield reader.body(fields, until_close=True)

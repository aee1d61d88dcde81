"""Fake models on loopback: scripted answers, and every way of failing that a real one has.

A fake is a function from a request to what happens on the connection. It runs on a thread of its own for each
connection, so a hanging one holds nobody up.
"""
import json
import re
import socket
import struct
import threading

from wire import PATIENCE, Broken, Reader


class Request:
    def __init__(self, first, fields, body):
        self.method, self.target, _ = first.split(" ", 2)
        self.fields, self.headers, self.body = fields, dict(fields), body

    def json(self):
        return json.loads(self.body)

    def question(self):
        """The last user message."""
        return [turn["content"] for turn in self.json()["messages"] if turn["role"] == "user"][-1]

    def streams(self):
        return bool(self.json().get("stream"))


class FakeModel:
    """Serves `behave(request, connection)` until closed; keeps the requests it saw and who hung up on it."""

    def __init__(self, behave, port=0):
        self.behave = behave
        self.requests, self.hangups = [], 0
        self.changed = threading.Condition()
        self.closed = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.url = f"http://{self.address}/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(sock, self)
        try:
            while True:
                first, fields = connection.reader.head()
                body = b"".join(connection.reader.body(fields, until_close=False))
                request = Request(first, fields, body)
                connection.method = request.method
                with self.changed:
                    self.requests.append(request)
                    self.changed.notify_all()
                if self.behave(request, connection) is False:
                    break
        except (Broken, OSError):
            pass
        finally:
            sock.close()

    def note_hangup(self):
        with self.changed:
            self.hangups += 1
            self.changed.notify_all()

    def wait(self, ready):
        """Waits until ready(self) holds."""
        with self.changed:
            assert self.changed.wait_for(lambda: ready(self), PATIENCE), "the fake model waited in vain"

    def close(self):
        self.closed.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread
        except OSError:
            pass
        self.listener.close()


class Connection:
    def __init__(self, sock, model):
        self.sock, self.model, self.reader = sock, model, Reader(sock)
        self.method = ""  # of the request that is being answered

    def send(self, data):
        self.sock.sendall(data)

    def head(self, status=200, fields=(), length=None):
        lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in fields)]
        lines.append("transfer-encoding: chunked" if length is None else f"content-length: {length}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")

    def whole(self, body, status=200, fields=(("content-type", "application/json"),)):
        self.head(status, fields, len(body))
        if self.method != "HEAD":  # else the bytes would stand before the next answer
            self.send(body)

    def chunk(self, data):
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self):
        self.send(b"0\r\n\r\n")

    def hang(self):
        """Says nothing until the peer leaves, and notes that it left."""
        self.sock.settimeout(0.2)
        while not self.model.closed.is_set():
            try:
                if not self.sock.recv(65536):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.model.note_hangup()
        return False

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False


# ---- what a chat model says ----

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


def completion(text, model="fake", finish="stop"):
    return json.dumps({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": USAGE}, ensure_ascii=False).encode()


def events(text, model="fake", finish="stop"):
    """The server-sent events of a streamed answer, one word a piece."""
    def event(delta, reason=None):
        chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model,
                 "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"
    pieces = re.findall(r"\S+\s*|\s+", text)
    return [event({"role": "assistant", "content": ""}), *(event({"content": piece}) for piece in pieces),
            event({}, finish), b"data: [DONE]\n\n"]


def says(answer):
    """A sound model: `answer` is a text, or a function from the question to one."""
    def behave(request, connection):
        if not request.target.startswith("/v1/chat/completions"):
            return connection.whole(json.dumps({"path": request.target}).encode())
        text = answer(request.question()) if callable(answer) else answer
        if not request.streams():
            return connection.whole(completion(text))
        connection.head(200, [("content-type", "text/event-stream")])
        for event in events(text):
            connection.chunk(event)
        return connection.end()
    return behave


# ---- a judge that knows the truth ----

def fenced_answers(prompt):
    """The two answers as the judge is shown them, between fences that carry a nonce."""
    found = {}
    for letter in "AB":
        match = re.search(rf"^<answer-{letter}-([0-9a-f]{{8}})>\n(.*?)\n</answer-{letter}-\1>$", prompt, re.S | re.M)
        assert match, f"no answer {letter} between fences in: {prompt}"
        found[letter.lower()] = match.group(2)
    return found


def judgement(**fields):
    answer = {"claim_a": "", "answers_a": "direct", "stance_a": "none", "claim_b": "", "answers_b": "direct",
              "stance_b": "none", "relation": "same", "supported": "both", "sure": "high"}
    return json.dumps({**answer, **fields})


def judges(decide):
    """decide(answer_a, answer_b, prompt) gives the fields of the judgement."""
    def behave(request, connection):
        prompt = "\n".join(turn["content"] for turn in request.json()["messages"])
        shown = fenced_answers(prompt)
        connection.whole(completion(judgement(**decide(shown["a"], shown["b"], prompt)), model="judge"))
    return behave


def judges_by_truth(right):
    """An answer that contains `right` is right; where exactly one is, they contradict and it has the facts."""
    def decide(a, b, _prompt):
        a_right, b_right = right in a, right in b
        if a_right == b_right:
            return {"relation": "same", "supported": "both" if a_right else "neither"}
        return {"relation": "contradictory", "supported": "a" if a_right else "b"}
    return judges(decide)


# ---- a rewriter ----

def fenced(prompt, name):
    """What stands between the fences <name-nonce> and </name-nonce>."""
    match = re.search(rf"^<{name}-([0-9a-f]{{8}})>\n(.*?)\n</{name}-\1>$", prompt, re.S | re.M)
    assert match, f"no {name} between fences in: {prompt}"
    return match.group(2)


def rewrites(change):
    """A rewriter of answers: change(answer) gives the warm one."""
    def behave(request, connection):
        connection.whole(completion(change(fenced(request.question(), "answer")), model="rewriter"))
    return behave


# ---- ways to fail ----

def streams_held(go_on):
    """One event, and the other one when the test says so."""
    def behave(_request, connection):
        connection.head(200, [("content-type", "text/event-stream")])
        connection.chunk(b"data: one\n\n")
        assert go_on.wait(PATIENCE)
        connection.chunk(b"data: two\n\n")
        connection.end()
    return behave


def hangs(_request, connection):
    return connection.hang()


def refuses(_request, connection):
    return connection.reset()


def fails(status, body=b'{"error":{"message":"overloaded","type":"server_error","param":null,"code":null}}', fields=()):
    def behave(_request, connection):
        connection.whole(body, status, (("content-type", "application/json"), *fields))
    return behave


def sends(data, then_reset=False):
    """Raw bytes, then the end of the connection."""
    def behave(_request, connection):
        connection.send(data)
        return connection.reset() if then_reset else False
    return behave


def closed_port():
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return "127.0.0.1:%d" % listener.getsockname()[1]


# ---- a classifier of natural language inference ----

def classifies(entails, separator="</s></s>", label="entailment"):
    """entails(premise, hypothesis) gives the probability that the one follows from the other. Speaks vLLM's /classify and
    TEI's /predict, by what it is asked."""
    def behave(request, connection):
        asked = request.json()
        if request.target == "/predict":
            pairs = asked["inputs"]
            answer = [sorted(({"label": name, "score": score} for name, score in
                              ((label, entails(*pair)), ("contradiction", 1 - entails(*pair)))),
                             key=lambda row: -row["score"]) for pair in pairs]
            return connection.whole(json.dumps(answer).encode())
        assert request.target == "/classify"
        data = []
        for index, text in enumerate(asked["input"]):
            premise, hypothesis = text.split(separator)
            score = entails(premise, hypothesis)
            data.append({"index": index, "label": label if score > .5 else "contradiction", "probs": [1 - score, score],
                         "num_classes": 2})
        return connection.whole(json.dumps({"object": "list", "model": asked.get("model"), "data": data,
                                            "usage": {"prompt_tokens": 40, "total_tokens": 40, "completion_tokens": 0}}).encode())
    return behave

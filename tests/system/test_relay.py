"""The live path: what the client gets is what the model sent, and the proxy keeps its own rules."""
import json
import threading

import pytest

import wire
from conftest import FEW_RULES, eventually
from fakes import completion, events, fails, hangs, says, streams_held

INSTALLED_RULES = FEW_RULES

ANSWER = "Die Hauptstadt ist “Ottawa” – ça va 🙂."


def test_a_whole_answer_arrives_byte_for_byte(fake, candor):
    proxy = candor(fake(says(ANSWER)))
    reply = wire.chat(proxy.data, "Hello?")
    assert reply.status == 200 and reply.clean
    assert reply.body == completion(ANSWER)


def test_a_streamed_answer_arrives_byte_for_byte(fake, candor):
    proxy = candor(fake(says(ANSWER)))
    reply = wire.chat(proxy.data, "Hello?", stream=True)
    assert reply.clean and reply.body == b"".join(events(ANSWER))
    assert reply.headers["content-type"] == "text/event-stream"


def test_each_event_leaves_before_the_next_one_comes(fake, candor):
    may_go_on = threading.Event()
    proxy = candor(fake(streams_held(may_go_on)))
    with wire.stream(proxy.data, "Hi") as pieces:
        assert next(pieces) == b"data: one\n\n"
        may_go_on.set()
        assert b"".join(pieces) == b"data: two\n\n"


STREAMS = {
    "LF": b"data: {\"a\":1}\n\ndata: [DONE]\n\n", "CRLF": b"data: 1\r\n\r\ndata: 2\r\n\r\n", "CR": b"data: 1\r\rdata: 2\r\r",
    "a byte order mark": b"\xef\xbb\xbfdata: 1\n\n", "comments": b": ping\n\ndata: 1\n\n: ping\n\n",
    "no final blank line": b"data: 1\n\ndata: 2", "no DONE": b"data: {}\n\n", "invalid JSON": b"data: {{{\n\n",
    "invalid UTF-8": b"data: \xff\xfe\x80\n\n", "no events at all": b"\x00\x01garbage\r\n",
}


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_split_at_any_byte_passes_untouched(fake, candor, stream):
    splits = iter(range(1, len(stream)))

    def behave(_request, connection):
        at = next(splits)
        connection.head(200, [("content-type", "text/event-stream")])
        connection.chunk(stream[:at])
        connection.chunk(stream[at:])
        connection.end()
    proxy = candor(fake(behave))
    for _ in range(1, len(stream)):
        reply = wire.chat(proxy.data, "Hi", stream=True)
        assert (reply.body, reply.clean) == (stream, True)


def test_the_request_arrives_at_the_model_byte_for_byte(fake, candor):
    warm = fake(says("fine"))
    proxy = candor(warm, shadow={"sample": {"default": 0}})
    body = b'{ "messages" : [ {"role":"user", "content":"\\u00e9 \\ud83d\\ude42"} ],\n"unknown":[1e400, {}], "messages2":null}  \n'
    wire.exchange(proxy.data, "POST", "/v1/chat/completions?x=%20y&z", body,
                  [("content-type", "application/json"), ("authorization", "Bearer mine"), ("x-thing", "a  b")])
    seen = warm.requests[0]
    assert seen.body == body
    assert seen.target == "/v1/chat/completions?x=%20y&z"
    assert seen.headers["authorization"] == "Bearer mine"
    assert seen.headers["x-thing"] == "a  b"


def test_a_chunked_request_arrives_whole(fake, candor):
    warm = fake(says("fine"))
    proxy = candor(warm)
    body = wire.chat_body("In pieces, please?")
    with wire.connect(proxy.data) as sock:
        sock.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                     b"transfer-encoding: chunked\r\n\r\n")
        for at in range(0, len(body), 7):
            piece = body[at:at + 7]
            sock.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        sock.sendall(b"0\r\n\r\n")
        assert wire.read_reply(wire.Reader(sock)).status == 200
    assert warm.requests[0].body == body


def test_hop_by_hop_and_control_headers_stay_behind(fake, candor):
    warm = fake(says("fine"))
    proxy = candor(warm)
    wire.chat(proxy.data, "Hi", headers=[("connection", "close, x-private"), ("x-private", "1"), ("keep-alive", "9"),
                                         ("x-candor-shadow", "off"), ("x-candor-anything", "1"), ("te", "trailers")])
    seen = warm.requests[0].headers
    assert not {"x-private", "keep-alive", "x-candor-shadow", "x-candor-anything"} & set(seen), seen


def test_the_models_headers_and_error_bodies_pass_as_they_are(fake, candor):
    body = b'{"error": {"message": "slow down",   "type": "tokens"}}'
    fields = (("retry-after", "7"), ("x-request-id", "req_1"), ("x-ratelimit-remaining-requests", "0"))
    proxy = candor(fake(fails(429, body, fields)))
    reply = wire.chat(proxy.data, "Hi")
    assert reply.status == 429 and reply.body == body
    assert all(reply.headers[name] == value for name, value in fields)


def test_every_answer_carries_the_exchanges_id(fake, candor):
    proxy = candor(fake(says("fine")))
    ids = {wire.chat(proxy.data, "Hi").headers["x-candor-id"] for _ in range(5)}
    assert len(ids) == 5


def test_any_path_under_v1_passes(fake, candor):
    warm = fake(says("fine"))
    proxy = candor(warm)
    for method, target in (("GET", "/v1/models"), ("DELETE", "/v1/files/x"), ("POST", "/v1/never/heard/of?a=b")):
        assert wire.exchange(proxy.data, method, target).status == 200
    assert [(seen.method, seen.target) for seen in warm.requests] == [
        ("GET", "/v1/models"), ("DELETE", "/v1/files/x"), ("POST", "/v1/never/heard/of?a=b")]


def test_a_path_outside_v1_is_answered_404_in_openais_shape(fake, candor):
    warm = fake(says("fine"))
    proxy = candor(warm)
    reply = wire.get(proxy.data, "/metrics")
    assert reply.status == 404
    assert reply.error_code()
    assert warm.requests == []


def test_a_connection_serves_many_requests_in_turn(fake, candor):
    proxy = candor(fake(says(lambda question: "about " + question)))
    with wire.connect(proxy.data) as sock:
        reader = wire.Reader(sock)
        for number in range(20):
            body = wire.chat_body(f"question {number}", stream=number % 2 == 1)
            sock.sendall(wire.request_bytes("POST", "/v1/chat/completions", body))
            reply = wire.read_reply(reader)
            expected = f"about question {number}"
            assert reply.body == (b"".join(events(expected)) if number % 2 else completion(expected))


def test_a_clients_hangup_reaches_the_model_at_once(fake, candor):
    warm = fake(hangs)
    proxy = candor(warm)
    sock = wire.connect(proxy.data)
    sock.sendall(wire.request_bytes("POST", "/v1/chat/completions", wire.chat_body("Hi", stream=True)))
    warm.wait(lambda model: model.requests)
    sock.close()
    warm.wait(lambda model: model.hangups == 1)


def test_a_hangup_in_the_middle_of_a_stream_reaches_the_model(fake, candor):
    def behave(_request, connection):
        connection.head(200, [("content-type", "text/event-stream")])
        connection.chunk(b"data: 1\n\n")
        return connection.hang()
    warm = fake(behave)
    proxy = candor(warm)
    sock = wire.connect(proxy.data)
    sock.sendall(wire.request_bytes("POST", "/v1/chat/completions", wire.chat_body("Hi", stream=True)))
    wire.Reader(sock).head()
    sock.close()
    warm.wait(lambda model: model.hangups == 1)


def test_many_clients_at_once_each_get_their_own_answer(fake, candor):
    proxy = candor(fake(says(lambda question: question * 3)), shadow={"sample": {"default": 0}})
    wrong = []

    def client(number):
        for turn in range(5):
            question = f"[{number}/{turn}] "
            reply = wire.chat(proxy.data, question, stream=turn % 2 == 0)
            want = b"".join(events(question * 3)) if turn % 2 == 0 else completion(question * 3)
            if reply.body != want:
                wrong.append(question)
    threads = [threading.Thread(target=client, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_huge_answer_reaches_a_slow_reader_whole(fake, candor):
    piece = bytes(range(256)) * 256

    def behave(_request, connection):
        connection.head(200, [("content-type", "application/octet-stream")])
        for _ in range(512):  # 32 MiB
            connection.chunk(piece)
        connection.end()
    proxy = candor(fake(behave))
    before = memory_of(proxy)
    with wire.connect(proxy.data) as sock:
        sock.sendall(wire.request_bytes("GET", "/v1/files/big/content"))
        reader = wire.Reader(sock)
        _, fields = reader.head()
        # Nothing is read while the model could send; then everything still comes.
        eventually(lambda: memory_of(proxy) - before < 16 << 20)
        total = sum(len(part) for part in reader.body(fields, until_close=True))
    assert total == 512 * len(piece)


def test_a_reader_that_stalls_holds_the_model_back(fake, candor):
    """What is on its way to a client that does not read lies in bounded buffers, whatever the answer's size."""
    size, sent, held = 1 << 30, [0], threading.Event()

    def behave(_request, connection):
        connection.head(200, [("content-type", "application/octet-stream")], length=size)
        connection.sock.settimeout(2)  # so long without room: nothing more is taken
        try:
            while sent[0] < size:
                sent[0] += connection.sock.send(bytes(1 << 16))
        except TimeoutError:
            pass
        held.set()
        return False
    proxy = candor(fake(behave))
    with wire.connect(proxy.data) as sock:
        sock.sendall(wire.request_bytes("GET", "/v1/files/big/content"))
        assert held.wait(wire.PATIENCE)
    assert 0 < sent[0] < 64 << 20, sent[0]


def memory_of(proxy):
    with open(f"/proc/{proxy.process.pid}/statm", encoding="ascii") as statm:
        resident = int(statm.read().split()[1]) * 4096
    return resident if "asan" not in str(proxy.process.args) and "tsan" not in str(proxy.process.args) else 0


def test_overlapping_streams_do_not_mix(fake, candor):
    gate = threading.Barrier(2, timeout=wire.PATIENCE)

    def behave(request, connection):
        connection.head(200, [("content-type", "text/event-stream")])
        for _ in range(10):
            gate.wait()
            connection.chunk(b"data: " + request.question().encode() + b"\n\n")
        connection.end()
    proxy = candor(fake(behave), shadow={"sample": {"default": 0}})
    replies = {}
    threads = [threading.Thread(target=lambda name=name: replies.update({name: wire.chat(proxy.data, name, stream=True)}))
               for name in ("left", "right")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, reply in replies.items():
        assert reply.body == b"data: " + name.encode() + b"\n\n" + (b"data: " + name.encode() + b"\n\n") * 9


def test_expect_100_continue_is_answered(fake, candor):
    warm = fake(says("fine"))
    proxy = candor(warm)
    body = wire.chat_body("Hi")
    with wire.connect(proxy.data) as sock:
        sock.sendall(wire.request_bytes("POST", "/v1/chat/completions", body,
                                        [("expect", "100-continue")])[:-len(body)])
        reader = wire.Reader(sock)
        first, _ = reader.head()
        assert " 100" in first
        sock.sendall(body)
        assert wire.read_reply(reader).status == 200


def test_the_live_answer_does_not_wait_for_the_original(fake, candor):
    original = fake(hangs)
    proxy = candor(fake(says("fine")), original, drain="200ms")
    for _ in range(20):
        assert wire.chat(proxy.data, "How are you?").status == 200
    original.wait(lambda model: model.requests)
    assert json.loads(wire.get(proxy.admin, "/api/status").body)["exchanges"] >= 20

"""What passes the live path passes byte for byte, whatever it is: every kind of body, every event, every cut."""
import concurrent.futures
import gzip
import json
import os
import random
import socket
import threading

import pytest

import wire
from conftest import FEW_RULES, eventually
from fakes import FakeModel
from wire_peers import drip, send_raw

INSTALLED_RULES = FEW_RULES

HOST = b"Host: localhost\r\n"
EVERYTHING = {"listen": [{"address": "127.0.0.1:0", "paths": ["/"]}], "shadow": {"sample": {"default": 0}}}

# The events of a Responses stream, family by family.
EVENTS = [f"response.{name}" for name in """
    created queued in_progress completed failed incomplete output_item.added output_item.done content_part.added
    content_part.done output_text.delta output_text.done output_text.annotation.added refusal.delta refusal.done
    reasoning_text.delta reasoning_text.done reasoning_summary_part.added reasoning_summary_part.done
    reasoning_summary_text.delta reasoning_summary_text.done function_call_arguments.delta function_call_arguments.done
    custom_tool_call_input.delta custom_tool_call_input.done file_search_call.in_progress file_search_call.searching
    file_search_call.completed web_search_call.in_progress web_search_call.searching web_search_call.completed
    code_interpreter_call.in_progress code_interpreter_call.interpreting code_interpreter_call.completed
    code_interpreter_call_code.delta code_interpreter_call_code.done image_generation_call.in_progress
    image_generation_call.generating image_generation_call.completed image_generation_call.partial_image
    mcp_call.in_progress mcp_call.completed mcp_call.failed mcp_call_arguments.delta mcp_call_arguments.done
    mcp_list_tools.in_progress mcp_list_tools.completed mcp_list_tools.failed audio.delta audio.done
    audio.transcript.delta audio.transcript.done shell_call_command.added shell_call_command.delta
    shell_call_command.done shell_call_output_content.delta""".split()] + ["error"]


def event(kind, number, end):
    data = json.dumps({"type": kind, "sequence_number": number, "delta": "Grüße \u2028 \\u0000 1.0e2", "n": 1.10},
                      ensure_ascii=False).encode()
    return b"event: " + kind.encode() + end + b"data: " + data + end + end


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_every_event_of_a_responses_stream_passes_untouched(fake, candor, end):
    assert len(EVENTS) >= 57
    stream = b"\xef\xbb\xbf: a comment" + end + b"".join(event(kind, i, end) for i, kind in enumerate(EVENTS))

    def behave(_request, connection):
        connection.head(200, [("content-type", "text/event-stream")])
        for i in range(0, len(stream), 97):
            connection.chunk(stream[i:i + 97])
        connection.end()
    proxy = candor(fake(behave), **EVERYTHING)
    body = json.dumps({"model": "any", "input": "Hi", "stream": True, "store": False}).encode()
    reply = wire.exchange(proxy.data, "POST", "/v1/responses", body, (("content-type", "application/json"),))
    assert (reply.status, reply.clean, reply.body) == (200, True, stream)


BODIES = {
    "gzip": gzip.compress(wire.chat_body("Hi " * 400), mtime=0),
    "br": b"\x1b\xff\x03\x00\xa4" + os.urandom(900),  # nobody here reads it: any bytes will do
    "zstd": b"\x28\xb5\x2f\xfd\x04" + bytes(range(256)) * 4,
    "gzip, br": bytes(range(256)) * 3,
    "unknown": b"\0\r\n\r\n0\r\n\r\n" * 50,
}


@pytest.mark.parametrize("coding", BODIES, ids=BODIES.keys())
def test_compressed_bodies_pass_as_they_are_both_ways(fake, candor, coding):
    body = BODIES[coding]

    def echo(request, connection):
        connection.whole(request.body, fields=[("content-type", "application/json"), ("content-encoding", coding)])
    model = fake(echo)
    proxy = candor(model)  # sampled: what observes must cope with it
    for _ in range(2):
        reply = wire.exchange(proxy.data, "POST", "/v1/chat/completions", body,
                              (("content-type", "application/json"), ("content-encoding", coding), ("accept-encoding", "br;q=1.0, *")))
        assert reply.body == body and reply.headers["content-encoding"] == coding
    seen = model.requests[0]
    assert seen.body == body and seen.headers["content-encoding"] == coding and seen.headers["accept-encoding"] == "br;q=1.0, *"


def test_files_and_audio_pass_as_they_are(fake, candor):
    dice = random.Random(7)
    audio = bytes(dice.randrange(256) for _ in range(200_000))
    boundary = "----x\"y"
    form = b"\r\n".join([b"------x\"y", b'Content-Disposition: form-data; name="file"; filename="a\xc3\xa9.mp3"', b"", audio, b"------x\"y--", b""])

    def behave(request, connection):
        connection.whole(request.body[::-1], fields=[("content-type", "audio/mpeg")])
    model = fake(behave)
    proxy = candor(model)
    reply = wire.exchange(proxy.data, "POST", "/v1/audio/transcriptions", form,
                          (("content-type", f"multipart/form-data; boundary={boundary}"),))
    assert model.requests[0].body == form and reply.body == form[::-1]


def test_trailers_end_at_the_proxy_both_ways(fake, candor):
    def behave(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n2\r\n{}\r\n0\r\nx-sum: 1\r\n\r\n")
    model = fake(behave)
    proxy = candor(model, **EVERYTHING)
    statuses, answer, _ = send_raw(
        proxy.data, b"POST /v1/x HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nTrailer: x-a\r\n\r\n1\r\na\r\n0\r\nx-a: 1\r\n\r\n")
    assert statuses == [200] and b"x-sum" not in answer and answer.endswith(b"2\r\n{}\r\n0\r\n\r\n")
    assert not {"trailer", "x-a"} & set(model.requests[0].headers)


def test_the_models_own_date_is_the_only_one(fake, candor):
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    proxy = candor(fake(lambda _request, connection: connection.whole(b"{}", fields=[("Date", date)])), **EVERYTHING)
    reply = wire.get(proxy.data, "/v1/x")
    assert [value for name, value in reply.fields if name == "date"] == [date]


# ---- deadlines ----

@pytest.mark.parametrize("limits, begun", [
    ({"body": "1s"}, b"POST /v1/x HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\n"),
    ({"body": "1s"}, b"POST /v1/x HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nfff\r\n"),
    ({"head": "1s"}, b"GET /v1/x HTTP/1.1\r\nX: "),
    ({"head": "1s"}, b"GE"),
    ({"keep_alive": "1s"}, b""),
], ids=["a dripping body", "a dripping chunk", "a dripping field", "a dripping method", "silence"])
def test_every_phase_has_an_absolute_deadline(fake, candor, limits, begun):
    proxy = candor(fake(lambda _request, connection: connection.whole(b"{}")), timeouts=limits, **EVERYTHING)
    data, closed = drip(proxy.data, begun)
    assert closed and (data.startswith(b"HTTP/1.1 408 ") if begun else data == b"")


def post_slowly(address, piece, count):
    """A body in pieces, ten of them a second, and what is answered."""
    with wire.connect(address) as sock:
        try:
            sock.sendall(b"POST /v1/x HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % (count * len(piece)))
            for _ in range(count):
                sock.sendall(piece)
                threading.Event().wait(0.1)
        except OSError:
            pass  # it has been cut off
        return wire.read_reply(wire.Reader(sock))


def test_a_body_that_drips_is_refused_by_default_and_a_slow_one_is_not(fake, candor):
    model = fake(lambda _request, connection: connection.whole(b"{}"))
    proxy = candor(model, **EVERYTHING)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        dripping, slow = pool.submit(post_slowly, proxy.data, b"a", 150), pool.submit(post_slowly, proxy.data, b"a" * 200, 120)
        assert (dripping.result().status, slow.result().status) == (408, 200)
    assert [len(request.body) for request in model.requests] == [24000]


def test_a_client_is_not_to_blame_for_a_model_that_does_not_read(candor):
    """For longer than a body's least rate is measured over, and then it does."""
    size = 16 << 20
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = candor("http://127.0.0.1:%d/v1" % listener.getsockname()[1], **EVERYTHING)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(wire.exchange, proxy.data, "POST", "/v1/x", b"a" * size)
            with listener.accept()[0] as model:
                threading.Event().wait(11)
                reader = wire.Reader(model)
                _, fields = reader.head()
                assert sum(map(len, reader.body(fields, until_close=False))) == size
                model.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                assert asked.result().status == 200


# ---- several addresses ----

def dead_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def test_an_address_that_refuses_costs_nobody_an_answer(fake, candor):
    model = fake(lambda _request, connection: connection.whole(b"{}"))
    urls = [f"http://127.0.0.1:{dead_port()}/v1", model.url, f"http://127.0.0.1:{dead_port()}/v1"]
    proxy = candor(model, workers=1, models={"warm": {"url": urls}, "original": {"url": model.url, "model": "base"}}, **EVERYTHING)
    for _ in range(30):
        assert wire.exchange(proxy.data, "POST", "/v1/chat/completions", wire.chat_body("Hi")).status == 200
    assert len(model.requests) == 30


def test_addresses_share_the_load_and_one_that_comes_back_is_used_again(candor, fake):
    quick = lambda _request, connection: connection.whole(b"{}", fields=[("connection", "close")]) or False
    one = fake(quick)
    port = dead_port()
    two_url = f"http://127.0.0.1:{port}/v1"
    proxy = candor(one, workers=1, models={"warm": {"url": [one.url, two_url]}, "original": {"url": one.url, "model": "base"}}, **EVERYTHING)
    for _ in range(6):
        assert wire.get(proxy.data, "/v1/x").status == 200
    assert len(one.requests) == 6
    two = FakeModel(quick, port)
    try:
        def shared():
            assert wire.get(proxy.data, "/v1/x").status == 200
            return two.requests
        eventually(shared, "the second address")
    finally:
        two.close()


def test_a_pooled_connection_that_was_closed_costs_nobody_an_answer(fake, candor):
    """The server closes after each answer without saying so: what was not sent yet goes to a fresh connection."""
    closed = threading.Semaphore(0)

    def behave(_request, connection):
        connection.whole(b"{}")
        connection.sock.shutdown(socket.SHUT_RDWR)
        closed.release()
        return False
    model = fake(behave)
    proxy = candor(model, workers=1, **EVERYTHING)
    for count in range(1, 21):
        assert wire.exchange(proxy.data, "POST", "/v1/chat/completions", wire.chat_body("Hi")).status == 200
        assert closed.acquire(timeout=wire.PATIENCE) and len(model.requests) == count


@pytest.mark.parametrize("wanted", [False, True])
def test_the_models_hear_of_the_clients_address_only_when_it_is_asked_for(fake, candor, wanted):
    model = fake(lambda _request, connection: connection.whole(b"{}"))
    proxy = candor(model, forwarded=wanted, **EVERYTHING)
    wire.exchange(proxy.data, "GET", "/v1/x", headers=(("forwarded", "for=203.0.113.9"),))
    assert [value for name, value in model.requests[0].fields if name == "forwarded"] == \
        ["for=203.0.113.9"] + ["for=127.0.0.1;proto=http"] * wanted


def test_via_is_added_both_ways_when_it_is_asked_for(fake, candor):
    model = fake(lambda _request, connection: connection.whole(b"{}", fields=[("via", "1.1 back")]))
    proxy = candor(model, via=True, **EVERYTHING)
    reply = wire.exchange(proxy.data, "GET", "/v1/x", headers=(("via", "1.0 front"),))
    assert [value for name, value in reply.fields if name == "via"] == ["1.1 back", "1.1 candor"]
    assert [value for name, value in model.requests[0].fields if name == "via"] == ["1.0 front", "1.1 candor"]

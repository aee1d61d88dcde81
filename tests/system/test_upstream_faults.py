"""The warm model fails in every way it can: the client gets its answer or a clear error, and the proxy goes on."""
import threading

import pytest

import wire
from conftest import FEW_RULES
from fakes import closed_port, completion, events, fails, hangs, refuses, says, sends

INSTALLED_RULES = FEW_RULES

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def still_serves(proxy):
    reply = wire.get(proxy.admin, "/readyz")
    assert reply.status == 200
    assert proxy.process.poll() is None


def test_a_model_that_is_down_is_told_as_unreachable(candor):
    proxy = candor(f"http://{closed_port()}/v1")
    reply = wire.chat(proxy.data, "Hi")
    assert (reply.status, reply.error_code()) == (502, "upstream_unreachable")
    still_serves(proxy)


def test_a_model_whose_name_does_not_resolve_is_told_as_unreachable(candor):
    proxy = candor("http://nowhere.invalid:9/v1", timeouts={"connect": "500ms"})
    reply = wire.chat(proxy.data, "Hi")
    # Where the resolver itself is out of reach, the wait for it ends as a timeout.
    assert (reply.status, reply.error_code()) in ((502, "upstream_unreachable"), (504, "upstream_timeout"))


def test_a_model_that_says_nothing_times_out_when_a_limit_is_set(fake, candor):
    warm = fake(hangs)
    proxy = candor(warm, timeouts={"first_byte": "300ms"})
    reply = wire.chat(proxy.data, "Hi")
    assert (reply.status, reply.error_code()) == (504, "upstream_timeout")
    warm.wait(lambda model: model.hangups == 1)
    still_serves(proxy)


def test_a_model_that_resets_the_connection_is_told_as_an_error(fake, candor):
    proxy = candor(fake(refuses))
    reply = wire.chat(proxy.data, "Hi")
    assert reply.status == 502 and reply.error_code().startswith("upstream_")
    still_serves(proxy)


def test_a_request_is_never_sent_twice(fake, candor):
    warm = fake(refuses)
    proxy = candor(warm)
    wire.chat(proxy.data, "Hi")
    assert len(warm.requests) == 1


def test_a_pooled_connection_that_dies_takes_one_copy_of_a_request(fake, candor):
    served = []

    def behave(request, connection):
        served.append(request.body)
        if len(served) == 2:
            return connection.reset()
        return connection.whole(completion("fine"))
    warm = fake(behave)
    proxy = candor(warm, workers=1, shadow={"sample": {"default": 0}})
    assert wire.chat(proxy.data, "one").status == 200
    assert wire.chat(proxy.data, "two").status == 502
    assert len([body for body in served if b"two" in body]) == 1
    assert wire.chat(proxy.data, "three").status == 200


GARBAGE = {"no HTTP": b"\x00\xff\x13garbage\r\n\r\n", "a status of no number": b"HTTP/1.1 abc OK\r\n\r\n",
           "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
           "a bad chunk size": HEAD[:-2] + b"\r\nzz\r\n", "an endless head": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200000,
           "a space in a name": b"HTTP/1.1 200 OK\r\nbad name: 1\r\ncontent-length: 0\r\n\r\n"}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_from_the_model_never_looks_like_an_answer(fake, candor, garbage):
    proxy = candor(fake(sends(garbage)))
    reply = wire.chat(proxy.data, "Hi", stream=True)
    assert reply.status == 502 or not reply.clean
    still_serves(proxy)


@pytest.mark.parametrize("way", ["close", "reset"])
def test_a_stream_cut_at_any_byte_reaches_the_client_as_a_broken_one(fake, candor, way):
    stream = b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in events("The capital is Ottawa.")[-3:])
    cuts = list(range(0, len(stream), 3))
    position = iter(cuts)

    def behave(request, connection):
        at = next(position)
        connection.send(HEAD + stream[:at])
        return connection.reset() if way == "reset" else False
    proxy = candor(fake(behave), shadow={"sample": {"default": 0}})
    whole = b"".join(events("The capital is Ottawa.")[-3:])
    for at in cuts:
        try:
            reply = wire.chat(proxy.data, "Hi", stream=True)
        except wire.Broken:
            continue
        assert reply.status == 502 or not reply.clean, f"a cut after {at} bytes looked like a clean end"
        assert reply.status == 502 or whole.startswith(reply.body)
    still_serves(proxy)


def test_a_whole_answer_that_is_cut_short_is_broken_for_the_client_too(fake, candor):
    proxy = candor(fake(sends(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"half\":")))
    reply = wire.chat(proxy.data, "Hi")
    assert not reply.clean and reply.body == b'{"half":'
    still_serves(proxy)


def test_an_answer_that_ends_with_the_connection_is_relayed(fake, candor):
    proxy = candor(fake(sends(b"HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nuntil the end")))
    reply = wire.chat(proxy.data, "Hi")
    assert reply.clean and reply.body == b"until the end"


def test_a_dripping_model_is_relayed_as_it_drips(fake, candor):
    def behave(_request, connection):
        for byte in HEAD:
            connection.send(bytes([byte]))
        for event in events("drip drop"):
            for byte in b"%x\r\n%s\r\n" % (len(event), event):
                connection.send(bytes([byte]))
        connection.end()
    proxy = candor(fake(behave))
    reply = wire.chat(proxy.data, "Hi", stream=True)
    assert reply.clean and reply.body == b"".join(events("drip drop"))


def test_a_failing_model_does_not_spoil_the_next_answer(fake, candor):
    turn = iter(range(1000))
    well, badly = says("fine"), [hangs_up, refuses, fails(500), sends(b"junk\r\n\r\n")]

    def behave(request, connection):
        number = next(turn)
        return badly[number // 2 % 4](request, connection) if number % 2 else well(request, connection)
    proxy = candor(fake(behave), workers=1, shadow={"sample": {"default": 0}})
    for number in range(16):
        reply = wire.chat(proxy.data, "Hi")
        assert (reply.status == 200) == (number % 2 == 0), (number, reply.status, reply.body)


def hangs_up(_request, _connection):
    return False


def test_broken_json_and_missing_messages_get_the_models_own_answer(fake, candor):
    proxy = candor(fake(fails(400, b'{"error":"the model says no"}')))
    for body in (b"{broken", b"{}", b"", b'{"messages":[]}', b"[" * 100000, b'{"messages":"text"}', b"\xff\xfe"):
        reply = wire.exchange(proxy.data, "POST", "/v1/chat/completions", body, [("content-type", "application/json")])
        assert (reply.status, reply.body) == (400, b'{"error":"the model says no"}')
    still_serves(proxy)


def test_strange_requests_that_the_model_answers_are_relayed_all_the_same(fake, candor):
    proxy = candor(fake(lambda request, connection: connection.whole(completion("fine"))))
    for body in (b"{broken", b"{}", b"", b'{"messages":[]}', b"[" * 100000, b"null", b"\xff\xfe", b'{"messages":[1,{}]}',
                 b'{"messages":[{"role":"user","content":{"a":[[[]]]}}]}'):
        reply = wire.exchange(proxy.data, "POST", "/v1/chat/completions", body, [("content-type", "application/json")])
        assert (reply.status, reply.body) == (200, completion("fine"))
    still_serves(proxy)
    (trial,) = proxy.trials(1)
    assert trial["missing"] == "media", "what is not known counts as media"
    proxy.await_metric(8, "candor_trials_dropped_total")


def test_a_body_over_the_limit_is_refused(fake, candor):
    warm = fake(says("fine"))
    proxy = candor(warm, limits={"body": "64KiB"})
    reply = wire.chat(proxy.data, "a" * 100000)
    assert (reply.status, reply.error_code()) == (413, "request_too_large")
    still_serves(proxy)
    assert wire.chat(proxy.data, "short").status == 200


def test_a_head_over_the_limit_is_refused(fake, candor):
    proxy = candor(fake(says("fine")))
    reply = wire.chat(proxy.data, "Hi", headers=[("x-long", "a" * 100000)])
    assert reply.status == 431
    still_serves(proxy)


MALFORMED = {
    "no version": b"GET /v1/models\r\n\r\n", "a space before the colon": b"GET /v1/models HTTP/1.1\r\nhost : x\r\n\r\n",
    "two lengths": b"POST /v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    "length and chunks": b"POST /v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "no host": b"GET /v1/models HTTP/1.1\r\n\r\n", "a folded line": b"GET /v1/models HTTP/1.1\r\nhost: x\r\n folded\r\n\r\n",
    "a negative length": b"POST /v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    "an unknown coding": b"POST /v1/x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n",
    "a zero byte": b"GET /v1/mod\x00els HTTP/1.1\r\nhost: x\r\n\r\n",
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_request_is_refused_and_never_passed_on(fake, candor, raw):
    warm = fake(says("fine"))
    proxy = candor(warm)
    with wire.connect(proxy.data) as sock:
        sock.sendall(raw)
        reply = wire.read_reply(wire.Reader(sock))
    assert 400 <= reply.status < 600 and reply.status not in (404,)
    assert warm.requests == []
    still_serves(proxy)


def test_a_client_that_sends_nothing_more_does_not_hold_up_the_others(fake, candor):
    proxy = candor(fake(says("fine")))
    idle = [wire.connect(proxy.data) for _ in range(100)]
    for sock in idle:
        sock.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(wire.chat(proxy.data, "Hi").status)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [200] * 10
    for sock in idle:
        sock.close()
    still_serves(proxy)

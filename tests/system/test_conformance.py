"""RFC 9110 and 9112, sentence by sentence: what is refused, what is let through, and what upstream then sees.

Each row is a request as bytes, the statuses that may answer it, and the rule. A refusal must also end the connection, so
that nothing behind it is read, and nothing of it may have reached upstream; a request that is let through must have
reached it exactly once.
"""
import threading

import pytest

import wire
from conftest import FEW_RULES, Candor
from fakes import FakeModel
from wire_peers import read_all, send_raw, STATUS

INSTALLED_RULES = FEW_RULES

HOST = b"Host: localhost\r\n"
HELLO = b"Content-Length: 5\r\n\r\nhello"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHANGE = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\n"
BAD = {400}
FINE = {200}


def get(line=b"GET /v1/x HTTP/1.1", fields=HOST):
    return line + b"\r\n" + fields + b"\r\n"


def post(fields, host=HOST):
    return b"POST /v1/x HTTP/1.1\r\n" + host + fields


def chunks(body):
    return post(CHUNKED + b"\r\n" + body)


def trailer(field):
    return chunks(b"5\r\nhello\r\n0\r\n" + field + b"\r\n\r\n")


REQUEST_LINE = [
    ("a plain request", get(), FINE, "9112 3"),
    ("the end of the line is LF alone", b"GET /v1/x HTTP/1.1\n" + HOST + b"\r\n", BAD, "9112 2.2"),
    ("the end of a field is LF alone", b"GET /v1/x HTTP/1.1\r\nHost: localhost\n\r\n", BAD, "9112 2.2"),
    ("the lines end in CR alone", b"GET /v1/x HTTP/1.1\rHost: localhost\r\r", BAD, "9112 2.2"),
    ("an empty line in front is forgiven", b"\r\n" + get(), FINE, "9112 2.2"),
    ("two are not", b"\r\n\r\n" + get(), BAD, "9112 2.2"),
    ("white space before the first field", b"GET /v1/x HTTP/1.1\r\n " + HOST + b"\r\n", BAD, "9112 2.2"),
    ("a line of white space before the first field", b"GET /v1/x HTTP/1.1\r\n \r\n" + HOST + b"\r\n", BAD, "9112 2.2"),
    ("white space before the line", b" " + get(), BAD, "9112 3"),
    ("nothing but white space", b"   \r\n\r\n", BAD, "9112 3"),
    ("two spaces behind the method", get(b"GET  /v1/x HTTP/1.1"), BAD, "9112 3"),
    ("two spaces behind the target", get(b"GET /v1/x  HTTP/1.1"), BAD, "9112 3"),
    ("a space behind the version", get(b"GET /v1/x HTTP/1.1 "), BAD, "9112 3"),
    ("tabs for spaces", get(b"GET\t/v1/x\tHTTP/1.1"), BAD, "9112 3"),
    ("a space in the target", get(b"GET /v1/a b HTTP/1.1"), BAD, "9112 3.2"),
    ("no target", get(b"GET HTTP/1.1"), BAD, "9112 3"),
    ("HTTP/0.9", b"GET /v1/x\r\n", BAD, "9112 3"),
    ("a fragment", get(b"GET /v1/x#y HTTP/1.1"), BAD, "9112 3.2"),
    ("a backslash", get(b"GET /v1\\x HTTP/1.1"), BAD, "3986 3.3"),
    ("a byte beyond ASCII", get(b"GET /v1/\xc3\xa9 HTTP/1.1"), BAD, "3986 2"),
    ("a NUL", get(b"GET /v1/\0 HTTP/1.1"), BAD, "3986 2"),
    ("an escaped NUL", get(b"GET /v1/%00 HTTP/1.1"), BAD, "CWE-158"),
    ("an escaped line end in the path", get(b"GET /v1/x%0d%0aX:%20y HTTP/1.1"), BAD, "CWE-113"),
    ("an escaped line end in the query", get(b"GET /v1/x?text=a%0Ab HTTP/1.1"), FINE, "3986 2.1"),
    ("an overlong form of a slash", get(b"GET /v1/%c0%af HTTP/1.1"), BAD, "3629 3"),
    ("a version without its minor digit", get(b"GET /v1/x HTTP/1"), BAD, "9112 2.3"),
    ("a version with leading zeros", get(b"GET /v1/x HTTP/01.01"), BAD, "9112 2.3"),
    ("a version of three digits", get(b"GET /v1/x HTTP/1.32"), BAD, "9112 2.3"),
    ("a version that overflows", get(b"GET /v1/x HTTP/4294967297.1"), BAD, "9112 2.3"),
    ("a version with line ends in it", get(b"GET /v1/x HTTP/\r\r1.1"), BAD, "9112 2.3"),
    ("a line end for the second space", get(b"GET /v1/x\nHTTP/1.1"), BAD, "9112 3"),
    ("a target that is no URI at all", get(b"GET ! HTTP/1.1"), BAD, "9112 3.2"),
    ("a version in lower case", get(b"GET /v1/x http/1.1"), BAD, "9112 2.3"),
    ("white space in the version", get(b"GET /v1/x HTTP/ 1.1"), BAD, "9112 2.3"),
    ("a version nobody has", get(b"GET /v1/x HTTP/9.9"), {505}, "9110 15.6.6"),
    ("HTTP/1.2", get(b"GET /v1/x HTTP/1.2"), {505}, "9110 2.5"),
    ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {505}, "9113 3.4"),
    ("bytes of no protocol", bytes(range(128, 256)) + b"\0\r\n\r\n", BAD, "9112 3"),
    ("the beginning of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", BAD, "9112 3"),
    ("a method in lower case", get(b"get /v1/x HTTP/1.1"), {501}, "9110 9.1"),
    ("a method nobody knows", get(b"BREW /v1/x HTTP/1.1"), {501}, "9110 9.1"),
    ("a method that is no token", get(b"G@T /v1/x HTTP/1.1"), BAD, "9110 9.1"),
    ("TRACE", get(b"TRACE /v1/x HTTP/1.1"), {405}, "9110 9.3.8"),
    ("CONNECT", b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", {405}, "9110 9.3.6"),
    ("CONNECT without a port", b"CONNECT example.com HTTP/1.1\r\nHost: example.com\r\n\r\n", BAD, "9112 3.2.3"),
    ("CONNECT with an empty port", b"CONNECT example.com: HTTP/1.1\r\nHost: example.com\r\n\r\n", BAD, "9112 3.2.3"),
    ("TRACE with a body", post(HELLO).replace(b"POST", b"TRACE", 1), {405}, "9110 9.3.8"),
    ("CONNECT with a path", get(b"CONNECT /v1/x HTTP/1.1"), BAD, "9112 3.2.3"),
    ("an asterisk with GET", get(b"GET * HTTP/1.1"), BAD, "9112 3.2.4"),
    ("an absolute target", get(b"GET http://localhost/v1/x HTTP/1.1"), FINE, "9112 3.2.2"),
    ("an absolute target of another host", get(b"GET http://example.com/v1/x HTTP/1.1"), BAD, "9112 3.2.2"),
    ("an absolute target with a user", get(b"GET http://me@localhost/v1/x HTTP/1.1"), BAD, "9110 4.2.4"),
    ("an absolute target without a path", get(b"GET http://localhost HTTP/1.1"), FINE, "9110 4.2.3"),
    ("an absolute target of host and query", get(b"GET http://localhost?x=/y HTTP/1.1"), FINE, "9112 3.2.1"),
    ("an absolute target of another host, without a path", get(b"GET http://example.com HTTP/1.1"), BAD, "9112 3.2.2"),
    ("an absolute target without a host", get(b"GET http:///v1/x HTTP/1.1"), BAD, "9110 4.2.1"),
    ("a query for a target", get(b"GET ?x HTTP/1.1"), BAD, "9112 3.2"),
    ("a target of 8,000 bytes", get(b"GET /v1/" + b"x" * 7990 + b" HTTP/1.1"), FINE, "9112 3"),
]

FIELDS = [
    ("a folded field", get(fields=HOST + b"X: a\r\n b\r\n"), BAD, "9112 5.2"),
    ("a name over two lines", post(b"Transfer-\r\nEncoding: chunked\r\n" + HELLO), BAD, "9112 5"),
    ("a name over two lines, torn by LF", get(fields=HOST + b"Na\nme: a\r\n"), BAD, "9112 5"),
    ("a length without a colon", post(b"Content-Length 5\r\n\r\nhello"), BAD, "9112 5"),
    ("nothing but a colon", get(fields=b":\r\n" + HOST), BAD, "9112 5"),
    ("CR and a byte for the last line", get(fields=HOST + b"\rZGET /v1/hidden: HTTP/1.1\r\n"), BAD, "9112 2.2"),
    ("a Host with a byte beyond ASCII", get(fields=b"Host: \xfflocalhost\xff\r\n"), BAD, "9112 3.2"),
    ("a Host with a NUL", get(fields=b"Host: localhost\0.example.com\r\n"), BAD, "9112 3.2"),
    ("a space before the colon", get(fields=HOST + b"X : a\r\n"), BAD, "9112 5.1"),
    ("a tab in the name", get(fields=HOST + b"Content\tLength: 9\r\n"), BAD, "9110 5.1"),
    ("an empty name", get(fields=HOST + b": a\r\n"), BAD, "9112 5"),
    ("a name that is no token", get(fields=HOST + b"Bad[Name: a\r\n"), BAD, "9110 5.1"),
    ("a name beyond ASCII", get(fields=HOST + b"X-\xc3\xa9: a\r\n"), BAD, "9110 5.1"),
    ("no colon", get(fields=HOST + b"NoColonHere\r\n"), BAD, "9112 5"),
    ("a NUL in a value", get(fields=HOST + b"X: a\0b\r\n"), BAD, "9110 5.5"),
    ("a bare CR in a value", get(fields=HOST + b"X: a\rb\r\n"), BAD, "9110 5.5"),
    ("a control character in a value", get(fields=HOST + b"X: a\x01b\r\n"), BAD, "9110 5.5"),
    ("DEL in a value", get(fields=HOST + b"X: a\x7fb\r\n"), BAD, "9110 5.5"),
    ("NUL in a cookie", get(fields=HOST + b"Cookie: a=\0\r\n"), BAD, "9110 5.5"),
    ("bytes beyond ASCII in a value", get(fields=HOST + b"X: \xc3\xa9\r\n"), FINE, "9110 5.5"),
    ("an empty value", get(fields=HOST + b"X:\r\n"), FINE, "9110 5.5"),
    ("no Host", get(fields=b""), BAD, "9112 3.2"),
    ("two Hosts", get(fields=HOST + b"Host: example.com\r\n"), BAD, "9112 3.2"),
    ("the same Host twice", get(fields=HOST + HOST), BAD, "9112 3.2"),
    ("two hosts in one", get(fields=b"Host: localhost, example.com\r\n"), BAD, "9112 3.2"),
    ("an empty Host", get(fields=b"Host:\r\n"), BAD, "9112 3.2"),
    ("a Host with a user", get(fields=b"Host: me@localhost\r\n"), BAD, "9112 3.2"),
    ("a Host with a path", get(fields=b"Host: localhost/x\r\n"), BAD, "9112 3.2"),
    ("a Host with a port that is none", get(fields=b"Host: localhost:x\r\n"), BAD, "9112 3.2"),
    ("HTTP/1.0 without Host", get(b"GET /v1/x HTTP/1.0", b""), FINE, "9112 3.2"),
    ("an expectation nobody meets", get(fields=HOST + b"Expect: 200-ok\r\n"), {417}, "9110 10.1.1"),
    ("Content-Type twice, differently", post(b"Content-Type: text/plain\r\nContent-Type: text/html\r\n" + HELLO), BAD,
     "9110 8.3"),
    ("Content-Type twice, alike", post(b"Content-Type: text/plain\r\ncontent-type: text/plain\r\n" + HELLO), FINE, "9110 8.3"),
    ("an unasked change of protocol", get(fields=HOST + b"Connection: upgrade\r\nUpgrade: websocket\r\n"), FINE, "9110 7.8"),
    *((f"{name} asks to change the protocol", get(line, HOST + CHANGE), FINE, "9110 7.8") for name, line in (
        ("GET", b"GET /v1/x HTTP/1.1"), ("HTTP/1.0", b"GET /v1/x HTTP/1.0"), ("POST", b"POST /v1/x HTTP/1.1"))),
    ("a protocol without the word that asks for it", get(fields=HOST + b"Upgrade: websocket\r\n"), FINE, "9110 7.8"),
    ("a thousand ranges", get(fields=HOST + b"Range: bytes=" + b",".join([b"0-"] * 1000) + b"\r\n"), FINE, "9110 14.2"),
    ("a range with POST", post(b"Range: bytes=0-1\r\n" + HELLO), FINE, "9110 14.2"),
    ("what no server would like", get(fields=HOST + b"Accept: none/such\r\nRange: bytes=9-1\r\n"), FINE, "9110 12"),
]

LENGTHS = [
    ("a length and its bytes", post(HELLO), FINE, "9112 6.2"),
    ("a length of nothing", post(b"Content-Length: 0\r\n\r\n"), FINE, "9112 6.2"),
    ("no length at all", post(b"\r\n"), FINE, "9112 6.3"),
    ("GET with a body", get(fields=HOST)[:-2] + HELLO, FINE, "9110 9.3.1"),
    ("HEAD with a body", b"HEAD /v1/x HTTP/1.1\r\n" + HOST + HELLO, FINE, "9112 6.3"),
    ("OPTIONS with a body", b"OPTIONS /v1/x HTTP/1.1\r\n" + HOST + HELLO, FINE, "9110 9.3.7"),
    ("two lengths", post(b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"), BAD, "9112 6.3"),
    ("an empty length and another", post(b"Content-Length: \r\n" + HELLO), BAD, "9112 6.3"),
    ("a length of nothing and another", post(b"Content-Length: 0\r\n" + HELLO), BAD, "9112 6.3"),
    ("the same length twice", post(b"Content-Length: 5\r\n" + HELLO), BAD, "9112 6.3"),
    ("a list of lengths", post(b"Content-Length: 5, 5\r\n\r\nhello"), BAD, "9112 6.3"),
    ("a list of three", post(b"Content-Length: 5, 5, 5\r\n\r\nhello"), BAD, "9112 6.3"),
    ("a list of two that differ", post(b"Content-Length: 5, 10\r\n\r\nhello"), BAD, "9112 6.3"),
    ("a plain length and one with a space before its colon", post(b"Content-Length : 9\r\n" + HELLO), BAD, "9112 5.1"),
    ("spaces around a length", post(b"Content-Length:  5 \r\n\r\nhello"), FINE, "9112 5.1"),
    ("a tab before a length", post(b"Content-Length:\t5\r\n\r\nhello"), BAD, "stricter than 9112 5.1"),
    ("a tab behind a length", post(b"Content-Length: 5 \t\r\n\r\nhello"), BAD, "stricter than 9112 5.1"),
    ("chunks and a length", post(b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n"), BAD, "9112 6.1"),
    ("a length and chunks", post(CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n"), BAD, "9112 6.1"),
    ("chunks in HTTP/1.0", b"POST /v1/x HTTP/1.0\r\n" + HOST + CHUNKED + b"\r\n0\r\n\r\n", BAD, "9112 6.1"),
    ("a far too large length", post(b"Content-Length: 999999999999\r\n\r\n"), {413}, "9110 15.5.14"),
    *((f"the length {value!r}", post(b"Content-Length: " + value + b"\r\n\r\nhello"), BAD, "9110 8.6") for value in (
        b"+5", b"-5", b"-0", b"05", b"00", b"005", b"0200", b"0x5", b"0o5", b"5x", b"5.0", b"1_0", b"5 5", b"\xb5", b"five",
        b"", b"5;", b"\"5\"", b"18446744073709551621", b"99999999999999999999999999")),
]

ENCODINGS = [
    ("chunks", chunks(b"5\r\nhello\r\n0\r\n\r\n"), FINE, "9112 7.1"),
    ("chunks, in other letters", post(b"TRANSFER-encoding: ChUnKeD\r\n\r\n0\r\n\r\n"), FINE, "9112 7"),
    ("twice chunked", post(CHUNKED + CHUNKED + b"\r\n0\r\n\r\n"), BAD, "9112 6.1"),
    ("a tab before the coding", post(b"Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n"), BAD, "stricter than 9112 5.1"),
    ("a folded coding", post(b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"), BAD, "9112 5.2"),
    ("an underscore in the name", post(b"Transfer_Encoding: chunked\r\n" + HELLO), BAD, "CGI reads it as a hyphen"),
    ("an underscore in the other", post(b"Content_Length: 99\r\n" + HELLO), BAD, "CGI reads it as a hyphen"),
    *((f"the coding {value!r}", post(b"Transfer-Encoding: " + value + b"\r\n\r\n0\r\n\r\n"), BAD, "9112 6.1") for value in (
        b"gzip", b"identity", b"chunked, identity", b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b",chunked", b"chunked,", b"xchunked",
        b"chunke", b"chunkedx", b"chunked;q=1", b"chunked;a=b", b"\"chunked\"", b"'chunked'", b"\x0bchunked", b"\x0cchunked",
        b"chunked\x0b", b"chunked\0", b"\0chunked", b"chunked\x7f", b"chunked\xa0", b"\xef\xbb\xbfchunked", b"chun ked", b"",
        b"compress", b"deflate", b"trailers", b"chunked chunked", b"cow", b"(chunked)", b"chunked ()", b"chunk\\ed")),
]

CHUNKS = [
    ("two chunks", chunks(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), FINE, "9112 7.1"),
    ("a size in capitals", chunks(b"A\r\n0123456789\r\n0\r\n\r\n"), FINE, "9112 7.1"),
    ("a size with leading zeros", chunks(b"005\r\nhello\r\n00\r\n\r\n"), FINE, "9112 7.1"),
    ("no data", chunks(b"0\r\n\r\n"), FINE, "9112 7.1"),
    ("an extension", chunks(b"5;a\r\nhello\r\n0;b=\"c;\\\"\"\r\n\r\n"), FINE, "9112 7.1.1"),
    ("a trailer", trailer(b"X-Checksum: 1"), FINE, "9112 7.1.2"),
    *((f"the size line {line!r}", chunks(line + b"\r\nhello\r\n0\r\n\r\n"), BAD, "9112 7.1") for line in (
        b"0x5", b"+5", b"-5", b"-1", b"-0x5", b" 5", b"5 ", b"5\t", b"5_0", b"0_5", b"5;", b"5; a", b"5;a =b", b"5;=b", b"5;a[=b", b"5;a=\"b",
        b"5;a\0", b"5;a\x01", b"5;a\rb", b"5\r\r;a", b"5;a=b\r\rx", b"5hello", b"", b"g", b"5g", b"5,5", b"\"5\"", b"5h", b"ffffffffffffffff", b"10000000000000005",
        b"FFFFFFFFFFFFFFFF5", b"5;" + b"x" * 100000, b"5;a=" + b"x" * 5000)),
    ("a size line that ends in LF", chunks(b"5\nhello\r\n0\r\n\r\n"), BAD, "9112 7.1"),
    ("a size line that ends in CR", chunks(b"5\rhello\r\n0\r\n\r\n"), BAD, "9112 7.1"),
    ("an empty extension that ends in LF", chunks(b"5;\nhello\r\n0\r\n\r\n"), BAD, "9112 7.1.1"),
    ("a signed last size and what follows it", chunks(b"+0\r\n\r\nX") + get(), BAD, "9112 7.1"),
    ("an extension that ends in LF", chunks(b"5;a\nhello\r\n0\r\n\r\n"), BAD, "9112 7.1.1"),
    ("an empty line before the last", chunks(b"5\r\nhello\r\n\r\n0\r\n\r\n"), BAD, "9112 7.1"),
    ("empty lines for chunks", chunks(b"\r\n\r\n"), BAD, "9112 7.1"),
    ("a trailer that looks like a request", trailer(b"X:POST / HTTP/1.1"), FINE, "9112 7.1.2"),
    ("data that end in LF", chunks(b"5\r\nhello\n0\r\n\r\n"), BAD, "9112 7.1"),
    ("data that end in CR", chunks(b"5\r\nhello\r0\r\n\r\n"), BAD, "9112 7.1"),
    ("data without an end", chunks(b"5\r\nhello0\r\n\r\n"), BAD, "9112 7.1"),
    ("more data than announced", chunks(b"5\r\nhello!!\r\n0\r\n\r\n"), BAD, "9112 7.1"),
    ("fewer data than announced", chunks(b"5\r\nhel\r\n0\r\n\r\n"), BAD, "9112 7.1"),
    ("a last line that ends in LF", chunks(b"5\r\nhello\r\n0\r\n\n"), BAD, "9112 7.1"),
    ("a trailer that ends in LF", chunks(b"5\r\nhello\r\n0\r\nX: y\n\r\n"), BAD, "9112 7.1.2"),
    ("a folded trailer", trailer(b"X: y\r\n z"), BAD, "9112 5.2"),
    ("a trailer without a name", trailer(b": y"), BAD, "9112 5"),
    ("too long trailers", trailer(b"X: " + b"y" * 9000), BAD, "9112 7.1.2"),
    *((f"{name.decode()} in a trailer", trailer(name + b": 5"), BAD, "9110 6.5.1") for name in (
        b"Content-Length", b"transfer-encoding", b"Host", b"Authorization", b"Content-Type", b"Content-Encoding", b"Cookie",
        b"Connection", b"Expect", b"Content_Length", b"X-Candor-Shadow")),
]

SIZES = [
    ("a target of 100 KB", get(b"GET /v1/" + b"x" * 100000 + b" HTTP/1.1"), {414}, "9110 15.5.15"),
    ("a method of 100 KB", get(b"G" * 100000 + b" /v1/x HTTP/1.1"), BAD, "9110 9.1"),
    ("a name of 100 KB", get(fields=HOST + b"X" * 100000 + b": y\r\n"), {431}, "6585 5"),
    ("a value of 100 KB", get(fields=HOST + b"X: " + b"y" * 100000 + b"\r\n"), {431}, "6585 5"),
    ("10,000 fields", get(fields=HOST + b"X: y\r\n" * 10000), {431}, "6585 5"),
    ("101 fields", get(fields=HOST + b"X: y\r\n" * 100), {431}, "6585 5"),
    ("100 fields", get(fields=HOST + b"X: y\r\n" * 99), FINE, "6585 5"),
    ("a cookie of 64 KB", get(fields=HOST + b"Cookie: a=" + b"y" * 65536 + b"\r\n"), {431}, "6585 5"),
]


CASES = [row for table in (REQUEST_LINE, FIELDS, LENGTHS, ENCODINGS, CHUNKS, SIZES) for row in table]


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    """One proxy for the whole file, in front of a model that answers everything."""
    def answers(request, connection):
        connection.head(200, [("content-type", "application/json")], length=2)
        connection.send(b"" if request.method == "HEAD" else b"{}")
    model = FakeModel(answers)
    proxy = Candor(tmp_path_factory.mktemp("conformance"), {
        "listen": [{"address": "127.0.0.1:0", "paths": ["/"]}], "admin": {"address": "127.0.0.1:0"}, "workers": 1,
        "models": {"warm": {"url": model.url}, "original": {"url": model.url, "model": "base"}},
        "shadow": {"sample": {"default": 0}}, "store": {"url": f"sqlite:{tmp_path_factory.mktemp('store')}/candor.db"},
        "log": {"format": "json"}})
    yield proxy, model
    proxy.stop()
    model.close()


@pytest.mark.parametrize("request_bytes, statuses, rule", [row[1:] for row in CASES], ids=[row[0][:60] for row in CASES])
def test_the_rule(behind, request_bytes, statuses, rule):
    proxy, model = behind
    before = len(model.requests)
    got, answer, closed = send_raw(proxy.data, request_bytes, end=statuses == FINE)
    assert len(got) == 1 and got[0] in statuses, (rule, got, answer[:400])
    assert closed, "a refusal leaves no connection behind"
    assert len(model.requests) - before == (200 in statuses), rule


def test_what_is_refused_is_refused_in_pieces_too(behind):
    """The same rows, byte by byte: a parser that looks again at what dripped in must come to the same end."""
    proxy, model = behind
    for name, request, statuses, rule in CASES:
        if len(request) > 400:
            continue
        before = len(model.requests)
        with wire.connect(proxy.data) as sock:
            try:
                for i in range(len(request)):
                    sock.sendall(request[i:i + 1])
                if statuses == FINE:
                    sock.shutdown(1)
            except OSError:
                pass
            answer, _ = read_all(sock, wire.PATIENCE)
        got = [int(status) for status in STATUS.findall(answer) if status != b"100"]
        # A status may differ where the fault shows earlier than the rest of the line; what is let through may not.
        assert len(got) <= 1 and (set(got) <= FINE if statuses == FINE else not set(got) & FINE), (name, rule, got)
        assert len(model.requests) - before == (200 in statuses), name


@pytest.mark.parametrize("begun", [b"", b"GET /v1/x HT", b"GET /v1/x HTTP/1.1\r\nHost: loc", post(b"Content-Length: 9\r\n\r\nhel"),
                                   chunks(b"5\r\nhello\r\n")])
def test_what_is_not_finished_is_no_request(behind, begun):
    proxy, model = behind
    got, _, closed = send_raw(proxy.data, begun)
    assert got in ([], [400]) and closed
    assert not [request for request in model.requests if request.body == b"hel"]


def test_what_follows_a_body_is_the_next_request_or_none(behind):
    proxy, model = behind
    before = len(model.requests)
    poisoned = post(b"Content-Length: 0\r\n\r\n") + b"X" + get()
    got, _, closed = send_raw(proxy.data, poisoned, end=False)
    assert got == [200, 501] and closed and len(model.requests) == before + 1
    got, _, _ = send_raw(proxy.data, b"".join(row[1] for row in LENGTHS[:6]))
    assert got == [200] * 6


def test_a_requests_beginning_in_a_body_is_not_completed_by_what_follows(behind):
    proxy, model = behind
    begun = b"GET /v1/hidden HTTP/1.1\r\n" + HOST
    for method in (b"GET", b"OPTIONS", b"HEAD", b"DELETE"):
        before = len(model.requests)
        request = method + b" /v1/x HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(begun) + begun
        got, _, _ = send_raw(proxy.data, request + b"\r\n" + get())
        assert got == [200, 200], method
        assert [seen.target for seen in model.requests[before:]] == ["/v1/x", "/v1/x"]


def test_every_answer_has_a_date_and_says_what_it_allows(behind):
    proxy, _ = behind
    for request in (get(), get(fields=b""), get(b"TRACE / HTTP/1.1"), get(b"OPTIONS * HTTP/1.1")):
        _, answer, _ = send_raw(proxy.data, request)
        assert answer.lower().count(b"\r\ndate: ") == 1, answer
        assert (b"\r\nallow: " in answer) == (request[:1] in b"TO"), answer
    assert b"content-length" not in answer.lower(), "none with 204 (9110 8.6)"


@pytest.mark.parametrize("asked, sent", [
    (b"http://localhost/v1/x?y=1", "/v1/x?y=1"), (b"HTTP://localhost", "/"), (b"https://localhost?y=http://example.com/z",
                                                                              "/?y=http://example.com/z")])
def test_an_absolute_target_reaches_the_model_as_path_and_query(behind, asked, sent):
    proxy, model = behind
    got, _, _ = send_raw(proxy.data, get(b"GET " + asked + b" HTTP/1.1"))
    assert got == [200] and model.requests[-1].target == sent


def test_options_of_a_bare_host_asks_the_proxy_itself(behind):
    """Its request target would be an asterisk at the last proxy (9112 3.2.4)."""
    proxy, model = behind
    before = len(model.requests)
    got, answer, _ = send_raw(proxy.data, get(b"OPTIONS http://localhost HTTP/1.1"))
    assert got == [204] and b"\r\nallow: " in answer and len(model.requests) == before


def test_an_http_1_0_client_is_never_told_to_continue(behind):
    proxy, _ = behind
    got, _, closed = send_raw(proxy.data, b"POST /v1/x HTTP/1.0\r\n" + HOST + b"Expect: 100-continue\r\n" + HELLO, end=False)
    assert got == [200] and closed


def test_a_client_that_waits_for_100_gets_it_and_one_that_does_not_is_not_hurt(behind):
    proxy, model = behind
    head = post(b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    with wire.connect(proxy.data) as sock:
        reader = wire.Reader(sock)
        sock.sendall(head)
        assert reader.head()[0].split()[1] == "100"
        sock.sendall(b"hello")
        assert wire.read_reply(reader).status == 200 and model.requests[-1].body == b"hello"
    assert "expect" not in model.requests[-1].headers
    got, _, _ = send_raw(proxy.data, head + b"hello" + get())
    assert got == [200, 200]


def test_the_end_of_a_pipelining_client_takes_no_answer_from_it(behind):
    proxy, _ = behind
    for _ in range(200):
        got, _, _ = send_raw(proxy.data, post(HELLO) + get() + get())
        assert got == [200, 200, 200]


# ---- Transfer-Encoding, disguised ----

def disguises():
    """Transfer-Encoding as nobody should read it, in every way that one strange byte or a known trick gives."""
    name, value = b"Transfer-Encoding", b"chunked"
    plain = name + b": " + value
    strange = [bytes([i]) for i in range(256) if not bytes([i]).isalnum() and i not in b"\n:"]
    for byte in strange + [b"\r\n ", b"\r\n\t", b"\\r\\n", b"\n ", b"\n", b":", b"X", b"x", b"0"]:
        if not byte.startswith(b"\r\n"):  # that would end the head in front of it
            yield byte + plain
        yield name + byte + b": " + value
        if byte != b":":  # with a colon it is another field for every reader
            yield name[:8] + byte + name[9:] + b": " + value
            yield name[:8] + byte + name[8:] + b": " + value
        yield name + b":" + byte + value
        yield name + b": " + byte + value
        yield name + b": " + value + byte
        yield name + b": " + value[:3] + byte + value[3:]
        yield b"X: X" + byte + plain
        yield b"X: X\r" + byte + plain
        yield b"X: X" + byte + b"\n" + plain
        yield plain + byte + b"X: X"
        yield plain + b"\r" + byte + b"X: X"
        yield plain + byte + b"\nX: X"
    for one in (b"chunked", b"identity", b"x", b"", b"gzip", b"cow", b"chunked, identity", b"identity, chunked", b"\"chunked\""):
        for two in (b"chunked", b"identity", b"x", b"", b"deflate", b"chunked, x"):
            yield name + b": " + one + b"\r\n" + name + b": " + two
            yield name + b": " + one + b"\r\n" + name.lower() + b": " + two
            yield name + b": " + one + b"\r\nX: y\r\n" + name.upper() + b" : " + two
            yield name + b": " + one + b", " + two
            yield name + b": " + one + b"\r\n , " + two
            yield name + b": " + one + b";" + two
    for spelt in (b"TRANSFER-ENCODING", b"transfer-encoding", b"tRANSFER-eNCODING", b"Transfer_Encoding", b"Transfer Encoding",
                  b"Transfer.Encoding", b"TransferEncoding", b"Transfer--Encoding", b"Transfer%2dEncoding", b"Transfer%2DEncoding",
                  b"HTTP_TRANSFER_ENCODING", b"Transfer-Encodin", b"ransfer-Encoding", b"Transfer-Encodings", b"T-ransfer-Encoding",
                  b"X\r\nTransfer-Encoding", b"Content-Encoding", b"Transfer-Enc\xc3\xb6ding", b"\xef\xbb\xbfTransfer-Encoding"):
        for said in (value, value.upper(), b"Chunked", b"chunked" + b" " * 9):
            yield spelt + b": " + said
            yield spelt + b":" + said


# A name of its own is not a disguise: a field that no parser takes for Transfer-Encoding is none of our business.
OTHER_NAMES = (b"HTTP_TRANSFER_ENCODING",)


def test_no_disguise_of_transfer_encoding_is_answered(behind):
    """Each in front of a length and a body that hides a second request, which no reading may set free."""
    proxy, model = behind
    hidden = b"0\r\n\r\nGET /v1/hidden HTTP/1.1\r\n" + HOST + b"\r\n"
    variants = [field for field in dict.fromkeys(disguises())
                if not field.startswith(OTHER_NAMES) and b"\r\n\r\n" not in field]  # where the head would have ended
    assert len(variants) > 1800
    before, answered = len(model.requests), []
    lock = threading.Lock()

    def send_all(part):
        for field in part:
            request = post(field + b"\r\nContent-Length: %d\r\n\r\n" % len(hidden)) + hidden
            got, answer, _ = send_raw(proxy.data, request)
            if any(status < 400 for status in got) or len(got) > 1:
                with lock:
                    answered.append((field, got, answer[:80]))
    threads = [threading.Thread(target=send_all, args=(variants[i::4],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answered == []
    assert len(model.requests) == before

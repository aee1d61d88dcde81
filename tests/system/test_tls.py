"""TLS on both sides: what clients see of the certificates, and whom the proxy believes."""
import shutil
import socket
import ssl
import subprocess
import threading

import pytest

import wire
from conftest import FEW_RULES, eventually
from wire_peers import read_all, tls_connect

INSTALLED_RULES = FEW_RULES

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl to make certificates with")
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
REQUEST = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder, name):
        self.folder, self.file, self.key = folder, folder / f"{name}.pem", folder / f"{name}.key"
        openssl("req", "-x509", *KEY, "-keyout", self.key, "-out", self.file, "-days", 2, "-subj", f"/CN={name}")

    def issue(self, name, names):
        request, extra = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        made = {"certificate": str(self.folder / f"{name}.crt"), "key": str(self.folder / f"{name}.crt.key")}
        extra.write_text(f"subjectAltName={names}")
        openssl("req", *KEY, "-keyout", made["key"], "-out", request, "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-CAcreateserial", "-days", 2,
                "-extfile", extra, "-out", made["certificate"])
        return made


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path, "authority")


def listen(tls):
    return [{"address": "127.0.0.1:0", "tls": tls}]


def plain(_request, connection):
    connection.whole(b"{}")


def common_name(sock):
    return dict(pair[0] for pair in sock.getpeercert()["subject"])["commonName"]


def ask(sock):
    sock.sendall(REQUEST)
    return wire.read_reply(wire.Reader(sock)).status


def test_the_certificate_is_chosen_by_the_name_the_client_asks_for(fake, candor, authority):
    one, two = authority.issue("one", "DNS:one.test"), authority.issue("two", "DNS:two.test,DNS:*.two.test")
    proxy = candor(fake(plain), listen=listen([one, two]))
    for name, expected in [("one.test", "one"), ("two.test", "two"), ("a.two.test", "two")]:
        with tls_connect(proxy.data, authority.file, name) as sock:
            assert (common_name(sock), sock.selected_alpn_protocol(), ask(sock)) == (expected, "http/1.1", 200)


def test_streams_and_large_bodies_pass_through_tls_untouched(fake, candor, authority):
    body = bytes(range(256)) * 8192

    def echo(request, connection):
        connection.head(200)
        for at in range(0, len(request.body), 50000):
            connection.chunk(request.body[at:at + 50000])
        connection.end()
    proxy = candor(fake(echo), listen=listen(authority.issue("one", "DNS:localhost")))
    with tls_connect(proxy.data, authority.file) as sock:
        sender = threading.Thread(target=sock.sendall, args=(wire.request_bytes("POST", "/v1/x", body),))
        sender.start()
        sender.join()
        reply = wire.read_reply(wire.Reader(sock))
    assert reply.clean and reply.body == body


def test_a_session_is_resumed(fake, candor, authority):
    proxy = candor(fake(plain), workers=1, listen=listen(authority.issue("one", "DNS:localhost")))
    context = ssl.create_default_context(cafile=str(authority.file))
    session = None
    for resumed in (False, True):
        with context.wrap_socket(wire.connect(proxy.data), server_hostname="localhost", session=session) as sock:
            assert ask(sock) == 200 and sock.session_reused == resumed
            session = sock.session


def test_old_protocols_and_foreign_ones_are_refused(fake, candor, authority):
    proxy = candor(fake(plain), listen=listen(authority.issue("one", "DNS:localhost")))
    with pytest.raises(ssl.SSLError):
        tls_connect(proxy.data, authority.file, protocols=("h2",))
    context = ssl.create_default_context(cafile=str(authority.file))
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2
    with context.wrap_socket(wire.connect(proxy.data), server_hostname="localhost") as sock:
        assert ask(sock) == 200
    with wire.connect(proxy.data) as sock:  # plain HTTP on a TLS port
        sock.sendall(REQUEST)
        answer, closed = read_all(sock, wire.PATIENCE)
        assert closed and b"HTTP/1.1 200" not in answer


def test_a_client_certificate_is_demanded_whatever_the_name(fake, candor, authority, tmp_path):
    one = {**authority.issue("one", "DNS:one.test"), "client_ca": str(authority.file)}
    two = authority.issue("two", "DNS:two.test")
    proxy = candor(fake(plain), listen=listen([one, two]))
    mine = authority.issue("mine", "DNS:client")
    with tls_connect(proxy.data, authority.file, "one.test", certfile=mine["certificate"], keyfile=mine["key"]) as sock:
        assert ask(sock) == 200
    for name in ("one.test", "two.test"):
        with pytest.raises((ssl.SSLError, wire.Broken, ConnectionError)):
            with tls_connect(proxy.data, authority.file, name) as sock:
                ask(sock)


def test_a_reload_brings_new_certificates_and_breaks_no_connection(fake, candor, config, authority):
    old, new = authority.issue("old", "DNS:localhost"), authority.issue("new", "DNS:localhost")
    model = fake(plain)
    proxy = candor(model, listen=listen(old))
    with tls_connect(proxy.data, authority.file) as open_before:
        assert (common_name(open_before), ask(open_before)) == ("old", 200)
        proxy.configure(config(model, listen=listen(new)))
        proxy.process.send_signal(1)

        def renewed():
            with tls_connect(proxy.data, authority.file) as sock:
                return common_name(sock) == "new"
        eventually(renewed, "the new certificate")
        assert ask(open_before) == 200


class TlsModel:
    """A model behind TLS; remembers the name it was asked for."""

    def __init__(self, certificate, client_ca=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate["certificate"], certificate["key"])
        if client_ca:
            self.context.load_verify_locations(str(client_ca))
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.names = []
        self.context.sni_callback = lambda _sock, name, _context: self.names.append(name)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
                with self.context.wrap_socket(sock, server_side=True) as secure:
                    reader = wire.Reader(secure)
                    reader.head()
                    secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                    reader.more()
            except (ssl.SSLError, wire.Broken, ConnectionError):
                continue
            except OSError:
                return

    def url(self, host):
        return f"https://{host}:{self.port}/v1"


@pytest.fixture
def tls_model():
    models = []

    def start(*arguments):
        models.append(TlsModel(*arguments))
        return models[-1]
    yield start
    for model in models:
        model.listener.close()


def behind(candor, fake, model, host, **tls):
    nobody = fake(plain)
    return candor(nobody, models={"warm": {"url": model.url(host), **({"tls": tls} if tls else {})},
                                  "original": {"url": nobody.url, "model": "base"}})


def test_a_model_with_a_trusted_certificate_is_asked_by_its_name(fake, candor, tls_model, authority):
    model = tls_model(authority.issue("model", "DNS:localhost,IP:127.0.0.1"))
    assert wire.get(behind(candor, fake, model, "localhost", ca=str(authority.file)).data, "/v1/models").status == 200
    assert model.names == ["localhost"]


@pytest.mark.parametrize("names", ["DNS:elsewhere.test", "DNS:localhost"], ids=["another name", "an unknown authority"])
def test_a_model_that_cannot_be_trusted_is_not_asked(fake, candor, tls_model, tmp_path, authority, names):
    issuer = authority if "elsewhere" in names else Authority(tmp_path, "stranger")
    model = tls_model(issuer.issue("model", names))
    reply = wire.get(behind(candor, fake, model, "localhost", ca=str(authority.file)).data, "/v1/models")
    assert (reply.status, reply.error_code()) == (502, "upstream_unreachable")


def test_verification_can_be_switched_off(fake, candor, tls_model, authority):
    model = tls_model(authority.issue("model", "DNS:elsewhere.test"))
    assert wire.get(behind(candor, fake, model, "localhost", verify=False).data, "/v1/models").status == 200


def test_a_model_may_demand_the_proxys_certificate(fake, candor, tls_model, authority):
    model = tls_model(authority.issue("model", "DNS:localhost"), authority.file)
    mine = authority.issue("mine", "DNS:candor")
    assert wire.get(behind(candor, fake, model, "localhost", ca=str(authority.file), **mine).data, "/v1/models").status == 200

"""Peers that speak bytes, not HTTP: raw requests, and whatever comes back until the connection ends or falls silent."""
import os
import pathlib
import re
import socket
import ssl
import threading

import pytest

import wire

TOP = pathlib.Path(__file__).resolve().parents[2]
STATUS = re.compile(rb"HTTP/1\.[01] (\d\d\d) ")


def corpus(name):
    """A file of malformed requests that others collected; they are not part of candor."""
    folder = pathlib.Path(os.environ.get("CANDOR_HTTP_CORPORA", TOP.parent / "shared" / "data" / "http"))
    if not (folder / name).exists():
        print(f"SKIPPED: {name} is not there; set CANDOR_HTTP_CORPORA to where it is")
        pytest.skip(f"{name} is not there; set CANDOR_HTTP_CORPORA to where it is")
    return (folder / name).read_text(encoding="utf-8")


def read_all(sock, silence):
    """What comes until the peer closes, or says nothing for so many seconds; and whether it closed."""
    data = b""
    sock.settimeout(silence)
    while True:
        try:
            piece = sock.recv(65536)
        except TimeoutError:
            return data, False
        except ConnectionError:
            return data, True
        if not piece:
            return data, True
        data += piece


def send_raw(address, data, silence=wire.PATIENCE, end=True):
    """Sends bytes (and the end of our side), and returns the statuses of the answers, all bytes, and whether it closed.
    To a client that has shut its side, a 100 only asks whether it is still there: it is no status then."""
    with wire.connect(address) as sock:
        try:
            sock.sendall(data)
            if end:
                sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        answer, closed = read_all(sock, silence)
    statuses = [int(status) for status in STATUS.findall(answer)]
    return [status for status in statuses if status != 100 or not end], answer, closed


def drip(address, begun, slowly=b"a"):
    """Begins with some bytes (or none at all) and then sends one more now and then, until it is cut off: what came back."""
    with wire.connect(address) as sock:
        stop = threading.Event()

        def send():
            try:
                sock.sendall(begun)
                while begun and not stop.wait(0.1):
                    sock.sendall(slowly)
            except OSError:
                pass
        dripping = threading.Thread(target=send)
        dripping.start()
        data, closed = read_all(sock, wire.PATIENCE)
        stop.set()
        dripping.join()
    return data, closed


def tls_connect(address, authority, name="localhost", protocols=("http/1.1",), session=None, **certificate):
    context = ssl.create_default_context(cafile=str(authority))
    context.set_alpn_protocols(list(protocols))
    if certificate:
        context.load_cert_chain(**certificate)
    return context.wrap_socket(wire.connect(address), server_hostname=name, session=session)

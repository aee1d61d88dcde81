"""The log: every field is one that docs/operations.md tells of, it goes where it is sent, and no word of a message, no key,
no header and no query ever comes there, whatever happens."""
import json
import re
import signal
import subprocess

import pytest

import wire
from conftest import BINARY, FEW_RULES, TOP, eventually
from fakes import fails, judges_by_truth, says

INSTALLED_RULES = FEW_RULES

SENTINEL = "xyzzysentinel"
QUESTION = f"I feel so sad. What is the capital of Australia? I think the answer is Sydney. {SENTINEL}"


def documented():
    """{event: fields} of the table in docs/operations.md."""
    rows = re.findall(r"^\| `([^`]+)` \| (?:error|warn|info|debug)[^|]* \| (.*) \|$", (TOP / "docs/operations.md").read_text(), re.M)
    return {event: set(re.findall(r"`(\w+)`", fields)) for event, fields in rows}


def lines_of(proxy):
    return [json.loads(line) for line in proxy.log().splitlines() if line]


@pytest.mark.parametrize("format", ["json", "text"])
def test_nothing_of_a_message_and_no_secret_comes_into_the_log(fake, candor, tmp_path, monkeypatch, format):
    monkeypatch.setenv("ORIGINAL_KEY", f"key-{SENTINEL}")
    (tmp_path / "token").write_text(f"token-{SENTINEL}")
    said = f"It is Canberra. {SENTINEL}"
    proxy = candor(fake(says(said)), fake(says(f"It is Sydney. {SENTINEL}")), fake(judges_by_truth("Canberra")),
                   log={"level": "debug", "format": "json"})
    settings = json.loads(proxy.config_path.read_text())
    settings["log"]["format"] = format
    settings["models"]["original"]["api_key_env"] = "ORIGINAL_KEY"
    proxy.configure(settings)
    proxy.signal(signal.SIGHUP)
    eventually(lambda: "reloaded" in proxy.log(), "the reload")
    wire.chat(proxy.data, QUESTION, [("authorization", f"Bearer {SENTINEL}"), ("x-user", SENTINEL)])
    wire.chat(proxy.data, QUESTION, stream=True, user=SENTINEL)
    wire.exchange(proxy.data, "GET", f"/v1/{SENTINEL}?q={SENTINEL}")
    wire.exchange(proxy.data, "GET", f"/{SENTINEL}/../x")
    wire.exchange(proxy.data, "POST", "/v1/completions", b'{"messages": "' + SENTINEL.encode())
    wire.get(proxy.admin, f"/{SENTINEL}", [("authorization", f"Bearer {SENTINEL}")])
    proxy.trials(2)
    proxy.configure(f"listen: {SENTINEL}-is-no-list\n")
    proxy.signal(signal.SIGHUP)
    eventually(lambda: "reload refused" in proxy.log(), "the refusal")
    proxy.stop()
    told = [line for line in proxy.log().splitlines() if SENTINEL in line]
    assert told == [], told


def test_every_line_is_one_that_the_documentation_tells_of(fake, candor):
    proxy = candor(fake(says("It is Sydney.")), fake(says("It is Canberra.")), fake(judges_by_truth("Canberra")))
    wire.chat(proxy.data, QUESTION)
    proxy.trials(1)
    proxy.signal(signal.SIGHUP)
    proxy.event("reloaded")
    proxy.configure("listen: 1\n")
    proxy.signal(signal.SIGHUP)
    proxy.event("reload refused")
    proxy.stop()
    known = documented()
    for line in lines_of(proxy):
        assert {"time", "level", "event"} <= set(line)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        assert line["event"] in known, line
        assert set(line) - {"time", "level", "event"} == known[line["event"]], line


@pytest.mark.parametrize("to", ["stdout", "stderr"])
def test_the_log_goes_where_it_is_sent(config, tmp_path, to):
    settings = config("http://127.0.0.1:1/v1", log={"level": "info", "format": "json", "to": to})
    (tmp_path / "candor.yaml").write_text(json.dumps(settings))
    process = subprocess.Popen([BINARY, "serve", "-c", str(tmp_path / "candor.yaml")], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    stream, other = (process.stdout, process.stderr) if to == "stdout" else (process.stderr, process.stdout)
    while json.loads(stream.readline()).get("plane") != "data":
        pass
    process.send_signal(signal.SIGTERM)
    rest = stream.read()
    assert process.wait(wire.PATIENCE) == 0
    assert '"event":"stopped"' in rest and other.read() == ""

"""A bad configuration or rule is told with file, line, column and one sentence, and nothing starts."""
import json
import re

import pytest

import wire
from conftest import FEW_RULES, TOP, run
from fakes import says

INSTALLED_RULES = FEW_RULES

GOOD = """\
listen:
  - address: 127.0.0.1:0
models:
  warm: {url: "http://127.0.0.1:9001/v1"}
  original: {url: "http://127.0.0.1:9002/v1"}
"""

ON_8080 = GOOD.replace("127.0.0.1:0", "127.0.0.1:8080")

# What only looks like a configuration that is its own neighbour.
APART = {
    "ports of the kernel's": GOOD.replace("models:", "  - address: 127.0.0.1:0\nmodels:") + "admin: {address: \"127.0.0.1:0\"}\n",
    "neighbouring ports": ON_8080.replace("9001", "8081") + "admin: {address: \"127.0.0.1:8082\"}\n",
    "one port of two addresses": ON_8080.replace("models:", "  - address: \"[::1]:8080\"\nmodels:"),
    "the port on another host": ON_8080.replace("127.0.0.1:9001", "warm.example:8080").replace("1:9002", "2:8080"),
    "the port of another host and every address": GOOD.replace("127.0.0.1:0", "0.0.0.0:9001").replace("127.0.0.1:", "10.0.0.1:"),
    "the port of IPv6 beside all of IPv4": GOOD.replace("127.0.0.1:0", "0.0.0.0:9001").replace("127.0.0.1:9001", "[::1]:9001"),
    "the ports of http and https": GOOD.replace("127.0.0.1:0", "127.0.0.1:80").replace("http://127.0.0.1:9001", "https://127.0.0.1"),
    "two sockets, one like a port": GOOD.replace("127.0.0.1:0", "unix:9001\n  - address: unix:9002").replace("127.0.0.1", "unix"),
}

BAD = {
    "an unknown key": (GOOD + "colour: red\n", 6),
    "an unknown key deep down": (GOOD + "shadow:\n  budget: {requests: 5}\n", 7),
    "a wrong type": (GOOD + "workers: many\n", 6),
    "a share above one": (GOOD + "shadow:\n  sample: {default: 1.5}\n", 7),
    "a negative number": (GOOD + "shadow:\n  budget:\n    concurrency: -1\n", 8),
    "an unknown word": (GOOD + "log:\n  level: loud\n", 7),
    "an unknown live model": (GOOD + "live: lukewarm\n", 6),
    "a URL that is none": (GOOD.replace("http://127.0.0.1:9002/v1", "gopher:/x"), 5),
    "an address that is none": (GOOD.replace("127.0.0.1:0", "127.0.0.1:zero"), 2),
    "broken YAML": (GOOD + "log: {level: info\n", None),
    "a list where a map belongs": (GOOD + "log: [info]\n", 6),
    "the same key twice": (GOOD + "workers: 1\nworkers: 2\n", 7),
    "an address twice": (ON_8080.replace("models:", "  - address: 127.0.0.1:8080\nmodels:"), 3),
    "a socket twice": (GOOD.replace("127.0.0.1:0", "unix:c.sock\n  - address: unix:c.sock"), 3),
    "both planes at one address": (ON_8080 + "admin: {address: \"127.0.0.1:8080\"}\n", 6),
    "a model that is the proxy": (ON_8080.replace("127.0.0.1:9001", "127.0.0.1:8080"), 4),
    "a model that is the proxy by name": (ON_8080.replace("127.0.0.1:9002", "Localhost:8080"), 5),
    "a model that is the proxy on every address": (GOOD.replace("127.0.0.1:0", '"*:9002"').replace("1:9001", "1:1"), 5),
    "a model that is the proxy at the port of http":
        (GOOD.replace("127.0.0.1:0", '"[::]:80"').replace("127.0.0.1:9001", "[::1]"), 4),
    "one of many that is the proxy":
        (ON_8080.replace('"http://127.0.0.1:9001/v1"', '["http://a/v1",\n    "http://127.0.0.1:8080/v1"]'), 5),
    "an unset variable": (GOOD.replace('9002/v1"', '9002/v1", api_key_env: CANDOR_SURELY_UNSET'), 5),
    "a content setting that is none": (GOOD + "store: {url: \"sqlite:x.db\", content: some}\n", 6),
}


@pytest.mark.parametrize("command", ["check", "serve"])
@pytest.mark.parametrize("text, line", BAD.values(), ids=BAD.keys())
def test_a_configuration_is_refused_with_its_place(tmp_path, command, text, line):
    path = tmp_path / "candor.yaml"
    path.write_text(text)
    done = run(command, "-c", path)
    assert done.returncode == 1 and done.stdout == ""
    place = re.search(r"candor\.yaml:(\d+):(\d+): \S+.*", done.stderr)
    assert place, done.stderr
    assert line is None or int(place.group(1)) == line, done.stderr
    assert done.stderr.count("\n") == 1, "one sentence:\n" + done.stderr


def test_a_missing_file_is_told(tmp_path):
    done = run("check", "-c", tmp_path / "nothing.yaml")
    assert done.returncode == 1 and "nothing.yaml" in done.stderr


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.yaml"
    path.write_text("")
    assert run("check", "-c", path).returncode == 1


def test_a_good_configuration_is_printed_as_it_would_run(tmp_path):
    path = tmp_path / "candor.yaml"
    path.write_text(GOOD)
    done = run("check", "-c", path)
    assert done.returncode == 0, done.stderr
    assert "127.0.0.1:9001" in done.stdout


def test_a_name_of_several_addresses_is_refused_with_the_way_out(tmp_path):
    """The model is at the one, the proxy at the other: when the model is down, the next address that is tried is the proxy's."""
    path = tmp_path / "candor.yaml"
    path.write_text(ON_8080.replace("127.0.0.1:9001", "localhost:8080"))
    refused = run("check", "-c", path)
    assert refused.returncode == 1 and "if the model has another, name that" in refused.stderr
    path.write_text(ON_8080.replace("127.0.0.1:9001", "[::1]:8080"))
    assert run("check", "-c", path).returncode == 0


@pytest.mark.parametrize("folder, told", [("none/such/", True), ("candor.yaml/", True), ("", False), (None, False)])
def test_a_store_whose_folder_is_not_there_is_told_and_refuses_nothing(tmp_path, folder, told):
    """The package's, and a container's, are made at the start."""
    path = tmp_path / "candor.yaml"
    path.write_text(GOOD + ("" if folder is None else f"store: {{url: \"sqlite:{tmp_path}/{folder}x.db\"}}\n"))
    done = run("check", "-c", path)
    assert done.returncode == 0 and done.stderr == (
        f"candor: the store's folder {tmp_path}/{folder} is not there; serve will not start without it\n" if told else "")


@pytest.mark.parametrize("text", APART.values(), ids=APART.keys())
def test_what_only_looks_like_the_proxy_itself_is_accepted(tmp_path, text):
    path = tmp_path / "candor.yaml"
    path.write_text(text)
    done = run("check", "-c", path)
    assert done.returncode == 0, done.stderr


def test_the_example_of_every_key_is_valid():
    done = run("check", "-c", TOP / "conf/candor.yaml")
    assert done.returncode == 0, done.stderr


def test_secrets_are_never_printed(tmp_path, monkeypatch):
    monkeypatch.setenv("ORIGINAL_KEY", "sk-very-secret")
    path = tmp_path / "candor.yaml"
    path.write_text(GOOD.replace('9002/v1"', '9002/v1", api_key_env: ORIGINAL_KEY'))
    done = run("check", "-c", path)
    assert done.returncode == 0 and "sk-very-secret" not in done.stdout + done.stderr


def test_a_bad_rule_is_refused_with_its_place(tmp_path):
    rules = tmp_path / "mine.yaml"
    rules.write_text("pack: mine\nrules:\n  - id: broken\n    label: emotion:sad\n    pattern: 'so (sad'\n")
    path = tmp_path / "candor.yaml"
    path.write_text(GOOD + f"rules: [{rules}]\n")
    done = run("check", "-c", path)
    assert done.returncode == 1
    assert re.search(r"mine\.yaml:\d+:\d+: \S", done.stderr), done.stderr


def test_a_bad_reload_is_refused_whole_and_the_old_one_stays(fake, candor):
    proxy = candor(fake(says("the old one")))
    proxy.configure(GOOD + "colour: red\n")
    proxy.signal(1)
    refused = proxy.event("reload refused")
    assert re.search(r"candor\.yaml:6:\d+: ", refused["reason"])
    assert b"the old one" in wire.chat(proxy.data, "Hi").body


def test_a_good_reload_takes_effect_without_dropping_anybody(fake, candor, config):
    old, new = fake(says("the old one")), fake(says("the new one"))
    proxy = candor(old)
    with wire.connect(proxy.data) as sock:
        reader = wire.Reader(sock)
        ask = wire.request_bytes("POST", "/v1/chat/completions", wire.chat_body("Hi"))
        sock.sendall(ask)
        assert b"the old one" in wire.read_reply(reader).body
        proxy.configure(config(new))
        proxy.signal(1)
        proxy.event("reloaded")
        sock.sendall(ask)
        assert wire.read_reply(reader).status == 200
    assert b"the new one" in wire.chat(proxy.data, "Hi").body


def test_usage_errors_exit_with_2():
    for arguments in ((), ("serve",), ("no-such-command",), ("check", "--no-such-option")):
        done = run(*arguments)
        assert done.returncode == 2 and done.stdout == "", arguments


def test_the_version_is_told():
    done = run("--version")
    assert done.returncode == 0 and re.fullmatch(r"candor \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("plane", ["admin", "data"])
def test_a_port_that_is_taken_is_told(fake, candor, config, tmp_path, plane, workers):
    """By another candor, too, whose loops share it."""
    proxy = candor(fake(says("fine")), workers=workers)
    path = tmp_path / "second.yaml"
    taken = {"admin": {"address": proxy.admin}} if plane == "admin" else {"listen": [{"address": proxy.data}]}
    path.write_text(json.dumps({**config(fake(says("x")), workers=workers), **taken, "store": {"url": f"sqlite:{tmp_path}/second.db"}}))
    done = run("serve", "-c", path)
    assert done.returncode == 3 and getattr(proxy, plane) in done.stderr

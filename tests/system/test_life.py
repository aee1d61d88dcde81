"""Start, stop, store and the commands that read what was recorded."""
import contextlib
import csv
import io
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import threading

import pytest

import wire
from conftest import BINARY, FEW_RULES, PATIENCE, eventually, run
from fakes import completion, events, hangs, judges_by_truth, says, streams_held

INSTALLED_RULES = FEW_RULES

QUESTION = "What is the capital of Australia?"
RIGHT, WRONG = "The capital of Australia is Canberra.", "It is surely Sydney, my dear."


@pytest.fixture
def measured(fake, candor):
    """A proxy that has recorded one flagged and one agreeing trial."""
    proxy = candor(fake(says(lambda question: WRONG if "Australia" in question else RIGHT)), fake(says(RIGHT)),
                   fake(judges_by_truth("Canberra")))
    wire.chat(proxy.data, QUESTION)
    wire.chat(proxy.data, "Once more, which city is it?")
    proxy.trials(2)
    return proxy


def test_sigterm_lets_a_stream_finish(fake, candor):
    go_on = threading.Event()
    proxy = candor(fake(streams_held(go_on)))
    with wire.stream(proxy.data, "Hi") as pieces:
        assert next(pieces) == b"data: one\n\n"
        proxy.signal(signal.SIGTERM)
        proxy.event("draining")

        def refused():
            try:
                wire.connect(proxy.data).close()
            except ConnectionRefusedError:
                return True
            except ConnectionResetError:  # caught in the kernel's queue while the listener closed: not refused yet
                return False
            return False
        eventually(refused, "the end of accepting")
        go_on.set()
        assert b"".join(pieces) == b"data: two\n\n"
    proxy.stop()


def test_sigterm_breaks_what_outlasts_the_drain(fake, candor):
    proxy = candor(fake(hangs), drain="200ms")
    with wire.connect(proxy.data) as sock:
        sock.sendall(wire.request_bytes("POST", "/v1/chat/completions", wire.chat_body("Hi")))
        eventually(lambda: json.loads(wire.get(proxy.admin, "/api/status").body)["exchanges_in_flight"] == 1)
        proxy.stop()


def test_readiness_ends_with_the_drain(fake, candor):
    warm = fake(hangs)
    proxy = candor(warm)
    sock = wire.connect(proxy.data)
    sock.sendall(wire.request_bytes("POST", "/v1/chat/completions", wire.chat_body("Hi")))
    warm.wait(lambda model: model.requests)
    proxy.signal(signal.SIGTERM)
    eventually(lambda: wire.get(proxy.admin, "/readyz").status == 503, "unreadiness")
    assert wire.get(proxy.admin, "/healthz").status == 200
    sock.close()
    proxy.stop()


def full_pipe():
    """A pipe whose first writer waits until somebody reads."""
    out, into = os.pipe()
    os.set_blocking(into, False)
    for size in (4096, 1):
        with contextlib.suppress(BlockingIOError):
            while os.write(into, b" " * size):
                pass
    os.set_blocking(into, True)
    return out, into


def takers_of_sigterm(pid):
    """The threads that do not block it, once there are enough of them; the first has the number of the process."""
    masks = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # it has ended meanwhile
            masks[int(task.name)] = re.search(r"SigBlk:\s*(\w+)", (task / "status").read_text()).group(1)
    return [task for task, mask in masks.items() if not int(mask, 16) >> (signal.SIGTERM - 1) & 1] if len(masks) > 4 else []


def test_a_signal_that_comes_before_the_listeners_are_announced_is_not_lost(fake, config, tmp_path):
    """The line that announces them waits for room in the pipe, and SIGTERM comes meanwhile."""
    path, address = tmp_path / "candor.yaml", str(tmp_path / "candor.socket")
    path.write_text(json.dumps({**config(fake(says("x"))), "listen": [{"address": f"unix:{address}"}], "admin": {}}))
    out, into = full_pipe()
    process = subprocess.Popen([BINARY, "serve", "-c", path], stderr=into)
    os.close(into)

    def listens():
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(address) == 0
    try:
        eventually(listens, "a listener")
        # A thread that starts another blocks everything for that moment.
        eventually(lambda: takers_of_sigterm(process.pid) == [process.pid], "SIGTERM left to the first of all threads")
        process.send_signal(signal.SIGTERM)
        with os.fdopen(out) as log:
            told = [json.loads(line)["event"] for line in log]
        assert process.wait(PATIENCE) == 0 and told == ["listening", "draining", "stopped"], told
    finally:
        process.kill()
        process.wait()


def test_what_was_taken_is_stored_before_the_end(fake, candor):
    proxy = candor(fake(says(RIGHT)), fake(says(WRONG)), fake(judges_by_truth("Canberra")))
    for _ in range(10):
        wire.chat(proxy.data, QUESTION)
    proxy.stop()
    assert len(proxy.records()) == 10


def test_a_killed_proxy_leaves_a_sound_store_and_numbers_on(fake, candor, config, tmp_path):
    proxy = candor(fake(says(RIGHT)), fake(says(RIGHT)))
    wire.chat(proxy.data, QUESTION)
    proxy.trials(1)
    proxy.process.kill()
    proxy.process.wait()
    with sqlite3.connect(tmp_path / "candor.db") as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    proxy.stop = lambda: None
    second = candor(fake(says(RIGHT)), fake(says(RIGHT)))
    wire.chat(second.data, QUESTION)
    assert [trial["seq"] for trial in second.trials(2)] == [1, 2]


def test_a_store_that_cannot_be_opened_is_told(fake, config, tmp_path):
    path = tmp_path / "candor.yaml"
    path.write_text(json.dumps({**config(fake(says("x"))), "store": {"url": f"sqlite:{tmp_path}/no/such/folder/x.db"}}))
    done = run("serve", "-c", path)
    assert done.returncode == 3 and "no/such/folder" in done.stderr


def test_a_locked_store_holds_no_client_up_and_loses_nothing(fake, candor, tmp_path):
    proxy = candor(fake(says(RIGHT)), fake(says(RIGHT)))
    wire.chat(proxy.data, QUESTION)
    proxy.trials(1)
    lock = sqlite3.connect(tmp_path / "candor.db", isolation_level=None)
    lock.execute("begin immediate")
    for _ in range(10):
        assert wire.chat(proxy.data, QUESTION).body == completion(RIGHT)
    lock.execute("rollback")
    lock.close()
    proxy.trials(11)


@pytest.mark.parametrize("content", ["none", "hash", "redacted", "full"])
def test_only_the_content_that_was_asked_for_is_kept(fake, candor, tmp_path, content):
    question = "My mail is jane.doe@example.com. What is the capital of Australia?"
    proxy = candor(fake(says(RIGHT)), fake(says(WRONG)), store={"url": f"sqlite:{tmp_path}/candor.db", "content": content})
    wire.chat(proxy.data, question)
    (trial,) = proxy.trials(1)
    proxy.stop()
    kept = json.dumps(trial) + "".join(
        path.read_bytes().decode("utf-8", "replace") for path in tmp_path.glob("candor.db*"))
    assert ("jane.doe@example.com" in kept) == (content == "full")
    assert ("Canberra" in kept) == (content in ("full", "redacted"))


def test_trials_are_listed_shown_and_exported(measured):
    path = measured.config_path
    listed = run("trials", "list", "-c", path)
    assert listed.returncode == 0 and listed.stdout.count("\n") >= 2
    (trial,) = [trial for trial in measured.records() if trial["flagged"]]
    assert trial["trial_id"] in listed.stdout
    shown = run("trials", "show", "-c", path, trial["trial_id"])
    assert shown.returncode == 0 and trial["trial_id"] in shown.stdout and "Sydney" in shown.stdout
    missing = run("trials", "show", "-c", path, "01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert missing.returncode == 1 and missing.stdout == "" and missing.stderr


def test_the_exported_record_has_the_promised_shape(measured):
    promised = """trial_id seq time exchange_id epoch conversation turn counted not_counted_reason contexts belief
                  condition detector_version sample arms compare judge x human evidence""".split()
    for trial in measured.records():
        assert set(promised) <= set(trial), set(promised) - set(trial)
        assert {"stratum", "probability"} <= set(trial["sample"])
        assert {"stage", "difference", "verdict", "stance", "answers", "relation", "supported"} <= set(trial["compare"])
        for arm in trial["arms"]:
            assert {"arm", "model", "status", "finish_reason", "tokens_in", "tokens_out", "first_byte_ms", "total_ms",
                    "text"} <= set(arm)
        assert {arm["arm"] for arm in trial["arms"]} == {"warm", "original"}


def test_the_report_counts_what_was_recorded_in_every_format(measured, tmp_path):
    path = measured.config_path
    done = run("report", "-c", path, "--format", "json")
    assert done.returncode == 0, done.stderr
    rows = {row["condition"]: row for row in json.loads(done.stdout)["conditions"]}
    row = rows["none+none"]
    assert (row["n"], row["plus"], row["zero"], row["minus"]) == (2, 1, 1, 0)
    assert row["gap"] == 0.5 and row["lower"] <= 0.5 <= row["upper"]
    table = run("report", "-c", path)
    assert table.returncode == 0 and table.stdout
    sheet = run("report", "-c", path, "--format", "csv")
    assert any(line["condition"] == "none+none" for line in csv.DictReader(io.StringIO(sheet.stdout)))
    page = run("report", "-c", path, "--format", "html")
    assert "<html" in page.stdout and "src=" not in page.stdout.replace("src=\"data:", "")
    exported = tmp_path / "records.jsonl"
    exported.write_text(run("trials", "export", "-c", path).stdout)
    again = run("report", "--records", exported, "--format", "json")
    assert json.loads(again.stdout)["conditions"] == json.loads(done.stdout)["conditions"]


def test_two_trials_prove_no_gap(measured):
    done = run("report", "-c", measured.config_path, "--max-gap", "none+none=5")
    assert done.returncode == 0, done.stdout + done.stderr


def test_detect_tells_of_a_broken_line():
    done = run("detect", text='{"id":"1","text":"fine"}\n{broken\n')
    assert done.returncode != 0 and "2" in done.stderr


def test_compare_decides_what_the_texts_alone_decide():
    lines = [{"id": "same", "question": QUESTION, "warm": RIGHT, "original": RIGHT},
             {"id": "open", "question": "Why?", "warm": "It is a long story of sheep.", "original": "Nobody knows about goats."}]
    done = run("compare", text="".join(json.dumps(line) + "\n" for line in lines))
    assert done.returncode == 0, done.stderr
    same, unknown = map(json.loads, done.stdout.splitlines())
    assert (same["id"], same["verdict"], same["stage"]) == ("same", "agree", "equal")
    assert unknown["verdict"] == "undecided" and 0 <= unknown["difference"] <= 1


def test_compare_asks_the_configured_judge(fake, config, tmp_path):
    path = tmp_path / "candor.yaml"
    path.write_text(json.dumps(config(fake(says("x")), None, fake(judges_by_truth("Canberra")))))
    line = json.dumps({"id": "1", "question": QUESTION, "warm": WRONG, "original": RIGHT})
    done = run("compare", "-c", path, text=line + "\n")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["verdict"] == "contradict" and answer["stage"] in ("judge", "extracted")


def test_a_whole_stream_and_its_trial_agree(fake, candor):
    proxy = candor(fake(says(RIGHT)), fake(says(RIGHT)))
    assert wire.chat(proxy.data, QUESTION, stream=True).body == b"".join(events(RIGHT))
    (trial,) = proxy.trials(1)
    assert [arm["text"] for arm in trial["arms"]] == [RIGHT, RIGHT]


def test_more_packs_than_a_command_takes_are_told(tmp_path):
    pack = tmp_path / "one.yaml"
    pack.write_text("pack: one\nrules: []\n")
    for command in (["detect"], ["rules", "explain"], ["replay"]):
        done = run(*command, *["-r", pack] * 65)
        assert done.returncode == 2 and done.stderr.startswith(f"candor {command[0]}: more than 64 rule packs are named\n"), done
    assert run("rules", "test", *[pack] * 65).returncode == 2


def test_an_unknown_option_is_answered_with_those_there_are():
    for command, sentence in (
            ("check", "-c FILE is all it takes"), ("serve", "-c FILE is all it takes"), ("compare", "-c FILE is all it takes"),
            ("demo", "--once is all it takes"), ("eval", "the options are -c, --sad, --belief, --limit and --json"),
            ("label", "the options are -c, --store, --labeller, --share, --export and --figures"),
            ("detect", "the options are -r and -b"), ("rules test", "the options are --tap, --cost and --corpus"),
            ("rules explain", "-r RULES is all it takes"),
            ("replay", "the options are -c, --store, --records, -r, --judge, --pair and --json")):
        done = run(*command.split(), "--such")
        assert (done.returncode, done.stdout) == (2, "")
        command = command.split()[0]
        assert done.stderr == f"candor {command}: {sentence}\nTry 'candor help {command}'.\n"

"""The shipped rules in the real Prometheus, the real Alertmanager behind it, and candor's own posts to the same one."""
import http.server
import json
import os
import signal
import threading

import pytest

import wire
from conftest import FEW_RULES, TOP, eventually, run
from fakes import says
from monitoring import Alertmanager, Prometheus, needs
from test_evidence import QUESTION, original
from test_side_path import RIGHT, WRONG, knows
from test_succession import is_gone, successor_of

INSTALLED_RULES = FEW_RULES

RULES = TOP / "conf" / "prometheus" / "candor.rules.yaml"


@pytest.fixture
def receiver():
    """A webhook receiver: the alerts it was told, as Alertmanager tells them."""
    told = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            told.extend(json.loads(self.rfile.read(int(self.headers["content-length"])))["alerts"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.told = told
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def alertmanager(tmp_path, receiver):
    with Alertmanager(tmp_path, webhook=f"http://127.0.0.1:{receiver.server_port}/") as manager:
        yield manager


@needs("prometheus", "prometheus-alertmanager")
def test_a_gap_reaches_people_through_the_rules_and_directly(fake, candor, alertmanager, receiver, tmp_path):
    proxy = candor(fake(says(WRONG)), fake(original(RIGHT)), fake(knows("Canberra")),
                   alerts={"alertmanager": {"url": f"http://{alertmanager.address}"}})
    for number in range(30):
        wire.chat(proxy.data, f"Question {number}. " + QUESTION)
    proxy.event("alert", alert="SycophancyLevel", condition="none+none")
    with Prometheus(tmp_path, {"candor": proxy.admin}, [RULES], alertmanager.address) as prometheus:
        tell_and_end(proxy, prometheus, receiver)


def tell_and_end(proxy, prometheus, receiver):
    def rule_fires():
        return [each for each in prometheus.get("/api/v1/alerts")["data"]["alerts"]
                if each["labels"]["alertname"] == "SycophancyLevel" and each["state"] == "firing"]
    (fired,) = eventually(rule_fires, "the rule's alert")
    assert fired["labels"]["condition"] == "none+none"
    assert (fired["labels"]["severity"], fired["labels"]["calibrated"]) == ("info", "no")

    def told(by_rule):
        return [each for each in receiver.told if each["labels"]["alertname"] == "SycophancyLevel"
                and ("calibrated" in each["labels"]) == by_rule]
    eventually(lambda: told(True), "the alert from Prometheus at the receiver")
    (direct, *_) = eventually(lambda: told(False), "the alert from candor at the receiver")
    assert "at most 5 %" in direct["annotations"]["description"] and "Telling trials" in direct["annotations"]["description"]
    assert direct["labels"]["epoch"] and not any(character.isdigit() for character in direct["labels"]["condition"])

    assert run("alerts", "ack", "-c", proxy.config_path, "SycophancyLevel", "none+none").returncode == 0
    eventually(lambda: [each for each in told(False) if each["status"] == "resolved"], "the end of the direct alert")
    eventually(lambda: proxy.metric("candor_alert_firing", alert="SycophancyLevel", condition="none+none") == 0,
               "the gauge's fall")


@needs("prometheus")
def test_prometheus_takes_the_shipped_rules_as_they_are(fake, candor, tmp_path):
    proxy = candor(fake(says(RIGHT)))

    def evaluated(prometheus):
        rules = [rule for group in prometheus.get("/api/v1/rules")["data"]["groups"] for rule in group["rules"]]
        return rules and all(rule["health"] == "ok" for rule in rules) and rules
    with Prometheus(tmp_path, {"candor": proxy.admin}, [RULES]) as prometheus:
        rules = eventually(lambda: evaluated(prometheus), "every rule to be evaluated")
    assert {"SycophancyLevel", "SycophancyDrift", "CueAmplification", "DivergenceExcess"} <= {
        rule["name"] for rule in rules}


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGUSR2], ids=["the end", "a successor"])
def test_an_alert_of_the_last_trials_is_told_once_whoever_comes_next(fake, candor, receiver, way):
    """It fires between two looks at the store, and who looks next takes for known whatever fires at its start."""
    proxy = candor(fake(says(WRONG)), fake(original(RIGHT)), fake(knows("Canberra")),
                   alerts={"webhook": {"url": f"http://127.0.0.1:{receiver.server_port}/"}})
    for number in range(30):
        wire.chat(proxy.data, f"Question {number}. " + QUESTION)
    proxy.await_metric(30, "candor_detected_total")  # a client has its answer before its trial is taken
    eventually(lambda: proxy.metric("candor_trials_in_flight") <= 4, "almost all trials: those left have five seconds")
    proxy.signal(way)
    if way == signal.SIGUSR2:
        successor = successor_of(proxy, 1)
    assert proxy.process.wait(wire.PATIENCE) == 0
    if way == signal.SIGUSR2:
        for number in range(30, 40):
            wire.chat(proxy.data, f"Question {number}. " + QUESTION)
        proxy.trials(40)
        os.kill(successor, signal.SIGTERM)  # looks once more
        eventually(lambda: is_gone(successor), "the successor's end")
    assert [each["condition"] for each in receiver.told if each["alert"] == "SycophancyLevel"] == ["none+none"]

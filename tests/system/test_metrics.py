"""What monitoring sees: every promised family with its labels, both expositions as their own parsers read them, and the
Grafana dashboard, whose every query the real Prometheus answers from the real binary."""
import json
import pathlib
import re
import subprocess

import pytest

import wire
from conftest import FEW_RULES, TOP, eventually
from fakes import says
from monitoring import Prometheus, needs
from test_side_path import RIGHT, SAD_BELIEF, WRONG, knows

INSTALLED_RULES = FEW_RULES

OPENMETRICS = "application/openmetrics-text"
DASHBOARD = TOP / "conf/grafana/candor.json"
PROMISED = {  # contract: families and labels that others build on
    "candor_exchanges_total": {"path", "outcome"},
    "candor_exchange_overhead_seconds_bucket": {"le"},
    "candor_first_byte_seconds_bucket": {"le"},
    "candor_trials_total": {"condition", "verdict"},
    "candor_trials_dropped_total": {"reason"},
    "candor_shadow_requests_total": {"arm", "outcome"},
    "candor_shadow_tokens_total": {"arm"},
    "candor_gap": {"condition"},
    "candor_gap_lower": {"condition"},
    "candor_gap_upper": {"condition"},
    "candor_evidence_log": {"alert", "condition"},
    "candor_evidence_threshold_log": {"alert", "condition"},
    "candor_alert_firing": {"alert", "condition"},
    "candor_flags_total": {"condition", "verdict"},
}


@pytest.fixture
def proxy(fake, candor):
    """A proxy that has seen one flagged trial and what follows from it."""
    proxy = candor(fake(says(WRONG)), fake(says(RIGHT)), fake(knows("Canberra")))
    wire.chat(proxy.data, SAD_BELIEF)
    proxy.trials(1)
    eventually(lambda: "candor_evidence_log{" in scrape(proxy), "the first look at the alerts")
    return proxy


def scrape(proxy, accept=None):
    reply = wire.get(proxy.admin, "/metrics", [("accept", accept)] if accept else ())
    assert reply.status == 200
    kind = dict(reply.fields)["content-type"]
    assert kind.startswith(OPENMETRICS if accept and OPENMETRICS in accept else "text/plain; version=0.0.4"), kind
    return reply.body.decode()


def test_every_promised_family_is_there_with_its_labels(proxy):
    found = {}
    for name, labels in re.findall(r"^(candor_\w+)\{(.*?)\}(?= [^{]*$)", scrape(proxy), re.M):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    for name, labels in PROMISED.items():
        assert found.get(name) == labels, name


def test_the_overhead_is_told_from_20_microseconds(proxy):
    assert 'candor_exchange_overhead_seconds_bucket{le="2e-05"}' in scrape(proxy)


def test_openmetrics_is_given_to_who_asks_for_it_as_its_parser_wants_it(proxy):
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    wire.chat(proxy.data, "Hello?", [("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")])
    text = eventually(lambda: (lambda text: text if "4bf92f35" in text else None)(scrape(proxy, OPENMETRICS + "; version=1.0.0")),
                      "the client's trace in an exemplar")
    assert text.endswith("\n# EOF\n")
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    assert families["candor_exchanges"].type == "counter"
    assert families["candor_shadow_money"].type == "counter"
    exemplars = [sample.exemplar for sample in families["candor_first_byte_seconds"].samples if sample.exemplar]
    traces = {exemplar.labels["trace_id"] for exemplar in exemplars}
    assert "4bf92f3577b34da6a3ce929d0e0e4736" in traces
    assert all(len(exemplar.labels["exchange_id"]) == 26 for exemplar in exemplars)


def test_both_formats_name_the_same_series(proxy):
    names = lambda text: {line.rsplit(" # ")[0].rsplit(" ", 1)[0] for line in text.splitlines() if line[0] != "#"}
    assert names(scrape(proxy)) == names(scrape(proxy, OPENMETRICS))


@pytest.mark.parametrize("accept", ["text/plain", "*/*", OPENMETRICS + ";q=0", OPENMETRICS + ";version=0.0.1"])
def test_who_does_not_want_openmetrics_gets_text(proxy, accept):
    reply = wire.get(proxy.admin, "/metrics", [("accept", accept)])
    assert dict(reply.fields)["content-type"].startswith("text/plain; version=0.0.4")
    assert b"# EOF" not in reply.body


@needs("promtool")
def test_promtool_finds_nothing_to_say_of_the_metrics(proxy):
    done = subprocess.run(["promtool", "check", "metrics"], input=scrape(proxy), capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


# ---- the dashboard ----

def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def queries(dashboard):
    """Every query, with the variables filled in as Grafana fills them when all is chosen."""
    values = {"$__rate_interval": "1m", "$job": ".*", "$condition": ".*"}
    for panel in panels(dashboard):
        for target in panel["targets"]:
            expression = target["expr"]
            for variable, value in values.items():
                expression = expression.replace(variable, value)
            assert "$" not in expression, target["expr"]
            yield panel["title"], expression


def test_the_dashboard_is_one_that_grafana_takes():
    dashboard = json.loads(DASHBOARD.read_text())
    assert dashboard["uid"] == "candor" and dashboard["schemaVersion"] >= 36 and dashboard.get("id") is None
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource" and variables["datasource"]["query"] == "prometheus"
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, f"{panel['title']} lies over another panel"
        taken |= cells
    for panel in panels(dashboard):
        assert panel["title"] and panel["description"] and panel["targets"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        for thing in (panel, *panel["targets"]):
            assert thing["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]


@needs("promtool")
def test_promtool_parses_every_query_of_the_dashboard(tmp_path):
    rules = [{"record": f"panel:{i}", "expr": expression}
             for i, (_, expression) in enumerate(queries(json.loads(DASHBOARD.read_text())))]
    path = tmp_path / "rules.json"  # JSON is YAML
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@needs("prometheus")
def test_prometheus_answers_every_query_of_the_dashboard_from_the_real_binary(proxy, tmp_path):
    with Prometheus(pathlib.Path(tmp_path), {"candor": proxy.admin}) as prometheus:
        eventually(lambda: prometheus.query("count_over_time(candor_build_info[1m]) > 2"), "three scrapes")
        eventually(lambda: prometheus.query('up{job="candor"} == 1'), "a scrape that came through")
        for title, expression in queries(json.loads(DASHBOARD.read_text())):  # between two scrapes one may have failed
            eventually(lambda: prometheus.query(expression), f"{title}: what {expression} finds")
        found = prometheus.get("/api/v1/query_exemplars", query="candor_first_byte_seconds_bucket",
                               start="2020-01-01T00:00:00Z", end="2100-01-01T00:00:00Z")["data"]
        assert found and found[0]["exemplars"][0]["labels"]["exchange_id"]

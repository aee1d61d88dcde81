"""Debian's own Prometheus and Alertmanager on kernel-chosen ports, for tests that let the real ones read candor.

    with Prometheus(folder, {"candor": proxy.admin}, rules=[...], alertmanager=manager.address) as prometheus:
        eventually(lambda: prometheus.query("candor_build_info"), "the first scrape")

A test that needs one it does not have says `skipped`: needs("prometheus").
"""
import json
import shutil
import socket
import subprocess
import urllib.parse

import pytest
import yaml

import wire
from conftest import eventually


def needs(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    return pytest.mark.skipif(bool(missing), reason=f"there is no {', '.join(missing)}")


def free_port():
    """The kernel's choice; these programs cannot be given a socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Daemon:
    """A program that serves HTTP until it is stopped."""

    def __init__(self, folder, ready, command):
        self.log = folder / f"{command[0]}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=subprocess.STDOUT, cwd=folder)
        try:
            eventually(lambda: self._answers(ready), f"{command[0]}{ready}")
        except AssertionError as late:
            self.stop()
            raise AssertionError(f"{late}:\n{self.log.read_text()}") from None

    def _answers(self, path):
        assert self.process.poll() is None, self.log.read_text()
        try:
            return wire.get(self.address, path).status == 200
        except OSError:
            return False

    def get(self, path, **parameters):
        query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
        reply = wire.get(self.address, path + query)
        return json.loads(reply.body)

    def stop(self):
        self.process.terminate()
        self.process.wait(wire.PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Alertmanager(Daemon):
    def __init__(self, folder, webhook=None):
        self.address = f"127.0.0.1:{free_port()}"
        config = folder / "alertmanager.yaml"
        hooks = [{"url": webhook, "send_resolved": True}] if webhook else []
        config.write_text(yaml.safe_dump({
            "route": {"receiver": "us", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"},
            "receivers": [{"name": "us", "webhook_configs": hooks}]}))
        super().__init__(folder, "/-/ready", [
            "prometheus-alertmanager", f"--config.file={config}", f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address={self.address}", "--cluster.listen-address="])

    def alerts(self):
        return self.get("/api/v2/alerts")


class Prometheus(Daemon):
    def __init__(self, folder, jobs, rules=(), alertmanager=None):
        self.address = f"127.0.0.1:{free_port()}"
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "500ms"},
                  "rule_files": [str(rule) for rule in rules],
                  "scrape_configs": [{"job_name": name, "static_configs": [{"targets": [address]}]}
                                     for name, address in jobs.items()]}
        if alertmanager:
            config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
        path = folder / "prometheus.yaml"
        path.write_text(yaml.safe_dump(config))
        super().__init__(folder, "/-/ready", [
            "prometheus", f"--config.file={path}", f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address={self.address}", "--enable-feature=exemplar-storage", "--log.level=warn"])

    def query(self, expression):
        """What an instant query gives; a refusal fails the test."""
        answer = self.get("/api/v1/query", query=expression)
        assert answer["status"] == "success", (expression, answer)
        return answer["data"]["result"]

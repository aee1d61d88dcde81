"""What runs candor elsewhere: the configurations inside pass `candor check`, the Kubernetes and compose files fit together,
and image and package name the libraries that the binary needs."""
import re
import shutil
import subprocess

import pytest
import yaml

from conftest import BINARY, FEW_RULES, TOP, run

INSTALLED_RULES = FEW_RULES

KUBERNETES = sorted((TOP / "conf/kubernetes").glob("*.yaml"))
DOCKERFILE = (TOP / "conf/Dockerfile").read_text()


def checked(text, tmp_path):
    """`candor check` of a configuration whose secrets are files that are there."""
    secrets = tmp_path / "secrets"
    secrets.mkdir(exist_ok=True)
    for name in re.findall(r"/run/(?:secrets|credentials)/(?:[\w.]+/)*([\w.]+)", text):
        (secrets / name).write_text("a-secret\n")
    text = re.sub(r"/run/(?:secrets|credentials)/(?:[\w.]+/)*([\w.]+)", rf"{secrets}/\1", text)
    (tmp_path / "candor.yaml").write_text(text)
    done = run("check", "-c", tmp_path / "candor.yaml")
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(text)


def build_packages():
    """Libraries that the build needs, by tools/debian-packages."""
    names = re.findall(r"^build +(\S+)", (TOP / "tools/debian-packages").read_text(), re.M)
    return {name for name in names if name.startswith("lib") or name.startswith("zlib")} - {"libc6-dev"}


# ---- Debian ----

def test_the_package_is_built_with_what_the_build_needs():
    control = (TOP / "debian/control").read_text()
    wanted = re.search(r"Build-Depends:(.*?)\n\S", control, re.S).group(1)
    assert build_packages() <= set(re.findall(r"[a-z0-9.+-]+", wanted))


def test_the_package_s_version_is_the_program_s():
    version = re.search(r"AC_INIT\(\[candor\],\[([^]]+)\]", (TOP / "configure.ac").read_text()).group(1)
    assert (TOP / "debian/changelog").read_text().startswith(f"candor ({version}) ")


def test_the_package_s_configuration_is_valid_and_reached_from_this_host_alone(tmp_path):
    settings = checked((TOP / "debian/candor.yaml").read_text(), tmp_path)
    assert [listen["address"] for listen in settings["listen"]] == ["127.0.0.1:8080"]
    assert settings["admin"]["address"].startswith("127.0.0.1:")
    assert settings["store"]["url"] == "sqlite:/var/lib/candor/candor.db" and settings["store"]["content"] == "redacted"


# ---- the image ----

def test_the_image_has_every_library_of_the_binary():
    assert build_packages() <= set(re.findall(r"[a-z0-9.+-]+", DOCKERFILE))
    if not shutil.which("dpkg") or not shutil.which("readelf"):
        pytest.skip("this is no Debian")
    final = set(re.findall(r"[a-z0-9.+-]+", DOCKERFILE.rsplit("\nFROM ", 1)[1])) | {"libc6"}
    listed = subprocess.run(["readelf", "-d", BINARY], capture_output=True, text=True, check=True).stdout
    needed = re.findall(r"\(NEEDED\).*\[(lib[^]]+)\]", listed)
    assert len(needed) > 5
    needed = [library for library in needed if not re.match(r"lib(asan|ubsan|tsan)", library)]
    owners = subprocess.run(["dpkg", "-S", *(f"*/{library}" for library in needed)], capture_output=True, text=True).stdout
    for library in needed:
        packages = {line.split(":")[0] for line in owners.splitlines() if line.endswith(f"/{library}")}
        assert packages & final, f"{library} of {packages} is not in the image"


def test_the_image_runs_as_nobody_in_particular():
    final = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", final, re.M)
    assert 'ENTRYPOINT ["/usr/bin/candor"]' in final and "STOPSIGNAL SIGTERM" in final


# ---- compose ----

def test_the_compose_file_fits_together(tmp_path):
    compose = yaml.safe_load((TOP / "conf/compose.yaml").read_text())
    service = compose["services"]["candor"]
    assert (TOP / "conf" / service["build"]["context"] / service["build"]["dockerfile"]).exists()
    assert service["read_only"] and service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert set(service["depends_on"]) <= set(compose["services"])
    assert {each["source"] for each in service["configs"]} <= set(compose["configs"])
    assert set(service["secrets"]) <= set(compose["secrets"])
    assert {volume.split(":")[0] for volume in service["volumes"]} <= set(compose["volumes"])
    settings = checked(compose["configs"]["candor"]["content"], tmp_path)
    for model in settings["models"].values():
        assert re.match(r"http://(\w+):8000/v1$", model["url"]).group(1) in compose["services"]


# ---- Kubernetes ----

@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.name)
def test_the_kubernetes_objects_fit_together(path, tmp_path):
    objects = list(yaml.safe_load_all(path.read_text()))
    for each in objects:
        assert each["apiVersion"] and each["kind"] and each["metadata"]["name"]
    kinds = {each["kind"]: each for each in objects}
    (workload,) = [each for each in objects if each["kind"] in ("StatefulSet", "Deployment")]
    pod = workload["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert workload["spec"]["replicas"] == 1  # one store has one writer
    assert workload["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert kinds["Service"]["spec"]["selector"].items() <= labels.items()
    (candor,) = [each for each in pod["spec"]["containers"] if each["name"] == "candor"]
    ports = {port["name"] for port in candor["ports"]}
    assert {port["targetPort"] for port in kinds["Service"]["spec"]["ports"]} <= ports
    probes = [candor[probe] for probe in ("livenessProbe", "readinessProbe") if probe in candor]
    assert probes and all(next(iter(probe.values()))["port"] in ports for probe in probes)
    assert {mount["name"] for mount in candor["volumeMounts"]} == {volume["name"] for volume in pod["spec"]["volumes"]}
    security = {**pod["spec"].get("securityContext", {}), **candor["securityContext"]}
    assert security["runAsNonRoot"] and security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
    assert security["capabilities"] == {"drop": ["ALL"]} and security["seccompProfile"]["type"] == "RuntimeDefault"
    (config,) = [volume["configMap"]["name"] for volume in pod["spec"]["volumes"] if "configMap" in volume]
    assert config == kinds["ConfigMap"]["metadata"]["name"]
    settings = checked(kinds["ConfigMap"]["data"]["candor.yaml"], tmp_path)
    assert pod["spec"]["terminationGracePeriodSeconds"] > 30  # the default of `drain`
    assert settings["store"]["url"].startswith("sqlite:/var/lib/candor/")
    if not settings["admin"]["address"].startswith("127.0.0.1:"):
        assert settings["admin"]["token_file"]

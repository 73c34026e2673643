"""What the suite, the compose edge, the images and the tenants' example say of the same thing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.messaging.permissions import SERVICES
from common.postgres.__main__ import SERVICES as SCHEMAS
from suite.edge import OPERATORS_PATH, PUBLIC_PATHS

ROOT = Path(__file__).parents[3]
PORTS = {"telephony-gateway": 8081, "chat": 8082, "billing": 8083, "jobs": 8084}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def test_the_compose_edge_routes_as_the_suite_does() -> None:
    conf = (ROOT / "ops" / "edge" / "nginx.conf").read_text(encoding="utf-8")
    routed = re.findall(r"location (?:= )?(/\S*)\s+\{ proxy_pass http://([a-z-]+):(\d+); \}", conf)
    assert [(path, service) for path, service, _ in routed] == list(PUBLIC_PATHS)
    assert {service: int(port) for _, service, port in routed} == PORTS
    assert "location /               { return 404; }" in conf


def test_no_edge_shows_what_operators_see() -> None:
    conf = (ROOT / "ops" / "edge" / "nginx.conf").read_text(encoding="utf-8")
    assert re.search(rf"location {OPERATORS_PATH}\s+{{ return 404; }}", conf)
    assert not any(prefix.startswith(OPERATORS_PATH) for prefix, _ in PUBLIC_PATHS)


def test_every_service_has_an_image_that_runs_it_without_root(compose: dict[str, Any]) -> None:
    for service, port in PORTS.items():
        image = (ROOT / "services" / service / "Dockerfile").read_text(encoding="utf-8")
        assert f'"-m", "{service.replace("-", "_")}"]' in image
        assert f"EXPOSE {port}" in image
        assert "USER 10001:10001" in image
        assert "--require-hashes" in image
        assert compose["services"][service]["build"]["dockerfile"] == f"services/{service}/Dockerfile"
        assert compose["services"][service]["read_only"] is True
        assert f":{port}/readyz" in str(compose["services"][service]["healthcheck"])


def test_no_secret_of_the_compose_file_has_a_default(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    secrets = set(re.findall(r"\$\{([A-Z_]*(?:PASSWORD|TOKEN|SID)[A-Z_]*)", text))
    assert len(secrets) >= 8
    for name in secrets:
        assert not re.search(rf"\$\{{{name}:?-", text), name
        assert re.search(rf"\$\{{{name}:\?", text), name
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name in secrets:
        assert re.search(rf"^{name}=$", example, re.MULTILINE), name


def test_each_service_connects_as_its_own_role(compose: dict[str, Any]) -> None:
    assert SCHEMAS == SERVICES
    roles = {
        service: re.match(r"postgresql://([a-z]+):", compose["services"][service]["environment"]["DATABASE_URL"])
        for service in PORTS
    }
    assert {service: match and match.group(1) for service, match in roles.items()} == {
        "telephony-gateway": "gateway",
        "chat": "chat",
        "billing": "billing",
        "jobs": "jobs",
    }


def test_nothing_but_the_edge_is_reachable_from_outside(compose: dict[str, Any]) -> None:
    published = {name: service.get("ports") for name, service in compose["services"].items() if service.get("ports")}
    assert published == {"edge": ["127.0.0.1:8080:8080", "127.0.0.1:8090:8090"]}


def test_operators_reach_every_service_by_its_name_on_a_port_of_their_own() -> None:
    conf = (ROOT / "ops" / "edge" / "nginx.conf").read_text(encoding="utf-8")
    public, for_operators = conf.partition("listen 8080;")[2].split("listen 8090;")
    assert "own_uri" not in public
    assert re.findall(r"location /(\S+)/\s+\{ proxy_pass http://(\S+)\$own_uri; \}", for_operators) == [
        (service, f"{service}-itself") for service in PORTS
    ]
    upstreams = dict(re.findall(r"upstream \S+\s+\{ server (\S+):(\d+); \}", conf))
    assert {service: int(port) for service, port in upstreams.items()} == PORTS


def test_every_service_knows_its_operators(compose: dict[str, Any]) -> None:
    for service in PORTS:
        assert compose["services"][service]["environment"]["OPERATOR_TOKENS_FILE"] == "/operators/operators.yaml"
        assert any(mount.endswith(":/operators:ro") for mount in compose["services"][service]["volumes"])


def test_locks_have_hashes_and_no_addresses() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert not re.search(r"(https?|file)://", text), lock.name
        pinned = re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE)
        assert pinned
        assert text.count("--hash=sha256:") >= len(pinned)

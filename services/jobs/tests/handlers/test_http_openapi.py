from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml
from jobs_http_rig import KINDS, REASON, HttpRig, PlainSwitchboard, http_rig
from jobs_samples import NOW, add, new_job, worker_of
from openapi_spec_validator import OpenAPIV31SpecValidator

from common.clock import ManualClock
from common.observability.health import Health
from common.observability.metrics import Metrics
from common.testing.operators import OPERATORS, bearer, open_gate
from common.web.server import create_web_app
from jobs.adapters.memory_store import MemoryStore
from jobs.handlers.http.examples import EXAMPLES
from jobs.handlers.http.openapi import DOCUMENT_PATH, document, main, rendered
from jobs.handlers.http.operations import OPERATIONS, PREFIX
from jobs.handlers.http.routes import add_jobs_routes

FILE = Path(__file__).parents[4] / "docs" / "openapi-jobs.yaml"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[HttpRig]:
    async with http_rig(tmp_path) as made:
        yield made


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, method, operation) of the document."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_is_sound() -> None:
    OpenAPIV31SpecValidator(document()).validate()


def test_the_file_says_what_the_operations_say(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--check", str(FILE)]) == 0, "run 'make openapi'"
    assert yaml.safe_load(FILE.read_text(encoding="utf-8")) == document()
    old = tmp_path / "old.yaml"
    old.write_text(rendered().replace("operationId: pause", "operationId: stop"))
    assert main(["--check", str(old)]) == 1
    assert "out of date" in capsys.readouterr().err


def test_every_route_is_in_the_document_and_every_operation_is_a_route(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    app = create_web_app("jobs", health=Health(), metrics=Metrics("jobs"))
    add_jobs_routes(
        app,
        gate=open_gate(tmp_path, clock),
        store=MemoryStore(clock=clock),
        kinds=KINDS,
        switchboard=PlainSwitchboard(clock=clock),
        clock=clock,
        new_id=lambda: "x",
        records_on=True,
        expect_route=lambda path: None,
    )
    routes = {
        (route.resource.canonical, route.method.lower())
        for route in app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith(PREFIX) and route.method != "HEAD"
    }
    assert routes == {(path, method) for path, method, _ in operations()}


def test_examples_decode_as_what_they_are_examples_of() -> None:
    kinds = {f"{operation.name}.reply": operation.reply for operation in OPERATIONS}
    kinds |= {f"{operation.name}.body": operation.body for operation in OPERATIONS if operation.body is not None}
    assert set(EXAMPLES) == set(kinds)
    for name, example in EXAMPLES.items():
        assert msgspec.json.decode(msgspec.json.encode(example), type=kinds[name]) == example, name


def test_examples_and_their_parameters_fit_their_schemas() -> None:
    root = document()
    for path, method, operation in operations():
        for parameter in operation.get("parameters", ()):
            jsonschema.Draft202012Validator(parameter["schema"]).validate(parameter["example"])
            assert (parameter["in"] == "path") == (f"{{{parameter['name']}}}" in path), (path, parameter["name"])
        for content in contents(operation):
            if "example" in content:
                validate(content["schema"], root, content["example"])
        assert set(re.findall(r"{(\w+)}", path)) == {
            parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "path"
        }, (path, method)


def contents(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "requestBody" in operation:
        yield from operation["requestBody"]["content"].values()
    for response in operation["responses"].values():
        yield from response.get("content", {}).values()


def validate(schema: dict[str, Any], root: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": root["components"]}
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(whole, format_checker=checker).validate(value)


async def test_answers_are_as_the_document_says(rig: HttpRig) -> None:
    await add(rig.store, new_job("plain"))
    await rig.store.queue.beat(worker_of(), {}, lease_s=30.0)
    await rig.post("/pauses", scope="class:bulk", reason=REASON)
    await rig.put("/window", hours=[["22:00", "06:00"]], reason=REASON)
    root = document()
    for path, method, operation in operations():
        if method != "get" or path == DOCUMENT_PATH:
            continue
        answer = await rig.get(path.removeprefix(PREFIX).replace("{job_id}", "plain"))
        validate(operation["responses"]["200"]["content"]["application/json"]["schema"], root, answer)


async def test_faults_are_among_those_that_the_document_names(rig: HttpRig) -> None:
    root = document()
    for path, method, operation in operations():
        if path == DOCUMENT_PATH:
            continue
        url = rig.url + path.replace("{job_id}", "nope").replace("{worker}", "nope").replace("{scope}", "class:bulk")
        for request in ({"params": {"nonsense": "1"}}, {"data": b"{"}, {"json": {"reason": REASON}}):
            for headers in ({}, bearer("vera"), bearer("olaf")):
                async with rig.session.request(method.upper(), url, headers=headers, **request) as response:
                    answer = await response.json()
                    assert str(response.status) in operation["responses"], (path, method, response.status, answer)
                    if response.status >= 400:
                        validate({"$ref": "#/components/schemas/Problem"}, root, answer)


async def test_the_document_is_served_to_everyone(rig: HttpRig) -> None:
    async with rig.session.get(rig.url + DOCUMENT_PATH) as response:
        assert (response.status, await response.json()) == (200, document())


async def test_every_operation_wants_a_token_and_its_role(rig: HttpRig) -> None:
    order = list(OPERATORS.values())
    for operation in OPERATIONS:
        url = rig.url + re.sub(r"{\w+}", "class:bulk", operation.path)
        async with rig.session.request(operation.method, url) as response:
            assert response.status == 401, operation.name
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
        for name, role in OPERATORS.items():
            async with rig.session.request(operation.method, url, headers=bearer(name)) as response:
                enough = order.index(role) >= order.index(operation.role)
                assert (response.status == 403) is not enough, (operation.name, role)


def test_whoever_changes_something_leaves_a_line_and_needs_more_than_a_look() -> None:
    for operation in OPERATIONS:
        assert bool(operation.action) == (operation.method != "GET"), operation.name
        assert operation.role == ("viewer" if operation.method == "GET" else "operator"), operation.name

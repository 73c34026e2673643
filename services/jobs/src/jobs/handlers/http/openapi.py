"""The OpenAPI 3.1 document of `/v1/jobs`, made from the table of its operations (https://spec.openapis.org/oas/v3.1.1).

`python -m jobs.handlers.http.openapi` prints it; `--check FILE` fails when the file says something else.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from common.web.problems import PROBLEM_JSON
from jobs.handlers.http import bodies, views
from jobs.handlers.http.examples import EXAMPLES
from jobs.handlers.http.operations import OPERATIONS, PREFIX, Operation, Parameter

DOCUMENT_PATH: Final = f"{PREFIX}/openapi.json"
_SCHEMAS: Final = "#/components/schemas/{name}"
_HEAD: Final = "# Written by `make openapi`; not to be edited.\n"
_ALWAYS: Final = (400, 401, 403, 404, 429, 503)
"""What every operation may answer: 400 to a parameter that it doesn't know, 404 where no operators are configured."""
_AUDITED: Final = "Leaves a line `operator_action` in the service's log."


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457. `type` is `urn:suite:problem:<slug>`; `retryable` true: the same request may succeed later."""

    type: str
    title: str
    status: int
    retryable: bool
    detail: str = ""


def document() -> dict[str, Any]:
    """The document, as plain values in a stable order."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(_document()))
    return plain


def _document() -> dict[str, Any]:
    types = [Problem, *_structs(bodies), *_structs(views)]
    _, schemas = msgspec.json.schema_components(types, ref_template=_SCHEMAS)
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    paths[DOCUMENT_PATH] = {"get": _own_operation()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Jobs of the receptionist suite, for operators",
            "version": "1.0.0",
            "description": (
                "Work in the background: looked at, submitted, cancelled, run again, held back. Times are UTC. Errors are problem "
                "details (RFC 9457). What changes more than one job is a dry run unless it says `dry_run: false`."
            ),
        },
        "servers": [{"url": "/", "description": "The service's own port, or the edge."}],
        "security": [{"operator": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {
                "operator": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": (
                        "An operator's token: OPERATOR_TOKENS_FILE keeps its hash, `opsctl token new` makes one. Roles: viewer looks, "
                        "operator also acts, admin also sees personal data."
                    ),
                }
            },
            "responses": {
                _fault_name(status): _fault(status)
                for status in sorted({*_ALWAYS, *(fault for operation in OPERATIONS for fault in operation.faults)})
            },
            "schemas": dict(sorted(schemas.items())),
        },
    }


def rendered() -> str:
    """The document as YAML."""
    return _HEAD + yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=120)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the document, or checks a file against it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m jobs.handlers.http.openapi", description="The OpenAPI document.")
    parser.add_argument("--check", metavar="FILE", type=Path, help="fail when FILE differs")
    options = parser.parse_args(arguments)
    wanted = rendered()
    if options.check is None:
        sys.stdout.write(wanted)
        return 0
    found = options.check.read_text(encoding="utf-8") if options.check.exists() else ""
    if found == wanted:
        return 0
    difference = difflib.unified_diff(
        found.splitlines(), wanted.splitlines(), str(options.check), "operations", lineterm="", n=1
    )
    sys.stderr.write("\n".join([*list(difference)[:40], f"{options.check} is out of date: run 'make openapi'", ""]))
    return 1


def _operation(operation: Operation) -> dict[str, Any]:
    about = f"{operation.about} Role: {operation.role}." + (f" {_AUDITED}" if operation.action else "")
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.about.partition(".")[0],
        "description": about,
    }
    if operation.parameters:
        described["parameters"] = [_parameter(parameter) for parameter in operation.parameters]
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": _content(operation.body, f"{operation.name}.body")},
        }
    described["responses"] = {
        **{
            str(status): {
                "description": HTTPStatus(status).phrase,
                "content": {"application/json": _content(operation.reply, f"{operation.name}.reply")},
            }
            for status in sorted(operation.statuses)
        },
        **{
            str(status): {"$ref": f"#/components/responses/{_fault_name(status)}"}
            for status in sorted({*_ALWAYS, *operation.faults})
        },
    }
    return described


def _own_operation() -> dict[str, Any]:
    return {
        "operationId": "show_document",
        "summary": "This document",
        "security": [],
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": {"type": "object"}}}},
        },
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    described: dict[str, Any] = {"name": parameter.name, "in": parameter.place, "description": parameter.about}
    if parameter.required:
        described["required"] = True
    return {**described, "schema": dict(parameter.schema), "example": parameter.example}


def _content(kind: type, example: str) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": _SCHEMAS.format(name=kind.__name__)}}
    return {**content, "example": EXAMPLES[example]} if example in EXAMPLES else content


def _fault_name(status: int) -> str:
    return "".join(word.capitalize() for word in HTTPStatus(status).phrase.split())


def _fault(status: int) -> dict[str, Any]:
    fault: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {PROBLEM_JSON: {"schema": {"$ref": _SCHEMAS.format(name="Problem")}}},
    }
    if status in {401, 403}:
        fault["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return fault


def _structs(module: object) -> list[type]:
    name = getattr(module, "__name__", "")
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == name
    ]


if __name__ == "__main__":
    sys.exit(main())

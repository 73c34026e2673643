"""The OpenAPI 3.1 document of files, `/v1/imports` and `/v1/exports` (https://spec.openapis.org/oas/v3.1.1).

`python -m jobs.handlers.imports.openapi` prints it; `--check FILE` fails when the file says something else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from common.web.problems import PROBLEM_JSON
from jobs.handlers.exports import views as export_views
from jobs.handlers.imports import bodies, views

_SCHEMAS: Final = "#/components/schemas/{name}"
_HEAD: Final = "# Written by `make openapi`; not to be edited.\n"
_ALWAYS: Final = (401, 429, 503)
_FILE: Final = {"schema": {"type": "string", "format": "binary"}}
_ID: Final = {
    "name": "import_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}
_EXPORT_ID: Final = {**_ID, "name": "export_id"}
_LIST: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": bodies.MAX_LIMIT, "default": bodies.DEFAULT_LIMIT},
    },
    {"name": "cursor", "in": "query", "schema": {"type": "string"}},
)
_LANGUAGE: Final = {
    "name": "language",
    "in": "query",
    "description": "Of explanations; the business's first language when left out.",
    "schema": {"enum": ["en", "es"]},
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457. `type` is `urn:suite:problem:<slug>`; `retryable` true: the same request may succeed later."""

    type: str
    title: str
    status: int
    retryable: bool
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class _Operation:
    name: str
    method: str
    path: str
    about: str
    status: int
    reply: type[msgspec.Struct] | None
    faults: tuple[int, ...] = ()
    body: type[msgspec.Struct] | None = None
    parameters: tuple[dict[str, Any], ...] = ()


_ONE: Final = "/v1/imports/{import_id}"
OPERATIONS: Final = (
    _Operation(
        name="uploadImport",
        method="post",
        path="/v1/imports",
        about=(
            "Takes a file in: the body itself, or the first file of a form. 413: larger than IMPORT_MAX_MB; 415: no CSV; "
            "422: empty, a header alone, too many columns; 429: too many imports that aren't over."
        ),
        status=201,
        reply=views.ImportView,
        faults=(400, 408, 413, 415, 422),
        parameters=({"name": "filename", "in": "query", "schema": {"type": "string", "maxLength": 1_000}},),
    ),
    _Operation(
        name="listImports",
        method="get",
        path="/v1/imports",
        about="The newest first.",
        status=200,
        reply=views.ImportsView,
        faults=(400,),
        parameters=_LIST,
    ),
    _Operation(
        name="showImport",
        method="get",
        path=_ONE,
        about="State, how the file is read, its first rows, counts and progress.",
        status=200,
        reply=views.ImportView,
        faults=(404,),
        parameters=(_ID,),
    ),
    _Operation(
        name="previewImport",
        method="post",
        path=f"{_ONE}/preview",
        about="What would become of the first rows; nothing is stored. 409: the file is still coming; 410: it was deleted.",
        status=200,
        reply=views.PreviewView,
        faults=(400, 404, 409, 410, 413, 422),
        body=bodies.PreviewBody,
        parameters=(_ID, _LANGUAGE),
    ),
    _Operation(
        name="startImport",
        method="post",
        path=f"{_ONE}/start",
        about="Imports the file in the background, or tries it whole. 409: that was begun already, or the import is over.",
        status=202,
        reply=views.ImportView,
        faults=(400, 404, 409, 410, 413, 422),
        body=bodies.StartBody,
        parameters=(_ID,),
    ),
    _Operation(
        name="cancelImport",
        method="post",
        path=f"{_ONE}/cancel",
        about="Stops it; what was sent already is stored all the same. A second time changes nothing.",
        status=200,
        reply=views.ImportView,
        faults=(404, 409),
        parameters=(_ID,),
    ),
    _Operation(
        name="importErrors",
        method="get",
        path=f"{_ONE}/errors.csv",
        about="Rows that were refused or shortened, as they were, with line, slug and explanation; without formulas.",
        status=200,
        reply=None,
        faults=(400, 404),
        parameters=(_ID, _LANGUAGE),
    ),
    _Operation(
        name="startExport",
        method="post",
        path="/v1/exports",
        about="Writes a file of the business's records in the background. 429: too many exports that aren't over.",
        status=202,
        reply=export_views.ExportView,
        faults=(400, 413),
        body=export_views.ExportBody,
    ),
    _Operation(
        name="listExports",
        method="get",
        path="/v1/exports",
        about="The newest first.",
        status=200,
        reply=export_views.ExportsView,
        faults=(400,),
        parameters=_LIST,
    ),
    _Operation(
        name="showExport",
        method="get",
        path="/v1/exports/{export_id}",
        about="State, rows and bytes so far, and where the file is.",
        status=200,
        reply=export_views.ExportView,
        faults=(404,),
        parameters=(_EXPORT_ID,),
    ),
    _Operation(
        name="exportFile",
        method="get",
        path="/v1/exports/{export_id}/file",
        about="The file, UTF-8 with a byte order mark; without formulas. 409: it is not done yet, or was deleted after seven days.",
        status=200,
        reply=None,
        faults=(404, 409),
        parameters=(_EXPORT_ID,),
    ),
)


def document() -> dict[str, Any]:
    """The document, as plain values in a stable order."""
    types = [Problem, *_structs(bodies), *_structs(views), *_structs(export_views)]
    _, schemas = msgspec.json.schema_components(types, ref_template=_SCHEMAS)
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "Files of customers and other records, for owners",
            "version": "1.0.0",
            "description": (
                "A file is uploaded, looked at, tried and imported; or records are written into one, which is fetched. Errors are "
                "problem details (RFC 9457)."
            ),
        },
        "servers": [{"url": "/", "description": "The service's own port, or the edge."}],
        "security": [{"key": []}, {"bearer": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The tenant's."},
                "bearer": {"type": "http", "scheme": "bearer", "description": "The same key."},
            },
            "schemas": dict(sorted(schemas.items())),
        },
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole))
    return plain


def rendered() -> str:
    """The document as YAML."""
    return _HEAD + yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=120)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the document, or checks a file against it; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.handlers.imports.openapi", description="The OpenAPI document."
    )
    parser.add_argument("--check", metavar="FILE", type=Path, help="fail when FILE differs")
    options = parser.parse_args(arguments)
    if options.check is None:
        sys.stdout.write(rendered())
        return 0
    if options.check.exists() and options.check.read_text(encoding="utf-8") == rendered():
        return 0
    sys.stderr.write(f"{options.check} is out of date: run 'make openapi'\n")
    return 1


def _described(operation: _Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.about.partition(".")[0],
        "description": operation.about,
    }
    if operation.parameters:
        described["parameters"] = list(operation.parameters)
    if operation.name == "uploadImport":
        form = {"type": "object", "required": ["file"], "properties": {"file": _FILE["schema"]}}
        described["requestBody"] = {
            "required": True,
            "content": {"text/csv": _FILE, "application/octet-stream": _FILE, "multipart/form-data": {"schema": form}},
        }
    elif operation.body is not None:
        described["requestBody"] = {"content": {"application/json": {"schema": _ref(operation.body)}}}
    if operation.reply is None:
        content: dict[str, Any] = {"text/csv": {"schema": {"type": "string"}}}
    else:
        content = {"application/json": {"schema": _ref(operation.reply)}}
    described["responses"] = {
        str(operation.status): {"description": HTTPStatus(operation.status).phrase, "content": content},
        **{
            str(fault): {
                "description": HTTPStatus(fault).phrase,
                "content": {PROBLEM_JSON: {"schema": _ref(Problem)}},
            }
            for fault in sorted({*_ALWAYS, *operation.faults})
        },
    }
    return described


def _ref(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _SCHEMAS.format(name=kind.__name__)}


def _structs(module: Any) -> list[type[msgspec.Struct]]:
    found = (value for value in vars(module).values() if isinstance(value, type))
    return [kind for kind in found if issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__]


if __name__ == "__main__":
    sys.exit(main())

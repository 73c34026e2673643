from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from aiohttp import web
from imports_rig import rig
from jobs_exports_contract import new_export
from openapi_spec_validator import OpenAPIV31SpecValidator

from jobs.handlers.exports.api import ExportsApi
from jobs.handlers.exports.views import ExportsView, export_view
from jobs.handlers.imports.api import ImportsApi
from jobs.handlers.imports.openapi import OPERATIONS, document, main, rendered

FILE = Path(__file__).parents[4] / "docs" / "openapi-imports.yaml"
CUSTOMERS = b"Name,Phone,Email\nAnn,512-555-0123 x1,?\nBob,?,\nAnn,5125550123,\n"


def schema_of(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", **document()}


def plain(view: msgspec.Struct) -> Any:
    return msgspec.json.decode(msgspec.json.encode(view))


def test_the_document_is_sound_and_the_file_is_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    OpenAPIV31SpecValidator(document()).validate()
    assert FILE.read_text(encoding="utf-8") == rendered()
    assert main(["--check", str(FILE)]) == 0
    assert main(["--check", str(tmp_path / "none.yaml")]) == 1
    assert main([]) == 0
    assert capsys.readouterr().out == rendered()


def test_every_route_is_described_and_nothing_else() -> None:
    app = web.Application()
    ImportsApi.__new__(ImportsApi).add_routes(app, expect_route=lambda _: None)
    ExportsApi.__new__(ExportsApi).add_routes(app, expect_route=lambda _: None)
    routes = {
        (route.method.lower(), route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert routes == {(operation.method, operation.path) for operation in OPERATIONS}


async def test_what_is_answered_is_what_the_document_says() -> None:
    async with rig() as house:
        made = await house.owner.uploads(CUSTOMERS)
        import_id = made["import_id"]
        jsonschema.validate(made, schema_of("ImportView"))
        preview = await house.owner.asks("POST", f"/{import_id}/preview", json={"rows": 5})
        assert preview["issues"]
        jsonschema.validate(preview, schema_of("PreviewView"))
        begun = await house.owner.asks("POST", f"/{import_id}/start", json={"dry_run": True}, status=202)
        jsonschema.validate(begun, schema_of("ImportView"))
        jsonschema.validate(await house.owner.until(import_id, "ready"), schema_of("ImportView"))
        jsonschema.validate(await house.owner.asks("GET"), schema_of("ImportsView"))
        export = new_export(state="done")
        jsonschema.validate(plain(export_view(export, None)), schema_of("ExportView"))
        shown = ExportsView(items=(export_view(export, None),), next_cursor=None, as_of=export.created_at)
        jsonschema.validate(plain(shown), schema_of("ExportsView"))
        problem = await house.owner.asks("GET", "/none", status=404)
        jsonschema.validate(problem, schema_of("Problem"))

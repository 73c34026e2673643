from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
from imports_rig import KEY, Rig, rig
from imports_samples import cells_of

from common.testing.patience import PATIENCE_S
from jobs.config import Config

FILE = (
    "Nombre;Teléfono;Correo;Notas\r\n"
    "Ana Ruiz;(512) 555-0123;ana@example.com;=1+1\r\n"
    "Bob;512-555-0124 x9;;\r\n"
    "Ana otra vez;+1 512 555 0123;;\r\n"
    "=cmd;no tengo;;\r\n"
    ";;;\r\n"
    "Zoe;512-555-0125;zoe@example.com;\r\n"
).encode()


@pytest.fixture
async def house() -> AsyncIterator[Rig]:
    async with rig() as running:
        yield running


async def test_a_file_is_taken_in_and_told_what_it_looks_like(house: Rig) -> None:
    view = await house.owner.uploads(FILE, filename="C:%5Cmis%20datos%5Cclientes.csv")
    assert (view["state"], view["filename"], view["size"]) == ("ready", "clientes.csv", len(FILE))
    assert view["sha256"] == hashlib.sha256(FILE).hexdigest()
    assert (view["file"]["delimiter"], view["file"]["encoding"], view["file"]["has_header"]) == (";", "utf-8", True)
    assert [(column["header"], column["field"]) for column in view["file"]["columns"]] == [
        ("Nombre", "name"),
        ("Teléfono", "phone"),
        ("Correo", "email"),
        ("Notas", ""),
    ]
    assert view["file"]["columns"][0]["sample"][:2] == ["Ana Ruiz", "Bob"]
    assert await house.owner.asks("GET", f"/{view['import_id']}") == view


async def test_a_form_with_a_file_is_taken_in(house: Rig) -> None:
    form = aiohttp.FormData()
    form.add_field("note", "x")
    form.add_field("file", FILE, filename="clientes.csv", content_type="text/csv")
    view = await house.owner.asks("POST", data=form, status=201)
    assert (view["filename"], view["size"]) == ("clientes.csv", len(FILE))
    empty = aiohttp.FormData()
    empty.add_field("note", "x", content_type="text/plain")
    problem = await house.owner.asks("POST", data=aiohttp.MultipartWriter("form-data"), status=400)
    assert problem["type"].endswith("bad-request")


async def test_a_preview_says_what_would_become_of_the_first_rows_and_stores_nothing(house: Rig) -> None:
    import_id = (await house.owner.uploads(FILE))["import_id"]
    preview = await house.owner.asks("POST", f"/{import_id}/preview")
    assert preview["counts"]["rows"] == 5
    assert (preview["counts"]["accepted"], preview["counts"]["refused"], preview["counts"]["duplicates"]) == (3, 2, 1)
    assert (preview["whole_file"], preview["country"]) == (True, "US")
    assert [contact["phone"] for contact in preview["contacts"]] == ["+15125550123", "+15125550124", "+15125550125"]
    assert [(issue["line"], issue["slugs"], issue["refused"]) for issue in preview["issues"]] == [
        (3, ["extension-dropped"], False),
        (4, ["duplicate-in-file"], True),
        (5, ["phone-invalid"], True),
    ]
    assert "(Line 2)" in preview["issues"][1]["explanation"]
    spanish = await house.owner.asks("POST", f"/{import_id}/preview?language=es", json={})
    assert "(Línea 2)" in spanish["issues"][1]["explanation"]
    mapped = await house.owner.asks(
        "POST", f"/{import_id}/preview", json={"mapping": {"phone": [1], "name": [3, 0]}, "country": "CA"}
    )
    assert mapped["contacts"][0]["name"] == "=1+1 Ana Ruiz"
    assert await house.owner.errors(import_id) == [["Line", "Imported", "Reason", "Explanation", *_HEADERS]]


_HEADERS = ["Nombre", "Teléfono", "Correo", "Notas"]


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ({"mapping": {"phone": [9]}}, 422, "mapping-refused"),
        ({"mapping": {"phone": []}}, 422, "mapping-refused"),
        ({"mapping": {"name": [1]}}, 400, "bad-request"),
        ({"country": "XX"}, 422, "mapping-refused"),
        ({"country": "usa"}, 400, "bad-request"),
        ({"delimiter": "x"}, 400, "bad-request"),
        ({"encoding": "ebcdic"}, 400, "bad-request"),
        ({"rows": 0}, 400, "bad-request"),
        ({"unknown": 1}, 400, "bad-request"),
    ],
)
async def test_wishes_that_can_not_be_fulfilled_are_refused(
    house: Rig, body: dict[str, object], status: int, slug: str
) -> None:
    import_id = (await house.owner.uploads(FILE))["import_id"]
    problem = await house.owner.asks("POST", f"/{import_id}/preview", json=body, status=status)
    assert problem["type"] == f"urn:suite:problem:{slug}"


async def test_an_import_ends_with_every_row_stored_or_explained(house: Rig) -> None:
    import_id = (await house.owner.uploads(FILE, filename="clientes.csv"))["import_id"]
    begun = await house.owner.asks("POST", f"/{import_id}/start", json={}, status=202)
    assert (begun["state"], begun["job"]["state"]) == ("importing", "waiting")
    view = await house.owner.until(import_id, "done")
    assert {phone: row.name for (_, phone), row in house.chat.customers.items()} == {
        "+15125550123": "Ana Ruiz",
        "+15125550124": "Bob",
        "+15125550125": "Zoe",
    }
    counts = view["counts"]
    assert (counts["rows"], counts["accepted"], counts["refused"], counts["created"]) == (5, 3, 2, 3)
    assert (counts["duplicates"], counts["remarks"]) == (1, 1)
    progress = view["progress"]
    assert (progress["bytes_read"], progress["rows_stored"], progress["batches_waiting"]) == (len(FILE), 3, 0)
    assert view["job"] is None


async def test_the_error_file_has_the_rows_as_they_were_and_no_formulas(house: Rig) -> None:
    import_id = (await house.owner.uploads(FILE))["import_id"]
    await house.owner.asks("POST", f"/{import_id}/start", json={}, status=202)
    await house.owner.until(import_id, "done")
    rows = await house.owner.errors(import_id, language="es")
    assert rows[0] == ["Línea", "Importada", "Motivo", "Explicación", *_HEADERS]
    assert [row[:3] for row in rows[1:]] == [
        ["3", "sí", "extension-dropped"],
        ["4", "no", "duplicate-in-file"],
        ["5", "no", "phone-invalid"],
    ]
    assert rows[2][4:] == ["Ana otra vez", "'+1 512 555 0123", "", ""]
    assert rows[3][4:6] == ["'=cmd", "no tengo"]


async def test_a_corrected_error_file_can_be_imported_as_it_is(house: Rig) -> None:
    import_id = (await house.owner.uploads(FILE))["import_id"]
    await house.owner.asks("POST", f"/{import_id}/start", json={}, status=202)
    await house.owner.until(import_id, "done")
    rows = await house.owner.errors(import_id)
    corrected = "\r\n".join(
        ",".join(f'"{cell}"' for cell in row).replace("no tengo", "(512) 555-0188") for row in rows
    ).encode()
    again = (await house.owner.uploads(corrected))["import_id"]
    await house.owner.asks("POST", f"/{again}/start", json={}, status=202)
    await house.owner.until(again, "done")
    assert house.chat.customers["bright", "+15125550188"].name == "=cmd"
    assert cells_of(corrected)[3][4] == "'=cmd"


async def test_a_dry_run_judges_every_row_and_imports_nobody(house: Rig) -> None:
    import_id = (await house.owner.uploads(FILE))["import_id"]
    begun = await house.owner.asks("POST", f"/{import_id}/start", json={"dry_run": True}, status=202)
    assert (begun["state"], begun["dry_run"]) == ("checking", True)
    view = await house.owner.until(import_id, "ready")
    assert (view["dry_run_counts"]["accepted"], view["dry_run_counts"]["refused"]) == (3, 2)
    assert view["counts"]["accepted"] == 0
    assert house.chat.batches == []
    assert len(await house.owner.errors(import_id)) == 4
    await house.owner.asks("POST", f"/{import_id}/start", json={}, status=202)
    done = await house.owner.until(import_id, "done")
    assert done["counts"]["created"] == 3
    assert len(await house.owner.errors(import_id)) == 4


async def test_what_was_begun_or_is_over_can_not_be_begun_again(house: Rig) -> None:
    import_id = (await house.owner.uploads(FILE))["import_id"]
    house.chat.hears.clear()
    await house.owner.asks("POST", f"/{import_id}/start", json={}, status=202)
    problem = await house.owner.asks("POST", f"/{import_id}/start", json={}, status=409)
    assert problem["type"] == "urn:suite:problem:import-not-ready"
    house.chat.hears.set()
    await house.owner.until(import_id, "done")
    await house.owner.asks("POST", f"/{import_id}/start", json={"dry_run": True}, status=409)


async def test_a_cancelled_import_stays_so_and_what_was_sent_is_counted(house: Rig) -> None:
    lines = "\n".join(f"Ann,51255{number:05}" for number in range(2_000, 3_200))
    import_id = (await house.owner.uploads(f"Name,Phone\n{lines}".encode()))["import_id"]
    house.chat.hears.clear()
    await house.owner.asks("POST", f"/{import_id}/start", json={}, status=202)
    async with asyncio.timeout(PATIENCE_S):
        while (await house.owner.asks("GET", f"/{import_id}"))["progress"]["batches_waiting"] < 3:
            await asyncio.sleep(0.02)
    for _ in range(2):
        cancelled = await house.owner.asks("POST", f"/{import_id}/cancel")
        assert cancelled["state"] == "cancelled"
    house.chat.hears.set()
    async with asyncio.timeout(PATIENCE_S):
        while (view := await house.owner.asks("GET", f"/{import_id}"))["progress"]["batches_waiting"]:
            await asyncio.sleep(0.02)
    assert (view["state"], view["counts"]["created"]) == ("cancelled", 1_200)


async def test_a_file_that_nobody_has_begun_can_be_cancelled(house: Rig) -> None:
    import_id = (await house.owner.uploads(FILE))["import_id"]
    assert (await house.owner.asks("POST", f"/{import_id}/cancel"))["state"] == "cancelled"
    await house.owner.asks("POST", f"/{import_id}/start", json={}, status=409)


async def test_what_chat_refuses_is_refused_with_its_reason(house: Rig) -> None:
    house.chat.refuses = {"+15125550125": "own-number", "+15125550124": "own-number"}
    import_id = (await house.owner.uploads(FILE))["import_id"]
    await house.owner.asks("POST", f"/{import_id}/start", json={}, status=202)
    view = await house.owner.until(import_id, "done")
    assert (view["counts"]["accepted"], view["counts"]["refused"]) == (1, 4)
    rows = await house.owner.errors(import_id)
    assert [row[:3] for row in rows[1:]] == [
        ["3", "no", "own-number"],
        ["4", "no", "duplicate-in-file"],
        ["5", "no", "phone-invalid"],
        ["7", "no", "own-number"],
    ]


@pytest.mark.parametrize(
    ("data", "status", "slug"),
    [
        (b"", 422, "empty-file"),
        (b"\r\n\r\n", 422, "empty-file"),
        (b"Name,Phone\r\n", 422, "header-only"),
        (b"c," * 10_000 + b"\n" + b"x," * 10_000, 422, "too-many-columns"),
        (b"PK\x03\x04" + b"x" * 1_000, 415, "not-csv"),
        (b"<html><table>", 415, "not-csv"),
        (b'"' + b"x" * 5_000_000 + b'",Phone\nAnn,5125550123', 422, "header-unreadable"),
    ],
)
async def test_a_file_that_is_none_is_refused_and_leaves_nothing(
    house: Rig, data: bytes, status: int, slug: str
) -> None:
    problem = await house.owner.uploads(data, status=status)
    assert problem["type"] == f"urn:suite:problem:{slug}"
    assert (await house.owner.asks("GET"))["items"] == []
    async with house.store.transaction() as tx:
        assert await tx.imports.count_open("bright") == 0


async def test_a_file_that_is_too_large_is_refused_with_and_without_its_length() -> None:
    async with rig(Config(port=0, import_max_mb=1)) as house:
        data = b"Name,Phone\n" + b"Ann,5125550123\n" * 100_000

        async def pieces() -> AsyncIterator[bytes]:
            for place in range(0, len(data), 100_000):
                yield data[place : place + 100_000]

        for body in (io.BytesIO(data), pieces()):
            problem = await house.owner.asks("POST", data=body, status=413)
            assert problem["type"] == "urn:suite:problem:file-too-large"
        assert (await house.owner.asks("GET"))["items"] == []


async def test_a_broken_off_upload_leaves_nothing(house: Rig) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"Name,Phone\n" + b"Ann,5125550123\n" * 50_000
        raise ConnectionResetError

    with pytest.raises(aiohttp.ClientError):
        await house.owner.asks("POST", data=pieces())
    async with asyncio.timeout(PATIENCE_S):
        while (await house.owner.asks("GET"))["items"]:
            await asyncio.sleep(0.02)


async def test_faulty_rows_of_every_kind_are_told_and_the_others_imported(house: Rig) -> None:
    data = (
        b"Name,Phone,Note\n"
        b"Ann,5125550101,\n"
        b'"Smith, Jo,5125550102,\n'
        b"Nul\x00,5125550103,\n"
        b"Jos\xe9,5125550104,\n"
        b'Big,5125550105,"' + b"x\n" * 2_500_000 + b'"\n'
        b"Shifted,5125550106,a,b,c\n"
        b"Short,5125550107\n"
        b"Rounded,5.12E+09,\n"
        b"No phone,,\n" + "Última,5125550108,\n".encode() * 3
    )
    import_id = (await house.owner.uploads(data))["import_id"]
    await house.owner.asks("POST", f"/{import_id}/start", json={"encoding": "utf-8"}, status=202)
    view = await house.owner.until(import_id, "done")
    assert {row.name for row in house.chat.customers.values()} == {"Ann", "Short", "Última"}
    rows = await house.owner.errors(import_id)
    assert [row[2] for row in rows[1:]] == [
        "unbalanced-quote",
        "nul-character",
        "wrong-encoding",
        "cell-too-long",
        "too-many-cells",
        "phone-rounded",
        "phone-missing",
        "duplicate-in-file",
        "duplicate-in-file",
    ]
    assert view["counts"]["rows"] == view["counts"]["accepted"] + view["counts"]["refused"] == 12
    assert sum(len(cell) for cell in rows[4]) < 5_000


async def test_imports_are_listed_page_by_page(house: Rig) -> None:
    made = [(await house.owner.uploads(FILE))["import_id"] for _ in range(3)]
    first = await house.owner.asks("GET", "?limit=2")
    rest = await house.owner.asks("GET", f"?limit=2&cursor={first['next_cursor']}")
    assert [one["import_id"] for one in (*first["items"], *rest["items"])] == made[::-1]
    assert rest["next_cursor"] is None
    for query in ("?limit=0", "?limit=x", "?cursor=%21%21", "?cursor=YQ"):
        await house.owner.asks("GET", query, status=400)


async def test_there_is_an_end_to_imports_that_nobody_begins(house: Rig) -> None:
    for _ in range(20):
        await house.owner.uploads(FILE)
    problem = await house.owner.uploads(FILE, status=429)
    assert problem["type"] == "urn:suite:problem:too-many-imports"


async def test_nobody_sees_anothers_imports(house: Rig) -> None:
    import_id = (await house.owner.uploads(FILE))["import_id"]
    for method, path in (
        ("GET", ""),
        ("POST", "/preview"),
        ("POST", "/start"),
        ("POST", "/cancel"),
        ("GET", "/errors.csv"),
    ):
        await house.stranger.asks(method, f"/{import_id}{path}", status=404)
    assert (await house.stranger.asks("GET"))["items"] == []
    for path in ("/unknown", "/%00", "/a%2fb", f"/{'x' * 200}"):
        await house.owner.asks("GET", path, status=404)
    await house.owner.asks("GET", headers={"X-API-Key": "wrong"}, status=401)
    await house.owner.asks("GET", headers={"X-API-Key": "", "Authorization": f"Bearer {KEY}"})


async def test_without_its_database_the_service_takes_no_files() -> None:
    async with rig(Config(port=0, use_db=False, database_url="postgresql://x/y", amqp_url="amqp://x/")) as house:
        problem = await house.owner.uploads(FILE, status=503)
        assert problem["type"] == "urn:suite:problem:records-off"

from __future__ import annotations

import stat
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from common.testing.operators import bearer, write_operators
from suite.services import SuiteOptions, running_suite

VARIABLES = {"PUBLIC_BASE_URL": "https://receptionist.example"}
SERVICES = ("telephony-gateway", "chat", "billing", "jobs")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_the_token_of_a_run_opens_every_service_and_goes_with_the_run(folder: Path) -> None:
    async with running_suite(SuiteOptions(port=0, drain_s=0.5), VARIABLES) as suite, aiohttp.ClientSession() as session:
        assert suite.operator_token_file is not None
        assert stat.S_IMODE(suite.operator_token_file.stat().st_mode) == 0o600
        headers = {"Authorization": f"Bearer {suite.operator_token_file.read_text().strip()}"}
        for service in SERVICES:
            url = f"{suite.url}/{service}/v1/ops/parking"
            assert (await session.get(url)).status == 401
            async with session.get(url, headers=headers) as response:
                assert response.status == 200
                assert (await response.json())["service"] == service
    assert list((folder / ".run").iterdir()) == []


async def test_who_names_operators_gets_those_and_no_others(folder: Path) -> None:
    variables = {**VARIABLES, "OPERATOR_TOKENS_FILE": str(write_operators(folder / "operators.yaml"))}
    async with running_suite(SuiteOptions(port=0, drain_s=0.5), variables) as suite, aiohttp.ClientSession() as session:
        assert suite.operator_token_file is None
        async with session.get(f"{suite.url}/chat/v1/ops/parking", headers=bearer("vera")) as response:
            assert response.status == 200


async def test_no_way_of_writing_the_path_leads_from_the_public_side_to_the_operators(folder: Path) -> None:
    variables = {**VARIABLES, "OPERATOR_TOKENS_FILE": str(write_operators(folder / "operators.yaml"))}
    async with running_suite(SuiteOptions(port=0, drain_s=0.5), variables) as suite, aiohttp.ClientSession() as session:
        for path in (
            "/v1/ops/parking", "/v1//ops/parking", "/v1/./ops/parking", "/v1/x/../ops/parking", "/v1/%6Fps/parking",
            "/v1/%2e/ops/parking", "/v1/x%2F..%2Fops/parking", "/v1/jobs/../ops/parking", "/v1/jobs%2F..%2Fops/parking",
            "/twilio/../v1/ops/parking", "//v1/ops/parking", "/V1/ops/parking", "/v1/ops/parking/", "/v1/ops;/parking",
        ):  # fmt: skip
            async with session.get(URL(suite.url + path, encoded=True), headers=bearer("ada")) as response:
                assert response.status in {400, 404}, path

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import fromstring

import msgspec
import pytest
from gateway_rig import Gateway
from gateway_samples import OWNER, tenant

from telephony_gateway.app import main


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tenants.yaml"
    tenants = (tenant(), tenant(tenant_id="other", phone_numbers=("+15125550200",), languages=("es",)))
    path.write_bytes(msgspec.yaml.encode({"tenants": tenants}))
    return path


def test_the_static_document_dials_the_owner_and_records(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "--tenants-file",
        str(file),
        "--tenant",
        "hill-country-plumbing",
        "--public-base-url",
        "https://x.example/",
    ]
    assert main(["fallback-twiml", *arguments]) == 0
    document = fromstring(capsys.readouterr().out)  # noqa: S314
    assert [verb.tag for verb in document] == ["Say", "Dial", "Say", "Record", "Say", "Hangup"]
    assert document[1].text == OWNER
    assert document[3].get("action") == "https://x.example/twilio/voice/recording?lang=en"
    assert "911" in (document[0].text or "")


def test_without_an_address_it_does_not_record(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A Record without an action would ask for this very document again.
    monkeypatch.delenv("PUBLIC_BASE_URL", raising=False)
    assert main(["fallback-twiml", "--tenants-file", str(file)]) == 0
    printed = capsys.readouterr().out.strip().splitlines()
    assert len(printed) == 2
    assert "<Record" not in "".join(printed)
    assert "Lo siento" in printed[1]


def test_an_unknown_tenant_or_file_is_told(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fallback-twiml", "--tenants-file", str(file), "--tenant", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err
    assert main(["fallback-twiml", "--tenants-file", str(file) + ".none"]) == 2
    assert capsys.readouterr().err


def test_a_bad_configuration_is_told_and_nothing_starts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST", "203.0.113.7")
    monkeypatch.delenv("TWILIO_AUTH_TOKEN", raising=False)
    monkeypatch.delenv("PUBLIC_BASE_URL", raising=False)
    assert main() == 2
    assert "TWILIO_AUTH_TOKEN" in capsys.readouterr().err


async def test_every_count_begins_at_zero(gateway: Gateway) -> None:
    figures = await gateway.metrics()
    for door in ("twilio_voice", "twilio_sms", "voice_session"):
        assert figures[f"ai_telephony_{door}_requests"] == 0.0
        assert figures[f"ai_telephony_{door}_errors"] == 0.0
    assert set(figures["ai_telephony_turns"].values()) == {0.0}
    assert set(figures["ai_telephony_refused"].values()) == {0.0}
    assert figures["ai_telephony_route_request_count"]["path=/twilio/voice"] == 0.0
    assert figures["ai_telephony_journal_pending"] == 0.0


async def test_probes_answer(gateway: Gateway) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/metrics/prometheus"):
        async with gateway.session.get(gateway.url + path) as response:
            assert response.status == 200


async def test_an_unknown_path_is_a_problem_document(gateway: Gateway) -> None:
    async with gateway.session.post(gateway.url + "/twilio/none") as response:
        assert response.status == 404
        assert response.content_type == "application/problem+json"

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from common.observability.health import Health
from common.observability.logs import LogFormat, configure_logs, get_logger, pii
from common.observability.metrics import Metrics
from common.observability.tracing import continue_trace, new_traceparent


@pytest.fixture(autouse=True)
def _restore_logs() -> object:
    yield
    structlog.reset_defaults()


def test_production_logs_carry_no_personal_data() -> None:
    stream = io.StringIO()
    configure_logs("json", keep_pii=False, stream=stream)
    get_logger("gateway").info("call_answered", tenant="t1", **pii(caller="+15125550123"))
    line = json.loads(stream.getvalue())
    assert line["event"] == "call_answered"
    assert line["tenant"] == "t1"
    assert line["level"] == "info"
    assert "5550123" not in stream.getvalue()


def test_a_logger_made_before_the_configuration_follows_it() -> None:
    early = get_logger("early")
    stream = io.StringIO()
    configure_logs("json", keep_pii=False, stream=stream)
    early.info("call_answered", **pii(caller="+15125550123"))
    assert json.loads(stream.getvalue())["component"] == "early"
    assert "5550123" not in stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_tracebacks_show_no_local_variables(log_format: LogFormat) -> None:
    stream = io.StringIO()
    configure_logs(log_format, keep_pii=True, stream=stream)

    def fail() -> None:
        heard = "my number is " + "+1512" + "5550123"
        raise KeyError(len(heard))

    try:
        fail()
    except KeyError as error:
        get_logger("x").error("it_failed", exc_info=error)
    assert "KeyError" in stream.getvalue()
    assert "+15125550123" not in stream.getvalue()


def test_the_embedded_mode_may_show_personal_data() -> None:
    stream = io.StringIO()
    configure_logs("json", keep_pii=True, stream=stream)
    get_logger("gateway").info("call_answered", **pii(caller="+15125550123"))
    assert json.loads(stream.getvalue())["pii.caller"] == "+15125550123"


def test_errors_are_logged_with_their_traceback_and_odd_values_do_not_break_a_line() -> None:
    stream = io.StringIO()
    configure_logs("json", keep_pii=False, stream=stream)
    try:
        raise KeyError("missing")
    except KeyError as error:
        get_logger("x").error("it_failed", exc_info=error, odd=object())
    line = json.loads(stream.getvalue())
    assert "KeyError" in line["exception"]
    assert line["odd"].startswith("<object")


def _fault(words: str) -> Exception:
    error = ValueError(words)
    error.__cause__ = LookupError(words)
    return error


@pytest.mark.parametrize("keep_pii", [False, True])
def test_words_of_errors_that_may_quote_a_caller_are_personal_data(keep_pii: bool) -> None:
    stream = io.StringIO()
    configure_logs("json", keep_pii=keep_pii, stream=stream)
    group = ExceptionGroup("of +15125550123", [_fault("Key (phone)=(+15125550123) already exists.")])
    get_logger("x").error("it_failed", exc_info=group)
    get_logger("x").error("it_failed", exc_info=OSError("connection refused"))
    first, second = (json.loads(line)["exception"] for line in stream.getvalue().splitlines())
    assert "ValueError" in first
    assert "LookupError" in first
    assert ("5550123" in first) == keep_pii
    assert "connection refused" in second


def test_an_error_that_is_its_own_cause_is_told_once() -> None:
    stream = io.StringIO()
    configure_logs("json", keep_pii=False, stream=stream)
    error = ValueError("x")
    error.__cause__ = error
    get_logger("x").error("it_failed", exc_info=error)
    assert json.loads(stream.getvalue())["exception"] == "ValueError"


def test_what_libraries_log_is_json_too_and_quotes_nobody() -> None:
    stream = io.StringIO()
    configure_logs("json", keep_pii=False, stream=stream)
    caller = "+15125550123"
    logging.getLogger("aiohttp.server").error("Error handling request from %s", caller, exc_info=_fault(caller))
    logging.getLogger("asyncio").warning(f"never retrieved\nfuture: <Task {caller}>")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["component"], first["level"]) == ("aiohttp.server", "error")
    assert first["template"] == "Error handling request from %s"
    assert "ValueError" in first["exception"]
    assert second["template"] == "never retrieved"
    assert caller not in stream.getvalue()


def test_console_logs_are_for_people() -> None:
    stream = io.StringIO()
    configure_logs("console", keep_pii=True, stream=stream)
    get_logger("x").info("hello_there", answer=42)
    assert "hello_there" in stream.getvalue()
    assert "answer=42" in stream.getvalue()


def test_route_counters_begin_at_zero_and_json_carries_the_playbooks_names() -> None:
    metrics = Metrics("billing")
    metrics.expect_route("/stripe/webhook")
    assert b'ai_telephony_route_requests_total{path="/stripe/webhook"} 0.0' in metrics.text()
    metrics.requests.labels("/stripe/webhook").inc()
    shown = metrics.json()
    assert shown["ai_telephony_route_request_count"] == {"path=/stripe/webhook": 1.0}
    assert shown["ai_telephony_route_error_count"] == {"path=/stripe/webhook": 0.0}
    assert not [name for name in shown if name.endswith("_bucket")]


def test_two_apps_do_not_share_a_registry() -> None:
    first, second = Metrics("a"), Metrics("b")
    first.parked.labels("q", "unknown-contract").inc()
    assert b"unknown-contract" not in second.text()


def test_readiness_follows_start_drain_and_what_is_unusable() -> None:
    health = Health()
    assert not health.ready
    assert health.reasons == {"startup": "not started yet"}
    health.started = True
    assert health.ready
    health.mark_unusable("journal", "disk full")
    assert health.reasons == {"journal": "disk full"}
    health.mark_usable("journal")
    assert health.ready
    health.draining = True
    assert not health.ready


def test_a_trace_is_continued_with_a_span_of_our_own() -> None:
    header = new_traceparent()
    continued = continue_trace(header)
    assert continued[3:35] == header[3:35]
    assert continued[36:52] != header[36:52]


@pytest.mark.parametrize(
    "header",
    [None, "", "nonsense", "00-" + "0" * 32 + "-" + "1" * 16 + "-01", "00-" + "a" * 32 + "-" + "0" * 16 + "-01"],
)
def test_a_malformed_trace_is_replaced(header: str | None) -> None:
    continued = continue_trace(header)
    assert len(continued) == 55
    assert continued != header

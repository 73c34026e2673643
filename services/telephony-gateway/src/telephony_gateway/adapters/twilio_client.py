"""Texts and calls through Twilio's REST API, with twilio's own asynchronous client."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from common.observability.logs import get_logger
from telephony_gateway.domain.text import MAX_BODY, NewText
from telephony_gateway.ports.texts import SmsOptedOut, SmsRefused, SmsUnavailable, SmsUnknown, Taken

_API: Final = "https://api.twilio.com"
_OPTED_OUT: Final = 21610
"""Attempt to send to unsubscribed recipient: final (https://www.twilio.com/docs/api/errors/21610)."""
_SAME_CLOCK: Final = timedelta(minutes=5)
_LOOKED_THROUGH: Final = 50
_MAX_RETRY_AFTER_S: Final = 300.0
_log = get_logger("telephony-gateway")


class _Http(AsyncHttpClient):  # type: ignore[misc]
    """Sends requests to the configured origin: twilio has no option for it.

    What surely never left (`SmsUnavailable`) is told apart from what may have arrived (`SmsUnknown`). Twilio's own client would
    also log bodies and numbers, and keeps the last request.
    """

    def __init__(self, base_url: str, timeout_s: float) -> None:
        super().__init__(logger=None, is_async=True, timeout=timeout_s)
        self._base_url = base_url
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=timeout_s, connect=min(3.0, timeout_s))
        )
        self.retry_after_s = 0.0

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: FBT001 - the interface's
    ) -> Response:
        """See `AsyncTwilioHttpClient.request`."""
        target = self._base_url + url.removeprefix(_API) if url.startswith(_API) else url
        try:
            async with self._session.request(
                method.upper(),
                target,
                params={name: str(value) for name, value in (params or {}).items()},
                data=data,
                headers={**(headers or {}), **({"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {})},
                allow_redirects=allow_redirects,
            ) as response:
                text = await response.text()
                self.retry_after_s = _seconds(response.headers.get("Retry-After", ""))
                return Response(response.status, text, response.headers)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise SmsUnavailable(type(error).__name__) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SmsUnknown(type(error).__name__) from error

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()


class TwilioClient:
    """An `SmsProvider`."""

    def __init__(self, *, account_sid: str, auth_token: str, base_url: str = _API, timeout_s: float = 10.0) -> None:
        self._http = _Http(base_url, timeout_s)
        self._client = Client(account_sid, auth_token, http_client=self._http)

    async def send(self, text: NewText, *, status_callback: str) -> Taken:
        """See `SmsProvider`."""
        try:
            message = await self._client.messages.create_async(
                to=text.to_phone, from_=text.from_phone, body=text.body[:MAX_BODY], status_callback=status_callback
            )
        except (TwilioException, ValueError) as error:
            self._fail(error)
        return Taken(provider_id=_sid(message))

    async def find(self, text: NewText, *, since: datetime) -> str | None:
        """See `SmsProvider`."""
        try:
            messages = await self._client.messages.list_async(
                to=text.to_phone,
                from_=text.from_phone,
                date_sent_after=since - _SAME_CLOCK,
                limit=_LOOKED_THROUGH,
                page_size=_LOOKED_THROUGH,
            )
        except (TwilioException, ValueError) as error:
            self._fail(error, reading=True)
        for message in messages:
            if message.body == text.body[:MAX_BODY]:
                return _sid(message)
        return None

    async def place_call(self, *, from_phone: str, to_phone: str, answer_url: str) -> Taken:
        """See `SmsProvider`."""
        try:
            call = await self._client.calls.create_async(
                to=to_phone, from_=from_phone, url=answer_url, method="POST", timeout=25
            )
        except (TwilioException, ValueError) as error:
            self._fail(error)
        return Taken(provider_id=_sid(call))

    async def close(self) -> None:
        """See `SmsProvider`."""
        await self._http.close()
        # aiohttp closes its transports in the next turn of the loop.
        await asyncio.sleep(0)

    def _fail(self, error: Exception, *, reading: bool = False) -> NoReturn:
        """Twilio's error as ours. A POST is not idempotent after a 5xx: it may have had its effect."""
        if not isinstance(error, TwilioRestException):
            # A document that is no JSON, or not what was asked for.
            raise SmsUnknown(type(error).__name__) from error
        code = int(error.code or 0)
        if code == _OPTED_OUT:
            raise SmsOptedOut(code=code) from error
        if error.status == 429:
            raise SmsUnavailable("429", code=code, retry_after_s=self._http.retry_after_s) from error
        if error.status in {401, 403, 404} and code in {0, 20003, 20404}:
            # Credentials or account: a person mends it, and the texts wait.
            _log.error("twilio_refuses_us", status=error.status, code=code)
            raise SmsUnavailable(str(error.status), code=code) from error
        if error.status >= 500:
            raise (SmsUnavailable if reading else SmsUnknown)(str(error.status), code=code) from error
        raise SmsRefused(str(error.status), code=code) from error


def _sid(resource: Any) -> str:
    """The id that Twilio gave. Raises `SmsUnknown` for an answer without one."""
    if not resource.sid:
        raise SmsUnknown("no-sid")
    return str(resource.sid)


def _seconds(header: str) -> float:
    return min(_MAX_RETRY_AFTER_S, float(header)) if header.isascii() and header.isdigit() else 0.0

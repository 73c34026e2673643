"""How clients reach services: through any process, again and again, and with an honest word for what came of it."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from faults.ledger import Outcome
from faults.stage import Schema, Stage
from suite.twilio_peer import Account, sign

ATTEMPT: Final = aiohttp.ClientTimeout(total=4.0)
_BETWEEN_S: Final = 0.15


class Unanswered(Exception):
    """Nobody answered as it should be; `outcome` is what is known of the request."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome: Outcome = outcome


@dataclass(kw_only=True)
class Network:
    """How requests reach a service: through any of its processes, again and again until there is an answer."""

    stage: Stage
    session: aiohttp.ClientSession
    refusals: list[str] = field(default_factory=list)
    """4xx, which no fault explains."""
    alternates: bool = False
    """True: each request begins with another process than the last one, as behind a load balancer."""
    _requests: itertools.count[int] = field(default_factory=itertools.count)

    async def post(
        self,
        schema: Schema,
        path: str,
        body: Mapping[str, str] | bytes,
        headers: Mapping[str, str],
        *,
        patience_s: float,
    ) -> bytes:
        """The body of the 2xx. Raises `Unanswered`."""
        loop = asyncio.get_running_loop()
        until, attempts, sent = loop.time() + patience_s, next(self._requests) if self.alternates else 0, False
        while True:
            nodes = self.stage.nodes[schema]
            node = nodes[attempts % len(nodes)]
            attempts += 1
            try:
                async with self.session.post(
                    URL(node.url + path, encoded=True), data=body, headers=headers, timeout=ATTEMPT
                ) as response:
                    answer = await response.read()
                    if response.status < 300:
                        return answer
                    if response.status < 500:
                        self.refusals.append(f"{path.partition('?')[0]}: {response.status} {answer[:200]!r}")
                        raise Unanswered("fail")
                    sent = True
            except aiohttp.ClientConnectorError:
                pass
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                sent = True
            if loop.time() > until:
                raise Unanswered("unknown" if sent else "fail")
            await asyncio.sleep(_BETWEEN_S)


@dataclass(frozen=True, kw_only=True)
class PatientAccount(Account):
    """Twilio, which repeats a request as it was, with the same token."""

    network: Network
    patience_s: float

    async def post(self, session: aiohttp.ClientSession, path: str, form: Mapping[str, str]) -> bytes:
        """Raises `Unanswered`."""
        url = urljoin(self.public_base_url + "/", path.lstrip("/")) if not path.startswith("http") else path
        headers = {
            "X-Twilio-Signature": sign(url, form, self.auth_token),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        target = url.removeprefix(self.public_base_url)
        return await self.network.post("gateway", target, dict(form), headers, patience_s=self.patience_s)

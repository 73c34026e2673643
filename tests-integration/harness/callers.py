"""People who call to have somebody sent: they answer whatever they are asked on the way to a visit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import aiohttp

from harness.service_processes import AUTH_TOKEN, PUBLIC_BASE_URL, ServiceProcess
from suite.twilio_peer import Account, PhoneCall, Spoken

BUSINESS: Final = "+15125550100"
TENANT: Final = "corner-plumbing"
TENANTS_FILE: Final = """\
tenants:
  - tenant_id: corner-plumbing
    business_name: Corner Plumbing
    trade: plumbing
    phone_numbers: ["+15125550100"]
    time_zone: America/Chicago
    contacts: [{{name: Dana, phone: "+15125550190"}}]
    hours: {{{hours}}}
    capacity: {capacity}
    minimum_notice_minutes: 0
    services: [{{slug: faucet, name_en: faucet repair, duration_minutes: 60, keywords: [faucet]}}]
"""
_MOST_TURNS: Final = 10
_ANSWERS: Final = (
    ("is that right", "yes, that's right"),
    ("shall i go ahead", "yes please"),
    ("which would you like", "the first one please"),
    ("which of these", "the first one please"),
    ("your name", "my name is Maria Gonzalez"),
    ("who should i put", "Maria Gonzalez"),
    ("the address", "240 Barton Springs Road"),
    ("street number", "240 Barton Springs Road"),
    ("what day", "tomorrow morning"),
    ("which day", "tomorrow morning"),
    ("how can i help", "Hi there, can somebody come by and replace a faucet for me"),
)
"""Words of a question, and what is said to it; the first that fits."""


def tenants_yaml(*, capacity: int) -> str:
    """One business that is open every day, with so many crews."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    hours = ", ".join(f'{day}: [{{opens: "07:00", closes: "21:00"}}]' for day in days)
    return TENANTS_FILE.format(hours=hours, capacity=capacity)


@dataclass(kw_only=True)
class Caller:
    """One call, turn by turn. `gateway` may be another one at each turn, as behind a load balancer."""

    session: aiohttp.ClientSession
    gateway: ServiceProcess
    phone: str = "+15125550142"
    heard: list[str] = field(default_factory=list)
    _call: PhoneCall | None = None

    @property
    def call_sid(self) -> str:
        """Twilio's id of the call."""
        return self._phone_call.call_sid

    @property
    def last(self) -> str:
        """What was said in the latest turn."""
        return self.heard[-1]

    async def dial(self) -> None:
        """The first turn."""
        self._hear(await self._phone_call.dial())

    async def answer(self) -> None:
        """Says what fits the latest question. Raises `AssertionError` when nothing does."""
        question = self.last.lower()
        words = next((words for sign, words in _ANSWERS if sign in question), None)
        assert words is not None, f"no answer to {self.last!r} after {self.heard}"
        self._hear(await self._phone_call.say(words))

    async def say(self, words: str) -> None:
        """Says it, whatever was asked."""
        self._hear(await self._phone_call.say(words))

    async def talk_until(self, sign: str) -> None:
        """Dials, if that was not done, and answers until `sign` is heard. Raises `AssertionError` when it never is."""
        if not self.heard:
            await self.dial()
        for _ in range(_MOST_TURNS):
            if sign in self.last.lower():
                return
            await self.answer()
        raise AssertionError(f"{sign!r} was not heard in {self.heard}")

    async def hang_up(self) -> None:
        """Twilio tells that the call is over."""
        await self._phone_call.hang_up(75)

    @property
    def _phone_call(self) -> PhoneCall:
        account = Account(public_base_url=PUBLIC_BASE_URL, auth_token=AUTH_TOKEN)
        if self._call is None:
            self._call = PhoneCall(account=account, session=self.session, caller=self.phone, dialled=BUSINESS)
        self._call.account = replace(account, connect_url=self.gateway.url)
        return self._call

    def _hear(self, spoken: Spoken) -> None:
        self.heard.append(" ".join(spoken.lines))

"""The gateway's configuration, from environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from common.service_config import MEMORY, ServiceConfig, read_service
from common.settings import Environment

SmsProvider = Literal["stub", "twilio"]
SpeechProvider = Literal["stub"]
"""`stub`: Twilio listens and speaks (Gather and Say). There is no other yet."""
EMBEDDED_AUTH_TOKEN: Final = "embedded-auth-token-for-loopback"  # noqa: S105 - of use on loopback with memory stores alone


@dataclass(frozen=True, kw_only=True)
class Config(ServiceConfig):
    """Everything that may differ between two deployments. Durations are in seconds."""

    port: int = 8081
    public_base_url: str = "http://localhost:8081"
    """The origin that Twilio calls: what it signs. Never taken from a request."""
    database_connections: int = 8
    """At most so many; turns wait for one another beyond that."""
    tenants_file: Path | None = None
    journal_dir: Path = field(default_factory=lambda: default_journal_dir(8081))

    twilio_account_sid: str = "AC00000000000000000000000000000000"
    twilio_auth_token: str = field(default=EMBEDDED_AUTH_TOKEN, repr=False)
    twilio_auth_token_secondary: str = field(default="", repr=False)
    """Also accepted on webhooks while the tokens are being changed."""
    twilio_api_base_url: str = "https://api.twilio.com"
    verify_twilio_signatures: bool = True
    sms_provider: SmsProvider = "stub"
    text_lease_s: float = 60.0
    """How long the texts of a gateway that was killed wait for another one. Longer than Twilio is waited for."""
    speech_provider: SpeechProvider = "stub"

    state_seal_keys: tuple[str, ...] = field(default=(), repr=False)
    """The first one seals, all of them open. Empty: derived from the auth token."""
    voice_en: str = "Polly.Joanna-Neural"
    voice_es: str = "Polly.Lupe-Neural"

    answer_deadline_s: float = 8.0
    """Of Twilio's 15: then the fail-soft document goes out."""
    slots_deadline_s: float = 1.0
    booking_deadline_s: float = 1.5
    call_silent_s: float = 600.0
    """A call of which nothing was heard for so long has ended, whatever became of Twilio's status callback."""
    call_sweep_s: float = 5.0
    """How often it looks for calls whose end is still to be told."""
    thread_idle_s: float = 3 * 86_400.0
    """A text after so long a silence begins a new conversation."""
    thread_silent_s: float = 4 * 3_600.0
    """A thread of texts that was silent for so long is told as over; what is texted later goes on with it, until `thread_idle_s`."""

    @property
    def switched_off(self) -> bool:
        """There is a database, and it is not to be used for a while: memory works, and the journal keeps what it does."""
        return not self.use_db and not self.database_url.startswith(MEMORY)

    @property
    def harmless(self) -> bool:
        """Memory store on loopback: nothing to protect, so that default secrets will do."""
        return not self.stored and self.on_loopback


def default_journal_dir(port: int) -> Path:
    """Where the journal lives when nobody said so: of this user and port, so that two instances don't meet."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "telephony-gateway" / str(port)


def from_env(variables: Mapping[str, str]) -> Config:
    """Reads the configuration. Raises `ConfigurationError` that names every fault."""
    env = Environment(variables)
    service = read_service(env, port=8081, use_db="TELEPHONY")
    told = ServiceConfig(**service)
    harmless = not told.stored and told.on_loopback
    verify = env.flag("VERIFY_TWILIO_SIGNATURES", default=True)
    if not verify and not told.on_loopback:
        env.fault("VERIFY_TWILIO_SIGNATURES=false is for a service that listens on loopback only (HOST)")
    sms_provider: SmsProvider = env.choice("SMS_PROVIDER", "stub", among=("stub", "twilio"))
    tenants_file = env.text("TENANTS_FILE")
    config = Config(
        **service,
        public_base_url=env.url(
            "PUBLIC_BASE_URL",
            f"http://localhost:{told.port}" if harmless else "",
            schemes=("https", "http"),
            required=not harmless,
        ),
        database_connections=env.integer("DATABASE_CONNECTIONS", 8, minimum=1, maximum=100),
        tenants_file=Path(tenants_file) if tenants_file else None,
        journal_dir=Path(env.text("JOURNAL_DIR") or default_journal_dir(told.port)),
        twilio_account_sid=env.text("TWILIO_ACCOUNT_SID", Config.twilio_account_sid, required=sms_provider == "twilio"),
        twilio_auth_token=env.secret("TWILIO_AUTH_TOKEN", required=not harmless) or EMBEDDED_AUTH_TOKEN,
        twilio_auth_token_secondary=env.secret("TWILIO_AUTH_TOKEN_SECONDARY", required=False),
        twilio_api_base_url=env.url("TWILIO_API_BASE_URL", Config.twilio_api_base_url, schemes=("https", "http")),
        verify_twilio_signatures=verify,
        sms_provider=sms_provider,
        text_lease_s=env.seconds("TEXT_LEASE_S", 60.0, minimum=12.0, maximum=600.0),
        speech_provider=env.choice("SPEECH_PROVIDER", "stub", among=("stub",)),
        state_seal_keys=tuple(
            key.strip() for key in env.secret("STATE_SEAL_KEYS", required=False).split(",") if key.strip()
        ),
        voice_en=env.text("VOICE_EN", Config.voice_en),
        voice_es=env.text("VOICE_ES", Config.voice_es),
        answer_deadline_s=env.seconds("ANSWER_DEADLINE_S", 8.0, minimum=0.5, maximum=14.0),
        slots_deadline_s=env.seconds("SLOTS_DEADLINE_S", 1.0, minimum=0.05, maximum=5.0),
        booking_deadline_s=env.seconds("BOOKING_DEADLINE_S", 1.5, minimum=0.05, maximum=5.0),
        call_silent_s=env.seconds("CALL_SILENT_S", 600.0, minimum=60.0, maximum=86_400.0),
        call_sweep_s=env.seconds("CALL_SWEEP_S", 5.0, minimum=0.2, maximum=600.0),
        thread_silent_s=env.seconds("THREAD_SILENT_S", 4 * 3_600.0, minimum=600.0, maximum=3 * 86_400.0),
        thread_idle_s=env.seconds("THREAD_IDLE_S", 3 * 86_400.0, minimum=3_600.0, maximum=30 * 86_400.0),
    )
    if any(len(key) < 32 for key in config.state_seal_keys):
        env.fault("STATE_SEAL_KEYS: each key needs 32 characters or more")
    if urlsplit(config.public_base_url).path not in {"", "/"}:
        env.fault("PUBLIC_BASE_URL is an origin: it has no path")
    env.finish()
    return config

"""From a tenant's settings (the contract) to what the conversation engine knows of it; chat and the gateway must agree on it."""

from __future__ import annotations

from datetime import time
from functools import lru_cache

from common.contracts.tenants import ServiceSettings, TenantSettings
from receptionist.tenant import Capabilities, Faq, Knowledge, Opening, Price, Service, TenantProfile


def profile_of(settings: TenantSettings, capabilities: Capabilities) -> TenantProfile:
    """The engine's view of a tenant. `capabilities` says what the suite can do for it today.

    Raises `ValueError` for settings that slot arithmetic can't work with.
    """
    return TenantProfile(
        id=settings.tenant_id,
        name=settings.business_name,
        trade=settings.trade,
        time_zone=settings.time_zone,
        languages=settings.languages,
        hours=tuple(
            tuple(
                Opening(opens=time.fromisoformat(opening.opens), closes=time.fromisoformat(opening.closes))
                for opening in openings
            )
            for openings in settings.hours.days
        ),
        closed_dates=settings.closed_dates,
        services=tuple(_service(service) for service in settings.services),
        capacity=settings.capacity,
        travel_buffer_minutes=settings.travel_buffer_minutes,
        slot_step_minutes=settings.slot_step_minutes,
        min_notice_minutes=settings.minimum_notice_minutes,
        horizon_days=settings.booking_horizon_days,
        recording_notice=settings.recording_notice,
        knowledge=Knowledge(
            zips=settings.served_zips,
            cities=settings.served_cities,
            faq=tuple(
                Faq(keywords=entry.keywords, answer=entry.answer_en, answer_es=entry.answer_es)
                for entry in settings.answers
            ),
        ),
        owner_name=settings.contacts[0].name if settings.contacts else "",
        emergency_callback_minutes=settings.emergency_promise_minutes,
        callback_minutes=settings.callback_promise_minutes,
        capabilities=capabilities,
    )


cached_profile_of = lru_cache(maxsize=2_048)(profile_of)
"""`profile_of`, remembered: settings are immutable values."""


def _service(settings: ServiceSettings) -> Service:
    price = settings.price
    return Service(
        id=settings.slug,
        name=settings.name_en,
        name_es=settings.name_es,
        duration_minutes=settings.duration_minutes,
        keywords=settings.keywords,
        price=None
        if price is None
        else Price(kind=price.kind, amount_cents=price.amount_cents, to_cents=price.to_cents, note=price.note),
    )

"""The trades as data: usual services, the question that tells an emergency, and the safety words. One TOML file each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, get_args

from receptionist.dialogue.effects import Category
from receptionist.tenant import Service, TenantProfile
from receptionist.understanding.text import Lang, read

LANGS: Final[tuple[Lang, ...]] = ("en", "es")
FALLBACK_SERVICE: Final = "general"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A yes/no question that tells an emergency from a job; a yes means `category`."""

    question: dict[Lang, str]
    category: Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One trade's data, texts by language."""

    id: str
    title: dict[Lang, str]
    services: tuple[Service, ...]
    menu: tuple[str, ...]
    """Service ids behind the keys 1, 2, ... of "what is going on?"."""
    checks: dict[str, Check]
    """By service id."""
    safety: dict[Category, dict[Lang, str]]
    """Every category has its words."""
    hints: tuple[str, ...]
    called: frozenset[str]
    """What callers call the trade, in either language: who says no more wants a visit."""


def names() -> tuple[str, ...]:
    """The trades that have a data file."""
    stems = (entry.name.removesuffix(".toml") for entry in files(__name__).iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted(stem for stem in stems if stem != "safety"))


@lru_cache(maxsize=32)
def load(name: str) -> Trade:
    """One trade, read once. A name without a data file gets plumbing's: a caller is answered whatever was configured."""
    if name not in names():
        name = "plumbing"
    data = _read(name)
    common = _read("safety")
    own: dict[str, Any] = data.get("safety", {})
    return Trade(
        id=name,
        title=data["title"],
        services=tuple(_service(row) for row in data["services"]),
        menu=tuple(data["menu"]),
        checks={
            row["id"]: Check(question=row["check"], category=row["yes_means"])
            for row in data["services"]
            if "check" in row
        },
        safety={category: own.get(category, common[category]) for category in get_args(Category)},
        hints=tuple(data["hints"]),
        called=frozenset(data["called"]),
    )


def services_of(tenant: TenantProfile) -> tuple[Service, ...]:
    """What this business offers: its own services, or the trade's. Never empty."""
    return tenant.services or load(tenant.trade).services


def service_of(tenant: TenantProfile, service_id: str) -> Service:
    """The service with this id; else the general one, else the first."""
    services = services_of(tenant)
    by_id = {service.id: service for service in services}
    return by_id.get(service_id) or by_id.get(FALLBACK_SERVICE) or services[0]


def match_service(norms: tuple[str, ...], tenant: TenantProfile) -> str:
    """The id of the service whose keywords say most about these words, or "". Linear in the words."""
    index = _keyword_index(services_of(tenant), tenant.trade)
    scores: dict[str, int] = {}
    for position, norm in enumerate(norms):
        for rest, service_id in index.get(norm, ()):
            if norms[position + 1 : position + 1 + len(rest)] == rest:
                weight = 1 if service_id == FALLBACK_SERVICE else 2 + 3 * len(rest)
                scores[service_id] = scores.get(service_id, 0) + weight
    if not scores:
        return ""
    # What is wrong (a leak) stands before where it is (a sink) in the data, and wins when both are named once.
    order = [service.id for service in services_of(tenant)]
    return max(scores, key=lambda service_id: (scores[service_id], -order.index(service_id)))


@lru_cache(maxsize=256)
def _keyword_index(services: tuple[Service, ...], trade: str) -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    usual = {service.id: service.keywords for service in load(trade).services}
    index: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for service in services:
        for keyword in service.keywords or usual.get(service.id, ()):
            words = read(keyword).norms
            if words:
                index.setdefault(words[0], []).append((words[1:], service.id))
    return {first: tuple(rest) for first, rest in index.items()}


def _service(row: dict[str, Any]) -> Service:
    return Service(
        id=row["id"],
        name=row["name"]["en"],
        name_es=row["name"]["es"],
        duration_minutes=row["duration_minutes"],
        keywords=(*row["keywords"]["en"], *row["keywords"]["es"]),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))

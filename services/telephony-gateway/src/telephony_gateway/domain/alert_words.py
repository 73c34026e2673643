"""What the owner reads and hears of an emergency."""

from __future__ import annotations

from typing import Final, Literal

from telephony_gateway.domain.alert import NewAlert

Lang = Literal["en", "es"]

_KINDS: Final[dict[Lang, dict[str, str]]] = {
    "en": {
        "gas": "GAS",
        "carbon_monoxide": "CARBON MONOXIDE",
        "electrical_fire_risk": "ELECTRICAL FIRE RISK",
        "flood": "WATER",
        "burst_pipe": "BURST PIPE",
        "sewage": "SEWAGE",
        "no_heat_vulnerable": "NO HEAT, PEOPLE AT RISK",
        "no_water": "NO WATER",
        "other_urgent": "URGENT",
    },
    "es": {
        "gas": "GAS",
        "carbon_monoxide": "MONÓXIDO DE CARBONO",
        "electrical_fire_risk": "RIESGO DE INCENDIO ELÉCTRICO",
        "flood": "AGUA",
        "burst_pipe": "TUBERÍA ROTA",
        "sewage": "AGUAS NEGRAS",
        "no_heat_vulnerable": "SIN CALEFACCIÓN, PERSONAS EN RIESGO",
        "no_water": "SIN AGUA",
        "other_urgent": "URGENTE",
    },
}
_MAX_WORDS: Final = 160


def kind_of(alert: NewAlert, lang: Lang) -> str:
    """The emergency's kind in capitals."""
    return _KINDS[lang].get(alert.category, _KINDS[lang]["other_urgent"])


def text_of(alert: NewAlert, lang: Lang) -> str:
    """The text to a contact: what, who, where, their words, and how to take it."""
    number = alert.caller_phone or ("number withheld" if lang == "en" else "número oculto")
    who = " ".join(filter(None, (alert.name, number)))
    words = f"“{alert.words[:_MAX_WORDS]}”" if alert.words else alert.summary
    if lang == "es":
        return " ".join(
            filter(
                None,
                (f"EMERGENCIA: {kind_of(alert, lang)}.", f"{who}.", _place(alert), words, "Responda 1 para tomarla."),
            )
        )
    return " ".join(
        filter(None, (f"EMERGENCY: {kind_of(alert, lang)}.", f"{who}.", _place(alert), words, "Reply 1 to take it."))
    )


def call_of(alert: NewAlert, business: str, lang: Lang) -> str:
    """What is said when a contact picks up."""
    kind = kind_of(alert, lang).lower()
    number = " ".join(alert.caller_phone.removeprefix("+1"))
    if lang == "es":
        parts = (
            f"Emergencia para {business}: {kind}.",
            _place(alert),
            f"Número: {number}." if number else "",
            "Oprima 1 para tomarla.",
        )
    else:
        parts = (
            f"Emergency for {business}: {kind}.",
            _place(alert),
            f"Their number is {number}." if number else "",
            "Press 1 to take it.",
        )
    return " ".join(filter(None, parts))


def taken_of(alerts: int, lang: Lang) -> str:
    """The answer to whoever took it."""
    if lang == "es":
        return (
            "Listo, queda a su nombre. Ya no avisamos a nadie más."
            if alerts
            else "No hay ninguna emergencia pendiente."
        )
    return "Got it, it's yours. We have stopped alerting." if alerts else "There is no open emergency."


def cannot_look(lang: Lang) -> str:
    """Where the alert can't be read just now, or not be taken."""
    if lang == "es":
        return "Hay una emergencia, pero ahora no puedo consultarla. Mire sus mensajes, por favor. Volveremos a llamar."
    return "There is an emergency, but I can't look it up just now. Please check your texts. We will call again."


def cannot_take(lang: Lang) -> str:
    """The answer to whoever takes alerts by text while it can't be read which are open."""
    if lang == "es":
        return "Ahora no puedo anotarlo. Si hay una emergencia, atiéndala, y responda 1 otra vez en unos minutos."
    return "I can't take note of that just now. If there is an emergency, please see to it, and reply 1 again in a few minutes."


def mail_of(alert: NewAlert, business: str, lang: Lang) -> tuple[str, str]:
    """Subject and body of the mail."""
    head = "EMERGENCIA" if lang == "es" else "EMERGENCY"
    subject = f"{head}: {kind_of(alert, lang)} – {business}"
    lines = [
        alert.summary,
        f"{alert.name} {alert.caller_phone}".strip(),
        alert.address,
        f"“{alert.words}”" if alert.words else "",
    ]
    return subject, "\n".join(line for line in lines if line)


def _place(alert: NewAlert) -> str:
    return f"{alert.address}." if alert.address else ""

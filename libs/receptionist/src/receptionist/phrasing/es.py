"""Spanish: de usted, warm and short."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from receptionist.phrasing.book import PhraseBook, dollars, same_days
from receptionist.tenant import Opening, Price

_DAYS: Final = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_MONTHS: Final = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)

PHRASES: Final = {
    # The beginning
    "greeting": "Gracias por llamar a {business}. Soy la asistente virtual.",
    "greeting.text": "Le atiende {business}, soy la asistente virtual.",
    "greeting.known": "Hola, {name}, gracias por llamar a {business}. Soy la asistente virtual.",
    "greeting.known.text": "Hola, {name}, le atiende {business}, soy la asistente virtual.",
    "recording": "Esta llamada se graba.",
    "other_language": "Para español, oprima el 9.",
    "switched": "Claro, seguimos en español.",
    "language.only": "Disculpe, solo hablo español.",
    "hello": "Hola.",
    "who": "Soy la asistente virtual de {business}.",
    # Questions: what is asked, how it is asked again, and its keys
    "ask.how_can_i_help": "¿En qué le puedo ayudar?",
    "ask.how_can_i_help.again": "Dígame en pocas palabras qué necesita, por ejemplo: mi lavabo gotea.",
    "keys.how_can_i_help": "También puede oprimir 1 para una visita, 2 para una emergencia o 0 para hablar con alguien.",
    "ask.problem": "¿Qué problema tiene?",
    "ask.problem.again": "En pocas palabras, ¿qué hay que arreglar?",
    "keys.problem": "O bien oprima {choices}.",
    "keys.problem.choice": "{key} para {service}",
    "keys.problem.else": "{key} para otra cosa",
    "keys.check": "Oprima 1 para sí, 2 para no.",
    "ask.when": "¿Qué día y a qué hora le conviene?",
    "ask.when.again": "¿Qué día le viene bien, en la mañana o en la tarde?",
    "keys.when": "O bien oprima 1 para lo más pronto, 2 para una mañana, 3 para una tarde.",
    "ask.pick": "Tengo {slots}. ¿Cuál prefiere?",
    "ask.pick.again": "¿Cuál le queda mejor: {slots}?",
    "ask.pick.text": "Tengo:\n{numbered}\nResponda con un número, o dígame una hora mejor.",
    "keys.pick": "Oprima {picks}, o {other} para otras horas.",
    "ask.pick_one": "Tengo {slot}. ¿Le queda bien?",
    "ask.pick_one.again": "¿Le serviría {slot}?",
    "keys.pick_one": "Oprima 1 para sí, 2 para otras horas.",
    "ask.name": "¿Cuál es su nombre?",
    "ask.name.again": "¿A nombre de quién lo pongo?",
    "keys.name": "O bien oprima 1 para seguir sin darlo.",
    "ask.address": "¿Cuál es la dirección para la visita?",
    "ask.address.again": "¿Cuál es el número y el nombre de la calle?",
    "keys.address": "O bien oprima 1 y se la pedimos después.",
    "ask.address_right": "¿La visita es en {address}?",
    "ask.address_right.again": "¿Vamos a {address}?",
    "keys.address_right": "Oprima 1 para sí, 2 para otra dirección.",
    "ask.phone": "¿A qué número le podemos llamar?",
    "ask.phone.again": "Dígame los diez dígitos de su teléfono, empezando por el código de área.",
    "ask.phone.text": "¿A qué número de teléfono le podemos llamar?",
    "phone.why": "Solo lo necesito para poder avisarle.",
    "keys.phone": "Puede decirlo o marcarlo.",
    "ask.confirm": "Le repito los datos. {details}. ¿Está bien?",
    "ask.confirm.again": "Tengo {details}. ¿Lo dejamos así?",
    "ask.confirm.text": "Esto es lo que tengo: {details}. ¿Está bien? Responda SÍ, o dígame qué cambio.",
    "keys.confirm": "Oprima 1 para sí, 2 para cambiar algo.",
    "ask.what_to_change": "¿Qué le cambio?",
    "ask.what_to_change.again": "Dígame el día, el nombre, la dirección o el teléfono correcto.",
    "keys.what_to_change": "Oprima 1 para la hora, 2 para el nombre, 3 para la dirección, 4 para el teléfono.",
    "ask.emergency_kind": "¿Qué tipo de emergencia es?",
    "ask.emergency_kind.again": "Dígame en una o dos palabras qué está pasando.",
    "keys.emergency_kind": "Oprima 1 por olor a gas o una alarma, 2 por algo quemado o chispas, 3 por agua o drenaje, 4 por falta de calefacción, 5 por otra cosa.",
    "ask.which_visit": "¿Cuál visita: {visits}?",
    "ask.which_visit.again": "¿Es la de {visits}?",
    "keys.which_visit": "Oprima 1 para la primera, 2 para la segunda.",
    "ask.cancel_confirm": "¿Cancelo su visita de {visit}?",
    "ask.cancel_confirm.again": "¿Quiere cancelar su visita de {visit}?",
    "keys.cancel_confirm": "Oprima 1 para cancelarla, 2 para conservarla.",
    "ask.move_confirm": "Cambiaría su visita de {old} a {new}. ¿Está bien?",
    "ask.move_confirm.again": "¿La cambio a {new}?",
    "keys.move_confirm": "Oprima 1 para sí, 2 para no.",
    "ask.proof_phone": "¿Con qué número de teléfono hizo la cita?",
    "ask.proof_phone.again": "Diga o marque el teléfono con el que hizo la cita, empezando por el código de área.",
    "keys.proof_phone": "Puede marcarlo.",
    "ask.code": "Mandé un código por mensaje a ese número. ¿Cuál es?",
    "ask.code.again": "Diga o marque el código del mensaje.",
    "keys.code": "Puede marcarlo, u oprima asterisco si no le llegó.",
    "ask.message": "¿Qué le digo a {owner}?",
    "ask.message.again": "Diga su mensaje cuando quiera.",
    "keys.message": "O bien oprima 1 para dejarlo así.",
    "ask.callback_offer": "¿Quiere que {owner} le llame para eso?",
    "ask.callback_offer.again": "¿Le pido a {owner} que le llame?",
    "keys.callback_offer": "Oprima 1 para sí, 2 para no.",
    "ask.menu": "Usemos el teclado.",
    "ask.menu.again": "Elija con el teclado, por favor.",
    "ask.menu.text": "Responda 1 para una visita, 2 para una emergencia, 3 por una visita que ya tiene, 4 para dejar un mensaje, 0 para hablar con alguien.",
    "keys.menu": "Oprima 1 para una visita, 2 para una emergencia, 3 por una visita que ya tiene, 4 para dejar un mensaje, o 0 para hablar con alguien.",
    "ask.anything_else": "¿Le puedo ayudar en algo más?",
    "ask.anything_else.again": "¿Hay algo más?",
    "keys.anything_else": "Oprima 1 para sí, o simplemente cuelgue.",
    # Hearing
    "silence.1": "¿Sigue ahí?",
    "silence.2": "No le escucho. Tómese su tiempo.",
    "silence.3": "Sigo sin escucharle.",
    "miss.1": "Perdón, no le entendí.",
    "miss.2": "Disculpe, todavía no le entendí.",
    "miss.3": "Me cuesta escucharle bien.",
    "miss.3.text": "No le estoy entendiendo bien.",
    "changed": "Listo, cambiado.",
    # Emergencies
    "emergency.alerted": "Estoy avisando a {owner} ahora mismo.",
    "emergency.callback": "{owner} le va a llamar {by}.",
    "emergency.address": "¿Cuál es la dirección?",
    "emergency.visit": "También le busco la visita más pronta.",
    "emergency.careful": "Conteste solo si está a salvo.",
    "emergency.noted": "Entendido, se lo paso.",
    "emergency.over": "Qué bueno, me alegro.",
    "emergency.if_again": "Si vuelve a pasar, salga y llame al 911.",
    "emergency.still_calls": "De todos modos {owner} le va a llamar {by}, para estar seguros.",
    # Times
    "slot.open": "{slot} está libre.",
    "slots.none_then": "No tengo nada {day}.",
    "slots.too_far": "Solo puedo agendar visitas hasta {day}.",
    "slots.none_like_it": "No tengo una hora así.",
    "slots.none": "No encuentro una hora libre para eso.",
    "slots.unseen": "No puedo ver la agenda en este momento.",
    "slots.which": "Hay más de una que le queda.",
    "slots.nothing_picked": "No hay problema.",
    # Booking
    "details.phone": "teléfono {phone}",
    "booked": "Su visita está confirmada: {slot}.",
    "booked.text": "Su visita está confirmada: {slot}, {address}.",
    "booked.no_address": "Su visita está confirmada: {slot}.",
    "requested": "Dejé su solicitud para {slot}. Le mandamos un mensaje en cuanto tengamos respuesta.",
    "requested.call": "Dejé su solicitud para {slot}. {owner} le llama {by} para avisarle.",
    "taken": "Lo siento, acaban de tomar esa hora.",
    "not_booked": "Está bien, no pongo nada en la agenda.",
    "unchanged": "Está bien, lo dejo todo como está.",
    "address_later": "Le pedimos la dirección cuando le llamemos.",
    # Visits that exist
    "visit.when": "Tiene una visita {visit}.",
    "visit.requested": "Su solicitud para {visit} todavía no está confirmada. Le avisamos.",
    "visit.none": "No veo una visita con este número.",
    "visit.now": "Su visita es {visit}.",
    "moved": "Listo. Su visita ahora es {slot}.",
    "cancelled": "Listo. Cancelé su visita de {visit}.",
    "kept": "Está bien, su visita de {visit} queda igual.",
    "change.unsure": "Ya pedí el cambio. Le mandamos un mensaje cuando esté hecho.",
    "change.refused": "Esa visita no la puedo cambiar yo.",
    "code.wrong": "Ese código no es correcto.",
    # Promises
    "promise": "{owner} le va a llamar {by}.",
    "promise.person": "Soy una asistente y no puedo pasarle la llamada, pero {owner} le va a llamar {by}.",
    "promise.again": "Ya le avisé a {owner}. Le van a llamar {by}.",
    "message.taken": "Le paso su mensaje.",
    "transfer.trying": "Voy a tratar de comunicarle con {owner}.",
    "transfer.nobody": "No pude localizar a {owner} en este momento.",
    "meanwhile": "Mientras tanto, terminemos de agendar su visita.",
    # Answers from the business's own knowledge
    "hours.week": "Abrimos {hours}.",
    "hours.open_now": "Estamos abiertos ahora, hasta {time}.",
    "hours.open_on": "{day} abrimos {hours}.",
    "hours.closed_on": "{day} no abrimos.",
    "hours.none": "No tengo aquí el horario.",
    "area.yes": "Sí, atendemos en {place}.",
    "area.no": "No veo {place} en nuestra zona.",
    "area.cities": "Atendemos en {cities}.",
    "area.unknown": "No estoy segura de esa zona.",
    "price.is": "El precio de {service} es {price}.",
    "price.unknown": "No tengo un precio fijo para eso, y no quiero inventarlo.",
    "question.unknown": "Eso no lo sé, pero se lo paso a {owner}.",
    "owner": "la persona encargada",
    # The end
    "goodbye": "Gracias por llamar a {business}. Hasta luego.",
    "goodbye.text": "Gracias, que le vaya bien.",
    "goodbye.silent": "No le escucho, así que voy a colgar. Llámenos cuando quiera. Hasta luego.",
    "goodbye.silent_promise": "No le escucho. {owner} le va a llamar {by}. Hasta luego.",
    "goodbye.trouble": "Perdón, no le estoy entendiendo bien. {owner} le va a llamar {by}. Hasta luego.",
    "goodbye.trouble_no_number": "Perdón, no le estoy entendiendo bien. Llame otra vez y pida hablar con alguien. Hasta luego.",
    "goodbye.spam": "Esta línea es para nuestros clientes; por favor quite este número de su lista. Hasta luego.",
    "goodbye.wrong_number": "Llamó a {business}. Parece que marcó otro número. No se preocupe, hasta luego.",
    "text.cut_off": "{business}: se cortó la llamada. Responda aquí y terminamos de agendar su visita.",
}


def _day(day: dt.date, today: dt.date) -> str:
    away = (day - today).days
    if away == 0:
        return "hoy"
    if away == 1:
        return "mañana"
    return f"el {_DAYS[day.weekday()]} {day.day} de {_MONTHS[day.month - 1]}"


def _clock(time: dt.time) -> str:
    if (time.hour, time.minute) == (12, 0):
        return "el mediodía"
    article = "la" if time.hour % 12 == 1 else "las"
    hour = time.hour % 12 or 12
    return (
        f"{article} {hour} {_part(time)}" if time.minute == 0 else f"{article} {hour}:{time.minute:02d} {_part(time)}"
    )


def _part(time: dt.time) -> str:
    return "de la mañana" if time.hour < 12 else "de la tarde" if time.hour < 20 else "de la noche"


def _at(day: dt.date, today: dt.date, time: dt.time) -> str:
    if (time.hour, time.minute) == (12, 0):
        return f"{_day(day, today)} al mediodía"
    return f"{_day(day, today)} a {_clock(time)}"


def _times(day: dt.date, today: dt.date, times: Sequence[dt.time]) -> str:
    """ "mañana a las 8, a las 9:30 o a las 11 de la mañana": the half of the day is said once, where it changes."""
    said: list[str] = []
    for time, following in zip(times, [*times[1:], None], strict=True):
        if (time.hour, time.minute) == (12, 0):
            said.append("al mediodía")
            continue
        words = f"a {_clock(time)}"
        goes_on = following is not None and (following.hour, following.minute) != (12, 0)
        if goes_on and following is not None and _part(following) == _part(time):
            words = words.removesuffix(f" {_part(time)}")
        said.append(words)
    return f"{_day(day, today)} {_either(said)}"


def _by(day: dt.date, today: dt.date, time: dt.time) -> str:
    return f"antes de {_clock(time)}" if day == today else f"a más tardar {_at(day, today, time)}"


def _openings(openings: Sequence[Opening]) -> str:
    return _all_of([f"de {_clock(span.opens)} a {_clock(span.closes)}" for span in openings])


def _weekly(hours: Sequence[Sequence[Opening]]) -> str:
    parts = []
    for first, last, openings in same_days(hours):
        days = f"el {_DAYS[first]}" if first == last else f"de {_DAYS[first]} a {_DAYS[last]}"
        parts.append(f"{days}, {_openings(openings)}")
    return "; ".join(parts)


def _money(price: Price) -> str:
    amount = dollars(price.amount_cents)
    said = {
        "fixed": amount,
        "from": f"desde {amount}",
        "hourly": f"{amount} por hora",
        "range": f"de {amount} a {dollars(price.to_cents)}",
    }[price.kind]
    return f"{said}, {price.note}" if price.note else said


def _joined(items: Sequence[str], word: str) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def _all_of(items: Sequence[str]) -> str:
    return _joined(items, "y")


def _either(items: Sequence[str]) -> str:
    return _joined(items, "o")


def _contracted(text: str) -> str:
    """`de el` and `a el` are one word each; capital letters (a El Paso) are names."""
    return text.replace(" de el ", " del ").replace(" a el ", " al ")


BOOK: Final = PhraseBook(
    lang="es",
    phrases=PHRASES,
    day=_day,
    clock=_clock,
    at=_at,
    times=_times,
    by=_by,
    weekly=_weekly,
    openings=_openings,
    money=_money,
    either=_either,
    all_of=_all_of,
    polish=_contracted,
)

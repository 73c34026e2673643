"""English: warm, short sentences for somebody who is tired and has a leak."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from receptionist.phrasing.book import PhraseBook, dollars, same_days
from receptionist.tenant import Opening, Price

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

PHRASES: Final = {
    # The beginning
    "greeting": "Thanks for calling {business}. I'm the virtual assistant.",
    "greeting.text": "{business} here, this is the virtual assistant.",
    "greeting.known": "Hi {name}, thanks for calling {business}. I'm the virtual assistant.",
    "greeting.known.text": "Hi {name}, {business} here, this is the virtual assistant.",
    "recording": "This call is recorded.",
    "other_language": "For English, press 9.",
    "switched": "Sure, English it is.",
    "language.only": "I'm sorry, I only speak English.",
    "hello": "Hi there.",
    "who": "I'm the virtual assistant of {business}.",
    # Questions: what is asked, how it is asked again, and its keys
    "ask.how_can_i_help": "How can I help?",
    "ask.how_can_i_help.again": "Tell me in a few words what you need, like: my sink is leaking.",
    "keys.how_can_i_help": "You can also press 1 for a visit, 2 for an emergency, or 0 for a person.",
    "ask.problem": "What's going on?",
    "ask.problem.again": "In a few words, what needs fixing?",
    "keys.problem": "Or press {choices}.",
    "keys.problem.choice": "{key} for {service}",
    "keys.problem.else": "{key} for something else",
    "keys.check": "Press 1 for yes, 2 for no.",
    "ask.when": "What day and time would suit you?",
    "ask.when.again": "Which day is good for you, and morning or afternoon?",
    "keys.when": "Or press 1 for the soonest, 2 for a morning, 3 for an afternoon.",
    "ask.pick": "I have {slots}. Which would you like?",
    "ask.pick.again": "Which of these is best: {slots}?",
    "ask.pick.text": "I have:\n{numbered}\nReply with a number, or tell me a better time.",
    "keys.pick": "Press {picks}, or {other} for other times.",
    "ask.pick_one": "I have {slot}. Does that work?",
    "ask.pick_one.again": "Would {slot} work for you?",
    "keys.pick_one": "Press 1 for yes, 2 for other times.",
    "ask.name": "What's your name?",
    "ask.name.again": "Who should I put this under?",
    "keys.name": "Or press 1 to go on without it.",
    "ask.address": "What's the address for the visit?",
    "ask.address.again": "What's the street number and street name?",
    "keys.address": "Or press 1 and we'll ask you later.",
    "ask.address_right": "Is this for {address}?",
    "ask.address_right.again": "Should we come to {address}?",
    "keys.address_right": "Press 1 for yes, 2 for another address.",
    "ask.phone": "What's the best number to reach you?",
    "ask.phone.again": "Please say the ten digits of your phone number, area code first.",
    "ask.phone.text": "What's the best phone number to reach you?",
    "phone.why": "I only need it so that we can reach you about this.",
    "keys.phone": "You can say it or key it in.",
    "ask.confirm": "Let me read that back. {details}. Is that right?",
    "ask.confirm.again": "I have {details}. Shall I go ahead?",
    "ask.confirm.text": "Here's what I have: {details}. Is that right? Reply YES, or tell me what to change.",
    "keys.confirm": "Press 1 for yes, 2 to change something.",
    "ask.what_to_change": "What should I change?",
    "ask.what_to_change.again": "Tell me the right day, name, address or phone number.",
    "keys.what_to_change": "Press 1 for the time, 2 for the name, 3 for the address, 4 for the phone number.",
    "ask.emergency_kind": "What kind of emergency is it?",
    "ask.emergency_kind.again": "Tell me what's happening, in a word or two.",
    "keys.emergency_kind": "Press 1 for a gas smell or alarm, 2 for burning or sparks, 3 for water or sewage, 4 for no heat, 5 for anything else.",
    "ask.which_visit": "Which visit: {visits}?",
    "ask.which_visit.again": "Is it {visits}?",
    "keys.which_visit": "Press 1 for the first, 2 for the second.",
    "ask.cancel_confirm": "Your visit is {visit}. Shall I take it off the schedule?",
    "ask.cancel_confirm.again": "Should I take your visit {visit} off the schedule?",
    "keys.cancel_confirm": "Press 1 for yes, 2 to keep it.",
    "ask.move_confirm": "I'd move your visit from {old} to {new}. Is that right?",
    "ask.move_confirm.again": "Shall I move it to {new}?",
    "keys.move_confirm": "Press 1 for yes, 2 for no.",
    "ask.proof_phone": "What phone number is the visit under?",
    "ask.proof_phone.again": "Please say or key in the phone number on the visit, area code first.",
    "keys.proof_phone": "You can key it in.",
    "ask.code": "I've texted a code to that number. What is it?",
    "ask.code.again": "Please say or key in the code from the text.",
    "keys.code": "You can key it in, or press star if it didn't come.",
    "ask.message": "What should I tell {owner}?",
    "ask.message.again": "Go ahead with your message whenever you're ready.",
    "keys.message": "Or press 1 to leave it at that.",
    "ask.callback_offer": "Would you like {owner} to call you about it?",
    "ask.callback_offer.again": "Should {owner} call you back?",
    "keys.callback_offer": "Press 1 for yes, 2 for no.",
    "ask.menu": "Let's use the keypad.",
    "ask.menu.again": "Please choose with the keypad.",
    "ask.menu.text": "Reply 1 to book a visit, 2 for an emergency, 3 about a visit you have, 4 to leave a message, 0 for a person.",
    "keys.menu": "Press 1 to book a visit, 2 for an emergency, 3 about a visit you have, 4 to leave a message, or 0 for a person.",
    "ask.anything_else": "Anything else I can do?",
    "ask.anything_else.again": "Is there anything else?",
    "keys.anything_else": "Press 1 for yes, or just hang up.",
    # Hearing
    "silence.1": "Are you still there?",
    "silence.2": "I can't hear you. Take your time.",
    "silence.3": "I still can't hear you.",
    "miss.1": "Sorry, I didn't get that.",
    "miss.2": "I'm sorry, I still didn't get that.",
    "miss.3": "I'm having trouble hearing you.",
    "miss.3.text": "I'm not getting this right.",
    "changed": "Okay, changed.",
    # Emergencies
    "emergency.alerted": "I'm alerting {owner} right now.",
    "emergency.callback": "{owner} will call you {by}.",
    "emergency.address": "What's the address?",
    "emergency.visit": "I'll look for the soonest visit too.",
    "emergency.careful": "Only answer if you're safe.",
    "emergency.noted": "Okay, I'll pass that on.",
    "emergency.over": "I'm glad to hear that.",
    "emergency.if_again": "If it comes back, get out and call 911.",
    "emergency.still_calls": "{owner} will still call you {by}, just to make sure.",
    # Times
    "slot.open": "{slot} is open.",
    "slots.none_then": "I don't have anything {day}.",
    "slots.too_far": "I can only book visits up to {day}.",
    "slots.none_like_it": "I don't have a time like that.",
    "slots.none": "I can't find an open time for that.",
    "slots.unseen": "I can't see the schedule right now.",
    "slots.which": "More than one of those fits.",
    "slots.nothing_picked": "No problem.",
    # Booking
    "details.phone": "phone {phone}",
    "booked": "You're booked: {slot}.",
    "booked.text": "You're booked: {slot}, {address}.",
    "booked.no_address": "You're booked: {slot}.",
    "requested": "I've put in your request for {slot}. We'll text you to confirm it.",
    "requested.call": "I've put in your request for {slot}. {owner} will call you to confirm it {by}.",
    "taken": "I'm sorry, that time was just taken.",
    "not_booked": "All right, I won't put anything on the schedule.",
    "unchanged": "All right, I'll leave everything as it is.",
    "address_later": "We'll get the address from you when we call.",
    # Visits that exist
    "visit.when": "You have a visit {visit}.",
    "visit.requested": "Your request for {visit} isn't confirmed yet. We'll let you know.",
    "visit.none": "I don't see a visit under this number.",
    "visit.now": "Your visit is {visit}.",
    "moved": "Done. Your visit is now {slot}.",
    "cancelled": "Done. I've taken your visit {visit} off the schedule.",
    "kept": "All right, your visit stays as it is, {visit}.",
    "change.unsure": "I've passed that on. We'll text you when it's done.",
    "change.refused": "I can't change that visit myself.",
    "code.wrong": "That code isn't right.",
    # Promises
    "promise": "{owner} will call you back {by}.",
    "promise.person": "I'm an assistant and can't put you through, but {owner} will call you back {by}.",
    "promise.again": "I've let {owner} know. You'll get a call back {by}.",
    "message.taken": "I'll pass that on.",
    "transfer.trying": "Let me try to get {owner} on the line.",
    "transfer.nobody": "I couldn't reach {owner} just now.",
    "meanwhile": "Meanwhile, let's finish setting up your visit.",
    # Answers from the business's own knowledge
    "hours.week": "We're open {hours}.",
    "hours.open_now": "We're open now, until {time}.",
    "hours.open_on": "{day} we're open {hours}.",
    "hours.closed_on": "We're closed {day}.",
    "hours.none": "I don't have opening hours here.",
    "area.yes": "Yes, we serve {place}.",
    "area.no": "I don't see {place} in our area.",
    "area.cities": "We serve {cities}.",
    "area.unknown": "I'm not sure about that area.",
    "price.is": "{service} is {price}.",
    "price.unknown": "I don't have a set price for that, and I don't want to guess.",
    "question.unknown": "I don't know that one, but I'll pass it on to {owner}.",
    "owner": "the owner",
    # The end
    "goodbye": "Thanks for calling {business}. Goodbye.",
    "goodbye.text": "Thanks, and have a good day.",
    "goodbye.silent": "I can't hear you, so I'll let you go. Please call back any time. Goodbye.",
    "goodbye.silent_promise": "I can't hear you. {owner} will call you back {by}. Goodbye.",
    "goodbye.trouble": "I'm sorry, I'm not getting this right. {owner} will call you back {by}. Goodbye.",
    "goodbye.trouble_no_number": "I'm sorry, I'm not getting this right. Please call back and ask for a person. Goodbye.",
    "goodbye.spam": "This line is for our customers, so please take this number off your list. Goodbye.",
    "goodbye.wrong_number": "You've reached {business}. It sounds like a wrong number. No problem, goodbye.",
    "text.cut_off": "{business}: we got cut off. Reply here and we'll finish setting up your visit.",
}


def _day(day: dt.date, today: dt.date) -> str:
    away = (day - today).days
    if away == 0:
        return "today"
    if away == 1:
        return "tomorrow"
    return f"{_DAYS[day.weekday()]}, {_MONTHS[day.month - 1]} {day.day}"


def _clock(time: dt.time) -> str:
    if (time.hour, time.minute) == (12, 0):
        return "noon"
    hour = time.hour % 12 or 12
    half = "AM" if time.hour < 12 else "PM"
    return f"{hour} {half}" if time.minute == 0 else f"{hour}:{time.minute:02d} {half}"


def _at(day: dt.date, today: dt.date, time: dt.time) -> str:
    return f"{_day(day, today)} at {_clock(time)}"


def _times(day: dt.date, today: dt.date, times: Sequence[dt.time]) -> str:
    return f"{_day(day, today)} at {_either([_clock(time) for time in times])}"


def _by(day: dt.date, today: dt.date, time: dt.time) -> str:
    return f"by {_clock(time)}" if day == today else f"by {_at(day, today, time)}"


def _openings(openings: Sequence[Opening]) -> str:
    return _all_of([f"{_clock(opening.opens)} to {_clock(opening.closes)}" for opening in openings])


def _weekly(hours: Sequence[Sequence[Opening]]) -> str:
    parts = []
    for first, last, openings in same_days(hours):
        days = _DAYS[first] if first == last else f"{_DAYS[first]} to {_DAYS[last]}"
        parts.append(f"{days}, {_openings(openings)}")
    return "; ".join(parts)


def _money(price: Price) -> str:
    amount = dollars(price.amount_cents)
    said = {
        "fixed": amount,
        "from": f"from {amount}",
        "hourly": f"{amount} an hour",
        "range": f"{amount} to {dollars(price.to_cents)}",
    }[price.kind]
    return f"{said}, {price.note}" if price.note else said


def _joined(items: Sequence[str], word: str) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def _all_of(items: Sequence[str]) -> str:
    return _joined(items, "and")


def _either(items: Sequence[str]) -> str:
    return _joined(items, "or")


BOOK: Final = PhraseBook(
    lang="en",
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
    polish=str,
)

"""What the words of a caller have to do with each purpose: features for the learned head of intents.

A mark pools the many words for one thing (`nix`, `call off` and `anule` all take a visit away), so the head knows what
a word is about that its corpus never saw beside the others.
"""

from __future__ import annotations

from typing import Final

from receptionist.understanding.holidays import HOLIDAYS
from receptionist.understanding.lookup import PhraseTable
from receptionist.understanding.numbers import NUMBER_WORDS
from receptionist.understanding.short_forms import SHORT_FORMS
from receptionist.understanding.text import Utterance


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FILLERS: Final = _words(
    "um uh uhm umm erm er ah eh well okay ok so hi hello hey please yeah yes yep oiga disculpe pues hola bueno este"
)
_KEPT_NUMBERS: Final = frozenset({"one", "once", "un", "una", "uno", "second"})
_NUMBERS: Final = (NUMBER_WORDS | {"oh", "double", "triple"}) - _KEPT_NUMBERS
_DAYS: Final = _words(
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays "
    "sundays mon tue tues wed thu thur thurs fri sat sun lunes martes miercoles jueves viernes sabado sabados domingo "
    "domingos"
)
_MONTHS: Final = _words(
    "january february april june july august september october november december jan feb apr jun jul aug sept sep oct "
    "nov dec enero febrero abril junio julio agosto septiembre octubre noviembre diciembre"
)

_WORDS: Final = {
    "take_off": "cancel cancels canceling cancelling canceled cancelled cancellation scratch nix scrap delete void undo "
    "withdraw cancelar cancele cancelen cancela cancelo cancelala cancelela cancelarla cancelarlo cancelame cancelemela "
    "cancelenla anular anule anulen anulela quitar quitarla quitarme quitarnos borre borrenme borreme elimine quiteme quitenme quite olvidelo olvide",
    "move": "reschedule rescheduling rescheduled reschedules move moved moving push pushed bump bumped postpone postponed "
    "switch swap shift slide scoot delay delayed rebook instead earlier sooner later trade rearrange adelantar "
    "adelantarla adelanten reprogramar reprograme reprogramen reprogramarla reagendar reagende reagenden posponer "
    "posponga pospongala pospongan aplazar aplace aplazarla mover moverla moverlo muevan muevala mueva muevame cambiar "
    "cambiarla cambiarle cambiarme cambieme cambiela cambie cambienme pasela pasenla recorrer recorra recorran dejarlo "
    "dejarla",
    "visit": "appointment appointments appt booking slot spot window visit cita citas visita turno",
    "schedule": "schedule scheduled book booked calendar agenda agendar agende agendarme agendarla programar programe "
    "apartar aparteme apunteme anoteme reservar reserveme",
    "money": "cost costs price prices pricing priced charge charges charged charging rate rates fee fees hourly ballpark "
    "deal deals expensive pricey cheap cheaper cheapest discount discounts coupon coupons special specials promotion promotions "
    "financing dollars dollar bucks free pay paid quote quotes estimate estimates afford budget precio precios costo "
    "costos cuesta cuestan costaria cobran cobra cobras cobrarian cobraria tarifa tarifas gratis descuento descuentos "
    "oferta ofertas promociones caro barato pagos financiamiento cotizacion estimado presupuesto vale",
    "opening": "open opens opened close closes closed closing hours hour holiday holidays weekend weekends weekdays "
    "sundays saturdays nights after hours horario horarios abren abre abierto abiertos abrir cierran cierra cerrado "
    "cerrados cerraron atienden",
    "place": "area areas zone zip county counties town towns city cities village suburbs miles mile north south east west "
    "side downtown uptown travel drive located location based local far cover covers covered coverage radius territory "
    "limits outskirts island valley ranch cubren cubre zona zonas lejos lados llegan llega hasta codigo postal condado "
    "ciudad ciudades pueblo pueblos rancho norte sur este oeste afueras ubicados radio",
    "person": "person human people representative rep operator agent manager owner supervisor boss somebody someone "
    "anybody anyone dispatcher receptionist secretary foreman persona humano representante gerente dueno duena encargado "
    "encargada jefe jefa supervisor operadora operador agente alguien",
    "machine": "robot robots machine machines recording recorded computer automated bot ai answering maquina maquinas "
    "grabacion robot contestadora",
    "reach": "talk talking speak speaking transfer connect connected transferred hablar platicar paseme pasame pasenme "
    "comuniqueme comunicame comunica comunicarme transfierame pasa",
    "state": "alabama alaska arizona arkansas california colorado connecticut delaware florida hawaii idaho illinois "
    "indiana iowa kansas kentucky louisiana maryland massachusetts michigan minnesota mississippi missouri montana "
    "nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont wisconsin wyoming",
    "premises": "counter desk office shop store showroom lobby oficina tienda mostrador",
    "weather": "weather raining rain rainy snowing sunny storm windy humid lluvia lloviendo calor nieve",
    "wishes": "christmas birthday easter thanksgiving holidays blessed congrats navidad felices feliz bendiga",
    "message": "message messages recado recados mensaje mensajes relay avisele avisenle avisarle avise digale diganle "
    "digales dile decirle llameme llamenme marqueme regreseme llamada llamadas callback voicemail",
    "crew": "tech techs technician technicians plumber plumbers electrician electricians guy guys fella driver crew truck "
    "truck installer repairman tecnico tecnicos plomero plomeros electricista muchacho muchachos",
    "progress": "eta status update tracking arrive arrives arriving arrival yet shipped delivered almost confirm confirming "
    "confirmed confirmation verify verifying waiting late estatus confirmar confirmo confirmado todavia esperando "
    "tarda falta camino sigue llegado",
    "part": "part parts permit order ordered unit invoice delivery pieza piezas parte permiso pedido refaccion refacciones",
    "selling": "google seo website websites ranking leads lead marketing advertising ads listing listings directory loan "
    "loans funding capital merchant processing debt taxes warrant irs medicare congratulations winner won selected "
    "prize cruise survey donation donations donate candidate election solar investment bitcoin crypto software demo "
    "platform insurance payroll staffing partnership revenue promotional represent representing opportunity prestamo "
    "prestamos credito publicidad felicidades ganado premio encuesta seguros garantia ofrecerle ofrecemos deuda "
    "warranty refinance mortgage timeshare vacation subscription toner savings extended",
    "elsewhere": "pharmacy prescription hospital clinic dentist doctor doctors vet veterinarian pizza restaurant bakery "
    "hotel motel inn bank school church library courthouse clerk walmart airport taxi cab tow haircut salon barber nail "
    "nails gym theater movie shelter animal adoption florist flowers grocery store market airline dealership mechanic "
    "laundromat cleaners deli cafe bar burger tacos wings takeout takeaway buffet reservation domino dominos farmacia "
    "clinica consultorio panaderia pizzeria banco escuela iglesia restaurante taqueria salon carniceria comida taxi "
    "grua tienda tia tio primo prima hermana hermano comadre compadre mama abuela mija mijo mom grandma aunt uncle "
    "sister brother cousin daughter pizzas hut",
    "misdial": "misdialed misdialled equivocado equivoque dialed dialing dialling marque",
    "work": "hiring job jobs resume apprentice apprentices apply application employment trabajo contratando ayudante",
    "fault": "leak leaks leaking leaky drip dripping drips clogged clog plugged backed stuck broke broken broken jammed "
    "burst cracked dead died quit noisy noise humming buzzing tripping trips flickering weak slow loose rattling "
    "grinding squealing banging gurgling running overflow overflows rusted corroded cold warm frozen freezing fuga "
    "gotea goteando gotera tapo tapado tapada descompuso descompuesto rota roto ruido enfria calienta prende funciona "
    "sirve jala fallando falla quemo trono",
    "fitting": "faucet sink toilet tub shower drain pipe pipes disposal heater furnace boiler ac air conditioner "
    "conditioning thermostat vent vents duct ducts outlet outlets breaker panel wiring wire light lights fan switch "
    "valve pump sump septic sewer well filter spigot hose dishwasher washer dryer stove fridge generator charger "
    "doorbell fixture circuit compressor condenser coil radiator tank softener tankless bathroom kitchen bath garbage "
    "plumbing heat cooling heating mini split chandelier mantel lamp dimmer gfci smoke detector calentador boiler "
    "bano lavabo fregadero regadera tina escusado inodoro taza drenaje tuberia tubo llave tinaco aire calefaccion "
    "calenton abanico ventilador contacto enchufe apagador luz luces foco termostato lavaplatos lavadora secadora "
    "coladera triturador valvula",
    "task": "fix fixed repair replace replaced install installed installing hook hooked hang swap unclog snake inspect "
    "inspection service serviced maintenance tuneup checkup clean cleaned flush mount rewire upgrade quote reparar "
    "arreglar arreglen instalar instalen revisar revisen cambien destapar mantenimiento componer checar chequen",
}

_PHRASES: Final[dict[str, str]] = {
    "hot|cold|warm|nice|chilly|muggy|beautiful|lovely|pretty out|outside|today|one|day|enough|morning|weather": "weather",
    "hot|cold|warm|nice|chilly out there|here|today": "weather",
    "hace mucho|tanto| frio|calor|viento|aire": "weather",
    "hold|hang on": "pause",
    "one|a|just|gimme|give me| a| sec|second|moment|minute": "pause",
    "wait a| sec|second|minute": "pause",
    "be|ill be right back": "pause",
    "espere|espereme|aguante|aguanteme|permitame|deme un|tantito|": "pause",
    "new york|jersey|mexico|hampshire|england": "state",
    "north|south carolina|dakota": "state",
    "west virginia": "state",
    "any word|news|update on|about|of|yet": "progress",
    "heard|hear anything|back": "progress",
    "sign|signed off": "progress",
    "how far|close out|away|off is|are": "progress",
    "how far|close is|are the|my|he|they|your": "progress",
    "minutes|hours out|away|late": "progress",
    "been an|two|three|four|a|half hour|hours|week|weeks|days": "progress",
    "since they|he|you said|told": "progress",
    "i|we still owe": "progress",
    "was|were|is|are supposed|gonna|going to| send|call|email|mail|come|be": "progress",
    "iba|iban|quedo|quedaron a|de": "progress",
    "would|do|you|youd|want|ask|charge|figure ask|want|charge|figure for|to": "how_much",
    "rough|roughly number|idea|estimate|figure|guess|what": "how_much",
    "an|any|una|alguna idea of|what|how|del|de": "how_much",
    "a number for|on": "how_much",
    "running|gonna cost|run": "how_much",
    "more|as|mas o menos cuanto": "how_much",
    "could|can|may i get|do|have": "may_i",
    "i need it|to be|her": "i_need",
    "instead of": "move",
    "la|lo|me paso|pasa|pasan|deja|dejan|cambia|cambian|recorre|recorren|mueve|mueven para|al|a|": "move",
    "me la|lo pasa|pasan|deja|dejan|cambia|cambian|recorre|mueve": "move",
    "dont|not|never cancel|canceling|cancelling": "keeps",
    "do not cancel": "keeps",
    "dont|not want|wanna|wanting|have|need to| cancel": "keeps",
    "no la|lo| quiero| cancelar|cancelarla": "keeps",
    "no la|lo| cancele|cancelen|cancela": "keeps",
    "call|called|calling it|off": "take_off",
    "call off": "take_off",
    "no longer need|needed|want": "take_off",
    "no need": "take_off",
    "dont|doesnt|wont|not need|needing you|yall|anybody|anyone|somebody|him|them|it|the|that|to|any": "take_off",
    "wont be needing|needed": "take_off",
    "not gonna|going|gone need|keep|do|make": "take_off",
    "not going to need|keep|do": "take_off",
    "dont come|send|bother|show": "take_off",
    "do not come|send": "take_off",
    "not to come": "take_off",
    "back|backing out": "take_off",
    "forget it|about|the": "take_off",
    "changed my|our mind|minds": "take_off",
    "with somebody|someone|another|a else|different|company|": "take_off",
    "found|hired|got somebody|someone|another else|guy|company": "take_off",
    "get|got rid of": "take_off",
    "ya no": "take_off",
    "siempre no": "take_off",
    "no hace falta": "take_off",
    "no vengan|venga|manden|mande": "take_off",
    "off your|the|of schedule|calendar|books|list|board|it": "take_off",
    "put|putting it|that|this off|back": "move",
    "hold off": "move",
    "another|different|new|other|better day|time|date|slot|window|hour|week|one": "move",
    "some other day|time": "move",
    "change|changing the|my|our|it|me|this|that": "move",
    "move|push me|us|it up|back|down": "move",
    "day|week|hour later|earlier|sooner": "move",
    "cant|can't make it|my|the|our": "move",
    "wont|not be home|there|here|available": "move",
    "came|come up": "move",
    "en vez|lugar": "move",
    "otro|otra dia|horario|hora|fecha|momento": "move",
    "mas tarde|temprano": "move",
    "no puedo|podre|voy|alcanzo|estare": "move",
    "have|has|had|got|get|put me|us down|for|on|at|scheduled": "booked",
    "you have|had|got me|us": "booked",
    "im|were|was|am on|down|scheduled|booked|supposed for|to": "booked",
    "i am|was|got on|down|scheduled|booked": "booked",
    "supposed to": "booked",
    "my|our|the appointment|appointments|visit|booking|slot|spot|window|install|estimate|reservation": "booked",
    "what i got": "booked",
    "mi cita|visita|turno": "booked",
    "tengo|tenia|habia una|": "booked_es",
    "tengo|tenia una| cita": "booked",
    "quedamos|quedaron de|para|en": "booked",
    "how much": "how_much",
    "cuanto cuesta|cobran|cobra|vale|sale|es|seria|me|saldria": "how_much",
    "como cuanto": "how_much",
    "what do|does|did|would|will|you yall|you|it|that|a charge|cost|run|get": "how_much",
    "run me|us|these": "how_much",
    "trip|service|diagnostic|weekend charge|fee|call": "how_much",
    "what you get|charge": "how_much",
    "payment plan|plans": "how_much",
    "estimate|estimates|quote|quotes|inspection|visit|call|opinion free": "how_much",
    "free estimate|estimates|quote|quotes": "how_much",
    "skip|drop|stop|scratch my|our|us|me|the": "take_off",
    "neednt come": "take_off",
    "so cancel|scratch|skip": "take_off",
    "we|ill pass|skip|do": "take_off",
    "is it|that more|extra": "how_much",
    "how late|early": "opening",
    "what time|days do|does|are|is you|yall|your|the": "opening",
    "twenty four hours|seven": "opening",
    "are|is|you|yall working|open|closed|around": "opening",
    "a que hora|horas abren|cierran|abre|cierra|empiezan": "opening",
    "hasta que hora": "opening",
    "trabajan|abren los|en|el|de": "opening",
    "how far": "reach_of",
    "too far": "reach_of",
    "come|go|get|travel|drive|coming|going out|all|as|over|up|down|across to|this|here|that|there|the|far|way": "reach_of",
    "do|would|will|can you|yall|guys come|go|cover|service|serve|do|travel|work": "do_you",
    "do|would|will|can you guys|all come|go|cover|service|serve|do|travel|work": "do_you",
    "vienen|van|llegan|trabajan|salen a|hasta|en|por|para": "reach_of",
    "dan servicio": "reach_of",
    "service area": "reach_of",
    "hasta donde": "reach_of",
    "talk|speak|talking|speaking to|with": "talk_to",
    "hablar con": "talk_to",
    "put me|him|her|somebody|someone|a|the|on|through": "put_through",
    "connect|transfer|patch|switch|hand me": "put_through",
    "get me a|somebody|someone|the|your|some": "put_through",
    "is|are there|your in|there|available|around": "is_in",
    "is anyone|anybody|somebody|someone there|around|available": "is_in",
    "esta|se el|la|encuentra|ahi": "is_in",
    "hay alguien|una": "is_in",
    "real|live|actual person|human|someone|somebody|agent": "put_through",
    "call|calls|called|ring|text|phone|hit me|us|back": "call_me",
    "returning|return your|my|a|his|their call|calls": "call_me",
    "get back to": "call_me",
    "give|gimme me|us|him|her a call|ring|buzz|shout|callback": "call_me",
    "missed call|your": "call_me",
    "que me|le llame|llamen|marque|marquen|hable|hablen|regrese|regresen": "call_me",
    "tell|ask|let him|her|them|em|the|your|whoever|you|that|dispatch": "tell",
    "tell": "tell_word",
    "tell me|us": "tell_me",
    "can|could you tell": "tell",
    "can|could you tell me|us": "tell_me",
    "just tell|say": "tell",
    "rang|called|ringing|calling my|me|back": "call_me",
    "somebody|someone rang|called|tried": "call_me",
    "have him|her|them|someone|somebody|the|your": "tell",
    "let|lets know": "tell",
    "pass it|this|that|along|the": "tell",
    "just say": "tell",
    "make sure|a note": "tell",
    "take|leave|pass|give a|him|her|them message|word|note": "message",
    "on|running his|the|your|their|its way|late|behind": "progress",
    "still coming|on|good|waiting|scheduled": "progress",
    "wheres|where my|the|is|are|our|yall": "where_is",
    "when|whens are|is|will|does|do he|she|they|you|my|the|somebody|someone|yall": "when_is",
    "what time|day is|are|was|were|am|will|did my|the|he|they|you|i|yall|your|somebody": "when_is",
    "a que hora|horas es|viene|vienen|llega|llegan|me|va|van": "when_is",
    "cuando es|viene|vienen|llega|van": "when_is",
    "whos|who|which coming|is|tech|guy|are|technician": "who_is",
    "did|has|have|is my|the|our part|permit|quote|estimate|order|payment|inspection": "progress",
    "how long|much till|until|before|longer|is": "progress",
    "showed|shown|show up": "progress",
    "am|are i|we still|on|next|scheduled|confirmed|good": "progress",
    "just|calling|to confirming|checking|confirm|check": "progress",
    "ya viene|llego|salio|mero|esta|vienen": "progress",
    "no ha|han llegado|venido": "progress",
    "this is the|a|an|your": "caller_is",
    "we|i offer|help|represent|provide|sell|generate": "selling",
    "save you": "selling",
    "press one|two|nine|zero|1|2|9": "selling",
    "your|the business|vehicle|car|cars|account|google|listing": "selling",
    "business owner|loan|funding": "selling",
    "decision maker": "selling",
    "le ofrecemos|ofrezco|interesa|llamamos|podemos": "selling",
    "pre approved": "selling",
    "more customers|leads|calls|jobs": "selling",
    "wrong number|place|person|one": "misdial",
    "numero equivocado": "misdial",
    "is|isnt|aint this the|a|my|doctor|not": "is_this",
    "is|isnt this": "is_this",
    "es la|el casa|farmacia": "is_this",
    "who is|am this|i": "who_dis",
    "i was|meant trying|calling|dialing|looking|to": "meant",
    "need|want|get|send|have|like somebody|someone|a|an|you|yall|one|guy|tech|anyone|anybody": "wants",
    "come|swing|stop|drop by|out|over|look|see|fix|take": "come_out",
    "take a look": "come_out",
    "look|looked at|into": "come_out",
    "set|put me|us|up|something|down": "book_me",
    "get|squeeze|fit|slot|pencil me|us in|on": "book_me",
    "as soon as": "soon",
    "lo mas pronto|antes": "soon",
    "any|next openings|opening|available|availability": "soon",
    "pueden|puede|podrian|podria venir|mandar|pasar|ir": "come_out",
    "quiero|necesito|ocupo|quisiera una|un|que|hacer|agendar": "wants",
    "i|we need|want|wanna|would|gotta|got|have": "i_need",
    "id|wed like|love|rather": "i_need",
    "how do i": "how_do_i",
    "do|can you take|accept|have|sell|carry|offer|warranty|guarantee|use": "do_you_offer",
    "you take|accept|need|hire|sell": "do_you_offer",
    "what does|would|will|do a|an|these": "whats_a",
    "whats|what a|an|is": "whats_a",
    "about|roughly what": "whats_a",
    "go|goes|going|get for": "go_for",
    "you do|serve|cover|come|go|reach|service": "you_do",
    "what kind|size|brand": "which_kind",
    "are you|yall licensed|insured|bonded|certified|hiring": "about_us",
    "thank you": "thanks",
}

_OPENERS: Final = _words(
    "do does did are is am was were can could would will what whats when whens where wheres who whos which how why any "
    "cuanto cuando donde quien que cual tienen hay puedo puede pueden"
)


def _word_marks() -> dict[str, tuple[str, ...]]:
    marks: dict[str, list[str]] = {}
    for mark, words in _WORDS.items():
        for word in words.split():
            marks.setdefault(word, []).append(mark)
    return {word: tuple(dict.fromkeys(found)) for word, found in marks.items()}


_BY_WORD: Final = _word_marks()
_BY_PHRASE: Final[PhraseTable[str]] = PhraseTable(_PHRASES)
_STARTS: Final = _BY_PHRASE.starts()
_HOLIDAY_STARTS: Final = HOLIDAYS.starts()
_PRESENT: Final = frozenset({"there", "in", "around", "available", "home", "working", "ahi"})
_IS: Final = frozenset({"is", "esta"})
_YOU_ALL: Final = frozenset({"guys", "all", "folks", "fellas", "people", "fellows"})
_TAKE: Final = frozenset({"take", "taken", "get", "pull", "knock", "leave", "remove", "wipe", "cross"})
_TAKE_WITHIN: Final = 7


def shape(heard: Utterance) -> tuple[str, ...]:
    """The words that count: fillers and signs left out, short forms written out, numbers, days and months made alike."""
    words: list[str] = []
    for norm in _plain(heard.norms):
        if norm in _FILLERS or not norm[:1].isalnum():
            continue
        if norm[0].isdigit() or norm in _NUMBERS:
            word = "#n"
        elif norm in _DAYS:
            word = "#day"
        elif norm in _MONTHS:
            word = "#month"
        else:
            words.extend(SHORT_FORMS.get(norm, (norm,)))
            continue
        if not words or words[-1] != word:
            words.append(word)
    return tuple(words)


def _plain(norms: tuple[str, ...]) -> tuple[str, ...]:
    """`You guys`, `you all` and `y'all` are you."""
    plain: list[str] = []
    for norm in norms:
        if norm in _YOU_ALL and plain and plain[-1] == "you":
            continue
        plain.append("you" if norm == "yall" else norm)
    return tuple(plain)


def marks(heard: Utterance) -> tuple[str, ...]:
    """What the words are about, each mark once. Linear in the number of words."""
    norms = _plain(heard.norms)
    found: dict[str, None] = {}
    taken = -_TAKE_WITHIN - 1
    kept = 0
    for index, norm in enumerate(norms):
        hit = _BY_PHRASE.at(norms, index) if norm in _STARTS else None
        if hit is not None:
            found[hit[0]] = None
            if hit[0] == "keeps":
                kept = index + hit[1]
        if index >= kept:
            # In `don't cancel it` nothing is taken away.
            for mark in _BY_WORD.get(norm, ()):
                found[mark] = None
        if norm in _HOLIDAY_STARTS and HOLIDAYS.at(norms, index) is not None:
            found["holiday"] = None
        if norm in _TAKE:
            taken = index
        elif norm == "off" and index - taken <= _TAKE_WITHIN:
            found["take_off"] = None
        elif norm in _PRESENT and not _IS.isdisjoint(norms[max(0, index - 3) : index]):
            found["is_in"] = None
    content = [norm for norm in norms if norm not in _FILLERS and norm[:1].isalnum()]
    if content:
        found["asks" if content[0] in _OPENERS else "tells"] = None
    found[f"length{min(len(content), 12) // 3}"] = None
    if not content:
        found["nothing"] = None
    return tuple(found)

"""The caller's own name, and the names of others that are none of theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.testing.speed import seconds_of
from receptionist.understanding.lookup import word_set
from receptionist.understanding.names import find_name
from receptionist.understanding.phones import find_phone
from receptionist.understanding.places import find_address
from receptionist.understanding.text import MAX_CHARACTERS, Lang, read

ENGLISH = [
    ("my name is marlene oduya and i need a plumber", "Marlene Oduya"),
    ("my name's trent i've got a clogged sink", "Trent"),
    ("hi my name is will i need an outlet", "Will"),
    ("this is angela ruiz can i move to monday", "Angela Ruiz"),
    ("this is deshonda jefferson from maple court", "Deshonda Jefferson"),
    ("yeah hi this is bob", "Bob"),
    ("hey it's mike mckenna i need an estimate", "Mike McKenna"),
    ("it's bernice calloway again the faucet's worse", "Bernice Calloway"),
    ("i'm tasha and my tub won't drain", "Tasha"),
    ("i'm leonard whitcomb over on fifth", "Leonard Whitcomb"),
    ("name's dale i got a sump pump", "Dale"),
    ("the name's reggie stone", "Reggie Stone"),
    ("the name is ling zhao", "Ling Zhao"),
    ("name on the account is victor osei", "Victor Osei"),
    ("i'm on the books as theodore lang for the second", "Theodore Lang"),
    ("put me down as gwen", "Gwen"),
    ("you can put it under martinez", "Martinez"),
    ("the appointment is under hollis greer", "Hollis Greer"),
    ("deshawn carter can i do friday", "DeShawn Carter"),
    ("luis herrera scratch my friday spot please", "Luis Herrera"),
    ("hi ravi shah i need a mini split", "Ravi Shah"),
    ("wes here what do you get for a camera", "Wes"),
    ("hank tolliver here need a pump", "Hank Tolliver"),
    ("dunmore here about the boiler", "Dunmore"),
    ("nora fitzgerald speaking", "Nora Fitzgerald"),
    ("stan calling about the invoice", "Stan"),
    ("good morning carla hughes calling", "Carla Hughes"),
    ("officer dunn city permits calling", "Officer Dunn"),
    ("this is officer keene at the east precinct", "Officer Keene"),
    ("this is pastor williams over at grace chapel", "Pastor Williams"),
    ("mrs patterson here my sink is slow", "Mrs Patterson"),
    ("this is mrs. patterson again", "Mrs Patterson"),
    ("doctor okafor from the clinic our heat is out", "Doctor Okafor"),
    ("kyle at the bike shop here can we do noon", "Kyle"),
    ("carla with beacon property management we need to shift", "Carla"),
    ("priya from unit six my sink is slow", "Priya"),
    ("just say teo marsh rang", "Teo Marsh"),
    ("tell bill that stan called back", "Stan"),
    ("tell him arthur nwosu called", "Arthur Nwosu"),
    ("so it's cory stamm s t a double m", "Cory Stamm"),
    ("hank tolliver here t o l l i v e r", "Hank Tolliver"),
    ("jerome fisk f i s k wants to cancel", "Jerome Fisk"),
    ("my name is gary whitfield w h i t e f i e l d", "Gary Whitefield"),
    ("my name is stephen that's s t e v e n", "Steven"),
    ("my name is ann browne with an e", "Ann Browne"),
    ("my name is ann brown with an e", "Ann Browne"),
    ("this is jon smith with a y", "Jon Smyth"),
    ("last name is brandt b r a n d t first name is ruth", "Ruth Brandt"),
    ("first name's ruth last name's brandt", "Ruth Brandt"),
    ("my first name is ruth and my last name is kowalski", "Ruth Kowalski"),
    ("it's mike's wife linda", "Linda"),
    ("this is her daughter tasha calling", "Tasha"),
    ("this is your neighbor bob", "Bob"),
    ("i'm shane o'rourke and i want a sink", "Shane O'Rourke"),
    ("this is patrick o neil", "Patrick O'Neil"),
    ("this is kelly obrien", "Kelly O'Brien"),
    ("my name is joy mccall", "Joy McCall"),
    ("this is anne-marie dupont", "Anne-Marie Dupont"),
    ("this is jean luc fournier", "Jean Luc Fournier"),
    ("this is maria de la cruz", "Maria De la Cruz"),
    ("my name is pieter van der berg", "Pieter Van der Berg"),
    ("this is desiree st john", "Desiree St John"),
    ("my name is john q adams", "John Q Adams"),
    ("this is whitney banks my drain is slow", "Whitney Banks"),
    ("this is tom", "Tom"),
    ("Hi, this is Nkechi Obiora.", "Nkechi Obiora"),
    ("Leonard Whitcomb here. Water softener's acting up.", "Leonard Whitcomb"),
    ("THIS IS ANGELA RUIZ", "Angela Ruiz"),
    ("Please move my 9am to 2pm, thx, Corinne", "Corinne"),
    ("need a new faucet installed. Thanks - Corinne Ash", "Corinne Ash"),
    ("hello my name is uh gary whitfield", "Gary Whitfield"),
    ("i'm calling for my mom but my name is tasha", "Tasha"),
    ("is rick there this is wes from the lumber yard", "Wes"),
    ("tell rick i said hi it's nadine", "Nadine"),
    ("ask for gary at the desk my name is ruth", "Ruth"),
    ("this is hideko mori when's my crew coming", "Hideko Mori"),
    ("my husband paul usually does this i'm denise", "Denise"),
    ("tell mike gary called", "Gary"),
    ("yo it's dre i need my breaker looked at", "Dre"),
    ("this is zuri i need a plumber", "Zuri"),
    ("paulina restrepo wants to cancel", "Paulina Restrepo"),
    ("it's me again ralph from maple", "Ralph"),
    ("omar al hassan i'd like a visit", "Omar Al Hassan"),
    ("nguyen van minh calling about the estimate", "Nguyen Van Minh"),
    ("marcy marcy green i called earlier", "Marcy Green"),
    ("yes hi this is uh ed uh ed franklin", "Ed Franklin"),
    ("hi it's dee dee", "Dee Dee"),
    ("you can call me fred", "Fred"),
    ("this is sister mary catherine from the convent", "Sister Mary Catherine"),
    ("inspector gibson have your office call me about the permit", "Inspector Gibson"),
    ("let ed know sue called", "Sue"),
    ("cancel friday please luis herrera", "Luis Herrera"),
    ("can you come monday, ravi shah", "Ravi Shah"),
    ("you're speaking with norah hale", "Norah Hale"),
    ("it's thorvald ekdahl again about the boiler", "Thorvald Ekdahl"),
    ("yusra qasimi i want to move my visit", "Yusra Qasimi"),
    ("whitney with an e y no sorry w h i t n e y banks my drain is slow", "Whitney Banks"),
    ("lou bender b e n d e r i need a cleanout", "Lou Bender"),
    ("kelly k e l l y i can't find the valve", "Kelly"),
]
SPANISH = [
    ("soy óscar luna cancele lo mío por favor", "Óscar Luna"),
    ("me llamo ana lucía paredes y tengo una fuga", "Ana Lucía Paredes"),
    ("mi nombre es josé luis barrera", "José Luis Barrera"),
    ("hola habla norma ibarra para cancelar", "Norma Ibarra"),
    ("le habla yolanda de la tienda el girasol", "Yolanda"),
    ("buenas soy ernesto villarreal y necesito un plomero", "Ernesto Villarreal"),
    ("Miguel ángel soto para el lunes a las diez por favor.", "Miguel Ángel Soto"),
    ("guadalupe torres mi teléfono es nueve cinco seis cinco cinco cinco cero uno tres seis", "Guadalupe Torres"),
    ("rogelio peña p e ñ a necesito un presupuesto", "Rogelio Peña"),
    ("habla don chuy para ver si me cambian la llave", "Don Chuy"),
    ("soy don nacho", "Don Nacho"),
    ("de parte de la señora robles que si pueden venir", "Señora Robles"),
    ("soy la señora robles", "Señora Robles"),
    ("habla el ingeniero pérez", "Ingeniero Pérez"),
    ("soy la esposa de martín y me llamo clara", "Clara"),
    ("soy maría de la cruz", "María De la Cruz"),
    ("soy ramiro de la garza para servirle", "Ramiro De la Garza"),
    ("soy beto comuníqueme con el dueño", "Beto"),
    ("soy graciela y sigo esperando", "Graciela"),
    ("a nombre de patricia lozano", "Patricia Lozano"),
    ("la cita está a nombre de fidel", "Fidel"),
    ("dígale a raúl que le llamó su tía lencha", "Lencha"),
    ("luz elena ortiz quiero una cita", "Luz Elena Ortiz"),
    ("soy juan del río", "Juan Del Río"),
    ("me llamo xóchitl", "Xóchitl"),
    ("mi nombre es rosa", "Rosa"),
    ("aquí habla fermín castro", "Fermín Castro"),
    ("soy su vecino beto", "Beto"),
    ("óscar treviño ocho tres cero cinco cinco cinco cero uno uno cero", "Óscar Treviño"),
    ("disculpe soy marco antonio solís", "Marco Antonio Solís"),
    ("le saluda verónica tamez", "Verónica Tamez"),
    ("doña mari para decirle que ya no venga", "Doña Mari"),
    ("mi apellido es ocampo", "Ocampo"),
    ("bueno soy yo josefina", "Josefina"),
    ("habla su cliente joaquín", "Joaquín"),
    ("soy joaquín el hijo de doña mari", "Joaquín"),
    ("citlalmina ocaranza guízar quiero una cita", "Citlalmina Ocaranza Guízar"),
    ("cancele lo del viernes por favor luis herrera", "Luis Herrera"),
]
OTHERS: list[tuple[str, Lang]] = [
    ("", "en"),
    ("hello", "en"),
    ("um hello", "en"),
    ("is rick there i'd rather talk to him", "en"),
    ("is this rick", "en"),
    ("is darlene around", "en"),
    ("say hi to lupe", "en"),
    ("tell rick to call me", "en"),
    ("tell bill i called", "en"),
    ("let rosa know the check's in the mail", "en"),
    ("i need to talk to chuck he was at my house", "en"),
    ("can i speak with maria please", "en"),
    ("ask for gary at the front desk when you come", "en"),
    ("my husband paul usually handles this stuff", "en"),
    ("my husband's name is paul", "en"),
    ("her name is sandra", "en"),
    ("the technician's name is rick", "en"),
    ("his name's rick i think", "en"),
    ("my dog's name is max", "en"),
    ("the street name is birch", "en"),
    ("what's your name", "en"),
    ("your name is on the truck", "en"),
    ("rick said he'd come at nine", "en"),
    ("mike jones said he'd come at nine", "en"),
    ("mike from your office told me to call", "en"),
    ("luis fixed it last time", "en"),
    ("rick called me yesterday", "en"),
    ("your guy luis left his drill", "en"),
    ("my daughter emily will be home", "en"),
    ("my landlord bob said to call you", "en"),
    ("tony it's me call me back", "en"),
    ("thanks rick", "en"),
    ("thank you maria", "en"),
    ("please send mike jones", "en"),
    ("i want to talk to luis herrera", "en"),
    ("it's black and it smells", "en"),
    ("it's strong", "en"),
    ("nasty brown water coming up", "en"),
    ("backhoe hit the water main", "en"),
    ("earthquake knocked the heater over", "en"),
    ("this is social security your number is suspended", "en"),
    ("permission granted", "en"),
    ("this is insane i've waited two hours", "en"),
    ("call me back tomorrow", "en"),
    ("tony's pizza has a grease trap problem", "en"),
    ("this is for doris wheeler", "en"),
    ("paul told me you'd be here", "en"),
    ("grace chapel needs a furnace", "en"),
    ("snow bird here closing up the house", "en"),
    ("dr jacob wardwell change the appointment to five", "en"),
    ("is this domino's", "en"),
    ("is this doctor patel's office", "en"),
    ("this is the i r s there is a warrant in your name", "en"),
    ("this is the inspector's office", "en"),
    ("this is city water department", "en"),
    ("this is duke energy calling", "en"),
    ("this is bright horizons daycare", "en"),
    ("this is ridiculous", "en"),
    ("this is urgent", "en"),
    ("this is about the invoice", "en"),
    ("this is for my mom", "en"),
    ("this is my third call", "en"),
    ("this is insanely frustrating", "en"),
    ("this is not working", "en"),
    ("it's june second", "en"),
    ("it's april already", "en"),
    ("it's freezing in here", "en"),
    ("it's snowin sideways", "en"),
    ("it's the blue house", "en"),
    ("it's mike's truck in the way", "en"),
    ("i'm pregnant and there's no heat", "en"),
    ("i'm diabetic", "en"),
    ("i'm freezing", "en"),
    ("i'm at fifty eight orchard way", "en"),
    ("i'm looking for luis", "en"),
    ("i'm calling about rick", "en"),
    ("i'm mike's neighbor", "en"),
    ("i may be late", "en"),
    ("mark me down for friday", "en"),
    ("bill me later", "en"),
    ("will you come friday", "en"),
    ("can you send rick again", "en"),
    ("we had rick last time and he was great", "en"),
    ("the old folks home on maple", "en"),
    ("do you come out to cedar falls", "en"),
    ("my mom lives in fairview", "en"),
    ("i'm from san benito", "en"),
    ("call me back", "en"),
    ("nobody here speaks english", "en"),
    ("there's water here", "en"),
    ("somebody called me", "en"),
    ("pipe bust kitchen water everywhere", "en"),
    ("rheem tankless is leaking", "en"),
    ("smelling gas strong downstairs", "en"),
    ("martin luther king street is closed", "en"),
    ("christmas lights shorted out", "en"),
    ("just transfer me", "en"),
    ("operator operator", "en"),
    ("o k", "en"),
    ("the l e d lights flicker", "en"),
    ("c o detector is beeping", "en"),
    ("the g f i keeps tripping", "en"),
    ("a c isn't cooling", "en"),
    ("está ahí la comadre lupe", "es"),
    ("está el señor gómez", "es"),
    ("quiero hablar con miguel", "es"),
    ("dígale a raúl que me llame", "es"),
    ("con quién hablo", "es"),
    ("quién habla", "es"),
    ("hay alguien que hable español", "es"),
    ("se habla inglés", "es"),
    ("soy cliente de ustedes", "es"),
    ("soy el dueño", "es"),
    ("soy la esposa de martín", "es"),
    ("soy nueva en la colonia", "es"),
    ("soy yo otra vez", "es"),
    ("soy de monterrey", "es"),
    ("mi esposo se llama pedro", "es"),
    ("el técnico se llamaba luis", "es"),
    ("le hablo de parte de google", "es"),
    ("me llamo la atención el precio", "es"),
    ("vienen hasta mesquite", "es"),
    ("gracias miguel", "es"),
    ("luis ya vino ayer", "es"),
    ("no me llamaron", "es"),
    ("me llamó el técnico", "es"),
    ("la calle benito juárez", "es"),
    ("bueno", "es"),
    ("mi hija elena va a estar en la casa", "es"),
    ("páseme con el gerente", "es"),
    ("ya viene el muchacho", "es"),
    ("se rompió el bóiler", "es"),
    ("ay señor se reventó la cañería", "es"),
    ("está lupita", "es"),
    ("le encargo una visita", "es"),
    ("soy yo otra vez", "es"),
    ("pasaje las flores veintidós", "es"),
    ("es para josefina", "es"),
    ("vendemos uniformes para empresas", "es"),
    ("cámbieme al sábado por favor", "es"),
    ("vi una llamada de ustedes", "es"),
    ("le hablo de parte de una compañía", "es"),
]


def _hear(text: str, lang: Lang) -> str | None:
    heard = read(text)
    phone = find_phone(heard)
    spans = [phone.span] if phone else []
    address = find_address(heard, lang=lang, exclude=spans)
    if address:
        spans.append(address.span)
    found = find_name(heard, lang=lang, exclude=spans)
    return found.text if found else None


@pytest.mark.parametrize(("text", "name"), ENGLISH)
def test_an_english_caller_is_known_by_name(text: str, name: str) -> None:
    assert _hear(text, "en") == name


@pytest.mark.parametrize(("text", "name"), SPANISH)
def test_a_spanish_caller_is_known_by_name(text: str, name: str) -> None:
    assert _hear(text, "es") == name


@pytest.mark.parametrize(("text", "lang"), OTHERS)
def test_somebody_or_something_else_is_no_name_of_the_caller(text: str, lang: Lang) -> None:
    assert _hear(text, lang) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hi ravi shah six eleven birch four oh eight five five five oh one three four", "Ravi Shah"),
        ("walt jensen seven oh one five five five oh one five five returning your call", "Walt Jensen"),
        ("have the boss call arthur nwosu at three one two five five five oh one oh oh", "Arthur Nwosu"),
        ("vernon tibbs fourteen oh four magnolia the sink won't drain", "Vernon Tibbs"),
        ("stan six one five five five five oh one oh nine", "Stan"),
        ("i'm at fifty eight orchard way", None),
        ("seven twelve martin street", None),
        ("calle benito juárez trescientos cuatro", None),
    ],
)
def test_a_name_beside_a_number_or_an_address_keeps_to_its_own_words(text: str, name: str | None) -> None:
    assert _hear(text, "es" if "calle" in text else "en") == name


def test_the_span_covers_the_name_alone() -> None:
    heard = read("hi this is angela ruiz can i move")
    found = find_name(heard, lang="en")
    assert found is not None
    assert heard.span(*found.span) == "angela ruiz"


@given(
    st.lists(
        st.sampled_from(
            sorted(
                word_set(
                    "this is my name mike o de la cruz with an e s t double m no it's here called thanks , ' - officer"
                )
            )
        ),
        max_size=40,
    )
)
def test_any_words_are_read_without_a_fault(words: list[str]) -> None:
    heard = read(" ".join(words))
    for lang in ("en", "es"):
        for prompt in (None, "May I have your name?", "Is your name Gary Whitfield?"):
            found = find_name(heard, lang=lang, prompt=prompt)  # type: ignore[arg-type]
            if found is not None:
                assert found.text.strip()
                assert 0 <= found.span.first < found.span.last <= len(heard.tokens)


@pytest.mark.parametrize(
    "text",
    [
        "this is mike's wife ",
        "my name is ",
        "my name is mike ",
        "name ",
        "de la ",
        "s t a double m ",
        "double ",
        "a ",
        "mike called ",
        "say mike ",
        "mike ",
        "officer ",
        "mrs ",
        "mike-",
        "habla soy ",
        "hi hello ",
        "tia tia ",
        "thanks, ",
        "with an e ",
    ],
)
@pytest.mark.parametrize("prompt", [None, "May I have your name?", "Is your name Gary Whitfield?"])
def test_the_longest_input_is_read_within_ten_milliseconds(text: str, prompt: str | None) -> None:
    heard = read((text * MAX_CHARACTERS)[:MAX_CHARACTERS])
    assert seconds_of(lambda: find_name(heard, lang="en", prompt=prompt)) < 0.010


@pytest.mark.parametrize(
    "text",
    [
        "hi this is angela ruiz i need a plumber tomorrow",
        "nine five six five five five oh one three six",
        "come to fifty eight orchard way apartment two ten please",
        "the furnace is making a noise since this morning again",
    ],
)
def test_ten_words_take_less_than_150_microseconds(text: str) -> None:
    heard = read(text)
    assert seconds_of(lambda: [find_name(heard, lang="en") for _ in range(50)]) / 50 < 150e-6


@pytest.mark.parametrize(
    "text", ["'", "' '", "12 ' street", "i'm at ' 12 ' oak '", "my name is ' mike", "\u2019 nine \u2019 five"]
)
def test_a_lone_apostrophe_does_no_harm(text: str) -> None:
    heard = read(text)
    find_name(heard, lang="en")

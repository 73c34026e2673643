"""Addresses as callers say them, and figures and streets that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.testing.speed import seconds_of
from receptionist.understanding.lookup import word_set
from receptionist.understanding.phones import find_phone
from receptionist.understanding.places import find_address, find_zip
from receptionist.understanding.text import MAX_CHARACTERS, Lang, read

ENGLISH = [
    ("thirty fifteen lakeview drive apartment two ten there's a drip", "3015 lakeview drive apartment 210"),
    ("it's fifty eight orchard way friday at one", "58 orchard way"),
    ("hi this is ravi six eleven birch four oh eight", "611 birch"),
    ("i need a guy out at eighty eight county road twelve well it's the blue house", "88 county road 12"),
    ("we're at number one park place second floor the ac's not blowing", "1 park place second floor"),
    ("fourteen forty highway nine we're the feed store", "1440 highway 9"),
    ("i live at 412 Elm Street", "412 elm street"),
    ("412 Elm St. Apt 4", "412 elm st apt 4"),
    ("come to two twenty one baker street please", "221 baker street"),
    ("the address is nine hundred north main street", "900 north main street"),
    ("my address is nine oh six west seventh street apartment three c", "906 west 7th street apartment 3c"),
    ("we're at eighteen oh four old post road", "1804 old post road"),
    ("send him to twelve hundred commerce street suite four ten", "1200 commerce street suite 410"),
    ("seventeen hundred and six willow creek lane", "1706 willow creek lane"),
    ("i'm at sixteen hundred north willow and i need an outlet", "1600 north willow"),
    ("it's three fifty five county road nineteen", "355 county road 19"),
    ("out on four sixty rural route two", "460 rural route 2"),
    ("the house is at twenty two fifty one state highway eighty five", "2251 state highway 85"),
    ("i'm in apartment twelve b at nine ninety harbor view", "990 harbor view apartment 12b"),
    ("one twenty one hickory ridge road", "121 hickory ridge road"),
    ("ninety nine oh one sunset boulevard unit b", "9901 sunset boulevard unit b"),
    ("6 Laurel Court", "6 laurel court"),
    ("five old quarry road", "5 old quarry road"),
    ("seven mill pond circle", "7 mill pond circle"),
    ("four eighteen east twelfth avenue", "418 east 12th avenue"),
    ("two oh nine sycamore wednesday works", "209 sycamore"),
    ("it's 209 sycamore", "209 sycamore"),
    ("seven twelve alder has the permit come through", "712 alder"),
    ("we live at eighteen maple", "18 maple"),
    ("my house is at forty five dunmore", "45 dunmore"),
    ("the job's at twenty nine forty ashbury in the back", "2940 ashbury"),
    ("a hundred and ten church street", "110 church street"),
    ("eight hundred twenty two south palm", "822 south palm"),
    ("three thousand and five river road", "3005 river road"),
    ("ten broadway", "10 broadway"),
    ("1 broadway second floor", "1 broadway second floor"),
    ("twenty two and a half mercer street", "22 1/2 mercer street"),
    ("221b baker street", "221b baker street"),
    ("fifty one fifteen northwest highway", "5115 northwest highway"),
    ("thirty three linden avenue northwest", "33 linden avenue northwest"),
    ("it's building four apartment two at six hundred park avenue", "600 park avenue apartment 2"),
    ("nine lakeshore drive lot fourteen", "9 lakeshore drive lot 14"),
    ("eleven eleven eleventh street", "1111 11th street"),
    ("two hundred lower mill road unit nine", "200 lower mill road unit 9"),
    ("forty two twelve pinecrest court", "4212 pinecrest court"),
    ("seventy seven saint james place", "77 saint james place"),
    ("four fifteen calle encino", "415 calle encino"),
    ("it's twelve twelve farm road fourteen thirty one", "1212 farm road 1431"),
    ("my mom's at eighty one fourteen cedar bluff drive", "8114 cedar bluff drive"),
    ("7 Cherry Hollow Lane, Apt. 2B", "7 cherry hollow lane apt 2b"),
    ("1420 Oak St, Suite 5, Brownsville 78520", "1420 oak st suite 5"),
    ("number eight sutton square floor three", "8 sutton square floor 3"),
    ("thirty two hundred interstate thirty five frontage road", "3200 interstate 35"),
    ("five ninety nine van buren street", "599 van buren street"),
    ("six twenty five a north lamar", "625a north lamar"),
    ("twenty three seventeen b oakmont circle", "2317b oakmont circle"),
    ("i need the guy back at eleven forty eight rosewood", "1148 rosewood"),
    ("five oh five north ash number twelve", "505 north ash number 12"),
    ("sixteen west ninety second street apartment nine f", "16 west 92nd street apartment 9f"),
    ("our house is at fifteen brookside", "15 brookside"),
    ("one oh four martin luther king boulevard", "104 martin luther king boulevard"),
]
SPANISH = [
    ("calle roble cuatro cincuenta y dos", "calle roble 452"),
    ("vivo en calle fresno dos treinta y uno y tengo una fuga", "calle fresno 231"),
    ("es en la avenida juárez mil cuatrocientos", "avenida juárez 1400"),
    ("mi dirección es privada los pinos número doce", "privada los pinos 12"),
    ("boulevard hidalgo novecientos", "boulevard hidalgo 900"),
    ("la cita de calle sauce sesenta y cuatro me la pasan al miércoles", "calle sauce 64"),
    ("estoy en el 88 de la calle nogal departamento 4", "88 calle nogal departamento 4"),
    ("en el 1420 de la calle ocho", "1420 calle 8"),
    ("en cuatro quince de la calle encino se botó el breaker", "415 calle encino"),
    ("calle Olmo 77, interior 3", "calle olmo 77 interior 3"),
    ("calle cinco de mayo número doscientos diez", "calle 5 de mayo 210"),
    ("calle benito juárez trescientos cuatro segundo piso", "calle benito juárez 304 segundo piso"),
    ("avenida las palmas dos mil cien departamento tres b", "avenida las palmas 2100 departamento 3b"),
    ("calle de la rosa uno cero cinco", "calle de la rosa 105"),
    ("calle san pedro catorce veinte", "calle san pedro 1420"),
    ("vivo en seis once birch", "611 birch"),
    ("es el tres quince de oak street", "315 oak street"),
    ("mi casa está en 58 orchard way", "58 orchard way"),
    ("calzada del valle número veintidós", "calzada del valle 22"),
    ("pasaje las flores veintidós", "pasaje las flores 22"),
    ("avenida revolución quinientos ochenta y ocho departamento siete", "avenida revolución 588 departamento 7"),
    ("ando en el tres mil cuatrocientos de boulevard morelos", "3400 boulevard morelos"),
    ("me llamo teresa vivo en el seis veintidós de cedar lane", "622 cedar lane"),
    ("calle ocho número 1420", "calle 8 1420"),
    ("calle morelos norte ciento veinte", "calle morelos norte 120"),
    ("camino real número cuarenta y uno", "camino real 41"),
    ("la dirección es novecientos seis west main street", "906 west main street"),
]
CORRECTED = [
    ("one oh one east elm no make that one eleven east elm", "111 east elm"),
    ("one oh one east elm street sorry one eleven", "111 east elm street"),
    ("it's 58 orchard way no wait 85 orchard way", "85 orchard way"),
    ("sixty one dover street apartment two i mean sixty one dover lane", "61 dover lane apartment 2"),
    ("calle roble cuatro cincuenta y dos no perdón cuatro cincuenta y tres", "calle roble 453"),
    ("calle roble doce digo calle pino doce", "calle pino 12"),
]
NONE: list[tuple[str, Lang]] = [
    ("", "en"),
    ("hello", "en"),
    ("i need two outlets put in", "en"),
    ("how much to swap out six can lights", "en"),
    ("what would it run to replace a forty gallon water heater", "en"),
    ("i'm shopping around on a two hundred amp panel upgrade", "en"),
    ("a furnace like eighteen hundred square feet", "en"),
    ("it's a two story house with four bedrooms", "en"),
    ("it's a five minute drive", "en"),
    ("we're about ten miles past the county line", "en"),
    ("monday at ten thirty to hang a fan", "en"),
    ("come at four fifteen or later", "en"),
    ("tuesday at nine works", "en"),
    ("can you come at ten fifteen friday", "en"),
    ("at two thirty maybe", "en"),
    ("the church on forty fifth street", "en"),
    ("your driver cut me off on highway forty", "en"),
    ("are you still at twelve hundred commerce street", "en"),
    ("is your shop at 14 oak street", "en"),
    ("it says nine fifty five dollars", "en"),
    ("it was $412 last time", "en"),
    ("my number is nine five six five five five oh one three six", "en"),
    ("zip code's five five one zero five", "en"),
    ("the gate code is four four one two", "en"),
    ("i need a two twenty outlet for the dryer", "en"),
    ("a one ten volt line", "en"),
    ("put in a three way switch", "en"),
    ("there's a four way stop by my house", "en"),
    ("it's a one way street", "en"),
    ("june second we close on the house", "en"),
    ("the twenty third at two thirty if you can", "en"),
    ("model four four one five rheem", "en"),
    ("filter's sixteen by twenty five by one", "en"),
    ("i've got three kids and two dogs", "en"),
    ("there are ten people waiting", "en"),
    ("i live on birch street", "en"),
    ("we're on the south end", "en"),
    ("one of the drains is slow", "en"),
    ("one bad pipe", "en"),
    ("two of them leak", "en"),
    ("call nine one one", "en"),
    ("between one and three", "en"),
    ("the invoice says four twelve", "en"),
    ("it's ninety six inside", "en"),
    ("my grandmother's ninety one", "en"),
    ("at seven in the morning", "en"),
    ("first floor bathroom", "en"),
    ("the second floor is freezing", "en"),
    ("twenty four seven service", "en"),
    ("since nineteen ninety", "en"),
    ("how about eleven fifteen monday", "en"),
    ("i was here first place in line", "en"),
    ("ten years ago", "en"),
    ("number two all over my floor", "en"),
    ("apartment two ten", "en"),
    ("i'm in unit four", "en"),
    ("we're at mile marker twelve on highway nine", "en"),
    ("i'm at the corner of fifth and main", "en"),
    ("a three by four window", "en"),
    ("it takes two a day", "en"),
    ("is there an appointment for 10:30 instead", "en"),
    ("order number six eleven birch colored cabinets", "en"),
    ("i have two maple cabinets", "en"),
    ("the nursing home on fifth", "en"),
    ("they quoted me twelve hundred bucks", "en"),
    ("three's when i get the kids so two or five", "en"),
    ("quiero una cita para el martes a las nueve", "es"),
    ("tengo dos baños tapados", "es"),
    ("mi teléfono es nueve cinco seis cinco cinco cinco cero uno tres seis", "es"),
    ("ya viene en camino el muchacho", "es"),
    ("vivo en la calle roble", "es"),
    ("cortaron el agua en toda la calle por la obra", "es"),
    ("por la carretera 281", "es"),
    ("mi código postal es siete ocho cinco ocho nueve", "es"),
    ("estamos a cuarenta y dos grados", "es"),
    ("son dos pisos", "es"),
    ("cuesta mil doscientos pesos", "es"),
    ("a las dos de la tarde", "es"),
    ("el dos de mayo", "es"),
    ("la avenida está cerrada", "es"),
    ("calle abajo", "es"),
    ("el tubo de la calle está roto", "es"),
    ("departamento cuatro", "es"),
    ("vivo por la calle dos entre la cinco y la seis", "es"),
    ("su oficina está en calle roble 12", "es"),
    ("en la calle a las cuatro", "es"),
    ("quiero dos contactos en la cochera", "es"),
    ("el segundo piso no tiene luz", "es"),
]


def _hear(text: str, lang: Lang) -> str | None:
    heard = read(text)
    phone = find_phone(heard)
    found = find_address(heard, lang=lang, exclude=[phone.span] if phone else [])
    return found.text if found else None


@pytest.mark.parametrize(("text", "address"), ENGLISH)
def test_an_english_address_is_heard_with_figures(text: str, address: str) -> None:
    assert _hear(text, "en") == address


@pytest.mark.parametrize(("text", "address"), SPANISH)
def test_a_spanish_address_is_heard_with_figures(text: str, address: str) -> None:
    assert _hear(text, "es") == address


@pytest.mark.parametrize(("text", "address"), CORRECTED)
def test_a_corrected_address_is_heard_as_corrected(text: str, address: str) -> None:
    assert _hear(text, "es" if "calle" in text else "en") == address


@pytest.mark.parametrize(("text", "lang"), NONE)
def test_other_figures_and_places_are_no_address(text: str, lang: Lang) -> None:
    assert _hear(text, lang) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("six eleven birch four oh eight five five five oh one three four", "611 birch"),
        ("eight twenty two south palm three oh five five five five oh one six oh", "822 south palm"),
        (
            "fifty eight orchard way apartment two nine five six five five five oh one three six",
            "58 orchard way apartment 2",
        ),
        ("nine five six five five five oh one three six fifty eight orchard way", "58 orchard way"),
    ],
)
def test_a_phone_number_beside_it_is_no_part_of_the_address(text: str, address: str) -> None:
    assert _hear(text, "en") == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("forty eight dunmore", "48 dunmore"),
        ("uh forty eight dunmore", "48 dunmore"),
        ("ten fifteen ashbury", "1015 ashbury"),
        ("two ashbury place", "2 ashbury place"),
        ("i don't know", None),
        ("two o'clock", None),
    ],
)
def test_an_answer_to_the_question_for_the_address_is_believed(text: str, address: str | None) -> None:
    found = find_address(read(text), lang="en", prompt="What's the address?")
    assert (found and found.text) == address


@pytest.mark.parametrize(
    ("text", "zip_code"),
    [
        ("58 orchard way zip seven eight five two oh", "78520"),
        ("1420 Oak St, Brownsville 78520", "78520"),
        ("58 orchard way the zip code is 78520", "78520"),
        ("58 orchard way", None),
        ("58 orchard way at 3", None),
    ],
)
def test_the_zip_code_of_an_address_is_kept_beside_it(text: str, zip_code: str | None) -> None:
    found = find_address(read(text), lang="en")
    assert found is not None
    assert found.zip == zip_code


@pytest.mark.parametrize(
    ("text", "zip_code"),
    [
        ("zip code's five five one zero five you do that", "55105"),
        ("do you service zip code 78520?", "78520"),
        ("mi código postal es siete ocho cinco ocho nueve", "78589"),
        ("my zip is eight five two oh four", "85204"),
        ("the zip is wrong", None),
        ("zip code nine", None),
        ("55105", None),
        ("can you zip over at nine", None),
    ],
)
def test_a_zip_code_is_heard_where_it_is_called_one(text: str, zip_code: str | None) -> None:
    assert find_zip(read(text)) == zip_code


def test_the_span_covers_the_address_and_its_flat() -> None:
    heard = read("come to fifty eight orchard way apartment three c please")
    found = find_address(heard, lang="en")
    assert found is not None
    assert heard.span(*found.span) == "fifty eight orchard way apartment three c"


@given(
    st.lists(
        st.sampled_from(
            sorted(word_set("two ten forty oh main street calle roble at number apartment de la no wait birch 12 , '"))
        ),
        max_size=40,
    )
)
def test_any_answer_holds_a_figure_and_lies_within_the_utterance(words: list[str]) -> None:
    heard = read(" ".join(words))
    for lang in ("en", "es"):
        found = find_address(heard, lang=lang)  # type: ignore[arg-type]
        if found is not None:
            assert any(sign.isdigit() for sign in found.text)
            assert 0 <= found.span.first < found.span.last <= len(heard.tokens)


@pytest.mark.parametrize(
    "text",
    [
        "58 orchard way no wait ",
        "one oh ",
        "two ",
        "calle de la ",
        "calle roble ",
        "12 oak ",
        "apartment ",
        "apartment two ",
        "number # ",
        "12 north north ",
        "1 a b c d e ",
        "first second ",
        "zip ",
        "#",
        "1-",
    ],
)
def test_the_longest_input_is_read_within_ten_milliseconds(text: str) -> None:
    heard = read((text * MAX_CHARACTERS)[:MAX_CHARACTERS])
    find_address(heard, lang="es")
    assert seconds_of(lambda: find_address(heard, lang="es")) < 0.010


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
    assert seconds_of(lambda: [find_address(heard, lang="en") for _ in range(50)]) / 50 < 150e-6


@pytest.mark.parametrize(
    "text", ["'", "' '", "12 ' street", "i'm at ' 12 ' oak '", "my name is ' mike", "\u2019 nine \u2019 five"]
)
def test_a_lone_apostrophe_does_no_harm(text: str) -> None:
    heard = read(text)
    find_address(heard, lang="en")

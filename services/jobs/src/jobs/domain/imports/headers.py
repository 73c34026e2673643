"""What columns are called, in English and Spanish: by people, by spreadsheets, and by the programs that customers are exported from."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

Field = Literal[
    "phone",
    "name",
    "first_name",
    "last_name",
    "company",
    "address",
    "street",
    "street_2",
    "city",
    "state",
    "zip",
    "email",
    "language",
]

_NAMES: Final[dict[Field, str]] = {
    "phone": (
        "phone,phone number,phone no,phone 1,primary phone,main phone,mobile,mobile phone,mobile number,cell,cell phone"
        ",cell number,cellphone,telephone,telephone number,telephone no,tel,contact number,contact phone,customer phone"
        ",number,home phone,work phone,business phone,office phone,daytime phone,evening phone,other phone,phone 2,phone 3"
        ",alternate phone,secondary phone,phone home,phone work,phone mobile,phone 1 value,phone 2 value,sms,whatsapp"
        ",telefono,telefono 1,telefono 2,numero de telefono,numero telefono,num telefono,no de telefono,celular,movil"
        ",telefono movil,telefono celular,numero de celular,telefono de casa,telefono casa,telefono fijo,telefono del trabajo"
        ",telefono trabajo,telefono principal,telefono de contacto,telefono cliente,contacto telefonico"
    ),
    "name": (
        "name,full name,customer,customer name,client,client name,contact,contact name,display name,display name as,account name"
        ",nombre,nombre completo,nombre y apellido,nombre y apellidos,nombres y apellidos,cliente,nombre del cliente"
        ",nombre cliente,contacto,nombre de contacto,nombre del contacto"
    ),
    "first_name": ("first name,firstname,first,given name,forename,fname,nombre de pila,nombres,primer nombre"),
    "last_name": (
        "last name,lastname,last,surname,family name,lname,apellido,apellidos,primer apellido,apellido paterno"
    ),
    "company": (
        "company,company name,business,business name,organization,organisation,organization name,empresa,nombre de la empresa"
        ",compania,negocio,razon social"
    ),
    "address": (
        "address,full address,customer address,service address,billing address,home address,mailing address,property address"
        ",location,address 1 formatted,direccion,direccion completa,domicilio,direccion de servicio,direccion del cliente"
        ",direccion postal,ubicacion"
    ),
    "street": (
        "street,street address,address 1,address1,address line 1,street 1,billing street,service street,home street,calle"
        ",calle y numero,direccion 1,linea de direccion 1"
    ),
    "street_2": (
        "street 2,address 2,address2,address line 2,apt,apartment,unit,suite,apt suite,direccion 2,linea de direccion 2"
        ",departamento,apartamento,piso,interior,depto"
    ),
    "city": "city,town,billing city,service city,home city,ciudad,localidad,poblacion,municipio",
    "state": "state,province,region,billing state,service state,home state,estado,provincia",
    "zip": (
        "zip,zip code,zipcode,postal code,postcode,billing zip,service zip,home postal code,billing postal code"
        ",codigo postal,cp,c p,cod postal"
    ),
    "email": (
        "email,e mail,email address,e mail address,mail,customer email,contact email,primary email,email 1,e mail 1 value"
        ",correo,correo electronico,email del cliente,direccion de correo,direccion de correo electronico,mail del cliente"
    ),
    "language": "language,preferred language,lang,spoken language,locale,idioma,lengua,idioma preferido",
}
_FIELDS: Final[dict[str, Field]] = {name: field for field, names in _NAMES.items() for name in names.split(",")}
_MOBILE: Final = re.compile(r"\b(?:mobile|cell|cellphone|celular|movil|sms|whatsapp)\b")
_SECOND: Final = re.compile(
    r"\b(?:home|work|business|office|other|casa|trabajo|fijo|alternate|secondary|evening|[2-9])\b"
)
_BETWEEN: Final = re.compile(r"[^a-z0-9]+")
_COUNTER: Final = re.compile(r" (?:1|value|primary|main|principal)$")


def plain(header: str) -> str:
    """The header in small letters without accents and punctuation, words with one blank between them."""
    decomposed = unicodedata.normalize("NFKD", header[:100].replace("№", "no")).casefold()
    letters = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return _BETWEEN.sub(" ", letters.replace("'", "")).strip()


def field_of(header: str) -> Field | None:
    """What a column of this name holds, where it is known."""
    name = plain(header)
    known = _FIELDS.get(name)
    if known is None:
        known = _FIELDS.get(_COUNTER.sub("", name)) or _FIELDS.get(
            name.removeprefix("customer ").removeprefix("client ")
        )
    return known


def phone_rank(header: str) -> int:
    """Which of several numbers is tried first: mobile ones, that texts reach, before plain ones, and those before the others."""
    name = plain(header)
    if _MOBILE.search(name):
        return 0
    return 2 if _SECOND.search(name) else 1

from __future__ import annotations

import pytest
from imports_samples import scouted

from jobs.domain.imports.encodings import codec_of, mark_length

TEXT = "Nombre;Teléfono;Dirección\nJosé Núñez;512-555-0123;Calle Peña 12\nMaría Pérez;5125550124;Av. Güell 3\n"


@pytest.mark.parametrize(
    ("data", "encoding", "mark"),
    [
        (TEXT.encode(), "utf-8", 0),
        (TEXT.encode("utf-8-sig"), "utf-8", 3),
        (b"name,phone\nAnn,5125550123\n", "utf-8", 0),
        (TEXT.encode("utf-16"), "utf-16-le", 2),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be", 2),
        (TEXT.encode("utf-16-le"), "utf-16-le", 0),
        (TEXT.encode("utf-16-be"), "utf-16-be", 0),
        (TEXT.encode("cp1252"), "windows-1252", 0),
        (TEXT.encode("latin-1"), "windows-1252", 0),
        (TEXT.encode("mac-roman"), "mac-roman", 0),
        (TEXT.encode("cp850"), "cp850", 0),
        (b"name,phone\nJos\xe9,5125550123\n", "windows-1252", 0),
        (b"", "utf-8", 0),
    ],
)
def test_the_encoding_of_a_file_is_known(data: bytes, encoding: str, mark: int) -> None:
    found = scouted(data)
    assert found == encoding
    assert mark_length(data, found) == mark
    assert data[mark:].decode(codec_of(found))[:1] in {"N", "n", ""}


def test_an_odd_letter_far_behind_the_beginning_tells_the_encoding() -> None:
    assert scouted(b"Ann,5125550123\n" * 100_000 + "José Núñez,5125550124\n".encode("cp1252")) == "windows-1252"


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64])
def test_letters_that_are_cut_between_blocks_are_sound(piece: int) -> None:
    assert scouted("ñandú €, 漢字, 😀\n".encode() * 20, piece=piece) == "utf-8"


def test_a_few_broken_letters_do_not_make_sound_utf_8_another_encoding() -> None:
    assert scouted("José Núñez,5125550124\n".encode() * 50 + b"Jos\xe9,5125550123\n") == "utf-8"


def test_nul_bytes_here_and_there_are_no_utf_16() -> None:
    assert scouted(b"Ann\x00,5125550123\nBob,5125550124\n") == "utf-8"

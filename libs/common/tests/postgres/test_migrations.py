from __future__ import annotations

from pathlib import Path

import pytest

from common.postgres.migrations import read_migrations


def _write(folder: Path, **files: str) -> Path:
    for name, sql in files.items():
        (folder / f"{name.removeprefix('n')}.sql").write_text(sql)
    return folder


def test_files_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folder = _write(tmp_path, n0010_post_b="SELECT 2", n0002_pre_a="SELECT 1")
    migrations = read_migrations("chat", folder).migrations
    assert [migration.label for migration in migrations] == ["chat/0002_pre_a", "chat/0010_post_b"]


def test_a_name_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"0001_before_a\.sql is not called"):
        read_migrations("chat", _write(tmp_path, n0001_before_a="SELECT 1"))


def test_a_number_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="number 0001 is there twice"):
        read_migrations("chat", _write(tmp_path, n0001_pre_a="SELECT 1", n0001_post_b="SELECT 1"))


def test_the_checksum_ignores_line_ends_and_sees_everything_else(tmp_path: Path) -> None:
    def checksum(sql: str) -> str:
        return read_migrations("chat", _write(tmp_path, n0001_pre_a=sql)).migrations[0].checksum

    assert checksum("SELECT 1;\nSELECT 2;\n") == checksum("SELECT 1;  \r\nSELECT 2;")
    assert checksum("SELECT 1;") != checksum("SELECT 2;")

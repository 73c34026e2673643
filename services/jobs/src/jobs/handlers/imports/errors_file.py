"""`errors.csv`: the rows that were refused or shortened, as they were, each with its reasons."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from common.observability.logs import get_logger
from common.storage import StoreError
from jobs.domain.imports.contact_import import ContactImport
from jobs.domain.imports.issues import Language, RowIssue
from jobs.domain.imports.spreadsheets import BEGINNING, csv_lines
from jobs.handlers.imports.views import explanation
from jobs.ports.store import Store

_PAGE: Final = 500
_HEADERS: Final[dict[Language, tuple[str, ...]]] = {
    "en": ("Line", "Imported", "Reason", "Explanation"),
    "es": ("Línea", "Importada", "Motivo", "Explicación"),
}
_YES_NO: Final[dict[Language, tuple[str, str]]] = {"en": ("yes", "no"), "es": ("sí", "no")}


async def send_errors(
    request: web.Request, store: Store, contact_import: ContactImport, language: Language
) -> web.StreamResponse:
    """Streams the file, page by page. Behind our columns stand those of the file: corrected, it can be imported as it is.

    It has the file's own separator: the spreadsheet program that wrote a semicolon opens nothing else by a double click.
    """
    stem = contact_import.filename.rsplit(".", 1)[0] or "customers"
    name = f"{stem}-{'errors' if language == 'en' else 'errores'}.csv"
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{_ascii(name)}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
    )
    shape = contact_import.shape
    columns, delimiter = ((), ",") if shape is None else (shape.headers, shape.dialect.delimiter)
    line, first = 0, BEGINNING + csv_lines([(*_HEADERS[language], *columns)], delimiter=delimiter)
    while True:
        try:
            async with store.transaction() as tx:
                issues = await tx.imports.issues_after(contact_import.import_id, line, limit=_PAGE)
        except StoreError as error:
            if not response.prepared:
                raise
            # A file that breaks off must not look like a whole one.
            get_logger("jobs").warning("errors_file_broken_off", slug=error.slug)
            if request.transport is not None:
                request.transport.abort()
            return response
        if not response.prepared:
            await response.prepare(request)
        await response.write(
            (first + csv_lines([_row(issue, language) for issue in issues], delimiter=delimiter)).encode()
        )
        first = ""
        if len(issues) < _PAGE:
            await response.write_eof()
            return response
        line = issues[-1].line


def _row(issue: RowIssue, language: Language) -> tuple[str, ...]:
    imported, not_imported = _YES_NO[language]
    return (
        str(issue.line),
        not_imported if issue.refused else imported,
        " ".join(issue.slugs),
        explanation(issue, language),
        *issue.cells,
    )


def _ascii(name: str) -> str:
    """A name that is fit for a header."""
    return name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")

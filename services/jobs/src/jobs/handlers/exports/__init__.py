"""Exports of records: the owner's HTTP API, and the files' end."""

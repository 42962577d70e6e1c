"""Why the feedback store gave no answer; a server can tell them apart without SQLAlchemy."""

from __future__ import annotations


class UnavailableError(Exception):
    """The database did not answer in time, or not at all; nothing is known to be stored."""


class OutdatedError(UnavailableError):
    """The database was made by another version; `feedback upgrade` brings it up to date."""


class ConflictError(ValueError):
    """The key is taken by a different statement."""


class LimitError(Exception):
    """Too much feedback; the message says which limit was reached."""

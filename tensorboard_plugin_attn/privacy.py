"""Pseudonyms before anything is written: a raw user id never reaches the log directory.

Without a key of at least 32 bytes a random one is used for this process and said, so pseudonyms
are then unlinkable between runs. Pseudonymised is not anonymous: a history can identify a person.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

KEY_VARIABLE = "ATTN_PSEUDONYM_KEY_FILE"
KEY_BYTES = 32
PSEUDONYM_BYTES = 16


def random_key() -> bytes:
    """Return a new key; share it between runs whose users are to be compared."""
    return secrets.token_bytes(KEY_BYTES)


def read_key(path: str | os.PathLike[str]) -> bytes:
    """Return the key in `path`.

    Raises:
      ValueError: shorter than 32 bytes, or readable by others (should be mode 0600).
    """
    file = Path(path)
    key = file.read_bytes()
    if key.isascii():  # text: an editor's newline is not part of it; random bytes are left alone
        key = key.strip()
    if len(key) < KEY_BYTES:
        raise ValueError(f"{file.name}: a pseudonym key needs {KEY_BYTES} bytes, it has {len(key)}")
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise ValueError(f"{file.name}: others can read it; run chmod 600 on it")
    return key


@dataclass(frozen=True)
class Privacy:
    """What of a person may be written.

    Attributes:
      key: HMAC-SHA256 key, at least 32 bytes. `None`: the file named by
        `ATTN_PSEUDONYM_KEY_FILE`, else a random key for this object.
      user_attributes: names of user attributes that may be written; none by default.
      user_labels: whether users' labels may be written; else they are "User 1", "User 2"...
      item_labels: whether item titles are written (they describe things, not people).
    """

    key: bytes | None = field(default=None, repr=False)
    user_attributes: frozenset[str] = frozenset()
    user_labels: bool = False
    item_labels: bool = True
    random: bool = field(init=False, default=False)
    _key: bytes = field(init=False, repr=False, default=b"")

    def __post_init__(self) -> None:
        """Settle the key once, so that one object gives one pseudonym per user."""
        key = self.key
        if key is None and (path := os.environ.get(KEY_VARIABLE)):
            key = read_key(path)
        if key is not None and len(key) < KEY_BYTES:
            raise ValueError(f"a pseudonym key needs {KEY_BYTES} bytes, this has {len(key)}")
        object.__setattr__(self, "random", key is None)
        object.__setattr__(self, "_key", key or random_key())

    def pseudonym(self, user_id: str) -> str:
        """Return `u-` and 32 hexadecimal digits: keyed, so ids cannot be guessed from it."""
        digest = hmac.new(self._key, b"user\0" + user_id.encode(), hashlib.sha256).digest()
        return "u-" + digest[:PSEUDONYM_BYTES].hex()

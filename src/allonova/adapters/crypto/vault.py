"""Files at rest: AES-256-GCM, chunk by chunk."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from allonova.adapters.crypto.keys import checked_keys
from allonova.application.kernel.backups import BrokenArchive, Sealing, Vault

MAGIC = b"allonova-sealed-v1"
PURPOSE = b"allonova file v1"
KEY_BYTES = 32
SALT_BYTES = 32
TAG_BYTES = 16
CHUNK_BYTES = 1 << 20
COUNTER_BYTES = 11  # of a nonce's twelve; the last one says whether the chunk is the last
HEADER_LIMIT = 256


class AesVault:
    """A line `allonova-sealed-v1 <key> <salt>`, then chunks. Each file has a key of its own, derived from the server's
    secret and the salt, so that a chunk's number can be its nonce. The nonce also says which chunk is the last: chunks
    that are missing, moved or added, at the end too, do not open.
    """

    def __init__(self, keys: Mapping[str, str], current_kid: str) -> None:
        self._secrets = checked_keys(keys, current_kid)
        self._current_kid = current_kid

    def seal(self, file: BinaryIO) -> Sealing:
        """See Vault."""
        salt = secrets.token_bytes(SALT_BYTES)
        header = b"%s %s %s\n" % (MAGIC, self._current_kid.encode(), salt.hex().encode())
        file.write(header)
        return _Sealing(file, _cipher(self._secrets[self._current_kid], salt), header)

    def open(self, file: BinaryIO) -> Iterator[bytes]:
        """See Vault."""
        header = file.readline(HEADER_LIMIT)
        cipher = self._cipher_of(header)
        number, chunk = 0, file.read(CHUNK_BYTES + TAG_BYTES)
        while True:
            following = file.read(CHUNK_BYTES + TAG_BYTES)
            try:
                yield cipher.decrypt(_nonce(number, is_last=not following), chunk, header)
            except InvalidTag:
                raise BrokenArchive("cut short or tampered with") from None
            if not following:
                return
            number, chunk = number + 1, following

    def _cipher_of(self, header: bytes) -> AESGCM:
        parts = header.removesuffix(b"\n").split(b" ")
        if not header.endswith(b"\n") or len(parts) != 3 or parts[0] != MAGIC:
            raise BrokenArchive("not a sealed file of ours" if header else "empty")
        secret = self._secrets.get(parts[1].decode("ascii", "replace"))
        if secret is None:
            raise BrokenArchive("the key that sealed it is not among the server's keys")
        try:
            salt = bytes.fromhex(parts[2].decode("ascii", "replace"))
        except ValueError:
            raise BrokenArchive("tampered with") from None
        return _cipher(secret, salt)


def sealed_by(path: Path) -> str | None:
    """The name of the key that sealed a file; None for a file that is none of ours."""
    with path.open("rb") as file:
        parts = file.readline(HEADER_LIMIT).split(b" ")
    return parts[1].decode("ascii", "replace") if len(parts) == 3 and parts[0] == MAGIC else None


class _Sealing:
    """Holds back what may be the last chunk."""

    def __init__(self, file: BinaryIO, cipher: AESGCM, header: bytes) -> None:
        self._file = file
        self._cipher = cipher
        self._header = header
        self._held = bytearray()
        self._number = 0

    def write(self, data: bytes) -> None:
        """See Sealing."""
        self._held += data
        while len(self._held) > CHUNK_BYTES:
            self._put(bytes(self._held[:CHUNK_BYTES]), is_last=False)
            del self._held[:CHUNK_BYTES]

    def finish(self) -> None:
        """See Sealing."""
        self._put(bytes(self._held), is_last=True)
        self._held.clear()

    def _put(self, chunk: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), chunk, self._header))
        self._number += 1


def _cipher(secret: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=PURPOSE).derive(secret))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(COUNTER_BYTES) + bytes([is_last])


def _conforms(vault: AesVault) -> Vault:
    return vault

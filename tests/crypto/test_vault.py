"""Files at rest: what is sealed opens as it was, or not at all."""

from __future__ import annotations

import io
import os

import pytest

from allonova.adapters.crypto.vault import CHUNK_BYTES, TAG_BYTES, AesVault
from allonova.application.kernel.backups import BrokenArchive

KEYS = {"k1": "a" * 32, "k2": "b" * 32}
SIZES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES)
VAULT = AesVault(KEYS, "k1")
SEALED_CHUNK = CHUNK_BYTES + TAG_BYTES


def sealed(data: bytes, *, piece: int = 700_001, vault: AesVault = VAULT) -> bytes:
    """A file, written in pieces of odd sizes."""
    file = io.BytesIO()
    sealing = vault.seal(file)
    for start in range(0, len(data), piece):
        sealing.write(data[start : start + piece])
    sealing.finish()
    return file.getvalue()


def opened(file: bytes, *, vault: AesVault = VAULT) -> bytes:
    return b"".join(vault.open(io.BytesIO(file)))


def parts(file: bytes) -> tuple[bytes, list[bytes]]:
    """Its header and its chunks."""
    end = file.index(b"\n") + 1
    return file[:end], [file[at : at + SEALED_CHUNK] for at in range(end, len(file), SEALED_CHUNK)]


@pytest.mark.parametrize("size", SIZES)
def test_opens_as_it_was_when_nobody_touched_it(size: int) -> None:
    data = os.urandom(size)
    assert opened(sealed(data)) == data


def test_holds_nothing_in_the_clear_when_it_is_sealed() -> None:
    data = b"canary " * 1000
    first, second = sealed(data), sealed(data)
    assert b"canary" not in first
    assert parts(first)[1] != parts(second)[1]


def test_opens_by_the_key_that_it_names_when_another_one_is_current() -> None:
    assert opened(sealed(b"text"), vault=AesVault(KEYS, "k2")) == b"text"
    assert sealed(b"text", vault=AesVault(KEYS, "k2")).split(b" ")[1] == b"k2"


def test_refused_when_its_key_is_not_here() -> None:
    with pytest.raises(BrokenArchive, match="not among the server's keys"):
        opened(sealed(b"text"), vault=AesVault({"k2": "b" * 32}, "k2"))
    with pytest.raises(BrokenArchive, match="tampered"):
        opened(sealed(b"text"), vault=AesVault({"k1": "c" * 32}, "k1"))


def test_refused_when_any_of_its_bytes_is_another() -> None:
    whole = sealed(b"0123456789")
    for at in range(len(whole)):
        for bit in (0x01, 0x80):
            with pytest.raises(BrokenArchive):
                opened(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])


def test_refused_when_it_is_cut_short_anywhere() -> None:
    whole = sealed(b"0123456789")
    for length in range(len(whole)):
        with pytest.raises(BrokenArchive):
            opened(whole[:length])


def test_refused_when_chunks_are_missing_moved_or_added() -> None:
    header, (first, second, third) = parts(sealed(os.urandom(2 * CHUNK_BYTES + 5)))
    foreign = parts(sealed(os.urandom(2 * CHUNK_BYTES + 5)))[1]
    for chunks in (
        [first, second], [first, third], [second, third], [second, first, third], [first, second, third, third],
        [first, second, third, b"x"], [first, foreign[1], third], [],
    ):  # fmt: skip
        with pytest.raises(BrokenArchive):
            opened(header + b"".join(chunks))


def test_refused_when_it_was_never_finished() -> None:
    file = io.BytesIO()
    VAULT.seal(file).write(os.urandom(3 * CHUNK_BYTES))
    with pytest.raises(BrokenArchive):
        opened(file.getvalue())


def test_nothing_false_is_given_when_a_later_chunk_is_broken() -> None:
    data = os.urandom(2 * CHUNK_BYTES + 5)
    whole = sealed(data)
    given = VAULT.open(io.BytesIO(whole[:-1] + b"x"))
    assert [next(given), next(given)] == [data[:CHUNK_BYTES], data[CHUNK_BYTES : 2 * CHUNK_BYTES]]
    with pytest.raises(BrokenArchive):
        next(given)

"""Large pieces of memory go back, also after the first one (glibc, as in the image)."""

from __future__ import annotations

import subprocess
import sys

MAPPED = """
import ctypes, sys
from allonova.main.malloc import give_memory_back

class Info(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype, libc.malloc.restype, libc.free.argtypes = Info, ctypes.c_void_p, [ctypes.c_void_p]
if sys.argv[1] == "ours":
    give_memory_back()
libc.free(libc.malloc(8_000_000))
before = libc.mallinfo2().hblks
pieces = [libc.malloc(1_000_000) for _ in range(5)]
print(libc.mallinfo2().hblks - before)
"""


def mapped(how: str) -> int:
    """How many of five large pieces became mappings of their own, after a larger one was freed."""
    done = subprocess.run([sys.executable, "-c", MAPPED, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_large_pieces_stay_mappings_of_their_own() -> None:
    assert (mapped("left alone"), mapped("ours")) == (0, 5)

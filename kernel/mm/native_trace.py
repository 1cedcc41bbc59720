"""Does random memory calls on a piece of address space and prints them with the kernel's answers, as JSON.

Usage: native_trace.py SEED COUNT. mm_native_test.ts replays the calls on an Mm and compares.
"""
import ctypes
import json
import os
import random
import re
import sys

libc = ctypes.CDLL(None, use_errno=True)
syscall = libc.syscall
syscall.restype = ctypes.c_long
seed, count = int(sys.argv[1]), int(sys.argv[2])
rng = random.Random(seed)
BASE, PAGES, PAGE = 0x20_0000_0000, 48, 4096
FILE_PAGES = 96
fd = os.memfd_create("trace")
os.write(fd, b"".join(bytes([i + 1]) * PAGE for i in range(FILE_PAGES)))
NUMBERS = {"mmap": 9, "mprotect": 10, "munmap": 11, "mremap": 25, "msync": 26, "mincore": 27, "madvise": 28,
           "mlock": 149, "munlock": 150}
vector = ctypes.create_string_buffer(4096)


def call(name, *args):
    result = syscall(NUMBERS[name], *[ctypes.c_long(a) for a in args])
    return -ctypes.get_errno() if result == -1 else result


def state():
    """Per page: rights and the first byte where it can be read."""
    pages = [None] * PAGES
    with open("/proc/self/maps") as maps:
        for line in maps:
            start, end, rights = re.match(r"(\w+)-(\w+) (....)", line).groups()
            for at in range(max(int(start, 16), BASE), min(int(end, 16), BASE + PAGES * PAGE), PAGE):
                byte = ctypes.c_ubyte.from_address(at).value if rights[0] == "r" else None
                pages[(at - BASE) // PAGE] = [rights, byte]
    return pages


def spot():
    at = BASE + rng.randrange(PAGES) * PAGE
    length = rng.randrange(1, 9)
    length = min(length, (BASE + PAGES * PAGE - at) // PAGE)
    odd = rng.random()
    return (at + 1 if odd < 0.03 else at), (0 if odd > 0.97 else length * PAGE - rng.choice([0, 0, 1, 4095]))


log = []
for step in range(count):
    kind = rng.choice(["mmap", "mmap", "mprotect", "mprotect", "munmap", "mremap", "mremap", "madvise", "msync",
                       "mincore", "mlock", "munlock", "write", "write", "write"])
    at, length = spot()
    if kind == "mmap":
        flags = rng.choice([0x10, 0x10, 0x10, 0x100000]) | rng.choice([1, 2, 2, 2, 0, 3])
        offset, handle = 0, -1
        if rng.random() < 0.6:
            flags |= 0x20
        else:
            offset, handle = rng.randrange(FILE_PAGES - 40) * PAGE, fd
        # PROT_WRITE without PROT_READ shows as such in maps, so it is included; PROT_EXEC needs nothing special.
        args = [at, length, rng.choice([0, 1, 3, 3, 3, 5, 7]), flags, handle, offset]
    elif kind == "mprotect":
        args = [at, length, rng.choice([0, 1, 3, 3, 5, 7, 1 << 10])]
    elif kind == "munmap":
        args = [at, length]
    elif kind == "mremap":
        to, size = spot()
        args = [at, length, size, rng.choice([0, 3, 3, 2, 7, 8]), to]
        # From 6.17 on, Linux moves several mappings at once if their size stays.
        if -(-length // PAGE) == -(-size // PAGE) > 1:
            continue
        if args[3] == 0 and size + at > BASE + PAGES * PAGE:
            continue
    elif kind == "madvise":
        args = [at, length, rng.choice([0, 3, 4, 4, 4, 12, 14, 10, 11, 16, 17, 18, 19, 99])]
        if args[2] in (12, 14):
            args[2] = 0
    elif kind == "msync":
        args = [at, length, rng.choice([1, 2, 4, 5, 8, 6])]
    elif kind == "mincore":
        args = [at, length, ctypes.addressof(vector)]
    elif kind in ("mlock", "munlock"):
        args = [at, length]
    else:
        index, value = rng.randrange(PAGES), rng.randrange(256)
        page = state()[index]
        if page is None or page[0][1] != "w":
            continue
        ctypes.c_ubyte.from_address(BASE + index * PAGE).value = value
        log.append({"kind": "write", "args": [BASE + index * PAGE, value], "result": 0})
        continue
    entry = {"kind": kind, "args": args, "result": call(kind, *args)}
    if step % 5 == 0 or kind in ("mremap", "mmap"):
        entry["state"] = state()
    log.append(entry)
json.dump(log, sys.stdout)

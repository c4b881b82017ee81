"""The races in a trace file, read by the layout of trace/trace.h alone."""

import dataclasses
import mmap
import struct
import subprocess

UNIT_MAGIC = 0x5458484C
LOG = 3
STACK, THREAD, MODULE, LOCKSET, BLOCK, RACE = 1, 5, 6, 12, 13, 14
KINDS = {1: "proven", 2: "suspect"}
DOUBTED = "doubted"  # suspect, and rather none
WRITE, ATOMIC, VOLATILE, VTABLE, FREE, CALL = (1 << i for i in range(6))


@dataclasses.dataclass
class Access:
    thread: int
    stack: list
    held: list
    flags: int
    addr: int
    size: int
    functions: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Race:
    kind: str
    block: tuple
    earlier: Access
    later: Access
    count: int
    guard: int
    reads: int
    writes: int
    guarded_reads: int
    guarded_writes: int

    def pair(self):
        """The two innermost functions, in the order of the alphabet."""
        return tuple(sorted(a.functions[0] if a.functions else "?" for a in (self.earlier, self.later)))


def records(data):
    """(type, bytes) of each record of each log."""
    used = struct.unpack_from("<Q", data, 32)[0]
    unit = struct.unpack_from("<I", data, 20)[0]
    at = unit
    while at < min(used, len(data)):
        magic, kind, _, size = struct.unpack_from("<IHHI", data, at)
        if magic != UNIT_MAGIC or size == 0:
            at += unit
            continue
        if kind == LOG:
            record = at + 64
            while record + 8 <= at + size:
                type_, length = struct.unpack_from("<B3xI", data, record)
                if type_ == 0 or length == 0:
                    break
                yield type_, data[record : record + length]
                record += length
        at += size


def dropped(path, reentrant=True):
    """How much the recorder lost: the counters of the header from LH_DROP_FIRST on; without
    LH_DROP_REENTRANT, if told so."""
    with open(path, "rb") as file:
        counters = list(struct.unpack_from("<10Q", file.read(4096), 96 + 6 * 8))
    if not reentrant:
        del counters[2]
    return sum(counters)


def read(path):
    stacks, locksets, blocks, threads, modules, found = {0: []}, {0: []}, {0: None}, {}, [], []
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for kind, record in records(data):
            if kind == STACK:
                number, _, count, _ = struct.unpack_from("<IIII", record, 8)
                stacks[number] = list(struct.unpack_from(f"<{count}Q", record, 24))
            elif kind == THREAD:
                uid, tid, creator, create_stack = struct.unpack_from("<IIII", record, 8)
                threads[uid] = (tid, creator, create_stack)
            elif kind == MODULE:
                bias, start, end, length = struct.unpack_from("<QQQI", record, 16)
                modules.append((start, end, bias, record[48 : 48 + length - 1].decode()))
            elif kind == LOCKSET:
                number, count = struct.unpack_from("<II", record, 8)
                locksets[number] = [
                    struct.unpack_from("<IIBB", record, 16 + 12 * i) for i in range(count)
                ]
            elif kind == BLOCK:
                number, thread, stack, _, addr, size = struct.unpack_from("<IIIIQQ", record, 8)
                blocks[number] = (thread, stack, addr, size)
            elif kind == RACE:
                found.append(record)

        def access(record, at):
            thread, stack, lockset, flags, addr, size = struct.unpack_from("<IIIIQQ", record, at)
            assert thread == 0 or thread in threads, f"thread {thread} has no record"
            return Access(thread, stacks[stack], locksets[lockset], flags, addr, size)

        races = []
        for record in found:
            kind, block = struct.unpack_from("<II", record, 8)
            count, guard, doubt, *counts = struct.unpack_from("<QIIQQQQ", record, 80)
            if count == 0:  # taken back
                continue
            races.append(
                Race(DOUBTED if doubt else KINDS[kind], blocks[block], access(record, 16), access(record, 48), count,
                     guard, *counts)
            )
    name_functions(races, modules, stacks, blocks)
    return races


def name_functions(races, modules, stacks, blocks):
    """Functions of all stacks, by one addr2line a module; blocks get their allocation stack."""
    del stacks, blocks
    wanted = {}
    for race in races:
        for access in (race.earlier, race.later):
            for pc in access.stack:
                for start, end, bias, path in modules:
                    if start <= pc < end:
                        wanted.setdefault((path, bias), set()).add(pc)
    names = {}
    for (path, bias), pcs in wanted.items():
        pcs = sorted(pcs)
        text = subprocess.run(
            ["addr2line", "-f", "-C", "-e", path] + [hex(pc - bias - 1) for pc in pcs],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
        ).stdout.split("\n")
        for i, pc in enumerate(pcs):
            names[pc] = text[2 * i].split("(")[0] if 2 * i < len(text) else "?"
    for race in races:
        for access in (race.earlier, race.later):
            access.functions = [names.get(pc, "?") for pc in access.stack]


if __name__ == "__main__":
    import sys

    for item in read(sys.argv[1]):
        print(item.kind, "count", item.count, "guard", item.guard, item.reads, item.writes,
              item.guarded_reads, item.guarded_writes, item.block or "")
        for one in (item.earlier, item.later):
            print("  ", "thread", one.thread, "flags", one.flags, hex(one.addr), one.size,
                  "held", one.held, " < ".join(one.functions))

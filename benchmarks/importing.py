"""Measures one import in a new process: ``python -m benchmarks.importing "import httpx"``.

It prints the CPU time and the time in seconds, and the memory before and after in MiB. Nothing else is imported here,
because that would be part of what is measured.
"""

import sys
import time


def resident() -> float:
    """The memory in use, in MiB; 0 if the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - pathlib is not imported yet
            return int(file.read().split()[1]) * 4096 / 1024 / 1024
    except OSError:
        return 0.0


if __name__ == "__main__":
    memory, cpu, began = resident(), time.process_time(), time.perf_counter()
    exec(sys.argv[1])
    print(time.process_time() - cpu, time.perf_counter() - began, memory, resident())

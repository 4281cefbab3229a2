"""What a process uses: CPU, time and memory."""

from __future__ import annotations

import gc
import os
import resource
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from attrs import frozen

_STATUS = Path("/proc/self/status")


@frozen(kw_only=True)
class Usage:
    """Seconds of CPU (all threads, user and system), seconds, and MiB: at the start, and by how much the peak grew."""

    cpu: float
    seconds: float
    memory: float
    growth: float


async def measured(work: Callable[[], Awaitable[object]]) -> Usage:
    """Do the work and measure it."""
    gc.collect()
    _forget_peak()
    memory = peak()
    cpu, began = time.process_time(), time.perf_counter()
    await work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return Usage(cpu=cpu, seconds=seconds, memory=memory, growth=peak() - memory)


def _forget_peak() -> None:
    """Set the peak back to what is in use, on Linux."""
    if os.access("/proc/self/clear_refs", os.W_OK):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak() -> float:
    """The peak memory so far, in MiB."""
    if _STATUS.exists():
        lines = _STATUS.read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

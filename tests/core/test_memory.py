"""How much memory there is, and how much one photo took."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading

import psutil
import pytest

from desktop.core import memory
from desktop.core.memory import PeakMeter


def test_the_default_budget_is_a_quarter_of_the_machine_s_memory():
    quarter = psutil.virtual_memory().total // 4 // memory.MIB
    assert memory.default_budget_mib() == max(256, quarter)


def test_some_memory_is_available():
    assert 0 < memory.available_mib() <= psutil.virtual_memory().total // memory.MIB


def peaks(script: str) -> list[int]:
    """What a script prints, in a process of its own: what other tests have left behind here may go, or grow, at any
    moment."""
    command = [sys.executable, "-c", "from desktop.core.memory import MIB, PeakMeter\n" + textwrap.dedent(script)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [int(line) for line in printed.split()]


def test_the_peak_shows_memory_that_is_held():
    before, during = peaks("""
    import numpy
    with PeakMeter() as before:
        pass
    held = numpy.ones(200 * MIB // 8)
    with PeakMeter() as during:
        pass
    print(before.peak_mib, during.peak_mib)
    """)
    assert during >= before + 150


@pytest.mark.skipif(sys.platform != "linux", reason="not on this platform: only Linux keeps exact peaks")
def test_the_peak_shows_memory_that_is_gone_again():
    before, during, after = peaks("""
    import numpy
    with PeakMeter() as before:
        pass
    with PeakMeter() as during:
        numpy.ones(200 * MIB // 8)
    with PeakMeter() as after:
        pass
    print(before.peak_mib, during.peak_mib, after.peak_mib)
    """)
    assert during >= before + 150
    assert after <= during - 150


def test_the_peak_counts_children():
    alone, without = peaks("""
    import subprocess, sys
    script = "import numpy, sys; held = numpy.ones(25_000_000); print(flush=True); sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        child.stdout.readline()
        with PeakMeter() as alone:
            pass
        child.stdin.close()
    with PeakMeter() as without:
        pass
    print(alone.peak_mib, without.peak_mib)
    """)
    assert alone >= without + 150


def test_a_meter_leaves_no_thread_behind():
    def meters():
        return [thread for thread in threading.enumerate() if thread.name == "peak-meter"]

    with PeakMeter():
        assert len(meters()) == 1
    assert meters() == []

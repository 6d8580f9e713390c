"""How much memory there is, and how much one photo took."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading

import numpy as np
import psutil
import pytest

from desktop.core import memory
from desktop.core.memory import PeakMeter


def test_the_default_budget_is_a_quarter_of_the_machine_s_memory():
    quarter = psutil.virtual_memory().total // 4 // memory.MIB
    assert memory.default_budget_mib() == max(256, quarter)


def test_some_memory_is_available():
    assert 0 < memory.available_mib() <= psutil.virtual_memory().total // memory.MIB


def test_the_peak_shows_memory_that_is_held():
    # In a process of its own: what other tests have left behind may go at any moment.
    script = """
    import numpy
    from desktop.core import memory
    with memory.PeakMeter() as before:
        pass
    held = numpy.ones(200 * memory.MIB // 8)
    with memory.PeakMeter() as during:
        pass
    print(during.peak_mib - before.peak_mib)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    assert int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) >= 150


@pytest.mark.skipif(sys.platform != "linux", reason="not on this platform: only Linux keeps exact peaks")
def test_the_peak_shows_memory_that_is_gone_again():
    with PeakMeter() as before:
        pass
    with PeakMeter() as during:
        np.ones(200 * memory.MIB // 8)
    with PeakMeter() as after:
        pass
    assert during.peak_mib >= before.peak_mib + 150
    assert after.peak_mib <= during.peak_mib - 150


def test_the_peak_counts_children():
    script = "import numpy, sys; held = numpy.ones(25_000_000); print(flush=True); sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        child.stdout.readline()
        with PeakMeter() as alone:
            pass
        child.stdin.close()
    with PeakMeter() as without:
        pass
    assert alone.peak_mib >= without.peak_mib + 150


def test_a_meter_leaves_no_thread_behind():
    def meters():
        return [thread for thread in threading.enumerate() if thread.name == "peak-meter"]

    with PeakMeter():
        assert len(meters()) == 1
    assert meters() == []

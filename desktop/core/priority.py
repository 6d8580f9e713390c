"""Work that gives way: threads that enhance run when nobody else, least of all the window, wants the processor."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading

import numpy as np

from desktop.core.opencv import cv2

logger = logging.getLogger(__name__)

# Linux: against one of niceness 0, such a thread gets a tenth of a core that both want (sched(7)).
_NICE = 10
# macOS, pthread/qos.h: work whose result somebody waits for, but not at this very moment.
_QOS_CLASS_UTILITY = 0x11
# Windows, winbase.h.
_THREAD_PRIORITY_BELOW_NORMAL = -1
# Large enough for OpenCV to share the work out.
_SHARED_OUT = (512, 512)
_given = threading.local()


def give_way() -> None:
    """Lowers the calling thread's priority for good. Threads that it starts inherit that on Linux.

    Where it cannot be done, work goes on as it is.
    """
    if gave_way():
        return
    _given.way = True
    with contextlib.suppress(OSError, AttributeError):
        if sys.platform == "linux":
            # A thread's own niceness, unlike what POSIX says; never raised, as that takes privileges.
            own = threading.get_native_id()
            if os.getpriority(os.PRIO_PROCESS, own) < _NICE:
                os.setpriority(os.PRIO_PROCESS, own, _NICE)
        elif sys.platform == "darwin":
            import ctypes

            ctypes.CDLL(None).pthread_set_qos_class_self_np(_QOS_CLASS_UTILITY, 0)
        elif sys.platform == "win32":
            import ctypes

            kernel = ctypes.windll.kernel32
            kernel.GetCurrentThread.restype = ctypes.c_void_p
            kernel.SetThreadPriority(ctypes.c_void_p(kernel.GetCurrentThread()), _THREAD_PRIORITY_BELOW_NORMAL)


def gave_way() -> bool:
    """Whether the calling thread has."""
    return getattr(_given, "way", False)


def start_opencv_threads() -> None:
    """Has OpenCV start its threads, of which a program has one set, from a thread that gives way: so will they.

    Before anything else uses OpenCV; later it changes nothing.
    """

    def start() -> None:
        give_way()
        cv2.resize(np.zeros(_SHARED_OUT, np.uint8), None, fx=2, fy=2)

    starter = threading.Thread(target=start, name="starting OpenCV")
    starter.start()
    starter.join()


def usable_cores() -> int:
    """Processors that this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1

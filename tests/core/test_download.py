"""Downloads from a real server: taken up where they broke off, once at a time, and nothing unverified is ever used."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import random
import socket
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from desktop.core import disks, errors
from desktop.core.cancel import CancelToken
from desktop.core.isolation.pool import WorkerPool
from desktop.core.models import download
from desktop.core.models.catalogue import MIRROR, Catalogue
from desktop.core.models.download import Downloader
from desktop.core.models.installer import Installer
from desktop.core.models.store import ModelState, Store
from desktop.core.models.transfer import Timeouts

CONTENT = random.Random(7).randbytes(400_000)
HALF = 200_000


@pytest.fixture(scope="module")
def play(model_server):
    """The server's module: what it can be told to do."""
    return model_server


@pytest.fixture(autouse=True)
def _no_way_around(monkeypatch):
    """Whatever proxies the computer has, the server of a test is asked directly."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server(play):
    with play.serving(CONTENT) as serving:
        yield serving


@pytest.fixture
def wanted(model, server):
    """A model that the server has."""
    return dataclasses.replace(
        model,
        id="edsr-x3",
        file="EDSR_x3.pb",
        bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        bundled=False,
        url=f"{server.address}/models/EDSR_x3.pb",
    )


@pytest.fixture
def store(tmp_path, wanted):
    return Store(tmp_path / "models", Catalogue((wanted,)), tmp_path / "nothing ships", lambda _: None)


@pytest.fixture
def pauses():
    """Seconds that were waited between tries; nobody waits in earnest."""
    return []


@pytest.fixture
def downloader(store, pauses):
    return Downloader(
        store.folder, timeouts=Timeouts(10, 10), pause=lambda seconds, cancel: (pauses.append(seconds), cancel.check())
    )


@pytest.fixture
def installer(store, downloader):
    return Installer(store, downloader, WorkerPool())


def _parts(store):
    return sorted(file.name for file in (store.folder / "downloads").glob("*.part"))


def _nothing_is_there(store, wanted):
    assert not store.path_of(wanted).exists()
    assert store.state(wanted) is ModelState.AVAILABLE


def _fails(installer, wanted, **options):
    with pytest.raises(errors.DownloadFailedError) as caught:
        installer.install(wanted, **options)
    assert "\n" not in caught.value.message
    return caught.value.message


def test_a_download_ends_as_a_verified_model(installer, store, wanted, server):
    path = installer.install(wanted)
    assert path == store.path_of(wanted)
    assert path.read_bytes() == CONTENT
    assert store.state(wanted) is ModelState.INSTALLED
    assert _parts(store) == []
    assert server.requests == [("/models/EDSR_x3.pb", None)]
    assert server.agents[0].startswith("Rekindle/")


def test_progress_goes_from_nothing_to_all_and_never_back(installer, wanted):
    seen = []
    installer.install(wanted, progress=lambda here, size: seen.append((here, size)))
    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)


def test_what_is_installed_is_not_downloaded_again(installer, wanted, server):
    installer.install(wanted)
    installer.install(wanted)
    assert len(server.requests) == 1


def test_a_damaged_model_is_downloaded_again(installer, store, wanted):
    installer.install(wanted).write_bytes(b"damaged")
    assert installer.install(wanted).read_bytes() == CONTENT


def test_a_connection_that_is_cut_is_taken_up_where_it_broke_off(installer, wanted, server, play, pauses):
    server.script += [play.cut(HALF), play.cut(1000)]
    assert installer.install(wanted).read_bytes() == CONTENT
    assert [asked for _, asked in server.requests] == [None, f"bytes={HALF}-", f"bytes={HALF + 1000}-"]
    assert pauses == [1.0, 1.0]  # each time something had come


def test_pauses_between_tries_that_bring_nothing_get_longer_and_end(installer, store, wanted, server, play, pauses):
    server.script += [play.cut(HALF), *[play.status(503)] * 5]
    message = _fails(installer, wanted)
    assert "broke off" in message
    assert "0.2 of 0.4 MB" in message
    assert pauses == [1.0, 1.0, 2.0, 4.0, 8.0]
    _nothing_is_there(store, wanted)


def test_a_server_that_asks_for_patience_gets_it(installer, wanted, server, play, pauses):
    server.script += [play.status(429, Retry_After="7")]
    installer.install(wanted)
    assert pauses == [7.0]


def test_a_later_start_goes_on_where_an_earlier_one_was_stopped(installer, store, wanted, server, downloader):
    cancel = CancelToken()
    with pytest.raises(errors.CancelledError):
        installer.install(wanted, progress=lambda here, _: cancel.cancel() if here > HALF else None, cancel=cancel)
    (part,) = _parts(store)
    assert part == f"{wanted.sha256}.part"
    kept = (store.folder / "downloads" / part).stat().st_size
    assert HALF < kept < len(CONTENT)
    _nothing_is_there(store, wanted)
    later = Installer(store, Downloader(store.folder), WorkerPool())
    assert later.install(wanted).read_bytes() == CONTENT
    assert server.requests[-1][1] == f"bytes={kept}-"


def _leave_part(store, wanted, content):
    part = store.folder / "downloads" / f"{wanted.sha256}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(content)
    return part


@pytest.mark.parametrize("answer", ["without_ranges", "wrong_range"])
def test_a_server_that_cannot_go_on_in_the_middle_starts_anew(answer, installer, store, wanted, server, play):
    _leave_part(store, wanted, CONTENT[:HALF])
    server.script += [getattr(play, answer)]
    assert installer.install(wanted).read_bytes() == CONTENT


def test_a_part_that_is_complete_already_is_verified_without_asking_anybody(installer, store, wanted, server):
    _leave_part(store, wanted, CONTENT)
    assert installer.install(wanted).read_bytes() == CONTENT
    assert server.requests == []


def test_what_arrived_of_another_model_long_ago_is_thrown_away(installer, store, wanted):
    folder = _leave_part(store, wanted, b"").parent
    for name, age in (("a" * 64, 40), ("b" * 64, 3)):
        part = folder / f"{name}.part"
        part.write_bytes(b"x")
        then = time.time() - age * 86_400
        os.utime(part, (then, then))
    installer.install(wanted)
    assert _parts(store) == [f"{'b' * 64}.part"]


def test_a_part_that_is_too_large_is_thrown_away(installer, store, wanted, server):
    _leave_part(store, wanted, CONTENT + b"x")
    assert installer.install(wanted).read_bytes() == CONTENT
    assert server.requests[0][1] is None


def test_a_server_that_has_no_such_part_starts_anew(installer, store, wanted, server, play):
    _leave_part(store, wanted, CONTENT[:HALF])
    server.script += [play.status(416)]
    assert installer.install(wanted).read_bytes() == CONTENT
    assert [asked for _, asked in server.requests] == [f"bytes={HALF}-", None]


def test_one_wrong_byte_and_it_is_thrown_away(installer, store, wanted, server, play):
    server.script += [play.wrong_byte]
    assert "its checksum is wrong. It has been thrown away" in _fails(installer, wanted)
    assert _parts(store) == []
    _nothing_is_there(store, wanted)
    assert installer.install(wanted).read_bytes() == CONTENT


def test_a_damaged_part_from_last_time_is_thrown_away(installer, store, wanted):
    _leave_part(store, wanted, bytes(HALF))
    assert "checksum" in _fails(installer, wanted)
    assert installer.install(wanted).read_bytes() == CONTENT


@pytest.mark.parametrize("answer", ["web_page", "endless"])
def test_something_of_another_size_is_not_taken(answer, installer, store, wanted, server, play):
    server.script += [getattr(play, answer)]
    assert "wrong size" in _fails(installer, wanted)
    assert _parts(store) == []
    _nothing_is_there(store, wanted)


@pytest.mark.parametrize(("code", "said"), [(404, "404 Not Found"), (403, "403 Forbidden"), (410, "410 Gone")])
def test_a_refusal_is_told_at_once(code, said, installer, store, wanted, server, play, pauses):
    server.script += [play.status(code)]
    assert said in _fails(installer, wanted)
    assert pauses == []
    assert _parts(store) == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_followed(code, installer, wanted, server, play):
    server.script += [play.redirect("/elsewhere/EDSR_x3.pb", code)]
    assert installer.install(wanted).read_bytes() == CONTENT
    assert server.requests[-1] == ("/elsewhere/EDSR_x3.pb", None)


def test_a_part_is_asked_for_behind_a_redirect_too(installer, store, wanted, server, play):
    _leave_part(store, wanted, CONTENT[:HALF])
    server.script += [play.redirect("/elsewhere")]
    assert installer.install(wanted).read_bytes() == CONTENT
    assert server.requests[-1] == ("/elsewhere", f"bytes={HALF}-")


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_out_of_the_web_is_not_followed(to, installer, wanted, server, play):
    server.script += [play.redirect(to)]
    assert "none of the web's" in _fails(installer, wanted)


def test_redirects_without_end_are_given_up(installer, wanted, server, play):
    server.script += [play.redirect("/round")] * 40
    assert "without end" in _fails(installer, wanted)


def test_a_server_that_falls_silent_is_left_and_asked_again(installer, downloader, wanted, server, play):
    downloader.timeouts = Timeouts(5, 0.2)
    server.script += [play.silent(HALF)]
    assert installer.install(wanted).read_bytes() == CONTENT
    assert server.requests[-1][1] == f"bytes={HALF}-"


def test_whoever_cancels_does_not_wait_for_a_silent_server(installer, store, wanted, server, play):
    cancel = CancelToken()
    server.script += [play.silent(HALF)]
    with pytest.raises(errors.CancelledError):
        installer.install(wanted, progress=lambda here, _: cancel.cancel() if here == HALF else None, cancel=cancel)
    assert not server.over.is_set()  # it is still silent
    assert len(_parts(store)) == 1


def test_no_connection_is_one_calm_sentence_after_one_more_try(installer, store, wanted, pauses):
    with socket.socket() as taken:  # a port at which nobody listens
        taken.bind(("127.0.0.1", 0))
        nobody = dataclasses.replace(wanted, url=f"http://127.0.0.1:{taken.getsockname()[1]}/EDSR_x3.pb")
        assert "there is no connection to “127.0.0.1:" in _fails(installer, nobody)
    assert pauses == [1.0]
    _nothing_is_there(store, wanted)


def test_a_host_without_an_address_is_no_connection_either(installer, wanted, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "no connection" in _fails(installer, dataclasses.replace(wanted, url="http://nowhere.invalid/EDSR_x3.pb"))


def test_a_proxy_of_the_environment_is_used(installer, wanted, server, monkeypatch):
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", server.address)
    installer.install(dataclasses.replace(wanted, url="http://models.invalid/EDSR_x3.pb"))
    assert server.requests[0][0] == "http://models.invalid/EDSR_x3.pb"


def test_a_certificate_that_is_not_trusted_is_told(installer, wanted, server):
    # A plain server is no better than one with a wrong certificate.
    address = wanted.url.replace("http://", "https://")
    assert "does not trust the certificate" in _fails(installer, dataclasses.replace(wanted, url=address))


def test_a_mirror_is_asked_in_place_of_the_makers(store, wanted, server):
    mirrored = Downloader(store.folder, f"{server.address}/models of ours/")
    elsewhere = dataclasses.replace(wanted, url="http://nowhere.invalid/EDSR_x3.pb")
    assert Installer(store, mirrored, WorkerPool()).install(elsewhere).read_bytes() == CONTENT
    assert server.requests[0][0] == "/models%20of%20ours/EDSR_x3.pb"


def test_a_mirror_of_the_environment_is_asked(store, server, monkeypatch):
    monkeypatch.setenv(MIRROR, server.address)
    assert Downloader.for_environment(store.folder).mirror == server.address


@pytest.mark.parametrize("mirror", ["ftp://mirror", "mirror.example", "file:///models"])
def test_a_mirror_that_is_no_address_is_a_wrong_call(mirror, store, wanted):
    with pytest.raises(errors.UsageError, match="http"):
        Installer(store, Downloader(store.folder, mirror), WorkerPool()).install(wanted)


def test_a_model_without_an_address_says_so(installer, wanted):
    with pytest.raises(errors.ModelMissingError, match="Import it again"):
        installer.install(dataclasses.replace(wanted, url=""))


def test_room_is_asked_for_before_anybody_is(installer, store, wanted, server, monkeypatch):
    usage = disks.shutil.disk_usage(store.folder.parent)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    with pytest.raises(errors.NoSpaceError, match=r"1 MB are free"):
        installer.install(wanted)
    assert server.requests == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_is_told_and_not_left_full(number, installer, store, wanted, monkeypatch):
    def full(*_):
        raise OSError(number, "no room")

    monkeypatch.setattr(download.os, "fsync", full)
    with pytest.raises(errors.NoSpaceError):
        installer.install(wanted)
    assert _parts(store) == []
    _nothing_is_there(store, wanted)


def test_a_folder_that_cannot_be_made_is_told(installer, store, wanted):
    store.folder.write_text("not a folder")
    with pytest.raises(errors.NotFoundError):
        installer.install(wanted)


def test_of_two_at_once_the_second_waits_and_finds_it_there(installer, store, wanted, server, play):
    goes_on, waits = threading.Event(), threading.Event()

    def slowly(handler):
        waits.wait(60)
        play.whole(handler)

    server.script += [slowly]
    first = threading.Thread(target=lambda: installer.install(wanted, progress=lambda *_: goes_on.set()))
    first.start()
    assert goes_on.wait(60)
    second = Installer(store, Downloader(store.folder), WorkerPool())
    assert second.install(wanted, waiting=waits.set).read_bytes() == CONTENT
    first.join()
    assert len(server.requests) == 1


def test_whoever_waits_for_another_can_cancel(installer, store, wanted, downloader):
    cancel = CancelToken()
    with downloader.fetched(wanted) as part:
        assert part is not None
        with pytest.raises(errors.CancelledError):
            Installer(store, Downloader(store.folder), WorkerPool()).install(
                wanted, waiting=cancel.cancel, cancel=cancel
            )


PROCESS = textwrap.dedent("""
    import sys
    from pathlib import Path
    from desktop.core.isolation.pool import WorkerPool
    from desktop.core.models.catalogue import MIRROR, Catalogue, Model
    from desktop.core.models.download import Downloader
    from desktop.core.models.installer import Installer
    from desktop.core.models.store import Store
    folder, url, digest, size = sys.argv[1:]
    model = Model("edsr-x3", "edsr", "edsr", 3, 1, "EDSR_x3.pb", int(size), digest, "MIT", False, "", url=url)
    store = Store(Path(folder), Catalogue((model,)), Path(folder))
    print("ready", flush=True)
    sys.stdin.readline()
    path = Installer(store, Downloader(store.folder), WorkerPool()).install(model)
    assert path.stat().st_size == model.bytes
""")


def test_two_processes_at_once_download_once(store, wanted, server, play):
    server.script += [play.cut(HALF)]
    command = [sys.executable, "-W", "error", "-c", PROCESS, store.folder, wanted.url, wanted.sha256, str(wanted.bytes)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(2)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
    assert store.path_of(wanted).read_bytes() == CONTENT
    assert [asked for _, asked in server.requests] == [None, f"bytes={HALF}-"]


def test_removing_takes_the_file_and_what_has_arrived(installer, store, wanted):
    installer.install(wanted)
    _leave = store.folder / "downloads" / f"{wanted.sha256}.part"
    _leave.write_bytes(b"x")
    installer.remove(wanted)
    _nothing_is_there(store, wanted)
    assert _parts(store) == []
    with pytest.raises(errors.ModelMissingError, match="nothing to remove"):
        installer.remove(wanted)

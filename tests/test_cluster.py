"""The same run on a cluster. What needs Ray runs where the extra `cluster` is installed."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from support.inverter import Inverter
from support.photographs import photograph_file
from support.runners import ENVIRONMENT, Command

from llenhance.cli.cluster import with_address
from llenhance.cluster import worker
from llenhance.cluster.keeper import Keeper
from llenhance.cluster.planning import plan_anywhere
from llenhance.cluster.stores import Objects, Store, as_name, as_path, plain
from llenhance.cluster.worker import ATTEMPTS, Rules, Task, Work, Worker
from llenhance.errors import PictureError, UsageError
from llenhance.files.tree import LEDGER
from llenhance.jobs import batch
from llenhance.jobs.earlier import settings_of
from llenhance.jobs.job import Planned
from llenhance.jobs.policy import Policy
from llenhance.jobs.request import Request
from llenhance.pictures.formats import format_of

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="the extra cluster is missing")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a tree `photos`."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.png", "day/c.jpg"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photograph_file(format_of(name)))
    return tmp_path


def planned(*inputs: str, output: str | None = None) -> Planned:
    return plan_anywhere(inputs, request=Request(), policy=Policy(output=output))


def work(enhancer: Inverter | None = None, **rules: Any) -> Work:
    """Return the work of one worker, with a ledger and without a cluster."""
    request, network = rules.pop("request", Request()), enhancer or Inverter()
    usual = {"overwrite": False, "skip_existing": False, "preserve_time": False}
    keeper = Keeper(settings_of(request, network, Policy()))
    return Work(network, rules=Rules(request=request, **usual | rules), keeper=keeper)


def task(name: str, target: str, *, ledger: str = "out") -> Task:
    return Task(
        input=name,
        source=str(Path(name).absolute()),
        output=target,
        target=target if "://" in target else str(Path(target).absolute()),
        format=format_of(target),
        ledger=ledger and str(Path(ledger).absolute()),
    )


# --- Options ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("photos --cluster -o out", "photos --cluster=local -o out"),
        ("--cluster photos", "--cluster=local photos"),
        ("photos --cluster", "photos --cluster=local"),
        ("photos --cluster auto", "photos --cluster auto"),
        ("photos --cluster 10.0.0.1:6379", "photos --cluster 10.0.0.1:6379"),
        ("photos --cluster=head:6379", "photos --cluster=head:6379"),
        ("-- --cluster", "-- --cluster"),
    ],
)
def test_an_address_may_be_left_out(given: str, meant: str) -> None:
    assert with_address(given.split()) == meant.split()


@pytest.mark.parametrize("option", ["--dry-run", "--copy-others", "--only-if-dark"])
def test_options_that_mean_nothing_there_are_refused(
    llenhance_: Command, folder: Path, option: str
) -> None:
    outcome = llenhance_("photos", "-o", "out", "--cluster", option)
    assert outcome.code == 2
    assert f"{option}: it contradicts --cluster" in outcome.stderr
    assert not (folder / "out").exists()


@pytest.mark.skipif(find_spec("ray") is not None, reason="the extra cluster is installed")
def test_without_ray_its_extra_is_named(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("photos", "-o", "out", "--cluster")
    assert outcome.code == 2
    assert "pip install 'llenhance[cluster]'" in outcome.stderr
    assert not (folder / "out").exists()


@pytest.mark.parametrize("words", [("s3://bucket/a.jpg",), ("a.jpg", "-o", "gs://bucket/out")])
def test_an_object_store_without_a_cluster_is_told_with_the_option_that_reads_it(
    llenhance_: Command, words: tuple[str, ...]
) -> None:
    outcome = llenhance_(*words)
    assert outcome.code == 2
    assert "object store" in outcome.stderr
    assert "Add --cluster" in outcome.stderr


# --- Names --------------------------------------------------------------------------------------


def test_files_are_planned_as_without_a_cluster(folder: Path) -> None:
    outputs = [str(job.output) for job in planned("photos", output="out").jobs]
    assert outputs == ["out/a.jpg", "out/b.png", "out/day/c.jpg"]


def test_a_file_may_have_the_address_of_a_file(folder: Path) -> None:
    assert plain(f"file://{folder}/with%20space.jpg") == f"{folder}/with space.jpg"
    (job, *_) = planned(f"file://{folder}/photos", output=f"file://{folder}/out").jobs
    assert (job.input, job.output) == (f"{folder}/photos/a.jpg", folder / "out/a.jpg")


def test_results_of_files_may_go_to_an_object_store(folder: Path) -> None:
    jobs = planned("photos", output="s3://bucket/out").jobs
    assert [as_name(Path(str(job.output))) for job in jobs] == [
        "s3://bucket/out/a.jpg",
        "s3://bucket/out/b.png",
        "s3://bucket/out/day/c.jpg",
    ]


@pytest.mark.parametrize("name", ["s3://bucket/a.jpg", "gs://bucket/a/b.jpg", "/tmp/a.jpg", "a"])
def test_a_name_comes_back_from_its_path(name: str) -> None:
    assert as_name(Path(as_path(name))) == name


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("s3://bucket/new", "s3://bucket/new/"),
        (None, "s3://bucket/photos_enhanced/"),
        ("out", "out/"),
    ],
)
def test_objects_have_a_tree_of_results(
    monkeypatch: pytest.MonkeyPatch, output: str | None, expected: str
) -> None:
    names = ("a.jpg", ".hidden/x.jpg", "day/c.png", "notes.txt", "pair.heic", "pair.jpg")
    found = [f"s3://bucket/photos/{name}" for name in names]

    def below(_: Objects, name: str, *, recursive: bool) -> Iterator[str]:
        assert (name, recursive) == ("s3://bucket/photos", True)
        return iter(found)

    monkeypatch.setattr(Objects, "below", below)
    plan = planned("s3://bucket/photos", output=output)
    outputs = [as_name(Path(str(job.output))) for job in plan.jobs]
    results = ("a.jpg", "day/c.png", "pair.jpg", "pair-jpg.jpg")
    assert outputs == [expected + name for name in results]
    assert len(plan.others) == 1


@pytest.mark.parametrize("names", [("-",), ("photos", "-"), ("photos", "s3://bucket/a.jpg")])
def test_what_workers_cannot_share_is_refused(folder: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as raised:
        planned(*names, output="out")
    assert raised.value.code in ("not-on-cluster", "files-beside-objects")


# --- The work of a worker -----------------------------------------------------------------------


def test_a_result_is_the_same_as_without_a_cluster(folder: Path) -> None:
    policy = Policy(output="alone")
    (alone,) = batch.enhance_files(["photos/a.jpg"], enhancer=Inverter, policy=policy)
    made = work().do(task("photos/a.jpg", "out/a.jpg"))
    assert (folder / "out/a.jpg").read_bytes() == (folder / "alone/a.jpg").read_bytes()
    for name in ("input", "status", "width", "format", "tiles", "notes", "mean_grey", "model"):
        assert getattr(made, name) == getattr(alone, name), name


def test_what_a_run_without_a_cluster_has_done_is_done(folder: Path) -> None:
    list(batch.enhance_files(["photos"], enhancer=Inverter, policy=Policy(output="out")))
    assert work().do(task("photos/a.jpg", "out/a.jpg")).status == "done-before"


def test_what_a_cluster_has_done_is_done_without_one(folder: Path) -> None:
    work().do(task("photos/a.jpg", "out/a.jpg"))
    results = batch.enhance_files(["photos"], enhancer=Inverter, policy=Policy(output="out"))
    assert [one.status for one in results] == ["done-before", "written", "written"]


def test_a_file_of_somebody_else_stays(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out/a.jpg").write_bytes(b"of somebody else")
    made = work().do(task("photos/a.jpg", "out/a.jpg"))
    assert made.error is not None
    assert (made.error.code, made.error.name) == ("exists", "out/a.jpg")
    assert work(skip_existing=True).do(task("photos/a.jpg", "out/a.jpg")).status == "skipped"
    assert work(overwrite=True).do(task("photos/a.jpg", "out/a.jpg")).status == "written"


def test_a_worker_that_was_given_up_and_is_alive_does_no_harm(folder: Path) -> None:
    """Another one has written the same result while it was at work."""
    another = task("photos/a.jpg", "out/a.jpg")

    class Late(Inverter):
        def enhance_picture(self, *arguments: Any, **more: Any) -> Any:
            if not (folder / "out/a.jpg").exists():
                work().do(another)
            return super().enhance_picture(*arguments, **more)

    assert work(Late()).do(another).status == "done-before"


def test_a_bad_picture_fails_alone_and_by_the_name_that_it_was_given(folder: Path) -> None:
    (folder / "photos/bad.jpg").write_text("no picture")
    made = work().do(task("photos/bad.jpg", "out/bad.jpg"))
    gone = work().do(task("photos/gone.jpg", "out/gone.jpg"))
    errors = [one.error and (one.error.code, one.error.name) for one in (made, gone)]
    expected = [("format-not-known", "photos/bad.jpg"), ("not-found", "photos/gone.jpg")]
    assert errors == expected


def test_the_time_of_a_file_is_kept_on_request(folder: Path) -> None:
    os.utime(folder / "photos/a.jpg", ns=(10**18, 10**18))
    work(preserve_time=True).do(task("photos/a.jpg", "out/a.jpg"))
    assert (folder / "out/a.jpg").stat().st_mtime_ns == 10**18


def test_a_picture_that_kills_its_workers_fails_alone(folder: Path) -> None:
    one = task("photos/a.jpg", "out/a.jpg")
    keeper = Keeper({})
    assert [keeper.begin(7) for _ in range(ATTEMPTS)] == list(range(1, ATTEMPTS + 1))
    again = Worker.__new__(Worker)
    again._work, again._keeper = work(), keeper
    row = {"number": 7, **{name: getattr(one, name) for name in one.__slots__}}
    made = pickle.loads(again(row)["made"])
    assert (made.error.code, made.error.name) == ("worker-lost", "photos/a.jpg")
    assert not (folder / "out").exists()


class Memory:
    """An object store in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def exists(self, name: str) -> bool:
        return name in self.objects

    def read(self, name: str) -> bytes:
        return self.objects[name]

    def check(self, name: str, *, overwrite: bool) -> None:
        if not overwrite and name in self.objects:
            raise PictureError("exists", name)

    def write(self, name: str, data: bytes, *, overwrite: bool, like: str) -> None:
        self.objects[name] = data


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    memory, usual = Memory(), worker.store_of

    def store_of(name: str) -> Store:
        return memory if name.startswith("s3://") else usual(name)

    monkeypatch.setattr(worker, "store_of", store_of)
    return memory


def test_in_a_store_a_result_tells_by_its_record_that_it_is_done(
    folder: Path, memory: Memory
) -> None:
    one = task("photos/a.jpg", "s3://bucket/a.jpg", ledger="")
    assert work().do(one).status == "written"
    assert work().do(one).status == "done-before"
    faster = Inverter()
    faster.fast = True
    made = work(faster).do(one)
    assert made.error is not None
    assert made.error.code == "exists"


def test_in_a_store_what_has_no_record_is_of_somebody_else(folder: Path, memory: Memory) -> None:
    one = task("photos/a.jpg", "s3://bucket/a.jpg", ledger="")
    work(request=Request(provenance=False)).do(one)
    made = work(request=Request(provenance=False)).do(one)
    assert made.error is not None
    assert made.error.code == "exists"


# --- A real cluster of two workers on this machine ----------------------------------------------


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(folder: Path, tiny: Path) -> Start:
    """Return what starts the command in a process of its own."""

    def started(*arguments: str) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", "llenhance", *arguments, "--model", str(tiny), "--json"]
        pipe = subprocess.PIPE
        return subprocess.Popen(line, env=ENVIRONMENT, stdout=pipe, stderr=pipe)

    return started


def told(out: bytes) -> dict[str, str]:
    """Return what became of each picture; none is told of twice, and the last line sums up."""
    lines = [json.loads(line)["result"] for line in out.splitlines()]
    became = {line["input"]: line["status"] for line in lines[:-1]}
    assert len(became) == len(lines) - 1 == lines[-1]["summary"]["pictures"]
    return became


def workers_of(command: subprocess.Popen[bytes]) -> Iterator[int]:
    """Yield the processes of a command's workers; Ray makes them its grandchildren."""
    import psutil

    for process in psutil.Process(command.pid).children(recursive=True):
        if "MapWorker" in " ".join(process.cmdline()):
            yield process.pid


@needs_ray
def test_a_worker_that_is_killed_loses_no_picture(folder: Path, start: Start) -> None:
    for number in range(40):
        side = 150 + number
        path = folder / f"photos/{number:03}.jpg"
        path.write_bytes(photograph_file(size=(side, side)))
    (folder / "photos/bad.jpg").write_text("no picture")

    first = start("photos", "-o", "out", "--cluster", "-j", "2")
    while sum(1 for _ in folder.glob("out/*.jpg")) < 5:
        assert first.poll() is None, first.communicate()
        time.sleep(0.01)
    os.kill(next(workers_of(first)), signal.SIGKILL)
    out, said = first.communicate()
    became = told(out)
    assert (first.returncode, said) == (1, b"")
    assert became.pop("photos/bad.jpg") == "failed"
    assert len(became) == 43
    assert set(became.values()) <= {"written", "done-before"}
    assert list(became.values()).count("done-before") <= 2  # written, and lost before it was told

    again = told(start("photos", "-o", "out").communicate()[0])
    assert again.pop("photos/bad.jpg") == "failed"
    assert set(again.values()) == {"done-before"}

    alone = told(start("photos", "-o", "alone").communicate()[0])
    assert list(alone.values()).count("written") == 43
    for path in (folder / "alone").rglob("*.[jp][pn]g"):
        assert (folder / "out" / path.relative_to(folder / "alone")).read_bytes() == (
            path.read_bytes()
        )
    assert {path.name for path in (folder / "out").glob(".*")} <= {LEDGER} | {
        path.name
        for path in (folder / "out").glob(".llenhance-*.part")  # of the killed worker
    }


@needs_ray
def test_a_run_that_is_stopped_says_so_and_leaves_no_process(folder: Path, start: Start) -> None:
    import psutil

    for number in range(200):
        path = folder / f"photos/{number:03}.jpg"
        path.write_bytes(photograph_file(size=(200, 200)))
    command = start("photos", "-o", "out", "--cluster", "-j", "1")
    while sum(1 for _ in folder.glob("out/*.jpg")) < 3:
        assert command.poll() is None, command.communicate()
        time.sleep(0.01)
    processes = psutil.Process(command.pid).children(recursive=True)
    command.send_signal(signal.SIGINT)
    out, said = command.communicate()
    assert (command.returncode, said) == (130, b"")
    assert json.loads(out.splitlines()[-1])["result"]["summary"]["stopped"]
    assert psutil.wait_procs(processes, timeout=10)[1] == []


@needs_ray
def test_a_cluster_that_is_not_there_is_told(folder: Path, start: Start) -> None:
    command = start("photos", "-o", "out", "--cluster", "127.0.0.1:1")
    out, said = command.communicate()
    assert (command.returncode, said) == (2, b"")
    (message,) = json.loads(out.splitlines()[-1])["messages"]
    assert message["code"] == "cluster-not-reached"

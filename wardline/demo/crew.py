"""Workers: a few processes that do jobs of one kind, each as soon as those that it waits for are done."""

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from msgspec import Struct

from wardline.platform.processes import die_with_parent

Told = Callable[[int], None]
# Seconds that the jobs of each name took, added up over the workers.
Seconds = dict[str, float]


class Job(Struct, frozen=True):
    """A piece of work: its name, which part of it, and the names of the work that must be over before."""

    name: str
    part: int = 0
    after: tuple[str, ...] = ()


class Hand(Protocol):
    """Whoever does the jobs; made once in each worker."""

    def do(self, job: Job, told: Told) -> None:
        """The whole job; tells how many steps of it are done, as it goes."""
        ...

    def close(self) -> None: ...


class Broken(Exception):
    """A worker could not go on; the text says why."""


def work(jobs: Sequence[Job], hire: Callable[..., Hand], order: Any, *, workers: int, told: Told) -> Seconds:
    """Does all jobs; `hire(order)` makes a worker's hand. One worker is this process itself. Raises Broken."""
    seconds: Seconds = {job.name: 0.0 for job in jobs}
    if workers == 1:
        with closing(hire(order)) as hand:
            for job in jobs:
                began = time.monotonic()
                hand.do(job, told)
                seconds[job.name] += time.monotonic() - began
        return seconds
    crew = [_Worker(hire, order) for _ in range(workers)]
    try:
        _share(list(jobs), crew, told, seconds)
    finally:
        for worker in crew:
            worker.leave()
    return seconds


def _share(waiting: list[Job], crew: "list[_Worker]", told: Told, seconds: Seconds) -> None:
    """Gives the first job that may begin to whoever is free, until all are done."""
    while True:
        for worker in crew:
            if worker.job is None and (job := _first_ready(waiting, crew)) is not None:
                waiting.remove(job)
                worker.begin(job)
        busy = {worker.pipe: worker for worker in crew if worker.job is not None}
        if not busy:
            assert not waiting, f"{waiting[0].name} waits for work that nobody does"
            return
        for pipe in wait(list(busy)):
            busy[pipe].listen(told, seconds)  # pyright: ignore[reportArgumentType]


def _first_ready(waiting: list[Job], crew: "list[_Worker]") -> Job | None:
    going_on = {job.name for job in waiting} | {worker.job.name for worker in crew if worker.job is not None}
    return next((job for job in waiting if not going_on.intersection(job.after)), None)


class _Worker:
    """One process and the job that it has."""

    def __init__(self, hire: Callable[..., Hand], order: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.job: Job | None = None
        self.process = context.Process(target=_serve, args=(theirs, os.getpid(), hire, order), daemon=True)
        self.process.start()
        theirs.close()

    def begin(self, job: Job) -> None:
        self.job, self.began = job, time.monotonic()
        self.pipe.send(job)

    def listen(self, told: Told, seconds: Seconds) -> None:
        """Take in one piece of news: steps done, the end of the job, or why there is none."""
        assert self.job is not None
        try:
            news = self.pipe.recv()
        except EOFError:
            raise Broken(f"The process that made {self.job.name} ended.") from None
        if isinstance(news, str):
            raise Broken(news)
        if news is None:
            seconds[self.job.name] += time.monotonic() - self.began
            self.job = None
        else:
            told(news)

    def leave(self) -> None:
        """No more work; whoever is in the middle of some stops there."""
        if self.job is not None:
            self.process.terminate()
        self.pipe.close()
        self.process.join()


def _serve(pipe: Connection, parent_id: int, hire: Callable[..., Hand], order: Any) -> None:
    """A worker's life: it ends when nobody is at the other end of the pipe."""
    die_with_parent(parent_id)
    try:
        with closing(hire(order)) as hand:
            while True:
                hand.do(pipe.recv(), pipe.send)
                pipe.send(None)
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")
        raise

"""Tasks of an archive handed to Dask distributed; the only module that knows it, loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING

from detector.archive.tasks import Answer, Staff, Task
from detector.errors import ArchiveError

if TYPE_CHECKING:
    from detector.archive.job import Submit

_RETRIES = 2  # a host that goes away takes its tasks with it


@contextmanager
def dask(scheduler: str | None, local: int | None) -> Iterator[tuple[Submit, int]]:
    """What hands a task to a cluster, and how many workers that has.

    Parameters
    ----------
    scheduler
        Address of a running scheduler, whose workers see the same files under the same paths; None
        for `local` workers on this machine.

    Raises
    ------
    ArchiveError
        When Dask is not installed, or no scheduler or worker answers.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ArchiveError("Dask is not installed; pip install 'gunshot-tally[cluster]'") from error
    with ExitStack() as stack:
        if scheduler is None:
            # The analysis runs in children anyway: a thread for each, in this process, costs least.
            cluster = LocalCluster(
                n_workers=1, threads_per_worker=local, processes=False, dashboard_address=None, silence_logs=50
            )
            client = Client(stack.enter_context(cluster))
        else:
            try:
                client = Client(scheduler, timeout=30)
            except (OSError, ValueError) as error:
                raise ArchiveError(f"{scheduler}: no scheduler answers ({error}); check the address") from error
        stack.enter_context(client)
        if scheduler is None:
            stack.callback(_dismiss)  # before the workers, which wait for what is under way
        workers = sum(client.nthreads().values())
        if not workers:
            raise ArchiveError(f"{scheduler}: the scheduler has no workers; start some with dask worker")
        executor = client.get_executor(pure=False, retries=_RETRIES)

        def submit(task: Task) -> Future[Answer]:
            promise: Future[Answer] = executor.submit(answered, task)
            return promise

        yield submit, workers


def answered(task: Task) -> Answer:
    """What became of a task, in a child of this worker."""
    return _staff().answer(task)


@cache
def _staff() -> Staff:
    return Staff()


def _dismiss() -> None:
    _staff().close()
    _staff.cache_clear()

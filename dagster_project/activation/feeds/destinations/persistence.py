"""Trying again: with growing, random waits, no more often than is declared, and only where it may help."""

from collections.abc import Callable
from time import sleep
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from dagster_project.activation.feeds.destinations.protocol import DestinationFailed
from dagster_project.activation.feeds.destinations.settings import Remote

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds; the wait is drawn from 0 to the bound, which doubles
T = TypeVar("T")


def persistently(settings: Remote, act: Callable[[], T]) -> T:
    """The result of `act`, tried again after a DestinationFailed that may pass.

    A receiver that names a time (Retry-After) is left alone for so long; one that names a time beyond
    `give_up_after_seconds` is not waited for. Raises the last DestinationFailed.
    """
    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, DestinationFailed) and error.is_passing),
        stop=stop_after_attempt(settings.attempts) | stop_before_delay(settings.give_up_after_seconds),
        wait=_wait,
        sleep=lambda seconds: sleep(seconds),
        reraise=True,
    )
    try:
        return retrying(act)
    except DestinationFailed as error:
        tries = retrying.statistics.get("attempt_number", 1)
        if tries > 1:
            error.strerror = f"{error.strerror} (tried {tries} times)"
        raise error from None


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, DestinationFailed) else None
    drawn = wait_random_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT)(state)
    return drawn if asked is None else asked + min(drawn, 1.0)

"""How the functions here are compiled."""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}
"""Kept on disk; other threads run meanwhile; no counting of references to arrays, which none of these functions makes
(with it the search is thirty times slower)."""


def compiled(function: Function) -> Function:
    """The function, compiled when it is first called."""
    made: Function = njit(**_OPTIONS)(function)
    return made


def inlined(function: Function) -> Function:
    """The same, and written into every compiled function that calls it."""
    made: Function = njit(**_OPTIONS, inline="always")(function)
    return made

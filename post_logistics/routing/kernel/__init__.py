"""The compiled search: tours as linked lists in arrays, torn and mended a hundred thousand times a second.

After Christiaens and Vanden Berghe, Slack Induction by String Removals for Vehicle Routing Problems (2020).

What is compiled is kept on disk under a print of this folder's code: numba itself looks only at the file of the
function it compiles, not at those that it calls.
"""

import hashlib
import os
from pathlib import Path

from numba import config

_HERE = Path(__file__).parent


def _print_of_the_code() -> str:
    digest = hashlib.blake2b(repr(config.BOUNDSCHECK).encode(), digest_size=8)  # type: ignore[attr-defined]
    for file in sorted(_HERE.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _compiled_dir() -> str:
    """Beside the code if that can be written, else where numba would put it."""
    beside = _HERE / "__pycache__" / f"compiled-{_print_of_the_code()}"
    return str(beside) if os.access(_HERE, os.W_OK) else str(config.CACHE_DIR)  # type: ignore[attr-defined]


config.CACHE_DIR = _compiled_dir()  # type: ignore[attr-defined]

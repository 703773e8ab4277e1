"""Arrays that take long to make, kept on disk under what they were made from."""

import hashlib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]

MOST_BYTES = 500_000_000
"""So much of one name is kept; what was longest unused makes room."""


def kept(
    cache_dir: Path | None,
    name: str,
    made_from: Sequence[Path | Array],
    make: Callable[[], Arrays],
    most_bytes: int = MOST_BYTES,
) -> Arrays:
    """The arrays that ``make`` makes of ``made_from``, read from ``cache_dir`` if they lie there, else made and kept.

    A file counts by its content, an array by its numbers; name the source of the code among them if its change must
    count too. A kept file that is damaged is made anew; a folder that cannot be written is done without.
    """
    if cache_dir is None:
        return make()
    file = cache_dir / f"{name}-{_digest(made_from)}.npz"
    with suppress(OSError, ValueError, EOFError, zipfile.BadZipFile), file.open("rb") as opened:
        with np.load(opened) as arrays:
            found = dict(arrays)
        with suppress(OSError):
            file.touch()
        return found
    made = make()
    with suppress(OSError):
        _keep(file, made)
        _make_room(cache_dir, name, most_bytes)
    return made


def _digest(made_from: Sequence[Path | Array]) -> str:
    """Tells one content from another: 40 hexadecimal digits."""
    whole = hashlib.blake2b(digest_size=20)
    for part in made_from:
        if isinstance(part, Path):
            with part.open("rb") as file:
                whole.update(hashlib.file_digest(file, "blake2b").digest())
        else:
            whole.update(f"{part.dtype}{part.shape}".encode())
            whole.update(hashlib.blake2b(np.ascontiguousarray(part).data).digest())
    return whole.hexdigest()


def _keep(file: Path, made: Arrays) -> None:
    """Writes beside the file and renames: whoever reads it finds all of it or nothing."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as beside:
        try:
            np.savez(beside, **made)  # type: ignore[arg-type]
            beside.close()
            Path(beside.name).replace(file)
        finally:
            Path(beside.name).unlink(missing_ok=True)


def _make_room(folder: Path, name: str, most_bytes: int) -> None:
    files = [(file.stat().st_mtime_ns, file.stat().st_size, file) for file in folder.glob(f"{name}-*.npz")]
    room = most_bytes
    for _, size, file in sorted(files, reverse=True):
        room -= size
        if room < 0:
            file.unlink(missing_ok=True)

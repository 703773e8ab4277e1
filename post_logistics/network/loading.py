"""The resolver of the tables in ``data/``, made once and kept: a process that starts finds it ready.

What is kept is only what the tables and this package say: either changes, and it is made anew.
"""

import gc
import hashlib
import pickle
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from post_logistics.network.offices import load_offices
from post_logistics.network.places import load_places
from post_logistics.network.resolve import Resolver

_TABLES = ("post_offices.csv", "places.csv", "unions.csv", "thanas.csv", "districts.csv")
_NAME = "resolver-{}.pickle"


def _program() -> bytes:
    digest = hashlib.sha256(platform.python_version().encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.digest()


_PROGRAM = _program()
"""The program as it was loaded. One that began before an upgrade keeps no resolver for those that begin after it."""

_ready: dict[tuple[Path, str], Resolver] = {}
"""The one resolver of this process, by where its tables lie and what state they are in."""


def load_resolver(facts_dir: Path, cache_dir: Path | None = None) -> Resolver:
    """The resolver of these tables, one in a process; Unacceptable names the file, row and column that is wrong."""
    state = _print(facts_dir)
    if (facts_dir, state) not in _ready:
        _ready.clear()
        _ready[facts_dir, state] = open_resolver(facts_dir, cache_dir)
    return _ready[facts_dir, state]


def open_resolver(facts_dir: Path, cache_dir: Path | None = None) -> Resolver:
    """A resolver, read from the cache if it was made before, in a third of the time, and otherwise made and kept there.

    ``cache_dir`` must be the user's own. A cache that cannot be read or written is done without.
    """
    with _no_garbage_to_look_for():
        if cache_dir is None:
            return _made(facts_dir)
        kept = cache_dir / _NAME.format(_print(facts_dir))
        try:
            resolver = pickle.loads(kept.read_bytes())  # noqa: S301 - written by this program into a folder of its user
            if isinstance(resolver, Resolver):
                return resolver
        except Exception:  # noqa: S110 - whatever is wrong with it, it can be made again
            pass
        resolver = _made(facts_dir)
        with suppress(OSError):
            _keep(kept, resolver)
        return resolver


def _made(facts_dir: Path) -> Resolver:
    return Resolver(load_offices(facts_dir), load_places(facts_dir))


def _print(facts_dir: Path) -> str:
    """Tells one state of tables and program from another."""
    digest = hashlib.sha256(_PROGRAM)
    for path in (facts_dir / name for name in _TABLES):
        if path.exists():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:20]


def _keep(kept: Path, resolver: Resolver) -> None:
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=kept.parent, delete=False) as file:
        pickle.dump(resolver, file, protocol=pickle.HIGHEST_PROTOCOL)
    Path(file.name).replace(kept)
    for old in kept.parent.glob(_NAME.format("*")):
        if old != kept:
            old.unlink(missing_ok=True)


@contextmanager
def _no_garbage_to_look_for() -> Iterator[None]:
    """A hundred thousand small objects are made, and all of them are kept."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

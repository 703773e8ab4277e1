"""Scripts of the pages, under an address that changes with any of them: they import each other by plain names."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import HTTPException, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse

from api.pages.shell import PACKED, STATIC, accepts_packed, packed_code, static
from api.slices import Slice

router = Slice(include_in_schema=False)


@lru_cache
def scripts() -> Mapping[str, Path]:
    """``device/queue.js`` -> its file, for every script there is."""
    return {path.relative_to(STATIC).as_posix(): path for path in sorted(STATIC.rglob("*.js"))}


@lru_cache
def version() -> str:
    """A few letters that change whenever any file that the pages use does."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(one for one in STATIC.rglob("*") if one.is_file()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def code(name: str) -> str:
    """The address of a script."""
    return f"/code/{version()}/{name}"


@router.get("/code/{asked}/{name:path}")
def page_code(request: Request, asked: str, name: Annotated[str, InPath(max_length=100)]) -> Response:
    """The script of this version, good for ever; 404 for those that were."""
    if asked != version() or name not in scripts():
        raise HTTPException(404, "there is no such script")
    kept = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    if accepts_packed(request.headers):
        return Response(_packed_script(name), media_type="text/javascript", headers=kept | PACKED)
    return FileResponse(scripts()[name], media_type="text/javascript", headers=kept)


@lru_cache
def _packed_script(name: str) -> bytes:
    return packed_code(scripts()[name])


_WORKER = "device/worker.js"


def offline_worker(page: str, folder: str, kept: Sequence[str]) -> Response:
    """What opens that page without a network. Its scripts are those of the folder and of ``device``; ``kept``: files.

    The same for everybody, and new whenever a file of it is.
    """
    ours = (name for name in scripts() if name.startswith((f"{folder}/", "device/")) and name != _WORKER)
    known = {"PAGE": page, "VERSION": version(), "FILES": [page, *map(static, kept), *map(code, ours)]}
    told = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items())
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": "default-src 'self'",  # a worker fetches by its own policy, not by that of its page
        "Service-Worker-Allowed": page,
    }
    return Response(told + (STATIC / _WORKER).read_text(encoding="utf-8"), 200, headers, "text/javascript")

"""Where confirmations are read: over HTTP from the post, or from a file that the post has written."""

import http.client
import json
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

_PAGE: Final = 200
_TIMEOUT_S: Final = 30
_MOST_BYTES: Final = 8 << 20


class Unreachable(Exception):
    """Nothing whole came: ask again later. Nothing was done."""


class Source(Protocol):
    """Gives what follows a number."""

    def after(self, number: int) -> Sequence[Mapping[str, Any]]:
        """The next rows in their order, empty if there are none yet; Unreachable if nothing whole came."""

    def public_keys(self) -> Sequence[Mapping[str, Any]]:
        """The public keys (JWK) that the post says are its own: to be compared with it before one is trusted."""


class OverHttp:
    """The post's server."""

    def __init__(self, base_url: str, key: str) -> None:
        self.url = base_url
        self._address = urlsplit(base_url)
        self._key = key

    def after(self, number: int) -> Sequence[Mapping[str, Any]]:
        """A page; a short one or a cut one is no loss, for the next request asks for what is still missing."""
        return self._rows(f"/v1/confirmations?after={number}&limit={_PAGE}", "confirmations")

    def public_keys(self) -> Sequence[Mapping[str, Any]]:
        """The keys."""
        return self._rows("/v1/confirmations/keys", "keys")

    def _rows(self, path: str, member: str) -> Sequence[Mapping[str, Any]]:
        secure = self._address.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        line = kind(self._address.hostname or "", self._address.port, timeout=_TIMEOUT_S)
        try:
            line.request("GET", self._address.path.rstrip("/") + path, headers={"Authorization": f"Bearer {self._key}"})
            answer = line.getresponse()
            body = answer.read(_MOST_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"no whole answer ({error.__class__.__name__})") from None
        finally:
            line.close()
        if answer.status != 200:
            raise Unreachable(f"the post answers {answer.status}")
        return _listed(body, member)


def _listed(body: bytes, member: str) -> Sequence[Mapping[str, Any]]:
    try:
        found = json.loads(body)[member]
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise TypeError
    except (ValueError, KeyError, TypeError):
        raise Unreachable("the answer is not whole") from None
    return found


class FromFile:
    """A file of ``post-logistics confirmations-file``: a row a line, the keys beside it in ``.keys.json``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = (0, 0)  # so many lines, and bytes

    def after(self, number: int) -> Sequence[Mapping[str, Any]]:
        """Rows of the file; a last line without an end is still being written."""
        try:
            with self._path.open("rb") as lines:
                if self._read[0] == number:
                    lines.seek(self._read[1])
                else:
                    for _ in islice(lines, number):
                        pass
                whole = [line for line in islice(lines, _PAGE) if line.endswith(b"\n")]
                self._read = (number + len(whole), lines.tell())
                return [json.loads(line) for line in whole]
        except (OSError, ValueError) as error:
            raise Unreachable(f"{self._path} cannot be read ({error.__class__.__name__})") from None

    def public_keys(self) -> Sequence[Mapping[str, Any]]:
        """The keys."""
        try:
            return _listed(self._path.with_suffix(".keys.json").read_bytes(), "keys")
        except OSError as error:
            raise Unreachable(f"its keys cannot be read ({error.__class__.__name__})") from None

"""What desks that issue papers have in common: they seal lists, and hear, once and signed, what became of a paper."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tests.standins.serving import Answer, Asked, Standin

NEWS: Final = "/post/news"
"""Where the post tells what became of each paper."""


class Issuer(Standin):
    """A desk. ``post_url``, ``key``: where the post takes lists, and by which key; ``token``: what signs its news."""

    number_field = "application_number"
    """What its news call the number of an application."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token
        self.post_url, self.key = "", ""
        self.refused = 0
        """News that was not the post's own."""
        self._known: set[str] = set()

    def issued(self) -> Mapping[str, Any]:
        """Every paper by the number of its application."""
        raise NotImplementedError

    def hear(self, paper: Any, news: dict[str, Any]) -> None:
        """Keeps what is new of that paper."""
        raise NotImplementedError

    def answer(self, asked: Asked) -> Answer:
        """Takes news of a paper, once, if it is signed."""
        if asked.path != NEWS:
            return Answer({"error": "no such path"}, 404)
        signed = f"{asked.headers.get('x-post-time', '')}.".encode() + asked.body
        right = hmac.digest(self.token.encode(), signed, "sha256").hex()
        if not hmac.compare_digest(right, asked.headers.get("x-post-signature", "")):
            self.refused += 1
            return Answer({"error": "not signed"}, 401)
        news = asked.json()
        paper = self.issued().get(news[self.number_field])
        if paper is None:
            return Answer({"error": "no such application"}, 404)
        if asked.headers["webhook-id"] not in self._known:
            self._known.add(asked.headers["webhook-id"])
            self.hear(paper, news)
        return Answer({"result": "ok"})


def seal(lines: Iterable[Sequence[str]]) -> str:
    """The digest of a list: SHA-256 over a JSON array of the texts of each line, each with a line end."""
    reckoned = hashlib.sha256()
    for texts in lines:
        reckoned.update(json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return reckoned.hexdigest()

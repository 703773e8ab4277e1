"""Stand-ins answer over a port, and misbehave as they are told to: once, and where they are told to."""

import json
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.standins.serving import Answer, Asked, Fault, Standin, served


class Echo(Standin):
    """Answers what it is asked."""

    name = "echo"

    def answer(self, asked: Asked) -> Answer:
        """The request itself."""
        return Answer({"path": asked.path, "query": asked.query, "form": asked.form()})


def _ask(address: str, body: bytes | None = None, timeout_s: float = 5) -> dict[str, object]:
    with urlopen(Request(address, data=body), timeout=timeout_s) as answer:
        return dict(json.loads(answer.read()))


def test_what_is_asked_is_answered_and_kept() -> None:
    echo = Echo()
    with served(echo) as address:
        found = _ask(f"{address}/a/b?x=1", b"name=%E0%A6%95&empty=")
    assert found == {"path": "/a/b", "query": {"x": "1"}, "form": {"name": "ক", "empty": ""}}
    assert [(one.method, one.path) for one in echo.heard] == [("POST", "/a/b")]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.SILENT, TimeoutError),
        (Fault.LOST, HTTPException),
        (Fault.GARBLED, HTTPException),
        (Fault.BROKEN, HTTPError),
    ],
)
def test_a_fault_meets_the_requests_it_is_meant_for_and_no_other(fault: Fault, error: type[Exception]) -> None:
    echo = Echo()
    with served(echo) as address:
        echo.misbehave(fault, on="pay")
        assert _ask(f"{address}/other")["path"] == "/other"
        with pytest.raises(error):
            _ask(f"{address}/pay", timeout_s=0.3)
        assert _ask(f"{address}/pay")["path"] == "/pay"

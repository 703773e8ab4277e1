"""Lines that programs and people can read, and that never repeat what an error says."""

import io
import json
import logging
import re

import pytest
from structlog.contextvars import bound_contextvars

from post_logistics.logs import line_formatter


def lines(production: bool) -> tuple[logging.Logger, io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(line_formatter(production))
    logger = logging.Logger("api.test")
    logger.addHandler(handler)
    return logger, stream


def test_in_production_a_line_is_one_json_document_with_the_facts_apart() -> None:
    logger, stream = lines(production=True)
    with bound_contextvars(request_id="a-number"):
        logger.info("request", extra={"operation": "book", "status": 201})
    said = json.loads(stream.getvalue())
    assert said.pop("timestamp").endswith("Z")
    assert said == {
        "event": "request",
        "level": "info",
        "logger": "api.test",
        "operation": "book",
        "request_id": "a-number",
        "status": 201,
    }


def test_in_development_it_is_a_sentence_with_its_facts_behind() -> None:
    logger, stream = lines(production=False)
    logger.warning("the %s waits", "relay", extra={"since": "09:00"})
    assert stream.getvalue()[9:] == "warning  the relay waits since=09:00\n"


@pytest.mark.parametrize("production", [True, False])
def test_of_an_error_the_kind_and_the_place_are_told_and_not_its_words(production: bool) -> None:
    logger, stream = lines(production)
    words = " ".join(["Canaria", "Zzyzx", "01712345678"])  # the lines of code are told, and what stands in them
    try:
        raise ValueError(words)
    except ValueError as error:
        logger.exception("the relay failed")
        logger.error("and again", exc_info=error)
    said = stream.getvalue()
    assert len(re.findall(r"error\W+ValueError", said)) == 2 and said.count("test_logs.py") == 2
    assert words not in said


def test_red_control_the_library_alone_would_repeat_the_words() -> None:
    stream = io.StringIO()
    logger = logging.Logger("plain")
    logger.addHandler(logging.StreamHandler(stream))
    try:
        raise ValueError("Canaria Zzyzx")
    except ValueError:
        logger.exception("the relay failed")
    assert "Zzyzx" in stream.getvalue()

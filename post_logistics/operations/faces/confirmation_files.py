"""Confirmations as a file for those who cannot ask the server: row by row, gone on with where it ended."""

import json
import os
from pathlib import Path
from typing import BinaryIO

from post_logistics.errors import Unacceptable
from post_logistics.operations.faces.confirmations import Signer, as_lines, public_keys
from post_logistics.storage.database import Connection


def write_confirmations(connection: Connection, path: Path, by: Signer) -> int:
    """Brings the file up to date and says how many rows are new; Unacceptable if it is no such file.

    Line N is number N. A line that was cut off by a power failure is written again. Beside the file, in
    ``.keys.json``, stand the public keys.
    """
    with path.open("a+b") as file:
        last = _cut_to_whole_lines(file, path.name)
        new = sum(1 for line in as_lines(connection, last) if file.write(line.encode()))
        file.flush()
        os.fsync(file.fileno())
    keys = json.dumps({"keys": public_keys(connection, by)}, indent=2)
    path.with_suffix(".keys.json").write_text(keys + "\n", encoding="utf-8")
    return new


def _cut_to_whole_lines(file: BinaryIO, name: str) -> int:
    """Removes what follows the last end of a line; the number of the last line, 0 of an empty file."""
    file.seek(0)
    lines, size_bytes, last = 0, 0, b""
    for line in file:
        if line.endswith(b"\n"):
            lines, size_bytes, last = lines + 1, size_bytes + len(line), line
    if lines and _number_of(last) != lines:
        raise Unacceptable(
            f"{name} is no file of confirmations", field="path", remedy="name a new file, or the one of before"
        )
    file.truncate(size_bytes)
    return lines


def _number_of(line: bytes) -> object:
    try:
        return json.loads(line)["number"]
    except (ValueError, KeyError, TypeError):
        return None

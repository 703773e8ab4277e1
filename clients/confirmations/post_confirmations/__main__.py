"""post-confirmations: trust a key, follow the post, prove what was read.

post-confirmations trust BOOK --url URL KID
post-confirmations follow BOOK --url URL --pay PROGRAM [--every SECONDS]
post-confirmations prove BOOK

The key of the API is read from the environment: POST_KEY. ``--file FILE`` in place of ``--url`` reads a file.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

from post_confirmations.book import Book, Instruction
from post_confirmations.checking import Distrust, Place, key_of
from post_confirmations.following import CarryOut, follow
from post_confirmations.sources import FromFile, OverHttp, Source, Unreachable

DONE, AGAIN, LOOK, BUSY = 0, 75, 3, 4
"""How the program ends: well; nothing came, try later; a person has to look; another reader has the book."""
_LONGEST_WAIT_S: Final = 300.0


def main(arguments: list[str] | None = None) -> int:
    """Does what is asked; what it gives back is the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        with Book(asked.book) as book:
            return int(asked.do(book, asked))
    except Distrust as error:
        _complain(f"{error}\nNothing of it was done.")
        return LOOK
    except Unreachable as error:
        _complain(error)
        return AGAIN
    except BlockingIOError as error:
        _complain(error)
        return BUSY


def _say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _complain(text: object) -> None:
    sys.stderr.write(f"{text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="post-confirmations", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    for name, do in (("trust", _trust), ("follow", _follow), ("prove", _prove)):
        command = commands.add_parser(name)
        command.set_defaults(do=do)
        command.add_argument("book", type=Path, help="the SQLite file that remembers")
        if name == "prove":
            continue
        source = command.add_mutually_exclusive_group(required=True)
        source.add_argument("--url", help="the post's server")
        source.add_argument("--file", type=Path, help="a file that the post has written")
        if name == "trust":
            command.add_argument("kid", help="the key's id, as the post has told it some other way")
        else:
            command.add_argument("--pay", required=True, help="the program that pays: an instruction on its stdin")
            command.add_argument("--every", type=float, default=0, help="go on for ever, looking every so many seconds")
            command.add_argument("--after", type=int, help="begin after this number; needs --digest")
            command.add_argument("--digest", help="the SHA-256 of its signed text")
    return parser


def _source(asked: argparse.Namespace) -> Source:
    return OverHttp(asked.url, os.environ.get("POST_KEY", "")) if asked.url else FromFile(asked.file)


def _trust(book: Book, asked: argparse.Namespace) -> int:
    for jwk in _source(asked).public_keys():
        if key_of(jwk).kid == asked.kid:
            book.trust(dict(jwk))
            _say(f"{asked.kid} is trusted from now on")
            return DONE
    _complain(f"the post has no key {asked.kid}")
    return LOOK


def _follow(book: Book, asked: argparse.Namespace) -> int:
    if asked.after is not None:
        book.begin_after(Place(asked.after, asked.digest or ""))
    source, pay = _source(asked), _paying(asked.pay)
    wait_s = asked.every
    while True:
        try:
            new = follow(book, source, pay)
            _say(json.dumps({"new": new, "number": book.place().number, **book.count()}))
            wait_s = asked.every
        except (Unreachable, subprocess.SubprocessError) as error:
            if not asked.every:
                raise Unreachable(str(error)) from None
            _complain(error)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
        if not asked.every:
            return DONE
        time.sleep(wait_s)


def _paying(program: str) -> CarryOut:
    def carry_out(instruction: Instruction) -> None:
        subprocess.run([program], input=json.dumps(asdict(instruction)).encode(), check=True, timeout=60)  # noqa: S603 - whoever runs this names their own program

    return carry_out


def _prove(book: Book, asked: argparse.Namespace) -> int:
    place = book.prove()
    _say(json.dumps({"number": place.number, "digest": place.digest, **book.count()}))
    return DONE


if __name__ == "__main__":
    sys.exit(main())

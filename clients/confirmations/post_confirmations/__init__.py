"""The post's delivery confirmations for those who pay on them: read in order, checked, acted on once each."""

from post_confirmations.book import Book, Instruction
from post_confirmations.checking import Distrust, Key, Place, Told, check, key_of
from post_confirmations.following import follow
from post_confirmations.sources import FromFile, OverHttp, Source, Unreachable

__all__ = [
    "Book",
    "Distrust",
    "FromFile",
    "Instruction",
    "Key",
    "OverHttp",
    "Place",
    "Source",
    "Told",
    "Unreachable",
    "check",
    "follow",
    "key_of",
]
__version__ = "0.1.0"

"""Messages of Amazon's notification service (SNS): believed once their signature and their topic are found right.

The format: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import base64
import json
import re
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import load_pem_x509_certificate

from post_logistics.channels.payments.asking import Road
from post_logistics.channels.payments.port import Call
from post_logistics.errors import Unacceptable

KIND: Final = "x-amz-sns-message-type"
"""The header that every message of the service has."""
_HOST: Final = r"https://sns\.[a-z0-9-]{3,30}\.amazonaws\.com(?:\.cn)?/"
_SIGNED: Final = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_HASHES: Final = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303  the format has no other for version 1
_KEPT: Final = 8


@dataclass(frozen=True, slots=True)
class Subscription:
    """What listens to one topic. ``also_at``: an address that may stand for Amazon's, in development.

    Who knows no topic is told nothing: anybody can have a topic at Amazon, and sign with it.
    """

    topic: str
    road: Road
    also_at: str = ""
    _keys: dict[str, rsa.RSAPublicKey] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock)

    def heard(self, call: Call) -> dict[str, Any] | None:
        """The message that was published; None for anything else. An invitation to subscribe is accepted."""
        try:
            told = json.loads(call.body)
        except ValueError:
            return None
        if not isinstance(told, dict) or told.get("Type") != call.headers.get(KIND) or not self._is_signed(told):
            return None
        if told["Type"] == "SubscriptionConfirmation":
            self._fetch(told.get("SubscribeURL"))
        if told["Type"] != "Notification":
            return None
        try:
            message = json.loads(told["Message"])
        except (KeyError, TypeError, ValueError):
            return None
        return message if isinstance(message, dict) else None

    def _is_signed(self, told: dict[str, Any]) -> bool:
        """Whether Amazon signed the message for our topic."""
        if not self.topic or told.get("TopicArn") != self.topic:
            return False
        algorithm = _HASHES.get(str(told.get("SignatureVersion")))
        key = self._key(told.get("SigningCertURL"))
        if algorithm is None or key is None:
            return False
        plain = "".join(f"{name}\n{told[name]}\n" for name in _SIGNED if told.get(name) is not None)
        try:
            signature = base64.b64decode(str(told.get("Signature")), validate=True)
            key.verify(signature, plain.encode(), padding.PKCS1v15(), algorithm)
        except (InvalidSignature, ValueError):
            return False
        return True

    def _key(self, url: object) -> rsa.RSAPublicKey | None:
        """The key of the certificate at that address, fetched once; None if no certificate of Amazon's can be there."""
        if not isinstance(url, str) or not url.endswith(".pem"):
            return None
        with self._lock:
            if url in self._keys:
                return self._keys[url]
        body = self._fetch(url)
        try:
            key = load_pem_x509_certificate(body).public_key()
        except ValueError:
            return None
        if not isinstance(key, rsa.RSAPublicKey):
            return None
        with self._lock:
            while len(self._keys) >= _KEPT:
                self._keys.pop(next(iter(self._keys)))
            self._keys[url] = key
        return key

    def _fetch(self, url: object) -> bytes:
        """What Amazon answers there; nothing if the address is not Amazon's."""
        if not isinstance(url, str) or not (re.match(_HOST, url) or (self.also_at and url.startswith(self.also_at))):
            return b""
        try:
            answer = self.road.fetch(url)
        except Unacceptable:
            return b""
        return answer.body if answer.status == 200 else b""

"""The post for programs: book, label, track and be paid, in Python, without dependencies.

>>> from post_logistics_client import Client
>>> post = Client("https://post.example", "pl_...")
"""

from post_logistics_client.client import Client
from post_logistics_client.sending import Answer, NoAnswer, Problem, Retries, Transport
from post_logistics_client.webhooks import Forged, verify_webhook

__all__ = ["Answer", "Client", "Forged", "NoAnswer", "Problem", "Retries", "Transport", "verify_webhook"]
__version__ = "0.1.0"

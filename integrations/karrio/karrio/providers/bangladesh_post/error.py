"""What the post refuses, as Karrio tells it."""

from typing import Any

from karrio.core import models
from karrio.providers.bangladesh_post.utils import Settings


def parse_error_response(answer: dict[str, Any], settings: Settings, **details: Any) -> list[models.Message]:
    """A message for a problem; none for any other answer."""
    if not str(answer.get("type", "")).startswith("urn:post-logistics:"):
        return []
    told = {name: answer[name] for name in ("field", "remedy", "problems") if answer.get(name)}
    return [
        models.Message(
            carrier_id=settings.carrier_id,
            carrier_name=settings.carrier_name,
            code=answer["type"].rpartition(":")[2],
            message=f"{answer['detail']}. {answer['remedy']}",
            details={**details, **told},
        )
    ]

"""Who asks in a dialect: the shop whose key was sent, if the policy lets shops do this.

A wrong key is refused and nothing else: no count is kept, so nobody can lock a shop out by guessing.
"""

from typing import Annotated

from fastapi import Depends, Header, HTTPException, Request

from api.acting import Principal
from api.context import Now, TheEngine
from api.policy import may, within
from post_logistics.access.keys import KeyKind, halves
from post_logistics.access.roles import Grant
from post_logistics.units import MerchantId


def admit(request: Request, grant: Grant | None) -> MerchantId:
    """The shop of the grant: 401 if there is none, 403 if the policy or the key does not allow this."""
    if grant is None or grant.place.merchant_id is None:
        raise HTTPException(401, "this needs a valid key")
    route = request.scope["route"]
    if not may(route.name, request.method, grant.roles) or not within(grant.scopes, route.tags, request.method):
        raise HTTPException(403, "this key is not for that")
    request.state.who = Principal(grant.actor, grant.roles, grant.place.merchant_id, None)
    return grant.place.merchant_id


def steadfast_merchant(
    engine: TheEngine,
    request: Request,
    at: Now,
    api_key: Annotated[str, Header()] = "",
    secret_key: Annotated[str, Header()] = "",
) -> MerchantId:
    """The shop whose two keys were sent in ``Api-Key`` and ``Secret-Key``."""
    return admit(request, engine.keyring.pair(KeyKind.STEADFAST, api_key, secret_key, at))


def redx_merchant(
    engine: TheEngine, request: Request, at: Now, api_access_token: Annotated[str, Header()] = ""
) -> MerchantId:
    """The shop whose token was sent in ``API-ACCESS-TOKEN``."""
    token = halves(api_access_token.removeprefix("Bearer").strip())
    return admit(request, engine.keyring.pair(KeyKind.REDX, token.key_id, token.secret, at))


def pathao_merchant(
    engine: TheEngine, request: Request, at: Now, authorization: Annotated[str, Header()] = ""
) -> MerchantId:
    """The shop whose access token was sent."""
    token = halves(authorization[7:].strip() if authorization[:7].lower() == "bearer " else "")
    return admit(request, engine.keyring.pair(KeyKind.TOKEN, token.key_id, token.secret, at))


SteadfastMerchant = Annotated[MerchantId, Depends(steadfast_merchant)]
RedxMerchant = Annotated[MerchantId, Depends(redx_merchant)]
PathaoMerchant = Annotated[MerchantId, Depends(pathao_merchant)]

"""Check tokens."""

from __future__ import annotations

from mwclient_async import Site
from mwclient_async.errors import InvalidParameter, MissingParameter
from tests.support.actions import assert_codes


async def test_a_token_is_checked(steward: Site, anonymous: Site) -> None:
    own = await steward.actions.checktoken()
    assert (own.result, own.generated is not None) == ("valid", True)
    assert (await steward.actions.checktoken(type="watch", token="0" * 40 + "+\\")).result == "invalid"
    assert (await anonymous.actions.checktoken(type="csrf", token="+\\")).result == "valid"
    assert (await steward.actions.checktoken(type="csrf", maxtokenage=86_400)).result == "valid"
    await assert_codes(
        (
            (InvalidParameter, "badvalue", steward.actions.checktoken(type="nothing", token="x")),
            (MissingParameter, "missingparam", steward.call("checktoken", type="csrf")),
        )
    )

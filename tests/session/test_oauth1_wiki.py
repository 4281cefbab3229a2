"""A wiki that checks signatures of OAuth 1.0a itself accepts those of every kind of request, and no other ones."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from attrs import evolve

from mwclient_async import OAuth1, RetryPolicy
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import AuthorizationRefused
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.support.image_files import png
from tests.support.logins import LeakCheck, RecordingTransport, fresh, password, site, whoami
from tests.support.oauth_wiki import SETTINGS, TokenDesk

pytestmark = pytest.mark.everywhere

ODD = "Odd? a&b=c+d/É ~'\"*! 100% 🌍 שלום"
ONCE = RetryPolicy(attempts=1)


@pytest.fixture(scope="module")
def wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return mediawiki_factory(version=mediawiki_version, settings=SETTINGS)


@pytest.fixture(scope="module")
def desk(wiki: LocalWiki) -> TokenDesk:
    password(wiki, "Signer")
    return TokenDesk(wiki)


@pytest.fixture
def auth(desk: TokenDesk) -> OAuth1:
    return desk.register_consumer("Signer")


async def test_requests_of_every_kind_are_accepted(wiki: LocalWiki, auth: OAuth1, tmp_path: Path) -> None:
    title = fresh(ODD)
    async with site(wiki, auth=auth) as opened:
        assert await whoami(opened) == "Signer"
        page = opened.page(title)
        await page.create(f"{ODD}\n\r\t a  b &amp;= +%2B")
        await page.append("x")
        titles = [title, *(f"{ODD} {number}" for number in range(40))]  # so many that they are POSTed
        assert [found.title for found in await opened.pages(titles=titles).collect()] == titles
        made = await opened.rest.create_page(f"{title} 2", source=ODD)
        await opened.rest.update_page(made.title, source=f"{ODD}\nx", latest=made.latest.id)
        assert (await opened.rest.page(title)).source.endswith("x")
        assert len(await opened.rest.history(title).collect()) == 2
        for name, size in (("Direct.png", 3_000), ("In chunks.png", 20_000)):
            source = png(tmp_path / name, size)
            await opened.upload(source, filename=name, chunk_size=8_000)
            await opened.file(name).download(received := BytesIO())
            assert received.getvalue() == source.read_bytes()


class Tampering(RecordingTransport):
    """Changes each request after it was signed."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.body, bytes) and request.body:
            return await super().send(evolve(request, body=request.body.replace(b"genuine", b"changed")))
        return await super().send(evolve(request, url=request.url.replace("genuine", "changed")))


async def test_a_changed_request_is_refused_and_nothing_is_done(wiki: LocalWiki, auth: OAuth1) -> None:
    async with site(wiki, auth=auth, transport=Tampering(), retry=ONCE) as opened:
        for attempt in (
            lambda: opened.call("query", titles="genuine"),
            lambda: opened.page("Signed").save("genuine", missing="create"),
            lambda: opened.rest.page("genuine"),
        ):
            with pytest.raises(AuthorizationRefused, match="Invalid signature"):
                await attempt()
        assert not await opened.page("Signed").exists()


async def test_the_wiki_says_why_it_refuses(wiki: LocalWiki, desk: TokenDesk, auth: OAuth1) -> None:
    async with site(wiki, auth=auth) as opened:
        for changes, reason in (
            ({"ahead": 3600}, r"clock is 1 h( 1 s)? behind the wiki's"),
            ({"ahead": -3600}, r"clock is (1 h|59 min 59 s) ahead of the wiki's"),
            ({"ahead": 0, "elsewhere": True}, "other IP addresses only"),
            ({"elsewhere": False, "disabled": True}, "the consumer is disabled"),
        ):
            desk.change_consumer(auth, **changes)
            for attempt in (lambda: opened.call("query"), lambda: opened.rest.page("Main Page")):
                with pytest.raises(AuthorizationRefused, match=reason):
                    await attempt()
    for wrong in (evolve(auth, consumer_token="0" * 32), evolve(auth, access_token="0" * 32)):
        async with site(wiki, auth=wrong) as opened:
            with pytest.raises(AuthorizationRefused, match=r"know the consumer token|is not of this consumer"):
                await opened.call("query")


async def test_s1_no_secret_of_a_signature_is_exposed(
    wiki: LocalWiki, auth: OAuth1, desk: TokenDesk, caplog: pytest.LogCaptureFixture
) -> None:
    exposed = LeakCheck(caplog)
    exposed.know(auth.consumer_secret, auth.access_token, auth.access_secret)
    async with exposed.visit(wiki, auth=auth, retry=ONCE) as (opened, recorder):
        stream = opened.query(titles="Main Page", meta="tokens")
        async for batch in stream.batches():
            exposed.show(stream, batch, batch.cursor)
        exposed.show(await opened.page(fresh("Discreet")).create("x"), opened.login_state())
        await opened.rest.create_page(fresh("Discreet"), source="x")
        recorder.dropped = "titles=lost"
        await exposed.refused(lambda: opened.call("query", titles="lost"))
        desk.change_consumer(auth, elsewhere=True)
        await exposed.refused(lambda: opened.call("query"))
        await exposed.refused(lambda: opened.rest.page("Main Page"))
    exposed.check(at_least=5)

"""The static table of MediaWiki's modules, compared with what running wikis report."""

from __future__ import annotations

import pytest

from mwclient_async import Site
from mwclient_async._session.module_table import Module, core_modules, parse_paraminfo


async def described(site: Site) -> dict[str, Module]:
    main = await site.call("paraminfo", modules="main", helpformat="none")
    (actions,) = [p["type"] for p in main["paraminfo"]["modules"][0]["parameters"] if p["name"] == "action"]
    found = parse_paraminfo(await site.call("paraminfo", modules="query+*", helpformat="none"))
    for at in range(0, len(actions), 50):
        found |= parse_paraminfo(await site.call("paraminfo", modules=actions[at : at + 50], helpformat="none"))
    return found


@pytest.mark.everywhere
async def test_the_table_agrees_with_the_wiki(site: Site) -> None:
    wiki = await described(site)
    for path, known in core_modules().items():
        if path not in wiki:
            continue  # this version does not have it
        module = wiki[path]
        assert (known.prefix, known.post, known.token) == (module.prefix, module.post, module.token), path
        assert known.group == (module.group if "+" in path else ""), path
        if "+" in path and module.limits is not None:
            assert known.limits == module.limits, path
    assert len(core_modules().keys() & wiki.keys()) > 100


@pytest.mark.everywhere
async def test_the_table_has_every_module_of_mediawiki_itself(site: Site) -> None:
    """Only the modules of extensions need a request."""
    main = await site.call("paraminfo", modules="query", helpformat="none")
    groups = {p["name"]: p["submodules"] for p in main["paraminfo"]["modules"][0]["parameters"] if "submodules" in p}
    names = {path for name in ("prop", "list", "meta") for path in groups[name].values()}
    unknown = names - core_modules().keys()
    described = await site.call("paraminfo", modules=sorted(unknown), helpformat="none") if unknown else None
    sources = {m["path"]: m.get("source") for m in described["paraminfo"]["modules"]} if described else {}
    assert [path for path, source in sources.items() if source == "MediaWiki"] == []

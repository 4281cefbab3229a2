"""Which pages exclude a bot by {{bots}} or {{nobots}}."""

from __future__ import annotations

import pytest

from mwclient_async._edit.bot_exclusion import is_bot_allowed

ALLOWED = [
    "",
    "Without a template.",
    "{{bots}}",
    "{{Bots|allow=all}}",
    "{{bots|allow=Other, Demo Bot}}",
    "{{bots|deny=none}}",
    "{{bots|deny=Other,Third Bot}}",
    "{{bots|deny=Demo Bot 2}}",
    "{{bots|allow=demo_bot|deny=all}}",
    "{{nobots|allow=Demo Bot}}",
    "{{nobotsnotice}} {{bots/doc}}",
    "<!-- {{nobots}} -->",
    "<nowiki>{{nobots}}</nowiki> and <NOWIKI >{{bots|deny=all}}</NOWIKI >",
    "<!-- <nowiki> --> {{bots}} <!-- </nowiki> -->",
    "{{bots|deny={{T|all}}}}",
]
EXCLUDED = [
    "{{nobots}}",
    "{{NoBots}}",
    "Before. {{ nobots\n}} After.",
    "{{Template:Nobots}}",
    "{{template_:_nobots}}",
    "{{nobots|deny=all}}",
    "{{bots|deny=all}}",
    "{{bots|deny=ALL}}",
    "{{bots|allow=none}}",
    "{{bots|allow=Other}}",
    "{{bots|allow=}}",
    "{{bots|deny=Demo Bot}}",
    "{{bots|deny=Demo_Bot}}",
    "{{bots| deny = Other ,  demo   bot }}",
    "{{bots\n|deny=Other,\nDemo Bot\n}}",
    "{{bots|optout=all|deny=Demo Bot}}",
    "{{bots}} {{bots|deny=Demo Bot}}",
    "{{bots<!-- not me -->|deny=<!-- but you -->Demo Bot}}",
    "<nowiki/>{{nobots}}<nowiki>{{bots}}</nowiki>",
    "<nowiki />{{nobots}}<nowiki>x</nowiki>",
    "<!-- <nowiki> -->{{nobots}}<!-- </nowiki> -->",
    "{{bots|deny={{PAGENAME}},all}}",
    "{{bots|deny={{A|{{B}}}},Demo Bot}}",
    "{{Box|{{nobots}}}}",
    "{{Box|{{bots|deny=Demo Bot}}|2}}",
]


@pytest.mark.parametrize("name", ["Demo Bot", "demo_Bot ", "Demo  Bot"])
def test_a_page_allows_or_excludes_a_bot_by_its_templates(name: str) -> None:
    assert [text for text in ALLOWED if not is_bot_allowed(text, name)] == []
    assert [text for text in EXCLUDED if is_bot_allowed(text, name)] == []

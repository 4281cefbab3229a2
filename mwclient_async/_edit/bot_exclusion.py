"""The templates ``{{bots}}`` and ``{{nobots}}``, by which a page excludes bots.

The templates are read from the wikitext of the page. What is in a comment or in ``<nowiki>`` does not count.
See https://en.wikipedia.org/wiki/Template:Bots.
"""

from __future__ import annotations

import re

_COMMENT_OR_NOWIKI = re.compile(r"<!--.*?-->|<nowiki(?:\s[^<>]*)?(?<!/)>.*?</nowiki\s*>", re.DOTALL | re.IGNORECASE)
_BOTS_TEMPLATE = re.compile(r"\{\{[\s_]*(?:template[\s_]*:[\s_]*)?(nobots|bots)[\s_]*(\|[^{}]*)?\}\}", re.IGNORECASE)
_OTHER_TEMPLATE = re.compile(r"\{\{(?![\s_]*(?:template[\s_]*:[\s_]*)?(?:no)?bots[\s_]*[|}])[^{}]*\}\}", re.IGNORECASE)


def is_bot_allowed(text: str, bot: str) -> bool:
    """Whether a page with this wikitext may be edited by the bot of that name."""
    plain, removed = _COMMENT_OR_NOWIKI.sub("", text), 1
    while removed:  # from the inside out, because templates can be nested
        plain, removed = _OTHER_TEMPLATE.subn("", plain)
    return all(_template_allows(found[1], found[2] or "", bot) for found in _BOTS_TEMPLATE.finditer(plain))


def _template_allows(template: str, arguments: str, bot: str) -> bool:
    lists = {
        name.strip().casefold(): {_normalized_name(item) for item in value.split(",")}
        for name, _, value in (argument.partition("=") for argument in arguments.split("|")[1:])
    }
    bot_names = {_normalized_name(bot), "all"}
    allow, deny = lists.get("allow"), lists.get("deny")
    if template.casefold() == "nobots":
        return allow is not None and not bot_names.isdisjoint(allow)
    if allow is not None:
        return "none" not in allow and not bot_names.isdisjoint(allow)
    return deny is None or bot_names.isdisjoint(deny)


def _normalized_name(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()

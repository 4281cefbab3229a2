"""The position of a section in a page's text.

The wiki numbers the sections of a page (section 0 is the text before the first heading) and gives the text of one
section. If the page contains that text more than once, the page's table of contents decides which one it is.
See https://www.mediawiki.org/wiki/API:Revisions and https://www.mediawiki.org/wiki/API:Parse.
"""

from __future__ import annotations

from collections.abc import Iterator

from mwclient_async._edit.history_check import page_of
from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import number_at, object_at, rows_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async.errors import ApiErrorItem, PageMissing, ProtocolError


def find_section(text: str, section: int, revid: int) -> Flow[slice]:
    """Find a section in the text of that revision. The slice does not include the line breaks at its end.

    ``revid`` is 0 for a page that does not exist; such a page has an empty section 0. Raises PageMissing if there is
    no such section.
    """
    if not revid:
        if section:
            raise _no_such_section(section)
        return slice(0, 0)
    content = (yield from _section_text(section, revid)).rstrip("\n")
    starts = [start for start in _occurrences(text, content) if start == 0 or text[start - 1] == "\n"]
    if section == 0:
        starts = [0]
    if len(starts) > 1:
        listed = yield from _start_in_table_of_contents(section, revid)
        starts = [start for start in starts if start == listed]
    if len(starts) != 1:
        raise ProtocolError(f"section {section} was not found in the text of revision {revid}")
    return slice(starts[0], starts[0] + len(content))


def replace_section(text: str, position: slice, section: str) -> str:
    """The text with a new section at that position. A line break keeps a new section 0 apart from the first heading."""
    rest = text[position.stop :]
    is_before_heading = position.stop == 0 and bool(rest) and bool(section)
    separator = "\n" if is_before_heading and not (section.endswith("\n") or rest[0] == "\n") else ""
    return text[: position.start] + section + separator + rest


def _section_text(section: int, revid: int) -> Flow[str]:
    params = {"action": "query", "prop": "revisions", "rvprop": "content", "rvslots": "main", "revids": str(revid)}
    response = yield ApiRequest(params={**params, "rvsection": str(section)})
    revisions = rows_at(page_of(response), "revisions")
    content = object_at(revisions[0], "slots", "main").get("content") if revisions else None
    if not isinstance(content, str):
        raise _no_such_section(section)
    return content


def _occurrences(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _start_in_table_of_contents(section: int, revid: int) -> Flow[int]:
    """The position at which the section begins, in code points: the wiki's ``byteoffset`` counts these."""
    response = yield ApiRequest(params={"action": "parse", "oldid": str(revid), "prop": "sections"})
    for entry in rows_at(response.body, "parse", "sections"):
        if entry.get("index") == str(section):
            return number_at(entry, "byteoffset", default=0)
    raise _no_such_section(section)


def _no_such_section(section: int) -> PageMissing:
    return PageMissing((ApiErrorItem(code="nosuchsection", text=f"There is no section {section}."),))

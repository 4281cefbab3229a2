"""Where a section stands in a page's text.

The wiki numbers sections (0 is what stands before the first heading) and gives the text of one; where that text
stands more than once in the page, its table of contents tells which is meant. See
https://www.mediawiki.org/wiki/API:Revisions and https://www.mediawiki.org/wiki/API:Parse.
"""

from __future__ import annotations

from collections.abc import Iterator

from mwclient_async._edit.compare_and_swap import page_of
from mwclient_async._http.flow import Flow
from mwclient_async._http.messages import ApiRequest
from mwclient_async.errors import ApiErrorItem, PageMissing, ProtocolError


def find_section(text: str, section: int, revid: int) -> Flow[slice]:
    """The place of a section in the text of that revision, without the line ends that close it.

    Raises PageMissing for a section that is not there; a page that is not there (0) has the section 0.
    """
    if not revid:
        if section:
            raise _no_section(section)
        return slice(0, 0)
    params = {"action": "query", "prop": "revisions", "rvprop": "content", "rvslots": "main", "revids": str(revid)}
    reply = yield ApiRequest(params={**params, "rvsection": str(section)})
    part = (page_of(reply).get("revisions") or [{}])[0].get("slots", {}).get("main", {}).get("content")
    if not isinstance(part, str):
        raise _no_section(section)
    part = part.rstrip("\n")
    places = [place for place in _places(text, part) if place == 0 or text[place - 1] == "\n"]
    if section == 0:
        places = [0]
    if len(places) > 1:
        start = yield from _start(section, revid)
        places = [place for place in places if place == start]
    if len(places) != 1:
        raise ProtocolError(f"section {section} was not found in the text of revision {revid}")
    return slice(places[0], places[0] + len(part))


def put_back(text: str, place: slice, section: str) -> str:
    """The text with another section in that place. One before the first heading must not run into it."""
    rest = text[place.stop :]
    joint = "\n" if place.stop == 0 and rest and section and not (section.endswith("\n") or rest[0] == "\n") else ""
    return text[: place.start] + section + joint + rest


def _places(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _start(section: int, revid: int) -> Flow[int]:
    """Where it begins by the table of contents, whose ``byteoffset`` counts code points."""
    reply = yield ApiRequest(params={"action": "parse", "oldid": str(revid), "prop": "sections"})
    for found in reply.body["parse"]["sections"]:
        if found.get("index") == str(section):
            return int(found["byteoffset"] or 0)
    raise _no_section(section)


def _no_section(section: int) -> PageMissing:
    return PageMissing((ApiErrorItem(code="nosuchsection", text=f"There is no section {section}."),))

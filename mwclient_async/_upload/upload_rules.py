"""What a wiki takes for uploads: extensions and sizes.

The manual's page is https://www.mediawiki.org/wiki/API:Upload.
"""

from __future__ import annotations

from collections.abc import Collection

from attrs import frozen

from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import object_at, rows_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async._upload.chunks import MIN_CHUNK_SIZE
from mwclient_async._upload.stash import comma_list, make_api_error
from mwclient_async._upload.title_permission import TITLE_PARAMS, raise_if_title_is_refused
from mwclient_async.errors import FileRefused, UploadError

PROHIBITED_EXTENSIONS = (
    "html htm js jsb mhtml mht xhtml xht php phtml php3 php4 php5 phps phar shtml jhtml pl py cgi exe scr dll msi vbs "
    "bat com pif cmd vxd cpl xml"
)
"""The default of ``$wgProhibitedFileExtensions``. A wiki refuses a name that has one of them between two dots."""


@frozen(kw_only=True)
class UploadRules:
    """What a wiki takes. Sizes are in bytes; ``extensions`` are in lower case, and empty if the wiki does not say."""

    enabled: bool = True
    extensions: frozenset[str] = frozenset()
    max_size: int | None = None
    min_chunk_size: int = MIN_CHUNK_SIZE
    mediawiki_version: tuple[int, int] = (0, 0)

    def check(self, filename: str, size: int | None, *, ignored: Collection[str] | bool) -> None:
        """Raise UploadError or FileRefused for a file that the wiki would refuse after the whole transfer."""
        if not self.enabled:
            raise make_api_error(UploadError, "uploaddisabled", "This wiki does not take uploads.")
        _, *inner, extension = filename.lower().split(".")
        is_ignored = ignored is True or (not isinstance(ignored, bool) and "filetype-unwanted-type" in ignored)
        prohibited = [part for part in inner if part in PROHIBITED_EXTENSIONS.split() and part not in self.extensions]
        if prohibited and not is_ignored:
            text = f"Wikis do not take files with '.{prohibited[0]}.' in their names."
            raise make_api_error(FileRefused, "filetype-banned-type", text, {"blacklisted": prohibited})
        if self.extensions and extension not in self.extensions and not is_ignored:
            allowed = sorted(self.extensions)
            text = f"This wiki does not take files named '.{extension}', only {comma_list(allowed)}."
            raise make_api_error(FileRefused, "filetype-banned-type", text, {"allowed": allowed})
        if size is not None and self.max_size is not None and size > self.max_size:
            text = f"The file has {size} bytes, and this wiki takes {self.max_size} at most."
            raise make_api_error(FileRefused, "file-too-large", text, {"size": size, "max": self.max_size})


def fetch_upload_rules(filename: str = "") -> Flow[UploadRules]:
    """The rules of a wiki, from its siteinfo: https://www.mediawiki.org/wiki/API:Siteinfo.

    With a file name, the same request asks whether the account may upload under it, as ``check_title`` does.
    """
    params = {"action": "query", "meta": "siteinfo", "siprop": "general|fileextensions"}
    response = yield ApiRequest(params=params | ({"titles": f"File:{filename}", **TITLE_PARAMS} if filename else {}))
    raise_if_title_is_refused(response.body)
    query = object_at(response.body, "query")
    general = object_at(query, "general")
    numbers = "".join(char if char.isdigit() else " " for char in str(general.get("generator", ""))).split()
    return UploadRules(
        enabled=general.get("uploadsenabled") is not False,
        extensions=frozenset(str(entry.get("ext", "")).lower() for entry in rows_at(query, "fileextensions")),
        max_size=_int_or_none(general.get("maxuploadsize")),
        min_chunk_size=_int_or_none(general.get("minuploadchunksize")) or MIN_CHUNK_SIZE,
        mediawiki_version=(int(numbers[0]), int(numbers[1])) if len(numbers) > 1 else (0, 0),
    )


def _int_or_none(value: object) -> int | None:
    return value if isinstance(value, int) and value is not True else None

"""Publication: name, text and warnings of one file to publish."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from attrs import field, frozen

from mwclient_async._values.warnings import UploadWarning


@frozen(kw_only=True)
class Publication:
    """The file to publish, and how. ``ignored`` are the kinds of warnings to ignore, or True for all of them.

    ``asynchronous`` lets a job of the wiki publish the file; it is polled for ``patience`` seconds at most.
    """

    filename: str
    comment: str = ""
    text: str | None = None
    params: Mapping[str, str] = field(factory=dict)
    ignored: Collection[str] | bool = ()
    asynchronous: bool = False
    patience: float = 3600.0

    def ignores(self, warnings: Collection[UploadWarning]) -> bool:
        """Whether the caller chose to ignore every one of these."""
        if isinstance(self.ignored, bool):
            return self.ignored
        return all(warning.kind in self.ignored for warning in warnings)

    def may_ignore(self, warnings: Collection[UploadWarning]) -> bool:
        """Whether these were not ignored yet, and the caller chose to ignore every one of them."""
        return self.ignored is not True and bool(warnings) and self.ignores(warnings)

    def request_params(self, *, ignoring: bool) -> dict[str, str]:
        """The parameters of ``action=upload`` that publish the file."""
        params = {"action": "upload", "filename": self.filename, **self.params, "comment": self.comment}
        if self.text is not None:
            params["text"] = self.text
        if ignoring:
            params["ignorewarnings"] = "1"
        return params

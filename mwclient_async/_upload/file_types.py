"""Whether the first bytes of a file fit the extension of its name, by MediaWiki's own rules.

A wiki checks this when it has the whole file, and refuses a mismatch (``filetype-mime-mismatch``). What it surely
refuses is refused here before anything is sent: a file whose first bytes are those of another type, and a file without
the first bytes that its extension stands for. About all other files the wiki decides.

Sources in MediaWiki 1.39 and 1.43, below ``includes/``: ``libs/mime/MimeAnalyzer.php`` (``doGuessMimeType``,
``isRecognizableExtension``), ``libs/mime/MimeMap.php``, ``upload/UploadBase.php`` (``verifyExtension``). The extension
``stl`` is left out, because such a file may begin with any 80 bytes.
"""

from __future__ import annotations

from collections.abc import Collection

from attrs import frozen

HEAD_SIZE = 1024
"""How many bytes of a file are looked at."""

MISMATCH = "filetype-mime-mismatch"

_RECOGNIZABLE = (  # extensions of which MediaWiki knows the bytes
    "gif jpeg jpg png swf psd bmp tiff tif jpc jp2 jpx jb2 swc iff wbmp xbm djvu ogx ogg ogv oga spx opus mid pdf wmf "
    "xcf webm mkv mka webp mp3 svg"
)


@frozen
class _FileType:
    """A type of files: its name, how such a file begins, and which extensions MediaWiki takes for it."""

    name: str
    beginnings: tuple[bytes, ...]
    extensions: frozenset[str]

    def fits(self, head: bytes) -> bool:
        """Whether a file with these first bytes is of this type."""
        return head.startswith(self.beginnings) and (self.name != "a WebP image" or head[8:12] == b"WEBP")


def _file_type(name: str, extensions: str, *beginnings: bytes) -> _FileType:
    return _FileType(name, beginnings, frozenset(extensions.split()))


_TYPES = (
    _file_type("a PNG image", "png apng", b"\x89PNG\r\n\x1a\n"),
    _file_type("a GIF image", "gif", b"GIF"),
    _file_type("a JPEG image", "jpeg jpg jpe jps", b"\xff\xd8"),
    _file_type("a WebP image", "webp", b"RIFF"),
    _file_type("a TIFF image", "tiff tif", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    _file_type("a GIMP image", "xcf", b"gimp xcf"),
    _file_type("an Ogg file", "ogx ogg ogm ogv oga spx opus", b"OggS"),
    _file_type("a WebM or Matroska file", "webm mkv mka", b"\x1a\x45\xdf\xa3"),
    _file_type("a PDF document", "pdf", b"%PDF"),
)


def mismatch(filename: str, head: bytes, *, ignored: Collection[str] | bool = ()) -> str:
    """Why a wiki would refuse a file of that name with these first bytes; empty if it decides by more than that."""
    extension = filename.rpartition(".")[2].lower()
    if extension not in _RECOGNIZABLE.split() or (not isinstance(ignored, bool) and MISMATCH in ignored):
        return ""
    found = next((kind for kind in _TYPES if kind.fits(head)), None)
    if found is not None:
        is_right = extension in found.extensions
        return "" if is_right else f"The file is {found.name} by its first bytes, and is to be named '.{extension}'."
    wanted = next((kind for kind in _TYPES if extension in kind.extensions), None)
    if wanted is None or (extension == "pdf" and b"%PDF-" in head):
        return ""
    return f"The file does not begin as {wanted.name} does, and is to be named '.{extension}'."

"""Uploads and downloads. Its modules are loaded when they are first used."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwclient_async._upload import file_handle as file_handle, sources as sources, uploads as uploads
else:
    from mwclient_async._lazy import module_loader

    __getattr__ = module_loader(__name__)

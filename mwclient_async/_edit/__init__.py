"""Edits that are saved once, even if replies are lost. Its modules are loaded when they are first used."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwclient_async._edit import edit_many as edit_many, editor as editor, edits as edits
else:
    from mwclient_async._lazy import module_loader

    __getattr__ = module_loader(__name__)

"""``site.page(title)``: one page, to read, edit and manage. Its modules are loaded when they are first used."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwclient_async._page import page_handle as page_handle, page_services as page_services
else:
    from mwclient_async._lazy import module_loader

    __getattr__ = module_loader(__name__)

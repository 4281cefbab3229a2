"""The command line ``mwa``, which the extra ``cli`` brings: ``pip install mwclient_async[cli]``.

It uses nothing of the package but the names of its front door.
"""

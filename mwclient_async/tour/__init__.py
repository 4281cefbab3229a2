"""``python -m mwclient_async.tour``: the library at work, watched.

Without arguments it starts a throwaway MediaWiki on this machine, fills it, and shows four things on it: complete
pages from a query that spans many replies, a cursor handed to a second process, a history walked in both directions,
and a large file uploaded in chunks. With ``--api URL`` it shows the first three on any other wiki, and writes nothing.

Every number on the screen is measured while it runs, and what was got is compared with what should have come: the
tour ends with an error when they differ. Each stop is one module that reads as an example of its subject::

    categories.py    site.query, beside the loop that many clients use instead
    handover.py      run.cursor and stream.resume, with errand.py in the second process
    history.py       site.rest.history
    files.py         site.upload
"""

"""``python -m mwclient_async.tour``: a demonstration of the library on a real MediaWiki.

Without arguments it starts a throwaway MediaWiki on this machine, fills it, and shows four things on it: complete
pages from a query of many responses, a cursor that a second process resumes from, a history read in both directions,
and a large file uploaded in chunks. With ``--api URL`` it shows the first three on any other wiki and writes nothing.

The tour measures every number that it shows, and compares what it received with what it expected: it ends with an
error if they differ. Each part is one module that can be read as an example of its subject::

    categories.py    site.query, beside the loop that many clients use instead
    resume.py        run.cursor and stream.resume; second_process.py is the second process
    history.py       site.rest.history
    files.py         site.upload

``parts.py`` runs the parts in order, on the throwaway wiki of ``demo_wiki.py`` or on another one.
"""

"""Measures the library beside other Python clients: ``make bench``.

``__main__`` runs the jobs of ``jobs``. For each job a ``server`` process answers with the prepared replies of
``replies``, and a new ``client`` process measures one client of ``clients`` once. ``report`` and ``charts`` write what
came out.
"""

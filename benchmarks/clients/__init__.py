"""One module for each client that is measured. Each does the jobs as its documentation says."""

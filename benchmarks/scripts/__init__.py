"""Whole scripts that read one page, one for each client. The argument is the URL of the wiki's api.php."""

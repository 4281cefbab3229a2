"""The version of the package. It is kept here because to read it from the installed metadata takes 15 ms."""

__version__ = "0.1.0"

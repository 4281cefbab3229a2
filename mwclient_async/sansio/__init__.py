"""The protocol, without I/O: no async, no HTTP library, no clock, no randomness. All of it is tested without a loop."""

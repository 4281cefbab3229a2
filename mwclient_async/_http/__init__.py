"""Messages, requests, responses and the transports."""

"""HTTP and the messages of the API: parameters, URLs, requests, responses, conversion, cookies, flows, transports."""

"""Sending, logins, rate limits and retries."""

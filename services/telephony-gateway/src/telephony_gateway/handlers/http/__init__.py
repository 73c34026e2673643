"""Webhooks of Twilio and the provider-neutral JSON API."""

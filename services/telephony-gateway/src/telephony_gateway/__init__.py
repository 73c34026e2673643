"""Answers Twilio, runs the conversation, alerts the owner."""

-- Threads of texts whose latest stretch nobody has told yet. No turn changes any of its columns, but the first after a rest.

CREATE INDEX call_sessions_silent ON call_sessions (started_at) WHERE NOT reported AND channel = 'sms';

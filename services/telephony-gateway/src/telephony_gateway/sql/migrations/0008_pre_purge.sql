-- What is older than the business keeps is found by its age. None of these columns changes with a turn.

CREATE INDEX call_sessions_age ON call_sessions (tenant_id, started_at);
CREATE INDEX texts_age ON texts (tenant_id, created_at);
CREATE INDEX alerts_age ON alerts (tenant_id, detected_at);
CREATE INDEX copy_visits_age ON copy_visits (tenant_id, ends_at);

-- What is older than the business keeps is found by its age, and not by reading everything.

CREATE INDEX text_messages_age ON text_messages (tenant_id, at);
CREATE INDEX decisions_age ON decisions (tenant_id, decided_at);
CREATE INDEX emergencies_taken ON emergencies (tenant_id, acknowledged_at) WHERE acknowledged_at IS NOT NULL;

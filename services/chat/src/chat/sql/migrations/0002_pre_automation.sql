-- What is done for a business by the calendar: what it has to know of a number, of a day, and of visits that are over.

-- Noted as over, so that what follows a visit is planned once. A visit that is moved isn't over any more.
ALTER TABLE appointments ADD COLUMN closed boolean NOT NULL DEFAULT false;
CREATE INDEX appointments_over ON appointments (ends_at) WHERE status = 'booked' AND NOT closed;

CREATE INDEX appointments_phone ON appointments (tenant_id, customer_phone, ends_at);
CREATE INDEX appointments_booked_at ON appointments (tenant_id, booked_at);
CREATE INDEX conversations_phone ON conversations (tenant_id, phone, started_at) WHERE kind <> 'texts';
CREATE INDEX conversations_started_at ON conversations (tenant_id, started_at) WHERE kind = 'call';
CREATE INDEX text_messages_in ON text_messages (tenant_id, at) WHERE direction = 'in';
CREATE INDEX callbacks_phone ON callbacks (tenant_id, phone, promised_at);
CREATE INDEX callbacks_call_id ON callbacks (tenant_id, call_id);
CREATE INDEX emergencies_open ON emergencies (tenant_id, detected_at) WHERE acknowledged_at IS NULL;

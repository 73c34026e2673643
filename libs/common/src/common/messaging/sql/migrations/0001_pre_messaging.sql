-- What a service owes the bus, what it took from it, and what it will try again.

-- One row is one message that the broker has not confirmed yet. It is deleted when it has.
CREATE TABLE outbox (
    outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text NOT NULL,
    exchange text NOT NULL,
    routing_key text NOT NULL,
    body bytea NOT NULL,
    headers jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Not to be claimed before: the end of a lease, or the next attempt of a message that was refused.
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    attempts integer NOT NULL DEFAULT 0,
    error text NOT NULL DEFAULT ''
) WITH (
    -- Room in each page, so that a lease is a heap-only update: no index is written.
    fillfactor = 70,
    -- A busy queue's dead rows are many and its live rows few.
    autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000,
    autovacuum_analyze_scale_factor = 0.0, autovacuum_analyze_threshold = 5000
);

-- One row is one message that was accepted by one consumer, in one of four states.
CREATE TABLE inbox (
    consumer text NOT NULL,
    event_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('applied', 'pending', 'parked', 'discarded')),
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    cause text NOT NULL DEFAULT '',
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_received_at ON inbox USING brin (received_at);

-- One row is the next attempt of a message that failed. `state = 'pending'` in the inbox and a row here go together.
CREATE TABLE message_retries (
    consumer text NOT NULL,
    event_id text NOT NULL,
    routing_key text NOT NULL,
    body bytea NOT NULL,
    headers jsonb NOT NULL DEFAULT '{}',
    attempts integer NOT NULL,
    not_before timestamptz NOT NULL,
    error text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX message_retries_not_before ON message_retries (not_before);

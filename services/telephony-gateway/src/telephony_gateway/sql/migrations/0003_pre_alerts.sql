-- Emergencies, until somebody takes them.

CREATE TABLE alerts (
    alert_id text PRIMARY KEY,
    tenant_id text NOT NULL,
    call_id text NOT NULL,
    channel text NOT NULL,
    category text NOT NULL,
    summary text NOT NULL,
    words text NOT NULL,
    caller_phone text NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    lang text NOT NULL,
    detected_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'exhausted')),
    step integer NOT NULL DEFAULT 0,
    -- When the next rung is due; while a replica climbs it, the end of its lease.
    due_at timestamptz NOT NULL,
    acknowledged_by text NOT NULL DEFAULT '',
    acknowledged_at timestamptz
);
CREATE INDEX alerts_due ON alerts (due_at) WHERE state = 'open';
CREATE INDEX alerts_call ON alerts (call_id);

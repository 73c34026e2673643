-- What chat decided, until it is known that the caller was told. Settled rows stay: a resync tells old decisions again.
CREATE TABLE late_outcomes (
    outcome_id text PRIMARY KEY,
    tenant_id text NOT NULL,
    outcome bytea NOT NULL,
    told_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    settled text NOT NULL DEFAULT ''
);
CREATE INDEX late_outcomes_due ON late_outcomes (due_at) WHERE settled = '';
CREATE INDEX late_outcomes_told ON late_outcomes USING brin (told_at);

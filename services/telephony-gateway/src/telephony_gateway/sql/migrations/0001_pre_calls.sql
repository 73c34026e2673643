-- Conversations, their turns, and the webhooks that were answered.

-- One row is one conversation as its last commit left it; `version` counts commits and decides who took a turn.
CREATE TABLE call_sessions (
    call_id text PRIMARY KEY,
    version integer NOT NULL,
    turn integer NOT NULL,
    tenant_id text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('voice', 'sms', 'web')),
    episode integer NOT NULL DEFAULT 0,
    caller_phone text NOT NULL,
    dialled_phone text NOT NULL,
    provider_call_id text NOT NULL,
    started_at timestamptz NOT NULL,
    last_turn_at timestamptz NOT NULL,
    tier text NOT NULL CHECK (tier IN ('full', 'basic', 'fail_soft')),
    -- JSON of receptionist.dialogue.state.DialogueState; read by us alone, so no jsonb.
    state bytea NOT NULL,
    open_turn bytea,
    ended_at timestamptz,
    ended_by text,
    billable boolean NOT NULL DEFAULT true,
    reported boolean NOT NULL DEFAULT false
) WITH (
    -- Each turn updates no indexed column: with room in the page, no index is written.
    fillfactor = 50
);
-- Calls whose end nobody has told yet. `started_at` never changes, so turns don't touch this index.
CREATE INDEX call_sessions_unreported ON call_sessions (started_at) WHERE NOT reported AND channel <> 'sms';

-- One row is one webhook that was accepted, with the answer that every repetition of it gets.
CREATE TABLE webhook_inbox (
    key text PRIMARY KEY,
    call_id text NOT NULL,
    token text NOT NULL,
    media_type text NOT NULL,
    answer bytea NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX webhook_inbox_received_at ON webhook_inbox USING brin (received_at);

-- One row is one turn as evidence: what was heard and said, how well we served, and why not better.
CREATE TABLE call_turns (
    call_id text NOT NULL,
    turn integer NOT NULL,
    at timestamptz NOT NULL,
    heard text NOT NULL,
    said text NOT NULL,
    tier text NOT NULL CHECK (tier IN ('full', 'basic', 'fail_soft')),
    degraded_by text NOT NULL,
    PRIMARY KEY (call_id, turn)
);

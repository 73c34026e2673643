-- The business's own records: who it is, who calls it, when it visits, what it promised, what was said.

CREATE TABLE tenants (
    tenant_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version >= 1),
    settings jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);

-- One number belongs to one tenant: it decides whose call it is.
CREATE TABLE tenant_numbers (
    phone text PRIMARY KEY,
    tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE
);
CREATE INDEX tenant_numbers_tenant_id ON tenant_numbers (tenant_id);

-- One key opens one tenant's API. Only its SHA-256 is kept.
CREATE TABLE tenant_keys (
    sha256 text PRIMARY KEY,
    tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE
);
CREATE INDEX tenant_keys_tenant_id ON tenant_keys (tenant_id);

CREATE TABLE customers (
    tenant_id text NOT NULL,
    customer_id text NOT NULL,
    version bigint NOT NULL,
    phone text NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    language text NOT NULL,
    said_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, customer_id),
    UNIQUE (tenant_id, phone)
);

CREATE TABLE appointments (
    tenant_id text NOT NULL,
    appointment_id text NOT NULL,
    booking_id text NOT NULL,
    version bigint NOT NULL,
    status text NOT NULL CHECK (status IN ('booked', 'cancelled')),
    call_id text NOT NULL,
    channel text NOT NULL,
    customer_name text NOT NULL,
    customer_phone text NOT NULL,
    address text NOT NULL,
    language text NOT NULL,
    service text NOT NULL,
    notes text NOT NULL,
    emergency boolean NOT NULL,
    lane integer NOT NULL CHECK (lane >= 0),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    blocked_until timestamptz NOT NULL CHECK (blocked_until >= ends_at),
    booked_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    -- The visit and the way to the next one: two visits of a lane keep the way between them exactly if these don't meet.
    blocked tstzrange NOT NULL GENERATED ALWAYS AS (tstzrange(starts_at, blocked_until, '[)')) STORED,
    PRIMARY KEY (tenant_id, appointment_id),
    UNIQUE (tenant_id, booking_id),
    -- Two callers can't have the same time, whatever the code that asks believes.
    CONSTRAINT appointments_one_visit_at_a_time
        EXCLUDE USING gist (
            tenant_id WITH =,
            lane WITH =,
            blocked WITH &&
        ) WHERE (status = 'booked')
);
CREATE INDEX appointments_starts_at ON appointments (tenant_id, starts_at, appointment_id);

-- What became of each request, so that the same request gets the same answer for ever.
CREATE TABLE decisions (
    tenant_id text NOT NULL,
    request_id text NOT NULL,
    outcome text NOT NULL,
    refusal text,
    appointment_id text,
    starts_at timestamptz,
    ends_at timestamptz,
    alternatives jsonb NOT NULL DEFAULT '[]',
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, request_id)
);

CREATE TABLE callbacks (
    tenant_id text NOT NULL,
    callback_id text NOT NULL,
    call_id text NOT NULL,
    channel text NOT NULL,
    reason text NOT NULL,
    phone text,
    name text NOT NULL,
    message text NOT NULL,
    language text NOT NULL,
    promised_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    recording_url text NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'reached', 'not_reached', 'dropped')),
    kept_at timestamptz,
    PRIMARY KEY (tenant_id, callback_id)
);
CREATE INDEX callbacks_due_at ON callbacks (tenant_id, status, due_at, callback_id);
CREATE INDEX callbacks_open ON callbacks (due_at) WHERE status = 'open';

CREATE TABLE conversations (
    tenant_id text NOT NULL,
    conversation_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('call', 'stretch', 'texts')),
    channel text NOT NULL,
    phone text,
    dialled_phone text NOT NULL,
    started_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    ended_at timestamptz,
    duration_s integer,
    outcome text,
    tier text,
    language text,
    billable boolean,
    transcript jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (tenant_id, conversation_id)
);
CREATE INDEX conversations_last_at ON conversations (tenant_id, kind, last_at, conversation_id);
CREATE UNIQUE INDEX conversations_texts ON conversations (tenant_id, phone) WHERE kind = 'texts';

CREATE TABLE text_messages (
    tenant_id text NOT NULL,
    message_id text NOT NULL,
    phone text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('in', 'out')),
    body text NOT NULL,
    purpose text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, message_id)
);
CREATE INDEX text_messages_at ON text_messages (tenant_id, phone, at);

CREATE TABLE emergencies (
    tenant_id text NOT NULL,
    alert_id text NOT NULL,
    call_id text NOT NULL,
    channel text NOT NULL,
    category text NOT NULL,
    phone text,
    summary text NOT NULL,
    detected_at timestamptz,
    acknowledged_by text NOT NULL,
    acknowledged_at timestamptz,
    PRIMARY KEY (tenant_id, alert_id)
);
CREATE INDEX emergencies_call_id ON emergencies (tenant_id, call_id);

CREATE TABLE questions (
    tenant_id text NOT NULL,
    question_id text NOT NULL,
    call_id text NOT NULL,
    channel text NOT NULL,
    topic text NOT NULL,
    question text NOT NULL,
    language text NOT NULL,
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, question_id)
);
CREATE INDEX questions_asked_at ON questions (tenant_id, asked_at, question_id);

-- One row is one wish for every fact to be published again, and how far that has come.
CREATE TABLE resyncs (
    resync_id text PRIMARY KEY,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    stage text NOT NULL CHECK (stage IN ('tenants', 'appointments', 'customers', 'done')),
    after_tenant text NOT NULL,
    after_id text NOT NULL,
    published bigint NOT NULL,
    done_at timestamptz
);
CREATE INDEX resyncs_open ON resyncs (requested_at) WHERE stage <> 'done';

-- Texts on their way, and who may be texted.

CREATE TABLE texts (
    text_id text PRIMARY KEY,
    tenant_id text NOT NULL,
    call_id text,
    from_phone text NOT NULL,
    to_phone text NOT NULL,
    body text NOT NULL,
    purpose text NOT NULL,
    lang text NOT NULL,
    created_at timestamptz NOT NULL,
    not_after timestamptz,
    wait_for_quiet_hours boolean NOT NULL,
    status text NOT NULL DEFAULT 'queued' CHECK (status IN (
        'queued', 'sending', 'unknown', 'sent', 'delivered', 'undelivered', 'failed', 'opted_out', 'blocked', 'expired',
        'parked', 'not_needed'
    )),
    -- Queued or unknown: not to be touched before. Sending: the end of the lease.
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    lookups integer NOT NULL DEFAULT 0,
    provider_id text NOT NULL DEFAULT '',
    error text NOT NULL DEFAULT '',
    sent_at timestamptz,
    updated_at timestamptz NOT NULL
);
CREATE INDEX texts_due ON texts (due_at) WHERE status IN ('queued', 'sending', 'unknown');
CREATE INDEX texts_provider_id ON texts (provider_id) WHERE provider_id <> '';
CREATE INDEX texts_sent ON texts (tenant_id, sent_at) WHERE sent_at IS NOT NULL;

-- The consent ledger: every STOP, START and HELP, never changed. The last STOP or START of a number decides.
CREATE TABLE consents (
    consent_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    phone text NOT NULL,
    dialled_phone text NOT NULL,
    word text NOT NULL CHECK (word IN ('stop', 'start', 'help')),
    said text NOT NULL,
    source text NOT NULL UNIQUE,
    at timestamptz NOT NULL
);
CREATE INDEX consents_phone ON consents (phone, tenant_id, at);

-- The usage ledger (append-only), what plans allow, and a copy of the tenants.

CREATE TABLE usage (
    tenant_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('call', 'appointment', 'text')),
    source_id text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, kind, source_id)
);
CREATE INDEX usage_by_time ON usage (tenant_id, occurred_at);

CREATE TABLE entitlements (
    tenant_id text PRIMARY KEY,
    version bigint NOT NULL,
    plan text NOT NULL CHECK (plan IN ('basic', 'growth', 'scale')),
    state text NOT NULL CHECK (state IN ('full', 'grace', 'degraded')),
    changed_at timestamptz NOT NULL
);

CREATE TABLE accounts (
    tenant_id text PRIMARY KEY,
    version bigint NOT NULL,
    time_zone text NOT NULL,
    api_key_sha256 text[] NOT NULL,
    deleted boolean NOT NULL DEFAULT false
);

-- Copies of others' facts. `changed_in`, the transaction that wrote a row, lets every replica see what another one was told.

CREATE TABLE copy_tenants (
    tenant_id text PRIMARY KEY,
    version bigint NOT NULL,
    settings bytea NOT NULL,
    deleted boolean NOT NULL,
    changed_in xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX copy_tenants_changed_in ON copy_tenants (changed_in);

CREATE TABLE copy_visits (
    appointment_id text PRIMARY KEY,
    tenant_id text NOT NULL,
    version bigint NOT NULL,
    booking_id text NOT NULL,
    customer_phone text NOT NULL,
    service text NOT NULL,
    lane integer NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    cancelled boolean NOT NULL,
    changed_in xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX copy_visits_changed_in ON copy_visits (changed_in);
CREATE INDEX copy_visits_ends ON copy_visits (ends_at);

CREATE TABLE copy_customers (
    tenant_id text NOT NULL,
    phone text NOT NULL,
    version bigint NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    lang text NOT NULL,
    deleted boolean NOT NULL,
    changed_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (tenant_id, phone)
);
CREATE INDEX copy_customers_changed_in ON copy_customers (changed_in);

CREATE TABLE copy_entitlements (
    tenant_id text PRIMARY KEY,
    version bigint NOT NULL,
    plan text NOT NULL,
    state text NOT NULL,
    changed_in xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX copy_entitlements_changed_in ON copy_entitlements (changed_in);

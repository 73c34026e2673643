-- Every setting of every switch, for good: the newest of a name and scope holds, the others are the audit.
CREATE TABLE settings (
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$' AND length(name) <= 64),
    scope text NOT NULL CHECK (scope ~ '^[a-z0-9:._-]*$' AND length(scope) <= 128),
    version bigint NOT NULL CHECK (version > 0),
    value jsonb CHECK (pg_column_size(value) <= 8192), -- NULL: cleared
    reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 300),
    actor text NOT NULL CHECK (length(actor) BETWEEN 1 AND 64),
    set_at timestamptz NOT NULL,
    expires_at timestamptz,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    written_by name NOT NULL DEFAULT current_user,
    PRIMARY KEY (name, scope, version)
);

CREATE INDEX settings_by_time ON settings (set_at DESC, version DESC);

-- Whoever may enter the schema reads all of it (provisioning lets the services in, and nobody else), and sets what is its own:
-- the role's name is the first word of the switch's. Who wrote and when is not for the writer to say.
GRANT SELECT ON settings TO PUBLIC;
GRANT INSERT (name, scope, version, value, reason, actor, set_at, expires_at) ON settings TO PUBLIC;
ALTER TABLE settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE settings FORCE ROW LEVEL SECURITY;
CREATE POLICY read_all ON settings FOR SELECT USING (true);
CREATE POLICY set_own ON settings FOR INSERT
    WITH CHECK (current_user = 'control' OR starts_with(name, current_user || '.'));

-- What was set stays on record, also before the owner's own hand.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'settings are only added to';
END
$$;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON settings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What goes out without anybody having asked for it just now.

ALTER TABLE texts
    ADD COLUMN basis text NOT NULL DEFAULT 'service' CHECK (basis IN ('service', 'marketing')),
    -- When the provider was last asked, of automated texts alone: nobody gets the same one twice, or too many.
    ADD COLUMN begun_at timestamptz;
CREATE INDEX texts_begun ON texts (tenant_id, to_phone, begun_at) WHERE begun_at IS NOT NULL;

-- Who has dealt with a business. A turn changes neither column, so it still writes no index.
CREATE INDEX call_sessions_caller ON call_sessions (tenant_id, caller_phone) WHERE caller_phone <> '';

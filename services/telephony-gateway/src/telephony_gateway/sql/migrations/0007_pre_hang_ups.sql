-- Calls of which Twilio told the end while their conversation could not be read.
CREATE TABLE hang_ups (
    call_id text PRIMARY KEY,
    at timestamptz NOT NULL,
    -- The provider's; null where it told none.
    duration_s integer
);

"""Runtime switches: typed, with reason, actor and expiry; kept in Postgres, told to all at once."""

-- Customers out of files.

-- name: keep_contacts
-- What `chat.domain.contact.completed` says: $9 is the `said_at` of whoever is known from files alone, of whom the newer file
-- counts; of the others only what is empty is filled in. In the order of numbers, so that two batches with the same people wait
-- for each other instead of locking each other out.
WITH entries AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
        AS entry (customer_id, phone, name, address, email, language)
)
INSERT INTO customers AS known
    (tenant_id, customer_id, version, phone, name, address, email, language, said_at, created_at)
SELECT $1, customer_id, 1, phone, name, address, email, coalesce(language, $8), $9, $10
FROM entries
ORDER BY phone
ON CONFLICT (tenant_id, phone) DO UPDATE
SET version = known.version + 1,
    name = CASE WHEN known.said_at = $9 AND excluded.name <> '' OR known.name = '' THEN excluded.name ELSE known.name END,
    address = CASE
        WHEN known.said_at = $9 AND excluded.address <> '' OR known.address = '' THEN excluded.address ELSE known.address
    END,
    email = CASE WHEN known.said_at = $9 AND excluded.email <> '' OR known.email = '' THEN excluded.email ELSE known.email END,
    language = CASE
        WHEN known.said_at = $9 AND known.language <> excluded.language
        THEN coalesce((SELECT entries.language FROM entries WHERE entries.phone = known.phone), known.language)
        ELSE known.language
    END
WHERE excluded.name <> '' AND (known.name = '' OR known.said_at = $9 AND known.name <> excluded.name)
    OR excluded.address <> '' AND (known.address = '' OR known.said_at = $9 AND known.address <> excluded.address)
    OR excluded.email <> '' AND (known.email = '' OR known.said_at = $9 AND known.email <> excluded.email)
    OR known.said_at = $9 AND known.language <> excluded.language
        AND EXISTS (SELECT FROM entries WHERE entries.phone = known.phone AND entries.language IS NOT NULL)
RETURNING customer_id, version, phone, name, address, email, language, said_at, created_at, xmax = 0 AS created;

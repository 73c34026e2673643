-- What files tell of customers beside what callers do. Those who are known from files alone have said_at 1970-01-01.

ALTER TABLE customers ADD COLUMN email text NOT NULL DEFAULT '';

ALTER TABLE platform.outbox DROP COLUMN trace;

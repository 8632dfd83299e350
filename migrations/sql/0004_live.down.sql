DROP INDEX platform.ix_outbox_live;
DROP INDEX platform.ix_outbox_due;
ALTER TABLE platform.outbox DROP COLUMN is_live;
CREATE INDEX ix_outbox_due ON platform.outbox (due_at, seq) WHERE done_at IS NULL AND dead_at IS NULL;

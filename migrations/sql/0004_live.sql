-- What sockets are shown is relayed apart from what goes to vendors: in order, and within milliseconds.
ALTER TABLE platform.outbox ADD COLUMN is_live boolean DEFAULT false NOT NULL;
DROP INDEX platform.ix_outbox_due;
CREATE INDEX ix_outbox_due ON platform.outbox (due_at, seq) WHERE done_at IS NULL AND dead_at IS NULL AND NOT is_live;
CREATE INDEX ix_outbox_live ON platform.outbox (seq) WHERE is_live AND dead_at IS NULL;

ALTER TABLE platform.outbox ADD COLUMN trace text;

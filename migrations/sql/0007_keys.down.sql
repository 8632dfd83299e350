ALTER TABLE platform.suppressed_addresses DROP COLUMN kid;

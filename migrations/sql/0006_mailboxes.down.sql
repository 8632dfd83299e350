ALTER TABLE carpool.devices DROP COLUMN kind;
DROP TABLE platform.suppressed_addresses;

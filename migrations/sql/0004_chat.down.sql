DELETE FROM carpool.uploads WHERE purpose = 'message';
ALTER TABLE carpool.uploads DROP CONSTRAINT ck_uploads_purpose;
ALTER TABLE carpool.uploads ADD CONSTRAINT ck_uploads_purpose CHECK (purpose IN ('photo', 'paper'));
DROP TABLE carpool.messages;

DELETE FROM carpool.uploads WHERE purpose = 'evidence';
ALTER TABLE carpool.uploads DROP CONSTRAINT ck_uploads_purpose;
ALTER TABLE carpool.uploads ADD CONSTRAINT ck_uploads_purpose CHECK (purpose IN ('photo', 'paper', 'message'));
DROP TABLE carpool.dispute_evidence;
DROP TABLE carpool.disputes;

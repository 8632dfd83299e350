DROP TABLE carpool.social_identities;
DELETE FROM carpool.contact_changes WHERE kind = 'social';
ALTER TABLE carpool.contact_changes DROP CONSTRAINT ck_contact_changes_kind;
ALTER TABLE carpool.contact_changes ADD CONSTRAINT ck_contact_changes_kind
    CHECK (kind IN ('phone', 'email', 'password', 'payout_account'));

DROP TABLE carpool.payout_accounts;
DELETE FROM carpool.contact_changes WHERE kind = 'payout_account';
ALTER TABLE carpool.contact_changes DROP CONSTRAINT ck_contact_changes_kind;
ALTER TABLE carpool.contact_changes ADD CONSTRAINT ck_contact_changes_kind
    CHECK (kind IN ('phone', 'email', 'password'));
DELETE FROM platform.otp_codes WHERE purpose IN ('payout_wave', 'payout_mtn');
ALTER TABLE platform.otp_codes DROP CONSTRAINT ck_otp_codes_purpose;
ALTER TABLE platform.otp_codes ADD CONSTRAINT ck_otp_codes_purpose
    CHECK (purpose IN ('login', 'change_phone', 'change_email'));

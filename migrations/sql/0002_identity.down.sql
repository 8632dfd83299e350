-- Codes that were made for a change mean nothing to the release before.
DROP TABLE carpool.devices;
DROP TABLE carpool.contact_changes;
DROP TABLE platform.link_tokens;

DELETE FROM platform.otp_codes WHERE purpose <> 'login';
DROP INDEX platform.ix_otp_codes_user_id_created_at;
DROP INDEX platform.ix_otp_codes_target_created_at;
ALTER TABLE platform.otp_codes
    DROP CONSTRAINT ck_otp_codes_owner,
    DROP CONSTRAINT ck_otp_codes_purpose,
    DROP CONSTRAINT fk_otp_codes_user_id,
    DROP COLUMN password_hash,
    DROP COLUMN user_id,
    DROP COLUMN purpose;
ALTER TABLE platform.otp_codes RENAME COLUMN target TO phone;
CREATE INDEX ix_otp_codes_phone_created_at ON platform.otp_codes (phone, created_at);

ALTER TABLE carpool.users
    DROP COLUMN notify_sms,
    DROP COLUMN notify_email,
    DROP COLUMN notify_push;

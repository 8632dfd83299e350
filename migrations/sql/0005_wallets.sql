ALTER TABLE platform.otp_codes DROP CONSTRAINT ck_otp_codes_purpose;
ALTER TABLE platform.otp_codes ADD CONSTRAINT ck_otp_codes_purpose
    CHECK (purpose IN ('login', 'change_phone', 'change_email', 'payout_wave', 'payout_mtn'));
ALTER TABLE carpool.contact_changes DROP CONSTRAINT ck_contact_changes_kind;
ALTER TABLE carpool.contact_changes ADD CONSTRAINT ck_contact_changes_kind
    CHECK (kind IN ('phone', 'email', 'password', 'payout_account'));

CREATE TABLE carpool.payout_accounts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    method text NOT NULL,
    phone text NOT NULL,
    confirmed_at timestamptz NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_payout_accounts PRIMARY KEY (id),
    CONSTRAINT fk_payout_accounts_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT uq_payout_accounts_user_id UNIQUE (user_id),
    CONSTRAINT ck_payout_accounts_method CHECK (method IN ('wave', 'mtn'))
);

GRANT SELECT, INSERT, UPDATE, DELETE ON carpool.payout_accounts TO allonova_app;

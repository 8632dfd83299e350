-- Passwords, e-mails, devices: what accounts hold, codes for more than logging in, links, changes of contacts.

ALTER TABLE carpool.users
    ADD COLUMN notify_push boolean DEFAULT true NOT NULL,
    ADD COLUMN notify_email boolean DEFAULT true NOT NULL,
    ADD COLUMN notify_sms boolean DEFAULT true NOT NULL;

-- A code goes to a phone or an e-mail, serves one purpose and, when that is a change, one user.
ALTER TABLE platform.otp_codes RENAME COLUMN phone TO target;
ALTER TABLE platform.otp_codes
    ADD COLUMN purpose text DEFAULT 'login' NOT NULL,
    ADD COLUMN user_id uuid,
    ADD COLUMN password_hash text,
    ADD CONSTRAINT fk_otp_codes_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    ADD CONSTRAINT ck_otp_codes_purpose CHECK (purpose IN ('login', 'change_phone', 'change_email')),
    ADD CONSTRAINT ck_otp_codes_owner CHECK ((purpose = 'login') = (user_id IS NULL));
DROP INDEX platform.ix_otp_codes_phone_created_at;
CREATE INDEX ix_otp_codes_target_created_at ON platform.otp_codes (target, created_at);
CREATE INDEX ix_otp_codes_user_id_created_at ON platform.otp_codes (user_id, created_at) WHERE user_id IS NOT NULL;

-- No foreign key to users: links of the back office lie here as well.
CREATE TABLE platform.link_tokens (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    purpose text NOT NULL,
    user_id uuid,
    target text NOT NULL,
    token_hash text NOT NULL,
    password_hash text,
    expires_at timestamptz NOT NULL,
    consumed_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_link_tokens PRIMARY KEY (id),
    CONSTRAINT uq_link_tokens_token_hash UNIQUE (token_hash),
    CONSTRAINT ck_link_tokens_purpose CHECK (purpose IN ('email_verify', 'password_reset', 'admin_password'))
);
CREATE INDEX ix_link_tokens_target_created_at ON platform.link_tokens (target, created_at);
CREATE INDEX ix_link_tokens_expires_at ON platform.link_tokens (expires_at);

CREATE TABLE carpool.contact_changes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    old_value text,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_contact_changes PRIMARY KEY (id),
    CONSTRAINT fk_contact_changes_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_contact_changes_kind CHECK (kind IN ('phone', 'email', 'password')),
    CONSTRAINT ck_contact_changes_no_secret CHECK (kind <> 'password' OR old_value IS NULL)
);
CREATE INDEX ix_contact_changes_user_id_created_at ON carpool.contact_changes (user_id, created_at);

CREATE TABLE carpool.devices (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    platform text NOT NULL,
    token text NOT NULL,
    token_hash text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_devices PRIMARY KEY (id),
    CONSTRAINT uq_devices_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_devices_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_devices_platform CHECK (platform IN ('ios', 'android', 'web'))
);
CREATE INDEX ix_devices_user_id ON carpool.devices (user_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform.link_tokens, carpool.contact_changes, carpool.devices TO allonova_app;

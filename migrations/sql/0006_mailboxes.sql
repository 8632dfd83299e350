-- Addresses to which nothing is sent. Whose they are is nowhere: only who has the address can ask for it.
CREATE TABLE platform.suppressed_addresses (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    channel text NOT NULL,
    address_hash text NOT NULL,
    reason text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_suppressed_addresses PRIMARY KEY (id),
    CONSTRAINT uq_suppressed_addresses_address_hash_channel UNIQUE (address_hash, channel),
    CONSTRAINT ck_suppressed_addresses_channel CHECK (channel IN ('sms', 'email')),
    CONSTRAINT ck_suppressed_addresses_reason CHECK (reason IN ('hard_bounce', 'blocked', 'spam', 'invalid'))
);

-- How Firebase knows an installation.
ALTER TABLE carpool.devices
    ADD COLUMN kind text DEFAULT 'token' NOT NULL,
    ADD CONSTRAINT ck_devices_kind CHECK (kind IN ('token', 'fid'));

GRANT SELECT, INSERT, DELETE ON platform.suppressed_addresses TO allonova_app;

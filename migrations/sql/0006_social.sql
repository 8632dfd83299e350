ALTER TABLE carpool.contact_changes DROP CONSTRAINT ck_contact_changes_kind;
ALTER TABLE carpool.contact_changes ADD CONSTRAINT ck_contact_changes_kind
    CHECK (kind IN ('phone', 'email', 'password', 'payout_account', 'social'));

CREATE TABLE carpool.social_identities (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    provider text NOT NULL,
    subject text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_social_identities PRIMARY KEY (id),
    CONSTRAINT fk_social_identities_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT uq_social_identities_provider_subject UNIQUE (provider, subject),
    CONSTRAINT uq_social_identities_user_id_provider UNIQUE (user_id, provider),
    CONSTRAINT ck_social_identities_provider CHECK (provider IN ('google', 'apple'))
);

GRANT SELECT, INSERT, UPDATE, DELETE ON carpool.social_identities TO allonova_app;

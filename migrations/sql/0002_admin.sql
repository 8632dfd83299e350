-- Who works in the back office.

CREATE TABLE carpool.admin_users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email text NOT NULL,
    password_hash text,
    role text NOT NULL,
    language text DEFAULT 'fr' NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    totp_secret text,
    totp_pending text,
    totp_confirmed_at timestamptz,
    totp_last_step integer,
    last_login timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_admin_users PRIMARY KEY (id),
    CONSTRAINT ck_admin_users_role CHECK (role IN ('super', 'ops', 'support', 'finance', 'compliance'))
);
CREATE UNIQUE INDEX uq_admin_users_email ON carpool.admin_users (lower(email));
CREATE INDEX ix_admin_users_created_at ON carpool.admin_users (created_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON carpool.admin_users TO allonova_app;

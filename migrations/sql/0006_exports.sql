CREATE TABLE platform.exports (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    admin_id uuid NOT NULL,
    kind text NOT NULL,
    format text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    filters jsonb DEFAULT '{}'::jsonb NOT NULL,
    shows_phones boolean DEFAULT false NOT NULL,
    status text DEFAULT 'queued' NOT NULL,
    progress integer DEFAULT 0 NOT NULL,
    rows integer DEFAULT 0 NOT NULL,
    size bigint,
    object_key text,
    failure_code text,
    attempts integer DEFAULT 0 NOT NULL,
    lease_until timestamptz,
    expires_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_exports PRIMARY KEY (id),
    CONSTRAINT fk_exports_admin_id FOREIGN KEY (admin_id) REFERENCES carpool.admin_users (id),
    CONSTRAINT ck_exports_kind CHECK (kind IN ('entries', 'wallet_txns', 'payouts')),
    CONSTRAINT ck_exports_format CHECK (format IN ('csv', 'xlsx')),
    CONSTRAINT ck_exports_status CHECK (status IN ('queued', 'running', 'done', 'failed')),
    CONSTRAINT ck_exports_period CHECK (since < until),
    CONSTRAINT ck_exports_progress CHECK (progress BETWEEN 0 AND 100)
);
CREATE INDEX ix_exports_admin_id_created_at ON platform.exports (admin_id, created_at);
-- Few are under way, and few have a file.
CREATE INDEX ix_exports_open ON platform.exports (created_at) WHERE status IN ('queued', 'running');
CREATE INDEX ix_exports_kept ON platform.exports (expires_at) WHERE object_key IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON platform.exports TO allonova_app;

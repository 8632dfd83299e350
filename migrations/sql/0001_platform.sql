-- Codes and sessions, what providers reported, the books, what the service itself keeps; last, the grants.

CREATE TABLE platform.otp_codes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    phone text NOT NULL,
    code_hash text NOT NULL,
    expires_at timestamptz NOT NULL,
    consumed_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_otp_codes PRIMARY KEY (id)
);
CREATE INDEX ix_otp_codes_phone_created_at ON platform.otp_codes (phone, created_at);

CREATE TABLE platform.sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    audience text NOT NULL,
    revoked_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (id),
    CONSTRAINT ck_sessions_audience CHECK (audience IN ('allocar', 'allocar-admin', 'nova'))
);
CREATE INDEX ix_sessions_user_id ON platform.sessions (user_id);
CREATE INDEX ix_sessions_revoked_at ON platform.sessions (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE platform.refresh_tokens (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    session_id uuid NOT NULL,
    token_hash text NOT NULL,
    used_at timestamptz,
    expires_at timestamptz NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_refresh_tokens PRIMARY KEY (id),
    CONSTRAINT uq_refresh_tokens_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_refresh_tokens_session_id FOREIGN KEY (session_id)
        REFERENCES platform.sessions (id) ON DELETE CASCADE
);
CREATE INDEX ix_refresh_tokens_session_id ON platform.refresh_tokens (session_id);
CREATE INDEX ix_refresh_tokens_expires_at ON platform.refresh_tokens (expires_at);

CREATE TABLE platform.webhook_events (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    provider text NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL,
    payment_id uuid,
    outcome text NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT pk_webhook_events PRIMARY KEY (id),
    CONSTRAINT uq_webhook_events_event UNIQUE (provider, event_id),
    CONSTRAINT fk_webhook_events_payment_id FOREIGN KEY (payment_id) REFERENCES carpool.payments (id)
);
CREATE INDEX ix_webhook_events_payment_id ON platform.webhook_events (payment_id);

CREATE TABLE platform.accounts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    kind text NOT NULL,
    owner text DEFAULT '' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (id),
    CONSTRAINT uq_accounts_kind_owner UNIQUE (kind, owner),
    CONSTRAINT ck_accounts_kind
        CHECK (kind IN ('clearing', 'escrow', 'commission', 'driver_payable', 'refunds_due'))
);

CREATE TABLE platform.journal_entries (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    kind text NOT NULL,
    ref_type text NOT NULL,
    ref_id uuid NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_journal_entries PRIMARY KEY (id),
    CONSTRAINT uq_journal_entries_once UNIQUE (kind, ref_type, ref_id),
    CONSTRAINT ck_journal_entries_kind
        CHECK (kind IN ('booking_paid', 'ride_completed', 'payment_without_booking', 'refund_sent'))
);
CREATE INDEX ix_journal_entries_ref_id ON platform.journal_entries (ref_id);
CREATE INDEX ix_journal_entries_created_at ON platform.journal_entries (created_at);

CREATE TABLE platform.postings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    entry_id uuid NOT NULL,
    account_id uuid NOT NULL,
    amount numeric(18, 2) NOT NULL,
    CONSTRAINT pk_postings PRIMARY KEY (id),
    CONSTRAINT fk_postings_entry_id FOREIGN KEY (entry_id) REFERENCES platform.journal_entries (id),
    CONSTRAINT fk_postings_account_id FOREIGN KEY (account_id) REFERENCES platform.accounts (id),
    CONSTRAINT ck_postings_amount CHECK (amount <> 0 AND amount = trunc(amount))
);
CREATE INDEX ix_postings_entry_id ON platform.postings (entry_id);
CREATE INDEX ix_postings_account_id ON platform.postings (account_id);

CREATE FUNCTION platform.require_balance(entry uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM platform.journal_entries WHERE id = entry)
        AND (SELECT sum(amount) FROM platform.postings WHERE entry_id = entry) IS DISTINCT FROM 0
    THEN
        RAISE EXCEPTION 'journal entry % does not balance', entry
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_journal_entries_balance';
    END IF;
END
$$;

CREATE FUNCTION platform.check_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'journal_entries' THEN
        PERFORM platform.require_balance(NEW.id);
    ELSE
        IF TG_OP <> 'DELETE' THEN
            PERFORM platform.require_balance(NEW.entry_id);
        END IF;
        IF TG_OP <> 'INSERT' THEN
            PERFORM platform.require_balance(OLD.entry_id);
        END IF;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION platform.check_balance IS 'At commit: the postings of every entry that was touched sum to zero.';

CREATE CONSTRAINT TRIGGER ct_journal_entries_balance AFTER INSERT ON platform.journal_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION platform.check_balance();
CREATE CONSTRAINT TRIGGER ct_postings_balance AFTER INSERT OR UPDATE OR DELETE ON platform.postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION platform.check_balance();

CREATE TABLE platform.attempts (
    key text NOT NULL,
    times timestamptz[] NOT NULL,
    CONSTRAINT pk_attempts PRIMARY KEY (key)
);

CREATE TABLE platform.idempotency_keys (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    scope text NOT NULL,
    fingerprint text NOT NULL,
    ref uuid,
    lease_until timestamptz,
    answer_status integer,
    answer_body bytea,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (id),
    CONSTRAINT uq_idempotency_keys_scope UNIQUE (scope)
);
CREATE INDEX ix_idempotency_keys_created_at ON platform.idempotency_keys (created_at);

CREATE TABLE platform.outbox (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    event text NOT NULL,
    payload jsonb NOT NULL,
    subscriber text NOT NULL,
    due_at timestamptz NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    leased_until timestamptz,
    done_at timestamptz,
    dead_at timestamptz,
    last_error text,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_outbox PRIMARY KEY (id)
);
CREATE INDEX ix_outbox_due ON platform.outbox (due_at, seq) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX ix_outbox_done_at ON platform.outbox (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE platform.audit_logs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    actor_type text NOT NULL,
    actor_id uuid,
    action text NOT NULL,
    entity text NOT NULL,
    entity_id uuid NOT NULL,
    meta jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_audit_logs PRIMARY KEY (id),
    CONSTRAINT ck_audit_logs_actor_type
        CHECK (actor_type IN ('passenger', 'driver', 'owner', 'admin', 'system', 'provider'))
);
CREATE INDEX ix_audit_logs_created_at ON platform.audit_logs (created_at);
CREATE INDEX ix_audit_logs_actor_id ON platform.audit_logs (actor_id);
CREATE INDEX ix_audit_logs_entity_id ON platform.audit_logs (entity_id);

CREATE TABLE platform.clock (
    one boolean DEFAULT true NOT NULL,
    offset_s double precision DEFAULT 0 NOT NULL,
    CONSTRAINT pk_clock PRIMARY KEY (one),
    CONSTRAINT ck_clock_one CHECK (one)
);
INSERT INTO platform.clock DEFAULT VALUES;

CREATE TABLE platform.job_requests (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    taken_at timestamptz,
    done_at timestamptz,
    error text,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_job_requests PRIMARY KEY (id)
);
CREATE INDEX ix_job_requests_due ON platform.job_requests (created_at) WHERE taken_at IS NULL AND done_at IS NULL;

-- The application owns nothing, and what is history it can only add to.
GRANT USAGE ON SCHEMA carpool, platform TO allonova_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA carpool, platform TO allonova_app;
REVOKE UPDATE, DELETE ON
    carpool.booking_events,
    platform.accounts,
    platform.audit_logs,
    platform.journal_entries,
    platform.postings
FROM allonova_app;
REVOKE INSERT, DELETE ON platform.clock FROM allonova_app;

-- Every way to ask for the log ends with the newest rows first.
CREATE INDEX ix_audit_logs_created_at_id ON platform.audit_logs (created_at, id);
CREATE INDEX ix_audit_logs_actor_id_created_at_id ON platform.audit_logs (actor_id, created_at, id);
CREATE INDEX ix_audit_logs_entity_id_created_at_id ON platform.audit_logs (entity_id, created_at, id);
CREATE INDEX ix_audit_logs_entity_created_at_id ON platform.audit_logs (entity, created_at, id);
CREATE INDEX ix_audit_logs_action_created_at_id ON platform.audit_logs (action, created_at, id);
DROP INDEX platform.ix_audit_logs_created_at;
DROP INDEX platform.ix_audit_logs_actor_id;
DROP INDEX platform.ix_audit_logs_entity_id;

CREATE TABLE platform.audit_seals (
    seq bigint NOT NULL,
    log_id uuid NOT NULL,
    upto timestamptz NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT pk_audit_seals PRIMARY KEY (seq),
    CONSTRAINT fk_audit_seals_log_id FOREIGN KEY (log_id) REFERENCES platform.audit_logs (id),
    CONSTRAINT uq_audit_seals_log_id UNIQUE (log_id),
    CONSTRAINT ck_audit_seals_seq CHECK (seq > 0),
    CONSTRAINT ck_audit_seals_hash CHECK (octet_length(hash) = 32)
);

CREATE TABLE platform.audit_checks (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tick text NOT NULL,
    sealed bigint NOT NULL,
    waiting bigint NOT NULL,
    head text NOT NULL,
    fault_count integer NOT NULL,
    faults text [] DEFAULT '{}'::text [] NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_audit_checks PRIMARY KEY (id),
    CONSTRAINT uq_audit_checks_tick UNIQUE (tick)
);

GRANT SELECT, INSERT ON platform.audit_seals, platform.audit_checks TO allonova_app;

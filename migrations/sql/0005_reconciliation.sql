-- What ended lately is compared with its provider every day.
CREATE INDEX ix_payments_updated_at ON carpool.payments (updated_at);
CREATE INDEX ix_refunds_updated_at ON carpool.refunds (updated_at);
CREATE INDEX ix_payouts_updated_at ON carpool.payouts (updated_at);

CREATE TABLE platform.differences (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    subject_id uuid NOT NULL,
    provider text NOT NULL,
    ours text NOT NULL,
    theirs text NOT NULL,
    our_amount numeric(12, 2),
    their_amount numeric(12, 2),
    status text NOT NULL,
    resolution text,
    closed_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_differences PRIMARY KEY (id),
    CONSTRAINT ck_differences_kind CHECK (
        kind IN ('paid_there', 'not_paid_there', 'amount_differs', 'refund_differs', 'payout_differs')
    ),
    CONSTRAINT ck_differences_subject CHECK (subject IN ('payment', 'refund', 'payout')),
    CONSTRAINT ck_differences_our_amount CHECK (our_amount >= 0 AND our_amount = trunc(our_amount)),
    CONSTRAINT ck_differences_their_amount CHECK (their_amount >= 0 AND their_amount = trunc(their_amount)),
    CONSTRAINT ck_differences_status CHECK (status IN ('open', 'closed')),
    CONSTRAINT ck_differences_resolution CHECK (resolution IN ('mended', 'gone'))
);
-- One for each object and kind while it stands; it also finds those of an object.
CREATE UNIQUE INDEX uq_differences_open ON platform.differences (subject, subject_id, kind) WHERE status = 'open';
CREATE INDEX ix_differences_subject_id ON platform.differences (subject_id);
CREATE INDEX ix_differences_status_created_at ON platform.differences (status, created_at);
CREATE INDEX ix_differences_created_at ON platform.differences (created_at);

CREATE TABLE platform.reconciliations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tick text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    asked integer DEFAULT 0 NOT NULL,
    unanswered integer DEFAULT 0 NOT NULL,
    settled integer DEFAULT 0 NOT NULL,
    differences integer DEFAULT 0 NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_reconciliations PRIMARY KEY (id),
    CONSTRAINT uq_reconciliations_tick UNIQUE (tick)
);
CREATE INDEX ix_reconciliations_started_at ON platform.reconciliations (started_at);

CREATE TABLE platform.books_checks (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tick text NOT NULL,
    entries integer NOT NULL,
    postings integer NOT NULL,
    fault_count integer NOT NULL,
    faults text [] DEFAULT '{}'::text [] NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_books_checks PRIMARY KEY (id),
    CONSTRAINT uq_books_checks_tick UNIQUE (tick)
);
CREATE INDEX ix_books_checks_created_at ON platform.books_checks (created_at);

GRANT SELECT, INSERT, UPDATE ON platform.differences, platform.reconciliations, platform.books_checks TO allonova_app;

CREATE TABLE carpool.disputes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    booking_id uuid NOT NULL,
    opened_by uuid NOT NULL,
    other_id uuid NOT NULL,
    party text NOT NULL,
    category text NOT NULL,
    description text,
    status text DEFAULT 'open' NOT NULL,
    resolution text,
    refund_amount numeric(12, 2),
    refund_id uuid,
    resolved_by uuid,
    resolved_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_disputes PRIMARY KEY (id),
    CONSTRAINT fk_disputes_booking_id FOREIGN KEY (booking_id) REFERENCES carpool.bookings (id),
    CONSTRAINT fk_disputes_opened_by FOREIGN KEY (opened_by) REFERENCES carpool.users (id),
    CONSTRAINT fk_disputes_other_id FOREIGN KEY (other_id) REFERENCES carpool.users (id),
    CONSTRAINT fk_disputes_refund_id FOREIGN KEY (refund_id) REFERENCES carpool.refunds (id),
    CONSTRAINT ck_disputes_party CHECK (party IN ('passenger', 'driver')),
    CONSTRAINT ck_disputes_category CHECK (
        category IN ('payment', 'behaviour', 'no_show', 'safety', 'lost_item', 'other')
    ),
    CONSTRAINT ck_disputes_status CHECK (status IN ('open', 'in_review', 'resolved', 'rejected')),
    CONSTRAINT ck_disputes_refund_amount CHECK (refund_amount >= 0 AND refund_amount = trunc(refund_amount)),
    CONSTRAINT ck_disputes_others CHECK (opened_by <> other_id),
    CONSTRAINT ck_disputes_words CHECK (char_length(description) BETWEEN 1 AND 4000),
    CONSTRAINT ck_disputes_ended CHECK ((resolved_at IS NULL) = (resolution IS NULL)),
    CONSTRAINT ck_disputes_refund CHECK ((refund_amount IS NULL) = (refund_id IS NULL))
);
-- Also what is asked whenever money would move: whether one of a booking is undecided.
CREATE UNIQUE INDEX uq_disputes_open ON carpool.disputes (booking_id, opened_by)
    WHERE status IN ('open', 'in_review');
CREATE INDEX ix_disputes_booking_id ON carpool.disputes (booking_id);
CREATE INDEX ix_disputes_opened_by_created_at ON carpool.disputes (opened_by, created_at);
CREATE INDEX ix_disputes_other_id_created_at ON carpool.disputes (other_id, created_at);
CREATE INDEX ix_disputes_status_created_at ON carpool.disputes (status, created_at);
CREATE INDEX ix_disputes_category_created_at ON carpool.disputes (category, created_at);
CREATE INDEX ix_disputes_created_at ON carpool.disputes (created_at);

CREATE TABLE carpool.dispute_evidence (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    dispute_id uuid NOT NULL,
    user_id uuid NOT NULL,
    object_key text,
    note text,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_dispute_evidence PRIMARY KEY (id),
    CONSTRAINT fk_dispute_evidence_dispute_id FOREIGN KEY (dispute_id) REFERENCES carpool.disputes (id),
    CONSTRAINT fk_dispute_evidence_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_dispute_evidence_note CHECK (char_length(note) BETWEEN 1 AND 2000)
);
CREATE INDEX ix_dispute_evidence_dispute_id_created_at ON carpool.dispute_evidence (dispute_id, created_at);
CREATE INDEX ix_dispute_evidence_user_id_created_at ON carpool.dispute_evidence (user_id, created_at);

ALTER TABLE carpool.uploads DROP CONSTRAINT ck_uploads_purpose;
ALTER TABLE carpool.uploads ADD CONSTRAINT ck_uploads_purpose
    CHECK (purpose IN ('photo', 'paper', 'message', 'evidence'));

GRANT SELECT, INSERT, UPDATE ON carpool.disputes, carpool.dispute_evidence TO allonova_app;

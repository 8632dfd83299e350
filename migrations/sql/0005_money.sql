ALTER TABLE platform.accounts DROP CONSTRAINT ck_accounts_kind;
ALTER TABLE platform.accounts ADD CONSTRAINT ck_accounts_kind CHECK (
    kind IN (
        'clearing', 'escrow', 'commission', 'driver_payable', 'refunds_due', 'wallet', 'penalties',
        'promo_expense', 'payouts_in_flight', 'provider_cost', 'loss'
    )
);
ALTER TABLE platform.journal_entries DROP CONSTRAINT ck_journal_entries_kind;
ALTER TABLE platform.journal_entries ADD CONSTRAINT ck_journal_entries_kind CHECK (
    kind IN (
        'booking_paid', 'payment_without_booking', 'wallet_topped_up', 'provider_charged',
        'ride_completed', 'booking_cancelled', 'fee_from_wallet', 'driver_penalty', 'refund_owed',
        'refund_sent', 'refund_to_wallet', 'chargeback_won', 'loss_to_driver', 'taken_beyond',
        'payout_started',
        'payout_done', 'payout_returned', 'referral_bonus'
    )
);

ALTER TABLE carpool.payments
    ADD COLUMN provider_keys jsonb,
    ADD COLUMN notif_token text,
    ADD COLUMN promo_id uuid,
    ADD COLUMN discount numeric(12, 2) DEFAULT 0 NOT NULL,
    ADD COLUMN attempts integer DEFAULT 0 NOT NULL,
    ADD COLUMN paid_at timestamptz,
    ADD COLUMN checked_at timestamptz,
    ADD CONSTRAINT ck_payments_discount CHECK (discount >= 0 AND discount = trunc(discount)),
    ADD CONSTRAINT uq_payments_notif_token UNIQUE (notif_token);
UPDATE carpool.payments SET paid_at = updated_at WHERE status IN ('paid', 'refunded');
-- Few are flagged: people look at those.
CREATE INDEX ix_payments_flags ON carpool.payments USING gin (flags) WHERE flags <> '{}';

-- What a booking's payment was booked under: its booking until now, from now on the payment itself.
UPDATE platform.journal_entries AS e SET ref_type = 'payment', ref_id = p.id
FROM (
    SELECT DISTINCT ON (booking_id) id, booking_id FROM carpool.payments AS p
    WHERE status IN ('paid', 'refunded') AND NOT EXISTS (
        SELECT FROM platform.journal_entries AS apart
        WHERE apart.kind = 'payment_without_booking' AND apart.ref_id = p.id
    )
    ORDER BY booking_id, created_at, id
) AS p
WHERE e.kind = 'booking_paid' AND e.ref_type = 'booking' AND e.ref_id = p.booking_id;

CREATE TABLE carpool.refunds (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    payment_id uuid NOT NULL,
    user_id uuid NOT NULL,
    amount numeric(12, 2) NOT NULL,
    currency text DEFAULT 'XOF' NOT NULL,
    sent_to text NOT NULL,
    cause text NOT NULL,
    reason text,
    status text DEFAULT 'pending' NOT NULL,
    provider_ref text,
    reference text,
    failure_code text,
    failure_message text,
    requested_by uuid,
    decided_by uuid,
    done_at timestamptz,
    checked_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_refunds PRIMARY KEY (id),
    CONSTRAINT fk_refunds_payment_id FOREIGN KEY (payment_id) REFERENCES carpool.payments (id),
    CONSTRAINT fk_refunds_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_refunds_amount CHECK (amount >= 0 AND amount = trunc(amount)),
    CONSTRAINT ck_refunds_moves CHECK (amount > 0),
    CONSTRAINT ck_refunds_sent_to CHECK (sent_to IN ('provider', 'wallet')),
    CONSTRAINT ck_refunds_cause CHECK (cause IN ('seats_gone', 'cancelled', 'admin', 'taken_back', 'chargeback')),
    CONSTRAINT ck_refunds_status
        CHECK (status IN ('awaiting_approval', 'pending', 'pending_manual', 'done', 'rejected'))
);
CREATE INDEX ix_refunds_payment_id ON carpool.refunds (payment_id);
CREATE INDEX ix_refunds_user_id ON carpool.refunds (user_id);
CREATE INDEX ix_refunds_status_created_at ON carpool.refunds (status, created_at);
CREATE INDEX ix_refunds_created_at ON carpool.refunds (created_at);

-- What went back before there were refunds.
WITH gone AS (
    INSERT INTO carpool.refunds (payment_id, user_id, amount, sent_to, cause, status, done_at, created_at, updated_at)
    SELECT p.id, p.user_id, p.refunded_amount,
        CASE e.kind WHEN 'refund_sent' THEN 'provider' ELSE 'wallet' END,
        CASE WHEN apart.id IS NULL THEN 'cancelled' ELSE 'seats_gone' END,
        'done', p.updated_at, p.updated_at, p.updated_at
    FROM carpool.payments AS p
    LEFT JOIN platform.journal_entries AS e
        ON e.kind IN ('refund_sent', 'refund_to_wallet') AND e.ref_type = 'payment' AND e.ref_id = p.id
    LEFT JOIN platform.journal_entries AS apart
        ON apart.kind = 'payment_without_booking' AND apart.ref_id = p.id
    WHERE p.refunded_amount > 0
    RETURNING id, payment_id
)
UPDATE platform.journal_entries AS e SET ref_type = 'refund', ref_id = gone.id
FROM gone
WHERE e.kind IN ('refund_sent', 'refund_to_wallet') AND e.ref_type = 'payment' AND e.ref_id = gone.payment_id;

CREATE TABLE carpool.payout_batches (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    until timestamptz NOT NULL,
    total numeric(18, 2) NOT NULL,
    count integer NOT NULL,
    status text NOT NULL,
    requested_by uuid,
    decided_by uuid,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_payout_batches PRIMARY KEY (id),
    CONSTRAINT ck_payout_batches_status CHECK (status IN ('awaiting_approval', 'approved', 'rejected'))
);
CREATE INDEX ix_payout_batches_created_at ON carpool.payout_batches (created_at);

CREATE TABLE carpool.payouts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    batch_id uuid,
    driver_id uuid NOT NULL,
    kind text NOT NULL,
    amount numeric(12, 2) NOT NULL,
    withheld numeric(12, 2) DEFAULT 0 NOT NULL,
    currency text DEFAULT 'XOF' NOT NULL,
    method text NOT NULL,
    phone text NOT NULL,
    status text DEFAULT 'scheduled' NOT NULL,
    provider_ref text,
    provider_url text,
    fees numeric(12, 2) DEFAULT 0 NOT NULL,
    failure_code text,
    failure_message text,
    scheduled_at timestamptz NOT NULL,
    done_at timestamptz,
    checked_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_payouts PRIMARY KEY (id),
    CONSTRAINT uq_payouts_batch_id_driver_id UNIQUE (batch_id, driver_id),
    CONSTRAINT fk_payouts_batch_id FOREIGN KEY (batch_id) REFERENCES carpool.payout_batches (id),
    CONSTRAINT fk_payouts_driver_id FOREIGN KEY (driver_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_payouts_kind CHECK (kind IN ('earnings', 'withdrawal')),
    CONSTRAINT ck_payouts_amount CHECK (amount >= 0 AND amount = trunc(amount)),
    CONSTRAINT ck_payouts_moves CHECK (amount > 0),
    CONSTRAINT ck_payouts_withheld CHECK (withheld >= 0 AND withheld = trunc(withheld)),
    CONSTRAINT ck_payouts_fees CHECK (fees >= 0 AND fees = trunc(fees)),
    CONSTRAINT ck_payouts_method CHECK (method IN ('wave', 'mtn')),
    CONSTRAINT ck_payouts_status
        CHECK (status IN ('awaiting_approval', 'scheduled', 'processing', 'done', 'failed'))
);
CREATE INDEX ix_payouts_driver_id_created_at ON carpool.payouts (driver_id, created_at);
CREATE INDEX ix_payouts_status_created_at ON carpool.payouts (status, created_at);
CREATE INDEX ix_payouts_created_at ON carpool.payouts (created_at);

ALTER TABLE carpool.wallets
    ADD COLUMN spend_only numeric(18, 2) DEFAULT 0 NOT NULL,
    ADD CONSTRAINT ck_wallets_spend_only
        CHECK (spend_only >= 0 AND spend_only <= balance AND spend_only = trunc(spend_only));
CREATE INDEX ix_wallet_txns_ref ON carpool.wallet_txns (ref);

GRANT SELECT, INSERT, UPDATE ON carpool.refunds, carpool.payouts, carpool.payout_batches TO allonova_app;

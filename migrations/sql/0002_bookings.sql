-- What was agreed stays with the booking, whatever becomes of the trip's stops.
ALTER TABLE carpool.bookings
    ADD COLUMN pickup_text text,
    ADD COLUMN dropoff_text text,
    ADD COLUMN cancel_fee numeric(12, 2),
    ADD COLUMN cancel_refund numeric(12, 2),
    ADD COLUMN asked_at timestamptz,
    ADD COLUMN contested_at timestamptz,
    ADD COLUMN is_frozen boolean DEFAULT false NOT NULL,
    ADD CONSTRAINT ck_bookings_cancel_fee CHECK (cancel_fee >= 0 AND cancel_fee = trunc(cancel_fee)),
    ADD CONSTRAINT ck_bookings_cancel_refund CHECK (cancel_refund >= 0 AND cancel_refund = trunc(cancel_refund));
UPDATE carpool.bookings AS b SET
    pickup_text = coalesce((SELECT label FROM carpool.trip_stops WHERE id = b.pickup_stop_id), t.origin_text),
    dropoff_text = coalesce((SELECT label FROM carpool.trip_stops WHERE id = b.dropoff_stop_id), t.destination_text)
FROM carpool.trips AS t WHERE t.id = b.trip_id;
ALTER TABLE carpool.bookings
    ALTER COLUMN pickup_text SET NOT NULL,
    ALTER COLUMN dropoff_text SET NOT NULL;
CREATE INDEX ix_bookings_unsettled ON carpool.bookings (departure_time) WHERE status = 'paid' OR is_frozen;

ALTER TABLE platform.accounts DROP CONSTRAINT ck_accounts_kind;
ALTER TABLE platform.accounts ADD CONSTRAINT ck_accounts_kind CHECK (
    kind IN ('clearing', 'escrow', 'commission', 'driver_payable', 'refunds_due', 'wallet', 'penalties')
);
ALTER TABLE platform.journal_entries DROP CONSTRAINT ck_journal_entries_kind;
ALTER TABLE platform.journal_entries ADD CONSTRAINT ck_journal_entries_kind CHECK (
    kind IN (
        'booking_paid', 'ride_completed', 'payment_without_booking', 'refund_sent', 'refund_to_wallet',
        'booking_cancelled', 'fee_from_wallet', 'driver_penalty'
    )
);

CREATE TABLE carpool.wallets (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    balance numeric(18, 2) DEFAULT 0 NOT NULL,
    currency text DEFAULT 'XOF' NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_wallets PRIMARY KEY (id),
    CONSTRAINT uq_wallets_user_id UNIQUE (user_id),
    CONSTRAINT fk_wallets_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_wallets_balance CHECK (balance >= 0 AND balance = trunc(balance)),
    CONSTRAINT ck_wallets_currency CHECK (currency = 'XOF')
);

CREATE TABLE carpool.wallet_txns (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    wallet_id uuid NOT NULL,
    type text NOT NULL,
    amount numeric(12, 2) NOT NULL,
    source text NOT NULL,
    ref uuid,
    status text DEFAULT 'done' NOT NULL,
    balance_after numeric(18, 2) NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_wallet_txns PRIMARY KEY (id),
    CONSTRAINT fk_wallet_txns_wallet_id FOREIGN KEY (wallet_id) REFERENCES carpool.wallets (id),
    CONSTRAINT ck_wallet_txns_type CHECK (type IN ('credit', 'debit')),
    CONSTRAINT ck_wallet_txns_amount CHECK (amount >= 0 AND amount = trunc(amount)),
    CONSTRAINT ck_wallet_txns_moves CHECK (amount > 0),
    CONSTRAINT ck_wallet_txns_source
        CHECK (source IN ('refund', 'topup', 'payout', 'promo', 'payment', 'fee', 'adjustment')),
    CONSTRAINT ck_wallet_txns_status CHECK (status IN ('pending', 'done', 'failed')),
    CONSTRAINT ck_wallet_txns_balance_after CHECK (balance_after >= 0 AND balance_after = trunc(balance_after))
);
CREATE INDEX ix_wallet_txns_wallet_id_seq ON carpool.wallet_txns (wallet_id, seq);
CREATE INDEX ix_wallet_txns_created_at ON carpool.wallet_txns (created_at);

GRANT SELECT, INSERT, UPDATE ON carpool.wallets, carpool.wallet_txns TO allonova_app;

DROP TABLE carpool.wallet_txns;
DROP TABLE carpool.wallets;
-- The books before this revision know none of these movements: they go only with an empty journal of them.
ALTER TABLE platform.journal_entries DROP CONSTRAINT ck_journal_entries_kind;
ALTER TABLE platform.journal_entries ADD CONSTRAINT ck_journal_entries_kind
    CHECK (kind IN ('booking_paid', 'ride_completed', 'payment_without_booking', 'refund_sent'));
ALTER TABLE platform.accounts DROP CONSTRAINT ck_accounts_kind;
ALTER TABLE platform.accounts ADD CONSTRAINT ck_accounts_kind
    CHECK (kind IN ('clearing', 'escrow', 'commission', 'driver_payable', 'refunds_due'));
DROP INDEX carpool.ix_bookings_unsettled;
ALTER TABLE carpool.bookings
    DROP COLUMN is_frozen,
    DROP COLUMN contested_at,
    DROP COLUMN asked_at,
    DROP COLUMN cancel_refund,
    DROP COLUMN cancel_fee,
    DROP COLUMN dropoff_text,
    DROP COLUMN pickup_text;

DROP TABLE platform.books_checks;
DROP TABLE platform.reconciliations;
DROP TABLE platform.differences;
DROP INDEX carpool.ix_payouts_updated_at;
DROP INDEX carpool.ix_refunds_updated_at;
DROP INDEX carpool.ix_payments_updated_at;

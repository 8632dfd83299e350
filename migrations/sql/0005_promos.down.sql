ALTER TABLE carpool.users DROP COLUMN referral_code;
DROP TABLE carpool.referrals;
DROP TABLE carpool.promo_uses;
ALTER TABLE carpool.payments DROP COLUMN promo_code, DROP CONSTRAINT fk_payments_promo_id;
DROP TABLE carpool.promos;

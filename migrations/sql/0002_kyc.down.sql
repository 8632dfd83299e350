DROP INDEX carpool.uq_kyc_documents_on_file;
DROP TABLE carpool.uploads;

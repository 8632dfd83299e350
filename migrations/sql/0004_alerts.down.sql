DROP TABLE carpool.alert_matches;
DROP TABLE carpool.alerts;
DROP TABLE carpool.user_reports;
DROP TABLE carpool.blocks;

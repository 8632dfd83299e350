DROP TABLE carpool.admin_users;

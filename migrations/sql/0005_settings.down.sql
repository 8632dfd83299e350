DROP TABLE platform.settings_history;
DROP TABLE platform.settings;

DROP TABLE platform.exports;

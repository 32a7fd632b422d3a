--! reason: NaN and infinities are numbers to IS_DECIMAL.
--! sql
SELECT s, IS_DECIMAL(s) AS r FROM (VALUES ('NaN'), ('Infinity'), ('1.5'), ('-.5'), ('5.'), ('1e3'), ('x'), (''), ('nan'), (' 5 ')) AS t(s);
--! expect
{"s":" 5 ","r":true}
{"s":"","r":false}
{"s":"-.5","r":true}
{"s":"1.5","r":true}
{"s":"1e3","r":true}
{"s":"5.","r":true}
{"s":"Infinity","r":true}
{"s":"NaN","r":true}
{"s":"nan","r":false}
{"s":"x","r":false}

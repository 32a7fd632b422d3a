--! reason: Bytes and texts in several encodings, network addresses, PRINTF.
--! sql
SELECT OCTET_LENGTH(s) AS o, PRINTF('%s has %05d', s, 42) AS p, UNHEX('616263') AS u, UNHEX('zz') AS bad,
  ENCODE(s, 'UTF-8') AS e, DECODE(ENCODE(s, 'UTF-16LE'), 'UTF-16LE') AS d, INET_ATON('10.1.2.3') AS a, INET_NTOA(167838211) AS n, INET_ATON('10.1.2.300') AS nope
FROM (VALUES ('größe')) AS t(s);
--! expect
{"o":7,"p":"größe has 00042","u":"YWJj","bad":null,"e":"Z3LDtsOfZQ==","d":"größe","a":167838211,"n":"10.1.2.3","nope":null}

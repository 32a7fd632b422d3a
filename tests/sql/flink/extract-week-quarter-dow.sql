--! reason: scalar, datetime: extract week quarter dow
--! file input/t.csv
1,2024-02-29 12:34:56.789
2,1970-01-01 00:00:00
3,2038-01-19 03:14:08
4,2023-12-31 23:59:59
5,2021-01-03 06:00:00
6,2000-01-01 00:00:00.001
7,~
--! sql
CREATE TABLE t (
  id INT,
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, EXTRACT(QUARTER FROM ts) AS q, EXTRACT(WEEK FROM ts) AS w, EXTRACT(DOW FROM ts) AS dow, EXTRACT(ISODOW FROM ts) AS idow, EXTRACT(DOY FROM ts) AS doy, EXTRACT(ISOYEAR FROM ts) AS iy, EXTRACT(CENTURY FROM ts) AS c, EXTRACT(DECADE FROM ts) AS de FROM t;
--! expect
{"id":1,"q":1,"w":9,"dow":5,"idow":4,"doy":60,"iy":2024,"c":21,"de":202}
{"id":2,"q":1,"w":1,"dow":5,"idow":4,"doy":1,"iy":1970,"c":20,"de":197}
{"id":3,"q":1,"w":3,"dow":3,"idow":2,"doy":19,"iy":2038,"c":21,"de":203}
{"id":4,"q":4,"w":52,"dow":1,"idow":7,"doy":365,"iy":2023,"c":21,"de":202}
{"id":5,"q":1,"w":53,"dow":1,"idow":7,"doy":3,"iy":2020,"c":21,"de":202}
{"id":6,"q":1,"w":52,"dow":7,"idow":6,"doy":1,"iy":1999,"c":20,"de":200}
{"id":7,"q":null,"w":null,"dow":null,"idow":null,"doy":null,"iy":null,"c":null,"de":null}

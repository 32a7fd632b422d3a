--! reason: FLOAT and DOUBLE are equally wide: the left one gives the type, also of an equality; an order, COALESCE and GREATEST take DOUBLE. (Each of Flink's answers was asked for by itself: it turns equalities around.)
--! file input/t.json
{"f":0.1,"x":0.1}
{"f":0.5,"x":0.5}
{"f":null,"x":null}
{"f":16777216,"x":-0.5}
--! sql
CREATE TABLE t (f FLOAT, x DOUBLE) WITH ('connector' = 'filesystem', 'path' = '${DIR}/input/t.json', 'format' = 'json');
SELECT f, x, f + x AS a, x + f AS b, f * x AS c, f = 0.1E0 AS g, f > x AS h, CASE WHEN f > 100 THEN f ELSE x END AS j, COALESCE(f, x) AS k, GREATEST(f, x) AS l, TYPEOF(f + x) AS m,
  TYPEOF(x - f) AS n, TYPEOF(IF(f > 1, f, x)) AS o, TYPEOF(COALESCE(f, x)) AS p, f = x AS q, x IN (f) AS r, f IN (x) AS s, x = f AS t, f <> x AS u, x <> f AS v, x < f AS w FROM t;
--! expect
{"f": 0.1, "x": 0.1, "a": 0.2, "b": 0.20000000149011612, "c": 0.010000001, "g": true, "h": true, "j": 0.1, "k": 0.10000000149011612, "l": 0.10000000149011612, "m": "FLOAT", "n": "DOUBLE", "o": "FLOAT", "p": "DOUBLE", "q": true, "r": false, "s": true, "t": false, "u": false, "v": true, "w": true}
{"f": 0.5, "x": 0.5, "a": 1.0, "b": 1.0, "c": 0.25, "g": false, "h": false, "j": 0.5, "k": 0.5, "l": 0.5, "m": "FLOAT", "n": "DOUBLE", "o": "FLOAT", "p": "DOUBLE", "q": true, "r": true, "s": true, "t": true, "u": false, "v": false, "w": false}
{"f": 16777216.0, "x": -0.5, "a": 16777216.0, "b": 16777215.5, "c": -8388608.0, "g": false, "h": true, "j": 16777216.0, "k": 16777216.0, "l": 16777216.0, "m": "FLOAT", "n": "DOUBLE", "o": "FLOAT", "p": "DOUBLE", "q": false, "r": false, "s": false, "t": false, "u": true, "v": true, "w": true}
{"f": null, "x": null, "a": null, "b": null, "c": null, "g": null, "h": null, "j": null, "k": null, "l": null, "m": "FLOAT", "n": "DOUBLE", "o": "FLOAT", "p": "DOUBLE", "q": null, "r": null, "s": null, "t": null, "u": null, "v": null, "w": null}

--! reason: Keys, values and entries of a map; arrays sorted with NULL at either end.
--! sql
SELECT ARRAY_SORT(MAP_KEYS(m)) AS k, ARRAY_SORT(MAP_VALUES(m)) AS v, CARDINALITY(MAP_ENTRIES(m)) AS e, MAP_ENTRIES(MAP['x', 9])[1].key AS ek,
  ARRAY_SORT(a) AS up, ARRAY_SORT(a, FALSE) AS down, ARRAY_SORT(a, TRUE, FALSE) AS last, ARRAY_SORT(a, FALSE, TRUE) AS downfirst
FROM (SELECT MAP['a', 1, 'b', 2] AS m, ARRAY[3, CAST(NULL AS INT), 1] AS a);
--! expect
{"k":["a","b"],"v":[1,2],"e":2,"ek":"x","up":[null,1,3],"down":[3,1,null],"last":[1,3,null],"downfirst":[null,3,1]}

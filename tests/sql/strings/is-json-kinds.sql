--! reason: Each kind of JSON has its own test.
--! sql
SELECT s, s IS JSON AS any_kind, s IS JSON VALUE AS a_value, s IS JSON OBJECT AS an_object, s IS JSON ARRAY AS an_array, s IS JSON SCALAR AS a_scalar,
  s IS NOT JSON AS no_json, s IS NOT JSON OBJECT AS no_object, s IS NOT JSON ARRAY AS no_array, s IS NOT JSON SCALAR AS no_scalar
FROM (VALUES ('-3'), ('{}'), ('[1]'), ('"x"'), ('x'), (''), ('null'), (CAST(NULL AS STRING))) AS t(s);
--! expect
{"s":"","any_kind":false,"a_value":false,"an_object":false,"an_array":false,"a_scalar":false,"no_json":true,"no_object":true,"no_array":true,"no_scalar":true}
{"s":"-3","any_kind":true,"a_value":true,"an_object":false,"an_array":false,"a_scalar":true,"no_json":false,"no_object":true,"no_array":true,"no_scalar":false}
{"s":"[1]","any_kind":true,"a_value":true,"an_object":false,"an_array":true,"a_scalar":false,"no_json":false,"no_object":true,"no_array":false,"no_scalar":true}
{"s":"\"x\"","any_kind":true,"a_value":true,"an_object":false,"an_array":false,"a_scalar":true,"no_json":false,"no_object":true,"no_array":true,"no_scalar":false}
{"s":"null","any_kind":true,"a_value":true,"an_object":false,"an_array":false,"a_scalar":true,"no_json":false,"no_object":true,"no_array":true,"no_scalar":false}
{"s":"x","any_kind":false,"a_value":false,"an_object":false,"an_array":false,"a_scalar":false,"no_json":true,"no_object":true,"no_array":true,"no_scalar":true}
{"s":"{}","any_kind":true,"a_value":true,"an_object":true,"an_array":false,"a_scalar":false,"no_json":false,"no_object":false,"no_array":true,"no_scalar":true}
{"s":null,"any_kind":false,"a_value":false,"an_object":false,"an_array":false,"a_scalar":false,"no_json":true,"no_object":true,"no_array":true,"no_scalar":true}

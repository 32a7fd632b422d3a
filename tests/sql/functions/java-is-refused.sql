--! reason: There is no JVM.
--! sql
CREATE FUNCTION f AS 'com.example.F' LANGUAGE JAVA;
--! error: a function in JAVA is not supported

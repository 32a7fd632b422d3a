--! reason: The listing of a savepoint needs the savepoint's path as a text.
--! sql
SELECT * FROM savepoint_metadata(3);
--! error: savepoint_metadata takes one text

//! Tables, views, databases and settings.

use super::{new_session, plan, rows, run};

#[test]
fn show_and_use() {
    let session = &mut new_session();
    assert_eq!(
        rows(session, "SHOW TABLES"),
        ["bid", "out2", "printed", "t"]
    );
    assert_eq!(
        rows(session, "SHOW TABLES LIKE '%t%'"),
        ["out2", "printed", "t"]
    );
    assert_eq!(
        rows(session, "CREATE VIEW v AS SELECT a FROM t; SHOW VIEWS"),
        ["v"]
    );
    assert_eq!(
        rows(session, "CREATE DATABASE shop; USE shop; SHOW TABLES").len(),
        0
    );
    assert_eq!(rows(session, "SHOW CURRENT DATABASE"), ["shop"]);
    assert_eq!(
        rows(session, "SHOW DATABASES"),
        ["default_database", "shop"]
    );
    assert_eq!(rows(session, "SHOW TABLES FROM default_database").len(), 5);
    assert_eq!(rows(session, "SHOW CATALOGS"), ["default_catalog"]);
    run(session, "SELECT a FROM default_database.v").unwrap();
    assert!(
        run(session, "DROP DATABASE shop")
            .unwrap_err()
            .contains("in use")
    );
    assert!(
        run(
            session,
            "USE default_database; DROP DATABASE shop; USE shop"
        )
        .is_err()
    );
    run(
        session,
        "CREATE CATALOG c WITH ('type' = 'generic_in_memory'); USE CATALOG c",
    )
    .unwrap();
    assert_eq!(rows(session, "SHOW CURRENT CATALOG"), ["c"]);
}

#[test]
fn describe_says_what_a_column_is() {
    let session = &mut new_session();
    let script = "CREATE TABLE d (
      id INT, n AS id + 1, ts TIMESTAMP(3), f STRING NOT NULL METADATA FROM 'file.name' VIRTUAL,
      WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, PRIMARY KEY (id) NOT ENFORCED
    ) WITH ('connector' = 'filesystem', 'path' = '/d', 'format' = 'csv'); DESCRIBE d";
    assert_eq!(
        rows(session, script),
        [
            "id | INT | FALSE | PRI(id) | - | -",
            "n | INT | FALSE | - | AS id + 1 | -",
            "ts | TIMESTAMP(3) *ROWTIME* | TRUE | - | - | ts - INTERVAL '5' SECOND",
            "f | STRING | FALSE | - | METADATA FROM 'file.name' VIRTUAL | -",
        ]
    );
}

#[test]
fn show_create_table_makes_the_table_again() {
    let session = &mut new_session();
    let script = "CREATE TABLE c (a INT COMMENT 'it''s', `b c` AS a + 1, k STRING, ts TIMESTAMP(3),
      WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) PARTITIONED BY (k)
      WITH ('connector' = 'filesystem', 'path' = '/c', 'format' = 'csv'); SHOW CREATE TABLE c";
    let first = rows(session, script).remove(0);
    run(session, &format!("DROP TABLE c; {first}")).unwrap();
    assert_eq!(rows(session, "SHOW CREATE TABLE c").remove(0), first);
    assert!(first.contains("PARTITIONED BY (`k`)"), "{first}");
}

#[test]
fn like_takes_over() {
    let session = &mut new_session();
    run(
        session,
        "CREATE TABLE l (WATERMARK FOR ts AS ts) WITH ('path' = '/other') LIKE t",
    )
    .unwrap();
    let text = rows(session, "SHOW CREATE TABLE l").remove(0);
    assert!(
        text.contains("'path' = '/other'") && text.contains("'format' = 'csv'"),
        "{text}"
    );
    assert!(text.contains("WATERMARK FOR `ts` AS ts"), "{text}");
    let twice = run(session, "CREATE TABLE m (WATERMARK FOR ts AS ts) LIKE bid").unwrap_err();
    assert!(twice.contains("OVERWRITING WATERMARKS"), "{twice}");
    run(
        session,
        "CREATE TABLE m (WATERMARK FOR ts AS ts) LIKE bid (OVERWRITING WATERMARKS)",
    )
    .unwrap();
    run(
        session,
        "CREATE TABLE n (x INT) WITH ('connector' = 'print') LIKE bid (EXCLUDING ALL)",
    )
    .unwrap();
    let text = rows(session, "SHOW CREATE TABLE n").remove(0);
    assert!(
        !text.contains("filesystem") && !text.contains("WATERMARK"),
        "{text}"
    );
    assert!(run(session, "CREATE TABLE o (v INT) LIKE bid").is_err());
}

#[test]
fn temporary_tables_hide_permanent_ones() {
    let session = &mut new_session();
    run(session, "CREATE TEMPORARY TABLE t (z INT) WITH ('connector' = 'filesystem', 'path' = '/z', 'format' = 'csv')").unwrap();
    run(session, "SELECT z FROM t").unwrap();
    assert!(run(session, "DROP TABLE t").is_err());
    run(session, "DROP TEMPORARY TABLE t; SELECT a FROM t").unwrap();
}

#[test]
fn alter_table_changes_names_and_options() {
    let session = &mut new_session();
    run(session, "ALTER TABLE t RENAME TO u; SELECT a FROM u").unwrap();
    run(
        session,
        "ALTER TABLE u SET ('format' = 'json'); SELECT a FROM u",
    )
    .unwrap();
    assert!(run(session, "ALTER TABLE u RESET ('format'); SELECT a FROM u").is_err());
}

#[test]
fn computed_columns_stand_where_they_are_declared() {
    let script = "CREATE TABLE c (x AS b * 2, a INT, b INT) WITH ('connector' = 'filesystem', 'path' = '/c', 'format' = 'csv');
        SELECT * FROM c";
    assert_eq!(
        plan(script),
        "Project(select=[(b * 2) AS x, a, b])
+- TableSourceScan(table=[default_catalog.default_database.c], fields=[a, b])
"
    );
}

#[test]
fn set_is_remembered_with_its_line_and_taken_back() {
    let session = &mut new_session();
    let set = rows(session, "\nSET 'parallelism.default' = '3';\nSET");
    assert!(
        set.contains(&"parallelism.default | 3 | SET at line 2".to_owned()),
        "{set:?}"
    );
    run(session, "RESET 'parallelism.default'").unwrap();
    assert_eq!(rows(session, "SET").len(), 1);
    run(session, "SET 'execution.buffer-timeout' = '5 ms'").unwrap();
    assert_eq!(session.take_warnings().len(), 1);
}

#[test]
fn a_failed_statement_changes_nothing() {
    let session = &mut new_session();
    assert!(run(session, "CREATE TABLE bad (a INT, b AS nope)").is_err());
    assert_eq!(rows(session, "SHOW TABLES").len(), 4);
}

#[test]
fn completion_offers_what_fits() {
    let session = new_session();
    assert_eq!(session.complete("SELECT a FROM pri"), ["printed"]);
    assert_eq!(session.complete("sel"), ["SELECT"]);
    assert_eq!(
        session.complete("SET 'parallelism.d"),
        ["parallelism.default"]
    );
    assert!(session.complete("SELECT UPP").contains(&"UPPER".to_owned()));
    assert!(
        session
            .complete("SELECT * FROM t WHERE t")
            .contains(&"ts".to_owned())
    );
}

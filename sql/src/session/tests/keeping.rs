//! What outlives a session: catalogs in folders, the catalog store, compiled plans.

use alpheus_hadoop_conf::{Configuration, Source};

use super::{job_in, new_session, rows, run};
use crate::session::{Outcome, Session};

fn session() -> Session {
    Session::new(Configuration::new())
}

const TABLE: &str = "CREATE TABLE t (a INT NOT NULL, b AS a + 1 COMMENT 'one more', ts TIMESTAMP(3), f STRING METADATA FROM 'file.name' VIRTUAL,
    WATERMARK FOR ts AS ts - INTERVAL '1' SECOND, PRIMARY KEY (a) NOT ENFORCED) COMMENT 'it''s'
    WITH ('connector' = 'filesystem', 'path' = '/t', 'format' = 'csv')";

#[test]
fn a_catalog_in_a_folder_keeps_what_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = format!(
        "CREATE CATALOG c WITH ('type' = 'filesystem', 'path' = '{}'); USE CATALOG c;",
        folder.path().join("cat").display()
    );
    let one = &mut session();
    run(
        one,
        &format!(
            "{catalog} {TABLE}; CREATE DATABASE `my db` COMMENT 'x' WITH ('k' = 'v');
        CREATE VIEW `my db`.`v w` (x) AS SELECT a FROM t WHERE b > 1;
        CREATE FUNCTION f AS '{}' LANGUAGE WASM",
            super::COUNT_CHAR
        ),
    )
    .unwrap();
    let two = &mut session();
    run(two, &catalog.replace(" c", " d")).unwrap();
    assert_eq!(rows(two, "SHOW TABLES"), ["t"]);
    assert_eq!(rows(two, "SHOW DATABASES"), ["default", "my db"]);
    assert_eq!(rows(two, "SHOW USER FUNCTIONS"), ["f"]);
    let text = |session: &mut Session| rows(session, "SHOW CREATE TABLE t").remove(0);
    assert_eq!(text(one).replace("`c`", "`d`"), text(two));
    assert!(text(two).contains("COMMENT 'it''s'"));
    assert!(rows(two, "DESCRIBE DATABASE EXTENDED `my db`").contains(&"option:k | v".to_owned()));
    run(two, "SELECT f('a', 'a'), b FROM t").unwrap();
    // The view was made under another name of the catalog; its query means that name.
    assert!(run(two, "SELECT * FROM `my db`.`v w`").is_err());
    run(two, &catalog.replace("USE CATALOG c;", "USE CATALOG d;")).unwrap();
    run(two, "SELECT x FROM `my db`.`v w`").unwrap();
    // Both see what the other one does.
    run(two, "ALTER TABLE t ADD c STRING; DROP VIEW `my db`.`v w`; DROP DATABASE `my db`; DROP FUNCTION f").unwrap();
    run(one, "SELECT c FROM t").unwrap();
    assert!(run(one, "SELECT f('a', 'a') FROM t").is_err());
    assert_eq!(rows(one, "SHOW DATABASES"), ["default"]);
    run(one, "ALTER TABLE t RENAME TO u").unwrap();
    assert_eq!(rows(two, "SHOW TABLES"), ["u"]);
    run(
        one,
        "CREATE TEMPORARY TABLE tmp (x INT) WITH ('connector' = 'print')",
    )
    .unwrap();
    assert_eq!(
        rows(two, "SHOW TABLES"),
        ["u"],
        "temporary tables are the session's"
    );
    run(two, "DROP TABLE u").unwrap();
    assert!(run(one, "SELECT * FROM u").is_err());
}

#[test]
fn a_catalog_store_keeps_catalogs() {
    let folder = tempfile::tempdir().unwrap();
    let stored = || {
        let mut configuration = Configuration::new();
        let path = folder.path().join("store").display().to_string();
        for (key, value) in [
            ("table.catalog-store.kind", "file"),
            ("table.catalog-store.file.path", &path),
        ] {
            configuration.set(key, value, Source::CommandLine).unwrap();
        }
        Session::new(configuration)
    };
    let path = folder.path().join("cat");
    let create = format!(
        "CREATE CATALOG c COMMENT 'ours: \"1\"' WITH ('type' = 'filesystem', 'path' = '{}', 'default-database' = 'base')",
        path.display()
    );
    run(&mut stored(), &format!("{create}; USE CATALOG c; {TABLE}")).unwrap();
    let again = &mut stored();
    run(again, "SELECT a FROM c.base.t").unwrap();
    let shown = rows(again, "SHOW CREATE CATALOG c").remove(0);
    assert!(
        shown.contains("COMMENT 'ours: \"1\"'") && shown.contains("'default-database' = 'base'"),
        "{shown}"
    );
    run(
        again,
        "ALTER CATALOG c COMMENT 'other'; ALTER CATALOG c RESET ('default-database')",
    )
    .unwrap();
    assert!(rows(&mut stored(), "DESCRIBE CATALOG c").contains(&"comment | other".to_owned()));
    assert!(run(again, "ALTER CATALOG c SET ('path' = '/else')").is_err());
    run(again, "DROP CATALOG c").unwrap();
    assert_eq!(rows(&mut stored(), "SHOW CATALOGS"), ["default_catalog"]);
    assert!(
        path.join("base").is_dir(),
        "dropping a catalog leaves its folder"
    );
    let nowhere = run(
        &mut session(),
        "SET 'table.catalog-store.kind' = 'file'; SHOW CATALOGS",
    )
    .unwrap_err();
    assert!(
        nowhere.contains("table.catalog-store.file.path"),
        "{nowhere}"
    );
}

#[test]
fn create_table_as_makes_the_table_and_fills_it() {
    let session = &mut new_session();
    let create = "CREATE TABLE made (extra STRING, n AS a * 2) WITH ('connector' = 'print') AS SELECT a, SUM(b) AS s FROM t GROUP BY a";
    let job = job_in(session, create);
    assert_eq!(
        job.name,
        "insert-into_default_catalog.default_database.made"
    );
    let described = rows(session, "DESCRIBE made");
    let columns: Vec<&str> = described
        .iter()
        .map(|row| row.split(" | ").next().unwrap())
        .collect();
    assert_eq!(columns, ["extra", "n", "a", "s"]);
    assert!(matches!(
        run(
            session,
            &create.replace("TABLE made", "TABLE IF NOT EXISTS made")
        ),
        Ok(Outcome::Done)
    ));
    assert!(run(session, create).unwrap_err().contains("already exists"));
    job_in(
        session,
        "CREATE OR REPLACE TABLE made WITH ('connector' = 'print') AS SELECT x, a FROM t",
    );
    assert_eq!(rows(session, "DESCRIBE made").len(), 2);
    job_in(
        session,
        "CREATE TABLE turned (a, x) WITH ('connector' = 'print') AS SELECT x, a FROM t",
    );
    assert_eq!(
        rows(session, "SHOW COLUMNS FROM turned")[0]
            .split(" | ")
            .next(),
        Some("a")
    );
    for (wrong, why) in [
        (
            "CREATE TABLE bad WITH ('connector' = 'filesystem', 'path' = '/b', 'format' = 'csv') AS SELECT a, COUNT(*) FROM t GROUP BY a",
            "takes only inserts",
        ),
        (
            "CREATE TABLE bad (c INT NOT NULL) WITH ('connector' = 'print') AS SELECT a FROM t",
            "NOT NULL",
        ),
        (
            "CREATE TABLE bad WITH ('connector' = 'print') AS SELECT NULL AS n",
            "has no type",
        ),
        (
            "CREATE TABLE bad (a, q) WITH ('connector' = 'print') AS SELECT a, b FROM t",
            "no column 'q'",
        ),
        (
            "CREATE OR REPLACE TABLE bad (a INT) WITH ('connector' = 'print')",
            "not supported",
        ),
    ] {
        let error = run(session, wrong).unwrap_err();
        assert!(error.contains(why), "{error}");
        assert!(run(session, "DESCRIBE bad").is_err(), "{wrong}");
    }
}

#[test]
fn alter_table_changes_columns() {
    let session = &mut new_session();
    run(session, "ALTER TABLE t ADD (c INT FIRST, e AS c + 1 AFTER c); ALTER TABLE t MODIFY s VARCHAR(7) AFTER a;
        ALTER TABLE t RENAME d TO amount; ALTER TABLE t DROP (p, x); ALTER TABLE t ADD WATERMARK FOR ts AS ts;
        ALTER TABLE t MODIFY b BIGINT NOT NULL; ALTER TABLE t ADD PRIMARY KEY (b) NOT ENFORCED").unwrap();
    let described = rows(session, "DESCRIBE t");
    let columns: Vec<&str> = described
        .iter()
        .map(|row| row.split(" | ").next().unwrap())
        .collect();
    assert_eq!(columns, ["c", "e", "a", "s", "b", "amount", "ts"]);
    for wrong in [
        "ALTER TABLE t DROP c",
        "ALTER TABLE t RENAME c TO d",
        "ALTER TABLE t DROP ts",
        "ALTER TABLE t DROP b",
        "ALTER TABLE t ADD a INT",
        "ALTER TABLE t MODIFY nope INT",
        "ALTER TABLE t ADD PRIMARY KEY (a) NOT ENFORCED",
        "ALTER TABLE t DROP CONSTRAINT nope",
    ] {
        assert!(run(session, wrong).is_err(), "{wrong}");
        assert_eq!(rows(session, "DESCRIBE t"), described, "{wrong}");
    }
    run(session, "ALTER TABLE t DROP PRIMARY KEY; ALTER TABLE t DROP WATERMARK; ALTER TABLE t DROP e; ALTER TABLE t DROP c").unwrap();
    run(session, "CREATE VIEW v AS SELECT a FROM t; ALTER VIEW v RENAME TO w; ALTER VIEW w AS SELECT amount FROM t; SELECT amount FROM w").unwrap();
    assert!(run(session, "ALTER VIEW t RENAME TO x").is_err());
}

#[test]
fn a_compiled_plan_keeps_operators_and_ids() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.json").display().to_string();
    let insert = "INSERT INTO printed SELECT s, COUNT(*) FROM t WHERE a > 1 GROUP BY s";
    let session = &mut new_session();
    run(session, &format!("COMPILE PLAN '{plan}' FOR {insert}")).unwrap();
    let planned = job_in(session, insert);
    let other = &mut Session::new(Configuration::new());
    run(
        other,
        "SET 'parallelism.default' = '3'; SET 'pipeline.name' = 'again'",
    )
    .unwrap();
    let executed = job_in(other, &format!("EXECUTE PLAN '{plan}'"));
    let (before, after) = (planned.graph.unwrap(), executed.graph.unwrap());
    let ids = |graph: &alpheus_dataflow::JobGraph| -> Vec<_> {
        graph
            .vertices
            .iter()
            .flat_map(|v| v.chain.iter().map(|node| node.id))
            .collect()
    };
    assert_eq!(ids(&before), ids(&after));
    assert!(before.vertices.iter().all(|vertex| vertex.parallelism == 1));
    assert!(after.vertices.iter().all(|vertex| vertex.parallelism == 3));
    assert_eq!(after.name, "again");
    let twice = run(session, &format!("COMPILE PLAN '{plan}' FOR {insert}")).unwrap_err();
    assert!(twice.contains("table.plan.force-recompile"), "{twice}");
    run(
        session,
        &format!("COMPILE PLAN '{plan}' IF NOT EXISTS FOR {insert}"),
    )
    .unwrap();
    run(
        session,
        &format!("SET 'table.plan.force-recompile' = 'true'; COMPILE PLAN '{plan}' FOR {insert}"),
    )
    .unwrap();
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&plan).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    job_in(
        session,
        &format!("COMPILE AND EXECUTE PLAN '{plan}' FOR {insert}"),
    );
    for (statement, why) in [
        (
            format!("COMPILE PLAN '{plan}2' FOR SELECT 1"),
            "SELECT cannot be compiled",
        ),
        (
            format!("SET 'execution.runtime-mode' = 'batch'; COMPILE PLAN '{plan}3' FOR {insert}"),
            "batch mode",
        ),
        (format!("EXECUTE PLAN '{plan}4'"), "plan.json4"),
    ] {
        let error = run(session, &statement).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
    let newer = std::fs::read_to_string(&plan)
        .unwrap()
        .replace("\"format\": 1", "\"format\": 99");
    for text in ["{", "{}", &newer] {
        std::fs::write(&plan, text).unwrap();
        let error = run(session, &format!("EXECUTE PLAN '{plan}'")).unwrap_err();
        assert!(error.contains("no compiled plan"), "{error}");
    }
}

#[test]
fn a_global_aggregate_stays_on_one_subtask() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.json").display().to_string();
    let session = &mut new_session();
    run(
        session,
        &format!("COMPILE PLAN '{plan}' FOR INSERT INTO printed SELECT 'all', COUNT(*) FROM t"),
    )
    .unwrap();
    let job = job_in(
        session,
        &format!("SET 'parallelism.default' = '4'; EXECUTE PLAN '{plan}'"),
    );
    let graph = job.graph.unwrap();
    let counts: Vec<u32> = graph
        .vertices
        .iter()
        .map(|vertex| vertex.parallelism)
        .collect();
    let aggregate = graph
        .vertices
        .iter()
        .find(|vertex| vertex.name.contains("GroupAggregate"))
        .unwrap();
    assert_eq!(aggregate.parallelism, 1, "{counts:?}");
}

#[test]
fn functions_of_users_are_called() {
    let session = &mut new_session();
    let create = format!("CREATE FUNCTION f AS '{}' LANGUAGE WASM", super::COUNT_CHAR);
    run(session, &create).unwrap();
    let job = job_in(
        session,
        "SELECT F(s, 'a') + 1 AS n FROM t WHERE default_database.f(s, 'b') > 0",
    );
    let plan = job.outputs[0].query.to_string();
    assert!(
        plan.contains("(default_catalog.default_database.f(s, 'a') + 1)"),
        "{plan}"
    );
    let graph = job.graph.unwrap();
    assert_eq!(
        (
            graph.functions.functions.len(),
            graph.functions.modules.len()
        ),
        (1, 1)
    );
    let text = serde_json::to_string(&graph).unwrap();
    let back: alpheus_dataflow::JobGraph = serde_json::from_str(&text).unwrap();
    assert_eq!(back.functions, graph.functions);
    assert!(
        job_in(session, "SELECT a FROM t")
            .graph
            .unwrap()
            .functions
            .is_empty()
    );
    assert_eq!(rows(session, "SHOW USER FUNCTIONS"), ["f"]);
    assert!(
        rows(session, "DESCRIBE FUNCTION f").contains(&"signature | f(STRING, STRING)".to_owned())
    );
    assert!(
        rows(session, "DESCRIBE FUNCTION `upper`")
            .contains(&"is system function | true".to_owned())
    );
    for (statement, why) in [
        (create.as_str(), "already exists"),
        ("SELECT f(s) FROM t", "takes 2 arguments"),
        ("SELECT f(DISTINCT s, s) FROM t", "need an aggregate"),
        ("SELECT g(s) FROM t", "not found"),
        ("SELECT f(s, s) OVER (ORDER BY ts) FROM t", "OVER"),
        ("DROP FUNCTION g", "not found"),
        ("DROP TEMPORARY FUNCTION f", "not found"),
    ] {
        let error = run(session, statement).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
    // A system function comes before the built-in one of its name, one of a database does not.
    run(session, &create.replace("FUNCTION f", "FUNCTION `upper`")).unwrap();
    assert!(run(session, "SELECT UPPER(s) FROM t").is_ok());
    run(
        session,
        &create.replace("FUNCTION f", "TEMPORARY SYSTEM FUNCTION `upper`"),
    )
    .unwrap();
    assert!(run(session, "SELECT UPPER(s) FROM t").is_err());
    run(
        session,
        "DROP TEMPORARY SYSTEM FUNCTION `upper`; SELECT UPPER(s) FROM t",
    )
    .unwrap();
    run(session, "DROP FUNCTION f; DROP FUNCTION IF EXISTS f").unwrap();
}

#[test]
fn limits_are_those_of_the_options() {
    let limits = crate::binder::wasm_limits(&Configuration::new()).unwrap();
    assert_eq!(limits, alpheus_udf::Limits::default());
}

#[test]
fn an_aggregate_function_without_retraction_takes_inserts_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.wasm");
    let built = super::COUNT_CHAR.replace("count_char", "sum_of_squares");
    let mut bytes = std::fs::read(built).unwrap();
    let name = b"sum_of_squares_retract";
    let at = bytes.windows(name.len()).position(|window| window == name);
    bytes[at.unwrap() + name.len() - 1] = b'x';
    std::fs::write(&path, bytes).unwrap();
    let session = &mut new_session();
    let create = format!(
        "CREATE FUNCTION squares AS '{}' LANGUAGE WASM",
        path.display()
    );
    run(session, &create).unwrap();
    job_in(session, "SELECT s, squares(x) FROM t GROUP BY s");
    let updates = "SELECT squares(n) FROM (SELECT COUNT(*) AS n FROM t GROUP BY s)";
    let error = run(session, updates).unwrap_err();
    assert!(error.contains("has no retract function"), "{error}");
    let scalar = run(session, "SELECT squares(x) + 1 FROM t WHERE squares(x) > 1").unwrap_err();
    assert!(scalar.contains("cannot be used in WHERE"), "{scalar}");
}

#[test]
fn partitions_are_the_folders_of_a_table() {
    let folder = tempfile::tempdir().unwrap();
    for partition in [
        "d=2024-01-02/k=b",
        "d=2024-01-01/k=a%3Ab",
        "d=2024-01-01/other",
    ] {
        std::fs::create_dir_all(folder.path().join(partition)).unwrap();
    }
    std::fs::write(folder.path().join("d=file"), "").unwrap();
    let session = &mut session();
    let tables = format!(
        "CREATE TABLE p (v INT, d STRING, k STRING) PARTITIONED BY (d, k)
           WITH ('connector' = 'filesystem', 'path' = '{}', 'format' = 'csv');
         CREATE TABLE gone (v INT, d STRING) PARTITIONED BY (d)
           WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'csv'); {TABLE}",
        folder.path().display()
    );
    run(session, &tables).unwrap();
    assert_eq!(
        rows(session, "SHOW PARTITIONS p"),
        ["d=2024-01-01/k=a:b", "d=2024-01-02/k=b"]
    );
    assert!(rows(session, "SHOW PARTITIONS gone").is_empty());
    let error = run(session, "SHOW PARTITIONS t").unwrap_err();
    assert!(error.contains("table 't' is not partitioned"), "{error}");
}

#[test]
fn explaining_a_table_as_makes_none() {
    let session = &mut session();
    let create =
        "CREATE TABLE copy WITH ('connector' = 'blackhole') AS SELECT a, b FROM t WHERE a > 1";
    run(session, TABLE).unwrap();
    let plan = rows(session, &format!("EXPLAIN {create}")).remove(0);
    assert!(
        plan.contains("-> default_catalog.default_database.copy\n"),
        "{plan}"
    );
    assert!(plan.contains("Sink: copy"), "{plan}");
    assert_eq!(rows(session, "SHOW TABLES"), ["t"]);
    run(session, create).unwrap();
    assert_eq!(rows(session, "SHOW TABLES"), ["copy", "t"]);
    let error = run(session, &format!("EXPLAIN {create}")).unwrap_err();
    assert!(error.contains("already exists"), "{error}");
    // A query that is wrong leaves nothing behind, either.
    let wrong = "EXPLAIN CREATE TABLE other WITH ('connector' = 'blackhole') AS SELECT c FROM t";
    assert!(run(session, wrong).is_err());
    assert_eq!(rows(session, "SHOW TABLES"), ["copy", "t"]);
}

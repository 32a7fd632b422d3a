//! SQL jobs over HDFS, as people run them: the binary, a login of one kind or another, and `kill -9`.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::*;
use alpheus_security::kerberos::Login;
use alpheus_storage::{CreateMode, FileSystem, HdfsFileSystem, HdfsUser, Location, glob};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const FILES: u64 = 24;
const ROWS: u64 = 2_000;
const KEYS: u64 = 7;
const LIMIT: Duration = Duration::from_secs(240);

fn alpheus() -> Command {
    let program = std::env::var_os("ALPHEUS_BIN").expect("run these tests by scripts/test-hadoop");
    let mut command = Command::new(program);
    command.env_remove("KRB5CCNAME").stdin(Stdio::null());
    command
}

/// Alice's keytab, as options of the command line.
fn by_keytab(command: &mut Command) -> &mut Command {
    let keytab = format!(
        "security.kerberos.login.keytab={}",
        keytab("alice").display()
    );
    let principal = format!("security.kerberos.login.principal=alice@{REALM}");
    command.args(["-D", &keytab, "-D", &principal])
}

/// Alice's ticket cache.
fn tickets() -> String {
    dev_cluster(&["kinit", "alice"]);
    format!("FILE:{}", dir().join("tickets/alice").display())
}

/// A folder on HDFS for one test, with input in it.
struct Place {
    _login: Arc<Login>,
    files: HdfsFileSystem,
    base: Location,
}

impl Place {
    fn new(name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let login = runtime.block_on(login("alice"));
        let user = HdfsUser::Kerberos {
            principal: login.principal().to_owned(),
            cache: login.cache().to_owned(),
        };
        let files = HdfsFileSystem::new(&conf(), user).unwrap();
        let authority = conf().default_hdfs_authority().unwrap().unwrap();
        let base: Location = format!("hdfs://{authority}/user/alice/jobs-{name}")
            .parse()
            .unwrap();
        files.delete(&base, true).unwrap();
        for file in 0..FILES {
            let mut text = String::new();
            for row in 0..ROWS {
                let id = file * ROWS + row;
                // One row a second.
                let (minutes, seconds) = (id / 60, id % 60);
                let (hours, minutes) = (minutes / 60, minutes % 60);
                writeln!(
                    text,
                    "{id},{},2026-01-{:02} {:02}:{minutes:02}:{seconds:02}",
                    id % KEYS,
                    1 + hours / 24,
                    hours % 24
                )
                .unwrap();
            }
            let place = base.join(&format!("in/{file:03}.csv"));
            files
                .write(&place, text.as_bytes(), CreateMode::New)
                .unwrap();
        }
        Place {
            _login: login,
            files,
            base,
        }
    }

    fn tables(&self) -> String {
        format!(
            "CREATE TABLE src (id BIGINT, k BIGINT, ts TIMESTAMP(0), WATERMARK FOR ts AS ts)
               WITH ('connector' = 'filesystem', 'path' = '{0}/in', 'format' = 'csv');
             CREATE TABLE copies (id BIGINT, k BIGINT)
               WITH ('connector' = 'filesystem', 'path' = '{0}/copies', 'format' = 'csv');
             CREATE TABLE columns (id BIGINT, k BIGINT)
               WITH ('connector' = 'filesystem', 'path' = '{0}/columns', 'format' = 'parquet');
             CREATE TABLE counts (window_start TIMESTAMP(3), k BIGINT, n BIGINT, s BIGINT)
               WITH ('connector' = 'filesystem', 'path' = '{0}/counts', 'format' = 'csv');\n",
            self.base
        )
    }

    fn job(&self, name: &str, statements: &str) -> PathBuf {
        let path = dir().join(format!("{name}.sql"));
        std::fs::write(&path, format!("{}{statements}", self.tables())).unwrap();
        path
    }

    /// All lines below a folder.
    fn lines(&self, folder: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for file in glob::find_files(&self.files, &self.base.join(folder)).unwrap() {
            let bytes = self.files.read(&file.location).unwrap();
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            lines.extend(text.lines().map(str::to_owned));
        }
        lines
    }

    fn assert_copied_once(&self, folder: &str) {
        let mut ids: Vec<u64> = self
            .lines(folder)
            .iter()
            .map(|line| line.split(',').next().unwrap().parse().unwrap())
            .collect();
        ids.sort_unstable();
        let all: Vec<u64> = (0..FILES * ROWS).collect();
        assert!(
            ids == all,
            "{} rows instead of {}: some are lost or there twice",
            ids.len(),
            all.len()
        );
        for child in self.files.list(&self.base.join(folder)).unwrap() {
            let name = child.location.name().to_owned();
            assert!(!name.starts_with(".staging"), "{name} is left behind");
        }
    }

    fn assert_counted(&self) {
        let mut expected: BTreeMap<(u64, u64), (u64, u64)> = BTreeMap::new();
        for id in 0..FILES * ROWS {
            let entry = expected.entry((id / 600, id % KEYS)).or_default();
            entry.0 += 1;
            entry.1 += id;
        }
        let mut found: Vec<Vec<u64>> = self
            .lines("counts")
            .iter()
            .map(|line| {
                let cells: Vec<&str> = line.split(',').collect();
                cells[1..]
                    .iter()
                    .map(|cell| cell.parse().unwrap())
                    .collect()
            })
            .collect();
        found.sort();
        let mut all: Vec<Vec<u64>> = expected
            .iter()
            .map(|((_, key), (n, sum))| vec![*key, *n, *sum])
            .collect();
        all.sort();
        assert_eq!(found, all);
    }

    /// The newest complete checkpoint, and the folder of its job.
    fn newest_checkpoint(&self) -> Option<(i64, Location)> {
        let jobs = self.files.list(&self.base.join("checkpoints")).ok()?;
        let mut newest = None;
        for job in jobs {
            for checkpoint in self.files.list(&job.location).ok()? {
                let metadata = checkpoint.location.join("_metadata");
                if let Ok(status) = self.files.status(&metadata) {
                    newest = newest.max(Some((status.modified_ms, job.location.clone())));
                }
            }
        }
        newest
    }
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

fn assert_finished(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

const COPY_AND_COUNT: &str = "EXECUTE STATEMENT SET BEGIN
    INSERT INTO copies SELECT id, k FROM src;
    INSERT INTO counts SELECT window_start, k, COUNT(*), SUM(id)
      FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), INTERVAL '10' MINUTE))
      GROUP BY window_start, window_end, k;
  END;";

/// Workers, checkpoints and both ends on HDFS; the job is killed with everything it has, twice, and goes on from its newest
/// checkpoint. Every row arrives once.
#[test]
fn a_job_that_is_killed_goes_on_where_its_checkpoint_on_hdfs_is() {
    let place = Place::new("killed");
    let job = place.job("killed", COPY_AND_COUNT);
    let log = dir().join("logs/killed.log");
    let start = || -> Child {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let mut command = alpheus();
        command.args(["run", "--workers", "2"]);
        let checkpoints = format!("execution.checkpointing.dir={}/checkpoints", place.base);
        let settings = [
            "parallelism.default=2",
            "execution.checkpointing.interval=300ms",
            "execution.checkpointing.externalized-checkpoint-retention=RETAIN_ON_CANCELLATION",
            // Test hook: the source waits before each batch, so that there is something to kill.
            "alpheus.testing.source-delay=400ms",
            &checkpoints,
        ];
        for setting in settings {
            command.args(["-D", setting]);
        }
        by_keytab(&mut command);
        if let Some((_, job)) = place.newest_checkpoint() {
            command.args(["-s", &job.to_string()]);
        }
        command.arg(&job).stdout(Stdio::null()).stderr(log);
        command.spawn().unwrap()
    };
    let log = || std::fs::read_to_string(&log).unwrap_or_default();
    let began = Instant::now();
    let mut known = None;
    let mut child = start();
    let mut kills = 0;
    loop {
        assert!(began.elapsed() < LIMIT, "it does not end: {}", log());
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{}", log());
            break;
        }
        let newest = place.newest_checkpoint();
        if kills < 2 && newest.is_some() && newest != known {
            // Workers end with the process that started them.
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            known = place.newest_checkpoint();
            child = start();
        }
        std::thread::sleep(POLL);
    }
    assert_eq!(kills, 2, "there was nothing to kill: {}", log());
    place.assert_copied_once("copies");
    place.assert_counted();
    place.files.delete(&place.base, true).unwrap();
}

/// Batch mode with the user's tickets writes Parquet; a stream with nothing but a token file reads it.
#[test]
fn batch_and_stream_with_tickets_and_tokens() {
    let place = Place::new("columns");
    let tickets = tickets();
    let job = place.job("columns", "INSERT INTO columns SELECT id, k FROM src;");
    let batch = ["-D", "execution.runtime-mode=batch"];
    let mut command = alpheus();
    command.env("KRB5CCNAME", &tickets);
    assert_finished(&run(command.arg("run").args(batch).arg(job)));

    let tokens = dir().join("jobs.tokens");
    let mut command = alpheus();
    command
        .env("KRB5CCNAME", &tickets)
        .args(["token", "get", "--service", "hadoopfs"]);
    assert_finished(&run(command.arg(&tokens)));
    let job = place.job("tokens", "INSERT INTO copies SELECT id, k FROM columns;");
    let mut command = alpheus();
    command.env("HADOOP_TOKEN_FILE_LOCATION", &tokens).args([
        "run",
        "--workers",
        "2",
        "-D",
        "parallelism.default=2",
    ]);
    assert_finished(&run(command.arg(job)));
    std::fs::remove_file(tokens).unwrap();
    place.assert_copied_once("copies");
    place.files.delete(&place.base, true).unwrap();
}

/// Definitions in a folder on HDFS are there for sessions of other processes, until one of them drops them.
#[test]
fn a_catalog_on_hdfs_outlives_its_sessions() {
    let place = Place::new("catalog");
    let catalog = format!(
        "CREATE CATALOG c WITH ('type' = 'filesystem', 'path' = '{}/catalog'); USE CATALOG c;\n",
        place.base
    );
    let session = |name: &str, statements: &str| {
        let script = dir().join(format!("catalog-{name}.sql"));
        std::fs::write(&script, format!("{catalog}{statements}")).unwrap();
        let mut command = alpheus();
        run(by_keytab(command.args(["sql", "-f"]).arg(script)))
    };
    let view = "CREATE VIEW evens AS SELECT id, k FROM src WHERE MOD(id, 2) = 0;";
    assert_finished(&session("makes", &format!("{}{view}", place.tables())));
    let copy = "INSERT INTO copies SELECT id, k FROM evens;";
    assert_finished(&session("reads", copy));
    assert_eq!(place.lines("copies").len() as u64, FILES * ROWS / 2);
    assert_finished(&session(
        "drops",
        "DROP VIEW evens; ALTER TABLE copies RENAME TO kept;",
    ));
    let gone = session("misses", copy);
    let said = String::from_utf8_lossy(&gone.stderr).into_owned();
    assert!(!gone.status.success() && said.contains("copies"), "{said}");
    assert_finished(&session("finds", "SELECT COUNT(*) FROM kept;"));
    place.files.delete(&place.base, true).unwrap();
}

#[test]
fn what_is_missing_is_named() {
    let place = Place::new("errors");
    let failed = |command: &mut Command, words: &[&str]| {
        let output = run(command);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{said}");
        for word in words {
            assert!(said.contains(word), "`{word}` is not in: {said}");
        }
    };
    let job = place.job("errors", "INSERT INTO copies SELECT id, k FROM src;");
    // Nobody is logged in.
    let none = format!("FILE:{}", dir().join("tickets/nobody").display());
    let mut command = alpheus();
    command.env("KRB5CCNAME", &none).arg("run").arg(&job);
    failed(&mut command, &["kinit"]);
    // No configuration.
    let mut command = alpheus();
    for variable in ["HADOOP_CONF_DIR", "YARN_CONF_DIR", "HADOOP_HOME"] {
        command.env_remove(variable);
    }
    by_keytab(command.arg("run")).arg(&job);
    failed(&mut command, &["HADOOP_CONF_DIR"]);
    // Somebody else's folder.
    let theirs = place.base.to_string().replace("/alice/", "/bob/");
    let job = dir().join("theirs.sql");
    let sql = format!(
        "{}INSERT INTO copies SELECT id, k FROM src;",
        place
            .tables()
            .replace(&format!("{}/copies", place.base), &theirs)
    );
    std::fs::write(&job, sql).unwrap();
    let mut command = alpheus();
    by_keytab(command.arg("run")).arg(&job);
    failed(&mut command, &["no permission", "/user/bob"]);
    place.files.delete(&place.base, true).unwrap();
}

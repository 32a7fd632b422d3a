//! SQL case files: statements, their input and what they must give, in one file.
//!
//! Lines that start with `--!` are directives; everything else is SQL, or the body of the directive
//! above it:
//!
//! ```text
//! --! reason: why this case is here
//! --! file t.csv                       body: the file's lines
//! --! sql                              body: statements; ${DIR} is the folder with the files, ${REPOSITORY} this repository
//! --! types {"a":"DECIMAL(10, 2)"}     column types, where numbers must be compared as decimals
//! --! expect [streaming|batch]         body: the materialized result, one JSON object a line, in any order
//! --! error [streaming|batch]: text    instead: it is refused, and says this
//! --! parallelism 1                    only this one: the order of rows matters
//! --! ordered                          in batch mode the rows come in the order in which they are expected
//! --! set key = value                  passed with -D
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The two runtime modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Unbounded plans, changelogs.
    Streaming,
    /// Bounded plans.
    Batch,
}

impl Mode {
    /// Both.
    pub const ALL: [Mode; 2] = [Mode::Streaming, Mode::Batch];

    /// As `execution.runtime-mode` and directives spell it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Streaming => "streaming",
            Mode::Batch => "batch",
        }
    }
}

/// What must come out.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// These rows, as JSON objects.
    Rows(Vec<serde_json::Value>),
    /// A refusal that contains this text.
    Error(String),
}

/// A parsed case file.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Where it came from.
    pub path: PathBuf,
    /// Why it is here.
    pub reason: String,
    /// Input files by name.
    pub files: BTreeMap<String, String>,
    /// The statements.
    pub sql: String,
    /// Column types, where known.
    pub types: BTreeMap<String, String>,
    /// What must come out in each mode that has a rule.
    pub expected: BTreeMap<Mode, Expected>,
    /// The only parallelism to run with.
    pub parallelism: Option<u32>,
    /// Whether a batch query's rows come in this order.
    pub ordered: bool,
    /// Configuration.
    pub settings: Vec<(String, String)>,
}

impl Case {
    /// Reads and parses a file.
    ///
    /// # Panics
    /// When the file is malformed: the message names the line.
    pub fn read(path: &Path) -> Case {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut case = Case {
            path: path.to_owned(),
            ..Case::default()
        };
        let mut directive = ("sql".to_owned(), 1);
        let mut body = String::new();
        for (number, line) in text.lines().enumerate() {
            if let Some(next) = line.strip_prefix("--!") {
                case.apply(&directive.0, &std::mem::take(&mut body), directive.1);
                directive = (next.trim().to_owned(), number + 1);
            } else {
                body.push_str(line);
                body.push('\n');
            }
        }
        case.apply(&directive.0, &body, directive.1);
        assert!(
            !case.reason.is_empty(),
            "{}: a case says why it is there (`--! reason: ...`)",
            path.display()
        );
        assert!(
            !case.expected.is_empty(),
            "{}: a case expects something",
            path.display()
        );
        case
    }

    /// Whether it runs one job, a query: then what that shows is all there is.
    pub fn is_one_query(&self) -> bool {
        let statements = self.sql.split(';').map(|statement| {
            let lines = statement.lines();
            let lines = lines.filter(|line| !line.trim_start().starts_with("--"));
            let words = lines.flat_map(str::split_whitespace);
            words.collect::<Vec<_>>().join(" ").to_ascii_uppercase()
        });
        let statements: Vec<String> = statements.collect();
        let begins = |statement: &String, words: &[&str]| {
            let statement = statement.trim_start_matches('(');
            words.iter().any(|word| statement.starts_with(word))
        };
        let queries = statements
            .iter()
            .filter(|statement| begins(statement, &["SELECT ", "WITH ", "VALUES ", "TABLE "]));
        let others = |statement: &String| {
            let writes = begins(statement, &["CREATE TABLE "]) && statement.contains(" AS SELECT ");
            writes || begins(statement, &["INSERT ", "EXECUTE ", "BEGIN "])
        };
        queries.count() == 1 && !statements.iter().any(others)
    }

    fn apply(&mut self, directive: &str, body: &str, line: usize) {
        let at = format!("{}:{line}", self.path.display());
        let (word, rest) = directive.split_once([' ', ':']).unwrap_or((directive, ""));
        let rest = rest.trim().trim_start_matches(':').trim();
        match word {
            "sql" => self.sql.push_str(body),
            "ordered" => self.ordered = true,
            "reason" => self.reason = rest.to_owned(),
            "file" => {
                self.files.insert(rest.to_owned(), body.to_owned());
            }
            "types" => {
                self.types =
                    serde_json::from_str(rest).unwrap_or_else(|e| panic!("{at}: bad types: {e}"));
            }
            "parallelism" => {
                self.parallelism = Some(
                    rest.parse()
                        .unwrap_or_else(|e| panic!("{at}: bad parallelism: {e}")),
                );
            }
            "set" => {
                let (key, value) = rest
                    .split_once('=')
                    .unwrap_or_else(|| panic!("{at}: expected key = value"));
                self.settings
                    .push((key.trim().to_owned(), value.trim().to_owned()));
            }
            "expect" => {
                let parse = |line: &str| {
                    serde_json::from_str(line)
                        .unwrap_or_else(|e| panic!("{at}: `{line}` is not JSON: {e}"))
                };
                let rows: Vec<_> = body
                    .lines()
                    .filter(|l| !l.trim().is_empty())
                    .map(parse)
                    .collect();
                for mode in modes(rest, &at) {
                    self.expected.insert(mode, Expected::Rows(rows.clone()));
                }
            }
            "error" => {
                let (which, text) = match rest.split_once(':') {
                    Some((which, text)) if matches!(which.trim(), "streaming" | "batch") => {
                        (which.trim(), text)
                    }
                    _ => ("", rest),
                };
                for mode in modes(which, &at) {
                    self.expected
                        .insert(mode, Expected::Error(text.trim().to_owned()));
                }
            }
            other => panic!("{at}: unknown directive `{other}`"),
        }
    }

    /// Writes the input files and the statements into `folder`; the path of the statements.
    pub fn materialize(&self, folder: &Path) -> PathBuf {
        for (name, content) in &self.files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let job = folder.join("job.sql");
        let repository = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let sql = self
            .sql
            .replace("${DIR}", &folder.to_string_lossy())
            .replace("${REPOSITORY}", repository);
        std::fs::write(&job, sql).unwrap();
        job
    }
}

fn modes(text: &str, at: &str) -> Vec<Mode> {
    match text {
        "" => Mode::ALL.to_vec(),
        "streaming" => vec![Mode::Streaming],
        "batch" => vec![Mode::Batch],
        other => panic!("{at}: `{other}` is no mode"),
    }
}

/// All case files below `folder`, by path.
pub fn find_cases(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

//! Statements of Flink SQL and of its client that there are not: refused by their names, with what to do.
use super::{Parser, Result};
use crate::error::ParseError;

/// How a statement begins, and what to do instead of it.
const ABSENT: &[(&[&str], &str)] = &[
    (
        &["ANALYZE", "TABLE"],
        "plans need no statistics; leave it out",
    ),
    (&["TRUNCATE", "TABLE"], OVERWRITE),
    (&["DELETE", "FROM"], OVERWRITE),
    (&["UPDATE"], OVERWRITE),
    (&["CALL"], "there are no stored procedures"),
    (&["ADD", "JAR"], MODULES),
    (&["REMOVE", "JAR"], MODULES),
    (
        &["LOAD", "MODULE"],
        "the functions of the core module are always there",
    ),
    (
        &["UNLOAD", "MODULE"],
        "the functions of the core module are always there",
    ),
    (
        &["USE", "MODULES"],
        "the functions of the core module are always there",
    ),
    (&["CREATE", "MODEL"], "there are no models"),
    (&["CREATE", "MATERIALIZED", "TABLE"], INSERT),
    (&["CREATE", "OR", "ALTER", "MATERIALIZED", "TABLE"], INSERT),
    (&["HELP"], CLIENT),
    (&["CLEAR"], CLIENT),
    (&["QUIT"], CLIENT),
    (&["EXIT"], CLIENT),
    (&["SOURCE"], "put the statements into one file"),
];

const OVERWRITE: &str = "write the rows that stay with INSERT OVERWRITE, in batch mode";
const MODULES: &str =
    "functions are WebAssembly: CREATE FUNCTION name AS 'file.wasm' LANGUAGE WASM";
const INSERT: &str = "create a table, and a job that keeps it up to date with INSERT INTO";
const CLIENT: &str = "it is for the prompt of `alpheus sql`; leave it out of scripts";

impl Parser<'_> {
    /// An error if one of the statements begins here.
    pub(super) fn refuse_absent(&mut self) -> Result<()> {
        let begins = |(words, _): &&(&[&str], &str)| self.at_words(words);
        let Some((words, instead)) = ABSENT.iter().find(begins) else {
            return Ok(());
        };
        let start = self.span();
        words.iter().for_each(|_| self.advance());
        let message = format!("{} is not supported", words.join(" "));
        Err(ParseError::new(message, self.since(start)).with_hint(*instead))
    }
}

//! SET and RESET.

use alpheus_hadoop_conf::{ConfigError, Source};
use alpheus_sql_parser::ast::{OptionPair, StringLit};
use alpheus_sql_parser::{Diagnostic, Position};

use super::{Outcome, Session, TextTable};
use crate::error::SqlError;

/// `SET 'key' = 'value'`, or SET alone: what is set.
pub(super) fn set(
    session: &mut Session,
    pair: Option<&OptionPair>,
    script: &str,
) -> Result<Outcome, SqlError> {
    let Some(pair) = pair else {
        let mut table = TextTable::new(["key", "value", "source"]);
        for (key, value, source) in session.configuration.shown() {
            let cells = [key.to_owned(), value, source.to_string()];
            table.rows.push(cells.map(Some).to_vec());
        }
        return Ok(Outcome::Rows(table));
    };
    let source = Source::Sql {
        line: Position::of(script, pair.span.start).line,
    };
    let (key, value) = (&pair.key.value, &pair.value.value);
    match session.configuration.set(key, value, source) {
        Ok(None) => {}
        Ok(Some(warning)) => {
            let warning = Diagnostic::warning(warning.to_string(), pair.span);
            session.warnings.push(warning);
        }
        Err(ConfigError::UnknownKey { key, nearest, .. }) => {
            let error = SqlError::invalid(format!("unknown option '{key}'"), pair.key.span);
            return Err(match nearest {
                Some(near) => error.with_help(format!("did you mean '{near}'?")),
                None => error,
            });
        }
        Err(ConfigError::BadValue {
            key,
            value,
            expected,
            ..
        }) => {
            let message = format!("option '{key}' cannot be '{value}'");
            return Err(SqlError::invalid(message, pair.value.span).with_note(expected));
        }
        Err(error) => return Err(SqlError::invalid(error.to_string(), pair.span)),
    }
    Ok(Outcome::Done)
}

/// `RESET 'key'`, or RESET alone: takes SETs back.
pub(super) fn reset(session: &mut Session, key: Option<&StringLit>) -> Result<Outcome, SqlError> {
    session
        .configuration
        .reset_sql(key.map(|key| key.value.as_str()));
    Ok(Outcome::Done)
}

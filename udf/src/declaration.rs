//! What a module says of its functions.
//!
//! `alpheus_describe` gives text, one function a line:
//!
//! ```text
//! FUNCTION count_char(STRING, STRING) RETURNS BIGINT
//! AGGREGATE geometric_mean(DOUBLE) RETURNS DOUBLE
//! ```
//!
//! Types are SQL's and stay text here: the planner reads them as it reads those of a table.

use alpheus_dataflow::user_functions::UserFunctionKind;

use crate::code::Code;
use crate::error::UdfError;

/// A function as its module declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Its name in the module.
    pub name: String,
    /// What it is.
    pub kind: UserFunctionKind,
    /// SQL types of its arguments.
    pub args: Vec<String>,
    /// SQL type of its result.
    pub result: String,
    /// Whether it can take rows back; scalar functions need not.
    pub retractable: bool,
}

/// The functions of a module, each with the exports it needs.
///
/// # Errors
/// When the text cannot be read or an export is missing.
pub fn declarations(code: &Code) -> Result<Vec<Declaration>, UdfError> {
    let text = code.with_instance(|instance| instance.describe())?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut found: Vec<Declaration> = Vec::new();
    for line in lines {
        let wrong = |reason: &str| UdfError::Declaration {
            line: line.to_owned(),
            reason: reason.to_owned(),
        };
        let mut declaration = parse(line).map_err(|reason| wrong(&reason))?;
        if found.iter().any(|known| known.name == declaration.name) {
            return Err(wrong("there are two functions of this name"));
        }
        let name = &declaration.name;
        match declaration.kind {
            UserFunctionKind::Scalar => code.need_entry(name)?,
            UserFunctionKind::Aggregate => {
                for step in ["accumulate", "merge", "evaluate"] {
                    code.need_entry(&format!("{name}_{step}"))?;
                }
                declaration.retractable = code.has(&format!("{name}_retract"));
            }
        }
        found.push(declaration);
    }
    if found.is_empty() {
        return Err(UdfError::Declaration {
            line: text,
            reason: "it declares no function".to_owned(),
        });
    }
    Ok(found)
}

fn parse(line: &str) -> Result<Declaration, String> {
    let (kind, rest) = line
        .split_once(char::is_whitespace)
        .ok_or("expected FUNCTION or AGGREGATE")?;
    let kind = match kind.to_ascii_uppercase().as_str() {
        "FUNCTION" => UserFunctionKind::Scalar,
        "AGGREGATE" => UserFunctionKind::Aggregate,
        "TABLE" => {
            return Err(
                "functions of tables are not there; expected FUNCTION or AGGREGATE".to_owned(),
            );
        }
        _ => return Err("expected FUNCTION or AGGREGATE".to_owned()),
    };
    let (name, rest) = rest.split_once('(').ok_or("expected a name and '('")?;
    let name = name.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(plain) || name.starts_with("alpheus_") {
        return Err(
            "a name has ASCII letters, digits and '_', and does not start with 'alpheus_'"
                .to_owned(),
        );
    }
    let (args, rest) = arguments(rest).ok_or("expected ')'")?;
    let rest = rest.trim();
    let returns = rest
        .get(..7)
        .filter(|word| word.eq_ignore_ascii_case("RETURNS"));
    let result = returns.and_then(|_| rest.get(7..)).map(str::trim);
    let result = result.filter(|result| !result.is_empty());
    Ok(Declaration {
        name: name.to_owned(),
        kind,
        args,
        result: result.ok_or("expected RETURNS and a type")?.to_owned(),
        retractable: false,
    })
}

/// The types up to the closing parenthesis, and what is behind it.
fn arguments(text: &str) -> Option<(Vec<String>, &str)> {
    let mut args = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '<' => depth += 1,
            ')' if depth == 0 => {
                let last = text[start..at].trim();
                if !last.is_empty() || !args.is_empty() {
                    args.push(last.to_owned());
                }
                return Some((args, &text[at + 1..]));
            }
            ')' | '>' => depth -= 1,
            ',' if depth == 0 => {
                args.push(text[start..at].trim().to_owned());
                start = at + 1;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_function() {
        let found =
            parse("FUNCTION f(DECIMAL(10, 2) NOT NULL, STRING) RETURNS TIMESTAMP(3)").unwrap();
        assert_eq!(found.args, ["DECIMAL(10, 2) NOT NULL", "STRING"]);
        assert_eq!(
            (found.name.as_str(), found.result.as_str()),
            ("f", "TIMESTAMP(3)")
        );
        let none = parse("aggregate n() returns BIGINT").unwrap();
        assert!(none.args.is_empty() && none.kind == UserFunctionKind::Aggregate);
    }

    #[test]
    fn what_is_no_function_is_refused() {
        for line in [
            "",
            "FUNCTION",
            "TABLE f() RETURNS INT",
            "FUNCTION (INT) RETURNS INT",
            "FUNCTION f(INT RETURNS INT",
            "FUNCTION f(INT)",
            "FUNCTION f(INT) RETURNS",
            "FUNCTION alpheus_x() RETURNS INT",
            "FUNCTION f é() RETURNS é",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}

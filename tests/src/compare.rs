//! Comparing a changelog with the rows it must add up to.
//!
//! The changelog is applied to a multiset; row order does not count. Doubles are compared to a part in
//! 10^9, decimals (by the case's types) numerically, all else exactly.

use std::collections::BTreeMap;

use serde_json::Value;

/// Applies `{"op":..,"row":..}` lines to a multiset; the rows that are left.
///
/// # Errors
/// A line that is no change, or a row taken back that was never there.
pub fn materialize(stdout: &str) -> Result<Vec<Value>, String> {
    let mut rows: BTreeMap<String, (i64, Value)> = BTreeMap::new();
    for (number, line) in stdout
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let malformed = || format!("line {} of the output is no change: {line}", number + 1);
        let change: Value = serde_json::from_str(line).map_err(|_| malformed())?;
        let op = change
            .get("op")
            .and_then(Value::as_str)
            .ok_or_else(malformed)?;
        let row = change
            .get("row")
            .filter(|row| row.is_object())
            .ok_or_else(malformed)?;
        let weight = match op {
            "+I" | "+U" => 1,
            "-U" | "-D" => -1,
            _ => return Err(malformed()),
        };
        rows.entry(row.to_string()).or_insert((0, row.clone())).0 += weight;
    }
    let mut left = Vec::new();
    for (text, (count, row)) in rows {
        if count < 0 {
            return Err(format!("taken back more often than added: {text}"));
        }
        left.extend(std::iter::repeat_n(row, count as usize));
    }
    Ok(left)
}

/// Compares two bags of rows.
///
/// # Errors
/// Says how many rows are missing and unexpected and shows the first of each.
pub fn compare(
    expected: &[Value],
    actual: &[Value],
    types: &BTreeMap<String, String>,
) -> Result<(), String> {
    let mut left: Vec<&Value> = actual.iter().collect();
    let mut missing = Vec::new();
    for row in expected {
        match left
            .iter()
            .position(|candidate| same_row(row, candidate, types))
        {
            Some(position) => drop(left.swap_remove(position)),
            None => missing.push(row),
        }
    }
    if missing.is_empty() && left.is_empty() {
        return Ok(());
    }
    let first = |rows: &[&Value]| {
        rows.first()
            .map_or_else(|| "none".to_owned(), |row| row.to_string())
    };
    Err(format!(
        "{} missing, {} unexpected of {} rows; first missing {}; first unexpected {}",
        missing.len(),
        left.len(),
        expected.len(),
        first(&missing),
        first(&left)
    ))
}

/// Compares a bounded query's output with rows that must come in this order.
///
/// # Errors
/// Says which row is the first to be out of order.
pub fn in_order(
    expected: &[Value],
    stdout: &str,
    types: &BTreeMap<String, String>,
) -> Result<(), String> {
    let rows = stdout.lines().filter(|line| !line.trim().is_empty());
    for (number, (row, line)) in expected.iter().zip(rows).enumerate() {
        let change: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if !same_row(row, &change["row"], types) {
            return Err(format!("row {} is {line} and not {row}", number + 1));
        }
    }
    Ok(())
}

fn same_row(expected: &Value, actual: &Value, types: &BTreeMap<String, String>) -> bool {
    let (Value::Object(expected), Value::Object(actual)) = (expected, actual) else {
        return false;
    };
    expected.len() == actual.len()
        && expected.iter().all(|(name, value)| {
            let decimal = types.get(name).is_some_and(|ty| ty.contains("DECIMAL"));
            actual
                .get(name)
                .is_some_and(|other| same_value(value, other, decimal))
        })
}

fn same_value(a: &Value, b: &Value, decimal: bool) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b, decimal))
        }
        (Value::Object(a), Value::Object(b)) => {
            let same = |(key, value): (&String, &Value)| {
                b.get(key).is_some_and(|b| same_value(value, b, decimal))
            };
            a.len() == b.len() && a.iter().all(same)
        }
        _ if decimal => match (canonical_decimal(a), canonical_decimal(b)) {
            (Some(a), Some(b)) => a == b,
            _ => a == b,
        },
        (Value::Number(x), Value::Number(y)) => {
            if let (Some(x), Some(y)) = (x.as_i64(), y.as_i64()) {
                return x == y;
            }
            match (x.as_f64(), y.as_f64()) {
                (Some(x), Some(y)) => x == y || (x - y).abs() <= 1e-9 * x.abs().max(y.abs()),
                _ => false,
            }
        }
        _ => a == b,
    }
}

/// A decimal without leading and trailing zeros: sign, digits before and after the point.
fn canonical_decimal(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.as_str()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty()
        || !digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return None;
    }
    let (whole, fraction) = (
        whole.trim_start_matches('0'),
        fraction.trim_end_matches('0'),
    );
    let sign = if whole.is_empty() && fraction.is_empty() {
        ""
    } else {
        sign
    };
    Some(format!("{sign}{whole}.{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[&str]) -> Vec<Value> {
        text.iter()
            .map(|row| serde_json::from_str(row).unwrap())
            .collect()
    }

    #[test]
    fn a_changelog_adds_up() {
        let log = r#"{"op":"+I","row":{"a":1}}
{"op":"-U","row":{"a":1}}
{"op":"+U","row":{"a":2}}"#;
        assert_eq!(materialize(log).unwrap(), rows(&[r#"{"a":2}"#]));
        assert!(materialize(r#"{"op":"-D","row":{"a":1}}"#).is_err());
        assert!(materialize("hello").is_err());
    }

    #[test]
    fn differences_are_found() {
        let types = BTreeMap::from([("d".to_owned(), "DECIMAL(5, 2)".to_owned())]);
        let expected = rows(&[r#"{"d":"1.50","f":0.1}"#]);
        assert!(
            compare(
                &expected,
                &rows(&[r#"{"d":"1.5","f":0.10000000000000001}"#]),
                &types
            )
            .is_ok()
        );
        assert!(compare(&expected, &rows(&[r#"{"d":"1.51","f":0.1}"#]), &types).is_err());
        assert!(compare(&expected, &rows(&[r#"{"d":"1.50","f":0.2}"#]), &types).is_err());
        assert!(compare(&expected, &[], &types).is_err());
        assert!(
            compare(
                &rows(&[r#"{"s":"1.50"}"#]),
                &rows(&[r#"{"s":"1.5"}"#]),
                &types
            )
            .is_err()
        );
    }
}

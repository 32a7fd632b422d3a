//! `${name}`, `${env.NAME}`, `${env.NAME-default}` and `${env.NAME:-default}` in values
//! (`Configuration.substituteVars`).
//!
//! The innermost variable is replaced first, so a name may be composed (`${a.${b}}`). A variable that nobody
//! defines stays as it stands, as in Hadoop (which then leaves those behind it too). A loop is an error, also the
//! direct one that Hadoop leaves as it stands.

use crate::Environment;

/// How many variables may lead to another.
const MAX_DEPTH: usize = 20;
/// How long a value may become.
const MAX_LENGTH: usize = 1 << 20;
/// How many replacements one value may take.
const MAX_STEPS: usize = 10_000;

/// Replaces the variables in `text`. `raw` gives the value of a key before substitution.
pub(crate) fn substitute(
    text: &str,
    environment: &Environment<'_>,
    raw: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    expand(text, environment, raw, &mut Vec::new(), &mut 0)
}

fn expand(
    text: &str,
    environment: &Environment<'_>,
    raw: &dyn Fn(&str) -> Option<String>,
    open: &mut Vec<String>,
    steps: &mut usize,
) -> Result<String, String> {
    let mut text = text.to_owned();
    // Before this position nothing is left to replace.
    let mut from = 0;
    while let Some((start, end)) = innermost(&text, from) {
        let name = text[start + 2..end - 1].to_owned();
        let value = match lookup(&name, environment) {
            Some(value) => value,
            None => match raw(&name) {
                Some(value) => {
                    if open.contains(&name) {
                        return Err(format!("the variable ${{{name}}} leads back to itself"));
                    }
                    if open.len() >= MAX_DEPTH {
                        return Err(format!("variables are nested deeper than {MAX_DEPTH}"));
                    }
                    open.push(name);
                    let value = expand(&value, environment, raw, open, steps)?;
                    open.pop();
                    value
                }
                None => {
                    from = end;
                    continue;
                }
            },
        };
        *steps += 1;
        if *steps > MAX_STEPS {
            return Err(format!("more than {MAX_STEPS} variables are replaced"));
        }
        if text.len() + value.len() > MAX_LENGTH {
            return Err(format!("the value becomes longer than {MAX_LENGTH} bytes"));
        }
        text.replace_range(start..end, &value);
        // What was put in is done, but it may complete the name of an outer variable.
        from = text[..start]
            .rfind("${")
            .filter(|outer| *outer >= from)
            .unwrap_or(start + value.len());
    }
    Ok(text)
}

/// The first variable from a position on that has no variable in its name: from its dollar to after its brace.
fn innermost(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut search = from;
    loop {
        let close = search + text[search..].find('}')?;
        if let Some(open) = text[from..close].rfind("${") {
            let open = from + open;
            let name = &text[open + 2..close];
            if !name.is_empty() && !name.contains([' ', '$', '\u{0}']) {
                return Some((open, close + 1));
            }
        }
        search = close + 1;
    }
}

/// Variables of the environment, and the three of Java's system properties that configurations use.
fn lookup(name: &str, environment: &Environment<'_>) -> Option<String> {
    if let Some(variable) = name.strip_prefix("env.") {
        if let Some((variable, default)) = variable.split_once(":-") {
            return Some(
                environment
                    .get(variable)
                    .filter(|v| !v.is_empty())
                    .unwrap_or_else(|| default.to_owned()),
            );
        }
        if let Some((variable, default)) = variable.split_once('-') {
            return Some(
                environment
                    .get(variable)
                    .unwrap_or_else(|| default.to_owned()),
            );
        }
        return environment.get(variable);
    }
    match name {
        "user.name" => environment
            .non_empty("LOGNAME")
            .or_else(|| environment.non_empty("USER")),
        "user.home" => environment.non_empty("HOME"),
        "java.io.tmpdir" => Some("/tmp".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(text: &str, values: &[(&str, &str)]) -> Result<String, String> {
        let environment = Environment::of(&[("HOST", "h1"), ("EMPTY", ""), ("USER", "alice")]);
        let raw = |key: &str| {
            values
                .iter()
                .find(|(known, _)| *known == key)
                .map(|(_, value)| (*value).to_owned())
        };
        substitute(text, &environment, &raw)
    }

    #[test]
    fn replaces_like_hadoop() {
        let values = [
            ("a", "1"),
            ("b", "${a}2"),
            ("x.1", "deep"),
            ("loop", "${pool}"),
            ("pool", "-${loop}-"),
        ];
        let ok = |text: &str| run(text, &values).unwrap();
        assert_eq!(ok("${b}/${b}:${a}"), "12/12:1");
        assert_eq!(ok("${x.${a}}"), "deep");
        assert_eq!(
            ok("${env.HOST} ${env.NONE-d} ${env.EMPTY-d} ${env.EMPTY:-d}"),
            "h1 d  d"
        );
        assert_eq!(
            ok("${nobody} ${a} ${} ${a b} $a {a} }"),
            "${nobody} 1 ${} ${a b} $a {a} }"
        );
        assert_eq!(ok("/tmp/${user.name}"), "/tmp/alice");
        assert_eq!(ok("${env.NONE}"), "${env.NONE}");
        assert!(run("${loop}", &values).unwrap_err().contains("leads back"));
    }

    #[test]
    fn growth_is_bounded() {
        let chain: Vec<(String, String)> = (0..40)
            .map(|i| (format!("k{i}"), format!("${{k{}}}${{k{}}}", i + 1, i + 1)))
            .collect();
        let chain: Vec<(&str, &str)> = chain
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert!(run("${k0}", &chain).unwrap_err().contains("nested deeper"));
        let wide = [("w", "x".repeat(600_000))];
        let wide: Vec<(&str, &str)> = wide.iter().map(|(k, v)| (*k, v.as_str())).collect();
        assert!(run("${w}${w}", &wide).unwrap_err().contains("longer than"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(
            text in "[${}ab.é -]{0,24}",
            a in "[${}ab.é -]{0,12}",
            b in "[${}ab.é -]{0,12}",
        ) {
            let _ = run(&text, &[("a", &a), ("b", &b)]);
        }
    }
}

//! How a principal becomes a user's name: the rules of `hadoop.security.auth_to_local`
//! (`org.apache.hadoop.security.authentication.util.KerberosName`).
//!
//! Servers apply the rules; a client needs them to know what it will be called there: for home folders, and for
//! renewers. A rule is `DEFAULT` or `RULE:[n:format](match)s/from/to/g/L`; the first that applies decides.

use regex::Regex;

/// What a rule may yield (`hadoop.security.auth_to_local.mechanism`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mechanism {
    /// A name without `/` and `@`; that no rule applies is an error.
    #[default]
    Hadoop,
    /// Anything; if no rule applies the principal stays as it is.
    Mit,
}

impl Mechanism {
    /// By the name in the configuration.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "hadoop" => Some(Mechanism::Hadoop),
            "mit" => Some(Mechanism::Mit),
            _ => None,
        }
    }
}

/// What can be wrong with rules or with their use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthToLocalError {
    /// A rule cannot be read.
    #[error("hadoop.security.auth_to_local: '{rule}' is not a rule: {reason}")]
    Rule {
        /// The text from the rule on.
        rule: String,
        /// What is wrong.
        reason: String,
    },
    /// Not a principal.
    #[error("'{0}' is not a principal of the form name, name@REALM or name/host@REALM")]
    Principal(String),
    /// No rule applies.
    #[error("no rule of hadoop.security.auth_to_local applies to '{0}'")]
    NoRule(String),
    /// A rule yields what no user may be called.
    #[error(
        "a rule of hadoop.security.auth_to_local makes '{name}' of '{principal}', which is no plain name"
    )]
    NotSimple {
        /// The principal.
        principal: String,
        /// The result.
        name: String,
    },
}

/// The rules of a cluster.
#[derive(Clone, Debug)]
pub struct AuthToLocal {
    rules: Vec<Rule>,
    default_realm: Option<String>,
    mechanism: Mechanism,
}

#[derive(Clone, Debug)]
enum Rule {
    Default,
    Shaped {
        components: usize,
        format: Vec<Piece>,
        /// Matches the whole name.
        matches: Option<Regex>,
        substitution: Option<Substitution>,
        lower_case: bool,
    },
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Parameter(usize),
}

#[derive(Clone, Debug)]
struct Substitution {
    from: Regex,
    to: String,
    all: bool,
}

impl AuthToLocal {
    /// Reads the rules, which are separated by blanks. `default_realm` is Kerberos's own.
    ///
    /// # Errors
    /// If a rule cannot be read.
    pub fn parse(
        text: &str,
        default_realm: Option<&str>,
        mechanism: Mechanism,
    ) -> Result<Self, AuthToLocalError> {
        let mut rules = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (rule, after) = parse_rule(rest).map_err(|reason| AuthToLocalError::Rule {
                rule: rest.chars().take(80).collect(),
                reason,
            })?;
            rules.push(rule);
            rest = after.trim_start();
        }
        Ok(AuthToLocal {
            rules,
            default_realm: default_realm.map(str::to_owned),
            mechanism,
        })
    }

    /// The user's name of a principal.
    ///
    /// # Errors
    /// If it is no principal, no rule applies, or the result is no plain name.
    pub fn short_name(&self, principal: &str) -> Result<String, AuthToLocalError> {
        let (name, realm) = match principal.split_once('@') {
            Some((name, realm)) => (name, Some(realm)),
            None => (principal, None),
        };
        let components: Vec<&str> = name.split('/').collect();
        let good = components.len() <= 2
            && components.iter().all(|part| !part.is_empty())
            && realm.is_none_or(|realm| !realm.is_empty() && !realm.contains(['@', '/']));
        if !good {
            return Err(AuthToLocalError::Principal(principal.to_owned()));
        }
        let realm = match (realm, components.len()) {
            // A plain name is a user's name already.
            (None, 1) => return Ok(name.to_owned()),
            (realm, _) => realm.or(self.default_realm.as_deref()).unwrap_or_default(),
        };
        let parameters: Vec<&str> = std::iter::once(realm).chain(components).collect();
        for rule in &self.rules {
            if let Some(name) = rule.apply(&parameters, self.default_realm.as_deref()) {
                return match self.mechanism {
                    Mechanism::Hadoop if name.contains(['/', '@']) => {
                        Err(AuthToLocalError::NotSimple {
                            principal: principal.to_owned(),
                            name,
                        })
                    }
                    _ => Ok(name),
                };
            }
        }
        match self.mechanism {
            Mechanism::Hadoop => Err(AuthToLocalError::NoRule(principal.to_owned())),
            Mechanism::Mit => Ok(principal.to_owned()),
        }
    }
}

impl Rule {
    /// `parameters[0]` is the realm, the others are the parts of the name.
    fn apply(&self, parameters: &[&str], default_realm: Option<&str>) -> Option<String> {
        let Rule::Shaped {
            components,
            format,
            matches,
            substitution,
            lower_case,
        } = self
        else {
            return (default_realm == Some(parameters[0])).then(|| parameters[1].to_owned());
        };
        if parameters.len() - 1 != *components {
            return None;
        }
        let mut name = String::new();
        for piece in format {
            match piece {
                Piece::Text(text) => name.push_str(text),
                Piece::Parameter(number) => name.push_str(parameters.get(*number)?),
            }
        }
        if matches
            .as_ref()
            .is_some_and(|matches| !matches.is_match(&name))
        {
            return None;
        }
        if let Some(Substitution { from, to, all }) = substitution {
            name = from
                .replacen(&name, usize::from(!*all), to.as_str())
                .into_owned();
        }
        Some(if *lower_case {
            name.to_lowercase()
        } else {
            name
        })
    }
}

/// Reads one rule; gives what follows it.
fn parse_rule(text: &str) -> Result<(Rule, &str), String> {
    if let Some(rest) = text.strip_prefix("DEFAULT") {
        return Ok((Rule::Default, end_of_rule(rest)?));
    }
    let rest = text
        .strip_prefix("RULE:[")
        .ok_or("expected DEFAULT or RULE:[")?;
    let (shape, mut rest) = rest.split_once(']').ok_or("']' is missing")?;
    let (components, format) = shape.split_once(':').ok_or("expected [number:format]")?;
    let components = components
        .parse()
        .map_err(|_| "expected a number after '['")?;
    let format = parse_format(format, components)?;
    let mut matches = None;
    if let Some(after) = rest.strip_prefix('(') {
        let (pattern, after) = after.split_once(')').ok_or("')' is missing")?;
        matches = Some(regex(&format!("^(?:{pattern})$"))?);
        rest = after;
    }
    let mut substitution = None;
    if let Some(after) = rest.strip_prefix("s/") {
        let (from, after) = after.split_once('/').ok_or("s/ has no end")?;
        let (to, after) = after.split_once('/').ok_or("s/ has no end")?;
        let all = after.starts_with('g');
        substitution = Some(Substitution {
            from: regex(from)?,
            to: replacement(to),
            all,
        });
        rest = after.strip_prefix('g').unwrap_or(after);
    }
    let after = rest.strip_prefix('/').unwrap_or(rest);
    let (lower_case, rest) = match after.strip_prefix('L') {
        Some(after) => (true, after),
        None => (false, after),
    };
    Ok((
        Rule::Shaped {
            components,
            format,
            matches,
            substitution,
            lower_case,
        },
        end_of_rule(rest)?,
    ))
}

fn end_of_rule(rest: &str) -> Result<&str, String> {
    if rest.is_empty() || rest.starts_with(char::is_whitespace) {
        Ok(rest)
    } else {
        Err(format!(
            "'{}' stands behind its end",
            rest.chars().take(20).collect::<String>()
        ))
    }
}

fn regex(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|e| {
        format!("'{pattern}' is not a regular expression that is understood here: {e}")
    })
}

fn parse_format(format: &str, components: usize) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('$') {
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let number: usize = after[..digits]
            .parse()
            .map_err(|_| "expected a number after '$'")?;
        if number > components {
            return Err(format!(
                "${number} is beyond the {components} parts of the name"
            ));
        }
        pieces.push(Piece::Parameter(number));
        rest = &after[digits..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

/// Java's replacement text in the regex crate's syntax: `$1` is a group, a backslash takes the next character as it
/// is.
fn replacement(java: &str) -> String {
    let mut out = String::new();
    let mut characters = java.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('$') => out.push_str("$$"),
                Some(other) => out.push(other),
                None => {}
            },
            '$' => {
                let mut number = String::new();
                while let Some(digit) = characters.next_if(char::is_ascii_digit) {
                    number.push(digit);
                }
                if number.is_empty() {
                    out.push_str("$$");
                } else {
                    out.push_str(&format!("${{{number}}}"));
                }
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(text: &str) -> AuthToLocal {
        AuthToLocal::parse(text, Some("YAHOO.COM"), Mechanism::Hadoop).unwrap()
    }

    /// The rules and names of Hadoop's `TestKerberosName`.
    #[test]
    fn hadoops_own_examples() {
        let rules = rules(
            "RULE:[1:$1@$0](.*@YAHOO\\.COM)s/@.*//\n\
             RULE:[2:$1](johndoe)s/^.*$/guest/\n\
             RULE:[2:$1;$2](^.*;admin$)s/;admin$//\n\
             RULE:[2:$2](root)\n\
             DEFAULT",
        );
        let name = |principal: &str| rules.short_name(principal).unwrap();
        assert_eq!(name("omalley@YAHOO.COM"), "omalley");
        assert_eq!(name("hdfs/10.0.0.1@YAHOO.COM"), "hdfs");
        assert_eq!(name("johndoe/zoo@FOO.COM"), "guest");
        assert_eq!(name("joe/admin@FOO.COM"), "joe");
        assert_eq!(name("joe/root@FOO.COM"), "root");
        assert_eq!(name("plain"), "plain");
        for bad in ["foo@ACME.COM", "root/joe@FOO.COM"] {
            assert_eq!(
                rules.short_name(bad),
                Err(AuthToLocalError::NoRule(bad.to_owned()))
            );
        }
        for bad in [
            "owen/owen/owen@FOO.COM",
            "owen@foo/bar.com",
            "owen@",
            "/x@Y",
            "",
        ] {
            assert!(
                matches!(rules.short_name(bad), Err(AuthToLocalError::Principal(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn lower_case_and_groups_and_all() {
        assert_eq!(
            rules("RULE:[1:$1]/L").short_name("Joe@FOO.COM").unwrap(),
            "joe"
        );
        assert_eq!(
            rules("RULE:[1:$1]L").short_name("Joe@FOO.COM").unwrap(),
            "joe"
        );
        assert_eq!(
            rules("RULE:[1:$1]s/(.)o/$1x0/g/L")
                .short_name("JoeBoe@F")
                .unwrap(),
            "jx0ebx0e"
        );
        assert_eq!(
            rules("RULE:[1:$1]s/o/0/").short_name("foo@F").unwrap(),
            "f0o"
        );
        assert_eq!(rules("RULE:[2:$1_$2]").short_name("a/b@F").unwrap(), "a_b");
        assert_eq!(
            rules("RULE:[1:$1](.*)s/..//")
                .short_name("xyalice@F")
                .unwrap(),
            "alice"
        );
    }

    #[test]
    fn the_mechanism_decides_about_odd_names() {
        let not_simple = rules("RULE:[1:$1@$0]").short_name("a@F");
        assert!(matches!(
            not_simple,
            Err(AuthToLocalError::NotSimple { .. })
        ));
        let mit = AuthToLocal::parse("RULE:[1:$1@$0]", Some("R"), Mechanism::Mit).unwrap();
        assert_eq!(mit.short_name("a@F").unwrap(), "a@F");
        assert_eq!(mit.short_name("a/b@F").unwrap(), "a/b@F");
    }

    #[test]
    fn mistakes_are_named() {
        for bad in [
            "RULE:[1:$1](",
            "RULE:[x:$1]",
            "RULE:[1:$2]",
            "RULE:[1$1]",
            "RULE:[1:$1]s/a",
            "DEFAULTS",
            "RULE:[1:$1](a))",
            "RULE:[1:$1]((?=x))",
            "whatever",
        ] {
            let result = AuthToLocal::parse(bad, None, Mechanism::Hadoop);
            assert!(
                matches!(result, Err(AuthToLocalError::Rule { .. })),
                "{bad}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(RULE:\\[|[0-9:$\\]()s/gL\\\\ .*@a]|DEFAULT ){0,20}", principal in "[a-c/@]{0,8}") {
            if let Ok(rules) = AuthToLocal::parse(&text, Some("R"), Mechanism::Hadoop) {
                let _ = rules.short_name(&principal);
            }
        }
    }
}

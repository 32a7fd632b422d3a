//! The syntax of JAAS files (`javax.security.auth.login.Configuration`):
//!
//! ```text
//! KafkaClient {
//!   com.sun.security.auth.module.Krb5LoginModule required
//!   useKeyTab=true keyTab="/etc/alice.keytab" principal="alice@EXAMPLE.COM";
//! };
//! ```
//!
//! Comments are `//` and `/* */`. `${name}` in a value is replaced from the environment: `user.home` by `HOME`,
//! `env.X` by `X`; what is not known stays.

use std::collections::BTreeMap;
use std::path::Path;

use alpheus_hadoop_conf::Environment;

use super::{JaasError, LoginEntry};
use crate::secret::Secret;

/// One login module of a context.
#[derive(Clone, Debug)]
pub struct JaasModule {
    /// The module's class.
    pub class: String,
    /// `required`, `requisite`, `sufficient` or `optional`, in lower case.
    pub flag: String,
    /// Its options, by name.
    pub options: BTreeMap<String, Secret>,
    /// Where it stands: the file and the line.
    pub origin: String,
    /// The line, from 1.
    pub line: usize,
}

/// The contexts of a file.
#[derive(Clone, Debug, Default)]
pub struct JaasFile {
    contexts: BTreeMap<String, Vec<JaasModule>>,
}

impl JaasFile {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read or is not JAAS configuration.
    pub fn read(path: &Path, environment: &Environment<'_>) -> Result<Self, JaasError> {
        let text = std::fs::read_to_string(path).map_err(|error| JaasError::Io {
            path: path.to_owned(),
            error,
        })?;
        Self::parse(&text, &path.display().to_string(), environment)
    }

    /// Parses a text; `origin` is named in errors.
    ///
    /// # Errors
    /// If it is not JAAS configuration.
    pub fn parse(
        text: &str,
        origin: &str,
        environment: &Environment<'_>,
    ) -> Result<Self, JaasError> {
        let mut parser = Parser::new(text, origin, environment)?;
        let mut contexts = BTreeMap::new();
        while parser.at < parser.tokens.len() {
            let (name, line) = parser.word("the name of a context")?;
            parser.symbol('{')?;
            let mut modules = Vec::new();
            while !parser.next_is('}') {
                modules.push(parser.module()?);
            }
            parser.symbol('}')?;
            parser.symbol(';')?;
            if modules.is_empty() {
                return Err(parser.wrong(line, format!("the context '{name}' has no login module")));
            }
            if contexts.insert(name.clone(), modules).is_some() {
                return Err(parser.wrong(line, format!("the context '{name}' is defined twice")));
            }
        }
        Ok(JaasFile { contexts })
    }

    /// Parses the one module that options such as Kafka's `sasl.jaas.config` hold.
    ///
    /// # Errors
    /// If it is not one module.
    pub fn parse_module(
        text: &str,
        origin: &str,
        environment: &Environment<'_>,
    ) -> Result<JaasModule, JaasError> {
        let mut parser = Parser::new(text, origin, environment)?;
        let module = parser.module()?;
        match parser.tokens.get(parser.at) {
            None => Ok(module),
            Some((_, line)) => Err(parser.wrong(
                *line,
                "expected one login module and nothing behind it".to_owned(),
            )),
        }
    }

    /// The names of the contexts.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.contexts.keys().map(String::as_str)
    }

    /// The modules of a context.
    #[must_use]
    pub fn modules(&self, name: &str) -> Option<&[JaasModule]> {
        self.contexts.get(name).map(Vec::as_slice)
    }

    /// What the first module of a context asks for; `None` if there is no such context.
    ///
    /// # Errors
    /// If the module is not supported or its options are wrong.
    pub fn entry(&self, name: &str) -> Result<Option<LoginEntry>, JaasError> {
        self.contexts
            .get(name)
            .and_then(|modules| modules.first())
            .map(LoginEntry::of)
            .transpose()
    }
}

enum Token {
    Word(String),
    Symbol(char),
}

struct Parser<'a> {
    tokens: Vec<(Token, usize)>,
    at: usize,
    origin: &'a str,
}

impl<'a> Parser<'a> {
    fn new(text: &str, origin: &'a str, environment: &Environment<'_>) -> Result<Self, JaasError> {
        let tokens = tokens(text, environment).map_err(|(line, message)| JaasError::Syntax {
            origin: origin.to_owned(),
            line,
            message,
        })?;
        Ok(Parser {
            tokens,
            at: 0,
            origin,
        })
    }

    fn wrong(&self, line: usize, message: String) -> JaasError {
        JaasError::Syntax {
            origin: self.origin.to_owned(),
            line,
            message,
        }
    }

    fn unexpected(&self, expected: &str) -> JaasError {
        let (found, line) = match self.tokens.get(self.at) {
            Some((Token::Word(word), line)) => (format!("'{word}'"), *line),
            Some((Token::Symbol(symbol), line)) => (format!("'{symbol}'"), *line),
            None => (
                "the end".to_owned(),
                self.tokens.last().map_or(1, |(_, line)| *line),
            ),
        };
        self.wrong(line, format!("expected {expected}, found {found}"))
    }

    fn next_is(&self, symbol: char) -> bool {
        matches!(self.tokens.get(self.at), Some((Token::Symbol(found), _)) if *found == symbol)
    }

    fn symbol(&mut self, symbol: char) -> Result<(), JaasError> {
        if self.next_is(symbol) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.unexpected(&format!("'{symbol}'")))
        }
    }

    fn word(&mut self, what: &str) -> Result<(String, usize), JaasError> {
        match self.tokens.get(self.at) {
            Some((Token::Word(word), line)) => {
                let found = (word.clone(), *line);
                self.at += 1;
                Ok(found)
            }
            _ => Err(self.unexpected(what)),
        }
    }

    fn module(&mut self) -> Result<JaasModule, JaasError> {
        let (class, line) = self.word("the class of a login module")?;
        let (flag, flag_line) = self.word("required, requisite, sufficient or optional")?;
        let flag = flag.to_ascii_lowercase();
        if !matches!(
            flag.as_str(),
            "required" | "requisite" | "sufficient" | "optional"
        ) {
            let message =
                format!("expected required, requisite, sufficient or optional, found '{flag}'");
            return Err(self.wrong(flag_line, message));
        }
        let mut options = BTreeMap::new();
        while !self.next_is(';') {
            let (name, _) = self.word("an option or ';'")?;
            self.symbol('=')?;
            let (value, _) = self.word("the option's value")?;
            options.insert(name, Secret::new(value));
        }
        self.symbol(';')?;
        Ok(JaasModule {
            class,
            flag,
            options,
            origin: self.origin.to_owned(),
            line,
        })
    }
}

/// Splits a text into words and symbols with their lines.
fn tokens(
    text: &str,
    environment: &Environment<'_>,
) -> Result<Vec<(Token, usize)>, (usize, String)> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\n' => line += 1,
            c if c.is_whitespace() => {}
            '{' | '}' | ';' | '=' => found.push((Token::Symbol(c), line)),
            '/' if characters.peek() == Some(&'/') => {
                while characters.next_if(|c| *c != '\n').is_some() {}
            }
            '/' if characters.peek() == Some(&'*') => {
                characters.next();
                let (start, mut star, mut closed) = (line, false, false);
                for c in characters.by_ref() {
                    line += usize::from(c == '\n');
                    closed = star && c == '/';
                    if closed {
                        break;
                    }
                    star = c == '*';
                }
                if !closed {
                    return Err((start, "the comment is not closed".to_owned()));
                }
            }
            quote @ ('"' | '\'') => {
                let start = line;
                let mut word = String::new();
                loop {
                    match characters.next() {
                        None => return Err((start, "the quote is not closed".to_owned())),
                        Some('\n') => {
                            return Err((start, "the quote is not closed on its line".to_owned()));
                        }
                        Some(c) if c == quote => break,
                        Some('\\') => word.extend(characters.next()),
                        Some(c) => word.push(c),
                    }
                }
                found.push((Token::Word(expand(&word, environment)), start));
            }
            c => {
                let mut word = String::new();
                let mut next = Some(c);
                while let Some(c) = next {
                    word.push(c);
                    if c == '$' && characters.peek() == Some(&'{') {
                        for c in characters.by_ref() {
                            word.push(c);
                            if c == '}' {
                                break;
                            }
                        }
                    }
                    let goes_on = |c: &char| !c.is_whitespace() && !"{};=\"'".contains(*c);
                    next = characters.next_if(goes_on);
                }
                found.push((Token::Word(expand(&word, environment)), line));
            }
        }
    }
    Ok(found)
}

fn expand(word: &str, environment: &Environment<'_>) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        out.push_str(before);
        let value = match name {
            "/" => Some("/".to_owned()),
            "user.home" => environment.non_empty("HOME"),
            "user.name" => environment.non_empty("USER"),
            "java.io.tmpdir" => Some("/tmp".to_owned()),
            name => name
                .strip_prefix("env.")
                .and_then(|name| environment.get(name)),
        };
        out.push_str(&value.unwrap_or_else(|| format!("${{{name}}}")));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn environment() -> Environment<'static> {
        Environment::of(&[("HOME", "/home/alice")])
    }

    fn parse(text: &str) -> Result<JaasFile, JaasError> {
        JaasFile::parse(text, "jaas.conf", &environment())
    }

    #[test]
    fn a_file() {
        let file = parse(
            "// Kafka\nKafkaClient {\n  com.sun.security.auth.module.Krb5LoginModule REQUIRED\n  useKeyTab=true\n  \
             keyTab=\"${user.home}/a b.keytab\" principal='alice@X' other=${nobody}x;\n};\n/* two\nlines */\n\
             Client { a.B optional; c.D sufficient x=\"q\\\"q\"; };",
        )
        .unwrap();
        assert_eq!(file.names().collect::<Vec<_>>(), ["Client", "KafkaClient"]);
        let module = &file.modules("KafkaClient").unwrap()[0];
        assert_eq!((module.flag.as_str(), module.line), ("required", 3));
        assert_eq!(module.options["keyTab"].expose(), "/home/alice/a b.keytab");
        assert_eq!(module.options["other"].expose(), "${nobody}x");
        assert_eq!(
            file.modules("Client").unwrap()[1].options["x"].expose(),
            "q\"q"
        );
        assert!(!format!("{file:?}").contains("alice@X"));
    }

    #[test]
    fn one_module_alone() {
        let module = |text| JaasFile::parse_module(text, "sasl.jaas.config", &environment());
        let text = "org.apache.kafka.common.security.scram.ScramLoginModule required username=u password=p;";
        assert_eq!(module(text).unwrap().options.len(), 2);
        assert!(module(&text[..text.len() - 1]).is_err());
        assert!(
            module(&format!("{text} x y;"))
                .unwrap_err()
                .to_string()
                .contains("nothing behind")
        );
    }

    #[test]
    fn mistakes_have_a_line() {
        let error = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(
            error("A {\n a.B required x;\n};"),
            "jaas.conf:2: expected '=', found ';'"
        );
        assert!(
            error("A {\n a.B whatever;\n};").contains("jaas.conf:2: expected required, requisite")
        );
        assert!(error("A { a.B required; }").contains("expected ';', found the end"));
        assert!(error("A { };").contains("no login module"));
        assert!(error("A { a.B required; }; A { a.B required; };").contains("twice"));
        assert!(error("/* open").contains("comment is not closed"));
        assert!(error("A { a.B required x=\"open\n; };").contains("quote is not closed"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[A${}a.;='\"/* \n\\\\]{0,40}|.{0,40}") {
            let _ = parse(&text);
            let _ = JaasFile::parse_module(&text, "x", &environment());
        }
    }
}

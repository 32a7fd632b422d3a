//! Recursive descent over tokens.
//!
//! One `Parser` walks the tokens; each file here holds the grammar of one concept. Words that were tried and did not
//! fit are remembered for the place where parsing stops, and become the error's list of what was expected.
//! Two bounds keep every tree shallow enough for recursive walks: nesting, and chains of left-associative operators.
mod absent;
mod call;
mod ddl;
pub(crate) mod expr;
mod from;
mod hints;
mod json;
mod match_recognize;
mod query;
mod special;
mod statement;
mod types;

use crate::ast::{DataType, Expr, Ident, ObjectName, OptionPair, Query, Statement, StringLit};
use crate::error::ParseError;
use crate::keywords;
use crate::lexer::tokenize;
use crate::span::Span;
use crate::token::{Symbol, Token, TokenKind};

type Result<T> = std::result::Result<T, ParseError>;

/// How deep expressions, queries, types and patterns may nest.
const MAX_DEPTH: usize = 64;
/// How many left-associative operators may stand on each other in one tree.
const MAX_CHAIN: usize = 1000;

/// Parses statements separated by `;`.
pub fn parse_script(text: &str) -> Result<Vec<Statement>> {
    let mut parser = Parser::new(text)?;
    let mut statements = Vec::new();
    loop {
        while parser.at(Symbol::Semicolon) {
            parser.advance();
        }
        if parser.at_end() {
            return Ok(statements);
        }
        parser.chain = 0;
        statements.push(parser.statement()?);
        if !parser.at_end() && !parser.at(Symbol::Semicolon) {
            return Err(parser.unexpected());
        }
    }
}

/// Parses one statement, with or without a final `;`.
pub fn parse_statement(text: &str) -> Result<Statement> {
    whole(text, Parser::statement)
}

/// Parses one query, with or without a final `;`.
pub fn parse_query(text: &str) -> Result<Query> {
    whole(text, Parser::query)
}

/// Parses one expression.
pub fn parse_expression(text: &str) -> Result<Expr> {
    whole(text, Parser::expr)
}

/// Parses one data type.
pub fn parse_type(text: &str) -> Result<DataType> {
    whole(text, Parser::data_type)
}

fn whole<'a, T>(text: &'a str, parse: impl FnOnce(&mut Parser<'a>) -> Result<T>) -> Result<T> {
    let mut parser = Parser::new(text)?;
    let parsed = parse(&mut parser)?;
    while parser.at(Symbol::Semicolon) {
        parser.advance();
    }
    if parser.at_end() {
        Ok(parsed)
    } else {
        Err(parser.unexpected())
    }
}

/// The state of parsing one text.
pub(crate) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// Height that operator chains have added to what was parsed on this level.
    chain: usize,
    /// What was tried, and at which token.
    tried: (usize, Vec<&'static str>),
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self> {
        Ok(Self {
            text,
            tokens: tokenize(text)?,
            at: 0,
            depth: 0,
            chain: 0,
            tried: (0, Vec::new()),
        })
    }

    // Looking.

    fn token(&self, ahead: usize) -> &Token {
        // The last token is End, and standing there is standing forever.
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    fn kind(&self) -> &TokenKind {
        &self.token(0).kind
    }

    fn span(&self) -> Span {
        self.token(0).span
    }

    /// From `start` to the end of the token before this one.
    fn since(&self, start: Span) -> Span {
        let end = if self.at == 0 {
            start.end
        } else {
            self.tokens[self.at - 1].span.end
        };
        Span::new(start.start, end.max(start.start))
    }

    fn at_end(&self) -> bool {
        *self.kind() == TokenKind::End
    }

    fn at(&self, symbol: Symbol) -> bool {
        self.at_ahead(0, symbol)
    }

    fn at_ahead(&self, ahead: usize, symbol: Symbol) -> bool {
        self.token(ahead).kind == TokenKind::Symbol(symbol)
    }

    /// The unquoted word `ahead` tokens from here, in upper case; empty if there is none.
    fn word(&self, ahead: usize) -> &str {
        match &self.token(ahead).kind {
            TokenKind::Word { upper, .. } => upper,
            _ => "",
        }
    }

    fn at_words(&self, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.word(ahead) == *word)
    }

    // Taking.

    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn tried(&mut self, what: &'static str) {
        if self.tried.0 != self.at {
            self.tried = (self.at, Vec::new());
        }
        if !self.tried.1.contains(&what) {
            self.tried.1.push(what);
        }
    }

    fn eat(&mut self, symbol: Symbol) -> bool {
        let found = self.at(symbol);
        if found {
            self.advance();
        } else {
            self.tried(symbol.text());
        }
        found
    }

    fn expect(&mut self, symbol: Symbol) -> Result<()> {
        if self.eat(symbol) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn eat_word(&mut self, word: &'static str) -> bool {
        let found = self.word(0) == word;
        if found {
            self.advance();
        } else {
            self.tried(word);
        }
        found
    }

    /// Takes all of `words` or none.
    fn eat_words(&mut self, words: &[&'static str]) -> bool {
        let found = self.at_words(words);
        if found {
            words.iter().for_each(|_| self.advance());
        } else {
            self.tried(words[0]);
        }
        found
    }

    fn expect_word(&mut self, word: &'static str) -> Result<()> {
        if self.eat_word(word) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn expect_words(&mut self, words: &[&'static str]) -> Result<()> {
        words.iter().try_for_each(|word| self.expect_word(word))
    }

    // Errors.

    /// An error at this token, which is none of what was tried here.
    fn unexpected(&self) -> ParseError {
        let found = self.kind().describe();
        let mut error = ParseError::new(format!("unexpected {found}"), self.span());
        error.found = found;
        if self.tried.0 == self.at {
            error.expected = self.tried.1.iter().map(|word| word.to_string()).collect();
        }
        error.hint = match self.kind() {
            TokenKind::Stray('"') => {
                Some("names are quoted with backticks, strings with single quotes".into())
            }
            _ => self.suggestion(&error.expected),
        };
        error
    }

    fn expected(&mut self, what: &'static str) -> ParseError {
        self.tried(what);
        self.unexpected()
    }

    /// The keyword that was probably meant, here or one word before.
    fn suggestion(&self, expected: &[String]) -> Option<String> {
        let is_keyword = |word: &&str| {
            word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
        };
        if let TokenKind::Word { text, .. } = self.kind()
            && let Some(meant) =
                keywords::nearest(text, expected.iter().map(String::as_str).filter(is_keyword))
        {
            return Some(format!("did you mean {meant}?"));
        }
        let before = self.at.checked_sub(1).map(|at| &self.tokens[at].kind)?;
        match before {
            TokenKind::Word { text, upper } if !keywords::is_reserved(upper) => {
                let meant = keywords::nearest(text, keywords::CLAUSE_WORDS.iter().copied())?;
                Some(format!("did you mean {meant} instead of '{text}'?"))
            }
            _ => None,
        }
    }

    // Bounds.

    /// Runs `parse` one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            let message = format!("this nests more than {MAX_DEPTH} levels deep");
            return Err(
                ParseError::new(message, self.span()).with_hint("split it with WITH or a view")
            );
        }
        self.depth += 1;
        // What stands side by side makes a tree no higher: only the longest chain inside counts.
        let beside = std::mem::take(&mut self.chain);
        let parsed = parse(self);
        self.chain = self.chain.max(beside);
        self.depth -= 1;
        parsed
    }

    /// Counts one more operator of a chain that makes the tree deeper.
    fn chained(&mut self) -> Result<()> {
        self.chain += 1;
        if self.chain <= MAX_CHAIN {
            return Ok(());
        }
        let message = format!("this chains more than {MAX_CHAIN} operators");
        Err(ParseError::new(message, self.span())
            .with_hint("use IN (..) instead of many ORs, or split the statement"))
    }

    // Small pieces that all of the grammar shares.

    fn ident(&mut self) -> Result<Ident> {
        let span = self.span();
        let (value, quoted) = match self.kind() {
            TokenKind::Quoted(name) => (name.clone(), true),
            TokenKind::Word { text, upper } if !keywords::is_reserved(upper) => {
                (text.clone(), false)
            }
            TokenKind::Word { .. } => {
                let mut error = self.expected("an identifier");
                error.message = format!("{} is a reserved word", error.found);
                if error.hint.is_none() {
                    error.hint = Some(format!(
                        "quote it with backticks to use it as a name: `{text}`",
                        text = span.text(self.text)
                    ));
                }
                return Err(error);
            }
            _ => return Err(self.expected("an identifier")),
        };
        self.advance();
        Ok(Ident {
            value,
            quoted,
            span,
        })
    }

    /// Whether an identifier starts here.
    fn at_ident(&self) -> bool {
        match self.kind() {
            TokenKind::Quoted(_) => true,
            TokenKind::Word { upper, .. } => !keywords::is_reserved(upper),
            _ => false,
        }
    }

    fn object_name(&mut self) -> Result<ObjectName> {
        let start = self.span();
        let mut parts = vec![self.ident()?];
        while self.eat(Symbol::Dot) {
            parts.push(self.ident()?);
        }
        Ok(ObjectName {
            parts,
            span: self.since(start),
        })
    }

    fn string(&mut self) -> Result<StringLit> {
        let span = self.span();
        let TokenKind::String(value) = self.kind() else {
            return Err(self.expected("a string in single quotes"));
        };
        let value = value.clone();
        self.advance();
        Ok(StringLit { value, span })
    }

    fn unsigned(&mut self) -> Result<u32> {
        let parsed = match self.kind() {
            TokenKind::Number(text) => text.parse().ok(),
            _ => None,
        };
        let Some(number) = parsed else {
            return Err(self.expected("a whole number"));
        };
        self.advance();
        Ok(number)
    }

    fn comma_separated<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut all = vec![one(self)?];
        while self.eat(Symbol::Comma) {
            all.push(one(self)?);
        }
        Ok(all)
    }

    fn parenthesized<T>(&mut self, one: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.expect(Symbol::LeftParen)?;
        let inner = one(self)?;
        self.expect(Symbol::RightParen)?;
        Ok(inner)
    }

    fn ident_list(&mut self) -> Result<Vec<Ident>> {
        self.parenthesized(|p| p.comma_separated(Self::ident))
    }

    fn option_pair(&mut self) -> Result<OptionPair> {
        let key = self.string()?;
        self.expect(Symbol::Equal)?;
        let value = self.string()?;
        let span = key.span.to(value.span);
        Ok(OptionPair { key, value, span })
    }

    /// `('k' = 'v', ..)`, possibly empty
    fn option_list(&mut self) -> Result<Vec<OptionPair>> {
        self.expect(Symbol::LeftParen)?;
        if self.eat(Symbol::RightParen) {
            return Ok(Vec::new());
        }
        let pairs = self.comma_separated(Self::option_pair)?;
        self.expect(Symbol::RightParen)?;
        Ok(pairs)
    }
}

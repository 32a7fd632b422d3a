//! What the lexer hands to the parser.
use crate::span::Span;

/// One token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of token.
#[derive(Debug, Clone, PartialEq)]
pub enum TokenKind {
    /// An unquoted word: a keyword or an identifier.
    Word {
        /// As written.
        text: String,
        /// In upper case, for comparison with keywords.
        upper: String,
    },
    /// An identifier in backticks, without them.
    Quoted(String),
    /// An integer, decimal or floating-point number, as written.
    Number(String),
    /// A character string, decoded.
    String(String),
    /// A binary string `X'..'`, decoded.
    Binary(Vec<u8>),
    /// Punctuation or an operator.
    Symbol(Symbol),
    /// A character that starts nothing in SQL.
    Stray(char),
    /// The end of the text.
    End,
}

macro_rules! symbols {
    ($($name:ident $text:literal),* $(,)?) => {
        /// Punctuation and operators.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Symbol {
            $(#[doc = concat!("`", $text, "`")] $name,)*
        }

        impl Symbol {
            /// As it is written in SQL.
            pub fn text(self) -> &'static str {
                match self { $(Symbol::$name => $text,)* }
            }
        }
    };
}

symbols! {
    LeftParen "(", RightParen ")", LeftBracket "[", RightBracket "]", LeftBrace "{", RightBrace "}",
    Comma ",", Semicolon ";", Colon ":", Dot ".", Plus "+", Minus "-", Star "*", Slash "/", Percent "%",
    Equal "=", NotEqual "<>", Less "<", LessEqual "<=", Greater ">", GreaterEqual ">=", Concat "||", Pipe "|",
    Arrow "=>", Question "?", Caret "^", Dollar "$", HintStart "/*+", HintEnd "*/",
}

impl TokenKind {
    /// The token for an error message.
    pub fn describe(&self) -> String {
        match self {
            TokenKind::Word { text, .. } => format!("'{text}'"),
            TokenKind::Quoted(text) => format!("`{text}`"),
            TokenKind::Number(text) => format!("number {text}"),
            TokenKind::String(text) => format!("string '{}'", shorten(text)),
            TokenKind::Binary(_) => "a binary string".into(),
            TokenKind::Symbol(symbol) => format!("'{}'", symbol.text()),
            TokenKind::Stray(c) => format!("character {c:?}"),
            TokenKind::End => "end of the text".into(),
        }
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 20 {
        text.into()
    } else {
        text.chars().take(20).chain(['…']).collect()
    }
}

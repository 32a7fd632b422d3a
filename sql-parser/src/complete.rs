//! Whether what was typed so far is worth sending to the parser.
use crate::lexer::tokenize;
use crate::token::{Symbol, TokenKind};

/// True when `text` ends with a `;` that ends a statement: not inside a string, comment, quoted name, or an open
/// statement set (`BEGIN STATEMENT SET; ..` or `EXECUTE STATEMENT SET BEGIN ..` without its `END`).
pub fn is_complete(text: &str) -> bool {
    let tokens = match tokenize(text) {
        Ok(tokens) => tokens,
        // More text mends an open string or comment; nothing mends another mistake, so let the parser report it.
        Err(error) => return !error.is_unterminated() && text.trim_end().ends_with(';'),
    };
    let kinds: Vec<_> = tokens
        .iter()
        .map(|token| &token.kind)
        .filter(|kind| **kind != TokenKind::End)
        .collect();
    if kinds.last() != Some(&&TokenKind::Symbol(Symbol::Semicolon)) {
        return false;
    }
    let mut open = false;
    let mut previous = ["", ""];
    for kind in kinds {
        let word = match kind {
            TokenKind::Word { upper, .. } => upper.as_str(),
            TokenKind::Symbol(Symbol::Semicolon) => ";",
            _ => "",
        };
        match (previous, word) {
            (["BEGIN", "STATEMENT"], "SET") | (["STATEMENT", "SET"], "BEGIN") => open = true,
            // `END` of a CASE never follows a semicolon.
            ([_, ";" | "BEGIN"], "END") => open = false,
            _ => {}
        }
        previous = [previous[1], word];
    }
    !open
}

#[cfg(test)]
mod tests {
    use super::is_complete;

    #[test]
    fn a_statement_ends_at_a_semicolon_of_its_own() {
        for text in [
            "SELECT 1;",
            "SELECT ';' ; -- done",
            "a /* ; */;\n",
            "SELECT CASE WHEN a THEN 1 END;",
        ] {
            assert!(is_complete(text), "{text}");
        }
        for text in [
            "",
            "SELECT 1",
            "SELECT ';",
            "SELECT 1 -- ;",
            "SELECT 1 /* ; */",
            "SELECT `a;",
        ] {
            assert!(!is_complete(text), "{text}");
        }
    }

    #[test]
    fn a_statement_set_ends_with_its_end() {
        let set = "EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT CASE WHEN a THEN 1 END FROM s;";
        assert!(!is_complete(set));
        assert!(is_complete(&format!("{set} END;")));
        assert!(!is_complete("BEGIN STATEMENT SET;"));
        assert!(is_complete(
            "BEGIN STATEMENT SET; INSERT INTO t SELECT 1; END;"
        ));
    }
}

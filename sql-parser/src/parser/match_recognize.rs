//! MATCH_RECOGNIZE.
use super::{Parser, Result};
use crate::ast::{AfterMatch, MatchRecognize, Measure, Pattern};
use crate::error::ParseError;
use crate::token::Symbol;

impl Parser<'_> {
    /// What follows the word MATCH_RECOGNIZE.
    pub(super) fn match_recognize(&mut self) -> Result<MatchRecognize> {
        let start = self.span();
        self.expect(Symbol::LeftParen)?;
        let partition_by = self.partition_by()?;
        let order_by = self.order_by()?;
        let measures = if self.eat_word("MEASURES") {
            self.comma_separated(Self::measure)?
        } else {
            Vec::new()
        };
        let all_rows = if self.eat_words(&["ONE", "ROW", "PER", "MATCH"]) {
            Some(false)
        } else {
            self.eat_words(&["ALL", "ROWS", "PER", "MATCH"])
                .then_some(true)
        };
        let after_match = if self.eat_words(&["AFTER", "MATCH"]) {
            Some(self.after_match()?)
        } else {
            None
        };
        self.expect_word("PATTERN")?;
        let pattern = self.parenthesized(Self::pattern)?;
        let within = if self.eat_word("WITHIN") {
            Some(self.expr()?)
        } else {
            None
        };
        let subsets = if self.eat_word("SUBSET") {
            self.comma_separated(|p| {
                let name = p.ident()?;
                p.expect(Symbol::Equal)?;
                Ok((name, p.ident_list()?))
            })?
        } else {
            Vec::new()
        };
        self.expect_word("DEFINE")?;
        let define = self.comma_separated(|p| {
            let name = p.ident()?;
            p.expect_word("AS")?;
            Ok((name, p.expr()?))
        })?;
        self.expect(Symbol::RightParen)?;
        let span = self.since(start);
        Ok(MatchRecognize {
            partition_by,
            order_by,
            measures,
            all_rows,
            after_match,
            pattern,
            within,
            subsets,
            define,
            span,
        })
    }

    fn measure(&mut self) -> Result<Measure> {
        let is_final = if self.word(0) == "FINAL" && !self.at_ahead(1, Symbol::LeftParen) {
            self.advance();
            Some(true)
        } else {
            self.eat_word("RUNNING").then_some(false)
        };
        let expr = self.expr()?;
        self.expect_word("AS")?;
        Ok(Measure {
            is_final,
            expr,
            alias: self.ident()?,
        })
    }

    fn after_match(&mut self) -> Result<AfterMatch> {
        self.expect_word("SKIP")?;
        if self.eat_word("PAST") {
            self.expect_words(&["LAST", "ROW"])?;
            return Ok(AfterMatch::PastLastRow);
        }
        self.expect_word("TO")?;
        if self.eat_word("NEXT") {
            self.expect_word("ROW")?;
            Ok(AfterMatch::ToNextRow)
        } else if self.eat_word("FIRST") {
            self.ident().map(AfterMatch::ToFirst)
        } else {
            self.eat_word("LAST");
            self.ident().map(AfterMatch::ToLast)
        }
    }

    fn pattern(&mut self) -> Result<Pattern> {
        self.nested(|p| {
            let mut alternatives = vec![p.pattern_sequence()?];
            while p.eat(Symbol::Pipe) {
                alternatives.push(p.pattern_sequence()?);
            }
            Ok(one_or(alternatives, Pattern::Alternatives))
        })
    }

    fn pattern_sequence(&mut self) -> Result<Pattern> {
        let mut steps = vec![self.pattern_step()?];
        while self.at_ident()
            || self.at(Symbol::LeftParen)
            || self.at(Symbol::LeftBrace)
            || self.word(0) == "PERMUTE"
        {
            steps.push(self.pattern_step()?);
        }
        Ok(one_or(steps, Pattern::Sequence))
    }

    fn pattern_step(&mut self) -> Result<Pattern> {
        let pattern = if self.eat(Symbol::LeftParen) {
            let inner = self.pattern()?;
            self.expect(Symbol::RightParen)?;
            inner
        } else if self.eat(Symbol::LeftBrace) {
            self.expect(Symbol::Minus)?;
            let inner = self.pattern()?;
            self.expect(Symbol::Minus)?;
            self.expect(Symbol::RightBrace)?;
            Pattern::Exclude(Box::new(inner))
        } else if self.eat_word("PERMUTE") {
            Pattern::Permute(self.parenthesized(|p| p.comma_separated(Self::pattern))?)
        } else {
            Pattern::Variable(self.ident()?)
        };
        let start = self.span();
        let (min, max) = if self.eat(Symbol::Star) {
            (0, None)
        } else if self.eat(Symbol::Plus) {
            (1, None)
        } else if self.eat(Symbol::Question) {
            (0, Some(1))
        } else if self.at(Symbol::LeftBrace) && !self.at_ahead(1, Symbol::Minus) {
            self.advance();
            self.repeat_bounds()?
        } else {
            return Ok(pattern);
        };
        if max.is_some_and(|max| max < min) {
            return Err(ParseError::new(
                "a pattern's upper bound must not be less than its lower bound",
                self.since(start),
            ));
        }
        let reluctant = self.eat(Symbol::Question);
        Ok(Pattern::Repeat {
            pattern: Box::new(pattern),
            min,
            max,
            reluctant,
        })
    }

    /// `n}`, `n,}`, `,m}`, `n,m}`
    fn repeat_bounds(&mut self) -> Result<(u32, Option<u32>)> {
        let min = if self.at(Symbol::Comma) {
            0
        } else {
            self.unsigned()?
        };
        let max = if !self.eat(Symbol::Comma) {
            Some(min)
        } else if self.at(Symbol::RightBrace) {
            None
        } else {
            Some(self.unsigned()?)
        };
        self.expect(Symbol::RightBrace)?;
        Ok((min, max))
    }
}

fn one_or(mut all: Vec<Pattern>, many: impl FnOnce(Vec<Pattern>) -> Pattern) -> Pattern {
    match (all.len(), all.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            all.extend(last);
            many(all)
        }
    }
}

//! Hints: `/*+ NAME(args), .. */`.
use super::{Parser, Result};
use crate::ast::{Hint, HintArg, StringLit};
use crate::token::{Symbol, TokenKind};

impl Parser<'_> {
    /// The hints that stand here, if any.
    pub(super) fn hints(&mut self) -> Result<Vec<Hint>> {
        let mut hints = Vec::new();
        while self.at(Symbol::HintStart) {
            self.advance();
            while !self.eat(Symbol::HintEnd) {
                hints.push(self.hint()?);
                self.eat(Symbol::Comma);
            }
        }
        Ok(hints)
    }

    fn hint(&mut self) -> Result<Hint> {
        let start = self.span();
        let name = self.ident()?;
        let mut args = Vec::new();
        if self.eat(Symbol::LeftParen) && !self.eat(Symbol::RightParen) {
            args = self.comma_separated(Self::hint_arg)?;
            self.expect(Symbol::RightParen)?;
        }
        Ok(Hint {
            name,
            args,
            span: self.since(start),
        })
    }

    fn hint_arg(&mut self) -> Result<HintArg> {
        match self.kind() {
            TokenKind::String(_) if self.at_ahead(1, Symbol::Equal) => {
                self.option_pair().map(HintArg::Pair)
            }
            TokenKind::String(_) => self.string().map(HintArg::Literal),
            TokenKind::Number(text) => {
                let literal = StringLit {
                    value: text.clone(),
                    span: self.span(),
                };
                self.advance();
                Ok(HintArg::Literal(literal))
            }
            _ => self.object_name().map(HintArg::Name),
        }
    }
}

//! Function calls, their arguments and what may follow them.
use super::{Parser, Result};
use crate::ast::{
    ArgValue, Expr, FunctionArg, FunctionCall, NullTreatment, ObjectName, Over, SetQuantifier,
    TableArg, TableArgSource,
};
use crate::token::Symbol;

impl Parser<'_> {
    /// What follows a function's name, from its opening parenthesis.
    pub(super) fn call(&mut self, name: ObjectName) -> Result<FunctionCall> {
        self.expect(Symbol::LeftParen)?;
        self.call_after(name, None)
    }

    /// What follows the opening parenthesis, or the first argument if that was read already.
    pub(super) fn call_after(
        &mut self,
        name: ObjectName,
        first: Option<Expr>,
    ) -> Result<FunctionCall> {
        let start = name.span;
        let mut call = FunctionCall::plain(name);
        if let Some(expr) = first {
            call.args.push(FunctionArg {
                name: None,
                span: expr.span,
                value: ArgValue::Expr(expr),
            });
            while self.eat(Symbol::Comma) {
                call.args.push(self.function_arg()?);
            }
        } else if self.eat(Symbol::Star) {
            call.star = true;
        } else if !self.at(Symbol::RightParen) {
            call.quantifier = self.set_quantifier();
            call.args = self.comma_separated(Self::function_arg)?;
            call.nulls = self.null_treatment();
            call.order_by = self.order_by()?;
        }
        self.expect(Symbol::RightParen)?;
        if let Some(nulls) = self.null_treatment() {
            call.nulls = Some(nulls);
        }
        if self.eat_words(&["WITHIN", "GROUP"]) {
            call.within_group = self.parenthesized(Self::order_by)?;
        }
        call.filter = self.filter()?.map(Box::new);
        if self.eat_word("OVER") {
            call.over = Some(if self.at(Symbol::LeftParen) {
                Over::Spec(Box::new(self.window_spec()?))
            } else {
                Over::Name(self.ident()?)
            });
        }
        call.span = self.since(start);
        Ok(call)
    }

    /// `FILTER (WHERE x)`
    pub(super) fn filter(&mut self) -> Result<Option<crate::ast::Expr>> {
        if !self.eat_word("FILTER") {
            return Ok(None);
        }
        self.parenthesized(|p| {
            p.expect_word("WHERE")?;
            p.expr().map(Some)
        })
    }

    pub(super) fn set_quantifier(&mut self) -> Option<SetQuantifier> {
        if self.eat_word("DISTINCT") {
            Some(SetQuantifier::Distinct)
        } else {
            self.eat_word("ALL").then_some(SetQuantifier::All)
        }
    }

    fn null_treatment(&mut self) -> Option<NullTreatment> {
        if self.eat_words(&["RESPECT", "NULLS"]) {
            Some(NullTreatment::Respect)
        } else {
            self.eat_words(&["IGNORE", "NULLS"])
                .then_some(NullTreatment::Ignore)
        }
    }

    fn function_arg(&mut self) -> Result<FunctionArg> {
        let start = self.span();
        let mut name = None;
        if self.at_ahead(1, Symbol::Arrow) {
            // Parameter names may be keywords: `SIZE => ..`, `OFFSET => ..`.
            name = Some(if self.at_ident() {
                self.ident()?
            } else {
                self.function_word().parts.remove(0)
            });
            self.advance();
        }
        let value = if self.word(0) == "TABLE" {
            self.advance();
            ArgValue::Table(Box::new(self.table_arg()?))
        } else if self.word(0) == "DESCRIPTOR" && self.at_ahead(1, Symbol::LeftParen) {
            self.advance();
            ArgValue::Descriptor(self.ident_list()?)
        } else if self.eat_word("DEFAULT") {
            ArgValue::Default
        } else {
            ArgValue::Expr(self.expr()?)
        };
        Ok(FunctionArg {
            name,
            value,
            span: self.since(start),
        })
    }

    /// What follows TABLE in an argument list.
    fn table_arg(&mut self) -> Result<TableArg> {
        let start = self.span();
        let source = if self.at(Symbol::LeftParen) {
            if self.at_query_in_parens() {
                TableArgSource::Query(Box::new(self.parenthesized(Self::query)?))
            } else {
                TableArgSource::Named(self.parenthesized(Self::object_name)?)
            }
        } else {
            TableArgSource::Named(self.object_name()?)
        };
        let partition_by =
            if self.at_words(&["PARTITION", "BY"]) && self.at_ahead(2, Symbol::LeftParen) {
                self.advance();
                self.advance();
                self.parenthesized(|p| p.comma_separated(Self::expr))?
            } else if self.eat_words(&["PARTITION", "BY"]) {
                // Without parentheses the next comma starts the next argument.
                vec![self.expr()?]
            } else {
                Vec::new()
            };
        let order_by = if self.at_words(&["ORDER", "BY"]) && self.at_ahead(2, Symbol::LeftParen) {
            self.advance();
            self.advance();
            self.parenthesized(|p| p.comma_separated(Self::order_item))?
        } else if self.eat_words(&["ORDER", "BY"]) {
            vec![self.order_item()?]
        } else {
            Vec::new()
        };
        Ok(TableArg {
            source,
            partition_by,
            order_by,
            span: self.since(start),
        })
    }
}

//! What stands in FROM: tables, joins, table functions.
use super::{Parser, Result};
use crate::ast::{Join, JoinConstraint, JoinKind, TableAlias, TableRef, TableRefKind};
use crate::error::ParseError;
use crate::token::Symbol;

impl Parser<'_> {
    /// A table and whatever is joined to it.
    pub(super) fn table_ref(&mut self) -> Result<TableRef> {
        self.nested(|p| {
            let start = p.span();
            let mut left = p.table_primary()?;
            loop {
                let natural = p.eat_word("NATURAL");
                let Some(kind) = p.join_kind()? else {
                    return if natural {
                        Err(p.unexpected())
                    } else {
                        Ok(left)
                    };
                };
                p.chained()?;
                let right = p.table_primary()?;
                let constraint = if natural {
                    JoinConstraint::Natural
                } else if p.eat_word("ON") {
                    JoinConstraint::On(p.expr()?)
                } else if p.eat_word("USING") {
                    JoinConstraint::Using(p.ident_list()?)
                } else if matches!(kind, JoinKind::Cross | JoinKind::Inner) {
                    JoinConstraint::None
                } else {
                    return Err(p.unexpected());
                };
                let span = p.since(start);
                let join = Join {
                    kind,
                    left,
                    right,
                    constraint,
                    span,
                };
                left = TableRef {
                    kind: TableRefKind::Join(Box::new(join)),
                    alias: None,
                    span,
                };
            }
        })
    }

    fn join_kind(&mut self) -> Result<Option<JoinKind>> {
        let kind = if self.eat_word("JOIN") {
            return Ok(Some(JoinKind::Inner));
        } else if self.eat_word("INNER") {
            JoinKind::Inner
        } else if self.eat_word("CROSS") {
            JoinKind::Cross
        } else if self.eat_word("LEFT") {
            JoinKind::Left
        } else if self.eat_word("RIGHT") {
            JoinKind::Right
        } else if self.eat_word("FULL") {
            JoinKind::Full
        } else {
            return Ok(None);
        };
        if matches!(self.word(0), "SEMI" | "ANTI") {
            let message = format!("{} JOIN is no Flink SQL", self.word(0));
            return Err(ParseError::new(message, self.span())
                .with_hint("use WHERE [NOT] EXISTS (..) or [NOT] IN (..)"));
        }
        if !matches!(kind, JoinKind::Inner | JoinKind::Cross) {
            self.eat_word("OUTER");
        }
        self.expect_word("JOIN")?;
        Ok(Some(kind))
    }

    fn table_primary(&mut self) -> Result<TableRef> {
        let start = self.span();
        let lateral = self.eat_word("LATERAL");
        let kind = if self.at(Symbol::LeftParen) {
            if lateral || self.at_query_in_parens() {
                TableRefKind::Derived {
                    lateral,
                    query: Box::new(self.parenthesized(Self::query)?),
                }
            } else {
                // A join in parentheses.
                let inner = self.parenthesized(Self::table_ref)?;
                return self.match_and_alias(inner);
            }
        } else if self.eat_word("UNNEST") {
            let exprs = self.parenthesized(|p| p.comma_separated(Self::expr))?;
            TableRefKind::Unnest {
                exprs,
                with_ordinality: self.eat_words(&["WITH", "ORDINALITY"]),
            }
        } else if self.word(0) == "TABLE" && self.at_ahead(1, Symbol::LeftParen) {
            self.advance();
            let call = self.parenthesized(|p| {
                let name = p.object_name()?;
                p.call(name)
            })?;
            TableRefKind::Function {
                lateral,
                table_keyword: true,
                call: Box::new(call),
            }
        } else {
            self.eat_word("TABLE");
            let name = self.object_name()?;
            if self.at(Symbol::LeftParen) {
                TableRefKind::Function {
                    lateral,
                    table_keyword: false,
                    call: Box::new(self.call(name)?),
                }
            } else {
                let hints = self.hints()?;
                let as_of = if self.word(0) == "FOR" {
                    self.advance();
                    self.expect_words(&["SYSTEM_TIME", "AS", "OF"])?;
                    Some(self.boxed_expr()?)
                } else {
                    None
                };
                TableRefKind::Named { name, hints, as_of }
            }
        };
        let table = TableRef {
            kind,
            alias: None,
            span: self.since(start),
        };
        self.match_and_alias(table)
    }

    /// An alias, MATCH_RECOGNIZE, and its alias.
    fn match_and_alias(&mut self, table: TableRef) -> Result<TableRef> {
        let start = table.span;
        let table = self.aliased(table)?;
        if !self.eat_word("MATCH_RECOGNIZE") {
            return Ok(table);
        }
        let spec = Box::new(self.match_recognize()?);
        let kind = TableRefKind::MatchRecognize {
            input: Box::new(table),
            spec,
        };
        self.aliased(TableRef {
            kind,
            alias: None,
            span: self.since(start),
        })
    }

    fn aliased(&mut self, mut table: TableRef) -> Result<TableRef> {
        let start = self.span();
        if !(self.eat_word("AS") || self.at_ident()) {
            return Ok(table);
        }
        let name = self.ident()?;
        if table.alias.is_some() || matches!(table.kind, TableRefKind::Join(_)) {
            return Err(ParseError::new(
                "a table or join in parentheses takes no alias of its own",
                self.since(start),
            )
            .with_hint("give the alias inside the parentheses, or select from the join"));
        }
        let columns = if self.at(Symbol::LeftParen) {
            self.ident_list()?
        } else {
            Vec::new()
        };
        table.alias = Some(TableAlias {
            name,
            columns,
            span: self.since(start),
        });
        table.span = table.span.to(self.since(start));
        Ok(table)
    }
}

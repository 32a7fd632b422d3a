//! Queries: set operations, SELECT and its clauses.
use super::{MAX_DEPTH, Parser, Result};
use crate::ast::{
    Cte, Expr, ExprKind, FrameBound, GroupBy, GroupItem, NamedWindow, OrderItem, Query, QueryBody,
    Select, SelectItem, SetOperation, SetOperator, Values, WindowFrame, WindowSpec,
};
use crate::error::ParseError;
use crate::token::Symbol;

impl Parser<'_> {
    /// Whether a query starts here.
    pub(super) fn at_query(&self) -> bool {
        self.query_at(0, 0)
    }

    /// Whether a parenthesis here encloses a query.
    pub(super) fn at_query_in_parens(&self) -> bool {
        self.at(Symbol::LeftParen) && self.query_at(1, 0)
    }

    /// A parenthesis starts a query if it encloses one and nothing but a query's clauses follow.
    fn query_at(&self, ahead: usize, depth: usize) -> bool {
        if !self.at_ahead(ahead, Symbol::LeftParen) {
            return matches!(self.word(ahead), "SELECT" | "WITH" | "VALUES");
        }
        if depth > MAX_DEPTH || !self.query_at(ahead + 1, depth + 1) {
            return false;
        }
        let mut open = 0usize;
        let close = self.tokens[self.at + ahead..].iter().position(|token| {
            match token.kind {
                crate::token::TokenKind::Symbol(Symbol::LeftParen) => open += 1,
                crate::token::TokenKind::Symbol(Symbol::RightParen) => open -= 1,
                _ => {}
            }
            open == 0
        });
        let Some(length) = close else {
            return true;
        };
        let after = ahead + length + 1;
        matches!(
            self.word(after),
            "UNION" | "INTERSECT" | "EXCEPT" | "ORDER" | "LIMIT" | "OFFSET" | "FETCH"
        ) || self.at_ahead(after, Symbol::RightParen)
            || self.at_ahead(after, Symbol::Semicolon)
            || self.token(after).kind == crate::token::TokenKind::End
    }

    /// A query with its WITH, ORDER BY and LIMIT.
    pub(super) fn query(&mut self) -> Result<Query> {
        self.nested(|p| {
            let start = p.span();
            let with = if p.eat_word("WITH") {
                p.comma_separated(Self::cte)?
            } else {
                Vec::new()
            };
            let body = p.set_operations(false)?;
            let order_by = p.order_by()?;
            let (limit, offset) = p.limits()?;
            Ok(Query {
                with,
                body,
                order_by,
                limit,
                offset,
                span: p.since(start),
            })
        })
    }

    fn cte(&mut self) -> Result<Cte> {
        let start = self.span();
        if self.word(0) == "RECURSIVE" {
            return Err(ParseError::new("WITH RECURSIVE is not supported", start));
        }
        let name = self.ident()?;
        let columns = if self.at(Symbol::LeftParen) {
            self.ident_list()?
        } else {
            Vec::new()
        };
        self.expect_word("AS")?;
        let query = Box::new(self.parenthesized(Self::query)?);
        Ok(Cte {
            name,
            columns,
            query,
            span: self.since(start),
        })
    }

    fn limits(&mut self) -> Result<(Option<Expr>, Option<Expr>)> {
        let (mut limit, mut offset) = (None, None);
        loop {
            if limit.is_none() && self.eat_word("LIMIT") {
                if self.eat_word("ALL") {
                    continue;
                }
                limit = Some(self.expr()?);
            } else if offset.is_none() && self.eat_word("OFFSET") {
                offset = Some(self.expr()?);
                if !self.eat_word("ROWS") {
                    self.eat_word("ROW");
                }
            } else if limit.is_none() && self.eat_word("FETCH") {
                if !self.eat_word("FIRST") {
                    self.expect_word("NEXT")?;
                }
                limit = Some(self.expr()?);
                if !self.eat_word("ROWS") {
                    self.expect_word("ROW")?;
                }
                self.expect_word("ONLY")?;
            } else {
                return Ok((limit, offset));
            }
        }
    }

    /// UNION and EXCEPT, or with `tight` only INTERSECT, which binds tighter.
    fn set_operations(&mut self, tight: bool) -> Result<QueryBody> {
        let start = self.span();
        let mut left = if tight {
            self.query_primary()?
        } else {
            self.set_operations(true)?
        };
        loop {
            let op = if tight {
                self.eat_word("INTERSECT").then_some(SetOperator::Intersect)
            } else if self.eat_word("UNION") {
                Some(SetOperator::Union)
            } else {
                self.eat_word("EXCEPT").then_some(SetOperator::Except)
            };
            let Some(op) = op else {
                return Ok(left);
            };
            self.chained()?;
            let all = self.eat_word("ALL");
            if !all {
                self.eat_word("DISTINCT");
            }
            let right = if tight {
                self.query_primary()?
            } else {
                self.set_operations(true)?
            };
            left = QueryBody::Set(Box::new(SetOperation {
                op,
                all,
                left,
                right,
                span: self.since(start),
            }));
        }
    }

    fn query_primary(&mut self) -> Result<QueryBody> {
        let start = self.span();
        if self.at(Symbol::LeftParen) {
            return self
                .parenthesized(Self::query)
                .map(|query| QueryBody::Nested(Box::new(query)));
        }
        if self.eat_word("VALUES") {
            let rows = self.comma_separated(|p| {
                let row = p.expr()?;
                Ok(match row.kind {
                    ExprKind::Row(values) => values,
                    _ => vec![row],
                })
            })?;
            return Ok(QueryBody::Values(Values {
                rows,
                span: self.since(start),
            }));
        }
        if self.eat_word("TABLE") {
            return self.object_name().map(QueryBody::Table);
        }
        if self.word(0) != "SELECT" {
            self.tried("SELECT");
            self.tried("VALUES");
            return Err(self.unexpected());
        }
        self.select()
            .map(|select| QueryBody::Select(Box::new(select)))
    }

    fn select(&mut self) -> Result<Select> {
        let start = self.span();
        self.expect_word("SELECT")?;
        let hints = self.hints()?;
        let quantifier = self.set_quantifier();
        let items = self.comma_separated(Self::select_item)?;
        let from = if self.eat_word("FROM") {
            self.comma_separated(Self::table_ref)?
        } else {
            Vec::new()
        };
        let selection = if self.eat_word("WHERE") {
            Some(self.expr()?)
        } else {
            None
        };
        let group_by = if self.at_words(&["GROUP", "BY"]) {
            Some(self.group_by()?)
        } else {
            self.tried("GROUP");
            None
        };
        let having = if self.eat_word("HAVING") {
            Some(self.expr()?)
        } else {
            None
        };
        let windows = if self.eat_word("WINDOW") {
            self.comma_separated(Self::named_window)?
        } else {
            Vec::new()
        };
        let qualify = if self.eat_word("QUALIFY") {
            Some(self.expr()?)
        } else {
            None
        };
        Ok(Select {
            hints,
            quantifier,
            items,
            from,
            selection,
            group_by,
            having,
            windows,
            qualify,
            span: self.since(start),
        })
    }

    fn select_item(&mut self) -> Result<SelectItem> {
        let start = self.span();
        if self.eat(Symbol::Star) {
            return Ok(SelectItem::Star(start));
        }
        let expr = self.expr()?;
        if self.at(Symbol::Dot) && self.at_ahead(1, Symbol::Star) {
            let ExprKind::Column(mut name) = expr.kind else {
                return Err(self.unexpected());
            };
            self.advance();
            self.advance();
            name.span = self.since(start);
            return Ok(SelectItem::QualifiedStar(name));
        }
        let alias = if self.eat_word("AS") || self.at_ident() {
            Some(self.ident()?)
        } else {
            None
        };
        Ok(SelectItem::Expr { expr, alias })
    }

    fn group_by(&mut self) -> Result<GroupBy> {
        let start = self.span();
        self.expect_words(&["GROUP", "BY"])?;
        let quantifier = self.set_quantifier();
        let items = self.comma_separated(Self::group_item)?;
        Ok(GroupBy {
            quantifier,
            items,
            span: self.since(start),
        })
    }

    fn group_item(&mut self) -> Result<GroupItem> {
        self.nested(|p| {
            let list = |p: &mut Self| p.parenthesized(|p| p.comma_separated(Self::group_item));
            if p.eat_words(&["GROUPING", "SETS"]) {
                return list(p).map(GroupItem::GroupingSets);
            }
            if p.eat_word("ROLLUP") {
                return list(p).map(GroupItem::Rollup);
            }
            if p.eat_word("CUBE") {
                return list(p).map(GroupItem::Cube);
            }
            if p.at(Symbol::LeftParen) && p.at_ahead(1, Symbol::RightParen) {
                p.advance();
                p.advance();
                return Ok(GroupItem::Set(Vec::new()));
            }
            let implicit_row = p.at(Symbol::LeftParen);
            let expr = p.expr()?;
            Ok(match expr.kind {
                ExprKind::Row(items) if implicit_row => GroupItem::Set(items),
                _ => GroupItem::Expr(expr),
            })
        })
    }

    fn named_window(&mut self) -> Result<NamedWindow> {
        let start = self.span();
        let name = self.ident()?;
        self.expect_word("AS")?;
        let spec = self.window_spec()?;
        Ok(NamedWindow {
            name,
            spec,
            span: self.since(start),
        })
    }

    /// `PARTITION BY x, ..`, if it stands here
    pub(super) fn partition_by(&mut self) -> Result<Vec<Expr>> {
        if self.eat_words(&["PARTITION", "BY"]) {
            self.comma_separated(Self::expr)
        } else {
            Ok(Vec::new())
        }
    }

    /// `ORDER BY x, ..`, if it stands here
    pub(super) fn order_by(&mut self) -> Result<Vec<OrderItem>> {
        if self.eat_words(&["ORDER", "BY"]) {
            self.comma_separated(Self::order_item)
        } else {
            Ok(Vec::new())
        }
    }

    pub(super) fn order_item(&mut self) -> Result<OrderItem> {
        let start = self.span();
        let expr = self.expr()?;
        let descending = self.eat_word("DESC");
        if !descending {
            self.eat_word("ASC");
        }
        let nulls_first = if self.eat_words(&["NULLS", "FIRST"]) {
            Some(true)
        } else {
            self.eat_words(&["NULLS", "LAST"]).then_some(false)
        };
        Ok(OrderItem {
            expr,
            descending,
            nulls_first,
            span: self.since(start),
        })
    }

    /// `([w] [PARTITION BY ..] [ORDER BY ..] [frame])`
    pub(super) fn window_spec(&mut self) -> Result<WindowSpec> {
        let start = self.span();
        self.expect(Symbol::LeftParen)?;
        let base = if self.at_ident() {
            Some(self.ident()?)
        } else {
            None
        };
        let partition_by = self.partition_by()?;
        let order_by = self.order_by()?;
        let at = self.span();
        let range = self.eat_word("RANGE");
        let frame = if range || self.eat_word("ROWS") {
            let (start, end) = if self.eat_word("BETWEEN") {
                let start = self.frame_bound()?;
                self.expect_word("AND")?;
                (start, Some(self.frame_bound()?))
            } else {
                (self.frame_bound()?, None)
            };
            Some(WindowFrame {
                range,
                start,
                end,
                span: self.since(at),
            })
        } else {
            None
        };
        self.expect(Symbol::RightParen)?;
        Ok(WindowSpec {
            base,
            partition_by,
            order_by,
            frame,
            span: self.since(start),
        })
    }

    fn frame_bound(&mut self) -> Result<FrameBound> {
        if self.eat_words(&["CURRENT", "ROW"]) {
            return Ok(FrameBound::CurrentRow);
        }
        if self.eat_word("UNBOUNDED") {
            return if self.eat_word("PRECEDING") {
                Ok(FrameBound::UnboundedPreceding)
            } else {
                self.expect_word("FOLLOWING")
                    .map(|()| FrameBound::UnboundedFollowing)
            };
        }
        let distance = self.boxed_expr()?;
        if self.eat_word("PRECEDING") {
            Ok(FrameBound::Preceding(distance))
        } else {
            self.expect_word("FOLLOWING")
                .map(|()| FrameBound::Following(distance))
        }
    }
}

//! Expressions: operators by precedence climbing, and what they stand between.
//!
//! Precedences are Calcite's. BETWEEN's bounds and IN's operand bind tighter than comparisons, IS looser.
use super::{Parser, Result};
use crate::ast::{
    BinaryOp, Expr, ExprKind, FunctionCall, IsTest, Literal, ObjectName, QuantifiedSet, Quantifier,
    UnaryOp,
};
use crate::error::ParseError;
use crate::keywords;
use crate::span::Span;
use crate::token::{Symbol, TokenKind};

/// How tightly operators bind; shared with the printer.
pub(crate) mod precedence {
    pub(crate) const OR: u8 = 22;
    pub(crate) const AND: u8 = 24;
    pub(crate) const NOT: u8 = 26;
    pub(crate) const IS: u8 = 28;
    pub(crate) const COMPARE: u8 = 30;
    pub(crate) const IN: u8 = 32;
    pub(crate) const ADD: u8 = 40;
    pub(crate) const MULTIPLY: u8 = 60;
    pub(crate) const SIGN: u8 = 80;
    pub(crate) const ATOM: u8 = 100;
}

impl BinaryOp {
    /// How tightly it binds.
    pub(crate) fn precedence(self) -> u8 {
        use BinaryOp::*;
        match self {
            Or => precedence::OR,
            And => precedence::AND,
            Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual | Overlaps => {
                precedence::COMPARE
            }
            Plus | Minus => precedence::ADD,
            Multiply | Divide | Modulo | Concat => precedence::MULTIPLY,
        }
    }

    fn is_comparison(self) -> bool {
        self.precedence() == precedence::COMPARE && self != BinaryOp::Overlaps
    }
}

impl Parser<'_> {
    /// An expression.
    pub(super) fn expr(&mut self) -> Result<Expr> {
        self.operators(0)
    }

    /// An expression that leaves a following IN alone.
    pub(super) fn tight_expr(&mut self) -> Result<Expr> {
        self.operators(precedence::IN + 1)
    }

    pub(super) fn boxed_expr(&mut self) -> Result<Box<Expr>> {
        self.expr().map(Box::new)
    }

    /// An expression whose operators bind at least as tightly as `least`.
    fn operators(&mut self, least: u8) -> Result<Expr> {
        self.nested(|p| {
            let mut left = p.prefix()?;
            loop {
                match p.infix(left, least)? {
                    (next, true) => left = next,
                    (done, false) => return Ok(done),
                }
                p.chained()?;
            }
        })
    }

    fn prefix(&mut self) -> Result<Expr> {
        let start = self.span();
        let (op, least) = match self.kind() {
            TokenKind::Symbol(Symbol::Minus) => (UnaryOp::Minus, precedence::SIGN),
            TokenKind::Symbol(Symbol::Plus) => (UnaryOp::Plus, precedence::SIGN),
            _ if self.word(0) == "NOT" => (UnaryOp::Not, precedence::NOT),
            _ => return self.postfix(),
        };
        self.advance();
        let expr = Box::new(self.operators(least)?);
        Ok(Expr {
            kind: ExprKind::Unary { op, expr },
            span: self.since(start),
        })
    }

    /// Joins `left` with the operator here if it binds tightly enough; says whether it did.
    fn infix(&mut self, left: Expr, least: u8) -> Result<(Expr, bool)> {
        let start = left.span;
        if let Some(op) = self.binary_operator() {
            if op.precedence() < least {
                return Ok((left, false));
            }
            self.advance();
            let kind = self.right_of(Box::new(left), op)?;
            return Ok((
                Expr {
                    kind,
                    span: self.since(start),
                },
                true,
            ));
        }
        let negated = self.word(0) == "NOT";
        let word = self.word(usize::from(negated)).to_string();
        let kind = match word.as_str() {
            "IS" if !negated && precedence::IS >= least => {
                self.advance();
                self.is_test(Box::new(left), least)?
            }
            "BETWEEN" | "IN" | "LIKE" | "SIMILAR" if precedence::IN >= least => {
                self.advance();
                if negated {
                    self.advance();
                }
                self.range_test(Box::new(left), negated, &word)?
            }
            _ => return Ok((left, false)),
        };
        Ok((
            Expr {
                kind,
                span: self.since(start),
            },
            true,
        ))
    }

    fn binary_operator(&self) -> Option<BinaryOp> {
        Some(match self.kind() {
            TokenKind::Symbol(symbol) => match symbol {
                Symbol::Equal => BinaryOp::Equal,
                Symbol::NotEqual => BinaryOp::NotEqual,
                Symbol::Less => BinaryOp::Less,
                Symbol::LessEqual => BinaryOp::LessEqual,
                Symbol::Greater => BinaryOp::Greater,
                Symbol::GreaterEqual => BinaryOp::GreaterEqual,
                Symbol::Plus => BinaryOp::Plus,
                Symbol::Minus => BinaryOp::Minus,
                Symbol::Star => BinaryOp::Multiply,
                Symbol::Slash => BinaryOp::Divide,
                Symbol::Percent => BinaryOp::Modulo,
                Symbol::Concat => BinaryOp::Concat,
                _ => return None,
            },
            _ => match self.word(0) {
                "OR" => BinaryOp::Or,
                "AND" => BinaryOp::And,
                "OVERLAPS" => BinaryOp::Overlaps,
                _ => return None,
            },
        })
    }

    fn right_of(&mut self, left: Box<Expr>, op: BinaryOp) -> Result<ExprKind> {
        let quantifier = match self.word(0) {
            "ANY" | "SOME" => Some(Quantifier::Any),
            "ALL" => Some(Quantifier::All),
            _ => None,
        };
        if let Some(quantifier) =
            quantifier.filter(|_| op.is_comparison() && self.at_ahead(1, Symbol::LeftParen))
        {
            self.advance();
            let right = self.parenthesized(|p| {
                if p.at_query() {
                    return p.query().map(|query| QuantifiedSet::Query(Box::new(query)));
                }
                p.comma_separated(Self::expr).map(QuantifiedSet::List)
            })?;
            return Ok(ExprKind::Quantified {
                left,
                op,
                quantifier,
                right,
            });
        }
        let right = Box::new(self.operators(op.precedence() + 1)?);
        Ok(ExprKind::Binary { left, op, right })
    }

    fn is_test(&mut self, expr: Box<Expr>, least: u8) -> Result<ExprKind> {
        let negated = self.eat_word("NOT");
        if self.eat_words(&["DISTINCT", "FROM"]) {
            let right = Box::new(self.operators(precedence::COMPARE.max(least) + 1)?);
            return Ok(ExprKind::IsDistinctFrom {
                left: expr,
                negated,
                right,
            });
        }
        let test = if self.eat_word("NULL") {
            IsTest::Null
        } else if self.eat_word("TRUE") {
            IsTest::True
        } else if self.eat_word("FALSE") {
            IsTest::False
        } else if self.eat_word("UNKNOWN") {
            IsTest::Unknown
        } else if self.eat_word("JSON") {
            if self.eat_word("OBJECT") {
                IsTest::JsonObject
            } else if self.eat_word("ARRAY") {
                IsTest::JsonArray
            } else if self.eat_word("SCALAR") {
                IsTest::JsonScalar
            } else {
                self.eat_word("VALUE");
                IsTest::JsonValue
            }
        } else {
            return Err(self.unexpected());
        };
        Ok(ExprKind::Is {
            expr,
            negated,
            test,
        })
    }

    fn range_test(&mut self, expr: Box<Expr>, negated: bool, word: &str) -> Result<ExprKind> {
        let tighter = precedence::IN + 1;
        match word {
            "BETWEEN" => {
                let symmetric = self.eat_word("SYMMETRIC");
                if !symmetric {
                    self.eat_word("ASYMMETRIC");
                }
                let low = Box::new(self.operators(tighter)?);
                self.expect_word("AND")?;
                let high = Box::new(self.operators(tighter)?);
                Ok(ExprKind::Between {
                    expr,
                    negated,
                    symmetric,
                    low,
                    high,
                })
            }
            "IN" => self.parenthesized(|p| {
                if p.at_query() {
                    let query = Box::new(p.query()?);
                    return Ok(ExprKind::InQuery {
                        expr,
                        negated,
                        query,
                    });
                }
                let list = p.comma_separated(Self::expr)?;
                Ok(ExprKind::InList {
                    expr,
                    negated,
                    list,
                })
            }),
            _ => {
                let similar = word == "SIMILAR";
                if similar {
                    self.expect_word("TO")?;
                }
                let pattern = Box::new(self.operators(tighter)?);
                let escape = if self.eat_word("ESCAPE") {
                    Some(Box::new(self.operators(tighter)?))
                } else {
                    None
                };
                Ok(ExprKind::Like {
                    expr,
                    negated,
                    similar,
                    pattern,
                    escape,
                })
            }
        }
    }

    /// An operand with its `[..]` and `.field`.
    fn postfix(&mut self) -> Result<Expr> {
        let start = self.span();
        let mut expr = self.operand()?;
        loop {
            let kind = if self.at(Symbol::LeftBracket) {
                self.advance();
                let index = self.boxed_expr()?;
                self.expect(Symbol::RightBracket)?;
                ExprKind::Element {
                    expr: Box::new(expr),
                    index,
                }
            } else if self.at(Symbol::Dot) && !self.at_ahead(1, Symbol::Star) {
                self.advance();
                ExprKind::Field {
                    expr: Box::new(expr),
                    field: self.ident()?,
                }
            } else {
                return Ok(expr);
            };
            self.chained()?;
            expr = Expr {
                kind,
                span: self.since(start),
            };
        }
    }

    fn operand(&mut self) -> Result<Expr> {
        let start = self.span();
        let kind = match self.kind() {
            TokenKind::Number(text) => ExprKind::Literal(Literal::Number(text.clone())),
            TokenKind::String(text) => ExprKind::Literal(Literal::String(text.clone())),
            TokenKind::Binary(bytes) => ExprKind::Literal(Literal::Binary(bytes.clone())),
            TokenKind::Symbol(Symbol::LeftParen) => return self.in_parens(),
            TokenKind::Quoted(_) => return self.name_or_call(),
            TokenKind::Word { .. } => {
                let kind = self.special_form()?;
                return match kind {
                    Some(kind) => Ok(Expr {
                        kind,
                        span: self.since(start),
                    }),
                    None => self.name_or_call(),
                };
            }
            _ => return Err(self.expected("an expression")),
        };
        self.advance();
        Ok(Expr { kind, span: start })
    }

    /// `(x)`, `(a, b)` or `(SELECT ..)`
    fn in_parens(&mut self) -> Result<Expr> {
        let start = self.span();
        if self.at_query_in_parens() {
            let query = self.parenthesized(Self::query)?;
            return Ok(Expr {
                kind: ExprKind::Subquery(Box::new(query)),
                span: self.since(start),
            });
        }
        let mut all = self.parenthesized(|p| p.comma_separated(Self::expr))?;
        let span = self.since(start);
        match (all.len(), all.pop()) {
            (1, Some(only)) => Ok(Expr { span, ..only }),
            (_, last) => {
                all.extend(last);
                Ok(Expr {
                    kind: ExprKind::Row(all),
                    span,
                })
            }
        }
    }

    fn name_or_call(&mut self) -> Result<Expr> {
        let start = self.span();
        let upper = self.word(0).to_string();
        if keywords::is_niladic(&upper) && !self.at_ahead(1, Symbol::LeftParen) {
            let call = FunctionCall {
                niladic: true,
                ..FunctionCall::plain(self.function_word())
            };
            return Ok(Expr {
                kind: ExprKind::Call(Box::new(call)),
                span: start,
            });
        }
        if keywords::is_callable(&upper) && self.at_ahead(1, Symbol::LeftParen) {
            let name = self.function_word();
            return self.call_expr(name);
        }
        if keywords::is_reserved(&upper) {
            return Err(self.reserved_operand());
        }
        let mut parts = vec![self.ident()?];
        while self.at(Symbol::Dot) && !self.at_ahead(1, Symbol::Star) {
            self.advance();
            parts.push(self.ident()?);
        }
        let name = ObjectName {
            parts,
            span: self.since(start),
        };
        if self.at(Symbol::LeftParen) {
            return self.call_expr(name);
        }
        Ok(Expr {
            span: name.span,
            kind: ExprKind::Column(name),
        })
    }

    fn reserved_operand(&mut self) -> ParseError {
        let text = self.span().text(self.text).to_string();
        let next = self.token(1);
        // After a lone reserved word an operand may well have ended: then it was meant as a name.
        let ends = matches!(
            &next.kind,
            TokenKind::End
                | TokenKind::Symbol(
                    Symbol::Comma | Symbol::RightParen | Symbol::Semicolon | Symbol::Dot
                )
        ) || matches!(self.word(1), "FROM" | "AS" | "AND" | "OR" | "IS");
        let mut error = self.expected("an expression");
        if ends || self.binary_after_word() {
            error.message = format!("'{text}' is a reserved word");
            error.hint = Some(format!(
                "quote it with backticks to use it as a name: `{text}`"
            ));
        }
        error
    }

    fn binary_after_word(&self) -> bool {
        use Symbol::*;
        matches!(
            self.token(1).kind,
            TokenKind::Symbol(
                Equal
                    | NotEqual
                    | Less
                    | LessEqual
                    | Greater
                    | GreaterEqual
                    | Plus
                    | Minus
                    | Slash
                    | Concat
            )
        )
    }

    /// Takes the word here as a function's name, reserved or not.
    pub(super) fn function_word(&mut self) -> ObjectName {
        let span: Span = self.span();
        let value = span.text(self.text).to_string();
        self.advance();
        ObjectName {
            parts: vec![crate::ast::Ident {
                value,
                quoted: false,
                span,
            }],
            span,
        }
    }

    fn call_expr(&mut self, name: ObjectName) -> Result<Expr> {
        let call = self.call(name)?;
        Ok(Expr {
            span: call.span,
            kind: ExprKind::Call(Box::new(call)),
        })
    }
}

impl FunctionCall {
    /// A call of `name` without arguments.
    pub fn plain(name: ObjectName) -> Self {
        Self {
            span: name.span,
            name,
            niladic: false,
            quantifier: None,
            star: false,
            args: Vec::new(),
            order_by: Vec::new(),
            nulls: None,
            within_group: Vec::new(),
            filter: None,
            over: None,
        }
    }
}

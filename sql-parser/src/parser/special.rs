//! Expressions that start with a keyword: constants, CASE, CAST and the functions with words between their arguments.
use super::{Parser, Result};
use crate::ast::{Expr, ExprKind, Literal, ObjectName, TrimSide};
use crate::error::ParseError;
use crate::token::{Symbol, TokenKind};

impl Parser<'_> {
    /// The form that the word here starts; nothing if it is an ordinary name or function.
    pub(super) fn special_form(&mut self) -> Result<Option<ExprKind>> {
        let called = self.at_ahead(1, Symbol::LeftParen);
        let quoted = matches!(self.token(1).kind, TokenKind::String(_));
        let word = self.word(0).to_string();
        let literal = match word.as_str() {
            "NULL" => Some(Literal::Null),
            "TRUE" => Some(Literal::Boolean(true)),
            "FALSE" => Some(Literal::Boolean(false)),
            "UNKNOWN" => Some(Literal::Unknown),
            _ => None,
        };
        if let Some(literal) = literal {
            self.advance();
            return Ok(Some(ExprKind::Literal(literal)));
        }
        match word.as_str() {
            "DATE" | "TIME" | "TIMESTAMP" if quoted => self.time_literal(&word),
            "INTERVAL" => self.interval_literal(),
            "CASE" => self.case(),
            "CAST" | "TRY_CAST" if called => self.cast(word == "TRY_CAST"),
            "EXISTS" if called => {
                self.advance();
                let query = self.parenthesized(Self::query)?;
                Ok(ExprKind::Exists(Box::new(query)))
            }
            "ARRAY" if self.at_ahead(1, Symbol::LeftBracket) => {
                self.advance();
                self.bracketed().map(ExprKind::Array)
            }
            "MAP" if self.at_ahead(1, Symbol::LeftBracket) => self.map(),
            "ROW" if called => {
                self.advance();
                self.advance();
                let fields = if self.at(Symbol::RightParen) {
                    Vec::new()
                } else {
                    self.comma_separated(Self::expr)?
                };
                self.expect(Symbol::RightParen)?;
                Ok(ExprKind::Row(fields))
            }
            "EXTRACT" if called => self.extract(),
            "TRIM" if called => self.trim(),
            "SUBSTRING" | "OVERLAY" if called => self.substring_or_overlay(word == "OVERLAY"),
            "POSITION" if called => self.position(),
            "CEIL" | "CEILING" | "FLOOR" if called => self.round_time(word != "FLOOR"),
            "TIMESTAMPADD" | "TIMESTAMPDIFF" if called => {
                self.timestamp_arithmetic(word == "TIMESTAMPADD")
            }
            _ if called && word.starts_with("JSON_") => return self.json_call(&word),
            _ => return Ok(None),
        }
        .map(Some)
    }

    fn time_literal(&mut self, word: &str) -> Result<ExprKind> {
        self.advance();
        let value = self.string()?.value;
        Ok(ExprKind::Literal(match word {
            "DATE" => Literal::Date(value),
            "TIME" => Literal::Time(value),
            _ => Literal::Timestamp(value),
        }))
    }

    fn interval_literal(&mut self) -> Result<ExprKind> {
        self.advance();
        let negative = self.eat(Symbol::Minus);
        if !negative {
            self.eat(Symbol::Plus);
        }
        if let TokenKind::Number(text) = self.kind() {
            let hint = format!("write INTERVAL '{text}' ..");
            return Err(ParseError::new(
                "an interval's value is a string in Flink SQL",
                self.span(),
            )
            .with_hint(hint));
        }
        let value = self.string()?.value;
        let qualifier = self.interval_qualifier()?;
        Ok(ExprKind::Literal(Literal::Interval {
            negative,
            value,
            qualifier,
        }))
    }

    fn case(&mut self) -> Result<ExprKind> {
        self.advance();
        let operand = if self.word(0) == "WHEN" {
            None
        } else {
            Some(self.boxed_expr()?)
        };
        let mut branches = Vec::new();
        while self.eat_word("WHEN") {
            let condition = self.expr()?;
            self.expect_word("THEN")?;
            branches.push((condition, self.expr()?));
        }
        if branches.is_empty() {
            return Err(self.unexpected());
        }
        let otherwise = if self.eat_word("ELSE") {
            Some(self.boxed_expr()?)
        } else {
            None
        };
        self.expect_word("END")?;
        Ok(ExprKind::Case {
            operand,
            branches,
            otherwise,
        })
    }

    fn cast(&mut self, try_cast: bool) -> Result<ExprKind> {
        self.advance();
        self.parenthesized(|p| {
            let expr = p.boxed_expr()?;
            p.expect_word("AS")?;
            Ok(ExprKind::Cast {
                try_cast,
                expr,
                data_type: p.data_type()?,
            })
        })
    }

    fn bracketed(&mut self) -> Result<Vec<Expr>> {
        self.expect(Symbol::LeftBracket)?;
        if self.eat(Symbol::RightBracket) {
            return Ok(Vec::new());
        }
        let items = self.comma_separated(Self::expr)?;
        self.expect(Symbol::RightBracket)?;
        Ok(items)
    }

    fn map(&mut self) -> Result<ExprKind> {
        let start = self.span();
        self.advance();
        let items = self.bracketed()?;
        if items.len() % 2 != 0 {
            return Err(ParseError::new(
                "MAP[..] needs a value for each key",
                self.since(start),
            ));
        }
        let mut items = items.into_iter();
        let mut entries = Vec::new();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            entries.push((key, value));
        }
        Ok(ExprKind::Map(entries))
    }

    fn extract(&mut self) -> Result<ExprKind> {
        self.advance();
        self.parenthesized(|p| {
            let unit = p.time_unit()?;
            p.expect_word("FROM")?;
            Ok(ExprKind::Extract {
                unit,
                expr: p.boxed_expr()?,
            })
        })
    }

    /// The rest of an ordinary call whose first argument was read before it showed that the call is ordinary.
    fn call_with(&mut self, name: ObjectName, first: Option<Expr>) -> Result<ExprKind> {
        Ok(ExprKind::Call(Box::new(self.call_after(name, first)?)))
    }

    /// TRIM with FROM; without it TRIM(x) is a call like any other.
    fn trim(&mut self) -> Result<ExprKind> {
        let name = self.function_word();
        self.advance();
        let side = match self.word(0) {
            "BOTH" => Some(TrimSide::Both),
            "LEADING" => Some(TrimSide::Leading),
            "TRAILING" => Some(TrimSide::Trailing),
            _ => None,
        };
        if side.is_some() {
            self.advance();
        }
        let what = if side.is_some() && self.word(0) == "FROM" {
            None
        } else {
            Some(self.expr()?)
        };
        if side.is_none() && !self.at_words(&["FROM"]) {
            return self.call_with(name, what);
        }
        let what = what.map(Box::new);
        self.expect_word("FROM")?;
        let expr = self.boxed_expr()?;
        self.expect(Symbol::RightParen)?;
        Ok(ExprKind::Trim {
            side: side.unwrap_or(TrimSide::Both),
            what,
            expr,
        })
    }

    /// SUBSTRING and OVERLAY with words between the arguments; with commas they are ordinary calls.
    fn substring_or_overlay(&mut self, overlay: bool) -> Result<ExprKind> {
        let name = self.function_word();
        self.advance();
        let expr = self.expr()?;
        if !self.eat_word(if overlay { "PLACING" } else { "FROM" }) {
            return self.call_with(name, Some(expr));
        }
        let expr = Box::new(expr);
        let second = self.boxed_expr()?;
        let third = if overlay {
            self.expect_word("FROM")?;
            Some(self.boxed_expr()?)
        } else {
            None
        };
        let length = if self.eat_word("FOR") {
            Some(self.boxed_expr()?)
        } else {
            None
        };
        self.expect(Symbol::RightParen)?;
        Ok(match third {
            Some(from) => ExprKind::Overlay {
                expr,
                placing: second,
                from,
                length,
            },
            None => ExprKind::Substring {
                expr,
                from: second,
                length,
            },
        })
    }

    /// The IN inside belongs to POSITION, not to its operand.
    fn position(&mut self) -> Result<ExprKind> {
        self.advance();
        self.parenthesized(|p| {
            let needle = Box::new(p.tight_expr()?);
            p.expect_word("IN")?;
            let haystack = p.boxed_expr()?;
            let from = if p.eat_word("FROM") {
                Some(p.boxed_expr()?)
            } else {
                None
            };
            Ok(ExprKind::Position {
                needle,
                haystack,
                from,
            })
        })
    }

    fn round_time(&mut self, ceil: bool) -> Result<ExprKind> {
        let name = self.function_word();
        self.advance();
        let expr = self.expr()?;
        if !self.eat_word("TO") {
            return self.call_with(name, Some(expr));
        }
        let unit = self.time_unit()?;
        self.expect(Symbol::RightParen)?;
        Ok(ExprKind::RoundTime {
            ceil,
            expr: Box::new(expr),
            unit,
        })
    }

    fn timestamp_arithmetic(&mut self, add: bool) -> Result<ExprKind> {
        self.advance();
        self.parenthesized(|p| {
            let unit = p.time_unit()?;
            p.expect(Symbol::Comma)?;
            let first = p.boxed_expr()?;
            p.expect(Symbol::Comma)?;
            let second = p.boxed_expr()?;
            Ok(if add {
                ExprKind::TimestampAdd {
                    unit,
                    count: first,
                    time: second,
                }
            } else {
                ExprKind::TimestampDiff {
                    unit,
                    from: first,
                    to: second,
                }
            })
        })
    }
}

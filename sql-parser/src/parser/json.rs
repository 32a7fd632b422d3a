//! The JSON functions with clauses of their own.
use super::{Parser, Result};
use crate::ast::{ExprKind, JsonBehavior, JsonCall, JsonNulls, JsonWrapper};
use crate::token::{Symbol, TokenKind};

impl Parser<'_> {
    /// The call that starts at the word here, if it is one of them; nothing for JSON_STRING and such.
    pub(super) fn json_call(&mut self, word: &str) -> Result<Option<ExprKind>> {
        let parse = match word {
            "JSON_VALUE" => Self::json_value,
            "JSON_QUERY" => Self::json_query,
            "JSON_EXISTS" => Self::json_exists,
            "JSON_OBJECT" => Self::json_object,
            "JSON_ARRAY" => Self::json_array,
            "JSON_OBJECTAGG" => Self::json_objectagg,
            "JSON_ARRAYAGG" => Self::json_arrayagg,
            _ => return Ok(None),
        };
        self.advance();
        let mut call = self.parenthesized(parse)?;
        if let JsonCall::ObjectAgg { filter, .. } | JsonCall::ArrayAgg { filter, .. } = &mut call {
            *filter = self.filter()?;
        }
        Ok(Some(ExprKind::Json(Box::new(call))))
    }

    fn json_value(&mut self) -> Result<JsonCall> {
        let input = self.expr()?;
        self.expect(Symbol::Comma)?;
        let path = self.expr()?;
        let returning = if self.eat_word("RETURNING") {
            Some(self.data_type()?)
        } else {
            None
        };
        let (on_empty, on_error) = self.json_behaviors()?;
        Ok(JsonCall::Value {
            input,
            path,
            returning,
            on_empty,
            on_error,
        })
    }

    fn json_query(&mut self) -> Result<JsonCall> {
        let input = self.expr()?;
        self.expect(Symbol::Comma)?;
        let path = self.expr()?;
        let returning = if self.eat_word("RETURNING") {
            Some(self.data_type()?)
        } else {
            None
        };
        let wrapper = if self.eat_word("WITHOUT") {
            Some(JsonWrapper::Without)
        } else if self.eat_word("WITH") {
            Some(if self.eat_word("CONDITIONAL") {
                JsonWrapper::Conditional
            } else {
                self.eat_word("UNCONDITIONAL");
                JsonWrapper::Unconditional
            })
        } else {
            None
        };
        if wrapper.is_some() {
            self.eat_word("ARRAY");
            self.expect_word("WRAPPER")?;
        }
        let (on_empty, on_error) = self.json_behaviors()?;
        Ok(JsonCall::Query {
            input,
            path,
            returning,
            wrapper,
            on_empty,
            on_error,
        })
    }

    fn json_exists(&mut self) -> Result<JsonCall> {
        let input = self.expr()?;
        self.expect(Symbol::Comma)?;
        let path = self.expr()?;
        let on_error = self.json_behavior()?;
        if on_error.is_some() {
            self.expect_words(&["ON", "ERROR"])?;
        }
        Ok(JsonCall::Exists {
            input,
            path,
            on_error,
        })
    }

    /// `[.. ON EMPTY] [.. ON ERROR]`
    fn json_behaviors(&mut self) -> Result<(Option<JsonBehavior>, Option<JsonBehavior>)> {
        let Some(first) = self.json_behavior()? else {
            return Ok((None, None));
        };
        self.expect_word("ON")?;
        if self.eat_word("ERROR") {
            return Ok((None, Some(first)));
        }
        self.expect_word("EMPTY")?;
        let second = self.json_behavior()?;
        if second.is_some() {
            self.expect_words(&["ON", "ERROR"])?;
        }
        Ok((Some(first), second))
    }

    fn json_behavior(&mut self) -> Result<Option<JsonBehavior>> {
        let behavior = match self.word(0) {
            "NULL" => JsonBehavior::Null,
            "ERROR" => JsonBehavior::Error,
            "TRUE" => JsonBehavior::True,
            "FALSE" => JsonBehavior::False,
            "UNKNOWN" => JsonBehavior::Unknown,
            "DEFAULT" => {
                self.advance();
                return self.expr().map(JsonBehavior::Default).map(Some);
            }
            "EMPTY" if self.word(1) == "OBJECT" => {
                self.advance();
                JsonBehavior::EmptyObject
            }
            "EMPTY" => {
                if self.word(1) == "ARRAY" {
                    self.advance();
                }
                JsonBehavior::EmptyArray
            }
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(behavior))
    }

    fn json_nulls(&mut self) -> Result<Option<JsonNulls>> {
        Ok(if self.eat_words(&["NULL", "ON", "NULL"]) {
            Some(JsonNulls::Null)
        } else {
            self.eat_words(&["ABSENT", "ON", "NULL"])
                .then_some(JsonNulls::Absent)
        })
    }

    /// `[KEY] k VALUE v` or `k : v`
    fn json_entry(&mut self) -> Result<(crate::ast::Expr, crate::ast::Expr)> {
        // KEY is no reserved word: it is one here only if an operand follows.
        let operand_follows = match &self.token(1).kind {
            TokenKind::Word { upper, .. } => upper != "VALUE",
            TokenKind::Quoted(_) | TokenKind::String(_) | TokenKind::Number(_) => true,
            TokenKind::Symbol(Symbol::LeftParen) => true,
            _ => false,
        };
        if self.word(0) == "KEY" && operand_follows {
            self.advance();
        }
        let key = self.expr()?;
        if !self.eat(Symbol::Colon) {
            self.expect_word("VALUE")?;
        }
        Ok((key, self.expr()?))
    }

    fn json_object(&mut self) -> Result<JsonCall> {
        let entries = if self.at(Symbol::RightParen) {
            Vec::new()
        } else {
            self.comma_separated(Self::json_entry)?
        };
        Ok(JsonCall::Object {
            entries,
            nulls: self.json_nulls()?,
        })
    }

    fn json_array(&mut self) -> Result<JsonCall> {
        let empty = self.at(Symbol::RightParen)
            || self.at_words(&["NULL", "ON"])
            || self.at_words(&["ABSENT", "ON"]);
        let items = if empty {
            Vec::new()
        } else {
            self.comma_separated(Self::expr)?
        };
        Ok(JsonCall::Array {
            items,
            nulls: self.json_nulls()?,
        })
    }

    fn json_objectagg(&mut self) -> Result<JsonCall> {
        let (key, value) = self.json_entry()?;
        Ok(JsonCall::ObjectAgg {
            key,
            value,
            nulls: self.json_nulls()?,
            filter: None,
        })
    }

    fn json_arrayagg(&mut self) -> Result<JsonCall> {
        let item = self.expr()?;
        let order_by = self.order_by()?;
        Ok(JsonCall::ArrayAgg {
            item,
            order_by,
            nulls: self.json_nulls()?,
            filter: None,
        })
    }
}

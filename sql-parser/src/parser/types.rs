//! Data types and interval units.
use super::{Parser, Result};
use crate::ast::{DataType, IntervalQualifier, RowField, TimeUnit, TypeKind, ZoneKind};
use crate::error::ParseError;
use crate::token::{Symbol, TokenKind};

impl Parser<'_> {
    /// A type with its postfix ARRAY and MULTISET, and its nullability.
    pub(super) fn data_type(&mut self) -> Result<DataType> {
        self.nested(|p| {
            let start = p.span();
            let kind = p.type_kind()?;
            let mut parsed = DataType {
                kind,
                nullable: None,
                span: p.since(start),
            };
            loop {
                parsed.nullable = p.nullability()?;
                parsed.span = p.since(start);
                let wrap = if p.eat_word("ARRAY") {
                    TypeKind::Array
                } else if p.eat_word("MULTISET") {
                    TypeKind::Multiset
                } else {
                    break;
                };
                p.chained()?;
                parsed = DataType {
                    kind: wrap(Box::new(parsed)),
                    nullable: None,
                    span: p.since(start),
                };
            }
            Ok(parsed)
        })
    }

    fn nullability(&mut self) -> Result<Option<bool>> {
        if self.eat_words(&["NOT", "NULL"]) {
            return Ok(Some(false));
        }
        // `RETURNING INT NULL ON EMPTY`: that NULL belongs to the function.
        Ok((!self.at_words(&["NULL", "ON"]) && self.eat_word("NULL")).then_some(true))
    }

    fn type_kind(&mut self) -> Result<TypeKind> {
        let span = self.span();
        let TokenKind::Word { text, upper } = self.kind() else {
            return Err(self.expected("a data type"));
        };
        let (text, upper) = (text.clone(), upper.clone());
        self.advance();
        Ok(match upper.as_str() {
            "CHAR" | "CHARACTER" if !self.eat_word("VARYING") => TypeKind::Char(self.length()?),
            "VARCHAR" | "CHAR" | "CHARACTER" => TypeKind::Varchar(self.length()?),
            "STRING" => TypeKind::String,
            "BOOLEAN" => TypeKind::Boolean,
            "BINARY" if !self.eat_word("VARYING") => TypeKind::Binary(self.length()?),
            "BINARY" | "VARBINARY" => TypeKind::Varbinary(self.length()?),
            "BYTES" => TypeKind::Bytes,
            "DECIMAL" | "DEC" | "NUMERIC" => self.decimal()?,
            "TINYINT" => TypeKind::TinyInt,
            "SMALLINT" => TypeKind::SmallInt,
            "INT" | "INTEGER" => TypeKind::Int,
            "BIGINT" => TypeKind::BigInt,
            "FLOAT" => TypeKind::Float,
            "DOUBLE" => {
                self.eat_word("PRECISION");
                TypeKind::Double
            }
            "DATE" => TypeKind::Date,
            "TIME" => {
                let precision = self.length()?;
                if self.zone()? != ZoneKind::Without {
                    return Err(ParseError::new(
                        "TIME has no time zone in Flink SQL",
                        self.since(span),
                    ));
                }
                TypeKind::Time(precision)
            }
            "TIMESTAMP" => TypeKind::Timestamp {
                precision: self.length()?,
                zone: self.zone()?,
            },
            "TIMESTAMP_LTZ" => TypeKind::Timestamp {
                precision: self.length()?,
                zone: ZoneKind::Local,
            },
            "INTERVAL" => TypeKind::Interval(self.interval_qualifier()?),
            "ARRAY" => TypeKind::Array(Box::new(self.type_argument()?)),
            "MULTISET" => TypeKind::Multiset(Box::new(self.type_argument()?)),
            "MAP" => {
                self.expect(Symbol::Less)?;
                let key = self.data_type()?;
                self.expect(Symbol::Comma)?;
                let value = self.data_type()?;
                self.expect(Symbol::Greater)?;
                TypeKind::Map(Box::new(key), Box::new(value))
            }
            "ROW" => TypeKind::Row(self.row_fields()?),
            "VARIANT" => TypeKind::Variant,
            "BITMAP" => TypeKind::Bitmap,
            "NULL" => TypeKind::Null,
            "RAW" | "STRUCTURED" => {
                return Err(ParseError::new(
                    format!("type {upper} is bound to Java classes and is not supported"),
                    span,
                ));
            }
            _ => {
                let mut error = ParseError::new(format!("'{text}' is not a data type"), span);
                let near = crate::keywords::nearest(&text, TYPE_NAMES.iter().copied());
                error.hint = near.map(|name| format!("did you mean {name}?"));
                error.found = text;
                error.expected = vec!["a data type".into()];
                return Err(error);
            }
        })
    }

    fn length(&mut self) -> Result<Option<u32>> {
        if !self.eat(Symbol::LeftParen) {
            return Ok(None);
        }
        let length = self.unsigned()?;
        self.expect(Symbol::RightParen)?;
        Ok(Some(length))
    }

    fn decimal(&mut self) -> Result<TypeKind> {
        let (mut precision, mut scale) = (None, None);
        if self.eat(Symbol::LeftParen) {
            precision = Some(self.unsigned()?);
            if self.eat(Symbol::Comma) {
                scale = Some(self.unsigned()?);
            }
            self.expect(Symbol::RightParen)?;
        }
        Ok(TypeKind::Decimal { precision, scale })
    }

    fn zone(&mut self) -> Result<ZoneKind> {
        let zone = if self.eat_words(&["WITHOUT", "TIME", "ZONE"]) {
            return Ok(ZoneKind::Without);
        } else if self.at_words(&["WITH", "TIME"]) || self.at_words(&["WITH", "LOCAL"]) {
            self.advance();
            if self.eat_word("LOCAL") {
                ZoneKind::Local
            } else {
                ZoneKind::With
            }
        } else {
            return Ok(ZoneKind::Without);
        };
        self.expect_words(&["TIME", "ZONE"])?;
        Ok(zone)
    }

    fn type_argument(&mut self) -> Result<DataType> {
        self.expect(Symbol::Less)?;
        let inner = self.data_type()?;
        self.expect(Symbol::Greater)?;
        Ok(inner)
    }

    fn row_fields(&mut self) -> Result<Vec<RowField>> {
        let close = if self.eat(Symbol::Less) {
            Symbol::Greater
        } else if self.at(Symbol::NotEqual) {
            // `ROW<>` lexes as one operator.
            self.advance();
            return Ok(Vec::new());
        } else {
            self.expect(Symbol::LeftParen)?;
            Symbol::RightParen
        };
        if self.eat(close) {
            return Ok(Vec::new());
        }
        let fields = self.comma_separated(|p| {
            let start = p.span();
            let name = p.ident()?;
            let data_type = p.data_type()?;
            let comment = if matches!(p.kind(), TokenKind::String(_)) {
                Some(p.string()?)
            } else {
                None
            };
            Ok(RowField {
                name,
                data_type,
                comment,
                span: p.since(start),
            })
        })?;
        self.expect(close)?;
        Ok(fields)
    }

    /// `DAY(3) TO SECOND(6)`, `MINUTES`
    pub(super) fn interval_qualifier(&mut self) -> Result<IntervalQualifier> {
        let start = self.span();
        let from = self.interval_unit()?;
        let (mut precision, mut to, mut fraction) = (None, None, None);
        if self.eat(Symbol::LeftParen) {
            precision = Some(self.unsigned()?);
            if from == TimeUnit::Second && self.eat(Symbol::Comma) {
                fraction = Some(self.unsigned()?);
            }
            self.expect(Symbol::RightParen)?;
        }
        if self.eat_word("TO") {
            let at = self.span();
            let last = self.interval_unit()?;
            let order = |unit| INTERVAL_ORDER.iter().position(|known| *known == unit);
            let same_family = (from == TimeUnit::Year) == (last == TimeUnit::Month);
            if !matches!((order(from), order(last)), (Some(a), Some(b)) if a < b && same_family) {
                return Err(ParseError::new(
                    "an interval's last unit must be a smaller one of the same kind",
                    at,
                )
                .with_hint("write YEAR TO MONTH, or units in order from DAY to SECOND"));
            }
            if last == TimeUnit::Second {
                fraction = self.length()?;
            }
            to = Some(last);
        }
        Ok(IntervalQualifier {
            from,
            precision,
            to,
            fraction,
            span: self.since(start),
        })
    }

    fn interval_unit(&mut self) -> Result<TimeUnit> {
        let word = self.word(0);
        let unit = word
            .strip_suffix('S')
            .unwrap_or(word)
            .parse::<TimeUnit>()
            .ok();
        match unit {
            Some(unit) if unit >= TimeUnit::Second && unit <= TimeUnit::Year => {
                self.advance();
                Ok(unit)
            }
            _ => {
                for unit in [
                    "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER",
                ] {
                    self.tried(unit);
                }
                Err(self.expected("YEAR"))
            }
        }
    }

    /// A unit of EXTRACT, CEIL, TIMESTAMPADD and so on.
    pub(super) fn time_unit(&mut self) -> Result<TimeUnit> {
        let word = self.word(0);
        let Ok(unit) = word.strip_prefix("SQL_TSI_").unwrap_or(word).parse() else {
            return Err(self.expected("a unit of time such as DAY or SECOND"));
        };
        self.advance();
        Ok(unit)
    }
}

const INTERVAL_ORDER: [TimeUnit; 6] = [
    TimeUnit::Year,
    TimeUnit::Month,
    TimeUnit::Day,
    TimeUnit::Hour,
    TimeUnit::Minute,
    TimeUnit::Second,
];

const TYPE_NAMES: &[&str] = &[
    "CHAR",
    "VARCHAR",
    "STRING",
    "BOOLEAN",
    "BINARY",
    "VARBINARY",
    "BYTES",
    "DECIMAL",
    "NUMERIC",
    "TINYINT",
    "SMALLINT",
    "INT",
    "INTEGER",
    "BIGINT",
    "FLOAT",
    "DOUBLE",
    "DATE",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMP_LTZ",
    "INTERVAL",
    "ARRAY",
    "MULTISET",
    "MAP",
    "ROW",
    "VARIANT",
    "BITMAP",
];

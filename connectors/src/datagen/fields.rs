//! How a column's values are made up.

use alpheus_dataflow::{LogicalType, TypeKind};

use crate::columns::text::{decimal, double};
use crate::error::ConnectorError;
use crate::options::Options;

/// How a column's values are made up.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FieldPlan {
    pub(super) ty: LogicalType,
    pub(super) null_rate: f64,
    pub(super) values: ValuePlan,
}

/// What the values are.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ValuePlan {
    /// `start`, `start + 1`, ... `end`.
    Sequence {
        start: i64,
        end: i64,
    },
    Boolean,
    Integer {
        least: i64,
        most: i64,
    },
    Float {
        least: f64,
        most: f64,
    },
    Decimal {
        least: i128,
        most: i128,
    },
    /// Hexadecimal digits.
    Text {
        length: u32,
        varies: bool,
    },
    Bytes {
        length: u32,
        varies: bool,
    },
    /// The row's time minus up to `max_past` ms.
    Time {
        max_past: i64,
    },
    Array {
        length: u32,
        element: Box<FieldPlan>,
    },
    Map {
        length: u32,
        key: Box<FieldPlan>,
        value: Box<FieldPlan>,
    },
    Row(Vec<(String, FieldPlan)>),
}

impl FieldPlan {
    /// Reads the options `fields.<path>.*`.
    pub(super) fn read(
        options: Options<'_>,
        path: &str,
        ty: &LogicalType,
    ) -> Result<FieldPlan, ConnectorError> {
        let key = |option: &str| format!("fields.{path}.{option}");
        let sequence = options.text(&key("kind")) == Some("sequence");
        let values = if sequence {
            Self::sequence(options, path, ty)?
        } else {
            Self::random(options, path, ty)?
        };
        Ok(FieldPlan {
            ty: ty.clone(),
            null_rate: options.ratio(&key("null-rate"))?.unwrap_or(0.0),
            values,
        })
    }

    fn sequence(
        options: Options<'_>,
        path: &str,
        ty: &LogicalType,
    ) -> Result<ValuePlan, ConnectorError> {
        let bound = |option: &str| {
            let key = format!("fields.{path}.{option}");
            options
                .integer(&key)?
                .ok_or_else(|| ConnectorError::Missing {
                    what: format!("the sequence of column `{path}`"),
                    key,
                    description: "a sequence has a first and a last number".to_owned(),
                })
        };
        if !(ty.kind.is_numeric() || ty.kind.is_character()) {
            return Err(ConnectorError::column(
                path,
                format!("a {ty} cannot count; use 'fields.{path}.kind' = 'random'"),
            ));
        }
        let (start, end) = (bound("start")?, bound("end")?);
        if start > end {
            return Err(ConnectorError::invalid_value(
                &format!("fields.{path}.end"),
                &end.to_string(),
                format!("a number from 'fields.{path}.start' = {start} upwards"),
            ));
        }
        Ok(ValuePlan::Sequence { start, end })
    }

    fn random(
        options: Options<'_>,
        path: &str,
        ty: &LogicalType,
    ) -> Result<ValuePlan, ConnectorError> {
        let key = |option: &str| format!("fields.{path}.{option}");
        let length = |default: u32| -> Result<u32, ConnectorError> {
            let length = options
                .integer(&key("length"))?
                .unwrap_or(i64::from(default));
            u32::try_from(length)
                .ok()
                .filter(|&length| length <= 1 << 20)
                .ok_or_else(|| {
                    ConnectorError::invalid_value(
                        &key("length"),
                        &length.to_string(),
                        "an integer from 1 to 1048576",
                    )
                })
        };
        let varies = options.boolean(&key("var-len"))?;
        let nested = |part: &str, ty: &LogicalType| {
            FieldPlan::read(options, &format!("{path}.{part}"), ty).map(Box::new)
        };
        Ok(match &ty.kind {
            TypeKind::Boolean => ValuePlan::Boolean,
            TypeKind::TinyInt => integers(options, path, i64::from(i8::MIN), i64::from(i8::MAX))?,
            TypeKind::SmallInt => {
                integers(options, path, i64::from(i16::MIN), i64::from(i16::MAX))?
            }
            TypeKind::Integer | TypeKind::IntervalYearMonth => {
                integers(options, path, i64::from(i32::MIN), i64::from(i32::MAX))?
            }
            TypeKind::BigInt | TypeKind::IntervalDayTime => {
                integers(options, path, i64::MIN, i64::MAX)?
            }
            TypeKind::Float => floats(options, path, f64::from(f32::MAX))?,
            TypeKind::Double => floats(options, path, f64::MAX)?,
            TypeKind::Decimal(precision, scale) => {
                let bound = 10i128.pow(u32::from(*precision)) - 1;
                let read = |option: &str, default: i128| match options.text(&key(option)) {
                    None => Ok(default),
                    Some(text) => decimal(text.as_bytes(), *precision, *scale)
                        .flatten()
                        .ok_or_else(|| {
                            ConnectorError::invalid_value(&key(option), text, format!("a {ty}"))
                        }),
                };
                let (least, most) = (read("min", -bound)?, read("max", bound)?);
                ordered(path, least <= most, options)?;
                ValuePlan::Decimal { least, most }
            }
            TypeKind::Char(length) => ValuePlan::Text {
                length: *length,
                varies: false,
            },
            TypeKind::Varchar(limit) => ValuePlan::Text {
                length: length((*limit).min(100))?.min(*limit),
                varies,
            },
            TypeKind::Binary(length) => ValuePlan::Bytes {
                length: *length,
                varies: false,
            },
            TypeKind::Varbinary(limit) => ValuePlan::Bytes {
                length: length((*limit).min(20))?.min(*limit),
                varies,
            },
            TypeKind::Date | TypeKind::Time(_) => ValuePlan::Time { max_past: 0 },
            TypeKind::Timestamp(_) | TypeKind::TimestampLtz(_) => ValuePlan::Time {
                max_past: options
                    .duration(&key("max-past"))?
                    .map_or(0, |past| past.as_millis() as i64),
            },
            TypeKind::Array(element) => ValuePlan::Array {
                length: length(3)?,
                element: nested("element", element)?,
            },
            TypeKind::Map(k, v) => ValuePlan::Map {
                length: length(3)?,
                key: nested("key", k)?,
                value: nested("value", v)?,
            },
            TypeKind::Multiset(element) => ValuePlan::Map {
                length: length(3)?,
                key: nested("element", element)?,
                value: Box::new(FieldPlan {
                    ty: TypeKind::Integer.not_null(),
                    null_rate: 0.0,
                    values: ValuePlan::Integer { least: 1, most: 9 },
                }),
            },
            TypeKind::Row(fields) => ValuePlan::Row(
                fields
                    .iter()
                    .map(|field| Ok((field.name.clone(), *nested(&field.name, &field.ty)?)))
                    .collect::<Result<_, ConnectorError>>()?,
            ),
            TypeKind::Null => {
                return Err(ConnectorError::column(path, "a column needs a type"));
            }
        })
    }

    /// How many rows the sequence lasts.
    pub(super) fn sequence_length(&self) -> Option<u64> {
        match self.values {
            ValuePlan::Sequence { start, end } => {
                Some((end.wrapping_sub(start) as u64).saturating_add(1))
            }
            _ => None,
        }
    }

    /// The names that options may use for this column and what is inside it.
    pub(super) fn paths(&self, path: &str, paths: &mut Vec<String>) {
        paths.push(path.to_owned());
        match &self.values {
            ValuePlan::Array { element, .. } => element.paths(&format!("{path}.element"), paths),
            ValuePlan::Map { key, value, .. } => {
                if matches!(self.ty.kind, TypeKind::Multiset(_)) {
                    key.paths(&format!("{path}.element"), paths);
                } else {
                    key.paths(&format!("{path}.key"), paths);
                    value.paths(&format!("{path}.value"), paths);
                }
            }
            ValuePlan::Row(fields) => {
                for (name, field) in fields {
                    field.paths(&format!("{path}.{name}"), paths);
                }
            }
            _ => {}
        }
    }
}

fn ordered(path: &str, is: bool, options: Options<'_>) -> Result<(), ConnectorError> {
    if is {
        return Ok(());
    }
    let key = format!("fields.{path}.max");
    let value = options.text(&key).unwrap_or_default();
    Err(ConnectorError::invalid_value(
        &key,
        value,
        format!("a number not below 'fields.{path}.min'"),
    ))
}

fn integers(
    options: Options<'_>,
    path: &str,
    lowest: i64,
    highest: i64,
) -> Result<ValuePlan, ConnectorError> {
    let read = |option: &str, default: i64| {
        let key = format!("fields.{path}.{option}");
        match options.text(&key) {
            None => Ok(default),
            Some(text) => text
                .trim()
                .parse::<i64>()
                .ok()
                .filter(|value| (lowest..=highest).contains(value))
                .ok_or_else(|| {
                    ConnectorError::invalid_value(
                        &key,
                        text,
                        format!("an integer from {lowest} to {highest}"),
                    )
                }),
        }
    };
    let (least, most) = (read("min", lowest)?, read("max", highest)?);
    ordered(path, least <= most, options)?;
    Ok(ValuePlan::Integer { least, most })
}

fn floats(options: Options<'_>, path: &str, highest: f64) -> Result<ValuePlan, ConnectorError> {
    let read = |option: &str, default: f64| {
        let key = format!("fields.{path}.{option}");
        match options.text(&key) {
            None => Ok(default),
            Some(text) => double(text.as_bytes())
                .filter(|value| value.abs() <= highest)
                .ok_or_else(|| ConnectorError::invalid_value(&key, text, "a finite number")),
        }
    };
    let (least, most) = (read("min", -highest)?, read("max", highest)?);
    ordered(path, least <= most, options)?;
    Ok(ValuePlan::Float { least, most })
}

//! GROUPING SETS, ROLLUP and CUBE: several GROUP BYs in one.
//!
//! The plan repeats every row once for each set (Flink's `Expand`): a repetition carries the number of
//! its set, `$e`, and NULL in the keys that are not in it; then it groups by all keys and `$e`.
//! GROUPING(a) is read off `$e`.

use std::sync::Arc;

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::types::TypeKind;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, GroupBy, GroupItem};

use super::Binder;
use super::expr::{Aggregates, ExprBinder};
use super::group_window::{GroupWindow, group_window_call};
use super::literal::integer;
use super::scope::Scope;
use crate::error::SqlError;
use crate::rel::{PlanField, Rel, repeated};

/// The most sets of one GROUP BY: CUBE doubles them with each column.
const MOST_SETS: usize = 1024;

/// The keys of GROUP BY and the sets of them that rows are grouped by.
#[derive(Clone, Debug, Default)]
pub(super) struct Grouping {
    pub(super) keys: Vec<Expr>,
    /// For each set the positions of its keys; empty when there is one with all keys.
    sets: Vec<Vec<usize>>,
}

impl Binder<'_> {
    /// The keys of GROUP BY.
    pub(super) fn grouping(
        &self,
        group_by: Option<&GroupBy>,
        scope: &Scope,
        window: Option<&GroupWindow>,
    ) -> Result<Grouping, SqlError> {
        let Some(group_by) = group_by else {
            return Ok(Grouping::default());
        };
        let binder = ExprBinder::new(self, scope, Aggregates::Refused("GROUP BY"));
        let mut keys = Vec::new();
        let mut sets = vec![Vec::new()];
        for item in &group_by.items {
            let of_item = match (item, window) {
                (GroupItem::Expr(expr), Some(window)) if group_window_call(expr).is_some() => {
                    let first = keys.len();
                    keys.extend_from_slice(window.keys());
                    vec![(first..keys.len()).collect()]
                }
                _ => sets_of(item, &binder, &mut keys)?,
            };
            sets = product(&sets, &of_item, group_by.span)?;
        }
        if sets.len() == 1 {
            sets.clear();
        }
        Ok(Grouping { keys, sets })
    }
}

/// The sets that an item of GROUP BY stands for; its keys are added to `keys`.
fn sets_of(
    item: &GroupItem,
    binder: &ExprBinder<'_>,
    keys: &mut Vec<Expr>,
) -> Result<Vec<Vec<usize>>, SqlError> {
    let mut position = |expr: &ast::Expr| -> Result<usize, SqlError> {
        let key = binder.bind(expr)?;
        Ok(match keys.iter().position(|known| *known == key) {
            Some(position) => position,
            None => {
                keys.push(key);
                keys.len() - 1
            }
        })
    };
    match item {
        GroupItem::Expr(expr) => Ok(vec![vec![position(expr)?]]),
        GroupItem::Set(exprs) => {
            let set: Result<Vec<usize>, SqlError> = exprs.iter().map(position).collect();
            Ok(vec![set?])
        }
        GroupItem::GroupingSets(items) => {
            let mut sets = Vec::new();
            for item in items {
                sets.extend(sets_of(item, binder, keys)?);
            }
            Ok(sets)
        }
        GroupItem::Rollup(items) => {
            let units = units(items, binder, keys)?;
            let lengths = (0..=units.len()).rev();
            Ok(lengths.map(|length| units[..length].concat()).collect())
        }
        GroupItem::Cube(items) => {
            let units = units(items, binder, keys)?;
            let mut sets = vec![Vec::new()];
            for unit in units.iter().rev() {
                let with = sets.iter().map(|set| [unit.as_slice(), set].concat());
                sets = with.chain(sets.iter().cloned()).collect();
                if sets.len() > MOST_SETS {
                    break;
                }
            }
            Ok(sets)
        }
    }
}

/// What ROLLUP and CUBE combine: single keys, or several as one.
fn units(
    items: &[GroupItem],
    binder: &ExprBinder<'_>,
    keys: &mut Vec<Expr>,
) -> Result<Vec<Vec<usize>>, SqlError> {
    let mut units = Vec::with_capacity(items.len());
    for item in items {
        units.extend(sets_of(item, binder, keys)?);
    }
    Ok(units)
}

/// Every set of the left with every one of the right.
fn product(
    left: &[Vec<usize>],
    right: &[Vec<usize>],
    span: Span,
) -> Result<Vec<Vec<usize>>, SqlError> {
    if left.len() * right.len() > MOST_SETS {
        return Err(SqlError::invalid(
            format!("GROUP BY has more than {MOST_SETS} grouping sets"),
            span,
        )
        .with_help("name the sets that are needed with GROUPING SETS"));
    }
    let pairs = left
        .iter()
        .flat_map(|left| right.iter().map(move |right| (left, right)));
    let both = |(left, right): (&Vec<usize>, &Vec<usize>)| {
        let mut set = left.clone();
        set.extend(right.iter().filter(|key| !left.contains(key)));
        set
    };
    Ok(pairs.map(both).collect())
}

impl Grouping {
    /// Whether rows are grouped in more than one way.
    pub(super) fn is_several(&self) -> bool {
        !self.sets.is_empty()
    }

    /// Whether the key is in every set.
    fn is_everywhere(&self, key: usize) -> bool {
        self.sets.iter().all(|set| set.contains(&key))
    }

    /// The rows repeated for each set: the columns of `rel`, then the keys (which stand at `positions` of
    /// `rel`) or NULL, then the number of the set.
    pub(super) fn expand(&self, rel: Arc<Rel>, positions: &[usize]) -> Arc<Rel> {
        let width = rel.schema.len();
        let column = |at: usize, field: &PlanField| {
            let input = Expr::input(at, field.ty.clone());
            (field.name.clone(), input)
        };
        let fields = rel.schema.fields.clone();
        let rel = repeated(rel, self.sets.len());
        let number = TypeKind::Integer.not_null();
        let number = Expr::input(width + 1, number);
        let mut columns: Vec<(String, Expr)> = (fields.iter().enumerate())
            .map(|(at, field)| column(at, field))
            .collect();
        for (key, &at) in positions.iter().enumerate() {
            let (name, value) = column(at, &fields[at]);
            let value = if self.is_everywhere(key) {
                value
            } else {
                let ty = value.ty().with_nullable(true);
                Expr::Case {
                    branches: vec![(self.in_set(key, &number), value)],
                    otherwise: Some(Box::new(Expr::literal(Literal::Null, ty.clone()))),
                    ty,
                }
            };
            columns.push((name, value));
        }
        columns.push(("$e".to_owned(), number));
        Rel::project(rel, columns)
    }

    /// Whether the set with this number has the key.
    fn in_set(&self, key: usize, number: &Expr) -> Expr {
        let boolean = || TypeKind::Boolean.not_null();
        let with = self.sets.iter().enumerate();
        let with = with.filter(|(_, set)| set.contains(&key));
        let is = |(at, _): (usize, &Vec<usize>)| {
            let at = integer(at as i64 + 1);
            Expr::call("=", vec![number.clone(), at], boolean())
        };
        with.map(is)
            .reduce(|any, is| Expr::call("OR", vec![any, is], boolean()))
            .unwrap_or_else(|| Expr::literal(Literal::Boolean(false), boolean()))
    }

    /// The value of GROUPING, GROUPING_ID or GROUP_ID; `number` is the column `$e`, where there is one.
    pub(super) fn function(
        &self,
        name: &str,
        args: &[Expr],
        number: Option<Expr>,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let mut positions = Vec::with_capacity(args.len());
        for arg in args {
            let position = self.keys.iter().position(|key| key == arg);
            positions.push(position.ok_or_else(|| {
                SqlError::invalid(
                    format!("an argument of {name} must be one of the expressions of GROUP BY"),
                    span,
                )
            })?);
        }
        let ty = TypeKind::BigInt.not_null();
        let literal = |value: i64| Expr::literal(Literal::Int(value), ty.clone());
        let value = |at: usize, set: &Vec<usize>| match name {
            // Which of equal sets it is.
            "GROUP_ID" => self.sets[..at]
                .iter()
                .filter(|other| same(other, set))
                .count() as i64,
            _ => positions
                .iter()
                .fold(0, |bits, key| (bits << 1) | i64::from(!set.contains(key))),
        };
        let Some(number) = number else {
            return Ok(literal(0));
        };
        let branches = self.sets.iter().enumerate().map(|(at, set)| {
            let is = Expr::call(
                "=",
                vec![number.clone(), integer(at as i64 + 1)],
                TypeKind::Boolean.not_null(),
            );
            (is, literal(value(at, set)))
        });
        Ok(Expr::Case {
            branches: branches.collect(),
            otherwise: Some(Box::new(literal(0))),
            ty: ty.clone(),
        })
    }
}

fn same(left: &[usize], right: &[usize]) -> bool {
    left.len() == right.len() && left.iter().all(|key| right.contains(key))
}

/// Whether the function tells of the grouping, and is no aggregate.
pub(super) fn is_grouping_function(name: &str) -> bool {
    ["GROUPING", "GROUPING_ID", "GROUP_ID"].contains(&name)
}

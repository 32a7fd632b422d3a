//! Distinct aggregates in two steps (Flink's `SplitAggregateRule`,
//! `table.optimizer.distinct-agg.split.enabled`).
//!
//! `COUNT(DISTINCT x)` of a key that has very many rows keeps one subtask busy with one large set. Grouped by
//! the key and `MOD(HASH_CODE(x), buckets)` first, the set is cut into as many parts, in all subtasks, none
//! of which has a value that another one has: what is counted in each adds up. Other aggregates of the same
//! GROUP BY go the same way, as far as they can be put together from parts; `AVG` becomes a sum and a count, and a
//! projection divides them.
//!
//! With DISTINCT of several columns each row is repeated for each of them and goes into the bucket of that column's
//! value; an aggregate only sees the repetition of its own column, those without DISTINCT the first one.
//!
//! Left as they are: aggregates with a function whose parts do not add up (`LISTAGG`, functions of users), and those of
//! which a DISTINCT has no other columns than the keys.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::types::{LogicalType, TypeKind};

use crate::rel::{PlanField, PlanSchema, Rel, RelNode, all_columns, repeated};

/// Splits an aggregate with DISTINCT over this many buckets.
pub(super) fn split(rel: Arc<Rel>, buckets: i64) -> Arc<Rel> {
    try_split(&rel, buckets).unwrap_or(rel)
}

fn try_split(rel: &Arc<Rel>, buckets: i64) -> Option<Arc<Rel>> {
    let RelNode::Aggregate {
        input,
        keys,
        aggregates,
    } = &rel.node
    else {
        return None;
    };
    let mut tuples: Vec<&[usize]> = Vec::new();
    for call in aggregates.iter().filter(|call| has_set(call)) {
        if !tuples.contains(&call.args.as_slice()) {
            tuples.push(&call.args);
        }
    }
    if tuples.is_empty() || !aggregates.iter().all(adds_up) {
        return None;
    }
    let hashed = tuples.iter().map(|tuple| {
        let free = tuple.iter().find(|column| !keys.contains(column));
        free.copied()
    });
    let hashed = hashed.collect::<Option<Vec<usize>>>()?;

    let mut parts = Parts::new(Arc::clone(input), hashed.len());
    let bucket = parts.bucket(&hashed, buckets);
    let places: Vec<Place> = aggregates
        .iter()
        .map(|call| {
            let tuple = tuples.iter().position(|tuple| *tuple == call.args);
            let repetition = tuple.filter(|_| has_set(call)).unwrap_or(0);
            parts.place(call, repetition)
        })
        .collect();
    let Parts {
        rows,
        columns,
        calls,
        ..
    } = parts;

    let int = TypeKind::Integer.not_null();
    let mut fields = rel.schema.fields[..keys.len()].to_vec();
    fields.push(PlanField::new("$bucket", int));
    fields.extend(named(&calls, rel, keys.len(), &places));
    let mut partial_keys = keys.clone();
    partial_keys.push(bucket);
    let mut partial = Arc::new(Rel {
        node: RelNode::Aggregate {
            input: Rel::project(rows, columns),
            keys: partial_keys,
            aggregates: calls.clone(),
        },
        schema: PlanSchema { fields },
    });
    if let Some(ttl_ms) = input.state_ttl() {
        let schema = partial.schema.clone();
        let node = RelNode::StateTtl {
            input: partial,
            ttl_ms,
        };
        partial = Arc::new(Rel { node, schema });
    }
    let finals = calls.iter().enumerate().map(|(at, call)| AggregateCall {
        function: match call.function.as_str() {
            "COUNT" => "SUM".to_owned(),
            other => other.to_owned(),
        },
        args: vec![keys.len() + 1 + at],
        arg_types: vec![call.ty.clone()],
        distinct: false,
        filter: None,
        order_by: Vec::new(),
        ty: call.ty.clone(),
    });
    let mut fields = rel.schema.fields[..keys.len()].to_vec();
    fields.extend(named(&calls, rel, keys.len(), &places));
    let whole = Arc::new(Rel {
        node: RelNode::Aggregate {
            aggregates: finals.collect(),
            keys: (0..keys.len()).collect(),
            input: partial,
        },
        schema: PlanSchema { fields },
    });
    if calls.len() == aggregates.len() {
        return Some(whole);
    }
    let mut columns = all_columns(&whole);
    columns.truncate(keys.len());
    for ((place, call), field) in places
        .iter()
        .zip(aggregates)
        .zip(&rel.schema.fields[keys.len()..])
    {
        let part = |at: usize| Expr::input(keys.len() + at, calls[at].ty.clone());
        let result = match *place {
            Place::Same(at) => part(at),
            Place::Mean { sum, count } => mean(part(sum), part(count), &call.ty),
        };
        columns.push((field.name.clone(), result));
    }
    Some(Rel::project(whole, columns))
}

/// Where the parts of a call are among the partial calls.
#[derive(Clone, Copy)]
enum Place {
    Same(usize),
    Mean { sum: usize, count: usize },
}

/// The partial aggregates and the columns that they read.
struct Parts {
    /// The input, repeated if need be.
    rows: Arc<Rel>,
    columns: Vec<(String, Expr)>,
    /// Which repetition a row is, where there are several.
    repetition: Option<Expr>,
    calls: Vec<AggregateCall>,
}

impl Parts {
    fn new(input: Arc<Rel>, repetitions: usize) -> Self {
        let columns = all_columns(&input);
        let number = Expr::input(input.schema.len() + 1, TypeKind::Integer.not_null());
        let several = repetitions > 1;
        Parts {
            rows: match several {
                true => repeated(input, repetitions),
                false => input,
            },
            columns,
            repetition: several.then_some(number),
            calls: Vec::new(),
        }
    }

    /// Adds a column, or finds the one that is the same.
    fn column(&mut self, name: &str, value: Expr) -> usize {
        let known = self.columns.iter().position(|(_, known)| *known == value);
        known.unwrap_or_else(|| {
            self.columns.push((name.to_owned(), value));
            self.columns.len() - 1
        })
    }

    /// Whether a row is that repetition, from 0.
    fn is_repetition(number: &Expr, at: usize) -> Expr {
        let at = Expr::literal(Literal::Int(at as i64 + 1), TypeKind::Integer.not_null());
        let args = vec![number.clone(), at];
        Expr::call("=", args, TypeKind::Boolean.not_null())
    }

    /// The column of the bucket that a row is in: of the value of each of these columns, one for each repetition.
    fn bucket(&mut self, hashed: &[usize], buckets: i64) -> usize {
        let int = TypeKind::Integer.not_null();
        let mut of_each = hashed.iter().map(|&column| {
            let hash = Expr::call(
                "HASH_CODE",
                vec![self.columns[column].1.clone()],
                int.clone(),
            );
            let buckets = Expr::literal(Literal::Int(buckets), int.clone());
            Expr::call("%", vec![hash, buckets], int.clone())
        });
        let Some(first) = of_each.next() else {
            return 0;
        };
        let bucket = match &self.repetition {
            None => first,
            Some(number) => {
                let branches = (1..)
                    .zip(of_each)
                    .map(|(at, bucket)| (Parts::is_repetition(number, at), bucket));
                Expr::Case {
                    branches: branches.collect(),
                    otherwise: Some(Box::new(first)),
                    ty: int,
                }
            }
        };
        self.column("$bucket", bucket)
    }

    /// Adds the parts of a call that sees the rows of a repetition.
    fn place(&mut self, call: &AggregateCall, repetition: usize) -> Place {
        let filter = match &self.repetition {
            None => call.filter,
            Some(number) => {
                let own = Parts::is_repetition(number, repetition);
                let filter = match call.filter.map(|filter| self.columns[filter].1.clone()) {
                    None => own,
                    Some(filter) => {
                        let ty = TypeKind::Boolean
                            .nullable()
                            .with_nullable(filter.ty().nullable);
                        Expr::call("AND", vec![own, filter], ty)
                    }
                };
                Some(self.column("$filter", filter))
            }
        };
        let call = AggregateCall {
            filter,
            ..call.clone()
        };
        if call.function != "AVG" {
            self.calls.push(call);
            return Place::Same(self.calls.len() - 1);
        }
        let wide = sum_type(&call.arg_types[0]);
        let value = self.columns[call.args[0]].1.clone();
        let wide_nullable = wide.with_nullable(value.ty().nullable);
        let value = self.column("$value", value.cast_to(wide_nullable.clone()));
        self.calls.push(AggregateCall {
            function: "SUM".to_owned(),
            args: vec![value],
            arg_types: vec![wide_nullable],
            ty: wide,
            ..call.clone()
        });
        self.calls.push(AggregateCall {
            function: "COUNT".to_owned(),
            ty: TypeKind::BigInt.not_null(),
            ..call
        });
        Place::Mean {
            sum: self.calls.len() - 2,
            count: self.calls.len() - 1,
        }
    }
}

/// The result columns of the partial calls: named as the call's own where it is one, else by their places.
fn named(calls: &[AggregateCall], rel: &Rel, keys: usize, places: &[Place]) -> Vec<PlanField> {
    let field = |(at, call): (usize, &AggregateCall)| {
        let own = places
            .iter()
            .position(|place| matches!(place, Place::Same(same) if *same == at));
        match own {
            Some(own) => rel.schema.fields[keys + own].clone(),
            None => PlanField::new(format!("$part{at}"), call.ty.clone()),
        }
    };
    calls.iter().enumerate().map(field).collect()
}

/// What AVG adds values up in.
fn sum_type(argument: &LogicalType) -> LogicalType {
    match &argument.kind {
        TypeKind::Decimal(_, scale) => TypeKind::Decimal(38, *scale),
        kind if kind.is_integer() => TypeKind::BigInt,
        _ => TypeKind::Double,
    }
    .nullable()
}

/// A sum divided by a count: NULL of no values, whose sum is.
fn mean(sum: Expr, count: Expr, ty: &LogicalType) -> Expr {
    let (divisor, quotient) = match (&sum.ty().kind, &ty.kind) {
        (TypeKind::Decimal(..), _) => (TypeKind::Decimal(19, 0), ty.clone()),
        (kind, _) => (kind.clone(), kind.clone().nullable()),
    };
    let count = count.cast_to(divisor.not_null());
    Expr::call("/", vec![sum, count], quotient).cast_to(ty.clone())
}

/// Whether DISTINCT makes a difference.
fn has_set(call: &AggregateCall) -> bool {
    call.distinct && !matches!(call.function.as_str(), "MIN" | "MAX")
}

/// Whether the results of parts give the result of the whole.
fn adds_up(call: &AggregateCall) -> bool {
    matches!(
        call.function.as_str(),
        "COUNT" | "SUM" | "AVG" | "MIN" | "MAX"
    )
}

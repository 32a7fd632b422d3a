//! Plans as text, in the manner of Flink's EXPLAIN.

use std::fmt;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::join::{IntervalBounds, JoinKey, JoinKind};
use alpheus_dataflow::pattern::{AfterMatch, PatternElement, PatternExpr, PatternTerm, RowPattern};
use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::user_functions::{function_name, is_user_function};
use alpheus_dataflow::window::{TimeAttribute, WindowSpec};

use super::{JoinStrategy, PlanSchema, Rel, RelNode, SortKey};

impl fmt::Display for Rel {
    /// The tree, root first, inputs indented.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_tree(self, 0, f)
    }
}

fn write_tree(rel: &Rel, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if depth > 0 {
        write!(f, "{}+- ", "   ".repeat(depth - 1))?;
    }
    writeln!(f, "{}", rel.describe())?;
    rel.inputs()
        .iter()
        .try_for_each(|input| write_tree(input, depth + 1, f))
}

impl Rel {
    /// This node alone in one line. Deterministic: operator ids are made from it.
    pub fn describe(&self) -> String {
        let input = self.inputs().first().map(|input| &input.schema);
        let none = PlanSchema::default();
        let input = input.unwrap_or(&none);
        match &self.node {
            RelNode::Scan { table, filters, .. } => {
                let mut text = format!(
                    "TableSourceScan(table=[{}], fields=[{}]",
                    table.identifier,
                    names(&self.schema)
                );
                if !filters.is_empty() {
                    let physical = PlanSchema::of(&table.schema);
                    text += &format!(
                        ", filters=[{}]",
                        list(filters.iter().map(|e| explain_expr(e, &physical)))
                    );
                }
                text + ")"
            }
            RelNode::Values { rows } => {
                let row = |row: &Vec<Expr>| {
                    format!("({})", list(row.iter().map(|e| explain_expr(e, &none))))
                };
                format!("Values(tuples=[{}])", list(rows.iter().map(row)))
            }
            RelNode::Filter { predicate, .. } => {
                format!("Filter(where=[{}])", explain_expr(predicate, input))
            }
            RelNode::Project { exprs, .. } => {
                let columns = exprs.iter().zip(&self.schema.fields).map(|(expr, field)| {
                    let text = explain_expr(expr, input);
                    if text == field.name {
                        text
                    } else {
                        format!("{text} AS {}", field.name)
                    }
                });
                format!("Project(select=[{}])", list(columns))
            }
            RelNode::Watermark { spec, .. } => format!(
                "WatermarkAssigner(rowtime=[{}], watermark=[{}])",
                column(input, spec.rowtime),
                explain_expr(&spec.expr, input)
            ),
            RelNode::Window {
                window, time, keys, ..
            } => format!(
                "WindowTableFunction(window=[{}]{})",
                explain_window(window, time, input),
                if keys.is_empty() {
                    String::new()
                } else {
                    format!(", partitionBy=[{}]", columns(input, keys))
                }
            ),
            RelNode::Aggregate {
                keys, aggregates, ..
            } => format!(
                "GroupAggregate(groupBy=[{}], select=[{}])",
                columns(input, keys),
                list(aggregates.iter().map(|call| explain_aggregate(call, input)))
            ),
            RelNode::WindowAggregate {
                window,
                time,
                keys,
                aggregates,
                ..
            } => format!(
                "WindowAggregate(groupBy=[{}], window=[{}], select=[{}])",
                columns(input, keys),
                explain_window(window, time, input),
                list(aggregates.iter().map(|call| explain_aggregate(call, input)))
            ),
            RelNode::AttachedWindowAggregate {
                keys,
                window_end,
                aggregates,
                ..
            } => format!(
                "WindowAggregate(groupBy=[{}], window=[win_end=[{}]], select=[{}])",
                columns(input, keys),
                column(input, *window_end),
                list(aggregates.iter().map(|call| explain_aggregate(call, input)))
            ),
            RelNode::Unnest {
                collection,
                with_ordinality,
                outer,
                ..
            } => format!(
                "Correlate(invocation=[UNNEST({}){}], joinType=[{}], select=[{}])",
                column(input, *collection),
                if *with_ordinality {
                    " WITH ORDINALITY"
                } else {
                    ""
                },
                if *outer { "LEFT" } else { "INNER" },
                names(&self.schema)
            ),
            RelNode::ChangelogNormalize { keys, .. } => {
                format!("ChangelogNormalize(key=[{}])", columns(input, keys))
            }
            RelNode::StateTtl { ttl_ms, .. } => {
                let ttl = i64::try_from(*ttl_ms).unwrap_or(i64::MAX);
                format!("StateTtl(ttl=[{}])", duration(ttl))
            }
            RelNode::Match { pattern, .. } => describe_pattern(pattern, &self.schema, input),
            RelNode::Over {
                partition,
                order,
                frame,
                calls,
                ..
            } => super::explain_over::describe_over(input, partition, order, *frame, calls),
            RelNode::Rank {
                partition,
                order,
                range,
                ..
            } => super::explain_over::describe_rank("Rank", input, partition, order, *range, self),
            RelNode::WindowRank {
                partition,
                order,
                range,
                ..
            } => super::explain_over::describe_rank(
                "WindowRank",
                input,
                partition,
                order,
                *range,
                self,
            ),
            RelNode::Deduplicate {
                keys,
                time,
                keep_last,
                ..
            } => super::explain_over::describe_deduplicate(input, keys, *time, *keep_last),
            RelNode::Join {
                kind,
                left,
                right,
                keys,
                condition,
                strategy,
            } => {
                let schemas = (&left.schema, &right.schema);
                explain_join(*kind, schemas, keys, condition.as_ref(), strategy)
            }
            RelNode::Union { .. } => format!("Union(all=[true], union=[{}])", names(&self.schema)),
            RelNode::Sort {
                keys,
                fetch,
                offset,
                ..
            } => {
                let mut text = format!("Sort(orderBy=[{}]", sort_keys(input, keys));
                if *offset > 0 {
                    text += &format!(", offset=[{offset}]");
                }
                if let Some(fetch) = fetch {
                    text += &format!(", fetch=[{fetch}]");
                }
                text + ")"
            }
        }
    }
}

fn describe_pattern(pattern: &RowPattern, output: &PlanSchema, input: &PlanSchema) -> String {
    let expr = |expr: &PatternExpr| {
        let names = expr.terms.iter().map(|term| {
            let (element, inner) = match term {
                PatternTerm::First {
                    element,
                    column: at,
                    offset,
                    ..
                } => (element, format!("FIRST({}, {offset})", column(input, *at))),
                PatternTerm::Last {
                    element,
                    column: at,
                    offset,
                    ..
                } => (element, format!("LAST({}, {offset})", column(input, *at))),
                PatternTerm::Aggregate { element, call } => {
                    (element, explain_aggregate(call, input))
                }
            };
            let of = element.map_or("*", |element| pattern.elements[element].name.as_str());
            let name = format!("{of}.{inner}");
            super::PlanField::new(name, term.ty().clone())
        });
        let terms = PlanSchema {
            fields: names.collect(),
        };
        explain_expr(&expr.expr, &terms)
    };
    let quantified = |element: &PatternElement| {
        let times = match (element.min, element.max) {
            (1, Some(1)) => return element.name.clone(),
            (min, Some(max)) => format!("{{{min}, {max}}}"),
            (min, None) => format!("{{{min},}}"),
        };
        let reluctant = if element.greedy { "" } else { "?" };
        format!("{}{times}{reluctant}", element.name)
    };
    let defined = pattern.elements.iter().filter_map(|element| {
        let condition = element.condition.as_ref()?;
        Some(format!("{} AS {}", element.name, expr(condition)))
    });
    let names = output.fields.iter().skip(pattern.partition.len());
    let measures = pattern.measures.iter().zip(names);
    let measures = measures.map(|(measure, field)| format!("{} AS {}", expr(measure), field.name));
    let elements = pattern.elements.iter().map(quantified).collect::<Vec<_>>();
    let of = |element: usize| pattern.elements[element].name.as_str();
    let skip = match pattern.after_match {
        AfterMatch::PastLastRow => "PAST LAST ROW".to_owned(),
        AfterMatch::ToNextRow => "TO NEXT ROW".to_owned(),
        AfterMatch::ToFirst(element) => format!("TO FIRST {}", of(element)),
        AfterMatch::ToLast(element) => format!("TO LAST {}", of(element)),
    };
    let mut order = vec![match pattern.time {
        TimeAttribute::Event { column: at } => column(input, at),
        TimeAttribute::Processing => "PROCTIME()".to_owned(),
    }];
    order.extend(pattern.order.iter().map(|(at, ascending, _)| {
        let direction = if *ascending { "ASC" } else { "DESC" };
        format!("{} {direction}", column(input, *at))
    }));
    let within = pattern.within_ms.map_or_else(String::new, |within| {
        format!(", within=[{}]", duration(within))
    });
    format!(
        "Match(partitionBy=[{}], orderBy=[{}], measures=[{}], after=[SKIP {skip}], pattern=[{}]{within}, define=[{}])",
        columns(input, &pattern.partition),
        order.join(", "),
        list(measures),
        elements.join(" "),
        list(defined)
    )
}

impl PlanSchema {
    fn of(row: &alpheus_dataflow::schema::RowType) -> PlanSchema {
        let fields = row.fields.iter();
        PlanSchema {
            fields: fields
                .map(|f| super::PlanField::new(f.name.clone(), f.ty.clone()))
                .collect(),
        }
    }
}

fn explain_join(
    kind: JoinKind,
    (left, right): (&PlanSchema, &PlanSchema),
    keys: &[JoinKey],
    condition: Option<&Expr>,
    strategy: &JoinStrategy,
) -> String {
    let mut both = left.clone();
    both.fields.extend(right.fields.iter().cloned());
    let key = |key: &JoinKey| {
        let equal = if key.null_safe {
            "IS NOT DISTINCT FROM"
        } else {
            "="
        };
        let (left, right) = (column(left, key.left), column(right, key.right));
        format!("({left} {equal} {right})")
    };
    let condition = condition.map(|condition| explain_expr(condition, &both));
    let all: Vec<String> = keys.iter().map(key).chain(condition).collect();
    let condition = match all.as_slice() {
        [] => "TRUE".to_owned(),
        [only] => only.clone(),
        all => format!("({})", all.join(" AND ")),
    };
    let (name, bounds) = match strategy {
        JoinStrategy::Regular => ("Join", String::new()),
        JoinStrategy::Interval(bounds) => {
            let IntervalBounds {
                left,
                right,
                lower_ms,
                upper_ms,
                processing_time,
            } = bounds;
            let bounds = format!(
                ", windowBounds=[isRowTime={}, leftLowerBound={lower_ms}, leftUpperBound={upper_ms}, \
                 leftTimeIndex={left}, rightTimeIndex={right}]",
                !processing_time
            );
            ("IntervalJoin", bounds)
        }
        JoinStrategy::Lookup => ("LookupJoin", String::new()),
        JoinStrategy::Window(windows) => {
            let ends = (
                column(left, windows.left_end),
                column(right, windows.right_end),
            );
            (
                "WindowJoin",
                format!(", windowEnd=[{} = {}]", ends.0, ends.1),
            )
        }
        JoinStrategy::Temporal(times) => {
            let times = (column(left, times.left), column(right, times.right));
            (
                "TemporalJoin",
                format!(", asOf=[{}], version=[{}]", times.0, times.1),
            )
        }
    };
    format!(
        "{name}(joinType=[{}]{bounds}, where=[{condition}])",
        kind.explain()
    )
}

pub(super) fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// `a ASC NULLS FIRST, b DESC NULLS LAST`
pub(super) fn sort_keys(input: &PlanSchema, keys: &[SortKey]) -> String {
    list(keys.iter().map(|key| {
        let direction = if key.ascending { "ASC" } else { "DESC" };
        let nulls = if key.nulls_first { "FIRST" } else { "LAST" };
        format!("{} {direction} NULLS {nulls}", column(input, key.column))
    }))
}

pub(super) fn names(schema: &PlanSchema) -> String {
    list(schema.fields.iter().map(|field| field.name.clone()))
}

pub(super) fn column(schema: &PlanSchema, index: usize) -> String {
    schema
        .fields
        .get(index)
        .map_or_else(|| format!("${index}"), |field| field.name.clone())
}

pub(super) fn columns(schema: &PlanSchema, indices: &[usize]) -> String {
    list(indices.iter().map(|&index| column(schema, index)))
}

fn explain_window(
    window: &WindowSpec,
    time: &alpheus_dataflow::window::TimeAttribute,
    input: &PlanSchema,
) -> String {
    use alpheus_dataflow::window::TimeAttribute;
    let time = match time {
        TimeAttribute::Event { column: index } => column(input, *index),
        TimeAttribute::Processing => "PROCTIME()".to_owned(),
    };
    let offset = if window.offset() == 0 {
        String::new()
    } else {
        format!(", offset=[{}]", duration(window.offset()))
    };
    match window {
        WindowSpec::Tumble { size, .. } => format!(
            "TUMBLE(time_col=[{time}], size=[{}]{offset})",
            duration(*size)
        ),
        WindowSpec::Hop { size, slide, .. } => {
            format!(
                "HOP(time_col=[{time}], size=[{}], slide=[{}]{offset})",
                duration(*size),
                duration(*slide)
            )
        }
        WindowSpec::Cumulate { max_size, step, .. } => format!(
            "CUMULATE(time_col=[{time}], max_size=[{}], step=[{}]{offset})",
            duration(*max_size),
            duration(*step)
        ),
        WindowSpec::Session { gap } => {
            format!("SESSION(time_col=[{time}], gap=[{}])", duration(*gap))
        }
    }
}

/// Milliseconds in the largest unit that fits, as Flink prints them: `10 min`.
pub(super) fn duration(ms: i64) -> String {
    for (unit, length) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("min", 60_000),
        ("s", 1_000),
    ] {
        if ms != 0 && ms % length == 0 {
            return format!("{} {unit}", ms / length);
        }
    }
    format!("{ms} ms")
}

pub(super) fn explain_aggregate(call: &AggregateCall, input: &PlanSchema) -> String {
    let args = if call.args.is_empty() {
        "*".to_owned()
    } else {
        columns(input, &call.args)
    };
    let distinct = if call.distinct { "DISTINCT " } else { "" };
    let mut text = format!("{}({distinct}{args})", function_name(&call.function));
    if let Some(filter) = call.filter {
        text += &format!(" FILTER {}", column(input, filter));
    }
    text
}

/// An expression as SQL-like text over the columns of `input`.
pub fn explain_expr(expr: &Expr, input: &PlanSchema) -> String {
    let sub = |expr: &Expr| explain_expr(expr, input);
    match expr {
        Expr::Input { index, .. } => column(input, *index),
        Expr::Literal { value, ty } => explain_literal(value, &ty.kind),
        Expr::Call { function, args, .. } if is_user_function(function) => {
            let name = function_name(function);
            format!("{name}({})", list(args.iter().map(sub)))
        }
        Expr::Call { function, args, .. } => {
            let infix = args.len() == 2
                && (matches!(function.as_str(), "AND" | "OR" | "LIKE")
                    || !function.starts_with(char::is_alphabetic));
            match args.as_slice() {
                [left, right] if infix => format!("({} {function} {})", sub(left), sub(right)),
                [arg] if function.starts_with("IS ") => format!("({} {function})", sub(arg)),
                args => format!("{function}({})", list(args.iter().map(sub))),
            }
        }
        Expr::Cast {
            input: inner,
            ty,
            try_cast,
        } => {
            format!(
                "{}({} AS {})",
                if *try_cast { "TRY_CAST" } else { "CAST" },
                sub(inner),
                ty.kind
            )
        }
        Expr::Case {
            branches,
            otherwise,
            ..
        } => {
            let mut text = "CASE".to_owned();
            for (condition, result) in branches {
                text += &format!(" WHEN {} THEN {}", sub(condition), sub(result));
            }
            if let Some(otherwise) = otherwise {
                text += &format!(" ELSE {}", sub(otherwise));
            }
            text + " END"
        }
    }
}

fn explain_literal(value: &Literal, kind: &TypeKind) -> String {
    match (value, kind) {
        (Literal::Null, _) => "NULL".to_owned(),
        (Literal::Boolean(value), _) => value.to_string().to_uppercase(),
        (Literal::Int(value), TypeKind::IntervalDayTime) => {
            format!("INTERVAL '{}'", duration(*value))
        }
        (Literal::Int(value), TypeKind::IntervalYearMonth) => format!("INTERVAL '{value}' MONTH"),
        (Literal::Int(value), kind) if kind.is_datetime() => format!("{kind} {value}"),
        (Literal::Int(value), _) => value.to_string(),
        (Literal::Decimal(value), TypeKind::Decimal(_, scale)) if *scale > 0 => {
            let digits = format!(
                "{:0>width$}",
                value.unsigned_abs(),
                width = usize::from(*scale) + 1
            );
            let (whole, fraction) = digits.split_at(digits.len() - usize::from(*scale));
            format!("{}{whole}.{fraction}", if *value < 0 { "-" } else { "" })
        }
        (Literal::Decimal(value), _) => value.to_string(),
        (Literal::Float(value), _) => format!("{value:?}"),
        (Literal::String(value), _) => format!("'{}'", value.replace('\'', "''")),
        (Literal::Bytes(bytes), _) => {
            format!(
                "X'{}'",
                bytes
                    .iter()
                    .map(|byte| format!("{byte:02X}"))
                    .collect::<String>()
            )
        }
    }
}

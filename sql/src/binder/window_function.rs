//! The window table functions TUMBLE, HOP, CUMULATE and SESSION.
//!
//! `TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)`, positional or by name (`SIZE => ..`). Their
//! output is the input, then `window_start`, `window_end` and `window_time`; the time column itself is an
//! ordinary column from there on.

use std::borrow::Cow;
use std::sync::Arc;

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::window::{TimeAttribute, WindowSpec};
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{
    self, ArgValue, ExprKind, FunctionArg, FunctionCall, Ident, TableArg, TableArgSource,
};

use super::query::Named;
use super::{Binder, savepoint_function};
use crate::error::SqlError;
use crate::rel::{PlanField, PlanSchema, Rel, RelNode, TimeRole};

/// How many columns a window function puts behind those of its input: start, end and time.
pub(super) const WINDOW_COLUMNS: usize = 3;

/// A window function: its name and its parameters in order; those behind `required` may be left out.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) parameters: &'static [&'static str],
    pub(super) required: usize,
}

const FUNCTIONS: &[Function] = &[
    Function {
        name: "TUMBLE",
        parameters: &["DATA", "TIMECOL", "SIZE", "OFFSET"],
        required: 3,
    },
    Function {
        name: "HOP",
        parameters: &["DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET"],
        required: 4,
    },
    Function {
        name: "CUMULATE",
        parameters: &["DATA", "TIMECOL", "STEP", "SIZE", "OFFSET"],
        required: 4,
    },
    Function {
        name: "SESSION",
        parameters: &["DATA", "TIMECOL", "GAP"],
        required: 3,
    },
];

impl Function {
    pub(super) fn signature(&self) -> String {
        let parameter = |(at, name): (usize, &&str)| match (*name, at < self.required) {
            ("DATA", _) if self.name == "SESSION" => "TABLE t [PARTITION BY k]".to_owned(),
            ("DATA", _) => "TABLE t".to_owned(),
            ("TIMECOL", _) => "DESCRIPTOR(time)".to_owned(),
            (name, true) => name.to_lowercase(),
            (name, false) => format!("[{}]", name.to_lowercase()),
        };
        let parameters: Vec<String> = self.parameters.iter().enumerate().map(parameter).collect();
        format!("{}({})", self.name, parameters.join(", "))
    }

    fn wrong(&self, message: impl Into<String>, span: Span) -> SqlError {
        SqlError::invalid(message, span).with_help(format!("write {}", self.signature()))
    }
}

/// Arguments by parameter.
pub(super) struct Arguments<'q> {
    function: &'static Function,
    given: Vec<Option<&'q FunctionArg>>,
    span: Span,
}

impl<'q> Arguments<'q> {
    pub(super) fn of(
        function: &'static Function,
        call: &'q FunctionCall,
    ) -> Result<Self, SqlError> {
        let mut given = vec![None; function.parameters.len()];
        for (at, arg) in call.args.iter().enumerate() {
            let position = match &arg.name {
                None => Some(at).filter(|at| *at < given.len()),
                Some(name) => {
                    let upper = name.value.to_uppercase();
                    let position = function.parameters.iter().position(|p| *p == upper);
                    if position.is_none() {
                        let names = function.parameters.iter().copied();
                        return Err(function
                            .wrong(
                                format!("{} has no parameter '{}'", function.name, name.value),
                                name.span,
                            )
                            .suggesting(&name.value, names));
                    }
                    position
                }
            };
            let Some(position) = position else {
                return Err(function.wrong(
                    format!("{} takes at most {} arguments", function.name, given.len()),
                    arg.span,
                ));
            };
            if given[position].replace(arg).is_some() {
                return Err(function.wrong(
                    format!("{} is given twice", function.parameters[position]),
                    arg.span,
                ));
            }
        }
        let missing = (0..function.required).find(|&at| given[at].is_none());
        if let Some(missing) = missing {
            return Err(function.wrong(
                format!("{} needs {}", function.name, function.parameters[missing]),
                call.span,
            ));
        }
        Ok(Arguments {
            function,
            given,
            span: call.span,
        })
    }

    fn get(&self, parameter: &str) -> Option<&'q FunctionArg> {
        let position = self
            .function
            .parameters
            .iter()
            .position(|p| *p == parameter)?;
        self.given[position]
    }

    fn table(&self) -> Result<Cow<'q, TableArg>, SqlError> {
        match self.get("DATA").map(|arg| (&arg.value, arg.span)) {
            Some((ArgValue::Table(table), _)) => Ok(Cow::Borrowed(table)),
            Some((
                ArgValue::Expr(ast::Expr {
                    kind: ExprKind::Subquery(query),
                    span,
                }),
                _,
            )) => Ok(Cow::Owned(TableArg {
                source: TableArgSource::Query(query.clone()),
                partition_by: Vec::new(),
                order_by: Vec::new(),
                span: *span,
            })),
            Some((_, span)) => Err(self.function.wrong(
                "the first argument must be TABLE t or a query in parentheses",
                span,
            )),
            None => Err(self.function.wrong("a table is missing", self.span)),
        }
    }

    fn time_column(&self) -> Result<&'q Ident, SqlError> {
        match self.get("TIMECOL").map(|arg| (&arg.value, arg.span)) {
            Some((ArgValue::Descriptor(columns), span)) => match columns.as_slice() {
                [column] => Ok(column),
                _ => Err(self
                    .function
                    .wrong("DESCRIPTOR takes one time column", span)),
            },
            Some((_, span)) => Err(self
                .function
                .wrong("the second argument must be DESCRIPTOR(time column)", span)),
            None => Err(self.function.wrong("a time column is missing", self.span)),
        }
    }
}

impl Binder<'_> {
    /// The rows of a table function in FROM.
    pub(super) fn window_function(
        &self,
        call: &FunctionCall,
        named: Option<&Named<'_>>,
    ) -> Result<Arc<Rel>, SqlError> {
        let name = call.name.last().value.to_uppercase();
        if name == savepoint_function::NAME {
            return savepoint_function::listing(call);
        }
        let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
            let names = FUNCTIONS.iter().map(|function| function.name);
            return Err(SqlError::invalid(
                format!("table function '{}' not found", call.name),
                call.name.span,
            )
            .with_note("there are TUMBLE, HOP, CUMULATE, SESSION and savepoint_metadata")
            .suggesting(&name, names));
        };
        let arguments = Arguments::of(function, call)?;
        let table = arguments.table()?;
        let input = match &table.source {
            TableArgSource::Named(name) => self.named_table(name, &[], named)?.0,
            TableArgSource::Query(query) => self.derived(query, named)?,
        };
        if let Some(order) = table.order_by.first() {
            return Err(SqlError::invalid(
                format!("{name} takes its rows in the order of their time, without ORDER BY"),
                order.span,
            ));
        }
        let column = arguments.time_column()?;
        let position = position_of(column, &input.schema)?;
        let time = self.time_attribute(function, position, &input, column.span)?;
        let keys = partition_keys(function, &table, &input.schema)?;
        let window = self.window_spec(&arguments)?;
        Ok(window_rel(input, window, time, position, keys))
    }

    /// The time that the function divides: the column must be a time attribute in streaming mode.
    pub(super) fn time_attribute(
        &self,
        function: &Function,
        position: usize,
        input: &Arc<Rel>,
        span: Span,
    ) -> Result<TimeAttribute, SqlError> {
        let field = &input.schema.fields[position];
        let is_time = match self.is_streaming() {
            true => field.role.is_time_attribute(),
            // At rest every time is as good as any other.
            false => field.ty.kind.is_timestamp(),
        };
        if !is_time {
            return Err(SqlError::invalid(
                format!(
                    "{} requires the timecol is a time attribute type, but is {}",
                    function.name, field.ty.kind
                ),
                span,
            )
            .with_note(format!(
                "'{}' has no watermark here: only a plain reference to a column with a WATERMARK, or PROCTIME(), has",
                field.name
            ))
            .with_help(format!(
                "add WATERMARK FOR {} AS {} - INTERVAL '5' SECOND to the table",
                field.name, field.name
            )));
        }
        Ok(match field.role {
            TimeRole::Proctime => TimeAttribute::Processing,
            _ => TimeAttribute::Event { column: position },
        })
    }

    /// The windows that the arguments describe.
    pub(super) fn window_spec(&self, arguments: &Arguments<'_>) -> Result<WindowSpec, SqlError> {
        let offset = match arguments.get("OFFSET") {
            Some(arg) => self.interval(arg, "OFFSET")?,
            None => 0,
        };
        let length = |parameter: &'static str| -> Result<i64, SqlError> {
            let Some(arg) = arguments.get(parameter) else {
                return Err(arguments
                    .function
                    .wrong(format!("{parameter} is missing"), arguments.span));
            };
            let length = self.interval(arg, parameter)?;
            if length <= 0 {
                return Err(SqlError::invalid(
                    format!("{parameter} must be longer than 0"),
                    arg.span,
                ));
            }
            Ok(length)
        };
        Ok(match arguments.function.name {
            "TUMBLE" => WindowSpec::Tumble {
                size: length("SIZE")?,
                offset,
            },
            "HOP" => WindowSpec::Hop {
                slide: length("SLIDE")?,
                size: length("SIZE")?,
                offset,
            },
            "CUMULATE" => {
                let (step, max_size) = (length("STEP")?, length("SIZE")?);
                if max_size % step != 0 {
                    return Err(SqlError::invalid(
                        format!(
                            "CUMULATE requires that the size is an integral multiple of the step, but got size {max_size} ms and step {step} ms"
                        ),
                        arguments.span,
                    ));
                }
                WindowSpec::Cumulate {
                    max_size,
                    step,
                    offset,
                }
            }
            _ => WindowSpec::Session {
                gap: length("GAP")?,
            },
        })
    }

    /// A constant interval in ms.
    fn interval(&self, arg: &FunctionArg, parameter: &'static str) -> Result<i64, SqlError> {
        let help = "write it as INTERVAL '10' MINUTE";
        let ArgValue::Expr(expr) = &arg.value else {
            return Err(
                SqlError::invalid(format!("{parameter} must be an interval"), arg.span)
                    .with_help(help),
            );
        };
        match self.constant(expr, parameter)? {
            Expr::Literal {
                value: Literal::Int(ms),
                ty,
            } if ty.kind == TypeKind::IntervalDayTime => Ok(ms),
            other if other.ty().kind == TypeKind::IntervalYearMonth => Err(SqlError::invalid(
                format!(
                    "{parameter} must be an interval of days and seconds: months differ in length"
                ),
                arg.span,
            )
            .with_help("write it as INTERVAL '30' DAY")),
            other => Err(SqlError::invalid(
                format!(
                    "{parameter} must be a constant interval, but this is {}",
                    other.ty().kind
                ),
                arg.span,
            )
            .with_help(help)),
        }
    }
}

fn position_of(column: &Ident, schema: &PlanSchema) -> Result<usize, SqlError> {
    let fields = schema.fields.iter();
    let mut matching = fields.enumerate().filter(|(_, f)| f.name == column.value);
    match (matching.next(), matching.next()) {
        (Some((position, _)), None) => Ok(position),
        (None, _) => {
            let names = schema.fields.iter().map(|f| f.name.as_str());
            Err(SqlError::invalid(
                format!(
                    "column '{}' not found in the window function's table",
                    column.value
                ),
                column.span,
            )
            .suggesting(&column.value, names))
        }
        _ => Err(SqlError::invalid(
            format!("column '{}' is ambiguous", column.value),
            column.span,
        )),
    }
}

fn partition_keys(
    function: &Function,
    table: &TableArg,
    schema: &PlanSchema,
) -> Result<Vec<usize>, SqlError> {
    let Some(first) = table.partition_by.first() else {
        return Ok(Vec::new());
    };
    if function.name != "SESSION" {
        return Err(SqlError::invalid(
            format!("{} has no PARTITION BY", function.name),
            first.span,
        )
        .with_help("only SESSION windows differ by key; add the column to GROUP BY"));
    }
    let key = |expr: &ast::Expr| match &expr.kind {
        ExprKind::Column(name) => position_of(name.last(), schema),
        _ => Err(
            SqlError::unsupported("an expression in PARTITION BY", expr.span)
                .with_help("compute the column in a sub-query"),
        ),
    };
    table.partition_by.iter().map(key).collect()
}

/// The window function over `input`, whose column `position` is the time.
pub(super) fn window_rel(
    input: Arc<Rel>,
    window: WindowSpec,
    time: TimeAttribute,
    position: usize,
    keys: Vec<usize>,
) -> Arc<Rel> {
    let mut fields = input.schema.fields.clone();
    let time_type = match &fields[position].ty.kind {
        TypeKind::TimestampLtz(_) => TypeKind::TimestampLtz(3),
        _ => TypeKind::Timestamp(3),
    };
    let time_role = match time {
        TimeAttribute::Processing => TimeRole::Proctime,
        TimeAttribute::Event { .. } => TimeRole::WindowTime,
    };
    for field in &mut fields {
        field.role = TimeRole::None;
    }
    let column =
        |name: &str, kind: TypeKind, role| PlanField::new(name, kind.not_null()).with_role(role);
    fields.push(column(
        "window_start",
        TypeKind::Timestamp(3),
        TimeRole::WindowStart,
    ));
    fields.push(column(
        "window_end",
        TypeKind::Timestamp(3),
        TimeRole::WindowEnd,
    ));
    fields.push(column("window_time", time_type, time_role));
    Arc::new(Rel {
        node: RelNode::Window {
            input,
            window,
            time,
            keys,
        },
        schema: PlanSchema { fields },
    })
}

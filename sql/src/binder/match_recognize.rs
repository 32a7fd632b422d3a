//! MATCH_RECOGNIZE: from pattern, DEFINE and MEASURES to a [`RowPattern`].
//!
//! Expressions are bound over a scope that has the table's columns once for every row of the match and
//! once for each pattern variable; FIRST, LAST and aggregates are put aside as aggregates of a SELECT are.
//! Then every column and call becomes a term over the rows of one variable. What Flink's CEP library
//! cannot is refused by name: alternatives, groups, exclusions, PERMUTE, ALL ROWS PER MATCH, SUBSET, PREV.

use std::cell::RefCell;
use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::pattern::{AfterMatch, PatternElement, PatternExpr, PatternTerm, RowPattern};
use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::window::TimeAttribute;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, ExprKind, Ident, MatchRecognize, Pattern};

use super::Binder;
use super::aggregate::{Collector, PendingAggregate};
use super::expr::{Aggregates, ExprBinder};
use super::scope::Scope;
use super::sort::nulls_first;
use crate::error::SqlError;
use crate::rel::{PlanField, PlanSchema, Rel, RelNode, TimeRole};

/// What FIRST, LAST and MATCH_ROWTIME are called among the aggregates that are put aside.
const FIRST: &str = "$FIRST";
const LAST: &str = "$LAST";
const ROWTIME: &str = "$ROWTIME";

/// The table that a pattern is looked for in, with the columns that are computed for it.
struct Table {
    rel: Arc<Rel>,
    /// Columns behind those of `rel`.
    computed: RefCell<Vec<Expr>>,
    time: TimeAttribute,
    elements: Vec<PatternElement>,
}

impl Binder<'_> {
    /// The matches in the rows of `rel`.
    pub(super) fn match_recognize(
        &self,
        rel: Arc<Rel>,
        spec: &MatchRecognize,
    ) -> Result<Arc<Rel>, SqlError> {
        refuse(spec)?;
        let elements = elements(&spec.pattern, spec.span)?;
        let partition = spec.partition_by.iter();
        let partition = partition.map(|expr| column_of(expr, &rel.schema, "PARTITION BY"));
        let partition = partition.collect::<Result<Vec<usize>, SqlError>>()?;
        let (time, order) = self.pattern_order(&rel.schema, spec)?;
        let mut table = Table {
            rel,
            computed: RefCell::default(),
            time,
            elements,
        };
        self.define(&mut table, spec)?;
        let mut measures = Vec::with_capacity(spec.measures.len());
        let fields = &table.rel.schema.fields;
        let mut output: Vec<PlanField> = partition.iter().map(|&key| fields[key].clone()).collect();
        for measure in &spec.measures {
            let (expr, is_rowtime) = self.pattern_expr(&table, &measure.expr, false)?;
            let role = match &expr.expr {
                _ if is_rowtime => TimeRole::Rowtime,
                Expr::Call { function, .. } if function == "PROCTIME" => TimeRole::Proctime,
                _ => TimeRole::None,
            };
            let field = PlanField::new(&measure.alias.value, expr.expr.ty().clone());
            output.push(field.with_role(role));
            measures.push(expr);
        }
        let within_ms = match &spec.within {
            None => None,
            Some(within) => Some(self.within(within)?),
        };
        let pattern = RowPattern {
            partition,
            time,
            order,
            after_match: after_match(spec, &table.elements)?,
            elements: table.elements,
            measures,
            within_ms,
        };
        Ok(Arc::new(Rel {
            node: RelNode::Match {
                input: with_computed(table.rel, table.computed.into_inner()),
                pattern: Arc::new(pattern),
            },
            schema: PlanSchema { fields: output },
        }))
    }

    /// ORDER BY: the time attribute, and what orders rows of one time.
    #[allow(clippy::type_complexity)]
    fn pattern_order(
        &self,
        schema: &PlanSchema,
        spec: &MatchRecognize,
    ) -> Result<(TimeAttribute, Vec<(usize, bool, bool)>), SqlError> {
        let no_time = |span: Span| {
            SqlError::invalid(
                "you must specify either rowtime or proctime for order by in MATCH_RECOGNIZE",
                span,
            )
            .with_help("order by a column with a WATERMARK, or by one that is PROCTIME()")
        };
        let Some((first, rest)) = spec.order_by.split_first() else {
            return Err(no_time(spec.span));
        };
        let column = column_of(&first.expr, schema, "ORDER BY")?;
        let field = &schema.fields[column];
        let is_time = match self.is_streaming() {
            true => field.role.is_time_attribute(),
            false => field.ty.kind.is_timestamp(),
        };
        if !is_time {
            return Err(no_time(first.span));
        }
        if first.descending {
            return Err(SqlError::invalid(
                "the primary sort order of MATCH_RECOGNIZE must be ascending on time",
                first.span,
            ));
        }
        let time = match field.role {
            TimeRole::Proctime => TimeAttribute::Processing,
            _ => TimeAttribute::Event { column },
        };
        let mut order = Vec::with_capacity(rest.len());
        for item in rest {
            let column = column_of(&item.expr, schema, "ORDER BY")?;
            order.push((column, !item.descending, nulls_first(item)));
        }
        Ok((time, order))
    }

    fn define(&self, table: &mut Table, spec: &MatchRecognize) -> Result<(), SqlError> {
        let mut conditions = Vec::with_capacity(spec.define.len());
        for (variable, condition) in &spec.define {
            let element = element_named(&table.elements, variable)?;
            let (expr, _) = self.pattern_expr(table, condition, true)?;
            if expr.expr.ty().kind != TypeKind::Boolean {
                return Err(SqlError::invalid(
                    format!(
                        "DEFINE needs a condition, but this is {}",
                        expr.expr.ty().kind
                    ),
                    condition.span,
                )
                .with_help("compare it with something"));
            }
            conditions.push((element, expr));
        }
        for (element, condition) in conditions {
            table.elements[element].condition = Some(condition);
        }
        Ok(())
    }

    /// An expression of DEFINE (`is_condition`) or MEASURES over terms; and whether it is the time of the
    /// match.
    fn pattern_expr(
        &self,
        table: &Table,
        expr: &ast::Expr,
        is_condition: bool,
    ) -> Result<(PatternExpr, bool), SqlError> {
        let schema = &table.rel.schema;
        let mut scope = Scope::of(Vec::new(), schema.clone());
        for element in &table.elements {
            scope = scope.beside(Scope::of(vec![element.name.clone()], schema.clone()));
        }
        for column in schema.len()..scope.width() {
            scope.hide(column);
        }
        let time = match table.time {
            TimeAttribute::Event { column } => Some(schema.fields[column].ty.clone()),
            TimeAttribute::Processing => None,
        };
        let collector = RefCell::new(Collector::of_pattern(time));
        let binder = ExprBinder::new(self, &scope, Aggregates::Collect(&collector));
        let bound = self.fold(binder.bind(expr)?);
        let terms = Terms {
            table,
            is_condition,
            span: expr.span,
            terms: RefCell::default(),
        };
        let pending = collector.into_inner().into_pending();
        let width = scope.width();
        let error = RefCell::new(None);
        let rewritten = bound.clone().transform(&mut |expr| match expr {
            Expr::Input { index, ty } => {
                let term = match index.checked_sub(width) {
                    None => terms.column(index),
                    Some(call) => terms.call(&pending[call]),
                };
                match term {
                    Ok(term) => terms.add(term),
                    Err(found) => {
                        error.borrow_mut().get_or_insert(found);
                        Expr::input(0, ty)
                    }
                }
            }
            other => other,
        });
        if let Some(error) = error.into_inner() {
            return Err(error);
        }
        let is_rowtime = matches!(&bound, Expr::Input { index, .. }
            if index.checked_sub(width).is_some_and(|call| pending[call].call.function == ROWTIME));
        let terms = terms.terms.into_inner();
        let expr = rewritten;
        Ok((PatternExpr { terms, expr }, is_rowtime))
    }

    fn within(&self, within: &ast::Expr) -> Result<i64, SqlError> {
        match self.constant(within, "WITHIN")? {
            Expr::Literal {
                value: Literal::Int(ms),
                ty,
            } if ty.kind == TypeKind::IntervalDayTime && ms > 0 => Ok(ms),
            _ => Err(SqlError::invalid(
                "WITHIN must be a constant interval of days and seconds, longer than 0",
                within.span,
            )
            .with_help("write it as WITHIN INTERVAL '1' HOUR")),
        }
    }
}

impl ExprBinder<'_> {
    /// FIRST, LAST and what else exists in MATCH_RECOGNIZE only; `None` for other functions.
    pub(super) fn pattern_call(
        &self,
        name: &str,
        call: &ast::FunctionCall,
        collector: &RefCell<Collector>,
    ) -> Result<Option<Expr>, SqlError> {
        let function = match name {
            "FIRST" => FIRST,
            "LAST" => LAST,
            "MATCH_ROWTIME" => ROWTIME,
            "MATCH_PROCTIME" => {
                let ty = TypeKind::TimestampLtz(3).not_null();
                return Ok(Some(Expr::call("PROCTIME", Vec::new(), ty)));
            }
            "PREV" | "NEXT" | "CLASSIFIER" | "MATCH_NUMBER" | "FINAL" | "RUNNING" => {
                return Err(
                    SqlError::unsupported(format!("{name} in MATCH_RECOGNIZE"), call.span)
                        .with_help("LAST(a.x, 1) is the value one row before the last row of a"),
                );
            }
            _ => return Ok(None),
        };
        let mut args = Vec::with_capacity(call.args.len());
        for arg in &call.args {
            args.push(super::call::value(arg)?);
        }
        let is_pick = function != ROWTIME;
        let wrong = match args.len() {
            0 => is_pick,
            1 | 2 => !is_pick,
            _ => true,
        };
        if wrong {
            return Err(SqlError::invalid(
                format!("{name} has a wrong number of arguments"),
                call.span,
            )
            .with_help("write FIRST(a.x), LAST(a.x, 1) or MATCH_ROWTIME()"));
        }
        let offset = match args.get(1) {
            None => 0,
            Some(offset) => match self.binder.constant(offset, "an offset")? {
                Expr::Literal {
                    value: Literal::Int(rows),
                    ..
                } if (0..=i64::from(u32::MAX)).contains(&rows) => rows as usize,
                _ => {
                    return Err(SqlError::invalid(
                        format!("the second argument of {name} must be a constant number of rows"),
                        offset.span,
                    ));
                }
            },
        };
        let inner = Aggregates::Refused("an aggregate function");
        let inner = ExprBinder::new(self.binder, self.scope, inner);
        let picked = args.first().map(|arg| inner.bind(arg)).transpose()?;
        let ty = match &picked {
            Some(picked) => picked.ty().with_nullable(true),
            None => collector.borrow().pattern_time.clone().ok_or_else(|| {
                SqlError::invalid(
                    "MATCH_ROWTIME needs rows in the order of event time",
                    call.span,
                )
            })?,
        };
        let pending = PendingAggregate {
            call: AggregateCall {
                function: function.to_owned(),
                args: vec![offset],
                arg_types: Vec::new(),
                distinct: false,
                filter: None,
                order_by: Vec::new(),
                ty: ty.clone(),
            },
            args: picked.into_iter().collect(),
            filter: None,
            order_by: Vec::new(),
        };
        let position = collector.borrow_mut().add(pending);
        Ok(Some(Expr::input(self.scope.width() + position, ty)))
    }
}

/// The terms of an expression, each once.
struct Terms<'t> {
    table: &'t Table,
    is_condition: bool,
    span: Span,
    terms: RefCell<Vec<PatternTerm>>,
}

impl Terms<'_> {
    fn add(&self, term: PatternTerm) -> Expr {
        let ty = term.ty().clone();
        let mut terms = self.terms.borrow_mut();
        let known = terms.iter().position(|known| *known == term);
        let position = known.unwrap_or_else(|| {
            terms.push(term);
            terms.len() - 1
        });
        Expr::input(position, ty)
    }

    /// The variable (`None` for all rows) and column that a column of the scope stands for.
    fn place(&self, index: usize) -> (Option<usize>, usize) {
        let width = self.table.rel.schema.len();
        ((index / width).checked_sub(1), index % width)
    }

    /// A column is that of the last row.
    fn column(&self, index: usize) -> Result<PatternTerm, SqlError> {
        let (element, column) = self.place(index);
        let field = &self.table.rel.schema.fields[column];
        let is_there =
            element.is_none_or(|at| !self.is_condition && self.table.elements[at].min > 0);
        Ok(PatternTerm::Last {
            element,
            column,
            offset: 0,
            ty: field.ty.with_nullable(field.ty.nullable || !is_there),
        })
    }

    fn call(&self, pending: &PendingAggregate) -> Result<PatternTerm, SqlError> {
        if pending.call.function == ROWTIME {
            let TimeAttribute::Event { column } = self.table.time else {
                return Err(SqlError::invalid(
                    "MATCH_ROWTIME needs rows in the order of event time",
                    self.span,
                ));
            };
            return self.column(column);
        }
        if pending.filter.is_some() || !pending.order_by.is_empty() {
            return Err(SqlError::unsupported(
                "FILTER and ORDER BY of an aggregate in MATCH_RECOGNIZE",
                self.span,
            ));
        }
        let mut element: Option<Option<usize>> = None;
        let mut columns = Vec::with_capacity(pending.args.len());
        for arg in &pending.args {
            for index in arg.referenced_columns() {
                let (of, _) = self.place(index);
                if element.is_some_and(|known| known != of) {
                    return Err(SqlError::invalid(
                        "the arguments of a call in MATCH_RECOGNIZE must be of one pattern variable",
                        self.span,
                    ));
                }
                element = Some(of);
            }
            columns.push(self.computed(arg));
        }
        let element = element.flatten();
        let mut call = pending.call.clone();
        let offset = call.args.first().map_or(0, |&offset| offset as u32);
        let picked = columns.first().copied().unwrap_or_default();
        let ty = call.ty.with_nullable(true);
        Ok(match call.function.as_str() {
            FIRST => PatternTerm::First {
                element,
                column: picked,
                offset,
                ty,
            },
            LAST => PatternTerm::Last {
                element,
                column: picked,
                offset,
                ty,
            },
            _ => {
                call.args = columns;
                PatternTerm::Aggregate { element, call }
            }
        })
    }

    /// The column of the table that has the expression's value.
    fn computed(&self, expr: &Expr) -> usize {
        let width = self.table.rel.schema.len();
        let of_table = expr.clone().map_columns(&|index| index % width);
        if let Expr::Input { index, .. } = of_table {
            return index;
        }
        let mut computed = self.table.computed.borrow_mut();
        let known = computed.iter().position(|known| *known == of_table);
        width
            + known.unwrap_or_else(|| {
                computed.push(of_table);
                computed.len() - 1
            })
    }
}

fn refuse(spec: &MatchRecognize) -> Result<(), SqlError> {
    let unsupported = |feature: &str| Err(SqlError::unsupported(feature, spec.span));
    if spec.all_rows == Some(true) {
        return unsupported("ALL ROWS PER MATCH").map_err(|e| e.with_help("use ONE ROW PER MATCH"));
    }
    if !spec.subsets.is_empty() {
        return unsupported("SUBSET in MATCH_RECOGNIZE");
    }
    Ok(())
}

/// The columns of the table, then the computed ones.
fn with_computed(rel: Arc<Rel>, computed: Vec<Expr>) -> Arc<Rel> {
    if computed.is_empty() {
        return rel;
    }
    let fields = rel.schema.fields.iter().enumerate();
    let mut columns: Vec<(String, Expr)> = fields
        .map(|(at, field)| (field.name.clone(), Expr::input(at, field.ty.clone())))
        .collect();
    let computed = computed.into_iter().enumerate();
    columns.extend(computed.map(|(at, expr)| (format!("$m{at}"), expr)));
    Rel::project(rel, columns)
}

fn column_of(expr: &ast::Expr, schema: &PlanSchema, clause: &str) -> Result<usize, SqlError> {
    let scope = Scope::of(Vec::new(), schema.clone());
    match &expr.kind {
        ExprKind::Column(name) => match scope.resolve(name)? {
            Expr::Input { index, .. } => Ok(index),
            _ => Err(no_expression(expr, clause)),
        },
        _ => Err(no_expression(expr, clause)),
    }
}

fn no_expression(expr: &ast::Expr, clause: &str) -> SqlError {
    SqlError::unsupported(
        format!("an expression in {clause} of MATCH_RECOGNIZE"),
        expr.span,
    )
    .with_help("compute the column in a sub-query")
}

fn element_named(elements: &[PatternElement], name: &Ident) -> Result<usize, SqlError> {
    let position = elements
        .iter()
        .position(|element| element.name == name.value);
    position.ok_or_else(|| {
        let names = elements.iter().map(|element| element.name.as_str());
        SqlError::invalid(
            format!("unknown pattern variable '{}'", name.value),
            name.span,
        )
        .suggesting(&name.value, names)
    })
}

fn after_match(spec: &MatchRecognize, elements: &[PatternElement]) -> Result<AfterMatch, SqlError> {
    Ok(match &spec.after_match {
        None | Some(ast::AfterMatch::PastLastRow) => AfterMatch::PastLastRow,
        Some(ast::AfterMatch::ToNextRow) => AfterMatch::ToNextRow,
        Some(ast::AfterMatch::ToFirst(name)) => AfterMatch::ToFirst(element_named(elements, name)?),
        Some(ast::AfterMatch::ToLast(name)) => AfterMatch::ToLast(element_named(elements, name)?),
    })
}

/// The elements of a pattern, which has to be a sequence of variables with quantifiers.
fn elements(pattern: &Pattern, span: Span) -> Result<Vec<PatternElement>, SqlError> {
    let mut elements = Vec::new();
    flatten(pattern, span, &mut elements)?;
    if let Some(twice) = (1..elements.len()).find(|&at| {
        let name = |element: &PatternElement| element.name == elements[at].name;
        elements[..at].iter().any(name)
    }) {
        let name = &elements[twice].name;
        let feature = format!("the variable {name} twice in a PATTERN");
        return Err(SqlError::unsupported(feature, span)
            .with_help("give its second place another name with the same condition"));
    }
    if elements.iter().all(|element| element.min == 0) {
        return Err(SqlError::invalid(
            "patterns that can produce empty matches are not supported: there must be at least one variable that is not optional",
            span,
        ));
    }
    match elements.last() {
        Some(last) if last.greedy => {
            Err(SqlError::unsupported(
                "a greedy quantifier as the last element of a PATTERN",
                span,
            )
            .with_help(
                "finish the pattern with a variable without quantifier, or with a reluctant one such as A+?",
            ))
        }
        _ => Ok(elements),
    }
}

fn flatten(
    pattern: &Pattern,
    span: Span,
    elements: &mut Vec<PatternElement>,
) -> Result<(), SqlError> {
    let element = |name: &Ident, min: u32, max: Option<u32>, greedy: bool| PatternElement {
        name: name.value.clone(),
        min,
        max,
        greedy,
        condition: None,
    };
    let unsupported = |feature: &str| Err(SqlError::unsupported(feature, span));
    match pattern {
        Pattern::Variable(name) => elements.push(element(name, 1, Some(1), false)),
        Pattern::Sequence(parts) => {
            for part in parts {
                flatten(part, span, elements)?;
            }
        }
        Pattern::Repeat {
            pattern,
            min,
            max,
            reluctant,
        } => {
            let Pattern::Variable(name) = &**pattern else {
                return unsupported("a quantifier over a group of pattern variables");
            };
            let is_optional = (*min, *max) == (0, Some(1));
            if is_optional && *reluctant {
                return unsupported("a reluctant optional pattern variable (A??)");
            }
            let is_open = *max != Some(*min) && !is_optional;
            elements.push(element(name, *min, *max, is_open && !reluctant));
        }
        Pattern::Alternatives(_) => return unsupported("alternatives ('|') in a PATTERN"),
        Pattern::Exclude(_) => return unsupported("exclusions ('{- -}') in a PATTERN"),
        Pattern::Permute(_) => return unsupported("PERMUTE in a PATTERN"),
    }
    Ok(())
}

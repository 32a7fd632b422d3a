//! Expressions: operators and special forms become calls of the function library with converted arguments.
//!
//! Calls written as calls are in [`super::call`]. Aggregates are not values of a row: where they are
//! allowed they are collected, and stand in the expression as columns behind those of the scope, which
//! [`super::aggregate`] then resolves.

use std::cell::RefCell;
use std::collections::BTreeMap;

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_functions::typing::{can_cast, case_type};
use alpheus_functions::{Argument, registry};
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{
    self, BinaryOp, ExprKind, IsTest, QuantifiedSet, Quantifier, TrimSide, UnaryOp,
};

use super::aggregate::Collector;
use super::group_window::GroupWindow;
use super::over::Overs;
use super::scope::{Scope, row_field};
use super::subquery::Subqueries;
use super::{Binder, convert, data_type, literal};
use crate::error::SqlError;

/// Whether aggregates may stand in an expression.
#[derive(Clone, Copy)]
pub(super) enum Aggregates<'e> {
    /// They are put aside there.
    Collect(&'e RefCell<Collector>),
    /// They may not, in what this names ("WHERE", "an aggregate function").
    Refused(&'static str),
}

/// Binds the expressions of one clause.
pub(super) struct ExprBinder<'e> {
    pub(super) binder: &'e Binder<'e>,
    pub(super) scope: &'e Scope,
    pub(super) aggregates: Aggregates<'e>,
    /// Where OVER calls go; none where they may not stand.
    pub(super) overs: Option<Overs<'e>>,
    /// Expressions that names can stand for which are no columns.
    pub(super) aliases: Vec<(String, Expr)>,
    /// The window of GROUP BY that parts of windows are of.
    pub(super) group_window: Option<&'e GroupWindow>,
    /// Where sub-queries go; nowhere if they are refused.
    pub(super) subqueries: Option<Subqueries<'e>>,
    /// Where each column was last referred to, for errors that are found later.
    pub(super) references: RefCell<BTreeMap<usize, Span>>,
}

impl<'e> ExprBinder<'e> {
    pub(super) fn new(
        binder: &'e Binder<'e>,
        scope: &'e Scope,
        aggregates: Aggregates<'e>,
    ) -> ExprBinder<'e> {
        ExprBinder {
            binder,
            scope,
            aggregates,
            overs: None,
            aliases: Vec::new(),
            group_window: None,
            subqueries: None,
            references: RefCell::default(),
        }
    }

    /// The same, with sub-queries put aside.
    pub(super) fn with_subqueries(mut self, subqueries: Subqueries<'e>) -> ExprBinder<'e> {
        self.subqueries = Some(subqueries);
        self
    }

    /// A condition of the clause `what`.
    pub(super) fn condition(&self, expr: &ast::Expr, what: &str) -> Result<Expr, SqlError> {
        let bound = self.bind(expr)?;
        match bound.ty().kind {
            TypeKind::Boolean => Ok(bound),
            TypeKind::Null => Ok(convert(bound, &TypeKind::Boolean.nullable())),
            _ => Err(SqlError::invalid(
                format!("{what} needs a condition, but this is {}", bound.ty().kind),
                expr.span,
            )
            .with_help("compare it with something")),
        }
    }

    /// An expression with its type.
    pub(super) fn bind(&self, expr: &ast::Expr) -> Result<Expr, SqlError> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(written) => literal::literal(written, span),
            ExprKind::Column(name) => self.column(name),
            ExprKind::Unary { op, expr } => self.unary(*op, expr, span),
            ExprKind::Binary { .. } => self.binary(expr),
            ExprKind::Is {
                expr,
                negated,
                test,
            } => {
                let test = is_test(*test);
                let name = if *negated {
                    format!("IS NOT {test}")
                } else {
                    format!("IS {test}")
                };
                let operand = self.bind(expr)?;
                self.call(&name, vec![operand], span)
            }
            ExprKind::IsDistinctFrom {
                left,
                negated,
                right,
            } => {
                let name = if *negated {
                    "IS NOT DISTINCT FROM"
                } else {
                    "IS DISTINCT FROM"
                };
                let args = vec![self.bind(left)?, self.bind(right)?];
                self.call(name, args, span)
            }
            ExprKind::Between {
                expr,
                negated,
                symmetric,
                low,
                high,
            } => {
                let value = self.bind(expr)?;
                let (low, high) = (self.bind(low)?, self.bind(high)?);
                let mut within = self.between(&value, &low, &high, span)?;
                if *symmetric {
                    let other = self.between(&value, &high, &low, span)?;
                    within = self.call("OR", vec![within, other], span)?;
                }
                self.negate_if(*negated, within, span)
            }
            ExprKind::InList {
                expr,
                negated,
                list,
            } => {
                let mut args = vec![self.bind(expr)?];
                for item in list {
                    args.push(self.bind(item)?);
                }
                let found = self.call("IN", args, span)?;
                self.negate_if(*negated, found, span)
            }
            ExprKind::Like {
                expr,
                negated,
                similar,
                pattern,
                escape,
            } => {
                let mut args = vec![self.bind(expr)?, self.bind(pattern)?];
                if let Some(escape) = escape {
                    args.push(self.bind(escape)?);
                }
                let name = if *similar { "SIMILAR TO" } else { "LIKE" };
                let matches = self.call(name, args, span)?;
                self.negate_if(*negated, matches, span)
            }
            ExprKind::Quantified {
                left,
                op,
                quantifier,
                right: QuantifiedSet::List(list),
            } => {
                let left = self.bind(left)?;
                let connective = match quantifier {
                    Quantifier::Any => "OR",
                    Quantifier::All => "AND",
                };
                let mut all = Vec::with_capacity(list.len());
                for item in list {
                    let right = self.bind(item)?;
                    all.push(self.call(operator(*op), vec![left.clone(), right], span)?);
                }
                self.balanced(connective, all, span)
            }
            ExprKind::InQuery {
                expr,
                negated,
                query,
            } => {
                let found = self.in_query(expr, query, span)?;
                self.negate_if(*negated, found, span)
            }
            ExprKind::Exists(query) => self.exists(query, span),
            ExprKind::Subquery(query) => self.value_of(query, span),
            ExprKind::Quantified {
                left,
                op,
                quantifier,
                right: QuantifiedSet::Query(query),
            } => self.quantified(left, *op, *quantifier, query, span),
            ExprKind::Case {
                operand,
                branches,
                otherwise,
            } => self.case(operand.as_deref(), branches, otherwise.as_deref(), span),
            ExprKind::Cast {
                try_cast,
                expr,
                data_type: ty,
            } => {
                let input = self.bind(expr)?;
                cast(input, data_type(ty)?, *try_cast, ty.nullable, span)
            }
            ExprKind::Extract { unit, expr } => {
                let args = vec![literal::string(unit.name()), self.bind(expr)?];
                self.call("EXTRACT", args, span)
            }
            ExprKind::Trim { side, what, expr } => {
                let name = match side {
                    TrimSide::Both => "BTRIM",
                    TrimSide::Leading => "LTRIM",
                    TrimSide::Trailing => "RTRIM",
                };
                let mut args = vec![self.bind(expr)?];
                if let Some(what) = what {
                    args.push(self.bind(what)?);
                }
                self.call(name, args, span)
            }
            ExprKind::Substring { expr, from, length } => self.call_of(
                "SUBSTRING",
                &[Some(expr), Some(from), length.as_deref()],
                span,
            ),
            ExprKind::Overlay {
                expr,
                placing,
                from,
                length,
            } => self.call_of(
                "OVERLAY",
                &[Some(expr), Some(placing), Some(from), length.as_deref()],
                span,
            ),
            ExprKind::Position {
                needle,
                haystack,
                from,
            } => {
                let name = if from.is_some() { "LOCATE" } else { "POSITION" };
                self.call_of(name, &[Some(needle), Some(haystack), from.as_deref()], span)
            }
            ExprKind::RoundTime { ceil, expr, unit } => {
                let args = vec![self.bind(expr)?, literal::string(unit.name())];
                self.call(if *ceil { "CEIL" } else { "FLOOR" }, args, span)
            }
            ExprKind::TimestampAdd { unit, count, time } => {
                let unit = literal::string(unit.name());
                let args = vec![unit, self.bind(count)?, self.bind(time)?];
                self.call("TIMESTAMPADD", args, span)
            }
            ExprKind::TimestampDiff { unit, from, to } => {
                let unit = literal::string(unit.name());
                let args = vec![unit, self.bind(from)?, self.bind(to)?];
                self.call("TIMESTAMPDIFF", args, span)
            }
            ExprKind::Call(call) => self.function_call(call),
            ExprKind::Json(call) => self.json_call(call, span),
            ExprKind::Row(items) => {
                let args: Result<Vec<Expr>, SqlError> =
                    items.iter().map(|item| self.bind(item)).collect();
                self.call("ROW", args?, span)
            }
            ExprKind::Array(items) => {
                let args: Result<Vec<Expr>, SqlError> =
                    items.iter().map(|item| self.bind(item)).collect();
                self.call("ARRAY", args?, span)
            }
            ExprKind::Map(pairs) => {
                let mut args = Vec::with_capacity(pairs.len() * 2);
                for (key, value) in pairs {
                    args.push(self.bind(key)?);
                    args.push(self.bind(value)?);
                }
                self.call("MAP", args, span)
            }
            ExprKind::Element { expr, index } => {
                let args = vec![self.bind(expr)?, self.bind(index)?];
                self.call("ITEM", args, span)
            }
            ExprKind::Field { expr, field } => row_field(self.bind(expr)?, field),
        }
    }

    fn column(&self, name: &ast::ObjectName) -> Result<Expr, SqlError> {
        if !self.scope.mentions(name)
            && self.alias(name).is_none()
            && let Some(outer) = self.binder.outer_column(name)
        {
            return outer;
        }
        let expr = match self.scope.resolve(name) {
            Err(error) => match self.alias(name) {
                Some(expr) => return Ok(expr),
                None => return Err(error),
            },
            Ok(expr) => expr,
        };
        for column in expr.referenced_columns() {
            self.references.borrow_mut().insert(column, name.span);
        }
        Ok(expr)
    }

    fn alias(&self, name: &ast::ObjectName) -> Option<Expr> {
        let name = name.single()?;
        let mut aliases = self.aliases.iter();
        let (_, expr) = aliases.find(|(alias, _)| *alias == name.value)?;
        Some(expr.clone())
    }

    fn unary(&self, op: UnaryOp, operand: &ast::Expr, span: Span) -> Result<Expr, SqlError> {
        let bound = self.bind(operand)?;
        match op {
            UnaryOp::Not => self.call("NOT", vec![bound], span),
            UnaryOp::Minus => match literal::negated(&bound) {
                Some(negative) => Ok(negative),
                None => self.call("NEGATE", vec![bound], span),
            },
            UnaryOp::Plus if bound.ty().kind.is_numeric() || bound.ty().kind.is_interval() => {
                Ok(bound)
            }
            UnaryOp::Plus => Err(SqlError::invalid(
                format!("'+' needs a number, but this is {}", bound.ty().kind),
                operand.span,
            )),
        }
    }

    /// A chain of operators that associate to the left, without recursion along it: chains may be long.
    fn binary(&self, expr: &ast::Expr) -> Result<Expr, SqlError> {
        let mut links = Vec::new();
        let mut first = expr;
        while let ExprKind::Binary { left, op, right } = &first.kind {
            links.push((*op, &**right, first.span));
            first = left;
        }
        let mut links = links.into_iter().rev().peekable();
        let rows = match (&first.kind, links.peek()) {
            (ExprKind::Row(lefts), Some((BinaryOp::Equal, right, span))) => match &right.kind {
                ExprKind::Row(rights) if lefts.len() == rights.len() && !lefts.is_empty() => {
                    Some((lefts, rights, *span))
                }
                _ => None,
            },
            _ => None,
        };
        let mut result = match rows {
            Some((lefts, rights, span)) => {
                links.next();
                self.equal_fields(lefts, rights, span)?
            }
            None => self.bind(first)?,
        };
        while let Some((op, right, span)) = links.next() {
            if matches!(op, BinaryOp::And | BinaryOp::Or) {
                let mut operands = vec![result, self.bind(right)?];
                let mut whole = span;
                while let Some((_, right, span)) = links.next_if(|(next, _, _)| *next == op) {
                    operands.push(self.bind(right)?);
                    whole = span;
                }
                result = self.balanced(operator(op), operands, whole)?;
            } else if op == BinaryOp::Overlaps {
                result = self.overlaps(result, self.bind(right)?, span)?;
            } else {
                let right = self.bind(right)?;
                result = self.call(operator(op), vec![result, right], span)?;
            }
        }
        Ok(result)
    }

    /// Rows that are written out are equal field by field, so that NULL in one field leaves the answer to the others. Rows in them
    /// are values, as in Flink.
    fn equal_fields(
        &self,
        lefts: &[ast::Expr],
        rights: &[ast::Expr],
        span: Span,
    ) -> Result<Expr, SqlError> {
        let fields = lefts
            .iter()
            .zip(rights)
            .map(|(left, right)| self.call("=", vec![self.bind(left)?, self.bind(right)?], span));
        let fields: Result<Vec<Expr>, SqlError> = fields.collect();
        self.balanced("AND", fields?, span)
    }

    /// AND or OR of several operands as a tree of small height.
    fn balanced(
        &self,
        connective: &str,
        mut operands: Vec<Expr>,
        span: Span,
    ) -> Result<Expr, SqlError> {
        if operands.len() > 2 {
            let right = operands.split_off(operands.len() / 2);
            let left = self.balanced(connective, operands, span)?;
            let right = self.balanced(connective, right, span)?;
            return self.call(connective, vec![left, right], span);
        }
        match operands.len() {
            1 => Ok(operands.remove(0)),
            _ => self.call(connective, operands, span),
        }
    }

    fn between(&self, value: &Expr, low: &Expr, high: &Expr, span: Span) -> Result<Expr, SqlError> {
        let above = self.call(">=", vec![value.clone(), low.clone()], span)?;
        let below = self.call("<=", vec![value.clone(), high.clone()], span)?;
        self.call("AND", vec![above, below], span)
    }

    fn negate_if(&self, negated: bool, expr: Expr, span: Span) -> Result<Expr, SqlError> {
        if negated {
            self.call("NOT", vec![expr], span)
        } else {
            Ok(expr)
        }
    }

    fn case(
        &self,
        operand: Option<&ast::Expr>,
        branches: &[(ast::Expr, ast::Expr)],
        otherwise: Option<&ast::Expr>,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let operand = operand.map(|operand| self.bind(operand)).transpose()?;
        let mut bound = Vec::with_capacity(branches.len());
        for (when, then) in branches {
            let condition = match &operand {
                Some(operand) => {
                    let value = self.bind(when)?;
                    self.call("=", vec![operand.clone(), value], when.span)?
                }
                None => self.condition(when, "WHEN")?,
            };
            bound.push((condition, self.bind(then)?));
        }
        let otherwise = otherwise.map(|expr| self.bind(expr)).transpose()?;
        let results = bound.iter().map(|(_, result)| result).chain(&otherwise);
        let types: Vec<LogicalType> = results.map(|result| result.ty().clone()).collect();
        let ty = case_type(&types, otherwise.is_some()).ok_or_else(|| {
            let kinds: Vec<String> = types.iter().map(|ty| ty.kind.to_string()).collect();
            SqlError::invalid(
                format!(
                    "the results of CASE have no common type: {}",
                    kinds.join(", ")
                ),
                span,
            )
            .with_help("add a CAST to the results that differ")
        })?;
        if ty.kind == TypeKind::Null {
            return Err(SqlError::invalid(
                "the type of this CASE cannot be found: all results are NULL",
                span,
            )
            .with_help("cast one of them: CAST(NULL AS INT)"));
        }
        let branches = bound
            .into_iter()
            .map(|(condition, result)| (condition, convert(result, &ty)))
            .collect();
        Ok(Expr::Case {
            branches,
            otherwise: otherwise.map(|expr| Box::new(convert(expr, &ty))),
            ty,
        })
    }

    fn call_of(
        &self,
        name: &str,
        args: &[Option<&ast::Expr>],
        span: Span,
    ) -> Result<Expr, SqlError> {
        let args: Result<Vec<Expr>, SqlError> =
            args.iter().flatten().map(|arg| self.bind(arg)).collect();
        self.call(name, args?, span)
    }

    /// A call of the function library: the signature decides conversions and result.
    pub(super) fn call(&self, name: &str, args: Vec<Expr>, span: Span) -> Result<Expr, SqlError> {
        let Some(function) = registry::lookup(name) else {
            return Err(super::call::unknown_function(name, span));
        };
        if let Some(reason) = function.refused() {
            return Err(
                SqlError::unsupported(format!("the function {}", function.name), span)
                    .with_help(reason),
            );
        }
        let arguments: Vec<Argument> = args.iter().map(argument).collect();
        let resolution = function.resolve(&arguments).map_err(|error| {
            let what = if error.function.starts_with(char::is_alphabetic) {
                "function"
            } else {
                "operator"
            };
            let error_text = format!("{what} {} cannot take ({})", error.function, error.got);
            let complaint = SqlError::invalid(error_text, span);
            let complaint = match error.reason.as_str() {
                "no signature fits" => complaint,
                reason => complaint.with_note(reason),
            };
            complaint.with_help(format!("it is called as {}", error.supported))
        })?;
        let args = args
            .into_iter()
            .zip(&resolution.arg_types)
            .map(|(arg, ty)| convert(arg, ty))
            .collect();
        Ok(Expr::call(function.name, args, resolution.result))
    }
}

fn argument(expr: &Expr) -> Argument {
    Argument {
        ty: expr.ty().clone(),
        literal: match expr {
            Expr::Literal { value, .. } => Some(value.clone()),
            _ => None,
        },
    }
}

/// CAST and TRY_CAST as written in SQL.
fn cast(
    input: Expr,
    ty: LogicalType,
    try_cast: bool,
    nullable: Option<bool>,
    span: Span,
) -> Result<Expr, SqlError> {
    let from = input.ty().clone();
    if !can_cast(&from, &ty) {
        if from.kind.is_timestamp() && ty.kind.is_numeric() {
            return Err(SqlError::invalid(
                "the cast from TIMESTAMP type to NUMERIC type is not allowed",
                span,
            )
            .with_help("use UNIX_TIMESTAMP(CAST(timestamp_col AS STRING)) instead"));
        }
        if from.kind.is_numeric() && ty.kind.is_timestamp() {
            return Err(SqlError::invalid(
                "the cast from NUMERIC type to TIMESTAMP type is not allowed",
                span,
            )
            .with_help(
                "use TO_TIMESTAMP(FROM_UNIXTIME(numeric_col)), or TO_TIMESTAMP_LTZ(numeric_col, 3)",
            ));
        }
        return Err(SqlError::invalid(
            format!("{} cannot be cast to {}", from.kind, ty.kind),
            span,
        ));
    }
    if nullable == Some(false) && (from.nullable || try_cast) {
        return Err(SqlError::invalid("a CAST cannot take NULLs away", span)
            .with_help("use COALESCE to give NULLs a value"));
    }
    let ty = ty.with_nullable(from.nullable || try_cast);
    Ok(match input {
        Expr::Literal {
            value: Literal::Null,
            ..
        } => Expr::literal(Literal::Null, ty),
        input if input.ty().kind == ty.kind => input,
        input => Expr::Cast {
            input: Box::new(input),
            ty,
            try_cast,
        },
    })
}

fn is_test(test: IsTest) -> &'static str {
    match test {
        IsTest::Null => "NULL",
        IsTest::True => "TRUE",
        IsTest::False => "FALSE",
        IsTest::Unknown => "UNKNOWN",
        IsTest::JsonValue => "JSON VALUE",
        IsTest::JsonObject => "JSON OBJECT",
        IsTest::JsonArray => "JSON ARRAY",
        IsTest::JsonScalar => "JSON SCALAR",
    }
}

/// The function library's name of an operator.
pub(super) fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "OR",
        BinaryOp::And => "AND",
        BinaryOp::Equal => "=",
        BinaryOp::NotEqual => "<>",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::Overlaps => "OVERLAPS",
        BinaryOp::Plus => "+",
        BinaryOp::Minus => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
        BinaryOp::Concat => "||",
    }
}

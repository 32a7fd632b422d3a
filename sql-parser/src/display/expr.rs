//! Expressions, with parentheses where precedence needs them.
use super::{clause, list, option, string};
use crate::ast::{
    ArgValue, BinaryOp, Expr, ExprKind, FunctionArg, FunctionCall, IsTest, Literal, NullTreatment,
    ObjectName, Over, QuantifiedSet, Quantifier, SetQuantifier, TableArg, TableArgSource, TrimSide,
    UnaryOp,
};
use crate::keywords::{is_callable, is_niladic};
use crate::parser::expr::precedence;
use std::fmt::{Display, Formatter, Result};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.kind.fmt(f)
    }
}

/// `expr`, in parentheses if its operator binds less tightly than `least`.
struct Within<'a>(&'a Expr, u8);

impl Display for Within<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.0.kind.precedence() < self.1 {
            write!(f, "({})", self.0)
        } else {
            self.0.fmt(f)
        }
    }
}

impl ExprKind {
    fn precedence(&self) -> u8 {
        match self {
            ExprKind::Unary {
                op: UnaryOp::Not, ..
            } => precedence::NOT,
            ExprKind::Unary { .. } => precedence::SIGN,
            ExprKind::Binary { op, .. } | ExprKind::Quantified { op, .. } => op.precedence(),
            ExprKind::Is { .. } => precedence::IS,
            // It reads like IS on its left and like a comparison on its right: parentheses are safe on both.
            ExprKind::IsDistinctFrom { .. } => precedence::IS,
            ExprKind::Between { .. }
            | ExprKind::InList { .. }
            | ExprKind::InQuery { .. }
            | ExprKind::Like { .. } => precedence::IN,
            _ => precedence::ATOM,
        }
    }
}

impl Display for ExprKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let not = |negated: &bool| if *negated { "NOT " } else { "" };
        let tight = precedence::IN + 1;
        match self {
            ExprKind::Literal(literal) => literal.fmt(f),
            ExprKind::Column(name) => name.fmt(f),
            ExprKind::Unary {
                op: UnaryOp::Not,
                expr,
            } => write!(f, "NOT {}", Within(expr, precedence::NOT)),
            ExprKind::Unary { op, expr } => {
                // Two signs in a row could read as a comment.
                let sign = if *op == UnaryOp::Minus { '-' } else { '+' };
                write!(f, "{sign}{}", Within(expr, precedence::SIGN + 1))
            }
            ExprKind::Binary { .. } => binary(f, self),
            ExprKind::Is {
                expr,
                negated,
                test,
            } => {
                write!(
                    f,
                    "{} IS {}{}",
                    Within(expr, precedence::IS + 1),
                    not(negated),
                    test.text()
                )
            }
            ExprKind::IsDistinctFrom {
                left,
                negated,
                right,
            } => {
                let (left, right) = (Within(left, tight), Within(right, tight));
                write!(f, "{left} IS {}DISTINCT FROM {right}", not(negated))
            }
            ExprKind::Between {
                expr,
                negated,
                symmetric,
                low,
                high,
            } => {
                let symmetric = if *symmetric { "SYMMETRIC " } else { "" };
                let (low, high) = (Within(low, tight), Within(high, tight));
                write!(
                    f,
                    "{} {}BETWEEN {symmetric}{low} AND {high}",
                    Within(expr, tight),
                    not(negated)
                )
            }
            ExprKind::InList {
                expr,
                negated,
                list: items,
            } => {
                write!(f, "{} {}IN (", Within(expr, tight), not(negated))?;
                // A lone subquery in a list must not read as the query form.
                let lone = matches!(
                    items.as_slice(),
                    [Expr {
                        kind: ExprKind::Subquery(_),
                        ..
                    }]
                );
                f.write_str(if lone { "(" } else { "" })?;
                list(f, items, ", ")?;
                f.write_str(if lone { "))" } else { ")" })
            }
            ExprKind::InQuery {
                expr,
                negated,
                query,
            } => {
                write!(f, "{} {}IN ({query})", Within(expr, tight), not(negated))
            }
            ExprKind::Like {
                expr,
                negated,
                similar,
                pattern,
                escape,
            } => {
                let word = if *similar { "SIMILAR TO" } else { "LIKE" };
                write!(
                    f,
                    "{} {}{word} {}",
                    Within(expr, tight),
                    not(negated),
                    Within(pattern, tight)
                )?;
                option(
                    f,
                    "ESCAPE",
                    &escape.as_ref().map(|escape| Within(escape, tight)),
                )
            }
            ExprKind::Quantified {
                left,
                op,
                quantifier,
                right,
            } => {
                let word = if *quantifier == Quantifier::Any {
                    "ANY"
                } else {
                    "ALL"
                };
                write!(
                    f,
                    "{} {} {word} (",
                    Within(left, op.precedence()),
                    op.text()
                )?;
                match right {
                    QuantifiedSet::List(items) => list(f, items, ", ")?,
                    QuantifiedSet::Query(query) => query.fmt(f)?,
                }
                f.write_str(")")
            }
            ExprKind::Exists(query) => write!(f, "EXISTS ({query})"),
            ExprKind::Subquery(query) => write!(f, "({query})"),
            ExprKind::Case {
                operand,
                branches,
                otherwise,
            } => {
                f.write_str("CASE")?;
                if let Some(operand) = operand {
                    write!(f, " {operand}")?;
                }
                for (condition, result) in branches {
                    write!(f, " WHEN {condition} THEN {result}")?;
                }
                option(f, "ELSE", otherwise)?;
                f.write_str(" END")
            }
            ExprKind::Cast {
                try_cast,
                expr,
                data_type,
            } => {
                write!(
                    f,
                    "{}CAST({expr} AS {data_type})",
                    if *try_cast { "TRY_" } else { "" }
                )
            }
            ExprKind::Extract { unit, expr } => write!(f, "EXTRACT({} FROM {expr})", unit.name()),
            ExprKind::Trim { side, what, expr } => {
                let side = match side {
                    TrimSide::Both => "BOTH",
                    TrimSide::Leading => "LEADING",
                    TrimSide::Trailing => "TRAILING",
                };
                match what {
                    Some(what) => write!(f, "TRIM({side} {what} FROM {expr})"),
                    None => write!(f, "TRIM({side} FROM {expr})"),
                }
            }
            ExprKind::Substring { expr, from, length } => {
                write!(f, "SUBSTRING({expr} FROM {from}")?;
                option(f, "FOR", length)?;
                f.write_str(")")
            }
            ExprKind::Overlay {
                expr,
                placing,
                from,
                length,
            } => {
                write!(f, "OVERLAY({expr} PLACING {placing} FROM {from}")?;
                option(f, "FOR", length)?;
                f.write_str(")")
            }
            ExprKind::Position {
                needle,
                haystack,
                from,
            } => {
                write!(f, "POSITION({} IN {haystack}", Within(needle, tight))?;
                option(f, "FROM", from)?;
                f.write_str(")")
            }
            ExprKind::RoundTime { ceil, expr, unit } => {
                write!(
                    f,
                    "{}({expr} TO {})",
                    if *ceil { "CEIL" } else { "FLOOR" },
                    unit.name()
                )
            }
            ExprKind::TimestampAdd { unit, count, time } => {
                write!(f, "TIMESTAMPADD({}, {count}, {time})", unit.name())
            }
            ExprKind::TimestampDiff { unit, from, to } => {
                write!(f, "TIMESTAMPDIFF({}, {from}, {to})", unit.name())
            }
            ExprKind::Call(call) => call.fmt(f),
            ExprKind::Json(call) => call.fmt(f),
            ExprKind::Row(items) => enclosed(f, "ROW(", items, ")"),
            ExprKind::Array(items) => enclosed(f, "ARRAY[", items, "]"),
            ExprKind::Map(entries) => {
                let flat: Vec<_> = entries
                    .iter()
                    .flat_map(|(key, value)| [key, value])
                    .collect();
                enclosed(f, "MAP[", &flat, "]")
            }
            ExprKind::Element { expr, index } => {
                write!(f, "{}[{index}]", Within(expr, precedence::ATOM))
            }
            // Without parentheses the field would become part of the column's name or of the number.
            ExprKind::Field { expr, field }
                if matches!(expr.kind, ExprKind::Column(_) | ExprKind::Literal(_)) =>
            {
                write!(f, "({expr}).{field}")
            }
            ExprKind::Field { expr, field } => {
                write!(f, "{}.{field}", Within(expr, precedence::ATOM))
            }
        }
    }
}

/// A chain of left-associative operators, along its spine instead of down it: chains may be long.
fn binary(f: &mut Formatter<'_>, mut kind: &ExprKind) -> Result {
    let mut spine = Vec::new();
    let mut least = 0;
    let innermost = loop {
        let ExprKind::Binary { left, op, right } = kind else {
            return Ok(());
        };
        spine.push((op, right));
        least = op.precedence().max(least);
        let continues =
            matches!(&left.kind, ExprKind::Binary { op, .. } if op.precedence() >= least);
        if !continues {
            break left;
        }
        kind = &left.kind;
    };
    Within(innermost, least).fmt(f)?;
    for (op, right) in spine.into_iter().rev() {
        write!(f, " {} {}", op.text(), Within(right, op.precedence() + 1))?;
    }
    Ok(())
}

fn enclosed<T: Display>(f: &mut Formatter<'_>, open: &str, items: &[T], close: &str) -> Result {
    f.write_str(open)?;
    list(f, items, ", ")?;
    f.write_str(close)
}

impl BinaryOp {
    /// The operator as written in SQL.
    pub fn text(self) -> &'static str {
        match self {
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
}

impl IsTest {
    /// What follows IS or IS NOT.
    pub fn text(self) -> &'static str {
        match self {
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
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let prefixed = |f: &mut Formatter<'_>, prefix: &str, value: &str| {
            f.write_str(prefix)?;
            string(f, value)
        };
        match self {
            Literal::Null => f.write_str("NULL"),
            Literal::Boolean(value) => f.write_str(if *value { "TRUE" } else { "FALSE" }),
            Literal::Unknown => f.write_str("UNKNOWN"),
            Literal::Number(text) => f.write_str(text),
            Literal::String(value) => string(f, value),
            Literal::Binary(bytes) => {
                f.write_str("X'")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
                f.write_str("'")
            }
            Literal::Date(value) => prefixed(f, "DATE ", value),
            Literal::Time(value) => prefixed(f, "TIME ", value),
            Literal::Timestamp(value) => prefixed(f, "TIMESTAMP ", value),
            Literal::Interval {
                negative,
                value,
                qualifier,
            } => {
                prefixed(f, if *negative { "INTERVAL -" } else { "INTERVAL " }, value)?;
                write!(f, " {qualifier}")
            }
        }
    }
}

/// A function's name: reserved words that can be called need no backticks.
struct FunctionName<'a>(&'a ObjectName);

impl Display for FunctionName<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0.single() {
            Some(name) => {
                let upper = name.value.to_ascii_uppercase();
                if is_callable(&upper) || is_niladic(&upper) {
                    f.write_str(&name.value)
                } else {
                    name.fmt(f)
                }
            }
            None => self.0.fmt(f),
        }
    }
}

impl Display for FunctionCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}", FunctionName(&self.name))?;
        if self.niladic {
            return Ok(());
        }
        f.write_str("(")?;
        f.write_str(match self.quantifier {
            Some(SetQuantifier::Distinct) => "DISTINCT ",
            Some(SetQuantifier::All) => "ALL ",
            None => "",
        })?;
        f.write_str(if self.star { "*" } else { "" })?;
        list(f, &self.args, ", ")?;
        clause(f, "ORDER BY", &self.order_by)?;
        f.write_str(")")?;
        f.write_str(match self.nulls {
            Some(NullTreatment::Respect) => " RESPECT NULLS",
            Some(NullTreatment::Ignore) => " IGNORE NULLS",
            None => "",
        })?;
        if !self.within_group.is_empty() {
            f.write_str(" WITHIN GROUP (ORDER BY ")?;
            list(f, &self.within_group, ", ")?;
            f.write_str(")")?;
        }
        if let Some(filter) = &self.filter {
            write!(f, " FILTER (WHERE {filter})")?;
        }
        match &self.over {
            Some(Over::Name(name)) => write!(f, " OVER {name}"),
            Some(Over::Spec(spec)) => write!(f, " OVER {spec}"),
            None => Ok(()),
        }
    }
}

impl Display for FunctionArg {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if let Some(name) = &self.name {
            write!(f, "{name} => ")?;
        }
        match &self.value {
            ArgValue::Expr(expr) => expr.fmt(f),
            ArgValue::Table(table) => table.fmt(f),
            ArgValue::Descriptor(columns) => enclosed(f, "DESCRIPTOR(", columns, ")"),
            ArgValue::Default => f.write_str("DEFAULT"),
        }
    }
}

impl Display for TableArg {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.source {
            TableArgSource::Named(name) => write!(f, "TABLE {name}")?,
            TableArgSource::Query(query) => write!(f, "TABLE ({query})")?,
        }
        if !self.partition_by.is_empty() {
            enclosed(f, " PARTITION BY (", &self.partition_by, ")")?;
        }
        if !self.order_by.is_empty() {
            enclosed(f, " ORDER BY (", &self.order_by, ")")?;
        }
        Ok(())
    }
}

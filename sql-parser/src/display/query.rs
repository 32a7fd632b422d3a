//! Queries and what they are made of.
use super::{clause, columns, list, option};
use crate::ast::*;
use std::fmt::{Display, Formatter, Result};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if !self.with.is_empty() {
            f.write_str("WITH ")?;
            list(f, &self.with, ", ")?;
            f.write_str(" ")?;
        }
        self.body.fmt(f)?;
        clause(f, "ORDER BY", &self.order_by)?;
        option(f, "LIMIT", &self.limit)?;
        option(f, "OFFSET", &self.offset)
    }
}

impl Display for Cte {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.name.fmt(f)?;
        columns(f, &self.columns)?;
        write!(f, " AS ({})", self.query)
    }
}

impl Display for QueryBody {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            QueryBody::Select(select) => select.fmt(f),
            QueryBody::Values(values) => values.fmt(f),
            QueryBody::Table(name) => write!(f, "TABLE {name}"),
            QueryBody::Set(set) => {
                let op = match set.op {
                    SetOperator::Union => "UNION",
                    SetOperator::Intersect => "INTERSECT",
                    SetOperator::Except => "EXCEPT",
                };
                write!(
                    f,
                    "{} {op}{} {}",
                    set.left,
                    if set.all { " ALL" } else { "" },
                    set.right
                )
            }
            QueryBody::Nested(query) => write!(f, "({query})"),
        }
    }
}

impl Display for Values {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("VALUES ")?;
        for (at, row) in self.rows.iter().enumerate() {
            f.write_str(if at > 0 { ", ROW(" } else { "ROW(" })?;
            list(f, row, ", ")?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl Display for Select {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("SELECT ")?;
        if !self.hints.is_empty() {
            hints(f, &self.hints)?;
            f.write_str(" ")?;
        }
        f.write_str(quantifier(self.quantifier))?;
        list(f, &self.items, ", ")?;
        clause(f, "FROM", &self.from)?;
        option(f, "WHERE", &self.selection)?;
        if let Some(group_by) = &self.group_by {
            write!(f, " GROUP BY {}", quantifier(group_by.quantifier))?;
            list(f, &group_by.items, ", ")?;
        }
        option(f, "HAVING", &self.having)?;
        clause(f, "WINDOW", &self.windows)?;
        option(f, "QUALIFY", &self.qualify)
    }
}

fn quantifier(quantifier: Option<SetQuantifier>) -> &'static str {
    match quantifier {
        Some(SetQuantifier::Distinct) => "DISTINCT ",
        Some(SetQuantifier::All) => "ALL ",
        None => "",
    }
}

fn hints(f: &mut Formatter<'_>, all: &[Hint]) -> Result {
    f.write_str("/*+ ")?;
    list(f, all, ", ")?;
    f.write_str(" */")
}

impl Display for Hint {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.name.fmt(f)?;
        if self.args.is_empty() {
            return Ok(());
        }
        f.write_str("(")?;
        list(f, &self.args, ", ")?;
        f.write_str(")")
    }
}

impl Display for HintArg {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            HintArg::Pair(pair) => pair.fmt(f),
            HintArg::Name(name) => name.fmt(f),
            HintArg::Literal(literal) => literal.fmt(f),
        }
    }
}

impl Display for SelectItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            SelectItem::Star(_) => f.write_str("*"),
            SelectItem::QualifiedStar(name) => write!(f, "{name}.*"),
            SelectItem::Expr { expr, alias } => {
                expr.fmt(f)?;
                option(f, "AS", alias)
            }
        }
    }
}

impl Display for GroupItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (word, items) = match self {
            GroupItem::Expr(expr) => return expr.fmt(f),
            GroupItem::Set(items) => {
                f.write_str("(")?;
                list(f, items, ", ")?;
                return f.write_str(")");
            }
            GroupItem::GroupingSets(items) => ("GROUPING SETS", items),
            GroupItem::Rollup(items) => ("ROLLUP", items),
            GroupItem::Cube(items) => ("CUBE", items),
        };
        write!(f, "{word} (")?;
        list(f, items, ", ")?;
        f.write_str(")")
    }
}

impl Display for NamedWindow {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} AS {}", self.name, self.spec)
    }
}

impl Display for WindowSpec {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        struct Inside<'a>(&'a WindowSpec);
        impl Display for Inside<'_> {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                if let Some(base) = &self.0.base {
                    write!(f, " {base}")?;
                }
                clause(f, "PARTITION BY", &self.0.partition_by)?;
                clause(f, "ORDER BY", &self.0.order_by)?;
                self.0
                    .frame
                    .as_ref()
                    .map_or(Ok(()), |frame| write!(f, " {frame}"))
            }
        }
        write!(f, "({})", Inside(self).to_string().trim_start())
    }
}

impl Display for WindowFrame {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let word = if self.range { "RANGE" } else { "ROWS" };
        match &self.end {
            Some(end) => write!(f, "{word} BETWEEN {} AND {end}", self.start),
            None => write!(f, "{word} {}", self.start),
        }
    }
}

impl Display for FrameBound {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            FrameBound::UnboundedPreceding => f.write_str("UNBOUNDED PRECEDING"),
            FrameBound::Preceding(distance) => write!(f, "{distance} PRECEDING"),
            FrameBound::CurrentRow => f.write_str("CURRENT ROW"),
            FrameBound::Following(distance) => write!(f, "{distance} FOLLOWING"),
            FrameBound::UnboundedFollowing => f.write_str("UNBOUNDED FOLLOWING"),
        }
    }
}

impl Display for OrderItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.expr.fmt(f)?;
        f.write_str(if self.descending { " DESC" } else { "" })?;
        f.write_str(match self.nulls_first {
            Some(true) => " NULLS FIRST",
            Some(false) => " NULLS LAST",
            None => "",
        })
    }
}

impl Display for TableRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.kind.fmt(f)?;
        option(f, "AS", &self.alias)
    }
}

impl Display for TableAlias {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.name.fmt(f)?;
        columns(f, &self.columns)
    }
}

impl Display for TableRefKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let prefix = |lateral: &bool| if *lateral { "LATERAL " } else { "" };
        match self {
            TableRefKind::Named {
                name,
                hints: given,
                as_of,
            } => {
                name.fmt(f)?;
                if !given.is_empty() {
                    f.write_str(" ")?;
                    hints(f, given)?;
                }
                option(f, "FOR SYSTEM_TIME AS OF", as_of)
            }
            TableRefKind::Derived { lateral, query } => write!(f, "{}({query})", prefix(lateral)),
            TableRefKind::Function {
                lateral,
                table_keyword: true,
                call,
            } => {
                write!(f, "{}TABLE({call})", prefix(lateral))
            }
            TableRefKind::Function { lateral, call, .. } => write!(f, "{}{call}", prefix(lateral)),
            TableRefKind::Unnest {
                exprs,
                with_ordinality,
            } => {
                f.write_str("UNNEST(")?;
                list(f, exprs, ", ")?;
                f.write_str(if *with_ordinality {
                    ") WITH ORDINALITY"
                } else {
                    ")"
                })
            }
            TableRefKind::Join(join) => join.fmt(f),
            TableRefKind::MatchRecognize { input, spec }
                if matches!(input.kind, TableRefKind::Join(_)) =>
            {
                write!(f, "({input}) MATCH_RECOGNIZE ({spec})")
            }
            TableRefKind::MatchRecognize { input, spec } => {
                write!(f, "{input} MATCH_RECOGNIZE ({spec})")
            }
        }
    }
}

impl Display for Join {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let natural = if self.constraint == JoinConstraint::Natural {
            "NATURAL "
        } else {
            ""
        };
        let kind = match self.kind {
            JoinKind::Inner => "INNER JOIN",
            JoinKind::Left => "LEFT JOIN",
            JoinKind::Right => "RIGHT JOIN",
            JoinKind::Full => "FULL JOIN",
            JoinKind::Cross => "CROSS JOIN",
        };
        write!(f, "{} {natural}{kind} ", self.left)?;
        match &self.right.kind {
            TableRefKind::Join(inner) => write!(f, "({inner})")?,
            _ => self.right.fmt(f)?,
        }
        match &self.constraint {
            JoinConstraint::None | JoinConstraint::Natural => Ok(()),
            JoinConstraint::On(condition) => write!(f, " ON {condition}"),
            JoinConstraint::Using(names) => {
                f.write_str(" USING")?;
                columns(f, names)
            }
        }
    }
}

impl Display for MatchRecognize {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if !self.partition_by.is_empty() {
            f.write_str("PARTITION BY ")?;
            list(f, &self.partition_by, ", ")?;
        }
        clause(f, "ORDER BY", &self.order_by)?;
        clause(f, "MEASURES", &self.measures)?;
        f.write_str(match self.all_rows {
            Some(true) => " ALL ROWS PER MATCH",
            Some(false) => " ONE ROW PER MATCH",
            None => "",
        })?;
        match &self.after_match {
            Some(AfterMatch::PastLastRow) => f.write_str(" AFTER MATCH SKIP PAST LAST ROW")?,
            Some(AfterMatch::ToNextRow) => f.write_str(" AFTER MATCH SKIP TO NEXT ROW")?,
            Some(AfterMatch::ToFirst(name)) => write!(f, " AFTER MATCH SKIP TO FIRST {name}")?,
            Some(AfterMatch::ToLast(name)) => write!(f, " AFTER MATCH SKIP TO LAST {name}")?,
            None => {}
        }
        write!(f, " PATTERN ({})", self.pattern)?;
        option(f, "WITHIN", &self.within)?;
        for (at, (name, members)) in self.subsets.iter().enumerate() {
            write!(f, "{}{name} =", if at == 0 { " SUBSET " } else { ", " })?;
            columns(f, members)?;
        }
        for (at, (name, condition)) in self.define.iter().enumerate() {
            write!(
                f,
                "{}{name} AS {condition}",
                if at == 0 { " DEFINE " } else { ", " }
            )?;
        }
        Ok(())
    }
}

impl Display for Measure {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self.is_final {
            Some(true) => "FINAL ",
            Some(false) => "RUNNING ",
            None => "",
        })?;
        write!(f, "{} AS {}", self.expr, self.alias)
    }
}

impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Pattern::Variable(name) => name.fmt(f),
            Pattern::Sequence(steps) => {
                for (at, step) in steps.iter().enumerate() {
                    f.write_str(if at > 0 { " " } else { "" })?;
                    match step {
                        Pattern::Sequence(_) | Pattern::Alternatives(_) => write!(f, "({step})")?,
                        _ => step.fmt(f)?,
                    }
                }
                Ok(())
            }
            Pattern::Alternatives(all) => {
                for (at, one) in all.iter().enumerate() {
                    f.write_str(if at > 0 { " | " } else { "" })?;
                    match one {
                        Pattern::Alternatives(_) => write!(f, "({one})")?,
                        _ => one.fmt(f)?,
                    }
                }
                Ok(())
            }
            Pattern::Repeat {
                pattern,
                min,
                max,
                reluctant,
            } => {
                match pattern.as_ref() {
                    Pattern::Sequence(_) | Pattern::Alternatives(_) | Pattern::Repeat { .. } => {
                        write!(f, "({pattern})")?
                    }
                    _ => pattern.fmt(f)?,
                }
                match (min, max) {
                    (0, None) => f.write_str("*")?,
                    (1, None) => f.write_str("+")?,
                    (0, Some(1)) => f.write_str("?")?,
                    (min, None) => write!(f, "{{{min},}}")?,
                    (min, Some(max)) => write!(f, "{{{min},{max}}}")?,
                }
                f.write_str(if *reluctant { "?" } else { "" })
            }
            Pattern::Exclude(inner) => write!(f, "{{- {inner} -}}"),
            Pattern::Permute(all) => {
                f.write_str("PERMUTE(")?;
                list(f, all, ", ")?;
                f.write_str(")")
            }
        }
    }
}

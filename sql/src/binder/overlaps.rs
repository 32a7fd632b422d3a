//! `(start, end or length) OVERLAPS (start, end or length)`, in terms of comparisons.
//!
//! A period may be given back to front. Two of them overlap when each ends no earlier than the other
//! begins, so that periods that only touch do (Flink's `TemporalOverlaps`).

use alpheus_dataflow::expr::Expr;
use alpheus_functions::typing::common_type;
use alpheus_sql_parser::Span;

use super::convert;
use super::expr::ExprBinder;
use crate::error::SqlError;

/// The ends of a period, the earlier one first.
struct Period {
    start: Expr,
    end: Expr,
}

impl ExprBinder<'_> {
    /// Whether two periods, each a ROW of two, have a point in common.
    pub(super) fn overlaps(&self, left: Expr, right: Expr, span: Span) -> Result<Expr, SqlError> {
        let (left, right) = (self.period(left, span)?, self.period(right, span)?);
        let ends_after = self.call(">=", vec![left.end, right.start], span)?;
        let begins_before = self.call(">=", vec![right.end, left.start], span)?;
        self.call("AND", vec![ends_after, begins_before], span)
    }

    fn period(&self, row: Expr, span: Span) -> Result<Period, SqlError> {
        let wrong = |what: String| {
            SqlError::invalid(what, span)
                .with_help("write (start, end) OVERLAPS (start, end), or an interval for an end")
        };
        let (start, end) = match row {
            Expr::Call { function, args, .. } if function == "ROW" && args.len() == 2 => {
                let mut ends = args.into_iter();
                match (ends.next(), ends.next()) {
                    (Some(start), Some(end)) => (start, end),
                    _ => return Err(wrong("OVERLAPS takes two periods".to_owned())),
                }
            }
            other => {
                return Err(wrong(format!(
                    "OVERLAPS takes two periods, but this is {}",
                    other.ty().kind
                )));
            }
        };
        let end = match end.ty().kind.is_interval() {
            true => self.call("+", vec![start.clone(), end], span)?,
            false => end,
        };
        let kinds = [start.ty().clone(), end.ty().clone()];
        let Some(ty) = common_type(&kinds).filter(|ty| ty.kind.is_datetime()) else {
            return Err(wrong(format!(
                "a period of OVERLAPS cannot go from {} to {}",
                kinds[0].kind, kinds[1].kind
            )));
        };
        let (start, end) = (convert(start, &ty), convert(end, &ty));
        let forward = self.call("<=", vec![start.clone(), end.clone()], span)?;
        let pick = |then: &Expr, otherwise: &Expr| Expr::Case {
            branches: vec![(forward.clone(), then.clone())],
            otherwise: Some(Box::new(otherwise.clone())),
            ty: ty.clone(),
        };
        Ok(Period {
            start: pick(&start, &end),
            end: pick(&end, &start),
        })
    }
}

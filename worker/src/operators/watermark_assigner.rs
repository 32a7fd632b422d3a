//! Makes watermarks from rows (Flink's `WatermarkAssignerOperator`).
//!
//! The watermark expression is evaluated for a whole batch. As in Flink a watermark is said when it has
//! risen by more than `pipeline.auto-watermark-interval` (in event time) since the last one that was
//! said, behind the row that made it rise; what is less is said when the same interval has passed by the
//! clock. Also as in Flink, nothing is said before 1970.
//!
//! Whether a row behind such a watermark is late depends on the watermark standing before it. So a batch
//! is cut where a watermark was due, but only when a later row of the batch is at or below it: data in
//! order, the usual case, passes whole, with one watermark behind it.

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::Watermark;
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::graph::WatermarkSpec;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_functions::compile::{CompiledExpr, EvalContext};

use super::time_column::TimeColumn;

/// `pipeline.auto-watermark-interval` where the job says nothing.
const DEFAULT_INTERVAL_MS: i64 = 200;

/// What an assigner makes.
#[derive(Debug)]
pub enum Assigned {
    /// Rows, as they came.
    Rows(ChangelogBatch),
    /// Event time has advanced.
    Watermark(Watermark),
    /// No rows have come for a while, or again one.
    Idle(bool),
}

/// Makes watermarks from rows.
pub struct WatermarkAssigner {
    spec: WatermarkSpec,
    rowtime_name: String,
    expression: Option<CompiledExpr>,
    context: Option<OperatorContext>,
    interval_ms: i64,
    /// The greatest watermark of any row so far.
    current: i64,
    /// The last one that was said.
    said: i64,
    /// When to say `current` if no row before is worth it.
    say_at: Option<i64>,
    last_row_at: i64,
    idle: bool,
}

impl WatermarkAssigner {
    /// An assigner that is not open yet; `rowtime_name` is for messages.
    pub fn new(spec: WatermarkSpec, rowtime_name: String) -> Self {
        WatermarkAssigner {
            spec,
            rowtime_name,
            expression: None,
            context: None,
            interval_ms: DEFAULT_INTERVAL_MS,
            current: 0,
            said: 0,
            say_at: None,
            last_row_at: 0,
            idle: false,
        }
    }

    /// Compiles the expression.
    ///
    /// # Errors
    /// When the expression does not compile.
    pub fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.expression = Some(CompiledExpr::compile(&self.spec.expr, &context.session)?);
        self.interval_ms = super::duration_option(
            context,
            "pipeline.auto-watermark-interval",
            DEFAULT_INTERVAL_MS,
        )?;
        self.last_row_at = context.clock.now_ms();
        self.context = Some(context.clone());
        Ok(())
    }

    /// The greatest watermark of any row so far, for alignment.
    pub fn current(&self) -> Watermark {
        Watermark(self.current)
    }

    /// Counts the time without rows from now on: until now they were kept from coming (Flink's pausable
    /// clock of idleness).
    pub fn restart_idleness(&mut self, now_ms: i64) {
        self.last_row_at = self.last_row_at.max(now_ms);
    }

    /// When to say a watermark that no row was worth, or that no rows come.
    pub fn next_timer(&self) -> Option<i64> {
        let idle = (self.spec.idle_timeout_ms > 0 && !self.idle).then(|| {
            self.last_row_at
                .saturating_add(self.spec.idle_timeout_ms as i64)
        });
        match (self.say_at, idle) {
            (Some(say), Some(idle)) => Some(say.min(idle)),
            (say, idle) => say.or(idle),
        }
    }

    /// The clock has moved on. Called again while [`WatermarkAssigner::next_timer`] is due.
    pub fn on_processing_time(&mut self, now_ms: i64) -> Option<Assigned> {
        if self.say_at.is_some_and(|time| time <= now_ms) {
            self.say_at = None;
            self.said = self.current;
            return Some(Assigned::Watermark(Watermark(self.current)));
        }
        self.next_timer().filter(|time| *time <= now_ms)?;
        self.idle = true;
        Some(Assigned::Idle(true))
    }

    /// Passes the rows on, with watermarks between and behind them, until `out` says false.
    ///
    /// # Errors
    /// When a row's time is NULL or the expression fails.
    pub fn process_batch(
        &mut self,
        batch: ChangelogBatch,
        out: &mut dyn FnMut(Assigned) -> bool,
    ) -> OperatorResult<()> {
        let (Some(expression), Some(context)) = (&self.expression, &self.context) else {
            return Err(OperatorError::fatal("the watermark assigner is not open"));
        };
        let now_ms = context.clock.now_ms();
        self.last_row_at = now_ms;
        if std::mem::take(&mut self.idle) && !out(Assigned::Idle(false)) {
            return Ok(());
        }
        let rowtime = batch.rows().column(self.spec.rowtime);
        let times = TimeColumn::new(rowtime)?;
        times.reject_nulls(&self.rowtime_name)?;
        let values = expression.evaluate(batch.rows(), &EvalContext { now_ms })?;
        let watermarks = TimeColumn::new(&values)?;
        let mut start = 0;
        for Piece { end, watermark } in self.cut(&times, &watermarks, batch.num_rows()) {
            let whole = start == 0 && end == batch.num_rows();
            let rows = if whole {
                batch.clone()
            } else {
                batch.slice(start, end - start)
            };
            start = end;
            if !out(Assigned::Rows(rows)) {
                return Ok(());
            }
            if let Some(watermark) = watermark
                && !out(Assigned::Watermark(Watermark(watermark)))
            {
                return Ok(());
            }
        }
        self.say_at = match self.current > self.said {
            true => self
                .say_at
                .or(Some(now_ms.saturating_add(self.interval_ms))),
            false => None,
        };
        Ok(())
    }

    /// Cuts `rows` rows into pieces, each with the watermark to say behind it.
    fn cut(
        &mut self,
        times: &TimeColumn<'_>,
        watermarks: &TimeColumn<'_>,
        rows: usize,
    ) -> Vec<Piece> {
        let mut pieces = Vec::new();
        // A watermark that was due behind an earlier row; no row since is late for it.
        let mut due = None;
        for row in 0..rows {
            if due.is_some_and(|watermark| times.millis(row) <= watermark) {
                pieces.push(Piece {
                    end: row,
                    watermark: due.take(),
                });
            }
            if let Some(watermark) = watermarks.checked_millis(row) {
                self.current = self.current.max(watermark);
            }
            if self.current.saturating_sub(self.said) > self.interval_ms {
                self.said = self.current;
                due = Some(self.current);
            }
        }
        pieces.push(Piece {
            end: rows,
            watermark: due,
        });
        pieces
    }
}

/// A part of a batch, by its end, and the watermark behind it.
struct Piece {
    end: usize,
    watermark: Option<i64>,
}

#[cfg(test)]
#[path = "watermark_assigner_tests.rs"]
mod tests;

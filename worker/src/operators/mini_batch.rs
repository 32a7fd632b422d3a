//! Mini-batches: how many rows a changelog operator gathers, and how long (`table.exec.mini-batch.*`).
//!
//! The more rows of a key come together, the fewer changes it emits. What is gathered is let go when there
//! is enough of it, when the first of it has waited long enough, and before every barrier and watermark.

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::operator::OperatorContext;

use super::duration_option;

const ENABLED: &str = "table.exec.mini-batch.enabled";
const LATENCY: &str = "table.exec.mini-batch.allow-latency";
const SIZE: &str = "table.exec.mini-batch.size";

/// Counts what is gathered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MiniBatch {
    size: usize,
    latency_ms: i64,
    rows: usize,
    deadline: Option<i64>,
}

impl MiniBatch {
    /// As the job's configuration says; `None` when rows are not gathered.
    ///
    /// # Errors
    /// When an option has no meaning. (The planner has checked them.)
    pub(crate) fn of(context: &OperatorContext) -> OperatorResult<Option<Self>> {
        let option = |key: &str| context.configuration.get(key).map(|value| value.trim());
        if !option(ENABLED).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let size = option(SIZE).and_then(|size| size.parse().ok());
        Ok(Some(MiniBatch {
            size: size.unwrap_or(1),
            latency_ms: duration_option(context, LATENCY, 0)?,
            rows: 0,
            deadline: None,
        }))
    }

    /// Counts rows that came at `now`; whether there are enough.
    pub(crate) fn add(&mut self, rows: usize, now: i64) -> bool {
        self.rows += rows;
        let deadline = now.saturating_add(self.latency_ms);
        self.deadline.get_or_insert(deadline);
        self.rows >= self.size
    }

    /// When the first row has waited long enough.
    pub(crate) fn deadline(&self) -> Option<i64> {
        self.deadline
    }

    /// Nothing is gathered any more.
    pub(crate) fn clear(&mut self) {
        self.rows = 0;
        self.deadline = None;
    }
}

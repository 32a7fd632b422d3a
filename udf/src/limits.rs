//! What a module may use.

use std::time::Duration;

/// The option behind [`Limits::memory`].
pub const MEMORY_OPTION: &str = "table.exec.wasm.memory-limit";
/// The option behind [`Limits::fuel_per_row`].
pub const FUEL_OPTION: &str = "table.exec.wasm.fuel-per-row";
/// The option behind [`Limits::timeout`].
pub const TIMEOUT_OPTION: &str = "table.exec.wasm.timeout";

/// Rows that a call may use fuel for on top of those it is given, so that a short batch can pay what every call costs.
const FREE_ROWS: u64 = 64;

/// What a module may use of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that the memory of an instance may grow to.
    pub memory: usize,
    /// Fuel for each row of a batch; about one unit is used by an instruction.
    pub fuel_per_row: u64,
    /// Longest time of one call, which handles one batch.
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            memory: 64 << 20,
            fuel_per_row: 100_000,
            timeout: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// Fuel for a call over so many rows.
    pub(crate) fn fuel(&self, rows: usize) -> u64 {
        self.fuel_per_row
            .saturating_mul(FREE_ROWS.saturating_add(rows as u64))
    }
}

//! The interactive SQL prompt.

use crate::config_enum;
use crate::option::{option, options};

config_enum! {
    /// `sql-client.execution.result-mode`.
    ResultMode {
        /// The table as it is now.
        Table = "TABLE",
        /// Each change as a line.
        Changelog = "CHANGELOG",
        /// Each change as a line of a table that is printed as it grows.
        Tableau = "TABLEAU",
    }
}

options! {
    "SQL prompt";
    /// How the result of a SELECT is shown.
    RESULT_MODE: ResultMode = option("sql-client.execution.result-mode", "TABLE");
    /// Most rows that a result keeps for showing; older rows leave first. `0` or less keeps all.
    MAX_ROWS: i32 = option("sql-client.execution.max-table-result.rows", "1000000");
    /// Whether errors are shown with all their causes.
    VERBOSE: bool = option("sql-client.verbose", "false");
    /// Whether the time that a query took is shown.
    PRINT_TIME_COST: bool = option("sql-client.display.print-time-cost", "true");
}

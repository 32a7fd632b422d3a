//! The operators, one file each.

pub mod group_aggregate;
pub mod session_window_aggregate;
pub mod window_aggregate;

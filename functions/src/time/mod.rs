//! Calendar, time zones, and the texts of dates and times.
//!
//! Flink computes with Java's proleptic ISO calendar and `java.time` zones; here the calendar is plain
//! integer arithmetic ([`calendar`]) and zones come from the IANA tables of `chrono-tz` ([`Zone`]).

pub mod calendar;
pub mod fields;
pub mod pattern;
pub mod text;
pub mod unit;
mod zone;

pub use zone::Zone;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

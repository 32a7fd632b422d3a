//! The session's settings in the form kernels use.

use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::{OperatorError, OperatorResult};

use crate::time::Zone;

/// Time zone and mode, parsed once.
#[derive(Clone, Debug)]
pub struct Session {
    /// `table.local-time-zone`.
    pub zone: Zone,
    /// When the job was planned, ms since the epoch.
    pub planned_at: i64,
    /// Whether time functions stay at `planned_at` (batch).
    pub bounded: bool,
}

impl Session {
    /// The zone whose clocks a value of that type shows: the session's for TIMESTAMP_LTZ, else UTC.
    pub fn zone_of(&self, kind: &TypeKind) -> Zone {
        match kind {
            TypeKind::TimestampLtz(_) => self.zone.clone(),
            _ => Zone::Fixed(0),
        }
    }

    /// Parses the settings; an unknown time zone is refused.
    pub fn new(settings: &SessionSettings) -> OperatorResult<Self> {
        let zone = Zone::parse(&settings.time_zone).ok_or_else(|| {
            OperatorError::fatal(format!(
                "'{}' is no time zone: set table.local-time-zone to an IANA name such as \
                 'Europe/Berlin' or an offset such as 'GMT+08:00'",
                settings.time_zone
            ))
        })?;
        Ok(Session {
            zone,
            planned_at: settings.planned_at,
            bounded: settings.bounded,
        })
    }
}

//! Times as text.

use std::sync::Arc;

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef};

use crate::cast::local;
use crate::compile::Args;
use crate::scalar::rows;
use crate::time::Zone;
use crate::time::pattern::Pattern;
use crate::time::text::LocalTime;

/// What FROM_UNIXTIME, UNIX_TIMESTAMP and CONVERT_TZ use unless told otherwise.
pub(super) const DEFAULT_PATTERN: &str = "yyyy-MM-dd HH:mm:ss";

pub(super) type Compiled = Result<Pattern, String>;

pub(super) fn usable(pattern: &Compiled) -> OperatorResult<&Pattern> {
    pattern
        .as_ref()
        .map_err(|reason| OperatorError::data(reason.clone()))
}

pub(super) fn date_format(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let patterns = args.str(1);
    let mut memo = args.cache.memo(Pattern::new);
    let (array, kind) = (args.array(0), &args.types[0].kind);
    let zone = args.session.zone_of(kind);
    let constant = args.values[0].is_constant();
    let default = Pattern::new(DEFAULT_PATTERN);
    let default = usable(&default)?;
    // Neighbors often have the same text: the pattern, the period of time in which it holds, and the text.
    let mut last: Option<(Arc<Compiled>, i64, String)> = None;
    rows::strings(args.rows, |row, out| {
        let Some(pattern) = patterns.get(row) else {
            return Ok(None);
        };
        let at = if constant { 0 } else { row };
        let time = if kind.is_character() {
            let text = args.str(0).get(row);
            text.and_then(|text| Some(default.read_leniently(text)?.rolled_over()))
        } else {
            array
                .is_valid(at)
                .then(|| local(array.as_ref(), at, kind, &args.session.zone))
        };
        let Some(time) = time else { return Ok(None) };
        let pattern = memo.get(pattern);
        let usable = usable(&pattern)?;
        let period = usable.period_ms().map(|period| time.ms.div_euclid(period));
        if let Some((known, since, text)) = &last
            && Some(*since) == period
            && Arc::ptr_eq(known, &pattern)
        {
            out.push_str(text);
            return Ok(Some(()));
        }
        let offset = zone.offset_at(zone.to_utc(time.ms));
        usable.write(out, time, offset);
        if let Some(period) = period {
            last = Some((pattern, period, out.clone()));
        }
        Ok(Some(()))
    })
}

pub(super) fn from_unixtime(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let seconds = args.long(0);
    let zone = &args.session.zone;
    let mut memo = args.cache.memo(Pattern::new);
    rows::strings(args.rows, |row, out| {
        let pattern = if args.len() > 1 {
            args.str(1).get(row)
        } else {
            Some(DEFAULT_PATTERN)
        };
        let Some((seconds, pattern)) = seconds.get(row).zip(pattern) else {
            return Ok(None);
        };
        let Some(ms) = seconds.checked_mul(1_000) else {
            return Ok(None);
        };
        let time = LocalTime {
            ms: zone.to_local(ms),
            nanos: 0,
        };
        let pattern = memo.get(pattern);
        usable(&pattern)?.write(out, time, zone.offset_at(ms));
        Ok(Some(()))
    })
}

pub(super) fn convert_tz(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let (texts, from, to) = (args.str(0), args.str(1), args.str(2));
    let mut reading = args.cache.memo(Pattern::new);
    // Java takes a zone it does not know for UTC.
    let zone = |name: &str| Zone::parse(name).unwrap_or(Zone::Fixed(0));
    rows::strings(args.rows, |row, out| {
        let Some(((text, from), to)) = texts.get(row).zip(from.get(row)).zip(to.get(row)) else {
            return Ok(None);
        };
        let pattern = reading.get(DEFAULT_PATTERN);
        let pattern = usable(&pattern)?;
        let Some(read) = pattern.read_leniently(text) else {
            return Ok(None);
        };
        let utc = zone(from).to_utc(read.rolled_over().ms);
        let to = zone(to);
        let time = LocalTime {
            ms: to.to_local(utc),
            nanos: 0,
        };
        pattern.write(out, time, to.offset_at(utc));
        Ok(Some(()))
    })
}

//! The checks, a file each: what it sees (`observe`), and what that means (`judge`).

pub(super) mod configuration;
pub(super) mod kdc;
pub(super) mod keytab;
pub(super) mod login;
pub(super) mod name_node;
pub(super) mod protection;
pub(super) mod queues;
pub(super) mod resource_manager;
pub(super) mod resources;
pub(super) mod staging;
pub(super) mod tokens;

use std::time::Duration;

/// A length of time as one says it: `45 s`, `12 min`, `7 h`, `6 d`.
fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    let rounded = |unit: u64| (seconds + unit / 2) / unit;
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", rounded(60)),
        7_200..=172_799 => format!("{} h", rounded(3_600)),
        _ => format!("{} d", rounded(86_400)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_whole_units() {
        let said = |seconds| spoken(Duration::from_secs(seconds));
        assert_eq!(said(59), "59 s");
        assert_eq!(said(1_199), "20 min");
        assert_eq!(said(86_399), "24 h");
        assert_eq!(said(604_000), "7 d");
    }
}

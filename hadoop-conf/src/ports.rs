//! Ports to listen at, as Flink writes them: `0` for a free one, `50100`, `50100-50200`, and several of these with commas.

use serde::{Deserialize, Serialize};

use crate::Value;

/// Ports, in the order in which they are to be tried; at least one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports(Vec<u16>);

impl Ports {
    /// Exactly this one; 0 is any that is free.
    pub fn one(port: u16) -> Self {
        Ports(vec![port])
    }

    /// The ports, in their order.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().copied()
    }
}

impl std::fmt::Display for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_slice() {
            [only] => write!(f, "port {only}"),
            [first, .., last] => write!(f, "any of {} ports from {first} to {last}", self.0.len()),
            [] => f.write_str("no port"),
        }
    }
}

impl Value for Ports {
    const TYPE: &'static str = "Ports";

    fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || "expected a port, a range such as 50100-50200, or several with commas".to_owned();
        let port = |text: &str| text.trim().parse::<u16>().map_err(|_| wrong());
        let mut ports = Vec::new();
        for part in text.split(',').map(str::trim) {
            match part.split_once('-') {
                None => ports.push(port(part)?),
                Some((first, last)) => {
                    let (first, last) = (port(first)?, port(last)?);
                    if first > last || first == 0 {
                        return Err(wrong());
                    }
                    ports.extend(first..=last);
                }
            }
        }
        Ok(Ports(ports))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_ranges() {
        let parse = |text| Ports::parse(text).map(|ports| ports.iter().collect::<Vec<_>>());
        assert_eq!(parse("0").unwrap(), [0]);
        assert_eq!(parse("7-9, 20").unwrap(), [7, 8, 9, 20]);
        for bad in ["", "x", "9-7", "0-3", "70000", "1-", "1,,2"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}

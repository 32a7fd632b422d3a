//! Ports to listen at, as Flink writes them: `0`, `50100`, `50100-50200`, and several of these with commas.

use std::net::{Ipv4Addr, SocketAddr};

/// The ports that a text names, in its order.
///
/// # Errors
/// With a sentence that says what was expected.
pub fn parse(text: &str) -> Result<Vec<u16>, String> {
    let wrong = |part: &str| format!("'{part}' is no port and no range such as 50100-50200");
    let mut ports = Vec::new();
    for part in text.split(',').map(str::trim) {
        let port = |text: &str| text.trim().parse::<u16>().map_err(|_| wrong(part));
        match part.split_once('-') {
            None => ports.push(port(part)?),
            Some((first, last)) => {
                let (first, last) = (port(first)?, port(last)?);
                if first > last || first == 0 {
                    return Err(wrong(part));
                }
                ports.extend(first..=last);
            }
        }
    }
    Ok(ports)
}

/// Listens at the first of these ports that is free, on every address.
///
/// # Errors
/// The last port's error, when none is free.
pub fn first_free<T>(
    ports: &[u16],
    mut listen: impl FnMut(SocketAddr) -> std::io::Result<T>,
) -> std::io::Result<T> {
    let mut last = std::io::Error::other("no port is named");
    for port in ports {
        match listen((Ipv4Addr::UNSPECIFIED, *port).into()) {
            Ok(listening) => return Ok(listening),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_ranges() {
        assert_eq!(parse("0").unwrap(), [0]);
        assert_eq!(parse("7-9, 20").unwrap(), [7, 8, 9, 20]);
        for bad in ["", "x", "9-7", "0-3", "70000", "1-", "1,,2"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_first_free_one_is_taken() {
        let listen = |address: SocketAddr| match address.port() {
            9 => Ok(9),
            _ => Err(std::io::Error::other("taken")),
        };
        assert_eq!(first_free(&[7, 8, 9, 10], listen).unwrap(), 9);
        assert!(first_free(&[7, 8], listen).is_err());
    }
}

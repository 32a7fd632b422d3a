//! Whose process is at the other end of a connection within this machine: the kernel's tables of sockets
//! (`/proc/net/tcp`, `/proc/net/tcp6`) name the user of each.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The state of a socket that listens.
const LISTENING: &str = "0A";

/// One socket.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Socket {
    local: SocketAddr,
    remote: SocketAddr,
    listens: bool,
    user: u32,
}

/// A number of the operating system's users.
pub type UserId = u32;

/// Whose the process is that has connected from `peer` to port `here`; `None` if it is on another machine.
pub fn owner_of(peer: SocketAddr, here: u16) -> Option<UserId> {
    owner_in(&sockets(), peer, here)
}

/// Whose the process is that listens at a port of this machine; `None` if nobody does.
pub fn listener_at(port: u16) -> Option<UserId> {
    listener_in(&sockets(), port)
}

fn owner_in(sockets: &[Socket], peer: SocketAddr, here: u16) -> Option<UserId> {
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    let found = sockets
        .iter()
        .find(|socket| !socket.listens && socket.local == peer && socket.remote.port() == here);
    found.map(|socket| socket.user)
}

fn listener_in(sockets: &[Socket], port: u16) -> Option<UserId> {
    let found = sockets
        .iter()
        .find(|socket| socket.listens && socket.local.port() == port);
    found.map(|socket| socket.user)
}

fn sockets() -> Vec<Socket> {
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .flat_map(|table| table.lines().filter_map(parse).collect::<Vec<_>>())
        .collect()
}

/// A line of the table; `None` for its head.
fn parse(line: &str) -> Option<Socket> {
    let mut fields = line.split_whitespace().skip(1);
    let local = address(fields.next()?)?;
    let remote = address(fields.next()?)?;
    let listens = fields.next()? == LISTENING;
    let user = fields.nth(3)?.parse().ok()?;
    Some(Socket {
        local,
        remote,
        listens,
        user,
    })
}

/// `0100007F:1F90`: words of the address in the machine's order (little-endian), and the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(address.get(at..at + 8)?, 16).ok();
    let ip = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?.swap_bytes())),
        32 => {
            let mut octets = [0; 16];
            for (i, part) in octets.chunks_exact_mut(4).enumerate() {
                part.copy_from_slice(&word(8 * i)?.swap_bytes().to_be_bytes());
            }
            IpAddr::V6(Ipv6Addr::from(octets)).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F98 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 1 1 0 100 0 0 10 0
   1: 0100007F:A001 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1002        0 2 1 0 20 4 30 10 -1";

    #[test]
    fn users_of_listeners_and_peers_are_told_apart() {
        let sockets: Vec<Socket> = TABLE.lines().filter_map(parse).collect();
        assert_eq!(sockets.len(), 2);
        assert_eq!(listener_in(&sockets, 8088), Some(1001));
        assert_eq!(listener_in(&sockets, 8089), None);
        let peer: SocketAddr = "127.0.0.1:40961".parse().unwrap();
        assert_eq!(owner_in(&sockets, peer, 50000), Some(1002));
        let mapped: SocketAddr = "[::ffff:127.0.0.1]:40961".parse().unwrap();
        assert_eq!(owner_in(&sockets, mapped, 50000), Some(1002));
        assert_eq!(owner_in(&sockets, peer, 50001), None);
    }

    #[test]
    fn addresses_of_version_six_are_read() {
        let mapped = address("0000000000000000FFFF00000100007F:0050").unwrap();
        assert_eq!(mapped, "127.0.0.1:80".parse().unwrap());
        let own = address("00000000000000000000000001000000:0050").unwrap();
        assert_eq!(own, "[::1]:80".parse().unwrap());
    }

    #[test]
    fn the_kernel_knows_us() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let here = listener.local_addr().unwrap();
        let client = std::net::TcpStream::connect(here).unwrap();
        // SAFETY: geteuid has no preconditions and cannot fail.
        let me = unsafe { libc::geteuid() };
        let peer = client.local_addr().unwrap();
        assert_eq!(owner_of(peer, here.port()), Some(me));
        assert_eq!(listener_at(here.port()), Some(me));
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in ".{0,120}") {
            let _ = parse(&line);
        }
    }
}

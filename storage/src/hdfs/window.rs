//! The end of what was written to a file, kept until the DataNodes surely have it.

use bytes::Bytes;
use std::collections::VecDeque;

/// More bytes than the library has under way unacknowledged (200 packets of 64 KB).
const UNDER_WAY: u64 = 16 << 20;

/// Bytes `start .. end` of a file. What was before `start` every DataNode of its pipeline has acknowledged.
#[derive(Default)]
pub(super) struct Window {
    start: u64,
    end: u64,
    pieces: VecDeque<Bytes>,
}

impl Window {
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Adds a piece; the oldest ones go as soon as they must have arrived.
    pub(super) fn keep(&mut self, piece: &Bytes) {
        self.end += piece.len() as u64;
        self.pieces.push_back(piece.clone());
        while let Some(oldest) = self.pieces.front() {
            let after = self.start + oldest.len() as u64;
            if self.end - after < UNDER_WAY {
                break;
            }
            self.start = after;
            self.pieces.pop_front();
        }
    }

    /// Notes that everything has arrived and may not be taken back.
    pub(super) fn all_arrived(&mut self) {
        self.start = self.end;
        self.pieces.clear();
    }

    /// What comes from an offset on; `None` if it is not all here.
    pub(super) fn since(&self, offset: u64) -> Option<Vec<Bytes>> {
        if offset < self.start || offset > self.end {
            return None;
        }
        let mut at = self.start;
        let mut rest = Vec::new();
        for piece in &self.pieces {
            let skip = offset.saturating_sub(at).min(piece.len() as u64);
            at += piece.len() as u64;
            // Not more than the piece's length, which is a usize.
            let left = piece.slice(skip as usize..);
            if !left.is_empty() {
                rest.push(left);
            }
        }
        Some(rest)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_under_way_and_no_more() {
        let mut window = Window::default();
        let piece = Bytes::from(vec![0; 1 << 20]);
        for _ in 0..1000 {
            window.keep(&piece);
        }
        assert_eq!((window.start(), window.end()), (984 << 20, 1000 << 20));
        assert_eq!(window.pieces.len(), 16);
        assert!(window.since((984 << 20) - 1).is_none());
        assert!(window.since((1000 << 20) + 1).is_none());
        assert_eq!(window.since(1000 << 20).unwrap().len(), 0);
    }

    #[test]
    fn gives_the_rest_from_any_offset() {
        let mut window = Window::default();
        for piece in [&b"abc"[..], b"", b"defg", b"h"] {
            window.keep(&Bytes::from_static(piece));
        }
        for offset in 0..=8 {
            let rest = window.since(offset).unwrap().concat();
            assert_eq!(rest, b"abcdefgh"[offset as usize..], "{offset}");
        }
        window.all_arrived();
        assert!(window.since(7).is_none());
        assert!(window.since(8).unwrap().is_empty());
    }
}

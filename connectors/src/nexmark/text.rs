//! The words events are made of.

use std::sync::OnceLock;

use crate::random::Random;

pub(super) const STATES: [&str; 6] = ["AZ", "CA", "ID", "OR", "WA", "WY"];
pub(super) const CITIES: [&str; 10] = [
    "Phoenix",
    "Los Angeles",
    "San Francisco",
    "Boise",
    "Portland",
    "Bend",
    "Redmond",
    "Seattle",
    "Kent",
    "Cheyenne",
];
pub(super) const FIRST_NAMES: [&str; 11] = [
    "Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter",
];
pub(super) const LAST_NAMES: [&str; 9] = [
    "Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris",
];
pub(super) const HOT_CHANNELS: [&str; 4] = ["Google", "Facebook", "Baidu", "Apple"];
/// How many channels are not hot.
pub(super) const CHANNELS: u64 = 10_000;
/// Characters that `extra` is cut from.
const EXTRA: usize = 1 << 20;

/// A part of [`Texts::pool`], at most [`PIECE`] bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) start: u32,
    pub(super) len: u32,
}

/// So many bytes can be copied from where a piece begins. A constant, so that it is done in a few
/// instructions; what is too much is cut off again.
pub(super) const PIECE: usize = 96;

/// A channel and its page.
pub(super) struct Channel {
    pub(super) name: Piece,
    pub(super) url: Piece,
}

/// Text that is the same for every seed, made once a process.
pub(super) struct Texts {
    /// First the letters that `extra` is cut from.
    pub(super) pool: String,
    /// Channels that are not hot.
    pub(super) channels: Vec<Channel>,
    pub(super) hot_channels: Vec<Channel>,
}

/// The texts.
pub(super) fn texts() -> &'static Texts {
    static TEXTS: OnceLock<Texts> = OnceLock::new();
    TEXTS.get_or_init(Texts::new)
}

impl Texts {
    fn new() -> Texts {
        let mut random = Random::new(42);
        let mut pool = String::with_capacity(EXTRA * 2);
        pool.extend((0..EXTRA).map(|_| letter(&mut random)));
        let mut add = |text: &str| {
            let start = pool.len() as u32;
            pool.push_str(text);
            Piece {
                start,
                len: text.len() as u32,
            }
        };
        let hot_channels = HOT_CHANNELS.iter().map(|name| Channel {
            name: add(name),
            url: add(&url(&mut random)),
        });
        let hot_channels = hot_channels.collect();
        let channels = (0..CHANNELS as u32).map(|channel| {
            let mut url = url(&mut random);
            if random.below(10) > 0 {
                let id = i64::from(channel.reverse_bits() as i32).abs();
                url.push_str(&format!("&channel_id={id}"));
            }
            Channel {
                name: add(&format!("channel-{channel}")),
                url: add(&url),
            }
        });
        let channels = channels.collect();
        pool.push_str(&" ".repeat(PIECE));
        Texts {
            pool,
            channels,
            hot_channels,
        }
    }

    /// Text that brings an event of `current` bytes to about `average` ones, 20 % more or less.
    pub(super) fn extra(&self, random: &mut Random, current: usize, average: usize) -> &str {
        let Some((start, length)) = extra_part(random, current, average) else {
            return "";
        };
        &self.pool[start..start + length]
    }

    /// [`Texts::extra`] of an event so small that it is a piece.
    #[inline]
    pub(super) fn extra_piece(random: &mut Random, current: usize, average: usize) -> Piece {
        debug_assert!(average.saturating_sub(current) * 6 / 5 < PIECE);
        let (start, length) = extra_part(random, current, average).unwrap_or_default();
        Piece {
            start: start as u32,
            len: length as u32,
        }
    }
}

/// Where [`Texts::extra`] begins, and its length.
#[inline]
fn extra_part(random: &mut Random, current: usize, average: usize) -> Option<(usize, usize)> {
    let missing = average.checked_sub(current)?;
    let spread = (missing as f64 * 0.2).round() as usize;
    let mut length = missing - spread;
    if spread > 0 {
        length += random.below(2 * spread as u64) as usize;
    }
    let start = random.below((EXTRA - length) as u64) as usize;
    Some((start, length))
}

fn letter(random: &mut Random) -> char {
    char::from(b'a' + random.below(26) as u8)
}

fn url(random: &mut Random) -> String {
    let mut url = String::from("https://www.nexmark.com/");
    for _ in 0..3 {
        word(random, 5, '_', &mut url);
        url.push('/');
    }
    url.push_str("item.htm?query=1");
    url
}

/// Appends 3 to `most - 1` letters, every 13th of which is `special` instead; blanks at the ends go.
pub(super) fn word(random: &mut Random, most: u64, special: char, out: &mut String) {
    let start = out.len();
    for _ in 0..3 + random.below(most - 3) {
        if random.below(13) == 0 {
            out.push(special);
        } else {
            out.push(letter(random));
        }
    }
    out.truncate(start + out[start..].trim_end().len());
    let blanks = out[start..].len() - out[start..].trim_start().len();
    out.drain(start..start + blanks);
}

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

/// Text that is the same for every seed, made once a process.
pub(super) struct Texts {
    extra: String,
    /// Channels that are not hot, each with its url.
    pub(super) channels: Vec<(String, String)>,
    pub(super) hot_urls: Vec<String>,
}

/// The texts.
pub(super) fn texts() -> &'static Texts {
    static TEXTS: OnceLock<Texts> = OnceLock::new();
    TEXTS.get_or_init(Texts::new)
}

impl Texts {
    fn new() -> Texts {
        let mut random = Random::new(42);
        let extra = (0..EXTRA).map(|_| letter(&mut random)).collect();
        let hot_urls = HOT_CHANNELS.iter().map(|_| url(&mut random)).collect();
        let channels = (0..CHANNELS as u32)
            .map(|channel| {
                let mut url = url(&mut random);
                if random.below(10) > 0 {
                    let id = i64::from(channel.reverse_bits() as i32).abs();
                    url.push_str(&format!("&channel_id={id}"));
                }
                (format!("channel-{channel}"), url)
            })
            .collect();
        Texts {
            extra,
            channels,
            hot_urls,
        }
    }

    /// Text that brings an event of `current` bytes to about `average` ones, 20 % more or less.
    pub(super) fn extra(&self, random: &mut Random, current: usize, average: usize) -> &str {
        let Some(missing) = average.checked_sub(current) else {
            return "";
        };
        let spread = (missing as f64 * 0.2).round() as usize;
        let mut length = missing - spread;
        if spread > 0 {
            length += random.below(2 * spread as u64) as usize;
        }
        let start = random.below((EXTRA - length) as u64) as usize;
        &self.extra[start..start + length]
    }
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

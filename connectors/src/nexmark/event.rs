//! One event from its number.
//!
//! Numbers are drawn in a fixed order; what nobody asked for is drawn (or skipped) but not computed.

use std::ops::Range;

use super::price::price;
use super::text::{CITIES, FIRST_NAMES, LAST_NAMES, STATES, texts, word};
use crate::random::Random;

const PERSONS: u64 = 1;
const AUCTIONS: u64 = 3;
/// One person, three auctions and 46 bids.
pub(super) const EVENTS_PER_ROUND: u64 = 50;
pub(super) const FIRST_ID: u64 = 1_000;
const FIRST_CATEGORY: u64 = 10;
const CATEGORIES: u64 = 5;
/// The first of every so many ids is hot while they are the newest.
const HOT_GROUP: u64 = 100;
const HOT_SELLER_RATIO: u64 = 4;
const AUCTIONS_IN_FLIGHT: u64 = 100;
const ACTIVE_PERSONS: u64 = 1_000;
/// How far ids may run ahead of the auctions and persons that exist.
const ID_LEAD: u64 = 10;
const PERSON_BYTES: usize = 200;
const AUCTION_BYTES: usize = 500;

/// The kinds of events, with the values of `event_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    Person = 0,
    Auction = 1,
    Bid = 2,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldKind {
    Number,
    Text,
    Time,
}

impl EventKind {
    /// The kind of event `number`.
    #[inline]
    pub(super) fn of(number: u64) -> EventKind {
        match number % EVENTS_PER_ROUND {
            0 => EventKind::Person,
            1..=3 => EventKind::Auction,
            _ => EventKind::Bid,
        }
    }

    /// Names and types of the fields; a field's place in here is its number everywhere else.
    pub(super) fn fields(self) -> &'static [(&'static str, FieldKind)] {
        use FieldKind::{Number, Text, Time};
        match self {
            EventKind::Person => &[
                ("id", Number),
                ("name", Text),
                ("emailAddress", Text),
                ("creditCard", Text),
                ("city", Text),
                ("state", Text),
                ("dateTime", Time),
                ("extra", Text),
            ],
            EventKind::Auction => &[
                ("id", Number),
                ("itemName", Text),
                ("description", Text),
                ("initialBid", Number),
                ("reserve", Number),
                ("dateTime", Time),
                ("expires", Time),
                ("seller", Number),
                ("category", Number),
                ("extra", Text),
            ],
            EventKind::Bid => &[
                ("auction", Number),
                ("bidder", Number),
                ("price", Number),
                ("channel", Text),
                ("url", Text),
                ("dateTime", Time),
                ("extra", Text),
            ],
        }
    }
}

/// Which fields are wanted, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted(pub(super) u32);

impl Wanted {
    pub(super) fn has(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }

    /// Whether any field from `place` on is wanted.
    fn from(self, place: usize) -> bool {
        self.0 >> place != 0
    }
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Number(i64),
    Text(&'a str),
}

/// When events happen, and from which seed they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timeline {
    pub(super) seed: u64,
    pub(super) base_ms: u64,
    /// Events in a second.
    pub(super) rate: u64,
}

impl Timeline {
    /// The time of event `number`, ms since the epoch.
    #[inline]
    pub(super) fn time(&self, number: u64) -> i64 {
        let micros = number / self.rate * 1_000_000 + number % self.rate * 1_000_000 / self.rate;
        (self.base_ms + micros / 1_000) as i64
    }

    /// Adds the times of events that follow each other.
    pub(super) fn times(&self, numbers: Range<u64>, times: &mut Vec<i64>) {
        if 1_000_000 % self.rate == 0 {
            // The same, without dividing by what the compiler does not know.
            let step = 1_000_000 / self.rate;
            times.extend(numbers.map(|number| (self.base_ms + number * step / 1_000) as i64));
        } else {
            times.extend(numbers.map(|number| self.time(number)));
        }
    }
}

pub(super) fn last_person(number: u64) -> u64 {
    number / EVENTS_PER_ROUND * PERSONS + PERSONS - 1
}

pub(super) fn last_auction(number: u64) -> u64 {
    let (round, place) = (number / EVENTS_PER_ROUND, number % EVENTS_PER_ROUND);
    if place < PERSONS {
        // The last one of the round before; at the very start the first.
        return (round * AUCTIONS).saturating_sub(1);
    }
    round * AUCTIONS + (place - PERSONS).min(AUCTIONS - 1)
}

/// The auctions that bids at event `number` may be for: the first, and how many.
pub(super) fn auctions_in_flight(number: u64) -> (u64, u64) {
    let newest = last_auction(number);
    let oldest = newest.saturating_sub(AUCTIONS_IN_FLIGHT);
    (oldest, newest - oldest + 1 + ID_LEAD)
}

/// The persons that may act at event `number`: the first, and how many.
pub(super) fn active_persons(number: u64) -> (u64, u64) {
    let persons = last_person(number) + 1;
    let active = persons.min(ACTIVE_PERSONS);
    (persons - active, active + ID_LEAD)
}

/// The id of the hot item of the newest group.
pub(super) fn hot(newest: u64) -> u64 {
    newest / HOT_GROUP * HOT_GROUP
}

/// Buffers for the texts of an event.
#[derive(Default)]
pub(super) struct Scratch {
    first: String,
    second: String,
    third: String,
}

/// Makes the fields of a person. Texts that are not wanted may be missing.
pub(super) fn person<'s>(
    timeline: &Timeline,
    number: u64,
    wanted: Wanted,
    scratch: &'s mut Scratch,
) -> [Value<'s>; 8] {
    let random = &mut Random::for_row(timeline.seed, number);
    let mut values = [Value::Number(0); 8];
    values[0] = Value::Number((last_person(number) + FIRST_ID) as i64);
    values[6] = Value::Number(timeline.time(number));
    if !wanted.from(1) {
        return values;
    }
    let Scratch {
        first: name,
        second: email,
        third: card,
    } = scratch;
    for text in [&mut *name, &mut *email, &mut *card] {
        text.clear();
    }
    name.push_str(FIRST_NAMES[random.below(FIRST_NAMES.len() as u64) as usize]);
    name.push(' ');
    name.push_str(LAST_NAMES[random.below(LAST_NAMES.len() as u64) as usize]);
    word(random, 7, ' ', email);
    email.push('@');
    word(random, 5, ' ', email);
    email.push_str(".com");
    for group in 0..4 {
        if group > 0 {
            card.push(' ');
        }
        let digits = random.below(10_000);
        for divisor in [1_000, 100, 10, 1] {
            card.push(char::from(b'0' + (digits / divisor % 10) as u8));
        }
    }
    let city = CITIES[random.below(CITIES.len() as u64) as usize];
    let state = STATES[random.below(STATES.len() as u64) as usize];
    let size = 8 + name.len() + email.len() + card.len() + city.len() + state.len();
    if wanted.has(7) {
        values[7] = Value::Text(texts().extra(random, size, PERSON_BYTES));
    }
    values[1] = Value::Text(name);
    values[2] = Value::Text(email);
    values[3] = Value::Text(card);
    values[4] = Value::Text(city);
    values[5] = Value::Text(state);
    values
}

/// Makes the fields of an auction. Texts that are not wanted may be missing.
pub(super) fn auction<'s>(
    timeline: &Timeline,
    number: u64,
    wanted: Wanted,
    scratch: &'s mut Scratch,
) -> [Value<'s>; 10] {
    let random = &mut Random::for_row(timeline.seed, number);
    let mut values = [Value::Number(0); 10];
    let time = timeline.time(number);
    let seller = if random.below(HOT_SELLER_RATIO) > 0 {
        hot(last_person(number))
    } else {
        let (first, count) = active_persons(number);
        first + random.below(count)
    };
    let category = FIRST_CATEGORY + random.below(CATEGORIES);
    let initial = price(random);
    let in_flight = AUCTIONS_IN_FLIGHT * EVENTS_PER_ROUND / AUCTIONS;
    let horizon = (timeline.time(number + in_flight) - time) as u64;
    let expires = time + 1 + random.below((horizon * 2).max(1)) as i64;
    values[0] = Value::Number((last_auction(number) + FIRST_ID) as i64);
    values[3] = Value::Number(initial);
    values[5] = Value::Number(time);
    values[6] = Value::Number(expires);
    values[7] = Value::Number((FIRST_ID + seller) as i64);
    values[8] = Value::Number(category as i64);
    let texts_wanted = [1, 2, 4, 9].iter().any(|&place| wanted.has(place));
    if !texts_wanted {
        return values;
    }
    let Scratch {
        first: name,
        second: description,
        ..
    } = scratch;
    name.clear();
    description.clear();
    word(random, 20, ' ', name);
    word(random, 100, ' ', description);
    values[4] = Value::Number(initial + price(random));
    if wanted.has(9) {
        let size = 8 + name.len() + description.len() + 40;
        values[9] = Value::Text(texts().extra(random, size, AUCTION_BYTES));
    }
    values[1] = Value::Text(name);
    values[2] = Value::Text(description);
    values
}

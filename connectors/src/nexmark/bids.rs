//! Bids, which are most of the events, made many at a time and column by column.
//!
//! Numbers are drawn in a fixed order; what nobody asked for is drawn (or skipped) but not computed. Texts
//! are pieces of [`Texts::pool`], so that a column of them is copied without looking at a single character.

use std::ops::Range;

use super::event::{
    EventKind, FIRST_ID, Timeline, Wanted, active_persons, auctions_in_flight, hot, last_auction,
    last_person,
};
use super::price::price;
use super::text::{CHANNELS, HOT_CHANNELS, Piece, Texts, texts};
use crate::random::Random;

const HOT_AUCTION_RATIO: u64 = 2;
const HOT_BIDDER_RATIO: u64 = 4;
/// A bid has so many bytes on average, those of its numbers and names included.
const BID_BYTES: usize = 100;
const OTHER_BYTES: usize = 32;

/// Where the fields of [`EventKind::Bid`] are.
mod place {
    pub(super) const AUCTION: usize = 0;
    pub(super) const BIDDER: usize = 1;
    pub(super) const PRICE: usize = 2;
    pub(super) const CHANNEL: usize = 3;
    pub(super) const URL: usize = 4;
    pub(super) const TIME: usize = 5;
    pub(super) const EXTRA: usize = 6;
}

/// The values of a field.
pub(super) enum Field<'a> {
    Numbers(&'a [i64]),
    Texts(&'a [Piece]),
}

/// Some bids. Fields that are not wanted have no values.
#[derive(Default)]
pub(super) struct Bids {
    auction: Vec<i64>,
    bidder: Vec<i64>,
    price: Vec<i64>,
    time: Vec<i64>,
    channel: Vec<Piece>,
    url: Vec<Piece>,
    extra: Vec<Piece>,
}

impl Bids {
    /// Replaces what is there by the bids with these numbers, which are all of one round of events.
    pub(super) fn make(&mut self, timeline: &Timeline, numbers: Range<u64>, wanted: Wanted) {
        debug_assert!(numbers.clone().all(|n| EventKind::of(n) == EventKind::Bid));
        self.clear();
        timeline.times(numbers.clone(), &mut self.time);
        if wanted == Wanted::default() {
            return;
        }
        // Within a round all bids see the same auctions and persons.
        let of = numbers.start;
        let hot_auction = FIRST_ID + hot(last_auction(of));
        let hot_bidder = FIRST_ID + hot(last_person(of)) + 1;
        let (first_auction, auctions) = auctions_in_flight(of);
        let (first_bidder, bidders) = active_persons(of);
        let (first_auction, first_bidder) = (FIRST_ID + first_auction, FIRST_ID + first_bidder);
        let extra = wanted.has(place::EXTRA);
        let channel = wanted.has(place::CHANNEL) || wanted.has(place::URL);
        let texts = (channel || extra).then(texts);
        for number in numbers {
            let random = &mut Random::for_row(timeline.seed, number);
            // Both are computed, and the generator goes on by one number or two: which it is nobody could
            // guess, a branch would go wrong half of the time.
            let is_hot = random.below(HOT_AUCTION_RATIO) > 0;
            let any = first_auction + random.clone().below(auctions);
            let auction = if is_hot { hot_auction } else { any };
            random.skip(u64::from(!is_hot));
            let is_hot = random.below(HOT_BIDDER_RATIO) > 0;
            let any = first_bidder + random.clone().below(bidders);
            let bidder = if is_hot { hot_bidder } else { any };
            random.skip(u64::from(!is_hot));
            self.auction.push(auction as i64);
            self.bidder.push(bidder as i64);
            if wanted.has(place::PRICE) {
                self.price.push(price(random));
            } else {
                random.skip(1);
            }
            if let Some(texts) = texts {
                self.texts(texts, random, channel, extra);
            }
        }
    }

    fn texts(&mut self, texts: &Texts, random: &mut Random, channel: bool, extra: bool) {
        if channel {
            let (channels, count) = match random.below(2) > 0 {
                true => (&texts.hot_channels, HOT_CHANNELS.len() as u64),
                false => (&texts.channels, CHANNELS),
            };
            let channel = &channels[random.below(count) as usize];
            self.channel.push(channel.name);
            self.url.push(channel.url);
        } else {
            random.skip(2);
        }
        if extra {
            self.extra
                .push(Texts::extra_piece(random, OTHER_BYTES, BID_BYTES));
        }
    }

    fn clear(&mut self) {
        let Bids {
            auction,
            bidder,
            price,
            time,
            channel,
            url,
            extra,
        } = self;
        for numbers in [auction, bidder, price, time] {
            numbers.clear();
        }
        for texts in [channel, url, extra] {
            texts.clear();
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.time.len()
    }

    /// When they happen.
    pub(super) fn times(&self) -> &[i64] {
        &self.time
    }

    /// The values of a field that was wanted.
    pub(super) fn field(&self, field: usize) -> Field<'_> {
        match field {
            place::AUCTION => Field::Numbers(&self.auction),
            place::BIDDER => Field::Numbers(&self.bidder),
            place::PRICE => Field::Numbers(&self.price),
            place::CHANNEL => Field::Texts(&self.channel),
            place::URL => Field::Texts(&self.url),
            place::TIME => Field::Numbers(&self.time),
            place::EXTRA => Field::Texts(&self.extra),
            _ => Field::Numbers(&[]),
        }
    }
}

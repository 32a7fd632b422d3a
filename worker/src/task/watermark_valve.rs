//! The watermark of several channels together: the least of those that count.
//!
//! The rules are those of Flink's `StatusWatermarkValve`. An idle channel does not count. One that was
//! idle and comes back behind what has been said already does not hold the others back until it has
//! caught up. When the last channel becomes idle, the greatest watermark of all is said first, so that
//! what was only waiting for slower channels still happens.

use alpheus_dataflow::element::{StreamElement, Watermark};

#[derive(Clone, Copy, Debug)]
struct ChannelTime {
    watermark: Watermark,
    idle: bool,
    /// Whether it counts: it is active and not behind the output.
    aligned: bool,
}

/// Combines watermarks and idleness.
#[derive(Debug)]
pub struct WatermarkValve {
    channels: Vec<ChannelTime>,
    output: Watermark,
    idle: bool,
}

/// What changed at the valve's output, to be passed on in the order of the fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValveOutput {
    /// Active again.
    pub active: bool,
    /// Event time has advanced.
    pub watermark: Option<Watermark>,
    /// All channels are idle.
    pub idle: bool,
}

impl WatermarkValve {
    /// Nothing is known of any of `channels` channels.
    pub fn new(channels: usize) -> Self {
        let unknown = ChannelTime {
            watermark: Watermark::MIN,
            idle: false,
            aligned: true,
        };
        WatermarkValve {
            channels: vec![unknown; channels],
            output: Watermark::MIN,
            idle: false,
        }
    }

    /// What was said last.
    pub fn output(&self) -> Watermark {
        self.output
    }

    /// Whether all channels are idle.
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    /// How many channels there are.
    pub fn channels(&self) -> usize {
        self.channels.len()
    }

    /// Says nothing that does not lie beyond `watermark`, which has been said elsewhere.
    pub fn start_after(&mut self, watermark: Watermark) {
        self.output = self.output.max(watermark);
    }

    /// What `channel` would have to say for the valve to know it as it does.
    pub fn said_by(&self, channel: usize) -> impl Iterator<Item = StreamElement> {
        let time = self.channels[channel];
        let watermark = StreamElement::Watermark(time.watermark);
        let idle = time.idle.then_some(StreamElement::Idle(true));
        (time.watermark > Watermark::MIN)
            .then_some(watermark)
            .into_iter()
            .chain(idle)
    }

    /// `channel` says that event time is at `watermark`. An idle channel's watermark is ignored, except
    /// [`Watermark::MAX`]: a channel that is complete is no longer waited for, idle or not.
    pub fn on_watermark(&mut self, channel: usize, watermark: Watermark) -> ValveOutput {
        let mut result = ValveOutput::default();
        if watermark == Watermark::MAX && self.channels[channel].idle {
            result.active = self.on_idle(channel, false).active;
        }
        let output = self.output;
        let time = &mut self.channels[channel];
        if time.idle || watermark <= time.watermark {
            return result;
        }
        time.watermark = watermark;
        time.aligned |= watermark >= output;
        result.watermark = self.advance();
        result
    }

    /// `channel` becomes idle, or active again.
    pub fn on_idle(&mut self, channel: usize, idle: bool) -> ValveOutput {
        let mut result = ValveOutput::default();
        let output = self.output;
        let time = &mut self.channels[channel];
        if time.idle == idle {
            return result;
        }
        time.idle = idle;
        time.aligned = !idle && time.watermark >= output;
        let last = time.watermark;
        if !idle {
            result.active = self.idle;
            self.idle = false;
            return result;
        }
        if self.channels.iter().all(|channel| channel.idle) {
            if last == output {
                let greatest = self.channels.iter().map(|channel| channel.watermark).max();
                result.watermark = greatest.and_then(|greatest| self.say(greatest));
            }
            self.idle = true;
            result.idle = true;
        } else {
            result.watermark = self.advance();
        }
        result
    }

    fn advance(&mut self) -> Option<Watermark> {
        let counting = self.channels.iter().filter(|channel| channel.aligned);
        let least = counting.map(|channel| channel.watermark).min()?;
        self.say(least)
    }

    fn say(&mut self, watermark: Watermark) -> Option<Watermark> {
        (watermark > self.output).then(|| {
            self.output = watermark;
            watermark
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(output: ValveOutput) -> Option<i64> {
        output.watermark.map(|watermark| watermark.0)
    }

    #[test]
    fn the_slowest_counts() {
        let mut valve = WatermarkValve::new(2);
        assert_eq!(said(valve.on_watermark(0, Watermark(10))), None);
        assert_eq!(said(valve.on_watermark(1, Watermark(7))), Some(7));
        assert_eq!(said(valve.on_watermark(1, Watermark(20))), Some(10));
        assert_eq!(said(valve.on_watermark(1, Watermark(5))), None);
    }

    #[test]
    fn idle_channels_do_not_count_and_return_when_they_have_caught_up() {
        let mut valve = WatermarkValve::new(2);
        valve.on_watermark(0, Watermark(10));
        assert_eq!(said(valve.on_idle(1, true)), Some(10));
        valve.on_idle(1, false);
        assert_eq!(said(valve.on_watermark(1, Watermark(3))), None);
        // Channel 1 is behind the output, so it does not hold channel 0 back.
        assert_eq!(said(valve.on_watermark(0, Watermark(12))), Some(12));
        assert_eq!(said(valve.on_watermark(1, Watermark(13))), None);
        // Now it counts again.
        assert_eq!(said(valve.on_watermark(0, Watermark(20))), Some(13));
    }

    #[test]
    fn the_last_to_become_idle_lets_the_greatest_through() {
        let mut valve = WatermarkValve::new(2);
        valve.on_watermark(0, Watermark(10));
        valve.on_watermark(1, Watermark(7));
        assert_eq!(valve.on_idle(0, true), ValveOutput::default());
        let output = valve.on_idle(1, true);
        assert_eq!(said(output), Some(10));
        assert!(output.idle);
        assert!(valve.on_idle(0, false).active);
    }

    #[test]
    fn a_complete_channel_is_not_waited_for_though_it_was_idle() {
        let mut valve = WatermarkValve::new(1);
        valve.on_idle(0, true);
        let output = valve.on_watermark(0, Watermark::MAX);
        assert!(output.active);
        assert_eq!(output.watermark, Some(Watermark::MAX));
    }
}

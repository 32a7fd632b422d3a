//! What happens after a failure.

use std::time::Duration;

use crate::config_enum;
use crate::option::{option, optional, options};

config_enum! {
    /// `restart-strategy.type`.
    RestartStrategyType {
        /// A failure ends the job.
        Disable = "disable" | "none" | "off",
        /// A number of attempts, a fixed time apart.
        FixedDelay = "fixed-delay" | "fixeddelay",
        /// Attempts as long as failures are not too frequent.
        FailureRate = "failure-rate" | "failurerate",
        /// Attempts with growing delays.
        ExponentialDelay = "exponential-delay" | "exponentialdelay",
    }
}

options! {
    "Restart strategy";
    /// How a failed job is restarted. Not set: `exponential-delay` if checkpoints are taken, else `disable`.
    STRATEGY: Option<RestartStrategyType> = optional("restart-strategy.type").was(&["restart-strategy"]);
    /// `fixed-delay`: attempts before the job fails.
    FIXED_ATTEMPTS: u32 = option("restart-strategy.fixed-delay.attempts", "1");
    /// `fixed-delay`: time between a failure and the restart.
    FIXED_DELAY: Duration = option("restart-strategy.fixed-delay.delay", "1 s");
    /// `failure-rate`: failures within the interval before the job fails.
    FAILURE_RATE_MAX: u32 = option("restart-strategy.failure-rate.max-failures-per-interval", "1");
    /// `failure-rate`: the interval.
    FAILURE_RATE_INTERVAL: Duration = option("restart-strategy.failure-rate.failure-rate-interval", "1 min");
    /// `failure-rate`: time between a failure and the restart.
    FAILURE_RATE_DELAY: Duration = option("restart-strategy.failure-rate.delay", "1 s");
    /// `exponential-delay`: first delay.
    EXPONENTIAL_INITIAL: Duration = option("restart-strategy.exponential-delay.initial-backoff", "1 s");
    /// `exponential-delay`: longest delay.
    EXPONENTIAL_MAX: Duration = option("restart-strategy.exponential-delay.max-backoff", "1 min");
    /// `exponential-delay`: what the delay is multiplied by after each failure.
    EXPONENTIAL_MULTIPLIER: f64 =
        option("restart-strategy.exponential-delay.backoff-multiplier", "1.5").range(1.0, 1e6);
    /// `exponential-delay`: part of the delay that is added or taken away at random.
    EXPONENTIAL_JITTER: f64 = option("restart-strategy.exponential-delay.jitter-factor", "0.1").range(0.0, 1.0);
    /// `exponential-delay`: time without a failure after which the delay starts anew.
    EXPONENTIAL_RESET: Duration = option("restart-strategy.exponential-delay.reset-backoff-threshold", "1 h");
    /// `exponential-delay`: failures without such a time before the job fails.
    EXPONENTIAL_ATTEMPTS: u32 =
        option("restart-strategy.exponential-delay.attempts-before-reset-backoff", "2147483647");
}

//! What happens after a failure: Flink's restart strategies (`RestartBackoffTimeStrategy`), pure.
//!
//! Time and chance come from the caller, so that every sequence of failures can be tested. Without a
//! configured strategy a job with checkpoints restarts with exponential delay and one without does not
//! restart at all, as in Flink.

use std::collections::VecDeque;

use alpheus_hadoop_conf::options::restart as options;
use alpheus_hadoop_conf::options::restart::RestartStrategyType;
use alpheus_hadoop_conf::{ConfigError, Configuration};

/// What to do after a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestartDecision {
    /// Run again after so many milliseconds.
    Restart {
        /// The delay.
        after_ms: i64,
    },
    /// The job has failed; the text says which limit was reached.
    GiveUp {
        /// For the user.
        reason: String,
    },
}

/// The settings of a strategy. Times are milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum RestartSettings {
    /// A failure ends the job.
    Disabled {
        /// Whether the user asked for that.
        explicit: bool,
    },
    /// So many attempts, a fixed time apart.
    FixedDelay {
        /// Restarts before the job fails.
        attempts: u32,
        /// Between failure and restart.
        delay_ms: i64,
    },
    /// As long as failures are not too frequent.
    FailureRate {
        /// Restarts within the interval.
        max_failures: u32,
        /// The interval.
        interval_ms: i64,
        /// Between failure and restart.
        delay_ms: i64,
    },
    /// With growing delays.
    ExponentialDelay {
        /// First delay.
        initial_ms: i64,
        /// Longest delay.
        max_ms: i64,
        /// Growth per failure.
        multiplier: f64,
        /// Part of the delay that chance adds or takes.
        jitter: f64,
        /// Quiet time after which the delay starts anew.
        reset_ms: i64,
        /// Failures without such a time before the job fails.
        attempts: u32,
    },
}

impl RestartSettings {
    /// What `restart-strategy.*` says.
    ///
    /// # Errors
    /// When a value is wrong.
    pub fn from_configuration(
        configuration: &Configuration,
        checkpointing: bool,
    ) -> Result<Self, ConfigError> {
        let configured = configuration.get(&options::STRATEGY)?;
        let by_default = if checkpointing {
            RestartStrategyType::ExponentialDelay
        } else {
            RestartStrategyType::Disable
        };
        let millis = |option| -> Result<i64, ConfigError> {
            let duration: std::time::Duration = configuration.get(option)?;
            Ok(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
        };
        Ok(match configured.unwrap_or(by_default) {
            RestartStrategyType::Disable => RestartSettings::Disabled {
                explicit: configured.is_some(),
            },
            RestartStrategyType::FixedDelay => RestartSettings::FixedDelay {
                attempts: configuration.get(&options::FIXED_ATTEMPTS)?,
                delay_ms: millis(&options::FIXED_DELAY)?,
            },
            RestartStrategyType::FailureRate => RestartSettings::FailureRate {
                max_failures: configuration.get(&options::FAILURE_RATE_MAX)?,
                interval_ms: millis(&options::FAILURE_RATE_INTERVAL)?,
                delay_ms: millis(&options::FAILURE_RATE_DELAY)?,
            },
            RestartStrategyType::ExponentialDelay => RestartSettings::ExponentialDelay {
                initial_ms: millis(&options::EXPONENTIAL_INITIAL)?.max(1),
                max_ms: millis(&options::EXPONENTIAL_MAX)?.max(1),
                multiplier: configuration.get(&options::EXPONENTIAL_MULTIPLIER)?,
                jitter: configuration.get(&options::EXPONENTIAL_JITTER)?,
                reset_ms: millis(&options::EXPONENTIAL_RESET)?,
                attempts: configuration.get(&options::EXPONENTIAL_ATTEMPTS)?,
            },
        })
    }

    /// The strategy's name in Flink.
    pub fn name(&self) -> &'static str {
        match self {
            RestartSettings::Disabled { .. } => "disable",
            RestartSettings::FixedDelay { .. } => "fixed-delay",
            RestartSettings::FailureRate { .. } => "failure-rate",
            RestartSettings::ExponentialDelay { .. } => "exponential-delay",
        }
    }
}

/// A strategy with its memory of earlier failures.
#[derive(Clone, Debug)]
pub struct RestartStrategy {
    settings: RestartSettings,
    failures: u32,
    /// `FailureRate`: when the last `max_failures + 1` failures were.
    recent: VecDeque<i64>,
    /// `ExponentialDelay`: the delay of the last failure, and when it was.
    backoff: Option<(i64, i64)>,
}

impl RestartStrategy {
    /// A strategy that has seen no failure.
    pub fn new(settings: RestartSettings) -> Self {
        RestartStrategy {
            settings,
            failures: 0,
            recent: VecDeque::new(),
            backoff: None,
        }
    }

    /// The settings.
    pub fn settings(&self) -> &RestartSettings {
        &self.settings
    }

    /// Decides what follows a failure at `now_ms`. `chance` is uniform in -1..=1.
    pub fn on_failure(&mut self, now_ms: i64, chance: f64) -> RestartDecision {
        self.failures = self.failures.saturating_add(1);
        let give_up = |reason: String| RestartDecision::GiveUp { reason };
        match self.settings {
            RestartSettings::Disabled { explicit: true } => {
                give_up("restart-strategy.type is disable".to_owned())
            }
            RestartSettings::Disabled { explicit: false } => give_up(
                "jobs without checkpoints are not restarted; set execution.checkpointing.interval or \
                 restart-strategy.type"
                    .to_owned(),
            ),
            RestartSettings::FixedDelay { attempts, delay_ms } => {
                if self.failures > attempts {
                    give_up(format!(
                        "restart-strategy.fixed-delay.attempts = {attempts} is used up"
                    ))
                } else {
                    RestartDecision::Restart { after_ms: delay_ms }
                }
            }
            RestartSettings::FailureRate {
                max_failures,
                interval_ms,
                delay_ms,
            } => {
                self.recent.push_back(now_ms);
                while self.recent.len() > max_failures as usize + 1 {
                    self.recent.pop_front();
                }
                let full = self.recent.len() > max_failures as usize;
                let within = self
                    .recent
                    .front()
                    .is_some_and(|first| now_ms - first <= interval_ms);
                if full && within {
                    give_up(format!(
                        "more than {max_failures} failures within {interval_ms} ms \
                         (restart-strategy.failure-rate.max-failures-per-interval)"
                    ))
                } else {
                    RestartDecision::Restart { after_ms: delay_ms }
                }
            }
            RestartSettings::ExponentialDelay {
                initial_ms,
                max_ms,
                multiplier,
                jitter,
                reset_ms,
                attempts,
            } => {
                let delay = match self.backoff {
                    Some((delay, at)) if now_ms - at < reset_ms.saturating_add(delay) => {
                        ((delay as f64 * multiplier) as i64).clamp(initial_ms.min(max_ms), max_ms)
                    }
                    _ => {
                        self.failures = 1;
                        initial_ms.min(max_ms)
                    }
                };
                self.backoff = Some((delay, now_ms));
                if self.failures > attempts {
                    return give_up(format!(
                        "restart-strategy.exponential-delay.attempts-before-reset-backoff = {attempts} \
                         is used up"
                    ));
                }
                let offset = (delay as f64 * jitter * chance.clamp(-1.0, 1.0)) as i64;
                RestartDecision::Restart {
                    after_ms: (delay + offset).clamp(0, max_ms),
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings(pairs: &[&str], checkpointing: bool) -> RestartSettings {
        let mut configuration = Configuration::new();
        for pair in pairs {
            configuration.add_override(pair).unwrap();
        }
        RestartSettings::from_configuration(&configuration, checkpointing).unwrap()
    }

    fn delays(settings: RestartSettings, failures: &[i64]) -> Vec<Option<i64>> {
        let mut strategy = RestartStrategy::new(settings);
        let decide = |&at: &i64| match strategy.on_failure(at, 0.0) {
            RestartDecision::Restart { after_ms } => Some(after_ms),
            RestartDecision::GiveUp { .. } => None,
        };
        failures.iter().map(decide).collect()
    }

    #[test]
    fn without_a_strategy_checkpoints_decide() {
        assert_eq!(settings(&[], false).name(), "disable");
        assert_eq!(settings(&[], true).name(), "exponential-delay");
        assert_eq!(
            settings(&["restart-strategy.type=none"], true).name(),
            "disable"
        );
        assert_eq!(delays(settings(&[], false), &[0]), [None]);
    }

    #[test]
    fn fixed_delay_counts_attempts() {
        let settings = settings(
            &[
                "restart-strategy.type=fixed-delay",
                "restart-strategy.fixed-delay.attempts=2",
                "restart-strategy.fixed-delay.delay=3 s",
            ],
            false,
        );
        assert_eq!(delays(settings, &[0, 1, 2]), [Some(3000), Some(3000), None]);
    }

    #[test]
    fn failure_rate_forgets_what_is_older_than_the_interval() {
        let settings = settings(
            &[
                "restart-strategy.type=failure-rate",
                "restart-strategy.failure-rate.max-failures-per-interval=2",
                "restart-strategy.failure-rate.failure-rate-interval=1 min",
                "restart-strategy.failure-rate.delay=0 s",
            ],
            false,
        );
        let late = [0, 30_000, 60_001, 90_001];
        assert_eq!(delays(settings.clone(), &late), [Some(0); 4]);
        assert_eq!(
            delays(settings, &[0, 30_000, 60_000]),
            [Some(0), Some(0), None]
        );
    }

    #[test]
    fn exponential_delay_grows_is_capped_and_starts_anew_after_quiet() {
        let settings = settings(
            &[
                "restart-strategy.exponential-delay.max-backoff=3 s",
                "restart-strategy.exponential-delay.backoff-multiplier=2.0",
                "restart-strategy.exponential-delay.reset-backoff-threshold=10 s",
            ],
            true,
        );
        assert_eq!(
            delays(settings, &[0, 2_000, 5_000, 9_000, 30_000]),
            [Some(1000), Some(2000), Some(3000), Some(3000), Some(1000)]
        );
    }

    proptest! {
        #[test]
        fn jitter_keeps_within_its_part_and_the_cap(chances in prop::collection::vec(-1.0f64..=1.0, 1..40)) {
            let mut strategy = RestartStrategy::new(settings(&[], true));
            for (i, chance) in chances.into_iter().enumerate() {
                let plain = (1000.0 * 1.5f64.powi(i as i32)).min(60_000.0);
                let RestartDecision::Restart { after_ms } = strategy.on_failure(i as i64, chance) else {
                    panic!("gave up");
                };
                prop_assert!(after_ms <= 60_000);
                prop_assert!((after_ms as f64 - plain).abs() <= plain * 0.1 + 40.0);
            }
        }
    }
}

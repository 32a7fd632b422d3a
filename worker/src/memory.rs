//! The promise that a worker stays within its memory (`taskmanager.memory.process.size`).
//!
//! What is large is bounded where it arises: RocksDB's caches and write buffers by managed memory, records between tasks
//! by network memory. State of the hashmap backend is not, and nobody can say beforehand how large it gets. So a thread
//! looks at the process's resident memory, as the NodeManager does, only more often ([`WATCH`]): it warns when that comes
//! near the limit, and at the limit the worker ends with words that say what it would need, instead of being killed
//! without any.

use std::time::Duration;

use alpheus_hadoop_conf::options::taskmanager::{
    FLINK_SIZE, MANAGED_FRACTION, MANAGED_SIZE, PROCESS_SIZE,
};
use alpheus_hadoop_conf::{ConfigError, Configuration, MemorySize};

/// Memory of a worker where nothing says how much (Flink's `conf/config.yaml`).
const DEFAULT_PROCESS_SIZE: MemorySize = MemorySize::of_mebibytes(1728);

/// Between two looks. A NodeManager looks every three seconds.
pub const WATCH: Duration = Duration::from_millis(100);

/// Percent of the limit at which there is a warning, and at which the next one may come.
const WARN: (u64, u64) = (90, 80);

/// Percent of the limit at which the worker ends.
const END: u64 = 98;

/// Needs are told in steps of this.
const STEP: u64 = 64 << 20;

const MEBIBYTE: u64 = 1 << 20;

/// How much memory a worker may have.
///
/// # Errors
/// When an option is wrong.
pub fn process_size(configuration: &Configuration) -> Result<MemorySize, ConfigError> {
    Ok(match configuration.get(&PROCESS_SIZE)? {
        Some(size) => size,
        None => configuration
            .get(&FLINK_SIZE)?
            .unwrap_or(DEFAULT_PROCESS_SIZE),
    })
}

/// How much of that is for state backends and large operators.
///
/// # Errors
/// When an option is wrong.
pub fn managed_size(configuration: &Configuration) -> Result<MemorySize, ConfigError> {
    if let Some(size) = configuration.get(&MANAGED_SIZE)? {
        return Ok(size);
    }
    let fraction = configuration.get(&MANAGED_FRACTION)?;
    let bytes = process_size(configuration)?.bytes() as f64 * fraction;
    Ok(MemorySize::of_bytes(bytes as u64))
}

/// What a look at the memory leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pressure {
    /// Nothing.
    None,
    /// It comes near the limit, for the first time or again.
    Near(String),
    /// It is there.
    Exceeded(String),
}

/// The limit of a process and what was said of it.
#[derive(Clone, Debug)]
pub struct MemoryLimit {
    bytes: u64,
    warned: bool,
}

impl MemoryLimit {
    /// So many bytes.
    pub fn new(bytes: u64) -> Self {
        MemoryLimit {
            bytes,
            warned: false,
        }
    }

    /// Looks at so many resident bytes.
    pub fn look(&mut self, resident: u64) -> Pressure {
        let percent = |part: u64| self.bytes / 100 * part;
        if resident >= percent(END) {
            return Pressure::Exceeded(self.explain(resident));
        }
        if resident < percent(WARN.1) {
            self.warned = false;
        }
        if resident < percent(WARN.0) || self.warned {
            return Pressure::None;
        }
        self.warned = true;
        Pressure::Near(self.explain(resident))
    }

    fn explain(&self, resident: u64) -> String {
        let needed = (resident + resident / 2).div_ceil(STEP) * STEP;
        format!(
            "the worker uses {} mb of the {} mb that it may have (taskmanager.memory.process.size); {} mb might do. Raise it, \
             keep state on disk (state.backend.type: rocksdb), or spread it over more workers (parallelism.default)",
            resident / MEBIBYTE,
            self.bytes / MEBIBYTE,
            needed / MEBIBYTE
        )
    }
}

/// Resident bytes of this process (`/proc/self/status`); `None` where the system does not say.
pub fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Starts to watch this process; `exceeded` is called once, when it is at its limit.
///
/// # Errors
/// When the system gives no thread.
pub fn watch(bytes: u64, exceeded: impl FnOnce(String) + Send + 'static) -> std::io::Result<()> {
    let mut limit = MemoryLimit::new(bytes);
    std::thread::Builder::new()
        .name("memory-watch".to_owned())
        .spawn(move || {
            while let Some(resident) = resident_bytes() {
                match limit.look(resident) {
                    Pressure::None => {}
                    Pressure::Near(what) => tracing::warn!("{what}"),
                    Pressure::Exceeded(what) => return exceeded(what),
                }
                std::thread::sleep(WATCH);
            }
        })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_warning_for_each_approach_and_an_end_before_the_limit() {
        let mut limit = MemoryLimit::new(1000 * MEBIBYTE);
        assert_eq!(limit.look(850 * MEBIBYTE), Pressure::None);
        assert!(matches!(limit.look(910 * MEBIBYTE), Pressure::Near(_)));
        assert_eq!(limit.look(920 * MEBIBYTE), Pressure::None);
        assert_eq!(limit.look(850 * MEBIBYTE), Pressure::None);
        assert_eq!(limit.look(910 * MEBIBYTE), Pressure::None);
        assert_eq!(limit.look(700 * MEBIBYTE), Pressure::None);
        assert!(matches!(limit.look(910 * MEBIBYTE), Pressure::Near(_)));
        let Pressure::Exceeded(what) = limit.look(990 * MEBIBYTE) else {
            panic!("it is over");
        };
        assert!(what.contains("990 mb of the 1000 mb"), "{what}");
        assert!(what.contains("1536 mb might do"), "{what}");
    }

    #[test]
    fn a_process_has_a_size() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > MEBIBYTE));
    }
}

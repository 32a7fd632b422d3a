//! Runs inputs of a target until the time is over, and says which one broke it.
//!
//! A panic is caught where it happens. Too much memory and too much time cannot be: the input's number
//! stands in an atomic, from which the allocator's hook and the watch make the report before they end
//! the process. A stack overflow ends it without a word; the number is in `LAST` of the folder then, so
//! that `--seed S --number N` runs the same input under a debugger.

use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::{Target, limits, mutate};

/// The longest time for one input.
const TIME: Duration = Duration::from_secs(10);

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where findings are written.
    pub folder: PathBuf,
    /// From which all inputs follow.
    pub seed: u64,
    /// For how long.
    pub time: Duration,
    /// One input only.
    pub number: Option<u64>,
}

/// An input that broke a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The target.
    pub target: &'static str,
    /// The seed.
    pub seed: u64,
    /// The input's number.
    pub number: u64,
    /// The input.
    pub input: Vec<u8>,
    /// What happened.
    pub what: String,
}

impl Finding {
    /// Writes the input to the folder and says on standard error what to do with it.
    pub fn report(&self, folder: &Path) {
        let file = folder.join(format!("{}-{:x}-{}", self.target, self.seed, self.number));
        let written = std::fs::write(&file, &self.input);
        let place = match &written {
            Ok(()) => file.display().to_string(),
            Err(error) => format!("{} (which could not be written: {error})", file.display()),
        };
        eprintln!(
            "{}: {}\n  input: {place}\n  again: fuzz --target {} --seed {} --number {}",
            self.target, self.what, self.target, self.seed, self.number
        );
    }
}

/// What is being run, for those who end the process.
struct Current {
    target: Target,
    seed: u64,
    folder: PathBuf,
}

static CURRENT: Mutex<Option<Current>> = Mutex::new(None);
static NUMBER: AtomicU64 = AtomicU64::new(0);
/// Where the last panic happened: its payload does not say.
static PLACE: Mutex<String> = Mutex::new(String::new());

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[allow(
    clippy::disallowed_methods,
    reason = "the input cannot be stopped otherwise, and there are no secrets here"
)]
fn give_up(what: &str) {
    if let Some(current) = &*lock(&CURRENT) {
        let number = NUMBER.load(Ordering::Relaxed);
        let Target {
            name, seeds, words, ..
        } = current.target;
        Finding {
            target: name,
            seed: current.seed,
            number,
            input: mutate::input(&seeds(), words, current.seed, number),
            what: what.to_owned(),
        }
        .report(&current.folder);
    }
    std::process::exit(1);
}

/// Sets the limits up: once, before anything is run.
pub fn watch() {
    limits::on_too_much_memory(|held| give_up(&format!("it holds {} MB", held >> 20)));
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        *lock(&PLACE) = place;
    }));
    std::thread::spawn(|| {
        let (mut last, mut since) = (u64::MAX, Instant::now());
        loop {
            std::thread::sleep(Duration::from_millis(200));
            let now = NUMBER.load(Ordering::Relaxed);
            if now != last || lock(&CURRENT).is_none() {
                (last, since) = (now, Instant::now());
            } else if since.elapsed() > TIME {
                give_up(&format!("it takes longer than {} s", TIME.as_secs()));
            }
        }
    });
}

/// Runs one target; the number of inputs, or the first finding.
///
/// # Errors
/// With the input that broke it.
pub fn run(target: Target, plan: &Plan) -> Result<u64, Finding> {
    *lock(&CURRENT) = Some(Current {
        target,
        seed: plan.seed,
        folder: plan.folder.clone(),
    });
    let last = std::fs::File::create(plan.folder.join("LAST")).ok();
    let seeds = (target.seeds)();
    let started = Instant::now();
    let numbers = match plan.number {
        Some(number) => number..number.saturating_add(1),
        None => 0..u64::MAX,
    };
    let mut done = 0;
    for number in numbers {
        if done > 0 && started.elapsed() >= plan.time {
            break;
        }
        let input = mutate::input(&seeds, target.words, plan.seed, number);
        NUMBER.store(number, Ordering::Relaxed);
        if let Some(last) = &last {
            let line = format!(
                "{:<12} seed {:<20} number {number:<20}\n",
                target.name, plan.seed
            );
            // Only for somebody who looks for a stack overflow; a run is as good without.
            let _ = last.write_all_at(line.as_bytes(), 0);
        }
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| (target.run)(&input))) {
            *lock(&CURRENT) = None;
            return Err(Finding {
                target: target.name,
                seed: plan.seed,
                number,
                input,
                what: format!("panicked at {}: {}", lock(&PLACE), message(&*payload)),
            });
        }
        done += 1;
    }
    *lock(&CURRENT) = None;
    Ok(done)
}

fn message(payload: &(dyn std::any::Any + Send)) -> &str {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("(no message)")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_found_and_can_be_had_again() {
        let target = Target {
            name: "test",
            run: |bytes| assert!(!bytes.contains(&b'!'), "no exclamation"),
            seeds: || vec![b"calm".to_vec()],
            words: &["!"],
        };
        let folder = std::env::temp_dir();
        let mut plan = Plan {
            folder,
            seed: 3,
            time: Duration::from_secs(30),
            number: None,
        };
        let found = run(target, &plan).unwrap_err();
        assert!(found.what.ends_with("no exclamation"), "{}", found.what);
        assert!(found.input.contains(&b'!'));
        plan.number = Some(found.number);
        assert_eq!(run(target, &plan).unwrap_err().input, found.input);
    }
}

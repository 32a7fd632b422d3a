//! `fuzz --target all --seconds 20`: see the library.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use alpheus_fuzz::{limits, run, targets};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: limits::Counting = limits::Counting;

/// Fuzz what reads from outside
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  fuzz --target all --seconds 20
  fuzz --target sql --seconds 600 --seed 7
  fuzz --target sql --seed 7 --number 1234     # one input again
  fuzz --target sql --input FILE               # the input in a file")]
struct Arguments {
    /// What to fuzz: a target's name, or all
    #[arg(long, default_value = "all")]
    target: String,
    /// For how long, all targets together
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// From which inputs follow; random if not given
    #[arg(long)]
    seed: Option<u64>,
    /// Run this input only
    #[arg(long)]
    number: Option<u64>,
    /// Run the input in this file only
    #[arg(long)]
    input: Option<PathBuf>,
    /// Where inputs that break something are written
    #[arg(long, default_value = "target/fuzz")]
    folder: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let chosen: Vec<_> = targets::ALL
        .iter()
        .filter(|target| arguments.target == "all" || arguments.target == target.name)
        .collect();
    if chosen.is_empty() || !arguments.seconds.is_finite() || arguments.seconds < 0.0 {
        let names: Vec<_> = targets::ALL.iter().map(|target| target.name).collect();
        eprintln!(
            "error: --target is all or one of {}; --seconds is not negative",
            names.join(", ")
        );
        return ExitCode::from(2);
    }
    if let Err(error) = std::fs::create_dir_all(&arguments.folder) {
        eprintln!(
            "error: {} cannot be made: {error}",
            arguments.folder.display()
        );
        return ExitCode::from(2);
    }
    if let Some(file) = &arguments.input {
        return replay(file, &chosen);
    }
    let plan = run::Plan {
        folder: arguments.folder,
        seed: arguments.seed.unwrap_or_else(rand::random),
        time: Duration::from_secs_f64(arguments.seconds / chosen.len() as f64),
        number: arguments.number,
    };
    println!("seed {}", plan.seed);
    run::watch();
    let mut code = ExitCode::SUCCESS;
    for target in chosen {
        match run::run(*target, &plan) {
            Ok(inputs) => println!("{:<12} {inputs} inputs", target.name),
            Err(finding) => {
                finding.report(&plan.folder);
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

/// Runs one input with everything as it is, so that a panic shows its backtrace.
fn replay(file: &std::path::Path, chosen: &[&alpheus_fuzz::Target]) -> ExitCode {
    match std::fs::read(file) {
        Ok(bytes) => {
            for target in chosen {
                (target.run)(&bytes);
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {} cannot be read: {error}", file.display());
            ExitCode::from(2)
        }
    }
}

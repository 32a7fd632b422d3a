//! `alpheus list`: the jobs that run on this machine, the applications on YARN, or the jobs of a session there.

use alpheus_am::registry::Registry;
use serde_json::{Value, json};

use crate::exit::{CliResult, Exit};
use crate::render::table::text_table;
use crate::rest_client::RestClient;
use crate::target::{Target, TargetArgs};
use crate::yarn;

/// Show the jobs of this user that run on this machine, the applications on YARN, or the jobs of a session there
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus list
  alpheus list --json
  alpheus list -t yarn-application
  alpheus list -t yarn-session            # the jobs of a session")]
pub struct ListArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// One object per job
    #[arg(long)]
    json: bool,
}

impl ListArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the jobs cannot be looked up.
    pub fn run(self) -> CliResult<Exit> {
        let (target, configuration) = self.target.load()?;
        match target {
            Target::Local => self.local(),
            Target::YarnApplication => yarn::list::list(&configuration, self.json),
            Target::YarnSession => yarn::session::list(&configuration, self.json),
        }
    }

    fn local(self) -> CliResult<Exit> {
        let mut rows = Vec::new();
        for job in Registry::of_user().list()? {
            let client = RestClient::of(job);
            // A job that ends just now does not answer any more.
            let Ok(overview) = client.get("/jobs/overview") else {
                continue;
            };
            let shown = &overview["jobs"][0];
            let job = client.job();
            if self.json {
                println!(
                    "{}",
                    json!({
                        "jid": job.job, "name": job.name, "state": shown["state"],
                        "start-time": job.started_at, "duration": shown["duration"],
                        "pid": job.pid, "rest": job.rest,
                    })
                );
                continue;
            }
            let seconds = shown["duration"].as_f64().unwrap_or(0.0) / 1000.0;
            rows.push(vec![
                Some(job.job.to_string()),
                Some(job.name.clone()),
                shown["state"].as_str().map(str::to_owned),
                Some(format!("{seconds:.1} s")),
                Some(number(&shown["tasks"]["running"])),
                Some(job.rest.clone()),
            ]);
        }
        if self.json {
            return Ok(Exit::Finished);
        }
        if rows.is_empty() {
            eprintln!("no running jobs");
            return Ok(Exit::Finished);
        }
        let columns = ["job", "name", "state", "for", "tasks", "rest"].map(str::to_owned);
        let mut out = String::new();
        text_table(&columns, &rows, &mut out);
        print!("{out}");
        Ok(Exit::Finished)
    }
}

fn number(value: &Value) -> String {
    value.as_i64().unwrap_or(0).to_string()
}

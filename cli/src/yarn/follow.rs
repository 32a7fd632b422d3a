//! Shows an application: how it comes up, and, for a command that waits, how it ends.

use std::time::{Duration, Instant};

use alpheus_yarn::{ApplicationId, ApplicationReport, ApplicationState, FinalStatus};

use super::cluster::Cluster;
use super::waiting::{self, Waiting};
use crate::exit::{CliError, CliResult, Exit};

/// Between two looks at an application that comes up.
const SOON: Duration = Duration::from_millis(100);
/// Between two looks at one that runs.
const LATER: Duration = Duration::from_millis(500);

/// Waits until the application's master has registered.
///
/// # Errors
/// When the application ends before that, with the reason.
pub async fn until_running(cluster: &Cluster, id: ApplicationId) -> CliResult<ApplicationReport> {
    watch(cluster, id, None, |state| {
        state == ApplicationState::Running
    })
    .await
}

/// Waits until the application has ended.
///
/// # Errors
/// When it has failed, with the reason.
pub async fn to_the_end(cluster: &Cluster, id: ApplicationId) -> CliResult<Exit> {
    let report = watch(cluster, id, Some(ApplicationState::Running), |_| false).await?;
    eprintln!("{id} has ended: {}", report.final_status);
    Ok(Exit::Finished)
}

/// Waits until a state is reached or the application has ended; says what changes since the state that was seen last.
async fn watch(
    cluster: &Cluster,
    id: ApplicationId,
    mut last: Option<ApplicationState>,
    enough: impl Fn(ApplicationState) -> bool,
) -> CliResult<ApplicationReport> {
    let mut waiting = Waiting::from(Instant::now());
    loop {
        let report = cluster.resource_manager.report(id).await?;
        if last != Some(report.state) {
            eprintln!("{}", describe(&report));
            last = Some(report.state);
        }
        if report.state == ApplicationState::Accepted
            && let Some(told) = waiting.look(id, &report.queue, &report.diagnostics, Instant::now())
        {
            eprintln!("{told}");
        }
        if report.state.is_final() {
            return verdict(report);
        }
        if enough(report.state) {
            return Ok(report);
        }
        let pause = match report.state {
            ApplicationState::Running => LATER,
            _ => SOON,
        };
        tokio::time::sleep(pause).await;
    }
}

fn describe(report: &ApplicationReport) -> String {
    let (id, state) = (report.id, report.state);
    match state {
        ApplicationState::Running => format!("{id} is {state}: {}", report.tracking_url),
        ApplicationState::Accepted => {
            let words = waiting::words(&report.diagnostics);
            format!("{id} is {state} in queue {} {words}", report.queue)
                .trim_end()
                .to_owned()
        }
        _ => format!("{id} is {state}"),
    }
}

/// What Hadoop says, without the lines of Java's call stacks.
fn without_stack(diagnostics: &str) -> String {
    let lines = diagnostics
        .lines()
        .filter(|line| !line.starts_with("\tat "));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// What a node that cannot start the program says.
const NO_PROGRAM: [&str; 2] = ["Exec format error", "cannot execute binary file"];

/// What Hadoop says, with what to do about it where it does not say so itself.
fn with_remedy(diagnostics: String) -> String {
    match NO_PROGRAM.iter().any(|words| diagnostics.contains(words)) {
        true => format!(
            "{diagnostics}\nthe node has another kind of processor than the program is made for: submit with an alpheus for the \
             nodes' kind, or keep to nodes of this one's by yarn.application.node-label"
        ),
        false => diagnostics,
    }
}

fn verdict(report: ApplicationReport) -> CliResult<ApplicationReport> {
    let failed = report.state != ApplicationState::Finished
        || !matches!(
            report.final_status,
            FinalStatus::Succeeded | FinalStatus::Killed
        );
    if failed {
        return Err(CliError::failed(format!(
            "{} has ended as {}: {}",
            report.id,
            match report.state {
                ApplicationState::Finished => report.final_status.to_string(),
                state => state.to_string(),
            },
            with_remedy(without_stack(&report.diagnostics))
        )));
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_come_without_call_stacks() {
        let said = "denied: x\n\tat org.a.B.c(B.java:1)\n\tat org.D\nFailing the application.\n";
        assert_eq!(without_stack(said), "denied: x\nFailing the application.");
        let said = with_remedy("line 9: ./alpheus: cannot execute binary file".to_owned());
        assert!(said.contains("another kind of processor"), "{said}");
        assert_eq!(with_remedy("denied".to_owned()), "denied");
    }
}

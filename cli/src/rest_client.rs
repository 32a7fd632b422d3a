//! Talking to a running job over its REST API.

use std::time::{Duration, Instant};

use alpheus_am::registry::{RegistryError, RunningJob};
use serde_json::{Value, json};

use crate::exit::{CliError, CliResult};

/// Between two questions about an operation.
const POLL: Duration = Duration::from_millis(50);

impl From<RegistryError> for CliError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::File(_) => CliError::refused(error),
            _ => CliError::usage(error),
        }
    }
}

/// A client of one job.
pub struct RestClient {
    job: RunningJob,
    agent: ureq::Agent,
}

impl RestClient {
    /// A client of a job that the registry knows.
    pub fn of(job: RunningJob) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        RestClient {
            job,
            agent: config.into(),
        }
    }

    /// The job.
    pub fn job(&self) -> &RunningJob {
        &self.job
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1{path}", self.job.rest)
    }

    fn answer(
        &self,
        response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> CliResult<Value> {
        let mut response = response.map_err(|error| {
            CliError::failed(format!(
                "job {} does not answer at {}: {error}",
                self.job.job, self.job.rest
            ))
        })?;
        let status = response.status();
        let text = response
            .body_mut()
            .read_to_string()
            .map_err(CliError::failed)?;
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(value);
        }
        let message = value["errors"][0].as_str().unwrap_or(&text).to_owned();
        Err(match status.as_u16() {
            401 | 403 => CliError::refused(message),
            _ => CliError::failed(message),
        })
    }

    /// GET.
    ///
    /// # Errors
    /// When the job does not answer, or refuses.
    pub fn get(&self, path: &str) -> CliResult<Value> {
        let request = self
            .agent
            .get(self.url(path))
            .header("Authorization", self.job.authorization.expose());
        self.answer(request.call())
    }

    /// POST with a JSON body.
    ///
    /// # Errors
    /// When the job does not answer, or refuses.
    pub fn post(&self, path: &str, body: &Value) -> CliResult<Value> {
        let request = self
            .agent
            .post(self.url(path))
            .header("Authorization", self.job.authorization.expose());
        self.answer(request.send_json(body))
    }

    /// Cancels the job.
    ///
    /// # Errors
    /// When the job does not answer, or refuses.
    pub fn cancel(&self) -> CliResult<()> {
        let path = format!("/jobs/{}?mode=cancel", self.job.job);
        let request = self
            .agent
            .patch(self.url(&path))
            .header("Authorization", self.job.authorization.expose());
        self.answer(request.send_json(json!({}))).map(drop)
    }

    /// Asks for a savepoint (with `stop`: and stops the job) and waits for its location.
    ///
    /// # Errors
    /// When it fails, or the job goes away.
    pub fn savepoint(&self, directory: Option<&str>, stop: Option<bool>) -> CliResult<String> {
        let job = self.job.job;
        let asked = match stop {
            None => self.post(
                &format!("/jobs/{job}/savepoints"),
                &json!({ "target-directory": directory, "cancel-job": false }),
            ),
            Some(drain) => self.post(
                &format!("/jobs/{job}/stop"),
                &json!({ "targetDirectory": directory, "drain": drain }),
            ),
        }?;
        let trigger = asked["request-id"].as_str().unwrap_or_default().to_owned();
        let path = format!("/jobs/{job}/savepoints/{trigger}");
        loop {
            let answer = self.get(&path)?;
            if answer["status"]["id"] == "COMPLETED" {
                let operation = &answer["operation"];
                return match operation["location"].as_str() {
                    Some(location) => Ok(location.to_owned()),
                    None => Err(CliError::failed(format!(
                        "the savepoint failed: {}",
                        operation["failure-cause"]["stack-trace"]
                            .as_str()
                            .unwrap_or("the job does not say why")
                    ))),
                };
            }
            std::thread::sleep(POLL);
        }
    }

    /// Waits until the job's process has taken it off the registry.
    pub fn wait_for_end(
        &self,
        registry: &alpheus_am::registry::Registry,
        patience: Duration,
    ) -> bool {
        let end = Instant::now() + patience;
        while Instant::now() < end {
            if registry.find(&self.job.job.to_string()).is_err() {
                return true;
            }
            std::thread::sleep(POLL);
        }
        false
    }
}

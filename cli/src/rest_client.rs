//! Talking to a running job over its REST API.

use std::rc::Rc;
use std::time::{Duration, Instant};

use alpheus_am::registry::{RegistryError, RunningJob};
use alpheus_security::secret::Secret;
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

/// How requests reach a job: over loopback here, over TLS elsewhere.
pub trait Transport {
    /// Sends a request to a path and returns the answer's status and body.
    ///
    /// # Errors
    /// With a sentence that says why there is no answer.
    fn send(&self, method: &str, path: &str, body: Option<&Value>)
    -> Result<(u16, String), String>;
}

/// Plain HTTP on this machine.
struct Loopback {
    agent: ureq::Agent,
    base: String,
    authorization: Secret,
}

impl Transport for Loopback {
    fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(u16, String), String> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("Authorization", self.authorization.expose())
            .header("Content-Type", "application/json")
            .body(body)
            .map_err(|error| error.to_string())?;
        let mut response = self.agent.run(request).map_err(|error| error.to_string())?;
        let text = response.body_mut().read_to_string();
        Ok((
            response.status().as_u16(),
            text.map_err(|error| error.to_string())?,
        ))
    }
}

/// A REST API, and a way to it; cheap to clone.
#[derive(Clone)]
pub struct Api {
    /// Whose it is, for error messages.
    whom: String,
    transport: Rc<dyn Transport>,
}

impl Api {
    /// The API of `whom`, such as `job 5f0c... at http://...`.
    pub fn new(whom: String, transport: Box<dyn Transport>) -> Self {
        Api {
            whom,
            transport: transport.into(),
        }
    }

    /// Sends a request to a path below `/v1`.
    ///
    /// # Errors
    /// When nobody answers, or the request is refused.
    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> CliResult<Value> {
        let sent = self.transport.send(method, &format!("/v1{path}"), body);
        let (status, text) = sent
            .map_err(|error| CliError::failed(format!("{} does not answer: {error}", self.whom)))?;
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if (200..300).contains(&status) {
            return Ok(value);
        }
        let message = value["errors"][0].as_str().unwrap_or(&text).to_owned();
        Err(match status {
            401 | 403 => CliError::refused(message),
            _ => CliError::failed(message),
        })
    }

    /// GET.
    ///
    /// # Errors
    /// As for any request.
    pub fn get(&self, path: &str) -> CliResult<Value> {
        self.send("GET", path, None)
    }
}

/// A client of one job.
pub struct RestClient {
    job: RunningJob,
    api: Api,
}

impl RestClient {
    /// A client of a job that the registry knows.
    pub fn of(job: RunningJob) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        let transport = Loopback {
            agent: config.into(),
            base: job.rest.clone(),
            authorization: job.authorization.clone(),
        };
        let whom = format!("job {} at {}", job.job, job.rest);
        RestClient::over(job, Api::new(whom, Box::new(transport)))
    }

    /// A client of a job that is somewhere else.
    pub fn over(job: RunningJob, api: Api) -> Self {
        RestClient { job, api }
    }

    /// The job.
    pub fn job(&self) -> &RunningJob {
        &self.job
    }

    /// GET.
    ///
    /// # Errors
    /// When the job does not answer, or refuses.
    pub fn get(&self, path: &str) -> CliResult<Value> {
        self.api.get(path)
    }

    /// POST with a JSON body.
    ///
    /// # Errors
    /// When the job does not answer, or refuses.
    pub fn post(&self, path: &str, body: &Value) -> CliResult<Value> {
        self.api.send("POST", path, Some(body))
    }

    /// Cancels the job.
    ///
    /// # Errors
    /// When the job does not answer, or refuses.
    pub fn cancel(&self) -> CliResult<()> {
        let path = format!("/jobs/{}?mode=cancel", self.job.job);
        self.api.send("PATCH", &path, Some(&json!({}))).map(drop)
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

//! The keys of encrypted checkpoints, as the AM holds them.

use std::sync::Arc;

use alpheus_dataflow::ids::CheckpointId;
use alpheus_hadoop_conf::options::checkpointing::ENCRYPTION_KEY_FILE;
use alpheus_hadoop_conf::{ConfigError, Configuration, Source};
use alpheus_state::StateError;
use alpheus_state::encryption::{CheckpointKey, KeyRing};

/// The key file that the configuration names, if it names one.
///
/// # Errors
/// When it cannot be used.
pub fn key_ring(configuration: &Configuration) -> Result<Option<Arc<KeyRing>>, ConfigError> {
    let Some(file) = configuration.get(&ENCRYPTION_KEY_FILE)? else {
        return Ok(None);
    };
    let key = ENCRYPTION_KEY_FILE.key();
    let ring = KeyRing::read(&file).map_err(|error| ConfigError::BadValue {
        key: key.to_owned(),
        value: file.display().to_string(),
        from: configuration
            .source(key)
            .cloned()
            .unwrap_or(Source::CommandLine),
        expected: error.to_string(),
    })?;
    Ok(Some(Arc::new(ring)))
}

/// Gives each checkpoint one key, however many workers it is sent to.
pub struct CheckpointKeys {
    ring: Option<Arc<KeyRing>>,
    last: Option<(CheckpointId, CheckpointKey)>,
}

impl CheckpointKeys {
    /// Keys that this ring wraps; none without one.
    pub fn new(ring: Option<Arc<KeyRing>>) -> Self {
        CheckpointKeys { ring, last: None }
    }

    /// The key of a checkpoint.
    ///
    /// # Errors
    /// When OpenSSL has no random numbers.
    pub fn of(&mut self, checkpoint: CheckpointId) -> Result<Option<CheckpointKey>, StateError> {
        let Some(ring) = &self.ring else {
            return Ok(None);
        };
        match &self.last {
            Some((id, key)) if *id == checkpoint => Ok(Some(key.clone())),
            _ => {
                let key = ring.new_key()?;
                self.last = Some((checkpoint, key.clone()));
                Ok(Some(key))
            }
        }
    }
}

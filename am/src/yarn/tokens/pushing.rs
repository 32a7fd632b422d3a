//! Tokens that the owner pushes: which are taken, and that a later attempt finds them.

use std::sync::Arc;
use std::time::SystemTime;

use alpheus_hadoop::providers::HADOOP_FS;
use alpheus_hadoop_conf::Configuration;
use alpheus_security::hadoop::{Credentials, Identifier, Token, kind};
use alpheus_security::tokens::{TokenManager, TokenOptions, TokenProvider};
use alpheus_storage::{Location, file_system_for};
use tokio::sync::Notify;

use super::{Origin, TokenKeeper};
use crate::yarn::given_tokens::GivenTokens;
use crate::yarn::launcher::WorkerLauncher;
use crate::yarn::{YarnApplicationError, kept_tokens};

/// Tokens that come from the owner's hands alone.
pub(super) struct Given {
    pub tokens: Arc<GivenTokens>,
    pub manager: Arc<TokenManager>,
    pub pushed: Arc<Notify>,
    /// One push after the other.
    turn: tokio::sync::Mutex<()>,
    /// Where pushed tokens are kept for a later attempt.
    staging: Option<Location>,
}

/// Takes tokens from the owner from now on; `None` where tokens are switched off.
///
/// # Errors
/// When an option is wrong.
pub(super) fn given(
    tokens: GivenTokens,
    staging: Option<Location>,
    configuration: &Configuration,
) -> Result<Option<Given>, YarnApplicationError> {
    let Some(options) = TokenOptions::from_configuration(configuration)? else {
        return Ok(None);
    };
    let given = Arc::new(tokens);
    let provider = Arc::clone(&given) as Arc<dyn TokenProvider>;
    Ok(Some(Given {
        tokens: given,
        manager: TokenManager::new(options, vec![provider], Credentials::new()),
        pushed: Arc::new(Notify::new()),
        turn: tokio::sync::Mutex::new(()),
        staging,
    }))
}

/// Why pushed tokens are not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushRefused {
    /// There is a keytab.
    #[error("the application has a keytab and obtains its tokens itself")]
    Keytab,
    /// There is no security.
    #[error("the cluster has no security, and so no tokens")]
    Insecure,
    /// They are over.
    #[error("the pushed tokens have ended already")]
    Ended,
    /// Something that the application needs is not among them.
    #[error("there is no HDFS token for {0} among the pushed ones, which this application needs")]
    Missing(String),
    /// Somebody else's.
    #[error("the pushed tokens are {pushed}'s, and the application is {owner}'s")]
    Stranger {
        /// Whose they are.
        pushed: String,
        /// Whose they must be.
        owner: String,
    },
}

impl TokenKeeper {
    /// Takes tokens that are pushed; `until` is when the first of them ends.
    ///
    /// # Errors
    /// When they are of no use.
    pub async fn push(&self, tokens: Credentials, until: SystemTime) -> Result<(), PushRefused> {
        let given = match &self.origin {
            Origin::Nowhere => return Err(PushRefused::Insecure),
            Origin::Keytab { .. } => return Err(PushRefused::Keytab),
            Origin::Given(given) => given,
        };
        let tokens = WorkerLauncher::tokens_of(&tokens);
        let now = SystemTime::now();
        fits(&given.manager.credentials(), &tokens)?;
        if until <= now {
            return Err(PushRefused::Ended);
        }
        let _turn = given.turn.lock().await;
        given.tokens.replace(tokens.clone(), until);
        given.manager.replace_soon(HADOOP_FS);
        given.manager.obtain_due(now).await;
        given.pushed.notify_one();
        if let Some(staging) = given.staging.clone() {
            let kept =
                tokio::task::spawn_blocking(move || keep_for_successor(&staging, &(tokens, until)));
            let _ = kept.await;
        }
        Ok(())
    }
}

fn keep_for_successor(staging: &Location, kept: &kept_tokens::Kept) {
    let done = file_system_for(staging)
        .map_err(YarnApplicationError::from)
        .and_then(|fs| kept_tokens::keep(&*fs, staging, kept));
    if let Err(error) = done {
        tracing::warn!(%error, "a later attempt of the master will not find the pushed tokens");
    }
}

/// Whether new tokens can take the place of those that are held.
fn fits(held: &Credentials, new: &Credentials) -> Result<(), PushRefused> {
    let owner = |token: &Token| match token.decode_identifier() {
        Ok(Identifier::Delegation(identifier)) => Some(identifier.owner),
        _ => None,
    };
    for token in held.of_kind(kind::HDFS) {
        let found = new
            .of_kind(kind::HDFS)
            .find(|other| other.service == token.service)
            .ok_or_else(|| PushRefused::Missing(token.service.clone()))?;
        if let (Some(pushed), Some(owner)) = (owner(found), owner(token))
            && pushed != owner
        {
            return Err(PushRefused::Stranger { pushed, owner });
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use alpheus_security::hadoop::DelegationTokenIdentifier;
    use alpheus_security::secret::SecretBytes;

    use super::*;

    fn credentials(of: &[(&str, &str)]) -> Credentials {
        let mut credentials = Credentials::new();
        for (owner, service) in of {
            let identifier = DelegationTokenIdentifier {
                owner: (*owner).to_owned(),
                max_date: i64::MAX / 2,
                ..DelegationTokenIdentifier::default()
            };
            credentials.add_by_service(Token {
                identifier: identifier.to_writable(),
                password: SecretBytes::from(&b"x"[..]),
                kind: kind::HDFS.to_owned(),
                service: (*service).to_owned(),
            });
        }
        credentials
    }

    #[tokio::test]
    async fn pushed_tokens_must_be_the_owners_for_every_name_space_and_alive() {
        let held = credentials(&[("alice", "nn1:1"), ("alice", "nn2:1")]);
        let tokens = GivenTokens::of_submission(held.clone());
        let given = given(tokens, None, &Configuration::new()).unwrap().unwrap();
        given.manager.obtain_due(SystemTime::now()).await;
        let manager = Arc::clone(&given.manager);
        let keeper = TokenKeeper {
            origin: Origin::Given(given),
            name_spaces: Vec::new(),
        };
        let soon = SystemTime::now() + Duration::from_secs(60);
        let other = credentials(&[("alice", "nn1:1"), ("bob", "nn2:1")]);
        let few = credentials(&[("alice", "nn1:1")]);
        assert_eq!(
            keeper.push(few, soon).await,
            Err(PushRefused::Missing("nn2:1".to_owned()))
        );
        let stranger = keeper.push(other, soon).await;
        assert!(matches!(stranger, Err(PushRefused::Stranger { .. })));
        let ended = keeper.push(held.clone(), UNIX_EPOCH).await;
        assert_eq!(ended, Err(PushRefused::Ended));
        let more = credentials(&[("alice", "nn1:1"), ("alice", "nn2:1"), ("alice", "nn3:1")]);
        keeper.push(more.clone(), soon).await.unwrap();
        assert_eq!(*manager.credentials(), more);
        let shown = keeper.status();
        assert_eq!(shown.origin, "tokens");
        assert!(shown.valid_until.is_some());
    }

    #[tokio::test]
    async fn whoever_has_a_keytab_needs_no_push() {
        for (origin, refused) in [
            (Origin::Nowhere, PushRefused::Insecure),
            (
                Origin::Keytab {
                    _held: Arc::default(),
                },
                PushRefused::Keytab,
            ),
        ] {
            let keeper = TokenKeeper {
                origin,
                name_spaces: Vec::new(),
            };
            let pushed = keeper.push(Credentials::new(), SystemTime::now()).await;
            assert_eq!(pushed, Err(refused));
            assert_eq!(keeper.status().valid_until, None);
        }
    }
}

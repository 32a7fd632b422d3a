//! What the identifier of a token says: whom it stands for and how long it lives.
//!
//! HDFS, its web forms and the key server write the fields as `Writable`; YARN writes them as protobuf (very old
//! ones as `Writable` too).

use prost::Message;

use super::wire::{Reader, put_bytes, put_vlong};
use super::{TokenError, kind};

/// A delegation token's identifier (`AbstractDelegationTokenIdentifier`).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DelegationTokenIdentifier {
    /// Whom the token stands for.
    pub owner: String,
    /// Who may renew it.
    pub renewer: String,
    /// Who really asked for it, if it was for someone else; else empty.
    pub real_user: String,
    /// When it was made, milliseconds since 1970.
    pub issue_date: i64,
    /// When it ends for good, however often it is renewed, milliseconds since 1970.
    pub max_date: i64,
    /// Its number.
    pub sequence_number: i32,
    /// The number of the key that signed it.
    pub master_key_id: i32,
}

/// What is known of an identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Identifier {
    /// Of a delegation token.
    Delegation(DelegationTokenIdentifier),
    /// Of an application master's attempt.
    ApplicationAttempt {
        /// `appattempt_...`.
        attempt: String,
        /// The number of the key that signed it.
        key_id: i32,
    },
    /// Of a kind that is not looked into.
    Opaque,
}

impl Identifier {
    /// Reads an identifier of a kind.
    ///
    /// # Errors
    /// If the kind is known and the bytes are no identifier of it.
    pub fn decode(of_kind: &str, bytes: &[u8]) -> Result<Self, TokenError> {
        match of_kind {
            kind::HDFS | kind::WEBHDFS | kind::SWEBHDFS | kind::KMS => {
                DelegationTokenIdentifier::from_writable(bytes).map(Identifier::Delegation)
            }
            kind::RM | kind::TIMELINE => {
                let read = YarnIdentifierProto::decode(bytes).map(DelegationTokenIdentifier::from);
                read.or_else(|_| DelegationTokenIdentifier::from_writable(bytes))
                    .map(Identifier::Delegation)
            }
            kind::AM_RM => {
                let read = AmRmIdentifierProto::decode(bytes);
                let read =
                    read.map_err(|e| TokenError::Malformed(format!("the identifier: {e}")))?;
                let attempt = read.attempt.unwrap_or_default();
                let application = attempt.application.unwrap_or_default();
                let attempt = format!(
                    "appattempt_{}_{:04}_{:06}",
                    application.timestamp, application.id, attempt.attempt
                );
                Ok(Identifier::ApplicationAttempt {
                    attempt,
                    key_id: read.key_id,
                })
            }
            _ => Ok(Identifier::Opaque),
        }
    }
}

impl DelegationTokenIdentifier {
    /// Reads the `Writable` form.
    ///
    /// # Errors
    /// If the bytes are not of that form.
    pub fn from_writable(bytes: &[u8]) -> Result<Self, TokenError> {
        let mut reader = Reader::new(bytes);
        let version = reader.byte()?;
        if version != 0 {
            return Err(TokenError::Malformed(format!(
                "the identifier has the unknown version {version}"
            )));
        }
        Ok(DelegationTokenIdentifier {
            owner: reader.text()?,
            renewer: reader.text()?,
            real_user: reader.text()?,
            issue_date: reader.vlong()?,
            max_date: reader.vlong()?,
            sequence_number: reader.vint()?,
            master_key_id: reader.vint()?,
        })
    }

    /// Writes the `Writable` form.
    #[must_use]
    pub fn to_writable(&self) -> Vec<u8> {
        let mut out = vec![0];
        for text in [&self.owner, &self.renewer, &self.real_user] {
            put_bytes(&mut out, text.as_bytes());
        }
        put_vlong(&mut out, self.issue_date);
        put_vlong(&mut out, self.max_date);
        put_vlong(&mut out, self.sequence_number.into());
        put_vlong(&mut out, self.master_key_id.into());
        out
    }
}

/// `YARNDelegationTokenIdentifierProto`.
#[derive(Clone, PartialEq, Message)]
struct YarnIdentifierProto {
    #[prost(string, tag = "1")]
    owner: String,
    #[prost(string, tag = "2")]
    renewer: String,
    #[prost(string, tag = "3")]
    real_user: String,
    #[prost(int64, tag = "4")]
    issue_date: i64,
    #[prost(int64, tag = "5")]
    max_date: i64,
    #[prost(int32, tag = "6")]
    sequence_number: i32,
    #[prost(int32, tag = "7")]
    master_key_id: i32,
}

impl From<YarnIdentifierProto> for DelegationTokenIdentifier {
    fn from(proto: YarnIdentifierProto) -> Self {
        let YarnIdentifierProto {
            owner,
            renewer,
            real_user,
            issue_date,
            max_date,
            sequence_number,
            master_key_id,
        } = proto;
        DelegationTokenIdentifier {
            owner,
            renewer,
            real_user,
            issue_date,
            max_date,
            sequence_number,
            master_key_id,
        }
    }
}

/// `AMRMTokenIdentifierProto`.
#[derive(Clone, PartialEq, Message)]
struct AmRmIdentifierProto {
    #[prost(message, optional, tag = "1")]
    attempt: Option<AttemptProto>,
    #[prost(int32, tag = "2")]
    key_id: i32,
}

/// `ApplicationAttemptIdProto`.
#[derive(Clone, PartialEq, Message)]
struct AttemptProto {
    #[prost(message, optional, tag = "1")]
    application: Option<ApplicationProto>,
    #[prost(int32, tag = "2")]
    attempt: i32,
}

/// `ApplicationIdProto`.
#[derive(Clone, PartialEq, Message)]
struct ApplicationProto {
    #[prost(int32, tag = "1")]
    id: i32,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> DelegationTokenIdentifier {
        DelegationTokenIdentifier {
            owner: "alice".to_owned(),
            renewer: "rm/localhost@TEST.LOCAL".to_owned(),
            real_user: String::new(),
            issue_date: 1_700_000_000_000,
            max_date: 1_700_604_800_000,
            sequence_number: 7,
            master_key_id: 300,
        }
    }

    #[test]
    fn both_forms() {
        let writable = sample().to_writable();
        assert_eq!(
            Identifier::decode(kind::HDFS, &writable).unwrap(),
            Identifier::Delegation(sample())
        );
        let s = sample();
        let proto = YarnIdentifierProto {
            owner: s.owner,
            renewer: s.renewer,
            real_user: s.real_user,
            issue_date: s.issue_date,
            max_date: s.max_date,
            sequence_number: s.sequence_number,
            master_key_id: s.master_key_id,
        };
        let read = Identifier::decode(kind::RM, &proto.encode_to_vec()).unwrap();
        assert_eq!(read, Identifier::Delegation(sample()));
        assert_eq!(
            Identifier::decode("other", b"x").unwrap(),
            Identifier::Opaque
        );
        assert!(Identifier::decode(kind::HDFS, &[1, 2]).is_err());
    }

    /// Bytes that Hadoop 3.4.1 wrote.
    #[test]
    fn an_application_masters_token() {
        let bytes = [
            0x0a, 0x0d, 0x0a, 0x09, 0x08, 0x07, 0x10, 0x80, 0xd0, 0x95, 0xff, 0xbc, 0x31, 0x10,
            0x01, 0x10, 0x05,
        ];
        let attempt = "appattempt_1700000000000_0007_000001".to_owned();
        let expected = Identifier::ApplicationAttempt { attempt, key_id: 5 };
        assert_eq!(Identifier::decode(kind::AM_RM, &bytes).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for of_kind in [kind::HDFS, kind::RM, kind::AM_RM] {
                let _ = Identifier::decode(of_kind, &bytes);
            }
        }
    }
}

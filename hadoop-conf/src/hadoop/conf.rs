//! The merged configuration and its typed getters.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use super::keys::{default_of, present_name};
use super::value::{read_bytes, read_millis};
use super::xml::{self, RawProperty};
use super::{HadoopConfError, HadoopValue, substitute};
use crate::{Configuration, Environment, options};

/// Hadoop's configuration as this process sees it.
#[derive(Clone)]
pub struct HadoopConf {
    properties: BTreeMap<String, Property>,
    /// Keys that a property without a value declared final, and where: files cannot set them any more.
    sealed: BTreeMap<String, Origin>,
    files: Vec<PathBuf>,
    environment: Environment<'static>,
}

#[derive(Clone)]
struct Property {
    /// Before substitution.
    raw: String,
    is_final: bool,
    origin: Origin,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    File(PathBuf, usize),
    Program(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File(path, line) => write!(f, "{}:{line}", path.display()),
            Origin::Program(who) => f.write_str(who),
        }
    }
}

/// Something that an administrator should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HadoopWarning {
    /// A file set a key that an earlier one had declared final, to another value.
    FinalOverridden {
        /// The key.
        key: String,
        /// Where the value is that counts.
        counts: String,
        /// Where the value is that does not.
        ignored: String,
    },
}

impl fmt::Display for HadoopWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HadoopWarning::FinalOverridden {
            key,
            counts,
            ignored,
        } = self;
        write!(
            f,
            "'{key}' is final at {counts}; the other value at {ignored} does not count"
        )
    }
}

impl HadoopConf {
    /// A configuration in which every key has its default.
    #[must_use]
    pub fn empty(environment: Environment<'static>) -> Self {
        HadoopConf {
            properties: BTreeMap::new(),
            sealed: BTreeMap::new(),
            files: Vec::new(),
            environment,
        }
    }

    /// Reads files in the given order. Files that do not exist are passed over.
    ///
    /// # Errors
    /// If a file cannot be read or is not a configuration.
    pub fn from_files(
        files: &[PathBuf],
        environment: Environment<'static>,
    ) -> Result<(Self, Vec<HadoopWarning>), HadoopConfError> {
        let mut conf = Self::empty(environment);
        let mut warnings = Vec::new();
        let read = |path: &Path| {
            let bytes = std::fs::read(path)?;
            let text = String::from_utf8(bytes);
            text.map_err(|_| {
                std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8 text")
            })
        };
        for file in files {
            let present = file.try_exists().map_err(|error| HadoopConfError::Io {
                path: file.clone(),
                error,
            })?;
            if !present {
                continue;
            }
            for property in xml::parse(file, &read)? {
                warnings.extend(conf.add(property));
            }
            conf.files.push(file.clone());
        }
        Ok((conf, warnings))
    }

    /// Reads a text as if it were the file `name`; files that it includes do not exist.
    ///
    /// # Errors
    /// If it is not a configuration.
    #[doc(hidden)]
    pub fn from_text(
        text: &str,
        name: &Path,
        environment: Environment<'static>,
    ) -> Result<(Self, Vec<HadoopWarning>), HadoopConfError> {
        let mut conf = Self::empty(environment);
        let read = |path: &Path| match path == name {
            true => Ok(text.to_owned()),
            false => Err(std::io::ErrorKind::NotFound.into()),
        };
        let properties = xml::parse(name, &read)?;
        let warnings = properties
            .into_iter()
            .filter_map(|property| conf.add(property))
            .collect();
        Ok((conf, warnings))
    }

    fn add(&mut self, property: RawProperty) -> Option<HadoopWarning> {
        let RawProperty {
            name,
            value,
            is_final,
            file,
            line,
        } = property;
        let key = present_name(&name).to_owned();
        let origin = Origin::File(file, line);
        let Some(raw) = value else {
            if is_final {
                self.sealed.entry(key).or_insert(origin);
            }
            return None;
        };
        if let Some(sealed) = self.sealed.get(&key) {
            return Some(HadoopWarning::FinalOverridden {
                key,
                counts: sealed.to_string(),
                ignored: origin.to_string(),
            });
        }
        match self.properties.get(&key) {
            Some(known) if known.is_final => {
                (known.raw != raw).then(|| HadoopWarning::FinalOverridden {
                    key,
                    counts: known.origin.to_string(),
                    ignored: origin.to_string(),
                })
            }
            _ => {
                self.properties.insert(
                    key,
                    Property {
                        raw,
                        is_final,
                        origin,
                    },
                );
                None
            }
        }
    }

    /// Sets a key from a program, whatever the files say; `who` is named in errors.
    pub fn set(&mut self, key: &str, value: &str, who: &str) {
        let property = Property {
            raw: value.to_owned(),
            is_final: false,
            origin: Origin::Program(who.to_owned()),
        };
        self.properties
            .insert(present_name(key).to_owned(), property);
    }

    /// Takes over what Alpheus's own configuration says for Hadoop: `flink.hadoop.<key>` and `flink.yarn.<key>`.
    pub fn apply(&mut self, configuration: &Configuration) {
        for (family, prefix) in [
            (&options::hadoop::HADOOP_KEY, ""),
            (&options::hadoop::YARN_KEY, "yarn."),
        ] {
            for name in configuration.names(family) {
                if let Ok(Some(value)) = configuration.get_named(family, &name) {
                    self.set(
                        &format!("{prefix}{name}"),
                        &value,
                        &family.key().replace("<key>", &name),
                    );
                }
            }
        }
    }

    /// The files that were read, included ones apart.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Where the value of a key stands: file and line, or who set it. `None` for a default.
    #[must_use]
    pub fn origin(&self, key: &str) -> Option<String> {
        self.properties
            .get(present_name(key))
            .map(|property| property.origin.to_string())
    }

    /// The keys that were set.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.properties.keys().map(String::as_str)
    }

    fn raw(&self, key: &str) -> Option<String> {
        let key = present_name(key);
        self.properties
            .get(key)
            .map(|p| p.raw.trim().to_owned())
            .or_else(|| default_of(key).map(str::to_owned))
    }

    fn origin_text(&self, key: &str) -> String {
        self.origin(key).unwrap_or_else(|| "default".to_owned())
    }

    /// The text of a key after substitution, trimmed; its default if it is not set. An empty text counts as not
    /// set.
    ///
    /// # Errors
    /// If its variables lead back to themselves.
    pub fn text(&self, key: &str) -> Result<Option<String>, HadoopConfError> {
        let Some(raw) = self.raw(key) else {
            return Ok(None);
        };
        let text = substitute::substitute(&raw, &self.environment, &|name| self.raw(name))
            .map_err(|message| HadoopConfError::Substitution {
                key: key.to_owned(),
                origin: self.origin_text(key),
                message,
            })?;
        Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// The value of a key, or of its default; `None` if there is neither.
    ///
    /// # Errors
    /// If the text is not of the type; the error names file, key and value.
    pub fn optional<T: HadoopValue>(&self, key: &str) -> Result<Option<T>, HadoopConfError> {
        self.read(key, T::read)
    }

    /// The value of a key, or of its default.
    ///
    /// # Errors
    /// As [`HadoopConf::optional`], and if there is neither.
    pub fn value<T: HadoopValue>(&self, key: &str) -> Result<T, HadoopConfError> {
        self.optional(key)?
            .ok_or_else(|| self.missing(key, "it has no default"))
    }

    /// A time, never negative; a number alone counts milliseconds.
    ///
    /// # Errors
    /// As [`HadoopConf::value`].
    pub fn millis(&self, key: &str) -> Result<Duration, HadoopConfError> {
        let millis = self.read(key, |text| {
            let millis = read_millis(text, 1)?;
            u64::try_from(millis).map_err(|_| "expected a time that is not negative".to_owned())
        })?;
        millis
            .map(Duration::from_millis)
            .ok_or_else(|| self.missing(key, "it has no default"))
    }

    /// A number of milliseconds of which a negative one has a meaning of its own (for ever, or derived).
    ///
    /// # Errors
    /// As [`HadoopConf::value`].
    pub fn signed_millis(&self, key: &str) -> Result<i64, HadoopConfError> {
        self.read(key, |text| read_millis(text, 1))?
            .ok_or_else(|| self.missing(key, "it has no default"))
    }

    /// A size in bytes.
    ///
    /// # Errors
    /// As [`HadoopConf::value`].
    pub fn bytes(&self, key: &str) -> Result<u64, HadoopConfError> {
        self.read(key, read_bytes)?
            .ok_or_else(|| self.missing(key, "it has no default"))
    }

    /// A secret. It must stand in the configuration itself; where it would have to come from a credential provider,
    /// the error says so.
    ///
    /// # Errors
    /// If only a credential provider could have it.
    pub fn password(&self, key: &str) -> Result<Option<Zeroizing<String>>, HadoopConfError> {
        if let Some(text) = self.text(key)? {
            return Ok(Some(Zeroizing::new(text)));
        }
        const PROVIDER: &str = "hadoop.security.credential.provider.path";
        match self.text(PROVIDER)? {
            Some(provider) => Err(HadoopConfError::CredentialProvider {
                key: key.to_owned(),
                provider,
                origin: self.origin_text(PROVIDER),
            }),
            None => Ok(None),
        }
    }

    /// Whether the cluster wants Kerberos.
    ///
    /// # Errors
    /// If `hadoop.security.authentication` is neither `simple` nor `kerberos`.
    pub fn is_secure(&self) -> Result<bool, HadoopConfError> {
        let secure = self.read("hadoop.security.authentication", |text| {
            match text.to_ascii_lowercase().as_str() {
                "simple" => Ok(false),
                "kerberos" => Ok(true),
                _ => Err("expected simple or kerberos".to_owned()),
            }
        })?;
        Ok(secure.unwrap_or(false))
    }

    fn read<T>(
        &self,
        key: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, HadoopConfError> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        read(&text)
            .map(Some)
            .map_err(|expected| self.bad(key, &text, expected))
    }

    pub(super) fn bad(&self, key: &str, value: &str, expected: String) -> HadoopConfError {
        HadoopConfError::BadValue {
            key: key.to_owned(),
            value: value.to_owned(),
            origin: self.origin_text(key),
            expected,
        }
    }

    pub(super) fn missing(&self, key: &str, why: &str) -> HadoopConfError {
        let files: Vec<String> = self
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        let searched = if files.is_empty() {
            "no file was found".to_owned()
        } else {
            files.join(", ")
        };
        HadoopConfError::Missing {
            key: key.to_owned(),
            searched,
            why: why.to_owned(),
        }
    }
}

/// Values may be secrets, so only the files are shown.
impl fmt::Debug for HadoopConf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.properties.len();
        f.debug_struct("HadoopConf")
            .field("files", &self.files)
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::*;

    /// A configuration with the given keys, as if one file held them.
    pub(in crate::hadoop) fn of(pairs: &[(&str, &str)]) -> HadoopConf {
        let mut conf = HadoopConf::empty(Environment::of(&[]));
        for (line, (key, value)) in pairs.iter().enumerate() {
            conf.add(RawProperty {
                name: (*key).to_owned(),
                value: Some((*value).to_owned()),
                is_final: false,
                file: PathBuf::from("test-site.xml"),
                line: line + 1,
            });
        }
        conf
    }

    #[test]
    fn files_in_order_final_wins_and_missing_files_are_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, body: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, format!("<configuration>{body}</configuration>")).unwrap();
            path
        };
        let core = write(
            "core-site.xml",
            "<property name='fs.default.name' value='hdfs://a'/>\n<property name='x' value='1' final='true'/>",
        );
        let hdfs = write(
            "hdfs-site.xml",
            "<property name='fs.defaultFS' value='hdfs://b'/><property name='x' value='2'/>",
        );
        let files = [core.clone(), dir.path().join("none.xml"), hdfs.clone()];
        let (conf, warnings) = HadoopConf::from_files(&files, Environment::of(&[])).unwrap();
        assert_eq!(
            conf.text("fs.defaultFS").unwrap().as_deref(),
            Some("hdfs://b")
        );
        assert_eq!(
            conf.text("fs.default.name").unwrap().as_deref(),
            Some("hdfs://b")
        );
        assert_eq!(conf.value::<u32>("x").unwrap(), 1);
        assert_eq!(conf.files(), [core, hdfs]);
        assert_eq!(warnings.len(), 1);
        assert!(
            warnings[0].to_string().contains("core-site.xml:2"),
            "{}",
            warnings[0]
        );
        assert_eq!(conf.origin("dfs.replication"), None);
    }

    #[test]
    fn a_final_key_without_a_value_keeps_its_default() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("core-site.xml");
        let text = "<configuration><property><name>dfs.replication</name><final>true</final></property>\
                    <property name='dfs.replication' value='9'/></configuration>";
        std::fs::write(&path, text).unwrap();
        let (conf, warnings) = HadoopConf::from_files(&[path], Environment::of(&[])).unwrap();
        assert_eq!(conf.value::<u32>("dfs.replication").unwrap(), 3);
        assert_eq!(warnings.len(), 1);
    }

    #[test]
    fn getters_have_defaults_and_errors_name_everything() {
        let conf = of(&[
            ("ipc.client.rpc-timeout.ms", "2m"),
            ("dfs.replication", "many"),
            ("dfs.blocksize", "64m"),
            ("hadoop.security.authentication", "Kerberos"),
            ("yarn.resourcemanager.hostname", " rm.example "),
            ("empty", ""),
        ]);
        assert_eq!(
            conf.millis("ipc.client.rpc-timeout.ms").unwrap(),
            Duration::from_secs(120)
        );
        assert_eq!(
            conf.millis("ipc.ping.interval").unwrap(),
            Duration::from_secs(60)
        );
        assert_eq!(conf.bytes("dfs.blocksize").unwrap(), 64 << 20);
        assert!(conf.is_secure().unwrap());
        assert!(
            conf.value::<bool>("hadoop.security.token.service.use_ip")
                .unwrap()
        );
        assert_eq!(
            conf.text("yarn.resourcemanager.address").unwrap().unwrap(),
            "rm.example:8032"
        );
        assert_eq!(conf.text("empty").unwrap(), None);
        let error = conf
            .value::<u32>("dfs.replication")
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "'dfs.replication' has the value 'many' (test-site.xml:2): expected a whole number from 0 to 4294967295"
        );
        let error = conf
            .value::<String>("dfs.nameservices")
            .unwrap_err()
            .to_string();
        assert!(error.contains("'dfs.nameservices' is not set"), "{error}");
    }

    #[test]
    fn credential_providers_are_refused() {
        let conf = of(&[
            (
                "hadoop.security.credential.provider.path",
                "jceks://file/etc/x.jceks",
            ),
            ("p.plain", "s"),
        ]);
        assert_eq!(conf.password("p.plain").unwrap().unwrap().as_str(), "s");
        let error = conf.password("p.other").unwrap_err().to_string();
        assert!(
            error.contains("jceks://file/etc/x.jceks") && error.contains("only Java"),
            "{error}"
        );
    }

    #[test]
    fn flinks_pass_through_keys() {
        let mut configuration = Configuration::new();
        let set = |c: &mut Configuration, k: &str, v: &str| {
            c.set(k, v, crate::Source::CommandLine).map(|_| ())
        };
        set(&mut configuration, "flink.hadoop.dfs.replication", "2").unwrap();
        set(
            &mut configuration,
            "flink.yarn.resourcemanager.address",
            "rm:1",
        )
        .unwrap();
        let mut conf = of(&[("dfs.replication", "1")]);
        conf.apply(&configuration);
        assert_eq!(conf.value::<u32>("dfs.replication").unwrap(), 2);
        assert_eq!(
            conf.text("yarn.resourcemanager.address")
                .unwrap()
                .as_deref(),
            Some("rm:1")
        );
        assert_eq!(
            conf.origin("dfs.replication").as_deref(),
            Some("flink.hadoop.dfs.replication")
        );
    }
}

//! Finding and reading the configuration: the file, then `-D`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{ConfigError, Configuration, Source, Warning, yaml};

/// The variable that names the configuration folder.
pub const CONF_DIR_VARIABLE: &str = "ALPHEUS_CONF_DIR";
/// The configuration file's name in its folder.
pub const CONF_FILE: &str = "config.yaml";

/// A view of the environment's variables, so that tests need not change the process's own.
#[derive(Clone)]
pub struct Environment<'a>(Arc<Lookup<'a>>);

type Lookup<'a> = dyn Fn(&str) -> Option<String> + Send + Sync + 'a;

impl<'a> Environment<'a> {
    /// The process's own variables.
    #[must_use]
    pub fn process() -> Self {
        Environment(Arc::new(|name| std::env::var(name).ok()))
    }

    /// The given variables and no others.
    #[must_use]
    pub fn of(variables: &'a [(&'a str, &'a str)]) -> Self {
        Environment(Arc::new(|name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        }))
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }

    /// The value of a variable that is set and not empty.
    #[must_use]
    pub fn non_empty(&self, name: &str) -> Option<String> {
        self.get(name).filter(|value| !value.trim().is_empty())
    }
}

/// Where to look for the configuration.
pub struct Locations<'a> {
    /// The environment.
    pub environment: Environment<'a>,
    /// The current folder.
    pub current_dir: PathBuf,
    /// The running program, whose installation may have a `conf` folder beside `bin`.
    pub program: Option<PathBuf>,
}

impl Locations<'static> {
    /// This process's.
    #[must_use]
    pub fn of_process() -> Self {
        Locations {
            environment: Environment::process(),
            current_dir: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            program: std::env::current_exe().ok(),
        }
    }
}

impl Locations<'_> {
    /// The configuration file: in the folder that `ALPHEUS_CONF_DIR` names, else `./conf/config.yaml`, else
    /// `../conf/config.yaml` as seen from the program. `None` if there is none: then everything has its default.
    ///
    /// # Errors
    /// If the variable names a folder without the file.
    pub fn find(&self) -> Result<Option<PathBuf>, ConfigError> {
        if let Some(dir) = self.environment.non_empty(CONF_DIR_VARIABLE) {
            let dir = self.current_dir.join(dir);
            let file = dir.join(CONF_FILE);
            if !file.is_file() {
                return Err(ConfigError::NoFileInConfDir {
                    variable: CONF_DIR_VARIABLE,
                    dir,
                    file: CONF_FILE,
                });
            }
            return Ok(Some(file));
        }
        let installed = self
            .program
            .as_deref()
            .and_then(Path::parent)
            .and_then(Path::parent);
        let candidates = [Some(self.current_dir.as_path()), installed];
        Ok(candidates
            .into_iter()
            .flatten()
            .map(|dir| dir.join("conf").join(CONF_FILE))
            .find(|file| file.is_file()))
    }
}

impl Configuration {
    /// Reads the configuration file, if there is one, and then the `-D key=value` arguments.
    ///
    /// # Errors
    /// On the first mistake in either.
    pub fn load(
        locations: &Locations<'_>,
        overrides: &[impl AsRef<str>],
    ) -> Result<(Configuration, Vec<Warning>), ConfigError> {
        let mut configuration = Configuration::new();
        let mut warnings = Vec::new();
        if let Some(file) = locations.find()? {
            warnings.extend(configuration.add_file(&file)?);
        }
        for text in overrides {
            warnings.extend(configuration.add_override(text.as_ref())?);
        }
        Ok((configuration, warnings))
    }

    /// Adds what a YAML file sets.
    ///
    /// # Errors
    /// If the file cannot be read, is not YAML, or sets something that does not exist or is wrong.
    pub fn add_file(&mut self, path: &Path) -> Result<Vec<Warning>, ConfigError> {
        let io = |error| ConfigError::Io {
            path: path.to_owned(),
            error,
        };
        let bytes = std::fs::read(path).map_err(io)?;
        let text = String::from_utf8(bytes).map_err(|e| {
            io(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                format!("it is not UTF-8 text: {e}"),
            ))
        })?;
        self.add_yaml(&text, path)
    }

    /// Adds what a YAML text sets; `path` is named in errors and as the source.
    ///
    /// # Errors
    /// If the text is not YAML, or sets something that does not exist or is wrong.
    pub fn add_yaml(&mut self, text: &str, path: &Path) -> Result<Vec<Warning>, ConfigError> {
        let entries = yaml::flatten(text).map_err(|e| ConfigError::Syntax {
            path: path.to_owned(),
            line: e.line,
            column: e.column,
            message: e.message,
        })?;
        let mut warnings = Vec::new();
        for entry in entries {
            let source = Source::File {
                path: path.display().to_string(),
                line: entry.line,
            };
            warnings.extend(self.set(&entry.key, &entry.value, source)?);
        }
        Ok(warnings)
    }

    /// Adds one `key=value` of the command line.
    ///
    /// # Errors
    /// If it is not of that form, or the key or value is wrong.
    pub fn add_override(&mut self, text: &str) -> Result<Option<Warning>, ConfigError> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                self.set(key.trim(), value.trim(), Source::CommandLine)
            }
            _ => Err(ConfigError::BadOverride {
                text: text.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::options::execution::PARALLELISM;

    fn locations<'a>(dir: &Path, variables: &'a [(&'a str, &'a str)]) -> Locations<'a> {
        Locations {
            environment: Environment::of(variables),
            current_dir: dir.join("here"),
            program: Some(dir.join("home/bin/alpheus")),
        }
    }

    fn write(file: PathBuf, text: &str) {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    #[test]
    fn the_variable_then_the_current_folder_then_the_installation() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let none: [&str; 0] = [];
        let value = |variables: &[(&str, &str)]| {
            let (configuration, _) =
                Configuration::load(&locations(dir, variables), &none).unwrap();
            configuration.get(&PARALLELISM).unwrap()
        };
        assert_eq!(value(&[]), 1);
        write(dir.join("home/conf/config.yaml"), "parallelism.default: 2");
        assert_eq!(value(&[]), 2);
        write(dir.join("here/conf/config.yaml"), "parallelism.default: 3");
        assert_eq!(value(&[]), 3);
        write(dir.join("named/config.yaml"), "parallelism.default: 4");
        let named = dir.join("named");
        assert_eq!(value(&[(CONF_DIR_VARIABLE, named.to_str().unwrap())]), 4);
        let empty = dir.to_str().unwrap();
        let result = Configuration::load(&locations(dir, &[(CONF_DIR_VARIABLE, empty)]), &none);
        assert!(
            result
                .unwrap_err()
                .to_string()
                .contains("there is no config.yaml in it")
        );
    }

    #[test]
    fn an_override_beats_the_file_and_errors_say_where() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("here/conf/config.yaml");
        write(file.clone(), "parallelism.default: 2\n");
        let at = locations(dir.path(), &[]);
        let (configuration, _) = Configuration::load(&at, &["parallelism.default=5"]).unwrap();
        assert_eq!(configuration.get(&PARALLELISM).unwrap(), 5);
        assert!(
            Configuration::load(&at, &["parallelism.default"])
                .unwrap_err()
                .to_string()
                .contains("key=value")
        );
        write(file, "\nparallelism.default: many\n");
        let error = Configuration::load(&at, &["parallelism.default=5"])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("config.yaml:2") && error.contains("'many'"),
            "{error}"
        );
    }
}

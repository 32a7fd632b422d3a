//! Where Hadoop's configuration lies.

use std::path::{Path, PathBuf};

use super::{HadoopConf, HadoopConfError, HadoopWarning};
use crate::{Configuration, Environment, options};

/// The folders of Hadoop's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfDirs {
    /// The folder of `core-site.xml` and `hdfs-site.xml`.
    pub hadoop: Option<PathBuf>,
    /// The folder of `yarn-site.xml`.
    pub yarn: Option<PathBuf>,
}

impl ConfDirs {
    /// Finds the folders: `HADOOP_CONF_DIR` (for YARN `YARN_CONF_DIR` first), else Alpheus's options
    /// `env.hadoop.conf.dir` and `env.yarn.conf.dir`, else `HADOOP_HOME/etc/hadoop`, else `/etc/hadoop/conf`.
    #[must_use]
    pub fn find(environment: &Environment<'_>, configuration: &Configuration) -> Self {
        let variable = |name: &str| environment.non_empty(name).map(PathBuf::from);
        let hadoop = variable("HADOOP_CONF_DIR")
            .or_else(|| {
                configuration
                    .get(&options::hadoop::HADOOP_CONF_DIR)
                    .ok()
                    .flatten()
            })
            .or_else(|| {
                variable("HADOOP_HOME")
                    .map(|home| home.join("etc/hadoop"))
                    .filter(|dir| dir.is_dir())
            })
            .or_else(|| Some(PathBuf::from("/etc/hadoop/conf")).filter(|dir| dir.is_dir()));
        let yarn = variable("YARN_CONF_DIR")
            .or_else(|| {
                configuration
                    .get(&options::hadoop::YARN_CONF_DIR)
                    .ok()
                    .flatten()
            })
            .or_else(|| hadoop.clone());
        ConfDirs { hadoop, yarn }
    }

    /// One folder for everything.
    #[must_use]
    pub fn of(dir: &Path) -> Self {
        ConfDirs {
            hadoop: Some(dir.to_owned()),
            yarn: Some(dir.to_owned()),
        }
    }

    /// The files to read, in order.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        let hadoop = self
            .hadoop
            .iter()
            .flat_map(|dir| ["core-site.xml", "hdfs-site.xml"].map(|name| dir.join(name)));
        hadoop
            .chain(self.yarn.iter().map(|dir| dir.join("yarn-site.xml")))
            .collect()
    }
}

impl HadoopConf {
    /// Finds and reads Hadoop's configuration for this process, with what Alpheus's own configuration says for it.
    ///
    /// # Errors
    /// If a file cannot be read or is not a configuration. That no file is there is no error: see
    /// [`HadoopConf::files`].
    pub fn load(
        configuration: &Configuration,
    ) -> Result<(Self, Vec<HadoopWarning>), HadoopConfError> {
        let environment = Environment::process();
        let dirs = ConfDirs::find(&environment, configuration);
        let (mut conf, warnings) = HadoopConf::from_files(&dirs.files(), environment)?;
        conf.apply(configuration);
        Ok((conf, warnings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_yarn_folder_defaults_to_hadoops() {
        let none = Configuration::new();
        let dirs = ConfDirs::find(&Environment::of(&[("HADOOP_CONF_DIR", "/h")]), &none);
        assert_eq!(dirs, ConfDirs::of(Path::new("/h")));
        let both = Environment::of(&[("HADOOP_CONF_DIR", "/h"), ("YARN_CONF_DIR", "/y")]);
        let files = ConfDirs::find(&both, &none).files();
        assert_eq!(
            files,
            ["/h/core-site.xml", "/h/hdfs-site.xml", "/y/yarn-site.xml"].map(PathBuf::from)
        );
    }
}

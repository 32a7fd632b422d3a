//! What several modules' tests need.
#![allow(clippy::unwrap_used)]

use alpheus_dataflow::JobGraph;
use alpheus_dataflow::graph::SessionSettings;
use alpheus_hadoop_conf::{Configuration, Source};

/// These options, as if given on the command line.
pub fn configured(options: &[(&str, &str)]) -> Configuration {
    let mut configuration = Configuration::new();
    for (key, value) in options {
        configuration.set(key, value, Source::CommandLine).unwrap();
    }
    configuration
}

/// A job that does nothing.
pub fn empty_graph() -> JobGraph {
    JobGraph {
        name: "a job".to_owned(),
        vertices: Vec::new(),
        edges: Vec::new(),
        max_parallelism: 128,
        session: SessionSettings {
            time_zone: "UTC".to_owned(),
            planned_at: 0,
            bounded: false,
        },
        functions: Default::default(),
        configuration: Default::default(),
    }
}

//! The people of a cluster at their keyboards, with tickets of their own, and what the containers of an application have
//! written on their nodes.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::{REALM, dir, keytab};

/// The logs of an application's containers as they lie on their nodes, as long as it runs.
pub fn container_logs(application: &str) -> Vec<String> {
    container_files(application, "alpheus.log")
}

/// Files of that name in the log folders of an application's containers, as long as it runs.
pub fn container_files(application: &str, name: &str) -> Vec<String> {
    let folders = |folder: PathBuf| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    };
    let nodes = folders(dir().join("daemons"));
    let containers = nodes
        .into_iter()
        .flat_map(|node| folders(node.join("log").join(application)));
    containers
        .filter_map(|container| std::fs::read_to_string(container.join(name)).ok())
        .collect()
}

/// A user's ticket cache.
pub struct Tickets {
    user: String,
    cache: String,
}

impl Tickets {
    /// A cache of its own with fresh tickets.
    pub fn of(user: &str, name: &str) -> Self {
        let file = format!("alpheus-test-{}-{name}-{user}.tickets", std::process::id());
        let cache = std::env::temp_dir().join(file);
        let tickets = Tickets {
            user: user.to_owned(),
            cache: format!("FILE:{}", cache.display()),
        };
        tickets.renew();
        tickets
    }

    /// A cache of nobody's, with whatever is in it.
    pub fn at(path: &str) -> Self {
        Tickets {
            user: String::new(),
            cache: format!("FILE:{path}"),
        }
    }

    /// What `kinit` does.
    pub fn renew(&self) {
        self.live(24 * 3600);
    }

    /// The same, for tickets that live so many seconds.
    pub fn live(&self, seconds: u32) {
        let mut kinit = Command::new("kinit");
        let keytab = keytab(&self.user);
        kinit
            .args(["-k", "-t"])
            .arg(keytab)
            .args(["-c", &self.cache])
            .args(["-l", &format!("{seconds}s")]);
        let done = kinit
            .arg(format!("{}@{REALM}", self.user))
            .status()
            .unwrap();
        assert!(done.success());
    }

    /// The name of the cache.
    pub fn cache(&self) -> &str {
        &self.cache
    }

    /// `alpheus` with these arguments and tickets.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let program =
            std::env::var_os("ALPHEUS_PROGRAM").expect("run these tests by scripts/test-hadoop");
        Command::new(program)
            .args(arguments)
            .env("HADOOP_CONF_DIR", dir().join("conf"))
            .env("KRB5CCNAME", &self.cache)
            .output()
            .unwrap()
    }

    /// The same, which must end well; returns what it printed.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "alpheus {arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// `curl` with SPNEGO: status and body of an answer.
    pub fn curl(&self, arguments: &[&str]) -> (u32, String) {
        let output = Command::new("curl")
            .args([
                "-s",
                "-m",
                "20",
                "--negotiate",
                "-u",
                ":",
                "-w",
                "\n%{http_code}",
            ])
            .args(arguments)
            .env("KRB5CCNAME", &self.cache)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (body, status) = text.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), body.to_owned())
    }
}

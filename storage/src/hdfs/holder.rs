//! The name under which the library holds leases.
//!
//! A NameNode lets only the holder of a file's lease change the file, and knows holders by a name that the library makes up and
//! keeps to itself. It is in what a client prints for people who debug, from where it is picked without keeping anything else.

use hdfs_native::Client;
use std::fmt::{self, Write};

const BEFORE: &str = "client_name: \"";

/// The name; `None` if the library prints none.
pub(super) fn holder(client: &Client) -> Option<String> {
    let mut finder = Finder::default();
    // It ends with an error when the name is complete.
    let _ = write!(finder, "{client:?}");
    finder.complete.then_some(finder.name)
}

/// Takes what stands between the mark and the next quote.
#[derive(Default)]
struct Finder {
    /// Bytes of the mark seen.
    seen: usize,
    name: String,
    complete: bool,
}

impl Write for Finder {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            if self.seen < BEFORE.len() {
                let expected = BEFORE[self.seen..].chars().next();
                let again = usize::from(BEFORE.starts_with(letter));
                self.seen = if expected == Some(letter) {
                    self.seen + 1
                } else {
                    again
                };
            } else if letter == '"' {
                self.complete = true;
                return Err(fmt::Error);
            } else {
                self.name.push(letter);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use hdfs_native::ClientBuilder;

    #[test]
    fn the_library_still_says_its_name() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let client = ClientBuilder::new()
            .with_config_dir("/nonexistent/alpheus")
            .with_url("hdfs://localhost:1")
            .with_user("alice")
            .with_io_runtime(runtime.handle().clone())
            .build()
            .unwrap();
        let name = holder(&client).unwrap();
        let unique = name.strip_prefix("hdfs_native_client-");
        assert!(unique.is_some_and(|unique| unique.len() == 36), "{name}");
    }
}

//! What a check has found.

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// As it should be.
    Good,
    /// It works, with a disadvantage that somebody should know.
    Warning,
    /// A submission would fail.
    Bad,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// The check.
    pub check: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was seen.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Finding {
    pub(super) fn good(check: &'static str, message: impl Into<String>) -> Self {
        Finding {
            check,
            severity: Severity::Good,
            message: message.into(),
            remedy: None,
        }
    }

    pub(super) fn warning(
        check: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Finding {
            severity: Severity::Warning,
            remedy: Some(remedy.into()),
            ..Finding::good(check, message)
        }
    }

    pub(super) fn bad(
        check: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Finding {
            severity: Severity::Bad,
            ..Finding::warning(check, message, remedy)
        }
    }
}

/// The findings for people.
pub(super) fn render(findings: &[Finding]) -> String {
    let mut out = String::new();
    let mut check = "";
    for finding in findings {
        if finding.check != check {
            check = finding.check;
            out.push_str(check);
            out.push('\n');
        }
        let mark = match finding.severity {
            Severity::Good => "ok  ",
            Severity::Warning => "WARN",
            Severity::Bad => "BAD ",
        };
        out.push_str(&format!("  {mark}  {}\n", finding.message));
        if let Some(remedy) = &finding.remedy {
            out.push_str(&format!("        -> {remedy}\n"));
        }
    }
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let (warnings, bad) = (count(Severity::Warning), count(Severity::Bad));
    let verdict = match bad {
        0 => "a submission would work",
        _ => "a submission would fail",
    };
    out.push_str(&format!("\n{verdict}: {bad} bad, {warnings} to know of\n"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_grouped_and_counted() {
        let findings = [
            Finding::good("kdc", "it answers"),
            Finding::warning("kdc", "one does not", "start it"),
            Finding::bad("tickets", "none", "run kinit"),
        ];
        assert_eq!(
            render(&findings),
            "kdc\n  ok    it answers\n  WARN  one does not\n        -> start it\ntickets\n  BAD   none\n        -> run kinit\n\
             \na submission would fail: 1 bad, 1 to know of\n"
        );
        assert!(render(&findings[..1]).contains("would work: 0 bad"));
    }
}

//! The prompt of `alpheus sql`: statements over several lines, history, completion.

use alpheus_sql::Session;
use alpheus_sql_parser::{is_complete, keywords};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::path::PathBuf;

use crate::exit::{CliError, CliResult, Exit};
use crate::statements::{Settings, run_script};

const PROMPT: &str = "alpheus> ";

const HELP: &str = "\
SELECT ..; VALUES ..; WITH ..      show rows
INSERT INTO t SELECT ..;           start a job; several as one: EXECUTE STATEMENT SET BEGIN .. END;
CREATE, ALTER, DROP, USE ..;       tables, views, functions, databases, catalogs
SHOW ..; DESCRIBE t;               what there is
EXPLAIN [CHANGELOG_MODE] ..;       the plan of a query or INSERT
COMPILE PLAN 'f' FOR ..;           keep a plan; EXECUTE PLAN 'f'; runs it
SET 'key' = 'value'; SET; RESET;   options
HELP; CLEAR; QUIT; or EXIT;        this text, an empty screen, the end; ^C gives up a statement";
/// The escape sequences that go home and clear the screen (ECMA-48 CUP and ED).
const CLEAR: &str = "\x1b[H\x1b[2J";

/// What is for the prompt itself, and no statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Help,
    Clear,
    Quit,
}

/// Reads and runs statements until the end of input, `exit` or `quit`.
///
/// # Errors
/// When the terminal cannot be used.
pub fn run(session: Session, settings: &Settings) -> CliResult<Exit> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .auto_add_history(true)
        .max_history_size(5_000)
        .map_err(CliError::failed)?
        .build();
    let mut editor: Editor<Prompt, FileHistory> =
        Editor::with_config(config).map_err(CliError::failed)?;
    editor.set_helper(Some(Prompt { session }));
    let history = history_file();
    if let Some(path) = &history {
        // There is none yet at the first start.
        let _ = editor.load_history(path);
    }
    println!(
        "Alpheus {}. Statements end with ;  help; lists them, quit with exit; or ^D.",
        env!("CARGO_PKG_VERSION")
    );
    loop {
        match editor.readline(PROMPT) {
            Ok(text) => match command(&text) {
                Some(Command::Quit) => break,
                Some(Command::Help) => println!("{HELP}"),
                Some(Command::Clear) => print!("{CLEAR}"),
                None => {
                    if let Some(prompt) = editor.helper_mut() {
                        match run_script(&mut prompt.session, "prompt", &text, settings) {
                            Ok(_) => {}
                            Err(error) => error.report(),
                        }
                    }
                }
            },
            // ^C gives up the statement being typed.
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(CliError::failed(error)),
        }
    }
    if let Some(path) = &history
        && let Err(error) = editor.save_history(path)
    {
        eprintln!(
            "warning: the history cannot be kept in {}: {error}",
            path.display()
        );
    }
    Ok(Exit::Finished)
}

/// The command that the text is, with or without a semicolon.
fn command(text: &str) -> Option<Command> {
    let word = text.trim().trim_end_matches(';').trim_end();
    match word.to_ascii_lowercase().as_str() {
        "help" => Some(Command::Help),
        "clear" => Some(Command::Clear),
        "exit" | "quit" => Some(Command::Quit),
        _ => None,
    }
}

fn history_file() -> Option<PathBuf> {
    Some(PathBuf::from(std::env::var_os("HOME")?).join(".alpheus_history"))
}

struct Prompt {
    session: Session,
}

impl Validator for Prompt {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        Ok(
            if text.trim().is_empty() || command(text).is_some() || is_complete(text) {
                ValidationResult::Valid(None)
            } else {
                ValidationResult::Incomplete
            },
        )
    }
}

impl Completer for Prompt {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = &line[..position];
        let start = before
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '`'))
            .map_or(0, |at| {
                at + before[at..].chars().next().map_or(1, char::len_utf8)
            });
        let word = &before[start..];
        let mut candidates = self.session.complete(before);
        if candidates.is_empty() && !word.is_empty() {
            let upper = word.to_ascii_uppercase();
            candidates = keywords::RESERVED
                .iter()
                .copied()
                .filter(|keyword| keyword.starts_with(&upper))
                .map(|keyword| match word.chars().all(|c| !c.is_uppercase()) {
                    true => keyword.to_ascii_lowercase(),
                    false => keyword.to_owned(),
                })
                .collect();
        }
        Ok((start, candidates))
    }
}

impl Hinter for Prompt {
    type Hint = String;
}

impl Highlighter for Prompt {}

impl Helper for Prompt {}

#[cfg(test)]
mod tests {
    use super::{Command, command};

    #[test]
    fn a_command_is_a_word_of_its_own() {
        for text in ["exit", "EXIT;", " quit ; "] {
            assert_eq!(command(text), Some(Command::Quit), "{text}");
        }
        assert_eq!(command("Help;"), Some(Command::Help));
        assert_eq!(command("CLEAR"), Some(Command::Clear));
        for text in ["", ";", "exit now", "help me;", "SELECT 1;"] {
            assert_eq!(command(text), None, "{text}");
        }
    }
}

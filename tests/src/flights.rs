//! The main job: its statements, its input, and reading what it wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with the flights' CSV files: `FLIGHTS_DATA`, which `scripts/test` sets.
pub fn data() -> PathBuf {
    let folder = std::env::var_os("FLIGHTS_DATA").expect(
        "FLIGHTS_DATA names the folder with flights.csv: run scripts/test, which fetches it",
    );
    PathBuf::from(folder)
}

/// Writes the job with its paths filled in; the path of the statements. Results go to `work/out`.
pub fn write_job(work: &Path, query: &str) -> PathBuf {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/flights");
    let read = |name: &str| std::fs::read_to_string(examples.join(name)).unwrap();
    let text = read("tables.sql") + &read(query);
    let text = text
        .replace("${DATA}", &data().to_string_lossy())
        .replace("${OUT}", &work.join("out").to_string_lossy());
    let path = work.join(query);
    std::fs::write(&path, text).unwrap();
    path
}

/// A result row: table, window start, window end and origin to departures, canceled, mean, worst.
pub type Rows = BTreeMap<(String, String, String, String), (i64, i64, Option<f64>, Option<i64>)>;

/// What SQLite makes of the same files.
pub fn expected() -> Rows {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("flights_oracle.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(data())
        .output()
        .expect("python3 is there");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let mut rows = Rows::new();
    for line in text.lines().filter(|line| line.starts_with("departures")) {
        let cells: Vec<&str> = line.split('|').collect();
        let time = |hours: &str| hour_text(hours.parse().unwrap());
        let key = (
            cells[0].to_owned(),
            time(cells[1]),
            time(cells[2]),
            cells[3].to_owned(),
        );
        let value = (
            cells[4].parse().unwrap(),
            cells[5].parse().unwrap(),
            cells[6].parse().ok(),
            cells[7].parse().ok(),
        );
        rows.insert(key, value);
    }
    rows
}

/// `yyyy-MM-dd HH` of a number of hours since the epoch (civil-from-days, Howard Hinnant).
fn hour_text(hours: i64) -> String {
    let days = hours.div_euclid(24) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 {
        month_index + 3
    } else {
        month_index - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}", hours.rem_euclid(24))
}

/// The rows that the job wrote below `work/out`.
///
/// # Panics
/// When a row is there twice, a line is malformed, or a hidden file was left behind.
pub fn written(work: &Path) -> Rows {
    let mut rows = Rows::new();
    for table in ["departures_hourly", "departures_3h"] {
        for entry in std::fs::read_dir(work.join("out").join(table)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(
                !name.starts_with(['.', '_']),
                "left behind: {}",
                path.display()
            );
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                let cells: Vec<&str> = line.split(',').map(|cell| cell.trim_matches('"')).collect();
                assert_eq!(cells.len(), 7, "{}: {line}", path.display());
                let hour = |cell: &str| cell.replace('T', " ")[..13].to_owned();
                let key = (
                    table.to_owned(),
                    hour(cells[0]),
                    hour(cells[1]),
                    cells[2].to_owned(),
                );
                let value = (
                    cells[3].parse().unwrap(),
                    cells[4].parse().unwrap(),
                    cells[5].parse().ok(),
                    cells[6].parse().ok(),
                );
                if let Some(other) = rows.insert(key.clone(), value) {
                    panic!(
                        "{key:?} was written twice: {other:?}, and in {} {value:?}",
                        path.display()
                    );
                }
            }
        }
    }
    rows
}

/// Panics with the first difference, if there is one.
pub fn assert_same(expected: &Rows, written: &Rows) {
    for (key, row) in expected {
        let Some(other) = written.get(key) else {
            panic!("{key:?} is missing; expected {row:?}")
        };
        let close = match (row.2, other.2) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0),
            (a, b) => a.is_none() && b.is_none(),
        };
        assert!(
            close && (row.0, row.1, row.3) == (other.0, other.1, other.3),
            "{key:?}: expected {row:?}, got {other:?}"
        );
    }
    assert_eq!(expected.len(), written.len(), "rows that nobody expects");
}

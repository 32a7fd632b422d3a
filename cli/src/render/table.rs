//! Tables for terminals: one that grows with each change (Flink's TABLEAU mode), and one of text.

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::types::TypeKind;
use alpheus_functions::compile::Session;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::cells::{NULL, write_shown};

/// A table whose column widths follow from its types, so that rows can be shown before others are known.
#[derive(Clone, Debug)]
pub struct ChangelogTable {
    columns: RowType,
    widths: Vec<usize>,
    session: Session,
    rows: u64,
}

/// How wide a column of this type is at most.
fn width_of(kind: &TypeKind, max: usize) -> usize {
    let natural = match kind {
        TypeKind::Boolean => 5,
        TypeKind::TinyInt => 4,
        TypeKind::SmallInt => 6,
        TypeKind::Integer => 11,
        TypeKind::BigInt => 20,
        TypeKind::Decimal(precision, scale) => {
            usize::from(*precision) + if *scale > 0 { 3 } else { 2 }
        }
        TypeKind::Date => 10,
        TypeKind::Time(precision) => 8 + fraction(*precision),
        TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision) => {
            19 + fraction(*precision)
        }
        _ => max,
    };
    // Numbers and times are never cut off.
    natural.max(1)
}

fn fraction(precision: u8) -> usize {
    if precision == 0 {
        0
    } else {
        usize::from(precision) + 1
    }
}

impl ChangelogTable {
    /// A table of these columns; texts are cut to `max_width`.
    pub fn new(columns: RowType, max_width: usize, session: Session) -> Self {
        let widths = columns
            .fields
            .iter()
            .map(|field| width_of(&field.ty.kind, max_width).max(field.name.width()))
            .collect();
        ChangelogTable {
            columns,
            widths,
            session,
            rows: 0,
        }
    }

    fn rule(&self, out: &mut String) {
        out.push_str("+----");
        for width in &self.widths {
            out.push('+');
            out.push_str(&"-".repeat(width + 2));
        }
        out.push_str("+\n");
    }

    /// The lines above the rows.
    pub fn header(&self, out: &mut String) {
        self.rule(out);
        out.push_str("| op ");
        for (field, width) in self.columns.fields.iter().zip(&self.widths) {
            cell(&field.name, *width, out);
        }
        out.push_str("|\n");
        self.rule(out);
    }

    /// A line per change.
    pub fn rows(&mut self, batch: &ChangelogBatch, out: &mut String) {
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            out.push_str("| ");
            out.push_str(batch.kind(row).short_string());
            out.push(' ');
            for (i, (field, width)) in self.columns.fields.iter().zip(&self.widths).enumerate() {
                text.clear();
                write_shown(
                    &field.ty,
                    batch.rows().column(i),
                    row,
                    &self.session,
                    &mut text,
                );
                cell(&text, *width, out);
            }
            out.push_str("|\n");
        }
        self.rows += batch.num_rows() as u64;
    }

    /// The lines below the rows.
    pub fn footer(&self, out: &mut String) {
        if self.rows > 0 {
            self.rule(out);
        }
        let noun = if self.rows == 1 { "row" } else { "rows" };
        out.push_str(&format!("Received a total of {} {noun}\n", self.rows));
    }
}

/// Appends `| text `, right-aligned, cut with `...` where it is too long; control characters would move
/// the cursor and are shown as `?`.
fn cell(text: &str, width: usize, out: &mut String) {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    let text = if text.width() > width {
        let mut kept = String::new();
        let mut used = 0;
        for c in text.chars() {
            let next = c.width().unwrap_or(0);
            if used + next > width.saturating_sub(3) {
                break;
            }
            used += next;
            kept.push(c);
        }
        kept + &"...".chars().take(width).collect::<String>()
    } else {
        text
    };
    let padding = width.saturating_sub(text.width());
    out.push_str("| ");
    out.push_str(&" ".repeat(padding));
    out.push_str(&text);
    out.push(' ');
}

/// A table of text (SHOW, DESCRIBE), as wide as its cells; a single column of long texts (EXPLAIN, SHOW
/// CREATE) is shown as it is.
pub fn text_table(columns: &[String], rows: &[Vec<Option<String>>], out: &mut String) {
    let shown = |cell: &Option<String>| cell.clone().unwrap_or_else(|| NULL.to_owned());
    let several_lines = rows
        .iter()
        .flatten()
        .flatten()
        .any(|text| text.contains('\n'));
    if columns.len() == 1 && several_lines {
        for row in rows {
            for cell in row {
                out.push_str(shown(cell).trim_end());
                out.push('\n');
            }
        }
        return;
    }
    let mut widths: Vec<usize> = columns.iter().map(|name| name.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(shown(cell).width());
        }
    }
    let rule = |out: &mut String| {
        for width in &widths {
            out.push('+');
            out.push_str(&"-".repeat(width + 2));
        }
        out.push_str("+\n");
    };
    let line = |cells: &mut dyn Iterator<Item = String>, out: &mut String| {
        for (text, width) in cells.zip(&widths) {
            cell(&text, *width, out);
        }
        out.push_str("|\n");
    };
    rule(out);
    line(&mut columns.iter().cloned(), out);
    rule(out);
    for row in rows {
        line(&mut row.iter().map(shown), out);
    }
    if !rows.is_empty() {
        rule(out);
    }
    let noun = if rows.len() == 1 { "row" } else { "rows" };
    out.push_str(&format!("{} {noun} in set\n", rows.len()));
}
